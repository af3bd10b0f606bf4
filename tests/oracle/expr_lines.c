/*
 * Evaluates the lines of standard input: language, place and expression with tabs between them; the
 * document is the file of the first argument. Says "ok" and the text, or "error" and the problem.
 */
#include <stdio.h>
#include <stdlib.h>

#include "core/buf.h"
#include "core/text.h"
#include "doc_tree.h"
#include "expr/expr.h"

#define DOCUMENT_MAX (1024 * 1024)
#define LINE_BYTES   65536

static const char *read_file(struct arena *a, const char *path)
{
    FILE *file = fopen(path, "rb");
    char *text = arena_alloc(a, DOCUMENT_MAX);

    if (!file)
        abort();
    text[fread(text, 1, DOCUMENT_MAX - 1, file)] = '\0';
    (void)fclose(file);
    return text;
}

static void evaluate(const struct doc_node *top, char *line)
{
    struct ctx ctx = { .arena = arena_new(0), .time_zone = "UTC" };
    char **parts = text_split(ctx.arena, line, '\t', false, NULL);
    struct expr_host host = { 0 };
    struct expr_value v = { 0 };
    const struct expr *e = NULL;
    enum err rc;

    ctx.lang = parts[0];
    host = doc_host(top, doc_find(ctx.arena, top, parts[1]));
    rc = expr_parse(&ctx, &e, parts[2], NULL);
    if (!rc)
        rc = expr_eval(&ctx, &v, e, &host);
    if (rc)
        printf("error\t%s\n", ctx_first_problem(&ctx));
    else
        printf("ok\t%s\n", expr_text(&ctx, &v));
    arena_free(ctx.arena);
}

int main(int argc, char **argv)
{
    static char line[LINE_BYTES];
    struct arena *a = arena_new(0);
    const struct doc_node *top;

    if (argc != 2)
        return 2;
    top = doc_read(a, read_file(a, argv[1]));
    while (fgets(line, sizeof(line), stdin)) {
        line[strcspn(line, "\n")] = '\0';
        evaluate(top, line);
    }
    arena_free(a);
    return 0;
}
