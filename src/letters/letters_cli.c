/* homeward letter: check, list, publish. */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "auth/home.h"
#include "core/opt.h"
#include "core/text.h"
#include "letters/letters_inner.h"

static const char usage[] =
    "usage: homeward letter check FILE... --database FILE --as NAME\n"
    "       homeward letter list --database FILE --as NAME\n"
    "       homeward letter publish FILE [--programme CODE] --database FILE --as NAME\n"
    "\n"
    "check reads templates of letters and tells every mistake with file, line, column, value and\n"
    "what to do. publish puts one into force while the server runs, for all programmes or for\n"
    "one. How to write one is told in docs/letters.md.\n";

static const struct opt_spec specs[] = {
    HOME_OPTS,
    { "as", "NAME", "the user to act as, with that user's rights", false },
    { "programme", "CODE", "the programme whose letter it is (default: all)", false },
    { 0 },
};

struct file {
    const char *name; /* without folder and ending */
    const char *text;
};

static enum err read_file(struct ctx *ctx, struct file *out, const char *path)
{
    const char *slash = strrchr(path, '/');
    const char *base = slash ? slash + 1 : path;
    char *bytes = arena_alloc(ctx->arena, LETTER_BYTES_MAX + 2);
    FILE *file = fopen(path, "rbe");
    size_t len;
    bool bad;

    if (!file)
        return ctx_fail(
            ctx, ERR_NOT_FOUND,
            tr(ctx, "Could not open {0}: {1}", TR_TEXT(path), TR_TEXT(strerror(errno))));
    len = fread(bytes, 1, LETTER_BYTES_MAX + 1, file);
    bad = ferror(file) != 0;
    (void)fclose(file);
    bytes[len] = '\0';
    if (bad || len > LETTER_BYTES_MAX || !text_valid(bytes, len, NULL))
        return ctx_fail(ctx, ERR_INVALID,
                        tr(ctx, "Could not read {0}: it is no text in UTF-8 of at most {1} KB.",
                           TR_TEXT(path), TR_INT(LETTER_BYTES_MAX / 1024)));
    *out = (struct file){ arena_strndup(ctx->arena, base, strcspn(base, ".")), bytes };
    return OK;
}

static enum err check_file(struct ctx *ctx, const char *path)
{
    struct letter_version v = { 0 };
    struct letter *l = NULL;
    struct file file = { 0 };
    enum err rc = read_file(ctx, &file, path);

    if (rc)
        return rc;
    v = (struct letter_version){ .name = file.name, .source = file.text };
    rc = letter_open(ctx, &l, &v);
    if (rc)
        return rc;
    for (size_t i = 0; i < l->mistakes_len; i++)
        printf("%s:%d:%d: “%s”: %s\n", path, l->mistakes[i].line, l->mistakes[i].column,
               l->mistakes[i].value, l->mistakes[i].text);
    if (l->bad > 0)
        return ctx_fail(ctx, ERR_INVALID,
                        tr(ctx,
                           "{0, plural, one {# mistake was found} other {# mistakes were "
                           "found}} in {1}.",
                           TR_INT((int64_t)l->bad), TR_TEXT(path)));
    printf("%s\n", tr(ctx, "{0} is well: {1, plural, one {# language} other {# languages}}.",
                      TR_TEXT(path), TR_INT((int64_t)l->faces_len)));
    return OK;
}

static enum err run_check(struct ctx *ctx, const struct opts *o)
{
    enum err rc = OK;

    if (opt_words(o) < 2)
        return ctx_fail(
            ctx, ERR_INVALID,
            tr(ctx, "Say which file to check: {0}", TR_TEXT("homeward letter check FILE")));
    for (size_t i = 1; i < opt_words(o); i++) {
        enum err one = check_file(ctx, opt_word(o, i));

        rc = rc ? rc : one;
    }
    return rc;
}

static enum err run_list(struct ctx *ctx, const struct opts *o)
{
    struct letter_version *items = NULL;
    size_t len = 0;
    enum err rc = letters_now(ctx, &items, &len, LETTER_ALL);

    (void)o;
    for (size_t i = 0; rc == OK && i < len; i++) {
        const struct letter_face *face;
        struct letter *l = NULL;

        rc = letter_read(ctx, &l, items[i].name, items[i].source, strlen(items[i].source));
        face = rc ? NULL : letter_face_of(l, ctx->lang);
        if (rc == OK)
            printf("%-24s %-8s %s\n", items[i].name, l->kind ? l->kind : "",
                   face && face->title ? face->title : "");
    }
    return rc;
}

static enum err programme_of(struct ctx *ctx, const char **out, const char *code)
{
    struct letter_programme *items = NULL;
    size_t len = 0;
    enum err rc = letter_programmes(ctx, &items, &len);

    for (size_t i = 0; rc == OK && i < len; i++)
        if (text_equal(items[i].code, code)) {
            *out = items[i].id;
            return OK;
        }
    if (rc)
        return rc;
    return ctx_fail(ctx, ERR_NOT_FOUND, tr(ctx, "There is no such programme."));
}

static enum err run_publish(struct ctx *ctx, const struct opts *o)
{
    const char *code = opt_text(o, "programme");
    const char *programme_id = LETTER_ALL;
    struct letter_version newest = { 0 };
    struct file file = { 0 };
    bool there = false;
    enum err rc;

    if (opt_words(o) != 2)
        return ctx_fail(
            ctx, ERR_INVALID,
            tr(ctx, "Say which file to publish: {0}", TR_TEXT("homeward letter publish FILE")));
    rc = read_file(ctx, &file, opt_word(o, 1));
    if (rc == OK && code)
        rc = programme_of(ctx, &programme_id, code);
    if (rc == OK)
        rc = letter_store_newest(ctx, &newest, &there, file.name, programme_id);
    if (rc == OK)
        rc = letter_publish(ctx, file.name, programme_id, file.text, newest.version);
    for (const struct problem *p = ctx->problems; rc == ERR_INVALID && p; p = p->next)
        if (p->field)
            printf("%s: %s\n", p->field, p->text);
    if (rc == OK)
        printf("%s\n", tr(ctx, "Published: {0}, version {1}", TR_TEXT(file.name),
                          TR_INT(newest.version + 1)));
    return rc;
}

static const struct {
    const char *name;
    enum err (*run)(struct ctx *ctx, const struct opts *o);
} acts[] = { { "check", run_check }, { "list", run_list }, { "publish", run_publish } };

enum err letter_command(struct ctx *ctx, int argc, char **argv)
{
    struct opts *o = NULL;
    const char *act;
    enum err rc = opts_parse(ctx, &o, specs, usage, argc, argv);

    if (rc || !o)
        return rc;
    act = opt_word(o, 0);
    for (size_t i = 0; i < sizeof acts / sizeof acts[0]; i++)
        if (text_equal(act, acts[i].name) && ctx->db)
            return acts[i].run(ctx, o);
    if (!ctx->db)
        return ctx_fail(ctx, ERR_INVALID, tr(ctx, "Say which database: --database FILE"));
    return ctx_fail(ctx, ERR_INVALID,
                    tr(ctx, "Say what to do: check, list or publish; see {0}",
                       TR_TEXT("homeward letter --help")));
}
