#include <string.h>

#include "core/text.h"
#include "forms/xform_inner.h"

/* XLSForm writes ${name}; an XForm wants a path from where the expression stands. */

#define CALLS_MAX 32

const char *xform_path(struct arena *a, const struct field *f)
{
    return arena_printf(a, "%s/%s", f->parent ? xform_path(a, f->parent) : "/data", f->name);
}

static bool is_around(const struct field *outer, const struct field *f)
{
    for (; f; f = f->parent)
        if (f == outer)
            return true;
    return false;
}

/* The innermost group or repeat that both stand in, if a repeat is around both; else NULL. */
static const struct field *shared_ground(const struct field *from, const struct field *to)
{
    const struct field *ground = from->kind == FIELD_REPEAT ? from->parent : from;

    while (ground && !is_around(ground, to))
        ground = ground->parent;
    for (const struct field *f = ground; f; f = f->parent)
        if (f->kind == FIELD_REPEAT)
            return ground;
    return NULL;
}

/* From a field up to ground and down to the target. */
static const char *relative_path(struct arena *a, const struct field *from, const struct field *to,
                                 const struct field *ground)
{
    const char *up = "";
    const char *down = "";

    for (const struct field *f = from; f != ground; f = f->parent)
        up = arena_printf(a, "%s%s", up[0] ? "../" : "..", up);
    for (const struct field *f = to; f != ground; f = f->parent)
        down = arena_printf(a, "%s%s%s", f->name, down[0] ? "/" : "", down);
    if (!up[0] && !down[0])
        return ".";
    return arena_printf(a, "%s%s%s", up, up[0] && down[0] ? "/" : "", down);
}

static const char *path_between(struct xform *x, const struct field *to, struct xform_place at,
                                bool whole)
{
    struct arena *a = x->ctx->arena;
    const struct field *ground = at.field && !whole ? shared_ground(at.field, to) : NULL;
    const char *path;

    if (!ground)
        return xform_path(a, to);
    path = relative_path(a, at.field, to, ground);
    return at.predicate ? arena_printf(a, "current()/%s", path) : path;
}

/* --- expressions --- */

/* Calls that are open: in indexed-repeat(), which takes whole node sets, and at which argument. */
struct calls {
    bool indexed[CALLS_MAX];
    int argument[CALLS_MAX];
    size_t depth;
};

static bool is_name_char(char c)
{
    return ascii_is_alpha(c) || ascii_is_digit(c) || c == '-' || c == '_' || c == '.' || c == ':';
}

static void open_call(struct calls *calls, const char *source, const char *bracket)
{
    static const char name[] = "indexed-repeat";
    const char *end = bracket;
    const char *begin;

    while (end > source && ascii_is_space(end[-1]))
        end--;
    begin = end;
    while (begin > source && is_name_char(begin[-1]))
        begin--;
    if (calls->depth < CALLS_MAX) {
        calls->indexed[calls->depth] =
            (size_t)(end - begin) == sizeof(name) - 1 && memcmp(begin, name, sizeof(name) - 1) == 0;
        calls->argument[calls->depth] = 0;
    }
    calls->depth++;
}

/* The first argument is a node set, then come repeat and number by turns. */
static bool wants_all(const struct calls *calls)
{
    size_t top = calls->depth;

    if (top == 0 || top > CALLS_MAX || !calls->indexed[top - 1])
        return false;
    return calls->argument[top - 1] == 0 || calls->argument[top - 1] % 2 == 1;
}

static void follow(struct calls *calls, const char *source, const char *p)
{
    if (*p == '(')
        open_call(calls, source, p);
    else if (*p == ')' && calls->depth)
        calls->depth--;
    else if (*p == ',' && calls->depth && calls->depth <= CALLS_MAX)
        calls->argument[calls->depth - 1]++;
}

/* Length of ${name} at p with the field it names; 0 if it is none. */
static size_t reference_at(struct xform *x, const char *p, const struct field **out)
{
    size_t len;
    char *name;

    if (p[0] != '$' || p[1] != '{')
        return 0;
    len = strcspn(p, "}");
    if (!p[len])
        return 0;
    name = text_trim(x->ctx->arena, arena_strndup(x->ctx->arena, p + 2, len - 2));
    if (text_starts(name, "last-saved#"))
        return 0;
    *out = field_find(x->form, name);
    return *out ? len + 1 : 0;
}

bool xform_refers(const char *text)
{
    const char *p = strstr(text, "${");

    return p && strchr(p, '}');
}

const char *xform_expression(struct xform *x, const char *source, struct xform_place at)
{
    struct calls calls = { 0 };
    struct buf b;
    char quote = '\0';

    buf_init(&b, x->ctx->arena, XFORM_MAX);
    for (const char *p = source; *p;) {
        const struct field *f = NULL;
        size_t len = reference_at(x, p, &f);

        if (len) {
            buf_add(&b, path_between(x, f, at, wants_all(&calls)));
            p += len;
            continue;
        }
        if (quote)
            quote = *p == quote ? '\0' : quote;
        else if (*p == '"' || *p == '\'')
            quote = *p;
        else
            follow(&calls, source, p);
        buf_add_char(&b, *p++);
    }
    x->failed = x->failed || !buf_ok(&b);
    return buf_text(&b);
}

const char *xform_plain_reference(struct arena *a, const char *source)
{
    const char *text = text_trim(a, source);
    size_t len = strlen(text);

    if (len < 4 || !text_starts(text, "${") || text[len - 1] != '}')
        return NULL;
    text = text_trim(a, arena_strndup(a, text + 2, len - 3));
    return text_is_name(text) ? text : NULL;
}

const char *xform_count_node(struct xform *x, const struct field *f)
{
    struct arena *a = x->ctx->arena;
    const char *name;

    if (!f->repeat_count || xform_plain_reference(a, expr_source(f->repeat_count)))
        return NULL;
    name = arena_printf(a, "%s_count", f->name);
    while (field_find(x->form, name))
        name = arena_printf(a, "%s_", name);
    return name;
}

bool xform_default_moves(const struct field *f)
{
    const char *text = f->default_value ? expr_source(f->default_value) : "";
    const char *open = strchr(text, '(');

    return xform_refers(text) || (open && open > text && ascii_is_alpha(open[-1]));
}

bool xform_is_triggered(const struct field *f)
{
    return f->trigger_len > 0;
}
