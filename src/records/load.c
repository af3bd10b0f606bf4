#include <assert.h>
#include <string.h>

#include "audit/audit.h"
#include "core/id.h"
#include "core/memo.h"
#include "core/text.h"
#include "records/attach.h"
#include "records/merge_inner.h"
#include "records/publish_inner.h"
#include "records/saved_filter.h"

/* Set once before fork. */
static const struct record_hooks *const *hooks_used;

void records_use_hooks(const struct record_hooks *const *hooks)
{
    hooks_used = hooks;
}

const struct record_hooks *record_hooks_of(const char *kind)
{
    for (const struct record_hooks *const *h = hooks_used; h && *h; h++)
        if (kind && (*h)->kind[0] == kind[0] && text_equal((*h)->kind, kind))
            return *h;
    return NULL;
}

const char *record_stands_for(const struct form *form)
{
    const struct record_hooks *hooks = record_hooks_of(form->kind);

    return hooks && hooks->expand ? hooks->expands_to : NULL;
}

/* Set before fork. */
static record_watcher watchers[RECORD_WATCHERS_MAX];
static size_t watchers_len;

void records_watch(record_watcher fn)
{
    for (size_t i = 0; i < watchers_len; i++)
        if (watchers[i] == fn)
            return;
    assert(watchers_len < RECORD_WATCHERS_MAX);
    watchers[watchers_len++] = fn;
}

enum err record_after_save(struct ctx *ctx, const struct record *rec, const struct record *old)
{
    const struct record_hooks *hooks = record_hooks_of(rec->form->kind);
    enum err rc = hooks && hooks->after_save ? hooks->after_save(ctx, rec, old) : OK;

    if (rc == OK)
        rc = attachments_follow(ctx, rec, old);
    for (size_t i = 0; rc == OK && i < watchers_len; i++)
        rc = watchers[i](ctx, rec, old);
    return rc;
}

enum err records_prepare(struct ctx *ctx)
{
    enum err rc = publish_prepare(ctx);

    if (rc == OK)
        rc = saved_filters_prepare(ctx);
    if (rc == OK && ctx->index_db)
        rc = index_recover(ctx);
    return rc;
}

enum err record_gone(struct ctx *ctx)
{
    return ctx_fail(ctx, ERR_NOT_FOUND, tr(ctx, "There is no such record, or you may not see it."));
}

enum err record_form(struct ctx *ctx, const struct form **out, const char *kind)
{
    const struct form *form = kind ? form_find(ctx->forms, kind) : NULL;

    if (!form || !ctx->user || form->privacy > ctx->user->clearance)
        return record_gone(ctx);
    *out = form;
    return OK;
}

enum err record_permit(struct ctx *ctx, const struct form *form, const char *verb)
{
    if (user_may_do(ctx->user, form->kind, verb))
        return OK;
    return ctx_fail(ctx, ERR_FORBIDDEN, tr(ctx, "Your role does not allow this."));
}

bool form_is_personal(const struct form *form)
{
    return form->subject || form->privacy >= PRIVACY_PERSONAL;
}

enum err record_note(struct ctx *ctx, const char *action, const struct form *form,
                     const char *const *ids, size_t len)
{
    if (!ctx->audit || !ctx->user_id || !form_is_personal(form) || len == 0)
        return OK;
    return access_note(ctx, action, form->kind, ids, len);
}

/* --- loading --- */

/* The repeats, one statement each for all records that have rows of it. */
static enum err read_parts(struct ctx *ctx, struct record **recs, const int64_t *parts, size_t len,
                           int64_t want)
{
    struct record *some[SQL_BATCH];
    enum err rc = OK;

    for (size_t i = 0; len > 0 && rc == OK && i < recs[0]->form->all_len; i++) {
        const struct field *f = recs[0]->form->all[i];
        int64_t bit;
        size_t n = 0;

        if (!field_is_repeat(f))
            continue;
        bit = (int64_t)1 << repeat_bit(recs[0]->form, f);
        for (size_t r = 0; r < len; r++)
            if (parts[r] & want & bit)
                some[n++] = recs[r];
        rc = sql_rows(ctx, f, some, n);
    }
    return rc;
}

/* All at once: of bare records none has been asked for yet. */
static enum err fetch_keys(struct ctx *ctx, struct record *const *recs, size_t len)
{
    const char *keys[SQL_BATCH];

    for (size_t i = 0; i < len; i++)
        keys[i] = recs[i]->key_id;
    return len > 1 ? vault_fetch(ctx, keys, len) : OK;
}

enum err record_pick(struct ctx *ctx, struct record **out, size_t *len_out, const struct pick *pick,
                     int64_t want)
{
    int64_t parts[SQL_BATCH] = { 0 };
    size_t len = 0;
    size_t most = pick->ids ? pick->ids_len : pick->limit;
    enum err rc;

    if (most > SQL_BATCH)
        return ctx_fail(ctx, ERR_INTERNAL, "too many records at once");
    rc = sql_pick(ctx, out, parts, &len, pick);
    if (rc == OK && pick->bare && want != 0)
        rc = fetch_keys(ctx, out, len);
    if (rc == OK)
        rc = read_parts(ctx, out, parts, len, want);
    if (rc == OK)
        *len_out = len;
    return rc;
}

bool sees_bin(const struct ctx *ctx, const struct form *form)
{
    return ctx->user && user_may_do(ctx->user, form->kind, "delete");
}

/* A record that this page has read before. */
struct known {
    struct record rec;
    int64_t unread; /* bits of its repeats that have rows, none of which was read */
    bool anywhere;  /* found without asking whether it is in scope */
};

/* The caller changes what it is given: hides answers, makes a title. NULL: to be read first. */
static enum err load_known(struct ctx *ctx, struct record **out, const struct pick *pick,
                           int64_t want)
{
    struct known *known = memo_find(ctx, pick->form, pick->ids[0]);
    struct record *rec;
    int64_t missing;
    enum err rc;

    *out = NULL;
    if (!known || (known->anywhere && !pick->anywhere))
        return OK;
    rec = ARENA_NEW(ctx->arena, struct record);
    *rec = known->rec;
    rec->answers = answers_copy(ctx->arena, rec->answers);
    missing = known->unread & want;
    if (missing) {
        rc = read_parts(ctx, &rec, &missing, 1, want);
        if (rc)
            return rc;
        known->unread &= ~want;
        known->rec.answers = answers_copy(ctx->arena, rec->answers);
    }
    *out = rec;
    return OK;
}

static void keep_known(struct ctx *ctx, const struct record *rec, int64_t unread, bool anywhere)
{
    struct known *known = memo_find(ctx, rec->form, rec->id);

    if (!ctx->memo)
        return;
    if (!known) {
        known = ARENA_NEW(ctx->arena, struct known);
        memo_keep(ctx, rec->form, rec->id, known);
    }
    known->rec = *rec;
    known->rec.answers = answers_copy(ctx->arena, rec->answers);
    known->unread = unread;
    known->anywhere = anywhere;
}

enum err record_load_some(struct ctx *ctx, struct record **out, const struct pick *pick,
                          int64_t want)
{
    struct pick one = *pick;
    struct record *rec = NULL;
    int64_t parts = 0;
    size_t len = 0;
    enum err rc;

    one.ids_len = 1;
    one.deleted = sees_bin(ctx, one.form);
    if (!one.ids[0] || !id_valid(one.ids[0]))
        return record_gone(ctx);
    rc = load_known(ctx, out, &one, want);
    if (rc || *out)
        return rc;
    rc = sql_pick(ctx, &rec, &parts, &len, &one);
    if (rc == OK && len == 0)
        rc = record_gone(ctx);
    if (rc == OK)
        rc = read_parts(ctx, &rec, &parts, 1, want);
    if (rc)
        return rc;
    keep_known(ctx, rec, parts & ~want, one.anywhere);
    *out = rec;
    return OK;
}

enum err record_load_full(struct ctx *ctx, struct record **out, const struct form *form,
                          const char *id, bool anywhere)
{
    const struct pick pick = { .form = form, .ids = &id, .anywhere = anywhere };

    return record_load_some(ctx, out, &pick, PARTS_ALL);
}

/* What the form calls it; "" where that cannot be said. An answer that is hidden is not in it. */
static const char *instance_title(struct ctx *ctx, const struct record *rec)
{
    struct problem *last = ctx->problems_last;
    const char *said = "";

    if (!rec->form->instance_name || text_equal(rec->status, STATUS_ERASED))
        return "";
    if (answers_say(ctx, &said, rec->answers, rec->form->instance_name)) {
        ctx_problems_back(ctx, last);
        return "";
    }
    return text_trim(ctx->arena, said);
}

enum err record_finish(struct ctx *ctx, struct record *rec)
{
    const struct record_hooks *hooks = record_hooks_of(rec->form->kind);
    enum err rc = OK;

    answers_hide(ctx, rec->answers);
    rec->title = NULL;
    if (hooks && hooks->title)
        rc = hooks->title(ctx, rec, &rec->title);
    else
        rec->title = instance_title(ctx, rec);
    if (rc == OK && text_blank(rec->title))
        rec->title = rec->number ? rec->number : label_text(ctx, &rec->form->title);
    return rc;
}

int64_t record_repeat_parts(const struct form *form, const struct field *repeat)
{
    int64_t bits = 0;

    for (; repeat; repeat = repeat->repeat)
        bits |= (int64_t)1 << repeat_bit(form, repeat);
    return bits;
}

/* Repeats that instance_name reads: ${name} of a row, or of the repeat; a path may read any. */
static int64_t instance_parts(const struct form *form)
{
    const char *p = form->instance_name ? expr_source(form->instance_name) : "";
    int64_t bits = 0;

    if (strchr(p, '/'))
        return PARTS_ALL;
    for (size_t i = 0; i < form->all_len; i++) {
        const struct field *f = form->all[i];
        const struct field *repeat = field_is_repeat(f) ? f : f->repeat;
        const size_t len = strlen(f->name);

        for (const char *at = strstr(p, "${"); repeat && at; at = strstr(at + 2, "${"))
            if (strncmp(at + 2, f->name, len) == 0 && at[2 + len] == '}')
                bits |= record_repeat_parts(form, repeat);
    }
    return bits;
}

int64_t record_title_parts(const struct form *form)
{
    const struct record_hooks *hooks = record_hooks_of(form->kind);
    int64_t bits = 0;

    if (!hooks || !hooks->title)
        return instance_parts(form);
    if (!hooks->title_repeats)
        return PARTS_ALL;
    for (const char *const *name = hooks->title_repeats; *name; name++) {
        const struct field *f = field_find(form, *name);

        if (f)
            bits |= (int64_t)1 << repeat_bit(form, f);
    }
    return bits;
}

static enum err view(struct ctx *ctx, struct record **out, const struct form *form, const char *id,
                     int64_t want)
{
    const struct pick pick = { .form = form, .ids = &id };
    struct record *rec = NULL;
    enum err rc = record_load_some(ctx, &rec, &pick, want);

    if (rc == OK)
        rc = record_finish(ctx, rec);
    if (rc == OK)
        rc = record_note(ctx, "view", form, &rec->id, 1);
    if (rc == OK)
        *out = rec;
    return rc;
}

enum err record_load(struct ctx *ctx, struct record **out, const char *kind, const char *id)
{
    const struct form *form = NULL;
    enum err rc = record_form(ctx, &form, kind);

    return rc ? rc : view(ctx, out, form, id, PARTS_ALL);
}

enum err record_load_title(struct ctx *ctx, struct record **out, const char *kind, const char *id)
{
    const struct form *form = NULL;
    enum err rc = record_form(ctx, &form, kind);

    return rc ? rc : view(ctx, out, form, id, record_title_parts(form));
}

enum err record_load_allowed(struct ctx *ctx, struct record **out, const char *kind, const char *id)
{
    if (!user_may_do(ctx->user, kind, "view"))
        return record_gone(ctx);
    return record_load(ctx, out, kind, id);
}

enum err record_find_number(struct ctx *ctx, struct record **out, const char *kind,
                            const char *number)
{
    struct pick pick = { .number = number };
    struct record *rec = NULL;
    size_t len = 0;
    enum err rc = record_form(ctx, &pick.form, kind);

    pick.limit = 1;
    if (rc == OK)
        rc = record_pick(ctx, &rec, &len, &pick, 0);
    if (rc)
        return rc;
    return len ? record_load(ctx, out, kind, rec->id) : record_gone(ctx);
}

/* --- a new record --- */

enum err record_take_parent(struct ctx *ctx, struct record *rec, const char *parent_id)
{
    const struct form *form = NULL;
    struct pick pick = { .ids = &parent_id, .ids_len = 1 };
    struct record *parent = NULL;
    size_t len = 0;
    enum err rc = record_form(ctx, &form, rec->form->parent);

    if (rc)
        return rc;
    if (!parent_id || !id_valid(parent_id) || !user_may_do(ctx->user, form->kind, "view"))
        return record_gone(ctx);
    pick.form = form;
    rc = record_pick(ctx, &parent, &len, &pick, 0);
    if (rc)
        return rc;
    if (len == 0 || text_equal(parent->status, STATUS_ERASED))
        return record_gone(ctx);
    if (text_equal(parent->status, STATUS_MERGED))
        return record_is_merged(ctx);
    rec->parent_id = parent->id;
    rec->office_id = parent->office_id;
    rec->key_id = parent->key_id;
    return OK;
}

enum err record_new(struct ctx *ctx, struct record **out, const char *kind, const char *parent_id)
{
    struct record *rec = ARENA_NEW(ctx->arena, struct record);
    enum err rc;

    rc = record_form(ctx, &rec->form, kind);
    if (rc)
        return rc;
    rec->office_id = ctx->office_id;
    if (rec->form->parent)
        rc = record_take_parent(ctx, rec, parent_id);
    if (rc)
        return rc;
    rec->status = rec->form->initial_status;
    rec->answers = answers_new(ctx->arena, rec->form);
    rec->title = label_text(ctx, &rec->form->title);
    rc = answers_defaults(ctx, rec->answers);
    if (rc == OK)
        *out = rec;
    return rc;
}

/* --- values --- */

const char *record_value(const struct record *rec, const char *field)
{
    const struct field *f = field_find(rec->form, field);
    const char *value = f && !f->repeat ? rec->answers->values[f->place] : NULL;

    return value ? value : "";
}

bool record_is(const struct record *rec, const char *field, const char *code)
{
    return text_equal(record_value(rec, field), code);
}

void record_set(struct record *rec, const char *field, const char *value)
{
    const struct field *f = field_find(rec->form, field);

    if (!f || f->repeat || !field_is_answer(f)) {
        if (!rec->failed)
            rec->failed = ERR_INTERNAL;
        return;
    }
    answers_set(rec->answers, f, value);
}
