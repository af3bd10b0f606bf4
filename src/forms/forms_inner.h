#ifndef FORMS_FORMS_INNER_H
#define FORMS_FORMS_INNER_H

/* What the files of src/forms share: sheets as read, and the forms while they are built. */

#include "forms/forms.h"

#define LANGUAGES_MAX 64

struct sheet_row {
    int number; /* as a spreadsheet counts */
    const char *const *cells;
    size_t len;
};

struct section {
    const char *name;
    int number; /* row of its name */
    int header; /* row of its columns; 0 = none yet */
    const char *const *columns;
    size_t columns_len;
    struct sheet_row *rows;
    size_t rows_len;
    size_t rows_cap;
};

#define SECTIONS_MAX 16

/* One CSV file: a form with its sections, or a plain table, which is one section without a name. */
struct sheet {
    const char *file; /* forms/person.csv */
    struct section sections[SECTIONS_MAX];
    size_t len;
};

struct list_file {
    const char *name; /* countries.csv */
    const struct choice_list *list;
    struct list_file *next;
};

/* All forms that are read together. */
struct build {
    struct ctx *ctx;
    bool failed;
    const char **languages; /* labels point to it: LANGUAGES_MAX + 1 in the arena */
    size_t languages_len;
    struct list_file *list_files;
    const struct sheet *open;        /* privacy/open.csv, or NULL */
    const struct sheet *permissions; /* roles/permissions.csv, or NULL */
};

/* One form while it is built. */
struct form_build {
    struct build *b;
    const struct sheet *sheet;
    struct form *form;
    struct field **fields; /* form->all, still open to change */
    size_t fields_len;
    struct choice_list *lists;
    struct choice **list_items; /* lists[i].items, still open to change */
    size_t lists_len;
    size_t language; /* place of the default language */
};

/* --- forms_sheet.c --- */

enum err sheet_read(struct build *b, struct sheet **out, const char *file, const char *csv,
                    size_t len) MUST_USE;
enum err sheet_read_table(struct build *b, struct sheet **out, const char *file, const char *csv,
                          size_t len) MUST_USE;
const struct section *sheet_section(const struct sheet *s, const char *name); /* NULL if none */
/* Trimmed text of a column; "" if the column or the cell is not there. */
const char *cell(const struct section *s, const struct sheet_row *row, const char *column);
/* Records a mistake at row and column, and that the build failed. */
void mistake(struct build *b, const char *file, int row, const char *column, const char *text);
void warn(struct build *b, const char *file, int row, const char *column, const char *text);
/*
 * Code of the language of a text column such as label::English (en), "" for the column label, NULL
 * if it is none of prefix; code_out[0] is '?' where the code is missing.
 */
const char *column_language(struct arena *a, const char *column, const char *prefix);
void languages_collect(struct build *b, const struct sheet *s);
/* Place of a language code; LANGUAGES_MAX if it is not known. */
size_t language_place(const struct build *b, const char *code);
struct label read_label(const struct form_build *f, const struct section *s,
                        const struct sheet_row *row, const char *prefix);
/* Warns of columns that are none of known (ends with NULL) nor of the text columns in texts. */
void check_columns(struct build *b, const struct sheet *sheet, const struct section *s,
                   const char *const *known, const char *const *texts);
/* yes and no (true and false too); a mistake for anything else but an empty cell. */
bool read_yes(struct build *b, const char *file, const struct section *s,
              const struct sheet_row *row, const char *column);

/* --- forms_settings.c, forms_choices.c, forms_survey.c, forms_check.c --- */

void read_settings(struct form_build *f);
void read_states(struct form_build *f);
void read_choices(struct form_build *f);
/* A shared list of content/choices; NULL after a mistake. */
const struct choice_list *read_list_file(struct form_build *f, int row, const char *name);
/* Fills by_name; the items must be whole. */
void choices_sort(struct arena *a, struct choice_list *list);
void read_survey(struct form_build *f);
/* References, cycles, order, open fields: what can be said when all fields are known. */
void check_form(struct form_build *f);

/* Runs fn over each expression of a field that says where it comes from. */
struct field_expression {
    const char *column;
    const struct expr *expr;
};
#define FIELD_EXPRESSIONS 5
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

/* Canonical form of a value: *out; or what is wrong with it, in ctx->lang: *problem_out. */
void value_read(struct ctx *ctx, const struct field *f, const char *value, const char **out,
                const char **problem_out);

#endif
