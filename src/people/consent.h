#ifndef PEOPLE_CONSENT_H
#define PEOPLE_CONSENT_H

/*
 * Consent: the one question that is asked before anything of a person is used or given to
 * somebody (architecture 9, R-2.3.2-03, R-6.1.2.1-08, R-6.2.1.1-02, R-4.1.3-09). The answer is no
 * unless one record of content/forms/consent.csv covers the whole need: given, its days not over,
 * this purpose, this recipient, each of these categories; of a child, by an adult and by the
 * child. Two records that each cover a part do not add up. What is not said in the need is not
 * covered. A purpose that the form does not offer is never one: so it is with enforcing
 * immigration law.
 *
 * A child is who was under 18 on the day by the date of birth, or of whom the consent says that
 * they are one or that it is not known. For a child who is alone or separated by any of their
 * cases, only a guardian or legal representative consents.
 *
 * An exception (consent_exception.csv) stands in for consent to a referral, and only to the help
 * that it names.
 *
 * Rights: looks at all consents of the person whatever the acting user may read, and gives only
 * the answer; whoever asks must have loaded the person, or their case, within scope.
 * Memory: ctx->arena. Errors: ERR_NOT_FOUND no such person, and those of the database: *out then
 * stays as it was, so begin with a refusal (CONSENT_UNSAID).
 * Limits: RECORD_CHILDREN_MAX consents of a person; further ones do not count.
 */

#include <stdbool.h>
#include <stddef.h>

#include "core/ctx.h"
#include "core/err.h"

/* Later ones are nearer to yes: of several records the nearest one's reason is told. */
enum consent_answer {
    CONSENT_UNSAID,         /* the need lacks the person, purpose, recipient, categories or day */
    CONSENT_NO_PURPOSE,     /* nobody can consent to this purpose */
    CONSENT_NONE,           /* there is no record */
    CONSENT_DRAFT,          /* written down, and not given yet */
    CONSENT_REFUSED,        /* by the person */
    CONSENT_SUPERSEDED,     /* another one replaces it */
    CONSENT_WITHDRAWN,      /* also if only the day of it was written down */
    CONSENT_EXPIRED,        /* by its state, or its last day is over */
    CONSENT_NOT_YET,        /* given after the day that is asked about */
    CONSENT_NOT_PURPOSE,    /* it does not allow this purpose, or this part of the plan */
    CONSENT_NOT_RECIPIENT,  /* it does not name this recipient */
    CONSENT_NOT_CATEGORIES, /* it does not allow one of the categories */
    CONSENT_NO_ADULT,       /* of a child: no adult consented */
    CONSENT_NO_GUARDIAN,    /* of a child alone: a guardian has to */
    CONSENT_NOT_CHILD,      /* of a child: the child did not consent */
    CONSENT_BY_EXCEPTION,   /* covered by a professional's exception */
    CONSENT_COVERED
};

/* The office that works on the case, and nobody else. */
#define CONSENT_OWN_OFFICE "="

struct consent_need {
    const char *person_id;
    const char *purpose;           /* code of the form's purposes */
    const char *recipient;         /* name as people write it, or CONSENT_OWN_OFFICE */
    const char *const *categories; /* codes of the form's data_categories; at least one */
    size_t categories_len;
    const char *component; /* instead of categories, in the own office: a part of the plan */
    const char *on;        /* day, YYYY-MM-DD */
};

enum err consent_covers(struct ctx *ctx, enum consent_answer *out,
                        const struct consent_need *need) MUST_USE;

/* What one record covers of a need: the one that covers most of its categories. */
struct consent_part {
    enum consent_answer answer;
    const char *const *categories; /* in the need's order; none unless the answer is a yes */
    size_t len;
    const char *form; /* of what covers it: consent or consent_exception; NULL if nothing does */
    const char *id;
    const char *given_on; /* day of the decision */
};
/*
 * As consent_covers, but a yes may be to a part of the categories only: what is not among them is
 * not covered, and has to be left out.
 */
enum err consent_covers_part(struct ctx *ctx, struct consent_part *out,
                             const struct consent_need *need) MUST_USE;
/* Whether what covered something still stands on a day: it was not ended since. */
enum err consent_stands(struct ctx *ctx, bool *out, const char *form, const char *id,
                        const char *on) MUST_USE;
/* Whether an answer is a yes. */
bool consent_is_yes(enum consent_answer answer);
/* The same in English, marked with N_: to keep, and to translate where it is shown. */
const char *consent_reason_text(enum consent_answer answer);
/* Why not, and what to do, in ctx->lang; tells nothing of what a record says. NULL for a yes. */
const char *consent_reason(struct ctx *ctx, enum consent_answer answer);

#endif
