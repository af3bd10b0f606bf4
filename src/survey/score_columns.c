/* Which column of a file of interviews holds what. */
#include <string.h>

#include "core/text.h"
#include "core/tr.h"
#include "survey/score_file.h"

/* A heading without the groups that exports put before it: economic/food_reduction. */
static const char *tail_of(const char *heading)
{
    const char *tail = heading;

    for (const char *p = heading; *p; p++)
        if ((*p == '/' || *p == '-' || *p == '.') && p[1])
            tail = p + 1;
    return tail;
}

static enum err read_headings(struct ctx *ctx, struct columns *c, const struct feed_row *row)
{
    if (row->len > CSV_COLUMNS_MAX)
        return ctx_fail(ctx, ERR_LIMIT,
                        tr(ctx, "The file has {0} columns; {1} is the most.",
                           TR_INT((int64_t)row->len), TR_INT(CSV_COLUMNS_MAX)));
    c->width = row->len;
    c->headings = ARENA_ARRAY(ctx->arena, c->width, const char *);
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

/*
 * The column of that heading, else the one whose heading ends in it after groups; -1 if there is
 * none, ERR_INVALID if it might be several.
 */
static enum err find_column(struct ctx *ctx, const struct columns *c, const char *name, int *out)
{
    *out = -1;
    for (int exact = 1; exact >= 0 && *out < 0; exact--)
        for (size_t i = 0; i < c->width; i++) {
            if (strcmp(exact ? c->headings[i] : tail_of(c->headings[i]), name) != 0)
                continue;
            if (*out >= 0)
                return ctx_fail(ctx, ERR_INVALID,
                                tr(ctx, "More than one column is called {0}.", TR_TEXT(name)));
            *out = (int)i;
        }
    return OK;
}

static enum err need_column(struct ctx *ctx, const struct columns *c, const char *name, int *out)
{
    enum err rc = find_column(ctx, c, name, out);

    if (rc || *out >= 0)
        return rc;
    return ctx_fail(ctx, ERR_INVALID,
                    tr(ctx, "The file has no column {0}. Its columns begin with {1}.",
                       TR_TEXT(name), TR_TEXT(c->headings[0])));
}

/* The questions, in the order of their columns. */
static enum err find_questions(struct ctx *ctx, struct columns *c, const struct profile *p)
{
    bool seen[PROFILE_QUESTIONS_MAX] = { false };

    c->questions = ARENA_ARRAY(ctx->arena, p->len, struct question_column);
    for (size_t i = 0; i < c->width; i++) {
        int place = profile_question(p, tail_of(c->headings[i]));

        if (place < 0 || !p->questions[place].codes_len)
            continue;
        if (seen[place])
            return ctx_fail(
                ctx, ERR_INVALID,
                tr(ctx, "More than one column is called {0}.", TR_TEXT(p->questions[place].name)));
        seen[place] = true;
        c->questions[c->questions_len++] = (struct question_column){ i, &p->questions[place] };
    }
    if (c->questions_len == 0)
        return ctx_fail(ctx, ERR_INVALID,
                        tr(ctx,
                           "No column holds a question of the survey. Headings are names such"
                           " as {0}, groups may stand before them.",
                           TR_TEXT(p->questions[0].name)));
    buf_init(&c->missing, ctx->arena, 100000);
    for (size_t i = 0; i < p->len; i++)
        if (!seen[i] && p->questions[i].codes_len && p->questions[i].rule != RULE_NONE)
            buf_printf(&c->missing, "%s%s", c->missing.len ? ", " : "", p->questions[i].name);
    return OK;
}

enum err columns_read(struct ctx *ctx, struct columns *c, const struct feed_row *row,
                      const struct score_options *o)
{
    enum err rc = read_headings(ctx, c, row);

    if (!rc)
        rc = find_questions(ctx, c, o->profile);
    if (!rc)
        rc = need_column(ctx, c, o->key, &c->key);
    for (size_t i = 0; i < o->by_len && !rc; i++)
        rc = need_column(ctx, c, o->by[i], &c->by[i]);
    if (!rc)
        rc = find_column(ctx, c, "sections_selected", &c->sections);
    if (!rc)
        rc = find_column(ctx, c, "consent_given", &c->consent);
    return rc;
}

const char *column_title(const struct columns *c, const struct profile *p, size_t column)
{
    const char *tail = tail_of(c->headings[column]);

    return profile_question(p, tail) >= 0 ? tail : c->headings[column];
}
