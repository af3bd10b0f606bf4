#include "demo/demo.h"

#include <stdio.h>
#include <string.h>

#include "app/app.h"
#include "audit/audit.h"
#include "auth/auth.h"
#include "auth/home.h"
#include "core/date.h"
#include "core/id.h"
#include "core/opt.h"
#include "core/text.h"
#include "db/db.h"
#include "demo/demo_inner.h"
#include "facts/facts.h"
#include "people/caseload.h"
#include "records/records.h"
#include "rules/rules.h"

#define SPAN_DAYS     540
#define BATCH         40 /* people of one transaction */
#define UNREAD_DAYS   45 /* of families that came before, all notices have been read */
#define RULES_AT_ONCE 200
#define DEMO_TARGET   70 /* the weighted load of a case manager */

struct demo_size {
    int64_t people;
    int64_t today; /* days since 1970 */
    bool people_only;
    bool brief;
};

struct demo_fund {
    const char *code;
    const char *donor;
    const char *currency;
};

DB_SQL(PROGRAMME_ADD, "INSERT INTO programme (id, office_id, code, name, starts_on, ends_on)"
                      " VALUES ($1, $2, $3, $4, $5, $6)");
DB_SQL(FUND_ADD, "INSERT INTO fund (id, office_id, programme_id, code, donor, currency, rules)"
                 " VALUES ($1, $2, $3, $4, $5, $6, $7)");
DB_SQL(AREA_ADD, "INSERT INTO area (id, parent_id, pcode, country, level, name)"
                 " VALUES ($1, $2, $3, $4, $5, $6)");
DB_SQL(AREA_BY_PCODE, "SELECT id FROM area WHERE pcode = $1");

static enum err make_fund(struct ctx *ctx, const char *programme_id, const char *office_id,
                          const struct demo_fund *f)
{
    return db_exec(ctx, NULL, &FUND_ADD, DB_TEXT(id_new(ctx->arena, ctx->now_ms)),
                   DB_TEXT(office_id), DB_TEXT(programme_id), DB_TEXT(f->code), DB_TEXT(f->donor),
                   DB_TEXT(f->currency), DB_NULL);
}

/* "SN-RR SN-JE": each with a fund of its own, and one of another donor in euros. */
static enum err make_programme(struct ctx *ctx, const char *code, const char *office_id,
                               const char *currency)
{
    const char *id = id_new(ctx->arena, ctx->now_ms);
    enum err rc = db_exec(ctx, NULL, &PROGRAMME_ADD, DB_TEXT(id), DB_TEXT(office_id), DB_TEXT(code),
                          DB_TEXT("Return and reintegration (demo)"), DB_TEXT("2025-01-01"),
                          DB_TEXT("2027-12-31"));

    if (rc == OK)
        rc = make_fund(ctx, id, office_id,
                       &(struct demo_fund){ arena_printf(ctx->arena, "%s-F1", code),
                                            "Invented Donor Fund", currency });
    if (rc == OK)
        rc = make_fund(ctx, id, office_id,
                       &(struct demo_fund){ arena_printf(ctx->arena, "%s-F2", code),
                                            "Invented Foundation", "EUR" });
    return rc;
}

static enum err make_areas(struct ctx *ctx, const struct csv_table *places)
{
    for (size_t i = 0; i < places->len; i++) {
        const char *parent = csv_table_cell(places, i, "parent");
        const char *parent_id = NULL;
        struct rows *rows = NULL;
        int64_t level = 0;
        bool more = false;
        enum err rc = db_query(ctx, &rows, &AREA_BY_PCODE, DB_TEXT(parent));

        if (!rc)
            rc = db_next(ctx, rows, &more);
        if (rc)
            return rc;
        if (more)
            parent_id = row_text(rows, 0);
        db_rows_close(rows);
        if (!parse_int(csv_table_cell(places, i, "level"), 0, 9, &level))
            return ctx_fail(ctx, ERR_INVALID, "content/demo/places.csv: level");
        rc = db_exec(ctx, NULL, &AREA_ADD, DB_TEXT(id_new(ctx->arena, ctx->now_ms)),
                     DB_TEXT(parent_id), DB_TEXT(csv_table_cell(places, i, "code")),
                     DB_TEXT(csv_table_cell(places, i, "country")), DB_INT(level),
                     DB_TEXT(csv_table_cell(places, i, "name")));
        if (rc)
            return rc;
    }
    return OK;
}

/* A code that stands twice is a larger programme, and an office may share one with another. */
static bool known_before(struct ctx *ctx, const struct csv_table *offices, size_t row, size_t place,
                         const char *code)
{
    for (size_t i = 0; i <= row; i++) {
        size_t len = 0;
        char **codes =
            text_split(ctx->arena, csv_table_cell(offices, i, "programmes"), ' ', true, &len);

        for (size_t k = 0; k < (i == row ? place : len); k++)
            if (text_equal(codes[k], code))
                return true;
    }
    return false;
}

static enum err make_office(struct ctx *ctx, struct world *w, size_t row)
{
    const struct csv_table *s = &w->lists.offices;
    const struct office o = { .code = csv_table_cell(s, row, "code"),
                              .name = csv_table_cell(s, row, "name"),
                              .country = csv_table_cell(s, row, "country"),
                              .time_zone = csv_table_cell(s, row, "time_zone"),
                              .currency = csv_table_cell(s, row, "currency"),
                              .language = csv_table_cell(s, row, "language") };
    size_t len = 0;
    char **codes = text_split(ctx->arena, csv_table_cell(s, row, "programmes"), ' ', true, &len);
    enum err rc = office_create(ctx, &w->office_ids[row], &o, "Homeward Demo Organisation");

    for (size_t i = 0; rc == OK && i < len; i++)
        if (!known_before(ctx, s, row, i, codes[i]))
            rc = make_programme(ctx, codes[i], w->office_ids[row], o.currency);
    return rc;
}

/* Loaded once: each life is played by many of them. */
static enum err make_user(struct ctx *ctx, struct world *w, size_t row)
{
    const struct csv_table *s = &w->lists.staff;
    const char *const roles[] = { csv_table_cell(s, row, "role"), NULL };
    struct demo_user *u = &w->staff[row];
    struct user_new n = { .login = csv_table_cell(s, row, "login"),
                          .name = csv_table_cell(s, row, "name"),
                          .gender = csv_table_cell(s, row, "sex"),
                          .password = DEMO_PASSWORD,
                          .lang = csv_table_cell(s, row, "lang"),
                          .roles = roles,
                          .demo = true };
    const char *lang = ctx->lang;
    const char *id = NULL;
    enum err rc;

    for (size_t i = 0; i < w->lists.offices.len; i++)
        if (text_equal(csv_table_cell(&w->lists.offices, i, "code"),
                       csv_table_cell(s, row, "office")))
            u->office = i;
    n.office_id = w->office_ids[u->office];
    u->role = roles[0];
    u->sex = csv_table_cell(s, row, "sex");
    rc = user_create(ctx, &id, &n);
    if (rc == OK)
        rc = user_load_by_login(ctx, n.login);
    u->user = ctx->user;
    ctx->lang = lang;
    return rc;
}

static void act_as_nobody(struct ctx *ctx)
{
    ctx->user = NULL;
    ctx->user_id = NULL;
    ctx->office_id = NULL;
    ctx->time_zone = "UTC";
}

static enum err make_office_and_staff(struct ctx *ctx, struct world *w)
{
    enum err rc = OK;

    w->office_ids = ARENA_ARRAY(ctx->arena, w->lists.offices.len, const char *);
    w->staff = ARENA_ARRAY(ctx->arena, w->lists.staff.len, struct demo_user);
    for (size_t i = 0; rc == OK && i < w->lists.offices.len; i++)
        rc = make_office(ctx, w, i);
    if (rc == OK)
        rc = make_areas(ctx, &w->lists.places);
    for (size_t i = 0; rc == OK && i < w->lists.staff.len; i++)
        rc = make_user(ctx, w, i);
    for (size_t i = 0; rc == OK && i < w->lists.staff.len; i++) {
        if (!text_equal(w->staff[i].role, "administrator"))
            continue;
        ctx->user = w->staff[i].user;
        ctx->user_id = ctx->user->id;
        rc = demo_letterhead(ctx);
        for (size_t k = 0; rc == OK && k < w->lists.offices.len; k++) {
            ctx->office_id = w->office_ids[k];
            rc = caseload_set_target(ctx, "", DEMO_TARGET);
        }
        break;
    }
    act_as_nobody(ctx);
    return rc;
}

static int64_t noted_on(const struct world *w, const struct demo_size *size, int64_t made)
{
    return w->today - SPAN_DAYS + SPAN_DAYS * made / size->people;
}

/* Families one after the other over 18 months, some in a transaction. */
static enum err make_batch(struct ctx *ctx, struct world *w, const struct demo_size *size,
                           int64_t *family, int64_t *made)
{
    int64_t until = *made + BATCH < size->people ? *made + BATCH : size->people;
    enum err rc = db_begin(ctx);

    while (rc == OK && *made < until) {
        struct arena_mark mark = arena_mark(ctx->arena);
        size_t some = 0;

        rc = demo_family(ctx, w, (*family)++, noted_on(w, size, *made),
                         (size_t)(size->people - *made), &some);
        *made += (int64_t)some;
        act_as_nobody(ctx);
        access_forget(ctx->audit);
        if (rc == OK)
            arena_rewind(ctx->arena, mark);
    }
    return db_end(ctx, rc);
}

/* As the job process does it: what days have brought about, the index, the statistics. */
static enum err catch_up(struct ctx *ctx, const struct world *w)
{
    int64_t applied = 0;
    size_t done = 1;
    enum err rc = OK;

    ctx->now_ms = w->end_ms;
    while (rc == OK && done > 0) {
        struct arena_mark mark = arena_mark(ctx->arena);

        rc = rules_round(ctx, RULES_AT_ONCE, &done);
        if (rc == OK)
            arena_rewind(ctx->arena, mark);
    }
    if (rc == OK)
        rc = index_catch_up(ctx, &applied);
    if (rc == OK)
        rc = facts_catch_up(ctx, NULL);
    return rc ? rc : audit_checkpoint(ctx);
}

static enum err load_lists(struct ctx *ctx, struct demo_lists *l)
{
    const struct {
        struct csv_table *table;
        const char *file;
    } all[] = {
        { &l->names, "content/demo/names.csv" },
        { &l->origins, "content/demo/origins.csv" },
        { &l->places, "content/demo/places.csv" },
        { &l->villages, "content/demo/villages.csv" },
        { &l->notes, "content/demo/notes.csv" },
        { &l->plans, "content/demo/plans.csv" },
        { &l->plan_lines, "content/demo/plan_lines.csv" },
        { &l->offices, "content/demo/offices.csv" },
        { &l->staff, "content/demo/staff.csv" },
        { &l->spellings, "content/names/variants.csv" },
        { &l->partners, "content/demo/partners.csv" },
    };
    enum err rc = OK;

    for (size_t i = 0; rc == OK && i < sizeof(all) / sizeof(all[0]); i++)
        rc = csv_table_load(ctx, all[i].table, ctx->arena, all[i].file);
    return rc;
}

static enum err make_demo(struct ctx *ctx, struct world *w, const struct demo_size *size)
{
    int64_t family = 0;
    int64_t made = 0;
    enum err rc = load_lists(ctx, &w->lists);

    w->today = size->today;
    w->end_ms = ctx->now_ms;
    w->people_only = size->people_only;
    w->brief = size->brief;
    if (rc == OK)
        rc = setting_set(ctx, "", "demo", "1");
    ctx->demo = true;
    if (rc == OK)
        rc = make_office_and_staff(ctx, w);
    while (rc == OK && made < size->people) {
        bool old = noted_on(w, size, made) < w->today - UNREAD_DAYS;

        rc = make_batch(ctx, w, size, &family, &made);
        if (rc == OK && old && noted_on(w, size, made) >= w->today - UNREAD_DAYS)
            rc = demo_read_notices(ctx, w);
    }
    return rc ? rc : catch_up(ctx, w);
}

static void print_accounts(struct ctx *ctx, const struct world *w)
{
    const struct csv_table *s = &w->lists.staff;

    printf("%s\n", tr(ctx, "Demo accounts (password {0}):", TR_TEXT(DEMO_PASSWORD)));
    for (size_t i = 0; i < s->len; i++)
        printf("  %-16s %-18s %s\n", csv_table_cell(s, i, "login"), csv_table_cell(s, i, "role"),
               csv_table_cell(&w->lists.offices, w->staff[i].office, "name"));
}

DB_SQL(OFFICE_COUNT, "SELECT count(*) FROM office");

/* A demo is never mixed into a database that is in use. */
static enum err refuse_full(struct ctx *ctx)
{
    struct rows *rows = NULL;
    bool more = false;
    int64_t offices;
    enum err rc = db_query(ctx, &rows, &OFFICE_COUNT);

    if (!rc)
        rc = db_next(ctx, rows, &more);
    if (rc)
        return rc;
    offices = row_int(rows, 0);
    db_rows_close(rows);
    if (offices == 0)
        return OK;
    return ctx_fail(ctx, ERR_CONFLICT,
                    tr(ctx, "This database holds offices already. Name a new file for the demo."));
}

static const struct opt_spec demo_opts[] = {
    HOME_OPTS,
    { "people", "N", "how many people (default: 500); for measuring, up to 1000000" },
    { "people-only", NULL, "people of sixteen origins without cases and interviews" },
    { "brief", NULL, "of each life only the beginning, for measuring with very many" },
    { "today", "DATE", "the day on which the demo ends, YYYY-MM-DD (default: today)" },
    { 0 },
};

static enum err size_of(struct ctx *ctx, struct demo_size *out, const struct opts *o)
{
    const char *people = opt_text(o, "people");
    const char *today = opt_text(o, "today");

    *out = (struct demo_size){ .people = DEMO_PEOPLE,
                               .today = ctx->now_ms / DEMO_DAY_MS,
                               .people_only = opt_flag(o, "people-only"),
                               .brief = opt_flag(o, "brief") };
    if (people != NULL && !parse_int(people, 1, 1000000, &out->people))
        return ctx_fail(ctx, ERR_INVALID,
                        tr(ctx, "--people takes a whole number from 1 to 1000000."));
    if (today == NULL)
        return OK;
    if (!date_to_days(today, &out->today))
        return ctx_fail(
            ctx, ERR_INVALID,
            tr(ctx, "--today takes a date such as 2026-06-30, not {0}.", TR_TEXT(today)));
    ctx->now_ms = out->today * DEMO_DAY_MS + DEMO_DAY_MS / 2;
    return OK;
}

enum err demo_command(struct ctx *ctx, int argc, char **argv)
{
    struct world *w = ARENA_NEW(ctx->arena, struct world);
    struct demo_size size = { 0 };
    struct home_options options;
    struct home *home = NULL;
    struct opts *o = NULL;
    enum err rc =
        opts_parse(ctx, &o, demo_opts,
                   "homeward demo: makes a new database with offices in two countries of return "
                   "and three\nhost countries, staff of every role, and invented people with "
                   "their cases over 18\nmonths. Demo accounts can sign in from this machine "
                   "only. The keys are protected by a\nkey file beside the database.",
                   argc, argv);

    if (rc || o == NULL)
        return rc;
    options = home_options_from(o);
    options.create = true;
    rc = size_of(ctx, &size, o);
    if (!rc)
        rc = app_load(ctx);
    if (!rc)
        rc = home_open(ctx, &home, &options);
    if (rc)
        return rc;
    rc = refuse_full(ctx);
    if (!rc)
        rc = app_prepare(ctx);
    if (!rc)
        rc = make_demo(ctx, w, &size);
    if (!rc)
        rc = home_flush(ctx, home);
    if (!rc)
        print_accounts(ctx, w);
    home_close(ctx, home);
    return rc;
}
