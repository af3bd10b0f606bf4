/* Parts of a record's page: what was deleted, what waits, what can be undone or done; comments. */
#include <string.h>

#include "core/date.h"
#include "core/text.h"
#include "records/records_inner.h"
#include "records/screens_web.h"

const char *action_title(struct ctx *ctx, const char *action)
{
    static const char *const titles[][2] = {
        { "insert", N_("registered") }, { "update", N_("changed") },
        { "status", N_("new status") }, { "delete", N_("deleted") },
        { "restore", N_("restored") },  { "undo", N_("undone") },
        { "move", N_("moved") },        { "merge", N_("merged") },
        { "part", N_("merge undone") },
    };

    for (size_t i = 0; i < sizeof titles / sizeof titles[0]; i++)
        if (strcmp(action, titles[i][0]) == 0)
            return tr_args(ctx, titles[i][1], NULL);
    return action;
}

/* The words begin with the file's name. */
static const char *file_event_text(struct ctx *ctx, const struct record_event *e)
{
    static const char *const texts[][2] = {
        { "file_in", N_("added the file {0}") },
        { "file_out", N_("moved a file to another record: {0}") },
        { "file_named", N_("gave a file another name: {0}") },
        { "file_gone", N_("removed the file {0}") },
        { "file_back", N_("brought the file {0} back") },
    };
    const char *name = e->words[0] ? e->words : tr(ctx, "(can no longer be read)");

    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        if (strcmp(e->action, texts[i][0]) == 0)
            return tr_args(ctx, texts[i][1], (const struct tr_arg[]){ TR_TEXT(name), { 0 } });
    return e->action;
}

const char *event_text(struct ctx *ctx, const struct record_event *e)
{
    const struct form *form = e->other_form ? form_find(ctx->forms, e->other_form) : NULL;
    const char *kind = form && form->privacy <= ctx->user->clearance ? label_text(ctx, &form->title)
                                                                     : tr(ctx, "A record");

    if (strcmp(e->action, "child_in") == 0)
        return tr(ctx, "{0}: moved here", TR_TEXT(kind));
    if (strcmp(e->action, "child_out") == 0)
        return tr(ctx, "{0}: moved to another record", TR_TEXT(kind));
    if (strcmp(e->action, "comment") == 0)
        return tr(ctx, "commented");
    if (strcmp(e->action, "comment_gone") == 0)
        return tr(ctx, "took a comment back");
    if (strcmp(e->action, "asked") == 0)
        return e->words[0] ? tr(ctx, "asked for a change of status: {0}", TR_TEXT(e->words))
                           : tr(ctx, "asked for a change of status");
    if (text_starts(e->action, "file_"))
        return file_event_text(ctx, e);
    return tr(ctx, "refused a change of status, or took it back");
}

struct url record_place(struct ctx *ctx, const struct record *rec, const char *part)
{
    struct url url = record_url(ctx, rec);

    url.text = arena_printf(ctx->arena, "%s#%s", url.text, part);
    return url;
}

static struct url part_url(struct ctx *ctx, const struct record *rec, const char *part)
{
    return url_build(ctx, "/records/{}/{}/{}", rec->form->kind, rec->id, part);
}

/* What the undo button says it takes back. */
static const char *undo_text(struct ctx *ctx, const char *action)
{
    static const char *const texts[][2] = {
        { "insert", N_("You have just registered this record.") },
        { "update", N_("You have just changed this record.") },
        { "status", N_("You have just changed the status.") },
        { "delete", N_("You have just deleted this record.") },
        { "restore", N_("You have just restored this record.") },
        { "move", N_("You have just moved this record.") },
    };

    for (size_t i = 0; action != NULL && i < sizeof texts / sizeof texts[0]; i++)
        if (strcmp(action, texts[i][0]) == 0)
            return tr_args(ctx, texts[i][1], NULL);
    return NULL;
}

/* Why this version was made; NULL if nobody said. */
static enum err reason_of(struct ctx *ctx, const char **out, const struct record *rec)
{
    struct record_event *events = NULL;
    size_t len = 0;
    enum err rc = record_events(ctx, &events, &len, rec);

    for (size_t i = 0; !rc && i < len; i++) {
        if (strcmp(events[i].action, "reason") != 0 || events[i].version != rec->version)
            continue;
        *out = events[i].words;
        break;
    }
    return rc;
}

static enum err fill_request(struct ctx *ctx, struct record_notices_view *v,
                             const struct record *rec, const struct record_step *steps, size_t len)
{
    struct record_request *r = NULL;
    bool second = false;
    enum err rc = OK;

    for (size_t i = 0; i < rec->form->states_len; i++)
        second = second || rec->form->states[i].second;
    if (second)
        rc = record_request_load(ctx, &r, rec);
    if (rc || r == NULL)
        return rc;
    v->request = record_status_title(ctx, rec->form, r->status);
    v->request_to = r->status;
    v->asked_by = r->asked_by_name;
    v->request_until = moment_date(ctx->arena, r->until, ctx->time_zone);
    v->request_mine = r->mine;
    v->confirm = part_url(ctx, rec, "status");
    v->refuse = part_url(ctx, rec, "request");
    for (size_t i = 0; i < len; i++) {
        if (!text_equal(steps[i].status, r->status))
            continue;
        v->may_confirm = !r->mine && steps[i].wants == NULL;
        v->may_refuse = true;
        v->request_why = r->reason; /* for those who decide */
    }
    v->may_refuse = v->may_refuse || r->mine;
    return OK;
}

enum err notices_fill(struct ctx *ctx, struct record_notices_view *v, const struct record *rec)
{
    struct record_step *steps = NULL;
    struct step_view *items;
    const char *undo = NULL;
    size_t len = 0;
    enum err rc = OK;

    v->version = rec->version;
    v->deleted = strcmp(rec->status, STATUS_DELETED) == 0;
    v->restore = part_url(ctx, rec, "restore");
    v->undo = part_url(ctx, rec, "undo");
    if (v->deleted)
        rc = reason_of(ctx, &v->deleted_why, rec);
    if (!rc)
        rc = record_undoable(ctx, &undo, rec);
    v->undo_what = undo_text(ctx, undo);
    if (!rc && !v->deleted && rec->form->states_len > 0)
        rc = record_steps(ctx, &steps, &len, rec);
    if (!rc)
        rc = fill_request(ctx, v, rec, steps, len);
    items = ARENA_ARRAY(ctx->arena, len + 1, struct step_view);
    for (size_t i = 0; i < len; i++) {
        items[i].label = steps[i].label;
        items[i].link = url_build(ctx, "/records/{}/{}/status?to={}", rec->form->kind, rec->id,
                                  steps[i].status);
    }
    v->steps = items;
    v->steps_len = len;
    return rc;
}

enum err comments_fill(struct ctx *ctx, struct comments_view *v, const struct record *rec,
                       const char *typed)
{
    struct record_comment *list = NULL;
    struct comment_view *items;
    enum err rc = record_comments(ctx, &list, &v->items_len, rec);

    if (rc)
        return rc;
    items = ARENA_ARRAY(ctx->arena, v->items_len + 1, struct comment_view);
    for (size_t i = 0; i < v->items_len; i++)
        items[i] = (struct comment_view){ .id = list[i].id,
                                          .by = list[i].made_by_name,
                                          .text = list[i].text,
                                          .made_at = list[i].made_at,
                                          .mine = list[i].mine };
    v->items = items;
    v->may_add = strcmp(rec->status, STATUS_DELETED) != 0 && may(ctx, rec->form->kind, "comment");
    v->text = typed == NULL ? "" : typed;
    v->problem = typed == NULL ? NULL : ctx_problem(ctx, "text");
    v->add = part_url(ctx, rec, "comments");
    v->undo = url_build(ctx, "/records/{}/{}/comments/undo", rec->form->kind, rec->id);
    return OK;
}
