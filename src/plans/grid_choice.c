/* What staff answers and decides on the grid, and what every writing of it is checked for. */
#include "auth/auth.h"
#include "core/text.h"
#include "db/db.h"
#include "forms_gen.h"
#include "plans/grid.h"
#include "records/records.h"

/* --- checks, wherever it is written --- */

static enum err check_criterion(struct ctx *ctx, const struct record *rec, const char *field,
                                bool of_place)
{
    const struct grid_criterion *c =
        grid_of() ? grid_criterion_find(grid_of(), record_value(rec, field)) : NULL;

    if (!c)
        return ctx_fail_field(
            ctx, field,
            tr(ctx, "The grid has no criterion “{0}”.", TR_TEXT(record_value(rec, field))));
    if (c->of_place == of_place)
        return OK;
    return ctx_fail_field(ctx, field,
                          of_place ? tr(ctx, "This is answered for each case, not for a place.")
                                   : tr(ctx, "This is answered once for a place."));
}

static enum err before_answer(struct ctx *ctx, struct record *rec, const struct record *old)
{
    (void)old;
    return check_criterion(ctx, rec, FIELD_GRID_ANSWER_ANSWER_CRITERION, false);
}

static enum err before_place(struct ctx *ctx, struct record *rec, const struct record *old)
{
    (void)old;
    return check_criterion(ctx, rec, FIELD_PLACE_ANSWER_PLACE_CRITERION, true);
}

static enum err before_choice(struct ctx *ctx, struct record *rec, const struct record *old)
{
    const char *row = record_value(rec, FIELD_GRID_CHOICE_CHOICE_ROW);
    bool met =
        record_is(rec, FIELD_GRID_CHOICE_CHOICE_OUTCOME, CODE_GRID_CHOICE_CHOICE_OUTCOME_MET);

    (void)old;
    if (!*row)
        return OK;
    if (!grid_of() || !grid_row_find(grid_of(), row))
        return ctx_fail_field(ctx, FIELD_GRID_CHOICE_CHOICE_ROW,
                              tr(ctx, "The grid has no approach “{0}”.", TR_TEXT(row)));
    if (!text_blank(record_value(rec, FIELD_GRID_CHOICE_CHOICE_REASON)))
        return OK;
    if (!met && record_is(rec, FIELD_GRID_CHOICE_CHOICE_DECISION,
                          CODE_GRID_CHOICE_CHOICE_DECISION_SELECTED))
        return ctx_fail_field(ctx, FIELD_GRID_CHOICE_CHOICE_REASON,
                              tr(ctx, "Not all criteria are met. Say why it is chosen all the "
                                      "same."));
    if (met && record_is(rec, FIELD_GRID_CHOICE_CHOICE_DECISION,
                         CODE_GRID_CHOICE_CHOICE_DECISION_REJECTED))
        return ctx_fail_field(ctx, FIELD_GRID_CHOICE_CHOICE_REASON,
                              tr(ctx, "All criteria are met. Say why it is refused."));
    return OK;
}

const struct record_hooks grid_answer_hooks = { .kind = FORM_GRID_ANSWER,
                                                .before_save = before_answer };
const struct record_hooks place_answer_hooks = { .kind = FORM_PLACE_ANSWER,
                                                 .before_save = before_place };
const struct record_hooks grid_choice_hooks = { .kind = FORM_GRID_CHOICE,
                                                .before_save = before_choice };

/* --- answering --- */

static const struct grid_finding *finding_of(const struct grid_case *c, const char *criterion)
{
    const struct grid_criterion *k = grid_criterion_find(grid_of(), criterion);
    const struct grid_result *r = k ? &c->results[k->row - grid_of()->rows] : NULL;

    for (size_t i = 0; r && i < r->row->criteria_len; i++)
        if (r->findings[i].criterion == k)
            return &r->findings[i];
    return NULL;
}

const char *grid_said_code(const struct grid_finding *f)
{
    if (!f->said)
        return "";
    return record_value(f->said, f->criterion->of_place ? FIELD_PLACE_ANSWER_PLACE_ANSWER
                                                        : FIELD_GRID_ANSWER_ANSWER);
}

static enum err allowed(struct ctx *ctx, const char *kind, const char *verb)
{
    if (user_may_do(ctx->user, kind, verb))
        return OK;
    return ctx_fail(ctx, ERR_FORBIDDEN, tr(ctx, "Your role does not allow this."));
}

/* The record that holds the answer now, whole and as the acting user may see it, or a new one. */
static enum err open_record(struct ctx *ctx, struct record **out, const char *kind,
                            const struct record *now, const char *parent_id)
{
    enum err rc = allowed(ctx, kind, now ? "edit" : "create");

    if (rc)
        return rc;
    return now ? record_load(ctx, out, kind, now->id) : record_new(ctx, out, kind, parent_id);
}

static enum err keep(struct ctx *ctx, struct record *rec)
{
    return rec->id ? record_update(ctx, rec, rec->version) : record_insert(ctx, rec);
}

static enum err answer_case(struct ctx *ctx, const struct grid_case *c,
                            const struct grid_finding *f, const char *answer, const char *note)
{
    struct record *rec = NULL;
    enum err rc = open_record(ctx, &rec, FORM_GRID_ANSWER, f->said, c->rec->id);

    if (rc)
        return rc;
    record_set(rec, FIELD_GRID_ANSWER_ANSWER_CRITERION, f->criterion->code);
    record_set(rec, FIELD_GRID_ANSWER_ANSWER, answer);
    record_set(rec, FIELD_GRID_ANSWER_ANSWER_NOTE, note);
    record_set(rec, FIELD_GRID_ANSWER_ANSWERED_ON, ctx_today(ctx));
    return keep(ctx, rec);
}

/* What holds for the whole country stays: the place gets its own answer beside it. */
static enum err answer_place(struct ctx *ctx, const struct grid_case *c,
                             const struct grid_finding *f, const char *answer, const char *note)
{
    const struct record *now = f->said;
    struct record *rec = NULL;
    enum err rc;

    if (text_blank(c->country))
        return ctx_fail_field(ctx, "criterion",
                              tr(ctx, "Write the country and the place of return first: the "
                                      "answer is kept for the place."));
    if (now && text_blank(record_value(now, FIELD_PLACE_ANSWER_PLACE_NAME)) &&
        !text_blank(c->place))
        now = NULL;
    rc = open_record(ctx, &rec, FORM_PLACE_ANSWER, now, NULL);
    if (rc)
        return rc;
    if (!now) {
        record_set(rec, FIELD_PLACE_ANSWER_PLACE_COUNTRY, c->country);
        record_set(rec, FIELD_PLACE_ANSWER_PLACE_NAME, c->place);
        record_set(rec, FIELD_PLACE_ANSWER_PLACE_CRITERION, f->criterion->code);
    }
    record_set(rec, FIELD_PLACE_ANSWER_PLACE_ANSWER, answer);
    record_set(rec, FIELD_PLACE_ANSWER_PLACE_EVIDENCE, note);
    record_set(rec, FIELD_PLACE_ANSWER_PLACE_ANSWERED_ON, ctx_today(ctx));
    return keep(ctx, rec);
}

static enum err answer_one(struct ctx *ctx, const struct grid_case *c, const struct grid_said *s,
                           const char *note)
{
    const struct grid_finding *f = finding_of(c, s->criterion);

    if (!f)
        return ctx_fail_field(ctx, "criterion",
                              tr(ctx, "The grid has no criterion “{0}”.", TR_TEXT(s->criterion)));
    if (f->said && text_blank(note) && text_equal(s->answer, grid_said_code(f)))
        return OK;
    return f->criterion->of_place ? answer_place(ctx, c, f, s->answer, note)
                                  : answer_case(ctx, c, f, s->answer, note);
}

enum err grid_answer_set(struct ctx *ctx, const char *case_id, const struct grid_said *items,
                         size_t len, const char *note)
{
    struct grid_case c = { 0 };
    enum err rc = db_begin(ctx);

    if (rc)
        return rc;
    rc = grid_case_load(ctx, &c, case_id);
    for (size_t i = 0; rc == OK && i < len; i++)
        rc = answer_one(ctx, &c, &items[i], note);
    return db_end(ctx, rc);
}

/* --- deciding --- */

enum err grid_decide(struct ctx *ctx, const char *case_id, const struct grid_decision *d)
{
    const struct grid_row *row = grid_row_find(grid_of(), d->row);
    const struct grid_result *r = NULL;
    struct grid_case c = { 0 };
    struct record *rec = NULL;
    enum err rc = grid_case_load(ctx, &c, case_id);

    if (rc)
        return rc;
    if (*d->row && !row)
        return ctx_fail_field(ctx, "row",
                              tr(ctx, "The grid has no approach “{0}”.", TR_TEXT(d->row)));
    if (row)
        r = &c.results[row - grid_of()->rows];
    else if (text_blank(d->own))
        return ctx_fail_field(ctx, "own", tr(ctx, "Say what the measure is."));
    rc = open_record(ctx, &rec, FORM_GRID_CHOICE, r ? r->choice : NULL, c.rec->id);
    if (rc)
        return rc;
    record_set(rec, FIELD_GRID_CHOICE_CHOICE_ROW, d->row);
    if (!r)
        record_set(rec, FIELD_GRID_CHOICE_CHOICE_OWN, d->own);
    else
        record_set(rec, FIELD_GRID_CHOICE_CHOICE_OUTCOME, grid_outcome_code(r->outcome));
    record_set(rec, FIELD_GRID_CHOICE_CHOICE_DECISION, d->decision);
    record_set(rec, FIELD_GRID_CHOICE_CHOICE_REASON, d->reason);
    record_set(rec, FIELD_GRID_CHOICE_CHOICE_ON, ctx_today(ctx));
    record_set(rec, FIELD_GRID_CHOICE_CHOICE_WITH_RETURNEE,
               d->with_person ? CODE_GRID_CHOICE_CHOICE_WITH_RETURNEE_YES
                              : CODE_GRID_CHOICE_CHOICE_WITH_RETURNEE_NO);
    return keep(ctx, rec);
}
