/* What a record's form sends: answers, and controls whose names begin with an underscore. */
#include <string.h>

#include "core/id.h"
#include "core/text.h"
#include "records/screens_web.h"

#define ROW_NUMBER_MAX 9999 /* as answers_from_pairs takes them */

static enum err unknown(struct ctx *ctx, const char *name)
{
    return ctx_fail_field(ctx, name, tr(ctx, "This field is not known here: {0}.", TR_TEXT(name)));
}

/* An id, or nothing; anything else is not ours. */
static enum err take_id(struct ctx *ctx, const char **out, const struct pair *p)
{
    if (p->value[0] != '\0' && !id_valid(p->value))
        return unknown(ctx, p->name);
    *out = p->value[0] == '\0' ? NULL : p->value;
    return OK;
}

static enum err take_version(struct ctx *ctx, int64_t *out, const struct pair *p)
{
    return parse_int(p->value, 1, INT64_MAX, out) ? OK : unknown(ctx, p->name);
}

static enum err take_control(struct ctx *ctx, struct form_post *out, const struct pair *p)
{
    const char *name = p->name;

    if (strcmp(name, "_version") == 0)
        return take_version(ctx, &out->version, p);
    if (strcmp(name, "_base") == 0)
        return take_version(ctx, &out->base, p);
    if (strcmp(name, "_parent") == 0)
        return take_id(ctx, &out->parent_id, p);
    if (strcmp(name, "_search") == 0)
        return take_id(ctx, &out->search_id, p);
    if (text_starts(name, "_add.")) {
        out->add = name + 5;
    } else if (text_starts(name, "_remove.")) {
        out->remove = name + 8;
    } else if (text_starts(name, "_take.")) {
        out->takes[out->takes_len].name = name + 6;
        out->takes[out->takes_len++].value = p->value;
    } else if (strcmp(name, "_confirm") == 0) {
        out->confirm = true;
    } else if (strcmp(name, "_refresh") == 0) {
        out->refresh = true;
    } else if (strcmp(name, "_merge") == 0) {
        out->merge = true;
    } else if (strcmp(name, "_save") != 0) {
        return unknown(ctx, name);
    }
    return OK;
}

enum err post_read(struct ctx *ctx, struct form_post *out, const struct req *req)
{
    size_t len = 0;
    const struct pair *pairs = req_pairs(req, &len);
    enum err rc = OK;

    memset(out, 0, sizeof *out);
    out->pairs = ARENA_ARRAY(ctx->arena, len + 1, struct answer_pair);
    out->takes = ARENA_ARRAY(ctx->arena, len + 1, struct pair_view);
    for (size_t i = 0; !rc && i < len; i++) {
        if (strcmp(pairs[i].name, "csrf") == 0)
            continue;
        if (pairs[i].name[0] == '_') {
            rc = take_control(ctx, out, &pairs[i]);
            continue;
        }
        out->pairs[out->len].name = pairs[i].name;
        out->pairs[out->len++].value = pairs[i].value;
    }
    return rc;
}

bool post_reshows(const struct form_post *post)
{
    return post->refresh || post->add != NULL || post->remove != NULL;
}

/* --- rows --- */

static bool is_below(const char *name, const char *path)
{
    size_t len = strlen(path);

    return text_starts(name, path) && name[len] == '.';
}

/* Adds a row to a repeat named by a path such as names or names.2.parts. */
static enum err add_row(struct ctx *ctx, struct answers *root, const char *path)
{
    size_t len = 0;
    char **parts = text_split(ctx->arena, path, '.', false, &len);
    struct answers *t = root;

    for (size_t i = 0; i < len; i += 2) {
        const struct field *f = field_find(root->form, parts[i]);
        int64_t n = 0;

        if (f == NULL || f->kind != FIELD_REPEAT || f->repeat != t->repeat)
            return unknown(ctx, arena_printf(ctx->arena, "_add.%s", path));
        if (i + 1 == len) {
            if (t->rows_len[f->place] >= ANSWERS_ROWS_MAX)
                return ctx_fail_field(
                    ctx, path, tr(ctx, "At most {0} rows are taken.", TR_INT(ANSWERS_ROWS_MAX)));
            return answers_defaults(ctx, answers_add_row(ctx->arena, t, f));
        }
        if (!parse_int(parts[i + 1], 1, (int64_t)t->rows_len[f->place], &n))
            return unknown(ctx, arena_printf(ctx->arena, "_add.%s", path));
        t = t->rows[f->place][n - 1];
    }
    return OK;
}

enum err post_answers(struct ctx *ctx, struct answers **out, const struct form *form,
                      const struct form_post *post)
{
    struct answer_pair *pairs = ARENA_ARRAY(ctx->arena, post->len + 1, struct answer_pair);
    size_t n = 0;
    enum err rc;

    for (size_t i = 0; i < post->len; i++)
        if (post->remove == NULL || !is_below(post->pairs[i].name, post->remove))
            pairs[n++] = post->pairs[i];
    rc = answers_from_pairs(ctx, out, form, pairs, n);
    if (*out != NULL && post->add != NULL) {
        enum err rc2 = add_row(ctx, *out, post->add);

        rc = rc ? rc : rc2;
    }
    return rc;
}

/* Number of the row of a pair such as names.2.name_text with a value; 0 if it is none. */
static size_t filled_row(const struct answer_pair *p, const char *repeat)
{
    const char *digit = p->name + strlen(repeat) + 1;
    size_t n = 0;

    if (!is_below(p->name, repeat) || text_blank(p->value))
        return 0;
    for (; ascii_is_digit(*digit) && n <= ROW_NUMBER_MAX; digit++)
        n = 10 * n + (size_t)(*digit - '0');
    return *digit == '.' && strcmp(digit, ".id") != 0 && n <= ROW_NUMBER_MAX ? n : 0;
}

int64_t post_row_number(struct ctx *ctx, const struct form_post *post, const char *repeat,
                        size_t rows, size_t i)
{
    bool *filled = ARENA_ARRAY(ctx->arena, ROW_NUMBER_MAX + 1, bool);

    for (size_t p = 0; p < post->len; p++)
        filled[filled_row(&post->pairs[p], repeat)] = true;
    /* Rows are compacted in the order of their numbers: the i-th of those that are filled. */
    for (size_t n = 1; n <= ROW_NUMBER_MAX && i < rows; n++)
        if (filled[n] && i-- == 0)
            return (int64_t)n;
    return 0;
}
