/* What app.js asks for while somebody types: the form's state, or what a change of it changed. */
#include <string.h>

#include "core/json.h"
#include "core/text.h"
#include "records/records_inner.h"
#include "records/screens_web.h"
#include "records/widgets.h"

#define STATE_MAX ((size_t)1024 * 1024)

struct state_out {
    struct ctx *ctx;
    struct json_out *json;
    const struct form_post *post;
    const struct form *form;
    const bool *touched; /* by place: told; NULL = everything is */
    bool *changed;       /* by place: what was typed, for problems */
};

/* --- what depends on what changed --- */

/* Whether a text shows an answer that was touched. */
static bool names_touched(const struct state_out *s, const char *text)
{
    for (const char *p = strstr(text, "${"); p != NULL; p = strstr(p + 2, "${")) {
        const char *end = strchr(p, '}');
        const struct field *f =
            end == NULL
                ? NULL
                : field_find(s->form, arena_strndup(s->ctx->arena, p + 2, (size_t)(end - p) - 2));

        if (f != NULL && s->touched[f->place])
            return true;
    }
    return false;
}

/* Whether an expression reads one; what is reached by a path counts as touched. */
static bool reads_touched(const struct state_out *s, const struct expr *e)
{
    if (e == NULL)
        return false;
    for (const char *const *name = expr_names(e); *name != NULL; name++) {
        const struct field *f = field_find(s->form, *name);

        if (f == NULL || s->touched[f->place])
            return true;
    }
    return strchr(expr_source(e), '/') != NULL;
}

static bool is_told(const struct state_out *s, const struct field *f)
{
    if (s->touched == NULL || s->touched[f->place])
        return true;
    return reads_touched(s, f->choice_filter) || reads_touched(s, f->seed) ||
           reads_touched(s, f->required_if) || reads_touched(s, f->constraint) ||
           names_touched(s, label_text(s->ctx, &f->label));
}

/* --- one field --- */

static void add_said(struct state_out *s, const struct answers *t, const struct field *f)
{
    struct rich_view v = { 0 };

    text_said(s->ctx, &v, label_text(s->ctx, &f->label), t);
    json_key(s->json, "said");
    json_begin_array(s->json);
    for (size_t i = 0; i < v.runs_len; i++) {
        const struct run_view *r = &v.runs[i];

        json_begin_object(s->json);
        json_pair(s->json, "text", r->text);
        json_pair(s->json, "as", r->strong ? "strong" : r->em ? "em" : r->answer ? "bdi" : "span");
        json_end_object(s->json);
    }
    json_end_array(s->json);
}

static enum err add_choices(struct state_out *s, const struct answers *t, const struct field *f)
{
    const struct choice *const *allowed = NULL;
    size_t len = 0;
    enum err rc = answers_choices(s->ctx, t, f, &allowed, &len);

    if (rc)
        return rc;
    json_key(s->json, "choices");
    json_begin_array(s->json);
    for (size_t i = 0; i < len; i++)
        json_text(s->json, allowed[i]->name);
    json_end_array(s->json);
    return OK;
}

/* Its problem is told for what was typed, and cleared for the others. */
static enum err check_field(struct state_out *s, struct answers *t, const struct field *f)
{
    if (!field_has_value(f) || answers_get(t, f) == NULL)
        return OK;
    if (s->touched != NULL && !s->changed[f->place] && !reads_touched(s, f->constraint))
        return OK;
    return answers_check(s->ctx, t, f, false);
}

/* What the page shows or holds of an answer that it did not type itself. */
static void add_value(struct state_out *s, struct answers *t, const struct field *f)
{
    const char *given = field_has_value(f) ? answers_get(t, f) : NULL;
    const char *value = given == NULL ? "" : given;
    const enum widget kind = widget_of(f);

    if (kind == WIDGET_SHOWN)
        json_pair(s->json, "value", answers_shown(s->ctx, f, value));
    if (kind == WIDGET_KEPT || field_sent_back(f))
        json_pair(s->json, "kept", value);
    if (f->calculation != NULL && kind == WIDGET_LINE)
        json_pair(s->json, "typed", value);
}

static enum err add_field(struct state_out *s, struct answers *t, const struct field *f,
                          const char *path)
{
    bool required = false;
    enum err rc = check_field(s, t, f);

    if (rc == ERR_INVALID)
        rc = OK;
    if (!rc && f->required_if != NULL)
        rc = answers_required(s->ctx, t, f, &required);
    if (rc)
        return rc;
    json_key(s->json, path);
    json_begin_object(s->json);
    json_key(s->json, "relevant");
    json_bool(s->json, t->relevant == NULL || t->relevant[f->place]);
    add_value(s, t, f);
    if (f->required_if != NULL) {
        json_key(s->json, "required");
        json_bool(s->json, required);
    }
    if (f->kind == FIELD_REPEAT && f->repeat_count != NULL) {
        json_key(s->json, "rows");
        json_int(s->json, (int64_t)t->rows_len[f->place]);
    }
    if (strstr(label_text(s->ctx, &f->label), "${") != NULL)
        add_said(s, t, f);
    rc = f->choices != NULL && (f->choice_filter != NULL || f->seed != NULL) ? add_choices(s, t, f)
                                                                             : OK;
    json_pair(s->json, "problem", ctx_problem(s->ctx, answers_path(s->ctx->arena, t, f)));
    json_end_object(s->json);
    return rc;
}

/* --- levels --- */

static enum err add_level(struct state_out *s, struct answers *t, const struct field *first,
                          const char *prefix);

static enum err add_rows(struct state_out *s, struct answers *t, const struct field *f,
                         const char *path)
{
    struct row_numbers numbers = post_row_numbers(s->ctx, s->post, path);
    enum err rc = OK;

    for (size_t i = 0; !rc && i < t->rows_len[f->place]; i++) {
        /* Rows that hold nothing stand behind the others, and the page has them there too. */
        int64_t n = i < numbers.len ? numbers.items[i]
                                    : (numbers.len > 0 ? numbers.items[numbers.len - 1] : 0) +
                                          (int64_t)(i - numbers.len) + 1;

        rc = add_level(s, t->rows[f->place][i], f->children,
                       arena_printf(s->ctx->arena, "%s.%lld.", path, (long long)n));
    }
    return rc;
}

/* prefix: the row as the page has numbered it; "" at the top. */
static enum err add_level(struct state_out *s, struct answers *t, const struct field *first,
                          const char *prefix)
{
    enum err rc = OK;

    for (const struct field *f = first; !rc && f != NULL; f = f->next) {
        const char *path = f->name;

        if (!field_visible(s->ctx, f))
            continue;
        if (prefix[0] != '\0' && (f->kind == FIELD_REPEAT || is_told(s, f)))
            path = arena_printf(s->ctx->arena, "%s%s", prefix, f->name);
        if (is_told(s, f))
            rc = add_field(s, t, f, path);
        if (!rc && f->kind == FIELD_GROUP)
            rc = add_level(s, t, f->children, prefix);
        else if (!rc && f->kind == FIELD_REPEAT)
            rc = add_rows(s, t, f, path);
    }
    return rc;
}

/* --- progress of instruments --- */

static void count_level(struct state_out *s, const struct answers *t, const struct field *first,
                        int64_t *answered, int64_t *asked)
{
    for (const struct field *f = first; f != NULL; f = f->next) {
        if (!field_visible(s->ctx, f) || (t->relevant != NULL && !t->relevant[f->place]))
            continue;
        if (f->kind == FIELD_GROUP) {
            count_level(s, t, f->children, answered, asked);
        } else if (field_has_value(f) && !field_looks(f, LOOK_BESIDE) &&
                   widget_of(f) != WIDGET_SHOWN && widget_of(f) != WIDGET_KEPT) {
            *asked += 1;
            *answered += answers_get(t, f) != NULL;
        }
    }
}

static void add_progress(struct state_out *s, const char *key, const struct answers *t,
                         const struct field *first)
{
    int64_t answered = 0;
    int64_t asked = 0;

    count_level(s, t, first, &answered, &asked);
    if (asked > 1)
        json_pair(s->json, key, tr(s->ctx, "{0} of {1} answered", TR_INT(answered), TR_INT(asked)));
}

static void add_sections(struct state_out *s, const struct answers *t, const struct field *first)
{
    for (const struct field *f = first; f != NULL; f = f->next) {
        if (f->kind != FIELD_GROUP || !field_visible(s->ctx, f))
            continue;
        add_progress(s, f->name, t, f->children);
        add_sections(s, t, f->children);
    }
}

static enum err reply_state(struct state_out *s, struct res *res, struct answers *t)
{
    struct buf *b = ARENA_NEW(s->ctx->arena, struct buf);
    struct json_out j = { .buf = b };
    enum err rc;

    buf_init(b, s->ctx->arena, STATE_MAX);
    s->json = &j;
    json_begin_object(&j);
    if (s->form->instrument) {
        add_progress(s, "progress", t, s->form->fields);
        json_key(&j, "sections");
        json_begin_object(&j);
        add_sections(s, t, s->form->fields);
        json_end_object(&j);
    }
    json_key(&j, "fields");
    json_begin_object(&j);
    rc = add_level(s, t, s->form->fields, "");
    json_end_object(&j);
    json_end_object(&j);
    s->json = NULL;
    if (rc)
        return rc;
    res_json(res, 200, buf_text(b), b->len);
    return OK;
}

/* --- what changed --- */

struct place {
    struct answers *t;
    const struct field *field;
};

/* The answer at a path as the page numbers it; false: it is not among the answers (any more). */
static bool find_place(struct ctx *ctx, struct place *out, struct answers *t,
                       const struct form_post *post, const char *path)
{
    size_t len = 0;
    char **parts = text_split(ctx->arena, path, '.', false, &len);
    const char *at = "";

    for (size_t i = 0; i < len; i += 2) {
        const struct field *f = field_find(t->form, parts[i]);
        struct row_numbers numbers;
        int64_t n = 0;
        size_t row = 0;

        if (f == NULL || f->repeat != t->repeat)
            return false;
        *out = (struct place){ t, f };
        if (i + 1 == len)
            return field_has_value(f);
        at = arena_printf(ctx->arena, "%s%s", at, f->name);
        numbers = post_row_numbers(ctx, post, at);
        if (f->kind != FIELD_REPEAT || !parse_int(parts[i + 1], 1, INT32_MAX, &n))
            return false;
        while (row < numbers.len && numbers.items[row] != n)
            row++;
        if (row >= t->rows_len[f->place])
            return false;
        t = t->rows[f->place][row];
        at = arena_printf(ctx->arena, "%s.%s.", at, parts[i + 1]);
    }
    return false;
}

static void compare_field(bool *touched, const struct answers *a, const struct answers *b,
                          const struct field *f)
{
    bool was = a->relevant == NULL || a->relevant[f->place];
    bool is = b->relevant == NULL || b->relevant[f->place];

    if (was != is || a->rows_len[f->place] != b->rows_len[f->place] ||
        (field_has_value(f) && !text_equal(answers_get(a, f), answers_get(b, f))))
        touched[f->place] = true;
}

/* Marks what differs between two settled states of one page. */
static void compare(bool *touched, const struct answers *a, const struct answers *b)
{
    for (size_t i = 0; i < a->form->all_len; i++) {
        const struct field *f = a->form->all[i];

        if (f->repeat != a->repeat)
            continue;
        compare_field(touched, a, b, f);
        for (size_t r = 0; r < a->rows_len[i] && r < b->rows_len[i]; r++)
            compare(touched, a->rows[i][r], b->rows[i][r]);
    }
    /* Rows that came are told whole. */
    for (size_t i = 0; i < a->form->all_len; i++)
        for (const struct field *f = a->form->all[i]->repeat; f != NULL; f = f->repeat)
            if (f->repeat == a->repeat && b->rows_len[f->place] > a->rows_len[f->place])
                touched[i] = true;
}

/* The answers as they stood before the changes; NULL: a change cannot be placed. */
static struct answers *answers_before(struct state_out *s, struct answers *t)
{
    const struct form_post *post = s->post;
    struct answers *before = answers_copy(s->ctx->arena, t);

    for (size_t i = 0; i < post->was_len; i++) {
        struct place at = { 0 };

        if (!find_place(s->ctx, &at, before, post, post->was[i].name))
            return NULL;
        answers_set(at.t, at.field, post->was[i].value[0] == '\0' ? NULL : post->was[i].value);
        s->changed[at.field->place] = true;
    }
    return post->was_len > 0 ? before : NULL;
}

/*
 * Settles the answers, lets triggers see each change, and finds what the changes touched: what
 * differs from how it was before. What the page cannot say of "before" is told whole.
 */
static enum err settle_changes(struct state_out *s, struct answers *t)
{
    struct answers *before = answers_before(s, t);
    bool *all = ARENA_ARRAY(s->ctx->arena, s->form->all_len + 1, bool);
    enum err rc = before == NULL ? OK : answers_recompute(s->ctx, before, NULL, NULL);

    if (!rc)
        rc = answers_recompute(s->ctx, t, NULL, NULL);
    for (size_t i = 0; !rc && before != NULL && i < s->form->all_len; i++)
        if (s->changed[i])
            rc = answers_recompute(s->ctx, t, s->form->all[i], NULL);
    if (rc || before == NULL)
        return rc;
    compare(all, before, t);
    for (size_t i = 0; i < s->form->all_len; i++)
        all[i] = all[i] || s->changed[i];
    s->touched = all;
    return OK;
}

enum err post_state(struct ctx *ctx, const struct req *req, struct res *res)
{
    struct state_out s = { .ctx = ctx };
    struct answers *answers = NULL;
    struct form_post post = { 0 };
    size_t len = 0;
    const char *json = req_json(req, &len);
    enum err rc = record_form(ctx, &s.form, req_path(req, "kind"));

    if (!rc && json != NULL)
        rc = record_from_json(ctx, &answers, s.form, json, len);
    else if (!rc)
        rc = post_read(ctx, &post, req);
    if (rc)
        return rc;
    if (json == NULL)
        rc = post_answers(ctx, &answers, s.form, &post);
    if (rc && rc != ERR_INVALID)
        return rc;
    answers->shuffle = post.draft_id != NULL ? post.draft_id : s.form->kind;
    s.post = &post;
    s.changed = ARENA_ARRAY(ctx->arena, s.form->all_len + 1, bool);
    rc = settle_changes(&s, answers);
    return rc ? rc : reply_state(&s, res, answers);
}
