#include "pages.h"

#include <dirent.h>
#include <setjmp.h>
#include <spawn.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmocka.h>

#include "app/app.h"
#include "audit/audit.h"
#include "auth/auth.h"
#include "core/buf.h"
#include "core/text.h"
#include "db/db.h"
#include "messages/messages.h"
#include "records/jobs.h"

#define PAGES_NOW      INT64_C(1795334400000) /* 2026-11-22T08:00:00Z */
#define PAGES_PASSWORD "a long walk home 7"
#define BOUNDARY       "hwboundary7"

static const char *const logins[WHO_COUNT] = { NULL, "supervisor", "case_manager", "finance",
                                               "administrator" };

static void must_be_ok(struct pages *p, enum err rc, const char *what)
{
    if (rc)
        fail_msg("%s: %s: %s", what, err_name(rc), ctx_first_problem(&p->ctx));
}

/* --- setting up --- */

static const char *database(struct pages *p)
{
    const char *base = getenv("HOMEWARD_PG_URL");
    static int n;

    if (base == NULL)
        return arena_printf(p->arena, "%s/homeward", p->dir);
    return db_companion_url(p->arena, base, arena_printf(p->arena, "p%d_%d", (int)getpid(), ++n));
}

static void add_user(struct pages *p, enum who who)
{
    const char *const roles[] = { logins[who], NULL };
    const struct user_new n = { .login = logins[who],
                                .name = logins[who],
                                .password = PAGES_PASSWORD,
                                .lang = "en",
                                .office_id = p->office_id,
                                .roles = roles };

    must_be_ok(p, user_create(&p->ctx, &p->ids[who], &n), "user_create");
}

static void sign_in(struct pages *p, enum who who)
{
    struct login login = { 0 };

    must_be_ok(p,
               auth_login(&p->ctx, &login, logins[who], PAGES_PASSWORD,
                          &(struct login_from){ .loopback = true }),
               "auth_login");
    p->sessions[who] = login.token;
    must_be_ok(
        p, auth_token_new(&p->ctx, &p->tokens[who], p->ids[who], p->ctx.now_ms + INT64_C(86400000)),
        "auth_token_new");
}

int pages_setup(void **state)
{
    struct pages *p = calloc(1, sizeof *p);
    const struct office office = { .code = "SN",
                                   .name = "Dakar",
                                   .country = "SN",
                                   .time_zone = "Africa/Dakar",
                                   .currency = "XOF",
                                   .language = "fr" };
    struct home_options options = { .create = true };

    assert_non_null(p);
    p->arena = arena_new((size_t)512 * 1024 * 1024);
    p->ctx.arena = p->arena;
    p->ctx.now_ms = PAGES_NOW;
    p->ctx.lang = "en";
    p->ctx.time_zone = "UTC";
    strcpy(p->dir, "/tmp/hw-pages-XXXXXX");
    assert_non_null(mkdtemp(p->dir));
    options.database = database(p);
    options.key_file = arena_printf(p->arena, "%s/master", p->dir);
    must_be_ok(p, app_load(&p->ctx), "app_load");
    must_be_ok(p, web_check(&p->ctx, app_web()), "web_check");
    must_be_ok(p, home_open(&p->ctx, &p->home, &options), "home_open");
    must_be_ok(p, app_prepare(&p->ctx), "app_prepare");
    must_be_ok(p, office_create(&p->ctx, &p->office_id, &office, "Programme for Return"), "office");
    for (enum who who = SUPERVISOR; who < WHO_COUNT; who++)
        add_user(p, who);
    must_be_ok(p, home_flush(&p->ctx, p->home), "home_flush");
    home_detach(&p->ctx, p->home);
    must_be_ok(p, home_attach(&p->ctx, p->home), "home_attach");
    for (enum who who = SUPERVISOR; who < WHO_COUNT; who++)
        sign_in(p, who);
    *state = p;
    return 0;
}

static void remove_folder(const char *dir)
{
    char path[512];
    DIR *d = opendir(dir);

    assert_non_null(d);
    for (struct dirent *e = readdir(d); e != NULL; e = readdir(d)) {
        snprintf(path, sizeof path, "%s/%s", dir, e->d_name);
        if (e->d_name[0] != '.')
            assert_int_equal(unlink(path), 0);
    }
    closedir(d);
    assert_int_equal(rmdir(dir), 0);
}

int pages_teardown(void **state)
{
    struct pages *p = *state;

    home_close(&p->ctx, p->home);
    remove_folder(p->dir);
    arena_free(p->arena);
    free(p);
    return 0;
}

/* --- requests --- */

static const char *header_of(const struct wire_reply *r, const char *name)
{
    for (size_t i = 0; i < r->headers_len; i++)
        if (strcmp(r->headers[i].name, name) == 0)
            return r->headers[i].value;
    return NULL;
}

static void add_header(struct wire_request *w, const char *name, const char *value)
{
    if (value == NULL)
        return;
    w->headers[w->headers_len].name = name;
    w->headers[w->headers_len++].value = value;
}

static struct page send_request(struct pages *p, struct wire_request *w)
{
    struct ctx ctx = p->ctx;
    struct wire_reply reply = { 0 };

    w->loopback = true;
    w->peer = "127.0.0.1";
    if (w->query == NULL)
        w->query = "";
    if (w->body == NULL)
        w->body = "";
    ctx.problems = NULL;
    ctx.problems_last = NULL;
    ctx.user = NULL;
    ctx.user_id = NULL;
    must_be_ok(p, web_handle(&ctx, p->home, app_web(), w, &reply), "web_handle");
    assert_false(db_in_transaction(home_write_db(p->home)));
    return (struct page){ .status = reply.status,
                          .body = arena_strndup(p->arena, reply.body_len ? reply.body : "",
                                                reply.body_len),
                          .len = reply.body_len,
                          .location = header_of(&reply, "location"),
                          .etag = header_of(&reply, "etag"),
                          .allow = header_of(&reply, "allow"),
                          .continuation = reply.continuation,
                          .type = header_of(&reply, "content-type"),
                          .asks = header_of(&reply, "www-authenticate"),
                          .openrosa = header_of(&reply, "x-openrosa-version") };
}

static struct wire_request browser(struct pages *p, enum who who, const char *method,
                                   const char *path)
{
    struct wire_request w = { .method = method, .target = path };

    w.headers = ARENA_ARRAY(p->arena, 8, struct wire_header);
    add_header(&w, "host", "127.0.0.1:8080");
    add_header(&w, "accept", "text/html");
    if (p->sessions[who] != NULL)
        add_header(&w, "cookie", arena_printf(p->arena, "__Host-session=%s", p->sessions[who]));
    return w;
}

struct page page_get(struct pages *p, enum who who, const char *path, const char *query)
{
    struct wire_request w = browser(p, who, "GET", path);

    w.query = query;
    return send_request(p, &w);
}

struct page page_device(struct pages *p, const char *method, const char *address,
                        const char *authorization)
{
    struct wire_request w = { .method = method,
                              .target = arena_strndup(p->arena, address, strcspn(address, "?")),
                              .query = strchr(address, '?') ? strchr(address, '?') + 1 : "" };

    w.headers = ARENA_ARRAY(p->arena, 8, struct wire_header);
    add_header(&w, "host", "127.0.0.1:8080");
    add_header(&w, "x-openrosa-version", "1.0");
    add_header(&w, "authorization", authorization);
    return send_request(p, &w);
}

struct page page_next(struct pages *p, enum who who, const char *path, const char *token)
{
    struct wire_request w = browser(p, who, "GET", path);
    struct arena *kept = p->ctx.arena;
    struct page page;

    w.continuation = token;
    p->ctx.arena = arena_new(0); /* each part opens the whole file: not all at the same time */
    page = send_request(p, &w);
    page.location = NULL;
    page.etag = NULL;
    page.allow = NULL;
    page.type = NULL;
    if (page.continuation)
        page.continuation = arena_strdup(p->arena, page.continuation);
    arena_free(p->ctx.arena);
    p->ctx.arena = kept;
    return page;
}

struct page page_go_on(struct pages *p, enum who who, const char *path, const char *token)
{
    struct wire_request w = browser(p, who, "GET", path);

    add_header(&w, "accept-encoding", "gzip");
    w.continuation = token;
    return send_request(p, &w);
}

static const char *csrf_of(struct pages *p, enum who who)
{
    struct page home = page_get(p, who, "/", NULL);

    return between(p, &home, "name=\"csrf\" value=\"", "\"");
}

struct page page_post_without_csrf(struct pages *p, enum who who, const char *path,
                                   const char *form)
{
    struct wire_request w = browser(p, who, "POST", path);

    add_header(&w, "content-type", "application/x-www-form-urlencoded");
    w.body = form;
    w.body_len = strlen(form);
    return send_request(p, &w);
}

struct page page_post(struct pages *p, enum who who, const char *path, const char *form)
{
    return page_post_without_csrf(p, who, path,
                                  arena_printf(p->arena, "csrf=%s&%s", csrf_of(p, who), form));
}

struct page page_upload(struct pages *p, enum who who, const char *path, const char *bytes)
{
    return page_upload_file(p, who, path, "people.csv", bytes, strlen(bytes));
}

struct page page_upload_file(struct pages *p, enum who who, const char *path, const char *name,
                             const void *bytes, size_t len)
{
    struct wire_request w = browser(p, who, "POST", path);
    struct buf b;

    buf_init(&b, p->arena, len + 4096);
    buf_printf(&b,
               "--" BOUNDARY "\r\ncontent-disposition: form-data; name=\"csrf\"\r\n\r\n%s\r\n"
               "--" BOUNDARY "\r\ncontent-disposition: form-data; name=\"file\"; "
               "filename=\"%s\"\r\ncontent-type: text/csv\r\n\r\n",
               csrf_of(p, who), name);
    buf_add_len(&b, bytes, len);
    buf_add(&b, "\r\n--" BOUNDARY "--\r\n");
    add_header(&w, "content-type", "multipart/form-data; boundary=" BOUNDARY);
    w.body = buf_text(&b);
    w.body_len = b.len;
    return send_request(p, &w);
}

struct page api_typed(struct pages *p, enum who who, const char *method, const char *path,
                      const char *type, const char *body)
{
    struct wire_request w = { .method = method, .target = path };

    w.headers = ARENA_ARRAY(p->arena, 8, struct wire_header);
    add_header(&w, "host", "127.0.0.1:8080");
    add_header(&w, "accept", "application/json");
    if (p->tokens[who] != NULL)
        add_header(&w, "authorization", arena_printf(p->arena, "Bearer %s", p->tokens[who]));
    add_header(&w, "content-type", type);
    w.body = body;
    w.body_len = strlen(body);
    return send_request(p, &w);
}

struct page api_form(struct pages *p, enum who who, const char *path, const char *form)
{
    return api_typed(p, who, "POST", path, "application/x-www-form-urlencoded", form);
}

struct page api_call(struct pages *p, enum who who, const char *method, const char *path,
                     const char *json, const char *if_match)
{
    struct wire_request w = { .method = method, .target = path };

    if (strchr(path, '?') != NULL) {
        w.target = arena_strndup(p->arena, path, strcspn(path, "?"));
        w.query = strchr(path, '?') + 1;
    }
    w.headers = ARENA_ARRAY(p->arena, 8, struct wire_header);
    add_header(&w, "host", "127.0.0.1:8080");
    add_header(&w, "accept", "application/json");
    if (p->tokens[who] != NULL)
        add_header(&w, "authorization", arena_printf(p->arena, "Bearer %s", p->tokens[who]));
    add_header(&w, strcmp(method, "GET") == 0 ? "if-none-match" : "if-match", if_match);
    if (json != NULL) {
        add_header(&w, "content-type", "application/json");
        w.body = json;
        w.body_len = strlen(json);
    }
    return send_request(p, &w);
}

/* --- looking --- */

const char *between(struct pages *p, const struct page *page, const char *before, const char *after)
{
    const char *start = strstr(page->body, before);
    const char *end;

    if (start == NULL) {
        fail_msg("“%s” is not in the page (status %d): %s", before, page->status, page->body);
        return "";
    }
    start += strlen(before);
    end = strstr(start, after);
    assert_non_null(end);
    return arena_strndup(p->arena, start, (size_t)(end - start));
}

bool shows(const struct page *page, const char *text)
{
    return strstr(page->body, text) != NULL;
}

#define PDF_TEXT_MAX 40000

const char *pdf_text(struct pages *p, const struct page *page)
{
    char *path = arena_printf(p->arena, "%s/page.pdf", p->dir);
    char *out = arena_printf(p->arena, "%s/page.txt", p->dir);
    char program[] = "pdftotext";
    char as_laid_out[] = "-layout";
    char *const words[] = { program, as_laid_out, path, out, NULL };
    char *text = arena_alloc(p->arena, PDF_TEXT_MAX);
    FILE *f = fopen(path, "wbe");
    pid_t child = -1;
    int status = -1;

    assert_int_equal(page->status, 200);
    assert_non_null(f);
    assert_int_equal(fwrite(page->body, 1, page->len, f), page->len);
    assert_int_equal(fclose(f), 0);
    assert_int_equal(posix_spawnp(&child, words[0], NULL, NULL, words, environ), 0);
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    f = fopen(out, "rbe");
    assert_non_null(f);
    text[fread(text, 1, PDF_TEXT_MAX - 1, f)] = '\0';
    (void)fclose(f);
    return text;
}

void run_jobs(struct pages *p)
{
    bool worked = true;

    while (worked) {
        struct ctx ctx = p->ctx;

        ctx.db = home_write_db(p->home);
        must_be_ok(p, app_web()->refresh(&ctx), "refresh");
        must_be_ok(p, jobs_run_one(&ctx, &worked), "jobs_run_one");
        must_be_ok(p, access_write(&ctx), "access_write");
    }
}

int64_t pages_count(struct pages *p, const char *sql)
{
    struct rows *rows = NULL;
    bool more = false;
    int64_t n;

    must_be_ok(p, db_query_in(&p->ctx, p->ctx.db, &rows, db_sql_built(p->ctx.db, sql)), sql);
    must_be_ok(p, db_next(&p->ctx, rows, &more), sql);
    assert_true(more);
    n = row_int(rows, 0);
    db_rows_close(rows);
    return n;
}

const char *page_given_case(struct pages *p, const char *person, const char **task_out)
{
    const char *json = arena_printf(
        p->arena, "{\"parent\":\"%s\",\"answers\":{\"arrival_date\":\"2026-01-20\"}}", person);
    struct page page = api_call(p, SUPERVISOR, "POST", "/records/return_event", json, NULL);
    const char *id;

    assert_int_equal(page.status, 201);
    json = arena_printf(p->arena, "{\"parent\":\"%s\",\"answers\":{\"opened\":\"2026-01-21\"}}",
                        person);
    page = api_call(p, SUPERVISOR, "POST", "/records/case", json, NULL);
    assert_int_equal(page.status, 201);
    id = arena_strndup(p->arena, between(p, &page, "\"id\":\"", "\""), 36);
    page = page_get(p, SUPERVISOR, arena_printf(p->arena, "/records/case/%s", id), NULL);
    assert_int_equal(page.status, 200);
    *task_out = arena_strndup(p->arena, between(p, &page, "/tasks/", "\""), 36);
    return id;
}

const char *page_given_plan(struct pages *p, const char *case_id)
{
    return page_given_plan_by(p, SUPERVISOR, case_id);
}

const char *page_given_plan_by(struct pages *p, enum who who, const char *case_id)
{
    static const char answers[] =
        "{\"objectives\":\"A steady income\",\"summary_economic\":\"Has a trade, no tools\","
        "\"no_social_note\":\"Lives with her aunt\",\"no_psychosocial_note\":\"Feels well\","
        "\"lines\":[{\"line_section\":\"longer_term\",\"line_code\":"
        "\"income_generating_activity\",\"line_dimension\":\"economic\",\"line_component\":"
        "\"income_generation\",\"line_need\":\"Tools\",\"line_action\":\"Buy a sewing machine\","
        "\"line_responsible\":\"case_manager\",\"line_needs_referral\":\"no\","
        "\"line_status\":\"planned\",\"costs\":[{\"goods_equipment_service\":"
        "\"Sewing machine\",\"estimated_cost\":\"150000 XOF\"},{\"goods_equipment_service\":"
        "\"Cloth\",\"estimated_cost\":\"25500 XOF\"}]}],\"currency\":\"XOF\"";
    static const char *const without[] = { "financial_allocation",
                                           "vocational_training",
                                           "housing_food_nutrition",
                                           "legal_documentation",
                                           "education_skills",
                                           "medical_health",
                                           "transport",
                                           "security",
                                           "psychosocial",
                                           "family_needs_counselling" };
    const char *json =
        arena_printf(p->arena, "{\"parent\":\"%s\",\"answers\":%s", case_id, answers);
    struct page page;

    for (size_t i = 0; i < sizeof(without) / sizeof(without[0]); i++)
        json = arena_printf(p->arena, "%s,\"without_%s\":\"Not needed\"", json, without[i]);
    page = api_call(p, who, "POST", "/records/plan", arena_printf(p->arena, "%s}}", json), NULL);
    if (page.status != 201)
        fail_msg("status %d: %s", page.status, page.body);
    return arena_strndup(p->arena, between(p, &page, "\"id\":\"", "\""), 36);
}

const char *page_given_consent(struct pages *p, const char *person)
{
    struct page page = api_call(
        p, SUPERVISOR, "POST", "/records/consent",
        arena_printf(p->arena,
                     "{\"parent\":\"%s\",\"answers\":{\"about\":\"referral\",\"purposes\":["
                     "\"referral\"],\"recipients\":[{\"recipient_kind\":\"health_facility\","
                     "\"recipient_name\":\"Clinique Espoir\"}],\"data_categories\":[\"identity\","
                     "\"needs\"],\"language\":\"fr\",\"form_version\":\"1\",\"explained\":["
                     "\"purpose\",\"collection_storage_use\",\"sharing\",\"right_to_refuse\","
                     "\"no_effect_on_services\"],\"about_child\":\"no\",\"giver\":\"self\","
                     "\"mode\":\"written\",\"given_at\":\"2026-11-20\"}}",
                     person),
        NULL);
    const char *id;

    if (page.status != 201)
        fail_msg("status %d: %s", page.status, page.body);
    id = arena_strndup(p->arena, between(p, &page, "\"id\":\"", "\""), 36);
    page = page_post(p, SUPERVISOR, arena_printf(p->arena, "/records/consent/%s/status", id),
                     "version=1&to=given");
    assert_int_equal(page.status, 303);
    return id;
}

const char *page_given_message(struct pages *p, const char *person, const char **webhook_out,
                               const char **note_out)
{
    struct page page = page_post(p, SUPERVISOR, arena_printf(p->arena, "/messages/to/%s", person),
                                 "template=call_us&phone=%2B221338000000");
    struct ctx ctx = p->ctx;
    const char *id;

    assert_int_equal(page.status, 303);
    id = strrchr(page.location, '/') + 1;
    page = page_post(p, ADMIN, "/webhooks",
                     "url=https%3A%2F%2Fx.test%2F&login=supervisor&kind=person");
    assert_int_equal(page.status, 200);
    *webhook_out = arena_strndup(p->arena, between(p, &page, "/webhooks/", "/state"), 36);
    ctx.db = home_write_db(p->home);
    must_be_ok(p, notify(&ctx, p->ids[SUPERVISOR], "Hello {0}", NULL, "/records/person"), "note");
    page = page_get(p, SUPERVISOR, "/notifications", NULL);
    assert_non_null(strstr(page.body, "/open\""));
    *note_out = arena_strndup(p->arena, strstr(page.body, "/open\"") - 36, 36);
    return id;
}

const char *page_given_file(struct pages *p, const char *record)
{
    struct page page =
        page_upload(p, SUPERVISOR, arena_printf(p->arena, "%s/files", record), "%PDF-1.7 a letter");
    const char *id;

    assert_int_equal(page.status, 303);
    page = page_get(p, SUPERVISOR, record, NULL);
    id = between(p, &page, arena_printf(p->arena, "%s/files/", record), "\"");
    return arena_strndup(p->arena, id, 36);
}

const char *page_given_result(struct pages *p, const char *person)
{
    static const char answers[] =
        "{\"round\":\"baseline\",\"interview_date\":\"2026-11-20\","
        "\"interview_location\":\"on_site\",\"private_space\":\"yes\",\"is_case_team\":\"no\","
        "\"entry_mode\":\"paper\",\"sections_selected\":[\"psychosocial\"],"
        "\"consent_given\":\"yes\","
        "\"consent_form\":\"written\",\"social_participation\":\"often\","
        "\"support_network\":\"good\",\"community_belonging\":\"agree\","
        "\"physical_safety\":\"safe_mostly\",\"family_conflict\":\"never\","
        "\"discrimination\":\"never\",\"distress_symptoms\":\"only_rarely\","
        "\"wants_psych_support\":\"no\",\"able_to_stay\":\"yes\"}";
    struct page page = api_call(
        p, SUPERVISOR, "POST", "/records/rss",
        arena_printf(p->arena, "{\"parent\":\"%s\",\"answers\":%s}", person, answers), NULL);
    const char *link;

    if (page.status != 201)
        fail_msg("status %d: %s", page.status, page.body);
    page = page_get(p, SUPERVISOR, arena_printf(p->arena, "/records/person/%s", person), NULL);
    link = between(p, &page, "/survey/results/", "\"");
    return arena_strndup(p->arena, link, strcspn(link, "/?"));
}

const char *page_given(struct pages *p, const char *kind, const char *json)
{
    struct page page =
        api_call(p, SUPERVISOR, "POST", arena_printf(p->arena, "/records/%s", kind), json, NULL);

    if (page.status != 201)
        fail_msg("%s: status %d: %s", kind, page.status, page.body);
    return arena_strndup(p->arena, between(p, &page, "\"id\":\"", "\""), 36);
}

const char *page_given_person(struct pages *p, const char *form)
{
    struct page page = page_post(p, SUPERVISOR, "/records/person", form);

    if (page.status != 303)
        fail_msg("status %d: %s", page.status, page.body);
    return page.location;
}

const char *page_id(const char *location)
{
    return strrchr(location, '/') + 1;
}

bool page_may_be_gone(const char *path)
{
    static const char *const ends[] = { "/move",          "/restore",      "/request",
                                        "/comments/undo", "/delete",       "{id}/undo",
                                        "/filters/drop",  "/logo",         "/activate",
                                        "/confirm",       "/refuse",       "/undiffer",
                                        "/merged/{id}",   "/rounds/{name}" };

    for (size_t i = 0; i < sizeof ends / sizeof ends[0]; i++)
        if (text_ends(path, ends[i]))
            return true;
    return text_starts(path, "/messages/{id}/") || strstr(path, "{other}") != NULL;
}
