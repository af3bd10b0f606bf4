#include "forms/forms_inner.h"

#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/text.h"

#define VERSION      1
#define BYTES_MAX    ((size_t)8 * 1024 * 1024)
#define VARINT_BYTES 5

/* --- writing --- */

static void add_number(struct buf *b, size_t n)
{
    while (n >= 0x80) {
        buf_add_char(b, (char)((n & 0x7f) | 0x80));
        n >>= 7;
    }
    buf_add_char(b, (char)n);
}

static void add_text(struct buf *b, const char *text)
{
    size_t len = strlen(text);

    add_number(b, len);
    buf_add_len(b, text, len);
}

static bool is_written(const struct answers *t, const struct field *f, enum field_store store)
{
    return f->repeat == t->repeat && f->store == store && field_has_value(f) && t->values[f->place];
}

enum err answers_encode(struct ctx *ctx, const void **out, size_t *len_out, const struct answers *t,
                        enum field_store store)
{
    struct buf b = { 0 };
    size_t count = 0;

    for (size_t i = 0; i < t->form->all_len; i++)
        count += is_written(t, t->form->all[i], store);
    for (size_t i = 0; i < t->unknown_len; i++)
        count += t->unknown[i].store == store;
    buf_init(&b, ctx->arena, BYTES_MAX);
    buf_add_char(&b, VERSION);
    buf_add_char(&b, store == STORE_OPEN ? 1 : 0);
    add_number(&b, count);
    for (size_t i = 0; i < t->form->all_len; i++) {
        if (!is_written(t, t->form->all[i], store))
            continue;
        add_text(&b, t->form->all[i]->name);
        add_text(&b, t->values[i]);
    }
    for (size_t i = 0; i < t->unknown_len; i++) {
        if (t->unknown[i].store != store)
            continue;
        add_text(&b, t->unknown[i].name);
        add_text(&b, t->unknown[i].value);
    }
    if (!buf_ok(&b))
        return ctx_fail(ctx, ERR_LIMIT, tr(ctx, "The answers are too long to be kept."));
    *out = b.data;
    *len_out = b.len;
    return OK;
}

/* --- reading: the bytes may be anything --- */

struct reader {
    const unsigned char *p;
    const unsigned char *end;
};

static bool take_number(struct reader *r, size_t *out)
{
    size_t n = 0;

    for (unsigned i = 0; i < VARINT_BYTES && r->p < r->end; i++) {
        unsigned char c = *r->p++;

        n |= (size_t)(c & 0x7f) << (7 * i);
        if (c & 0x80)
            continue;
        *out = n;
        return c || i == 0; /* the shortest form only */
    }
    return false;
}

static bool take_text(struct reader *r, struct arena *a, const char **out)
{
    size_t len;

    if (!take_number(r, &len) || len > (size_t)(r->end - r->p) ||
        !text_valid((const char *)r->p, len, NULL))
        return false;
    *out = arena_strndup(a, (const char *)r->p, len);
    r->p += len;
    return true;
}

static int compare_kept(const void *a, const void *b)
{
    const struct answer_kept *const *x = a;
    const struct answer_kept *const *y = b;

    return strcmp((*x)->name, (*y)->name);
}

static bool has_twins(struct arena *a, const struct answer_kept *pairs, size_t len)
{
    const struct answer_kept **sorted = ARENA_ARRAY(a, len + 1, const struct answer_kept *);

    for (size_t i = 0; i < len; i++)
        sorted[i] = &pairs[i];
    qsort(sorted, len, sizeof(*sorted), compare_kept);
    for (size_t i = 1; i < len; i++)
        if (strcmp(sorted[i - 1]->name, sorted[i]->name) == 0)
            return true;
    return false;
}

/* All pairs, or false if the bytes are no encoding. */
static bool take_pairs(struct arena *a, struct reader *r, struct answer_kept **out, size_t *len_out)
{
    enum field_store store;
    struct answer_kept *pairs;
    size_t count;

    if (r->end - r->p < 3 || *r->p++ != VERSION || *r->p > 1)
        return false;
    store = *r->p++ ? STORE_OPEN : STORE_SEALED;
    if (!take_number(r, &count) || count > (size_t)(r->end - r->p) / 2)
        return false;
    pairs = ARENA_ARRAY(a, count + 1, struct answer_kept);
    for (size_t i = 0; i < count; i++) {
        pairs[i].store = store;
        if (!take_text(r, a, &pairs[i].name) || !take_text(r, a, &pairs[i].value) ||
            !text_is_name(pairs[i].name) || !pairs[i].value[0])
            return false;
    }
    *out = pairs;
    *len_out = count;
    return r->p == r->end && !has_twins(a, pairs, count);
}

static bool is_known(const struct answers *t, const struct field *f)
{
    return f && f->repeat == t->repeat && field_has_value(f);
}

enum err answers_decode(struct ctx *ctx, struct answers *t, const void *bytes, size_t len)
{
    struct reader r = { .p = bytes, .end = (const unsigned char *)bytes + len };
    struct answer_kept *unknown;
    struct answer_kept *pairs = NULL;
    size_t count = 0;

    if (len > BYTES_MAX || !take_pairs(ctx->arena, &r, &pairs, &count))
        return ctx_fail(ctx, ERR_INVALID, tr(ctx, "Stored answers are damaged."));
    unknown = ARENA_ARRAY(ctx->arena, t->unknown_len + count + 1, struct answer_kept);
    for (size_t i = 0; i < t->unknown_len; i++)
        unknown[i] = t->unknown[i];
    for (size_t i = 0; i < count; i++) {
        const struct field *f = field_find(t->form, pairs[i].name);

        if (is_known(t, f))
            t->values[f->place] = pairs[i].value;
        else
            unknown[t->unknown_len++] = pairs[i];
    }
    t->unknown = unknown;
    return OK;
}
