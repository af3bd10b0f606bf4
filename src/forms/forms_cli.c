#include <stdio.h>
#include <string.h>

#include "core/opt.h"
#include "core/text.h"
#include "forms/forms_inner.h"
#include "forms/pack.h"
#include "forms/xform.h"

static const char usage[] =
    "usage: homeward form check FILE...\n"
    "       homeward form xform FILE|KIND\n"
    "\n"
    "check: looks at forms before they are used and prints every mistake at once, each on a line\n"
    "of its own: file, row, column, what is wrong and what to do. Rows count as in a spreadsheet.\n"
    "A line that begins with \"note:\" is no mistake. Ends with 0 if every form is good, else 2.\n"
    "Tables (CSV) and pictures beside one form are those that come with it; so is what a zip has.\n"
    "\n"
    "xform: prints the form as an ODK XForm; KIND is a form that the program carries.\n"
    "\n"
    "A form is one CSV file with the sections survey, choices and settings, in the columns of\n"
    "XLSForm, or a workbook (.xlsx) with a sheet for each. How to write one is told in\n"
    "docs/add-a-form.md; content/forms has examples. Shared lists, as in select_one_from_file\n"
    "countries.csv, are those that the program carries.\n"
    "\n"
    "  homeward form check my-forms/visit.csv\n"
    "  homeward form check visit.csv towns.csv map.png\n"
    "  homeward form xform person > person.xml\n";

static const struct opt_spec specs[] = { { 0 } };

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

static enum err check_form_text(struct ctx *ctx, struct form_text *text, forms_look *look)
{
    const struct forms *forms = NULL;
    enum err rc = look(ctx, text);

    if (!rc)
        rc = form_parse_delivered(ctx, &forms, text);
    print_problems(ctx);
    if (!rc)
        printf("%s\n",
               tr(ctx, "{0}: good: {1}, version {2}, {3, plural, one {# field} other {# fields}}",
                  TR_TEXT(text->file), TR_TEXT(forms->items[0]->kind),
                  TR_TEXT(forms->items[0]->version), TR_INT((int64_t)forms->items[0]->all_len)));
    return rc;
}

static enum err check_file(struct ctx *ctx, const char *path, forms_look *look)
{
    struct delivered file = { 0 };
    struct form_text text = { 0 };
    enum err rc = pack_file(ctx, &file, path, PACK_BYTES_MAX);

    if (!rc)
        rc = pack_read(ctx, &text, &file, 1);
    if (rc) {
        print_problems(ctx);
        return rc;
    }
    text.file = path;
    return check_form_text(ctx, &text, look);
}

/* One form with what comes beside it. false: the files are no such thing, each is for itself. */
static bool check_together(struct ctx *ctx, const struct opts *opts, forms_look *look,
                           enum err *rc_out)
{
    size_t len = opt_words(opts);
    struct delivered *files = ARENA_ARRAY(ctx->arena, len, struct delivered);
    struct ctx scratch = *ctx; /* what is wrong is told of each file */
    struct form_text text = { 0 };
    enum err rc = OK;

    ctx_clear_problems(&scratch);
    for (size_t i = 0; !rc && i < len; i++)
        rc = pack_file(&scratch, &files[i], opt_word(opts, i), PACK_BYTES_MAX);
    if (!rc)
        rc = pack_read(&scratch, &text, files, len);
    if (rc)
        return false;
    for (size_t i = 0; i < len; i++)
        if (strcmp(files[i].name, text.file) == 0) {
            text.file = opt_word(opts, i);
            break;
        }
    *rc_out = check_form_text(ctx, &text, look);
    return true;
}

static enum err check_files(struct ctx *ctx, const struct opts *opts, forms_look *look)
{
    enum err rc = OK;
    size_t bad = 0;

    if (opt_words(opts) > 1 && check_together(ctx, opts, look, &rc))
        bad = rc != OK;
    else
        for (size_t i = 0; i < opt_words(opts); i++)
            bad += check_file(ctx, opt_word(opts, i), look) != OK;
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
    struct delivered file = { 0 };
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
    rc = pack_file(ctx, &file, what, PACK_BYTES_MAX);
    if (!rc)
        rc = form_parse_published(ctx, &forms, what, file.bytes, file.len);
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
enum err forms_command(struct ctx *ctx, int argc, char **argv, forms_look *look)
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
    return check_files(ctx, opts, look);
}
