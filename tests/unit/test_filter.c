/* Lists by conditions and columns, page by page; filters that are kept. */
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

#include "core/text.h"
#include "people_fixture.h"
#include "records/saved_filter.h"

#define CASES 60

/* Every third case has no programme; days go from 1 to 20, priorities alternate. */
static void given_cases(struct fixture *f)
{
    struct record *awa = person_stored(f, PERSON_AWA);

    for (int i = 0; i < CASES; i++) {
        struct record *rec = NULL;

        must(f, record_new(&f->ctx, &rec, "case", awa->id));
        record_set(rec, "opened", arena_printf(f->ctx.arena, "2026-10-%02d", 1 + i * 7 % 20));
        record_set(rec, "priority", i % 2 ? "high" : "normal");
        if (i % 3)
            record_set(rec, "programme", arena_printf(f->ctx.arena, "p%d", i % 3));
        must(f, record_insert(&f->ctx, rec));
    }
}

/* Reads all pages; checks order and that the count is that of the records. */
static size_t read_all(struct fixture *f, struct record_filter filter, const char *column)
{
    const char *last = NULL;
    const char *last_id = NULL;
    int64_t count = 0;
    size_t n = 0;

    filter.limit = 7;
    do {
        struct record_list list = { 0 };

        must(f, record_list(&f->ctx, &list, "case", &filter));
        count = list.count;
        for (size_t i = 0; i < list.len; i++) {
            const char *value = column ? record_value(list.items[i], column) : "";
            int order = last ? strcmp(last, value) : 0;

            if (last && order == 0)
                order = strcmp(last_id, list.items[i]->id);
            if (last && column)
                assert_true(filter.down ? order > 0 : order < 0);
            last = value;
            last_id = list.items[i]->id;
        }
        n += list.len;
        filter.after = list.next;
    } while (filter.after);
    assert_int_equal((int64_t)n, count);
    return n;
}

static void a_list_is_sorted_by_any_open_column_and_paged_without_gap_or_twin(void **state)
{
    static const char *const columns[] = { "opened", "programme", "priority" };
    struct fixture *f = *state;

    given_cases(f);
    for (size_t i = 0; i < sizeof columns / sizeof columns[0]; i++) {
        struct record_filter filter = { .sort = SORT_FIELD, .sort_field = columns[i] };

        assert_int_equal(read_all(f, filter, columns[i]), CASES);
        filter.down = true;
        assert_int_equal(read_all(f, filter, columns[i]), CASES);
    }
}

static void conditions_hold_together_and_are_counted(void **state)
{
    const struct record_condition conditions[] = {
        { "priority", COND_IS, "high" },
        { "opened", COND_FROM, "2026-10-05" },
        { "opened", COND_TO, "2026-10-12" },
        { "programme", COND_IS, "p1" },
    };
    struct fixture *f = *state;
    struct record_filter filter = { .conditions = conditions, .conditions_len = 1 };
    size_t wanted = 0;

    given_cases(f);
    for (int i = 0; i < CASES; i++)
        wanted += i % 2 && i % 3 == 1 && 1 + i * 7 % 20 >= 5 && 1 + i * 7 % 20 <= 12;
    assert_int_equal(read_all(f, filter, NULL), CASES / 2);
    filter.conditions_len = 4;
    assert_int_equal(read_all(f, filter, NULL), wanted);
    filter.sort = SORT_FIELD;
    filter.sort_field = "opened";
    assert_int_equal(read_all(f, filter, "opened"), wanted);
    filter.conditions = &(const struct record_condition){ "priority", COND_IS, "high normal" };
    filter.conditions_len = 1;
    assert_int_equal(read_all(f, filter, "opened"), CASES);
}

static void few_are_found_by_what_is_rarest_and_come_in_every_order(void **state)
{
    static const struct record_condition days[] = {
        { "opened", COND_FROM, "2026-10-05" },
        { "opened", COND_TO, "2026-10-12" },
    };
    const enum record_sort sorts[] = { SORT_NEWEST, SORT_NUMBER, SORT_UPDATED, SORT_FIELD };
    struct fixture *f = *state;

    given_cases(f);
    for (size_t i = 0; i < sizeof sorts / sizeof sorts[0]; i++) {
        struct record_filter filter = { .sort = sorts[i],
                                        .sort_field = "programme",
                                        .status = "new" };
        const char *column = sorts[i] == SORT_FIELD ? "programme" : NULL;
        int64_t n = 0;

        assert_int_equal(read_all(f, filter, column), CASES);
        filter.conditions = days;
        filter.conditions_len = 2;
        assert_int_equal(read_all(f, filter, column), 24);
        must(f, record_count(&f->ctx, &n, "case", &filter));
        assert_int_equal(n, 24);
        filter.status = "closed";
        assert_int_equal(read_all(f, filter, column), 0);
    }
}

static void what_is_sealed_or_unknown_is_not_asked_nor_sorted_by(void **state)
{
    static const struct record_condition bad[] = {
        { "risk_level", COND_IS, "low" },  { "nothing", COND_IS, "1" },
        { "opened", COND_FROM, "monday" }, { "priority", COND_IS, "x' OR 1=1" },
        { "priority", COND_FROM, "high" }, { "vulnerability_flag", COND_IS, "health_need" },
    };
    struct fixture *f = *state;
    struct record_list list = { 0 };

    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const struct record_filter filter = { .conditions = &bad[i], .conditions_len = 1 };

        ctx_clear_problems(&f->ctx);
        assert_int_equal(record_list(&f->ctx, &list, "case", &filter), ERR_INVALID);
    }
    assert_int_equal(
        record_list(&f->ctx, &list, "case",
                    &(struct record_filter){ .sort = SORT_FIELD, .sort_field = "risk_level" }),
        ERR_INVALID);
}

static void the_name_of_a_kept_filter_is_sealed_also_one_of_before(void **state)
{
    struct fixture *f = *state;
    struct saved_filter *list = NULL;
    enum err rc = ERR_DB;
    size_t len = 0;

    must(f, saved_filter_add(&f->ctx, "case", "\303\211t\303\251 of Fatou Dramane",
                             "f.priority=high"));
    must(f, saved_filter_add(&f->ctx, "case", "Zone of Fatou Dramane", "f.priority=low"));
    assert_false(files_hold(f, "Dramane"));
    /* as the version before kept it */
    tamper(f, f->ctx.db,
           arena_printf(f->ctx.arena,
                        "INSERT INTO saved_filter (id, staff_id, form, token, query, made_at)"
                        " VALUES ('0199aaaa-0000-7000-8000-000000000001', '%s', 'case',"
                        " 'All of Moussa', 'f.priority=normal', 1)",
                        f->ctx.user_id));
    for (int n = 1; rc; n++) {
        db_fail_at(f->ctx.db, n);
        rc = saved_filters_prepare(&f->ctx);
        db_fail_at(f->ctx.db, 0);
        assert_true(rc == OK || rc == ERR_DB);
        assert_false(db_in_transaction(f->ctx.db));
    }
    must(f, saved_filters_prepare(&f->ctx));
    must(f, saved_filters(&f->ctx, &list, &len, "case"));
    assert_int_equal(len, 3);
    assert_string_equal(list[0].name, "All of Moussa");
    assert_string_equal(list[1].query, "f.priority=high"); /* E before Z, with its accent */
    assert_string_equal(list[2].name, "Zone of Fatou Dramane");
    assert_int_equal(
        count_of(f, f->ctx.db, "SELECT count(*) FROM saved_filter WHERE token LIKE '%Moussa%'"), 0);
    must(f, saved_filter_add(&f->ctx, "case", "All of Moussa", "f.priority=low"));
    must(f, saved_filters(&f->ctx, &list, &len, "case"));
    assert_int_equal(len, 3); /* and is the same filter afterwards */
    assert_string_equal(list[0].query, "f.priority=low");
}

static void a_kept_filter_is_its_owners_alone_and_holds_no_free_text(void **state)
{
    struct fixture *f = *state;
    struct saved_filter *list = NULL;
    size_t len = 0;

    must(f, saved_filter_add(&f->ctx, "case", " Urgent ", "f.priority=high"));
    must(f, saved_filter_add(&f->ctx, "case", "Urgent", "f.priority=high&sort=c.opened"));
    must(f, saved_filters(&f->ctx, &list, &len, "case"));
    assert_int_equal(len, 1);
    assert_string_equal(list[0].query, "f.priority=high&sort=c.opened");
    assert_int_equal(saved_filter_add(&f->ctx, "case", "", "sort=c.opened"), ERR_INVALID);
    assert_int_equal(saved_filter_add(&f->ctx, "case", "Bad", "x\"><script>"), ERR_INVALID);
    fixture_as(f, "case_manager");
    assert_int_equal(saved_filter_drop(&f->ctx, "case", list[0].id), ERR_NOT_FOUND);
    must(f, saved_filters(&f->ctx, &list, &len, "case"));
    assert_int_equal(len, 0);
}

static void a_failed_keeping_of_a_filter_leaves_nothing(void **state)
{
    struct fixture *f = *state;
    enum err rc = ERR_DB;

    for (int n = 1; rc; n++) {
        assert_int_equal(count_of(f, f->ctx.db, "SELECT count(*) FROM saved_filter"), 0);
        ctx_clear_problems(&f->ctx);
        db_fail_at(f->ctx.db, n);
        rc = saved_filter_add(&f->ctx, "case", "Urgent", "f.priority=high");
        db_fail_at(f->ctx.db, 0);
        assert_true(rc == OK || rc == ERR_DB);
        assert_false(db_in_transaction(f->ctx.db));
    }
    assert_int_equal(count_of(f, f->ctx.db, "SELECT count(*) FROM saved_filter"), 1);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, people_setup, people_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_list_is_sorted_by_any_open_column_and_paged_without_gap_or_twin),
        TEST(conditions_hold_together_and_are_counted),
        TEST(few_are_found_by_what_is_rarest_and_come_in_every_order),
        TEST(what_is_sealed_or_unknown_is_not_asked_nor_sorted_by),
        TEST(the_name_of_a_kept_filter_is_sealed_also_one_of_before),
        TEST(a_kept_filter_is_its_owners_alone_and_holds_no_free_text),
        TEST(a_failed_keeping_of_a_filter_leaves_nothing),
    };

    return cmocka_run_group_tests(tests, NULL, NULL);
}
