#ifndef FORMS_FORMS_INNER_H
#define FORMS_FORMS_INNER_H

/* What the files of src/forms share: sheets as read, and the forms while they are built. */

#include "forms/forms.h"
#include "forms/pack.h"

#define LANGUAGES_MAX 64

struct sheet_row {
    int number; /* as a spreadsheet counts */
    const char *const *cells;
    size_t len;
};

struct section {
    const char *name;  /* survey, choices ...; "" = a plain table */
    const char *place; /* what messages call the sheet: the file, or FILE:SHEET of a workbook */
    int number;        /* row of its name */
    int header;        /* row of its columns; 0 = none yet */
    const char *const *columns; /* as written */
    size_t columns_len;
    const char **names;     /* what they are: label, relevant ... by section_prepare */
    const char **languages; /* of a text column its code, "" without, "?" not said; else NULL */
    struct sheet_row *rows;
    size_t rows_len;
    size_t rows_cap;
};

#define SECTIONS_MAX 16

/*
 * One file: a form with its sections, or a plain table, which is one section without a name. Who
 * fills it from something else than CSV calls section_prepare once a section has its columns; cells
 * are trimmed.
 */
struct sheet {
    const char *file; /* forms/person.csv */
    struct section sections[SECTIONS_MAX];
    size_t len;
};

/* A list of content/choices, with the columns that hold its codes and labels. */
struct list_file {
    const char *file; /* countries.csv */
    const char *value;
    const char *label;
    bool table;
    const struct choice_list *list;
    struct list_file *next;
};

/* All forms that are read together. */
struct build {
    struct ctx *ctx;
    bool failed;
    bool published;         /* at run time: open fields give their reason themselves */
    const char **languages; /* labels point to it: LANGUAGES_MAX + 1 in the arena */
    size_t languages_len;
    struct list_file *list_files;
    const struct sheet *open;        /* privacy/open.csv, or NULL */
    const struct sheet *permissions; /* roles/permissions.csv, or NULL */
    const struct sheet *language_names;
    const struct form_files *files; /* delivered with the form; NULL = none */
    bool *used;                     /* by place in files: the form names it */
};

#define LIST_PLACES 100

/* One form while it is built. */
struct form_build {
    struct build *b;
    const struct sheet *sheet;
    const struct section *survey; /* NULL: there is none */
    struct form *form;
    struct field **fields; /* form->all, still open to change */
    size_t fields_len;
    size_t fields_cap;
    struct field **slots;      /* fields by hash of their name */
    size_t slots_len;          /* a power of two */
    struct choice_list *lists; /* of the sheets choices and external_choices */
    size_t lists_len;
    const struct choice_list **named; /* what form->lists becomes */
    size_t named_len;
    size_t named_cap;
    const struct field *list_places[LIST_PLACES];
    size_t language; /* place of the default language */
};

/* --- forms_sheet.c --- */

enum err sheet_read(struct build *b, struct sheet **out, const char *file, const char *csv,
                    size_t len) MUST_USE;
enum err sheet_read_table(struct build *b, struct sheet **out, const char *file, const char *csv,
                          size_t len) MUST_USE;
/* The same from a workbook (forms_book.c); sheet_read calls it for bytes that are one. */
enum err sheet_read_book(struct build *b, struct sheet **out, const char *file, const char *bytes,
                         size_t len) MUST_USE;
const struct section *sheet_section(const struct sheet *s, const char *name); /* NULL if none */
/* Records a mistake at row and column of a file, and that the build failed. */
void mistake(struct build *b, const char *file, int row, const char *column, const char *text);
void warn(struct build *b, const char *file, int row, const char *column, const char *text);
/* yes and no (true and false too); a mistake for anything else but an empty cell. */
bool read_yes(struct build *b, const struct section *s, const struct sheet_row *row,
              const char *column);
/* One of words (ends with NULL), or NULL for an empty cell and after a mistake. */
const char *read_word(struct build *b, const struct section *s, const struct sheet_row *row,
                      const char *column, const char *const *words);

/* --- forms_columns.c --- */

/* Knows the columns of a section; mistakes for those that stand there twice. */
void section_prepare(struct build *b, struct section *s);
/* Trimmed text of a column by its name (relevant, not relevance); "" if there is none. */
const char *cell(const struct section *s, const struct sheet_row *row, const char *column);
/* How the sheet writes a column that is no text: readonly for read_only. */
const char *column_written(const struct section *s, const char *column);
/* Code of "English (en)", or of "English"; NULL if it is not known. */
const char *column_language(struct build *b, const char *text);
void languages_collect(struct build *b, const struct sheet *s);
/* Place of a language code; LANGUAGES_MAX if it is not known. */
size_t language_place(const struct build *b, const char *code);
struct label read_label(const struct form_build *f, const struct section *s,
                        const struct sheet_row *row, const char *name);
struct media read_media(const struct form_build *f, const struct section *s,
                        const struct sheet_row *row);
/* A cell that names a picture or recording. */
struct medium_cell {
    const struct section *s;
    const struct sheet_row *row;
    const char *column; /* as written */
    const char *medium; /* image, big-image, audio, video */
};
/* What a cell names must have come with the form, and be good. */
void check_medium(struct build *b, const struct medium_cell *at, const char *name);
/* Mistakes for text columns, of those in texts, whose language is not known. */
void check_languages(struct build *b, const struct section *s, const char *const *texts);
/* Warns of columns that are none of known (ends with NULL) nor of the text columns in texts. */
void check_columns(struct build *b, const struct section *s, const char *const *known,
                   const char *const *texts);

/* --- forms_near.c: did you mean? --- */

struct near {
    const char *word;
    const char *found; /* NULL: nothing is near */
    size_t best;
};
void near_begin(struct near *n, const char *word);
void near_try(struct near *n, const char *candidate);
/* Either list may be NULL; both end with NULL. */
const char *nearest_of(const char *word, const char *const *first, const char *const *second);
/* The text, with the question behind it if near is not NULL. */
const char *with_near(struct ctx *ctx, const char *text, const char *near);

/* --- forms_settings.c, forms_choices.c, forms_survey.c, forms_check.c --- */

void read_settings(struct form_build *f);
void read_states(struct form_build *f);
void read_choices(struct form_build *f);
/* What a row wants of a list in a file of content/choices. */
struct list_wish {
    const char *file;  /* countries.csv */
    const char *value; /* columns of its codes and labels; NULL = name and label */
    const char *label;
    bool table;         /* for lookups: any columns */
    int row;            /* for messages */
    const char *column; /* for messages */
};
/* NULL after a mistake. */
const struct choice_list *read_list_file(struct form_build *f, const struct list_wish *wish);
/* The table of a file that has the columns it is asked for; NULL after a mistake. */
struct sheet *open_list(struct form_build *f, const struct list_wish *wish);
/* A mistake if a code cannot be that of a choice. */
void check_code(struct build *b, const struct section *s, const struct sheet_row *row,
                const char *column, const char *code);
/* A list of the form's own sheet; NULL if there is none. */
const struct choice_list *own_list(const struct form_build *f, const char *name, bool external);
/* A file that was delivered with the form, and is noted as used; NULL if there is none. */
const struct delivered *use_delivered(struct build *b, const char *name);
/* Fills by_name; the items must be whole. */
void choices_sort(struct arena *a, struct choice_list *list);
void name_list(struct form_build *f, const struct choice_list *list);
void read_survey(struct form_build *f);
/* References, cycles, order, open fields: what can be said when all fields are known. */
void check_form(struct form_build *f);

/* --- the section survey --- */

struct survey {
    struct form_build *f;
    const struct section *s;
    const struct sheet_row *row;
    struct field *open[FORM_DEPTH + 1]; /* groups and repeats around the row; open[0] unused */
    struct field *last[FORM_DEPTH + 1]; /* the newest field of each level */
    size_t depth;
};

/* Trimmed text of a column of this row, and a mistake there. */
const char *at(const struct survey *v, const char *column);
void wrong(const struct survey *v, const char *column, const char *text);
void wrong_if(const struct survey *v, bool bad, const char *column, const char *text);

/* forms_type.c: kind, choices, or_other_out. false: no such type; it counts as a text or a group.
 */
bool read_type(struct survey *v, struct field *field, bool *or_other_out);
/* The word of the column type for a field: select_one, text ... */
const char *field_type_word(const struct field *f);
/* Whether the row is a table (csv-external), which is no field. */
bool read_table_row(struct survey *v);
/* forms_logic.c */
void read_logic(struct survey *v, struct field *field);
const struct expr *read_expression(struct survey *v, const char *column);
const struct expr *read_cell_expression(struct form_build *f, const struct section *s,
                                        const struct sheet_row *row, const char *column);
/* forms_looks.c: appearance, parameters and attributes. */
void read_looks(struct survey *v, struct field *field);
void read_parameters(struct survey *v, struct field *field);
void read_attributes(struct survey *v, struct field *field);
/* An expression that is part of a cell. */
const struct expr *read_argument(struct survey *v, const char *column, const char *text);
/* forms_search.c: search() in the appearance, when all else of the row is read. */
void read_search(struct survey *v, struct field *field);
/* Whether a question takes the columns of a table from this list. */
bool is_searched(const struct form_build *f, const char *list);
/* Such a list is none to choose from: mistakes for other questions that do. */
void check_searched(struct form_build *f);
/* forms_binds.c: the columns bind::hw: */
void read_binds(struct survey *v, struct field *field);
/* forms_refs.c: names in expressions are fields, tables and columns that there are. */
void check_references(struct form_build *f, struct field *field);
void check_settings_references(struct form_build *f);
/* Field of a name among those read so far; NULL if none. */
struct field *field_named(const struct form_build *f, const char *name);

/* The expressions of a field that other answers wake, with the columns they come from. */
struct field_expression {
    const char *column;
    const struct expr *expr;
};
#define FIELD_EXPRESSIONS 8
void field_expressions(const struct field *f, struct field_expression out[FIELD_EXPRESSIONS]);

/* --- answers --- */

/* A row that its parent does not have yet, and giving it to the parent. */
struct answers *answers_loose_row(struct arena *a, struct answers *parent,
                                  const struct field *repeat);
void answers_attach(struct arena *a, struct answers *row);
/* A value for a message: its beginning, if it is long. */
const char *value_shortened(struct ctx *ctx, const char *value);
/* --- answers_host.c --- */

/* What an expression sees from a field of a level; today may be "" if the form never asks. */
struct expr_host answers_host(struct ctx *ctx, const struct answers *t, const struct field *f,
                              const char *today);
/* The same from a choice of a list: what a choice_filter sees. */
struct expr_host choice_host(struct expr_host host, const struct choice_list *list, size_t i);
/* The field of a node of answers; NULL for the top, and for nodes of lists. */
const struct field *node_field(const struct expr_node *node);
/* Whether the condition holds there; uses no memory that stays. */
enum err answers_holds(struct ctx *ctx, bool *out, const struct expr *e,
                       const struct expr_host *host) MUST_USE;
const char *answers_today(struct ctx *ctx, const struct form *form);
/* Whether the answer of a field with choices has this code. */
bool answer_has_code(const struct answers *t, const struct field *f, const char *code);

/* --- graph.c --- */

/* The fields whose relevance, value or rows depend on one. */
struct field_users {
    const size_t *places;
    size_t len;
};

struct form_graph {
    const size_t *order;             /* places, each after those it depends on */
    const size_t *rank;              /* by place: where in order */
    const struct field_users *users; /* by place */
};

/*
 * Checks the references of all expressions and fills form->graph and form->asks_today. Mistakes:
 * what leads nowhere, and what depends on itself.
 */
void graph_build(struct form_build *f);

/* --- answers_value.c --- */

/* Arabic digits as Western ones; texts longer than max bytes stay as they are. */
const char *value_western(struct ctx *ctx, const char *value, size_t max);
/* answers_place.c, answers_money.c: as value_read, for one kind; the value itself if it is wrong.
 */
const char *value_place(struct ctx *ctx, const char *value, const char **problem);
const char *value_trace(struct ctx *ctx, const char *value, const char **problem);
const char *value_shape(struct ctx *ctx, const char *value, const char **problem);
const char *value_stored(struct ctx *ctx, const char *value, const char **problem);
const char *value_money(struct ctx *ctx, const struct field *f, const char *value,
                        const char **problem);
/* Canonical form of a value: *out; or what is wrong with it, in ctx->lang: *problem_out. */
void value_read(struct ctx *ctx, const struct field *f, const char *value, const char **out,
                const char **problem_out);

#endif
