/* Who they are, and the playing of their lives. */
#include "audit/audit.h"
#include "auth/auth.h"
#include "core/date.h"
#include "core/text.h"
#include "demo/demo_inner.h"
#include "forms_gen.h"

#define DEMO_SEED  UINT64_C(20261122)
#define FAMILY_MAX 8
#define YEAR       365

static const step_play plays[STEP_KINDS] = {
    [STEP_PERSON] = play_person,
    [STEP_HOUSEHOLD] = play_household,
    [STEP_CASE] = play_case,
    [STEP_RETURN] = play_return,
    [STEP_PREPARE] = play_move,
    [STEP_DEPART] = play_depart,
    [STEP_ARRIVE] = play_arrive,
    [STEP_ACTIVE] = play_move,
    [STEP_ACTION] = play_action,
    [STEP_SUPPORT] = play_support,
    [STEP_SETTLE] = play_settle,
    [STEP_CONSENT] = play_consent,
    [STEP_PLAN] = play_plan,
    [STEP_REVIEW] = play_review,
    [STEP_W] = play_w,
    [STEP_SHEET] = play_sheet,
    [STEP_REPORT] = play_report,
    [STEP_CHANGE] = play_change,
    [STEP_INTERVIEW] = play_interview,
    [STEP_INTENSITY] = play_intensity,
    [STEP_FOLLOW_UP] = play_move,
    [STEP_CLOSING] = play_closing,
    [STEP_CLOSE] = play_close,
    [STEP_REOPEN] = play_move,
    [STEP_DEATH] = play_death,
    [STEP_TASKS] = play_tasks,
    [STEP_COMMENT] = play_comment,
    [STEP_FILE] = play_file,
    [STEP_MEND] = play_mend,
    [STEP_AGAIN] = play_again,
};

/* --- what all steps use --- */

void act_as(struct life *l, size_t staff)
{
    const struct user *u = l->w->staff[staff].user;

    l->ctx->user = u;
    l->ctx->user_id = u->id;
    l->ctx->office_id = u->office_id;
    l->ctx->time_zone = u->time_zone;
}

size_t staff_of(struct dice *d, const struct world *w, size_t office, const char *role,
                const char *sex)
{
    size_t found = w->lists.staff.len;
    uint32_t seen = 0;

    for (size_t i = 0; i < w->lists.staff.len; i++)
        if (w->staff[i].office == office && text_equal(w->staff[i].role, role) &&
            (!sex || text_equal(w->staff[i].sex, sex)) && dice_below(d, ++seen) == 0)
            found = i;
    return found;
}

const char *life_day(const struct life *l)
{
    return date_from_days(l->ctx->arena, l->ctx->now_ms / DEMO_DAY_MS);
}

static const char *office_cell(const struct life *l, const char *column)
{
    return csv_table_cell(&l->w->lists.offices, l->family->office, column);
}

const char *life_lang(const struct life *l)
{
    return office_cell(l, "language");
}

const char *life_text(struct life *l, const char *kind)
{
    const struct csv_table *notes = &l->w->lists.notes;
    const char *const match[] = { "kind", kind, "language", life_lang(l), "sex", l->sex, NULL };
    size_t row;

    row = dice_row(&l->dice, notes, match);
    return row < notes->len ? csv_table_cell(notes, row, "text") : "";
}

/* --- playing --- */

/* Office hours of the day, by the step's place: the same whenever the demo is made. */
static int64_t moment_of(const struct step *s, size_t place)
{
    return s->day * DEMO_DAY_MS + ((int64_t)7 * 60 + (int64_t)place * 6) * 60 * 1000;
}

static enum err play_life(struct life *l)
{
    enum err rc = OK;

    for (size_t i = 0; rc == OK && i < l->steps_len && !l->over; i++) {
        const struct step *s = &l->steps[i];

        if (s->day >= l->w->today)
            break;
        l->ctx->now_ms = moment_of(s, i);
        rc = plays[s->kind](l, s);
    }
    return rc;
}

/* --- who they are --- */

static const char *host_of(struct life *l)
{
    size_t len = 0;
    char **hosts = text_split(l->ctx->arena, office_cell(l, "hosts"), ' ', true, &len);

    return len ? hosts[dice_below(&l->dice, (uint32_t)len)] : "";
}

static const char *vulnerability(struct life *l)
{
    static const char *const kinds[] = { CODE_CASE_VULNERABILITY_FLAG_HEALTH_NEED,
                                         CODE_CASE_VULNERABILITY_FLAG_HEALTH_NEED,
                                         CODE_CASE_VULNERABILITY_FLAG_VICTIM_OF_TRAFFICKING,
                                         CODE_CASE_VULNERABILITY_FLAG_VICTIM_OF_VIOLENCE,
                                         CODE_CASE_VULNERABILITY_FLAG_VICTIM_OF_EXPLOITATION,
                                         CODE_CASE_VULNERABILITY_FLAG_VICTIM_OF_ABUSE,
                                         NULL };

    if (l->alone)
        return CODE_CASE_VULNERABILITY_FLAG_UNACCOMPANIED_CHILD;
    return dice_word(&l->dice, kinds);
}

/* Most who come alone are men; the grown-ups of a family are one of each. */
static const char *sex_of(struct life *l, const struct family *f, size_t place)
{
    bool woman = dice_chance(&l->dice, 34);

    if (f->size > 1 && !l->child)
        woman = (place == 0) != (f->noted % 5 > 0);
    if (l->child && !l->alone)
        woman = dice_chance(&l->dice, 50);
    return woman ? CODE_PERSON_SEX_FEMALE : CODE_PERSON_SEX_MALE;
}

static void born_as(struct life *l, const struct family *f, size_t place, uint64_t seed)
{
    int age = f->ages[place];

    l->family = f;
    l->place = place;
    l->dice.state = seed ^ (place + 1) * UINT64_C(0xd1342543de82ef95);
    l->dice.state = dice_next(&l->dice);
    l->origin = csv_table_cell(&l->w->lists.origins, f->origin, "origin");
    l->child = age < 18;
    l->alone = l->child && place == 0;
    l->born = f->noted - (int64_t)age * YEAR - age / 4 - dice_between(&l->dice, 5, 355);
    l->sex = sex_of(l, f, place);
    l->prefers =
        dice_chance(&l->dice, 82) ? CODE_PERSON_PREFERRED_STAFF_GENDER_NO_PREFERENCE : l->sex;
    l->host = host_of(l);
    l->vulnerable = l->alone || dice_chance(&l->dice, 27);
    l->unsure = !l->vulnerable && dice_chance(&l->dice, 7);
    l->flag = l->vulnerable ? vulnerability(l) : NULL;
    l->forced = !f->prepared && dice_chance(&l->dice, 28);
    l->barred = f->prepared && l->flag && dice_chance(&l->dice, 3);
    for (size_t i = 0; i < 3; i++)
        l->levels[i] = (int)dice_between(&l->dice, i == 0 ? 12 : 24, i == 0 ? 58 : 72);
    l->reserved = dice_chance(&l->dice, 4);
    l->trend = (int)dice_between(&l->dice, -6, 17);
}

/* A case manager whom the head of the family would rather talk with, if the office has one. */
static size_t worker_for(struct world *w, struct dice *d, size_t office, const char *prefers)
{
    size_t at = w->lists.staff.len;

    if (prefers && !text_equal(prefers, CODE_PERSON_PREFERRED_STAFF_GENDER_NO_PREFERENCE))
        at = staff_of(d, w, office, "case_manager", prefers);
    return at < w->lists.staff.len ? at : staff_of(d, w, office, "case_manager", NULL);
}

/* The offices in turn by their shares, so that a small demo has all of them. */
static size_t office_of(const struct world *w, int64_t index)
{
    const struct csv_table *s = &w->lists.offices;
    int64_t at = index * 37 % 100;
    size_t last = 0;

    for (size_t i = 0; i < s->len; i++) {
        int64_t share = 0;

        if (!parse_int(csv_table_cell(s, i, "share"), 0, 100, &share) || share == 0)
            continue;
        last = i;
        at -= share;
        if (at < 0)
            break;
    }
    return last;
}

static void pick_ages(struct family *f, struct dice *d, size_t most)
{
    bool couple = dice_chance(d, 75);
    int head = (int)dice_between(d, 25, 46);

    f->size = 1;
    f->ages[0] = (int)dice_between(d, 18, dice_chance(d, 70) ? 34 : 58);
    if (dice_chance(d, 4))
        f->ages[0] = (int)dice_between(d, 14, 17);
    if (!dice_chance(d, 13) || most < 2)
        return;
    f->ages[0] = head;
    if (couple)
        f->ages[f->size++] = head + (int)dice_between(d, -6, 4) < 19 ? 19 : head - 2;
    for (int64_t left = dice_between(d, 1, 4); left > 0 && f->size < most; left--)
        f->ages[f->size++] = (int)dice_between(d, 0, head - 20 < 16 ? head - 20 : 16);
}

static size_t pick_origin(struct world *w, struct ctx *ctx, struct dice *d, size_t office)
{
    static const char *const any[] = { NULL };
    const struct csv_table *s = &w->lists.origins;
    size_t len = 0;
    char **homes = text_split(ctx->arena, csv_table_cell(&w->lists.offices, office, "origins"), ' ',
                              true, &len);
    const char *home = len ? homes[dice_below(d, (uint32_t)len)] : "";

    if (w->people_only)
        return dice_row(d, s, any);
    for (size_t i = 0; i < s->len; i++)
        if (text_equal(csv_table_cell(s, i, "origin"), home))
            return i;
    return 0;
}

static void pick_family(struct ctx *ctx, struct world *w, struct family *f, struct dice *d,
                        size_t most)
{
    const char *const country[] = { "country",
                                    csv_table_cell(&w->lists.offices, f->office, "country"), NULL };
    const char *match[] = { "origin", NULL, "part", "family", NULL };

    f->origin = pick_origin(w, ctx, d, f->office);
    match[1] = csv_table_cell(&w->lists.origins, f->origin, "origin");
    f->name = dice_row(d, &w->lists.names, match);
    f->village = dice_row(d, &w->lists.villages, country);
    f->prepared = dice_chance(d, 42);
    f->arrive =
        f->prepared ? f->noted + dice_between(d, 18, 75) : f->noted - dice_between(d, 1, 35);
    pick_ages(f, d, most < FAMILY_MAX ? most : FAMILY_MAX);
    f->supervisor = staff_of(d, w, f->office, "supervisor", NULL);
    f->interviewer = staff_of(d, w, f->office, "interviewer", NULL);
}

enum err demo_family(struct ctx *ctx, struct world *w, int64_t index, int64_t noted, size_t most,
                     size_t *made_out)
{
    struct family f = { .office = office_of(w, index), .noted = noted };
    struct dice dice = { DEMO_SEED ^ ((uint64_t)index + 1) * UINT64_C(0xd1342543de82ef95) };
    uint64_t seed = dice_next(&dice); /* far from every other family's */
    enum err rc = OK;

    pick_family(ctx, w, &f, &dice, most);
    if (w->people_only)
        f.size = 1;
    for (size_t i = 0; rc == OK && i < f.size; i++) {
        struct life *l = ARENA_NEW(ctx->arena, struct life);

        l->ctx = ctx;
        l->w = w;
        born_as(l, &f, i, seed);
        if (i == 0)
            f.worker = worker_for(w, &dice, f.office, l->prefers);
        life_plan(l);
        rc = play_life(l);
        if (rc == OK && l->case_id && !l->over && noted > w->today - 200 &&
            dice_chance(&l->dice, 20))
            rc = demo_messages(l);
    }
    *made_out = f.size;
    return rc;
}
