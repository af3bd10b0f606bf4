/*
 * The scores of an interview for statistics: mean and median by round, never of one person. One
 * that was refused or given up is no interview of a round. Each profile has columns of its own, so
 * that figures of one never become those of another: what was given out stays what it was.
 */
#include "core/buf.h"
#include "core/text.h"
#include "facts/shape.h"
#include "forms_gen.h"
#include "records/records.h"
#include "survey/profile.h"
#include "survey/survey_store.h"

static const char *const names[DIM_COUNT] = { "score_economic", "score_social",
                                              "score_psychosocial", "score_composite" };

/* The main profile first, then the others by their names; NULL behind the last. */
static const struct profile *nth_profile(size_t n)
{
    const struct profile *first = profile_find(NULL);
    size_t place = 0;

    if (n == 0)
        return first;
    for (size_t i = 0; profile_at(i); i++)
        if (profile_at(i) != first && ++place == n)
            return profile_at(i);
    return NULL;
}

/* Those of the shipped profile have the plain names, whichever profile is the main one. */
static const char *name(struct ctx *ctx, size_t n)
{
    const struct profile *p = nth_profile(n / DIM_COUNT);
    char *text;

    if (p == NULL)
        return NULL;
    if (p == profile_shipped())
        return names[n % DIM_COUNT];
    text = arena_printf(ctx->arena, "%s_%s", names[n % DIM_COUNT], profile_name(p));
    for (char *s = text; *s; s++)
        if (*s == '-')
            *s = '_';
    return text;
}

/* With the profile: figures of two profiles are not to be compared. */
static const char *title(struct ctx *ctx, size_t n)
{
    const struct profile *p = nth_profile(n / DIM_COUNT);

    return tr(ctx, "Score: {0} ({1} {2})",
              TR_TEXT(profile_dimension(ctx, p, (enum dimension)(n % DIM_COUNT))),
              TR_TEXT(profile_name(p)), TR_TEXT(profile_version(p)));
}

static enum err values_of(struct ctx *ctx, const struct record *rec, const struct profile *p,
                          const char **out)
{
    struct ctx quiet = *ctx;
    struct scores scores = { 0 };
    enum err rc;

    quiet.problems = quiet.problems_last = NULL;
    rc = survey_score(&quiet, &scores, p, rec->answers);
    if (rc == ERR_INVALID)
        return OK;
    for (int d = 0; rc == OK && d < DIM_COUNT; d++)
        out[d] = score_text6(ctx, scores.of[d]);
    return rc;
}

/* As the interview was, scored with every profile; one that cannot be scored has none. */
static enum err values(struct ctx *ctx, const struct record *rec, const char **out)
{
    enum err rc = OK;

    if (!survey_gate_open(rec))
        return OK;
    for (size_t i = 0; rc == OK && nth_profile(i); i++)
        rc = values_of(ctx, rec, nth_profile(i), out + i * DIM_COUNT);
    return rc;
}

const struct fact_measured survey_measured = { .kind = FORM_RSS,
                                               .counted = STATUS_RSS_COMPLETED,
                                               .name = name,
                                               .main_len = DIM_COUNT,
                                               .title = title,
                                               .values = values };
