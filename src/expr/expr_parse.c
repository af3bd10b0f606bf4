#include "expr/expr_inner.h"

#include <assert.h>
#include <string.h>

#include "core/text.h"

/* Reads by recursive descent; a chain of operators of one level is one node, so that only real
 * nesting makes the tree deep. */
struct parser {
    struct ctx *ctx;
    const char *source;
    const char *p; /* next byte, never white space between two calls */
    int depth;
    bool parent_allowed; /* the argument of position() */
    const char **names;
    size_t names_len;
    size_t names_cap;
    size_t *offset_out;
};

struct operator_word {
    const char *text;
    enum op op;
};

#define LEVELS     6
#define LEVEL_OPS  4
#define STEPS_MAX  20
#define LIST_FIRST 4

/* By level, loosest first; longer words before their beginnings. */
static const struct operator_word operators[LEVELS][LEVEL_OPS + 1] = {
    { { "or", OP_OR } },
    { { "and", OP_AND } },
    { { "!=", OP_NOT_EQUAL }, { "=", OP_EQUAL } },
    { { "<=", OP_LESS_EQUAL }, { "<", OP_LESS }, { ">=", OP_MORE_EQUAL }, { ">", OP_MORE } },
    { { "+", OP_ADD }, { "-", OP_SUBTRACT } },
    { { "*", OP_MULTIPLY }, { "div", OP_DIVIDE }, { "mod", OP_MODULO } },
};

static enum err parse_level(struct parser *p, const struct node **out, size_t level);

static enum err mistake(struct parser *p, const char *at, enum err code, const char *text)
{
    if (p->offset_out)
        *p->offset_out = (size_t)(at - p->source);
    return ctx_fail(p->ctx, code, text);
}

static void pass_space(struct parser *p)
{
    while (ascii_is_space(*p->p))
        p->p++;
}

static bool is_name_start(char c)
{
    return ascii_is_alpha(c) || c == '_';
}

static bool is_name_char(char c)
{
    return is_name_start(c) || ascii_is_digit(c) || c == '-' || c == '.';
}

static size_t name_len(const char *s)
{
    size_t len = 0;

    if (!is_name_start(*s))
        return 0;
    while (is_name_char(s[len]))
        len++;
    return len;
}

static bool take(struct parser *p, const char *word)
{
    if (!text_starts(p->p, word))
        return false;
    p->p += strlen(word);
    pass_space(p);
    return true;
}

static struct node *new_node(struct parser *p, enum node_kind kind)
{
    struct node *n = ARENA_NEW(p->ctx->arena, struct node);

    n->kind = kind;
    return n;
}

static void add_arg(struct parser *p, struct node *n, const struct node *arg, enum op op)
{
    size_t len = n->args_len;
    bool full = len == 0 || (len >= LIST_FIRST && (len & (len - 1)) == 0);

    assert(arg);
    if (full) {
        size_t cap = len ? len * 2 : LIST_FIRST;

        n->args = arena_grow(p->ctx->arena, n->args, len * sizeof(const struct node *),
                             cap * sizeof(const struct node *));
        n->ops = arena_grow(p->ctx->arena, n->ops, len * sizeof(*n->ops), cap * sizeof(*n->ops));
    }
    n->args[len] = arg;
    n->ops[len] = op;
    n->args_len++;
}

static void note_name(struct parser *p, const char *name)
{
    for (size_t i = 0; i < p->names_len; i++)
        if (strcmp(p->names[i], name) == 0)
            return;
    if (p->names_len + 1 >= p->names_cap) {
        size_t cap = p->names_cap ? p->names_cap * 2 : 8;

        p->names = arena_grow(p->ctx->arena, p->names, p->names_cap * sizeof(char *),
                              cap * sizeof(char *));
        p->names_cap = cap;
    }
    p->names[p->names_len++] = name;
    p->names[p->names_len] = NULL;
}

static const struct operator_word *operator_at(const struct parser *p, size_t level)
{
    for (const struct operator_word *w = operators[level]; w->text; w++) {
        size_t len = strlen(w->text);

        if (strncmp(p->p, w->text, len) != 0)
            continue;
        if (is_name_start(w->text[0]) && is_name_char(p->p[len]))
            continue;
        return w;
    }
    return NULL;
}

static enum err parse_number(struct parser *p, const struct node **out)
{
    const char *from = p->p;
    struct node *n = new_node(p, NODE_NUMBER);
    const char *text;
    size_t len = 0;
    size_t dots = 0;

    while (ascii_is_digit(from[len]) || from[len] == '.')
        dots += from[len++] == '.';
    text = arena_strndup(p->ctx->arena, from, len);
    if (from[0] == '.')
        text = arena_printf(p->ctx->arena, "0%s", text);
    if (text_ends(text, "."))
        text = arena_printf(p->ctx->arena, "%s0", text);
    if (dots > 1 || !parse_decimal(text, &n->number))
        return mistake(p, from, ERR_INVALID, tr(p->ctx, "This is not a number."));
    p->p = from + len;
    pass_space(p);
    *out = n;
    return OK;
}

static enum err parse_string(struct parser *p, const struct node **out)
{
    const char *from = p->p + 1;
    const char *end = strchr(from, *p->p);
    struct node *n = new_node(p, NODE_TEXT);

    if (!end)
        return mistake(p, p->p, ERR_INVALID,
                       tr(p->ctx, "A quotation mark opens here and is never closed."));
    n->text = arena_strndup(p->ctx->arena, from, (size_t)(end - from));
    p->p = end + 1;
    pass_space(p);
    *out = n;
    return OK;
}

static void set_path(struct parser *p, struct node *n, const char *const *steps, size_t len)
{
    n->steps = arena_memdup(p->ctx->arena, steps, len * sizeof(char *));
    n->steps_len = len;
    note_name(p, steps[len - 1]);
}

/* ${name} */
static enum err parse_reference(struct parser *p, const struct node **out)
{
    struct node *n = new_node(p, NODE_PATH);
    const char *from = p->p;
    const char *name;
    size_t len;

    p->p += 2;
    pass_space(p);
    len = name_len(p->p);
    name = arena_strndup(p->ctx->arena, p->p, len);
    p->p += len;
    pass_space(p);
    if (len == 0 || *p->p != '}')
        return mistake(p, from, ERR_INVALID,
                       tr(p->ctx, "A reference is written as in {0}.", TR_TEXT("${name}")));
    p->p++;
    pass_space(p);
    set_path(p, n, &name, 1);
    *out = n;
    return OK;
}

/* name, ../name, ./name, /data/group/name; p stands on its first character. */
static enum err parse_path(struct parser *p, const struct node **out)
{
    const char *from = p->p;
    bool absolute = *from == '/';
    const char *steps[STEPS_MAX];
    struct node *n;
    size_t count = 0;
    size_t len;

    p->p += absolute;
    while (text_starts(p->p, "../") || text_starts(p->p, "./"))
        p->p += *(p->p + 1) == '.' ? 3 : 2;
    for (;;) {
        len = name_len(p->p);
        if (len == 0)
            return mistake(p, p->p, ERR_INVALID, tr(p->ctx, "The name of a field belongs here."));
        if (count == STEPS_MAX)
            return mistake(p, from, ERR_LIMIT, tr(p->ctx, "This path has too many parts."));
        steps[count++] = arena_strndup(p->ctx->arena, p->p, len);
        p->p += len;
        if (*p->p != '/')
            break;
        p->p++;
    }
    pass_space(p);
    if (*p->p == '[')
        return mistake(p, p->p, ERR_INVALID,
                       tr(p->ctx, "Conditions in square brackets are not known here."));
    if (absolute && count == 1)
        return mistake(
            p, from, ERR_INVALID,
            tr(p->ctx, "An absolute path is written as in {0}.", TR_TEXT("/data/group/name")));
    n = new_node(p, NODE_PATH);
    set_path(p, n, steps + absolute, count - absolute);
    *out = n;
    return OK;
}

static enum err check_count(struct parser *p, const char *at, const struct node *call)
{
    const struct expr_function *f = call->function;
    const struct tr_arg args[] = {
        TR_TEXT(f->name), TR_INT((int64_t)f->min), TR_INT((int64_t)call->args_len), { 0 }
    };
    const char *pattern;

    if (call->args_len >= f->min && call->args_len <= f->max)
        return OK;
    pattern = call->args_len < f->min && f->max > f->min
                  ? N_("{0}() takes at least {1, plural, one {# value} other {# values}}, not {2}.")
              : f->max > f->min
                  ? N_("{0}() does not take as many values as {2}.")
                  : N_("{0}() takes {1, plural, one {# value} other {# values}}, not {2}.");
    return mistake(p, at, ERR_INVALID, tr_args(p->ctx, pattern, args));
}

/* After the opening parenthesis. */
static enum err parse_args(struct parser *p, struct node *call)
{
    bool is_position = strcmp(call->function->name, "position") == 0;
    const struct node *arg = NULL;
    enum err rc;

    if (take(p, ")"))
        return OK;
    for (;;) {
        p->parent_allowed = is_position;
        rc = parse_level(p, &arg, 0);
        if (rc)
            return rc;
        add_arg(p, call, arg, OP_OR);
        if (take(p, ")"))
            return OK;
        if (!take(p, ","))
            return mistake(p, p->p, ERR_INVALID,
                           tr(p->ctx, "A comma or a closing parenthesis belongs here."));
    }
}

static enum err parse_call(struct parser *p, const struct node **out)
{
    const char *from = p->p;
    size_t len = name_len(from);
    struct node *n = new_node(p, NODE_CALL);
    enum err rc;

    n->function = expr_function_find(from, len);
    if (!n->function)
        return mistake(p, from, ERR_INVALID,
                       tr(p->ctx, "There is no function named {0}.",
                          TR_TEXT(arena_strndup(p->ctx->arena, from, len))));
    p->p += len;
    pass_space(p);
    (void)take(p, "(");
    rc = parse_args(p, n);
    if (rc)
        return rc;
    rc = check_count(p, from, n);
    if (rc)
        return rc;
    if (strcmp(n->function->name, "position") == 0 && n->args[0]->kind != NODE_PARENT)
        return mistake(p, from, ERR_INVALID,
                       tr(p->ctx, "Only {0} is known here.", TR_TEXT("position(..)")));
    *out = n;
    return OK;
}

static bool at_call(const struct parser *p)
{
    size_t len = name_len(p->p);

    while (len && ascii_is_space(p->p[len]))
        len++;
    return len && p->p[len] == '(';
}

static enum err parse_dots(struct parser *p, const struct node **out)
{
    bool parent = p->p[1] == '.';

    if (p->p[parent ? 2 : 1] == '/')
        return parse_path(p, out);
    if (parent && !p->parent_allowed)
        return mistake(p, p->p, ERR_INVALID,
                       tr(p->ctx, "{0} can only stand before a name, and in {1}.", TR_TEXT(".."),
                          TR_TEXT("position(..)")));
    *out = new_node(p, parent ? NODE_PARENT : NODE_SELF);
    p->p += parent ? 2 : 1;
    pass_space(p);
    return OK;
}

static enum err parse_primary(struct parser *p, const struct node **out)
{
    char c = *p->p;
    enum err rc;

    if (c == '\0')
        return mistake(p, p->p, ERR_INVALID,
                       tr(p->ctx, "The expression ends where a value belongs."));
    if (ascii_is_digit(c) || (c == '.' && ascii_is_digit(p->p[1])))
        return parse_number(p, out);
    if (c == '\'' || c == '"')
        return parse_string(p, out);
    if (c == '$' && p->p[1] == '{')
        return parse_reference(p, out);
    if (c == '.')
        return parse_dots(p, out);
    if (at_call(p))
        return parse_call(p, out);
    if ((c == '/' && p->p[1] != '/') || is_name_start(c))
        return parse_path(p, out);
    if (!take(p, "("))
        return mistake(p, p->p, ERR_INVALID, tr(p->ctx, "A value belongs here."));
    rc = parse_level(p, out, 0);
    if (rc)
        return rc;
    if (!take(p, ")"))
        return mistake(p, p->p, ERR_INVALID, tr(p->ctx, "A closing parenthesis belongs here."));
    return OK;
}

static enum err parse_unary(struct parser *p, const struct node **out)
{
    bool any = false;
    bool negative = false;
    const struct node *inner;
    struct node *n;
    enum err rc;

    while (take(p, "-")) {
        any = true;
        negative = !negative;
    }
    p->parent_allowed = p->parent_allowed && !any;
    rc = parse_primary(p, &inner);
    if (rc || !any) {
        if (!rc)
            *out = inner;
        return rc;
    }
    n = new_node(p, NODE_NEGATIVE);
    n->number = negative ? -1 : 1;
    add_arg(p, n, inner, OP_SUBTRACT);
    *out = n;
    return OK;
}

static enum err parse_operand(struct parser *p, const struct node **out, size_t level)
{
    return level + 1 == LEVELS ? parse_unary(p, out) : parse_level(p, out, level + 1);
}

static enum err parse_chain(struct parser *p, const struct node **out, size_t level)
{
    const struct operator_word *word;
    const struct node *operand;
    struct node *chain = NULL;
    enum err rc;

    rc = parse_operand(p, &operand, level);
    if (rc)
        return rc;
    for (;;) {
        word = operator_at(p, level);
        if (!word)
            break;
        if (operand->kind == NODE_PARENT)
            return mistake(p, p->p, ERR_INVALID,
                           tr(p->ctx, "Only {0} is known here.", TR_TEXT("position(..)")));
        if (!chain) {
            chain = new_node(p, NODE_CHAIN);
            add_arg(p, chain, operand, word->op);
        }
        p->p += strlen(word->text);
        pass_space(p);
        p->parent_allowed = false;
        rc = parse_operand(p, &operand, level);
        if (rc)
            return rc;
        add_arg(p, chain, operand, word->op);
    }
    *out = chain ? chain : operand;
    return OK;
}

static enum err parse_level(struct parser *p, const struct node **out, size_t level)
{
    enum err rc;

    if (level > 0)
        return parse_chain(p, out, level);
    if (p->depth == EXPR_DEPTH)
        return mistake(p, p->p, ERR_LIMIT, tr(p->ctx, "The expression is nested too deep."));
    p->depth++;
    rc = parse_chain(p, out, 0);
    p->depth--;
    return rc;
}

enum err expr_parse(struct ctx *ctx, const struct expr **out, const char *text, size_t *offset_out)
{
    struct parser p = { .ctx = ctx, .source = text, .p = text, .offset_out = offset_out };
    struct expr *e = ARENA_NEW(ctx->arena, struct expr);
    enum err rc;

    if (strlen(text) > EXPR_SOURCE_MAX)
        return mistake(
            &p, text, ERR_LIMIT,
            tr(ctx, "The expression is longer than {0} bytes.", TR_INT(EXPR_SOURCE_MAX)));
    pass_space(&p);
    rc = parse_level(&p, &e->root, 0);
    if (rc)
        return rc;
    if (*p.p)
        return mistake(
            &p, p.p, ERR_INVALID,
            tr(ctx, "An operator such as {0} or {1} belongs here.", TR_TEXT("and"), TR_TEXT("=")));
    e->source = arena_strdup(ctx->arena, text);
    e->names = p.names ? p.names : ARENA_ARRAY(ctx->arena, 1, const char *);
    *out = e;
    return OK;
}

const struct expr *expr_literal(struct ctx *ctx, const char *text)
{
    struct expr *e = ARENA_NEW(ctx->arena, struct expr);
    struct node *n = ARENA_NEW(ctx->arena, struct node);

    n->kind = NODE_TEXT;
    n->text = arena_strdup(ctx->arena, text);
    e->source = n->text;
    e->root = n;
    e->names = ARENA_ARRAY(ctx->arena, 1, const char *);
    return e;
}

const char *expr_source(const struct expr *e)
{
    return e->source;
}

const char *const *expr_names(const struct expr *e)
{
    return e->names;
}
