/* The grid of a case for programs: codes alone. */
#include "core/buf.h"
#include "core/text.h"
#include "forms_gen.h"
#include "plans/plans_web.h"

#define JSON_MAX ((size_t)1024 * 1024)

static void member(struct buf *b, const char *name, const char *value)
{
    buf_printf(b, "\"%s\":", name);
    if (text_blank(value)) {
        buf_add(b, "null");
        return;
    }
    buf_add_json(b, value);
}

static void add_finding(struct buf *b, const struct grid_finding *f)
{
    static const char *const from[] = {
        [FROM_NOBODY] = "", [FROM_CASE] = "case", [FROM_STAFF] = "staff", [FROM_PLACE] = "place"
    };

    buf_add_char(b, '{');
    member(b, "code", f->criterion->code);
    buf_add_char(b, ',');
    member(b, "level", grid_levels()[f->criterion->level]);
    buf_printf(b, ",\"required\":%s,", f->criterion->required ? "true" : "false");
    member(b, "answer", grid_answer_code(f->answer));
    buf_add_char(b, ',');
    member(b, "outcome", grid_outcome_code(f->outcome));
    buf_add_char(b, ',');
    member(b, "from", from[f->from]);
    buf_add_char(b, '}');
}

static void add_result(struct buf *b, const struct grid_result *r)
{
    buf_add_char(b, '{');
    member(b, "code", r->row->code);
    buf_add_char(b, ',');
    member(b, "dimension", r->row->dimension);
    buf_add_char(b, ',');
    member(b, "outcome", grid_outcome_code(r->outcome));
    buf_printf(b, ",\"fits\":%s,", r->fits ? "true" : "false");
    member(b, "decision",
           r->choice ? record_value(r->choice, FIELD_GRID_CHOICE_CHOICE_DECISION) : "");
    buf_add(b, ",\"criteria\":[");
    for (size_t i = 0; i < r->row->criteria_len; i++) {
        buf_add(b, i ? "," : "");
        add_finding(b, &r->findings[i]);
    }
    buf_add(b, "]}");
}

enum err grid_reply_json(struct ctx *ctx, struct res *res, const struct grid_case *c)
{
    const struct grid *g = grid_of();
    bool first = true;
    struct buf b;

    buf_init(&b, ctx->arena, JSON_MAX);
    buf_add_char(&b, '{');
    member(&b, "case", c->rec->id);
    buf_add_char(&b, ',');
    member(&b, "country", c->country);
    buf_add_char(&b, ',');
    member(&b, "place", c->place);
    buf_add(&b, ",\"situations\":[");
    for (size_t i = 0; i < g->scenarios_len; i++) {
        const struct grid_situation *s = &c->situations[i];

        if (!s->shown && !s->confirmed)
            continue;
        buf_add(&b, first ? "{" : ",{");
        member(&b, "code", s->scenario->code);
        buf_printf(&b, ",\"shown\":%s,\"confirmed\":%s}", s->shown ? "true" : "false",
                   s->confirmed ? "true" : "false");
        first = false;
    }
    buf_add(&b, "],\"approaches\":[");
    for (size_t i = 0; i < g->rows_len; i++) {
        buf_add(&b, i ? "," : "");
        add_result(&b, &c->results[i]);
    }
    buf_add(&b, "]}");
    if (!buf_ok(&b))
        return ctx_fail(ctx, ERR_LIMIT, "the grid is too long to be told");
    res_json(res, 200, buf_text(&b), b.len);
    return OK;
}
