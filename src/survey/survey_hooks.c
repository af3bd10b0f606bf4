/* What the survey adds to the saving of an interview: the consent gate, and its scores. */
#include "core/text.h"
#include "forms_gen.h"
#include "survey/profile.h"
#include "survey/survey_store.h"

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

/*
 * The form closes its questions itself; this holds even where an organisation has changed the
 * form's conditions (RC-01).
 */
static enum err before_save(struct ctx *ctx, struct record *rec, const struct record *old)
{
    const struct profile *p = profile_find(NULL);

    (void)old;
    if (survey_gate_open(rec))
        return OK;
    if (record_is(rec, FIELD_RSS_CONSENT_GIVEN, CODE_RSS_CONSENT_GIVEN_YES))
        return ctx_fail_field(ctx, FIELD_RSS_CONSENT_FORM,
                              tr(ctx, "By phone, consent is given verbally; anywhere else, it is"
                                      " given in writing."));
    for (size_t i = 0; p && i < p->len; i++)
        if (!text_blank(record_value(rec, p->questions[i].name)))
            return ctx_fail_field(ctx, FIELD_RSS_CONSENT_GIVEN,
                                  tr(ctx, "Without consent no answers are kept."));
    return OK;
}

static enum err after_save(struct ctx *ctx, const struct record *rec, const struct record *old)
{
    const struct profile *p = profile_find(NULL);
    struct survey_result r = { 0 };
    enum err rc;

    if (!p)
        return ctx_fail(ctx, ERR_INTERNAL, tr(ctx, "The scoring profiles are not loaded."));
    if (!survey_gate_open(rec) || text_equal(rec->status, RECORD_DELETED))
        return old ? survey_store_withdraw(ctx, rec->id) : OK;
    rc = survey_score(ctx, &r.scores, p, rec->answers);
    if (rc)
        return rc;
    r.round = record_value(rec, FIELD_RSS_ROUND);
    r.interview_date = record_value(rec, FIELD_RSS_INTERVIEW_DATE);
    r.location = record_value(rec, FIELD_RSS_INTERVIEW_LOCATION);
    r.profile = profile_name(p);
    r.profile_version = profile_version(p);
    return survey_store_add(ctx, &r, rec);
}

const struct record_hooks survey_hooks = {
    .kind = FORM_RSS,
    .before_save = before_save,
    .after_save = after_save,
};
