#ifndef SURVEY_SURVEY_H
#define SURVEY_SURVEY_H

/*
 * The Reintegration Sustainability Survey's scores (RC-05, RC-06, RC-07; R-A4-12 to R-A4-26;
 * decisions.md section 11). The form is content/forms/rss.csv, profiles are in content/scoring.
 *
 * Scores are exact fractions until the end: points such as 2/3 are kept as twelfths and the mean of
 * Q21 as a fraction, so bands are decided on the unrounded score.
 *
 * Memory: profiles live as long as the program; everything else is in ctx->arena.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/ctx.h"

struct answers;
struct profile;

enum dimension { DIM_ECONOMIC, DIM_SOCIAL, DIM_PSYCHOSOCIAL, DIM_COMPOSITE, DIM_COUNT };
enum intensity { INTENSITY_NONE, INTENSITY_HANDS_OFF, INTENSITY_STANDARD, INTENSITY_INTENSIFIED };

/* An exact score: num / den, 0 to 1; den 0 = no score. */
struct score {
    int64_t num;
    int64_t den;
};

struct scores {
    struct score of[DIM_COUNT];
    enum intensity band[DIM_COUNT]; /* INTENSITY_NONE where there is no score */
    enum intensity intensity;       /* the most intensive of them */
    struct score services;          /* Q21: mean on 1 to 5; den 0 = none answered */
    int dont_know_declined;
    int asked;    /* questions asked: for the share */
    bool flagged; /* dont_know_declined above the profile's limit (7) */
};

/*
 * Loads all profiles from the assets; the shipped one is "homeward-1". Once, before fork. Questions
 * and codes are those of ctx->forms (loaded here if it is NULL), which must outlive the profiles.
 * ERR_INVALID tells every mistake of every file: field = "scoring/mine.csv:12:points".
 */
enum err profiles_load(struct ctx *ctx) MUST_USE;
/*
 * The same for forms that were published: an option or question of which a profile does not know
 * counts for it as one without an answer. survey_check_form tells of it before it is published.
 */
enum err profiles_load_again(struct ctx *ctx) MUST_USE;
struct form;
/* Told beside each option of the survey that a loaded profile has no points for: a form_check. */
struct form_told;
void survey_check_form(struct ctx *ctx, const struct form *form, struct form_told *told);
/* NULL name = the main profile. NULL if there is none of that name. */
const struct profile *profile_find(const char *name);

/*
 * The main profile of the organisation: its scores are shown first, a plan begins with them,
 * reports of rounds have them. Interviews are scored with every profile whichever is the main one,
 * results and facts of each are kept apart, and a plan keeps the scores and the name of the profile
 * it began with; so to choose another one changes nothing that was made.
 */
#define PROFILE_SETTING "survey.profile"
/* Reads the setting, once the profiles are loaded; one that is gone is the shipped one again. */
enum err profile_main_load(struct ctx *ctx) MUST_USE;
/*
 * By settings.manage. Every process looks at it before its next request. ERR_INVALID: there is none
 * of that name, or earlier interviews are still being scored with it.
 */
enum err profile_main_set(struct ctx *ctx, const char *name) MUST_USE;
/* One after the other, in byte order of names; NULL behind the last. */
const struct profile *profile_at(size_t place);
const char *profile_name(const struct profile *p);
const char *profile_version(const struct profile *p);
/* Title in ctx->lang; says that it is Homeward's own. */
const char *profile_title(struct ctx *ctx, const struct profile *p);

/* The dimension's short name in ctx->lang. */
const char *profile_dimension(struct ctx *ctx, const struct profile *p, enum dimension d);
/* The names of all profiles, for messages. */
const char *profile_list(struct ctx *ctx);
const char *dimension_code(enum dimension d); /* "economic" ... "composite" */

/*
 * Scores the answers of an interview; an empty sections_selected means all three. The technical
 * code not_answered counts as no answer where a question offers no way to decline (R-A4-24).
 * ERR_INVALID, all told: an unknown code, one code twice, a code that stands alone beside others.
 */
enum err survey_score(struct ctx *ctx, struct scores *out, const struct profile *p,
                      const struct answers *answers) MUST_USE;

double score_value(struct score s); /* -1 if none */
const char *score_text6(struct ctx *ctx,
                        struct score s); /* "0.666667"; "" if none; half away from zero */
const char *score_text2(struct ctx *ctx, struct score s); /* "0.67" in the language; "" if none */
const char *intensity_code(enum intensity i); /* "intensified", "standard", "hands_off", "" */
const char *intensity_text(struct ctx *ctx, enum intensity i); /* for people, in ctx->lang */

/* --- results of a person, sealed under the person's key --- */

struct survey_result {
    const char *id;
    const char *person_id;
    const char *rss_id;
    int64_t rss_version;
    const char *round;
    const char *interview_date;
    const char *location;
    const char *profile;
    const char *profile_version;
    int64_t made_at;
    bool in_force;
    struct scores scores;
};

struct record;
struct record_hooks;

/*
 * Results in force of a person that was loaded (so is within scope), of one profile (NULL = the
 * main one), oldest interview first; none for who may not read interviews. Noted in the access
 * log.
 */
enum err survey_results(struct ctx *ctx, struct survey_result **out, size_t *len_out,
                        const struct record *person, const char *profile) MUST_USE;
/* Those in force of the same interview, of other profiles, by name. r was loaded. */
enum err survey_results_beside(struct ctx *ctx, struct survey_result **out, size_t *len_out,
                               const struct survey_result *r) MUST_USE;
/* One result and its person. ERR_NOT_FOUND: none such, or not within scope. */
enum err survey_result_load(struct ctx *ctx, struct survey_result *out, struct record **person_out,
                            const char *id) MUST_USE;

/*
 * Interviews: refused without the consent that the place asks for (RC-01), scored with every
 * profile in the transaction that saves them. A correction adds a result and takes the one before
 * out of force. Profiles must be loaded.
 */
extern const struct record_hooks survey_hooks;

/*
 * Some of the interviews that were there before a profile, or before its version, are scored with
 * it; results of others stay. By the job process, every SURVEY_RESCORE_MS; nothing to do is cheap.
 */
enum err survey_rescore_round(struct ctx *ctx) MUST_USE;
#define SURVEY_RESCORE_MS ((int64_t)5 * 1000)

/* The four scores of interviews, for statistics. Profiles must be loaded. */
struct fact_measured;
extern const struct fact_measured survey_measured;

/* homeward survey score ... */
enum err survey_command(struct ctx *ctx, int argc, char **argv) MUST_USE;

#endif
