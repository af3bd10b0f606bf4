#include "expr/expr_inner.h"

#include <assert.h>
#include <string.h>

#include "core/text.h"

/* Words, each once. */
struct word_list {
    const char **items;
    size_t len;
    size_t cap;
};

/* Reads by recursive descent; a chain of operators of one level is one node, so that only real
 * nesting makes the tree deep. */
struct parser {
    struct ctx *ctx;
    const char *source;
    const char *p; /* next byte, never white space between two calls */
    int depth;
    struct word_list names;
    struct word_list functions;
    size_t *offset_out;
};

struct operator_word {
    const char *text;
    enum op op;
};

#define LEVELS     6
#define LEVEL_OPS  4
#define STEPS_MAX  30
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

/* A name, which may have a prefix: jr:itext. */
static size_t name_len(const char *s)
{
    size_t len = 0;

    if (!is_name_start(*s))
        return 0;
    while (is_name_char(s[len]))
        len++;
    if (s[len] == ':' && is_name_start(s[len + 1]))
        for (len++; is_name_char(s[len]);)
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
    n->offset = (size_t)(p->p - p->source);
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

static void note_word(struct parser *p, struct word_list *list, const char *word)
{
    for (size_t i = 0; i < list->len; i++)
        if (strcmp(list->items[i], word) == 0)
            return;
    if (list->len + 1 >= list->cap) {
        size_t cap = list->cap ? list->cap * 2 : 8;

        list->items = arena_grow(p->ctx->arena, list->items, list->cap * sizeof(char *),
                                 cap * sizeof(char *));
        list->cap = cap;
    }
    list->items[list->len++] = word;
    list->items[list->len] = NULL;
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

/* ${name} */
static enum err parse_reference(struct parser *p, const struct node **out)
{
    struct node *n = new_node(p, NODE_NAMED);
    const char *from = p->p;
    size_t len;

    p->p += 2;
    pass_space(p);
    len = name_len(p->p);
    n->text = arena_strndup(p->ctx->arena, p->p, len);
    p->p += len;
    pass_space(p);
    if (len == 0 || *p->p != '}')
        return mistake(p, from, ERR_INVALID,
                       tr(p->ctx, "A reference is written as in {0}.", TR_TEXT("${name}")));
    p->p++;
    pass_space(p);
    note_word(p, &p->names, n->text);
    *out = n;
    return OK;
}

/* --- paths --- */

static struct step *add_step(struct parser *p, struct node *n, enum axis axis, const char *name)
{
    struct step *s;

    if (n->steps_len == 0)
        n->steps = ARENA_ARRAY(p->ctx->arena, STEPS_MAX, struct step);
    s = &n->steps[n->steps_len++];
    s->axis = axis;
    s->name = name;
    s->offset = (size_t)(p->p - p->source);
    return s;
}

static enum err parse_predicates(struct parser *p, struct step *s)
{
    struct node holder = { 0 };
    const struct node *condition = NULL;
    enum err rc;

    while (take(p, "[")) {
        rc = parse_level(p, &condition, 0);
        if (rc)
            return rc;
        if (!take(p, "]"))
            return mistake(p, p->p, ERR_INVALID,
                           tr(p->ctx, "A closing square bracket belongs here."));
        add_arg(p, &holder, condition, OP_OR);
    }
    s->predicates = holder.args;
    s->predicates_len = holder.args_len;
    return OK;
}

/* child::, parent:: ...; AXIS_CHILD where none is written. */
static enum err parse_axis(struct parser *p, enum axis *out)
{
    static const struct {
        const char *text;
        enum axis axis;
    } axes[] = {
        { "child::", AXIS_CHILD },
        { "parent::", AXIS_PARENT },
        { "self::", AXIS_SELF },
        { "descendant::", AXIS_DESCENDANT },
        { "descendant-or-self::", AXIS_DESCENDANT_OR_SELF },
        { "ancestor::", AXIS_ANCESTOR },
        { "ancestor-or-self::", AXIS_ANCESTOR_OR_SELF },
        { "preceding-sibling::", AXIS_BEFORE },
        { "following-sibling::", AXIS_AFTER },
    };
    size_t len = name_len(p->p);

    *out = AXIS_CHILD;
    for (size_t i = 0; i < sizeof(axes) / sizeof(axes[0]); i++)
        if (take(p, axes[i].text)) {
            *out = axes[i].axis;
            return OK;
        }
    if (p->p[len] == ':' && p->p[len + 1] == ':')
        return mistake(p, p->p, ERR_INVALID,
                       tr(p->ctx, "There is no axis named {0}.",
                          TR_TEXT(arena_strndup(p->ctx->arena, p->p, len))));
    return OK;
}

/* One part of a path: a name, *, node(), . or .. and its conditions. */
static enum err parse_step(struct parser *p, struct node *n)
{
    enum axis axis;
    const char *name = NULL;
    struct step *s;
    size_t len;
    enum err rc;

    if (n->steps_len + 2 > STEPS_MAX)
        return mistake(p, p->p, ERR_LIMIT, tr(p->ctx, "This path has too many parts."));
    if (p->p[0] == '.') {
        s = add_step(p, n, p->p[1] == '.' ? AXIS_PARENT : AXIS_SELF, NULL);
        p->p += p->p[1] == '.' ? 2 : 1;
        pass_space(p);
        return parse_predicates(p, s);
    }
    rc = parse_axis(p, &axis);
    if (rc)
        return rc;
    s = add_step(p, n, axis, NULL);
    len = name_len(p->p);
    if (len) {
        name = arena_strndup(p->ctx->arena, p->p, len);
        p->p += len;
        pass_space(p);
        if (strcmp(name, "node") == 0 && take(p, "(")) {
            name = NULL;
            if (!take(p, ")"))
                return mistake(p, p->p, ERR_INVALID,
                               tr(p->ctx, "A closing parenthesis belongs here."));
        }
    } else if (!take(p, "*")) {
        return mistake(p, p->p, ERR_INVALID, tr(p->ctx, "The name of a field belongs here."));
    }
    s->name = name;
    return parse_predicates(p, s);
}

/* //name is one step, unless its conditions count within each parent. */
static void join_steps(struct node *n)
{
    struct step *deep = &n->steps[n->steps_len - 2];
    struct step *last = &n->steps[n->steps_len - 1];

    if (last->axis != AXIS_CHILD || last->predicates_len)
        return;
    *deep = *last;
    deep->axis =
        n->from == FROM_ROOT && n->steps_len == 2 ? AXIS_DESCENDANT_OR_SELF : AXIS_DESCENDANT;
    n->steps_len--;
}

/* What follows a first part: /name, //name ... */
static enum err parse_steps(struct parser *p, struct node *n)
{
    enum err rc = OK;

    while (*p->p == '/' && !rc) {
        bool deep = p->p[1] == '/';

        if (deep)
            (void)add_step(p, n, AXIS_DESCENDANT_OR_SELF, NULL);
        p->p += deep ? 2 : 1;
        pass_space(p);
        rc = parse_step(p, n);
        if (!rc && deep)
            join_steps(n);
    }
    return rc;
}

/* A path that begins here or at the root. */
static enum err parse_path(struct parser *p, const struct node **out)
{
    struct node *n = new_node(p, NODE_PATH);
    const char *from = p->p;
    enum err rc = OK;

    *out = n;
    if (*p->p != '/') {
        n->from = FROM_HERE;
        rc = parse_step(p, n);
        return rc ? rc : parse_steps(p, n);
    }
    n->from = FROM_ROOT;
    if (p->p[1] != '/' && !is_name_start(p->p[1]) && (!p->p[1] || !strchr("*.", p->p[1])))
        return mistake(
            p, from, ERR_INVALID,
            tr(p->ctx, "An absolute path is written as in {0}.", TR_TEXT("/data/group/name")));
    return parse_steps(p, n);
}

/* Conditions and steps behind a value: instance('x')/root/item[1], ${row}[2]/name. */
static enum err parse_filter(struct parser *p, const struct node **out)
{
    const struct node *value = *out;
    struct node *n;
    struct step *s;
    enum err rc;

    if (*p->p != '[' && *p->p != '/')
        return OK;
    assert(value); /* what stands before it was parsed */
    n = new_node(p, NODE_PATH);
    n->offset = value->offset;
    n->from = FROM_VALUE;
    add_arg(p, n, value, OP_OR);
    if (*p->p == '[') {
        s = add_step(p, n, AXIS_SELF, NULL);
        s->whole = true;
        rc = parse_predicates(p, s);
        if (rc)
            return rc;
    }
    *out = n;
    return parse_steps(p, n);
}

static enum err check_count(struct parser *p, const char *at, const struct node *call)
{
    const struct expr_function *f = call->function;
    size_t min = expr_function_min(f);
    size_t max = expr_function_max(f);
    const struct tr_arg args[] = {
        TR_TEXT(f->name), TR_INT((int64_t)min), TR_INT((int64_t)call->args_len), { 0 }
    };
    const char *pattern;

    if (call->args_len >= min && call->args_len <= max)
        return OK;
    pattern = call->args_len < min && max > min
                  ? N_("{0}() takes at least {1, plural, one {# value} other {# values}}, not {2}.")
              : max > min ? N_("{0}() does not take as many values as {2}.")
                          : N_("{0}() takes {1, plural, one {# value} other {# values}}, not {2}.");
    return mistake(p, at, ERR_INVALID, tr_args(p->ctx, pattern, args));
}

/* After the opening parenthesis. */
static enum err parse_args(struct parser *p, struct node *call)
{
    const struct node *arg = NULL;
    enum err rc;

    if (take(p, ")"))
        return OK;
    for (;;) {
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
    note_word(p, &p->functions, n->function->name);
    rc = parse_args(p, n);
    if (rc)
        return rc;
    rc = check_count(p, from, n);
    if (rc)
        return rc;
    rc = expr_types_check(p->ctx, n, p->offset_out);
    if (rc)
        return rc;
    *out = n;
    return OK;
}

static bool at_call(const struct parser *p)
{
    size_t len = name_len(p->p);
    bool is_node = len == 4 && text_starts(p->p, "node");

    while (len && ascii_is_space(p->p[len]))
        len++;
    return len && p->p[len] == '(' && !is_node;
}

static enum err parse_group(struct parser *p, const struct node **out)
{
    enum err rc;

    if (!take(p, "("))
        return mistake(p, p->p, ERR_INVALID, tr(p->ctx, "A value belongs here."));
    rc = parse_level(p, out, 0);
    if (rc)
        return rc;
    if (!take(p, ")"))
        return mistake(p, p->p, ERR_INVALID, tr(p->ctx, "A closing parenthesis belongs here."));
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
        rc = parse_reference(p, out);
    else if (at_call(p))
        rc = parse_call(p, out);
    else if (c == '/' || c == '.' || c == '*' || is_name_start(c))
        return parse_path(p, out);
    else
        rc = parse_group(p, out);
    return rc ? rc : parse_filter(p, out);
}

/* Node sets joined by |. */
static enum err parse_union(struct parser *p, const struct node **out)
{
    const struct node *operand = NULL;
    struct node *chain = NULL;
    enum err rc = parse_primary(p, &operand);

    while (!rc && *p->p == '|') {
        if (!chain) {
            chain = new_node(p, NODE_CHAIN);
            add_arg(p, chain, operand, OP_UNION);
        }
        p->p++;
        pass_space(p);
        rc = parse_primary(p, &operand);
        if (!rc)
            add_arg(p, chain, operand, OP_UNION);
    }
    if (rc)
        return rc;
    *out = chain ? chain : operand;
    return chain ? expr_types_check(p->ctx, chain, p->offset_out) : OK;
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
    rc = parse_union(p, &inner);
    if (rc || !any) {
        if (!rc)
            *out = inner;
        return rc;
    }
    n = new_node(p, NODE_NEGATIVE);
    n->number = negative ? -1 : 1;
    add_arg(p, n, inner, OP_SUBTRACT);
    *out = n;
    return expr_types_check(p->ctx, n, p->offset_out);
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
        if (!chain) {
            chain = new_node(p, NODE_CHAIN);
            add_arg(p, chain, operand, word->op);
        }
        p->p += strlen(word->text);
        pass_space(p);
        rc = parse_operand(p, &operand, level);
        if (rc)
            return rc;
        add_arg(p, chain, operand, word->op);
    }
    *out = chain ? chain : operand;
    return chain ? expr_types_check(p->ctx, chain, p->offset_out) : OK;
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
    e->names = p.names.len ? p.names.items : ARENA_ARRAY(ctx->arena, 1, const char *);
    e->functions = p.functions.len ? p.functions.items : ARENA_ARRAY(ctx->arena, 1, const char *);
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
    e->functions = e->names;
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

bool expr_calls(const struct expr *e, const char *function)
{
    for (const char *const *name = e->functions; *name; name++)
        if (strcmp(*name, function) == 0)
            return true;
    return false;
}
