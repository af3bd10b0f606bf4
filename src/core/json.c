#include "core/json.h"

#include <math.h>

#include "core/text.h"
#include "core/tr.h"

static void before_item(struct json_out *j)
{
    if (j->comma)
        buf_add_char(j->buf, ',');
    j->comma = true;
}

void json_begin_object(struct json_out *j)
{
    before_item(j);
    buf_add_char(j->buf, '{');
    j->comma = false;
}

void json_end_object(struct json_out *j)
{
    buf_add_char(j->buf, '}');
    j->comma = true;
}

void json_begin_array(struct json_out *j)
{
    before_item(j);
    buf_add_char(j->buf, '[');
    j->comma = false;
}

void json_end_array(struct json_out *j)
{
    buf_add_char(j->buf, ']');
    j->comma = true;
}

void json_key(struct json_out *j, const char *key)
{
    before_item(j);
    buf_add_json(j->buf, key);
    buf_add_char(j->buf, ':');
    j->comma = false;
}

void json_text(struct json_out *j, const char *text)
{
    if (!text) {
        json_out_null(j);
        return;
    }
    before_item(j);
    buf_add_json(j->buf, text);
}

void json_int(struct json_out *j, int64_t n)
{
    before_item(j);
    buf_add_int(j->buf, n);
}

void json_decimal(struct json_out *j, double d)
{
    if (!isfinite(d)) {
        json_out_null(j);
        return;
    }
    before_item(j);
    buf_add(j->buf, decimal_text(j->buf->arena, d));
}

void json_bool(struct json_out *j, bool b)
{
    before_item(j);
    buf_add(j->buf, b ? "true" : "false");
}

void json_out_null(struct json_out *j)
{
    before_item(j);
    buf_add(j->buf, "null");
}

void json_pair(struct json_out *j, const char *key, const char *text)
{
    json_key(j, key);
    json_text(j, text);
}

struct place {
    int64_t line;
    int64_t column;
};

/* False, and where, when brackets nest deeper than allowed. Bytes need not be JSON. */
static bool depth_ok(const char *bytes, size_t len, struct place *where)
{
    bool in_text = false;
    int depth = 0;
    struct place at = { 1, 0 };

    for (size_t i = 0; i < len; i++) {
        char c = bytes[i];

        at.column++;
        if (c == '\n') {
            at.line++;
            at.column = 0;
        }
        if (in_text && c == '\\' && i + 1 < len) {
            i++;
            at.column++;
        } else if (c == '"') {
            in_text = !in_text;
        } else if (!in_text && (c == '{' || c == '[')) {
            depth++;
        } else if (!in_text && (c == '}' || c == ']')) {
            depth--;
        }
        if (depth > JSON_DEPTH_MAX) {
            *where = at;
            return false;
        }
    }
    return true;
}

static void release(void *arg)
{
    json_decref(arg);
}

/* jansson's own text is not passed on: it quotes the input, which may be personal. */
static enum err refuse(struct ctx *ctx, const json_error_t *error)
{
    if (json_error_code(error) == json_error_duplicate_key)
        return ctx_fail(ctx, ERR_INVALID,
                        tr(ctx, "The JSON has the same key twice, at line {0}, column {1}.",
                           TR_INT(error->line), TR_INT(error->column)));
    if (json_error_code(error) == json_error_numeric_overflow)
        return ctx_fail(ctx, ERR_INVALID,
                        tr(ctx, "The JSON has a number that is too large, at line {0}, column {1}.",
                           TR_INT(error->line), TR_INT(error->column)));
    return ctx_fail(
        ctx, ERR_INVALID,
        tr(ctx, "This is not valid JSON; the mistake is at line {0}, column {1} or just before.",
           TR_INT(error->line), TR_INT(error->column)));
}

enum err json_parse(struct ctx *ctx, json_t **out, const char *bytes, size_t len)
{
    json_error_t error = { 0 };
    struct place deep = { 0 };
    json_t *root;

    if (!depth_ok(bytes, len, &deep))
        return ctx_fail(ctx, ERR_INVALID,
                        tr(ctx,
                           "The JSON is nested more than {0} levels deep, at line {1}, column {2}.",
                           TR_INT(JSON_DEPTH_MAX), TR_INT(deep.line), TR_INT(deep.column)));
    root = json_loadb(bytes, len, JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    if (!root)
        return refuse(ctx, &error);

    arena_on_free(ctx->arena, release, root);
    *out = root;
    return OK;
}
