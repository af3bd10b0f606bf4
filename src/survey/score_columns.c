/* Which column of a file of interviews holds what. */
#include <stdio.h>
#include <string.h>

#include "core/text.h"
#include "core/tr.h"
#include "survey/score_file.h"

static enum err read_headings(struct ctx *ctx, struct columns *c, const struct feed_row *row)
{
    if (row->len > CSV_COLUMNS_MAX)
        return ctx_fail(ctx, ERR_LIMIT,
                        tr(ctx, "The file has {0} columns; {1} is the most.",
                           TR_INT((int64_t)row->len), TR_INT(CSV_COLUMNS_MAX)));
    c->width = row->len;
    c->headings = ARENA_ARRAY(ctx->arena, c->width, const char *);
    c->found = ARENA_ARRAY(ctx->arena, c->width, struct heading);
    for (size_t i = 0; i < c->width; i++) {
        if (!text_valid(row->cells[i].text, row->cells[i].len, NULL))
            return ctx_fail(ctx, ERR_INVALID,
                            tr(ctx,
                               "The heading of column {0} is no valid UTF-8: save the file as"
                               " CSV in UTF-8.",
                               TR_INT((int64_t)i + 1)));
        c->headings[i] = arena_strndup(ctx->arena, row->cells[i].text, row->cells[i].len);
    }
    return OK;
}

/* --- a column by its name --- */

/* As it is written; behind groups; in any case, or a label of the form's question of that name. */
enum { AS_WRITTEN, BEHIND_GROUPS, AS_READ, WAYS };

static bool heading_is(const char *heading, const char *name, const struct words *words, int way)
{
    if (way == AS_WRITTEN)
        return strcmp(heading, name) == 0;
    if (way == BEHIND_GROUPS)
        return strcmp(heading_tail(heading), name) == 0;
    return words_find(words, heading, strlen(heading)) >= 0 ||
           words_find(words, heading_tail(heading), strlen(heading_tail(heading))) >= 0;
}

static enum err twice(struct ctx *ctx, size_t one, size_t other, const char *name)
{
    return ctx_fail(ctx, ERR_INVALID,
                    tr(ctx,
                       "More than one column is called {0}: columns {1} and {2}. Take one of them"
                       " out or rename it.",
                       TR_TEXT(name), TR_INT((int64_t)one + 1), TR_INT((int64_t)other + 1)));
}

/* NO_COLUMN if there is none; ERR_INVALID if it might be several. */
static enum err find_column(struct ctx *ctx, const struct columns *c, const struct profile *p,
                            const char *name, size_t *out)
{
    const struct field *f = p->form ? field_find(p->form, name) : NULL;
    struct words *words = words_new(ctx->arena, 64);

    words_add(words, name, 0);
    if (f)
        words_add_label(words, &f->label, 0);
    *out = NO_COLUMN;
    for (int way = 0; way < WAYS && *out == NO_COLUMN; way++)
        for (size_t i = 0; i < c->width; i++) {
            if (!heading_is(c->headings[i], name, words, way))
                continue;
            if (*out != NO_COLUMN)
                return twice(ctx, *out, i, name);
            *out = i;
        }
    return OK;
}

static enum err need_column(struct ctx *ctx, const struct columns *c, const struct profile *p,
                            const char *name, size_t *out)
{
    enum err rc = find_column(ctx, c, p, name, out);

    if (rc || *out != NO_COLUMN)
        return rc;
    return ctx_fail(ctx, ERR_INVALID,
                    tr(ctx,
                       "The file has no column {0}. Its columns begin with {1}. With --explain you"
                       " see all of them.",
                       TR_TEXT(name), TR_TEXT(c->headings[0])));
}

/* What ODK and KoboToolbox call the interview, the best first. */
static const char *const key_names[] = { "key",  "instanceID", "_uuid", "meta/instanceID",
                                         "__id", "_id" };

static enum err find_key(struct ctx *ctx, struct columns *c, const struct score_options *o)
{
    enum err rc = OK;

    if (o->key)
        return need_column(ctx, c, o->profile, o->key, &c->key);
    c->key = NO_COLUMN;
    for (size_t i = 0; i < sizeof(key_names) / sizeof(*key_names) && !rc; i++) {
        if (c->key != NO_COLUMN)
            return OK;
        rc = find_column(ctx, c, o->profile, key_names[i], &c->key);
    }
    if (rc || c->key != NO_COLUMN)
        return rc;
    return ctx_fail(ctx, ERR_INVALID,
                    tr(ctx,
                       "The file has no column that names the interview, such as key, instanceID or"
                       " _uuid: say which with --key COLUMN."));
}

/* --- the questions --- */

/* A question while its columns are gathered. */
struct gathered {
    struct question_column *of; /* by place; sections behind the questions */
    size_t *options;
};

static enum err take_heading(struct ctx *ctx, struct columns *c, const struct profile *p, size_t i,
                             struct gathered *g)
{
    const struct heading *found = &c->found[i];
    const char *name = found->use == HEADING_CONSENT ? "consent_given" : "sections_selected";

    if (found->use == HEADING_OPTION || found->use == HEADING_NO_CHOICE) {
        struct question_column *q = &g->of[found->place];

        q->options[q->options_len++] = (struct option_column){ i, found->code };
    } else if (found->use == HEADING_CONSENT) {
        if (c->consent != NO_COLUMN)
            return twice(ctx, c->consent, i, name);
        c->consent = i;
    } else if (found->use == HEADING_QUESTION || found->use == HEADING_SECTIONS) {
        struct question_column *q = &g->of[found->place];

        if (found->use == HEADING_QUESTION)
            name = p->questions[found->place].name;
        if (q->column != NO_COLUMN)
            return twice(ctx, q->column, i, name);
        q->column = i;
    }
    return OK;
}

/* Room for the columns of choices; a place for every question and for the sections. */
static void make_room(struct ctx *ctx, const struct columns *c, const struct profile *p,
                      const struct heading_words *words, struct gathered *g)
{
    size_t *count = ARENA_ARRAY(ctx->arena, p->len + 1, size_t);

    g->of = ARENA_ARRAY(ctx->arena, p->len + 1, struct question_column);
    for (size_t i = 0; i < c->width; i++)
        if (c->found[i].use == HEADING_OPTION || c->found[i].use == HEADING_NO_CHOICE)
            count[c->found[i].place]++;
    for (size_t i = 0; i <= p->len; i++) {
        g->of[i].column = NO_COLUMN;
        g->of[i].question = i < p->len ? &p->questions[i] : NULL;
        g->of[i].words = heading_choices(words, (int)i);
        g->of[i].options = ARENA_ARRAY(ctx->arena, count[i] + 1, struct option_column);
    }
}

/* The questions in the order of their columns; apart, those with columns of their choices. */
static void sort_questions(struct ctx *ctx, struct columns *c, const struct profile *p,
                           const struct gathered *g)
{
    c->questions = ARENA_ARRAY(ctx->arena, p->len + 1, struct question_column);
    c->split = ARENA_ARRAY(ctx->arena, p->len + 1, struct question_column);
    for (size_t i = 0; i < c->width; i++)
        if (c->found[i].use == HEADING_QUESTION && !g->of[c->found[i].place].options_len)
            c->questions[c->questions_len++] = g->of[c->found[i].place];
    for (size_t i = 0; i < p->len; i++)
        if (g->of[i].options_len)
            c->split[c->split_len++] = g->of[i];
    c->sections = g->of[p->len];
    buf_init(&c->missing, ctx->arena, 100000);
    for (size_t i = 0; i < p->len; i++)
        if (g->of[i].column == NO_COLUMN && !g->of[i].options_len && p->questions[i].codes_len &&
            p->questions[i].rule != RULE_NONE)
            buf_printf(&c->missing, "%s%s", c->missing.len ? ", " : "", p->questions[i].name);
}

static enum err find_questions(struct ctx *ctx, struct columns *c,
                               const struct heading_words *words, const struct profile *p)
{
    struct gathered g = { 0 };
    enum err rc = OK;

    for (size_t i = 0; i < c->width; i++)
        c->found[i] = heading_find(words, c->headings[i]);
    make_room(ctx, c, p, words, &g);
    c->consent = NO_COLUMN;
    for (size_t i = 0; i < c->width && !rc; i++)
        rc = take_heading(ctx, c, p, i, &g);
    if (rc)
        return rc;
    sort_questions(ctx, c, p, &g);
    c->consent_words = heading_choices(words, (int)p->len + 1);
    if (c->questions_len + c->split_len == 0)
        return ctx_fail(ctx, ERR_INVALID,
                        tr(ctx,
                           "No column holds a question of the survey. Headings are names such"
                           " as {0} or labels of the form; groups may stand before them.",
                           TR_TEXT(p->questions[0].name)));
    return OK;
}

enum err columns_read(struct ctx *ctx, struct columns *c, const struct heading_words *words,
                      const struct feed_row *row, const struct score_options *o)
{
    enum err rc;

    *c = (struct columns){ 0 };
    rc = read_headings(ctx, c, row);
    if (!rc)
        rc = find_questions(ctx, c, words, o->profile);
    if (!rc)
        rc = find_key(ctx, c, o);
    if (!rc && c->found[c->key].use <= HEADING_EXPORT)
        c->found[c->key].use = HEADING_KEY;
    for (size_t i = 0; i < o->by_len && !rc; i++) {
        rc = need_column(ctx, c, o->profile, o->by[i], &c->by[i]);
        if (!rc && c->found[c->by[i]].use <= HEADING_EXPORT)
            c->found[c->by[i]].use = HEADING_GROUP;
    }
    return rc;
}

const char *column_title(const struct columns *c, const struct profile *p, size_t column)
{
    const struct heading *found = &c->found[column];

    return found->use == HEADING_QUESTION ? p->questions[found->place].name : c->headings[column];
}

/* --- what was found --- */

static const char *use_text(struct ctx *ctx, const struct profile *p, const struct heading *found)
{
    const struct question *q =
        found->place >= 0 && found->place < (int)p->len ? &p->questions[found->place] : NULL;
    const char *name = q ? q->name : "sections_selected";

    switch (found->use) {
    case HEADING_QUESTION:
        return tr(ctx, "question {0}", TR_TEXT(name));
    case HEADING_OPTION:
        return tr(
            ctx, "question {0}, choice {1}", TR_TEXT(name),
            TR_TEXT(q ? q->codes[found->code].name : dimension_code((enum dimension)found->code)));
    case HEADING_NO_CHOICE:
        return tr(ctx, "question {0}, but no choice that it has: rows with a 1 here are refused",
                  TR_TEXT(name));
    case HEADING_SECTIONS:
        return tr(ctx, "the sections that were asked");
    case HEADING_CONSENT:
        return tr(ctx, "consent to the interview");
    case HEADING_KEY:
        return tr(ctx, "names the interview");
    case HEADING_GROUP:
        return tr(ctx, "groups of the summary");
    case HEADING_EXPORT:
        return tr(ctx, "added by the export, not used");
    case HEADING_MANY:
        return tr(ctx, "a label of several questions, not used: export with names");
    case HEADING_UNUSED:
        break;
    }
    return tr(ctx, "not used");
}

void columns_explain(struct ctx *ctx, const struct columns *c, const struct profile *p,
                     const char *file)
{
    struct buf b;

    buf_init(&b, ctx->arena, 2 * CSV_ROW_MAX);
    if (file)
        csv_add_cell(&b, "file", true, false);
    csv_add_cell(&b, "column", !file, false);
    csv_add_cell(&b, "heading", false, false);
    csv_add_cell(&b, "use", false, false);
    csv_end_row(&b);
    for (size_t i = 0; i < c->width; i++) {
        if (file)
            csv_add_cell(&b, file, true, true);
        csv_add_cell(&b, arena_printf(ctx->arena, "%zu", i + 1), !file, false);
        csv_add_cell(&b, c->headings[i], false, true);
        csv_add_cell(&b, use_text(ctx, p, &c->found[i]), false, true);
        csv_end_row(&b);
    }
    if (buf_ok(&b))
        (void)fwrite(b.data, 1, b.len, stdout);
    if (c->missing.len)
        (void)printf("%s\n", tr(ctx, "No column: {0}", TR_TEXT(buf_text(&c->missing))));
    (void)fflush(stdout);
}
