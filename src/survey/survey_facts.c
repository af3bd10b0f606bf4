/*
 * The scores of an interview for statistics: mean and median by round, never of one person. One
 * that was refused or given up is no interview of a round.
 */
#include "core/text.h"
#include "facts/shape.h"
#include "forms_gen.h"
#include "records/records.h"
#include "survey/profile.h"
#include "survey/survey_store.h"

static const char *const names[] = { "score_economic", "score_social", "score_psychosocial",
                                     "score_composite", NULL };

/* With the profile: figures of two profiles are not to be compared. */
static const char *title(struct ctx *ctx, size_t n)
{
    const struct profile *p = profile_find(NULL);

    return tr(ctx, "Score: {0} ({1} {2})", TR_TEXT(profile_dimension(ctx, p, (enum dimension)n)),
              TR_TEXT(profile_name(p)), TR_TEXT(profile_version(p)));
}

/* As the interview was, scored with the shipped profile; one that cannot be scored has none. */
static enum err values(struct ctx *ctx, const struct record *rec, const char **out)
{
    const struct profile *p = profile_find(NULL);
    struct ctx quiet = *ctx;
    struct scores scores = { 0 };
    enum err rc;

    if (!p || !survey_gate_open(rec))
        return OK;
    quiet.problems = quiet.problems_last = NULL;
    rc = survey_score(&quiet, &scores, p, rec->answers);
    if (rc == ERR_INVALID)
        return OK;
    for (int d = 0; rc == OK && d < DIM_COUNT; d++)
        out[d] = score_text6(ctx, scores.of[d]);
    return rc;
}

const struct fact_measured survey_measured = { .kind = FORM_RSS,
                                               .counted = STATUS_RSS_COMPLETED,
                                               .names = names,
                                               .title = title,
                                               .values = values };
