/* A record as a document to print or keep: what its detail page tells, in any language. */
#include "core/text.h"
#include "core/tr.h"
#include "records/document_web.h"
#include "records/giving.h"
#include "records/records_inner.h"
#include "records/screens_web.h"

#define TABLE_COLUMNS_MAX 7 /* more do not fit side by side on a page */

static void add_cells(struct ctx *ctx, struct document *d, const struct detail_cell_view *cells,
                      size_t len)
{
    struct doc_pair *pairs = ARENA_ARRAY(ctx->arena, len + 1, struct doc_pair);
    size_t n = 0;

    for (size_t i = 0; i < len; i++)
        if (cells[i].value[0] != '\0')
            pairs[n++] = (struct doc_pair){ cells[i].label, cells[i].value };
    if (n > 0)
        document_pairs(d, pairs, n);
}

static void add_table(struct ctx *ctx, struct document *d, const struct detail_item_view *v)
{
    struct doc_column *columns = ARENA_ARRAY(ctx->arena, v->heads_len + 1, struct doc_column);
    const char **cells = ARENA_ARRAY(ctx->arena, v->heads_len * v->rows_len + 1, const char *);
    struct doc_table t = { .title = v->label,
                           .columns = columns,
                           .columns_len = v->heads_len,
                           .cells = cells,
                           .rows = v->rows_len };

    for (size_t c = 0; c < v->heads_len; c++)
        columns[c].head = v->heads[c].label;
    for (size_t r = 0; r < v->rows_len; r++)
        for (size_t c = 0; c < v->heads_len; c++)
            cells[r * v->heads_len + c] = v->rows[r].cells[c].value;
    document_table(d, &t);
}

static void add_item(struct ctx *ctx, struct document *d, const struct detail_item_view *v)
{
    document_add(d, DOC_HEADING, v->label);
    if (v->kind == DETAIL_SECTION)
        add_cells(ctx, d, v->cells, v->cells_len);
    else if (v->kind == DETAIL_TABLE && v->heads_len <= TABLE_COLUMNS_MAX)
        add_table(ctx, d, v);
    else
        for (size_t r = 0; r < v->rows_len; r++)
            add_cells(ctx, d, v->rows[r].cells, v->rows[r].cells_len);
    for (size_t i = 0; i < v->items_len; i++)
        add_item(ctx, d, &v->items[i]);
}

static struct document *document_of(struct ctx *ctx, const struct record *rec)
{
    struct record_detail_view v = { 0 };
    const char *name = record_name(ctx, rec);
    struct document *d = document_new(ctx, ctx->lang, name);

    detail_fill(ctx, &v, rec);
    document_add(d, DOC_TEXT,
                 tr(ctx, "{0}, as of {1}", TR_TEXT(label_text(ctx, &rec->form->title)),
                    TR_DATE(ctx_today(ctx))));
    for (size_t i = 0; i < v.items_len; i++)
        add_item(ctx, d, &v.items[i]);
    document_footer(d, rec->number != NULL ? rec->number : "");
    return d;
}

/* The document in a language; problems stay with ctx. */
static enum err make(struct ctx *ctx, struct document **out, const struct record *rec,
                     const char *lang)
{
    const char *before = ctx->lang;

    if (*lang && !tr_has_language(lang))
        return ctx_fail_field(ctx, "lang",
                              tr(ctx, "There are no translations into “{0}”.", TR_TEXT(lang)));
    ctx->lang = *lang ? lang : before;
    *out = document_of(ctx, rec);
    ctx->lang = before;
    return OK;
}

/* What may be given to somebody outside is asked for on the page itself. */
static bool may_be_given(const struct record *rec)
{
    return rec->form->subject != NULL && !text_equal(rec->status, RECORD_DELETED);
}

static enum err show(struct ctx *ctx, struct res *res, const struct record *rec,
                     struct giving_form_view *giving, const char *as)
{
    struct document_place place = {
        .path = arena_printf(ctx->arena, "/records/%s/{}/print?as={}%s%s", rec->form->kind,
                             *giving->lang ? "&lang=" : "", giving->lang),
        .id = rec->id,
        .back_title = record_name(ctx, rec),
        .window = record_window(ctx, rec),
        .back = record_url(ctx, rec),
        .file_name = rec->form->kind,
        .giving = giving,
        .status = giving->refused || ctx_first_problem(ctx)[0] ? 422 : 200,
    };
    struct document *d = NULL;
    enum err rc = make(ctx, &d, rec, giving->lang);

    if (rc)
        return rc;
    if (may_be_given(rec))
        giving->action = url_build(ctx, "/records/{}/{}/print", rec->form->kind, rec->id);
    giving_asks_fill(ctx, &giving->asks);
    return document_reply(ctx, res, d, &place, as);
}

enum err get_print(struct ctx *ctx, const struct req *req, struct res *res)
{
    struct giving_form_view giving = { .lang = req_text(req, "lang") };
    struct record *rec = NULL;
    enum err rc = record_load(ctx, &rec, req_path(req, "kind"), req_path(req, "id"));

    return rc ? rc : show(ctx, res, rec, &giving, req_text(req, "as"));
}

/* For somebody outside: only what consent covers, and it is written down. */
enum err post_print(struct ctx *ctx, const struct req *req, struct res *res)
{
    struct giving_form_view v = {
        .asks = { .recipient = text_trim(ctx->arena, req_text(req, "recipient")),
                  .purpose = req_text(req, "purpose") },
        .lang = req_text(req, "lang"),
    };
    const struct giving asked = { .recipient = v.asks.recipient, .purpose = v.asks.purpose };
    struct record *whole = NULL;
    struct record *rec = NULL;
    struct document *d = NULL;
    enum err rc = record_load(ctx, &whole, req_path(req, "kind"), req_path(req, "id"));

    if (rc == OK)
        rc = record_load(ctx, &rec, req_path(req, "kind"), req_path(req, "id"));
    if (rc == OK && !may_be_given(rec))
        rc = record_gone(ctx);
    if (rc == OK)
        rc = record_give(ctx, &v.refused, rec, &asked);
    if (rc == ERR_INVALID || (rc == OK && v.refused))
        return show(ctx, res, whole, &v, "");
    if (rc == OK)
        rc = make(ctx, &d, rec, v.lang);
    if (rc)
        return rc;
    return document_reply(ctx, res, d, &(struct document_place){ .file_name = rec->form->kind },
                          "pdf");
}
