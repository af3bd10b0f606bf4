/*
 * tmplc: compiles HTML templates to C. The language is described in src/web/html.h.
 *
 * usage: tmplc OUT.c OUT.h TEMPLATE.html...
 *
 * A value may stand in text or in a double-quoted attribute only, where it is escaped by type. In
 * script, style, on... and unquoted attributes, and in link attributes other than by {{url}} or
 * {{static}}, it stops the build with the template's line.
 */

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/arena.h"
#include "core/buf.h"
#include "core/text.h"

#define OUT_MAX   ((size_t)16 * 1024 * 1024)
#define DEPTH_MAX 32
#define VARS_MAX  32

/* Where in the HTML the reader stands. */
enum place { AT_TEXT, AT_TAG, AT_VALUE, AT_UNQUOTED, AT_COMMENT, AT_RAW };

struct html_state {
    enum place place;
    char tag[32];
    char attr[32];
    bool tag_named;     /* the tag's name is complete */
    bool attr_named;    /* the attribute's name is complete */
    bool value_started; /* something stands in the attribute's value already */
};

enum block_kind { BLOCK_IF, BLOCK_EACH };

struct block {
    enum block_kind kind;
    struct html_state at_start;
    bool has_else;
    size_t vars;
    int line;
    char end_code[16]; /* braces to close */
};

struct compiler {
    struct arena *arena;
    const char *file;
    const char *p;
    int line;
    struct html_state html;
    struct buf code;    /* body of the function being made */
    struct buf literal; /* literal text not written yet */
    struct block blocks[DEPTH_MAX];
    size_t depth;
    const char *vars[VARS_MAX];
    size_t vars_len;
    const char *view;
    const char *header;
    const char *title; /* C expression of the page's title; NULL = a part */
    struct buf *out_c;
    struct buf *out_h;
};

static _Noreturn void stop(const struct compiler *c, const char *format, ...) PRINTF_LIKE(2, 3);

static void stop(const struct compiler *c, const char *format, ...)
{
    va_list args;

    fprintf(stderr, "%s:%d: error: ", c->file, c->line);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fprintf(stderr, "\n");
    exit(1);
}

static char *read_file(struct arena *a, const char *path)
{
    struct buf b;
    char chunk[8192];
    size_t n;
    FILE *f = fopen(path, "r");

    if (f == NULL) {
        fprintf(stderr, "tmplc: could not open %s\n", path);
        exit(1);
    }
    buf_init(&b, a, OUT_MAX);
    while ((n = fread(chunk, 1, sizeof chunk, f)) > 0)
        buf_add_len(&b, chunk, n);
    fclose(f);
    if (!buf_ok(&b) || !text_valid(b.data, b.len, NULL)) {
        fprintf(stderr, "tmplc: %s is too long or not UTF-8\n", path);
        exit(1);
    }
    return arena_strndup(a, b.data, b.len);
}

/* Writes only when the text differs, so that nothing is built again without need. */
static void write_if_changed(struct arena *a, const char *path, const char *text)
{
    FILE *f = fopen(path, "r");
    bool same = false;

    if (f != NULL) {
        fclose(f);
        same = strcmp(read_file(a, path), text) == 0;
    }
    if (same)
        return;
    f = fopen(path, "w");
    if (f == NULL || fputs(text, f) < 0 || fclose(f) != 0) {
        fprintf(stderr, "tmplc: could not write %s\n", path);
        exit(1);
    }
}

/* --- literal text and the HTML state --- */

static bool is_raw_tag(const char *tag)
{
    return strcmp(tag, "script") == 0 || strcmp(tag, "style") == 0;
}

static void append(char *name, size_t size, char ch)
{
    size_t len = strlen(name);

    if (len + 1 < size) {
        name[len] = ascii_lower(ch);
        name[len + 1] = '\0';
    }
}

/* Inside a tag: tag name, attribute names, the start of a value. */
static void step_tag(struct html_state *s, const char *p)
{
    char ch = *p;

    if (ch == '>') {
        s->place = is_raw_tag(s->tag) ? AT_RAW : AT_TEXT;
        return;
    }
    if (ch == '"') {
        s->place = AT_VALUE;
        s->value_started = false;
        return;
    }
    if (ch == '=') {
        if (p[1] != '"')
            s->place = AT_UNQUOTED;
        return;
    }
    if (ascii_is_space(ch)) {
        s->tag_named = true;
        s->attr_named = true;
        return;
    }
    if (!s->tag_named) {
        append(s->tag, sizeof s->tag, ch);
        return;
    }
    if (s->attr_named) {
        s->attr[0] = '\0';
        s->attr_named = false;
    }
    append(s->attr, sizeof s->attr, ch);
}

static void step_html(struct compiler *c, const char *p)
{
    struct html_state *s = &c->html;

    switch (s->place) {
    case AT_TEXT:
        if (text_starts(p, "<!--")) {
            s->place = AT_COMMENT;
        } else if (*p == '<') {
            memset(s, 0, sizeof *s);
            s->place = AT_TAG;
        }
        break;
    case AT_TAG:
        step_tag(s, p);
        break;
    case AT_VALUE:
        if (*p == '"') {
            s->place = AT_TAG;
            s->attr_named = true;
        } else {
            s->value_started = true;
        }
        break;
    case AT_UNQUOTED:
        stop(c, "attribute %s: put its value in double quotes", s->attr);
        break;
    case AT_COMMENT:
        if (*p == '>' && p[-1] == '-' && p[-2] == '-')
            s->place = AT_TEXT;
        break;
    case AT_RAW:
        if (text_starts(p, "</")) {
            memset(s, 0, sizeof *s);
            s->place = AT_TAG;
        }
        break;
    }
}

static void add_c_string(struct buf *b, const char *text, size_t len)
{
    buf_add_char(b, '"');
    for (size_t i = 0; i < len; i++) {
        unsigned char ch = (unsigned char)text[i];

        if (ch == '"' || ch == '\\')
            buf_printf(b, "\\%c", ch);
        else if (ch == '\n')
            buf_add(b, "\\n");
        else if (ch < 0x20 || ch >= 0x7f)
            buf_printf(b, "\\%03o", ch);
        else
            buf_add_char(b, (char)ch);
    }
    buf_add_char(b, '"');
}

static void flush_literal(struct compiler *c)
{
    if (c->literal.len == 0)
        return;
    buf_add(&c->code, "    html_lit(h, ");
    add_c_string(&c->code, c->literal.data, c->literal.len);
    buf_printf(&c->code, ", %zu);\n", c->literal.len);
    buf_clear(&c->literal);
}

static void line_mark(struct compiler *c)
{
    buf_printf(&c->code, "#line %d \"%s\"\n", c->line, c->file);
}

/* --- expressions --- */

static bool is_ident_char(char ch)
{
    return ascii_is_alpha(ch) || ascii_is_digit(ch) || ch == '_';
}

/* One word of a directive: a string with its quotes, or anything up to a space. */
static const char *next_word(struct compiler *c, const char **p)
{
    const char *start;

    while (**p == ' ')
        (*p)++;
    start = *p;
    if (*start == '\0')
        return NULL;
    if (*start == '"') {
        (*p)++;
        while (**p != '"' && **p != '\0')
            *p += **p == '\\' && (*p)[1] != '\0' ? 2 : 1;
        if (**p == '\0')
            stop(c, "a text without its closing quote");
        (*p)++;
    } else {
        while (**p != ' ' && **p != '\0')
            (*p)++;
    }
    return arena_strndup(c->arena, start, (size_t)(*p - start));
}

static void expect_end(struct compiler *c, const char *p)
{
    if (next_word(c, &p) != NULL)
        stop(c, "more words than the directive takes");
}

/* v.a.b -> v->a.b; o -> (*o); checks that the variable is in sight and the path is plain. */
static const char *expression(struct compiler *c, const char *word)
{
    const char *p = word;
    const char *rest;
    size_t len = 0;
    bool known = false;

    if (word == NULL)
        stop(c, "an expression is missing");
    while (is_ident_char(p[len]))
        len++;
    for (size_t i = 0; i < c->vars_len; i++)
        known = known || (strlen(c->vars[i]) == len && strncmp(c->vars[i], p, len) == 0);
    if (!known)
        stop(c, "%s: no such variable here (v, or one of an #each around it)", word);
    rest = p + len;
    for (p = rest; *p != '\0'; p++)
        if (!is_ident_char(*p) && *p != '.' && !(p[0] == '-' && p[1] == '>') &&
            !(p[0] == '>' && p[-1] == '-'))
            stop(c, "%s: only names with dots", word);
    if (*rest == '\0')
        return arena_printf(c->arena, "(*%s)", word);
    if (*rest == '.')
        return arena_printf(c->arena, "%.*s->%s", (int)len, word, rest + 1);
    return word;
}

static const char *quoted(struct compiler *c, const char *word, const char *what)
{
    if (word == NULL || word[0] != '"')
        stop(c, "%s is missing: a text in double quotes", what);
    return word;
}

/* "text" arg arg -> a call of tr_args. */
static const char *translation(struct compiler *c, const char *p)
{
    struct buf b;
    const char *word = quoted(c, next_word(c, &p), "the text");

    buf_init(&b, c->arena, 8192);
    buf_printf(&b, "tr_args(h->ctx, %s, (const struct tr_arg[]){ ", word);
    for (word = next_word(c, &p); word != NULL; word = next_word(c, &p))
        buf_printf(&b, "HTML_ARG(%s), ", expression(c, word));
    buf_add(&b, "{ 0 } })");
    return buf_text(&b);
}

static bool is_link_attr(const char *attr)
{
    static const char *const links[] = { "href",   "src",  "action", "formaction",
                                         "poster", "data", "srcset", "xlink:href" };

    for (size_t i = 0; i < sizeof links / sizeof links[0]; i++)
        if (strcmp(attr, links[i]) == 0)
            return true;
    return false;
}

/* A value is about to stand here: refuses unsafe places. */
static void check_place(struct compiler *c, bool is_link)
{
    const struct html_state *s = &c->html;

    if (s->place == AT_TEXT && !is_link)
        return;
    if (s->place != AT_VALUE)
        stop(c, "a value may stand in text or in a double-quoted attribute only");
    if (text_starts(s->attr, "on") || strcmp(s->attr, "style") == 0 ||
        strcmp(s->attr, "srcdoc") == 0)
        stop(c, "no value may stand in the attribute %s", s->attr);
    if (is_link && s->value_started)
        stop(c, "{{url}} and {{static}} make the whole value of %s", s->attr);
    if (!is_link && is_link_attr(s->attr))
        stop(c, "%s takes {{url ...}} or {{static ...}} only", s->attr);
}

/* --- directives --- */

static void put_url(struct compiler *c, const char *p)
{
    const char *word = next_word(c, &p);

    check_place(c, true);
    if (word == NULL)
        stop(c, "url of what?");
    if (word[0] != '"') {
        expect_end(c, p);
        buf_printf(&c->code, "    html_url(h, %s);\n", expression(c, word));
        return;
    }
    buf_printf(&c->code, "    html_url(h, url_build_(h->ctx, %s, (const char *const[]){ ", word);
    for (word = next_word(c, &p); word != NULL; word = next_word(c, &p))
        buf_printf(&c->code, "%s, ", expression(c, word));
    buf_add(&c->code, "NULL }));\n");
}

static const char *condition(struct compiler *c, const char *p)
{
    const char *word = next_word(c, &p);
    const char *verb;
    const char *constant;
    bool negated = false;

    if (word != NULL && strcmp(word, "not") == 0) {
        negated = true;
        word = next_word(c, &p);
    }
    word = expression(c, word);
    verb = next_word(c, &p);
    if (verb == NULL)
        return arena_printf(c->arena, "%sHTML_TRUE(%s)", negated ? "!" : "", word);
    constant = next_word(c, &p);
    if (strcmp(verb, "is") != 0 || constant == NULL)
        stop(c, "after a value comes: is CONSTANT");
    for (const char *q = constant; *q != '\0'; q++)
        if (!is_ident_char(*q))
            stop(c, "%s is not the name of a constant", constant);
    expect_end(c, p);
    return arena_printf(c->arena, "%s %s %s", word, negated ? "!=" : "==", constant);
}

static struct block *push_block(struct compiler *c, enum block_kind kind)
{
    struct block *b;

    if (c->depth == DEPTH_MAX)
        stop(c, "blocks too deep");
    if (c->html.place == AT_RAW || c->html.place == AT_COMMENT)
        stop(c, "no block inside script, style or a comment");
    b = &c->blocks[c->depth++];
    memset(b, 0, sizeof *b);
    b->kind = kind;
    b->at_start = c->html;
    b->vars = c->vars_len;
    b->line = c->line;
    return b;
}

static struct block *top_block(struct compiler *c, const char *what)
{
    if (c->depth == 0)
        stop(c, "%s without a block", what);
    return &c->blocks[c->depth - 1];
}

static void check_same_state(struct compiler *c, const struct block *b)
{
    if (b->at_start.place != c->html.place)
        stop(c, "the block that begins at line %d leaves a tag or attribute half open", b->line);
}

static void begin_if(struct compiler *c, const char *p)
{
    push_block(c, BLOCK_IF);
    buf_printf(&c->code, "    if (%s) {\n", condition(c, p));
}

static void begin_each(struct compiler *c, const char *p)
{
    const char *var = next_word(c, &p);
    const char *in = next_word(c, &p);
    const char *list = expression(c, next_word(c, &p));

    expect_end(c, p);
    if (in == NULL || strcmp(in, "in") != 0 || !text_is_name(var))
        stop(c, "write {{#each item in v.items}}");
    if (c->vars_len == VARS_MAX)
        stop(c, "too many variables");
    push_block(c, BLOCK_EACH);
    c->vars[c->vars_len++] = var;
    buf_printf(&c->code,
               "    if (%s_len > 0) {\n    for (size_t i_%s = 0; i_%s < %s_len; i_%s++) {\n"
               "    __typeof__(&%s[0]) %s = &%s[i_%s];\n    (void)%s;\n",
               list, var, var, list, var, list, var, list, var, var);
}

static void put_else(struct compiler *c, const char *p)
{
    struct block *b = top_block(c, "else");

    check_same_state(c, b);
    while (*p == ' ')
        p++;
    if (text_starts(p, "if ")) {
        if (b->kind != BLOCK_IF || b->has_else)
            stop(c, "else if belongs to an #if");
        buf_printf(&c->code, "    } else if (%s) {\n", condition(c, p + 3));
        return;
    }
    expect_end(c, p);
    if (b->has_else)
        stop(c, "a second else");
    b->has_else = true;
    buf_add(&c->code, b->kind == BLOCK_EACH ? "    }\n    } else {\n" : "    } else {\n");
    c->vars_len = b->vars;
}

static void end_block(struct compiler *c, enum block_kind kind)
{
    struct block *b = top_block(c, "end");

    if (b->kind != kind)
        stop(c, "the block from line %d ends with another name", b->line);
    check_same_state(c, b);
    buf_add(&c->code, b->kind == BLOCK_EACH && !b->has_else ? "    }\n    }\n" : "    }\n");
    c->vars_len = b->vars;
    c->depth--;
}

static void put_view(struct compiler *c, const char *p)
{
    const char *header;

    c->view = next_word(c, &p);
    header = quoted(c, next_word(c, &p), "the header");
    expect_end(c, p);
    if (c->view == NULL || !text_is_name(c->view))
        stop(c, "write {{view name \"room/room_view.h\"}}");
    c->header = header;
}

static void put_part(struct compiler *c, const char *p)
{
    const char *part = next_word(c, &p);
    const char *value = next_word(c, &p);
    const char *target;

    expect_end(c, p);
    if (part == NULL || !text_is_name(part) || c->html.place != AT_TEXT)
        stop(c, "write {{>part value}}, between tags");
    target = expression(c, value);
    buf_printf(&c->code, "    %s_render(h, HTML_POINTER(%s));\n", part, target);
}

static void put_format(struct compiler *c, const char *call, const char *p)
{
    const char *value = expression(c, next_word(c, &p));
    const char *digits = next_word(c, &p);

    check_place(c, false);
    if (digits != NULL)
        buf_printf(&c->code, "    html_text(h, %s(h->ctx, %s, %s));\n", call, value, digits);
    else
        buf_printf(&c->code, "    html_text(h, %s(h->ctx, %s));\n", call, value);
}

static void put_static(struct compiler *c, const char *p)
{
    check_place(c, true);
    buf_printf(&c->code, "    html_static(h, %s);\n", quoted(c, next_word(c, &p), "the file"));
    expect_end(c, p);
}

static bool word_is(const char **p, const char *word)
{
    size_t len = strlen(word);

    if (strncmp(*p, word, len) != 0 || ((*p)[len] != ' ' && (*p)[len] != '\0'))
        return false;
    *p += len;
    return true;
}

/* Blocks; false if it is none. */
static bool block_directive(struct compiler *c, const char *p)
{
    if (word_is(&p, "#if"))
        begin_if(c, p);
    else if (word_is(&p, "#each"))
        begin_each(c, p);
    else if (word_is(&p, "else"))
        put_else(c, p);
    else if (word_is(&p, "/if"))
        end_block(c, BLOCK_IF);
    else if (word_is(&p, "/each"))
        end_block(c, BLOCK_EACH);
    else
        return false;
    return true;
}

static void value_directive(struct compiler *c, const char *p)
{
    if (word_is(&p, "url")) {
        put_url(c, p);
    } else if (word_is(&p, "static")) {
        put_static(c, p);
    } else if (word_is(&p, "t")) {
        check_place(c, false);
        buf_printf(&c->code, "    html_text(h, %s);\n", translation(c, p));
    } else if (word_is(&p, "date")) {
        put_format(c, "tr_date", p);
    } else if (word_is(&p, "moment")) {
        put_format(c, "tr_moment", p);
    } else if (word_is(&p, "decimal")) {
        put_format(c, "tr_decimal", p);
    } else if (word_is(&p, "csrf")) {
        buf_add(&c->code, "    html_csrf(h);\n");
    } else if (word_is(&p, "lang")) {
        buf_add(&c->code, "    html_text(h, h->ctx->lang);\n");
    } else if (word_is(&p, "dir")) {
        buf_add(&c->code, "    html_text(h, tr_direction(h->ctx->lang));\n");
    } else if (word_is(&p, "content")) {
        buf_add(&c->code, "    layout_content(h, v);\n");
    } else if (*p == '>') {
        put_part(c, p + 1);
    } else {
        const char *word = next_word(c, &p);

        check_place(c, false);
        expect_end(c, p);
        buf_printf(&c->code, "    HTML_VALUE(h, %s);\n", expression(c, word));
    }
    c->html.value_started = true;
}

static void directive(struct compiler *c, const char *text)
{
    const char *p = text;

    if (word_is(&p, "view")) {
        put_view(c, p);
        return;
    }
    if (c->view == NULL)
        stop(c, "the first line of a template is {{view name \"header\"}}");
    if (word_is(&p, "page")) {
        c->title = translation(c, p);
        return;
    }
    flush_literal(c);
    line_mark(c);
    if (!block_directive(c, text))
        value_directive(c, text);
}

/* --- a template --- */

static void literal_char(struct compiler *c)
{
    const char *p = c->p;

    step_html(c, p);
    buf_add_char(&c->literal, *p);
    c->p++;
    if (*p == '\n') {
        c->line++;
        while (*c->p == ' ') /* indentation is for people */
            c->p++;
    }
}

/* The }} that ends a directive; plurals inside its texts end in }} too. NULL if there is none. */
static const char *directive_end(const char *p)
{
    bool in_text = false;

    for (; *p != '\0'; p++) {
        if (*p == '"')
            in_text = !in_text;
        else if (in_text && *p == '\\' && p[1] != '\0')
            p++;
        else if (!in_text && text_starts(p, "}}"))
            return p;
    }
    return NULL;
}

static void compile_body(struct compiler *c)
{
    while (*c->p != '\0') {
        const char *end;

        if (!text_starts(c->p, "{{")) {
            literal_char(c);
            continue;
        }
        end = directive_end(c->p + 2);
        if (end == NULL)
            stop(c, "{{ without }}");
        directive(c, arena_strndup(c->arena, c->p + 2, (size_t)(end - c->p) - 2));
        c->p = end + 2;
        if (c->view != NULL && c->code.len == 0 && c->literal.len == 0 && *c->p == '\n') {
            c->p++; /* the line of view or page itself */
            c->line++;
        }
    }
    flush_literal(c);
    if (c->depth > 0)
        stop(c, "the block from line %d is not ended", c->blocks[c->depth - 1].line);
    if (c->html.place != AT_TEXT)
        stop(c, "the template ends inside a tag or comment");
    if (c->view == NULL)
        stop(c, "the template is empty");
}

static void compile(struct arena *a, const char *path, struct buf *out_c, struct buf *out_h)
{
    struct compiler *c = ARENA_NEW(a, struct compiler);

    c->arena = a;
    c->file = path;
    c->p = read_file(a, path);
    c->line = 1;
    c->vars[c->vars_len++] = "v";
    buf_init(&c->code, a, OUT_MAX);
    buf_init(&c->literal, a, OUT_MAX);
    compile_body(c);

    buf_printf(out_h, "#include %s\nvoid %s_render(struct html *h, const struct %s_view *v);\n",
               c->header, c->view, c->view);
    buf_printf(out_c,
               "\nvoid %s_render(struct html *h, const struct %s_view *v)\n{\n    (void)v;\n%s}\n",
               c->view, c->view, buf_text(&c->code));
    if (c->title == NULL)
        return;
    buf_printf(out_h, "void %s_reply(struct res *res, int status, const struct %s_view *v);\n",
               c->view, c->view);
    buf_printf(out_c,
               "\nstatic void %s_content(struct html *h, const void *v)\n{\n"
               "    %s_render(h, v);\n}\n\n"
               "void %s_reply(struct res *res, int status, const struct %s_view *v)\n{\n"
               "    struct html head = { .ctx = res_ctx(res), .res = res };\n"
               "    struct html *h = &head;\n\n    (void)v;\n"
               "    html_page(res, status, %s, %s_content, v);\n}\n",
               c->view, c->view, c->view, c->view, c->title, c->view);
}

int main(int argc, char **argv)
{
    struct arena *a = arena_new((size_t)256 * 1024 * 1024);
    struct buf out_c;
    struct buf out_h;
    const char *name;

    if (argc < 4) {
        fprintf(stderr, "usage: tmplc OUT.c OUT.h TEMPLATE.html...\n");
        return 2;
    }
    name = strrchr(argv[2], '/') == NULL ? argv[2] : strrchr(argv[2], '/') + 1;
    buf_init(&out_c, a, OUT_MAX);
    buf_init(&out_h, a, OUT_MAX);
    buf_add(&out_h, "/* Made by tools/tmplc from web/templates. */\n#pragma once\n"
                    "#include \"web/html.h\"\n");
    buf_printf(&out_c, "/* Made by tools/tmplc from web/templates. */\n#include \"%s\"\n", name);
    for (int i = 3; i < argc; i++)
        compile(a, argv[i], &out_c, &out_h);
    if (!buf_ok(&out_c) || !buf_ok(&out_h)) {
        fprintf(stderr, "tmplc: the templates are too long\n");
        return 1;
    }
    write_if_changed(a, argv[1], buf_text(&out_c));
    write_if_changed(a, argv[2], buf_text(&out_h));
    arena_free(a);
    return 0;
}
