/*
 * rulec: checks the shipped rules against the case document, writes rules_gen.h (GATE_<NAME> for
 * each gate, so that a misspelt one in C does not compile), and prints docs/case-document.md.
 *
 * usage: rulec CONTENT_DIR OUT.h [CASE_DOCUMENT.md]
 *
 * Exits with 1 after printing every mistake: file:row:column and the reason.
 */

#include <stdio.h>
#include <string.h>

#include "core/asset.h"
#include "core/buf.h"
#include "core/text.h"
#include "rules/rule_set.h"

#define OUT_MAX      ((size_t)4 * 1024 * 1024)
#define ARENA_BUDGET ((size_t)256 * 1024 * 1024)

static bool named_before(const struct rule_set *set, size_t n)
{
    for (size_t i = 0; i < n; i++)
        if (text_equal(set->items[i].gate, set->items[n].gate))
            return true;
    return false;
}

static void add_gates(struct buf *b, const struct rule_set *set)
{
    buf_add(b, "/* Made by tools/rulec from content/rules: do not edit. */\n"
               "#ifndef RULES_GEN_H\n#define RULES_GEN_H\n\n");
    for (size_t i = 0; i < set->len; i++) {
        const char *gate = set->items[i].gate;

        if (!gate || named_before(set, i))
            continue;
        buf_add(b, "#define GATE_");
        for (const char *p = gate; *p; p++)
            buf_add_char(b, *p >= 'a' && *p <= 'z' ? (char)(*p - 'a' + 'A') : *p);
        buf_printf(b, " \"%s\"\n", gate);
    }
    buf_add(b, "\n#endif\n");
}

static bool write_file(const char *path, const struct buf *b)
{
    FILE *file = fopen(path, "wbe");
    bool good;

    if (!file)
        return false;
    good = fwrite(b->data, 1, b->len, file) == b->len;
    return fclose(file) == 0 && good;
}

static enum err make(struct ctx *ctx, char **argv)
{
    const struct rule_set *set = NULL;
    struct buf b;
    enum err rc = forms_load_directory(ctx, &ctx->forms, argv[1]);

    if (!rc)
        rc = rule_set_load(ctx, &set, ctx->forms);
    if (rc)
        return rc;
    buf_init(&b, ctx->arena, OUT_MAX);
    add_gates(&b, set);
    if (!write_file(argv[2], &b))
        return ERR_IO;
    if (!argv[3])
        return OK;
    buf_clear(&b);
    shape_print(&b, set->shape);
    return buf_ok(&b) && write_file(argv[3], &b) ? OK : ERR_IO;
}

int main(int argc, char **argv)
{
    struct ctx ctx = { .lang = "en", .time_zone = "UTC" };
    enum err rc;

    if (argc != 3 && argc != 4) {
        fprintf(stderr, "usage: rulec CONTENT_DIR OUT.h [CASE_DOCUMENT.md]\n");
        return 2;
    }
    ctx.arena = arena_new(ARENA_BUDGET);
    rc = make(&ctx, argv);
    for (const struct problem *p = ctx.problems; p; p = p->next)
        if (p->code != OK)
            fprintf(stderr, "%s%s%s\n", p->field ? p->field : "", p->field ? ": " : "", p->text);
    if (rc)
        fprintf(stderr, "rulec: %s\n", err_name(rc));
    arena_free(ctx.arena);
    return rc ? 1 : 0;
}
