/* Changes of a stored record besides editing: status, deletion and back, undoing, another parent.
 */
#include <assert.h>

#include "audit/audit.h"
#include "core/id.h"
#include "core/text.h"
#include "records/merge_inner.h"

DB_SQL(ACTION_OF, "SELECT action FROM record_history WHERE root_id = $1 AND record_id = $1"
                  " AND root_version = $2");
DB_SQL(STATUS_BEFORE, "SELECT status FROM record_history WHERE root_id = $1 AND record_id = $1"
                      " AND status <> '" STATUS_DELETED "' ORDER BY root_version DESC LIMIT 1");

DB_SQL(WROTE_IT, "SELECT count(*) FROM record_history WHERE root_id = $1 AND record_id = $1"
                 " AND made_by = $2 AND status = $3 AND action IN ('insert', 'update')");

enum err check_reason(struct ctx *ctx, const char *reason, bool must)
{
    if (must && text_blank(reason))
        return ctx_fail_field(ctx, "reason", tr(ctx, "Say why."));
    if (reason && text_codepoints(reason) > REASON_MAX)
        return ctx_fail_field(ctx, "reason",
                              tr(ctx, "Use at most {0} characters.", TR_INT(REASON_MAX)));
    return OK;
}

/* --- status --- */

const char *record_status_title(struct ctx *ctx, const struct form *form, const char *status)
{
    static const char *const known[][2] = {
        { "active", N_("active") },        { "merged", N_("merged with another") },
        { "deceased", N_("has died") },    { STATUS_ERASED, N_("erased") },
        { STATUS_DELETED, N_("deleted") },
    };

    for (size_t i = 0; i < form->state_names_len; i++)
        if (text_equal(form->state_names[i].name, status) &&
            label_text(ctx, &form->state_names[i].label)[0])
            return label_text(ctx, &form->state_names[i].label);
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (text_equal(status, known[i][0]))
            return tr_args(ctx, known[i][1], NULL);
    return status ? status : "";
}

static const struct state_change *change_find(const struct form *form, const char *from,
                                              const char *to)
{
    for (size_t i = 0; i < form->states_len; i++)
        if (text_equal(form->states[i].from, from) && text_equal(form->states[i].to, to))
            return &form->states[i];
    return NULL;
}

/* What has to be done before, in words; NULL if nothing. t has all answers. */
static enum err wanting(struct ctx *ctx, const char **out, const struct state_change *s,
                        const struct answers *t)
{
    bool holds = true;
    enum err rc = s->needs ? answers_meet(ctx, &holds, t, s->needs) : OK;

    *out = NULL;
    if (rc || holds)
        return rc;
    *out = label_text(ctx, &s->message);
    if (!(*out)[0])
        *out = tr(ctx, "The answers do not allow this change of status yet.");
    return OK;
}

/* Where another than the author has to act: told to who wrote any of it as a draft. */
static enum err not_the_author(struct ctx *ctx, const char **out, const struct state_change *s,
                               const struct record *rec)
{
    struct rows *rows = NULL;
    int64_t wrote = 0;
    enum err rc = OK;

    if (!s->other)
        return OK;
    rc = db_query(ctx, &rows, &WROTE_IT, DB_TEXT(rec->id), DB_TEXT(ctx->user_id),
                  DB_TEXT(rec->form->initial_status));
    if (rc == OK)
        rc = sql_one_int(ctx, &wrote, rows, NULL);
    if (rc == OK && wrote > 0)
        *out = tr(ctx, "You have written it yourself: somebody else must do this.");
    return rc;
}

enum err record_steps(struct ctx *ctx, struct record_step **out, size_t *len_out,
                      const struct record *rec)
{
    const struct form *form = rec->form;
    struct record_step *items = ARENA_ARRAY(ctx->arena, form->states_len + 1, struct record_step);
    struct record *full = NULL; /* with what the user may not read: conditions see it */
    size_t n = 0;
    enum err rc = OK;

    for (size_t i = 0; rc == OK && i < form->states_len; i++) {
        const struct state_change *s = &form->states[i];
        struct record_step *o = &items[n];

        if (!text_equal(s->from, rec->status) || !user_may(ctx->user, s->permission))
            continue;
        n++;
        o->status = s->to;
        o->reason = s->reason;
        o->second = s->second;
        o->label = label_text(ctx, &s->label);
        if (!o->label[0])
            o->label = record_status_title(ctx, form, s->to);
        if (s->needs && !full)
            rc = record_load_full(ctx, &full, form, rec->id, false);
        if (rc == OK)
            rc = wanting(ctx, &o->wants, s, full ? full->answers : NULL);
        if (rc == OK)
            rc = not_the_author(ctx, &o->wants, s, rec);
    }
    if (rc)
        return rc;
    *out = items;
    *len_out = n;
    return OK;
}

static enum err change_check(struct ctx *ctx, const struct state_change **out,
                             const struct record *old, const char *status, const char *reason)
{
    const struct state_change *s = change_find(old->form, old->status, status);
    const char *wants = NULL;
    enum err rc;

    if (!s)
        return ctx_fail(ctx, ERR_INVALID,
                        tr(ctx, "A record that is {0} cannot become {1}.",
                           TR_TEXT(record_status_title(ctx, old->form, old->status)),
                           TR_TEXT(record_status_title(ctx, old->form, status))));
    if (!user_may(ctx->user, s->permission))
        return ctx_fail(ctx, ERR_FORBIDDEN, tr(ctx, "Your role does not allow this."));
    rc = check_reason(ctx, reason, s->reason);
    if (rc == OK)
        rc = wanting(ctx, &wants, s, old->answers);
    if (rc == OK)
        rc = not_the_author(ctx, &wants, s, old);
    if (rc == OK && wants)
        rc = ctx_fail(ctx, ERR_INVALID, wants);
    *out = s;
    return rc;
}

enum err record_status_look(struct ctx *ctx, const struct record *full, const char *status,
                            const char *reason)
{
    const struct state_change *s = NULL;

    return change_check(ctx, &s, full, status, reason);
}

enum err record_set_status(struct ctx *ctx, struct record *rec, int64_t version, const char *status,
                           const char *reason)
{
    struct record_change_of change = { .action = "status", .audit = "status", .reason = reason };
    const struct record_hooks *hooks = record_hooks_of(rec->form->kind);
    const struct state_change *s = NULL;
    struct record *old = NULL;
    struct record next;
    bool done = false;
    enum err rc;

    rc = record_load_seen(ctx, &old, rec, version);
    if (rc)
        return rc;
    assert(old);
    s = change_find(old->form, old->status, status);
    if (s && s->second && text_blank(reason))
        rc = request_reason(ctx, &change.reason, old, status);
    if (rc == OK)
        rc = change_check(ctx, &s, old, status, change.reason);
    if (rc == OK && s->second)
        rc = request_step(ctx, &done, old, s, &change);
    if (rc || done)
        return rc;
    next = record_next_of(ctx, old);
    next.status = s->to;
    if (text_equal(s->to, STATUS_ERASED)) {
        next.answers = answers_new(ctx->arena, next.form);
        change.erase = next.parent_id ? NULL : next.key_id;
        change.bare = true;
    }
    if (hooks && hooks->before_status) {
        next.answers = answers_copy(ctx->arena, old->answers);
        rc = hooks->before_status(ctx, &next, old);
    }
    return rc ? rc : record_store(ctx, rec, &next, old, &change);
}

/* --- deletion --- */

/* A record goes only after those below it, or they would hang in the air. */
static enum err nothing_below(struct ctx *ctx, const struct record *rec)
{
    enum err rc = OK;

    for (size_t i = 0; rc == OK && i < ctx->forms->len; i++) {
        const struct record_filter filter = { .parent_id = rec->id };
        struct pick pick = { .form = ctx->forms->items[i], .filter = &filter, .whole = true };
        int64_t n = 0;

        if (!text_equal(pick.form->parent, rec->form->kind))
            continue;
        rc = sql_count(ctx, &n, &pick, RECORD_COUNT_MAX);
        if (rc == OK && n > 0)
            rc = ctx_fail(ctx, ERR_CONFLICT,
                          tr(ctx, "Other records belong to this one. Delete or move them first."));
    }
    return rc;
}

enum err record_delete_look(struct ctx *ctx, const struct record *full)
{
    if (text_equal(full->status, STATUS_DELETED))
        return ctx_fail(ctx, ERR_CONFLICT, tr(ctx, "This record is deleted already."));
    if (text_equal(full->status, STATUS_MERGED)) /* the merge could not be undone any more */
        return record_is_merged(ctx);
    return nothing_below(ctx, full);
}

enum err record_delete(struct ctx *ctx, struct record *rec, int64_t version, const char *reason)
{
    const struct record_change_of change = { .action = "delete",
                                             .audit = "delete",
                                             .reason = reason };
    struct record *old = NULL;
    struct record next;
    enum err rc = record_permit(ctx, rec->form, "delete");

    if (rc == OK)
        rc = check_reason(ctx, reason, true);
    if (rc == OK)
        rc = record_load_seen(ctx, &old, rec, version);
    if (rc)
        return rc;
    assert(old);
    rc = record_delete_look(ctx, old);
    if (rc)
        return rc;
    next = record_next_of(ctx, old);
    next.status = STATUS_DELETED;
    return record_store(ctx, rec, &next, old, &change);
}

/* Its parent must be there: a record without one cannot be reached. */
static enum err parent_stands(struct ctx *ctx, const struct record *rec)
{
    const struct form *form = rec->parent_id ? form_find(ctx->forms, rec->form->parent) : NULL;
    struct pick pick = { .form = form, .ids = &rec->parent_id, .ids_len = 1, .whole = true };
    struct record *parent = NULL;
    size_t len = 0;
    enum err rc = OK;

    if (form)
        rc = record_pick(ctx, &parent, &len, &pick, 0);
    if (rc == OK && form && len == 0)
        rc = ctx_fail(ctx, ERR_CONFLICT, tr(ctx, "Restore the record that it belongs to first."));
    return rc;
}

enum err record_restore(struct ctx *ctx, struct record *rec, int64_t version)
{
    const struct record_change_of change = { .action = "restore", .audit = "restore" };
    struct rows *rows = NULL;
    const char *status = NULL;
    struct record *old = NULL;
    struct record next;
    enum err rc = record_permit(ctx, rec->form, "delete");

    if (rc == OK)
        rc = record_load_seen(ctx, &old, rec, version);
    if (rc)
        return rc;
    assert(old);
    if (!text_equal(old->status, STATUS_DELETED))
        return ctx_fail(ctx, ERR_CONFLICT, tr(ctx, "This record is not deleted."));
    rc = parent_stands(ctx, old);
    if (rc == OK)
        rc = db_query(ctx, &rows, &STATUS_BEFORE, DB_TEXT(old->id));
    if (rc == OK)
        rc = sql_one_text(ctx, &status, rows);
    if (rc)
        return rc;
    next = record_next_of(ctx, old);
    next.status = status ? status : old->form->initial_status;
    return record_store(ctx, rec, &next, old, &change);
}

/* --- another parent --- */

enum err record_tell_parents(struct ctx *ctx, const struct record *next, const struct record *old)
{
    struct record parent = { .form = form_find(ctx->forms, next->form->parent),
                             .id = old->parent_id,
                             .office_id = old->office_id };
    struct event_new e = { .action = EVENT_CHILD_OUT,
                           .other_form = next->form->kind,
                           .other_id = next->id };
    enum err rc = event_add(ctx, &parent, &e);

    parent.id = next->parent_id;
    parent.office_id = next->office_id;
    e.action = EVENT_CHILD_IN;
    return rc ? rc : event_add(ctx, &parent, &e);
}

enum err record_move(struct ctx *ctx, struct record *rec, int64_t version, const char *parent_id,
                     const char *reason)
{
    const struct record_change_of change = {
        .action = "move", .audit = "move", .reason = reason, .also = record_tell_parents
    };
    struct record *old = NULL;
    struct record next;
    enum err rc = record_permit(ctx, rec->form, "edit");

    if (rc == OK && !rec->form->parent)
        rc = ctx_fail(ctx, ERR_INVALID, tr(ctx, "This kind of record belongs to no other."));
    if (rc == OK)
        rc = check_reason(ctx, reason, false);
    if (rc == OK)
        rc = record_load_seen(ctx, &old, rec, version);
    if (rc)
        return rc;
    assert(old);
    if (text_equal(old->status, STATUS_DELETED))
        return record_is_deleted(ctx);
    if (text_equal(old->parent_id, parent_id))
        return ctx_fail_field(ctx, "parent", tr(ctx, "It stands there already."));
    next = record_next_of(ctx, old);
    rc = record_take_parent(ctx, &next, parent_id);
    return rc ? rc : record_store(ctx, rec, &next, old, &change);
}

/* --- undoing --- */

enum err record_undoable(struct ctx *ctx, const char **what_out, const struct record *rec)
{
    struct rows *rows = NULL;
    const char *action = NULL;
    enum err rc;

    *what_out = NULL;
    if (!ctx->user_id || !text_equal(rec->updated_by, ctx->user_id) ||
        ctx->now_ms - rec->updated_at >= RECORD_UNDO_MS || text_equal(rec->status, STATUS_ERASED))
        return OK;
    rc = db_query(ctx, &rows, &ACTION_OF, DB_TEXT(rec->id), DB_INT(rec->version));
    if (rc == OK)
        rc = sql_one_text(ctx, &action, rows);
    if (rc == OK && action && !text_equal(action, "undo") && !text_equal(action, "merge") &&
        !text_equal(action, "part"))
        *what_out = action;
    return rc;
}

/* Who may not make a change any more may not take it back either. */
static enum err may_take_back(struct ctx *ctx, const struct record *old, const char *what)
{
    if (text_equal(what, "delete") || text_equal(what, "restore"))
        return record_permit(ctx, old->form, "delete");
    if (text_equal(what, "insert"))
        return record_permit(ctx, old->form, "create");
    return text_equal(what, "status") ? OK : record_permit(ctx, old->form, "edit");
}

/* A change of status is taken back by who may make it now. */
static enum err may_step_back(struct ctx *ctx, const struct record *old, const struct record *was)
{
    const struct state_change *s = change_find(old->form, was->status, old->status);

    if (text_equal(was->status, old->status) || text_equal(old->status, STATUS_DELETED) ||
        text_equal(was->status, STATUS_DELETED) || (s && user_may(ctx->user, s->permission)))
        return OK;
    return ctx_fail(ctx, ERR_FORBIDDEN, tr(ctx, "Your role does not allow this."));
}

/* What has to be true of the record before it can be as it was. */
static enum err go_back(struct ctx *ctx, struct record *next, const struct record *old)
{
    struct record *was = NULL;
    enum err rc = record_load_was(ctx, &was, old, old->version - 1);

    if (rc == OK)
        rc = may_step_back(ctx, old, was);
    if (rc)
        return rc;
    next->status = was->status;
    next->answers = was->answers;
    if (old->parent_id && was->parent_id && !text_equal(old->parent_id, was->parent_id))
        return record_take_parent(ctx, next, was->parent_id);
    return text_equal(old->status, STATUS_DELETED) ? parent_stands(ctx, old) : OK;
}

enum err record_undo(struct ctx *ctx, struct record *rec, int64_t version)
{
    struct record_change_of change = { .action = "undo", .audit = "undo" };
    const char *what = NULL;
    struct record *old = NULL;
    struct record next;
    enum err rc = record_load_seen(ctx, &old, rec, version);

    if (rc == OK)
        rc = record_undoable(ctx, &what, old);
    if (rc == OK && !what)
        rc = ctx_fail(ctx, ERR_CONFLICT,
                      tr(ctx, "Only your own last change can be undone, for {0} minutes.",
                         TR_INT(RECORD_UNDO_MS / 60000)));
    if (rc == OK)
        rc = may_take_back(ctx, old, what);
    if (rc)
        return rc;
    assert(old);
    next = record_next_of(ctx, old);
    if (old->version == 1) {
        next.status = STATUS_DELETED;
        rc = nothing_below(ctx, old);
    } else {
        rc = go_back(ctx, &next, old);
    }
    if (rc)
        return rc;
    if (!text_equal(next.parent_id, old->parent_id))
        change.also = record_tell_parents;
    return record_store(ctx, rec, &next, old, &change);
}
