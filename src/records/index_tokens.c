/* What leads to a record: keyed hashes of its folded names, phones, numbers and references. */
#include <stdlib.h>
#include <string.h>

#include "core/text.h"
#include "records/records_inner.h"
#include "vault/fold.h"

#define TOKENS_MAX 2000 /* of one record */

void index_hash(const struct ctx *ctx, unsigned char out[INDEX_HASH_BYTES], const struct form *form,
                int kind, const char *text)
{
    const char *domain = kind == TOKEN_PHONE   ? "phone"
                         : kind == TOKEN_EXACT ? "exact"
                         : kind == TOKEN_REF   ? "ref"
                                               : "name";
    unsigned char whole[VAULT_TOKEN_BYTES];

    vault_token(ctx->vault, whole, domain,
                arena_printf(ctx->arena, "%s/%d/%s", form->kind, kind, text));
    memcpy(out, whole, INDEX_HASH_BYTES);
}

static void add_token(struct ctx *ctx, struct tokens *t, const struct form *form, int kind,
                      const char *text)
{
    if (t->len < TOKENS_MAX)
        index_hash(ctx, t->items[t->len++], form, kind, text);
}

static int compare_hashes(const void *a, const void *b)
{
    return memcmp(a, b, INDEX_HASH_BYTES);
}

static void tokens_sort(struct tokens *t)
{
    size_t n = 0;

    if (t->len > 1)
        qsort(t->items, t->len, INDEX_HASH_BYTES, compare_hashes);
    for (size_t i = 0; i < t->len; i++)
        if (i == 0 || compare_hashes(t->items[i], t->items[n - 1]) != 0)
            memmove(t->items[n++], t->items[i], INDEX_HASH_BYTES);
    t->len = n;
}

bool tokens_have(const struct tokens *t, const unsigned char *hash)
{
    return t->len > 0 && bsearch(hash, t->items, t->len, INDEX_HASH_BYTES, compare_hashes) != NULL;
}

/* Each value of a field that is indexed as a name, a line by itself. */
static enum err plain_lines(struct ctx *ctx, const char *const **out, size_t *len_out,
                            const struct record *rec)
{
    struct levels levels = levels_of(ctx->arena, rec->answers);
    const struct form *form = rec->form;
    const char **lines = ARENA_ARRAY(ctx->arena, levels.len * form->all_len + 1, const char *);
    size_t n = 0;

    for (size_t i = 0; i < levels.len; i++) {
        const struct answers *t = levels.items[i].t;

        for (size_t k = 0; k < form->all_len; k++) {
            const struct field *f = form->all[k];

            if (f->index == INDEX_NAME && f->repeat == t->repeat && !text_blank(t->values[k]))
                lines[n++] = t->values[k];
        }
    }
    *out = lines;
    *len_out = n;
    return OK;
}

enum err index_name_lines(struct ctx *ctx, const char *const **out, size_t *len_out,
                          const struct record *rec)
{
    const struct record_hooks *hooks = record_hooks_of(rec->form->kind);

    if (hooks && hooks->name_lines)
        return hooks->name_lines(ctx, rec, out, len_out);
    return plain_lines(ctx, out, len_out, rec);
}

static enum err name_tokens(struct ctx *ctx, struct tokens *out, const struct record *rec)
{
    const char *const *lines = NULL;
    size_t len = 0;
    enum err rc;

    rc = index_name_lines(ctx, &lines, &len, rec);
    for (size_t i = 0; rc == OK && i < len; i++) {
        struct fold_tokens folded = { 0 };

        if (strlen(lines[i]) > FOLD_LINE_MAX)
            continue;
        rc = fold_name(ctx, &folded, lines[i], false);
        for (size_t k = 0; rc == OK && k < folded.len; k++)
            add_token(ctx, out, rec->form, (int)folded.items[k].kind, folded.items[k].text);
    }
    return rc;
}

static void value_token(struct ctx *ctx, struct tokens *out, const struct field *f,
                        const struct form *form, const char *value)
{
    bool phone = f->index == INDEX_PHONE;
    const char *text = phone ? fold_phone(ctx, value) : fold_exact(ctx, value);

    if (phone && strlen(text) < PHONE_DIGITS_MIN)
        return;
    if (text[0])
        add_token(ctx, out, form, phone ? TOKEN_PHONE : TOKEN_EXACT, text);
}

enum err tokens_of(struct ctx *ctx, struct tokens *out, const struct record *rec)
{
    struct levels levels = levels_of(ctx->arena, rec->answers);
    const struct form *form = rec->form;
    enum err rc;

    out->items = arena_array(ctx->arena, TOKENS_MAX, INDEX_HASH_BYTES);
    out->len = 0;
    for (size_t i = 0; i < levels.len; i++) {
        const struct answers *t = levels.items[i].t;

        for (size_t k = 0; k < form->all_len; k++) {
            const struct field *f = form->all[k];

            if (f->repeat != t->repeat || text_blank(t->values[k]))
                continue;
            if (f->index == INDEX_PHONE || f->index == INDEX_EXACT)
                value_token(ctx, out, f, form, t->values[k]);
            if (ref_can_merge(ctx, f))
                add_token(ctx, out, form, TOKEN_REF, t->values[k]);
        }
    }
    rc = name_tokens(ctx, out, rec);
    tokens_sort(out);
    return rc;
}
