/*
 * A form that nobody tuned the engine for: 1,200 questions in sections, with a repeat, cascades,
 * money, parts that only some may read, and Arabic; published while the program runs, then driven
 * through screen, API, import, search, export, history and audit.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "audit/audit.h"
#include "core/buf.h"
#include "core/csv.h"
#include "core/text.h"
#include "db/db.h"
#include "pages.h"

#define QUESTIONS 1200
#define ANSWERED  900
#define A_SECTION 30
#define SHAPES    8
#define ROWS      5000
#define BIG       ((size_t)8 * 1024 * 1024)
#define SECRET    "Teranga"
#define ARABIC    "عاد إلى قريته"
#define KIND      "/records/big_form"
#define CONTACT   "contact_name"
#define PLANNED   "planned_on"
/* clang-format off */
#define HEAD                                                                            \
    "survey\n,type,name,label::English (en),label::العربية (ar),relevant,constraint,"  \
    "choice_filter,parameters,bind::hw:type,bind::hw:privacy,bind::hw:store,"           \
    "bind::hw:list,bind::hw:index,hw:reason\n"
/* clang-format on */

/* Question i: its row, from the type to the class. */
static void add_question(struct buf *b, int i)
{
    static const char *const types[SHAPES] = { "text",
                                               "integer",
                                               "decimal",
                                               "date",
                                               "select_one region",
                                               "select_one town",
                                               "select_multiple help",
                                               "text" };
    static const char *const rest[SHAPES] = { ",,,,,,,,,",
                                              ",. < 1000,,,,,,,,",
                                              ",,,currency=XOF,money,,,,,",
                                              ",,,,,,,,,",
                                              ",,,,,,,,,",
                                              NULL,
                                              ",,,,,,,,,",
                                              NULL };
    int shape = i % SHAPES;

    buf_printf(b, ",%s,q%d,Question %d,السؤال %d,", types[shape], i, i, i);
    if (shape == 5) /* towns of the region asked just before */
        buf_printf(b, ",,region = ${q%d},,,,,,,\n", i - 1);
    else if (shape == 7) /* asked only then, and read by few */
        buf_printf(b, "${q%d} = 'north',,,,,sensitive,,,,\n", i - 3);
    else
        buf_printf(b, "%s\n", rest[shape]);
}

static const char *form_text(struct pages *p)
{
    struct buf b;

    buf_init(&b, p->arena, BIG);
    buf_add(&b, HEAD);
    for (int i = 0; i < QUESTIONS; i++) {
        if (i % A_SECTION == 0)
            buf_printf(&b, ",begin group,part%d,Part %d,القسم %d,,,,,,,,,,\n", i, i, i);
        add_question(&b, i);
        if (i % A_SECTION == A_SECTION - 1)
            buf_add(&b, ",end group,,,,,,,,,,,,,\n");
    }
    buf_add(&b, ",begin repeat,visits,Visits,الزيارات,,,,,,,,,,\n"
                ",text,visit_note,Note,ملاحظة,,,,,,,,,,\n,end repeat,,,,,,,,,,,,,\n"
                ","
                "text," CONTACT ",Contact,جهة الاتصال,,,,,,,,,name,\n"
                ",date," PLANNED ",Planned,موعد,,,,,,,open,1,,Work is planned by date\n"
                "choices\n,list_name,name,label::English (en),label::العربية (ar),region\n"
                ",region,north,North,الشمال,\n,region,south,South,الجنوب,\n"
                ",town,podor,Podor,بودور,north\n,town,kolda,Kolda,كولدا,south\n"
                ",help,food,Food,طعام,\n,help,rent,Rent,إيجار,\n"
                "settings\n,form_title::English (en),form_title::العربية (ar),form_id,version,"
                "hw:parent,hw:subject,hw:number\n"
                ",Big form,نموذج كبير,big_form,1,person,person,BF-{office}-{year}-{seq}\n");
    assert_true(buf_ok(&b));
    return buf_text(&b);
}

static const char *answer_of(int i)
{
    static const char *const values[SHAPES] = { ARABIC,  "42",    "1500",      "2026-11-20",
                                                "north", "podor", "food rent", SECRET };

    return values[i % SHAPES];
}

/* A web form's body for all that is answered. */
static const char *posted(struct pages *p, const char *parent)
{
    struct buf b;

    buf_init(&b, p->arena, BIG);
    buf_printf(&b, "_parent=%s&_save=1&" PLANNED "=2026-12-01&" CONTACT "=Binta+Faye", parent);
    buf_add(&b, "&visits.1.visit_note=" SECRET "&visits.2.visit_note=Second");
    for (int i = 0; i < ANSWERED; i++) {
        if (i % SHAPES == 6)
            buf_printf(&b, "&q%d=food&q%d=rent", i, i);
        else if (i % SHAPES == 0)
            buf_printf(&b, "&q%d=%%D8%%B9%%D8%%A7%%D8%%AF", i);
        else
            buf_printf(&b, "&q%d=%s", i, answer_of(i));
    }
    return buf_text(&b);
}

static const char *json(struct pages *p, const char *parent, const char *contact)
{
    struct buf b;

    buf_init(&b, p->arena, BIG);
    buf_printf(&b, "{\"parent\":\"%s\",\"answers\":{\"" CONTACT "\":\"%s\"", parent, contact);
    buf_add(&b, ",\"visits\":[{\"visit_note\":\"" SECRET "\"}]");
    for (int i = 0; i < ANSWERED; i++) {
        int shape = i % SHAPES;

        if (shape == 6)
            buf_printf(&b, ",\"q%d\":[\"food\",\"rent\"]", i);
        else
            buf_printf(&b, shape == 1 ? ",\"q%d\":%s" : ",\"q%d\":\"%s\"", i, answer_of(i));
    }
    buf_add(&b, "}}");
    return buf_text(&b);
}

static const char *table(struct pages *p, const char *number)
{
    struct buf b;

    buf_init(&b, p->arena, BIG);
    buf_add(&b, "record.parent," CONTACT "," PLANNED ",visits.1.visit_note");
    for (int i = 0; i < 2 * SHAPES; i++)
        buf_printf(&b, ",q%d", i);
    buf_add(&b, "\n");
    for (int row = 0; row < ROWS; row++) {
        buf_printf(&b, "%s,Contact %d,2026-12-%02d,Note", number, row, row % 28 + 1);
        for (int i = 0; i < 2 * SHAPES; i++)
            buf_printf(&b, ",%s", answer_of(i));
        buf_add(&b, "\n");
    }
    assert_true(buf_ok(&b));
    return buf_text(&b);
}

static void expect_status(const struct page *page, int status)
{
    if (page->status != status)
        fail_msg("status %d: %.3000s", page->status, page->body);
}

static int64_t records(struct pages *p)
{
    return pages_count(p, "SELECT count(*) FROM rec_big_form");
}

static const char *published_and_parent(struct pages *p, const char **number_out)
{
    struct page page = page_upload(p, ADMIN, "/forms", form_text(p));
    const char *draft = page.location;

    expect_status(&page, 303);
    page = page_get(p, ADMIN, draft, NULL);
    if (!shows(&page, "name=\"confirm\""))
        fail_msg("%.3000s", strstr(page.body, "<tbody>"));
    page = page_post(p, ADMIN, draft, "confirm=1&grant=supervisor%3Dall");
    expect_status(&page, 303);
    page = api_call(p, SUPERVISOR, "POST", "/records/person",
                    "{\"answers\":{\"names\":[{\"name_text\":\"Awa\",\"name_script\":\"Latn\"}]}}",
                    NULL);
    expect_status(&page, 201);
    *number_out = between(p, &page, "\"number\":\"", "\"");
    return between(p, &page, "\"id\":\"", "\"");
}

static const char *used_on_screen(struct pages *p, const char *person)
{
    struct page page =
        page_get(p, SUPERVISOR, KIND "/new", arena_printf(p->arena, "parent=%s", person));
    const char *location;

    expect_status(&page, 200);
    assert_true(shows(&page, "name=\"q1199\""));
    page = page_post(p, SUPERVISOR, KIND, posted(p, person));
    expect_status(&page, 303);
    location = page.location;
    page = page_get(p, SUPERVISOR, location, NULL);
    expect_status(&page, 200);
    assert_true(shows(&page, "عاد"));
    assert_true(shows(&page, "Podor"));
    page = page_get(p, FINANCE, location, NULL);
    expect_status(&page, 403);
    return location;
}

static void used_over_the_api(struct pages *p, const char *person)
{
    struct page page = api_call(p, SUPERVISOR, "POST", KIND, json(p, person, "Coumba Sarr"), NULL);
    const char *path;

    expect_status(&page, 201);
    assert_true(shows(&page, ARABIC));
    path = page.location;
    page = api_call(p, SUPERVISOR, "PUT", path, json(p, person, "Coumba Diop"), "\"1\"");
    expect_status(&page, 200);
    page = api_call(p, SUPERVISOR, "GET", path, NULL, NULL);
    assert_true(shows(&page, "Coumba Diop"));
    page = page_get(p, SUPERVISOR, arena_printf(p->arena, "%s/diff", path), "from=1&to=2");
    expect_status(&page, 200);
    assert_true(shows(&page, "Coumba Sarr") && shows(&page, "Coumba Diop"));
    page = page_get(p, SUPERVISOR, arena_printf(p->arena, "%s/history", path), NULL);
    expect_status(&page, 200);
}

static void imported(struct pages *p, const char *number)
{
    struct page page = page_upload(p, SUPERVISOR, KIND "/import", table(p, number));
    const char *job = page.location;

    expect_status(&page, 303);
    run_jobs(p);
    page = page_get(p, SUPERVISOR, job, NULL);
    page = page_post(p, SUPERVISOR, arena_printf(p->arena, "%s/start", job), "");
    expect_status(&page, 303);
    run_jobs(p);
    page = page_get(p, SUPERVISOR, page.location, NULL);
    expect_status(&page, 200);
}

static void exported(struct pages *p)
{
    struct page page = page_post(p, SUPERVISOR, KIND "/export", "format=csv");
    const char *path;
    int64_t lines = 0;

    expect_status(&page, 303);
    path = arena_printf(p->arena, "%s/file", page.location);
    run_jobs(p);
    page = page_get(p, SUPERVISOR, path, NULL);
    expect_status(&page, 200);
    for (size_t i = 0; i < page.len; i++)
        lines += page.body[i] == '\n';
    assert_true(shows(&page, "q1199"));
    assert_true(lines > 1);
}

/* Neither the open nor the sealed part of any record holds it. */
static bool stored_in_clear(struct pages *p, const char *text)
{
    struct rows *rows = NULL;
    bool more = true;
    bool found = false;

    p->ctx.db = home_write_db(p->home);
    assert_int_equal(db_query_in(&p->ctx, p->ctx.db, &rows,
                                 db_sql_built(p->ctx.db, "SELECT open, sealed FROM rec_big_form")),
                     OK);
    while (more) {
        assert_int_equal(db_next(&p->ctx, rows, &more), OK);
        for (int i = 0; more && i < 2; i++) {
            size_t len = 0;
            const void *bytes = row_blob(rows, i, &len);

            found = found || (bytes && memmem(bytes, len, text, strlen(text)) != NULL);
        }
    }
    return found;
}

static void a_form_of_1200_questions_is_driven_through_everything(void **state)
{
    struct pages *p = *state;
    struct audit_report report = { 0 };
    const char *number = NULL;
    const char *person = published_and_parent(p, &number);
    struct page page;

    (void)used_on_screen(p, person);
    used_over_the_api(p, person);
    assert_int_equal(records(p), 2);
    imported(p, number);
    assert_int_equal(records(p), 2 + ROWS);
    page = page_post(p, SUPERVISOR, KIND "/search", "words=binta");
    expect_status(&page, 303);
    page = page_get(p, SUPERVISOR, page.location, NULL);
    assert_true(shows(&page, "BF-SN-2026-"));
    exported(p);
    assert_false(stored_in_clear(p, SECRET));
    assert_false(stored_in_clear(p, "Binta"));
    assert_true(stored_in_clear(p, PLANNED));
    assert_int_equal(pages_count(p, "SELECT count(*) FROM audit WHERE action = 'form.publish'"), 1);
    assert_int_equal(pages_count(p, "SELECT count(*) FROM audit WHERE action = 'big_form.import'"),
                     1);
    assert_int_equal(pages_count(p, "SELECT count(*) FROM audit WHERE action = 'big_form.export'"),
                     1);
    assert_int_equal(audit_verify(&p->ctx, &report), OK);
    assert_null(report.fault);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_form_of_1200_questions_is_driven_through_everything,
                                        pages_setup, pages_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
