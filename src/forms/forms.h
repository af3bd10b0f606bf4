#ifndef FORMS_FORMS_H
#define FORMS_FORMS_H

/*
 * Forms: the parsed model of the files in content/forms (docs/add-a-form.md), with everything that
 * screens, validation, storage, import and export need. One code validates every submission.
 *
 * Memory: a struct forms and all below lives in the arena it was loaded with and is read-only.
 * Errors: ERR_INVALID with every mistake of a form at once: file, row, column, value and what to do
 * (ctx->problems, field = "forms/person.csv:12:relevant"). A problem whose code is OK is a warning:
 * the form loads.
 * Limits: FORM_FIELDS_MAX fields, FORM_DEPTH groups and repeats in one another; a file of 4 MB.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "auth/auth.h"
#include "core/ctx.h"
#include "expr/expr.h"

#define FORM_FIELDS_MAX 1000
#define FORM_DEPTH      8

enum field_kind {
    FIELD_TEXT,
    FIELD_INTEGER,
    FIELD_DECIMAL,
    FIELD_DATE,
    FIELD_TIME,
    FIELD_DATETIME,
    FIELD_SELECT_ONE,
    FIELD_SELECT_MULTIPLE,
    FIELD_NOTE,
    FIELD_CALCULATE,
    FIELD_HIDDEN,
    FIELD_GROUP,
    FIELD_REPEAT
};

enum field_index { INDEX_NOT = 0, INDEX_NAME, INDEX_PHONE, INDEX_EXACT };
enum field_store { STORE_SEALED, STORE_OPEN };

/* Texts by place in forms->languages; NULL where there is none. */
struct label {
    const char *const *texts;     /* NULL: no text in any language */
    const char *const *languages; /* forms->languages */
    const char *fallback;         /* in the form's default language, else English, else "" */
};

struct choice {
    const char *name;
    struct label label;
    bool exclusive;      /* stands alone in a select_multiple */
    const char *decline; /* dont_know, declined, na; NULL = a substantive answer */
    bool explain;
};

struct choice_list {
    const char *name;
    const struct choice *items;
    size_t len;
};

struct field {
    const char *name;
    enum field_kind kind;
    struct label label;
    struct label hint;
    struct label guidance;
    struct label constraint_message;
    const struct choice_list *choices; /* selects */
    const struct expr *relevant;       /* NULL = always */
    const struct expr *constraint;
    const struct expr *required_if; /* required given as an expression */
    const struct expr *calculation;
    const struct expr *default_value;
    bool required;
    bool read_only;
    bool core;
    enum privacy privacy; /* its own, else the innermost group's that has one, else the form's */
    enum field_store store;
    enum field_index index;
    int list;         /* place among the list columns, from 1; 0 = not listed */
    const char *stat; /* NULL or code, band, quarter, admin1, score */
    const char *ref;  /* record kind, "user", or NULL */
    const char *type; /* hw:type: language, country, phone, email, time_of_day; or NULL */
    const char *appearance;
    const char *req;              /* requirement ids */
    const struct field *parent;   /* group or repeat; NULL at the top */
    const struct field *repeat;   /* innermost repeat around it; NULL if none */
    const struct field *children; /* groups and repeats: first child */
    const struct field *next;     /* next sibling, in form order */
    size_t place;                 /* in form->all, form order */
    int row;                      /* in the CSV, for messages */
};

struct state_change {
    const char *from;
    const char *to;
    const char *permission;
    bool reason;
};

struct form {
    const char *kind; /* form_id: person, rss */
    struct label title;
    const char *version;
    const char *default_language;
    bool instrument;
    const char *parent;  /* kind, or NULL */
    const char *subject; /* person, household, organisation, staff, or NULL */
    const char *number;  /* pattern, or NULL */
    enum privacy privacy;
    const char *hash;               /* BLAKE2b of the source, hex */
    const struct field *fields;     /* first at the top */
    const struct field *const *all; /* every field, groups and repeats too, in form order */
    size_t all_len;
    const struct field *const *by_name; /* the same, by name in byte order */
    bool ordered;    /* relevant and calculation refer to fields before their own only */
    bool asks_today; /* an expression calls today() */
    const struct state_change *states;
    size_t states_len;
    const char *initial_status; /* "active" without a status machine */
    const char *req;
};

struct forms {
    const char *const *languages; /* codes in the order of struct label; ends with NULL */
    size_t languages_len;
    const struct form *const *items; /* by kind, byte order */
    size_t len;
};

/* Whether a field of this kind holds an answer: all but notes, groups and repeats. */
bool field_has_value(const struct field *f);

/* Loads all of content/forms from the assets; each form's file is named after its kind. */
enum err forms_load(struct ctx *ctx, const struct forms **out) MUST_USE;
/*
 * Parses one CSV (and its shared lists from the assets); for "homeward form check" and tests. A
 * kind that it refers to must be in the assets.
 */
enum err form_parse(struct ctx *ctx, const struct forms **out, const char *file_name,
                    const char *csv, size_t len) MUST_USE;
/* From a source tree, for tools/formc: DIR/forms, DIR/choices, DIR/privacy, by asset_use_directory.
 */
enum err forms_load_directory(struct ctx *ctx, const struct forms **out, const char *dir) MUST_USE;

const struct form *form_find(const struct forms *forms, const char *kind); /* NULL if none */
const struct field *field_find(const struct form *form, const char *name); /* NULL if none */
const struct choice *choice_find(const struct choice_list *list, const char *name);
/* Text in ctx->lang, else the form's default language, else English, else "". */
const char *label_text(struct ctx *ctx, const struct label *label);

/* --- answers: what was written on a form --- */

/*
 * A tree of answers: values by field, rows of repeats. It is what expressions are evaluated on,
 * what validation checks and what records store. Values are text in their canonical form: codes,
 * codes separated by single spaces, ISO dates, decimal numbers.
 */
struct answer_kept {
    const char *name;
    const char *value;
    enum field_store store;
};

struct answers {
    const struct form *form;
    const struct field *repeat; /* NULL: the root */
    const char **values;        /* by field->place; NULL = no answer; only fields of this level */
    struct answers ***rows;     /* by field->place of repeats: array of rows */
    size_t *rows_len;           /* by field->place of repeats */
    struct answers *parent;     /* NULL: the root */
    const char *id;             /* row id (UUID) once stored; NULL before */
    bool *relevant;             /* by field->place, as answers_validate found it; NULL before */
    const struct answer_kept *unknown; /* of a newer form: written back as they are */
    size_t unknown_len;
};

#define ANSWERS_ROWS_MAX  200    /* rows of one repeat */
#define ANSWERS_TEXT_MAX  10000  /* characters of a text */
#define ANSWERS_NOTES_MAX 100000 /* characters of a text whose appearance is multiline */

struct answers *answers_new(struct arena *a, const struct form *form);
/* Rows are added by this only; repeat is one of the parent's level. */
struct answers *answers_add_row(struct arena *a, struct answers *parent,
                                const struct field *repeat);
const char *answers_get(const struct answers *t, const struct field *f); /* NULL if none */
void answers_set(struct answers *t, const struct field *f, const char *value);
/* value by name; searches this level, then the levels above. */
const char *answers_value(const struct answers *t, const char *name);

/*
 * Fills the answers from pairs as pages, the API and imports name them: "birth_date", and
 * "names.1.name_text" for the first row of a repeat (numbers may have gaps and are compacted;
 * "names.1.id" keeps the row's id). Pairs with one name several times are the codes of a
 * select_multiple. A row whose answers are all empty is left out.
 * Values are trimmed and brought into canonical form: Arabic-Indic digits become Western in numbers
 * and dates, codes of a select_multiple stand in the order of their list.
 * ERR_INVALID: an unknown field (its name is told), a value of the wrong type; all told at once,
 * each with its path. *out is set even then, so that a page can show what was typed: what is of the
 * wrong type stands in it as it came, what is unknown is left out.
 */
struct answer_pair {
    const char *name;
    const char *value;
};
enum err answers_from_pairs(struct ctx *ctx, struct answers **out, const struct form *form,
                            const struct answer_pair *pairs, size_t len) MUST_USE;

/*
 * Brings calculations up to date, clears what is not relevant (in form order), then checks type,
 * choices (exclusive too), required, constraint. Every problem is recorded with its field path and
 * a message in ctx->lang; a path that has a problem already gets no second one. complete = false (a
 * draft): required is not checked. ERR_INVALID when it found a problem.
 */
enum err answers_validate(struct ctx *ctx, struct answers *answers, bool complete) MUST_USE;
/* Whether a field of this level is relevant now, with all groups around it. */
enum err answers_relevant(struct ctx *ctx, const struct answers *t, const struct field *f,
                          bool *out) MUST_USE;
/* Defaults of an empty form, or of a new row: fields of this level that have no answer. */
enum err answers_defaults(struct ctx *ctx, struct answers *answers) MUST_USE;
/* Path such as names.2.name_text, for problems and inputs. */
const char *answers_path(struct arena *a, const struct answers *t, const struct field *f);
/* A value as people read it: choice labels, dates in the language, yes. "" if no answer. */
const char *answers_shown(struct ctx *ctx, const struct field *f, const char *value);

/* --- encoding: compact, versioned; what is sealed --- */

/*
 * The answers of this level (not its repeats), only fields of the given store, in form order.
 * Bytes: version 1, store (0 sealed, 1 open), number of pairs, then name and value, each with its
 * length before it; numbers are LEB128. Fields that the form does not have (a newer form wrote
 * them) are kept by answers_decode in answers->unknown and written back. No answers give the three
 * bytes of an empty list.
 */
enum err answers_encode(struct ctx *ctx, const void **out, size_t *len_out, const struct answers *t,
                        enum field_store store) MUST_USE;
/* Adds to the answers of a level. ERR_INVALID: no such encoding, nothing was changed. */
enum err answers_decode(struct ctx *ctx, struct answers *t, const void *bytes, size_t len) MUST_USE;

/* homeward form check FILE.csv... */
enum err forms_command(struct ctx *ctx, int argc, char **argv) MUST_USE;

#endif
