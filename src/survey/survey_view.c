/* Results as people read them: rounds with their scores. */
#include "survey/survey_view.h"
#include "core/text.h"
#include "core/tr.h"
#include "forms_gen.h"
#include "survey/profile.h"

#define NO_SCORE "–"

const char *survey_choice(struct ctx *ctx, const char *field, const char *code)
{
    const struct form *form = form_find(ctx->forms, FORM_RSS);
    const struct field *f = form ? field_find(form, field) : NULL;

    return f ? answers_shown(ctx, f, code) : "";
}

const struct profile *survey_profile_of(const struct survey_result *r)
{
    const struct profile *p = profile_find(r->profile);

    return p && text_equal(profile_version(p), r->profile_version) ? p : NULL;
}

/* For names of dimensions only. */
static const struct profile *profile_of(const struct survey_result *r)
{
    const struct profile *p = profile_find(r->profile);

    return p ? p : profile_find(NULL);
}

static const char *mark_of(enum intensity i)
{
    return i == INTENSITY_NONE ? "none" : intensity_code(i);
}

void survey_table_fill(struct ctx *ctx, struct survey_table_view *v,
                       const struct survey_result *items, size_t len, const char *this_id)
{
    struct survey_round_view *rounds = ARENA_ARRAY(ctx->arena, len + 1, struct survey_round_view);
    const char **heads = ARENA_ARRAY(ctx->arena, DIM_COUNT, const char *);
    const struct profile *p = len ? profile_of(&items[0]) : profile_find(NULL);

    for (size_t i = 0; i < len; i++) {
        survey_round_fill(ctx, &rounds[len - 1 - i], &items[i]);
        rounds[len - 1 - i].here = text_equal(items[i].id, this_id);
        v->any_flagged = v->any_flagged || items[i].scores.flagged;
    }
    for (int d = 0; d < DIM_COUNT; d++)
        heads[d] = profile_dimension(ctx, p, (enum dimension)d);
    v->heads = heads;
    v->heads_len = DIM_COUNT;
    v->rounds = rounds;
    v->rounds_len = len;
    v->flag_note = survey_flag_note(ctx, p);
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
