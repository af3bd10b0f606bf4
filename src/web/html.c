#include "web/html.h"

#include "core/asset.h"
#include "http/serve.h"
#include "web/reply.h"

void html_text(struct html *h, const char *text)
{
    if (text != NULL)
        buf_add_html(h->buf, text);
}

void html_int(struct html *h, int64_t n)
{
    buf_add_int(h->buf, n);
}

void html_size(struct html *h, unsigned long n)
{
    buf_add_int(h->buf, (int64_t)n);
}

void html_lit(struct html *h, const char *literal, size_t len)
{
    buf_add_len(h->buf, literal, len);
}

void html_url(struct html *h, struct url url)
{
    buf_add_html(h->buf, url.text == NULL ? "/" : url.text);
}

void html_static(struct html *h, const char *name)
{
    buf_add_html(h->buf, static_url(h->ctx->arena, name));
}

void html_csrf(struct html *h)
{
    buf_add(h->buf, "<input type=\"hidden\" name=\"csrf\" value=\"");
    buf_add_html(h->buf, csrf_token(h->res));
    buf_add(h->buf, "\">");
}

struct tr_arg html_arg_text(const char *text)
{
    return TR_TEXT(text == NULL ? "" : text);
}

struct tr_arg html_arg_int(int64_t n)
{
    return TR_INT(n);
}

struct tr_arg html_arg_size(unsigned long n)
{
    return TR_INT((int64_t)n);
}

bool html_true_text(const char *text)
{
    return text != NULL && text[0] != '\0';
}

bool html_true_int(int64_t n)
{
    return n != 0;
}

bool html_true_size(unsigned long n)
{
    return n != 0;
}

bool html_true_pointer(const void *p)
{
    return p != NULL;
}
