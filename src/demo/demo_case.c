/* Households, cases, returns and steps of cases, and how they move along. */
#include "auth/auth.h"
#include "core/date.h"
#include "core/text.h"
#include "demo/demo_inner.h"
#include "forms_gen.h"
#include "records/records.h"
#include "rules/rules.h"
#include "rules_gen.h"

static const char *day_text(const struct life *l, int64_t day)
{
    return date_from_days(l->ctx->arena, day);
}

/* --- household --- */

static void add_member(struct life *l, struct record *rec, const char *relation, int64_t born)
{
    struct answers *row = add_row(l->ctx, rec, FIELD_HOUSEHOLD_MEMBERS);

    put(rec, row, FIELD_HOUSEHOLD_RELATIONSHIP, relation);
    if (born && dice_chance(&l->dice, 80))
        put(rec, row, FIELD_HOUSEHOLD_MEMBER_BIRTH_DATE, day_text(l, born));
    put(rec, row, FIELD_HOUSEHOLD_LIVES_HERE,
        dice_chance(&l->dice, 85) ? CODE_HOUSEHOLD_LIVES_HERE_YES : CODE_HOUSEHOLD_LIVES_HERE_NO);
    if (l->child && dice_chance(&l->dice, 60))
        put(rec, row, FIELD_HOUSEHOLD_LEGALLY_RESPONSIBLE, CODE_HOUSEHOLD_LEGALLY_RESPONSIBLE_YES);
}

static int64_t born_at(const struct life *l, int age)
{
    return l->family->noted - (int64_t)age * 365 - 90;
}

/* The family that came along, or relatives whom somebody alone found at home. */
static void add_members(struct life *l, struct record *rec, int64_t *size_out)
{
    static const char *const relatives[] = {
        CODE_HOUSEHOLD_RELATIONSHIP_PARENT,  CODE_HOUSEHOLD_RELATIONSHIP_PARENT,
        CODE_HOUSEHOLD_RELATIONSHIP_SIBLING, CODE_HOUSEHOLD_RELATIONSHIP_SIBLING,
        CODE_HOUSEHOLD_RELATIONSHIP_SPOUSE,  CODE_HOUSEHOLD_RELATIONSHIP_GRANDPARENT,
        CODE_HOUSEHOLD_RELATIONSHIP_OTHER,   NULL
    };
    const struct family *f = l->family;
    int64_t alone = f->size > 1 ? 0 : dice_between(&l->dice, 0, 4);

    for (size_t i = 1; i < f->size; i++)
        add_member(l, rec,
                   f->ages[i] < 18 ? CODE_HOUSEHOLD_RELATIONSHIP_CHILD
                                   : CODE_HOUSEHOLD_RELATIONSHIP_SPOUSE,
                   born_at(l, f->ages[i]));
    for (int64_t i = 0; i < alone; i++)
        add_member(l, rec,
                   l->child ? CODE_HOUSEHOLD_RELATIONSHIP_OTHER : dice_word(&l->dice, relatives),
                   0);
    if (l->child && dice_chance(&l->dice, 55))
        add_member(l, rec, CODE_HOUSEHOLD_RELATIONSHIP_GUARDIAN, 0);
    *size_out = 1 + (int64_t)f->size - 1 + alone + dice_between(&l->dice, 0, 2);
}

enum err play_household(struct life *l, const struct step *s)
{
    static const char *const wills[] = { CODE_HOUSEHOLD_WILLINGNESS_TO_SUPPORT_WILLING,
                                         CODE_HOUSEHOLD_WILLINGNESS_TO_SUPPORT_WILLING,
                                         CODE_HOUSEHOLD_WILLINGNESS_TO_SUPPORT_WILLING,
                                         CODE_HOUSEHOLD_WILLINGNESS_TO_SUPPORT_AMBIVALENT,
                                         CODE_HOUSEHOLD_WILLINGNESS_TO_SUPPORT_UNWILLING,
                                         CODE_HOUSEHOLD_WILLINGNESS_TO_SUPPORT_UNKNOWN,
                                         NULL };
    struct record *rec = NULL;
    int64_t size = 1;
    enum err rc;

    (void)s;
    act_as(l, l->family->worker);
    rc = record_new(l->ctx, &rec, FORM_HOUSEHOLD, l->person_id);
    if (rc)
        return rc;
    record_set(rec, FIELD_HOUSEHOLD_LABEL, life_text(l, "household"));
    add_members(l, rec, &size);
    record_set(rec, FIELD_HOUSEHOLD_SIZE, arena_printf(l->ctx->arena, "%lld", (long long)size));
    if (dice_chance(&l->dice, 80))
        record_set(rec, FIELD_HOUSEHOLD_WILLINGNESS_TO_SUPPORT, dice_word(&l->dice, wills));
    if (dice_chance(&l->dice, 60))
        record_set(rec, FIELD_HOUSEHOLD_VIOLENCE_RISK,
                   dice_chance(&l->dice, 5) ? CODE_HOUSEHOLD_VIOLENCE_RISK_YES
                                            : CODE_HOUSEHOLD_VIOLENCE_RISK_NO);
    return record_insert(l->ctx, rec);
}

/* --- case --- */

static void set_protection(struct life *l, struct record *rec)
{
    static const char *const sources[] = { CODE_CASE_VULNERABILITY_SOURCE_HOST_HANDOVER,
                                           CODE_CASE_VULNERABILITY_SOURCE_SCREENING,
                                           CODE_CASE_VULNERABILITY_SOURCE_DISCLOSURE,
                                           CODE_CASE_VULNERABILITY_SOURCE_SCREENING, NULL };
    struct answers *row;

    if (!l->vulnerable) {
        if (l->unsure || dice_chance(&l->dice, 90))
            record_set(rec, FIELD_CASE_VULNERABLE,
                       l->unsure ? CODE_CASE_VULNERABLE_UNKNOWN : CODE_CASE_VULNERABLE_NO);
        return;
    }
    record_set(rec, FIELD_CASE_VULNERABLE, CODE_CASE_VULNERABLE_YES);
    record_set(rec, FIELD_CASE_RISK_LEVEL,
               dice_chance(&l->dice, 20)   ? CODE_CASE_RISK_LEVEL_HIGH
               : dice_chance(&l->dice, 55) ? CODE_CASE_RISK_LEVEL_MEDIUM
                                           : CODE_CASE_RISK_LEVEL_LOW);
    row = add_row(l->ctx, rec, FIELD_CASE_VULNERABILITY_FLAGS);
    put(rec, row, FIELD_CASE_VULNERABILITY_FLAG, l->flag);
    put(rec, row, FIELD_CASE_VULNERABILITY_SOURCE, dice_word(&l->dice, sources));
    put(rec, row, FIELD_CASE_VULNERABILITY_SINCE, life_day(l));
}

static const char *context_of(struct life *l)
{
    if (l->family->prepared)
        return CODE_CASE_RETURN_CONTEXT_ASSISTED_VOLUNTARY;
    if (l->forced)
        return CODE_CASE_RETURN_CONTEXT_FORCED;
    return dice_chance(&l->dice, 60) ? CODE_CASE_RETURN_CONTEXT_SPONTANEOUS
                                     : CODE_CASE_RETURN_CONTEXT_ASSISTED_VOLUNTARY;
}

static const char *programme_of(struct life *l)
{
    size_t len = 0;
    char **codes = text_split(l->ctx->arena,
                              csv_table_cell(&l->w->lists.offices, l->family->office, "programmes"),
                              ' ', true, &len);

    return len ? codes[dice_below(&l->dice, (uint32_t)len)] : "";
}

enum err play_case(struct life *l, const struct step *s)
{
    static const char *const bases[] = { CODE_CASE_ELIGIBILITY_BASIS_UNABLE_TO_REMAIN,
                                         CODE_CASE_ELIGIBILITY_BASIS_UNABLE_TO_REMAIN,
                                         CODE_CASE_ELIGIBILITY_BASIS_UNWILLING_TO_REMAIN,
                                         CODE_CASE_ELIGIBILITY_BASIS_BOTH, NULL };
    struct record *rec = NULL;
    enum err rc;

    (void)s;
    act_as(l, l->family->worker);
    rc = record_new(l->ctx, &rec, FORM_CASE, l->person_id);
    if (rc)
        return rc;
    l->programme = programme_of(l);
    record_set(rec, FIELD_CASE_PROGRAMME, l->programme);
    if (dice_chance(&l->dice, 96))
        record_set(rec, FIELD_CASE_WORKER, l->ctx->user_id);
    record_set(rec, FIELD_CASE_OPENED, life_day(l));
    if (dice_chance(&l->dice, 85))
        record_set(rec, FIELD_CASE_FIRST_CONTACT_ON, life_day(l));
    record_set(rec, FIELD_CASE_RETURN_CONTEXT, context_of(l));
    record_set(rec, FIELD_CASE_ELIGIBILITY_BASIS, dice_word(&l->dice, bases));
    if (l->child)
        record_set(rec, FIELD_CASE_CHILD_STEP, CODE_CASE_CHILD_STEP_ASSESSMENT);
    set_protection(l, rec);
    record_set(rec, FIELD_CASE_PRIORITY,
               (l->vulnerable && dice_chance(&l->dice, 50)) || dice_chance(&l->dice, 6)
                   ? CODE_CASE_PRIORITY_HIGH
                   : CODE_CASE_PRIORITY_NORMAL);
    rc = record_insert(l->ctx, rec);
    if (rc == OK)
        l->case_id = rec->id;
    return rc;
}

/* The case, in the hands of who goes on with it. */
static enum err load_case(struct life *l, size_t staff, struct record **out)
{
    act_as(l, staff);
    return record_load(l->ctx, out, FORM_CASE, l->case_id);
}

enum err play_support(struct life *l, const struct step *s)
{
    struct record *rec = NULL;
    const struct field *rows = NULL;
    enum err rc;

    (void)s;
    rc = load_case(l, l->family->worker, &rec);
    if (rc)
        return rc;
    rows = field_find(rec->form, FIELD_CASE_VULNERABILITY_FLAGS);
    for (size_t i = 0; i < rec->answers->rows_len[rows->place]; i++)
        put(rec, rec->answers->rows[rows->place][i], FIELD_CASE_SUPPORT_STARTED_ON, life_day(l));
    return record_update(l->ctx, rec, rec->version);
}

/* The screening found nothing. */
enum err play_settle(struct life *l, const struct step *s)
{
    struct record *rec = NULL;
    enum err rc;

    (void)s;
    rc = load_case(l, l->family->worker, &rec);
    if (rc)
        return rc;
    record_set(rec, FIELD_CASE_VULNERABLE, CODE_CASE_VULNERABLE_NO);
    return record_update(l->ctx, rec, rec->version);
}

static const char *intensity_of(int level)
{
    return level < 33   ? CODE_CASE_INTENSITY_INTENSIFIED
           : level < 66 ? CODE_CASE_INTENSITY_STANDARD
                        : CODE_CASE_INTENSITY_HANDS_OFF;
}

/* As the scores suggest it, mostly; of each dimension only where somebody took the trouble. */
enum err play_intensity(struct life *l, const struct step *s)
{
    static const char *const fields[] = { FIELD_CASE_INTENSITY_ECONOMIC,
                                          FIELD_CASE_INTENSITY_SOCIAL,
                                          FIELD_CASE_INTENSITY_PSYCHOSOCIAL };
    bool each = dice_chance(&l->dice, 60);
    struct record *rec = NULL;
    enum err rc;

    (void)s;
    rc = load_case(l, l->family->worker, &rec);
    if (rc)
        return rc;
    record_set(rec, FIELD_CASE_INTENSITY,
               intensity_of((l->levels[0] + l->levels[1] + l->levels[2]) / 3));
    for (size_t i = 0; each && i < 3; i++)
        record_set(rec, fields[i], intensity_of(l->levels[i]));
    return record_update(l->ctx, rec, rec->version);
}

/* --- return --- */

/* A village and its district, or the district alone. */
static const char *place_text(struct life *l)
{
    const struct csv_table *villages = &l->w->lists.villages;
    const char *village = csv_table_cell(villages, l->family->village, "name");
    const char *near = csv_table_cell(villages, l->family->village, "near");

    if (dice_chance(&l->dice, 4))
        return "";
    return dice_chance(&l->dice, 25) ? near : arena_printf(l->ctx->arena, "%s (%s)", village, near);
}

static const char *maybe(struct life *l, uint32_t yes)
{
    if (dice_chance(&l->dice, 7))
        return "unknown";
    return dice_chance(&l->dice, yes) ? "yes" : "no";
}

static void set_before(struct life *l, struct record *rec)
{
    int64_t months = dice_between(&l->dice, 5, dice_chance(&l->dice, 70) ? 70 : 190);

    record_set(rec, FIELD_RETURN_EVENT_ABSENCE_YEARS,
               arena_printf(l->ctx->arena, "%lld.%lld", (long long)(months / 12),
                            (long long)(months % 12 * 10 / 12)));
    record_set(rec, FIELD_RETURN_EVENT_PREPARED, maybe(l, l->family->prepared ? 80 : 25));
    record_set(rec, FIELD_RETURN_EVENT_HAS_NETWORK, maybe(l, 75));
    record_set(rec, FIELD_RETURN_EVENT_HAS_PAPERS, maybe(l, 62));
    if (l->barred) {
        record_set(rec, FIELD_RETURN_EVENT_LIFE_SAVING_CARE,
                   CODE_RETURN_EVENT_LIFE_SAVING_CARE_YES);
        record_set(rec, FIELD_RETURN_EVENT_CARE_AVAILABLE, CODE_RETURN_EVENT_CARE_AVAILABLE_NO);
    } else if (text_equal(l->flag, CODE_CASE_VULNERABILITY_FLAG_HEALTH_NEED) &&
               dice_chance(&l->dice, 40)) {
        record_set(rec, FIELD_RETURN_EVENT_LIFE_SAVING_CARE,
                   CODE_RETURN_EVENT_LIFE_SAVING_CARE_YES);
        record_set(rec, FIELD_RETURN_EVENT_CARE_AVAILABLE, CODE_RETURN_EVENT_CARE_AVAILABLE_YES);
    }
}

enum err play_return(struct life *l, const struct step *s)
{
    struct record *rec = NULL;
    enum err rc;

    (void)s;
    act_as(l, l->family->worker);
    rc = record_new(l->ctx, &rec, FORM_RETURN_EVENT, l->person_id);
    if (rc)
        return rc;
    record_set(rec, FIELD_RETURN_EVENT_WILL,
               l->forced                   ? CODE_RETURN_EVENT_WILL_FORCED
               : dice_chance(&l->dice, 78) ? CODE_RETURN_EVENT_WILL_VOLUNTARY
               : dice_chance(&l->dice, 80) ? CODE_RETURN_EVENT_WILL_COMPELLED
                                           : CODE_RETURN_EVENT_WILL_UNKNOWN);
    record_set(rec, FIELD_RETURN_EVENT_HOST_COUNTRY, l->host);
    record_set(rec, FIELD_RETURN_EVENT_COUNTRY_OF_ORIGIN, l->origin);
    record_set(rec, FIELD_RETURN_EVENT_PLACE_OF_RETURN, place_text(l));
    record_set(rec, FIELD_RETURN_EVENT_SAME_COMMUNITY, maybe(l, 72));
    set_before(l, rec);
    rc = record_insert(l->ctx, rec);
    if (rc == OK)
        l->return_id = rec->id;
    return rc;
}

/* Notes a date of the return, and moves it on. */
static enum err move_return(struct life *l, const char *field, int64_t day, const char *status)
{
    struct record *rec = NULL;
    enum err rc;

    act_as(l, l->family->worker);
    rc = record_load(l->ctx, &rec, FORM_RETURN_EVENT, l->return_id);
    if (rc)
        return rc;
    record_set(rec, field, day_text(l, day));
    rc = record_update(l->ctx, rec, rec->version);
    return rc ? rc : record_set_status(l->ctx, rec, rec->version, status, NULL);
}

enum err play_depart(struct life *l, const struct step *s)
{
    return move_return(l, FIELD_RETURN_EVENT_DEPARTURE_DATE, s->date, STATUS_RETURN_EVENT_DEPARTED);
}

enum err play_arrive(struct life *l, const struct step *s)
{
    return move_return(l, FIELD_RETURN_EVENT_ARRIVAL_DATE, s->date, STATUS_RETURN_EVENT_ARRIVED);
}

/* --- steps of a case --- */

static const char *note_kind(const struct step *s)
{
    if (s->other && !text_equal(s->other, CODE_ACTION_ACTION_OUTCOME_REACHED))
        return s->other;
    return s->word;
}

const char *life_note(struct life *l, const struct step *s)
{
    const char *text = life_text(l, note_kind(s));
    bool call = text_equal(s->word, CODE_ACTION_ACTION_KIND_CONTACT) ||
                text_equal(s->word, CODE_ACTION_ACTION_KIND_VISIT);

    if (!call || !dice_chance(&l->dice, 45))
        return text;
    return arena_printf(l->ctx->arena, "%s %s", text, life_text(l, "next"));
}

enum err play_action(struct life *l, const struct step *s)
{
    struct record *rec = NULL;
    int64_t due = s->day;
    enum err rc;

    if (text_equal(s->word, CODE_ACTION_ACTION_KIND_CONTACT) ||
        text_equal(s->word, CODE_ACTION_ACTION_KIND_VISIT))
        return play_contact(l, s);
    act_as(l, l->family->worker);
    rc = record_new(l->ctx, &rec, FORM_ACTION, l->case_id);
    if (rc)
        return rc;
    record_set(rec, FIELD_ACTION_ACTION_KIND, s->word);
    if (s->other) {
        record_set(rec, FIELD_ACTION_DONE_ON, life_day(l));
        record_set(rec, FIELD_ACTION_ACTION_OUTCOME, s->other);
        put_decided(l, rec, FIELD_ACTION_ACTION_PROPOSED_BY, FIELD_ACTION_ACTION_DECIDED_BY);
        due -= dice_between(&l->dice, 0, 4);
    } else {
        due += dice_between(&l->dice, 10, 45);
    }
    if (!s->other || dice_chance(&l->dice, 60))
        record_set(rec, FIELD_ACTION_DUE_ON, day_text(l, due));
    if (dice_chance(&l->dice, 80))
        record_set(rec, FIELD_ACTION_ACTION_NOTE, life_note(l, s));
    return record_insert(l->ctx, rec);
}

/* --- statuses --- */

enum err play_move(struct life *l, const struct step *s)
{
    static const char *const statuses[STEP_KINDS] = { [STEP_PREPARE] = STATUS_CASE_PRE_DEPARTURE,
                                                      [STEP_ACTIVE] = STATUS_CASE_ACTIVE,
                                                      [STEP_FOLLOW_UP] = STATUS_CASE_FOLLOW_UP,
                                                      [STEP_REOPEN] = STATUS_CASE_ACTIVE };
    bool reopen = s->kind == STEP_REOPEN;
    struct record *rec = NULL;
    enum err rc;

    rc = load_case(l, reopen ? l->family->supervisor : l->family->worker, &rec);
    if (rc)
        return rc;
    return record_set_status(l->ctx, rec, rec->version, statuses[s->kind],
                             reopen ? life_text(l, "reason_reopen") : NULL);
}

enum err play_closing(struct life *l, const struct step *s)
{
    struct record *rec = NULL;
    enum err rc;

    act_as(l, l->family->worker);
    rc = end_plan(l);
    if (rc == OK)
        rc = load_case(l, l->family->worker, &rec);
    if (rc)
        return rc;
    record_set(rec, FIELD_CASE_CLOSING_REASON, s->word);
    rc = record_update(l->ctx, rec, rec->version);
    return rc ? rc : record_set_status(l->ctx, rec, rec->version, STATUS_CASE_CLOSING, NULL);
}

/* What a rule of closing still asks for is passed with a reason, by the supervisor. */
static enum err pass_gates(struct life *l, const struct record *rec)
{
    struct gate_state *gates = NULL;
    size_t len = 0;
    enum err rc = rules_gates(l->ctx, &gates, &len, rec);

    for (size_t i = 0; rc == OK && i < len; i++)
        if (gates[i].refuses && !gates[i].passed &&
            text_equal(gates[i].rule->gate, GATE_CASE_CLOSE))
            rc = rules_override(l->ctx, rec->id, gates[i].rule->id, life_text(l, "reason_pass"));
    return rc;
}

enum err play_close(struct life *l, const struct step *s)
{
    struct record *rec = NULL;
    enum err rc;

    (void)s;
    rc = load_case(l, l->family->supervisor, &rec);
    if (rc)
        return rc;
    rc = pass_gates(l, rec);
    if (rc)
        return rc;
    record_set(rec, FIELD_CASE_CLOSED_ON, life_day(l));
    rc = record_update(l->ctx, rec, rec->version);
    return rc ? rc
              : record_set_status(l->ctx, rec, rec->version, STATUS_CASE_CLOSED,
                                  life_text(l, "reason_close"));
}

enum err play_death(struct life *l, const struct step *s)
{
    struct record *rec = NULL;
    enum err rc;

    (void)s;
    act_as(l, l->family->supervisor);
    rc = record_load(l->ctx, &rec, FORM_PERSON, l->person_id);
    return rc ? rc
              : record_set_status(l->ctx, rec, rec->version, STATUS_PERSON_DECEASED,
                                  life_text(l, "reason_death"));
}
