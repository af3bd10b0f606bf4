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
 * Its beginning is the sheet: the file of a CSV ("forms/person.csv"), and for a workbook the file
 * with its sheet ("forms/person.xlsx:survey"); rows count as a spreadsheet counts them.
 * Limits: FORM_FIELDS_MAX fields, FORM_DEPTH groups and repeats in one another; a file of 4 MB.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "auth/auth.h"
#include "core/ctx.h"
#include "expr/expr.h"

#define FORM_FIELDS_MAX 5000
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
    FIELD_REPEAT,
    FIELD_RANGE,       /* a number of field->range */
    FIELD_RANK,        /* every code of the list, the first is the best */
    FIELD_ACKNOWLEDGE, /* "OK" once it was ticked */
    FIELD_BARCODE,
    FIELD_GEOPOINT,
    FIELD_GEOTRACE,
    FIELD_GEOSHAPE,
    FIELD_IMAGE, /* files: the id of a stored attachment, then a space and its name */
    FIELD_AUDIO,
    FIELD_VIDEO,
    FIELD_FILE,
    FIELD_META /* what the device or the server fills in: field->meta */
};

enum field_meta {
    META_NOT,
    META_START, /* moments */
    META_END,
    META_TODAY, /* a date */
    META_USERNAME,
    META_EMAIL,
    META_PHONENUMBER,
    META_DEVICEID,
    META_SUBSCRIBERID,
    META_SIMSERIAL,
    META_START_GEOPOINT,
    META_AUDIT, /* files */
    META_BACKGROUND_AUDIO
};

enum field_index { INDEX_NOT = 0, INDEX_NAME, INDEX_PHONE, INDEX_EXACT };
enum field_store { STORE_SEALED, STORE_OPEN };

/* Words of the column appearance; field->looks holds those that are there. */
enum look {
    LOOK_MULTILINE = 1 << 0,
    LOOK_NUMBERS = 1 << 1,
    LOOK_THOUSANDS = 1 << 2, /* thousands-sep */
    LOOK_URL = 1 << 3,
    LOOK_MASKED = 1 << 4,
    LOOK_MINIMAL = 1 << 5,      /* a drop-down; minimal, compact-drop and the like */
    LOOK_AUTOCOMPLETE = 1 << 6, /* search in the choices; also the old word search */
    LOOK_LIKERT = 1 << 7,
    LOOK_HORIZONTAL = 1 << 8,    /* also horizontal-compact */
    LOOK_COLUMNS = 1 << 9,       /* columns, columns-pack, columns-N, compact-N: field->columns */
    LOOK_LABEL = 1 << 10,        /* the head of a grid: choices without controls */
    LOOK_LIST_NOLABEL = 1 << 11, /* a row of a grid: controls without choices */
    LOOK_NO_BUTTONS = 1 << 12,
    LOOK_IMAGE_MAP = 1 << 13,
    LOOK_QUICK = 1 << 14,      /* goes on to the next page when answered */
    LOOK_FIELD_LIST = 1 << 15, /* a group on one page */
    LOOK_TABLE_LIST = 1 << 16, /* a group of selects with one list, as a grid */
    LOOK_MONTH_YEAR = 1 << 17,
    LOOK_YEAR = 1 << 18,
    LOOK_NO_CALENDAR = 1 << 19,
    LOOK_VERTICAL = 1 << 20, /* of a range */
    LOOK_PICKER = 1 << 21,
    LOOK_RATING = 1 << 22,
    LOOK_SIGNATURE = 1 << 23,
    LOOK_DRAW = 1 << 24,
    LOOK_ANNOTATE = 1 << 25,
    LOOK_NEW = 1 << 26, /* taken now, not chosen from what is there */
    LOOK_MAPS = 1 << 27,
    LOOK_PLACEMENT_MAP = 1 << 28,
    LOOK_SUMMARY = 1 << 29, /* a group on the page of its repeat's list */
    LOOK_BESIDE = 1 << 30   /* folded below the question before it, on the same page */
};

/* Texts by place in forms->languages; NULL where there is none. */
struct label {
    const char *const *texts;     /* NULL: no text in any language */
    const char *const *languages; /* forms->languages */
    const char *fallback;         /* in the form's default language, else English, else "" */
};

/* Names of files, for each language. */
struct media {
    struct label image;
    struct label big_image;
    struct label audio;
    struct label video;
};

struct choice {
    const char *name;
    struct label label;
    struct media media;
    const char *const *values; /* by place in the list's columns; "" where empty */
    bool exclusive;            /* stands alone in a select_multiple */
    const char *decline;       /* dont_know, declined, na; NULL = a substantive answer */
    bool explain;
    bool retired; /* hw:retired: not offered any more, only in answers that were stored before */
    int row;      /* in its sheet or file, for messages; 0 = added by us */
};

/*
 * Choices of a select, or a table that expressions look up: pulldata('name', ...) and
 * instance('name')/root/item. name: as in list_name; of a file, its name without ".csv".
 */
struct choice_list {
    const char *name;
    const struct choice *items; /* of a table: name is the cell of its column name, else "" */
    size_t len;
    const char *const *columns; /* further columns, as written, for choice_filter; not the labels */
    size_t columns_len;
    const struct choice *const *by_name; /* the items by name in byte order; twins in form order */
    bool file;                           /* from a CSV file, not from the sheet choices */
    bool table;                          /* a file that no select takes its choices from */
    bool external;                       /* from the sheet external_choices */
    bool searched; /* by search(): of several rows with one code, the first that fits is offered */
};

/* seed=1: a parameter, an attribute of XForms (body::accept) or a further setting. */
struct field_setting {
    const char *name;
    const char *value;
};

struct field_range {
    double start;
    double end;
    double step;
    bool whole; /* start and step are whole numbers, so the answer is */
};

struct field {
    const char *name;
    enum field_kind kind;
    struct label label;
    struct label hint;
    struct label guidance;
    struct label constraint_message;
    struct label required_message;
    struct media media;
    const struct choice_list *choices; /* selects and ranks */
    const struct expr *relevant;       /* NULL = always */
    const struct expr *constraint;
    const struct expr *required_if; /* required given as an expression */
    const struct expr *calculation;
    const struct expr *default_value;
    const struct expr *choice_filter;   /* names are columns of the list, ${name} are answers */
    const char *choice_filter_text;     /* as written, or made of search() */
    bool searched;                      /* search() in the appearance says the choices */
    bool randomize;                     /* choices are shown in an order made by chance */
    const struct expr *seed;            /* that the order is made from; NULL = of the page */
    const struct expr *repeat_count;    /* of a repeat: how many rows there are, no more no less */
    const struct field *const *trigger; /* calculated anew when one of these changes only */
    size_t trigger_len;
    const char *trigger_text; /* as written; NULL if none */
    const struct field_setting *parameters;
    size_t parameters_len;
    const struct field_setting *attributes; /* body::, bind:: and instance:: but bind::hw: */
    size_t attributes_len;
    struct field_range range;   /* FIELD_RANGE */
    enum field_meta meta;       /* FIELD_META */
    const struct field *other;  /* the text that or_other adds behind this select; NULL if none */
    const struct field *others; /* of such a text: its select; it has no row of its own */
    const char *currency;       /* hw:type money with one currency (parameters currency=XOF) */
    bool required;
    bool read_only;
    bool core;
    enum privacy privacy; /* its own, else the innermost group's that has one, else the form's */
    enum field_store store;
    enum field_index index;
    int list;         /* place among the list columns, from 1; 0 = not listed */
    const char *stat; /* NULL or code, band, quarter, admin1, score */
    const char *ref;  /* record kind, "user", or NULL */
    const char *type; /* hw:type: language, country, phone, email, time_of_day, money; or NULL */
    const char *appearance;       /* as written, without search() */
    unsigned looks;               /* enum look: what is known in it */
    int columns;                  /* of LOOK_COLUMNS; 0 = as many as fit */
    int width;                    /* appearance w1 to w10 in a theme grid; 0 = none */
    const char *req;              /* requirement ids */
    const struct field *parent;   /* group or repeat; NULL at the top */
    const struct field *repeat;   /* innermost repeat around it; NULL if none */
    const struct field *children; /* groups and repeats: first child */
    const struct field *next;     /* next sibling, in form order */
    size_t place;                 /* in form->all, form order */
    int row;                      /* in the CSV, for messages */
};

struct form_graph;

/* A row of hw_states with from and to. */
struct state_change {
    const char *from;
    const char *to;
    const char *permission;
    bool reason;              /* must be given */
    bool second;              /* another person with the permission must confirm it */
    bool other;               /* not by who wrote any of it while it had its first status */
    const struct expr *needs; /* column requires: must hold of the answers; NULL = nothing */
    struct label label;       /* what the change is called: "Close the case" */
    struct label message;     /* told where needs does not hold */
};

/* A row of hw_states with to alone: what people read for a status. */
struct state_name {
    const char *name;
    struct label label;
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
    const struct form_graph *graph; /* which fields depend on which, for answers_recompute */
    const struct state_change *states;
    size_t states_len;
    const struct state_name *state_names;
    size_t state_names_len;
    const char *initial_status; /* "active" without a status machine */
    const char *req;
    const struct choice_list *const *lists; /* all it names: own lists, files and tables */
    size_t lists_len;
    bool pages;      /* setting style: one question or field-list a page */
    bool theme_grid; /* and theme-grid */
    const char *style;
    const struct expr *instance_name;     /* what a record is called in lists; NULL if not said */
    bool choice_duplicates;               /* allow_choice_duplicates */
    const struct field_setting *settings; /* further settings of ODK, for XForms out */
    size_t settings_len;
};

struct forms {
    const char *const *languages; /* codes in the order of struct label; ends with NULL */
    size_t languages_len;
    const struct form *const *items; /* by kind, byte order */
    size_t len;
};

/* Whether a field of this kind holds an answer: all but notes, groups and repeats. */
bool field_has_value(const struct field *f);
/* Whether its value is a stored file: image, audio, video, file, and meta data that are files. */
bool field_is_file(const struct field *f);
/* Whether its value is codes of field->choices, separated by spaces. */
bool field_has_codes(const struct field *f);
bool field_looks(const struct field *f, enum look look);
/* Value of a parameter (parameters "start=1 end=5"), or NULL. */
const char *field_parameter(const struct field *f, const char *name);

/* Loads all of content/forms from the assets; each form's file is named after its kind. */
enum err forms_load(struct ctx *ctx, const struct forms **out) MUST_USE;
/*
 * Parses one CSV (and its shared lists from the assets); for "homeward form check" and tests. A
 * kind that it refers to must be in the assets.
 */
enum err form_parse(struct ctx *ctx, const struct forms **out, const char *file_name,
                    const char *csv, size_t len) MUST_USE;
/*
 * The same for a form that is published at run time: kinds of ctx->forms are known too, and the
 * reason of an open field stands beside it, in the column hw:reason.
 */
enum err form_parse_published(struct ctx *ctx, const struct forms **out, const char *file_name,
                              const char *csv, size_t len) MUST_USE;
struct form_text;
/* The same with the tables and pictures that came with it: text->files, forms/pack.h. */
enum err form_parse_delivered(struct ctx *ctx, const struct forms **out,
                              const struct form_text *text) MUST_USE;
/* From a source tree, for tools/formc: DIR/forms, DIR/choices, DIR/privacy, by asset_use_directory.
 */
enum err forms_load_directory(struct ctx *ctx, const struct forms **out, const char *dir) MUST_USE;

const struct form *form_find(const struct forms *forms, const char *kind); /* NULL if none */
const struct field *field_find(const struct form *form, const char *name); /* NULL if none */
const struct choice *choice_find(const struct choice_list *list, const char *name);
/* A list or table by its name; NULL if the form names none of it. */
const struct choice_list *form_list(const struct form *form, const char *name);
/* A column of a choice: name, label (in ctx->lang), or one of list->columns; NULL if none. */
const char *choice_column(struct ctx *ctx, const struct choice_list *list, const struct choice *c,
                          const char *column);
/* Text in ctx->lang, else the form's default language, else English, else "". */
const char *label_text(struct ctx *ctx, const struct label *label);

/* --- answers: what was written on a form --- */

/*
 * A tree of answers: values by field, rows of repeats. It is what expressions are evaluated on,
 * what validation checks and what records store. Values are text in their canonical form: codes,
 * codes separated by single spaces, ISO dates, decimal numbers; "OK"; places as "lat lon alt acc",
 * those of a line or an area separated by "; "; money as "1250.50" where the form says the
 * currency, else "1250.50 EUR", with as many decimals as ISO 4217 gives it; files as
 * "0190f3a2-... my photo.jpg": id of the attachment, space, its name.
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
    const char *shuffle;        /* of the root: stands in for a seed that no form gives, or NULL */
    const struct answer_kept *unknown; /* of a newer or older form: written back as they are */
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
 * The same where the pairs were asked for by an older form of the kind (NULL: by this one): answers
 * to questions that only the older form has go into answers->unknown, in canonical form; one that
 * is of the wrong type is ERR_INVALID too, told under the name of its pair, and left out.
 */
enum err answers_from_older(struct ctx *ctx, struct answers **out, const struct form *form,
                            const struct form *older, const struct answer_pair *pairs,
                            size_t len) MUST_USE;

/*
 * Brings calculations up to date, clears what is not relevant (in form order), then checks type,
 * choices (exclusive too), required, constraint. Every problem is recorded with its field path and
 * a message in ctx->lang; a path that has a problem already gets no second one. complete = false (a
 * draft): required is not checked. ERR_INVALID when it found a problem.
 */
enum err answers_validate(struct ctx *ctx, struct answers *answers, bool complete) MUST_USE;
/*
 * Brings calculations, relevance and the rows of repeats with a repeat_count up to date after one
 * answer (or the rows of one repeat) changed: only what depends on it, in an order in which each
 * comes after what it reads. root is the top level; changed = NULL, or answers never settled
 * before: everything. *touched_out (may be NULL), by field->place: fields whose value, relevance or
 * rows may have changed. Values of fields that are not relevant any more are cleared.
 */
enum err answers_recompute(struct ctx *ctx, struct answers *root, const struct field *changed,
                           const bool **touched_out) MUST_USE;
/*
 * The choices of a select of this level that its choice_filter allows now; retired ones only where
 * the answer has them. They come in form order; where the form says randomize, in the order that
 * randomize() of ODK makes of its seed, or of shuffle of the root (NULL: form order), and retired
 * ones last.
 */
enum err answers_choices(struct ctx *ctx, const struct answers *t, const struct field *f,
                         const struct choice *const **out, size_t *len_out) MUST_USE;
/*
 * Records a problem for each retired choice that answers have and stored (NULL: nothing is stored)
 * has not; rows are matched by their ids. ERR_INVALID: there is one.
 */
enum err answers_check_retired(struct ctx *ctx, const struct answers *answers,
                               const struct answers *stored) MUST_USE;
/* Whether a field of this level is relevant now, with all groups around it. */
enum err answers_relevant(struct ctx *ctx, const struct answers *t, const struct field *f,
                          bool *out) MUST_USE;
/* Whether a field of this level must be answered: required as it is, or as its expression says. */
enum err answers_required(struct ctx *ctx, const struct answers *t, const struct field *f,
                          bool *out) MUST_USE;
/*
 * Records what is wrong with the answer of one field of this level (type, choices, constraint), as
 * answers_validate does; complete = true: also that there is none. ERR_INVALID: something is.
 */
enum err answers_check(struct ctx *ctx, struct answers *t, const struct field *f,
                       bool complete) MUST_USE;
/* Whether an expression holds, seen from the top of the answers. */
enum err answers_meet(struct ctx *ctx, bool *out, const struct answers *t,
                      const struct expr *e) MUST_USE;
/* The text that an expression of the form gives for the answers: its instance_name. */
enum err answers_say(struct ctx *ctx, const char **out, const struct answers *t,
                     const struct expr *e) MUST_USE;
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

/*
 * homeward form check|xform. look says what is wrong with pictures and recordings that come with a
 * form (struct delivered, fault), and tells the problems of its tables: the rooms above know how.
 */
typedef enum err forms_look(struct ctx *ctx, struct form_text *text);
enum err forms_command(struct ctx *ctx, int argc, char **argv, forms_look *look) MUST_USE;

#endif
