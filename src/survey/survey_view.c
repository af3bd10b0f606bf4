/* Results as people read them: rounds, what pulled a score down, what to talk about. */
#include <string.h>

#include "core/text.h"
#include "core/tr.h"
#include "forms_gen.h"
#include "survey/profile.h"
#include "survey/survey_view.h"

#define NO_SCORE "–"

const char *survey_choice(struct ctx *ctx, const char *field, const char *code)
{
    const struct form *form = form_find(ctx->forms, FORM_RSS);
    const struct field *f = form ? field_find(form, field) : NULL;

    return f ? answers_shown(ctx, f, code) : "";
}

static const struct profile *profile_of(const struct survey_result *r)
{
    const struct profile *p = profile_find(r->profile);

    return p ? p : profile_find(NULL); /* for names of dimensions only */
}

static const char *mark_of(enum intensity i)
{
    return i == INTENSITY_NONE ? "none" : intensity_code(i);
}

void survey_round_fill(struct ctx *ctx, struct survey_round_view *v, const struct survey_result *r)
{
    struct survey_score_view *scores = ARENA_ARRAY(ctx->arena, DIM_COUNT, struct survey_score_view);

    for (int d = 0; d < DIM_COUNT; d++) {
        struct score s = r->scores.of[d];

        scores[d].label = profile_dimension(ctx, profile_of(r), (enum dimension)d);
        scores[d].there = s.den != 0;
        scores[d].value = s.den ? score_text2(ctx, s) : NO_SCORE;
        scores[d].intensity = intensity_text(ctx, r->scores.band[d]);
        scores[d].code = mark_of(r->scores.band[d]);
    }
    *v = (struct survey_round_view){
        .link = url_build(ctx, "/survey/results/{}", r->id),
        .pdf = url_build(ctx, "/survey/results/{}/pdf", r->id),
        .date = tr_date(ctx, r->interview_date),
        .round = survey_choice(ctx, FIELD_RSS_ROUND, r->round),
        .location = survey_choice(ctx, FIELD_RSS_INTERVIEW_LOCATION, r->location),
        .scores = scores,
        .scores_len = DIM_COUNT,
        .intensity = intensity_text(ctx, r->scores.intensity),
        .code = mark_of(r->scores.intensity),
        .declined =
            tr(ctx, "{0} of {1}", TR_INT(r->scores.dont_know_declined), TR_INT(r->scores.asked)),
        .flagged = r->scores.flagged,
        .profile = tr(ctx, "{0}, version {1}", TR_TEXT(r->profile), TR_TEXT(r->profile_version)),
    };
}

const char *survey_flag_note(struct ctx *ctx, const struct profile *p)
{
    return tr(ctx,
              "More than {0} answers were “don't know” or “prefer not to answer”: the scores say"
              " less than usual.",
              TR_INT(p->accuracy_flag_above));
}

/* --- what pulled the scores down --- */

struct low {
    const struct question *question;
    const char *value;
    int64_t points; /* times the profile's unit */
    int64_t weight;
};

/* Points of an answer, whether it counts by itself or as a step of a mean. */
static int64_t points_of(const struct profile *p, const struct question *q, struct answer answer)
{
    const struct profile_code *code = &q->codes[answer.code];
    const struct question *mean;

    if (!code->step)
        return answer.points;
    mean = &p->questions[p->means[q->mean]];
    return p->point_unit / (mean->high - mean->low) * (code->step - 1);
}

/* Keeps the worst: fewest points first, then most weight, then the form's order. */
static size_t keep(struct low *lows, size_t len, struct low l)
{
    size_t at = len;

    while (at > 0 && (lows[at - 1].points > l.points ||
                      (lows[at - 1].points == l.points && lows[at - 1].weight < l.weight)))
        at--;
    if (at == LOWS_MAX)
        return len;
    len += len < LOWS_MAX;
    memmove(lows + at + 1, lows + at, (len - at - 1) * sizeof(*lows));
    lows[at] = l;
    return len;
}

size_t survey_lows(struct ctx *ctx, struct survey_low_view *out, const struct record *rss)
{
    const struct profile *p = profile_find(NULL);
    unsigned sections = survey_sections(record_value(rss, FIELD_RSS_SECTIONS_SELECTED));
    struct low lows[LOWS_MAX];
    size_t len = 0;

    for (size_t i = 0; i < p->len; i++) {
        const struct question *q = &p->questions[i];
        const char *value = record_value(rss, q->name);
        struct answer answer = { -1, NO_POINTS };
        int64_t points;

        if (!q->codes_len || text_blank(value) || !(sections & 1u << q->dimension) ||
            survey_answer(ctx, q, value, &answer))
            continue;
        points = points_of(p, q, answer);
        if (points >= 0 && points * 2 < p->point_unit)
            len = keep(lows, len, (struct low){ q, value, points, q->weights[q->dimension] });
    }
    for (size_t i = 0; i < len; i++) {
        const struct field *f = lows[i].question->field;

        out[i].question = label_text(ctx, &f->label);
        out[i].answer = answers_shown(ctx, f, lows[i].value);
    }
    return len;
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

size_t survey_reviews(struct ctx *ctx, const char **out, const struct record *rss)
{
    size_t len = 0;

    for (size_t i = 0; i < sizeof(reviews) / sizeof(reviews[0]); i++)
        for (const char *const *code = reviews[i].codes; *code; code++)
            if (record_is(rss, reviews[i].field, *code))
                out[len++] = tr_args(ctx, reviews[i].text, NULL);
    return len;
}

const char *survey_services_text(struct ctx *ctx, struct score services)
{
    static const char *const codes[] = { CODE_RSS_EDUCATION_ACCESS_VERY_POOR,
                                         CODE_RSS_EDUCATION_ACCESS_POOR,
                                         CODE_RSS_EDUCATION_ACCESS_FAIR,
                                         CODE_RSS_EDUCATION_ACCESS_GOOD,
                                         CODE_RSS_EDUCATION_ACCESS_VERY_GOOD };
    int64_t step;

    if (!services.den)
        return NULL;
    /* Nearest; exactly between two the lower one: ceil(x - 1/2). */
    step = (2 * services.num - services.den + 2 * services.den - 1) / (2 * services.den);
    if (step < 1 || step > 5)
        return NULL;
    return survey_choice(ctx, FIELD_RSS_EDUCATION_ACCESS, codes[step - 1]);
}
