/* Versions of a record, rebuilt from record_history, and what differs between two. */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "auth/auth.h"
#include "core/id.h"
#include "core/text.h"
#include "records/records_inner.h"
#include "records/screens_web.h"

#define VERSIONS_MAX 200 /* told by record_history */
#define CHANGES_MAX  2000

/* The newest row of each level up to a version. */
DB_SQL(HISTORY_AT, "SELECT record_id, root_version, action, status, key_id, open, sealed, made_at,"
                   " made_by, parent_id, office_id FROM (SELECT record_id, root_version, action,"
                   " status, key_id, open, sealed, made_at, made_by, parent_id, office_id,"
                   " row_number() OVER (PARTITION BY record_id"
                   " ORDER BY root_version DESC) AS newest FROM record_history"
                   " WHERE root_id = $1 AND root_version <= $2) AS versions WHERE newest = 1");
DB_SQL(HISTORY_SINCE, "SELECT record_id, root_version, action, key_id, open, sealed"
                      " FROM record_history WHERE root_id = $1 AND root_version > $2"
                      " ORDER BY root_version, seq");
DB_SQL(HISTORY_VERSIONS, "SELECT root_version, made_at, made_by, action, status"
                         " FROM record_history WHERE root_id = $1 AND record_id = $1"
                         " ORDER BY root_version DESC LIMIT $2");

/* Twice the room for items of one size. */
static void *grow(struct arena *a, void *items, size_t *cap, size_t size)
{
    size_t before = *cap;

    *cap = before ? 2 * before : 32;
    return arena_grow(a, items, before * size, *cap * size);
}

/* --- one version --- */

/* A row of a repeat as history has it. */
struct old_row {
    const struct field *repeat;
    const char *id;
    const char *parent_id;
    int64_t place;
    int64_t version;
    struct level_bytes bytes;
};

struct old_rows {
    struct old_row *items;
    size_t len;
    size_t cap;
    bool root;
};

/* Reads "names 2 UUID\n" from the open part of a row; false if it is not one of ours. */
static bool read_head(struct ctx *ctx, const struct form *form, struct old_row *out)
{
    const char *text = out->bytes.open;
    const char *end = text ? memchr(text, '\n', out->bytes.open_len) : NULL;
    char **parts;
    size_t n = 0;

    if (!end)
        return false;
    parts = text_split(ctx->arena, arena_strndup(ctx->arena, text, (size_t)(end - text)), ' ',
                       false, &n);
    if (n != 3 || !parse_int(parts[1], 0, INT64_MAX, &out->place))
        return false;
    out->repeat = field_find(form, parts[0]);
    out->parent_id = parts[2];
    out->bytes.open_len -= (size_t)(end - text) + 1;
    out->bytes.open = out->bytes.open_len ? end + 1 : NULL;
    return out->repeat && field_is_repeat(out->repeat);
}

static void keep_row(struct ctx *ctx, struct old_rows *v, const struct old_row *row)
{
    if (v->len == v->cap)
        v->items = grow(ctx->arena, v->items, &v->cap, sizeof(*v->items));
    v->items[v->len++] = *row;
}

static enum err read_old(struct ctx *ctx, struct record *rec, struct rows *rows, struct old_rows *v)
{
    struct old_row row = { .id = row_text(rows, 0), .version = row_int(rows, 1) };

    row.bytes.key_id = row_text(rows, 4);
    row.bytes.open = row_blob(rows, 5, &row.bytes.open_len);
    row.bytes.sealed.bytes = row_blob(rows, 6, &row.bytes.sealed.len);
    if (text_equal(row.id, rec->id)) {
        v->root = true;
        rec->version = row.version;
        rec->status = row_text(rows, 3);
        rec->updated_at = row_int(rows, 7);
        rec->updated_by = row_text(rows, 8);
        if (!row_is_null(rows, 9))
            rec->parent_id = row_text(rows, 9);
        rec->office_id = row_text(rows, 10);
        row.bytes.context = seal_context(ctx->arena, rec->form, NULL, rec->id, row.version);
        return level_open(ctx, rec->answers, &row.bytes);
    }
    if (text_equal(row_text(rows, 2), "delete") || !read_head(ctx, rec->form, &row))
        return OK;
    row.bytes.context = seal_context(ctx->arena, rec->form, row.repeat, row.id, row.version);
    keep_row(ctx, v, &row);
    return OK;
}

/* Outer repeats stand before inner ones in the form, so rows find the row around them. */
static int compare_rows(const void *a, const void *b)
{
    const struct old_row *x = a;
    const struct old_row *y = b;

    if (x->repeat != y->repeat)
        return x->repeat->place < y->repeat->place ? -1 : 1;
    if (x->place != y->place)
        return x->place < y->place ? -1 : 1;
    return text_compare(x->id, y->id);
}

static enum err place_rows(struct ctx *ctx, struct record *rec, struct old_rows *v)
{
    enum err rc = OK;

    if (v->len > 1)
        qsort(v->items, v->len, sizeof(*v->items), compare_rows);
    for (size_t i = 0; rc == OK && i < v->len; i++) {
        const struct old_row *row = &v->items[i];
        struct answers *around = rec->answers;
        struct answers *t;

        if (row->repeat->repeat)
            around = answers_row(rec->answers, row->repeat->repeat, row->parent_id);
        if (!around)
            continue;
        t = answers_add_row(ctx->arena, around, row->repeat);
        t->id = row->id;
        rc = level_open(ctx, t, &row->bytes);
    }
    return rc;
}

enum err record_load_was(struct ctx *ctx, struct record **out, const struct record *now,
                         int64_t version)
{
    struct record *rec = ARENA_NEW(ctx->arena, struct record);
    struct old_rows v = { 0 };
    struct rows *rows = NULL;
    bool more = false;
    enum err rc;

    *rec = *now;
    rec->answers = answers_new(ctx->arena, now->form);
    rec->answers->id = now->id;
    rc = db_query(ctx, &rows, &HISTORY_AT, DB_TEXT(now->id), DB_INT(version));
    if (rc)
        return rc;
    for (;;) {
        rc = db_next(ctx, rows, &more);
        if (rc || !more)
            break;
        rc = read_old(ctx, rec, rows, &v);
        if (rc)
            break;
    }
    db_rows_close(rows);
    if (rc == OK && (!v.root || rec->version != version))
        rc = record_gone(ctx);
    if (rc == OK)
        rc = place_rows(ctx, rec, &v);
    if (rc == OK)
        *out = rec;
    return rc;
}

static enum err load_old(struct ctx *ctx, struct record **out, const struct record *now,
                         int64_t version)
{
    enum err rc = record_load_was(ctx, out, now, version);

    return rc ? rc : record_finish(ctx, *out);
}

/* The record within scope, only its own row. */
static enum err load_head(struct ctx *ctx, struct record **out, const char *kind, const char *id)
{
    struct pick pick = { .ids = &id, .ids_len = 1 };
    size_t len = 0;
    enum err rc;

    rc = record_form(ctx, &pick.form, kind);
    if (rc)
        return rc;
    pick.deleted = sees_bin(ctx, pick.form);
    if (!id || !id_valid(id))
        return record_gone(ctx);
    rc = record_pick(ctx, out, &len, &pick, 0);
    if (rc == OK && len == 0)
        rc = record_gone(ctx);
    return rc;
}

enum err record_load_version(struct ctx *ctx, struct record **out, const char *kind, const char *id,
                             int64_t version)
{
    struct record *now = NULL;
    struct record *rec = NULL;
    enum err rc;

    rc = load_head(ctx, &now, kind, id);
    if (rc)
        return rc;
    assert(now);
    rc = load_old(ctx, &rec, now, version);
    if (rc == OK)
        rc = record_note(ctx, "history", rec->form, &rec->id, 1);
    if (rc == OK)
        *out = rec;
    return rc;
}

/* --- all versions --- */

static enum err read_versions(struct ctx *ctx, struct record_version *out, size_t *len_out,
                              const char *id)
{
    struct rows *rows = NULL;
    bool more = false;
    size_t n = 0;
    enum err rc;

    rc = db_query(ctx, &rows, &HISTORY_VERSIONS, DB_TEXT(id), DB_INT(VERSIONS_MAX + 1));
    if (rc)
        return rc;
    for (;;) {
        rc = db_next(ctx, rows, &more);
        if (rc || !more)
            break;
        out[n].version = row_int(rows, 0);
        out[n].made_at = row_int(rows, 1);
        out[n].made_by_name = row_text(rows, 2); /* the id, until read_names */
        out[n].action = row_text(rows, 3);
        out[n].status = row_text(rows, 4);
        n++;
    }
    db_rows_close(rows);
    *len_out = n;
    return rc;
}

static enum err read_names(struct ctx *ctx, struct record_version *v, size_t len)
{
    const char **ids = ARENA_ARRAY(ctx->arena, len + 1, const char *);
    enum err rc = OK;

    for (size_t i = 0; i < len; i++)
        ids[i] = v[i].made_by_name;
    for (size_t i = 0; rc == OK && i < len; i++) {
        size_t k = 0;

        while (!text_equal(ids[k], ids[i]))
            k++;
        if (k < i)
            v[i].made_by_name = v[k].made_by_name;
        else if (ids[i])
            rc = user_name(ctx, &v[i].made_by_name, ids[i]);
        else
            v[i].made_by_name = "";
    }
    return rc;
}

/* --- how much each version changed: every row of history is opened once --- */

/* A level as it stands at the version that is being looked at. */
struct stand {
    const char *id;
    struct answers *t; /* NULL: taken out */
};

struct stands {
    struct stand *items;
    size_t len;
    size_t cap;
};

static struct stand *stand_of(struct ctx *ctx, struct stands *s, const char *id)
{
    for (size_t i = 0; i < s->len; i++)
        if (text_equal(s->items[i].id, id))
            return &s->items[i];
    if (s->len == s->cap)
        s->items = grow(ctx->arena, s->items, &s->cap, sizeof(*s->items));
    s->items[s->len] = (struct stand){ .id = id };
    return &s->items[s->len++];
}

/* Fields that differ and that the acting user may read; either side may be missing. */
static size_t count_level(const struct ctx *ctx, const struct answers *a, const struct answers *b)
{
    const struct answers *there = a ? a : b;
    size_t n = 0;

    for (size_t i = 0; there && i < there->form->all_len; i++) {
        const struct field *f = there->form->all[i];
        const char *x = a ? a->values[i] : NULL;
        const char *y = b ? b->values[i] : NULL;

        n += f->repeat == there->repeat && field_is_answer(f) && f->kind != FIELD_HIDDEN &&
             field_visible(ctx, f) && !text_equal(x ? x : "", y ? y : "");
    }
    return n;
}

/* A level by itself, with empty ones around it. */
static struct answers *lone_level(struct ctx *ctx, const struct form *form,
                                  const struct field *repeat)
{
    if (!repeat)
        return answers_new(ctx->arena, form);
    return answers_add_row(ctx->arena, lone_level(ctx, form, repeat->repeat), repeat);
}

/* One row of history: what it changed of its level, in *n_out. */
static enum err step(struct ctx *ctx, struct stands *s, const struct record *now, struct rows *rows,
                     size_t *n_out)
{
    struct old_row row = { .id = row_text(rows, 0), .version = row_int(rows, 1) };
    const bool root = text_equal(row.id, now->id);
    struct stand *stand = stand_of(ctx, s, row.id);
    struct answers *before = stand->t;
    enum err rc = OK;

    row.bytes.key_id = row_text(rows, 3);
    row.bytes.open = row_blob(rows, 4, &row.bytes.open_len);
    row.bytes.sealed.bytes = row_blob(rows, 5, &row.bytes.sealed.len);
    stand->t = NULL;
    if (root || (!text_equal(row_text(rows, 2), "delete") && read_head(ctx, now->form, &row))) {
        row.bytes.context = seal_context(ctx->arena, now->form, row.repeat, row.id, row.version);
        stand->t = lone_level(ctx, now->form, row.repeat);
        rc = level_open(ctx, stand->t, &row.bytes);
    }
    *n_out = count_level(ctx, before, stand->t);
    return rc;
}

/* The oldest version that is told, whole. */
static enum err first_stands(struct ctx *ctx, struct stands *s, struct record_version *v,
                             const struct record *now)
{
    struct record *rec = NULL;
    struct levels levels;
    enum err rc = record_load_was(ctx, &rec, now, v->version);

    if (rc)
        return rc;
    levels = levels_of(ctx->arena, rec->answers);
    for (size_t i = 0; i < levels.len; i++) {
        stand_of(ctx, s, levels.items[i].t->id)->t = levels.items[i].t;
        if (v->version == 1)
            v->changes += count_level(ctx, NULL, levels.items[i].t);
    }
    return OK;
}

static enum err count_changes(struct ctx *ctx, struct record_version *v, size_t len,
                              const struct record *now)
{
    struct stands s = { 0 };
    struct rows *rows = NULL;
    size_t at = len;
    bool more = false;
    enum err rc;

    if (len == 0)
        return OK;
    rc = first_stands(ctx, &s, &v[len - 1], now);
    if (rc == OK)
        rc = db_query(ctx, &rows, &HISTORY_SINCE, DB_TEXT(now->id), DB_INT(v[len - 1].version));
    if (rc)
        return rc;
    for (;;) {
        size_t n = 0;

        rc = db_next(ctx, rows, &more);
        if (rc || !more)
            break;
        while (at > 0 && v[at - 1].version < row_int(rows, 1))
            at--;
        rc = step(ctx, &s, now, rows, &n);
        if (rc)
            break;
        if (at > 0)
            v[at - 1].changes += n;
    }
    db_rows_close(rows);
    return rc;
}

enum err record_history(struct ctx *ctx, struct record_version **out, size_t *len_out,
                        const char *kind, const char *id)
{
    struct record_version *v = ARENA_ARRAY(ctx->arena, VERSIONS_MAX + 1, struct record_version);
    struct record *now = NULL;
    size_t len = 0;
    enum err rc;

    rc = load_head(ctx, &now, kind, id);
    if (rc)
        return rc;
    assert(now);
    rc = read_versions(ctx, v, &len, now->id);
    if (rc == OK)
        rc = read_names(ctx, v, len);
    if (rc == OK)
        rc = count_changes(ctx, v, len, now);
    if (rc == OK)
        rc = record_note(ctx, "history", now->form, &now->id, 1);
    if (rc)
        return rc;
    *out = v;
    *len_out = len < VERSIONS_MAX ? len : VERSIONS_MAX;
    return OK;
}

/* --- difference --- */

struct changes {
    struct record_change *items;
    size_t len;
    size_t cap;
};

static const char *label_of(struct ctx *ctx, const struct level *there, const struct field *f)
{
    const char *label = label_said(ctx, &f->label, there->t);

    if (!f->repeat)
        return label;
    return tr(ctx, "{0} {1}: {2}", TR_TEXT(label_said(ctx, &f->repeat->label, there->t)),
              TR_INT(there->place), TR_TEXT(label));
}

static void add_change(struct ctx *ctx, struct changes *c, const struct record_change *change)
{
    if (c->len == CHANGES_MAX)
        return;
    if (c->len == c->cap)
        c->items = grow(ctx->arena, c->items, &c->cap, sizeof(*c->items));
    c->items[c->len++] = *change;
}

/* Fields of one level; either side may be missing. Hidden fields are nobody's to read. */
static void diff_level(struct ctx *ctx, struct changes *c, const struct level *before,
                       const struct level *after)
{
    const struct level *there = after ? after : before;
    const struct form *form = there->t->form;

    for (size_t i = 0; i < form->all_len; i++) {
        const struct field *f = form->all[i];
        const char *a = before ? before->t->values[i] : NULL;
        const char *b = after ? after->t->values[i] : NULL;

        if (f->repeat != there->t->repeat || !field_is_answer(f) || f->kind == FIELD_HIDDEN ||
            text_equal(a ? a : "", b ? b : ""))
            continue;
        add_change(ctx, c,
                   &(struct record_change){ .path = answers_path(ctx->arena, there->t, f),
                                            .label = label_of(ctx, there, f),
                                            .before = answers_shown(ctx, f, a),
                                            .after = answers_shown(ctx, f, b) });
    }
}

static const struct level *same_row(const struct levels *levels, const struct answers *row)
{
    for (size_t i = 1; row->id && i < levels->len; i++)
        if (levels->items[i].t->repeat == row->repeat &&
            text_equal(levels->items[i].t->id, row->id))
            return &levels->items[i];
    return NULL;
}

enum err record_diff(struct ctx *ctx, struct record_change **out, size_t *len_out,
                     const struct record *before, const struct record *after)
{
    struct levels a = levels_of(ctx->arena, before->answers);
    struct levels b = levels_of(ctx->arena, after->answers);
    struct changes c = { 0 };

    diff_level(ctx, &c, &a.items[0], &b.items[0]);
    for (size_t i = 1; i < b.len; i++)
        diff_level(ctx, &c, same_row(&a, b.items[i].t), &b.items[i]);
    for (size_t i = 1; i < a.len; i++)
        if (!same_row(&b, a.items[i].t))
            diff_level(ctx, &c, &a.items[i], NULL);
    *out = c.items;
    *len_out = c.len;
    return OK;
}
