/* What a form may not do to the records that there are, and to the forms beside it. */
#include <stdlib.h>
#include <string.h>

#include "core/text.h"
#include "forms/grid.h"
#include "records/publish_inner.h"
#include "records/records_sql.h"

#define SHAPE_MAX   ((size_t)1024 * 1024)
#define REPEATS_MAX 62 /* bits of the column parts */

/* One line of form_shape. */
struct shape {
    const char *name;
    const char *type;   /* first word of the survey's type, without where the options come from */
    const char *repeat; /* "-" = none */
    const char *store;
    const char *privacy;
};

struct shapes {
    struct shape *items;
    size_t len;
};

struct rules {
    struct ctx *ctx;
    struct form_plan *plan;
    struct grid grid; /* of the source */
    struct shapes before;
    bool stored;                     /* there is a record of this kind */
    const struct form_version *last; /* that was read last, for fields that come back */
    const struct form *last_form;
};

static void refuse(struct rules *r, int row, const char *column, const char *text)
{
    ctx_set_problem(r->ctx, ERR_INVALID,
                    arena_printf(r->ctx->arena, "%s:%d:%s", r->plan->source.file, row, column),
                    text);
}

static void told(struct rules *r, const char *text)
{
    ctx_set_problem(r->ctx, OK, arena_printf(r->ctx->arena, "%s:1:survey", r->plan->source.file),
                    text);
}

static int setting_row(struct rules *r)
{
    const struct grid_section *s = grid_section(&r->grid, "settings");

    return s && s->rows ? s->rows->row : 1;
}

static int compare_shapes(const void *a, const void *b)
{
    return strcmp(((const struct shape *)a)->name, ((const struct shape *)b)->name);
}

static struct shapes read_shapes(struct ctx *ctx, const char *text)
{
    struct shapes out = { 0 };
    size_t lines = 0;
    char **rows = text_split(ctx->arena, text, '\n', true, &lines);

    out.items = ARENA_ARRAY(ctx->arena, lines + 1, struct shape);
    for (size_t i = 0; i < lines; i++) {
        size_t len = 0;
        char **parts = text_split(ctx->arena, rows[i], ' ', true, &len);

        if (len == 5)
            out.items[out.len++] =
                (struct shape){ parts[0], parts[1], parts[2], parts[3], parts[4] };
    }
    qsort(out.items, out.len, sizeof(*out.items), compare_shapes);
    return out;
}

static const struct shape *shape_find(const struct shapes *s, const char *name)
{
    const struct shape key = { .name = name };

    return s->len ? bsearch(&key, s->items, s->len, sizeof(key), compare_shapes) : NULL;
}

/* select_one_from_file and select_one hold the same; so do begin_repeat and begin repeat. */
static const char *type_word(struct arena *a, const char *type)
{
    const char *word = arena_strndup(a, type, strcspn(type, " "));
    const char *from = strstr(word, "_from_file");

    if (from)
        return arena_strndup(a, word, (size_t)(from - word));
    if (strcmp(word, "select_one_external") == 0)
        return "select_one";
    if (text_starts(type, "begin repeat") || text_starts(type, "begin_repeat"))
        return "repeat";
    return word[0] ? word : "-";
}

static struct shape shape_of(struct rules *r, const struct field *f, const char *type)
{
    return (struct shape){ .name = f->name,
                           .type = type_word(r->ctx->arena, type),
                           .repeat = f->repeat ? f->repeat->name : "-",
                           .store = f->store == STORE_OPEN ? "open" : "sealed",
                           .privacy = privacy_name(f->privacy) };
}

/* A field that records may hold: it stays what it is. */
static void check_stored(struct rules *r, const struct shape *was, const struct shape *is, int row,
                         const char *reason)
{
    struct ctx *ctx = r->ctx;
    enum privacy before = PRIVACY_SENSITIVE;
    enum privacy after = PRIVACY_SENSITIVE;

    if (strcmp(was->type, is->type) != 0)
        refuse(r, row, "type",
               tr(ctx,
                  "{0} is of type {1} in records that there are: keep the type, or give the new "
                  "question another name.",
                  TR_TEXT(is->name), TR_TEXT(was->type)));
    if (strcmp(was->repeat, is->repeat) != 0)
        refuse(r, row, "name",
               tr(ctx,
                  "{0} cannot move into or out of a repeat: leave it where it was, or give the "
                  "new question another name.",
                  TR_TEXT(is->name)));
    if (strcmp(was->store, is->store) != 0 && strcmp(is->type, "repeat") != 0)
        refuse(r, row, "bind::hw:store",
               tr(ctx,
                  "{0} is stored {1} in records that there are: keep it so, or give the new "
                  "question another name.",
                  TR_TEXT(is->name), TR_TEXT(was->store)));
    if (privacy_parse(was->privacy, &before) && privacy_parse(is->privacy, &after) &&
        after < before && !reason[0])
        refuse(r, row, "bind::hw:privacy",
               tr(ctx,
                  "More people could read {0} than before ({1}, was {2}): write the reason into "
                  "the column hw:reason.",
                  TR_TEXT(is->name), TR_TEXT(is->privacy), TR_TEXT(was->privacy)));
}

static void add_line(struct buf *b, const struct shape *s)
{
    buf_printf(b, "%s %s %s %s %s\n", s->name, s->type, s->repeat, s->store, s->privacy);
}

static bool is_end(const char *type)
{
    return text_starts(type, "end group") || text_starts(type, "end_group") ||
           text_starts(type, "end repeat") || text_starts(type, "end_repeat");
}

/* Fields of the form against those that were; the new shape is both. */
static void check_fields(struct rules *r, struct buf *shape)
{
    const struct grid_section *s = grid_section(&r->grid, "survey");
    const struct form *form = r->plan->form;

    for (const struct grid_row *row = s ? s->rows : NULL; row; row = row->next) {
        const char *type = grid_cell(s, row, "type");
        const char *name = grid_cell(s, row, "name");
        const struct field *f = is_end(type) || !name[0] ? NULL : field_find(form, name);
        const struct shape *was;
        struct shape is;

        if (!f || (!field_has_value(f) && f->kind != FIELD_REPEAT))
            continue;
        is = shape_of(r, f, type);
        was = shape_find(&r->before, name);
        if (was)
            check_stored(r, was, &is, row->row, grid_cell(s, row, "hw:reason"));
        add_line(shape, &is);
    }
    for (size_t i = 0; i < r->before.len; i++) {
        const struct shape *was = &r->before.items[i];
        const struct field *f = field_find(form, was->name);

        if (f && (field_has_value(f) || f->kind == FIELD_REPEAT))
            continue;
        if (f)
            refuse(r, f->row, "type",
                   tr(r->ctx,
                      "{0} is of type {1} in records that there are: keep the type, or give the "
                      "new question another name.",
                      TR_TEXT(was->name), TR_TEXT(was->type)));
        else if (strcmp(was->type, "repeat") == 0)
            refuse(r, 1, "survey",
                   tr(r->ctx,
                      "{0} is a list with rows of its own: it cannot be taken out. Give it the "
                      "condition false() under relevant.",
                      TR_TEXT(was->name)));
        add_line(shape, was);
    }
}

/* What this form had marked as core stays; and people are told what is no longer asked. */
static void check_gone(struct rules *r)
{
    const struct form *now = r->plan->now;

    for (size_t i = 0; now && i < now->all_len; i++) {
        const struct field *f = now->all[i];
        const struct field *after = field_find(r->plan->form, f->name);

        if (f->core && (!after || !after->core))
            refuse(r, after ? after->row : 1, after ? "bind::hw:core" : "survey",
                   tr(r->ctx,
                      "{0} is a core field: rules, scores or reports read it. It can be "
                      "relabelled, not taken out.",
                      TR_TEXT(f->name)));
        else if (!after && field_has_value(f))
            told(r, tr(r->ctx,
                       "{0} is asked no more. Answers that there are stay in their records, "
                       "unseen.",
                       TR_TEXT(f->name)));
    }
}

/* --- what stored answers mean --- */

static bool is_money(const struct field *f)
{
    return f->type && strcmp(f->type, "money") == 0;
}

/* An amount in another currency, the id of another kind of record: the answer reads as another. */
static void check_meaning(struct rules *r, const struct field *was, const struct field *is)
{
    const bool anew = was->kind == FIELD_CALCULATE && is->kind == FIELD_CALCULATE && !is->currency;

    if (is_money(was) != is_money(is) && !anew) /* a text that is made anew keeps its currency */
        refuse(r, is->row, "bind::hw:type",
               tr(r->ctx,
                  "{0} is money in one version and not in the other, and there are records: keep "
                  "it, or give the new question another name.",
                  TR_TEXT(is->name)));
    else if (!text_equal(was->currency, is->currency))
        refuse(r, is->row, "parameters",
               tr(r->ctx,
                  "Amounts of {0} that there are have the currency {1}: keep it, or give the new "
                  "question another name.",
                  TR_TEXT(is->name), TR_TEXT(was->currency ? was->currency : "—")));
    if (!text_equal(was->ref, is->ref))
        refuse(r, is->row, "bind::hw:ref",
               tr(r->ctx,
                  "{0} names records of the kind {1} in records that there are: keep it, or give "
                  "the new question another name.",
                  TR_TEXT(is->name), TR_TEXT(was->ref ? was->ref : "—")));
}

/* Whether a field before this one has the same two lists: told there. then: the form of was. */
static bool is_repeated(const struct rules *r, const struct form *then, const struct field *was,
                        const struct field *is)
{
    const struct form *form = r->plan->form;

    for (size_t i = 0; i < is->place; i++) {
        const char *name = form->all[i]->name;
        bool same = form->all[i]->choices == is->choices &&
                    (then == r->plan->now || !field_find(r->plan->now, name));
        const struct field *other = same ? field_find(then, name) : NULL;

        if (other && other->choices == was->choices)
            return true;
    }
    return false;
}

static void check_choices(struct rules *r, const struct form *then, const struct field *was,
                          const struct field *is)
{
    struct ctx *ctx = r->ctx;

    if (!was->choices || !is->choices || is_repeated(r, then, was, is))
        return;
    for (size_t i = 0; i < was->choices->len; i++) {
        const char *code = was->choices->items[i].name;

        if (choice_find(is->choices, code))
            continue;
        refuse(r, is->row, "type",
               then == r->plan->now
                   ? tr(ctx,
                        "{0} is a choice of {1} that stored records may have: keep its row in the "
                        "list {2} and write yes into its column hw:retired, so that it is offered "
                        "no more.",
                        TR_TEXT(code), TR_TEXT(is->name), TR_TEXT(is->choices->name))
                   : tr(ctx,
                        "{0} was a choice of {1} in version {3}, before the question was taken "
                        "out, and stored records may have it: add its row to the list {2} and "
                        "write yes into its column hw:retired, so that it is offered no more.",
                        TR_TEXT(code), TR_TEXT(is->name), TR_TEXT(is->choices->name),
                        TR_TEXT(then->version)));
    }
}

/* The form of one of the versions; the same one is often asked for again. */
static enum err form_then(struct rules *r, const struct form **out, const struct form_version *v)
{
    enum err rc = OK;

    if (!r->last || strcmp(r->last->hash, v->hash) != 0)
        rc = form_by_hash(r->ctx, &r->last_form, r->plan->form->kind, v->hash);
    if (rc)
        return rc;
    r->last = v;
    *out = r->last_form;
    return OK;
}

/* A field that was taken out once, against the last version that had it. */
static enum err check_back(struct rules *r, const struct field *is)
{
    struct form_version *versions = NULL;
    const struct form *then = NULL;
    size_t len = 0;
    enum err rc = publish_naming(r->ctx, &versions, &len, r->plan->form->kind, is->name);

    for (size_t i = 0; !rc && i < len; i++) {
        const struct field *was;

        rc = form_then(r, &then, &versions[i]);
        was = rc || !then ? NULL : field_find(then, is->name);
        if (!was || !field_has_value(was))
            continue;
        if (was->kind == is->kind) { /* else its type is told already */
            check_meaning(r, was, is);
            check_choices(r, then, was, is);
        }
        break;
    }
    return rc;
}

static enum err check_all_back(struct rules *r)
{
    enum err rc = OK;

    for (size_t i = 0; !rc && i < r->before.len; i++) {
        const char *name = r->before.items[i].name;
        const struct field *is = field_find(r->plan->form, name);

        if (is && field_has_value(is) && !field_find(r->plan->now, name))
            rc = check_back(r, is);
    }
    return rc;
}

static bool has_status(const struct form *form, const char *name)
{
    bool found = text_equal(form->initial_status, name);

    for (size_t i = 0; i < form->states_len && !found; i++)
        found = text_equal(form->states[i].from, name) || text_equal(form->states[i].to, name);
    return found;
}

static void check_status(struct rules *r, const char *name)
{
    const struct grid_section *s = grid_section(&r->grid, "hw_states");

    if (has_status(r->plan->form, name))
        return;
    refuse(r, s ? s->row : 1, "hw_states",
           tr(r->ctx,
              "Records that there are may have the status {0}: keep a change that leads to it or "
              "away from it.",
              TR_TEXT(name)));
}

/* Nothing of this matters before there is a first record. */
static void check_answers(struct rules *r)
{
    const struct form *now = r->plan->now;

    for (size_t i = 0; i < now->all_len; i++) {
        const struct field *is = field_find(r->plan->form, now->all[i]->name);

        if (!is || !field_has_value(is) || is->kind != now->all[i]->kind)
            continue;
        check_meaning(r, now->all[i], is);
        check_choices(r, now, now->all[i], is);
    }
    if (now->states_len)
        check_status(r, now->initial_status);
    for (size_t i = 0; i < now->states_len; i++)
        check_status(r, now->states[i].to);
}

static void check_unchanged(struct rules *r, const char *column, const char *was, const char *is)
{
    if (!text_equal(was ? was : "", is ? is : ""))
        refuse(r, setting_row(r), column,
               tr(r->ctx, "Records of this form were made with {0} in {1}: it cannot be changed.",
                  TR_TEXT(was ? was : "—"), TR_TEXT(column)));
}

static bool same_table(struct rules *r, const struct form *other)
{
    struct arena *a = r->ctx->arena;
    const struct form *form = r->plan->form;

    for (size_t i = 0; i <= form->all_len; i++) {
        const struct field *f = i < form->all_len ? form->all[i] : NULL;
        const char *table;

        if (f && f->kind != FIELD_REPEAT)
            continue;
        table = sql_table(a, form, f);
        for (size_t k = 0; k <= other->all_len; k++) {
            const struct field *g = k < other->all_len ? other->all[k] : NULL;

            if ((!g || g->kind == FIELD_REPEAT) && text_equal(table, sql_table(a, other, g)))
                return true;
        }
    }
    return false;
}

static void check_name(struct rules *r)
{
    const struct form *form = r->plan->form;
    struct ctx *ctx = r->ctx;

    if (!r->plan->now && auth_prefix_taken(form->kind)) {
        refuse(
            r, setting_row(r), "form_id",
            tr(ctx, "The name {0} has a meaning of its own: take another.", TR_TEXT(form->kind)));
        return;
    }
    for (size_t i = 0; i < ctx->forms->len; i++)
        if (!text_equal(ctx->forms->items[i]->kind, form->kind) &&
            same_table(r, ctx->forms->items[i]))
            refuse(r, setting_row(r), "form_id",
                   tr(ctx, "{0} and {1} would be stored under one name: take another.",
                      TR_TEXT(form->kind), TR_TEXT(ctx->forms->items[i]->kind)));
}

static void check_form_wide(struct rules *r)
{
    const struct form *form = r->plan->form;
    const struct form *now = r->plan->now;
    size_t repeats = 0;

    for (size_t i = 0; i < form->all_len; i++)
        repeats += form->all[i]->kind == FIELD_REPEAT;
    if (repeats > REPEATS_MAX)
        refuse(r, 1, "survey", tr(r->ctx, "A form has at most {0} repeats.", TR_INT(REPEATS_MAX)));
    if (text_equal(form->parent, form->kind) && form->parent)
        refuse(r, setting_row(r), "hw:parent",
               tr(r->ctx, "A record cannot belong to one of its own kind."));
    if (!now)
        return;
    check_unchanged(r, "hw:parent", now->parent, form->parent);
    check_unchanged(r, "hw:subject", now->subject, form->subject);
    if (form->privacy < now->privacy)
        refuse(r, setting_row(r), "hw:privacy",
               tr(r->ctx,
                  "More people would learn that records of this form exist: its class cannot be "
                  "lowered from {0}.",
                  TR_TEXT(privacy_name(now->privacy))));
    if (text_equal(now->hash, form->hash))
        told(r, tr(r->ctx, "This is the version that is in force already."));
}

/* --- what other rooms say --- */

struct form_told {
    struct rules *r;
};

static form_check check_used;

void publish_use_check(form_check check)
{
    check_used = check;
}

/* A choice of a file that came with the form stands in no sheet: it is told at its question. */
void form_tell_choice(struct form_told *told, const struct field *f, const struct choice *choice,
                      const char *text)
{
    bool sheet = !f->choices->file && choice->row > 0;

    ctx_set_problem(told->r->ctx, OK,
                    arena_printf(told->r->ctx->arena, "%s:%d:%s", told->r->plan->source.file,
                                 sheet ? choice->row : f->row, sheet ? "name" : "type"),
                    text);
}

enum err publish_rules(struct ctx *ctx, struct form_plan *plan)
{
    struct rules *r = ARENA_NEW(ctx->arena, struct rules);
    struct buf *shape = ARENA_NEW(ctx->arena, struct buf);
    const char *before = "";
    enum err rc;

    r->ctx = ctx;
    r->plan = plan;
    rc = grid_read(ctx, &r->grid, &plan->source);
    if (!rc)
        rc = publish_shape(ctx, &before, plan->form->kind);
    if (!rc && plan->now && plan->now != plan->form && before[0])
        rc = sql_any(ctx, &r->stored, plan->now);
    if (rc)
        return rc;
    r->before = read_shapes(ctx, before);
    buf_init(shape, ctx->arena, SHAPE_MAX);
    check_name(r);
    check_form_wide(r);
    check_fields(r, shape);
    check_gone(r);
    if (r->stored)
        check_answers(r);
    rc = r->stored ? check_all_back(r) : OK;
    if (rc)
        return rc;
    if (check_used)
        check_used(ctx, plan->form, &(struct form_told){ r });
    plan->shape = buf_text(shape);
    if (!buf_ok(shape))
        return ctx_fail(ctx, ERR_LIMIT, tr(ctx, "The file has too many rows."));
    return OK;
}
