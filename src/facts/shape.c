/* Columns of facts, and values made coarse. */
#include "facts/shape.h"

#include <string.h>

#include "core/date.h"
#include "core/text.h"
#include "core/tr.h"
#include "db/db.h"
#include "forms_gen.h"
#include "records/records.h"

#define NAME_MAX_LEN 50 /* PostgreSQL cuts names at 63 */
#define LEVELS_MAX   8
#define LIST_MAX     5000
#define BAND_YEARS   5

DB_SQL(FACT_OFFICES,
       "SELECT id, parent_id, code, name, country FROM office ORDER BY code LIMIT $1");
DB_SQL(FACT_PROGRAMMES, "SELECT code, name, office_id FROM programme ORDER BY code LIMIT $1");
DB_SQL(FACT_FUNDS, "SELECT f.code, f.donor, p.code, f.office_id FROM fund f LEFT JOIN programme p"
                   " ON p.id = f.programme_id ORDER BY f.code LIMIT $1");
DB_SQL(FACT_AREAS, "SELECT a.pcode, a.name, p.pcode, a.level FROM area a LEFT JOIN area p"
                   " ON p.id = a.parent_id ORDER BY a.pcode LIMIT $1");

/* --- tables and columns --- */

static const char *short_name(struct arena *a, char *name)
{
    uint32_t h = 2166136261u;

    if (strlen(name) <= NAME_MAX_LEN)
        return name;
    for (const char *s = name; *s; s++)
        h = (h ^ (unsigned char)*s) * 16777619u;
    return arena_printf(a, "%.40s_%08x", name, h);
}

static bool kind_of(const struct field *f, enum fact_kind *out)
{
    static const struct {
        const char *stat;
        enum fact_kind kind;
    } kinds[] = { { "code", FACT_CODE },
                  { "band", FACT_BAND },
                  { "quarter", FACT_QUARTER },
                  { "admin1", FACT_AREA },
                  { "score", FACT_SCORE } };

    if (f->stat == NULL || !field_has_value(f))
        return false;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (text_equal(kinds[i].stat, f->stat)) {
            *out = kinds[i].kind;
            return true;
        }
    }
    return false;
}

static const struct fact_measured *const *measured_used;

void facts_use_measured(const struct fact_measured *const *all)
{
    measured_used = all;
}

static bool is_list(const struct field *f)
{
    return f->kind == FIELD_SELECT_MULTIPLE || f->kind == FIELD_RANK;
}

static void add_column(struct ctx *ctx, struct fact_table *t, const struct fact_column *like,
                       const char *what)
{
    struct fact_column *c = &t->columns[t->len];

    if (t->len == FACT_COLUMNS_MAX)
        return;
    *c = *like;
    if (like->form == NULL) {
        c->key = what;
        c->name = "office_id";
    } else {
        char mark = like->measured ? 'm' : like->field ? 'f' : 's';

        c->key = arena_printf(ctx->arena, "%s.%s", like->form->kind, what);
        c->name = short_name(ctx->arena,
                             arena_printf(ctx->arena, "%c_%s_%s", mark, like->form->kind, what));
    }
    t->len++;
}

/* Fields of a repeat, or with NULL those of the record itself. */
static void add_fields(struct ctx *ctx, struct fact_table *t, const struct form *form,
                       const struct field *repeat)
{
    for (size_t i = 0; i < form->all_len; i++) {
        struct fact_column c = { .form = form, .field = form->all[i] };

        if (c.field->repeat == repeat && !is_list(c.field) && kind_of(c.field, &c.kind))
            add_column(ctx, t, &c, c.field->name);
    }
}

static void add_measured(struct ctx *ctx, struct fact_table *t, const struct form *form)
{
    for (const struct fact_measured *const *m = measured_used; m && *m; m++) {
        if (!text_equal((*m)->kind, form->kind))
            continue;
        for (size_t n = 0; (*m)->name(ctx, n); n++)
            add_column(
                ctx, t,
                &(struct fact_column){ .kind = FACT_SCORE, .form = form, .measured = *m, .nth = n },
                (*m)->name(ctx, n));
    }
}

static void add_form(struct ctx *ctx, struct fact_table *t, const struct form *form)
{
    if (form->state_names_len > 0)
        add_column(ctx, t, &(struct fact_column){ .kind = FACT_STATUS, .form = form }, "status");
    add_fields(ctx, t, form, NULL);
    add_measured(ctx, t, form);
}

/* What the rows of a repeat or of a list say themselves. */
static void add_own(struct ctx *ctx, struct fact_table *t)
{
    struct fact_column c = { .form = t->form, .field = t->of };

    if (t->of->kind == FIELD_REPEAT)
        add_fields(ctx, t, t->form, t->of);
    else if (kind_of(t->of, &c.kind))
        add_column(ctx, t, &c, t->of->name);
}

static bool make_table(struct ctx *ctx, struct fact_table *out, const struct form *form,
                       const struct field *of)
{
    const char *kind = form->kind;
    const struct form *chain[LEVELS_MAX];
    size_t len = 0;

    for (const struct form *f = form; f != NULL && len < LEVELS_MAX;
         f = f->parent ? form_find(ctx->forms, f->parent) : NULL)
        chain[len++] = f;
    if (len == 0 || !text_equal(chain[len - 1]->kind, FORM_PERSON))
        return false;
    *out = (struct fact_table){ .form = form, .of = of, .key = kind };
    out->name = arena_printf(ctx->arena, "fact_%s", kind);
    if (of) {
        out->key = arena_printf(ctx->arena, "%s.%s", kind, of->name);
        out->name = arena_printf(ctx->arena, "fact_%s__%s", kind, of->name);
    }
    out->name = short_name(ctx->arena, arena_strdup(ctx->arena, out->name));
    out->columns = ARENA_ARRAY(ctx->arena, FACT_COLUMNS_MAX, struct fact_column);
    add_column(ctx, out, &(struct fact_column){ .kind = FACT_OFFICE }, "office");
    add_column(ctx, out, &(struct fact_column){ .kind = FACT_COUNTRY }, "country");
    if (of)
        add_own(ctx, out);
    for (size_t i = 0; i < len; i++)
        add_form(ctx, out, chain[i]);
    return true;
}

/* A list of codes, or a repeat with a field that counts; both at the first level. */
static bool has_rows(const struct form *form, const struct field *f)
{
    enum fact_kind kind = FACT_CODE;

    if (f->repeat != NULL)
        return false;
    if (is_list(f))
        return kind_of(f, &kind) && kind == FACT_CODE;
    for (size_t i = 0; f->kind == FIELD_REPEAT && i < form->all_len; i++)
        if (form->all[i]->repeat == f && !is_list(form->all[i]) && kind_of(form->all[i], &kind))
            return true;
    return false;
}

bool fact_table_find(struct ctx *ctx, struct fact_table *out, const char *key)
{
    const char *dot = strchr(key, '.');
    const char *kind = dot ? arena_strndup(ctx->arena, key, (size_t)(dot - key)) : key;
    const struct form *form = form_find(ctx->forms, kind);
    const struct field *of = form && dot ? field_find(form, dot + 1) : NULL;

    if (form == NULL || (dot && (of == NULL || !has_rows(form, of))))
        return false;
    return make_table(ctx, out, form, of);
}

void fact_tables(struct ctx *ctx, struct fact_table **out, size_t *len_out)
{
    struct fact_table *tables = NULL;
    size_t cap = 0;
    size_t len = 0;

    for (size_t i = 0; i < ctx->forms->len; i++) {
        const struct form *form = ctx->forms->items[i];

        for (size_t k = 0; k <= form->all_len; k++) {
            const struct field *of = k ? form->all[k - 1] : NULL;

            if (of && !has_rows(form, of))
                continue;
            if (len == cap) {
                tables = arena_grow(ctx->arena, tables, cap * sizeof(*tables),
                                    (2 * cap + 16) * sizeof(*tables));
                cap = 2 * cap + 16;
            }
            if (make_table(ctx, &tables[len], form, of))
                len++;
            else
                break;
        }
    }
    *out = tables;
    *len_out = len;
}

const char *fact_table_title(struct ctx *ctx, const struct fact_table *t)
{
    const char *form = label_text(ctx, &t->form->title);

    if (t->of == NULL)
        return form;
    return tr(ctx, "{0}: {1}", TR_TEXT(form), TR_TEXT(label_text(ctx, &t->of->label)));
}

const struct fact_column *fact_column_find(const struct fact_table *t, const char *key)
{
    for (size_t i = 0; i < t->len; i++)
        if (text_equal(t->columns[i].key, key))
            return &t->columns[i];
    return NULL;
}

const struct fact_column *fact_column_counted(const struct fact_table *t, const char **status_out)
{
    for (const struct fact_measured *const *m = measured_used; m && *m; m++) {
        if ((*m)->counted == NULL || !text_equal((*m)->kind, t->form->kind))
            continue;
        for (size_t i = 0; i < t->len; i++) {
            if (t->columns[i].kind != FACT_STATUS || t->columns[i].form != t->form)
                continue;
            *status_out = (*m)->counted;
            return &t->columns[i];
        }
    }
    return NULL;
}

const char *fact_column_title(struct ctx *ctx, const struct fact_table *t,
                              const struct fact_column *c)
{
    const char *label;

    if (c->kind == FACT_OFFICE)
        return tr(ctx, "Office");
    if (c->kind == FACT_COUNTRY)
        return tr(ctx, "Country of the office");
    if (c->measured)
        label = c->measured->title(ctx, c->nth);
    else
        label = c->kind == FACT_STATUS ? tr(ctx, "Status") : label_text(ctx, &c->field->label);
    if (c->kind == FACT_BAND && c->field->kind == FIELD_DATE)
        label = tr(ctx, "{0} (five years)", TR_TEXT(label));
    else if (c->kind == FACT_QUARTER)
        label = tr(ctx, "{0} (quarter)", TR_TEXT(label));
    if (c->form == t->form)
        return label;
    return tr(ctx, "{0}: {1}", TR_TEXT(label_text(ctx, &c->form->title)), TR_TEXT(label));
}

/* --- lists --- */

/* Twice as much whenever it is full: at 16, 32, 64 ... */
static void *room_for_one(struct ctx *ctx, void *items, size_t len, size_t size)
{
    if (len != 0 && (len < 16 || (len & (len - 1)) != 0))
        return items;
    return arena_grow(ctx->arena, items, len * size, (len ? 2 * len : 16) * size);
}

static void read_office(struct ctx *ctx, struct fact_lists *l, struct rows *rows)
{
    l->offices = room_for_one(ctx, l->offices, l->offices_len, sizeof(*l->offices));
    l->offices[l->offices_len++] =
        (struct fact_office){ row_text(rows, 0), row_text(rows, 1), row_text(rows, 2),
                              row_text(rows, 3), row_text(rows, 4) };
}

static void read_programme(struct ctx *ctx, struct fact_lists *l, struct rows *rows)
{
    l->programmes = room_for_one(ctx, l->programmes, l->programmes_len, sizeof(*l->programmes));
    l->programmes[l->programmes_len++] =
        (struct fact_programme){ row_text(rows, 0), row_text(rows, 1), row_text(rows, 2) };
}

static void read_fund(struct ctx *ctx, struct fact_lists *l, struct rows *rows)
{
    l->funds = room_for_one(ctx, l->funds, l->funds_len, sizeof(*l->funds));
    l->funds[l->funds_len++] = (struct fact_fund){ row_text(rows, 0), row_text(rows, 1),
                                                   row_text(rows, 2), row_text(rows, 3) };
}

static void read_area(struct ctx *ctx, struct fact_lists *l, struct rows *rows)
{
    l->areas = room_for_one(ctx, l->areas, l->areas_len, sizeof(*l->areas));
    l->areas[l->areas_len++] = (struct fact_area){ row_text(rows, 0), row_text(rows, 1),
                                                   row_text(rows, 2), row_int(rows, 3) };
}

static enum err read_list(struct ctx *ctx, struct fact_lists *l, const struct db_sql *sql,
                          void (*read)(struct ctx *ctx, struct fact_lists *l, struct rows *rows))
{
    struct rows *rows = NULL;
    bool more = false;
    enum err rc = db_query(ctx, &rows, sql, DB_INT(LIST_MAX));

    if (rc)
        return rc;
    for (;;) {
        rc = db_next(ctx, rows, &more);
        if (rc || !more)
            break;
        read(ctx, l, rows);
    }
    db_rows_close(rows);
    return rc;
}

enum err fact_lists_load(struct ctx *ctx, struct fact_lists **out)
{
    struct fact_lists *l = ARENA_NEW(ctx->arena, struct fact_lists);
    enum err rc;

    rc = read_list(ctx, l, &FACT_OFFICES, read_office);
    if (rc == OK)
        rc = read_list(ctx, l, &FACT_PROGRAMMES, read_programme);
    if (rc == OK)
        rc = read_list(ctx, l, &FACT_FUNDS, read_fund);
    if (rc == OK)
        rc = read_list(ctx, l, &FACT_AREAS, read_area);
    if (rc == OK)
        *out = l;
    return rc;
}

const struct fact_office *fact_office_find(const struct fact_lists *l, const char *id)
{
    for (size_t i = 0; i < l->offices_len; i++)
        if (text_equal(l->offices[i].id, id))
            return &l->offices[i];
    return NULL;
}

static const struct fact_area *area_find(const struct fact_lists *l, const char *pcode)
{
    for (size_t i = 0; i < l->areas_len; i++)
        if (text_equal(l->areas[i].pcode, pcode))
            return &l->areas[i];
    return NULL;
}

static const char *programme_name(const struct fact_lists *l, const char *code)
{
    for (size_t i = 0; i < l->programmes_len; i++)
        if (text_equal(l->programmes[i].code, code))
            return l->programmes[i].name;
    return NULL;
}

static const char *fund_donor(const struct fact_lists *l, const char *code)
{
    for (size_t i = 0; i < l->funds_len; i++)
        if (text_equal(l->funds[i].code, code))
            return l->funds[i].donor;
    return NULL;
}

/* --- values --- */

int64_t quarter_of_ms(int64_t ms)
{
    char room[256];
    struct arena *a = arena_new(sizeof(room));
    char *day = moment_date(a, ms, "UTC");
    int64_t quarter = 0;
    int64_t year = 0;
    int64_t month = 1;

    day[4] = '\0';
    day[7] = '\0';
    if (parse_int(day, 1, 9999, &year) && parse_int(day + 5, 1, 12, &month))
        quarter = year * 4 + (month - 1) / 3;
    arena_free(a);
    return quarter;
}

const char *quarter_text(struct ctx *ctx, int64_t quarter)
{
    return arena_printf(ctx->arena, "%04d-Q%d", (int)(quarter / 4), (int)(quarter % 4) + 1);
}

bool quarter_parse(const char *text, int64_t *out)
{
    if (strlen(text) != 7 || text[4] != '-' || text[5] != 'Q' || text[6] < '1' || text[6] > '4')
        return false;
    *out = 0;
    for (int i = 0; i < 4; i++) {
        if (!ascii_is_digit(text[i]))
            return false;
        *out = *out * 10 + (text[i] - '0');
    }
    *out = *out * 4 + (text[6] - '1');
    return *out >= 4;
}

const char *quarter_last_day(struct ctx *ctx, int64_t quarter)
{
    static const char *const ends[] = { "03-31", "06-30", "09-30", "12-31" };

    return arena_printf(ctx->arena, "%04d-%s", (int)(quarter / 4), ends[quarter % 4]);
}

static const char *quarter_of_date(struct ctx *ctx, const char *date)
{
    int64_t month = 0;

    if (!date_valid(arena_strndup(ctx->arena, date, 10)) ||
        !parse_int(arena_strndup(ctx->arena, date + 5, 2), 1, 12, &month))
        return NULL;
    return arena_printf(ctx->arena, "%.4s-Q%d", date, (int)(month - 1) / 3 + 1);
}

static const char *band_of_date(struct ctx *ctx, const char *date)
{
    int64_t year = 0;

    if (!date_valid(date) || !parse_int(arena_strndup(ctx->arena, date, 4), 1, 9999, &year))
        return NULL;
    year -= year % BAND_YEARS;
    return arena_printf(ctx->arena, "%04d-%04d", (int)year, (int)year + BAND_YEARS - 1);
}

static const char *band_of_number(const char *value)
{
    static const struct {
        double below;
        const char *band;
    } bands[] = { { 0, "<0" },   { 1, "0" },      { 2, "1" },      { 3, "2" },      { 5, "3-4" },
                  { 10, "5-9" }, { 20, "10-19" }, { 50, "20-49" }, { 100, "50-99" } };
    double d = 0;

    if (!parse_decimal(value, &d))
        return NULL;
    for (size_t i = 0; i < sizeof(bands) / sizeof(bands[0]); i++)
        if (d < bands[i].below)
            return bands[i].band;
    return "100+";
}

/* Up to the first level; an area that nobody knows says nothing. */
static const char *area_of(const struct fact_lists *l, const char *value)
{
    const struct fact_area *a = area_find(l, value);

    for (int i = 0; a != NULL && a->level > 1 && i < LEVELS_MAX; i++)
        a = a->parent ? area_find(l, a->parent) : NULL;
    return a != NULL ? a->pcode : NULL;
}

/* What somebody typed could be anything: only a code that the programme itself made counts. */
static const char *code_of(const struct fact_lists *l, const struct field *f, const char *value)
{
    const struct choice *c = f->choices ? choice_find(f->choices, value) : NULL;

    if (f->choices != NULL)
        return c != NULL ? c->name : NULL;
    if (f->kind == FIELD_ACKNOWLEDGE)
        return value;
    return programme_name(l, value) || fund_donor(l, value) ? value : NULL;
}

const char *fact_value(struct ctx *ctx, const struct fact_lists *l, const struct fact_column *c,
                       const char *value)
{
    double score = 0;

    if (c->kind == FACT_STATUS)
        return value;
    if (c->field == NULL || text_blank(value))
        return NULL;
    switch (c->kind) {
    case FACT_CODE:
        return code_of(l, c->field, value);
    case FACT_QUARTER:
        return strlen(value) >= 10 ? quarter_of_date(ctx, value) : NULL;
    case FACT_BAND:
        return c->field->kind == FIELD_DATE ? band_of_date(ctx, value) : band_of_number(value);
    case FACT_AREA:
        return area_of(l, value);
    case FACT_SCORE:
        return parse_decimal(value, &score) ? value : NULL;
    case FACT_STATUS:
    case FACT_OFFICE:
    case FACT_COUNTRY:
        break;
    }
    return NULL;
}

static const char *code_title(struct ctx *ctx, const struct fact_lists *l, const struct field *f,
                              const char *value)
{
    const struct choice *c = f->choices ? choice_find(f->choices, value) : NULL;
    const char *name = programme_name(l, value);

    if (c != NULL)
        return label_text(ctx, &c->label);
    if (name == NULL)
        name = fund_donor(l, value);
    return name ? tr(ctx, "{0} ({1})", TR_TEXT(name), TR_TEXT(value)) : value;
}

const char *fact_value_title(struct ctx *ctx, const struct fact_lists *l,
                             const struct fact_column *c, const char *value)
{
    const struct fact_area *area;
    const struct fact_office *office;

    if (text_blank(value))
        return tr(ctx, "Not known");
    switch (c->kind) {
    case FACT_STATUS:
        return record_status_title(ctx, c->form, value);
    case FACT_OFFICE:
        office = fact_office_find(l, value);
        return office ? office->name : value;
    case FACT_AREA:
        area = area_find(l, value);
        return area ? area->name : value;
    case FACT_CODE:
        return code_title(ctx, l, c->field, value);
    case FACT_BAND:
    case FACT_QUARTER:
    case FACT_SCORE:
    case FACT_COUNTRY:
        break;
    }
    return value;
}
