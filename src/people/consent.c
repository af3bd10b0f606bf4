/* Whether a person's consent covers a need: no, unless one record says all of it. */
#include "people/consent.h"

#include "core/date.h"
#include "core/text.h"
#include "core/tr.h"
#include "forms_gen.h"
#include "records/records.h"
#include "vault/fold.h"

#define ADULT_YEARS 18

struct asking {
    struct ctx *ctx;
    const struct consent_need *need;
    const char *recipient; /* folded */
    const char *birth;
    bool alone; /* by a case: an unaccompanied or separated child */
    bool part;  /* a yes to some of the categories will do */
};

bool consent_is_yes(enum consent_answer answer)
{
    return answer == CONSENT_COVERED || answer == CONSENT_BY_EXCEPTION;
}

static bool holds(const struct asking *l, const struct record *rec, const char *field,
                  const char *code)
{
    return text_among(text_split(l->ctx->arena, record_value(rec, field), ' ', true, NULL), code);
}

/* --- whether it can be asked --- */

static bool offered(const struct asking *l, const char *field, const char *code)
{
    const struct field *f = field_find(form_find(l->ctx->forms, FORM_CONSENT), field);

    return f && f->choices && !text_blank(code) && choice_find(f->choices, code);
}

static bool own_office(const struct consent_need *need)
{
    return text_equal(need->recipient, CONSENT_OWN_OFFICE);
}

static enum consent_answer check_need(const struct asking *l)
{
    const struct consent_need *n = l->need;

    if (text_blank(n->person_id) || text_blank(n->purpose) || text_blank(n->recipient) ||
        (l->recipient[0] == '\0' && !own_office(n)) || !n->on || !date_valid(n->on) ||
        (n->component ? !own_office(n) : n->categories_len == 0))
        return CONSENT_UNSAID;
    if (!offered(l, FIELD_CONSENT_PURPOSES, n->purpose))
        return CONSENT_NO_PURPOSE;
    return CONSENT_COVERED;
}

/* --- one record --- */

static enum consent_answer state_of(const struct asking *l, const struct record *rec)
{
    const char *given = record_value(rec, FIELD_CONSENT_GIVEN_AT);
    const char *until = record_value(rec, FIELD_CONSENT_VALID_TO);

    if (text_equal(rec->status, STATUS_CONSENT_DRAFT))
        return CONSENT_DRAFT;
    if (text_equal(rec->status, STATUS_CONSENT_REFUSED))
        return CONSENT_REFUSED;
    if (text_equal(rec->status, STATUS_CONSENT_SUPERSEDED))
        return CONSENT_SUPERSEDED;
    if (text_equal(rec->status, STATUS_CONSENT_WITHDRAWN))
        return CONSENT_WITHDRAWN;
    if (text_equal(rec->status, STATUS_CONSENT_EXPIRED))
        return CONSENT_EXPIRED;
    if (!text_equal(rec->status, STATUS_CONSENT_GIVEN))
        return CONSENT_NONE; /* deleted, or a state that this does not know */
    if (!text_blank(record_value(rec, FIELD_CONSENT_WITHDRAWN_AT)))
        return CONSENT_WITHDRAWN;
    if (!text_blank(until) && text_compare(until, l->need->on) < 0)
        return CONSENT_EXPIRED;
    if (text_blank(given) || text_compare(given, l->need->on) > 0)
        return CONSENT_NOT_YET;
    return CONSENT_COVERED;
}

static bool names_recipient(const struct asking *l, const struct record *rec)
{
    const struct field *repeat = field_find(rec->form, FIELD_CONSENT_RECIPIENTS);
    const struct field *name = field_find(rec->form, FIELD_CONSENT_RECIPIENT_NAME);
    size_t len = rec->answers->rows_len[repeat->place];

    for (size_t i = 0; i < len; i++) {
        const char *text = answers_get(rec->answers->rows[repeat->place][i], name);

        if (text && text_equal(fold_exact(l->ctx, text), l->recipient))
            return true;
    }
    return false;
}

/* Those of the need that the record allows. */
static size_t categories_of(const struct asking *l, const struct record *rec,
                            struct consent_part *part)
{
    const struct consent_need *n = l->need;
    const char **items = ARENA_ARRAY(l->ctx->arena, n->categories_len + 1, const char *);
    size_t len = 0;

    for (size_t i = 0; i < n->categories_len; i++)
        if (holds(l, rec, FIELD_CONSENT_DATA_CATEGORIES, n->categories[i]))
            items[len++] = n->categories[i];
    part->categories = items;
    return len;
}

static enum consent_answer scope_of(const struct asking *l, const struct record *rec,
                                    struct consent_part *part)
{
    const struct consent_need *n = l->need;

    if (!holds(l, rec, FIELD_CONSENT_PURPOSES, n->purpose))
        return CONSENT_NOT_PURPOSE;
    if (n->component && (!record_is(rec, FIELD_CONSENT_ABOUT, CODE_CONSENT_ABOUT_PLAN) ||
                         !holds(l, rec, FIELD_CONSENT_COMPONENTS, n->component)))
        return CONSENT_NOT_PURPOSE;
    if (!own_office(n) && !names_recipient(l, rec))
        return CONSENT_NOT_RECIPIENT;
    if (n->categories_len == 0)
        return CONSENT_COVERED;
    part->len = categories_of(l, rec, part);
    return part->len == n->categories_len || (l->part && part->len > 0) ? CONSENT_COVERED
                                                                        : CONSENT_NOT_CATEGORIES;
}

static enum consent_answer giver_of(const struct asking *l, const struct record *rec)
{
    const char *giver = record_value(rec, FIELD_CONSENT_GIVER);
    int age = date_age(l->birth, l->need->on);
    bool child = !record_is(rec, FIELD_CONSENT_ABOUT_CHILD, CODE_CONSENT_ABOUT_CHILD_NO) ||
                 (age >= 0 && age < ADULT_YEARS);

    if (!child)
        return CONSENT_COVERED;
    if (text_blank(giver) || text_equal(giver, CODE_CONSENT_GIVER_SELF))
        return CONSENT_NO_ADULT;
    if (l->alone && !text_equal(giver, CODE_CONSENT_GIVER_GUARDIAN) &&
        !text_equal(giver, CODE_CONSENT_GIVER_LEGAL_REPRESENTATIVE))
        return CONSENT_NO_GUARDIAN;
    if (!record_is(rec, FIELD_CONSENT_CHILD_OWN_CONSENT, CODE_CONSENT_CHILD_OWN_CONSENT_GIVEN) &&
        !record_is(rec, FIELD_CONSENT_CHILD_OWN_CONSENT, CODE_CONSENT_CHILD_OWN_CONSENT_NOT_ABLE))
        return CONSENT_NOT_CHILD;
    return CONSENT_COVERED;
}

static struct consent_part answer_of(const struct asking *l, const struct record *rec)
{
    struct consent_part part = { .answer = state_of(l, rec),
                                 .form = FORM_CONSENT,
                                 .id = rec->id,
                                 .given_on = record_value(rec, FIELD_CONSENT_GIVEN_AT) };

    if (part.answer == CONSENT_COVERED)
        part.answer = scope_of(l, rec, &part);
    if (part.answer == CONSENT_COVERED)
        part.answer = giver_of(l, rec);
    if (part.answer != CONSENT_COVERED)
        part = (struct consent_part){ .answer = part.answer };
    return part;
}

/* --- all of a person's --- */

static bool is_alone(const struct record *of)
{
    const struct field *repeat = field_find(of->form, FIELD_CASE_VULNERABILITY_FLAGS);
    const struct field *flag = field_find(of->form, FIELD_CASE_VULNERABILITY_FLAG);
    size_t len = of->answers->rows_len[repeat->place];

    for (size_t i = 0; i < len; i++) {
        const char *code = answers_get(of->answers->rows[repeat->place][i], flag);

        if (text_equal(code, CODE_CASE_VULNERABILITY_FLAG_UNACCOMPANIED_CHILD) ||
            text_equal(code, CODE_CASE_VULNERABILITY_FLAG_SEPARATED_CHILD))
            return true;
    }
    return false;
}

static enum err look_at_person(struct asking *l)
{
    struct record *person = NULL;
    struct record **cases = NULL;
    size_t len = 0;
    enum err rc = record_load_whole(l->ctx, &person, FORM_PERSON, l->need->person_id);

    if (rc == OK)
        rc = record_children_all(l->ctx, &cases, &len, FORM_CASE, l->need->person_id);
    if (rc)
        return rc;
    l->birth = record_value(person, FIELD_PERSON_BIRTH_DATE);
    for (size_t i = 0; i < len; i++)
        l->alone = l->alone || is_alone(cases[i]);
    return OK;
}

static bool exception_stands(const struct record *rec, const char *on)
{
    const char *date = record_value(rec, FIELD_CONSENT_EXCEPTION_EXCEPTION_DATE);

    return text_equal(rec->status, STATUS_CONSENT_EXCEPTION_ACTIVE) && !text_blank(date) &&
           text_compare(date, on) <= 0 &&
           !text_blank(record_value(rec, FIELD_CONSENT_EXCEPTION_PROFESSIONAL));
}

static enum err look_at_exceptions(const struct asking *l, struct consent_part *best)
{
    struct record **items = NULL;
    size_t len = 0;
    enum err rc;

    if (!text_equal(l->need->purpose, CODE_CONSENT_PURPOSES_REFERRAL) || own_office(l->need))
        return OK;
    rc = record_children_all(l->ctx, &items, &len, FORM_CONSENT_EXCEPTION, l->need->person_id);
    for (size_t i = 0; rc == OK && i < len; i++) {
        const char *help = record_value(items[i], FIELD_CONSENT_EXCEPTION_EXCEPTION_REFERRAL);

        if (exception_stands(items[i], l->need->on) &&
            text_equal(fold_exact(l->ctx, help), l->recipient))
            *best = (struct consent_part){ .answer = CONSENT_BY_EXCEPTION,
                                           .categories = l->need->categories,
                                           .len = l->need->categories_len,
                                           .form = FORM_CONSENT_EXCEPTION,
                                           .id = items[i]->id,
                                           .given_on = record_value(
                                               items[i], FIELD_CONSENT_EXCEPTION_EXCEPTION_DATE) };
    }
    return rc;
}

static bool is_nearer(const struct consent_part *a, const struct consent_part *b)
{
    return a->answer > b->answer || (a->answer == b->answer && a->len > b->len);
}

static enum err look_at_consents(struct asking *l, struct consent_part *best)
{
    struct record **items = NULL;
    size_t len = 0;
    enum err rc = look_at_person(l);

    if (rc == OK)
        rc = record_children_all(l->ctx, &items, &len, FORM_CONSENT, l->need->person_id);
    for (size_t i = 0; rc == OK && i < len; i++) {
        struct consent_part one = answer_of(l, items[i]);

        if (is_nearer(&one, best))
            *best = one;
    }
    return rc;
}

static enum err ask(struct ctx *ctx, struct consent_part *out, const struct consent_need *need,
                    bool part)
{
    struct asking l = { .ctx = ctx, .need = need, .birth = "", .part = part };
    struct consent_part best = { .answer = CONSENT_NONE };
    enum err rc = OK;

    l.recipient = need->recipient ? fold_exact(ctx, need->recipient) : "";
    if (consent_is_yes(check_need(&l))) {
        rc = look_at_consents(&l, &best);
        if (rc == OK && !consent_is_yes(best.answer))
            rc = look_at_exceptions(&l, &best);
    } else {
        best.answer = check_need(&l);
    }
    if (rc == OK)
        *out = best;
    return rc;
}

enum err consent_covers(struct ctx *ctx, enum consent_answer *out, const struct consent_need *need)
{
    struct consent_part whole = { .answer = CONSENT_UNSAID };
    enum err rc = ask(ctx, &whole, need, false);

    if (rc == OK)
        *out = whole.answer;
    return rc;
}

enum err consent_covers_part(struct ctx *ctx, struct consent_part *out,
                             const struct consent_need *need)
{
    return ask(ctx, out, need, true);
}

enum err consent_stands(struct ctx *ctx, bool *out, const char *form, const char *id,
                        const char *on)
{
    const struct consent_need need = { .on = on };
    const struct asking l = { .ctx = ctx, .need = &need };
    struct record *rec = NULL;
    enum err rc = record_load_whole(ctx, &rec, form, id);

    if (rc)
        return rc;
    *out = text_equal(form, FORM_CONSENT_EXCEPTION) ? exception_stands(rec, on)
                                                    : state_of(&l, rec) == CONSENT_COVERED;
    return OK;
}

const char *consent_reason_text(enum consent_answer answer)
{
    static const char *const reasons[] = {
        [CONSENT_UNSAID] = N_("Say who receives it: without a recipient, consent cannot be found."),
        [CONSENT_NO_PURPOSE] = N_("Nobody can consent to this purpose."),
        [CONSENT_NONE] = N_("There is no consent of the person."),
        [CONSENT_DRAFT] = N_("The consent is written down, but not recorded as given."),
        [CONSENT_REFUSED] = N_("The person has refused consent."),
        [CONSENT_SUPERSEDED] = N_("The consent was replaced by another one."),
        [CONSENT_WITHDRAWN] = N_("The person has withdrawn the consent."),
        [CONSENT_EXPIRED] = N_("The consent has expired."),
        [CONSENT_NOT_YET] = N_("The consent was given for later than this day."),
        [CONSENT_NOT_PURPOSE] = N_("The consent does not allow this purpose."),
        [CONSENT_NOT_RECIPIENT] = N_("The consent does not name this recipient. The first line has "
                                     "to be the name that stands in the consent."),
        [CONSENT_NOT_CATEGORIES] = N_("The consent does not allow all of this information."),
        [CONSENT_NO_ADULT] = N_("The person may be a child: a responsible adult has to consent."),
        [CONSENT_NO_GUARDIAN] = N_("The child is alone or separated: a guardian has to consent."),
        [CONSENT_NOT_CHILD] = N_("The child has not consented."),
    };

    return consent_is_yes(answer) ? NULL : reasons[answer];
}

const char *consent_reason(struct ctx *ctx, enum consent_answer answer)
{
    return consent_is_yes(answer) ? NULL : tr_args(ctx, consent_reason_text(answer), NULL);
}
