/*
 * Prints what rules cost: microseconds for all rules of a case, and for a case of the nightly run.
 * usage: measure_rules CASES   (with HOMEWARD_RULES=DIR for other rules than those shipped)
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>

#include <cmocka.h>

#include "core/asset.h"
#include "core/date.h"
#include "core/text.h"
#include "forms_gen.h"
#include "people_fixture.h"
#include "rules/document.h"
#include "rules/rules.h"

static int64_t cases_wanted;

static const char *make_cases(struct fixture *f)
{
    const char *id = NULL;

    for (int64_t i = 0; i < cases_wanted; i++) {
        struct record *who = person_stored(f, PERSON_AWA);
        struct record *rec;

        (void)child_stored(f, FORM_RETURN_EVENT, who, "arrival_date=2026-10-20");
        (void)child_stored(f, FORM_HOUSEHOLD, who, "label=Home;members.1.relationship=parent");
        rec = child_stored(f, FORM_CASE, who, "opened=2026-11-01;vulnerable=no");
        (void)child_stored(f, FORM_ACTION, rec, "action_kind=visit;done_on=2026-11-02");
        (void)child_stored(f, FORM_ACTION, rec, "action_kind=plan_agreed;done_on=2026-11-03");
        id = arena_strdup(f->long_arena, rec->id);
        fixture_next_request(f, 1);
    }
    return id;
}

static void measure(void **state)
{
    struct fixture *f = *state;
    const char *id = make_cases(f);
    struct document *doc = NULL;
    const int again = 200;
    size_t done = 0;
    int64_t from = clock_monotonic_us();
    int64_t judged;
    int64_t whole;

    must(f, document_load(&f->ctx, &doc, rules_of()->shape, id, PARTS_EVERY, NULL));
    from = clock_monotonic_us();
    for (int n = 0; n < again; n++) {
        struct arena_mark mark = arena_mark(f->ctx.arena);

        for (size_t i = 0; i < rules_of()->len; i++) {
            struct verdict v = { 0 };

            must(f, rule_judge(&f->ctx, &v, doc, &rules_of()->items[i]));
        }
        arena_rewind(f->ctx.arena, mark);
    }
    judged = (clock_monotonic_us() - from) / again;
    from = clock_monotonic_us();
    for (int n = 0; n < again; n++)
        must(f, rules_run_case(&f->ctx, id));
    whole = (clock_monotonic_us() - from) / again;
    tamper(f, f->ctx.db, "UPDATE rule_next SET next_on = '2000-01-01'");
    from = clock_monotonic_us();
    must(f, rules_round(&f->ctx, (size_t)cases_wanted + 1, &done));
    from = clock_monotonic_us() - from;
    printf("%zu rules, %zu cases: judged %lld us, run %lld us, night %lld us a case\n",
           rules_of()->len, done, (long long)judged, (long long)whole,
           (long long)(from / (int64_t)(done ? done : 1)));
}

static int setup(void **state)
{
    const char *dir = getenv("HOMEWARD_RULES");
    struct arena *arena;
    struct fixture *f;
    int rc = people_setup(state);

    if (rc)
        return rc;
    f = *state;
    arena = f->ctx.arena;
    f->ctx.arena = f->long_arena;
    if (dir)
        must(f, asset_use_directory(&f->ctx, dir));
    must(f, rules_load(&f->ctx));
    f->ctx.arena = arena;
    return 0;
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = { cmocka_unit_test_setup_teardown(measure, setup,
                                                                        people_teardown) };

    if (argc != 2 || !parse_int(argv[1], 1, 1000000, &cases_wanted))
        return 2;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
