/* Broken files of the feasibility grid: each mistake is told with its file, row and column. */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include "plans_help.h"

#define ROWS      "rows"
#define CRITERIA  "criteria"
#define SCENARIOS "scenarios"

static const char *const files[] = { ROWS, CRITERIA, SCENARIOS };

/* The shipped file, in one of which the first place that says was says now instead. */
static void use_file(struct fixture *f, const char *name, const char *was, const char *now)
{
    const char *dir = arena_printf(f->ctx.arena, "%s/content", f->dir);
    const struct asset *shipped =
        asset_find(arena_printf(f->ctx.arena, "content/grid/%s.csv", name));
    const char *text = arena_strndup(f->ctx.arena, (const char *)shipped->bytes, shipped->len);
    const char *at = strstr(text, was);
    FILE *file;

    assert_non_null(at);
    (void)mkdir(dir, 0700);
    (void)mkdir(arena_printf(f->ctx.arena, "%s/grid", dir), 0700);
    file = fopen(arena_printf(f->ctx.arena, "%s/grid/%s.csv", dir, name), "wbe");
    assert_non_null(file);
    (void)fprintf(file, "%.*s%s%s", (int)(at - text), text, now, at + strlen(was));
    assert_int_equal(fclose(file), 0);
    must(f, asset_use_directory(&f->ctx, dir));
}

/* The shipped files again. */
static void drop_files(struct fixture *f)
{
    ctx_clear_problems(&f->ctx);
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
        (void)remove(arena_printf(f->ctx.arena, "%s/content/grid/%s.csv", f->dir, files[i]));
    must(f, asset_use_directory(&f->ctx, arena_printf(f->ctx.arena, "%s/content", f->dir)));
    (void)remove(arena_printf(f->ctx.arena, "%s/content/grid", f->dir));
    (void)remove(arena_printf(f->ctx.arena, "%s/content", f->dir));
}

static const struct {
    const char *file, *was, *now;
    const char *at;   /* file:line:column */
    const char *told; /* in the message: the value, or what to do */
} bad[] = {
    { ROWS, "\ncash_assistance,1", "\nCash,1", "grid/rows.csv:2:row", "Cash" },
    { ROWS, "\nin_kind_assistance,", "\ncash_assistance,", "grid/rows.csv:3:row", "twice" },
    { ROWS, "cash_assistance,1,", "cash_assistance,0,", "grid/rows.csv:2:order", "from 1" },
    { ROWS, ",1,economic", ",1,money", "grid/rows.csv:2:dimension", "money" },
    { ROWS, ",economic,handbook", ",economic,hearsay", "grid/rows.csv:2:origin", "hearsay" },
    { ROWS, "high_non_productive_debt", "debt", "grid/rows.csv:2:useful_for", "debt" },
    { ROWS, "location,cash_assistance,", "location,gold,", "grid/rows.csv:2:line_code", "gold" },
    { ROWS, "financial_allocation", "wealth", "grid/rows.csv:2:component", "wealth" },
    { ROWS, ",Aide en espèces,", ",,", "grid/rows.csv:2:name", "fr" },
    { CRITERIA, "\ncash_assistance_i1,", "\ni 1,", "grid/criteria.csv:2:criterion", "i 1" },
    { CRITERIA, "\ncash_assistance_i2,", "\ncash_assistance_i1,", "grid/criteria.csv:3:criterion",
      "twice" },
    { CRITERIA, "i1,cash_assistance,", "i1,gold,", "grid/criteria.csv:2:row", "gold" },
    { CRITERIA, ",individual,1,", ",person,1,", "grid/criteria.csv:2:level", "person" },
    { CRITERIA, ",individual,1,", ",individual,first,", "grid/criteria.csv:2:order", "from 1" },
    { CRITERIA, ",required,yes", ",must,yes", "grid/criteria.csv:2:kind", "must" },
    { CRITERIA, ",required,yes", ",required,maybe", "grid/criteria.csv:2:expected", "maybe" },
    { CRITERIA, ",required,yes,,", ",required,,,", "grid/criteria.csv:2:expected", "yes or no" },
    { CRITERIA, ",required,yes,,", ",required,yes,yes,", "grid/criteria.csv:2:question",
      "advisory" },
    { CRITERIA, ",required,yes,,", ",required,yes,no,", "grid/criteria.csv:2:question", "no" },
    { CRITERIA, ",yes,,case,", ",yes,,village,", "grid/criteria.csv:2:kept_for", "village" },
    { CRITERIA, ",yes,,case,", ",yes,,place,", "grid/criteria.csv:2:kept_for", "one case" },
    { CRITERIA, "${vulnerable} = 'yes'", "${nothing} = 'yes'", "grid/criteria.csv:2:yes_when",
      "nothing" },
    { CRITERIA, "${vulnerable} = 'no'", "${vulnerable} =", "grid/criteria.csv:2:no_when", "" },
    { SCENARIOS, "\nhigh_non_productive_debt,", "\nbad_luck,", "grid/scenarios.csv:2:scenario",
      "bad_luck" },
    { SCENARIOS, "\ninsufficient_income,", "\nhigh_non_productive_debt,",
      "grid/scenarios.csv:3:scenario", "twice" },
    { SCENARIOS, "/data/latest/rss/debt", "/data/latest/rss/luck",
      "grid/scenarios.csv:2:shown_when", "luck" },
};

static void a_mistake_in_the_grid_is_told_with_file_row_column_and_value(void **state)
{
    struct fixture *f = *state;
    const struct grid *before = grid_of();

    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        const char *told;

        use_file(f, bad[i].file, bad[i].was, bad[i].now);
        ctx_clear_problems(&f->ctx);
        assert_int_equal(grid_load(&f->ctx), ERR_INVALID);
        told = ctx_problem(&f->ctx, bad[i].at);
        if (!told || !strstr(told, bad[i].told))
            fail_msg("%s: %s instead of %s: %s, %s", bad[i].at, bad[i].now, bad[i].was,
                     f->ctx.problems->field, ctx_first_problem(&f->ctx));
        assert_ptr_equal(grid_of(), before); /* what was in use stays in use */
        drop_files(f);
    }
}

static void all_mistakes_of_the_grid_are_told_at_once(void **state)
{
    struct fixture *f = *state;

    use_file(f, ROWS, ",1,economic", ",one,money");
    use_file(f, CRITERIA, ",required,yes", ",must,maybe");
    ctx_clear_problems(&f->ctx);
    assert_int_equal(grid_load(&f->ctx), ERR_INVALID);
    assert_non_null(ctx_problem(&f->ctx, "grid/rows.csv:2:order"));
    assert_non_null(ctx_problem(&f->ctx, "grid/rows.csv:2:dimension"));
    assert_non_null(ctx_problem(&f->ctx, "grid/criteria.csv:2:kind"));
    assert_non_null(ctx_problem(&f->ctx, "grid/criteria.csv:2:expected"));
    drop_files(f);
}

#define TEST(name) cmocka_unit_test_setup_teardown(name, plans_setup, people_teardown)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(a_mistake_in_the_grid_is_told_with_file_row_column_and_value),
        TEST(all_mistakes_of_the_grid_are_told_at_once),
    };

    return cmocka_run_group_tests_name("grid_files", tests, NULL, NULL);
}
