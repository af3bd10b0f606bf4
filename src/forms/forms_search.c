#include "forms/forms_inner.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"

/*
 * search() in an appearance: the choices of a question are rows of a table. The list of the
 * question names the columns to take (name: the code, label: what people read, image); choices of
 * that list whose code is a number stand among the rows as they are. What search() asks of a row
 * becomes a choice_filter, so that pages, validation and XForms know nothing of it.
 */

#define SEARCH_ARGUMENTS 6
#define SEARCH_COLUMNS   20 /* that one search looks into, or that one label shows */

static const char upper[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";
static const char lower[] = "abcdefghijklmnopqrstuvwxyz";

struct searching {
    struct survey *v;
    const struct choice_list *own; /* the list of the sheet choices */
    const struct section *choices; /* the sheet */
    const struct section *table;
    const char *file;
    const char *args[SEARCH_ARGUMENTS];
    size_t len;
    size_t asked[SEARCH_COLUMNS]; /* places in the table of the columns searched */
    size_t asked_len;
    size_t exact; /* that of the filter's column */
    bool has_exact;
    bool has_fixed; /* choices stand among the rows */
};

/* --- the call --- */

/* Where a call of search begins; NULL if there is none. The bare word is an appearance. */
static const char *find_call(const char *appearance)
{
    const char *p = appearance;

    for (p = strstr(p, "search"); p; p = strstr(p + 1, "search")) {
        const char *after = p + strlen("search");

        if (p != appearance && p[-1] != ' ')
            continue;
        if (after[strspn(after, " ")] == '(')
            return p;
    }
    return NULL;
}

/* After the bracket that closes the one at p; NULL if none does. Quoted texts are passed over. */
static const char *after_call(const char *p)
{
    int depth = 0;

    for (; *p; p++) {
        if (*p == '\'' || *p == '"') {
            p = strchr(p + 1, *p);
            if (!p)
                return NULL;
        }
        depth += *p == '(' ? 1 : *p == ')' ? -1 : 0;
        if (!depth)
            return p + 1;
    }
    return NULL;
}

/* Where the argument that begins at p ends: at a comma, or before end. */
static const char *after_argument(const char *p, const char *end)
{
    int depth = 0;

    for (; p < end && (*p != ',' || depth); p++) {
        if (*p == '\'' || *p == '"')
            p = strchr(p + 1, *p); /* there is one: after_call passed it */
        depth += *p == '(' || *p == '[' ? 1 : *p == ')' || *p == ']' ? -1 : 0;
    }
    return p;
}

static bool split_call(struct searching *s, const char *open, const char *end)
{
    struct arena *a = s->v->f->b->ctx->arena;
    const char *from = open + 1;

    while (s->len < SEARCH_ARGUMENTS) {
        const char *to = after_argument(from, end);

        s->args[s->len++] = text_trim(a, arena_strndup(a, from, (size_t)(to - from)));
        if (to == end)
            return s->len == 1 || s->len == 4 || s->len == 6;
        from = to + 1;
    }
    return false;
}

/* The text between quotes; NULL if the argument is none. */
static const char *quoted(struct arena *a, const char *text)
{
    size_t len = strlen(text);

    if (len < 2 || (text[0] != '\'' && text[0] != '"') || text[len - 1] != text[0] ||
        memchr(text + 1, text[0], len - 2))
        return NULL;
    return text_trim(a, arena_strndup(a, text + 1, len - 2));
}

/* Arguments that name something are texts in quotes: they must be known before anyone answers. */
static bool read_names(struct searching *s)
{
    static const size_t names[] = { 0, 1, 2, 4 };
    struct ctx *ctx = s->v->f->b->ctx;

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]) && names[i] < s->len; i++) {
        const char *text = quoted(ctx->arena, s->args[names[i]]);

        if (!text) {
            wrong(s->v, "appearance",
                  tr(ctx, "search() wants a name in quotes here, and not {0}.",
                     TR_TEXT(value_shortened(ctx, s->args[names[i]]))));
            return false;
        }
        s->args[names[i]] = text;
    }
    return true;
}

/* --- the table and its columns --- */

static char plain_char(char c)
{
    return ascii_is_alpha(c) || ascii_is_digit(c) || (unsigned char)c >= 0x80 ? ascii_lower(c)
                                                                              : '_';
}

/* As Collect compares names of columns: capitals and signs do not count. */
static bool same_column(const char *a, const char *b)
{
    for (; *a && *b; a++, b++)
        if (plain_char(*a) != plain_char(*b))
            return false;
    return *a == *b;
}

static bool find_column(const struct section *table, const char *name, size_t *out)
{
    for (size_t i = 0; i < table->columns_len; i++) {
        if (table->columns[i][0] && same_column(table->columns[i], name)) {
            *out = i;
            return true;
        }
    }
    return false;
}

static const char *no_column(const struct searching *s, const char *name)
{
    struct ctx *ctx = s->v->f->b->ctx;
    struct near near;

    near_begin(&near, name);
    for (size_t i = 0; i < s->table->columns_len; i++)
        near_try(&near, s->table->columns[i]);
    return with_near(ctx,
                     tr(ctx, "The list {0} has no column {1}.", TR_TEXT(s->file), TR_TEXT(name)),
                     near.found);
}

/* Names with commas or spaces between them. false: the table has not *bad; NULL: too many. */
static bool find_columns_of(const struct searching *s, const char *names, size_t *places,
                            size_t *len, const char **bad)
{
    struct arena *a = s->v->f->b->ctx->arena;
    char **parts = text_split(a, names, strchr(names, ',') ? ',' : ' ', true, NULL);

    if (find_column(s->table, names, &places[0])) { /* a name may have spaces too */
        *len = 1;
        return true;
    }
    for (*len = 0; *parts; parts++) {
        *bad = *len < SEARCH_COLUMNS ? text_trim(a, *parts) : NULL;
        if (!*bad || ((*bad)[0] && !find_column(s->table, *bad, &places[(*len)++])))
            return false;
    }
    return true;
}

static const char *no_columns(const struct searching *s, const char *bad)
{
    return bad ? no_column(s, bad)
               : tr(s->v->f->b->ctx, "More than {0} columns are named here.",
                    TR_INT(SEARCH_COLUMNS));
}

static bool read_asked(struct searching *s)
{
    const char *bad = NULL;

    if (s->len >= 4 && !find_columns_of(s, s->args[2], s->asked, &s->asked_len, &bad)) {
        wrong(s->v, "appearance", no_columns(s, bad));
        return false;
    }
    s->has_exact = s->len == 6;
    if (s->has_exact && !find_column(s->table, s->args[4], &s->exact)) {
        wrong(s->v, "appearance", no_column(s, s->args[4]));
        return false;
    }
    return true;
}

static const char *cell_at(const struct sheet_row *row, size_t place)
{
    return place < row->len ? row->cells[place] : "";
}

/* --- rows become choices --- */

static bool is_number(const char *code)
{
    int64_t n = 0;

    return parse_int(code, INT64_MIN, INT64_MAX, &n);
}

/* A text column of the choices, as written, in a language of the forms. */
static const char *text_column(const struct searching *s, const char *name, size_t language)
{
    const struct form_build *f = s->v->f;
    const char *plain = name;

    for (size_t i = 0; i < s->choices->columns_len; i++) {
        const char *code = s->choices->languages[i];

        if (!code || strcmp(s->choices->names[i], name) != 0)
            continue;
        if (strcmp(code, f->b->languages[language]) == 0)
            return s->choices->columns[i];
        if (!code[0])
            plain = s->choices->columns[i];
    }
    return plain;
}

static void refuse_cell(const struct searching *s, const struct choice *pattern, const char *column,
                        const char *text)
{
    mistake(s->v->f->b, s->choices->place, pattern->row, column, text);
}

/* What people read of a row: the first column, others behind it in brackets with their names. */
static const char *label_of(const struct searching *s, const struct sheet_row *row,
                            const size_t *places, size_t len)
{
    struct arena *a = s->v->f->b->ctx->arena;
    const char *text = len ? cell_at(row, places[0]) : "";

    for (size_t i = 1; i < len; i++)
        text = arena_printf(a, "%s (%s: %s)", text, s->table->columns[places[i]],
                            cell_at(row, places[i]));
    return text;
}

struct shown {
    size_t places[SEARCH_COLUMNS];
    size_t len;
};

/* The columns that a text of the pattern names, in each language; NULL after a mistake. */
static struct shown *read_shown(const struct searching *s, const struct choice *pattern,
                                const struct label *text, const char *column)
{
    const struct build *b = s->v->f->b;
    struct shown *out = ARENA_ARRAY(b->ctx->arena, b->languages_len, struct shown);

    for (size_t i = 0; text->texts && i < b->languages_len; i++) {
        const char *bad = NULL;

        if (text->texts[i] &&
            !find_columns_of(s, text->texts[i], out[i].places, &out[i].len, &bad)) {
            refuse_cell(s, pattern, text_column(s, column, i), no_columns(s, bad));
            return NULL;
        }
    }
    return out;
}

static struct label label_in(const struct searching *s, const struct sheet_row *row,
                             const struct shown *shown, const char *otherwise)
{
    const struct build *b = s->v->f->b;
    const char **texts = ARENA_ARRAY(b->ctx->arena, b->languages_len, const char *);
    size_t language = s->v->f->language;
    const char *any = NULL;

    for (size_t i = 0; i < b->languages_len; i++) {
        const char *text = label_of(s, row, shown[i].places, shown[i].len);

        texts[i] = text[0] ? text : NULL;
        any = any ? any : texts[i];
    }
    if (!texts[language])
        texts[language] = otherwise;
    if (texts[language])
        any = texts[language];
    return any ? (struct label){ texts, b->languages, any } : (struct label){ .fallback = "" };
}

/* What the filter reads of a row: the columns searched in small letters, then the exact one. */
static const char *const *values_of(const struct searching *s, const struct sheet_row *row)
{
    struct arena *a = s->v->f->b->ctx->arena;
    const char **values = ARENA_ARRAY(a, SEARCH_COLUMNS + 3, const char *);
    size_t n = 0;

    for (size_t i = 0; i < s->asked_len; i++) {
        char *text = arena_strdup(a, row ? cell_at(row, s->asked[i]) : "");

        for (char *p = text; *p; p++)
            *p = ascii_lower(*p);
        values[n++] = text;
    }
    if (s->has_exact)
        values[n++] = row ? cell_at(row, s->exact) : "";
    if (s->has_fixed)
        values[n++] = row ? "" : "1";
    return values;
}

struct found {
    struct choice choice;
    double order; /* its sortby */
    size_t row;
};

/* By sortby, if the table has it, then as the table has them. */
static int compare_found(const void *a, const void *b)
{
    const struct found *x = a;
    const struct found *y = b;

    if (x->order < y->order || x->order > y->order)
        return x->order < y->order ? -1 : 1;
    return x->row < y->row ? -1 : x->row > y->row;
}

static size_t add_rows(const struct searching *s, struct found *out, const struct choice *pattern)
{
    struct build *b = s->v->f->b;
    const struct shown *labels = read_shown(s, pattern, &pattern->label, "label");
    const struct shown *images = read_shown(s, pattern, &pattern->media.image, "image");
    size_t code = 0;
    size_t sortby = 0;
    bool sorted = find_column(s->table, "sortby", &sortby);

    if (!find_column(s->table, pattern->name, &code)) {
        refuse_cell(s, pattern, column_written(s->choices, "name"), no_column(s, pattern->name));
        return 0;
    }
    if (!labels || !images)
        return 0;
    for (size_t i = 0; i < s->table->rows_len; i++) {
        const struct sheet_row *row = &s->table->rows[i];
        struct choice *c = &out[i].choice;

        out[i].row = i;
        if (!sorted || !parse_decimal(cell_at(row, sortby), &out[i].order))
            out[i].order = 0;
        c->name = cell_at(row, code);
        c->row = row->number;
        c->retired = read_yes(b, s->table, row, "hw:retired");
        check_code(b, s->table, row, s->table->columns[code], c->name);
        c->label = label_in(s, row, labels, c->name);
        c->media.image = label_in(s, row, images, NULL);
        for (size_t k = 0; c->media.image.texts && k < b->languages_len; k++)
            if (c->media.image.texts[k])
                check_medium(
                    b,
                    &(struct medium_cell){ s->table, row, pattern->media.image.texts[k], "image" },
                    c->media.image.texts[k]);
        c->values = values_of(s, row);
    }
    qsort(out, s->table->rows_len, sizeof(*out), compare_found);
    return s->table->rows_len;
}

static int compare_choices(const void *a, const void *b)
{
    const struct choice *x = *(const struct choice *const *)a;
    const struct choice *y = *(const struct choice *const *)b;
    int order = strcmp(x->name, y->name);

    for (size_t i = 0; !order && x->values[i]; i++)
        order = strcmp(x->values[i], y->values[i]);
    return order ? order : x < y ? -1 : x > y;
}

/* Rows that no search can tell apart are one choice: the first stays. */
static size_t without_twins(const struct searching *s, struct choice *items, size_t len)
{
    struct arena *a = s->v->f->b->ctx->arena;
    const struct choice **sorted = ARENA_ARRAY(a, len + 1, const struct choice *);
    bool *twin = ARENA_ARRAY(a, len + 1, bool);
    size_t kept = 0;

    for (size_t i = 0; i < len; i++)
        sorted[i] = &items[i];
    if (len)
        qsort(sorted, len, sizeof(*sorted), compare_choices);
    for (size_t i = 1; i < len; i++) {
        bool same = strcmp(sorted[i]->name, sorted[i - 1]->name) == 0;

        for (size_t k = 0; same && sorted[i]->values[k]; k++)
            same = strcmp(sorted[i]->values[k], sorted[i - 1]->values[k]) == 0;
        twin[sorted[i] - items] = same;
    }
    for (size_t i = 0; i < len; i++)
        if (!twin[i])
            items[kept++] = items[i];
    return kept;
}

static const char *const *columns_of(const struct searching *s)
{
    struct arena *a = s->v->f->b->ctx->arena;
    const char **columns = ARENA_ARRAY(a, SEARCH_COLUMNS + 3, const char *);
    size_t n = 0;

    for (size_t i = 0; i < s->asked_len; i++)
        columns[n++] = arena_printf(a, "asked_%zu", i + 1);
    if (s->has_exact)
        columns[n++] = "exact";
    if (s->has_fixed)
        columns[n++] = "fixed";
    return columns;
}

static struct choice_list *make_list(struct searching *s, const struct field *field)
{
    struct arena *a = s->v->f->b->ctx->arena;
    struct choice_list *list = ARENA_NEW(a, struct choice_list);
    size_t patterns = 0;
    size_t len = 0;
    struct choice *items;
    struct found *found = ARENA_ARRAY(a, s->table->rows_len + 1, struct found);

    for (size_t i = 0; i < s->own->len; i++)
        patterns += !is_number(s->own->items[i].name);
    s->has_fixed = patterns < s->own->len;
    if (patterns != 1) {
        wrong(s->v, "type",
              tr(s->v->f->b->ctx,
                 "With search() the list {0} needs one row that names columns of {1}: name for "
                 "the code, label for what people read. Further rows have numbers for codes.",
                 TR_TEXT(s->own->name), TR_TEXT(s->file)));
        return NULL;
    }
    items = ARENA_ARRAY(a, s->own->len + s->table->rows_len + 1, struct choice);
    for (size_t i = 0; i < s->own->len; i++) {
        size_t rows = is_number(s->own->items[i].name) ? 0 : add_rows(s, found, &s->own->items[i]);

        for (size_t k = 0; k < rows; k++)
            items[len++] = found[k].choice;
        if (!is_number(s->own->items[i].name))
            continue;
        items[len] = s->own->items[i];
        items[len++].values = values_of(s, NULL);
    }
    *list = (struct choice_list){ .name = arena_printf(a, "%s.%s", s->own->name, field->name),
                                  .items = items,
                                  .len = without_twins(s, items, len),
                                  .columns = columns_of(s),
                                  .columns_len = s->asked_len + s->has_exact + s->has_fixed,
                                  .file = true,
                                  .searched = true };
    choices_sort(a, list);
    return list;
}

/* --- the filter --- */

/* One of the columns searched against the value, in small letters both. */
static const char *ask_column(struct arena *a, const char *how, size_t i, const char *value)
{
    const char *small = arena_printf(a, "translate(string(%s), '%s', '%s')", value, upper, lower);

    if (strcmp(how, "matches") == 0)
        return arena_printf(a, "asked_%zu = %s", i + 1, small);
    return arena_printf(a, "%s(asked_%zu, %s)", how, i + 1, small);
}

static const char *filter_text(const struct searching *s)
{
    static const char *const words[][2] = { { "contains", "contains" },
                                            { "startswith", "starts-with" },
                                            { "endswith", "ends-with" },
                                            { "matches", "matches" } };
    static const char *const known[] = { "contains", "startswith", "endswith", "matches", NULL };
    struct ctx *ctx = s->v->f->b->ctx;
    const char *how = NULL;
    const char *text = "";

    for (size_t i = 0; s->len >= 4 && i < sizeof(words) / sizeof(words[0]); i++)
        if (ascii_casecmp(words[i][0], s->args[1]) == 0)
            how = words[i][1];
    if (s->len >= 4 && !how) {
        wrong(s->v, "appearance",
              with_near(ctx,
                        tr(ctx, "{0} is no way to search: those are {1}.", TR_TEXT(s->args[1]),
                           TR_TEXT("contains, startswith, endswith, matches")),
                        nearest_of(s->args[1], known, NULL)));
        return NULL;
    }
    assert(how || s->asked_len == 0); /* columns that are asked come with a way */
    for (size_t i = 0; i < s->asked_len; i++)
        text = arena_printf(ctx->arena, "%s%s%s", text, i ? " or " : "",
                            ask_column(ctx->arena, how, i, s->args[3]));
    if (s->has_exact)
        text = arena_printf(ctx->arena, "%s%s%sexact = string(%s)", s->asked_len ? "(" : "", text,
                            s->asked_len ? ") and " : "", s->args[5]);
    if (s->has_fixed && text[0])
        text = arena_printf(ctx->arena, "fixed = '1' or (%s)", text);
    return text;
}

static void set_filter(const struct searching *s, struct field *field)
{
    const char *text = filter_text(s);

    for (size_t i = 3; text && i < s->len; i += 2)
        if (!read_argument(s->v, "appearance", s->args[i]))
            return;
    if (!text || !text[0])
        return;
    field->choice_filter = read_argument(s->v, "appearance", text);
    field->choice_filter_text = text;
}

/* --- the question --- */

static bool may_search(const struct searching *s, const struct field *field)
{
    struct ctx *ctx = s->v->f->b->ctx;

    if (field->kind != FIELD_SELECT_ONE && field->kind != FIELD_SELECT_MULTIPLE)
        wrong(s->v, "appearance",
              tr(ctx, "search() finds choices of select_one and select_multiple: {0} is neither.",
                 TR_TEXT(field->name)));
    else if (field->choices && (field->choices->file || field->choices->external))
        wrong(s->v, "appearance",
              tr(ctx, "search() goes with a list of the section choices: take it out here, or "
                      "write select_one and the name of such a list."));
    else if (field->choice_filter_text)
        wrong(s->v, "choice_filter",
              tr(ctx, "search() says already which choices there are: take out the one or the "
                      "other."));
    else if (strstr(at(s->v, "type"), "or_other") || strstr(at(s->v, "type"), "or other"))
        wrong(s->v, "type",
              tr(ctx, "or_other does not go with search(): add a choice whose code is a number."));
    else
        return field->choices != NULL;
    return false;
}

static void search_table(struct searching *s, struct field *field)
{
    struct arena *a = s->v->f->b->ctx->arena;
    const char *name = s->args[0];
    struct list_wish wish = { .table = true,
                              .row = s->v->row->number,
                              .column = column_written(s->v->s, "appearance") };
    const struct sheet *sheet;
    struct choice_list *list;

    s->file = text_ends(name, ".csv") ? name : arena_printf(a, "%s.csv", name);
    wish.file = s->file;
    sheet = open_list(s->v->f, &wish);
    if (!sheet)
        return;
    s->table = &sheet->sections[0];
    if (!read_asked(s))
        return;
    list = make_list(s, field);
    if (!list)
        return;
    set_filter(s, field);
    field->choices = list;
    name_list(s->v->f, list);
    if (list->len == 0)
        wrong(s->v, "appearance",
              tr(s->v->f->b->ctx, "The list {0} has no choices.", TR_TEXT(s->file)));
}

void read_search(struct survey *v, struct field *field)
{
    struct ctx *ctx = v->f->b->ctx;
    struct searching s = { .v = v, .own = field->choices };
    const char *call = find_call(field->appearance);
    const char *open = call ? strchr(call, '(') : NULL;
    const char *end = open ? after_call(open) : NULL;

    if (!call)
        return;
    s.choices = sheet_section(v->f->sheet, "choices");
    field->searched = true;
    if (!end || !split_call(&s, open, end - 1)) {
        wrong(v, "appearance",
              tr(ctx, "search() is written in one of these ways: {0}.",
                 TR_TEXT("search('file'), search('file', 'contains', 'column', ${value}), "
                         "search('file', 'contains', 'column', ${value}, 'column', ${value})")));
        return;
    }
    field->appearance =
        text_trim(ctx->arena, arena_printf(ctx->arena, "%.*s%s", (int)(call - field->appearance),
                                           field->appearance, end));
    if (may_search(&s, field) && read_names(&s))
        search_table(&s, field);
}

bool is_searched(const struct form_build *f, const char *list)
{
    const struct section *s = f->survey;

    for (size_t i = 0; s && i < s->rows_len; i++) {
        const char *type = find_call(cell(s, &s->rows[i], "appearance"))
                               ? strrchr(cell(s, &s->rows[i], "type"), ' ')
                               : NULL;

        if (type && strcmp(type + 1, list) == 0)
            return true;
    }
    return false;
}

/* A list whose rows name columns is none to choose from. */
void check_searched(struct form_build *f)
{
    size_t kept = 0;

    for (size_t i = 0; i < f->named_len; i++) {
        const struct choice_list *list = f->named[i];
        bool columns = !list->file && !list->external && is_searched(f, list->name);

        for (size_t k = 0; columns && k < f->fields_len; k++)
            if (f->fields[k]->choices == list && !f->fields[k]->searched)
                mistake(f->b, f->survey->place, f->fields[k]->row,
                        column_written(f->survey, "type"),
                        tr(f->b->ctx,
                           "The list {0} names the columns of a table for search(): write search() "
                           "here too, or take another list.",
                           TR_TEXT(list->name)));
        if (!columns)
            f->named[kept++] = list;
    }
    f->named_len = kept;
}
