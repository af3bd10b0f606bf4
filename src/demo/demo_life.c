/*
 * What happens to somebody, and when. The plan is made whole before anything is played, so that it
 * hangs on the person's own dice alone.
 */
#include "core/text.h"
#include "demo/demo_inner.h"
#include "forms_gen.h"

#define YEAR INT64_C(365)

static void add_step(struct life *l, int64_t day, enum step_kind kind, const char *word,
                     const char *other)
{
    if (l->steps_len < STEPS_MAX)
        l->steps[l->steps_len++] =
            (struct step){ .day = day, .date = day, .kind = kind, .word = word, .other = other };
}

static int64_t later(struct life *l, int64_t day, int64_t low, int64_t high)
{
    return day + dice_between(&l->dice, low, high);
}

static void add_action(struct life *l, int64_t day, const char *kind)
{
    add_step(l, day, STEP_ACTION, kind, CODE_ACTION_ACTION_OUTCOME_REACHED);
}

/* --- parts of a life --- */

/* The return: before it, or told afterwards. case_too: children come along without their own. */
static void plan_return(struct life *l, int64_t noted, int64_t arrive, bool case_too)
{
    bool before = noted < arrive;
    int64_t depart = arrive - dice_between(&l->dice, 0, 1);
    int64_t told = before ? noted : later(l, noted, 0, 6);

    if (case_too)
        add_step(l, told, STEP_CASE, NULL, NULL);
    add_step(l, told, STEP_RETURN, NULL, NULL);
    if (before && case_too)
        add_step(l, later(l, noted, 1, 6), STEP_PREPARE, NULL, NULL);
    if (before && case_too && dice_chance(&l->dice, 60))
        add_action(l, later(l, noted, 3, 12), CODE_ACTION_ACTION_KIND_CONTACT);
    if (l->child && case_too) {
        add_action(l, told, CODE_ACTION_ACTION_KIND_BEST_INTERESTS);
        add_action(l, told, CODE_ACTION_ACTION_KIND_BEST_INTERESTS_DECISION);
    }
    if (l->barred) /* a treatment that is not there: the journey waits */
        return;
    add_step(l, before ? depart : told, STEP_DEPART, NULL, NULL);
    l->steps[l->steps_len - 1].date = depart;
    add_step(l, before ? arrive : told, STEP_ARRIVE, NULL, NULL);
    l->steps[l->steps_len - 1].date = arrive;
    if (case_too)
        add_step(l, later(l, before ? arrive : told, 0, 9), STEP_ACTIVE, NULL, NULL);
    if (case_too && dice_chance(&l->dice, 94))
        add_step(l, later(l, before ? noted + 1 : told, 0, 6), STEP_CONSENT, NULL, NULL);
}

static void plan_protection(struct life *l, int64_t base)
{
    if (!l->vulnerable && !l->unsure)
        return;
    if (l->unsure) { /* what the full screening settles */
        if (dice_chance(&l->dice, 80))
            add_action(l, later(l, base, 2, 12), CODE_ACTION_ACTION_KIND_SCREENING);
        if (dice_chance(&l->dice, 80))
            add_step(l, later(l, base, 13, 20), STEP_SETTLE, NULL, NULL);
        return;
    }
    if (dice_chance(&l->dice, 92))
        add_action(l, later(l, base, 2, 12), CODE_ACTION_ACTION_KIND_SCREENING);
    if (dice_chance(&l->dice, 70))
        add_action(l, later(l, base, 6, 25), CODE_ACTION_ACTION_KIND_RISK_ASSESSMENT);
    if (dice_chance(&l->dice, 75))
        add_step(l, later(l, base, 8, 40), STEP_SUPPORT, NULL, NULL);
    if (l->child && dice_chance(&l->dice, 80))
        add_action(l, later(l, base, 4, 20), CODE_ACTION_ACTION_KIND_BEST_INTERESTS);
}

/* Calls and visits, less often as time goes on; some reach nobody. */
static void plan_contacts(struct life *l, int64_t base, int64_t until)
{
    int64_t gap = 18;

    for (int64_t day = later(l, base, 3, 14); day < until;
         day = later(l, day, gap / 2, gap + gap / 2)) {
        bool missed = dice_chance(&l->dice, 9);

        add_step(l, day, STEP_ACTION,
                 dice_chance(&l->dice, 30) ? CODE_ACTION_ACTION_KIND_VISIT
                                           : CODE_ACTION_ACTION_KIND_CONTACT,
                 missed ? CODE_ACTION_ACTION_OUTCOME_NOT_REACHED
                        : CODE_ACTION_ACTION_OUTCOME_REACHED);
        if (missed)
            add_step(l, later(l, day, 2, 9), STEP_ACTION, CODE_ACTION_ACTION_KIND_CONTACT,
                     CODE_ACTION_ACTION_OUTCOME_REACHED);
        gap = gap < 75 ? gap + 14 : gap;
    }
    if (dice_chance(&l->dice, 40))
        add_step(l, later(l, base, 20, 160), STEP_ACTION, CODE_ACTION_ACTION_KIND_OTHER, NULL);
    if (dice_chance(&l->dice, 15))
        add_action(l, later(l, base, 30, 200), CODE_ACTION_ACTION_KIND_REPORT);
    if (dice_chance(&l->dice, 15))
        add_step(l, later(l, base, 30, 250), STEP_CHANGE, NULL, NULL);
}

static void plan_interviews(struct life *l, int64_t arrive, int64_t noted, int64_t until)
{
    static const char *const rounds[] = { CODE_RSS_ROUND_BASELINE, CODE_RSS_ROUND_PROGRESS,
                                          CODE_RSS_ROUND_FINAL };
    static const int64_t from[] = { 6, 186, 368 };
    static const int64_t to[] = { 29, 268, 520 };
    int64_t base = noted > arrive ? noted : arrive;

    for (size_t i = 0; i < 3; i++) {
        int64_t day = i == 0 ? later(l, base, 4, 28) : later(l, arrive, from[i], to[i]);

        if (day >= until || !dice_chance(&l->dice, i == 0 ? 90 : 82))
            continue;
        add_step(l, day, STEP_INTERVIEW, rounds[i], NULL);
        if (day + 92 < until && dice_chance(&l->dice, 30))
            add_step(l, later(l, day, 84, 92), STEP_INTERVIEW, CODE_RSS_ROUND_ADDITIONAL, NULL);
        else if (day + 105 < until && dice_chance(&l->dice, 75))
            add_step(l, later(l, day, 93, 104), STEP_TASKS, NULL, NULL);
        if (dice_chance(&l->dice, 75))
            add_step(l, later(l, day, 1, 12), STEP_INTENSITY, NULL, NULL);
    }
}

/*
 * What a plan is weighed and looked back on with: a worksheet on money or goods, a W model once or
 * twice. With dice of their own, so that the rest of a life does not hang on them.
 */
static void plan_tools(struct life *l, int64_t day, int64_t until)
{
    struct dice kept = l->dice;

    l->dice.state ^= UINT64_C(0x57a0de1);
    if (dice_chance(&l->dice, 25))
        add_step(l, day - 1, STEP_SHEET, NULL, NULL);
    if (dice_chance(&l->dice, 35) && day + 130 < until) {
        add_step(l, later(l, day, 10, 60), STEP_W, CODE_W_MODEL_W_PURPOSE_PLANNING, NULL);
        if (day + 320 < until && dice_chance(&l->dice, 60))
            add_step(l, later(l, day, 200, 300), STEP_W, CODE_W_MODEL_W_PURPOSE_EVALUATION, NULL);
    }
    l->dice = kept;
}

static void plan_plan(struct life *l, int64_t base, int64_t until)
{
    int64_t day = later(l, base, 7, dice_chance(&l->dice, 80) ? 27 : 70);

    if (!dice_chance(&l->dice, 95))
        return;
    if (l->child) {
        add_action(l, day, CODE_ACTION_ACTION_KIND_PLAN_AGREED);
        return;
    }
    add_step(l, day, STEP_PLAN, NULL, NULL);
    plan_tools(l, day, until);
    if (day + 178 < until && dice_chance(&l->dice, 88))
        add_step(l, later(l, day, 158, 178), STEP_REVIEW, "plan_review", NULL);
    if (day + 196 < until && dice_chance(&l->dice, 85))
        add_step(l, later(l, day, 178, 196), STEP_REPORT,
                 CODE_MONITORING_REPORT_REPORT_KIND_MID_YEAR, NULL);
    if (day + 370 < until && dice_chance(&l->dice, 85))
        add_step(l, later(l, day, 340, 368), STEP_REPORT, CODE_MONITORING_REPORT_REPORT_KIND_FINAL,
                 NULL);
}

/* The end of support: reviewed, talked about, assessed, closed; sometimes opened again. */
static void plan_end(struct life *l, int64_t day, const char *reason)
{
    bool quick = text_equal(reason, CODE_CASE_CLOSING_REASON_LEFT_AREA) ||
                 text_equal(reason, CODE_CASE_CLOSING_REASON_DIED);

    if (!quick)
        add_step(l, later(l, day, -12, -4), STEP_REVIEW, "plan_review", NULL);
    if (!quick)
        add_action(l, later(l, day, -3, 0), CODE_ACTION_ACTION_KIND_EXIT_INTERVIEW);
    add_step(l, day, STEP_CLOSING, reason, NULL);
    if (!text_equal(reason, CODE_CASE_CLOSING_REASON_DIED))
        add_action(l, later(l, day, 1, 6), CODE_ACTION_ACTION_KIND_CLOSING_ASSESSMENT);
    add_step(l, later(l, day, 7, 24), STEP_CLOSE, NULL, NULL);
    if (text_equal(reason, CODE_CASE_CLOSING_REASON_SUPPORT_DURATION_ENDED) &&
        dice_chance(&l->dice, 14)) {
        add_step(l, later(l, day, 35, 80), STEP_REOPEN, NULL, NULL);
        add_action(l, later(l, day, 82, 95), CODE_ACTION_ACTION_KIND_CONTACT);
    }
}

/* Back once more, with a case of its own. */
static void plan_second(struct life *l, int64_t day)
{
    int64_t arrive = later(l, day, 4, 20);

    plan_return(l, arrive + 3, arrive, true);
    plan_plan(l, arrive + 12, arrive + 400);
    plan_contacts(l, arrive + 12, arrive + 200);
    plan_interviews(l, arrive, arrive + 3, arrive + 400);
}

/* How it ends, and after how many days; NULL: it goes on. */
static const char *fate(struct life *l, int64_t *days_out)
{
    uint32_t roll = dice_below(&l->dice, 100);

    *days_out = dice_between(&l->dice, 372, 520);
    if (l->child)
        return NULL;
    if (roll < 30)
        return CODE_CASE_CLOSING_REASON_SUPPORT_DURATION_ENDED;
    if (roll < 48)
        return CODE_CASE_CLOSING_REASON_REINTEGRATION_MET;
    *days_out = dice_between(&l->dice, 60, 300);
    if (roll < 56)
        return CODE_CASE_CLOSING_REASON_RETURNEE_CHOSE_TO_STOP;
    if (roll < 63)
        return CODE_CASE_CLOSING_REASON_LEFT_AREA;
    if (roll < 65)
        return CODE_CASE_CLOSING_REASON_LACK_OF_FUNDING;
    if (roll < 66)
        return CODE_CASE_CLOSING_REASON_SECURITY_CONTEXT;
    if (roll < 67)
        return CODE_CASE_CLOSING_REASON_DIED;
    *days_out = 2 * YEAR;
    return NULL;
}

static void plan_fate(struct life *l, int64_t arrive, int64_t base)
{
    int64_t days = 0;
    const char *reason = fate(l, &days);
    int64_t until = base + days;

    plan_plan(l, base, until);
    plan_contacts(l, base, until);
    plan_interviews(l, arrive, l->family->noted, until);
    if (days > 300)
        add_step(l, later(l, base, 270, 340), STEP_FOLLOW_UP, NULL, NULL);
    if (!reason)
        return;
    if (text_equal(reason, CODE_CASE_CLOSING_REASON_RETURNEE_CHOSE_TO_STOP))
        add_step(l, until - 25, STEP_ACTION, CODE_ACTION_ACTION_KIND_CONTACT,
                 CODE_ACTION_ACTION_OUTCOME_WANTS_TO_STOP);
    if (text_equal(reason, CODE_CASE_CLOSING_REASON_LEFT_AREA))
        for (int64_t ago = 40; ago > 0; ago -= 15)
            add_step(l, until - ago, STEP_ACTION, CODE_ACTION_ACTION_KIND_CONTACT,
                     CODE_ACTION_ACTION_OUTCOME_NOT_REACHED);
    if (text_equal(reason, CODE_CASE_CLOSING_REASON_DIED))
        add_step(l, until - 3, STEP_DEATH, NULL, NULL);
    plan_end(l, until, reason);
    if (text_equal(reason, CODE_CASE_CLOSING_REASON_LEFT_AREA) && dice_chance(&l->dice, 60))
        plan_second(l, until + dice_between(&l->dice, 60, 150));
}

/* What the office does beside: tasks, comments, files, a number that changed, a double. */
static void plan_beside(struct life *l, int64_t base)
{
    for (int64_t day = later(l, base, 15, 60); day < base + YEAR; day = later(l, day, 45, 150))
        add_step(l, day, STEP_TASKS, NULL, NULL);
    if (dice_chance(&l->dice, 30))
        add_step(l, later(l, base, 5, 90), STEP_COMMENT, NULL, NULL);
    if (dice_chance(&l->dice, 12))
        add_step(l, later(l, base, 5, 120), STEP_FILE, NULL, NULL);
    if (dice_chance(&l->dice, 18))
        add_step(l, later(l, base, 10, 250), STEP_MEND, NULL, NULL);
    if (dice_chance(&l->dice, 3))
        add_step(l, later(l, base, 20, 200), STEP_AGAIN, NULL, NULL);
}

/* By day; what was planned first comes first on a day. */
static void sort_steps(struct life *l)
{
    for (size_t i = 1; i < l->steps_len; i++) {
        struct step s = l->steps[i];
        size_t k = i;

        for (; k > 0 && l->steps[k - 1].day > s.day; k--)
            l->steps[k] = l->steps[k - 1];
        l->steps[k] = s;
    }
}

void life_plan(struct life *l)
{
    const struct family *f = l->family;
    bool own_case = !l->child || l->alone;
    int64_t base = f->prepared ? f->arrive + 1 : f->noted + 7; /* there is a case by then */

    l->steps_len = 0;
    add_step(l, f->noted, STEP_PERSON, NULL, NULL);
    if (l->w->people_only)
        return;
    if (l->place == 0 && (f->size > 1 || dice_chance(&l->dice, 70)))
        add_step(l, later(l, f->noted, 0, 10), STEP_HOUSEHOLD, NULL, NULL);
    plan_return(l, f->noted, f->arrive, own_case);
    if (own_case && !l->barred && l->w->brief) {
        add_action(l, later(l, base, 2, 9), CODE_ACTION_ACTION_KIND_CONTACT);
        add_step(l, later(l, base, 10, 60), STEP_PLAN, NULL, NULL);
        add_step(l, later(l, base, 4, 28), STEP_INTERVIEW, CODE_RSS_ROUND_BASELINE, NULL);
    } else if (own_case && !l->barred) {
        plan_protection(l, base);
        plan_fate(l, f->arrive, base);
        plan_beside(l, base);
    }
    sort_steps(l);
}
