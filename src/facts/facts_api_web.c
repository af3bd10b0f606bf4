/* The statistics for programs. */
#include <math.h>
#include <string.h>

#include "core/json.h"
#include "core/text.h"
#include "facts/facts_web.h"
#include "facts/report.h"
#include "forms_gen.h"

#define JSON_MAX ((size_t)2 * 1024 * 1024)

const char *const fact_filter_names[FACT_FILTERS] = { "filter1", "filter2", "filter3" };

struct fact_ask fact_ask_of(const struct req *req)
{
    struct fact_ask ask = { .form = req_text(req, "form"),
                            .rows = { req_text(req, "row1"), req_text(req, "row2") },
                            .cols = { req_text(req, "col1"), req_text(req, "col2") },
                            .measure = req_text(req, "measure"),
                            .score = req_text(req, "score"),
                            .period = req_text(req, "period"),
                            .from = req_text(req, "from"),
                            .to = req_text(req, "to"),
                            .as_at = req_text(req, "as_at") };

    for (size_t i = 0; i < FACT_FILTERS; i++)
        ask.filters[i] = req_text(req, fact_filter_names[i]);
    return ask;
}

/* --- out --- */

/* What is hidden is null. */
static void add_cells(struct json_out *j, const struct fact_release *r)
{
    const struct fact_counts *c = &r->counts;

    json_key(j, "cells");
    json_begin_array(j);
    for (size_t row = 0; row <= c->rows_len; row++) {
        json_begin_array(j);
        for (size_t col = 0; col <= c->cols_len; col++) {
            size_t cell = row * (c->cols_len + 1) + col;

            if (!facts_cell_shown(r, row, col) || isnan(facts_cell_number(r, row, col)))
                json_out_null(j);
            else if (r->question.measure == MEASURE_RECORDS)
                json_int(j, c->n[cell]);
            else
                json_decimal(j, facts_cell_number(r, row, col));
        }
        json_end_array(j);
    }
    json_end_array(j);
}

/* A table never changes once it was given out; its title is in the reader's language. */
static const char *etag_of(struct ctx *ctx, const struct fact_release *r)
{
    return arena_printf(ctx->arena, "\"%s-%s\"", r->id, ctx->lang);
}

enum err facts_json(struct ctx *ctx, struct res *res, const struct fact_release *r)
{
    struct buf b;
    struct json_out j = { .buf = &b };

    buf_init(&b, ctx->arena, JSON_MAX);
    json_begin_object(&j);
    json_pair(&j, "id", r->id);
    json_pair(&j, "title", facts_title(ctx, &r->question));
    json_key(&j, "question");
    buf_add(&b, fact_question_text(ctx, &r->question));
    j.comma = true;
    json_key(&j, "threshold");
    json_int(&j, r->threshold);
    fact_lines_json(&j, "rows", r->counts.rows, r->counts.rows_len, r->question.rows_len, NULL);
    fact_lines_json(&j, "cols", r->counts.cols, r->counts.cols_len, r->question.cols_len, NULL);
    add_cells(&j, r);
    json_end_object(&j);
    if (!buf_ok(&b))
        return ctx_fail(ctx, ERR_LIMIT, tr(ctx, "This is more than one page can hold."));
    res_json(res, 200, b.data, b.len);
    res_header(res, "etag", etag_of(ctx, r));
    return OK;
}

static enum err reply(struct ctx *ctx, const struct req *req, struct res *res,
                      const struct fact_release *r)
{
    const char *known = req_header(req, "if-none-match");
    const char *etag = etag_of(ctx, r);

    if (known == NULL || (strcmp(known, "*") != 0 && strstr(known, etag) == NULL))
        return facts_json(ctx, res, r);
    res_body(res, 304, "application/json", "", 0, NULL);
    res_header(res, "etag", etag);
    return OK;
}

/* --- in --- */

static enum err question_of(struct ctx *ctx, struct fact_question *out, const struct req *req)
{
    const struct fact_ask ask = fact_ask_of(req);

    return fact_question_read(ctx, out, &ask, NULL);
}

static enum err get_asked(struct ctx *ctx, const struct req *req, struct res *res)
{
    struct fact_question q = { 0 };
    struct fact_release r = { 0 };
    enum err rc = question_of(ctx, &q, req);

    if (rc == OK)
        rc = facts_release_find(ctx, &r, &q);
    return rc ? rc : reply(ctx, req, res, &r);
}

static enum err post_ask(struct ctx *ctx, const struct req *req, struct res *res)
{
    struct fact_question q = { 0 };
    struct fact_release r = { 0 };
    enum err rc = question_of(ctx, &q, req);

    if (rc == OK)
        rc = facts_release(ctx, &r, &q);
    return rc ? rc : facts_json(ctx, res, &r);
}

static enum err get_one(struct ctx *ctx, const struct req *req, struct res *res)
{
    struct fact_release r = { 0 };
    enum err rc = facts_release_load(ctx, &r, req_path(req, "id"));

    return rc ? rc : reply(ctx, req, res, &r);
}

static const struct field_spec ask_fields[] = {
    FACT_ASK_FIELDS,
    { 0 },
};

const struct route facts_api_routes[] = {
    { GET, "/api/facts", PERM_FACTS_VIEW, get_asked, FIELDS(ask_fields), .reply = "facts" },
    { POST, "/api/facts", PERM_FACTS_VIEW, post_ask, FIELDS(ask_fields), .json = true,
      .reply = "facts" },
    { GET, "/api/facts/{id}", PERM_FACTS_VIEW, get_one, NO_FIELDS, .reply = "facts" },
    { 0 },
};
