#include "expr/expr_inner.h"

#include <math.h>
#include <sodium.h>
#include <string.h>

#include "core/text.h"
#include "expr/digest.h"

/* Functions of text and of codes separated by spaces. */

/* Text of the first argument, or of the place where the expression stands. */
static const char *text_or_here(struct run *r, const struct node *call,
                                const struct expr_value *args)
{
    if (call->args_len)
        return text_arg(r, args, 0);
    return r->here.tree ? expr_node_text(r->ctx, &r->here) : "";
}

static enum err call_string(struct run *r, struct expr_value *out, const struct node *call,
                            const struct expr_value *args)
{
    *out = value_text(text_or_here(r, call, args));
    return OK;
}

static enum err join(struct run *r, struct expr_value *out, const char *const *texts, size_t len,
                     const char *between)
{
    struct buf b = { 0 };

    buf_init(&b, r->ctx->arena, TEXT_BYTES);
    for (size_t i = 0; i < len; i++) {
        if (i)
            buf_add(&b, between);
        buf_add(&b, texts[i]);
    }
    return finish_text(r, out, &b);
}

/* Node sets give all their values, as in ODK. */
static enum err call_concat(struct run *r, struct expr_value *out, const struct node *call,
                            const struct expr_value *args)
{
    size_t len;
    const char **texts = all_texts(r, call, args, 0, &len);

    return join(r, out, texts, len, "");
}

static enum err call_join(struct run *r, struct expr_value *out, const struct node *call,
                          const struct expr_value *args)
{
    size_t len;
    const char **texts = all_texts(r, call, args, 1, &len);

    return join(r, out, texts, len, text_arg(r, args, 0));
}

static enum err call_contains(struct run *r, struct expr_value *out, const struct node *call,
                              const struct expr_value *args)
{
    (void)call;
    *out = value_bool(strstr(text_arg(r, args, 0), text_arg(r, args, 1)) != NULL);
    return OK;
}

static enum err call_starts_with(struct run *r, struct expr_value *out, const struct node *call,
                                 const struct expr_value *args)
{
    (void)call;
    *out = value_bool(text_starts(text_arg(r, args, 0), text_arg(r, args, 1)));
    return OK;
}

static enum err call_ends_with(struct run *r, struct expr_value *out, const struct node *call,
                               const struct expr_value *args)
{
    (void)call;
    *out = value_bool(text_ends(text_arg(r, args, 0), text_arg(r, args, 1)));
    return OK;
}

static enum err call_string_length(struct run *r, struct expr_value *out, const struct node *call,
                                   const struct expr_value *args)
{
    *out = value_number((double)text_codepoints(text_or_here(r, call, args)));
    return OK;
}

/* Characters whose place, from 0, is at least first and below end. */
static enum err cut(struct run *r, struct expr_value *out, const char *p, double first, double end)
{
    double place = 0;
    struct buf b = { 0 };

    buf_init(&b, r->ctx->arena, TEXT_BYTES);
    while (*p) {
        const char *from = p;

        (void)text_next(&p);
        if (place >= first && place < end)
            buf_add_len(&b, from, (size_t)(p - from));
        place++;
    }
    return finish_text(r, out, &b);
}

/* XPath: characters whose place, from 1, is at least round(start) and below the end. */
static enum err call_substring(struct run *r, struct expr_value *out, const struct node *call,
                               const struct expr_value *args)
{
    double first = floor(number_arg(r, args, 1) + 0.5);
    double end = call->args_len > 2 ? first + floor(number_arg(r, args, 2) + 0.5) : INFINITY;

    return cut(r, out, text_arg(r, args, 0), first - 1, end - 1);
}

/* Places from 0; negative ones count from the end. */
static enum err call_substr(struct run *r, struct expr_value *out, const struct node *call,
                            const struct expr_value *args)
{
    const char *text = text_arg(r, args, 0);
    double len = (double)text_codepoints(text);
    double first = trunc(number_arg(r, args, 1));
    double end = call->args_len > 2 ? trunc(number_arg(r, args, 2)) : len;

    first = isnan(first) ? 0 : first < 0 ? first + len : first;
    end = isnan(end) ? 0 : end < 0 ? end + len : end;
    return cut(r, out, text, first, end);
}

static enum err call_substring_before(struct run *r, struct expr_value *out,
                                      const struct node *call, const struct expr_value *args)
{
    const char *text = text_arg(r, args, 0);
    const char *found = strstr(text, text_arg(r, args, 1));

    (void)call;
    *out = value_text(found ? arena_strndup(r->ctx->arena, text, (size_t)(found - text)) : "");
    return OK;
}

static enum err call_substring_after(struct run *r, struct expr_value *out, const struct node *call,
                                     const struct expr_value *args)
{
    const char *part = text_arg(r, args, 1);
    const char *found = strstr(text_arg(r, args, 0), part);

    (void)call;
    *out = value_text(found ? found + strlen(part) : "");
    return OK;
}

static enum err call_normalize_space(struct run *r, struct expr_value *out, const struct node *call,
                                     const struct expr_value *args)
{
    const char *p = text_or_here(r, call, args);
    struct buf b = { 0 };

    buf_init(&b, r->ctx->arena, TEXT_BYTES);
    for (; *p; p++) {
        if (!ascii_is_space(*p))
            buf_add_char(&b, *p);
        else if (b.len && p[1] && !ascii_is_space(p[1]))
            buf_add_char(&b, ' ');
    }
    return finish_text(r, out, &b);
}

/* Place of a code point among those of a text, from 0; -1 if it is not there. */
static long place_of(const char *text, uint32_t cp)
{
    long place = 0;

    while (*text) {
        if (text_next(&text) == cp)
            return place;
        place++;
    }
    return -1;
}

static enum err call_translate(struct run *r, struct expr_value *out, const struct node *call,
                               const struct expr_value *args)
{
    const char *p = text_arg(r, args, 0);
    const char *from = text_arg(r, args, 1);
    const char *to = text_arg(r, args, 2);
    struct buf b = { 0 };
    enum err rc;

    (void)call;
    buf_init(&b, r->ctx->arena, TEXT_BYTES);
    while (*p) {
        uint32_t cp = text_next(&p);
        long place = place_of(from, cp);
        const char *t = to;

        rc = run_spend(r, 1 + text_codepoints(from) / 16);
        if (rc)
            return rc;
        for (long i = 0; i < place && *t; i++)
            (void)text_next(&t);
        if (place >= 0)
            cp = text_next(&t);
        if (cp)
            buf_add_codepoint(&b, cp);
    }
    return finish_text(r, out, &b);
}

/* Next code of codes separated by spaces; false at the end. */
static bool next_code(const char **p, const char **code_out, size_t *len_out)
{
    while (**p == ' ')
        (*p)++;
    *code_out = *p;
    while (**p && **p != ' ')
        (*p)++;
    *len_out = (size_t)(*p - *code_out);
    return *len_out > 0;
}

static enum err call_selected(struct run *r, struct expr_value *out, const struct node *call,
                              const struct expr_value *args)
{
    const char *p = text_arg(r, args, 0);
    const char *wanted = text_trim(r->ctx->arena, text_arg(r, args, 1));
    size_t wanted_len = strlen(wanted);
    const char *code;
    bool found = false;
    size_t len;

    (void)call;
    while (!found && next_code(&p, &code, &len))
        found = len == wanted_len && memcmp(code, wanted, len) == 0;
    *out = value_bool(found);
    return OK;
}

static enum err call_count_selected(struct run *r, struct expr_value *out, const struct node *call,
                                    const struct expr_value *args)
{
    const char *p = text_arg(r, args, 0);
    const char *code;
    size_t len;
    double n = 0;

    (void)call;
    while (next_code(&p, &code, &len))
        n++;
    *out = value_number(n);
    return OK;
}

static enum err call_selected_at(struct run *r, struct expr_value *out, const struct node *call,
                                 const struct expr_value *args)
{
    const char *p = text_arg(r, args, 0);
    double wanted = trunc(number_arg(r, args, 1));
    const char *code;
    size_t len;

    (void)call;
    *out = value_text("");
    for (int64_t i = 0; next_code(&p, &code, &len); i++)
        if ((double)i >= wanted && (double)i <= wanted)
            *out = value_text(arena_strndup(r->ctx->arena, code, len));
    return OK;
}

static enum err call_regex(struct run *r, struct expr_value *out, const struct node *call,
                           const struct expr_value *args)
{
    bool matches = false;
    enum err rc = regex_matches(r, &matches, text_arg(r, args, 0), text_arg(r, args, 1));

    (void)call;
    if (!rc)
        *out = value_bool(matches);
    return rc;
}

/* Standard base64, with its padding or without. */
static bool read_base64(struct arena *a, const char *text, unsigned char **out, size_t *len_out)
{
    size_t len = strlen(text);

    *out = arena_alloc(a, len + 1);
    return sodium_base642bin(*out, len + 1, text, len, " \r\n", len_out, NULL,
                             sodium_base64_VARIANT_ORIGINAL) == 0 ||
           sodium_base642bin(*out, len + 1, text, len, " \r\n", len_out, NULL,
                             sodium_base64_VARIANT_ORIGINAL_NO_PADDING) == 0;
}

static enum err call_digest(struct run *r, struct expr_value *out, const struct node *call,
                            const struct expr_value *args)
{
    const char *encoding = call->args_len > 2 ? text_arg(r, args, 2) : "base64";
    unsigned char bytes[DIGEST_MAX];
    char text[DIGEST_MAX * 2 + 1];
    const char *said = text_arg(r, args, 0);
    size_t len;

    if (!digest_of(text_arg(r, args, 1), said, strlen(said), bytes, &len))
        return ctx_fail(r->ctx, ERR_INVALID,
                        tr(r->ctx, "digest() knows MD5, SHA-1, SHA-256, SHA-384 and SHA-512."));
    if (ascii_casecmp(encoding, "hex") == 0)
        sodium_bin2hex(text, sizeof(text), bytes, len);
    else
        sodium_bin2base64(text, sizeof(text), bytes, len, sodium_base64_VARIANT_ORIGINAL);
    *out = value_text(arena_strdup(r->ctx->arena, text));
    return OK;
}

/* What is not base64, or not text, gives an empty text. */
static enum err call_base64_decode(struct run *r, struct expr_value *out, const struct node *call,
                                   const struct expr_value *args)
{
    unsigned char *bytes;
    size_t len = 0;

    (void)call;
    *out = value_text("");
    if (read_base64(r->ctx->arena, text_arg(r, args, 0), &bytes, &len) &&
        text_valid((const char *)bytes, len, NULL))
        *out = value_text(arena_strndup(r->ctx->arena, (const char *)bytes, len));
    return OK;
}

/* The message behind an Ed25519 signature, both in base64; empty if it is not signed by the key. */
static enum err call_extract_signed(struct run *r, struct expr_value *out, const struct node *call,
                                    const struct expr_value *args)
{
    struct arena *a = r->ctx->arena;
    unsigned char *bytes;
    unsigned char *key;
    unsigned char *message;
    unsigned long long message_len = 0;
    size_t len = 0;
    size_t key_len = 0;

    (void)call;
    *out = value_text("");
    if (!read_base64(a, text_arg(r, args, 0), &bytes, &len) ||
        !read_base64(a, text_arg(r, args, 1), &key, &key_len) ||
        key_len != crypto_sign_PUBLICKEYBYTES)
        return OK;
    message = arena_alloc(a, len + 1);
    if (crypto_sign_open(message, &message_len, bytes, len, key) == 0 &&
        text_valid((const char *)message, (size_t)message_len, NULL))
        *out = value_text(arena_strndup(a, (const char *)message, (size_t)message_len));
    return OK;
}

const struct expr_function expr_functions_text[] = {
    { "string", "?a", 's', false, NULL, call_string },
    { "concat", "a*", 's', false, NULL, call_concat },
    { "join", "s?a*", 's', false, NULL, call_join },
    { "contains", "ss", 'b', false, NULL, call_contains },
    { "starts-with", "ss", 'b', false, NULL, call_starts_with },
    { "ends-with", "ss", 'b', false, NULL, call_ends_with },
    { "string-length", "?s", 'n', false, NULL, call_string_length },
    { "substring", "sn?n", 's', false, NULL, call_substring },
    { "substr", "sn?n", 's', false, NULL, call_substr },
    { "substring-before", "ss", 's', false, NULL, call_substring_before },
    { "substring-after", "ss", 's', false, NULL, call_substring_after },
    { "normalize-space", "?s", 's', false, NULL, call_normalize_space },
    { "translate", "sss", 's', false, NULL, call_translate },
    { "selected", "ss", 'b', false, NULL, call_selected },
    { "count-selected", "s", 'n', false, NULL, call_count_selected },
    { "selected-at", "sn", 's', false, NULL, call_selected_at },
    { "regex", "ss", 'b', false, NULL, call_regex },
    { "digest", "ss?s", 's', false, NULL, call_digest },
    { "base64-decode", "s", 's', false, NULL, call_base64_decode },
    { "extract-signed", "ss", 's', false, NULL, call_extract_signed },
    { NULL, NULL, 0, false, NULL, NULL },
};
