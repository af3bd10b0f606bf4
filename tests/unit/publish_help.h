#ifndef TEST_PUBLISH_HELP_H
#define TEST_PUBLISH_HELP_H

/* What the tests of publishing share: a form is checked, published and seen by the process. */

#include <string.h>

#include "people_fixture.h"
#include "records/publish.h"

#define LABELS "label::English (en),label::العربية (ar)"

static const struct kind_grant grants[] = { { "home_visit", "supervisor", "all" },
                                            { "home_visit", "case_manager", "work" } };

static struct forms_live live;

__attribute__((unused)) static int setup(void **state)
{
    struct fixture *f;
    int rc = people_setup(state);

    if (rc)
        return rc;
    f = *state;
    live = (struct forms_live){ .shipped = f->ctx.forms, .forms = f->ctx.forms, .epoch = -1 };
    fixture_as(f, "administrator");
    return 0;
}

__attribute__((unused)) static int teardown(void **state)
{
    forms_live_end(&live);
    return people_teardown(state);
}

__attribute__((unused)) static struct form_plan planned(struct fixture *f, const char *csv)
{
    const struct form_text text = { "visit.csv", csv, strlen(csv) };
    struct form_plan plan = { 0 };

    must(f, publish_check(&f->ctx, &plan, &text));
    return plan;
}

__attribute__((unused)) static void look(struct fixture *f)
{
    bool moved = false;

    must(f, forms_live_look(&f->ctx, &live, &moved, NULL));
}

/* As a next request sees it. */
__attribute__((unused)) static int64_t published(struct fixture *f, const char *csv)
{
    struct form_plan plan = planned(f, csv);
    bool fresh = plan.origin == ORIGIN_WHOLE && !plan.now;
    int64_t epoch = 0;

    for (size_t i = 0; i < plan.mistakes_len; i++)
        print_message("%d %s: %s\n", plan.mistakes[i].row, plan.mistakes[i].column,
                      plan.mistakes[i].text);
    assert_int_equal(plan.bad, 0);
    must(f, publish_now(&f->ctx, &plan, fresh ? grants : NULL, fresh ? 2 : 0, &epoch));
    look(f);
    return epoch;
}

/* The one mistake that the file has. */
__attribute__((unused)) static struct form_mistake refused(struct fixture *f, const char *csv)
{
    struct form_plan plan = planned(f, csv);

    assert_int_equal(plan.bad, 1);
    assert_null(plan.form);
    for (size_t i = 0; i < plan.mistakes_len; i++)
        if (!plan.mistakes[i].warning)
            return plan.mistakes[i];
    return (struct form_mistake){ 0 };
}

#endif
