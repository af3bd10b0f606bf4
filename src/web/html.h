#ifndef WEB_HTML_H
#define WEB_HTML_H

/*
 * What compiled templates (tools/tmplc) call. A value in text or in a quoted attribute is escaped
 * by type; links take struct url; nothing puts raw text.
 *
 * Template language (web/templates/ROOM/NAME.html):
 *   {{view NAME "room/room_view.h"}}  first line: struct NAME_view; v is a pointer to it
 *   {{page "Title {0}" v.x}}          second line of a page: its title; makes
 *                                     NAME_reply(res, status, &v); without it the template is
 *                                     a part: NAME_render(h, &v)
 *   {{v.field}} {{o.name}} {{o}}      escaped; const char *, integers; a dot after a pointer
 *                                     variable is ->
 *   {{t "text {0}" v.x}}              translated; arguments by type
 *   {{date v.on}} {{moment v.at_ms}} {{decimal v.score 2}}
 *   {{url "/cases/{}/close" v.id}} {{url v.link}}   the second takes a struct url
 *   {{static "app.css"}}              versioned path of a static file
 *   {{csrf}}                          hidden field, masked anew in every reply
 *   {{#if v.x}} {{else if v.y}} {{else}} {{/if}}    pointers (NULL or "" is false), numbers,
 *                                     bools; {{#if not v.x}} {{#if v.kind is WIDGET_TEXT}}
 *                                     compares with a constant
 *   {{#each o in v.items}} {{else}} {{/each}}   over v.items[0 .. v.items_len); o points to an item
 *   {{>part o}}                       another template without page; o points to its struct
 *   {{lang}} {{dir}}                  language and direction of the page
 *   {{#raw}} does not exist. A value in script, style, on..., an unquoted attribute, or in href,
 *   src, action, formaction other than by url or static, stops the build with the template's line.
 */

#include <stdbool.h>
#include <stdint.h>

#include "core/buf.h"
#include "core/ctx.h"
#include "web/web.h"

struct html {
    struct ctx *ctx;
    struct buf *buf;
    struct res *res;
};

void html_text(struct html *h, const char *text); /* NULL = nothing */
void html_int(struct html *h, int64_t n);
void html_lit(struct html *h, const char *literal, size_t len); /* templates' own text only */
void html_url(struct html *h, struct url url);
void html_csrf(struct html *h);
void html_static(struct html *h, const char *name);

#define HTML_VALUE(h, x)                                                                           \
    _Generic((x),                                                                                  \
        char *: html_text,                                                                         \
        const char *: html_text,                                                                   \
        int: html_int,                                                                             \
        long: html_int,                                                                            \
        long long: html_int,                                                                       \
        unsigned: html_int,                                                                        \
        unsigned long: html_size)((h), (x))
void html_size(struct html *h, unsigned long n);

struct tr_arg html_arg_text(const char *text);
struct tr_arg html_arg_int(int64_t n);
struct tr_arg html_arg_size(unsigned long n);
#define HTML_ARG(x)                                                                                \
    _Generic((x),                                                                                  \
        char *: html_arg_text,                                                                     \
        const char *: html_arg_text,                                                               \
        int: html_arg_int,                                                                         \
        long: html_arg_int,                                                                        \
        long long: html_arg_int,                                                                   \
        unsigned long: html_arg_size)(x)

bool html_true_text(const char *text);
bool html_true_int(int64_t n);
bool html_true_size(unsigned long n);
bool html_true_pointer(const void *p);
#define HTML_TRUE(x)                                                                               \
    _Generic((x),                                                                                  \
        bool: html_true_int,                                                                       \
        int: html_true_int,                                                                        \
        long: html_true_int,                                                                       \
        long long: html_true_int,                                                                  \
        unsigned: html_true_int,                                                                   \
        unsigned long: html_true_size,                                                             \
        char *: html_true_text,                                                                    \
        const char *: html_true_text,                                                              \
        default: html_true_pointer)(x)

/* {{>part x}} takes a struct or a pointer to it. */
#define HTML_POINTER(x) (&(x))

/*
 * A page in the layout (web/templates/layout.html): title, navigation by permission, the signed-in
 * user, language choice, demo ribbon, flash message; content draws the middle.
 */
void html_page(struct res *res, int status, const char *title,
               void (*content)(struct html *h, const void *view), const void *view);

#endif
