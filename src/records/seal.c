/* Sealing of one level of a record: open and sealed answers, bound to their place and version. */
#include <assert.h>

#include "records/records_inner.h"

#define CONTEXT_MAX ((size_t)300)

const char *seal_context(struct arena *a, const struct form *form, const struct field *repeat,
                         const char *id, int64_t version)
{
    struct buf b;

    buf_init(&b, a, CONTEXT_MAX);
    buf_add(&b, form->kind);
    if (repeat) {
        buf_add(&b, "__");
        buf_add(&b, repeat->name);
    }
    buf_add_char(&b, '/');
    buf_add(&b, id);
    buf_add_char(&b, '/');
    buf_add_int(&b, version);
    assert(buf_ok(&b));
    return buf_text(&b);
}

/* Forms about nobody may still have a sealed field. */
static const char *key_of(const char *key_id)
{
    return key_id ? key_id : VAULT_KEY_SYSTEM;
}

enum err level_open(struct ctx *ctx, struct answers *t, const struct level_bytes *bytes)
{
    struct problem *last = ctx->problems_last;
    const void *plain = NULL;
    size_t len = 0;
    enum err rc = OK;

    if (bytes->open)
        rc = answers_decode(ctx, t, bytes->open, bytes->open_len);
    if (rc || !bytes->sealed.bytes)
        return rc;
    rc = vault_unseal(ctx, &plain, &len, key_of(bytes->key_id), bytes->context, &bytes->sealed);
    if (rc == ERR_NOT_FOUND) {
        ctx_problems_back(ctx, last);
        return OK;
    }
    if (rc)
        return rc;
    return answers_decode(ctx, t, plain, len);
}

/* Answers that the form does not ask any more count too: they are kept. */
static bool has_store(const struct answers *t, const struct field *repeat, enum field_store store)
{
    for (size_t i = 0; i < t->form->all_len; i++) {
        const struct field *f = t->form->all[i];

        if (f->repeat == repeat && field_is_answer(f) && f->store == store)
            return true;
    }
    for (size_t i = 0; i < t->unknown_len; i++)
        if (t->unknown[i].store == store)
            return true;
    return false;
}

enum err level_seal(struct ctx *ctx, struct write *w, const struct record *rec, int64_t version)
{
    const void *plain = NULL;
    size_t len = 0;
    enum err rc = OK;

    if (has_store(w->t, w->repeat, STORE_OPEN))
        rc = answers_encode(ctx, &w->open, &w->open_len, w->t, STORE_OPEN);
    if (rc || !has_store(w->t, w->repeat, STORE_SEALED))
        return rc;
    rc = answers_encode(ctx, &plain, &len, w->t, STORE_SEALED);
    if (rc)
        return rc;
    return vault_seal(ctx, &w->sealed, key_of(rec->key_id),
                      seal_context(ctx->arena, rec->form, w->repeat, w->id, version), plain, len);
}
