/* homeward survey score */
#include <stdio.h>
#include <string.h>

#include "core/asset.h"
#include "core/opt.h"
#include "core/text.h"
#include "survey/score_file.h"
#include "survey/weights.h"

static const char *const usage = N_(
    "homeward survey score FILE [FILE ...] --out FILE [--summary FILE] [--by COLUMNS]\n"
    "\n"
    "Scores files of Reintegration Sustainability Survey interviews: CSV, workbooks (.xlsx), or\n"
    "a zip with the CSV of a form (and of its repeats, which are passed over).\n"
    "Each row is one interview. Several files may have different columns; their scores come file\n"
    "by file, the summary is over all of them, and mistakes are told with the file.\n"
    "Exports of ODK Central and KoboToolbox are taken as they come: a column is named by the\n"
    "question (food_reduction) or by its label in any language of the form; groups may stand\n"
    "before it (economic/food_reduction, economic-food_reduction). Cells hold codes or labels of\n"
    "the choices, several of them separated by spaces, or each choice has a column with 1 or 0\n"
    "(productive_assets/land). An empty cell means not answered. Columns that the export adds\n"
    "are passed over. --explain shows what each column is used for. FILE may be - for standard\n"
    "input (CSV). Comma, semicolon and tab are understood. Of a workbook the first sheet that can\n"
    "be seen is read, or that of --sheet.\n"
    "\n"
    "scores: key,economic,social,psychosocial,composite,dont_know_declined,intensity,profile\n"
    "summary: n, mean, median and shares of each score, per group of --by and for the whole\n"
    "\n"
    "A row with a mistake is told with row, column, value and reason, and left out; the others\n"
    "are scored, and the exit status is then 2. Two rows with the same key are both scored: they\n"
    "are not looked for. If the file as a whole cannot be scored, no output is written.");

static const struct opt_spec specs[] = {
    { "out", "FILE", N_("where the scores are written"), false },
    { "summary", "FILE", N_("where the summary is written"), false },
    { "by", "COLUMNS", N_("columns that make the groups of the summary, such as country,sex"),
      false },
    { "profile", "NAME", N_("scoring profile (default: homeward-1)"), false },
    { "key", "COLUMN", N_("column that names the interview (default: key, instanceID, _uuid)"),
      false },
    { "sheet", "NAME", N_("sheet of the workbooks (default: the first that can be seen)"), false },
    { "explain", NULL, N_("show what each column is used for, and score nothing"), false },
    { "jobs", "N", N_("processes that work at a time (default: one for each core)"), false },
    { "content", "DIR", N_("folder whose files replace or add to the shipped content"), false },
    { "bad", "FILE",
      N_("write every mistake into this file: row,column,value,reason, and first the file where"
         " there are several"),
      false },
    { 0 },
};

static enum err read_by(struct ctx *ctx, struct score_options *o, const char *by)
{
    size_t len = 0;
    char **names = by ? text_split(ctx->arena, by, ',', false, &len) : NULL;

    if (len > GROUP_BY_MAX)
        return ctx_fail(ctx, ERR_INVALID,
                        tr(ctx, "--by takes at most {0} columns.", TR_INT(GROUP_BY_MAX)));
    for (size_t i = 0; i < len; i++) {
        if (!*names[i])
            return ctx_fail(
                ctx, ERR_INVALID,
                tr(ctx, "--by takes names of columns separated by commas, not {0}.", TR_TEXT(by)));
        o->by[o->by_len++] = names[i];
    }
    return OK;
}

/* The files to read; each once. */
static enum err read_files(struct ctx *ctx, struct score_options *o, const struct opts *opts)
{
    size_t len = opt_words(opts);
    const char **files = ARENA_ARRAY(ctx->arena, len + 1, const char *);

    if (len == 0)
        return ctx_fail(ctx, ERR_INVALID,
                        tr(ctx, "Say which file to score: homeward survey score FILE.csv --out"
                                " scores.csv"));
    if (len > FILES_MAX)
        return ctx_fail(ctx, ERR_INVALID,
                        tr(ctx, "At most {0} files can be scored at a time.", TR_INT(FILES_MAX)));
    for (size_t i = 0; i < len; i++) {
        files[i] = opt_word(opts, i);
        for (size_t k = 0; k < i; k++)
            if (strcmp(files[i], files[k]) == 0)
                return ctx_fail(ctx, ERR_INVALID,
                                tr(ctx, "{0} is named twice.", TR_TEXT(files[i])));
    }
    o->files = files;
    o->files_len = len;
    return OK;
}

static enum err read_options(struct ctx *ctx, struct score_options *o, const struct opts *opts)
{
    const char *name = opt_text(opts, "profile");

    *o = (struct score_options){ .sheet = opt_text(opts, "sheet"),
                                 .out = opt_text(opts, "out"),
                                 .summary = opt_text(opts, "summary"),
                                 .bad = opt_text(opts, "bad"),
                                 .key = opt_text(opts, "key") };
    o->explain = opt_flag(opts, "explain");
    if (read_files(ctx, o, opts))
        return ERR_INVALID;
    if (!o->out && !o->explain)
        return ctx_fail(ctx, ERR_INVALID,
                        tr(ctx, "Say where the scores are written: --out FILE, or --explain to see"
                                " only what the columns are used for."));
    if (opt_text(opts, "jobs") && !parse_int(opt_text(opts, "jobs"), 1, JOBS_MAX, &o->jobs))
        return ctx_fail(ctx, ERR_INVALID,
                        tr(ctx, "--jobs takes a number from 1 to {0}, not {1}.", TR_INT(JOBS_MAX),
                           TR_TEXT(opt_text(opts, "jobs"))));
    o->profile = profile_find(name);
    if (!o->profile)
        return ctx_fail(ctx, ERR_INVALID,
                        tr(ctx, "There is no profile {0}; there are: {1}.", TR_TEXT(name),
                           TR_TEXT(profile_list(ctx))));
    if (opt_text(opts, "by") && !o->summary)
        return ctx_fail(ctx, ERR_INVALID,
                        tr(ctx, "--by is for the summary: say --summary FILE too."));
    return read_by(ctx, o, opt_text(opts, "by"));
}

/* DIR/scoring/NAME.csv is a profile of the organisation's own. */
enum err survey_load_content(struct ctx *ctx, const char *dir)
{
    enum err rc;

    if (!dir)
        return profile_find(NULL) ? OK : profiles_load(ctx);
    rc = asset_use_directory(ctx, dir);
    if (rc)
        return rc;
    ctx->forms = NULL; /* they may be other ones now */
    return profiles_load(ctx);
}

static enum err score_command(struct ctx *ctx, int argc, char **argv)
{
    struct score_options o = { 0 };
    struct score_report report = { 0 };
    struct opts *opts = NULL;
    enum err rc = opts_parse(ctx, &opts, specs, usage, argc, argv);

    if (rc || !opts)
        return rc;
    rc = survey_load_content(ctx, opt_text(opts, "content"));
    if (!rc)
        rc = read_options(ctx, &o, opts);
    if (!rc)
        rc = score_file(ctx, &report, &o);
    if (rc || o.explain)
        return rc;
    (void)fprintf(stderr, "%s\n",
                  tr(ctx,
                     "{0, plural, one {# interview was} other {# interviews were}} scored with"
                     " {1}; {2} flagged for don't know and declined.",
                     TR_INT(report.good), TR_TEXT(profile_name(o.profile)),
                     TR_INT(report.flagged)));
    if (report.bad)
        return ctx_fail(ctx, ERR_INVALID,
                        tr(ctx,
                           "{0, plural, one {# row has mistakes and was} other {# rows have"
                           " mistakes and were}} left out.",
                           TR_INT(report.bad)));
    return OK;
}

enum err survey_command(struct ctx *ctx, int argc, char **argv)
{
    if (argc >= 2 && strcmp(argv[1], "score") == 0)
        return score_command(ctx, argc - 1, argv + 1);
    if (argc >= 2 && strcmp(argv[1], "weights") == 0)
        return weights_command(ctx, argc - 1, argv + 1);
    if (argc >= 2 && (strcmp(argv[1], "--help") == 0 || strcmp(argv[1], "-h") == 0)) {
        char help[] = "--help";
        char *words[] = { argv[0], help, NULL };

        return score_command(ctx, 2, words);
    }
    return ctx_fail(ctx, ERR_INVALID,
                    tr(ctx,
                       "Type homeward survey score --help or homeward survey weights --help to see"
                       " what can be done."));
}
