/*
 * What our engine makes of answers, for tests that compare it with another: form_state FORM NOW.
 * FORM is a file or the kind of a shipped form, NOW are milliseconds. Standard input has blocks of
 * lines "path TAB value", each ended by an empty line; for each block one line of JSON comes out:
 * {"names.1.sex": {"relevant": true, "value": "f", "wrong": null}, ...}; wrong is what is said.
 * Questions whose choices stand in an order made by chance have "choices": [...] too.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/text.h"
#include "forms/forms.h"

#define PAIRS_MAX 5000
#define LINE_SIZE 65536
#define FORM_SIZE ((size_t)4 * 1024 * 1024)

static void fail(struct ctx *ctx, const char *what)
{
    (void)fprintf(stderr, "form_state: %s\n", what);
    for (const struct problem *p = ctx->problems; p; p = p->next)
        (void)fprintf(stderr, "%s: %s\n", p->field ? p->field : "", p->text);
    exit(2);
}

static const struct form *load(struct ctx *ctx, const char *name)
{
    const struct forms *forms = NULL;
    const struct form *form = NULL;
    FILE *file;
    char *bytes;
    size_t len;

    if (text_is_name(name)) {
        if (forms_load(ctx, &forms) == OK)
            form = form_find(forms, name);
        return form;
    }
    file = fopen(name, "rbe");
    if (!file)
        return NULL;
    bytes = arena_alloc(ctx->arena, FORM_SIZE);
    len = fread(bytes, 1, FORM_SIZE, file);
    (void)fclose(file);
    return form_parse(ctx, &forms, name, bytes, len) == OK ? forms->items[0] : NULL;
}

/* Those of a question in an order made by chance, in that order. */
static void add_choices(struct ctx *ctx, struct buf *out, const struct answers *t,
                        const struct field *f)
{
    const struct choice *const *items = NULL;
    size_t len = 0;

    if (answers_choices(ctx, t, f, &items, &len) != OK)
        fail(ctx, "no choices");
    buf_add(out, ", \"choices\": [");
    for (size_t i = 0; i < len; i++) {
        buf_add(out, i > 0 ? ", " : "");
        buf_add_json(out, items[i]->name);
    }
    buf_add(out, "]");
}

static void add_level(struct ctx *ctx, struct buf *out, const struct answers *t,
                      const struct field *first)
{
    for (const struct field *f = first; f; f = f->next) {
        const char *path = answers_path(ctx->arena, t, f);
        const char *value = field_has_value(f) ? answers_get(t, f) : NULL;
        const char *wrong = ctx_problem(ctx, path);

        buf_add(out, out->len > 1 ? ", " : "");
        buf_add_json(out, path);
        buf_printf(out, ": {\"relevant\": %s, \"value\": ",
                   t->relevant && t->relevant[f->place] ? "true" : "false");
        buf_add_json(out, value ? value : "");
        buf_add(out, ", \"wrong\": ");
        if (wrong)
            buf_add_json(out, wrong);
        else
            buf_add(out, "null");
        if (f->randomize)
            add_choices(ctx, out, t, f);
        buf_add(out, "}");
        if (f->kind == FIELD_GROUP)
            add_level(ctx, out, t, f->children);
        for (size_t i = 0; f->kind == FIELD_REPEAT && i < t->rows_len[f->place]; i++)
            add_level(ctx, out, t->rows[f->place][i], f->children);
    }
}

static void show(struct ctx *ctx, const struct form *form, const struct answer_pair *pairs,
                 size_t len)
{
    struct answers *t = NULL;
    struct buf out;
    enum err rc;

    ctx_clear_problems(ctx);
    rc = answers_from_pairs(ctx, &t, form, pairs, len);
    if (!t)
        fail(ctx, "no answers");
    if (rc == OK || rc == ERR_INVALID)
        rc = answers_validate(ctx, t, true);
    if (rc && rc != ERR_INVALID) /* what is invalid is shown beside its answer */
        fail(ctx, err_name(rc));
    buf_init(&out, ctx->arena, (size_t)16 * 1024 * 1024);
    buf_add(&out, "{");
    add_level(ctx, &out, t, form->fields);
    buf_add(&out, "}\n");
    (void)fputs(buf_text(&out), stdout);
    (void)fflush(stdout);
}

int main(int argc, char **argv)
{
    struct ctx ctx = { .arena = arena_new((size_t)1 << 30), .lang = "en", .time_zone = "UTC" };
    struct answer_pair *pairs = ARENA_ARRAY(ctx.arena, PAIRS_MAX, struct answer_pair);
    char *line = arena_alloc(ctx.arena, LINE_SIZE);
    const struct form *form;
    size_t len = 0;

    if (argc != 3 || !parse_int(argv[2], 0, INT64_MAX, &ctx.now_ms))
        fail(&ctx, "usage: form_state FORM NOW");
    form = load(&ctx, argv[1]);
    if (!form)
        fail(&ctx, "no such form, or it has mistakes");
    while (fgets(line, LINE_SIZE, stdin)) {
        char *tab = strchr(line, '\t');

        line[strcspn(line, "\n")] = '\0';
        if (!tab) {
            show(&ctx, form, pairs, len);
            len = 0;
            continue;
        }
        if (len == PAIRS_MAX)
            fail(&ctx, "too many answers");
        *tab = '\0';
        pairs[len].name = arena_strdup(ctx.arena, line);
        pairs[len++].value = arena_strdup(ctx.arena, tab + 1);
    }
    arena_free(ctx.arena);
    return 0;
}
