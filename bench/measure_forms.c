/*
 * Figures of forms and expressions, each on a line: what, figure and what to compare it with, with
 * tabs between them. Run by bench/forms.py.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "core/buf.h"
#include "core/date.h"
#include "core/text.h"
#include "forms/forms_inner.h"

#define QUESTIONS   1000
#define EXPRESSIONS 100000
#define ROUNDS      25
#define FORM_BYTES  ((size_t)4 * 1024 * 1024)

static const char *const columns =
    "survey\n,type,name,label::English (en),relevant,calculation,constraint,required,"
    "choice_filter\n";
static const char *const lists =
    "choices\n,list_name,name,label::English (en),region\n,yn,yes,Yes,\n,yn,no,No,\n"
    ",town,arl,Arlit,yes\n,town,aga,Agadez,yes\n,town,dos,Dosso,no\n"
    "settings\n,form_title::English (en),form_id,version\n,Test,test,1\n";

static void must(struct ctx *ctx, enum err rc)
{
    if (rc) {
        fprintf(stderr, "%s\n", ctx_first_problem(ctx));
        exit(1);
    }
}

/* Ten questions of the kinds that forms have, with the logic that they have. */
static void add_block(struct buf *b, int i)
{
    int n = i * 10;

    buf_printf(b, ",select_one yn,q%d,Question,,,,yes,\n", n);
    buf_printf(b, ",text,q%d,Question,${q%d} = 'yes',,string-length(.) < 200,,\n", n + 1, n);
    buf_printf(b, ",integer,q%d,Question,,,. >= 0 and . < 150,yes,\n", n + 2);
    buf_printf(b, ",date,q%d,Question,,,. <= today(),,\n", n + 3);
    buf_printf(b, ",select_one town,q%d,Question,,,,,region = ${q%d}\n", n + 4, n);
    buf_printf(b, ",select_multiple yn,q%d,Question,,,,,\n", n + 5);
    buf_printf(b, ",calculate,q%d,,,\"if(${q%d} > 17, 'adult', 'child')\",,,\n", n + 6, n + 2);
    buf_printf(b, ",decimal,q%d,Question,\"selected(${q%d}, 'yes')\",,,,\n", n + 7, n + 5);
    buf_printf(b, ",calculate,q%d,,,\"coalesce(${q%d}, 0) + ${q%d}%s\",,,\n", n + 8, n + 7, n + 2,
               i ? arena_printf(b->arena, " + ${q%d}", n - 2) : "");
    buf_printf(b, ",note,q%d,Question,${q%d} = 'child',,,,\n", n + 9, n + 6);
}

static const struct form *make_form(struct ctx *ctx)
{
    const struct forms *forms = NULL;
    struct buf b;
    int64_t began;

    buf_init(&b, ctx->arena, FORM_BYTES);
    buf_add(&b, columns);
    for (int i = 0; i < QUESTIONS / 10; i++)
        add_block(&b, i);
    buf_add(&b, lists);
    began = clock_monotonic_us();
    must(ctx, form_parse(ctx, &forms, "test.csv", buf_text(&b), b.len));
    printf("a form of %d questions read and checked\t%.1f ms\tat most 300 ms\n", QUESTIONS,
           (double)(clock_monotonic_us() - began) / 1000);
    return forms->items[0];
}

static struct answers *fill(struct ctx *ctx, const struct form *form)
{
    static const char *const values[] = { "yes", "Some words", "35",   "2026-01-31", "aga",
                                          "yes", NULL,         "12.5", NULL,         NULL };
    struct answers *t = answers_new(ctx->arena, form);

    for (size_t i = 0; i < form->all_len; i++)
        if (values[i % 10])
            answers_set(t, form->all[i], values[i % 10]);
    return t;
}

static void measure_form(struct ctx *ctx, const struct form *form)
{
    const struct field *first = field_find(form, "q2");
    int64_t validating = INT64_MAX;
    int64_t changing = INT64_MAX;

    for (int i = 0; i < ROUNDS; i++) {
        struct arena_mark mark = arena_mark(ctx->arena);
        struct answers *t = fill(ctx, form);
        int64_t began = clock_monotonic_us();
        int64_t took;

        must(ctx, answers_validate(ctx, t, true));
        took = clock_monotonic_us() - began;
        validating = took < validating ? took : validating;
        answers_set(t, first, "36");
        began = clock_monotonic_us();
        must(ctx, answers_recompute(ctx, t, first, NULL));
        took = clock_monotonic_us() - began;
        changing = took < changing ? took : changing;
        arena_rewind(ctx->arena, mark);
    }
    printf("a full submission of it validated\t%.2f ms\tat most 5 ms\n", (double)validating / 1000);
    printf("one answer changed, on which 101 others depend\t%.2f ms\tnew state, without HTML\n",
           (double)changing / 1000);
}

static void measure_expressions(struct ctx *ctx)
{
    static const char *const texts[] = {
        "/data/age > 17 and /data/stay = 'yes'",
        "if(/data/age > 17, 'adult', 'child')",
        "today() - /data/born > 6570",
        "round(/data/age * 1.18, 2)",
        "concat(/data/stay, '-', /data/age)",
        "selected(/data/stay, 'no')",
        "../age + 1",
        "coalesce(/data/none, /data/stay)",
        "string-length(/data/stay) < 9",
        "regex(/data/stay, '[a-z]{2,3}')",
    };
    const struct forms *forms = NULL;
    const char *csv = arena_printf(ctx->arena,
                                   "%s,integer,age,A,,,,,\n,text,stay,S,,,,,\n,date,born,B,,,,,\n"
                                   ",text,none,N,,,,,\n%s",
                                   columns, lists);
    const struct expr *e[sizeof(texts) / sizeof(texts[0])] = { 0 };
    size_t len = sizeof(texts) / sizeof(texts[0]);
    struct answers *t;
    struct expr_host host;
    int64_t began;

    must(ctx, form_parse(ctx, &forms, "test.csv", csv, strlen(csv)));
    t = answers_new(ctx->arena, forms->items[0]);
    answers_set(t, field_find(t->form, "age"), "35");
    answers_set(t, field_find(t->form, "stay"), "yes");
    answers_set(t, field_find(t->form, "born"), "1990-06-15");
    host = answers_host(ctx, t, field_find(t->form, "none"), "2026-11-22");
    for (size_t i = 0; i < len; i++)
        must(ctx, expr_parse(ctx, &e[i], texts[i], NULL));
    began = clock_monotonic_us();
    for (size_t i = 0; i < EXPRESSIONS; i++) {
        struct arena_mark mark = arena_mark(ctx->arena);
        struct expr_value v = { 0 };

        must(ctx, expr_eval(ctx, &v, e[i % len], &host));
        (void)expr_text(ctx, &v);
        arena_rewind(ctx->arena, mark);
    }
    began = clock_monotonic_us() - began;
    printf("%d small expressions evaluated\t%.0f ms\t%.2f us each\n", EXPRESSIONS,
           (double)began / 1000, (double)began / EXPRESSIONS);
}

int main(void)
{
    struct ctx ctx = { .arena = arena_new((size_t)512 * 1024 * 1024),
                       .lang = "en",
                       .time_zone = "UTC",
                       .now_ms = INT64_C(1795334400000) };

    measure_expressions(&ctx);
    measure_form(&ctx, make_form(&ctx));
    arena_free(ctx.arena);
    return 0;
}
