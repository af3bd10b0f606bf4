#include "guide/guide_md.h"

#include <md4c.h>
#include <string.h>

#include "core/text.h"
#include "core/tr.h"
#include "guide/terms.h"

struct writer {
    struct arena *arena;
    struct buf *out;
    struct buf *words;
    const char *lang;
    struct term_seen seen;
    unsigned quiet;   /* inside a heading, a link or code: no term is marked there */
    bool links[32];   /* of the links that are open: whether it was written */
    unsigned depth;   /* how many are open */
    unsigned picture; /* how many pictures: only their words are shown */
};

bool guide_md_link(const char *target)
{
    if (target[0] == '/')
        return target[1] != '/' && target[1] != '\\';
    return text_starts(target, "https://");
}

static const char *tag_of(MD_BLOCKTYPE type)
{
    switch (type) {
    case MD_BLOCK_QUOTE:
        return "blockquote";
    case MD_BLOCK_UL:
        return "ul";
    case MD_BLOCK_OL:
        return "ol";
    case MD_BLOCK_LI:
        return "li";
    case MD_BLOCK_P:
        return "p";
    case MD_BLOCK_CODE:
        return "pre";
    case MD_BLOCK_DOC:
    case MD_BLOCK_H:
    case MD_BLOCK_HR:
    case MD_BLOCK_HTML:
    case MD_BLOCK_TABLE:
    case MD_BLOCK_THEAD:
    case MD_BLOCK_TBODY:
    case MD_BLOCK_TR:
    case MD_BLOCK_TH:
    case MD_BLOCK_TD:
        break;
    }
    return NULL;
}

/* The page's title is h1, so a heading of the text is h2 or h3. */
static int level_of(const void *detail)
{
    const MD_BLOCK_H_DETAIL *h = detail;

    return h->level <= 2 ? 2 : 3;
}

static int enter_block(MD_BLOCKTYPE type, void *detail, void *arg)
{
    struct writer *w = arg;
    const char *tag = tag_of(type);

    if (type == MD_BLOCK_H) {
        buf_printf(w->out, "<h%d>", level_of(detail));
        w->quiet++;
    } else if (type == MD_BLOCK_HR) {
        buf_add(w->out, "<hr>");
    } else if (tag != NULL) {
        buf_printf(w->out, "<%s>", tag);
        w->quiet += type == MD_BLOCK_CODE;
    }
    return 0;
}

static int leave_block(MD_BLOCKTYPE type, void *detail, void *arg)
{
    struct writer *w = arg;
    const char *tag = tag_of(type);

    if (type == MD_BLOCK_H) {
        buf_printf(w->out, "</h%d>\n", level_of(detail));
        w->quiet--;
    } else if (tag != NULL) {
        buf_printf(w->out, "</%s>\n", tag);
        w->quiet -= type == MD_BLOCK_CODE;
    }
    buf_add_char(w->words, ' ');
    return 0;
}

static void open_link(struct writer *w, const MD_ATTRIBUTE *href)
{
    const char *target = arena_strndup(w->arena, href->text, href->size);
    bool written = guide_md_link(target) && w->depth < sizeof(w->links) / sizeof(w->links[0]);

    if (w->depth < sizeof(w->links) / sizeof(w->links[0]))
        w->links[w->depth] = written;
    w->depth++;
    w->quiet++;
    if (!written)
        return;
    buf_add(w->out, "<a href=\"");
    buf_add_html(w->out, target);
    buf_add(w->out, target[0] == '/' ? "\">" : "\" rel=\"noopener noreferrer\">");
}

static void close_link(struct writer *w)
{
    w->depth--;
    w->quiet--;
    if (w->depth < sizeof(w->links) / sizeof(w->links[0]) && w->links[w->depth])
        buf_add(w->out, "</a>");
}

static const char *span_of(MD_SPANTYPE type)
{
    if (type == MD_SPAN_EM)
        return "em";
    if (type == MD_SPAN_STRONG)
        return "strong";
    return type == MD_SPAN_CODE ? "code" : NULL;
}

static int enter_span(MD_SPANTYPE type, void *detail, void *arg)
{
    struct writer *w = arg;
    const char *tag = span_of(type);

    if (type == MD_SPAN_A && w->picture == 0)
        open_link(w, &((const MD_SPAN_A_DETAIL *)detail)->href);
    else if (type == MD_SPAN_IMG)
        w->picture++;
    else if (tag != NULL)
        buf_printf(w->out, "<%s>", tag);
    w->quiet += type == MD_SPAN_CODE;
    return 0;
}

static int leave_span(MD_SPANTYPE type, void *detail, void *arg)
{
    struct writer *w = arg;
    const char *tag = span_of(type);

    (void)detail;
    if (type == MD_SPAN_A && w->picture == 0)
        close_link(w);
    else if (type == MD_SPAN_IMG)
        w->picture--;
    else if (tag != NULL)
        buf_printf(w->out, "</%s>", tag);
    w->quiet -= type == MD_SPAN_CODE;
    return 0;
}

static void add_some(struct writer *w, const char *text, size_t len)
{
    buf_add_html(w->out, arena_strndup(w->arena, text, len));
}

/* Text with the terms in it marked. */
static void add_marked(struct writer *w, const char *text)
{
    struct term_hit hit = { 0 };
    size_t from = 0;

    while (w->quiet == 0 && terms_next(&hit, w->lang, text, from, &w->seen)) {
        add_some(w, text + from, hit.at - from);
        buf_printf(w->out, "<a class=\"term\" href=\"/terms#%s\" data-term=\"%s\">", hit.term->code,
                   hit.term->code);
        add_some(w, text + hit.at, hit.len);
        buf_add(w->out, "</a>");
        from = hit.at + hit.len;
    }
    buf_add_html(w->out, text + from);
}

static int put_text(MD_TEXTTYPE type, const MD_CHAR *text, MD_SIZE size, void *arg)
{
    struct writer *w = arg;

    if (type == MD_TEXT_NULLCHAR)
        return 0;
    if (type == MD_TEXT_BR) {
        buf_add(w->out, "<br>");
        buf_add_char(w->words, ' ');
        return 0;
    }
    if (type == MD_TEXT_SOFTBR) {
        buf_add_char(w->out, '\n');
        buf_add_char(w->words, ' ');
        return 0;
    }
    buf_add_len(w->words, text, size);
    add_marked(w, arena_strndup(w->arena, text, size));
    return buf_ok(w->out) ? 0 : 1;
}

enum err guide_md_html(struct ctx *ctx, struct buf *out, struct buf *words, const char *lang,
                       const char *markdown)
{
    struct writer w = { .arena = ctx->arena, .out = out, .words = words, .lang = lang };
    const MD_PARSER parser = {
        .flags = MD_FLAG_NOHTML | MD_FLAG_NOINDENTEDCODEBLOCKS,
        .enter_block = enter_block,
        .leave_block = leave_block,
        .enter_span = enter_span,
        .leave_span = leave_span,
        .text = put_text,
    };
    size_t len = strlen(markdown);
    int rc;

    if (len > GUIDE_MD_MAX)
        return ctx_fail(ctx, ERR_LIMIT, tr(ctx, "The text is too long."));
    rc = md_parse(markdown, (MD_SIZE)len, &parser, &w);
    if (!buf_ok(out) || !buf_ok(words))
        return ctx_fail(ctx, ERR_LIMIT, tr(ctx, "The text is too long."));
    if (rc != 0)
        return ctx_fail(ctx, ERR_INVALID, tr(ctx, "The text could not be read as Markdown."));
    return OK;
}
