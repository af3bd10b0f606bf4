/* Rows that cannot be scored: what is wrong with them, in words. */
#include <stdio.h>
#include <string.h>

#include "core/text.h"
#include "core/tr.h"
#include "survey/score_file.h"

#define SHOWN_BYTES 200 /* of a value on standard error */

/* A value for a terminal: no control characters, not too long. */
static const char *for_terminal(struct ctx *ctx, const char *value)
{
    struct buf b;
    size_t bytes = 0;
    const char *p = value;

    buf_init(&b, ctx->arena, 4 * SHOWN_BYTES + 16);
    for (;;) {
        const char *at = p;
        uint32_t c = text_next(&p);

        if (!c)
            break;
        bytes += (size_t)(p - at);
        if (bytes > SHOWN_BYTES) {
            buf_add(&b, "…");
            break;
        }
        if (c < 0x20 || (c >= 0x7f && c < 0xa0))
            buf_add(&b, "�");
        else
            buf_add_len(&b, at, (size_t)(p - at));
    }
    return buf_text(&b);
}

static void show(struct ctx *ctx, const struct bad_rows *bad, int64_t row, const char *column,
                 const char *value, const char *reason)
{
    struct tr_arg args[] = {
        TR_INT(row), TR_TEXT(column), TR_TEXT(for_terminal(ctx, value)), TR_TEXT(reason), { 0 }
    };

    (void)fprintf(stderr, "%s%s%s\n", bad->of ? bad->of : "", bad->of ? ": " : "",
                  *column ? tr_args(ctx, N_("row {0}, column {1}, value \"{2}\": {3}"), args)
                          : tr_args(ctx, N_("row {0}, the whole row, value \"{2}\": {3}"), args));
}

/* The file of mistakes is made to be opened in a spreadsheet: formula cells are guarded. */
static void add_guarded(struct ctx *ctx, struct sink *to, const char *text, bool first)
{
    struct buf b;

    buf_init(&b, ctx->arena, 2 * CSV_ROW_MAX + 16);
    csv_add_cell(&b, text, first, true);
    if (buf_ok(&b))
        sink_add(to, b.data, b.len);
}

void bad_tell(struct ctx *ctx, struct bad_rows *bad, int64_t row, const char *column,
              const struct feed_cell *value, const char *reason)
{
    struct arena_mark mark = arena_mark(ctx->arena);
    const char *text = arena_strndup(ctx->arena, value->text, value->len);

    if (bad->last_row != row)
        bad->rows++;
    bad->last_row = row;
    if (bad->told < BAD_SHOWN)
        show(ctx, bad, row, column, text, reason);
    bad->told++;
    if (bad->file) {
        if (bad->of) {
            add_guarded(ctx, bad->file, bad->of, true);
            sink_text(bad->file, ",");
        }
        sink_int(bad->file, row);
        add_guarded(ctx, bad->file, column, false);
        add_guarded(ctx, bad->file, text, false);
        add_guarded(ctx, bad->file, reason, false);
        sink_text(bad->file, "\n");
    }
    arena_rewind(ctx->arena, mark);
}

void bad_end(struct ctx *ctx, const struct bad_rows *bad)
{
    if (bad->told > BAD_SHOWN)
        (void)fprintf(stderr, "%s\n",
                      tr(ctx, "{0} more mistakes are not shown; --bad FILE writes all of them.",
                         TR_INT(bad->told - BAD_SHOWN)));
}

/* Each byte that is no UTF-8 becomes U+FFFD. */
static struct feed_cell plain(struct ctx *ctx, const struct feed_cell *cell)
{
    struct buf b;
    size_t at = 0;

    buf_init(&b, ctx->arena, 3 * cell->len + 16);
    while (at < cell->len) {
        size_t good = 0;

        if (text_valid(cell->text + at, cell->len - at, &good))
            good = cell->len - at;
        buf_add_len(&b, cell->text + at, good);
        at += good;
        if (at < cell->len) {
            buf_add(&b, "�");
            at++;
        }
    }
    return (struct feed_cell){ b.data, b.len };
}

/* Cells that are no text. true if there are any: then nothing else is said of the row. */
static bool tell_foreign(struct ctx *ctx, struct bad_rows *bad, const struct columns *c,
                         const struct feed_row *row, const struct profile *p)
{
    bool found = false;

    for (size_t i = 0; row->foreign && i < c->width; i++) {
        struct feed_cell value;

        if (text_valid(row->cells[i].text, row->cells[i].len, NULL))
            continue;
        found = true;
        value = plain(ctx, &row->cells[i]);
        bad_tell(ctx, bad, row->number, column_title(c, p, i), &value,
                 tr(ctx, "this is no valid UTF-8"));
    }
    return found;
}

/* The choices that the question has, for whoever has to mend the value. */
static const char *reason_of(struct ctx *ctx, const struct question *q, enum answer_fault fault)
{
    struct buf names;

    if (fault != ANSWER_NO_CODE)
        return answer_fault_text(ctx, fault);
    buf_init(&names, ctx->arena, (size_t)PROFILE_CODES_MAX * 128);
    for (size_t i = 0; i < q->codes_len; i++)
        buf_printf(&names, "%s%s", i ? ", " : "", q->codes[i].name);
    return tr(ctx, "this is no name and no label of a choice of the question, which has {0}",
              TR_TEXT(buf_text(&names)));
}

static void tell_answer(struct ctx *ctx, struct bad_rows *bad, const struct columns *c,
                        const struct feed_row *row, const struct question_column *q)
{
    struct answer answer = { -1, NO_POINTS };
    bool there = false;
    size_t column = 0;
    enum answer_fault fault = cell_answer(q, row, &answer, &there, &column);

    if (fault)
        bad_tell(ctx, bad, row->number,
                 column == q->column ? q->question->name : c->headings[column], &row->cells[column],
                 reason_of(ctx, q->question, fault));
}

static void tell_cells(struct ctx *ctx, struct bad_rows *bad, const struct columns *c,
                       const struct feed_row *row, const struct profile *p)
{
    const struct feed_cell *cell = &row->cells[c->key];
    size_t sections = c->sections.column;

    if (cell->len == 0)
        bad_tell(ctx, bad, row->number, column_title(c, p, c->key), cell,
                 tr(ctx, "the interview has no key"));
    if (!row_consents(c, row))
        bad_tell(ctx, bad, row->number, "consent_given", &row->cells[c->consent],
                 tr(ctx, "there is no consent to the interview"));
    if (!row_sections(c, row)) {
        if (sections == NO_COLUMN)
            sections = c->sections.options[0].column;
        bad_tell(ctx, bad, row->number, "sections_selected", &row->cells[sections],
                 tr(ctx, "these are not sections of the survey"));
    }
    for (size_t i = 0; i < c->questions_len; i++)
        tell_answer(ctx, bad, c, row, &c->questions[i]);
    for (size_t i = 0; i < c->split_len; i++)
        tell_answer(ctx, bad, c, row, &c->split[i]);
}

void bad_row(struct ctx *ctx, struct bad_rows *bad, const struct columns *c,
             const struct feed_row *row, const struct profile *p)
{
    struct arena_mark mark = arena_mark(ctx->arena);

    if (row->len != c->width) {
        char *count = arena_printf(ctx->arena, "%zu", row->len);
        struct feed_cell value = { count, strlen(count) };

        bad_tell(ctx, bad, row->number, "", &value,
                 tr(ctx, "the row has another number of cells than the heading, which has {0}",
                    TR_INT((int64_t)c->width)));
    } else if (!tell_foreign(ctx, bad, c, row, p)) {
        tell_cells(ctx, bad, c, row, p);
    }
    arena_rewind(ctx->arena, mark);
}
