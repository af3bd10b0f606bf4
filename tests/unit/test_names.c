/*
 * Spellings of one name find each other: those of tests/data/names.csv, and those of a second list
 * that no rule was made for. Without other people around: bench/names.py measures among 100,000.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "core/text.h"
#include "plain_ctx.h"
#include "vault/fold.h"

#define FAMILY   " Quorrabinde" /* that all bear, as most searches have two words */
#define FILE_MAX ((size_t)1 << 20)
#define IN_GROUP 24

/* One spelling, ready to be compared. */
struct spelling {
    const char *text;
    struct fold_tokens stored;
    struct fold_tokens searched;
    struct fold_line *line;
};

static bool share_a_token(const struct fold_tokens *a, const struct fold_tokens *b)
{
    for (size_t i = 0; i < a->len; i++)
        for (size_t k = 0; k < b->len; k++)
            if (a->items[i].kind == b->items[k].kind && a->items[i].kind == FOLD_PAIR &&
                text_equal(a->items[i].text, b->items[k].text))
                return true;
    return false;
}

static void spell(struct ctx *c, struct spelling *s, const char *text)
{
    s->text = arena_printf(c->arena, "%s" FAMILY, text);
    assert_int_equal(fold_name(c, &s->stored, s->text, false), OK);
    assert_int_equal(fold_name(c, &s->searched, s->text, true), OK);
    assert_int_equal(fold_line_make(c, &s->line, s->text), OK);
}

/* Whether who is stored as one is among the candidates of a search for the other, and stays. */
static bool finds(const struct spelling *asked, const struct spelling *stored)
{
    return share_a_token(&asked->searched, &stored->stored) &&
           fold_line_score(asked->line, stored->line) >= FOLD_SCORE_MIN;
}

struct counts {
    int groups;
    int searches;
    int found;
};

static void count_group(struct ctx *c, struct counts *n, char **texts, size_t len)
{
    struct spelling items[IN_GROUP] = { 0 };

    for (size_t i = 0; i < len; i++)
        spell(c, &items[i], texts[i]);
    for (size_t i = 0; i < len; i++) {
        for (size_t k = 0; k < len; k++) {
            n->searches += i != k;
            n->found += i != k && finds(&items[i], &items[k]);
        }
    }
    n->groups++;
}

/* Lines "group,part,tradition,variant,script": those of one group follow each other. */
static struct counts measured(const char *file)
{
    const char *path = arena_printf(ctx.arena, "%s/tests/data/%s", getenv("HOMEWARD_SOURCE"), file);
    char *text = arena_alloc(ctx.arena, FILE_MAX);
    FILE *in = fopen(path, "rbe");
    struct counts n = { 0 };
    char *texts[IN_GROUP];
    const char *group = "";
    size_t lines_len = 0;
    size_t len = 0;
    char **lines;

    assert_non_null(in);
    text[fread(text, 1, FILE_MAX - 1, in)] = '\0';
    (void)fclose(in);
    lines = text_split(ctx.arena, text, '\n', true, &lines_len);
    for (size_t i = 1; i < lines_len; i++) {
        size_t cells = 0;
        char **row = text_split(ctx.arena, lines[i], ',', false, &cells);

        if (cells < 5)
            continue;
        if (!text_equal(row[0], group) && len > 0)
            count_group(&ctx, &n, texts, len);
        len = text_equal(row[0], group) ? len : 0;
        group = row[0];
        if (len < IN_GROUP)
            texts[len++] = row[3];
    }
    if (len > 0)
        count_group(&ctx, &n, texts, len);
    print_message("%s: %d groups, %d of %d searches find (%.1f %%)\n", file, n.groups, n.found,
                  n.searches, 100.0 * n.found / n.searches);
    return n;
}

static void spellings_of_one_name_find_each_other(void **state)
{
    const struct counts n = measured("names.csv");

    (void)state;
    assert_true(n.groups >= 150);
    assert_true(n.found * 100 >= n.searches * 95);
}

static void so_do_those_that_no_rule_was_made_for(void **state)
{
    const struct counts n = measured("names-second.csv");

    (void)state;
    assert_true(n.groups >= 100);
    assert_true(n.found * 100 >= n.searches * 95);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(spellings_of_one_name_find_each_other, setup, teardown),
        cmocka_unit_test_setup_teardown(so_do_those_that_no_rule_was_made_for, setup, teardown),
    };

    return cmocka_run_group_tests_name("names", tests, NULL, NULL);
}
