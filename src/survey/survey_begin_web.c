/* Beginning an interview, stopping it, and which rounds are due. */
#include "auth/auth.h"
#include "core/date.h"
#include "core/id.h"
#include "core/text.h"
#include "core/tr.h"
#include "forms_gen.h"
#include "records/unfinished.h"
#include "survey/rounds.h"
#include "survey/survey_store.h"
#include "survey/survey_view.h"
#include "survey/survey_web.h"
#include "survey_templates.h"

#define PAIRS_MAX 80
#define ENDED_MAX 20

/* --- rounds --- */

static const char *const marks[] = { [ROUND_NO_DATE] = "none",
                                     [ROUND_AHEAD] = "ahead",
                                     [ROUND_OPEN] = "open",
                                     [ROUND_MISSED] = "missed",
                                     [ROUND_DONE] = "done" };

static const char *state_text(struct ctx *ctx, const struct survey_due *d)
{
    switch (d->state) {
    case ROUND_AHEAD:
        return tr(ctx, "not yet due");
    case ROUND_OPEN:
        return tr(ctx, "due now");
    case ROUND_MISSED:
        return tr(ctx, "missed");
    case ROUND_DONE:
        return tr(ctx, "held on {0}", TR_TEXT(tr_date(ctx, d->done_on)));
    case ROUND_NO_DATE:
    default:
        return NULL;
    }
}

static size_t round_options(struct ctx *ctx, struct survey_option_view **out,
                            const struct survey_due *due, const char *chosen)
{
    struct survey_option_view *items =
        ARENA_ARRAY(ctx->arena, ROUNDS + 1, struct survey_option_view);

    for (size_t n = 0; n < ROUNDS; n++) {
        const struct survey_due *d = &due[n];

        items[n] = (struct survey_option_view){
            .code = d->round,
            .label = survey_choice(ctx, FIELD_RSS_ROUND, d->round),
            .state = state_text(ctx, d),
            .mark = marks[d->state],
            .window = d->from ? tr(ctx, "{0} to {1}", TR_TEXT(tr_date(ctx, d->from)),
                                   TR_TEXT(tr_date(ctx, d->to)))
                              : NULL,
            .chosen = text_equal(d->round, chosen),
        };
    }
    items[ROUNDS] = (struct survey_option_view){
        .code = CODE_RSS_ROUND_ADDITIONAL,
        .label = survey_choice(ctx, FIELD_RSS_ROUND, CODE_RSS_ROUND_ADDITIONAL),
        .mark = "none",
        .chosen = text_equal(CODE_RSS_ROUND_ADDITIONAL, chosen),
    };
    *out = items;
    return ROUNDS + 1;
}

static size_t field_options(struct ctx *ctx, struct survey_option_view **out, const char *field,
                            const char *chosen)
{
    const struct field *f = field_find(form_find(ctx->forms, FORM_RSS), field);
    struct survey_option_view *items =
        ARENA_ARRAY(ctx->arena, f->choices->len + 1, struct survey_option_view);

    for (size_t i = 0; i < f->choices->len; i++)
        items[i] = (struct survey_option_view){
            .code = f->choices->items[i].name,
            .label = label_text(ctx, &f->choices->items[i].label),
            .chosen = text_equal(f->choices->items[i].name, chosen),
        };
    *out = items;
    return f->choices->len;
}

void survey_sitting_fill(struct ctx *ctx, struct survey_sitting_view *v,
                         const struct survey_due *due, const struct req *req, bool sent)
{
    struct survey_option_view *rounds = NULL;
    struct survey_option_view *places = NULL;
    struct survey_option_view *yes_no = NULL;

    v->rounds_len =
        round_options(ctx, &rounds, due, sent ? req_text(req, "round") : survey_round_now(due));
    v->places_len = field_options(ctx, &places, FIELD_RSS_INTERVIEW_LOCATION,
                                  sent ? req_text(req, "location") : NULL);
    v->yes_no_len = field_options(ctx, &yes_no, FIELD_RSS_PRIVATE_SPACE,
                                  sent ? req_text(req, "private") : NULL);
    v->rounds = rounds;
    v->places = places;
    v->yes_no = yes_no;
}

static const struct end_reason {
    const char *code;
    const char *text;
    bool offered;
} end_reasons[] = {
    { "person_stopped", N_("The person does not want to go on."), true },
    { "interrupted", N_("The circumstances do not allow it: no privacy, danger, distress."), true },
    { "mistake", N_("It was begun by mistake."), true },
    { UNFINISHED_EXPIRED, N_("It was paused and not taken up again that day."), false },
};
#define END_REASONS (sizeof(end_reasons) / sizeof(end_reasons[0]))

const char *survey_end_text(struct ctx *ctx, const char *reason)
{
    for (size_t i = 0; i < END_REASONS; i++)
        if (text_equal(end_reasons[i].code, reason))
            return tr_args(ctx, end_reasons[i].text, NULL);
    return reason;
}

/* Interviews that were refused or given up, with day and reason. */
static enum err fill_ended(struct ctx *ctx, struct survey_rounds_view *v,
                           const struct record *person)
{
    const char **lines = ARENA_ARRAY(ctx->arena, ENDED_MAX, const char *);
    struct record **items = NULL;
    size_t len = 0;
    enum err rc = record_children_whole(ctx, &items, &len, FORM_RSS, person->id);

    for (size_t i = len; rc == OK && i > 0 && v->ended_len < ENDED_MAX; i--) {
        const struct record *r = items[i - 1];
        const char *day = tr_date(ctx, record_value(r, FIELD_RSS_INTERVIEW_DATE));
        const char *round = survey_choice(ctx, FIELD_RSS_ROUND, record_value(r, FIELD_RSS_ROUND));

        if (text_equal(r->status, STATUS_RSS_REFUSED))
            lines[v->ended_len++] = tr(ctx, "{0}, {1}: the person did not agree to the interview.",
                                       TR_TEXT(day), TR_TEXT(round));
        else if (text_equal(r->status, STATUS_RSS_DISCARDED))
            lines[v->ended_len++] = tr(
                ctx, "{0}, {1}: ended early, no answer was kept. {2}", TR_TEXT(day), TR_TEXT(round),
                TR_TEXT(survey_end_text(ctx, record_value(r, FIELD_RSS_END_REASON))));
    }
    v->ended = lines;
    return rc;
}

enum err survey_rounds_fill(struct ctx *ctx, struct survey_rounds_view *v,
                            const struct record *person)
{
    struct survey_option_view *items = NULL;
    struct survey_due due[ROUNDS];
    const char *arrived = NULL;
    enum err rc = survey_rounds(ctx, due, &arrived, person);

    if (rc)
        return rc;
    v->rounds_len = round_options(ctx, &items, due, NULL) - 1;
    v->rounds = items;
    v->no_date = arrived == NULL;
    v->may_add = user_may(ctx->user, PERM_RSS_CREATE);
    v->start = url_build(ctx, "/survey/start?person={}", person->id);
    v->paper = url_build(ctx, "/survey/paper?person={}", person->id);
    return fill_ended(ctx, v, person);
}

static void draw_rounds(struct html *h, const void *view)
{
    survey_rounds_render(h, view);
}

enum err survey_case_detail(struct ctx *ctx, const struct record *case_, struct record_extra *out)
{
    struct survey_rounds_view *v = ARENA_NEW(ctx->arena, struct survey_rounds_view);
    struct record *person = NULL;
    enum err rc;

    if (!survey_may_read(ctx) || !user_may(ctx->user, PERM_PERSON_VIEW))
        return OK;
    rc = record_load(ctx, &person, FORM_PERSON, case_->parent_id);
    if (rc == ERR_NOT_FOUND) {
        ctx_clear_problems(ctx); /* a case that was granted without its person */
        return OK;
    }
    if (rc == OK)
        rc = survey_rounds_fill(ctx, v, person);
    out->draw = draw_rounds;
    out->view = v;
    return rc;
}

/* --- beginning --- */

enum err survey_person_asked(struct ctx *ctx, struct record **out, const struct req *req)
{
    const char *id = req_text(req, "person");
    struct record *case_ = NULL;
    enum err rc = OK;

    if (*id == '\0' && *req_text(req, "case") != '\0') {
        rc = record_load_allowed(ctx, &case_, FORM_CASE, req_text(req, "case"));
        id = rc ? "" : case_->parent_id;
    }
    if (rc == OK && *id == '\0')
        rc = ctx_fail_field(ctx, "person", tr(ctx, "Say whose interview it is."));
    return rc ? rc : record_load_allowed(ctx, out, FORM_PERSON, id);
}

/* The case team comes last; who begins is chosen, unless another was sent. */
static enum err fill_interviewers(struct ctx *ctx, struct survey_start_view *v, const char *sent)
{
    struct survey_option_view *items;
    struct interviewer *who = NULL;
    size_t len = 0;
    enum err rc = survey_interviewers(ctx, &who, &len, v->person_id);

    if (rc)
        return rc;
    if (text_blank(sent))
        sent = ctx->user_id;
    items = ARENA_ARRAY(ctx->arena, len + 1, struct survey_option_view);
    for (size_t i = 0; i < len; i++) {
        items[i] = (struct survey_option_view){ .code = who[i].id,
                                                .label = who[i].name,
                                                .chosen = text_equal(who[i].id, sent) };
        if (who[i].is_case_team)
            v->team_len++;
        if (who[i].is_case_team && text_equal(who[i].id, ctx->user_id))
            v->is_case_team = true;
    }
    v->free_len = len - v->team_len;
    v->free = v->free_len ? items : NULL;
    v->team = v->team_len ? items + v->free_len : NULL;
    return OK;
}

static enum err show_start(struct ctx *ctx, const struct req *req, struct res *res, int status)
{
    struct survey_start_view v = { 0 };
    struct record *person = NULL;
    struct survey_due due[ROUNDS];
    const char *arrived = NULL;
    const char *today = moment_date(ctx->arena, ctx->now_ms, ctx->time_zone);
    bool sent = status != 200;
    enum err rc = survey_person_asked(ctx, &person, req);

    if (rc == OK)
        rc = survey_rounds(ctx, due, &arrived, person);
    if (rc)
        return rc;
    v.person = person->title;
    v.person_id = person->id;
    rc = fill_interviewers(ctx, &v, sent ? req_text(req, "interviewer") : "");
    if (rc)
        return rc;
    v.person_link = url_build(ctx, "/records/person/{}", person->id);
    v.action = url_build(ctx, "/survey/start");
    v.date = sent ? req_text(req, "date") : today;
    v.problem = sent ? ctx_problem(ctx, "start") : NULL;
    survey_sitting_fill(ctx, &v.at, due, req, sent);
    survey_start_reply(res, status, &v);
    return OK;
}

enum err survey_get_start(struct ctx *ctx, const struct req *req, struct res *res)
{
    return show_start(ctx, req, res, 200);
}

static bool is_choice(struct ctx *ctx, const char *field, const char *code)
{
    const struct field *f = field_find(form_find(ctx->forms, FORM_RSS), field);

    return choice_find(f->choices, code) != NULL;
}

/* The answers of the record as pairs of a page, with the page's own. */
static size_t pairs_of(struct ctx *ctx, struct answer_pair *pairs, const struct record *rec)
{
    size_t len = 0;

    pairs[len++] = (struct answer_pair){ "_parent", rec->parent_id };
    pairs[len++] = (struct answer_pair){ "_form", rec->form->hash };
    pairs[len++] = (struct answer_pair){ "_page", "2" };
    for (size_t i = 0; i < rec->form->all_len && len + 10 < PAIRS_MAX; i++) {
        const struct field *f = rec->form->all[i];
        const char *value = f->repeat ? NULL : rec->answers->values[f->place];
        size_t n = 0;
        char **codes;

        if (text_blank(value) || f->kind == FIELD_CALCULATE)
            continue;
        if (f->kind != FIELD_SELECT_MULTIPLE) {
            pairs[len++] = (struct answer_pair){ f->name, value };
            continue;
        }
        codes = text_split(ctx->arena, value, ' ', false, &n);
        for (size_t k = 0; k < n && k < 8; k++)
            pairs[len++] = (struct answer_pair){ f->name, codes[k] };
    }
    return len;
}

/* Who leads it as sent, else who begins. NULL: nobody who may. */
static enum err chosen(struct ctx *ctx, const struct interviewer **out, const struct req *req,
                       const char *person_id)
{
    const char *id = req_text(req, "interviewer");
    struct interviewer *items = NULL;
    size_t len = 0;
    enum err rc = survey_interviewers(ctx, &items, &len, person_id);

    *out = NULL;
    if (rc == OK)
        *out = survey_interviewer_find(items, len, text_blank(id) ? ctx->user_id : id);
    return rc;
}

/* What is unusual about the interview, in words; NULL = nothing. */
static const char *warning_of(struct ctx *ctx, const struct interviewer *who, const char *round)
{
    const char *team;

    if (!who->is_case_team || text_equal(who->id, ctx->user_id))
        return round; /* the page has told who begins already */
    team =
        tr(ctx, "Who leads this interview works or worked on the person's case. People speak more"
                " freely with somebody else. The interview will say so.");
    return round ? arena_printf(ctx->arena, "%s %s", team, round) : team;
}

static enum err begin(struct ctx *ctx, const struct req *req, struct res *res,
                      const struct record *person, const struct interviewer *who)
{
    struct answer_pair pairs[PAIRS_MAX];
    struct survey_due due[ROUNDS];
    const char *round = req_text(req, "round");
    const char *day = req_text(req, "date");
    const char *warning = NULL;
    const char *arrived = NULL;
    struct record *rec = NULL;
    struct unfinished u = { .id = id_new(ctx->arena, ctx->now_ms), .pairs = pairs };
    enum err rc = record_new(ctx, &rec, FORM_RSS, person->id);

    if (rc == OK)
        rc = survey_rounds(ctx, due, &arrived, person);
    if (rc == OK)
        rc = survey_prefill(ctx, rec);
    if (rc)
        return rc;
    record_set(rec, FIELD_RSS_ROUND, round);
    record_set(rec, FIELD_RSS_INTERVIEW_DATE, day);
    record_set(rec, FIELD_RSS_INTERVIEW_LOCATION, req_text(req, "location"));
    record_set(rec, FIELD_RSS_PRIVATE_SPACE, req_text(req, "private"));
    record_set(rec, FIELD_RSS_INTERVIEWER, who->id);
    record_set(rec, FIELD_RSS_IS_CASE_TEAM,
               who->is_case_team ? CODE_RSS_IS_CASE_TEAM_YES : CODE_RSS_IS_CASE_TEAM_NO);
    u.len = pairs_of(ctx, pairs, rec);
    rc = rec->failed ? rec->failed : unfinished_keep(ctx, rec->form, &u);
    if (rc)
        return rc;
    warning = warning_of(ctx, who, survey_round_warning(ctx, due, round, day));
    if (warning != NULL)
        res_flash(res, warning);
    return res_see_other(res, url_build(ctx, "/records/rss/unfinished/{}", u.id));
}

enum err survey_post_start(struct ctx *ctx, const struct req *req, struct res *res)
{
    const struct interviewer *who = NULL;
    struct record *person = NULL;
    enum err rc = survey_person_asked(ctx, &person, req);

    if (rc == OK)
        rc = chosen(ctx, &who, req, person->id);
    if (rc)
        return rc;
    if (who == NULL) {
        (void)ctx_fail_field(ctx, "start", tr(ctx, "Choose who leads the interview."));
        return show_start(ctx, req, res, 422);
    }
    if (!is_choice(ctx, FIELD_RSS_ROUND, req_text(req, "round")) ||
        !is_choice(ctx, FIELD_RSS_INTERVIEW_LOCATION, req_text(req, "location")) ||
        !is_choice(ctx, FIELD_RSS_PRIVATE_SPACE, req_text(req, "private")) ||
        !date_valid(req_text(req, "date"))) {
        (void)ctx_fail_field(ctx, "start",
                             tr(ctx, "Choose the round, the day, the place and whether one can"
                                     " speak there unheard."));
        return show_start(ctx, req, res, 422);
    }
    return begin(ctx, req, res, person, who);
}

/* --- stopping --- */

static enum err show_stop(struct ctx *ctx, const struct req *req, struct res *res, int status)
{
    struct survey_option_view reasons[END_REASONS];
    struct survey_stop_view v = { .reasons = reasons };
    struct unfinished u = { 0 };
    enum err rc = unfinished_load(ctx, &u, FORM_RSS, req_path(req, "id"));

    if (rc)
        return rc;
    for (size_t i = 0; i < END_REASONS; i++)
        if (end_reasons[i].offered)
            reasons[v.reasons_len++] =
                (struct survey_option_view){ .code = end_reasons[i].code,
                                             .label = tr_args(ctx, end_reasons[i].text, NULL) };
    v.action = url_build(ctx, "/survey/stop/{}", u.id);
    v.back = url_build(ctx, "/records/rss/unfinished/{}", u.id);
    v.problem = ctx_problem(ctx, "reason");
    survey_stop_reply(res, status, &v);
    return OK;
}

enum err survey_get_stop(struct ctx *ctx, const struct req *req, struct res *res)
{
    return show_stop(ctx, req, res, 200);
}

enum err survey_post_stop(struct ctx *ctx, const struct req *req, struct res *res)
{
    const char *reason = req_text(req, "reason");
    enum err rc;

    for (size_t i = 0; i < END_REASONS; i++) {
        if (!end_reasons[i].offered || !text_equal(end_reasons[i].code, reason))
            continue;
        rc = unfinished_give_up(ctx, FORM_RSS, req_path(req, "id"), reason);
        if (rc)
            return rc;
        res_flash(res, tr(ctx, "The interview is ended. Its answers are erased; the round stays"
                               " open."));
        return res_see_other(res, url_build(ctx, "/records/rss"));
    }
    (void)ctx_fail_field(ctx, "reason", tr(ctx, "Choose why it ends."));
    return show_stop(ctx, req, res, 422);
}
