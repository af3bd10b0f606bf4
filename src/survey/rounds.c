#include "survey/rounds.h"

#include <stdlib.h>

#include "auth/auth.h"
#include "core/asset.h"
#include "core/csv.h"
#include "core/date.h"
#include "core/text.h"
#include "core/tr.h"
#include "forms_gen.h"

#define RULES_FILE "content/rules/survey.csv"
#define MONTHS_MAX 600

/*
 * Months after the arrival, both ends within (decisions.md section 11): those of the rule that says
 * when the round is due, so that an organisation changes them in one place.
 */
static struct window {
    const char *round;
    const char *rule;
    int64_t from;
    int64_t to;
    bool there; /* false: no such rule, so no window */
} windows[ROUNDS] = {
    { CODE_RSS_ROUND_BASELINE, "survey_baseline", 0, 0, false },
    { CODE_RSS_ROUND_PROGRESS, "survey_progress", 0, 0, false },
    { CODE_RSS_ROUND_FINAL, "survey_final", 0, 0, false },
};

static size_t column_of(const struct csv_row *head, const char *name)
{
    size_t i = 0;

    while (i < head->len && !text_equal(head->cells[i], name))
        i++;
    return i;
}

/* Empty is 0; what is no number of months makes no window. */
static bool months_of(const struct csv_row *row, size_t column, int64_t *out)
{
    const char *cell = column < row->len ? row->cells[column] : "";

    *out = 0;
    return text_blank(cell) || parse_int(cell, 0, MONTHS_MAX, out);
}

static void take_window(const struct csv_row *row, const size_t columns[3])
{
    for (size_t n = 0; n < ROUNDS; n++)
        if (columns[0] < row->len && text_equal(row->cells[columns[0]], windows[n].rule))
            windows[n].there = months_of(row, columns[1], &windows[n].from) &&
                               months_of(row, columns[2], &windows[n].to);
}

enum err survey_windows_load(struct ctx *ctx)
{
    const struct asset *file = asset_find(RULES_FILE);
    struct csv_row row = { 0 };
    struct csv *csv = NULL;
    size_t columns[3];
    bool more = false;
    enum err rc;

    for (size_t n = 0; n < ROUNDS; n++)
        windows[n].there = false;
    if (file == NULL)
        return OK;
    rc = csv_open_bytes(ctx, &csv, (const char *)file->bytes, file->len, ',');
    if (rc == OK)
        rc = csv_next(ctx, csv, &row, &more);
    columns[0] = column_of(&row, "id");
    columns[1] = column_of(&row, "from_months");
    columns[2] = column_of(&row, "until_months");
    while (rc == OK && more) {
        rc = csv_next(ctx, csv, &row, &more);
        if (rc == OK && more)
            take_window(&row, columns);
    }
    csv_close(csv);
    return rc;
}

static bool in_use(const struct record *rec)
{
    return !text_equal(rec->status, RECORD_DELETED) &&
           !text_equal(rec->status, STATUS_RETURN_EVENT_CANCELLED);
}

/* The newest return that says when the person arrived, else the newest at all; NULL = none. */
static enum err newest_return(struct ctx *ctx, const struct record **out, const char *person_id)
{
    struct record **items = NULL;
    const struct record *best = NULL;
    size_t len = 0;
    enum err rc = record_children_whole(ctx, &items, &len, FORM_RETURN_EVENT, person_id);

    for (size_t i = 0; rc == OK && i < len; i++) {
        const char *at = record_value(items[i], FIELD_RETURN_EVENT_ARRIVAL_DATE);

        if (in_use(items[i]) &&
            (best == NULL ||
             text_compare(at, record_value(best, FIELD_RETURN_EVENT_ARRIVAL_DATE)) >= 0))
            best = items[i];
    }
    *out = best;
    return rc;
}

static void judge(struct ctx *ctx, struct survey_due *d, const struct window *w,
                  const char *arrived)
{
    const char *today = moment_date(ctx->arena, ctx->now_ms, ctx->time_zone);

    if (arrived != NULL && w->there) {
        d->from = date_add_months(ctx->arena, arrived, (int)w->from);
        d->to = date_add_months(ctx->arena, arrived, (int)w->to);
    }
    if (d->done_on != NULL)
        d->state = ROUND_DONE;
    else if (d->from == NULL)
        d->state = ROUND_NO_DATE;
    else if (text_compare(today, d->from) < 0)
        d->state = ROUND_AHEAD;
    else
        d->state = text_compare(today, d->to) <= 0 ? ROUND_OPEN : ROUND_MISSED;
}

enum err survey_rounds(struct ctx *ctx, struct survey_due out[ROUNDS], const char **arrived_out,
                       const struct record *person)
{
    const struct record *back = NULL;
    struct record **items = NULL;
    const char *arrived = "";
    size_t len = 0;
    enum err rc = newest_return(ctx, &back, person->id);

    if (rc == OK)
        rc = record_children_whole(ctx, &items, &len, FORM_RSS, person->id);
    if (rc)
        return rc;
    if (back != NULL)
        arrived = record_value(back, FIELD_RETURN_EVENT_ARRIVAL_DATE);
    *arrived_out = date_valid(arrived) ? arrived : NULL;
    for (size_t n = 0; n < ROUNDS; n++) {
        out[n] = (struct survey_due){ .round = windows[n].round };
        for (size_t i = 0; i < len; i++)
            if (text_equal(items[i]->status, STATUS_RSS_COMPLETED) &&
                record_is(items[i], FIELD_RSS_ROUND, windows[n].round))
                out[n].done_on = record_value(items[i], FIELD_RSS_INTERVIEW_DATE);
        judge(ctx, &out[n], &windows[n], *arrived_out);
    }
    return OK;
}

const char *survey_round_now(const struct survey_due due[ROUNDS])
{
    for (size_t n = 0; n < ROUNDS; n++)
        if (due[n].state == ROUND_OPEN)
            return due[n].round;
    return CODE_RSS_ROUND_ADDITIONAL;
}

const char *survey_round_warning(struct ctx *ctx, const struct survey_due due[ROUNDS],
                                 const char *round, const char *day)
{
    for (size_t n = 0; n < ROUNDS; n++) {
        const struct survey_due *d = &due[n];

        if (!text_equal(d->round, round))
            continue;
        if (d->done_on != NULL)
            return tr(ctx, "This round was held on {0} already.",
                      TR_TEXT(tr_date(ctx, d->done_on)));
        if (d->from != NULL && (text_compare(day, d->from) < 0 || text_compare(day, d->to) > 0))
            return tr(ctx,
                      "The day is outside the window of this round, {0} to {1}. A round that was"
                      " missed can be made up as an additional interview.",
                      TR_TEXT(tr_date(ctx, d->from)), TR_TEXT(tr_date(ctx, d->to)));
    }
    return NULL;
}

/* --- the case team --- */

/* Ids of users, each once. */
struct team {
    const char **ids;
    size_t len;
    size_t room;
};

static bool team_has(const struct team *t, const char *user_id)
{
    for (size_t i = 0; i < t->len; i++)
        if (text_equal(t->ids[i], user_id))
            return true;
    return false;
}

static void team_add(struct ctx *ctx, struct team *t, const char *user_id)
{
    if (text_blank(user_id) || team_has(t, user_id))
        return;
    if (t->len == t->room) {
        const char **more = ARENA_ARRAY(ctx->arena, t->room * 2 + 8, const char *);

        for (size_t i = 0; i < t->len; i++)
            more[i] = t->ids[i];
        t->ids = more;
        t->room = t->room * 2 + 8;
    }
    t->ids[t->len++] = user_id;
}

/* Now, or in an earlier version. */
static enum err team_of_case(struct ctx *ctx, struct team *t, const struct record *rec)
{
    const struct record *at = rec;
    enum err rc = OK;

    for (int64_t v = rec->version; rc == OK; v--) {
        team_add(ctx, t, at->created_by);
        team_add(ctx, t, at->updated_by);
        team_add(ctx, t, record_value(at, FIELD_CASE_WORKER));
        team_add(ctx, t, record_value(at, FIELD_CASE_WORKER_HOST));
        if (v <= 1)
            break;
        {
            struct record *before = NULL;

            rc = record_version_whole(ctx, &before, rec, v - 1);
            at = before;
        }
    }
    return rc;
}

static enum err team_of(struct ctx *ctx, struct team *t, const char *person_id)
{
    struct record **items = NULL;
    size_t len = 0;
    enum err rc = record_children_whole(ctx, &items, &len, FORM_CASE, person_id);

    for (size_t i = 0; rc == OK && i < len; i++)
        rc = team_of_case(ctx, t, items[i]);
    return rc;
}

enum err survey_case_team(struct ctx *ctx, bool *out, const char *person_id, const char *user_id)
{
    struct team team = { 0 };
    enum err rc = team_of(ctx, &team, person_id);

    *out = team_has(&team, user_id);
    return rc;
}

static int by_team_and_name(const void *a, const void *b)
{
    const struct interviewer *x = a;
    const struct interviewer *y = b;

    if (x->is_case_team != y->is_case_team)
        return x->is_case_team ? 1 : -1;
    return text_compare(x->name, y->name);
}

const struct interviewer *survey_interviewer_find(const struct interviewer *items, size_t len,
                                                  const char *id)
{
    for (size_t i = 0; i < len; i++)
        if (text_equal(items[i].id, id))
            return &items[i];
    return NULL;
}

enum err survey_interviewers(struct ctx *ctx, struct interviewer **out, size_t *len_out,
                             const char *person_id)
{
    struct user_row *able = NULL;
    struct team team = { 0 };
    struct interviewer *items;
    size_t len = 0;
    size_t n = 0;
    enum err rc = user_list_who(ctx, &able, &len, PERM_RSS_CREATE);

    if (rc == OK)
        rc = team_of(ctx, &team, person_id);
    if (rc)
        return rc;
    items = ARENA_ARRAY(ctx->arena, len + 1, struct interviewer);
    for (size_t i = 0; i < len; i++)
        items[n++] = (struct interviewer){ able[i].id, able[i].name, team_has(&team, able[i].id) };
    qsort(items, n, sizeof(*items), by_team_and_name);
    *out = items;
    *len_out = n;
    return OK;
}

/* --- the profile --- */

/* Copies a value that the acting user may read into a field that is empty. */
static void take(struct ctx *ctx, struct record *rss, const char *to, const struct record *rec,
                 const char *from)
{
    const struct field *source = field_find(rec->form, from);
    const struct field *target = field_find(rss->form, to);
    const char *value = record_value(rec, from);

    if (source == NULL || target == NULL || text_blank(value) || !record_may_read(ctx, source) ||
        !text_blank(record_value(rss, to)))
        return;
    if (target->kind == FIELD_SELECT_ONE && target->choices != NULL &&
        choice_find(target->choices, value) == NULL)
        return; /* such as "not known" */
    record_set(rss, to, value);
}

static void take_flags(struct ctx *ctx, struct record *rss, const struct record *case_)
{
    const struct field *flags = field_find(case_->form, FIELD_CASE_VULNERABILITY_FLAGS);
    const struct field *flag = field_find(case_->form, FIELD_CASE_VULNERABILITY_FLAG);
    const char *text = NULL;

    if (flags == NULL || flag == NULL || !record_may_read(ctx, flag) ||
        !record_is(rss, FIELD_RSS_PROFILE_VULNERABLE, CODE_RSS_PROFILE_VULNERABLE_YES))
        return;
    for (size_t i = 0; i < case_->answers->rows_len[flags->place]; i++) {
        const struct answers *row = case_->answers->rows[flags->place][i];
        const char *code = answers_get(row, flag);
        const char *shown = code ? answers_shown(ctx, flag, code) : "";

        if (!text_blank(shown))
            text = text ? arena_printf(ctx->arena, "%s; %s", text, shown) : shown;
    }
    if (text != NULL && text_blank(record_value(rss, FIELD_RSS_PROFILE_VULNERABILITY)))
        record_set(rss, FIELD_RSS_PROFILE_VULNERABILITY, text);
}

static void take_return(struct ctx *ctx, struct record *rss, const struct record *back)
{
    take(ctx, rss, FIELD_RSS_RETURN_DATE, back, FIELD_RETURN_EVENT_ARRIVAL_DATE);
    take(ctx, rss, FIELD_RSS_COUNTRY_RETURNED_FROM, back, FIELD_RETURN_EVENT_HOST_COUNTRY);
    take(ctx, rss, FIELD_RSS_COUNTRY_RETURNED_TO, back, FIELD_RETURN_EVENT_COUNTRY_OF_ORIGIN);
    take(ctx, rss, FIELD_RSS_PROFILE_ABSENCE_YEARS, back, FIELD_RETURN_EVENT_ABSENCE_YEARS);
    take(ctx, rss, FIELD_RSS_PROFILE_COMMUNITY, back, FIELD_RETURN_EVENT_PLACE_OF_RETURN);
    take(ctx, rss, FIELD_RSS_SAME_COMMUNITY_AS_ORIGIN, back, FIELD_RETURN_EVENT_SAME_COMMUNITY);
}

enum err survey_prefill(struct ctx *ctx, struct record *rss)
{
    const struct record *back = NULL;
    struct record *person = NULL;
    struct record **cases = NULL;
    size_t len = 0;
    enum err rc = record_load(ctx, &person, FORM_PERSON, rss->parent_id);

    if (rc == OK)
        rc = newest_return(ctx, &back, person->id);
    if (rc == OK)
        rc = record_children_whole(ctx, &cases, &len, FORM_CASE, person->id);
    if (rc)
        return rc;
    take(ctx, rss, FIELD_RSS_DATE_OF_BIRTH, person, FIELD_PERSON_BIRTH_DATE);
    take(ctx, rss, FIELD_RSS_PROFILE_SEX, person, FIELD_PERSON_SEX);
    if (back != NULL)
        take_return(ctx, rss, back);
    for (size_t i = len; i > 0; i--) {
        if (!in_use(cases[i - 1]))
            continue;
        take(ctx, rss, FIELD_RSS_PROFILE_VULNERABLE, cases[i - 1], FIELD_CASE_VULNERABLE);
        take_flags(ctx, rss, cases[i - 1]);
        break;
    }
    return rss->failed;
}
