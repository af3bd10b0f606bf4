/* One pass over a file of interviews: rows in, scores and summary out. */
#include "survey/score_file.h"

#include <stdio.h>
#include <string.h>

#include "core/text.h"
#include "core/tr.h"

#define STREAM_STEP 4194304 /* bytes between two times that groups are counted */

/* The two usual ways to say that all sections were asked; row_sections knows all. */
static inline bool asks_all(const struct columns *c, const struct feed_row *row)
{
    static const char all[] = "economic social psychosocial";
    const struct feed_cell *cell;

    if (c->sections.column == NO_COLUMN || c->sections.options_len)
        return false;
    cell = &row->cells[c->sections.column];
    return cell->len == 0 || cell_is(cell, all, sizeof(all) - 1);
}

bool row_good(const struct columns *c, const struct feed_row *row, unsigned *sections_out)
{
    *sections_out = ALL_SECTIONS;
    if (row->len != c->width || row->cells[c->key].len == 0 || !row_consents(c, row))
        return false;
    if ((c->sections.column != NO_COLUMN || c->sections.options_len) && !asks_all(c, row))
        *sections_out = row_sections(c, row);
    for (size_t i = 0; row->foreign && i < c->width; i++)
        if (!text_valid(row->cells[i].text, row->cells[i].len, NULL))
            return false;
    return *sections_out != 0;
}

/* One answer, not empty, into the tally if it was asked; false if it is none. */
static inline bool add_answer(const struct question *q, const struct feed_cell *cell,
                              unsigned sections, struct tally *t, struct steps *steps)
{
    bool asked = (sections & 1u << q->dimension) != 0;
    struct answer answer = { -1, NO_POINTS };

    if (q->plain && !q->multiple && q->slots) {
        size_t key = code_key(q, cell->text, cell->len);

        if (key && asked)
            tally_key(q, t, steps, &q->keys[key]);
        return key != 0;
    }
    if (answer_read(q, cell->text, cell->len, &answer) != ANSWER_GOOD)
        return false;
    if (asked)
        tally_answer(q, t, steps, answer);
    return true;
}

/* The same for labels, and for choices in columns of their own. */
static bool add_cells(const struct question_column *q, const struct feed_row *row,
                      unsigned sections, struct tally *t, struct steps *steps)
{
    struct answer answer = { -1, NO_POINTS };
    bool there = false;
    size_t column = 0;

    if (cell_answer(q, row, &answer, &there, &column) != ANSWER_GOOD)
        return false;
    if (there && sections & 1u << q->question->dimension)
        tally_answer(q->question, t, steps, answer);
    return true;
}

/* Scores one row; false if anything is wrong with it. */
static bool score_row(const struct job *j, const struct feed_row *row, struct scores *out)
{
    const struct columns *c = &j->columns;
    struct tally tally = { 0 };
    struct steps steps = { 0 };
    unsigned sections = 0;

    if (!row_good(c, row, &sections))
        return false;
    for (size_t i = 0; i < c->questions_len; i++) {
        const struct question_column *q = &c->questions[i];
        const struct feed_cell *cell = &row->cells[q->column];

        if (cell->len && !add_answer(q->question, cell, sections, &tally, &steps) &&
            !add_cells(q, row, sections, &tally, &steps))
            return false;
    }
    for (size_t i = 0; i < c->split_len; i++)
        if (!add_cells(&c->split[i], row, sections, &tally, &steps))
            return false;
    tally_means(j->profile, &tally, &steps, sections);
    score_finish(j->profile, out, &tally, sections);
    return true;
}

static void write_scores(const struct job *j, const struct feed_cell *key,
                         const struct scores *scores)
{
    char line[4 * 9 + 16];
    size_t len = 0;
    const char *intensity = intensity_code(scores->intensity);

    sink_cell(j->rows, key->text, key->len);
    for (int d = 0; d < DIM_COUNT; d++) {
        line[len++] = ',';
        if (scores->of[d].den) {
            score_print6(line + len, scores->of[d]);
            len += 8;
        }
    }
    line[len++] = ',';
    sink_add(j->rows, line, len);
    sink_int(j->rows, scores->dont_know_declined);
    sink_add(j->rows, ",", 1);
    sink_text(j->rows, intensity);
    sink_add(j->rows, j->tail, j->tail_len);
}

static enum err count_row(struct ctx *ctx, struct job *j, const struct feed_row *row,
                          const struct scores *scores)
{
    struct feed_cell by[GROUP_BY_MAX];

    if (!j->groups)
        return OK;
    for (size_t i = 0; i < j->o->by_len; i++)
        by[i] = row->cells[j->columns.by[i]];
    return groups_add(ctx, j->groups, by, scores);
}

enum err score_rows(struct ctx *ctx, struct job *j, int64_t upto, bool tell, bool *bad_out)
{
    struct feed_row row = { 0 };
    bool more = true;
    enum err rc = OK;

    *bad_out = false;
    while (feed_tell(j->feed) < upto) {
        struct scores scores = { 0 };

        rc = feed_next(ctx, j->feed, &row, &more);
        if (rc || !more)
            break;
        if (!score_row(j, &row, &scores)) {
            if (row_is_heading(&j->columns, &row))
                continue;
            *bad_out = true;
            if (!tell)
                return OK;
            bad_row(ctx, &j->done.bad, &j->columns, &row, j->profile);
            continue;
        }
        write_scores(j, &row.cells[j->columns.key], &scores);
        rc = count_row(ctx, j, &row, &scores);
        if (rc)
            return rc;
        j->done.good++;
        j->done.flagged += scores.flagged;
    }
    return rc;
}

/* Everything by this process; what cannot be read at any place is read like this. */
static enum err score_stream(struct ctx *ctx, struct job *j)
{
    bool bad = false;
    enum err rc = OK;
    int64_t before = -1;

    j->rows = j->out;
    while (!rc && feed_number(j->feed) != before) {
        before = feed_number(j->feed);
        rc = score_rows(ctx, j, feed_tell(j->feed) + STREAM_STEP, true, &bad);
        if (!rc && j->groups)
            rc = groups_settle(ctx, j->groups);
    }
    return rc;
}

/* A problem of one file among several says of which. */
static enum err of_file(struct ctx *ctx, const struct job *j, enum err rc)
{
    const char *text = arena_strdup(ctx->arena, ctx_first_problem(ctx));

    if (!rc || j->o->files_len < 2 || strstr(text, j->file))
        return rc;
    ctx_clear_problems(ctx);
    return ctx_fail(ctx, rc, arena_printf(ctx->arena, "%s: %s", j->file, text));
}

static enum err read_heading(struct ctx *ctx, struct job *j)
{
    bool several = j->o->files_len > 1;
    struct feed_row row = { 0 };
    bool more = false;
    enum err rc = feed_next(ctx, j->feed, &row, &more);

    if (rc)
        return rc;
    if (!more)
        return ctx_fail(ctx, ERR_INVALID, tr(ctx, "{0} is empty.", TR_TEXT(j->file)));
    rc = columns_read(ctx, &j->columns, j->words, &row, j->o);
    if (!rc && j->columns.missing.len)
        (void)fprintf(stderr, "%s%s%s\n", several ? j->file : "", several ? ": " : "",
                      tr(ctx, "Note: the file has no column for {0}; they count as not answered.",
                         TR_TEXT(buf_text(&j->columns.missing))));
    return rc;
}

/* Outputs that would replace one another, or the input. */
static enum err check_names(struct ctx *ctx, const struct job *j)
{
    const char *names[] = { j->o->out, j->o->summary, j->o->bad };

    for (size_t i = 0; i < 3; i++) {
        if (names[i] && sink_is_file(names[i], feed_fd(j->feed)))
            return ctx_fail(
                ctx, ERR_INVALID,
                tr(ctx, "{0} is the file that is read; choose another name.", TR_TEXT(names[i])));
        for (size_t k = 0; k < i; k++)
            if (names[i] && names[k] && strcmp(names[i], names[k]) == 0)
                return ctx_fail(ctx, ERR_INVALID,
                                tr(ctx, "Two outputs have the name {0}.", TR_TEXT(names[i])));
    }
    return OK;
}

static enum err open_outputs(struct ctx *ctx, struct job *j)
{
    enum err rc = sink_open(ctx, &j->out, j->o->out);

    if (!rc && j->o->summary)
        rc = sink_open(ctx, &j->summary, j->o->summary);
    if (!rc && j->o->bad)
        rc = sink_open(ctx, &j->done.bad.file, j->o->bad);
    if (!rc && j->o->summary)
        rc = groups_new(ctx, &j->groups, j->profile, j->o->by, j->o->by_len);
    if (rc)
        return rc;
    sink_text(j->out, "key,economic,social,psychosocial,composite,dont_know_declined,intensity,"
                      "profile\n");
    if (j->done.bad.file)
        sink_text(j->done.bad.file, j->o->files_len > 1 ? "file,row,column,value,reason\n"
                                                        : "row,column,value,reason\n");
    return OK;
}

/* All are written before the first appears under its name. */
static enum err publish(struct ctx *ctx, struct job *j)
{
    struct sink *sinks[] = { j->out, j->summary, j->done.bad.file };
    enum err rc = OK;

    if (j->groups)
        rc = groups_write(ctx, j->groups, j->summary);
    for (size_t i = 0; i < 3 && !rc; i++)
        if (sinks[i])
            rc = sink_finish(ctx, sinks[i]);
    for (size_t i = 0; i < 3 && !rc; i++)
        if (sinks[i])
            rc = sink_publish(ctx, sinks[i]);
    return rc;
}

/* The file of j->file, from its heading on. */
static enum err score_one(struct ctx *ctx, struct job *j)
{
    int64_t jobs;
    enum err rc = j->o->sheet ? feed_sheet(ctx, j->feed, j->o->sheet) : OK;

    if (!rc)
        rc = read_heading(ctx, j);
    if (!rc && j->o->explain) {
        columns_explain(ctx, &j->columns, j->profile, j->done.bad.of);
        return OK;
    }
    if (!rc)
        rc = check_names(ctx, j);
    if (!rc && !j->out)
        rc = open_outputs(ctx, j);
    if (rc)
        return rc;
    j->done.bad.last_row = 0;
    jobs = score_jobs(j);
    return jobs > 1 ? score_chunks(ctx, j, jobs) : score_stream(ctx, j);
}

static enum err score_files(struct ctx *ctx, struct job *j)
{
    enum err rc = OK;

    for (size_t i = 0; i < j->o->files_len && !rc; i++) {
        j->file = j->o->files[i];
        j->done.bad.of = j->o->files_len > 1 ? j->file : NULL;
        rc = j->feed ? feed_open_next(ctx, j->feed, j->file) : feed_open(ctx, &j->feed, j->file);
        if (!rc)
            rc = score_one(ctx, j);
        rc = of_file(ctx, j, rc);
    }
    if (rc || j->o->explain)
        return rc;
    rc = publish(ctx, j);
    if (!rc)
        bad_end(ctx, &j->done.bad);
    return rc;
}

enum err score_file(struct ctx *ctx, struct score_report *out, const struct score_options *o)
{
    struct job j = { .o = o, .profile = o->profile };
    enum err rc;

    j.tail_len = (size_t)snprintf(j.tail, sizeof(j.tail), ",%s\n", profile_name(o->profile));
    j.words = heading_words_new(ctx->arena, o->profile);
    rc = score_files(ctx, &j);
    if (j.feed)
        feed_close(j.feed);
    if (rc)
        return rc;
    *out = (struct score_report){ j.done.good, j.done.bad.rows, j.done.flagged };
    return OK;
}
