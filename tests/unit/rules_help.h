#ifndef TEST_RULES_HELP_H
#define TEST_RULES_HELP_H

/* What the tests of rules share: people with cases, waiting, rules of their own. */

#include <sys/stat.h>

#include "core/asset.h"
#include "core/text.h"
#include "forms_gen.h"
#include "people_fixture.h"
#include "rules/rules.h"

#define DAY_MS ((int64_t)24 * 60 * 60 * 1000)
#define CHILD                                                                                      \
    "names.1.name_text=Moussa;names.1.name_script=Latn;birth_date=2012-03-01;"                     \
    "birth_precision=day;sex=male"

__attribute__((unused)) static int setup(void **state)
{
    struct fixture *f;
    int rc = people_setup(state);

    if (rc)
        return rc;
    f = *state;
    load_lasting(f, rules_load);
    return 0;
}

/* A person who came back on a day, with a case. */
__attribute__((unused)) static struct record *given_case(struct fixture *f, const char *person,
                                                         const char *arrival)
{
    struct record *who = person_stored(f, person);

    if (arrival)
        (void)child_stored(f, FORM_RETURN_EVENT, who,
                           arena_printf(f->ctx.arena, "arrival_date=%s", arrival));
    return child_stored(f, FORM_CASE, who, "opened=2026-11-01;vulnerable=no");
}

__attribute__((unused)) static struct record *person_of(struct fixture *f, const struct record *rec)
{
    struct record *person = NULL;

    must(f, record_load(&f->ctx, &person, FORM_PERSON, rec->parent_id));
    return person;
}

__attribute__((unused)) static void move(struct fixture *f, struct record *rec, const char *status)
{
    must(f, record_set_status(&f->ctx, rec, rec->version, status, "for the test"));
}

/* The result of a rule that holds; NULL if it does not. */
__attribute__((unused)) static struct rule_result *
result_of(struct fixture *f, const struct record *rec, const char *rule)
{
    struct rule_result *items = NULL;
    size_t len = 0;

    must(f, rules_results(&f->ctx, &items, &len, rec));
    for (size_t i = 0; i < len; i++)
        if (items[i].rule && items[i].holds && text_equal(items[i].rule->id, rule))
            return &items[i];
    return NULL;
}

__attribute__((unused)) static bool open_now(struct fixture *f, const struct record *rec,
                                             const char *rule)
{
    const struct rule_result *r = result_of(f, rec, rule);

    return r && text_equal(r->state, "open");
}

__attribute__((unused)) static void wait_until(struct fixture *f, int days)
{
    size_t done = 0;

    f->ctx.now_ms += days * DAY_MS;
    must(f, rules_round(&f->ctx, 1000, &done));
}

/* A folder with one file of rules, in place of those shipped. */
__attribute__((unused)) static void use_rules(struct fixture *f, const char *row)
{
    const char *dir = arena_printf(f->ctx.arena, "%s/content", f->dir);
    const char *rules = arena_printf(f->ctx.arena, "%s/rules", dir);
    FILE *file;

    (void)mkdir(dir, 0700);
    (void)mkdir(rules, 0700);
    file = fopen(arena_printf(f->ctx.arena, "%s/wrong.csv", rules), "wbe");
    assert_non_null(file);
    (void)fprintf(file,
                  "id,on,do,gate,when,from,from_months,until,until_months,due,due_months,"
                  "next_check,role,severity,second,closed,message::English (en),"
                  "message::Fran\xC3\xA7"
                  "ais (fr),message::Espa\xC3\xB1ol (es),"
                  "message::Arabic (ar),req\n%s\n",
                  row);
    assert_int_equal(fclose(file), 0);
    must(f, asset_use_directory(&f->ctx, dir));
}

__attribute__((unused)) static void drop_rules(struct fixture *f)
{
    (void)remove(arena_printf(f->ctx.arena, "%s/content/rules/wrong.csv", f->dir));
    (void)remove(arena_printf(f->ctx.arena, "%s/content/rules", f->dir));
    (void)remove(arena_printf(f->ctx.arena, "%s/content", f->dir));
}

__attribute__((unused)) static void load_own_rules(struct fixture *f, const char *row)
{
    struct arena *arena = f->ctx.arena;

    use_rules(f, row);
    f->ctx.arena = f->long_arena;
    must(f, rules_load(&f->ctx));
    f->ctx.arena = arena;
}

#endif
