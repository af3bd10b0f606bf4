#include "core/opt.h"

#include <assert.h>
#include <stdio.h>
#include <string.h>

#include "core/text.h"
#include "core/tr.h"

#define NAME_MAX_BYTES 40

struct opts {
    const struct opt_spec *specs;
    const char **values; /* one per spec: NULL = not given, "" = a flag that is set */
    const char **words;
    size_t words_len;
    bool help;
};

static size_t specs_len(const struct opt_spec *specs)
{
    size_t n = 0;

    while (specs[n].name)
        n++;
    return n;
}

/* Index of the option of that name; specs_len if there is none. */
static size_t find_spec(const struct opt_spec *specs, const char *name, size_t len)
{
    size_t i = 0;

    while (specs[i].name && (strlen(specs[i].name) != len || memcmp(specs[i].name, name, len) != 0))
        i++;
    return i;
}

/* Insertions, deletions and replacements between two short names. */
static size_t distance(const char *a, const char *b)
{
    size_t row[NAME_MAX_BYTES + 1];
    size_t b_len = strlen(b);

    if (b_len > NAME_MAX_BYTES || strlen(a) > NAME_MAX_BYTES)
        return NAME_MAX_BYTES;
    for (size_t k = 0; k <= b_len; k++)
        row[k] = k;
    for (size_t i = 0; a[i]; i++) {
        size_t diagonal = row[0];

        row[0] = i + 1;
        for (size_t k = 0; k < b_len; k++) {
            size_t best = diagonal + (a[i] != b[k]);

            diagonal = row[k + 1];
            if (row[k] + 1 < best)
                best = row[k] + 1;
            if (diagonal + 1 < best)
                best = diagonal + 1;
            row[k + 1] = best;
        }
    }
    return row[b_len];
}

static enum err unknown(struct ctx *ctx, const struct opt_spec *specs, const char *name)
{
    const char *nearest = NULL;
    size_t least = 3;

    for (size_t i = 0; specs[i].name; i++) {
        size_t d = distance(name, specs[i].name);

        if (d < least) {
            least = d;
            nearest = specs[i].name;
        }
    }
    if (nearest)
        return ctx_fail(ctx, ERR_INVALID,
                        tr(ctx, "There is no option --{0}. Did you mean --{1}?", TR_TEXT(name),
                           TR_TEXT(nearest)));
    return ctx_fail(
        ctx, ERR_INVALID,
        tr(ctx, "There is no option --{0}. Type --help to see them all.", TR_TEXT(name)));
}

/* One argument that begins with --; *i moves on when its value is the next argument. */
static enum err take_option(struct ctx *ctx, struct opts *o, int *i, int argc, char **argv)
{
    const char *name = argv[*i] + 2;
    const char *equals = strchr(name, '=');
    size_t len = equals ? (size_t)(equals - name) : strlen(name);
    size_t k = find_spec(o->specs, name, len);
    const struct opt_spec *spec = &o->specs[k];

    if (!spec->name)
        return unknown(ctx, o->specs, arena_strndup(ctx->arena, name, len));
    if (o->values[k])
        return ctx_fail(ctx, ERR_INVALID,
                        tr(ctx, "The option --{0} is given twice.", TR_TEXT(spec->name)));
    if (!spec->value && equals)
        return ctx_fail(ctx, ERR_INVALID,
                        tr(ctx, "The option --{0} takes no value.", TR_TEXT(spec->name)));
    if (!spec->value) {
        o->values[k] = "";
        return OK;
    }
    if (equals) {
        o->values[k] = equals + 1;
        return OK;
    }
    if (*i + 1 >= argc)
        return ctx_fail(ctx, ERR_INVALID,
                        tr(ctx, "The option --{0} needs a value: --{0} {1}", TR_TEXT(spec->name),
                           TR_TEXT(spec->value)));
    *i += 1;
    o->values[k] = argv[*i];
    return OK;
}

static enum err read_all(struct ctx *ctx, struct opts *o, int argc, char **argv)
{
    bool only_words = false;

    for (int i = 1; i < argc; i++) {
        enum err rc = OK;

        if (!text_valid(argv[i], strlen(argv[i]), NULL))
            return ctx_fail(ctx, ERR_INVALID,
                            tr(ctx, "Argument {0} is not UTF-8 text.", TR_INT(i)));
        if (only_words || argv[i][0] != '-' || argv[i][1] == '\0')
            o->words[o->words_len++] = argv[i];
        else if (strcmp(argv[i], "--") == 0)
            only_words = true;
        else if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0)
            o->help = true;
        else if (text_starts(argv[i], "--"))
            rc = take_option(ctx, o, &i, argc, argv);
        else
            rc = ctx_fail(ctx, ERR_INVALID,
                          tr(ctx, "Options are written in full, such as --help; {0} is not known.",
                             TR_TEXT(argv[i])));
        if (rc)
            return rc;
    }
    return OK;
}

static const char *in_language(struct ctx *ctx, const char *english)
{
    const struct tr_arg none = { 0 };

    return english ? tr_args(ctx, english, &none) : "";
}

static void print_help(struct ctx *ctx, const struct opt_spec *specs, const char *usage)
{
    int width = (int)strlen("help");

    for (size_t i = 0; specs[i].name; i++) {
        size_t len = strlen(specs[i].name) + (specs[i].value ? strlen(specs[i].value) + 1 : 0);

        if ((int)len > width)
            width = (int)len;
    }
    (void)printf("%s\n\n", in_language(ctx, usage));
    for (size_t i = 0; specs[i].name; i++) {
        const char *value = specs[i].value ? specs[i].value : "";
        const char *help = in_language(ctx, specs[i].help);
        int len = printf("  --%s%s%s", specs[i].name, value[0] ? " " : "", value);

        if (specs[i].required)
            help = tr(ctx, "{0} (required)", TR_TEXT(help));
        (void)printf("%*s%s\n", width + 6 - len, "", help);
    }
    (void)printf("  --%-*s%s\n", width + 2, "help", in_language(ctx, N_("Show this text.")));
    (void)fflush(stdout);
}

enum err opts_parse(struct ctx *ctx, struct opts **out, const struct opt_spec *specs,
                    const char *usage, int argc, char **argv)
{
    struct opts *o = ARENA_NEW(ctx->arena, struct opts);
    enum err rc;

    o->specs = specs;
    o->values = ARENA_ARRAY(ctx->arena, specs_len(specs) + 1, const char *);
    o->words = ARENA_ARRAY(ctx->arena, (argc > 0 ? (size_t)argc : 0) + 1, const char *);
    rc = read_all(ctx, o, argc, argv);
    if (rc)
        return rc;
    if (o->help) {
        print_help(ctx, specs, usage);
        *out = NULL;
        return OK;
    }
    for (size_t i = 0; specs[i].name; i++)
        if (specs[i].required && !o->values[i])
            return ctx_fail(ctx, ERR_INVALID,
                            tr(ctx, "The option --{0} is missing.", TR_TEXT(specs[i].name)));
    *out = o;
    return OK;
}

const char *opt_text(const struct opts *o, const char *name)
{
    size_t i = find_spec(o->specs, name, strlen(name));

    assert(o->specs[i].name); /* declared in the table */
    return o->values[i];
}

bool opt_flag(const struct opts *o, const char *name)
{
    return opt_text(o, name) != NULL;
}

size_t opt_words(const struct opts *o)
{
    return o->words_len;
}

const char *opt_word(const struct opts *o, size_t i)
{
    return i < o->words_len ? o->words[i] : NULL;
}
