/* Worksheets on money or goods, and W models: with dice that leave the rest of a life as it is. */
#include "core/date.h"
#include "core/text.h"
#include "demo/demo_inner.h"
#include "forms_gen.h"
#include "records/records.h"

#define POINTS 5

/* --- the worksheet --- */

static const char *day_on(const struct life *l, int64_t days)
{
    return date_from_days(l->ctx->arena, l->ctx->now_ms / DEMO_DAY_MS + days);
}

static void set_risks(struct life *l, struct record *rec)
{
    static const char *const fields[] = {
        FIELD_CASH_OR_KIND_RISK_PERSON,    FIELD_CASH_OR_KIND_RISK_HOUSEHOLD,
        FIELD_CASH_OR_KIND_RISK_COMMUNITY, FIELD_CASH_OR_KIND_RISK_INSECURITY,
        FIELD_CASH_OR_KIND_RISK_FRAUD,     FIELD_CASH_OR_KIND_RISK_DATA
    };
    static const char *const levels[] = { CODE_CASH_OR_KIND_RISK_PERSON_LOW,
                                          CODE_CASH_OR_KIND_RISK_PERSON_LOW,
                                          CODE_CASH_OR_KIND_RISK_PERSON_MEDIUM, NULL };

    for (size_t i = 0; i < sizeof(fields) / sizeof(fields[0]); i++)
        record_set(rec, fields[i], dice_word(&l->dice, levels));
    record_set(rec, FIELD_CASH_OR_KIND_SAFE_FOR_PERSON,
               dice_chance(&l->dice, 85) ? CODE_CASH_OR_KIND_SAFE_FOR_PERSON_YES
                                         : CODE_CASH_OR_KIND_SAFE_FOR_PERSON_NO);
    record_set(rec, FIELD_CASH_OR_KIND_SAFE_FOR_STAFF, CODE_CASH_OR_KIND_SAFE_FOR_STAFF_YES);
    record_set(rec, FIELD_CASH_OR_KIND_IN_KIND_RISK, CODE_CASH_OR_KIND_IN_KIND_RISK_SAME);
    record_set(rec, FIELD_CASH_OR_KIND_RISK_MANAGEABLE, CODE_CASH_OR_KIND_RISK_MANAGEABLE_YES);
}

static void set_money(struct life *l, struct record *rec, const char *currency)
{
    int64_t part = dice_between(&l->dice, 3, 9) * 25000;

    record_set(rec, FIELD_CASH_OR_KIND_AMOUNT,
               arena_printf(l->ctx->arena, "%lld %s", (long long)(2 * part), currency));
    for (int64_t i = 0; i < 2; i++) {
        struct answers *row = add_row(l->ctx, rec, FIELD_CASH_OR_KIND_INSTALMENTS);

        put(rec, row, FIELD_CASH_OR_KIND_INSTALMENT_DUE, day_on(l, 14 + i * 60));
        put(rec, row, FIELD_CASH_OR_KIND_INSTALMENT_AMOUNT,
            arena_printf(l->ctx->arena, "%lld %s", (long long)part, currency));
        put(rec, row, FIELD_CASH_OR_KIND_INSTALMENT_CONDITION, life_text(l, "sheet_condition"));
    }
}

static enum err approve(struct life *l, const struct record *rec)
{
    struct record *sheet = NULL;
    enum err rc;

    l->ctx->now_ms += DEMO_DAY_MS / 24;
    act_as(l, l->family->supervisor);
    rc = record_load(l->ctx, &sheet, FORM_CASH_OR_KIND, rec->id);
    return rc ? rc
              : record_set_status(l->ctx, sheet, sheet->version, STATUS_CASH_OR_KIND_APPROVED,
                                  NULL);
}

static enum err write_sheet(struct life *l)
{
    bool whole = dice_chance(&l->dice, 80);
    struct record *rec = NULL;
    enum err rc = record_new(l->ctx, &rec, FORM_CASH_OR_KIND, l->case_id);

    if (rc)
        return rc;
    record_set(rec, FIELD_CASH_OR_KIND_SHEET_ON, life_day(l));
    record_set(rec, FIELD_CASH_OR_KIND_SHEET_ABOUT, life_text(l, "sheet_about"));
    record_set(rec, FIELD_CASH_OR_KIND_CASH_FORESEEN, CODE_CASH_OR_KIND_CASH_FORESEEN_PARTLY);
    record_set(rec, FIELD_CASH_OR_KIND_CASH_COST, CODE_CASH_OR_KIND_CASH_COST_CHEAPER);
    record_set(rec, FIELD_CASH_OR_KIND_MIGRATION_INFLUENCE,
               CODE_CASH_OR_KIND_MIGRATION_INFLUENCE_NONE);
    set_risks(l, rec);
    if (whole) {
        bool cash = record_is(rec, FIELD_CASH_OR_KIND_SAFE_FOR_PERSON,
                              CODE_CASH_OR_KIND_SAFE_FOR_PERSON_YES);

        record_set(rec, FIELD_CASH_OR_KIND_CONDITIONS_NEEDED,
                   CODE_CASH_OR_KIND_CONDITIONS_NEEDED_NO);
        record_set(rec, FIELD_CASH_OR_KIND_PARTNER_CAPABLE, CODE_CASH_OR_KIND_PARTNER_CAPABLE_YES);
        record_set(rec, FIELD_CASH_OR_KIND_PARTNER_STRENGTHS, "experience willing");
        record_set(rec, FIELD_CASH_OR_KIND_MODALITY,
                   cash ? CODE_CASH_OR_KIND_MODALITY_CASH : CODE_CASH_OR_KIND_MODALITY_IN_KIND);
        record_set(rec, FIELD_CASH_OR_KIND_DECISION_CRITERIA, life_text(l, "sheet_criteria"));
        record_set(rec, FIELD_CASH_OR_KIND_RISK_MONITORING, life_text(l, "plan_monitoring"));
        record_set(rec, FIELD_CASH_OR_KIND_EFFECT_MEASURED, life_text(l, "plan_hope"));
        if (cash)
            set_money(l, rec, text_equal(life_lang(l), "ar") ? "IQD" : "XOF");
    }
    rc = record_insert(l->ctx, rec);
    return rc || !whole ? rc : approve(l, rec);
}

enum err play_sheet(struct life *l, const struct step *s)
{
    struct dice kept = l->dice;
    enum err rc;

    l->dice.state ^= (uint64_t)s->day;
    act_as(l, l->family->worker);
    rc = write_sheet(l);
    l->dice = kept;
    return rc;
}

/* --- who decided --- */

void put_decided(struct life *l, struct record *rec, const char *proposed, const char *decided)
{
    static const char *const by[] = { CODE_ACTION_ACTION_PROPOSED_BY_RETURNEE,
                                      CODE_ACTION_ACTION_PROPOSED_BY_RETURNEE,
                                      CODE_ACTION_ACTION_PROPOSED_BY_STAFF,
                                      CODE_ACTION_ACTION_PROPOSED_BY_FAMILY, NULL };
    struct dice own = { l->dice.state ^ UINT64_C(0xdec1ded) };

    if (dice_chance(&own, 20)) /* not said */
        return;
    record_set(rec, proposed, dice_word(&own, by));
    if (dice_chance(&own, 4))
        record_set(rec, decided, CODE_ACTION_ACTION_DECIDED_BY_STAFF);
    else
        record_set(rec, decided,
                   dice_chance(&own, 35) ? CODE_ACTION_ACTION_DECIDED_BY_RETURNEE
                                         : CODE_ACTION_ACTION_DECIDED_BY_JOINT);
}

/* --- the W model --- */

static void add_point(struct life *l, struct record *rec, bool up)
{
    static const char *const levels[] = { "1", "2", "2", "3", NULL };
    static const char *const aspects[] = { "economic", "economic", "relations",
                                           "economic stability_belonging", NULL };
    struct answers *row = add_row(l->ctx, rec, FIELD_W_MODEL_W_POINTS);
    bool overcome = dice_chance(&l->dice, 65);

    put(rec, row, FIELD_W_MODEL_W_DIRECTION,
        up ? CODE_W_MODEL_W_DIRECTION_UP : CODE_W_MODEL_W_DIRECTION_DOWN);
    put(rec, row, FIELD_W_MODEL_W_LEVEL, dice_word(&l->dice, levels));
    put(rec, row, FIELD_W_MODEL_W_LABEL, life_text(l, up ? "w_up" : "w_down"));
    put(rec, row, FIELD_W_MODEL_W_KIND,
        up ? CODE_W_MODEL_W_KIND_OPPORTUNITY : CODE_W_MODEL_W_KIND_CHALLENGE);
    put(rec, row, FIELD_W_MODEL_W_ASPECTS, dice_word(&l->dice, aspects));
    put(rec, row, FIELD_W_MODEL_W_WRITTEN_BY, CODE_W_MODEL_W_WRITTEN_BY_RETURNEE);
    if (!up)
        put(rec, row, FIELD_W_MODEL_W_OVERCOME,
            overcome ? CODE_W_MODEL_W_OVERCOME_YES : CODE_W_MODEL_W_OVERCOME_NO);
    if (up || overcome)
        put(rec, row, FIELD_W_MODEL_W_HELPER, life_text(l, "w_helper"));
}

/* From the return on: up, down, up, down, up, now and then with a point less. */
static enum err draw_w(struct life *l, const char *purpose)
{
    int points = dice_chance(&l->dice, 70) ? POINTS : POINTS - 1;
    struct record *rec = NULL;
    enum err rc = record_new(l->ctx, &rec, FORM_W_MODEL, l->case_id);

    if (rc)
        return rc;
    record_set(rec, FIELD_W_MODEL_W_ON, life_day(l));
    record_set(rec, FIELD_W_MODEL_W_PURPOSE, purpose);
    record_set(rec, FIELD_W_MODEL_W_LITERATE, CODE_W_MODEL_W_LITERATE_YES);
    for (int i = 0; i < points; i++)
        add_point(l, rec, i % 2 == 0);
    record_set(rec, FIELD_W_MODEL_W_HOPES, life_text(l, "plan_hope"));
    return record_insert(l->ctx, rec);
}

enum err play_w(struct life *l, const struct step *s)
{
    struct dice kept = l->dice;
    enum err rc;

    l->dice.state ^= (uint64_t)s->day;
    act_as(l, l->family->worker);
    rc = draw_w(l, s->word);
    l->dice = kept;
    return rc;
}
