/*
 * Writing records. Everything is validated, encoded and sealed before the write lock is taken; in
 * it are only the statements: number, rows, history, audit.
 */
#include <assert.h>

#include "audit/audit.h"
#include "core/buf.h"
#include "core/date.h"
#include "core/id.h"
#include "core/text.h"
#include "records/merge_inner.h"
#include "records/unfinished.h"

#define NUMBER_MAX ((size_t)100)

DB_SQL(NUMBER_NEXT, "INSERT INTO number_series (office_id, form, year, last) VALUES ($1, $2, $3, 1)"
                    " ON CONFLICT (office_id, form, year)"
                    " DO UPDATE SET last = number_series.last + 1 RETURNING last");
DB_SQL(HISTORY_SEQ, "UPDATE counter SET value = value + $1 WHERE name = 'history'"
                    " RETURNING value");
DB_SQL(HISTORY_ADD, "INSERT INTO record_history (id, seq, form, record_id, root_id, root_version,"
                    " action, office_id, status, key_id, open, sealed, made_at, made_by,"
                    " parent_id)"
                    " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15)");
DB_SQL(OFFICE_CODE, "SELECT code FROM office WHERE id = $1");

/* --- parts of a saving --- */

static enum err read_counter(struct ctx *ctx, int64_t *out, struct rows *rows)
{
    bool there = false;
    enum err rc = sql_one_int(ctx, out, rows, &there);

    if (rc == OK && !there)
        rc = ctx_fail(ctx, ERR_DB, "a counter of the database is missing");
    return rc;
}

/* The office may be another than the user's: a child has that of its parent. */
static enum err office_code(struct ctx *ctx, const char **out, const char *office_id)
{
    struct rows *rows = NULL;
    const char *code = NULL;
    enum err rc;

    if (ctx->user && text_equal(ctx->user->office_id, office_id)) {
        *out = ctx->user->office_code;
        return OK;
    }
    rc = db_query(ctx, &rows, &OFFICE_CODE, DB_TEXT(office_id));
    if (rc == OK)
        rc = sql_one_text(ctx, &code, rows);
    if (rc == OK)
        *out = code ? code : "";
    return rc;
}

static const char *number_text(struct ctx *ctx, const char *pattern, const char *code,
                               const char *year, int64_t seq)
{
    struct buf b;

    buf_init(&b, ctx->arena, NUMBER_MAX);
    while (*pattern) {
        if (text_starts(pattern, "{office}")) {
            buf_add(&b, code);
            pattern += sizeof("{office}") - 1;
        } else if (text_starts(pattern, "{year}")) {
            buf_add(&b, year);
            pattern += sizeof("{year}") - 1;
        } else if (text_starts(pattern, "{seq}")) {
            buf_printf(&b, "%05lld", (long long)seq);
            pattern += sizeof("{seq}") - 1;
        } else {
            buf_add_char(&b, *pattern++);
        }
    }
    return buf_text(&b);
}

static enum err take_number(struct ctx *ctx, struct record *rec)
{
    const char *year = arena_strndup(ctx->arena, ctx_today(ctx), 4);
    const char *code = NULL;
    struct rows *rows = NULL;
    int64_t year_n = 0;
    int64_t seq = 0;
    enum err rc;

    if (!rec->form->number)
        return OK;
    (void)parse_int(year, 0, 9999, &year_n);
    rc = office_code(ctx, &code, rec->office_id);
    if (rc)
        return rc;
    rc = db_query(ctx, &rows, &NUMBER_NEXT, DB_TEXT(rec->office_id), DB_TEXT(rec->form->kind),
                  DB_INT(year_n));
    if (rc == OK)
        rc = read_counter(ctx, &seq, rows);
    if (rc == OK)
        rec->number = number_text(ctx, rec->form->number, code, year, seq);
    return rc;
}

static const char *const action_names[] = {
    [WRITE_INSERT] = "insert", [WRITE_UPDATE] = "update", [WRITE_DELETE] = "delete"
};

/*
 * In history the open part of a row begins with a line that says which repeat it belongs to, its
 * place, and the row around it: "names 2 UUID".
 */
static void history_open(struct ctx *ctx, const struct write *w, const void **out, size_t *len_out)
{
    struct buf b;

    *out = w->open;
    *len_out = w->open_len;
    if (!w->repeat)
        return;
    buf_init(&b, ctx->arena, w->open_len + 200);
    buf_printf(&b, "%s %lld %s\n", w->repeat->name, (long long)w->place, w->parent_id);
    buf_add_len(&b, w->open ? w->open : "", w->open_len);
    *out = b.data;
    *len_out = b.len;
}

static enum err add_history(struct ctx *ctx, struct saving *s)
{
    const struct record *rec = s->rec;
    struct rows *rows = NULL;
    int64_t last = 0;
    enum err rc;

    rc = db_query(ctx, &rows, &HISTORY_SEQ, DB_INT((int64_t)s->len));
    if (rc == OK)
        rc = read_counter(ctx, &last, rows);
    if (rc)
        return rc;
    s->seq = last - (int64_t)s->len + 1;
    for (size_t i = 0; rc == OK && i < s->len; i++) {
        const struct write *w = &s->writes[i];
        const void *open;
        size_t open_len;

        history_open(ctx, w, &open, &open_len);
        rc = db_exec(
            ctx, NULL, &HISTORY_ADD, DB_TEXT(id_new(ctx->arena, ctx->now_ms)),
            DB_INT(s->seq + (int64_t)i), DB_TEXT(rec->form->kind), DB_TEXT(w->id), DB_TEXT(rec->id),
            DB_INT(rec->version), DB_TEXT(w->repeat ? action_names[w->action] : s->action),
            DB_TEXT(rec->office_id), DB_TEXT(rec->status), DB_TEXT(rec->key_id),
            DB_BLOB(open, open_len), DB_BLOB(w->sealed.bytes, w->sealed.len), DB_INT(ctx->now_ms),
            DB_TEXT(ctx->user_id), DB_TEXT(w->repeat ? NULL : rec->parent_id));
    }
    return rc;
}

static int64_t parts_of(const struct levels *levels)
{
    int64_t bits = 0;

    for (size_t i = 1; i < levels->len; i++) {
        const struct answers *t = levels->items[i].t;

        bits |= (int64_t)1 << repeat_bit(t->form, t->repeat);
    }
    return bits;
}

/*
 * What has to be written to come from old (NULL: nothing) to rec; the root always, for its sealed
 * bytes are bound to the version. Rows get their ids here.
 */
struct plan {
    struct saving s;
    bool changed; /* anything differs from old */
    bool all;     /* rows that stay are written too: their key is another */
};

/* Rows that came without an id take that of an old row that says the same. */
static void match_row(struct answers *row, const struct levels *old, bool *taken)
{
    for (size_t i = 1; !row->id && i < old->len; i++) {
        const struct answers *t = old->items[i].t;

        if (taken[i] || t->repeat != row->repeat || !level_equal(t, row))
            continue;
        row->id = t->id;
        taken[i] = true;
    }
}

static size_t find_row(const struct levels *old, const struct answers *row)
{
    for (size_t i = 1; row->id && i < old->len; i++)
        if (old->items[i].t->repeat == row->repeat && text_equal(old->items[i].t->id, row->id))
            return i;
    return 0;
}

static void give_ids(struct ctx *ctx, const struct levels *now, const struct levels *old,
                     bool *taken)
{
    for (size_t i = 1; i < now->len; i++) {
        struct answers *row = now->items[i].t;
        size_t at = find_row(old, row);

        /* An id that is not of this record, or comes twice, is none. */
        if (at && !taken[at])
            taken[at] = true;
        else
            row->id = NULL;
    }
    for (size_t i = 1; i < now->len; i++)
        match_row(now->items[i].t, old, taken);
    for (size_t i = 1; i < now->len; i++)
        if (!now->items[i].t->id)
            now->items[i].t->id = id_new(ctx->arena, ctx->now_ms);
}

static const char *parent_of(const struct levels *levels, size_t i)
{
    return levels->items[levels->items[i].parent].t->id;
}

static void plan_row(struct plan *p, const struct levels *now, size_t i, const struct levels *old)
{
    struct answers *row = now->items[i].t;
    size_t at = find_row(old, row);
    struct write *w;

    if (at && !p->all && level_equal(old->items[at].t, row) &&
        old->items[at].place == now->items[i].place &&
        text_equal(parent_of(old, at), parent_of(now, i)))
        return;
    p->changed = true;
    w = &p->s.writes[p->s.len++];
    *w = (struct write){ .action = at ? WRITE_UPDATE : WRITE_INSERT,
                         .repeat = row->repeat,
                         .id = row->id,
                         .parent_id = parent_of(now, i),
                         .place = now->items[i].place,
                         .t = row };
}

static void plan_delete(struct plan *p, const struct levels *old, size_t i)
{
    const struct answers *row = old->items[i].t;

    p->changed = true;
    p->s.writes[p->s.len++] = (struct write){ .action = WRITE_DELETE,
                                              .repeat = row->repeat,
                                              .id = row->id,
                                              .parent_id = parent_of(old, i),
                                              .place = old->items[i].place };
}

static void plan_make(struct ctx *ctx, struct plan *p, struct record *rec, const struct record *old)
{
    struct levels now;
    struct levels before = { 0 };
    bool *taken;

    rec->answers->id = rec->id;
    now = levels_of(ctx->arena, rec->answers);
    if (old)
        before = levels_of(ctx->arena, old->answers);
    taken = ARENA_ARRAY(ctx->arena, before.len + 1, bool);
    give_ids(ctx, &now, &before, taken);
    p->s.rec = rec;
    p->s.parts = parts_of(&now);
    p->s.writes = ARENA_ARRAY(ctx->arena, now.len + before.len, struct write);
    p->s.writes[p->s.len++] = (struct write){ .action = old ? WRITE_UPDATE : WRITE_INSERT,
                                              .id = rec->id,
                                              .t = rec->answers };
    p->changed = !old || !level_equal(old->answers, rec->answers);
    for (size_t i = 1; i < now.len; i++)
        plan_row(p, &now, i, &before);
    for (size_t i = 1; i < before.len; i++)
        if (!taken[i])
            plan_delete(p, &before, i);
}

static enum err plan_seal(struct ctx *ctx, struct plan *p)
{
    enum err rc = OK;

    for (size_t i = 0; rc == OK && i < p->s.len; i++)
        if (p->s.writes[i].action != WRITE_DELETE)
            rc = level_seal(ctx, &p->s.writes[i], p->s.rec, p->s.rec->version);
    return rc;
}

/* --- saving --- */

enum err record_check_next(struct ctx *ctx, struct record *rec, const struct record *old)
{
    const struct record_hooks *hooks = record_hooks_of(rec->form->kind);
    enum err rc;

    if (rec->failed)
        return ctx_fail(ctx, rec->failed, "a field was set that the form does not have");
    rc = answers_validate(ctx, rec->answers, true);
    if (rc == OK)
        rc = answers_check_retired(ctx, rec->answers, old ? old->answers : NULL);
    if (rc == OK || rc == ERR_INVALID) {
        enum err rc2 = record_settle_refs(ctx, rec, old);

        rc = rc ? rc : rc2;
    }
    if (rc == OK && hooks && hooks->before_save)
        rc = hooks->before_save(ctx, rec, old);
    return rc;
}

static enum err note_change(struct ctx *ctx, const struct record *rec, const char *what,
                            const char *key_id, const struct sealed *detail)
{
    return audit_add(ctx, arena_printf(ctx->arena, "%s.%s", rec->form->kind, what), rec->id, key_id,
                     detail);
}

static enum err store_new(struct ctx *ctx, struct plan *p, struct record *rec)
{
    enum err rc;

    rc = db_begin(ctx);
    if (rc)
        return rc;
    rc = record_hold(ctx, rec, NULL, true);
    if (rc == OK)
        rc = take_number(ctx, rec);
    for (size_t i = 0; rc == OK && i < p->s.len; i++)
        rc = sql_write(ctx, &p->s, &p->s.writes[i]);
    if (rc == OK)
        rc = add_history(ctx, &p->s);
    if (rc == OK)
        rc = note_change(ctx, rec, "create", NULL, NULL);
    if (rc == OK)
        rc = record_after_save(ctx, rec, NULL);
    return db_end(ctx, rc);
}

/* What the caller holds becomes what was stored, without what the user may not read. */
static enum err give_back(struct ctx *ctx, struct record *rec, const struct record *stored)
{
    *rec = *stored;
    rec->answers = answers_copy(ctx->arena, stored->answers);
    rec->answers->id = rec->id;
    return record_finish(ctx, rec);
}

enum err record_check(struct ctx *ctx, struct record *rec)
{
    struct record full = *rec;

    full.answers = answers_copy(ctx->arena, rec->answers);
    answers_merge(ctx, full.answers, NULL);
    return record_check_next(ctx, &full, NULL);
}

/* A form that is only filled in: what it makes is stored, all or nothing. */
static enum err insert_expanded(struct ctx *ctx, struct record *rec, struct record *full,
                                const struct record_hooks *hooks)
{
    struct record *head = NULL;
    enum err rc = db_begin(ctx);

    if (rc)
        return rc;
    rc = hooks->expand(ctx, full, &head);
    rc = db_end(ctx, rc);
    if (rc == OK)
        *rec = *head;
    return rc;
}

enum err record_insert(struct ctx *ctx, struct record *rec)
{
    const struct record_hooks *hooks = record_hooks_of(rec->form->kind);
    struct record full = *rec;
    struct plan p = { 0 };
    enum err rc;

    if (!ctx->user || !rec->office_id || rec->form->privacy > ctx->user->clearance)
        return record_gone(ctx);
    full.answers = answers_copy(ctx->arena, rec->answers);
    full.status = full.form->initial_status; /* a hook may give it another one of the form's */
    answers_merge(ctx, full.answers, NULL);
    rc = record_check_next(ctx, &full, NULL);
    if (rc == OK && hooks && hooks->expand)
        return insert_expanded(ctx, rec, &full, hooks);
    if (rc == OK && !full.key_id && full.form->subject)
        rc = vault_key_new(ctx, &full.key_id);
    if (rc)
        return rc;
    full.id = id_new(ctx->arena, ctx->now_ms);
    full.version = 1;
    full.created_at = full.updated_at = ctx->now_ms;
    full.created_by = full.updated_by = ctx->user_id;
    p.s.action = "insert";
    plan_make(ctx, &p, &full, NULL);
    rc = plan_seal(ctx, &p);
    if (rc == OK)
        rc = store_new(ctx, &p, &full);
    if (rc)
        return rc;
    index_after_save(ctx, &full, NULL, &p.s);
    return give_back(ctx, rec, &full);
}

/* --- changing --- */

enum err record_changed_meanwhile(struct ctx *ctx)
{
    return ctx_fail(ctx, ERR_CONFLICT,
                    tr(ctx, "Somebody else has changed this record since you opened it. Nothing "
                            "was saved. Compare both, then save again."));
}

enum err record_is_deleted(struct ctx *ctx)
{
    return ctx_fail(ctx, ERR_CONFLICT, tr(ctx, "This record is deleted. Restore it first."));
}

enum err record_load_seen(struct ctx *ctx, struct record **out, const struct record *rec,
                          int64_t version)
{
    enum err rc;

    if (!ctx->user || rec->form->privacy > ctx->user->clearance)
        return record_gone(ctx);
    rc = record_load_full(ctx, out, rec->form, rec->id, false);
    if (rc == OK && (*out)->version != version)
        rc = record_changed_meanwhile(ctx);
    return rc;
}

/* The key goes last, just before the commit: what fails earlier leaves the person as they were. */
static enum err erase_key(struct ctx *ctx, const char *key_id)
{
    struct problem *last = ctx->problems_last;
    enum err rc = vault_key_erase(ctx, key_id);

    if (rc != ERR_NOT_FOUND)
        return rc;
    ctx_problems_back(ctx, last); /* gone already: an erasure that could not be finished */
    return OK;
}

/* Reasons outlive an erasure: they are sealed for the audit, not under the person's key. */
static enum err seal_reason(struct ctx *ctx, struct sealed *out, const struct record *next,
                            const char *reason)
{
    return vault_seal_text(
        ctx, out, VAULT_KEY_AUDIT,
        arena_printf(ctx->arena, "audit/%s/%lld", next->id, (long long)next->version), reason);
}

/* Over the version that the change was made on, with its history. */
static enum err write_over(struct ctx *ctx, struct plan *p, const struct record *old)
{
    bool there = false;
    enum err rc = sql_update_root(ctx, &p->s, old->version, &there);

    if (rc == OK && !there)
        rc = record_changed_meanwhile(ctx);
    for (size_t i = 1; rc == OK && i < p->s.len; i++)
        rc = sql_write(ctx, &p->s, &p->s.writes[i]);
    return rc ? rc : add_history(ctx, &p->s);
}

static enum err write_change(struct ctx *ctx, struct plan *p, const struct record *old,
                             const struct record_change_of *c)
{
    const bool told = !text_blank(c->reason);
    struct sealed why = { 0 };
    enum err rc = OK;

    rc = record_hold(ctx, p->s.rec, old, c->refs);
    if (rc == OK && told)
        rc = seal_reason(ctx, &why, p->s.rec, c->reason);
    if (rc == OK)
        rc = write_over(ctx, p, old);
    if (rc == OK)
        rc =
            note_change(ctx, p->s.rec, c->audit, told ? VAULT_KEY_AUDIT : NULL, told ? &why : NULL);
    if (rc == OK && told && !c->erase)
        rc = event_add(ctx, p->s.rec,
                       &(struct event_new){ .action = EVENT_REASON,
                                            .version = p->s.rec->version,
                                            .words = c->reason });
    if (rc == OK && c->also)
        rc = c->also(ctx, p->s.rec, old);
    if (rc == OK)
        rc = record_after_save(ctx, p->s.rec, old);
    if (rc == OK && c->erase)
        rc = unfinished_erase(ctx, p->s.rec);
    if (rc == OK && c->erase)
        rc = erase_key(ctx, c->erase);
    return rc;
}

static enum err store_change(struct ctx *ctx, struct plan *p, const struct record *old,
                             const struct record_change_of *c)
{
    enum err rc = db_begin(ctx);

    if (rc)
        return rc;
    rc = write_change(ctx, p, old, c);
    return db_end(ctx, rc);
}

struct record record_next_of(struct ctx *ctx, const struct record *old)
{
    struct record next = *old;

    next.version = old->version + 1;
    next.updated_at = ctx->now_ms;
    next.updated_by = ctx->user_id;
    next.answers = answers_copy(ctx->arena, old->answers);
    return next;
}

enum err record_store(struct ctx *ctx, struct record *out, struct record *next,
                      const struct record *old, const struct record_change_of *c)
{
    struct plan p = { .s.action = c->action, .all = !text_equal(next->key_id, old->key_id) };
    enum err rc = OK;

    plan_make(ctx, &p, next, old);
    if (!c->bare)
        rc = plan_seal(ctx, &p);
    if (rc == OK)
        rc = store_change(ctx, &p, old, c);
    if (rc)
        return rc;
    index_after_save(ctx, next, old, &p.s);
    return give_back(ctx, out, next);
}

/* Nothing differs in any row. */
static bool record_same(struct ctx *ctx, struct record *next, const struct record *old)
{
    struct plan p = { 0 };

    plan_make(ctx, &p, next, old);
    return !p.changed;
}

enum err record_update(struct ctx *ctx, struct record *rec, int64_t version)
{
    const struct record_change_of change = { .action = "update", .audit = "edit", .refs = true };
    struct record *old = NULL;
    struct record full;
    enum err rc;

    rc = record_load_seen(ctx, &old, rec, version);
    if (rc)
        return rc;
    assert(old);
    if (text_equal(old->status, STATUS_DELETED))
        return record_is_deleted(ctx);
    if (text_equal(old->status, STATUS_MERGED))
        return record_is_merged(ctx);
    full = record_next_of(ctx, old);
    full.failed = rec->failed;
    full.answers = answers_copy(ctx->arena, rec->answers);
    answers_merge(ctx, full.answers, old->answers);
    rc = record_check_next(ctx, &full, old);
    if (rc)
        return rc;
    if (record_same(ctx, &full, old))
        return give_back(ctx, rec, old);
    return record_store(ctx, rec, &full, old, &change);
}
