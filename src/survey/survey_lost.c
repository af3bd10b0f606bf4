/* What pulled the scores down: for each question weight x (1 - points), in the words of the form.
 */
#include <stdlib.h>
#include <string.h>

#include "core/text.h"
#include "core/tr.h"
#include "forms_gen.h"
#include "records/records_view.h"
#include "survey/profile.h"
#include "survey/survey_view.h"

/* What one question lost; order is its place in the form. */
struct lost {
    const struct question *question;
    const char *value; /* NULL: a mean */
    int64_t weight;    /* times weight_unit */
    int64_t missing;   /* weight * (point_unit - points) */
    size_t order;
};

/* An answer whose step goes into a mean. */
struct step {
    const struct question *question;
    const char *value;
    int step; /* above the mean's low */
};

struct counting {
    struct ctx *ctx;
    const struct profile *p;
    const struct record *rss;
    struct lost *items;
    size_t len;
    struct step *steps;
    size_t steps_len;
    int64_t weights[DIM_COUNT]; /* of all questions that have points */
};

static void count(struct counting *c, size_t place, const char *value, int64_t points)
{
    const struct question *q = &c->p->questions[place];
    int64_t own = q->weights[q->dimension];
    int64_t weight = own ? own : q->weights[DIM_COMPOSITE];

    for (int d = 0; d < DIM_COUNT; d++)
        c->weights[d] += q->weights[d];
    if (points < c->p->point_unit && weight > 0)
        c->items[c->len++] = (struct lost){ .question = q,
                                            .value = value,
                                            .weight = weight,
                                            .missing = weight * (c->p->point_unit - points),
                                            .order = place };
}

/* Answers by themselves, or as a step of a mean. */
static void count_answers(struct counting *c, unsigned sections)
{
    for (size_t i = 0; i < c->p->len; i++) {
        const struct question *q = &c->p->questions[i];
        const char *value = record_value(c->rss, q->name);
        struct answer answer = { -1, NO_POINTS };
        struct ctx quiet = *c->ctx;

        if (!q->codes_len || text_blank(value) || !(sections & 1u << q->dimension) ||
            survey_answer(&quiet, q, value, &answer))
            continue;
        if (q->codes[answer.code].step)
            c->steps[c->steps_len++] = (struct step){ q, value, q->codes[answer.code].step - 1 };
        else if (answer.points >= 0)
            count(c, i, value, answer.points);
    }
}

static void count_means(struct counting *c, unsigned sections)
{
    for (size_t m = 0; m < c->p->means_len; m++) {
        const struct question *q = &c->p->questions[c->p->means[m]];
        int64_t sum = 0;
        int64_t n = 0;

        for (size_t i = 0; i < c->steps_len; i++) {
            sum += c->steps[i].question->mean == (int)m ? c->steps[i].step : 0;
            n += c->steps[i].question->mean == (int)m;
        }
        if (n > 0 && sections & 1u << q->dimension)
            count(c, c->p->means[m], NULL, c->p->point_unit / (n * (q->high - q->low)) * sum);
    }
}

static int by_loss(const void *a, const void *b)
{
    const struct lost *x = a;
    const struct lost *y = b;

    if (x->missing != y->missing)
        return x->missing > y->missing ? -1 : 1;
    return x->order < y->order ? -1 : 1;
}

static int by_step(const void *a, const void *b)
{
    const struct step *x = a;
    const struct step *y = b;

    if (x->step != y->step)
        return x->step < y->step ? -1 : 1;
    return x->question < y->question ? -1 : 1;
}

static void answer_fill(struct ctx *ctx, struct survey_answer_view *v, const struct record *rss,
                        const struct field *f, const char *value)
{
    v->question = label_text(ctx, &f->label);
    v->answer = value ? answers_shown(ctx, f, value) : "";
    v->link = url_build(ctx, "/records/rss/{}#{}", rss->id,
                        arena_printf(ctx->arena, DETAIL_ANSWER "%s", f->name));
}

/* Answers below the best that go into a mean, the least good first. */
static void fill_steps(const struct counting *c, struct survey_lost_view *v,
                       const struct question *mean)
{
    struct survey_answer_view *items =
        ARENA_ARRAY(c->ctx->arena, c->steps_len + 1, struct survey_answer_view);

    for (size_t i = 0; i < c->steps_len; i++) {
        const struct step *s = &c->steps[i];

        if (s->question->mean == mean->mean && s->step < mean->high - mean->low)
            answer_fill(c->ctx, &items[v->steps_len++], c->rss, s->question->field, s->value);
    }
    v->steps = items;
}

static void fill(const struct counting *c, struct survey_lost_view *v, const struct lost *l)
{
    const struct question *q = l->question;
    int64_t unit = c->p->weight_unit * c->p->point_unit;
    int64_t all = c->weights[q->dimension];

    answer_fill(c->ctx, &v->what, c->rss, q->field, l->value);
    v->dimension = profile_dimension(c->ctx, c->p, q->dimension);
    v->lost =
        tr(c->ctx, "{0} of {1}", TR_TEXT(score_text2(c->ctx, (struct score){ l->missing, unit })),
           TR_TEXT(score_text2(c->ctx, (struct score){ l->weight, c->p->weight_unit })));
    v->of = q->dimension;
    if (q->weights[q->dimension] && all)
        v->share = (struct score){ l->missing, all * c->p->point_unit };
    v->lowers = score_text2(c->ctx, v->share);
    if (l->value == NULL)
        fill_steps(c, v, q);
}

size_t survey_lost(struct ctx *ctx, const struct survey_lost_view **out, const struct profile *p,
                   const struct record *rss)
{
    unsigned sections = survey_sections(record_value(rss, FIELD_RSS_SECTIONS_SELECTED));
    struct counting c = { .ctx = ctx, .p = p, .rss = rss };
    struct survey_lost_view *items;

    c.items = ARENA_ARRAY(ctx->arena, p->len + 1, struct lost);
    c.steps = ARENA_ARRAY(ctx->arena, p->len + 1, struct step);
    count_answers(&c, sections);
    count_means(&c, sections);
    qsort(c.items, c.len, sizeof(*c.items), by_loss);
    qsort(c.steps, c.steps_len, sizeof(*c.steps), by_step);
    items = ARENA_ARRAY(ctx->arena, c.len + 1, struct survey_lost_view);
    for (size_t i = 0; i < c.len; i++)
        fill(&c, &items[i], &c.items[i]);
    *out = items;
    return c.len;
}

/* --- what to talk about --- */

static const struct review {
    const char *field;
    const char *codes[3];
    const char *text;
} reviews[] = {
    { FIELD_RSS_WANTS_PSYCH_SUPPORT,
      { CODE_RSS_WANTS_PSYCH_SUPPORT_YES },
      N_("The person would like specialist psychological support: offer a referral.") },
    { FIELD_RSS_DISTRESS_SYMPTOMS,
      { CODE_RSS_DISTRESS_SYMPTOMS_VERY_OFTEN },
      N_("Signs of distress come very often: look into psychosocial support soon.") },
    { FIELD_RSS_PHYSICAL_SAFETY,
      { CODE_RSS_PHYSICAL_SAFETY_UNSAFE_MOSTLY, CODE_RSS_PHYSICAL_SAFETY_VERY_UNSAFE_ALWAYS },
      N_("The person does not feel safe outside the home: assess protection needs.") },
    { FIELD_RSS_HAS_ID_DOCUMENT,
      { CODE_RSS_HAS_ID_DOCUMENT_NO },
      N_("The person has no identity document: help to obtain one.") },
};

size_t survey_reviews(struct ctx *ctx, struct survey_answer_view *out, const struct record *rss)
{
    size_t len = 0;

    for (size_t i = 0; i < sizeof(reviews) / sizeof(reviews[0]); i++)
        for (const char *const *code = reviews[i].codes; *code; code++)
            if (record_is(rss, reviews[i].field, *code)) {
                answer_fill(ctx, &out[len], rss, field_find(rss->form, reviews[i].field), *code);
                out[len++].question = tr_args(ctx, reviews[i].text, NULL);
            }
    return len;
}

/* What the person said beside the answers: never part of a score (R-A4-15, R-A4-16). */
static const char *const said_fields[] = {
    FIELD_RSS_HEALTH_ACCESS_BARRIERS,     FIELD_RSS_HEALTH_ACCESS_BARRIERS_EXPLAIN,
    FIELD_RSS_Q26_MORE_THAN_BEFORE,       FIELD_RSS_ECON_SATISFACTION_EXPLAIN,
    FIELD_RSS_PRODUCTIVE_ASSETS_EXPLAIN,  FIELD_RSS_JOB_SEEKING_REASONS_EXPLAIN,
    FIELD_RSS_CHILDREN_IN_SCHOOL_EXPLAIN, FIELD_RSS_HEALTH_ACCESS_EXPLAIN,
    FIELD_RSS_DISCRIMINATION_EXPLAIN,     FIELD_RSS_DISTRESS_SYMPTOMS_EXPLAIN,
    FIELD_RSS_SUPPORT_SOURCES_EXPLAIN,    FIELD_RSS_INTERVIEW_NOTES,
};

static bool is_said(const struct field *f)
{
    for (size_t i = 0; i < sizeof(said_fields) / sizeof(said_fields[0]); i++)
        if (text_equal(f->name, said_fields[i]))
            return true;
    return field_looks(f, LOOK_BESIDE);
}

/* In the order of the form. */
size_t survey_said(struct ctx *ctx, const struct survey_answer_view **out, const struct record *rss)
{
    struct survey_answer_view *items =
        ARENA_ARRAY(ctx->arena, rss->form->all_len + 1, struct survey_answer_view);
    size_t len = 0;

    for (size_t i = 0; i < rss->form->all_len; i++) {
        const struct field *f = rss->form->all[i];
        const char *value = is_said(f) ? record_value(rss, f->name) : "";

        if (!text_blank(value) && record_may_read(ctx, f))
            answer_fill(ctx, &items[len++], rss, f, value);
    }
    *out = items;
    return len;
}
