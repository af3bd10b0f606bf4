/*
 * Interviews. Each dimension of a life has a level from 0 to 100 that moves between the rounds; an
 * answer lies near it. Some questions are declined, some left out.
 */
#include "auth/auth.h"
#include "core/text.h"
#include "demo/demo_inner.h"
#include "forms_gen.h"
#include "records/records.h"
#include "survey/rounds.h"

#define OPTIONS_MAX 40

/* Where the best answer stands last, or is "no". */
static bool best_is_last(const char *field)
{
    static const char *const fields[] = { FIELD_RSS_FOOD_REDUCTION, FIELD_RSS_BORROW_FREQUENCY,
                                          FIELD_RSS_FAMILY_CONFLICT, FIELD_RSS_JOB_SEEKING,
                                          FIELD_RSS_WANTS_PSYCH_SUPPORT };

    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
        if (text_equal(fields[i], field))
            return true;
    return false;
}

/* The dimension that a question belongs to; the last one for those of none. */
static int level_of(const struct life *l, const struct field *f)
{
    static const char *const groups[] = { FIELD_RSS_ECONOMIC, FIELD_RSS_SOCIAL,
                                          FIELD_RSS_PSYCHOSOCIAL };

    for (const struct field *p = f->parent; p; p = p->parent)
        for (size_t i = 0; i < 3; i++)
            if (text_equal(p->name, groups[i]))
                return l->levels[i];
    return l->levels[2];
}

struct options {
    const char *names[OPTIONS_MAX];
    size_t len;
    const char *declines[OPTIONS_MAX];
    size_t declines_len;
    const char
        *none; /* the one that stands alone, such as "none of these"; NULL if there is none */
};

static void sort_options(struct options *o, const struct field *f)
{
    for (size_t i = 0; i < f->choices->len && i < OPTIONS_MAX; i++) {
        const struct choice *c = &f->choices->items[i];

        if (c->decline != NULL)
            o->declines[o->declines_len++] = c->name;
        else if (c->exclusive)
            o->none = c->name;
        else
            o->names[o->len++] = c->name;
    }
}

static const char *choose_some(struct life *l, const struct options *o, int level)
{
    const char *out = NULL;

    if (o->none && dice_chance(&l->dice, level < 25 ? 30 : 6))
        return o->none;
    for (size_t i = 0; i < o->len; i++)
        if (!text_equal(o->names[i], "other") && dice_chance(&l->dice, 18 + (uint32_t)level / 4))
            out = out ? arena_printf(l->ctx->arena, "%s %s", out, o->names[i]) : o->names[i];
    return out ? out : o->names[dice_below(&l->dice, (uint32_t)o->len)];
}

static const char *choose(struct life *l, const struct field *f)
{
    struct options o = { .len = 0 };
    int level = level_of(l, f);
    int64_t at = 100 - level + dice_between(&l->dice, -22, 22);

    sort_options(&o, f);
    if (o.declines_len > 0 && dice_chance(&l->dice, l->reserved ? 28 : 3))
        return o.declines[dice_below(&l->dice, (uint32_t)o.declines_len)];
    if (o.len == 0 || (!f->required && dice_chance(&l->dice, 2)))
        return NULL;
    if (f->kind == FIELD_SELECT_MULTIPLE)
        return choose_some(l, &o, level);
    at = at < 0 ? 0 : at > 99 ? 99 : at;
    if (best_is_last(f->name))
        at = 99 - at;
    return o.names[(size_t)at * o.len / 100];
}

static enum err answer_all(struct life *l, struct record *rec)
{
    for (size_t i = 0; i < rec->form->all_len; i++) {
        const struct field *f = rec->form->all[i];
        bool words = f->kind == FIELD_TEXT && text_ends(f->name, "_explain");
        bool relevant = false;
        enum err rc;

        if ((f->kind != FIELD_SELECT_ONE && f->kind != FIELD_SELECT_MULTIPLE && !words) ||
            text_equal(f->parent ? f->parent->name : NULL, FIELD_RSS_PROFILE) ||
            answers_get(rec->answers, f) != NULL)
            continue;
        rc = answers_relevant(l->ctx, rec->answers, f, &relevant);
        if (rc)
            return rc;
        if (relevant && !words)
            answers_set(rec->answers, f, choose(l, f));
        else if (relevant && dice_chance(&l->dice, 55))
            answers_set(rec->answers, f, life_text(l, f->name));
    }
    return OK;
}

static void set_frame(struct life *l, struct record *rec, const struct step *s, bool team)
{
    static const char *const places[] = { CODE_RSS_INTERVIEW_LOCATION_IOM_OFFICE,
                                          CODE_RSS_INTERVIEW_LOCATION_PHONE_CALL,
                                          CODE_RSS_INTERVIEW_LOCATION_ON_SITE,
                                          CODE_RSS_INTERVIEW_LOCATION_ON_SITE, NULL };
    const char *place = dice_word(&l->dice, places);
    bool phone = text_equal(place, CODE_RSS_INTERVIEW_LOCATION_PHONE_CALL);

    record_set(rec, FIELD_RSS_ROUND, s->word);
    record_set(rec, FIELD_RSS_INTERVIEW_DATE, life_day(l));
    record_set(rec, FIELD_RSS_INTERVIEW_LOCATION, place);
    record_set(rec, FIELD_RSS_PRIVATE_SPACE,
               dice_chance(&l->dice, 94) ? CODE_RSS_PRIVATE_SPACE_YES : CODE_RSS_PRIVATE_SPACE_NO);
    record_set(rec, FIELD_RSS_IS_CASE_TEAM,
               team ? CODE_RSS_IS_CASE_TEAM_YES : CODE_RSS_IS_CASE_TEAM_NO);
    record_set(rec, FIELD_RSS_CONSENT_GIVEN, CODE_RSS_CONSENT_GIVEN_YES);
    record_set(rec, FIELD_RSS_CONSENT_FORM,
               phone ? CODE_RSS_CONSENT_FORM_VERBAL_PHONE : CODE_RSS_CONSENT_FORM_WRITTEN);
    if (dice_chance(&l->dice, 30))
        record_set(rec, FIELD_RSS_INTERVIEW_NOTES, life_text(l, "note"));
}

/* Between two rounds life moves on: mostly as it tends, seldom by a blow. */
static void move_on(struct life *l)
{
    int blow = dice_chance(&l->dice, 8) ? 22 : 0;

    for (size_t i = 0; i < 3; i++) {
        int level = l->levels[i] + l->trend + (int)dice_between(&l->dice, -6, 7) - blow;

        l->levels[i] = level < 3 ? 3 : level > 97 ? 97 : level;
    }
}

enum err play_interview(struct life *l, const struct step *s)
{
    bool team = dice_chance(&l->dice, 12);
    struct record *rec = NULL;
    enum err rc;

    act_as(l, team ? l->family->worker : l->family->interviewer);
    rc = record_new(l->ctx, &rec, FORM_RSS, l->person_id);
    if (rc)
        return rc;
    if (!text_equal(s->word, CODE_RSS_ROUND_BASELINE))
        move_on(l);
    set_frame(l, rec, s, team);
    rc = survey_prefill(l->ctx, rec);
    if (rc)
        return rc;
    record_set(rec, FIELD_RSS_PROFILE_VERIFIED, CODE_RSS_PROFILE_VERIFIED_YES);
    rc = answer_all(l, rec);
    return rc ? rc : record_insert(l->ctx, rec);
}
