#include "forms/forms_inner.h"

#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/text.h"

#define VERSION      1
#define BYTES_MAX    ((size_t)8 * 1024 * 1024)
#define VARINT_BYTES 5
#define NEAR         40 /* fields that are looked at before the whole form is searched */

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

/* Bytes of a text, where they lie. */
static bool take_bytes(struct reader *r, const char **out, size_t *len_out)
{
    if (!take_number(r, len_out) || *len_out > (size_t)(r->end - r->p) ||
        !text_valid((const char *)r->p, *len_out, NULL))
        return false;
    *out = (const char *)r->p;
    r->p += *len_out;
    return true;
}

/* The fields of a level were written in their order: the next one is mostly near. */
static const struct field *field_after(const struct answers *t, const struct field *last,
                                       const char *name, size_t len)
{
    const struct form *form = t->form;
    size_t from = last ? last->place + 1 : 0;

    for (size_t i = from; i < form->all_len && i < from + NEAR; i++) {
        const struct field *f = form->all[i];

        if (f->repeat == t->repeat && strncmp(f->name, name, len) == 0 && f->name[len] == '\0')
            return f;
    }
    return NULL;
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

static bool is_known(const struct answers *t, const struct field *f)
{
    return f && f->repeat == t->repeat && field_has_value(f);
}

struct pair {
    const struct field *f;
    const char *value;
};

/* What the bytes say, until it is known that they are whole. */
struct taken {
    size_t count; /* pairs that there are at the most */
    struct pair *pairs;
    size_t len;
    size_t top;                  /* the highest place among them, and one more */
    struct answer_kept *unknown; /* NULL: none yet */
    size_t unknown_len;
};

static void take_unknown(struct arena *a, struct taken *to, const char *name, const char *value,
                         enum field_store store)
{
    if (!to->unknown)
        to->unknown = ARENA_ARRAY(a, to->count, struct answer_kept);
    to->unknown[to->unknown_len++] =
        (struct answer_kept){ .name = name, .value = value, .store = store };
}

/* In the order of the form a field cannot come twice. */
static bool is_twin(const struct taken *t, const struct field *f)
{
    for (size_t i = 0; f->place < t->top && i < t->len; i++)
        if (t->pairs[i].f == f)
            return true;
    return false;
}

static bool take_pair(struct arena *a, struct reader *r, const struct answers *t,
                      enum field_store store, struct taken *to)
{
    const struct field *last = to->len > 0 ? to->pairs[to->len - 1].f : t->repeat;
    const struct field *f;
    const char *name;
    const char *value;
    size_t name_len;
    size_t len;

    if (!take_bytes(r, &name, &name_len) || !take_bytes(r, &value, &len) || len == 0)
        return false;
    f = field_after(t, last, name, name_len);
    if (!f) {
        name = arena_strndup(a, name, name_len);
        if (!text_is_name(name))
            return false;
        f = field_find(t->form, name);
    }
    value = arena_strndup(a, value, len);
    if (!is_known(t, f)) {
        take_unknown(a, to, f ? f->name : name, value, store);
        return true;
    }
    if (is_twin(to, f))
        return false;
    to->pairs[to->len++] = (struct pair){ f, value };
    to->top = f->place < to->top ? to->top : f->place + 1;
    return true;
}

/* All pairs, or false if the bytes are no encoding. */
static bool take_pairs(struct arena *a, struct reader *r, const struct answers *t, struct taken *to)
{
    enum field_store store;

    if (r->end - r->p < 3 || *r->p++ != VERSION || *r->p > 1)
        return false;
    store = *r->p++ ? STORE_OPEN : STORE_SEALED;
    if (!take_number(r, &to->count) || to->count > (size_t)(r->end - r->p) / 2)
        return false;
    to->pairs = ARENA_ARRAY(a, to->count + 1, struct pair);
    for (size_t i = 0; i < to->count; i++)
        if (!take_pair(a, r, t, store, to))
            return false;
    return r->p == r->end && (to->unknown_len < 2 || !has_twins(a, to->unknown, to->unknown_len));
}

static void keep_unknown(struct arena *a, struct answers *t, const struct taken *from)
{
    struct answer_kept *all =
        ARENA_ARRAY(a, t->unknown_len + from->unknown_len + 1, struct answer_kept);

    for (size_t i = 0; i < t->unknown_len; i++)
        all[i] = t->unknown[i];
    for (size_t i = 0; i < from->unknown_len; i++)
        all[t->unknown_len + i] = from->unknown[i];
    t->unknown = all;
    t->unknown_len += from->unknown_len;
}

enum err answers_decode(struct ctx *ctx, struct answers *t, const void *bytes, size_t len)
{
    struct reader r = { .p = bytes, .end = (const unsigned char *)bytes + len };
    struct taken taken = { 0 };

    if (len > BYTES_MAX || !take_pairs(ctx->arena, &r, t, &taken))
        return ctx_fail(ctx, ERR_INVALID, tr(ctx, "Stored answers are damaged."));
    for (size_t i = 0; i < taken.len; i++)
        t->values[taken.pairs[i].f->place] = taken.pairs[i].value;
    if (taken.unknown_len > 0)
        keep_unknown(ctx->arena, t, &taken);
    return OK;
}
