#ifndef SURVEY_ROUNDS_H
#define SURVEY_ROUNDS_H

/*
 * Inside of the survey room: which round of interviews is due (R-A4-04, RC-08), who may lead it
 * (RC-09), and what the case says about the person already (R-A4-08).
 *
 * Memory: ctx->arena. The person was loaded by the acting user, so is within scope.
 */

#include "records/records.h"

enum round_state {
    ROUND_NO_DATE, /* no arrival is known: no window */
    ROUND_AHEAD,
    ROUND_OPEN,
    ROUND_MISSED,
    ROUND_DONE
};

#define ROUNDS 3 /* with a window; additional interviews have none */

struct survey_due {
    const char *round; /* code */
    const char *from;  /* first day of the window; NULL without an arrival */
    const char *to;    /* last day */
    const char *done_on;
    enum round_state state;
};

/*
 * Reads the months of the windows from the rules survey_baseline, survey_progress and survey_final.
 * With the profiles, before fork. A round without its rule has no window.
 */
enum err survey_windows_load(struct ctx *ctx) MUST_USE;
/* The rounds in their order; *arrived_out is the date of arrival, NULL if none is known. */
enum err survey_rounds(struct ctx *ctx, struct survey_due out[ROUNDS], const char **arrived_out,
                       const struct record *person) MUST_USE;
/* The round whose window is open and that was not held, else "additional". */
const char *survey_round_now(const struct survey_due due[ROUNDS]);
/* What is wrong with a round on a day, in words; NULL = nothing. */
const char *survey_round_warning(struct ctx *ctx, const struct survey_due due[ROUNDS],
                                 const char *round, const char *day);
/* Whether a user has or had to do with the person's cases: in charge of one, or wrote in it. */
enum err survey_case_team(struct ctx *ctx, bool *out, const char *person_id,
                          const char *user_id) MUST_USE;

struct interviewer {
    const char *id; /* of the user */
    const char *name;
    bool is_case_team;
};

/*
 * Who may lead an interview with the person: active staff that the acting user's office knows and
 * who may begin one. By name; who has or had to do with the person's cases comes last (R-A4-05).
 */
enum err survey_interviewers(struct ctx *ctx, struct interviewer **out, size_t *len_out,
                             const char *person_id) MUST_USE;
/* The one with the id; NULL: not among them. */
const struct interviewer *survey_interviewer_find(const struct interviewer *items, size_t len,
                                                  const char *id);
/* Puts what person, return and case say into the interview's profile, as far as it is empty. */
enum err survey_prefill(struct ctx *ctx, struct record *rss) MUST_USE;

#endif
