/* Records as people read them: cells of lists, details and cards. */
#include <string.h>

#include "core/date.h"
#include "core/id.h"
#include "core/text.h"
#include "forms_gen.h"
#include "records/records_inner.h"
#include "records/screens_web.h"

#define TABLE_COLUMNS_MAX 5 /* a repeat with more fields is drawn as cards */
#define SCORE_STRONG      0.85
#define SCORE_LIKELY      0.6

bool may(const struct ctx *ctx, const char *kind, const char *verb)
{
    return user_may_do(ctx->user, kind, verb);
}

struct url record_url(struct ctx *ctx, const struct record *rec)
{
    return url_build(ctx, "/records/{}/{}", rec->form->kind, rec->id);
}

enum err record_parent(struct ctx *ctx, struct record **out, const struct record *rec)
{
    return parent_seen(ctx, out, rec->form, rec->parent_id);
}

enum err parent_seen(struct ctx *ctx, struct record **out, const struct form *form,
                     const char *parent_id)
{
    struct problem *last = ctx->problems_last;
    enum err rc;

    *out = NULL;
    if (parent_id == NULL || form->parent == NULL || !may(ctx, form->parent, "view"))
        return OK;
    rc = record_load_title(ctx, out, form->parent, parent_id);
    if (rc != ERR_NOT_FOUND)
        return rc;
    ctx_problems_back(ctx, last);
    return OK;
}

const char *record_name(struct ctx *ctx, const struct record *rec)
{
    if (!text_blank(rec->title))
        return rec->title;
    return rec->number != NULL ? rec->number : label_text(ctx, &rec->form->title);
}

const char *record_window(struct ctx *ctx, const struct record *rec)
{
    return text_blank(rec->number) ? label_text(ctx, &rec->form->title) : rec->number;
}

const char *number_beside_name(struct ctx *ctx, const struct record *rec)
{
    return text_equal(record_name(ctx, rec), rec->number) ? NULL : rec->number;
}

const char *count_text(struct ctx *ctx, int64_t count)
{
    if (count < 0)
        return tr(ctx, "more than {0} records", TR_INT(RECORD_COUNT_MAX));
    return tr(ctx, "{0, plural, =0 {no records} one {# record} other {# records}}", TR_INT(count));
}

const char *record_kind_title(struct ctx *ctx, const struct form *form)
{
    static const struct {
        const char *kind;
        const char *title;
    } many[] = {
        { FORM_PERSON, N_("People") },        { FORM_CASE, N_("Cases") },
        { FORM_RETURN_EVENT, N_("Returns") }, { FORM_HOUSEHOLD, N_("Households") },
        { FORM_ACTION, N_("Steps") },         { FORM_RSS, N_("Interviews") },
    };

    for (size_t i = 0; i < sizeof(many) / sizeof(many[0]); i++)
        if (strcmp(form->kind, many[i].kind) == 0)
            return tr_args(ctx, many[i].title, NULL);
    return label_text(ctx, &form->title);
}

/* --- columns --- */

static int compare_list(const struct field *a, const struct field *b)
{
    if (a->list != b->list)
        return a->list < b->list ? -1 : 1;
    return a->place < b->place ? -1 : 1;
}

const struct field *const *list_fields(struct ctx *ctx, const struct form *form)
{
    const struct field **out = ARENA_ARRAY(ctx->arena, form->all_len + 1, const struct field *);
    size_t n = 0;

    for (size_t i = 0; i < form->all_len; i++) {
        const struct field *f = form->all[i];
        size_t at = n;

        if (f->list == 0 || f->repeat != NULL || !field_visible(ctx, f))
            continue;
        while (at > 0 && compare_list(f, out[at - 1]) < 0) {
            out[at] = out[at - 1];
            at--;
        }
        out[at] = f;
        n++;
    }
    return out;
}

/* A date of birth as exactly as it is known: 1990, not 1 January 1990. */
static const char *birth_shown(struct ctx *ctx, const struct record *rec, const char *date)
{
    const char *precision = record_value(rec, FIELD_PERSON_BIRTH_PRECISION);

    if (!date_valid(date) || text_equal(precision, CODE_PERSON_BIRTH_PRECISION_DAY))
        return tr_date(ctx, date);
    if (text_equal(precision, CODE_PERSON_BIRTH_PRECISION_MONTH))
        return tr(ctx, "{0} {1}", TR_TEXT(tr_month_short(ctx, date)),
                  TR_TEXT(arena_strndup(ctx->arena, date, 4)));
    return tr(ctx, "about {0}", TR_TEXT(arena_strndup(ctx->arena, date, 4)));
}

const char *ref_shown(struct ctx *ctx, const char *ref, const char *id, struct record **to)
{
    const bool staff = text_equal(ref, REF_USER) || text_equal(ref, REF_USER_ABROAD);
    struct problem *last = ctx->problems_last;
    const char *name = "";
    enum err rc = OK;

    if (!id_valid(id))
        return id;
    if (staff)
        rc = user_name(ctx, &name, id);
    else if (may(ctx, ref, "view"))
        rc = record_load(ctx, to, ref, id);
    if (rc)
        ctx_problems_back(ctx, last);
    if (rc == OK && !staff && *to != NULL)
        name = record_name(ctx, *to);
    return name[0] == '\0' ? tr(ctx, "not to be seen here") : name;
}

const char *field_shown(struct ctx *ctx, const struct field *f, const char *value)
{
    struct record *to = NULL;

    if (f->ref != NULL && value[0] != '\0')
        return ref_shown(ctx, f->ref, value, &to);
    return answers_shown(ctx, f, value);
}

const char *record_shown(struct ctx *ctx, const struct record *rec, const struct field *f)
{
    const char *value = answers_get(rec->answers, f);

    if (value == NULL || value[0] == '\0')
        return "";
    if (strcmp(rec->form->kind, FORM_PERSON) == 0 && strcmp(f->name, FIELD_PERSON_BIRTH_DATE) == 0)
        return birth_shown(ctx, rec, value);
    return field_shown(ctx, f, value);
}

const char *age_text(struct ctx *ctx, const struct record *rec)
{
    const char *born;
    const char *precision;
    int age;

    if (strcmp(rec->form->kind, FORM_PERSON) != 0)
        return NULL;
    born = record_value(rec, FIELD_PERSON_BIRTH_DATE);
    age = date_valid(born) ? date_age(born, ctx_today(ctx)) : -1;
    if (age < 0)
        return NULL;
    precision = record_value(rec, FIELD_PERSON_BIRTH_PRECISION);
    if (text_equal(precision, CODE_PERSON_BIRTH_PRECISION_DAY))
        return tr(ctx, "{0, plural, one {# year old} other {# years old}}", TR_INT(age));
    return tr(ctx, "about {0, plural, one {# year old} other {# years old}}", TR_INT(age));
}

void hit_fill(struct ctx *ctx, struct hit_view *v, const struct record_hit *hit)
{
    const struct record *rec = hit->record;
    const struct field *const *columns = list_fields(ctx, rec->form);
    struct pair_view *cells;
    size_t n = 0;

    while (columns[n] != NULL)
        n++;
    cells = ARENA_ARRAY(ctx->arena, n + 1, struct pair_view);
    for (size_t i = 0; i < n; i++) {
        const char *shown = record_shown(ctx, rec, columns[i]);

        if (shown[0] == '\0')
            continue;
        cells[v->cells_len].name = label_text(ctx, &columns[i]->label);
        cells[v->cells_len++].value = shown;
    }
    v->cells = cells;
    v->title = record_name(ctx, rec);
    v->number = rec->number;
    v->why = hit->why;
    v->link = record_url(ctx, rec);
    if (hit->score >= SCORE_STRONG) {
        v->strength = "strong";
        v->strength_text = tr(ctx, "fits well");
    } else if (hit->score >= SCORE_LIKELY) {
        v->strength = "likely";
        v->strength_text = tr(ctx, "fits in part");
    } else {
        v->strength = "possible";
        v->strength_text = tr(ctx, "fits loosely");
    }
}

/* --- detail --- */

struct teller {
    struct ctx *ctx;
    const struct record *rec;
};

static bool is_told(const struct teller *t, const struct field *f)
{
    return f->kind != FIELD_HIDDEN && f->kind != FIELD_NOTE && field_visible(t->ctx, f) &&
           (f->kind != FIELD_CALCULATE || label_text(t->ctx, &f->label)[0] != '\0');
}

/* A value as people read it; where it names another record that may be seen, with its link. */
static struct detail_cell_view tell_cell(const struct teller *t, const struct answers *level,
                                         const struct field *f)
{
    struct detail_cell_view out = { .label = label_said(t->ctx, &f->label, level), .value = "" };
    const char *value = answers_get(level, f);
    struct record *to = NULL;

    if (value != NULL && value[0] != '\0' && f->ref != NULL)
        out.value = ref_shown(t->ctx, f->ref, value, &to);
    else if (level == t->rec->answers)
        out.value = record_shown(t->ctx, t->rec, f);
    else if (value != NULL)
        out.value = answers_shown(t->ctx, f, value);
    if (field_has_codes(f)) /* labels of choices */
        out.value = plain_said(t->ctx, out.value, level);
    if (to != NULL)
        out.link = record_url(t->ctx, to);
    else if (value != NULL)
        out.link = media_link(t->ctx, t->rec, f, value);
    out.linked = out.link.text != NULL;
    return out;
}

/* Contacts that must not be used lie folded: nobody calls one by mistake. */
static bool is_folded(const struct answers *row, const struct field *repeat)
{
    for (const struct field *f = repeat->children; f != NULL; f = f->next)
        if (strcmp(f->name, FIELD_PERSON_CONTACT_DO_NOT_USE) == 0 &&
            text_equal(answers_get(row, f), CODE_PERSON_CONTACT_DO_NOT_USE_YES))
            return true;
    return false;
}

static size_t row_columns(const struct teller *t, const struct field *repeat, bool *long_out)
{
    size_t n = 0;

    for (const struct field *f = repeat->children; f != NULL; f = f->next) {
        n += (field_has_value(f) || f->kind == FIELD_REPEAT) && is_told(t, f);
        *long_out = *long_out || !field_has_value(f) ||
                    strstr(label_text(t->ctx, &f->label), "${") != NULL || /* one for each row */
                    (f->appearance != NULL && strstr(f->appearance, "multiline") != NULL);
    }
    return n;
}

/* The rows of a repeat inside a row, as one value: "Fridge, 1,250 XOF; Shelf, 300 XOF". */
static const char *told_rows(const struct teller *t, const struct answers *row,
                             const struct field *repeat)
{
    const char *all = "";

    for (size_t i = 0; i < row->rows_len[repeat->place]; i++) {
        const char *one = "";

        for (const struct field *f = repeat->children; f != NULL; f = f->next) {
            const char *value = "";

            if (field_has_value(f) && is_told(t, f))
                value = tell_cell(t, row->rows[repeat->place][i], f).value;
            if (value[0])
                one = arena_printf(t->ctx->arena, "%s%s%s", one, one[0] ? ", " : "", value);
        }
        all = arena_printf(t->ctx->arena, "%s%s%s", all, all[0] ? "; " : "", one);
    }
    return all;
}

static struct detail_row_view tell_row(const struct teller *t, const struct answers *row,
                                       const struct field *repeat, size_t columns)
{
    struct detail_cell_view *cells =
        ARENA_ARRAY(t->ctx->arena, columns + 1, struct detail_cell_view);
    size_t n = 0;

    for (const struct field *f = repeat->children; f != NULL; f = f->next) {
        if ((!field_has_value(f) && f->kind != FIELD_REPEAT) || !is_told(t, f))
            continue;
        if (field_has_value(f))
            cells[n++] = tell_cell(t, row, f);
        else
            cells[n++] = (struct detail_cell_view){ .label = label_said(t->ctx, &f->label, row),
                                                    .value = told_rows(t, row, f) };
    }
    return (struct detail_row_view){ cells, n };
}

static void tell_repeat(const struct teller *t, struct detail_item_view *v,
                        const struct answers *level, const struct field *f)
{
    size_t rows_len = level->rows_len[f->place];
    struct detail_row_view *rows = ARENA_ARRAY(t->ctx->arena, rows_len, struct detail_row_view);
    struct detail_row_view *folded = ARENA_ARRAY(t->ctx->arena, rows_len, struct detail_row_view);
    bool is_long = false;
    size_t columns = row_columns(t, f, &is_long);

    v->kind = is_long || columns > TABLE_COLUMNS_MAX ? DETAIL_CARDS : DETAIL_TABLE;
    v->rows = rows;
    v->folded = folded;
    for (size_t i = 0; i < rows_len; i++) {
        const struct answers *row = level->rows[f->place][i];
        struct detail_row_view told = tell_row(t, row, f, columns);

        if (is_folded(row, f))
            folded[v->folded_len++] = told;
        else
            rows[v->rows_len++] = told;
        v->heads = told.cells;
        v->heads_len = told.cells_len;
    }
}

static void tell_level(const struct teller *t, struct detail_item_view *v,
                       const struct answers *level, const struct field *first);

/* A group or repeat; false if it holds nothing. */
static bool tell_item(const struct teller *t, struct detail_item_view *v,
                      const struct answers *level, const struct field *f)
{
    v->label = label_said(t->ctx, &f->label, level);
    v->id = arena_printf(t->ctx->arena, "d-%s", f->name);
    if (f->kind == FIELD_REPEAT) {
        if (level->rows_len[f->place] == 0)
            return false;
        tell_repeat(t, v, level, f);
        return true;
    }
    v->kind = DETAIL_SECTION;
    tell_level(t, v, level, f->children);
    return v->cells_len + v->items_len > 0;
}

static void tell_level(const struct teller *t, struct detail_item_view *v,
                       const struct answers *level, const struct field *first)
{
    struct detail_cell_view *cells;
    struct detail_item_view *items;
    size_t most = 0;

    for (const struct field *f = first; f != NULL; f = f->next)
        most++;
    cells = ARENA_ARRAY(t->ctx->arena, most + 1, struct detail_cell_view);
    items = ARENA_ARRAY(t->ctx->arena, most + 1, struct detail_item_view);
    for (const struct field *f = first; f != NULL; f = f->next) {
        if (!is_told(t, f))
            continue;
        if (!field_has_value(f)) {
            struct detail_item_view item = { 0 };

            if (tell_item(t, &item, level, f))
                items[v->items_len++] = item;
            continue;
        }
        cells[v->cells_len] = tell_cell(t, level, f);
        if (cells[v->cells_len].value[0] == '\0')
            continue;
        if (level == t->rec->answers)
            cells[v->cells_len].id = arena_printf(t->ctx->arena, DETAIL_ANSWER "%s", f->name);
        v->cells_len++;
    }
    v->cells = cells;
    v->items = items;
}

void detail_fill(struct ctx *ctx, struct record_detail_view *v, const struct record *rec)
{
    struct teller t = { ctx, rec };
    struct detail_item_view top = { .kind = DETAIL_SECTION,
                                    .label = tr(ctx, "Answers"),
                                    .id = "d-answers" };

    tell_level(&t, &top, rec->answers, rec->form->fields);
    if (top.cells_len > 0) { /* answers outside of all groups come first */
        struct detail_item_view *items =
            ARENA_ARRAY(ctx->arena, top.items_len + 1, struct detail_item_view);

        memcpy(items + 1, top.items, top.items_len * sizeof *items);
        items[0] = top;
        items[0].items = NULL;
        items[0].items_len = 0;
        v->items = items;
        v->items_len = top.items_len + 1;
        return;
    }
    v->items = top.items;
    v->items_len = top.items_len;
}
