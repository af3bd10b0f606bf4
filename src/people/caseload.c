/* The load of each case manager, from the cases that are not closed. */
#include "people/caseload.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "auth/auth.h"
#include "core/date.h"
#include "core/text.h"
#include "forms_gen.h"
#include "records/records.h"

#define ROLE_CASE_MANAGER "case_manager"
#define TARGET_OF         "caseload.target:"
#define PAGE              100
#define PROGRAMMES_MAX    40
#define ROWS_MAX          (USERS_OF_ROLE_MAX * 2)
#define SPIKE_DAYS        30
#define SPIKE_PARTS       3 /* the months before, to compare with */
#define SPIKE_FROM        5 /* fewer are never called a spike */
#define SPIKE_FACTOR      1.5

struct counting {
    struct ctx *ctx;
    struct caseload *out;
    const char **programmes;
    size_t weighed;
};

/* --- one case --- */

static double weight_of(const struct record *of)
{
    double weight = 1;

    if (record_is(of, FIELD_CASE_INTENSITY, CODE_CASE_INTENSITY_INTENSIFIED))
        weight = 1.5;
    else if (record_is(of, FIELD_CASE_INTENSITY, CODE_CASE_INTENSITY_HANDS_OFF))
        weight = 0.5;
    if (record_is(of, FIELD_CASE_INTENSITY_PSYCHOSOCIAL,
                  CODE_CASE_INTENSITY_PSYCHOSOCIAL_INTENSIFIED))
        weight += 0.5;
    if (record_is(of, FIELD_CASE_VULNERABLE, CODE_CASE_VULNERABLE_YES))
        weight += 0.5;
    return weight;
}

static struct caseload_worker *worker_of(struct counting *c, const char *id)
{
    for (size_t i = 0; i < c->out->workers_len; i++)
        if (text_equal(c->out->workers[i].id, id))
            return &c->out->workers[i];
    if (c->out->workers_len == ROWS_MAX)
        return NULL;
    c->out->workers[c->out->workers_len] = (struct caseload_worker){ .id = id };
    return &c->out->workers[c->out->workers_len++];
}

static void note_programme(struct counting *c, const char *programme)
{
    for (size_t i = 0; i < c->out->programmes_len; i++)
        if (text_equal(c->programmes[i], programme))
            return;
    if (*programme && c->out->programmes_len < PROGRAMMES_MAX)
        c->programmes[c->out->programmes_len++] = programme;
}

static void count_case(struct counting *c, const struct record *of)
{
    struct caseload_worker *w;

    note_programme(c, record_value(of, FIELD_CASE_PROGRAMME));
    if (*c->out->programme &&
        !text_equal(record_value(of, FIELD_CASE_PROGRAMME), c->out->programme))
        return;
    w = worker_of(c, record_value(of, FIELD_CASE_WORKER));
    c->out->cases++;
    if (!w) {
        c->out->uncounted = true;
        return;
    }
    w->cases++;
    w->load += weight_of(of);
    w->intensified += record_is(of, FIELD_CASE_INTENSITY, CODE_CASE_INTENSITY_INTENSIFIED);
    w->vulnerable += record_is(of, FIELD_CASE_VULNERABLE, CODE_CASE_VULNERABLE_YES);
}

/* --- the open cases --- */

static enum err count_status(struct counting *c, const char *status)
{
    struct record_filter filter = { .status = status,
                                    .office_id = c->ctx->office_id,
                                    .limit = PAGE };
    enum err rc = OK;

    do {
        struct record_list list = { 0 };

        if (c->weighed >= CASELOAD_WEIGHED) {
            c->out->uncounted = true;
            return OK;
        }
        rc = record_list(c->ctx, &list, FORM_CASE, &filter);
        for (size_t i = 0; rc == OK && i < list.len; i++)
            count_case(c, list.items[i]);
        c->weighed += list.len;
        filter.after = list.next;
    } while (rc == OK && filter.after);
    return rc;
}

static int heaviest_first(const void *a, const void *b)
{
    const struct caseload_worker *x = a;
    const struct caseload_worker *y = b;

    if (!*x->id != !*y->id)
        return *x->id ? -1 : 1;
    if (x->load > y->load || x->load < y->load)
        return x->load > y->load ? -1 : 1;
    return text_compare(x->name, y->name);
}

/* --- counts at other days --- */

/* Of cases opened up to a day: all, or those also closed by then. worker and day may be NULL. */
static enum err count_until(struct ctx *ctx, int64_t *out, const struct caseload *c,
                            const char *worker, const char *day, bool closed)
{
    struct record_condition conditions[4];
    struct record_filter filter = { .office_id = ctx->office_id, .conditions = conditions };
    enum err rc;

    conditions[filter.conditions_len++] =
        (struct record_condition){ closed ? FIELD_CASE_CLOSED_ON : FIELD_CASE_OPENED, COND_TO,
                                   day };
    if (worker)
        conditions[filter.conditions_len++] =
            (struct record_condition){ FIELD_CASE_WORKER, COND_IS, worker };
    if (*c->programme)
        conditions[filter.conditions_len++] =
            (struct record_condition){ FIELD_CASE_PROGRAMME, COND_IS, c->programme };
    rc = record_count(ctx, out, FORM_CASE, &filter);
    if (rc == OK && *out < 0)
        *out = RECORD_COUNT_MAX;
    return rc;
}

static enum err open_on(struct ctx *ctx, int64_t *out, const struct caseload *c, const char *worker,
                        const char *day)
{
    int64_t closed = 0;
    enum err rc = count_until(ctx, out, c, worker, day, false);

    if (rc == OK)
        rc = count_until(ctx, &closed, c, worker, day, true);
    *out = *out > closed ? *out - closed : 0;
    return rc;
}

static const char *days_ago(struct ctx *ctx, int64_t days)
{
    int64_t today = 0;

    (void)date_to_days(ctx_today(ctx), &today);
    return date_from_days(ctx->arena, today - days);
}

/* The last day of the month that lies so many months back; today in this one. */
static const char *month_end(struct ctx *ctx, int back)
{
    const char *today = ctx_today(ctx);
    const char *first = arena_printf(ctx->arena, "%.7s-01", today);
    int64_t days = 0;

    if (back == 0)
        return today;
    (void)date_to_days(date_add_months(ctx->arena, first, 1 - back), &days);
    return date_from_days(ctx->arena, days - 1);
}

static enum err fill_months(struct ctx *ctx, struct caseload *c)
{
    int64_t before = 0;
    enum err rc = count_until(ctx, &before, c, NULL, month_end(ctx, CASELOAD_MONTHS), false);

    for (int i = 0; rc == OK && i < CASELOAD_MONTHS; i++) {
        struct caseload_month *m = &c->months[i];
        int64_t all = 0;

        m->day = month_end(ctx, CASELOAD_MONTHS - 1 - i);
        rc = count_until(ctx, &all, c, NULL, m->day, false);
        if (rc == OK)
            rc = open_on(ctx, &m->open, c, NULL, m->day);
        m->began = all - before;
        before = all;
        c->uncounted = c->uncounted || all >= RECORD_COUNT_MAX;
    }
    return rc;
}

/* The last 30 days beside the three times 30 days before them. */
static enum err fill_spike(struct ctx *ctx, struct caseload *c)
{
    int64_t at[3] = { 0 };
    const int64_t days[] = { 0, SPIKE_DAYS, SPIKE_DAYS * (1 + SPIKE_PARTS) };
    enum err rc = OK;

    for (size_t i = 0; rc == OK && i < 3; i++)
        rc = count_until(ctx, &at[i], c, NULL, days_ago(ctx, days[i]), false);
    c->arrived = at[0] - at[1];
    c->usual = (double)(at[1] - at[2]) / SPIKE_PARTS;
    c->spike = c->arrived >= SPIKE_FROM && (double)c->arrived > SPIKE_FACTOR * c->usual;
    return rc;
}

/* --- the whole --- */

static const char *target_name(struct ctx *ctx, const char *programme)
{
    return arena_printf(ctx->arena, TARGET_OF "%s", programme);
}

static enum err read_target(struct ctx *ctx, struct caseload *c)
{
    const char *value = NULL;
    enum err rc = setting_get(ctx, &value, ctx->office_id, target_name(ctx, c->programme));

    if (rc == OK && !value && *c->programme)
        rc = setting_get(ctx, &value, ctx->office_id, TARGET_OF);
    if (rc == OK && value && !parse_int(value, 0, CASELOAD_TARGET, &c->target))
        c->target = 0;
    return rc;
}

/* Case managers without a case stand there too: they have room. */
static enum err add_managers(struct counting *c)
{
    const char **ids = NULL;
    size_t len = 0;
    enum err rc = user_ids_of_role(c->ctx, &ids, &len, ROLE_CASE_MANAGER, c->ctx->office_id);

    for (size_t i = 0; rc == OK && i < len; i++)
        (void)worker_of(c, ids[i]);
    c->out->managers = len;
    return rc;
}

static enum err finish_workers(struct ctx *ctx, struct caseload *c)
{
    const char *day = days_ago(ctx, CASELOAD_BEFORE);
    enum err rc = OK;

    for (size_t i = 0; rc == OK && i < c->workers_len; i++) {
        struct caseload_worker *w = &c->workers[i];

        w->name = "";
        if (!*w->id)
            continue;
        rc = user_name(ctx, &w->name, w->id);
        if (rc == OK)
            rc = open_on(ctx, &w->before, c, w->id, day);
    }
    qsort(c->workers, c->workers_len, sizeof(c->workers[0]), heaviest_first);
    return rc;
}

enum err caseload_load(struct ctx *ctx, struct caseload *out, const char *programme)
{
    static const char *const open[] = { STATUS_CASE_NEW, STATUS_CASE_PRE_DEPARTURE,
                                        STATUS_CASE_ACTIVE, STATUS_CASE_FOLLOW_UP,
                                        STATUS_CASE_CLOSING };
    struct counting c = { .ctx = ctx, .out = out };
    enum err rc;

    *out = (struct caseload){ .programme = programme };
    out->workers = ARENA_ARRAY(ctx->arena, ROWS_MAX, struct caseload_worker);
    c.programmes = ARENA_ARRAY(ctx->arena, PROGRAMMES_MAX, const char *);
    rc = read_target(ctx, out);
    if (rc == OK)
        rc = add_managers(&c);
    for (size_t i = 0; rc == OK && i < sizeof(open) / sizeof(open[0]); i++)
        rc = count_status(&c, open[i]);
    out->programmes = c.programmes;
    if (rc == OK)
        rc = finish_workers(ctx, out);
    if (rc == OK)
        rc = fill_months(ctx, out);
    return rc ? rc : fill_spike(ctx, out);
}

enum err caseload_set_target(struct ctx *ctx, const char *programme, int64_t target)
{
    return setting_set(ctx, ctx->office_id, target_name(ctx, programme),
                       arena_printf(ctx->arena, "%lld", (long long)target));
}

int64_t caseload_to_move(const struct caseload *c, size_t from, size_t *to_out)
{
    const struct caseload_worker *w = &c->workers[from];
    double target = (double)c->target;
    double over = w->load - target;
    const struct caseload_worker *to = NULL;
    double each;

    if (c->target == 0 || !*w->id || w->cases == 0 || over <= 0)
        return 0;
    for (size_t i = 0; i < c->workers_len; i++)
        if (*c->workers[i].id && (!to || c->workers[i].load < to->load))
            to = &c->workers[i];
    each = w->load / (double)w->cases;
    if (!to || to == w || to->load + each > target)
        return 0;
    *to_out = (size_t)(to - c->workers);
    return (int64_t)fmax(1, floor(fmin(ceil(over / each), (target - to->load) / each)));
}
