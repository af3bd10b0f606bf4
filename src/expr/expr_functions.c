#include "expr/expr_inner.h"

#include <sodium.h>
#include <string.h>

/* Functions of truth and choice, and what the host knows. */

#define UUID_BYTES 16
#define TOKEN_MAX  1000

static enum err call_true(struct run *r, struct expr_value *out, const struct node *call,
                          const struct expr_value *args)
{
    (void)r, (void)call, (void)args;
    *out = value_bool(true);
    return OK;
}

static enum err call_false(struct run *r, struct expr_value *out, const struct node *call,
                           const struct expr_value *args)
{
    (void)r, (void)call, (void)args;
    *out = value_bool(false);
    return OK;
}

static enum err call_not(struct run *r, struct expr_value *out, const struct node *call,
                         const struct expr_value *args)
{
    (void)call;
    *out = value_bool(!expr_bool(r->ctx, &args[0]));
    return OK;
}

static enum err call_boolean(struct run *r, struct expr_value *out, const struct node *call,
                             const struct expr_value *args)
{
    (void)call;
    *out = value_bool(expr_bool(r->ctx, &args[0]));
    return OK;
}

static enum err call_boolean_from_string(struct run *r, struct expr_value *out,
                                         const struct node *call, const struct expr_value *args)
{
    const char *text = text_arg(r, args, 0);

    (void)call;
    *out = value_bool(strcmp(text, "true") == 0 || strcmp(text, "1") == 0);
    return OK;
}

static enum err call_if(struct run *r, struct expr_value *out, const struct node *call,
                        const struct expr_value *args)
{
    struct expr_value condition = { 0 };
    enum err rc = node_eval(r, &condition, call->args[0]);

    (void)args;
    return rc ? rc : node_eval(r, out, call->args[expr_bool(r->ctx, &condition) ? 1 : 2]);
}

/* The first that is not empty. */
static enum err call_coalesce(struct run *r, struct expr_value *out, const struct node *call,
                              const struct expr_value *args)
{
    (void)args;
    for (size_t i = 0; i < call->args_len; i++) {
        struct expr_value v = { 0 };
        enum err rc = node_eval(r, &v, call->args[i]);

        if (rc)
            return rc;
        *out = v;
        if (expr_text(r->ctx, &v)[0])
            break;
    }
    return OK;
}

/* What stands here already, or else the value. */
static enum err call_once(struct run *r, struct expr_value *out, const struct node *call,
                          const struct expr_value *args)
{
    const struct expr_node *here = &r->host->here;
    const char *text = here->tree ? expr_node_text(r->ctx, here) : "";

    (void)args;
    *out = value_text(text);
    return text[0] ? OK : node_eval(r, out, call->args[0]);
}

/* Its first argument; the others only say when to calculate anew. */
static enum err call_depend(struct run *r, struct expr_value *out, const struct node *call,
                            const struct expr_value *args)
{
    (void)args;
    return node_eval(r, out, call->args[0]);
}

/* A random UUID (version 4), or as many random hexadecimal digits as asked for. */
static enum err call_uuid(struct run *r, struct expr_value *out, const struct node *call,
                          const struct expr_value *args)
{
    double len = call->args_len ? number_arg(r, args, 0) : 0;
    unsigned char b[UUID_BYTES];
    char text[TOKEN_MAX + 2];
    unsigned char bytes[TOKEN_MAX / 2 + 1];

    if (call->args_len) {
        len = len >= 0 && len <= TOKEN_MAX ? len : 0;
        randombytes_buf(bytes, sizeof(bytes));
        sodium_bin2hex(text, sizeof(text), bytes, TOKEN_MAX / 2);
        *out = value_text(arena_strndup(r->ctx->arena, text, (size_t)len));
        return OK;
    }
    randombytes_buf(b, sizeof(b));
    b[6] = (unsigned char)((b[6] & 0x0f) | 0x40);
    b[8] = (unsigned char)((b[8] & 0x3f) | 0x80);
    sodium_bin2hex(text, sizeof(text), b, sizeof(b));
    *out = value_text(arena_printf(r->ctx->arena, "%.8s-%.4s-%.4s-%.4s-%.12s", text, text + 8,
                                   text + 12, text + 16, text + 20));
    return OK;
}

static enum err call_property(struct run *r, struct expr_value *out, const struct node *call,
                              const struct expr_value *args)
{
    const char *text = NULL;

    (void)call;
    if (r->host->property)
        text = r->host->property(r->ctx, r->host, text_arg(r, args, 0));
    *out = value_text(text ? text : "");
    return OK;
}

static enum err call_version(struct run *r, struct expr_value *out, const struct node *call,
                             const struct expr_value *args)
{
    (void)call, (void)args;
    *out = value_text(r->host->version ? r->host->version : "");
    return OK;
}

/* jr:choice-name(value, '${field}'): the label; the value itself if it has none. */
static enum err call_choice_name(struct run *r, struct expr_value *out, const struct node *call,
                                 const struct expr_value *args)
{
    const char *value = text_arg(r, args, 0);
    const char *field = expr_field_name(r->ctx->arena, text_arg(r, args, 1));
    const char *label = NULL;

    (void)call;
    if (r->host->choice_label)
        label = r->host->choice_label(r->ctx, r->host, field, value);
    *out = value_text(label ? label : value);
    return OK;
}

static enum err call_itext(struct run *r, struct expr_value *out, const struct node *call,
                           const struct expr_value *args)
{
    const char *id = text_arg(r, args, 0);
    const char *text = r->host->itext ? r->host->itext(r->ctx, r->host, id) : NULL;

    (void)call;
    *out = value_text(text ? text : "");
    return OK;
}

const struct expr_function expr_functions_other[] = {
    { "true", "", 'b', false, NULL, call_true },
    { "false", "", 'b', false, NULL, call_false },
    { "not", "b", 'b', false, NULL, call_not },
    { "boolean", "a", 'b', false, NULL, call_boolean },
    { "boolean-from-string", "s", 'b', false, NULL, call_boolean_from_string },
    { "if", "baa", 'a', true, NULL, call_if },
    { "coalesce", "a*", 'a', true, NULL, call_coalesce },
    { "once", "a", 'a', true, NULL, call_once },
    { "depend", "a*", 'a', true, NULL, call_depend },
    { "uuid", "?n", 's', false, NULL, call_uuid },
    { "property", "s", 's', false, NULL, call_property },
    { "version", "", 's', false, NULL, call_version },
    { "jr:choice-name", "ss", 's', false, NULL, call_choice_name },
    { "jr:itext", "s", 's', false, NULL, call_itext },
    { NULL, NULL, 0, false, NULL, NULL },
};
