/* homeward form: check, publish, list, versions, back. */
#include <stdio.h>
#include <string.h>

#include "auth/home.h"
#include "core/opt.h"
#include "core/text.h"
#include "records/publish_inner.h"

#define GRANTS_MAX 64

static const char usage[] =
    "usage: homeward form publish FILE... --database FILE --as NAME [--grant ROLE=LEVEL,...]\n"
    "       homeward form list --database FILE --as NAME\n"
    "       homeward form versions KIND --database FILE --as NAME\n"
    "       homeward form back KIND EPOCH --database FILE --as NAME\n"
    "\n"
    "publish puts a form, or an overlay (a file with the column hw:do), into force while the\n"
    "server runs. Tables (CSV) that it looks up, and pictures that its labels name, are given "
    "beside\n"
    "it, or all in a zip. Every mistake is told with file, row, column, value and what to do; "
    "nothing is\n"
    "published then. --grant says what roles may do with records of a new kind: see, work (add\n"
    "and change too) or all (import and export too): --grant case_manager=work,supervisor=all.\n"
    "--dry-run only tells what would change. back publishes an older version again, by the epoch\n"
    "that versions tells. How to write a form is told in docs/add-a-form.md.\n";

static const struct opt_spec specs[] = {
    HOME_OPTS,
    { "as", "NAME", "the user to act as, with that user's rights", false },
    { "grant", "ROLE=LEVEL,...", "what roles may do with a new kind: see, work or all", false },
    { "dry-run", NULL, "tell what would change; publish nothing", false },
    { 0 },
};

static void print_plan(struct ctx *ctx, const struct form_plan *plan)
{
    for (size_t i = 0; i < plan->mistakes_len; i++) {
        const struct form_mistake *m = &plan->mistakes[i];
        const char *text = m->text;

        if (m->row > 0)
            text = arena_printf(ctx->arena, "%s:%d:%s: “%s”: %s", m->file, m->row, m->column,
                                m->value, m->text);
        printf("%s\n", m->warning ? tr(ctx, "note: {0}", TR_TEXT(text)) : text);
    }
    for (size_t i = 0; i < plan->changes_len; i++) {
        const struct form_change *c = &plan->changes[i];

        printf("  %s %s: “%s” → “%s”\n", c->field, c->what, c->before, c->after);
    }
}

/* "case_manager=work,supervisor=all" */
static enum err read_grants(struct ctx *ctx, struct kind_grant *out, size_t *len_out,
                            const char *text, const char *kind)
{
    size_t len = 0;
    char **parts = text_split(ctx->arena, text ? text : "", ',', true, &len);

    for (size_t i = 0; i < len; i++) {
        char *equals = strchr(parts[i], '=');

        if (!equals || i == GRANTS_MAX)
            return ctx_fail(ctx, ERR_INVALID,
                            tr(ctx, "--grant takes ROLE=LEVEL, not {0}.", TR_TEXT(parts[i])));
        *equals = '\0';
        out[i] = (struct kind_grant){ kind, text_trim(ctx->arena, parts[i]),
                                      text_trim(ctx->arena, equals + 1) };
    }
    *len_out = len;
    return OK;
}

static enum err publish_text(struct ctx *ctx, const struct opts *o, const struct form_text *text)
{
    struct kind_grant grants[GRANTS_MAX];
    struct form_plan plan = { 0 };
    size_t len = 0;
    int64_t epoch = 0;
    enum err rc = publish_check(ctx, &plan, text);

    if (rc)
        return rc;
    print_plan(ctx, &plan);
    if (plan.bad)
        return ctx_fail(ctx, ERR_INVALID,
                        tr(ctx,
                           "{0, plural, one {# mistake was found} other {# mistakes were found}}: "
                           "nothing was published.",
                           TR_INT(plan.bad)));
    rc = read_grants(ctx, grants, &len, opt_text(o, "grant"), plan.kind);
    if (rc || opt_flag(o, "dry-run"))
        return rc;
    rc = publish_now(ctx, &plan, grants, len, &epoch);
    if (!rc)
        printf("%s\n",
               tr(ctx,
                  "Published: {0}, version {1}, {2, plural, one {# field} other {# fields}}, "
                  "epoch {3}",
                  TR_TEXT(plan.form->kind), TR_TEXT(plan.form->version),
                  TR_INT((int64_t)plan.form->all_len), TR_INT(epoch)));
    return rc;
}

static enum err run_publish(struct ctx *ctx, const struct opts *o)
{
    struct form_text text = { 0 };
    struct delivered *files;
    enum err rc;

    if (opt_words(o) == 0)
        return ctx_fail(
            ctx, ERR_INVALID,
            tr(ctx, "Say which file to publish: {0}", TR_TEXT("homeward form publish FILE")));
    files = ARENA_ARRAY(ctx->arena, opt_words(o), struct delivered);
    rc = OK;
    for (size_t i = 0; !rc && i < opt_words(o); i++)
        rc = pack_file(ctx, &files[i], opt_word(o, i), FORM_PACK_MAX);
    if (!rc)
        rc = pack_read(ctx, &text, files, opt_words(o));
    return rc ? rc : publish_text(ctx, o, &text);
}

static enum err run_list(struct ctx *ctx, const struct opts *o)
{
    (void)o;
    for (size_t i = 0; i < ctx->forms->len; i++)
        printf("%-30s %-12s %s\n", ctx->forms->items[i]->kind, ctx->forms->items[i]->version,
               label_text(ctx, &ctx->forms->items[i]->title));
    return OK;
}

static enum err run_versions(struct ctx *ctx, const struct opts *o)
{
    struct form_version *items = NULL;
    size_t len = 0;
    enum err rc;

    if (opt_words(o) != 1)
        return ctx_fail(ctx, ERR_INVALID, tr(ctx, "Say which kind of record."));
    rc = form_versions(ctx, &items, &len, opt_word(o, 0));
    for (size_t i = 0; !rc && i < len; i++)
        printf("%6lld  %-12s  %s\n", (long long)items[i].epoch, items[i].version,
               items[i].origin == ORIGIN_SHIPPED   ? "shipped"
               : items[i].origin == ORIGIN_OVERLAY ? "overlay"
                                                   : "whole");
    return rc;
}

static enum err run_back(struct ctx *ctx, const struct opts *o)
{
    struct form_text text = { 0 };
    int64_t epoch = 0;
    enum err rc;

    if (opt_words(o) != 2 || !parse_int(opt_word(o, 1), 1, INT64_MAX, &epoch))
        return ctx_fail(ctx, ERR_INVALID,
                        tr(ctx, "Say which kind of record and which epoch: {0}",
                           TR_TEXT("homeward form back KIND EPOCH")));
    rc = form_version_again(ctx, &text, opt_word(o, 0), epoch);
    return rc ? rc : publish_text(ctx, o, &text);
}

static const struct {
    const char *verb;
    enum err (*run)(struct ctx *ctx, const struct opts *o);
} verbs[] = {
    { "publish", run_publish },
    { "list", run_list },
    { "versions", run_versions },
    { "back", run_back },
};

enum err form_command(struct ctx *ctx, int argc, char **argv)
{
    struct opts *o = NULL;
    const char *verb = argc > 1 ? argv[1] : "";
    enum err rc;

    for (size_t i = 0; i < sizeof verbs / sizeof verbs[0]; i++) {
        if (!text_equal(verbs[i].verb, verb))
            continue;
        rc = opts_parse(ctx, &o, specs, usage, argc - 1, argv + 1);
        if (rc || !o)
            return rc;
        if (!ctx->db)
            return ctx_fail(ctx, ERR_INVALID, tr(ctx, "Name the database: --database FILE"));
        if (!user_may(ctx->user, "form.publish"))
            return ctx_fail(ctx, ERR_FORBIDDEN, tr(ctx, "Your role does not allow this."));
        return verbs[i].run(ctx, o);
    }
    return forms_command(ctx, argc, argv, form_files_check); /* what needs no database */
}
