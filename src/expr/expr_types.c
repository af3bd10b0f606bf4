#include "expr/expr_inner.h"

#include <math.h>
#include <string.h>

#include "core/text.h"
#include "expr/digest.h"

/* What can be known of types without answers: letters as in struct expr_function. */

const struct expr_function *expr_function_find(const char *name, size_t len)
{
    static const struct expr_function *const tables[] = { expr_functions_text,
                                                          expr_functions_number,
                                                          expr_functions_date, expr_functions_nodes,
                                                          expr_functions_other };

    for (size_t i = 0; i < sizeof(tables) / sizeof(tables[0]); i++)
        for (const struct expr_function *f = tables[i]; f->name; f++)
            if (strlen(f->name) == len && memcmp(f->name, name, len) == 0)
                return f;
    return NULL;
}

size_t expr_function_min(const struct expr_function *f)
{
    const char *optional = strpbrk(f->takes, "?*");

    return optional ? (size_t)(optional - f->takes) : strlen(f->takes);
}

size_t expr_function_max(const struct expr_function *f)
{
    if (strchr(f->takes, '*'))
        return ARGS_MAX;
    return strlen(f->takes) - (strchr(f->takes, '?') ? 1 : 0);
}

char expr_function_takes(const struct expr_function *f, size_t i)
{
    char letter = 'a';

    for (const char *p = f->takes; *p; p++) {
        if (*p == '?' || *p == '*')
            continue;
        letter = *p;
        if (i-- == 0)
            break;
    }
    return letter;
}

static char type_of(const struct node *n)
{
    switch (n->kind) {
    case NODE_TEXT:
        return 's';
    case NODE_NUMBER:
    case NODE_NEGATIVE:
        return 'n';
    case NODE_NAMED:
    case NODE_PATH:
        return 'N';
    case NODE_CALL:
        return n->function->gives;
    case NODE_CHAIN:
        return n->ops[0] == OP_UNION ? 'N' : n->ops[0] >= OP_ADD ? 'n' : 'b';
    }
    return 'a';
}

static enum err wrong(struct ctx *ctx, const struct node *at, size_t *offset_out, const char *text)
{
    if (offset_out)
        *offset_out = at->offset;
    return ctx_fail(ctx, ERR_INVALID, text);
}

/* Whether a value can stand where one of a type is wanted. */
static enum err check_one(struct ctx *ctx, const struct node *n, char wanted, size_t *offset_out)
{
    char type = type_of(n);
    double ms;

    if (wanted == 'N' && type != 'N' && type != 'a')
        return wrong(ctx, n, offset_out, tr(ctx, "A field or a path belongs here, not a value."));
    if (n->kind != NODE_TEXT || !n->text[0])
        return OK;
    if (wanted == 'n' && isnan(text_to_number(n->text)))
        return wrong(ctx, n, offset_out,
                     tr(ctx, "A number belongs here, not “{0}”.", TR_TEXT(n->text)));
    if (wanted == 'd' && !text_to_time(n->text, &ms) && isnan(text_to_number(n->text)))
        return wrong(ctx, n, offset_out,
                     tr(ctx, "A date belongs here, not “{0}”.", TR_TEXT(n->text)));
    return OK;
}

/* What a function says of its arguments beyond their types. */
static enum err check_special(struct ctx *ctx, const struct node *n, size_t *offset_out)
{
    const char *name = n->function->name;
    enum err rc = OK;

    if (strcmp(name, "weighted-checklist") == 0 && n->args_len % 2)
        return wrong(ctx, n, offset_out,
                     tr(ctx, "Each value of weighted-checklist() needs a weight behind it."));
    if (strcmp(name, "indexed-repeat") == 0 && n->args_len % 2 == 0)
        return wrong(ctx, n, offset_out,
                     tr(ctx, "Each repeat of indexed-repeat() needs a number behind it."));
    if (strcmp(name, "regex") == 0 && n->args[1]->kind == NODE_TEXT) {
        rc = regex_check(ctx, n->args[1]->text);
        if (rc && offset_out)
            *offset_out = n->args[1]->offset;
    }
    if (strcmp(name, "digest") == 0 && n->args[1]->kind == NODE_TEXT) {
        unsigned char bytes[DIGEST_MAX];
        size_t len;

        if (!digest_of(n->args[1]->text, "", 0, bytes, &len))
            return wrong(ctx, n->args[1], offset_out,
                         tr(ctx, "digest() knows MD5, SHA-1, SHA-256, SHA-384 and SHA-512."));
    }
    return rc;
}

enum err expr_types_check(struct ctx *ctx, const struct node *n, size_t *offset_out)
{
    char wanted = 'a';
    enum err rc = OK;

    if (n->kind == NODE_CHAIN)
        wanted = n->ops[0] == OP_UNION ? 'N' : n->ops[0] >= OP_ADD ? 'n' : 'a';
    if (n->kind == NODE_NEGATIVE)
        wanted = 'n';
    for (size_t i = 0; i < n->args_len && !rc; i++) {
        if (n->kind == NODE_CALL)
            wanted = expr_function_takes(n->function, i);
        rc = check_one(ctx, n->args[i], wanted, offset_out);
    }
    return rc || n->kind != NODE_CALL ? rc : check_special(ctx, n, offset_out);
}
