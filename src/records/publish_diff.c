/*
 * What publishing would change, cell by cell, as its author wrote it: nothing that a form says can
 * be passed by. What may not change is in publish_rules.c.
 */
#include <stdlib.h>
#include <string.h>

#include "core/text.h"
#include "forms/grid.h"
#include "forms/pack.h"
#include "records/publish_inner.h"

#define SHOWN_MAX 120

struct diff {
    struct ctx *ctx;
    struct grid was;
    struct grid is;
    struct form_change *items;
    size_t len;
};

static const char *shortened(struct ctx *ctx, const char *text)
{
    const char *p = text;

    for (int i = 0; i < SHOWN_MAX && *p; i++)
        (void)text_next(&p);
    return *p ? arena_printf(ctx->arena, "%.*s…", (int)(p - text), text) : text;
}

static void note(struct diff *d, const char *what, const char *field, const char *before,
                 const char *after)
{
    if (d->len == FORM_CHANGES_MAX)
        return;
    d->items[d->len++] = (struct form_change){ .what = what,
                                               .field = field,
                                               .before = shortened(d->ctx, before),
                                               .after = shortened(d->ctx, after) };
}

/* What a row is known by: its name, in choices with its list. */
static const char *key_of(struct diff *d, const struct grid_section *s, const struct grid_row *row)
{
    const char *type = grid_cell(s, row, "type");

    if (strcmp(s->name, "settings") == 0)
        return "";
    if (strcmp(s->name, "choices") == 0)
        return arena_printf(d->ctx->arena, "%s: %s", grid_cell(s, row, "list_name"),
                            grid_cell(s, row, "name"));
    if (strcmp(s->name, "hw_states") == 0)
        return arena_printf(d->ctx->arena, "%s → %s", grid_cell(s, row, "from"),
                            grid_cell(s, row, "to"));
    return text_starts(type, "end") ? NULL : grid_cell(s, row, "name");
}

struct keyed {
    const char *key;
    const char *group; /* around it, in survey; "" = none */
    const struct grid_row *row;
};

struct keys {
    struct keyed *items;
    size_t len;
};

static int compare_keys(const void *a, const void *b)
{
    return strcmp(((const struct keyed *)a)->key, ((const struct keyed *)b)->key);
}

static bool begins(const char *type)
{
    return text_starts(type, "begin group") || text_starts(type, "begin_group") ||
           text_starts(type, "begin repeat") || text_starts(type, "begin_repeat");
}

static struct keys keys_of(struct diff *d, const struct grid_section *s)
{
    const char *around[FORM_DEPTH + 2] = { "" };
    struct keys out = { 0 };
    size_t depth = 0;
    size_t n = 0;

    for (const struct grid_row *r = s ? s->rows : NULL; r; r = r->next)
        n++;
    out.items = ARENA_ARRAY(d->ctx->arena, n + 1, struct keyed);
    for (const struct grid_row *r = s ? s->rows : NULL; r; r = r->next) {
        const char *key = key_of(d, s, r);

        if (key)
            out.items[out.len++] = (struct keyed){ key, around[depth], r };
        else if (depth > 0)
            depth--;
        if (key && begins(grid_cell(s, r, "type")) && depth <= FORM_DEPTH)
            around[++depth] = key;
    }
    qsort(out.items, out.len, sizeof(*out.items), compare_keys);
    return out;
}

static const struct keyed *find_row(const struct keys *keys, const char *key)
{
    const struct keyed wanted = { .key = key };

    return keys->len ? bsearch(&wanted, keys->items, keys->len, sizeof(wanted), compare_keys)
                     : NULL;
}

static const char *label_of(const struct grid_section *s, const struct grid_row *row)
{
    for (size_t i = 0; i < s->columns_len && i < row->len; i++)
        if (text_starts(s->columns[i], "label") && row->cells[i][0])
            return row->cells[i];
    return grid_cell(s, row, "type");
}

/* Columns of both; a column that one of them lacks is empty there. */
static void compare_rows(struct diff *d, const struct grid_section *was, const struct grid_row *a,
                         const struct grid_section *is, const struct grid_row *b, const char *key)
{
    for (size_t i = 0; i < is->columns_len; i++) {
        const char *column = is->columns[i];
        const char *after = i < b->len ? b->cells[i] : "";
        const char *before = grid_cell(was, a, column);

        if (column[0] && strcmp(before, after) != 0)
            note(d, column, key, before, after);
    }
    for (size_t i = 0; i < was->columns_len; i++) {
        const char *column = was->columns[i];
        const char *before = i < a->len ? a->cells[i] : "";

        if (column[0] && before[0] && grid_column(is, column) == is->columns_len)
            note(d, column, key, before, "");
    }
}

static void compare_sections(struct diff *d, const char *name)
{
    static const struct grid_section nothing = { .name = "" };
    const struct grid_section *was = grid_section(&d->was, name);
    const struct grid_section *is = grid_section(&d->is, name);
    struct keys before = keys_of(d, was);
    struct keys after = keys_of(d, is);

    was = was ? was : &nothing;
    is = is ? is : &nothing;
    for (const struct grid_row *r = was->rows; r; r = r->next) {
        const char *key = key_of(d, was, r);

        if (key && !find_row(&after, key))
            note(d, tr(d->ctx, "taken out"), key, label_of(was, r), "");
    }
    for (const struct grid_row *r = is->rows; r; r = r->next) {
        const char *key = key_of(d, is, r);
        const struct keyed *old = key ? find_row(&before, key) : NULL;
        const struct keyed *now = key ? find_row(&after, key) : NULL;

        if (!key)
            continue;
        if (!old) {
            note(d, tr(d->ctx, "added"), key, "", label_of(is, r));
            continue;
        }
        if (now && strcmp(old->group, now->group) != 0)
            note(d, tr(d->ctx, "moved to another group"), key, old->group, now->group);
        compare_rows(d, was, old->row, is, r, key);
    }
}

/* Tables and pictures, by their names. */
static void compare_files(struct diff *d, const struct form_files *was, const struct form_files *is)
{
    for (size_t i = 0; was && i < was->len; i++)
        if (!delivered_find(is, was->items[i].name))
            note(d, tr(d->ctx, "taken out"), was->items[i].name, "", "");
    for (size_t i = 0; is && i < is->len; i++) {
        const struct delivered *now = &is->items[i];
        const struct delivered *old = delivered_find(was, now->name);

        if (!old)
            note(d, tr(d->ctx, "added"), now->name, "", "");
        else if (old->len != now->len || memcmp(old->bytes, now->bytes, now->len) != 0)
            note(d, tr(d->ctx, "other content"), now->name, "", "");
    }
}

/* The source in force, from the database or the program. */
static enum err source_now(struct ctx *ctx, struct form_text *out, const char *kind)
{
    struct form_version *versions = NULL;
    size_t len = 0;
    enum err rc = form_versions(ctx, &versions, &len, kind);

    if (!rc && len > 0)
        return form_version_file(ctx, out, kind, versions[0].epoch, true);
    if (!rc && !publish_shipped(ctx, out, kind))
        rc = ctx_fail(ctx, ERR_NOT_FOUND, tr(ctx, "There is no such version of this form."));
    return rc;
}

enum err publish_diff(struct ctx *ctx, struct form_plan *plan)
{
    static const char *const sections[] = { "settings", "survey", "choices", "hw_states" };
    struct diff *d = ARENA_NEW(ctx->arena, struct diff);
    struct form_text now = { 0 };
    enum err rc;

    d->ctx = ctx;
    if (!plan->now)
        return OK;
    rc = source_now(ctx, &now, plan->kind);
    if (!rc)
        rc = grid_read(ctx, &d->was, &now);
    if (!rc)
        rc = grid_read(ctx, &d->is, &plan->source);
    if (rc)
        return rc;
    d->items = ARENA_ARRAY(ctx->arena, FORM_CHANGES_MAX, struct form_change);
    for (size_t i = 0; i < sizeof(sections) / sizeof(sections[0]); i++)
        compare_sections(d, sections[i]);
    compare_files(d, now.files, plan->source.files);
    plan->changes = d->items;
    plan->changes_len = d->len;
    return OK;
}
