/* Records as JSON, out and in: codes, ISO dates, numbers, null. Hidden fields stay inside. */
#include <string.h>

#include "core/date.h"
#include "core/json.h"
#include "core/text.h"
#include "records/records_inner.h"

/* --- out --- */

static void put_codes(struct json_out *j, const char *value)
{
    size_t len = 0;
    char **codes = text_split(j->buf->arena, value, ' ', true, &len);

    json_begin_array(j);
    for (size_t i = 0; i < len; i++)
        json_text(j, codes[i]);
    json_end_array(j);
}

static void put_value(struct json_out *j, const struct field *f, const char *value)
{
    int64_t n = 0;
    double d = 0;

    json_key(j, f->name);
    if (!value || !value[0])
        json_out_null(j);
    else if (f->kind == FIELD_SELECT_MULTIPLE || f->kind == FIELD_RANK)
        put_codes(j, value);
    else if (f->kind == FIELD_INTEGER && parse_int(value, INT64_MIN, INT64_MAX, &n))
        json_int(j, n);
    else if (((f->kind == FIELD_DECIMAL && !f->currency) || f->kind == FIELD_RANGE) &&
             parse_decimal(value, &d))
        json_decimal(j, d);
    else
        json_text(j, value);
}

static void put_level(struct json_out *j, const struct answers *t)
{
    json_begin_object(j);
    if (t->repeat)
        json_pair(j, "id", t->id);
    for (size_t i = 0; i < t->form->all_len; i++) {
        const struct field *f = t->form->all[i];

        if (f->repeat != t->repeat)
            continue;
        if (field_is_answer(f) && f->kind != FIELD_HIDDEN)
            put_value(j, f, t->values[i]);
        if (!field_is_repeat(f))
            continue;
        json_key(j, f->name);
        json_begin_array(j);
        for (size_t r = 0; r < t->rows_len[i]; r++)
            put_level(j, t->rows[i][r]);
        json_end_array(j);
    }
    json_end_object(j);
}

void record_json(struct buf *b, const struct record *rec)
{
    struct json_out j = { .buf = b };

    json_begin_object(&j);
    json_pair(&j, "id", rec->id);
    json_pair(&j, "kind", rec->form->kind);
    json_pair(&j, "form", rec->form->hash);
    json_pair(&j, "number", rec->number);
    json_pair(&j, "title", rec->title);
    json_pair(&j, "parent", rec->parent_id);
    json_pair(&j, "status", rec->status);
    json_key(&j, "version");
    json_int(&j, rec->version);
    json_pair(&j, "created_at", rec->id ? moment_text(b->arena, rec->created_at) : NULL);
    json_pair(&j, "updated_at", rec->id ? moment_text(b->arena, rec->updated_at) : NULL);
    json_key(&j, "answers");
    put_level(&j, rec->answers);
    json_end_object(&j);
}

/* --- in --- */

struct reading {
    struct ctx *ctx;
    const struct form *form;
    const struct form *older; /* that the sender wrote for; NULL = form */
    struct answer_pair *pairs;
    size_t len;
    size_t cap;
    bool failed;
};

static void refuse(struct reading *r, const char *path, const char *text)
{
    ctx_set_problem(r->ctx, ERR_INVALID, path, text);
    r->failed = true;
}

static void add_pair(struct reading *r, const char *name, const char *value)
{
    if (r->len == r->cap) {
        size_t cap = r->cap ? 2 * r->cap : 64;
        struct answer_pair *pairs = ARENA_ARRAY(r->ctx->arena, cap, struct answer_pair);

        if (r->len)
            memcpy(pairs, r->pairs, r->len * sizeof(*pairs));
        r->pairs = pairs;
        r->cap = cap;
    }
    r->pairs[r->len++] = (struct answer_pair){ name, value };
}

static void read_codes(struct reading *r, const char *path, json_t *value)
{
    size_t i;
    json_t *code;

    if (!json_is_array(value)) {
        refuse(r, path, tr(r->ctx, "This must be a list of codes."));
        return;
    }
    json_array_foreach(value, i, code)
    {
        if (json_is_string(code))
            add_pair(r, path, json_string_value(code));
        else
            refuse(r, path, tr(r->ctx, "This must be a list of codes."));
    }
}

static void read_number(struct reading *r, const char *path, json_t *value)
{
    if (json_is_integer(value))
        add_pair(r, path,
                 arena_printf(r->ctx->arena, "%lld", (long long)json_integer_value(value)));
    else if (json_is_real(value))
        add_pair(r, path, decimal_text(r->ctx->arena, json_real_value(value)));
    else
        refuse(r, path, tr(r->ctx, "This must be a number without quotes, or null."));
}

static void read_level(struct reading *r, const char *prefix, const struct field *repeat,
                       json_t *object);

static void read_repeat(struct reading *r, const char *path, const struct field *f, json_t *value)
{
    size_t i;
    json_t *row;

    if (!json_is_array(value)) {
        refuse(r, path, tr(r->ctx, "This must be a list of rows."));
        return;
    }
    if (json_array_size(value) > ANSWERS_ROWS_MAX) {
        refuse(r, path, tr(r->ctx, "At most {0} rows are possible.", TR_INT(ANSWERS_ROWS_MAX)));
        return;
    }
    json_array_foreach(value, i, row)
    {
        const char *prefix = arena_printf(r->ctx->arena, "%s.%zu", path, i + 1);

        if (json_is_object(row))
            read_level(r, arena_printf(r->ctx->arena, "%s.", prefix), f, row);
        else
            refuse(r, prefix, tr(r->ctx, "A row must be an object."));
    }
}

static void read_value(struct reading *r, const char *path, const struct field *f, json_t *value)
{
    if (json_is_null(value))
        return;
    if (f->kind == FIELD_SELECT_MULTIPLE || f->kind == FIELD_RANK)
        read_codes(r, path, value);
    else if (f->kind == FIELD_INTEGER || f->kind == FIELD_RANGE ||
             (f->kind == FIELD_DECIMAL && !f->currency))
        read_number(r, path, value);
    else if (json_is_string(value))
        add_pair(r, path, json_string_value(value));
    else
        refuse(r, path, tr(r->ctx, "This must be text in quotes, or null."));
}

/* A question that only the older form asks at this level, of the sender; NULL if it is none. */
static const struct field *gone_field(const struct reading *r, const struct field *repeat,
                                      const char *key)
{
    const struct field *f =
        r->older && !field_find(r->form, key) ? field_find(r->older, key) : NULL;

    if (!f || !field_is_answer(f) || !field_visible(r->ctx, f))
        return NULL;
    return text_equal(f->repeat ? f->repeat->name : "", repeat ? repeat->name : "") ? f : NULL;
}

static void read_level(struct reading *r, const char *prefix, const struct field *repeat,
                       json_t *object)
{
    const char *key;
    json_t *value;

    json_object_foreach(object, key, value)
    {
        const struct field *f = field_find(r->form, key);
        const struct field *gone = gone_field(r, repeat, key);
        const char *path = arena_printf(r->ctx->arena, "%s%s", prefix, key);

        if (repeat && strcmp(key, "id") == 0) {
            if (json_is_string(value))
                add_pair(r, path, json_string_value(value));
            else if (!json_is_null(value))
                refuse(r, path, tr(r->ctx, "This must be text in quotes, or null."));
        } else if (gone) {
            read_value(r, path, gone, value);
        } else if (!f || f->repeat != repeat || !(field_is_answer(f) || field_is_repeat(f))) {
            refuse(r, path, tr(r->ctx, "The form has no such field."));
        } else if (field_is_repeat(f)) {
            read_repeat(r, path, f, value);
        } else {
            read_value(r, path, f, value);
        }
    }
}

/* What record_json writes may come back as a whole: its answers count, the rest is known. */
static json_t *answers_part(struct reading *r, json_t *root)
{
    static const char *const around[] = { "id",         "kind",       "form",   "number",
                                          "title",      "parent",     "status", "version",
                                          "created_at", "updated_at", "answers" };
    json_t *answers = json_object_get(root, "answers");
    const char *key;
    json_t *value;

    if (!answers || field_find(r->form, "answers"))
        return root;
    json_object_foreach(root, key, value)
    {
        size_t i = 0;

        while (i < sizeof(around) / sizeof(around[0]) && strcmp(around[i], key) != 0)
            i++;
        if (i == sizeof(around) / sizeof(around[0]))
            refuse(r, arena_strdup(r->ctx->arena, key),
                   tr(r->ctx, "Fields of the form stand inside \"answers\"."));
    }
    return answers;
}

enum err record_from_older_json(struct ctx *ctx, struct answers **out, const struct form *form,
                                const struct form *older, json_t *root)
{
    struct reading r = { .ctx = ctx, .form = form, .older = older };
    struct answers *answers = NULL;
    enum err rc;

    if (!json_is_object(root))
        return ctx_fail(ctx, ERR_INVALID, tr(ctx, "The JSON must be an object with the fields."));
    root = answers_part(&r, root);
    if (!json_is_object(root))
        return ctx_fail(ctx, ERR_INVALID, tr(ctx, "The JSON must be an object with the fields."));
    read_level(&r, "", NULL, root);
    rc = answers_from_older(ctx, &answers, form, older, r.pairs, r.len);
    if (rc)
        return rc;
    if (r.failed)
        return ERR_INVALID;
    *out = answers;
    return OK;
}

enum err record_from_json(struct ctx *ctx, struct answers **out, const struct form *form,
                          const char *bytes, size_t len)
{
    json_t *root = NULL;
    enum err rc = json_parse(ctx, &root, bytes, len);

    return rc ? rc : record_from_older_json(ctx, out, form, NULL, root);
}

/* Whether it is asked by this form and not by the one that the sender knows. */
static bool is_newer(const struct field *f, const struct form *older)
{
    return field_is_answer(f) && !field_find(older, f->name);
}

void answers_keep_newer(struct answers *t, struct answers *stored, const struct form *older)
{
    for (size_t i = 0; i < t->form->all_len; i++) {
        const struct field *f = t->form->all[i];
        struct answers *from =
            t->repeat ? answers_row(stored, t->repeat, t->id ? t->id : "") : stored;

        if (f->repeat == t->repeat && is_newer(f, older) && !t->values[i] && from)
            t->values[i] = from->values[i];
        for (size_t k = 0; k < t->rows_len[i]; k++)
            answers_keep_newer(t->rows[i][k], stored, older);
    }
}
