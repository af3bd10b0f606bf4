/* homeward survey weights: weights of a profile out of an organisation's own interviews. */
#include "survey/weights.h"

#include <stdio.h>
#include <string.h>

#include "core/asset.h"
#include "core/csv.h"
#include "core/opt.h"
#include "core/text.h"
#include "core/tr.h"
#include "forms_gen.h"
#include "survey/score_file.h"

#define CELL_MAX 64

static const char *const usage = N_(
    "homeward survey weights FILE.csv --out NAME.csv [--loadings FILE]\n"
    "homeward survey weights --database FILE --as NAME [--round ROUND] --out NAME.csv\n"
    "\n"
    "Derives the weights of a scoring profile from interviews: for each dimension the principal\n"
    "components of the correlations between its questions. A weight follows the squared loading\n"
    "on the first component; points stay those of the profile that it starts from. FILE.csv is\n"
    "read as by homeward survey score. Interviews with a question of the dimension unanswered or\n"
    "declined are left out of it and counted. Loadings, explained variance and weights are shown.\n"
    "\n"
    "With --database they are the completed interviews that the user may see and export, of one\n"
    "round or of all. This is audited as an export is, and each interview is noted in the access\n"
    "log; none of them is written anywhere. At least 30 must be complete in each dimension.\n"
    "\n"
    "NAME.csv is a profile: put it into DIR/scoring and score with --content DIR --profile NAME.");

static const struct opt_spec specs[] = {
    { "out", "NAME.csv", N_("the profile to write; its name is the file's"), false },
    { "loadings", "FILE", N_("write loadings and weights into this file, as CSV"), false },
    { "profile", "NAME", N_("profile that it starts from (default: homeward-1)"), false },
    { "database", "FILE-or-URL", N_("the database whose interviews are read"), false },
    { "keys", "FILE-or-URL", N_("the key store (default: FILE.keys)"), false },
    { "key-file", "FILE", N_("file with the master key (default: FILE.master)"), false },
    { "passphrase-file", "FILE", N_("file whose first line is the passphrase"), false },
    { "as", "NAME", N_("the user to act as, with that user's rights"), false },
    { "round", "ROUND", N_("of the database: baseline, progress, final or additional"), false },
    { "key", "COLUMN", N_("column that names the interview (default: key, instanceID, _uuid)"),
      false },
    { "content", "DIR", N_("folder whose files replace or add to the shipped content"), false },
    { 0 },
};

/* What is done. */
struct deriving {
    const char *file;  /* NULL: the database */
    const char *round; /* of the database; NULL = all */
    size_t round_column;
    const char *out;
    const char *name; /* of the new profile */
    const char *loadings;
    const struct profile *p;
    struct feed *feed;
    struct columns columns;
    struct bad_rows bad;
    struct moments *moments[PROFILE_SECTIONS];
    struct derived_dimension found[PROFILE_SECTIONS];
    int64_t rows;
};

/* --- reading --- */

static bool take_cell(const struct deriving *d, const struct question_column *q,
                      const struct feed_row *row, double *points, struct steps *steps)
{
    const struct question *question = q->question;
    struct answer answer = { -1, NO_POINTS };
    bool there = false;
    size_t column = 0;

    if (cell_answer(q, row, &answer, &there, &column) != ANSWER_GOOD)
        return false;
    if (!there)
        return true;
    if (question->codes[answer.code].step) {
        steps->sum[question->mean] += question->codes[answer.code].step - 1;
        steps->count[question->mean]++;
    } else if (answer.points >= 0) {
        points[question - d->p->questions] = (double)answer.points / (double)d->p->point_unit;
    }
    return true;
}

/* Points of every question of a row; false: something is wrong with it. */
static bool take_row(const struct deriving *d, const struct feed_row *row, double *points)
{
    const struct columns *c = &d->columns;
    struct steps steps = { 0 };
    unsigned sections = 0;

    if (!row_good(c, row, &sections))
        return false;
    for (size_t i = 0; i < d->p->len; i++)
        points[i] = -1;
    for (size_t i = 0; i < c->questions_len; i++)
        if (!take_cell(d, &c->questions[i], row, points, &steps))
            return false;
    for (size_t i = 0; i < c->split_len; i++)
        if (!take_cell(d, &c->split[i], row, points, &steps))
            return false;
    for (size_t m = 0; m < d->p->means_len; m++) {
        const struct question *q = &d->p->questions[d->p->means[m]];

        if (steps.count[m])
            points[d->p->means[m]] =
                (double)steps.sum[m] / (double)(steps.count[m] * (q->high - q->low));
    }
    return true;
}

/* A row of another round than the one asked for. */
static bool is_other(const struct deriving *d, const struct feed_row *row)
{
    return d->round && d->round_column < row->len &&
           !cell_is(&row->cells[d->round_column], d->round, strlen(d->round));
}

static enum err read_rows(struct ctx *ctx, struct deriving *d)
{
    double *points = ARENA_ARRAY(ctx->arena, d->p->len + 1, double);
    struct feed_row row = { 0 };
    bool more = false;
    enum err rc = feed_next(ctx, d->feed, &row, &more);

    while (rc == OK && more) {
        if (is_other(d, &row)) {
            rc = feed_next(ctx, d->feed, &row, &more);
            continue;
        }
        if (take_row(d, &row, points)) {
            d->rows++;
            for (int k = 0; k < PROFILE_SECTIONS; k++)
                moments_add(d->moments[k], points);
        } else if (!row_is_heading(&d->columns, &row)) {
            bad_row(ctx, &d->bad, &d->columns, &row, d->p);
        }
        rc = feed_next(ctx, d->feed, &row, &more);
    }
    bad_end(ctx, &d->bad);
    return rc;
}

static enum err check_file(struct ctx *ctx, const struct deriving *d, bool more)
{
    if (!more)
        return ctx_fail(ctx, ERR_INVALID, tr(ctx, "{0} is empty.", TR_TEXT(d->file)));
    if (sink_is_file(d->out, feed_fd(d->feed)))
        return ctx_fail(
            ctx, ERR_INVALID,
            tr(ctx, "{0} is the file that is read; choose another name.", TR_TEXT(d->out)));
    return OK;
}

static enum err read_interviews(struct ctx *ctx, struct deriving *d, const char *key)
{
    const struct score_options o = { .key = d->file ? key : WEIGHTS_KEY, .profile = d->p };
    struct feed_row row = { 0 };
    bool more = false;
    enum err rc = d->file ? feed_open(ctx, &d->feed, d->file)
                          : weights_interviews(ctx, &d->feed, d->p, d->round);

    if (rc)
        return rc;
    rc = feed_next(ctx, d->feed, &row, &more);
    if (rc == OK && d->file)
        rc = check_file(ctx, d, more);
    if (rc == OK)
        rc = columns_read(ctx, &d->columns, heading_words_new(ctx->arena, d->p), &row, &o);
    for (size_t i = 0; rc == OK && d->round && i < d->columns.width; i++)
        if (text_equal(d->columns.headings[i], FIELD_RSS_ROUND))
            d->round_column = i;
    for (int k = 0; k < PROFILE_SECTIONS; k++)
        d->moments[k] = moments_new(ctx->arena, d->p, (enum dimension)k);
    if (rc == OK)
        rc = read_rows(ctx, d);
    feed_close(d->feed);
    return rc;
}

/* --- telling --- */

static const char *plain(char out[CELL_MAX], double x, int digits)
{
    (void)snprintf(out, CELL_MAX, "%.*f", digits, x);
    return out;
}

/* What explains how much: each component's share of the variance. */
static void tell_components(struct ctx *ctx, const struct derived_dimension *f)
{
    for (size_t i = 0; i < f->values_len; i++)
        (void)printf("  %s\n",
                     tr(ctx, "component {0}: eigenvalue {1}, {2} % of the variance",
                        TR_INT((int64_t)i + 1), TR_TEXT(tr_decimal(ctx, f->values[i], 3)),
                        TR_TEXT(tr_decimal(ctx, 100 * f->values[i] / (double)f->values_len, 1))));
}

static void tell_weight(struct ctx *ctx, const struct derived_weight *w)
{
    (void)printf("  %-28s %s\n", w->question->name,
                 tr(ctx, "mean {0}, deviation {1}, loading {2}, weight {3}",
                    TR_TEXT(tr_decimal(ctx, w->mean, 3)), TR_TEXT(tr_decimal(ctx, w->deviation, 3)),
                    TR_TEXT(tr_decimal(ctx, w->loading, 3)),
                    TR_TEXT(tr_decimal(ctx, w->weight, 3))));
    if (w->weight == 0)
        (void)printf("  %-28s %s\n", "",
                     w->loading < 0
                         ? tr(ctx, "left out: it runs against the others")
                         : tr(ctx, "left out: its points hardly differ, or not with the others"));
}

static enum err tell_dimension(struct ctx *ctx, const struct deriving *d, enum dimension k,
                               bool derived)
{
    const struct derived_dimension *f = &d->found[k];

    (void)printf("%s: %s\n", profile_dimension(ctx, d->p, k),
                 tr(ctx, "{0} complete interviews used, {1} incomplete left out",
                    TR_INT(f->complete), TR_INT(f->incomplete)));
    if (!derived)
        return ctx_fail(ctx, ERR_INVALID,
                        tr(ctx,
                           "{0}: weights need at least {1} complete interviews, and two questions"
                           " whose answers differ. Nothing was written.",
                           TR_TEXT(profile_dimension(ctx, d->p, k)), TR_INT(WEIGHTS_ROWS_MIN)));
    tell_components(ctx, f);
    for (size_t i = 0; i < f->len; i++)
        tell_weight(ctx, &f->items[i]);
    return OK;
}

static enum err write_loadings(struct ctx *ctx, const struct deriving *d)
{
    struct sink *s = NULL;
    char text[CELL_MAX];
    enum err rc = d->loadings ? sink_open(ctx, &s, d->loadings) : OK;

    if (rc || s == NULL)
        return rc;
    sink_text(s, "dimension,question,interviews,mean,deviation,loading,weight,explained\n");
    for (int k = 0; k < PROFILE_SECTIONS; k++)
        for (size_t i = 0; i < d->found[k].len; i++) {
            const struct derived_dimension *f = &d->found[k];
            const double cells[] = { f->items[i].mean, f->items[i].deviation, f->items[i].loading,
                                     f->items[i].weight, f->values[0] / (double)f->values_len };

            sink_text(s, dimension_code((enum dimension)k));
            sink_text(s, ",");
            sink_text(s, f->items[i].question->name);
            sink_text(s, ",");
            sink_int(s, f->complete);
            for (size_t n = 0; n < sizeof(cells) / sizeof(cells[0]); n++) {
                sink_text(s, ",");
                sink_text(s, plain(text, cells[n], 6));
            }
            sink_text(s, "\n");
        }
    rc = sink_finish(ctx, s);
    return rc ? rc : sink_publish(ctx, s);
}

/* --- the profile --- */

static const struct derived_weight *weight_of(const struct deriving *d, const char *question)
{
    for (int k = 0; k < PROFILE_SECTIONS; k++)
        for (size_t i = 0; i < d->found[k].len; i++)
            if (text_equal(d->found[k].items[i].question->name, question))
                return &d->found[k].items[i];
    return NULL;
}

static const char *title_of(struct ctx *ctx, const struct deriving *d, const char *column)
{
    const char *open = strrchr(column, '(');
    const char *before = ctx->lang;
    const char *text;

    if (open && strlen(open) == 4)
        ctx->lang = arena_strndup(ctx->arena, open + 1, 2);
    if (!tr_has_language(ctx->lang))
        ctx->lang = "en";
    text = tr(ctx,
              "Profile {0}: own weights from {1} interviews, points of {2}; not IOM’s official"
              " ones",
              TR_TEXT(d->name), TR_INT(d->rows), TR_TEXT(profile_name(d->p)));
    ctx->lang = before;
    return text;
}

/* One cell of the profile that it starts from, as it is in the new one. */
static const char *new_cell(struct ctx *ctx, const struct deriving *d, const char *section,
                            const char *column, const struct csv_row *row, size_t place)
{
    const char *cell = row->cells[place];
    const struct derived_weight *w;
    char text[CELL_MAX];

    if (text_equal(section, "profile") && text_equal(column, "name"))
        return d->name;
    if (text_equal(section, "profile") && text_equal(column, "version"))
        return "1";
    if (text_equal(section, "profile") && text_starts(column, "title::"))
        return title_of(ctx, d, column);
    if (!text_equal(section, "questions") || !text_equal(column, "weight") || *cell == '\0')
        return cell;
    w = weight_of(d, row->len > 1 ? row->cells[1] : "");
    if (w == NULL || w->weight == 0)
        return cell; /* taken out below */
    return arena_strdup(ctx->arena, plain(text, w->weight, 3));
}

static void write_row(struct ctx *ctx, const struct deriving *d, struct sink *s,
                      const char *section, char *const *columns, const struct csv_row *row)
{
    for (size_t i = 0; i < row->len; i++) {
        const char *cell = columns ? new_cell(ctx, d, section, columns[i], row, i) : row->cells[i];

        sink_text(s, i ? "," : "");
        sink_cell(s, cell, strlen(cell));
    }
    sink_text(s, "\n");
}

/* Weights of single scores are not carried over; questions without a weight are taken out. */
static void write_weights(const struct deriving *d, struct sink *s)
{
    bool begun = false;

    for (int k = 0; k < PROFILE_SECTIONS; k++)
        for (size_t i = 0; i < d->found[k].len; i++) {
            const char *name = d->found[k].items[i].question->name;
            const char *scores[] = { dimension_code((enum dimension)k), "composite" };

            if (d->found[k].items[i].weight > 0)
                continue;
            sink_text(s, begun ? "" : "weights\n,question,score,weight\n");
            begun = true;
            for (size_t n = 0; n < 2; n++) {
                sink_text(s, ",");
                sink_text(s, name);
                sink_text(s, ",");
                sink_text(s, scores[n]);
                sink_text(s, ",0\n");
            }
        }
}

static char **copied(struct ctx *ctx, const struct csv_row *row)
{
    char **cells = ARENA_ARRAY(ctx->arena, row->len + 1, char *);

    for (size_t i = 0; i < row->len; i++)
        cells[i] = arena_strdup(ctx->arena, row->cells[i]);
    return cells;
}

static enum err make_profile(struct ctx *ctx, const struct deriving *d, struct sink *s)
{
    const struct asset *from =
        asset_find(arena_printf(ctx->arena, "content/scoring/%s.csv", profile_name(d->p)));
    const char *section = "";
    char **columns = NULL;
    struct csv_row row = { 0 };
    struct csv *csv = NULL;
    bool more = false;
    size_t width = 0;
    enum err rc = csv_open_bytes(ctx, &csv, (const char *)from->bytes, from->len, ',');

    if (rc == OK)
        rc = csv_next(ctx, csv, &row, &more);
    while (rc == OK && more) {
        bool head = row.cells[0][0] != '\0';

        if (head)
            section = arena_strdup(ctx->arena, row.cells[0]);
        if (!text_equal(section, "weights"))
            write_row(ctx, d, s, section, !head && columns && row.len == width ? columns : NULL,
                      &row);
        if (!head && columns == NULL) {
            columns = copied(ctx, &row);
            width = row.len;
        }
        columns = head ? NULL : columns;
        rc = csv_next(ctx, csv, &row, &more);
    }
    csv_close(csv);
    write_weights(d, s);
    return rc;
}

/* It appears only once it can be read again as a profile. */
static enum err write_profile(struct ctx *ctx, const struct deriving *d)
{
    struct sink *text = sink_memory(ctx);
    struct sink *file = NULL;
    const struct profile *made = NULL;
    const char *bytes;
    size_t len = 0;
    enum err rc = make_profile(ctx, d, text);

    if (rc)
        return rc;
    bytes = sink_taken(text, &len);
    rc = profile_parse(ctx, &made, ctx->forms, d->name, bytes, len);
    if (rc == OK)
        rc = sink_open(ctx, &file, d->out);
    if (rc)
        return rc;
    sink_add(file, bytes, len);
    rc = sink_finish(ctx, file);
    return rc ? rc : sink_publish(ctx, file);
}

/* --- the command --- */

static bool good_name(const char *name)
{
    size_t len = strlen(name);

    return len > 0 && len <= 41 && name[0] >= 'a' && name[0] <= 'z' &&
           strspn(name, "abcdefghijklmnopqrstuvwxyz0123456789-") == len;
}

/* A file, or a database as a user: what belongs to the other one would mean nothing. */
static enum err read_source(struct ctx *ctx, struct deriving *d, const struct opts *opts)
{
    bool database = opt_text(opts, "database") != NULL;

    if (opt_words(opts) != (database ? 0 : 1) || opt_text(opts, "out") == NULL)
        return ctx_fail(ctx, ERR_INVALID,
                        tr(ctx, "Say which interviews to read and which profile to write: homeward"
                                " survey weights FILE.csv --out NAME.csv"));
    if (database && (opt_text(opts, "content") || opt_text(opts, "key")))
        return ctx_fail(ctx, ERR_INVALID,
                        tr(ctx, "--content and --key are for interviews in a file, not for those"
                                " of a database."));
    if (!database && (opt_text(opts, "round") || opt_text(opts, "as")))
        return ctx_fail(ctx, ERR_INVALID,
                        tr(ctx, "--round and --as are for interviews of a database: say"
                                " --database too."));
    d->file = opt_word(opts, 0);
    d->round = opt_text(opts, "round");
    return OK;
}

static enum err read_options(struct ctx *ctx, struct deriving *d, const struct opts *opts)
{
    const char *base;

    if (read_source(ctx, d, opts))
        return ERR_INVALID;
    d->out = opt_text(opts, "out");
    d->loadings = opt_text(opts, "loadings");
    base = strrchr(d->out, '/') ? strrchr(d->out, '/') + 1 : d->out;
    d->name = text_ends(base, ".csv")
                  ? arena_strndup(ctx->arena, base, strlen(base) - strlen(".csv"))
                  : base;
    if (!text_ends(base, ".csv") || !good_name(d->name) || profile_find(d->name))
        return ctx_fail(ctx, ERR_INVALID,
                        tr(ctx,
                           "{0} is no name for a new profile: small letters, digits and -,"
                           " then .csv, and none that there is: {1}.",
                           TR_TEXT(base), TR_TEXT(profile_list(ctx))));
    d->p = opt_text(opts, "profile") ? profile_find(opt_text(opts, "profile")) : profile_shipped();
    if (d->p == NULL)
        return ctx_fail(ctx, ERR_INVALID,
                        tr(ctx, "There is no profile {0}; there are: {1}.",
                           TR_TEXT(opt_text(opts, "profile")), TR_TEXT(profile_list(ctx))));
    return OK;
}

static enum err derive(struct ctx *ctx, struct deriving *d)
{
    enum err rc = OK;

    for (int k = 0; rc == OK && k < PROFILE_SECTIONS; k++) {
        bool derived = weights_derive(ctx->arena, &d->found[k], d->moments[k]);

        rc = tell_dimension(ctx, d, (enum dimension)k, derived);
    }
    if (rc == OK)
        rc = write_loadings(ctx, d);
    return rc ? rc : write_profile(ctx, d);
}

enum err weights_command(struct ctx *ctx, int argc, char **argv)
{
    struct deriving d = { 0 };
    struct opts *opts = NULL;
    enum err rc = opts_parse(ctx, &opts, specs, usage, argc, argv);

    if (rc || !opts)
        return rc;
    rc = survey_load_content(ctx, ctx->db ? NULL : opt_text(opts, "content"));
    if (rc == OK)
        rc = read_options(ctx, &d, opts);
    if (rc == OK)
        rc = read_interviews(ctx, &d, opt_text(opts, "key"));
    if (rc == OK)
        rc = derive(ctx, &d);
    if (rc == OK)
        (void)fprintf(stderr, "%s\n",
                      tr(ctx, "The profile {0} is in {1}.", TR_TEXT(d.name), TR_TEXT(d.out)));
    return rc;
}
