#ifndef SHARING_SHARING_H
#define SHARING_SHARING_H

/*
 * Giving what is known of a person to somebody outside the office (R-2.3.2-03, R-1.4.1-15,
 * C-12-27). Every way on which it leaves asks here, at the moment at which it leaves: consent says
 * what may be given to whom and what for (people/consent.h), what it does not cover is left out,
 * and what is given is written down in a record of content/forms/disclosure.csv below the person,
 * which nobody changes. tools/check.py holds each place of the program from which bytes leave
 * against docs/ways-out.csv, which says who gets what there.
 *
 * Which group of information a question belongs to stands in content/privacy/categories.csv: a row
 * for the question, else for a group or repeat around it, else "*" for the form. A question with a
 * higher privacy class than its form needs a row of its own or of its group. What has no row is
 * never given to anybody.
 *
 * When a consent is withdrawn, what was given under it gets the state "recall": the recipients are
 * to be asked to delete it. A consent whose last day is over becomes expired by the job role.
 *
 * Rights: whoever calls has loaded the person or their case within scope.
 * Memory: ctx->arena. Errors: those of the database; a refusal is no error of sharing_ask.
 */

#include "people/consent.h"
#include "records/records.h"

/* Codes of the form's shared_by_way; the test of all ways goes through this table. */
enum sharing_way { SHARING_LETTER, SHARING_EXPORT, SHARING_PRINT, SHARING_PLAN, SHARING_WAYS };
const char *sharing_way_code(enum sharing_way way);

struct sharing {
    enum sharing_way way;
    const char *recipient;
    const char *purpose;
    const char *what; /* title of the letter, of the kind of records */
};

/* The table of categories, checked against the forms. Before fork, once. */
enum err sharing_load(struct ctx *ctx) MUST_USE;
/* Code of the group that a question belongs to; NULL: it is never given to anybody. */
const char *sharing_category(const struct form *form, const struct field *f);
/* The same of a form as a whole, for its number and status. */
const char *sharing_category_of_form(const struct form *form);
/* Each once, of fields (all of one form, or of several). */
const char *const *sharing_categories(struct ctx *ctx, size_t *len_out,
                                      const struct field *const *fields,
                                      const struct form *const *forms, size_t len);

/* The person whom a record is about, by its parents; *out = NULL: nobody. */
enum err sharing_person(struct ctx *ctx, const char **out, const struct record *rec) MUST_USE;
/*
 * Whether these groups of information of a person may be given; a yes may be to some of them only.
 * A refusal is out->answer (consent_reason).
 */
enum err sharing_ask(struct ctx *ctx, struct consent_part *out, const struct sharing *s,
                     const char *person_id, const char *const *categories, size_t len) MUST_USE;
/* Writes down what is given now, in the caller's transaction. part is a yes. */
enum err sharing_note(struct ctx *ctx, const struct sharing *s, const char *person_id,
                      const struct consent_part *part) MUST_USE;
/* Both in one transaction, as things stand then: a yes is written down. */
enum err sharing_give(struct ctx *ctx, struct consent_part *out, const struct sharing *s,
                      const char *person_id, const char *const *categories, size_t len) MUST_USE;
/* Takes out of a record in memory what part does not cover. */
void sharing_trim(struct record *rec, const struct consent_part *part);
bool sharing_allows(const struct consent_part *part, const char *category);

/*
 * Withdraws a given consent today, at once: nothing is given under it from here on, and what was
 * given is to be recalled; in one transaction. Needs consent.withdraw. version is what the user
 * saw. reason may be "". ERR_CONFLICT: it changed since, or is not given (any more).
 */
enum err sharing_withdraw(struct ctx *ctx, const char *consent_id, int64_t version,
                          const char *reason) MUST_USE;
/*
 * Marks consents as expired whose last day is over; for the job role, a page at a time. One whose
 * change is refused (a gate of the organisation) stays as it is, and holds up no other.
 */
enum err sharing_expire(struct ctx *ctx) MUST_USE;

/* What was given of a person, newest first; whatever the acting user may read. */
enum err sharing_given(struct ctx *ctx, struct record ***out, size_t *len_out,
                       const char *person_id) MUST_USE;

/* Given to records_use_hooks: what becomes of what was given when a consent ends. */
extern const struct record_hooks consent_hooks;

#endif
