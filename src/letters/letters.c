/* Templates in force, and the making of letters. */
#include "letters/letters.h"

#include <string.h>

#include "audit/audit.h"
#include "auth/auth.h"
#include "core/asset.h"
#include "core/text.h"
#include "letters/letters_inner.h"
#include "records/attach.h"
#include "rules/rules.h"
#include "vault/vault.h"

#define FOLDER  "content/letters/"
#define ENDING  ".md"
#define NAME_AT (sizeof(FOLDER) - 1)

bool letter_reaches_all(const struct ctx *ctx)
{
    return ctx->user && ctx->user->scope == SCOPE_ALL;
}

static enum err no_letter(struct ctx *ctx)
{
    return ctx_fail(ctx, ERR_NOT_FOUND, tr(ctx, "There is no such letter."));
}

/* --- templates in force --- */

static struct letter_version of_asset(struct ctx *ctx, const struct asset *asset, const char *name)
{
    const char *source = arena_strndup(ctx->arena, (const char *)asset->bytes, asset->len);

    return (struct letter_version){ .name = name,
                                    .programme_id = LETTER_ALL,
                                    .origin = LETTER_SHIPPED,
                                    .hash = letter_hash(ctx, source),
                                    .source = source };
}

static bool shipped(struct ctx *ctx, struct letter_version *out, const char *name)
{
    const struct asset *asset =
        text_is_name(name) ? asset_find(arena_printf(ctx->arena, FOLDER "%s" ENDING, name)) : NULL;

    if (asset)
        *out = of_asset(ctx, asset, name);
    return asset != NULL;
}

/* The program's own text counts as the version under which it was used last, if it is that still.
 */
static bool of_all(struct ctx *ctx, struct letter_version *out, const struct letter_version *newest,
                   const char *name)
{
    struct letter_version own = { 0 };

    if (newest && newest->origin == LETTER_OWN) {
        *out = *newest;
        return true;
    }
    if (!shipped(ctx, &own, name))
        return false;
    if (newest && newest->origin == LETTER_SHIPPED && text_equal(newest->hash, own.hash))
        own = *newest;
    *out = own;
    return true;
}

enum err letter_now(struct ctx *ctx, struct letter_version *out, const char *name,
                    const char *programme_id)
{
    struct letter_version newest = { 0 };
    bool there = false;
    enum err rc = OK;

    if (!text_is_name(name))
        return no_letter(ctx);
    if (*programme_id != '\0')
        rc = letter_store_newest(ctx, &newest, &there, name, programme_id);
    if (rc == OK && there && newest.origin == LETTER_OWN) {
        *out = newest;
        return OK;
    }
    if (rc == OK)
        rc = letter_store_newest(ctx, &newest, &there, name, LETTER_ALL);
    if (rc == OK && !of_all(ctx, out, there ? &newest : NULL, name))
        rc = no_letter(ctx);
    return rc;
}

static int by_name(const struct letter_version *a, const struct letter_version *b)
{
    return text_compare(a->name, b->name);
}

/* Puts one in by name, in the place of one that is there. */
static void put(struct letter_version *items, size_t *len, const struct letter_version *v)
{
    size_t at = 0;

    while (at < *len && by_name(&items[at], v) < 0)
        at++;
    if (at == *len || by_name(&items[at], v) != 0) {
        if (*len == LETTERS_MAX)
            return;
        memmove(&items[at + 1], &items[at], (*len - at) * sizeof(*items));
        (*len)++;
    }
    items[at] = *v;
}

enum err letters_now(struct ctx *ctx, struct letter_version **out, size_t *len_out,
                     const char *programme_id)
{
    const struct asset *const *assets = asset_list(ctx->arena, FOLDER);
    struct letter_version *items = ARENA_ARRAY(ctx->arena, LETTERS_MAX + 1, struct letter_version);
    struct letter_version *stored = NULL;
    size_t stored_len = 0;
    size_t len = 0;
    enum err rc = letter_store_all(ctx, &stored, &stored_len, programme_id);

    for (size_t i = 0; rc == OK && assets[i] != NULL; i++) {
        const char *name = assets[i]->name + NAME_AT;
        struct letter_version v;

        if (!text_ends(name, ENDING))
            continue;
        name = arena_strndup(ctx->arena, name, strlen(name) - (sizeof(ENDING) - 1));
        v = of_asset(ctx, assets[i], name);
        put(items, &len, &v);
    }
    for (size_t i = 0; i < stored_len; i++) {
        struct letter_version v = stored[i];

        if (v.origin == LETTER_OWN ||
            (v.origin == LETTER_SHIPPED && of_all(ctx, &v, &stored[i], v.name)))
            put(items, &len, &v);
    }
    if (rc)
        return rc;
    *out = items;
    *len_out = len;
    return OK;
}

enum err letter_open(struct ctx *ctx, struct letter **out, const struct letter_version *v)
{
    struct letter *l = NULL;
    enum err rc = letter_read(ctx, &l, v->name, v->source, strlen(v->source));

    if (rc == OK)
        rc = letter_check(ctx, l, rules_of()->shape);
    if (rc == OK)
        *out = l;
    return rc;
}

/* --- publishing --- */

static enum err audit_change(struct ctx *ctx, const char *action, const struct letter_version *v)
{
    struct sealed detail = { 0 };
    enum err rc = vault_seal_text(
        ctx, &detail, VAULT_KEY_AUDIT, arena_printf(ctx->arena, "audit/letter/%s", v->id),
        arena_printf(ctx->arena, "%s, version %lld, programme %s, %s", v->name,
                     (long long)v->version, v->programme_id, v->hash));

    return rc ? rc : audit_add(ctx, action, v->id, VAULT_KEY_AUDIT, &detail);
}

static enum err may_manage(struct ctx *ctx, const char *programme_id)
{
    struct letter_programme p = { 0 };

    if (!user_may(ctx->user, PERM_LETTER_MANAGE))
        return ctx_fail(ctx, ERR_FORBIDDEN, tr(ctx, "Your role does not allow this."));
    return letter_programme_load(ctx, &p, programme_id);
}

static enum err add_version(struct ctx *ctx, struct letter_version *v, int64_t seen,
                            const char *action)
{
    enum err rc = db_begin(ctx);

    if (rc)
        return rc;
    rc = letter_store_add(ctx, v, seen);
    if (rc == OK)
        rc = audit_change(ctx, action, v);
    return db_end(ctx, rc);
}

enum err letter_publish(struct ctx *ctx, const char *name, const char *programme_id,
                        const char *source, int64_t seen)
{
    struct letter_version v = {
        .name = name, .programme_id = programme_id, .origin = LETTER_OWN, .source = source
    };
    struct letter *l = NULL;
    enum err rc = may_manage(ctx, programme_id);

    if (rc == OK && !text_is_name(name))
        rc = ctx_fail_field(ctx, "name",
                            tr(ctx, "A name has small letters, digits and _, such as follow_up."));
    if (rc == OK)
        rc = letter_open(ctx, &l, &v);
    if (rc == OK)
        rc = letter_refuse(ctx, l);
    return rc ? rc : add_version(ctx, &v, seen, "letter.publish");
}

enum err letter_withdraw(struct ctx *ctx, const char *name, const char *programme_id, int64_t seen)
{
    struct letter_version v = {
        .name = name, .programme_id = programme_id, .origin = LETTER_WITHDRAWN, .source = ""
    };
    struct letter_version newest = { 0 };
    bool there = false;
    enum err rc = may_manage(ctx, programme_id);

    if (rc == OK)
        rc = letter_store_newest(ctx, &newest, &there, name, programme_id);
    if (rc == OK && (!there || newest.origin != LETTER_OWN))
        rc = ctx_fail(ctx, ERR_CONFLICT, tr(ctx, "There is nothing of your own to take back."));
    return rc ? rc : add_version(ctx, &v, seen, "letter.withdraw");
}

/* --- making --- */

static letter_guard guard;

void letters_use_guard(letter_guard fn)
{
    guard = fn;
}

static enum err ask_guard(struct ctx *ctx, const struct record *rec,
                          const struct letter_sharing *sharing)
{
    const char *refused = NULL;
    enum err rc = OK;

    if (!sharing->purpose)
        return OK;
    if (!guard)
        refused = tr(ctx, "There is no consent of the person.");
    else
        rc = guard(ctx, &refused, rec, sharing);
    if (rc == OK && refused)
        rc = ctx_fail_field(ctx, LETTER_CONSENT, refused);
    return rc;
}

enum err letter_ask(struct ctx *ctx, const struct letter_filled *filled, const struct record *rec)
{
    return ask_guard(ctx, rec, &filled->sharing);
}

/* The program's own text gets a number when it is first used, so that it can be found again. */
static enum err number_it(struct ctx *ctx, struct letter_version *v)
{
    struct letter_version newest = { 0 };
    bool there = false;
    enum err rc;

    if (v->id)
        return OK;
    rc = letter_store_newest(ctx, &newest, &there, v->name, LETTER_ALL);
    if (rc)
        return rc;
    if (there && newest.origin == LETTER_SHIPPED && text_equal(newest.hash, v->hash)) {
        *v = newest;
        return OK;
    }
    return letter_store_add(ctx, v, newest.version);
}

static enum err audit_made(struct ctx *ctx, const struct record *rec,
                           const struct letter_version *v, bool kept)
{
    const char *key = rec->key_id ? rec->key_id : VAULT_KEY_SYSTEM;
    struct sealed detail = { 0 };
    enum err rc = vault_seal_text(ctx, &detail, key,
                                  arena_printf(ctx->arena, "audit/%s/%s", rec->form->kind, rec->id),
                                  arena_printf(ctx->arena, "%s, version %lld%s", v->name,
                                               (long long)v->version, kept ? ", kept" : ""));

    return rc ? rc : audit_add(ctx, PERM_LETTER_MAKE, rec->id, key, &detail);
}

static enum err keep_file(struct ctx *ctx, const char **id_out, const struct letter_filled *filled,
                          const struct record *rec, const struct letter_pdf *pdf)
{
    const char *name = arena_printf(ctx->arena, "%s %s.pdf", filled->title, ctx_today(ctx));

    return attachment_add(ctx, id_out, rec, &(struct upload_bytes){ name, pdf->bytes, pdf->len });
}

enum err letter_make(struct ctx *ctx, struct letter_pdf *out, const struct letter_version *v,
                     const struct letter_filled *filled, const struct record *rec, bool keep)
{
    struct letter_sharing sharing = filled->sharing;
    struct letter_version used = *v;
    struct letter_pdf pdf = { 0 };
    const char *file_id = NULL;
    enum err rc;

    if (!user_may(ctx->user, PERM_LETTER_MAKE))
        return ctx_fail(ctx, ERR_FORBIDDEN, tr(ctx, "Your role does not allow this."));
    rc = letter_ask(ctx, filled, rec);
    if (rc == OK)
        rc = document_pdf(ctx, filled->document, &pdf.bytes, &pdf.len);
    if (rc == OK)
        rc = db_begin(ctx);
    if (rc)
        return rc;
    sharing.given = true; /* asked once more: what is withdrawn meanwhile holds */
    rc = ask_guard(ctx, rec, &sharing);
    if (rc == OK)
        rc = number_it(ctx, &used);
    if (rc == OK && keep)
        rc = keep_file(ctx, &file_id, filled, rec, &pdf);
    if (rc == OK)
        rc = letter_store_made(ctx, rec, &used, filled, file_id);
    if (rc == OK)
        rc = audit_made(ctx, rec, &used, keep);
    rc = db_end(ctx, rc);
    if (rc == OK)
        *out = pdf;
    return rc;
}
