#include "app/app.h"

#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "app/family_part.h"
#include "app/home_blocks.h"
#include "app/home_web.h"
#include "audit/audit.h"
#include "auth/auth.h"
#include "auth/home.h"
#include "core/asset.h"
#include "core/date.h"
#include "core/log.h"
#include "core/opt.h"
#include "core/text.h"
#include "facts/facts.h"
#include "facts/facts_web.h"
#include "facts/shape.h"
#include "forms/forms.h"
#include "forms_gen.h"
#include "guide/guide.h"
#include "guide/guide_web.h"
#include "guide/terms.h"
#include "http/jail.h"
#include "http/serve.h"
#include "letters/letters.h"
#include "letters/letters_web.h"
#include "messages/messages.h"
#include "messages/messages_web.h"
#include "people/identity.h"
#include "people/merge.h"
#include "people/people.h"
#include "people/people_web.h"
#include "plans/costs.h"
#include "plans/plan.h"
#include "plans/plans_web.h"
#include "records/attach.h"
#include "records/attach_web.h"
#include "records/bulk.h"
#include "records/jobs.h"
#include "records/publish.h"
#include "records/records.h"
#include "records/records_web.h"
#include "records/unfinished.h"
#include "rules/rules.h"
#include "rules/rules_web.h"
#include "sharing/judge.h"
#include "sharing/sharing.h"
#include "sharing/sharing_web.h"
#include "survey/survey.h"
#include "survey/survey_web.h"
#include "vault/fold.h"
#include "web/html.h"
#include "web/pages.h"
#include "web/web.h"

#define JOB_PAUSE_MS        200 /* between looks at the jobs table */
#define DAY_MS              ((int64_t)24 * 60 * 60 * 1000)
#define CHECKPOINT_EVERY_MS ((int64_t)59 * 1000) /* of each process: each has its chain */

#define RULES_EVERY_MS      ((int64_t)10 * 1000)
#define IDENTITY_EVERY_MS   ((int64_t)5 * 1000)
#define RULES_AT_ONCE       2000
#define SEND_EVERY_MS       1000
#define UNFINISHED_EVERY_MS ((int64_t)10 * 60 * 1000)
#define CONSENT_EVERY_MS    ((int64_t)6 * 60 * 60 * 1000) /* asked, it is refused at once */
#define TIDY_EVERY_MS       ((int64_t)60 * 60 * 1000)

static const struct route *const all_routes[] = {
    home_routes,
    web_routes,
    records_routes,
    attach_routes,
    rules_routes,
    forms_routes,
    survey_routes,
    messages_routes,
    message_settings_routes,
    notify_routes,
    webhook_routes,
    facts_routes,
    facts_rounds_routes,
    facts_api_routes,
    letters_routes,
    letter_edit_routes,
    letterhead_routes,
    guide_routes,
    grid_routes,
    plans_routes,
    report_routes,
    plan_sign_routes,
    w_model_routes,
    steps_routes,
    cost_routes,
    people_routes,
    caseload_routes,
    sharing_routes,
    NULL,
};

static const struct nav_item all_nav[] = {
    { N_("Start"), "/", PERM_SIGNED_IN },
    { N_("People"), "/records/person", "person.view" },
    { N_("Cases"), "/records/case", "case.view" },
    { N_("Tasks"), "/tasks", "task.view" },
    { N_("Statistics"), "/facts", "facts.view" },
    { N_("Costs"), "/costs", "cost.view" },
    { N_("Caseload"), "/caseload", "caseload.view", NAV_WORK },
    { N_("Import"), "/records/person/import", "person.import", NAV_WORK },
    { N_("People who may be the same"), "/people/duplicates", "person.compare", NAV_WORK },
    { N_("Messages"), "/messages", "message.view", NAV_WORK },
    { N_("Long work"), "/jobs", PERM_SIGNED_IN, NAV_WORK },
    { N_("Forms"), "/forms", "form.publish", NAV_ADMIN },
    { N_("Rules"), "/rules", "rule.view", NAV_ADMIN },
    { N_("Letters"), "/letters", PERM_LETTER_MANAGE, NAV_ADMIN },
    { N_("Settings of messages"), "/messages/settings", "settings.manage", NAV_ADMIN },
    { N_("Scoring profiles"), "/survey/profiles", "settings.manage", NAV_ADMIN },
    { N_("Webhooks"), "/webhooks", "settings.manage", NAV_ADMIN },
    { 0 },
};

/* The forms in force in this process, and what was made from them. */
static struct forms_live live;

/* Rules last: what they keep of the forms is theirs only once all went well. */
static enum err made_from_forms(struct ctx *ctx)
{
    const struct grid *before = grid_of();
    enum err rc = profiles_load_again(ctx);

    if (!rc)
        rc = profile_main_load(ctx);
    if (!rc)
        rc = grid_load(ctx);
    if (!rc)
        rc = rules_load(ctx);
    if (rc)
        grid_go_back(before);
    return rc;
}

/* Before each request and each round of jobs: nothing is done half by older forms. */
static enum err look_at_forms(struct ctx *ctx)
{
    bool moved = false;

    return forms_live_look(ctx, &live, &moved, made_from_forms);
}

static struct web whole_web = {
    .tables = all_routes,
    .nav = all_nav,
    .refresh = look_at_forms,
    .bell = notify_count,
    .frame = app_frame,
    .help = guide_help,
};

const struct web *app_web(void)
{
    return &whole_web;
}

/* Rooms of equal rank meet on the pages of people and of cases. */
static struct record_hooks person_hooks;
static struct record_hooks case_hooks;
static struct record_hooks interview_hooks;
static struct record_hooks consent_page;

typedef enum err (*detail_part)(struct ctx *ctx, const struct record *rec,
                                struct record_extra *out);

struct parts_view {
    struct record_extra *items;
    size_t len;
};

static void draw_parts(struct html *h, const void *view)
{
    const struct parts_view *parts = view;

    for (size_t i = 0; i < parts->len; i++)
        if (parts->items[i].draw != NULL)
            parts->items[i].draw(h, parts->items[i].view);
}

static enum err fill_parts(struct ctx *ctx, const struct record *rec, struct record_extra *out,
                           const detail_part *parts, size_t len)
{
    struct parts_view *v = ARENA_NEW(ctx->arena, struct parts_view);
    enum err rc = OK;

    v->items = ARENA_ARRAY(ctx->arena, len, struct record_extra);
    v->len = len;
    for (size_t i = 0; rc == OK && i < len; i++)
        rc = parts[i](ctx, rec, &v->items[i]);
    out->draw = draw_parts;
    out->view = v;
    return rc;
}

static enum err person_detail(struct ctx *ctx, const struct record *rec, struct record_extra *out)
{
    static const detail_part parts[] = { people_detail, survey_person_detail,
                                         messages_person_detail, sharing_person_detail,
                                         letters_detail };

    return fill_parts(ctx, rec, out, parts, sizeof parts / sizeof parts[0]);
}

static enum err case_detail(struct ctx *ctx, const struct record *rec, struct record_extra *out)
{
    const detail_part parts[] = { rules_case_hooks.detail, survey_case_detail,  follow_case_detail,
                                  plans_case_detail,       sharing_case_detail, letters_detail };

    return fill_parts(ctx, rec, out, parts, sizeof parts / sizeof parts[0]);
}

/* Long work: a room adds its table of kinds, or of what comes again and again. */
static enum err tidy_audit(struct ctx *ctx)
{
    enum err rc = access_reserve(ctx);

    return rc ? rc : audit_checkpoint(ctx);
}

/* What the job process remembers of its sending; each process has its own. */
static struct outbox outbox;

static enum err send_messages(struct ctx *ctx)
{
    return outbox_round(ctx, &outbox);
}

static const struct job_kind *const all_jobs[] = { records_jobs, bulk_jobs, NULL };

/* Rules that depend on the date: some cases at a time, so that imports and exports go on. */
static enum err ask_rules(struct ctx *ctx)
{
    size_t done = 0;
    enum err rc = rules_round(ctx, RULES_AT_ONCE, &done);

    if (done >= RULES_AT_ONCE)
        job_period_goes_on();
    return rc;
}

/* As many new people as an import may bring: some at a time, so that all else goes on. */
static enum err look_for_the_same(struct ctx *ctx)
{
    bool more = false;
    enum err rc = identity_round(ctx, &more);

    if (more)
        job_period_goes_on();
    return rc;
}

static const struct job_period app_periods[] = {
    { "import.forget", DAY_MS, import_forget_old, .brief = true },
    { "requests.forget", DAY_MS, record_requests_forget, .brief = true },
    { "consent.expire", CONSENT_EVERY_MS, sharing_expire },
    { "unfinished.expire", UNFINISHED_EVERY_MS, unfinished_expire, .brief = true },
    { "attachments.tidy", TIDY_EVERY_MS, attachments_tidy },
    { "audit.checkpoint", CHECKPOINT_EVERY_MS, tidy_audit, .brief = true },
    { "merge.forget", DAY_MS, merge_forget, .brief = true },
    { "people.identity", IDENTITY_EVERY_MS, look_for_the_same, .brief = true },
    { "rules.due", RULES_EVERY_MS, ask_rules },
    { "survey.profiles", SURVEY_RESCORE_MS, survey_rescore_round },
    { "messages.outbox", SEND_EVERY_MS, send_messages, .brief = true },
    { "messages.webhooks", SEND_EVERY_MS, webhooks_round, .brief = true },
    { 0 },
};

static const struct fact_measured *const all_measured[] = { &survey_measured, NULL };
static const struct fact_keep *const all_kept[] = { &plan_costs_keep, NULL };
static const struct job_period *const all_periods[] = { app_periods, facts_periods, NULL };

static const struct record_hooks household_hooks = { .kind = FORM_HOUSEHOLD,
                                                     .detail = family_detail };
static const struct record_hooks *const all_hooks[] = {
    &consent_page,    &household_hooks,   &person_hooks,       &case_hooks,
    &interview_hooks, &grid_answer_hooks, &place_answer_hooks, &grid_choice_hooks,
    &plan_hooks,      &w_model_hooks,     &registration_hooks, NULL
};

/* Letters lie below people: what they ask before they give anything away. */
static enum err guard_letter(struct ctx *ctx, const char **refused_out, const struct record *rec,
                             const struct letter_sharing *letter)
{
    const struct sharing s = { SHARING_LETTER, letter->recipient, letter->purpose, letter->title };
    const char *person = text_equal(rec->form->kind, FORM_CASE) ? rec->parent_id : rec->id;
    struct consent_part part = { .answer = CONSENT_UNSAID };
    enum err rc = sharing_ask(ctx, &part, &s, person, letter->categories, letter->categories_len);

    if (rc == OK && consent_is_yes(part.answer) && part.len < letter->categories_len)
        part.answer = CONSENT_NOT_CATEGORIES; /* a letter cannot leave a line out */
    if (rc == OK && letter->given && consent_is_yes(part.answer))
        rc = sharing_note(ctx, &s, person, &part);
    *refused_out = rc ? NULL : consent_reason(ctx, part.answer);
    return rc;
}

enum err app_load(struct ctx *ctx)
{
    enum err rc = auth_load(ctx);

    if (!rc)
        rc = forms_load(ctx, &ctx->forms);
    if (!rc)
        rc = rules_load(ctx);
    if (!rc)
        rc = grid_load(ctx);
    if (!rc)
        rc = profiles_load(ctx);
    if (!rc)
        rc = home_blocks_load(ctx);
    if (!rc)
        rc = sharing_load(ctx);
    if (!rc)
        rc = terms_load(ctx);
    if (!rc)
        rc = guide_load(ctx);
    if (!rc)
        rc = fold_init(ctx);
    if (!rc)
        rc = message_texts_load(ctx);
    if (rc)
        return rc;
    forms_live_end(&live);
    live.shipped = ctx->forms;
    person_hooks = people_hooks;
    person_hooks.detail = person_detail;
    case_hooks = rules_case_hooks;
    case_hooks.detail = case_detail;
    interview_hooks = survey_hooks;
    interview_hooks.detail = survey_interview_detail;
    consent_page = consent_hooks;
    consent_page.detail = sharing_consent_detail;
    records_use_hooks(all_hooks);
    records_watch_merge(letters_follow_merge);
    records_watch_merge(messages_follow_merge);
    identity_use_teller(notify);
    letters_use_guard(guard_letter);
    publish_use_check(survey_check_form);
    records_use_judge(&sharing_judge);
    facts_use_measured(all_measured);
    facts_use_keep(all_kept);
    jobs_use_kinds(all_jobs);
    jobs_use_periods(all_periods);
    jobs_use_clock(clock_now_ms);
    return OK;
}

enum err app_prepare(struct ctx *ctx)
{
    enum err rc = records_prepare(ctx);

    if (!rc)
        rc = profiles_load_again(ctx);
    if (!rc)
        rc = profile_main_load(ctx);
    return rc ? rc : facts_prepare(ctx);
}

/* --- the roles of serve --- */

struct app {
    struct ctx *ctx;
    struct home *home;
};

/* Connections of a child, and the forms in force: what it starts from. */
static enum err attach(struct app *app)
{
    enum err rc = home_attach(app->ctx, app->home);

    if (!rc)
        rc = look_at_forms(app->ctx);
    if (rc)
        log_error("could not open the database: %s", ctx_first_problem(app->ctx));
    return rc;
}

static int run_worker(void *arg, int fd)
{
    struct app *app = arg;

    log_init("worker", LOG_LEVEL_INFO);
    if (attach(app))
        return 1;
    if (!jail_no_network()) /* only the job role speaks to others */
        return 1;
    records_index_later();
    return web_worker(app->ctx, app->home, app_web(), fd);
}

/* One look: index, jobs, and what comes again and again. */
static enum err job_round(struct ctx *ctx, struct home *home)
{
    int64_t applied = 0;
    bool worked = true;
    enum err rc = index_catch_up(ctx, &applied);

    while (!rc && worked)
        rc = jobs_run_one(ctx, &worked);
    if (!rc)
        rc = jobs_run_periods(ctx);
    if (db_in_transaction(ctx->db))
        db_rollback(ctx);
    if (!rc)
        rc = access_write(ctx);
    if (!rc)
        rc = home_flush(ctx, home);
    return rc ? rc : home_tidy(ctx, home);
}

static int run_job(void *arg)
{
    struct app *app = arg;
    const struct timespec pause = { .tv_nsec = JOB_PAUSE_MS * 1000000L };

    log_init("job", LOG_LEVEL_INFO);
    if (attach(app))
        return 1;
    for (;;) {
        struct ctx ctx = *app->ctx;
        enum err rc;

        ctx.arena = arena_new(0);
        ctx.now_ms = clock_now_ms();
        rc = look_at_forms(&ctx);
        if (!rc)
            rc = job_round(&ctx, app->home);
        if (rc)
            log_error("%s: %s", err_name(rc), ctx_first_problem(&ctx));
        arena_free(ctx.arena);
        if (ctx.forms != app->ctx->forms) {
            log_info("retires: forms were published");
            return 0;
        }
        nanosleep(&pause, NULL);
    }
}

static void tell_started(void *arg, int port)
{
    struct app *app = arg;

    printf("%s\n", tr(app->ctx, "Homeward is at http://127.0.0.1:{0}/", TR_INT(port)));
    fflush(stdout);
}

static const struct opt_spec serve_opts[] = {
    HOME_OPTS,
    { "port", "N", "port on 127.0.0.1 (default: 8080; 0 = any free one)" },
    { "host", "NAMES", "names of this server behind nginx, with commas between them" },
    { "workers", "N", "worker processes (default: cores + 1)" },
    { "content", "DIR", "folder whose files replace the program's forms, texts and translations" },
    { 0 },
};

static enum err port_of(struct ctx *ctx, const struct opts *o, const char *name, int64_t other,
                        int *out)
{
    const char *text = opt_text(o, name);
    int64_t n = other;

    if (text != NULL && !parse_int(text, 0, 65535, &n))
        return ctx_fail(
            ctx, ERR_INVALID,
            tr(ctx, "--{0} takes a whole number, not {1}.", TR_TEXT(name), TR_TEXT(text)));
    *out = (int)n;
    return OK;
}

enum err serve_command(struct ctx *ctx, int argc, char **argv)
{
    struct app app = { .ctx = ctx };
    struct serve_options s = { .address = "127.0.0.1",
                               .costly_path = "/login",
                               .worker = run_worker,
                               .job = run_job,
                               .started = tell_started,
                               .arg = &app };
    struct home_options options;
    struct opts *o = NULL;
    enum err rc = opts_parse(
        ctx, &o, serve_opts,
        "homeward serve: serves the pages on 127.0.0.1 until it is told to end.", argc, argv);

    if (rc || o == NULL)
        return rc;
    options = home_options_from(o);
    rc = port_of(ctx, o, "port", 8080, &s.port);
    if (opt_text(o, "host") != NULL)
        whole_web.hosts =
            (const char *const *)text_split(ctx->arena, opt_text(o, "host"), ',', true, NULL);
    if (!rc)
        rc = port_of(ctx, o, "workers", 0, &s.workers);
    if (!rc && opt_text(o, "content") != NULL)
        rc = asset_use_directory(ctx, opt_text(o, "content"));
    if (!rc)
        rc = app_load(ctx);
    if (!rc)
        rc = web_check(ctx, app_web());
    if (!rc)
        rc = home_open(ctx, &app.home, &options);
    if (rc)
        return rc;
    rc = app_prepare(ctx);
    if (!rc)
        rc = home_flush(ctx, app.home);
    home_detach(ctx, app.home);
    if (!rc)
        rc = serve_run(ctx, &s);
    home_close(ctx, app.home);
    return rc;
}

/* --- commands on an open database --- */

#define DEMO_LOGIN "supervisor"

/* Value of --NAME among words that another table will parse. */
static const char *peek(int argc, char **argv, const char *name)
{
    size_t len = strlen(name);

    for (int i = 0; i < argc; i++) {
        if (strncmp(argv[i], name, len) != 0)
            continue;
        if (argv[i][len] == '=')
            return argv[i] + len + 1;
        if (argv[i][len] == '\0')
            return i + 1 < argc ? argv[i + 1] : NULL;
    }
    return NULL;
}

static bool asks_help(int argc, char **argv)
{
    for (int i = 0; i < argc; i++)
        if (strcmp(argv[i], "--help") == 0)
            return true;
    return false;
}

static enum err act_as(struct ctx *ctx, int argc, char **argv)
{
    const char *name = peek(argc, argv, "--as");

    if (name == NULL && ctx->demo)
        name = DEMO_LOGIN;
    if (name == NULL)
        return ctx_fail(ctx, ERR_INVALID,
                        tr(ctx, "Say as whom you act, with that person's rights: --as NAME"));
    return user_load_by_login(ctx, name);
}

static void detach_home(struct ctx *ctx, void *home)
{
    home_detach(ctx, home);
}

static enum err attach_home(struct ctx *ctx, void *home)
{
    return home_attach(ctx, home);
}

enum err home_command(struct ctx *ctx, int argc, char **argv, bool as_user,
                      enum err (*run)(struct ctx *ctx, int argc, char **argv))
{
    struct home_options options = { .database = peek(argc, argv, "--database"),
                                    .keys = peek(argc, argv, "--keys"),
                                    .key_file = peek(argc, argv, "--key-file"),
                                    .passphrase_file = peek(argc, argv, "--passphrase-file"),
                                    .mend_index = strcmp(argv[0], "index") == 0 };
    struct home *home = NULL;
    enum err rc;

    if (asks_help(argc, argv) || options.database == NULL)
        return run(ctx, argc, argv); /* its own table prints the help, or says what is missing */
    rc = app_load(ctx);
    if (!rc)
        rc = home_open(ctx, &home, &options);
    if (rc)
        return rc;
    rc = app_prepare(ctx);
    if (!rc && as_user)
        rc = act_as(ctx, argc, argv);
    if (!rc) {
        const struct record_fork fork = { detach_home, attach_home, home };

        records_use_fork(&fork);
        rc = run(ctx, argc, argv);
        records_use_fork(NULL);
    }
    if (ctx->db && db_in_transaction(ctx->db))
        db_rollback(ctx);
    if (!rc)
        rc = access_write(ctx);
    if (!rc)
        rc = home_flush(ctx, home);
    home_close(ctx, home);
    return rc;
}
