/* What the survey adds to the saving of an interview: the consent gate, who may correct it, how it
 * ended, and its scores. */
#include "auth/auth.h"
#include "core/date.h"
#include "core/text.h"
#include "forms_gen.h"
#include "survey/profile.h"
#include "survey/rounds.h"
#include "survey/survey_store.h"

#define CORRECT_MS ((int64_t)7 * 24 * 60 * 60 * 1000)

bool survey_gate_open(const struct record *rss)
{
    bool by_phone =
        record_is(rss, FIELD_RSS_INTERVIEW_LOCATION, CODE_RSS_INTERVIEW_LOCATION_PHONE_CALL);
    const char *form =
        by_phone ? CODE_RSS_CONSENT_FORM_VERBAL_PHONE : CODE_RSS_CONSENT_FORM_WRITTEN;

    return record_is(rss, FIELD_RSS_CONSENT_GIVEN, CODE_RSS_CONSENT_GIVEN_YES) &&
           !text_blank(record_value(rss, FIELD_RSS_INTERVIEW_LOCATION)) &&
           record_is(rss, FIELD_RSS_CONSENT_FORM, form);
}

static bool has_answers(const struct record *rec)
{
    const struct profile *p = profile_find(NULL);

    for (size_t i = 0; p && i < p->len; i++)
        if (!text_blank(record_value(rec, p->questions[i].name)))
            return true;
    return false;
}

/* What was entered from paper may be entered a second time, once, by whoever may change it. */
static bool is_second_entry(const struct record *rec, const struct record *old)
{
    return record_is(old, FIELD_RSS_ENTRY_MODE, ENTRY_PAPER) &&
           text_blank(record_value(old, FIELD_RSS_SECOND_ENTRY_ON)) &&
           date_valid(record_value(rec, FIELD_RSS_SECOND_ENTRY_ON));
}

/* Its interviewer within seven days, a supervisor at any time; always with a reason of its own. */
static enum err may_correct(struct ctx *ctx, const struct record *rec, const struct record *old)
{
    const char *why = record_value(rec, FIELD_RSS_CORRECTION_REASON);
    bool mine = text_equal(old->created_by, ctx->user_id) ||
                record_is(old, FIELD_RSS_INTERVIEWER, ctx->user_id) || is_second_entry(rec, old);

    if (!text_equal(old->status, STATUS_RSS_COMPLETED))
        return ctx_fail(ctx, ERR_CONFLICT,
                        tr(ctx, "This interview was not completed: there is nothing to correct."
                                " Begin a new one."));
    if (!user_may(ctx->user, "rss.correct") &&
        (!mine || ctx->now_ms - old->created_at > CORRECT_MS))
        return ctx_fail_field(ctx, FIELD_RSS_CORRECTION_REASON,
                              tr(ctx, "Its interviewer can correct an interview for seven days;"
                                      " later, and for others, a supervisor can."));
    if (text_blank(why) || text_equal(why, record_value(old, FIELD_RSS_CORRECTION_REASON)))
        return ctx_fail_field(ctx, FIELD_RSS_CORRECTION_REASON,
                              tr(ctx, "Say why the interview is corrected this time."));
    return OK;
}

/* How a new one ended; who leads it has or had to do with the case. */
static enum err begin(struct ctx *ctx, struct record *rec)
{
    const char *who;
    bool team = false;
    enum err rc;

    if (!text_blank(record_value(rec, FIELD_RSS_END_REASON))) {
        rec->status = STATUS_RSS_DISCARDED;
        return OK;
    }
    if (!record_is(rec, FIELD_RSS_CONSENT_GIVEN, CODE_RSS_CONSENT_GIVEN_YES)) {
        rec->status = STATUS_RSS_REFUSED;
        return OK;
    }
    who = record_value(rec, FIELD_RSS_INTERVIEWER);
    rc = survey_case_team(ctx, &team, rec->parent_id, text_blank(who) ? ctx->user_id : who);
    if (rc)
        return rc;
    if (team)
        record_set(rec, FIELD_RSS_IS_CASE_TEAM, CODE_RSS_IS_CASE_TEAM_YES);
    record_set(rec, FIELD_RSS_STORED, "yes");
    return rec->failed;
}

/*
 * The form closes its questions itself; this holds even where an organisation has changed the
 * form's conditions (RC-01).
 */
static enum err before_save(struct ctx *ctx, struct record *rec, const struct record *old)
{
    enum err rc = old ? may_correct(ctx, rec, old) : begin(ctx, rec);

    if (rc || survey_gate_open(rec))
        return rc;
    if (record_is(rec, FIELD_RSS_CONSENT_GIVEN, CODE_RSS_CONSENT_GIVEN_YES))
        return ctx_fail_field(ctx, FIELD_RSS_CONSENT_FORM,
                              tr(ctx, "By phone, consent is given verbally; anywhere else, it is"
                                      " given in writing."));
    if (has_answers(rec))
        return ctx_fail_field(ctx, FIELD_RSS_CONSENT_GIVEN,
                              tr(ctx, "Without consent no answers are kept."));
    return OK;
}

enum err survey_store_score(struct ctx *ctx, const struct record *rec, const struct profile *p)
{
    struct survey_result r = { 0 };
    enum err rc = survey_score(ctx, &r.scores, p, rec->answers);

    if (rc)
        return rc;
    r.round = record_value(rec, FIELD_RSS_ROUND);
    r.interview_date = record_value(rec, FIELD_RSS_INTERVIEW_DATE);
    r.location = record_value(rec, FIELD_RSS_INTERVIEW_LOCATION);
    r.profile = profile_name(p);
    r.profile_version = profile_version(p);
    return survey_store_add(ctx, &r, rec);
}

static enum err after_save(struct ctx *ctx, const struct record *rec, const struct record *old)
{
    enum err rc = OK;

    if (!profile_find(NULL))
        return ctx_fail(ctx, ERR_INTERNAL, tr(ctx, "The scoring profiles are not loaded."));
    /* It went to another record of the same person, with its key: its scores go with it as they
     * are. */
    if (old && !text_equal(old->parent_id, rec->parent_id) && text_equal(old->key_id, rec->key_id))
        return survey_store_move(ctx, rec);
    if (!survey_gate_open(rec) || !text_equal(rec->status, STATUS_RSS_COMPLETED))
        return old ? survey_store_withdraw(ctx, rec->id) : OK;
    for (size_t i = 0; rc == OK && profile_at(i); i++)
        rc = survey_store_score(ctx, rec, profile_at(i));
    return rc;
}

static const char *or_today(struct ctx *ctx, const char *day)
{
    return date_valid(day) ? day : moment_date(ctx->arena, ctx->now_ms, ctx->time_zone);
}

/*
 * The person stopped, or nobody went on before the day was over: date, round, mode and reason are
 * kept, nothing else (RC-04). Without a round nothing had begun.
 */
static enum err given_up(struct ctx *ctx, const struct record *draft, const char *reason)
{
    static const char *const kept[] = { FIELD_RSS_ROUND, FIELD_RSS_INTERVIEW_LOCATION,
                                        FIELD_RSS_PRIVATE_SPACE, FIELD_RSS_IS_CASE_TEAM };
    struct record *rec = NULL;
    enum err rc;

    if (text_blank(record_value(draft, FIELD_RSS_ROUND)))
        return OK;
    rc = record_new(ctx, &rec, FORM_RSS, draft->parent_id);
    if (rc)
        return rc;
    for (size_t i = 0; i < sizeof(kept) / sizeof(kept[0]); i++)
        record_set(rec, kept[i], record_value(draft, kept[i]));
    record_set(rec, FIELD_RSS_INTERVIEW_DATE,
               or_today(ctx, record_value(draft, FIELD_RSS_INTERVIEW_DATE)));
    record_set(rec, FIELD_RSS_END_REASON, reason);
    return record_insert(ctx, rec);
}

const struct record_hooks survey_hooks = {
    .kind = FORM_RSS,
    .before_save = before_save,
    .after_save = after_save,
    .given_up = given_up,
    .stop_page = "/survey/stop/{}",
};
