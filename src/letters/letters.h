#ifndef LETTERS_LETTERS_H
#define LETTERS_LETTERS_H

/*
 * Letters and forms to sign, made from templates on a case or a person (issue "Engine", documents;
 * docs/letters.md). Templates are content/letters/NAME.md, and what an organisation publishes over
 * them at run time, for all programmes or for one. A version is never changed; a letter keeps the
 * one that it was made from.
 *
 * Rights: letter.make makes, on a record within scope; letter.manage changes templates and
 * letterheads, those of all programmes only with a role that reaches all offices. What the maker
 * may not read is left blank, and told.
 * Privacy: which letter was made for whom, and its file, are sealed under the record's key.
 * Memory: ctx->arena. Errors: ERR_NOT_FOUND outside the scope; ERR_CONFLICT somebody published a
 * newer version meanwhile.
 */

#include "letters/letter_text.h"
#include "records/records.h"
#include "report/report.h"

#define PERM_LETTER_MAKE   "letter.make"
#define PERM_LETTER_MANAGE "letter.manage"
#define LETTER_ALL         "" /* the programme of what holds for all of them */
#define LETTERS_MAX        300
#define LETTER_MADE_MAX    50
#define LETTER_LOGO_MAX    ((size_t)512 * 1024)

/* --- templates --- */

enum letter_origin { LETTER_SHIPPED, LETTER_OWN, LETTER_WITHDRAWN };

struct letter_version {
    const char *id; /* NULL: shipped, and nobody used it yet */
    const char *name;
    const char *programme_id; /* LETTER_ALL, or that programme's own */
    int64_t version;
    enum letter_origin origin;
    const char *hash;
    const char *source;
    int64_t made_at;
    const char *made_by;
};

/* What is in force for a programme (LETTER_ALL: without one). ERR_NOT_FOUND: there is none. */
enum err letter_now(struct ctx *ctx, struct letter_version *out, const char *name,
                    const char *programme_id) MUST_USE;
/* All that are in force for a programme, by name. */
enum err letters_now(struct ctx *ctx, struct letter_version **out, size_t *len_out,
                     const char *programme_id) MUST_USE;
/* Every version of a name for one programme or for all, newest first. */
enum err letter_versions(struct ctx *ctx, struct letter_version **out, size_t *len_out,
                         const char *name, const char *programme_id) MUST_USE;
enum err letter_version_load(struct ctx *ctx, struct letter_version *out, const char *id) MUST_USE;
/*
 * Publishes a template; seen is the newest version of the name and programme that the user saw (0:
 * none). ERR_INVALID with every mistake, field "letters/NAME.md:LINE:COLUMN".
 */
enum err letter_publish(struct ctx *ctx, const char *name, const char *programme_id,
                        const char *source, int64_t seen) MUST_USE;
/* Takes a programme's or the organisation's own template back: what was below it holds again. */
enum err letter_withdraw(struct ctx *ctx, const char *name, const char *programme_id,
                         int64_t seen) MUST_USE;
/* Reads and checks against the forms in force. */
enum err letter_open(struct ctx *ctx, struct letter **out, const struct letter_version *v) MUST_USE;

/* --- programmes and letterheads --- */

struct letter_programme {
    const char *id; /* LETTER_ALL: all programmes */
    const char *code;
    const char *name;
    const char *office_id;
};
/* Those that the acting user may manage: LETTER_ALL first, if so. */
enum err letter_programmes(struct ctx *ctx, struct letter_programme **out,
                           size_t *len_out) MUST_USE;
/* ERR_NOT_FOUND: none such that the user may manage. */
enum err letter_programme_load(struct ctx *ctx, struct letter_programme *out,
                               const char *id) MUST_USE;
/* The programme of a case by its code, whoever asks; id LETTER_ALL if it names none. */
enum err letter_programme_of(struct ctx *ctx, struct letter_programme *out,
                             const struct record *rec) MUST_USE;

struct letterhead_text {
    const char *lang;
    const char *name;    /* of the organisation, as it stands on letters */
    const char *contact; /* lines of address, telephone, hours */
    const char *footer;
};
struct letterhead {
    const char *programme_id; /* whose it is: LETTER_ALL where a programme has none */
    int64_t version;          /* 0: there is none yet */
    const char *languages;    /* codes with spaces between them; "" = all */
    const char *logo;         /* PNG; NULL = none */
    size_t logo_len;
    struct letterhead_text *texts; /* one for each of tr_languages, in that order */
    size_t texts_len;
};
/* That of a programme itself; version 0 if it has none. */
enum err letterhead_load(struct ctx *ctx, struct letterhead *out,
                         const char *programme_id) MUST_USE;
/* What a programme's letters have: its own, else that of all, else the organisation's name. */
enum err letterhead_now(struct ctx *ctx, struct letterhead *out, const char *programme_id) MUST_USE;
/* Text in a language, else in English, else the first that there is; "" if none. */
struct letterhead_text letterhead_text_of(const struct letterhead *h, const char *lang);
/* ERR_CONFLICT: it changed since h->version. */
enum err letterhead_save(struct ctx *ctx, const struct letterhead *h) MUST_USE;
/* A picture as it came, made anew as a PNG. ERR_INVALID with a problem of the field "file". */
enum err letterhead_logo(struct ctx *ctx, struct letterhead *h, const char *bytes,
                         size_t len) MUST_USE;

/* --- a letter --- */

struct letter_order {
    const struct record *rec; /* NULL: a sample, whose blanks tell what goes there */
    const char *lang;
    const char *asked[LETTER_ASKS_MAX]; /* by place; NULL or "" = a blank to write on */
    const struct letterhead *head;
    const struct letter_programme *programme;
};
struct letter_blank {
    const char *label;
    bool forbidden; /* the maker may not read it; else it is empty */
};
/* What a letter gives to whom; purpose NULL: it is for the person. */
struct letter_sharing {
    const char *purpose;
    const char *recipient; /* "" = it is not said */
    const char *const *categories;
    size_t categories_len;
    const char *title; /* of the letter */
    bool given;        /* it leaves now: the guard writes it down, in the transaction */
};
struct letter_filled {
    struct letter_sharing sharing;
    struct document *document;
    const char *title;
    const char *lang;
    const struct letter_blank *blanks; /* each once */
    size_t blanks_len;
};
/*
 * Fills a letter that was opened and has no mistakes. ERR_INVALID with a problem of the field
 * "a.NAME": what was asked for is no date or time.
 */
enum err letter_fill(struct ctx *ctx, struct letter_filled *out, const struct letter *l,
                     const struct letter_order *order) MUST_USE;

/*
 * Whether the person of a case or a person agrees to that: *refused_out = NULL, or why not, as
 * people read it. A room above judges it; as long as none was given, nothing is shared.
 */
typedef enum err (*letter_guard)(struct ctx *ctx, const char **refused_out,
                                 const struct record *rec, const struct letter_sharing *sharing);
void letters_use_guard(letter_guard fn);
/*
 * Asks without giving, for showing a letter. ERR_INVALID with a problem of the field
 * LETTER_CONSENT: it is for somebody else, and no consent covers that.
 */
enum err letter_ask(struct ctx *ctx, const struct letter_filled *filled,
                    const struct record *rec) MUST_USE;
#define LETTER_CONSENT "consent" /* the field whose problem says that it is refused */

/* What is kept of a letter that was made. */
struct letter_made {
    const char *id;
    const char *title;
    const char *name;
    const char *lang;
    int64_t version;
    const char *file_id; /* NULL: it was not kept */
    int64_t made_at;
    const char *made_by_name;
};
/*
 * Makes the PDF, notes who made what from which version, and audits it; keep: adds the file to the
 * record, for which <kind>.edit is needed. In one transaction. ERR_INVALID with a problem of the
 * field LETTER_CONSENT: it is for somebody else, and no consent covers that.
 */
struct letter_pdf {
    const char *bytes;
    size_t len;
};
enum err letter_make(struct ctx *ctx, struct letter_pdf *out, const struct letter_version *v,
                     const struct letter_filled *filled, const struct record *rec,
                     bool keep) MUST_USE;
/* Newest first, of a record that was loaded within scope. */
enum err letters_made(struct ctx *ctx, struct letter_made **out, size_t *len_out,
                      const struct record *rec) MUST_USE;

/* homeward letter check|list|publish; argv[0] is "letter". */
enum err letter_command(struct ctx *ctx, int argc, char **argv) MUST_USE;

/* Letters that were kept go with a record that is merged or parted: for records_watch_merge. */
struct merge_carry;
enum err letters_follow_merge(struct ctx *ctx, const struct merge_carry *c) MUST_USE;

#endif
