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
#include "records/records.h"

#define DEMO_SEED    UINT64_C(20261122)
#define DEMO_SPAN_MS ((int64_t)540 * 24 * 60 * 60 * 1000)

struct demo_size {
    int64_t people;
    bool interviews;
};

DB_SQL(PROGRAMME_ADD, "INSERT INTO programme (id, office_id, code, name, starts_on, ends_on)"
                      " VALUES ($1, $2, $3, $4, $5, $6)");
DB_SQL(FUND_ADD, "INSERT INTO fund (id, office_id, programme_id, code, donor, currency, rules)"
                 " VALUES ($1, $2, $3, $4, $5, $6, $7)");
DB_SQL(AREA_ADD, "INSERT INTO area (id, parent_id, pcode, country, level, name)"
                 " VALUES ($1, $2, $3, $4, $5, $6)");
DB_SQL(AREA_BY_PCODE, "SELECT id FROM area WHERE pcode = $1");

static const struct office demo_offices[] = {
    { .code = "SN",
      .name = "Dakar",
      .country = "SN",
      .time_zone = "Africa/Dakar",
      .currency = "XOF",
      .language = "fr" },
    { .code = "IQ",
      .name = "Erbil",
      .country = "IQ",
      .time_zone = "Asia/Baghdad",
      .currency = "IQD",
      .language = "ar" },
};
#define OFFICES (sizeof demo_offices / sizeof demo_offices[0])

/* Invented colleagues: one of each role, and in the second office those whom the work needs. */
static const struct {
    const char *login;
    const char *name;
    const char *role;
    size_t office;
    const char *lang;
} demo_staff[] = {
    { "supervisor", "Marguerite Solvay-Ndao", "supervisor", 0, "en" },
    { "casemanager", "Idrissa Kanfory", "case_manager", 0, "en" },
    { "interviewer", "Penda Lazrak", "interviewer", 0, "en" },
    { "specialist", "Corentin Abelha", "specialist", 0, "en" },
    { "manager", "Ruth Vandersar", "programme_manager", 0, "en" },
    { "meofficer", "Tomoko Ferreyra", "me_officer", 0, "en" },
    { "finance", "Lansana Whitcombe", "finance", 0, "en" },
    { "admin", "Oddvar Quillfeldt", "administrator", 0, "en" },
    { "supervisor.iq", "Shilan Barzinja", "supervisor", 1, "ar" },
    { "interviewer.iq", "Dilshad Amedi", "interviewer", 1, "ar" },
};
#define STAFF (sizeof demo_staff / sizeof demo_staff[0])

static enum err make_programme(struct ctx *ctx, const struct office *o, const char *office_id)
{
    const char *id = id_new(ctx->arena, ctx->now_ms);
    const char *code = arena_printf(ctx->arena, "%s-RR", o->code);
    enum err rc = db_exec(ctx, NULL, &PROGRAMME_ADD, DB_TEXT(id), DB_TEXT(office_id), DB_TEXT(code),
                          DB_TEXT("Return and reintegration (demo)"), DB_TEXT("2025-01-01"),
                          DB_TEXT("2027-12-31"));

    if (rc)
        return rc;
    return db_exec(ctx, NULL, &FUND_ADD, DB_TEXT(id_new(ctx->arena, ctx->now_ms)),
                   DB_TEXT(office_id), DB_TEXT(id),
                   DB_TEXT(arena_printf(ctx->arena, "%s-F1", o->code)),
                   DB_TEXT("Invented Donor Fund"), DB_TEXT(o->currency), DB_NULL);
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

static enum err make_offices(struct ctx *ctx, const char **ids, const struct demo_lists *lists)
{
    enum err rc = OK;

    for (size_t i = 0; i < OFFICES && !rc; i++) {
        rc = office_create(ctx, &ids[i], &demo_offices[i], "Homeward Demo Organisation");
        if (!rc)
            rc = make_programme(ctx, &demo_offices[i], ids[i]);
    }
    return rc ? rc : make_areas(ctx, &lists->places);
}

static enum err make_staff(struct ctx *ctx, const char *const *office_ids)
{
    for (size_t i = 0; i < STAFF; i++) {
        const char *const roles[] = { demo_staff[i].role, NULL };
        const struct user_new n = { .login = demo_staff[i].login,
                                    .name = demo_staff[i].name,
                                    .password = DEMO_PASSWORD,
                                    .lang = demo_staff[i].lang,
                                    .office_id = office_ids[demo_staff[i].office],
                                    .roles = roles,
                                    .demo = true };
        const char *id = NULL;
        enum err rc = user_create(ctx, &id, &n);

        if (rc)
            return rc;
    }
    return OK;
}

/* Four of five in the first office, one after the other over 18 months. */
static enum err make_people(struct ctx *ctx, const struct demo_lists *lists,
                            const struct demo_size *size)
{
    struct dice dice = { DEMO_SEED };
    int64_t began_ms = ctx->now_ms - DEMO_SPAN_MS;

    for (int64_t i = 0; i < size->people; i++) {
        bool second = i % 5 == 4;
        struct demo_arrival arrival = {
            .worker = second ? "supervisor.iq" : "supervisor",
            .interviewer = !size->interviews ? NULL
                           : second          ? "interviewer.iq"
                                             : "interviewer",
            .return_ms = began_ms + DEMO_SPAN_MS / size->people * i,
        };
        struct arena_mark mark = arena_mark(ctx->arena);
        enum err rc = db_begin(ctx);

        if (!rc)
            rc = demo_person(ctx, lists, &dice, &arrival);
        if (!rc)
            rc = db_commit(ctx);
        if (rc) {
            db_rollback(ctx);
            return rc;
        }
        ctx->user = NULL;
        ctx->user_id = NULL;
        ctx->office_id = NULL;
        ctx->time_zone = "UTC";
        arena_rewind(ctx->arena, mark);
        access_forget(ctx->audit);
    }
    return OK;
}

static enum err make_demo(struct ctx *ctx, const struct demo_size *size)
{
    struct demo_lists *lists = ARENA_NEW(ctx->arena, struct demo_lists);
    const char *office_ids[OFFICES] = { 0 };
    int64_t applied = 0;
    enum err rc = csv_table_load(ctx, &lists->names, ctx->arena, "content/demo/names.csv");

    if (!rc)
        rc = csv_table_load(ctx, &lists->origins, ctx->arena, "content/demo/origins.csv");
    if (!rc)
        rc = csv_table_load(ctx, &lists->places, ctx->arena, "content/demo/places.csv");
    if (!rc)
        rc = csv_table_load(ctx, &lists->notes, ctx->arena, "content/demo/notes.csv");
    if (!rc)
        rc = setting_set(ctx, "", "demo", "1");
    ctx->demo = true;
    if (!rc)
        rc = make_offices(ctx, office_ids, lists);
    if (!rc)
        rc = make_staff(ctx, office_ids);
    if (!rc)
        rc = make_people(ctx, lists, size);
    if (!rc)
        rc = index_catch_up(ctx, &applied);
    return rc ? rc : audit_checkpoint(ctx);
}

static void print_accounts(struct ctx *ctx)
{
    printf("%s\n", tr(ctx, "Demo accounts (password {0}):", TR_TEXT(DEMO_PASSWORD)));
    for (size_t i = 0; i < STAFF; i++)
        printf("  %-16s %s\n", demo_staff[i].login, demo_staff[i].role);
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
    { "people", "N", "how many people (default: 240); for measuring, up to 1000000" },
    { "no-interviews", NULL, "people only" },
    { 0 },
};

enum err demo_command(struct ctx *ctx, int argc, char **argv)
{
    struct demo_size size = { .people = DEMO_PEOPLE };
    struct home_options options;
    struct home *home = NULL;
    struct opts *o = NULL;
    enum err rc =
        opts_parse(ctx, &o, demo_opts,
                   "homeward demo: makes a new database with two offices, staff of every "
                   "role and\ninvented people. Demo accounts can sign in from this machine "
                   "only. The keys are\nprotected by a key file beside the database.",
                   argc, argv);

    if (rc || o == NULL)
        return rc;
    options = home_options_from(o);
    options.create = true;
    size.interviews = !opt_flag(o, "no-interviews");
    if (opt_text(o, "people") != NULL &&
        !parse_int(opt_text(o, "people"), 1, 1000000, &size.people))
        return ctx_fail(ctx, ERR_INVALID,
                        tr(ctx, "--people takes a whole number from 1 to 1000000."));
    rc = app_load(ctx);
    if (!rc)
        rc = home_open(ctx, &home, &options);
    if (rc)
        return rc;
    rc = refuse_full(ctx);
    if (!rc)
        rc = app_prepare(ctx);
    if (!rc)
        rc = make_demo(ctx, &size);
    if (!rc)
        rc = home_flush(ctx, home);
    if (!rc)
        print_accounts(ctx);
    home_close(ctx, home);
    return rc;
}
