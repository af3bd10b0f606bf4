#include <stdio.h>
#include <string.h>

#include "core/opt.h"
#include "core/text.h"
#include "forms/forms_inner.h"
#include "forms/xform.h"

#define FILE_MAX ((size_t)4 * 1024 * 1024)

static const char usage[] =
    "usage: homeward form check FILE...\n"
    "       homeward form xform FILE|KIND\n"
    "\n"
    "check: looks at forms before they are used and prints every mistake at once, each on a line\n"
    "of its own: file, row, column, what is wrong and what to do. Rows count as in a spreadsheet.\n"
    "A line that begins with \"note:\" is no mistake. Ends with 0 if every form is good, else 2.\n"
    "\n"
    "xform: prints the form as an ODK XForm; KIND is a form that the program carries.\n"
    "\n"
    "A form is one CSV file with the sections survey, choices and settings, in the columns of\n"
    "XLSForm, or a workbook (.xlsx) with a sheet for each. How to write one is told in\n"
    "docs/add-a-form.md; content/forms has examples. Shared lists, as in select_one_from_file\n"
    "countries.csv, are those that the program carries.\n"
    "\n"
    "  homeward form check my-forms/visit.csv\n"
    "  homeward form xform person > person.xml\n";

static const struct opt_spec specs[] = { { 0 } };

/* The whole file; NULL after a problem. */
static char *read_file(struct ctx *ctx, const char *path, size_t *len_out)
{
    FILE *file = fopen(path, "rbe");
    char *bytes = NULL;
    size_t len;

    if (!file) {
        (void)ctx_fail(ctx, ERR_NOT_FOUND, tr(ctx, "Could not open {0}.", TR_TEXT(path)));
        return NULL;
    }
    bytes = arena_alloc(ctx->arena, FILE_MAX + 1);
    len = fread(bytes, 1, FILE_MAX + 1, file);
    if (ferror(file) || len > FILE_MAX) {
        (void)ctx_fail(ctx, ERR_INVALID,
                       tr(ctx, "Could not read {0}, or it is larger than 4 MB.", TR_TEXT(path)));
        bytes = NULL;
    }
    (void)fclose(file);
    *len_out = len;
    return bytes;
}

/* Prints what was found about one file, and forgets it. */
static void print_problems(struct ctx *ctx)
{
    for (const struct problem *p = ctx->problems; p; p = p->next) {
        const char *text = p->text;

        if (p->field)
            text = arena_printf(ctx->arena, "%s: %s", p->field, text);
        printf("%s\n", p->code == OK ? tr(ctx, "note: {0}", TR_TEXT(text)) : text);
    }
    ctx_clear_problems(ctx);
}

static enum err check_file(struct ctx *ctx, const char *path)
{
    const struct forms *forms = NULL;
    size_t len = 0;
    const char *bytes = read_file(ctx, path, &len);
    enum err rc = ERR_INVALID;

    if (bytes)
        rc = form_parse_published(ctx, &forms, path, bytes, len);
    print_problems(ctx);
    if (!rc)
        printf("%s\n",
               tr(ctx, "{0}: good: {1}, version {2}, {3, plural, one {# field} other {# fields}}",
                  TR_TEXT(path), TR_TEXT(forms->items[0]->kind), TR_TEXT(forms->items[0]->version),
                  TR_INT((int64_t)forms->items[0]->all_len)));
    return rc;
}

static enum err check_files(struct ctx *ctx, const struct opts *opts)
{
    size_t bad = 0;

    for (size_t i = 0; i < opt_words(opts); i++)
        bad += check_file(ctx, opt_word(opts, i)) != OK;
    if (bad)
        return ctx_fail(ctx, ERR_INVALID,
                        tr(ctx,
                           "{0, plural, one {# form has} other {# forms have}} mistakes: mend them "
                           "and check again.",
                           TR_INT((int64_t)bad)));
    return OK;
}

/* A form of the program by its kind, else one in a file. */
static enum err find_form(struct ctx *ctx, const struct form **out, const char *what)
{
    const struct forms *forms = NULL;
    size_t len = 0;
    const char *bytes;
    enum err rc;

    if (text_is_name(what)) {
        rc = forms_load(ctx, &forms);
        if (rc)
            return rc;
        *out = form_find(forms, what);
        return *out ? OK
                    : ctx_fail(ctx, ERR_NOT_FOUND,
                               tr(ctx, "There is no form named {0}.", TR_TEXT(what)));
    }
    bytes = read_file(ctx, what, &len);
    if (!bytes)
        return ERR_NOT_FOUND;
    rc = form_parse_published(ctx, &forms, what, bytes, len);
    if (!rc)
        *out = forms->items[0];
    return rc;
}

static enum err print_xform(struct ctx *ctx, const struct opts *opts)
{
    const struct form *form = NULL;
    const char *xml = NULL;
    size_t len = 0;
    enum err rc = find_form(ctx, &form, opt_word(opts, 0));

    if (!rc)
        rc = xform_write(ctx, &xml, &len, form);
    if (!rc && (fwrite(xml, 1, len, stdout) != len || fflush(stdout) != 0))
        rc = ctx_fail(ctx, ERR_IO, tr(ctx, "The form could not be written."));
    return rc;
}

/* argv[0] is form, argv[1] the verb. */
enum err forms_command(struct ctx *ctx, int argc, char **argv)
{
    struct opts *opts = NULL;
    bool check = argc > 1 && strcmp(argv[1], "check") == 0;
    bool xform = argc > 1 && strcmp(argv[1], "xform") == 0;
    bool verb = check || xform;
    enum err rc =
        opts_parse(ctx, &opts, specs, usage, verb ? argc - 1 : argc, verb ? argv + 1 : argv);

    if (rc || !opts)
        return rc;
    if (xform && opt_words(opts) == 1)
        return print_xform(ctx, opts);
    if (!check || opt_words(opts) == 0)
        return ctx_fail(
            ctx, ERR_INVALID,
            tr(ctx, "Say which forms to check: {0}",
               TR_TEXT(xform ? "homeward form xform FILE|KIND" : "homeward form check FILE...")));
    return check_files(ctx, opts);
}
