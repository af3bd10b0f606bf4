/* Publishing, and which forms are in force. */
#include "records/publish.h"

#include <stdlib.h>
#include <string.h>

#include "audit/audit.h"
#include "core/log.h"
#include "core/text.h"
#include "records/publish_inner.h"

#define LOOKS_MAX 5 /* at forms that are published while they are read */

DB_SQL(GRANT_DROP, "DELETE FROM form_grant WHERE form = $1");
DB_SQL(GRANT_ADD, "INSERT INTO form_grant (form, role, level) VALUES ($1, $2, $3)");
DB_SQL(LIVE_LIST, "SELECT v.form, v.source, v.origin, v.epoch FROM form_version AS v"
                  " JOIN (SELECT form, max(epoch) AS epoch FROM form_version GROUP BY form) AS n"
                  " ON n.form = v.form AND n.epoch = v.epoch"
                  " WHERE v.origin = 'overlay' OR v.origin = 'whole' ORDER BY v.form");

/* --- publishing --- */

static enum err write_grants(struct ctx *ctx, const char *kind, const struct kind_grant *grants,
                             size_t len)
{
    enum err rc = len ? db_exec(ctx, NULL, &GRANT_DROP, DB_TEXT(kind)) : OK;

    for (size_t i = 0; !rc && i < len; i++)
        rc = db_exec(ctx, NULL, &GRANT_ADD, DB_TEXT(kind), DB_TEXT(grants[i].role),
                     DB_TEXT(grants[i].level));
    return rc;
}

static const char *joined(struct arena *a, const char *const *words)
{
    const char *text = "";

    for (; *words; words++)
        text = arena_printf(a, "%s%s%s", text, text[0] ? ", " : "", *words);
    return text;
}

static enum err check_grants(struct ctx *ctx, const struct form_plan *plan,
                             const struct kind_grant *grants, size_t len)
{
    const char *const *roles = auth_roles(ctx->arena);

    if (len && plan->origin != ORIGIN_WHOLE)
        return ctx_fail_field(
            ctx, "roles",
            tr(ctx, "Who may do what with {0} is decided by the program's own table of roles.",
               TR_TEXT(plan->kind)));
    if (!len && !plan->now && plan->origin == ORIGIN_WHOLE)
        return ctx_fail_field(
            ctx, "roles", tr(ctx, "Say which roles may see records of this form, or nobody can."));
    for (size_t i = 0; i < len; i++) {
        bool known = false;

        for (const char *const *role = roles; *role; role++)
            known = known || text_equal(*role, grants[i].role);
        if (!known)
            return ctx_fail_field(ctx, "roles",
                                  tr(ctx, "There is no role {0}: write one of {1}.",
                                     TR_TEXT(grants[i].role), TR_TEXT(joined(ctx->arena, roles))));
        if (!auth_level_exists(grants[i].level))
            return ctx_fail_field(ctx, "roles",
                                  tr(ctx, "{0} is not known here: write one of {1}.",
                                     TR_TEXT(grants[i].level), TR_TEXT("see, work, all")));
    }
    return OK;
}

static enum err write_audit(struct ctx *ctx, const struct form_plan *plan, int64_t epoch)
{
    struct sealed detail = { 0 };
    enum err rc = vault_seal_text(
        ctx, &detail, VAULT_KEY_AUDIT, arena_printf(ctx->arena, "audit/form/%s", plan->form->kind),
        arena_printf(ctx->arena, "version %s, epoch %lld, %s", plan->form->version,
                     (long long)epoch, plan->form->hash));

    if (rc)
        return rc;
    return audit_add(ctx, "form.publish", plan->form->kind, VAULT_KEY_AUDIT, &detail);
}

enum err publish_now(struct ctx *ctx, const struct form_plan *plan, const struct kind_grant *grants,
                     size_t grants_len, int64_t *epoch_out)
{
    int64_t epoch = 0;
    enum err rc;

    if (!user_may(ctx->user, "form.publish"))
        return ctx_fail(ctx, ERR_FORBIDDEN, tr(ctx, "Your role does not allow this."));
    if (!plan->form)
        return ctx_fail(ctx, ERR_INVALID,
                        tr(ctx, "The file has mistakes: mend them and upload it again."));
    rc = check_grants(ctx, plan, grants, grants_len);
    if (!rc)
        rc = db_begin(ctx);
    if (rc)
        return rc;
    rc = publish_write(ctx, plan, &epoch);
    if (!rc && epoch != plan->epoch + 1)
        rc = ctx_fail(ctx, ERR_CONFLICT,
                      tr(ctx, "Another form was published meanwhile: look at the difference "
                              "again, then publish."));
    if (!rc)
        rc = write_grants(ctx, plan->form->kind, grants, grants_len);
    if (!rc)
        rc = write_audit(ctx, plan, epoch);
    rc = db_end(ctx, rc);
    if (rc == OK)
        *epoch_out = epoch;
    return rc;
}

/* --- reading what is in force --- */

struct source_list {
    struct form_text *items; /* file = kind */
    int64_t *epochs;
    size_t len;
};

static enum err read_sources(struct ctx *ctx, struct source_list *out)
{
    struct rows *rows = NULL;
    size_t cap = 0;
    bool more = true;
    enum err rc = db_query(ctx, &rows, &LIVE_LIST);

    while (!rc && more) {
        rc = db_next(ctx, rows, &more);
        if (rc || !more)
            break;
        if (out->len == cap) {
            out->items = arena_grow(ctx->arena, out->items, cap * sizeof(*out->items),
                                    (2 * cap + 16) * sizeof(*out->items));
            out->epochs = arena_grow(ctx->arena, out->epochs, cap * sizeof(*out->epochs),
                                     (2 * cap + 16) * sizeof(*out->epochs));
            cap = 2 * cap + 16;
        }
        out->items[out->len].files = NULL;
        out->epochs[out->len] = row_int(rows, 3);
        out->items[out->len].file = row_text(rows, 0);
        out->items[out->len].csv = row_text(rows, 1);
        out->items[out->len].len = strlen(out->items[out->len].csv);
        out->len++;
    }
    db_rows_close(rows);
    for (size_t i = 0; !rc && i < out->len; i++)
        rc = form_files_load(ctx, &out->items[i].files, out->items[i].file, out->epochs[i], true);
    return rc;
}

static int compare_kinds(const void *a, const void *b)
{
    return strcmp((*(const struct form *const *)a)->kind, (*(const struct form *const *)b)->kind);
}

static bool is_among(const struct source_list *list, const char *kind)
{
    for (size_t i = 0; i < list->len; i++)
        if (strcmp(list->items[i].file, kind) == 0)
            return true;
    return false;
}

/* Kinds alone: a published form may name another one that is read after it. */
static const struct forms *names_of(struct arena *a, const struct forms *shipped,
                                    const struct source_list *list)
{
    struct forms *all = ARENA_NEW(a, struct forms);
    const struct form **items = ARENA_ARRAY(a, shipped->len + list->len + 1, const struct form *);

    *all = *shipped;
    for (size_t i = 0; i < shipped->len; i++)
        items[i] = shipped->items[i];
    for (size_t i = 0; i < list->len; i++) {
        struct form *name = ARENA_NEW(a, struct form);

        name->kind = list->items[i].file;
        items[all->len++] = name;
    }
    all->items = items;
    return all;
}

/* Shipped forms without those that are replaced, and the published ones. */
static const struct forms *combine(struct ctx *ctx, const struct forms *shipped,
                                   const struct source_list *list)
{
    struct forms *all = ARENA_NEW(ctx->arena, struct forms);
    const struct form **items =
        ARENA_ARRAY(ctx->arena, shipped->len + list->len + 1, const struct form *);
    const struct forms *names = names_of(ctx->arena, shipped, list);

    *all = *shipped;
    all->len = 0;
    for (size_t i = 0; i < list->len; i++) {
        struct ctx scratch = *ctx;
        const struct forms *one = NULL;

        ctx_clear_problems(&scratch);
        scratch.forms = names;
        if (form_parse_delivered(&scratch, &one, &list->items[i]) == OK) {
            items[all->len++] = one->items[0];
            continue;
        }
        /* It was good when it was published: the program has become stricter since. */
        log_error("the published form %s cannot be read: %s", list->items[i].file,
                  ctx_first_problem(&scratch));
        if (form_find(shipped, list->items[i].file))
            items[all->len++] = form_find(shipped, list->items[i].file);
    }
    for (size_t i = 0; i < shipped->len; i++)
        if (!is_among(list, shipped->items[i]->kind))
            items[all->len++] = shipped->items[i];
    qsort(items, all->len, sizeof(*items), compare_kinds);
    all->items = items;
    return all;
}

static enum err load_roles(struct ctx *ctx, const struct source_list *list)
{
    const char **kinds = ARENA_ARRAY(ctx->arena, list->len + 1, const char *);
    struct kind_grant *grants = NULL;
    size_t len = 0;
    enum err rc = form_grants(ctx, &grants, &len, NULL);

    for (size_t i = 0; i < list->len; i++)
        kinds[i] = list->items[i].file;
    return rc ? rc : auth_load_kinds(ctx, kinds, list->len, grants, len);
}

/* All of it as it was at one epoch; what was published while reading is read again. */
static enum err load_live(struct ctx *ctx, const struct forms *shipped, const struct forms **out,
                          int64_t *epoch_out)
{
    for (int i = 0; i < LOOKS_MAX; i++) {
        struct source_list list = { 0 };
        int64_t before = 0;
        int64_t after = 0;
        enum err rc = publish_epoch(ctx, &before);

        if (!rc)
            rc = read_sources(ctx, &list);
        if (!rc)
            rc = load_roles(ctx, &list);
        if (!rc)
            rc = publish_epoch(ctx, &after);
        if (rc)
            return rc;
        if (before != after)
            continue;
        *out = list.len ? combine(ctx, shipped, &list) : shipped;
        *epoch_out = before;
        return OK;
    }
    return ctx_fail(ctx, ERR_BUSY, tr(ctx, "Forms are being published: try again."));
}

enum err forms_live_look(struct ctx *ctx, struct forms_live *live, bool *moved_out,
                         enum err (*after)(struct ctx *ctx))
{
    struct ctx own = *ctx;
    const struct forms *forms = NULL;
    int64_t epoch = 0;
    enum err rc = publish_epoch(ctx, &epoch);

    if (rc)
        return rc;
    *moved_out = false;
    if (epoch == live->epoch) {
        ctx->forms = live->forms;
        return OK;
    }
    own.arena = arena_new(0);
    own.forms = live->shipped;
    rc = load_live(&own, live->shipped, &forms, &epoch);
    own.forms = forms;
    if (!rc && after)
        rc = after(&own);
    if (rc) {
        ctx_set_problem(ctx, rc, NULL, ctx_first_problem(&own));
        arena_free(own.arena);
        return rc;
    }
    forms_live_end(live);
    live->arena = own.arena;
    live->forms = forms;
    live->epoch = epoch;
    ctx->forms = forms;
    *moved_out = true;
    return OK;
}

void forms_live_end(struct forms_live *live)
{
    arena_free(live->arena);
    live->arena = NULL;
    live->forms = live->shipped;
    live->epoch = -1;
}

/* --- at start --- */

static enum err write_version(struct ctx *ctx, const struct form_plan *plan)
{
    int64_t epoch = 0;
    enum err rc = db_begin(ctx);

    if (rc)
        return rc;
    rc = publish_write(ctx, plan, &epoch);
    return db_end(ctx, rc);
}

/* The form of the program, with the overlay that was published over it. */
static enum err prepare_overlay(struct ctx *ctx, const struct form *form,
                                const struct form_now *now, const struct form_text *base)
{
    struct form_text overlay = { arena_printf(ctx->arena, "%s.overlay.csv", form->kind), now->given,
                                 strlen(now->given), NULL };
    struct form_plan plan = { 0 };
    enum err rc = form_files_load(ctx, &overlay.files, form->kind, now->epoch, false);

    if (!rc)
        rc = publish_again(ctx, &plan, base, &overlay);

    if (rc || text_equal(now->hash, plan.form->hash))
        return rc;
    if (plan.notes)
        log_error("the overlay of %s does not fit the program's new form: see its page",
                  form->kind);
    return write_version(ctx, &plan);
}

static enum err prepare_form(struct ctx *ctx, const struct form *form)
{
    struct form_plan plan = { .kind = form->kind, .origin = ORIGIN_SHIPPED, .form = form };
    struct problem *last = ctx->problems_last;
    struct form_now now = { 0 };
    bool there = false;
    enum err rc = publish_now_of(ctx, &now, form->kind, &there);

    if (rc || (there && now.origin == ORIGIN_SHIPPED && text_equal(now.hash, form->hash)))
        return rc;
    if (!publish_shipped(ctx, &plan.source, form->kind))
        plan.source = (struct form_text){ form->kind, "", 0, NULL };
    if (there && now.origin == ORIGIN_OVERLAY && now.given)
        return prepare_overlay(ctx, form, &now, &plan.source);
    rc = publish_rules(ctx, &plan);
    ctx_problems_back(ctx, last); /* what an upgrade of the program changes, it answers for */
    return rc ? rc : write_version(ctx, &plan);
}

enum err publish_prepare(struct ctx *ctx)
{
    const struct forms *shipped = ctx->forms;
    int64_t epoch = 0;
    enum err rc = OK;

    for (size_t i = 0; rc == OK && i < shipped->len; i++)
        rc = prepare_form(ctx, shipped->items[i]);
    if (rc == OK)
        rc = load_live(ctx, shipped, &ctx->forms, &epoch);
    return rc;
}
