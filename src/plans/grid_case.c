/* What the grid says of one case. */
#include "audit/audit.h"
#include "auth/auth.h"
#include "core/buf.h"
#include "core/date.h"
#include "core/log.h"
#include "core/text.h"
#include "forms_gen.h"
#include "plans/grid.h"
#include "records/records.h"
#include "rules/document.h"
#include "vault/fold.h"

#define SHOWN_MAX 4
#define WHY_BYTES 400
#define NOTED_MAX 20
#define PAGE      100

static const char *const outcome_codes[] = { CODE_GRID_CHOICE_CHOICE_OUTCOME_UNKNOWN,
                                             CODE_GRID_CHOICE_CHOICE_OUTCOME_MET,
                                             CODE_GRID_CHOICE_CHOICE_OUTCOME_NOT_MET };
static const char *const answer_codes[] = {
    [GRID_UNKNOWN] = CODE_GRID_ANSWER_ANSWER_UNKNOWN,
    [GRID_YES] = CODE_GRID_ANSWER_ANSWER_YES,
    [GRID_NO] = CODE_GRID_ANSWER_ANSWER_NO,
    [GRID_NOT_APPLICABLE] = CODE_GRID_ANSWER_ANSWER_NOT_APPLICABLE,
};

const char *grid_outcome_code(enum grid_outcome o)
{
    return outcome_codes[o];
}

const char *grid_answer_code(enum grid_answer a)
{
    return answer_codes[a];
}

static enum grid_answer answer_of(const char *code)
{
    for (int i = GRID_YES; i <= GRID_NOT_APPLICABLE; i++)
        if (text_equal(answer_codes[i], code))
            return (enum grid_answer)i;
    return GRID_UNKNOWN;
}

/* What is loaded once for all criteria. */
struct asking {
    struct ctx *ctx;
    const struct grid *grid;
    struct document *doc;
    struct expr_host host;
    struct record **said; /* grid_answer of the case */
    size_t said_len;
    struct record **known; /* place_answer of the country, newest first */
    size_t known_len;
    const char *place; /* folded; "" = not known */
    uint64_t shown;    /* parts whose values are shown */
};

/* --- what may be read --- */

static bool may_read_part(const struct asking *a, size_t part)
{
    const struct form *form = a->grid->shape->parts[part].form;

    return form->privacy <= a->ctx->user->clearance &&
           user_may_do(a->ctx->user, form->kind, "view");
}

static bool may_read(const struct asking *a, const struct grid_test *t)
{
    for (size_t i = 0; i < t->reads_len; i++)
        if (t->reads[i]->field && !record_may_read(a->ctx, t->reads[i]->field))
            return false;
    for (size_t i = 0; i < a->grid->shape->parts_len; i++)
        if (t->parts >> i & 1 && !may_read_part(a, i))
            return false;
    return true;
}

/* --- why --- */

static const char *item_label(struct ctx *ctx, const struct shape *shape,
                              const struct shape_item *item)
{
    const struct form *form = shape->parts[item->part].form;

    return tr(ctx, "{0}: {1}", TR_TEXT(label_text(ctx, &form->title)),
              TR_TEXT(item->field ? label_text(ctx, &item->field->label) : tr(ctx, "Status")));
}

/* Values that are there, as people read them; NULL if none is. */
static const char *item_value(struct ctx *ctx, const struct document *doc,
                              const struct shape_item *item)
{
    const struct form *form = doc->shape->parts[item->part].form;
    const char *const *values = NULL;
    struct buf b;
    size_t len = 0;
    size_t shown = 0;

    document_values(ctx, &values, &len, doc, item);
    buf_init(&b, ctx->arena, WHY_BYTES);
    for (size_t i = 0; i < len && shown < SHOWN_MAX; i++) {
        if (text_blank(values[i]))
            continue;
        buf_add(&b, shown++ ? " · " : "");
        buf_add(&b, item->field ? answers_shown(ctx, item->field, values[i])
                                : record_status_title(ctx, form, values[i]));
    }
    return !shown ? NULL : buf_ok(&b) ? buf_text(&b) : "…";
}

/* The day of an interview, else the day on which the record was last changed. */
static const char *record_day(struct ctx *ctx, const struct record *rec)
{
    if (text_equal(rec->form->kind, FORM_RSS) &&
        date_valid(record_value(rec, FIELD_RSS_INTERVIEW_DATE)))
        return record_value(rec, FIELD_RSS_INTERVIEW_DATE);
    return moment_date(ctx->arena, rec->updated_at, ctx->time_zone);
}

/* Values that stand nowhere are left out: the criterion says itself that it is open. */
static void explain(struct asking *a, const struct grid_test *t, const struct grid_why **out,
                    size_t *len_out)
{
    struct grid_why *items = ARENA_ARRAY(a->ctx->arena, t->reads_len + 1, struct grid_why);
    size_t len = 0;

    for (size_t i = 0; i < t->reads_len; i++) {
        const struct shape_item *item = t->reads[i];
        const struct document_part *part = &a->doc->parts[item->part];
        const char *value = item->field && item->field->kind == FIELD_REPEAT
                                ? NULL
                                : item_value(a->ctx, a->doc, item);

        if (!value || part->len == 0)
            continue;
        items[len++] = (struct grid_why){ .label = item_label(a->ctx, a->grid->shape, item),
                                          .value = value,
                                          .on = record_day(a->ctx, part->items[part->len - 1]),
                                          .kind = part->items[part->len - 1]->form->kind,
                                          .id = part->items[part->len - 1]->id };
        a->shown |= (uint64_t)1 << item->part;
    }
    *out = items;
    *len_out = len;
}

/* --- one test --- */

static enum err holds(struct asking *a, bool *out, const struct expr *e)
{
    struct ctx scratch = *a->ctx;
    struct expr_value v = { 0 };
    enum err rc;

    *out = false;
    if (!e)
        return OK;
    scratch.problems = scratch.problems_last = NULL;
    rc = expr_eval(&scratch, &v, e, &a->host);
    if (rc == ERR_LIMIT || rc == ERR_INVALID || rc == ERR_NOT_FOUND) {
        log_error("an expression of the grid could not be evaluated: %s", err_name(rc));
        return OK; /* not known; no value is told */
    }
    if (rc)
        return ctx_fail(a->ctx, rc, ctx_first_problem(&scratch));
    *out = expr_bool(&scratch, &v);
    return OK;
}

static enum err ask(struct asking *a, enum grid_answer *out, const struct grid_test *t)
{
    bool yes = false;
    bool no = false;
    enum err rc = holds(a, &yes, t->yes);

    if (rc == OK && !yes)
        rc = holds(a, &no, t->no);
    *out = yes ? GRID_YES : no ? GRID_NO : GRID_UNKNOWN;
    return rc;
}

/* --- what staff said --- */

static const struct record *said_of_case(const struct asking *a, const char *criterion)
{
    for (size_t i = a->said_len; i-- > 0;)
        if (!text_equal(a->said[i]->status, RECORD_DELETED) &&
            record_is(a->said[i], FIELD_GRID_ANSWER_ANSWER_CRITERION, criterion))
            return a->said[i];
    return NULL;
}

/* Of the place itself, else of the whole country; the newest of each. */
static enum err said_of_place(const struct asking *a, const struct record **out,
                              const char *criterion)
{
    const struct record *country = NULL;

    for (size_t i = 0; i < a->known_len; i++) {
        const char *place = record_value(a->known[i], FIELD_PLACE_ANSWER_PLACE_NAME);
        const char *folded = "";
        enum err rc = OK;

        if (!record_is(a->known[i], FIELD_PLACE_ANSWER_PLACE_CRITERION, criterion))
            continue;
        if (!text_blank(place))
            rc = fold_latin(a->ctx, &folded, place);
        if (rc)
            return rc;
        if (*folded && text_equal(folded, a->place)) {
            *out = a->known[i];
            return OK;
        }
        if (text_blank(place) && !country)
            country = a->known[i];
    }
    *out = country;
    return OK;
}

static enum grid_outcome outcome_of(const struct grid_criterion *c, enum grid_answer answer)
{
    if (c->expected == GRID_UNKNOWN || answer == GRID_UNKNOWN)
        return OUTCOME_UNKNOWN;
    return answer == GRID_NOT_APPLICABLE || answer == c->expected ? OUTCOME_MET : OUTCOME_NOT_MET;
}

static enum err find(struct asking *a, struct grid_finding *f, const struct grid_criterion *c)
{
    enum err rc = OK;

    f->criterion = c;
    f->hidden = !may_read(a, &c->test);
    if (!f->hidden && (c->test.yes || c->test.no)) {
        rc = ask(a, &f->answer, &c->test);
        explain(a, &c->test, &f->whys, &f->whys_len);
        f->from = f->answer == GRID_UNKNOWN ? FROM_NOBODY : FROM_CASE;
    }
    if (rc == OK && c->of_place)
        rc = said_of_place(a, &f->said, c->code);
    else if (rc == OK)
        f->said = said_of_case(a, c->code);
    if (rc == OK && f->from == FROM_NOBODY && f->said) {
        f->answer = answer_of(record_value(f->said, c->of_place ? FIELD_PLACE_ANSWER_PLACE_ANSWER
                                                                : FIELD_GRID_ANSWER_ANSWER));
        f->from = f->answer == GRID_UNKNOWN ? FROM_NOBODY : c->of_place ? FROM_PLACE : FROM_STAFF;
    }
    f->outcome = outcome_of(c, f->answer);
    return rc;
}

/* Any that is not met decides; else any that is open; advisory ones never. */
static void count_in(enum grid_outcome *out, const struct grid_finding *f)
{
    if (!f->criterion->required || *out == OUTCOME_NOT_MET)
        return;
    if (f->outcome != OUTCOME_MET)
        *out = f->outcome;
}

static enum err judge(struct asking *a, struct grid_result *r, const struct grid_row *row)
{
    struct grid_finding *items =
        ARENA_ARRAY(a->ctx->arena, row->criteria_len + 1, struct grid_finding);
    enum err rc = OK;

    r->row = row;
    r->findings = items;
    r->outcome = OUTCOME_MET;
    for (int i = 0; i < GRID_LEVELS; i++)
        r->levels[i] = OUTCOME_MET;
    for (size_t i = 0; rc == OK && i < row->criteria_len; i++) {
        struct grid_finding *f = &items[i];

        rc = find(a, f, row->criteria[i]);
        count_in(&r->outcome, f);
        count_in(&r->levels[row->criteria[i]->level], f);
        r->unmet += f->criterion->required && f->outcome == OUTCOME_NOT_MET;
        r->open += f->criterion->required && f->outcome == OUTCOME_UNKNOWN;
    }
    return rc;
}

/* --- situations --- */

static enum err ask_situations(struct asking *a, struct grid_case *out)
{
    const struct field *f = field_find(out->rec->form, FIELD_CASE_SCENARIOS);
    bool readable = record_may_read(a->ctx, f);
    char **named = text_split(a->ctx->arena, record_value(out->rec, f->name), ' ', true, NULL);
    enum err rc = OK;

    out->situations = ARENA_ARRAY(a->ctx->arena, a->grid->scenarios_len + 1, struct grid_situation);
    for (size_t i = 0; rc == OK && i < a->grid->scenarios_len; i++) {
        struct grid_situation *s = &out->situations[i];
        enum grid_answer answer = GRID_UNKNOWN;

        s->scenario = &a->grid->scenarios[i];
        s->hidden = !readable || !may_read(a, &s->scenario->shown);
        s->confirmed = readable && text_among(named, s->scenario->code);
        if (s->hidden || !s->scenario->shown.yes)
            continue;
        rc = ask(a, &answer, &s->scenario->shown);
        s->shown = answer == GRID_YES;
        explain(a, &s->scenario->shown, &s->whys, &s->whys_len);
    }
    return rc;
}

static bool fits(const struct grid_case *c, const struct grid *g, const struct grid_row *row)
{
    for (size_t i = 0; row->useful_for[i]; i++)
        for (size_t k = 0; k < g->scenarios_len; k++)
            if (text_equal(c->situations[k].scenario->code, row->useful_for[i]) &&
                (c->situations[k].shown || c->situations[k].confirmed))
                return true;
    return false;
}

/* --- loading --- */

/* All answers of the country that the acting user may see, newest first. */
static enum err load_known(struct asking *a, const char *country)
{
    const struct record_condition is = { FIELD_PLACE_ANSWER_PLACE_COUNTRY, COND_IS, country };
    struct record_filter filter = { .conditions = &is, .conditions_len = 1, .limit = PAGE };
    struct record_list list = { 0 };
    enum err rc = OK;

    if (!*country || !user_may(a->ctx->user, "place_answer.view"))
        return OK;
    a->known = ARENA_ARRAY(a->ctx->arena, GRID_PLACE_ANSWERS + PAGE, struct record *);
    do {
        list = (struct record_list){ 0 };
        rc = record_list(a->ctx, &list, FORM_PLACE_ANSWER, &filter);
        for (size_t i = 0; rc == OK && i < list.len; i++)
            if (!text_equal(list.items[i]->status, RECORD_DELETED))
                a->known[a->known_len++] = list.items[i];
        filter.after = list.next;
    } while (rc == OK && list.next && a->known_len < GRID_PLACE_ANSWERS);
    return rc;
}

/* The place of the return that the case is about, else of the newest one. */
static enum err find_place(struct asking *a, struct grid_case *out)
{
    const struct field *f =
        field_find(form_find(a->ctx->forms, FORM_RETURN_EVENT), FIELD_RETURN_EVENT_PLACE_OF_RETURN);
    size_t n = shape_part_of(a->grid->shape, FORM_RETURN_EVENT);
    const struct document_part *part = &a->doc->parts[n];

    out->country = out->place = a->place = "";
    if (part->len == 0 || !may_read_part(a, n) || !record_may_read(a->ctx, f))
        return OK;
    out->country = record_value(part->items[part->len - 1], FIELD_RETURN_EVENT_COUNTRY_OF_ORIGIN);
    out->place = record_value(part->items[part->len - 1], f->name);
    a->shown |= (uint64_t)1 << n;
    return text_blank(out->place) ? OK : fold_latin(a->ctx, &a->place, out->place);
}

static enum err load_choices(struct asking *a, struct grid_case *out)
{
    struct record **items = NULL;
    struct record **own;
    size_t len = 0;
    enum err rc = OK;

    if (!user_may(a->ctx->user, "grid_choice.view"))
        return OK;
    rc = record_children_whole(a->ctx, &items, &len, FORM_GRID_CHOICE, out->rec->id);
    own = ARENA_ARRAY(a->ctx->arena, len + 1, struct record *);
    for (size_t i = 0; rc == OK && i < len; i++) {
        const char *code = record_value(items[i], FIELD_GRID_CHOICE_CHOICE_ROW);
        const struct grid_row *row = grid_row_find(a->grid, code);

        if (text_equal(items[i]->status, RECORD_DELETED))
            continue;
        if (row)
            out->results[row - a->grid->rows].choice = items[i];
        else
            own[out->own_len++] = items[i];
    }
    out->own = own;
    return rc;
}

static enum err note_reading(const struct asking *a)
{
    enum err rc = OK;

    for (size_t i = 0; rc == OK && i < a->grid->shape->parts_len; i++) {
        const struct document_part *part = &a->doc->parts[i];
        const char *ids[NOTED_MAX];
        size_t len = 0;

        for (size_t k = part->len; a->shown >> i & 1 && k-- > 0 && len < NOTED_MAX;)
            ids[len++] = part->items[k]->id;
        if (len && a->ctx->audit)
            rc = access_note(a->ctx, "grid", a->grid->shape->parts[i].form->kind, ids, len);
    }
    return rc;
}

static enum err load(struct asking *a, struct grid_case *out, const char *case_id)
{
    uint64_t parts = a->grid->parts | (uint64_t)1
                                          << shape_part_of(a->grid->shape, FORM_RETURN_EVENT);
    const struct form *answer = form_find(a->ctx->forms, FORM_GRID_ANSWER);
    enum err rc = record_load_allowed(a->ctx, &out->rec, FORM_CASE, case_id);

    if (rc == OK)
        rc = document_load(a->ctx, &a->doc, a->grid->shape, case_id, parts, NULL);
    if (rc)
        return rc;
    a->host = document_host(a->ctx, a->doc);
    rc = find_place(a, out);
    if (rc == OK)
        rc = load_known(a, out->country);
    if (rc == OK && user_may(a->ctx->user, "grid_answer.view") &&
        answer->privacy <= a->ctx->user->clearance)
        rc = record_children_whole(a->ctx, &a->said, &a->said_len, FORM_GRID_ANSWER, case_id);
    return rc;
}

enum err grid_case_load(struct ctx *ctx, struct grid_case *out, const char *case_id)
{
    struct asking a = { .ctx = ctx, .grid = grid_of() };
    enum err rc = load(&a, out, case_id);

    if (rc == OK)
        rc = ask_situations(&a, out);
    if (rc)
        return rc;
    out->results = ARENA_ARRAY(ctx->arena, a.grid->rows_len + 1, struct grid_result);
    for (size_t i = 0; rc == OK && i < a.grid->rows_len; i++) {
        rc = judge(&a, &out->results[i], &a.grid->rows[i]);
        out->results[i].fits = fits(out, a.grid, &a.grid->rows[i]);
    }
    if (rc == OK)
        rc = load_choices(&a, out);
    return rc ? rc : note_reading(&a);
}
