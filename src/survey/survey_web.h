#ifndef SURVEY_SURVEY_WEB_H
#define SURVEY_SURVEY_WEB_H

/*
 * Pages of the survey: the part of a person's page with all rounds, the page of one result, and the
 * result as a PDF in the person's language.
 */

#include "records/records.h"
#include "web/web.h"

extern const struct route survey_routes[];

/*
 * The part "Rounds of the survey" of a case's page, with what is due; nothing where the acting user
 * may not read interviews.
 */
enum err survey_case_detail(struct ctx *ctx, const struct record *case_,
                            struct record_extra *out) MUST_USE;
/* Rounds and what may be begun, for the page of a person or case. */
struct survey_rounds_view;
enum err survey_rounds_fill(struct ctx *ctx, struct survey_rounds_view *v,
                            const struct record *person) MUST_USE;

/* Handlers (survey_begin_web.c). */
enum err survey_get_start(struct ctx *ctx, const struct req *req, struct res *res) MUST_USE;
enum err survey_post_start(struct ctx *ctx, const struct req *req, struct res *res) MUST_USE;
enum err survey_get_stop(struct ctx *ctx, const struct req *req, struct res *res) MUST_USE;
enum err survey_post_stop(struct ctx *ctx, const struct req *req, struct res *res) MUST_USE;
enum err survey_get_paper(struct ctx *ctx, const struct req *req, struct res *res) MUST_USE;
enum err survey_post_paper(struct ctx *ctx, const struct req *req, struct res *res) MUST_USE;
enum err survey_get_second(struct ctx *ctx, const struct req *req, struct res *res) MUST_USE;
enum err survey_post_second(struct ctx *ctx, const struct req *req, struct res *res) MUST_USE;

/* The main profile (profile_main.c). */
enum err survey_get_profiles(struct ctx *ctx, const struct req *req, struct res *res) MUST_USE;
enum err survey_post_profiles(struct ctx *ctx, const struct req *req, struct res *res) MUST_USE;

/* Entry from paper (survey_paper_web.c), for the first time or again. */
struct survey_paper_of {
    struct record *person;
    const struct record *first; /* what was entered; NULL = this is the first time */
    int64_t version;
    struct url action;
};
enum err survey_paper_show(struct ctx *ctx, const struct req *req, struct res *res, int status,
                           const struct survey_paper_of *of) MUST_USE;
/* Codes of the numbers and letters typed; ERR_INVALID with a problem of the field. */
enum err survey_codes_typed(struct ctx *ctx, const char **out, const struct field *f,
                            const char *typed) MUST_USE;
/* Round, day, place and all lines into a record; what was not typed is emptied. */
enum err survey_paper_take(struct ctx *ctx, struct record *rec, const struct req *req) MUST_USE;
/* Below an interview: that it was entered from paper, once or twice. */
enum err survey_interview_detail(struct ctx *ctx, const struct record *rss,
                                 struct record_extra *out) MUST_USE;
/* The person that a request names by person=ID or case=ID. ERR_NOT_FOUND: out of scope. */
enum err survey_person_asked(struct ctx *ctx, struct record **out, const struct req *req) MUST_USE;

/*
 * The part "Reintegration scores" of a person's page; out->draw stays NULL where the acting user
 * may not read interviews. person was loaded by the acting user.
 */
enum err survey_person_detail(struct ctx *ctx, const struct record *person,
                              struct record_extra *out) MUST_USE;

#endif
