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
#include "fixture.h"
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
                "hw:parent,hw:subject,hw:number,instance_name\n"
                ",Big form,نموذج كبير,big_form,1,person,person,BF-{office}-{year}-{seq},"
                "\"concat(${" CONTACT "}, ' - ', ${q1})\"\n");
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

/* --- what comes out of an export --- */

/* The whole of a download, however many pages it comes in. */
static const char *downloaded(struct pages *p, const char *path, size_t *len_out)
{
    struct page page = page_get(p, SUPERVISOR, path, NULL);
    struct buf *b = ARENA_NEW(p->arena, struct buf);

    buf_init(b, p->arena, 4 * BIG);
    for (;;) {
        expect_status(&page, 200);
        buf_add_len(b, page.body, page.len);
        if (!page.continuation)
            break;
        page = page_next(p, SUPERVISOR, path, page.continuation);
    }
    assert_true(buf_ok(b));
    *len_out = b->len;
    return buf_text(b);
}

static size_t column_of(const struct csv_row *head, const char *name)
{
    size_t at = 0;

    while (at < head->len && strcmp(head->cells[at], name) != 0)
        at++;
    if (at == head->len)
        fail_msg("no column %s", name);
    return at;
}

/* What a record must have been given: the questions below answered, and no others. */
struct expected {
    const char *contact;
    const char *planned;
    const char *note; /* of the first visit */
    const char *text; /* of questions of words */
    int answered;
    int found;
};

static void check_cell(const struct csv_row *row, size_t at, const char *name, const char *wanted)
{
    if (strcmp(row->cells[at], wanted) != 0)
        fail_msg("%s of row %lld: %s, not %s", name, (long long)row->number, row->cells[at],
                 wanted);
}

/* Places of the columns that are looked at. */
struct places {
    size_t contact;
    size_t planned;
    size_t note;
    size_t q[QUESTIONS];
};

static void check_row(struct pages *p, const struct csv_row *row, const struct places *at,
                      struct expected *e)
{
    e->found++;
    check_cell(row, at->planned, PLANNED, e->planned);
    check_cell(row, at->note, "visits.1.visit_note", e->note);
    for (int i = 0; i < QUESTIONS; i++) {
        const char *wanted = i % SHAPES == 0 ? e->text : answer_of(i);

        check_cell(row, at->q[i], arena_printf(p->arena, "q%d", i), i < e->answered ? wanted : "");
    }
}

static void every_value_is_right(struct pages *p, const char *bytes, size_t len)
{
    struct expected all[] = {
        { "Coumba Diop", "", SECRET, ARABIC, ANSWERED, 0 },
        { "Binta Faye", "2026-12-01", SECRET, "عاد", ANSWERED, 0 },
        { "Contact 0", "2026-12-01", "Note", ARABIC, 2 * SHAPES, 0 },
        { "Contact 4711", "2026-12-08", "Note", ARABIC, 2 * SHAPES, 0 },
    };
    struct places *at = ARENA_NEW(p->arena, struct places);
    struct csv_row row = { 0 };
    struct csv *csv = NULL;
    int64_t rows = 0;
    bool more = false;

    assert_int_equal(csv_open_bytes(&p->ctx, &csv, bytes, len, ','), OK);
    assert_int_equal(csv_next(&p->ctx, csv, &row, &more), OK);
    at->contact = column_of(&row, CONTACT);
    at->planned = column_of(&row, PLANNED);
    at->note = column_of(&row, "visits.1.visit_note");
    for (int i = 0; i < QUESTIONS; i++)
        at->q[i] = column_of(&row, arena_printf(p->arena, "q%d", i));
    for (;; rows++) {
        assert_int_equal(csv_next(&p->ctx, csv, &row, &more), OK);
        if (!more)
            break;
        for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
            if (strcmp(row.cells[at->contact], all[i].contact) == 0)
                check_row(p, &row, at, &all[i]);
    }
    csv_close(csv);
    assert_int_equal(rows, 2 + ROWS);
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        assert_int_equal(all[i].found, 1);
}

static int64_t count_in(struct pages *p, struct db *db, const char *sql)
{
    struct rows *rows = NULL;
    bool more = false;
    int64_t n;

    assert_int_equal(db_query_in(&p->ctx, db, &rows, db_sql_built(db, sql)), OK);
    assert_int_equal(db_next(&p->ctx, rows, &more), OK);
    n = row_int(rows, 0);
    db_rows_close(rows);
    return n;
}

/* The page that asks what to export counts; it looks at nobody. */
static void export_page_notes_nobody(struct pages *p)
{
    const char *sql = "SELECT count(*) FROM access";
    struct db *access = home_db(p->home, "access");
    int64_t before = count_in(p, access, sql);
    struct page page = page_get(p, SUPERVISOR, KIND "/export", NULL);

    expect_status(&page, 200);
    if (!shows(&page, "5002 records"))
        fail_msg("%.600s", strstr(page.body, "head-note"));
    assert_int_equal(count_in(p, access, sql), before);
}

static void exported(struct pages *p)
{
    struct page page = page_post(p, SUPERVISOR, KIND "/export", "whose=own&format=csv");
    const char *path;
    const char *bytes;
    size_t len = 0;

    expect_status(&page, 303);
    path = arena_printf(p->arena, "%s/file", page.location);
    run_jobs(p);
    bytes = downloaded(p, path, &len);
    every_value_is_right(p, bytes, len);
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

/* Database, journal, keys, index, access log: every file, or every table, in usual encodings. */
static void nowhere_in_clear(struct pages *p)
{
    static const char *const sealed[] = { SECRET, "Binta Faye", "Contact 4711", ARABIC };
    struct fixture f = { .ctx = p->ctx,
                         .keys = home_db(p->home, "keys"),
                         .access = home_db(p->home, "access"),
                         .postgres = db_is_postgres(p->ctx.db),
                         .long_arena = p->arena };

    memcpy(f.dir, p->dir, sizeof f.dir);
    f.ctx.index_db = home_db(p->home, "index");
    for (size_t i = 0; i < sizeof sealed / sizeof sealed[0]; i++)
        if (files_hold(&f, sealed[i]))
            fail_msg("%s is stored in clear", sealed[i]);
    assert_true(files_hold(&f, PLANNED)); /* the search does find what is open */
}

/* Every version stands in the history, every deed in the audit, and the chains are whole. */
static void told_whole(struct pages *p)
{
    static const char *const deeds[][2] = { { "form.publish", "1" },
                                            { "big_form.import", "1" },
                                            { "big_form.export", "1" },
                                            { "big_form.edit", "1" } };
    struct audit_report report = { 0 };

    for (size_t i = 0; i < sizeof deeds / sizeof deeds[0]; i++) {
        int64_t n =
            pages_count(p, arena_printf(p->arena, "SELECT count(*) FROM audit WHERE action = '%s'",
                                        deeds[i][0]));

        if (n != deeds[i][1][0] - '0')
            fail_msg("%s: %lld times", deeds[i][0], (long long)n);
    }
    assert_int_equal(pages_count(p, "SELECT count(*) FROM audit WHERE action = 'big_form.create'"),
                     2 + ROWS);
    assert_int_equal(pages_count(p, "SELECT count(*) FROM record_history WHERE form = 'big_form'"
                                    " AND record_id = root_id"),
                     2 + ROWS + 1);
    assert_int_equal(audit_verify(&p->ctx, &report), OK);
    assert_null(report.fault);
}

static void a_form_of_1200_questions_is_driven_through_everything(void **state)
{
    struct pages *p = *state;
    const char *number = NULL;
    const char *person = published_and_parent(p, &number);
    struct page page;

    (void)used_on_screen(p, person);
    used_over_the_api(p, person);
    assert_int_equal(records(p), 2);
    page = page_get(p, SUPERVISOR, KIND, NULL);
    if (!shows(&page, "Coumba Diop - 42")) /* the form says what a record is called */
        fail_msg("%s", strstr(page.body, "<tbody"));
    imported(p, number);
    assert_int_equal(records(p), 2 + ROWS);
    page = page_post(p, SUPERVISOR, KIND "/search", "words=binta");
    expect_status(&page, 303);
    page = page_get(p, SUPERVISOR, page.location, NULL);
    assert_true(shows(&page, "BF-SN-2026-"));
    assert_true(shows(&page, "Binta Faye - 42"));
    export_page_notes_nobody(p);
    exported(p);
    assert_false(stored_in_clear(p, SECRET));
    assert_false(stored_in_clear(p, "Binta"));
    assert_true(stored_in_clear(p, PLANNED));
    nowhere_in_clear(p);
    told_whole(p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_form_of_1200_questions_is_driven_through_everything,
                                        pages_setup, pages_teardown),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
