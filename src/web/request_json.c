/* A JSON object as the input of a route with declared fields: what a form would have sent. */
#include "core/json.h"
#include "web/request.h"

/* The value as a form sends it; NULL: not of the field's type. */
static const char *as_text(struct ctx *ctx, const struct field_spec *f, json_t *value)
{
    switch (f->kind) {
    case INPUT_INT:
        if (!json_is_integer(value))
            return NULL;
        return arena_printf(ctx->arena, "%lld", (long long)json_integer_value(value));
    case INPUT_BOOL:
        if (!json_is_boolean(value))
            return NULL;
        return json_is_true(value) ? "1" : "";
    case INPUT_TEXT:
    case INPUT_CODE:
    case INPUT_ID:
    case INPUT_DATE:
        return json_string_value(value);
    case INPUT_FILE:
    case INPUT_END:
        break;
    }
    return NULL;
}

static enum err take_member(struct ctx *ctx, struct req *req, const struct field_spec *fields,
                            const char *key, json_t *value)
{
    const struct field_spec *f = request_spec(fields, key);
    const char *name = arena_strdup(ctx->arena, key);
    const char *text;

    if (f == NULL)
        return ctx_fail_field(ctx, name,
                              tr(ctx, "This field is not known here: {0}.", TR_TEXT(name)));
    if (json_is_null(value))
        return OK;
    text = as_text(ctx, f, value);
    if (text == NULL)
        return ctx_fail_field(ctx, name,
                              tr(ctx, "This value does not fit the field {0}.", TR_TEXT(name)));
    req->pairs[req->pairs_len].name = name;
    req->pairs[req->pairs_len++].value = text;
    return OK;
}

enum err request_json(struct ctx *ctx, struct req *req, const struct field_spec *fields)
{
    json_t *tree = NULL;
    const char *key;
    json_t *value;
    enum err rc = json_parse(ctx, &tree, req->json, req->json_len);

    if (!rc && !json_is_object(tree))
        rc = ctx_fail(ctx, ERR_INVALID, tr(ctx, "The JSON must be an object with the fields."));
    if (!rc && json_object_size(tree) > REQUEST_PAIRS_MAX)
        rc = ctx_fail(ctx, ERR_LIMIT, tr(ctx, "The form has too many fields."));
    if (rc)
        return rc;
    req->pairs = ARENA_ARRAY(ctx->arena, json_object_size(tree) + 1, struct pair);
    json_object_foreach(tree, key, value)
    {
        enum err rc2 = take_member(ctx, req, fields, key, value);

        rc = rc ? rc : rc2;
    }
    return rc;
}
