/* GET /api/openapi.json: OpenAPI 3.1, printed from the route tables and the forms. */
#include <string.h>

#include "core/json.h"
#include "core/text.h"
#include "records/records_inner.h"
#include "records/screens_web.h"

#define OPENAPI_MAX ((size_t)8 * 1024 * 1024)

struct printer {
    struct ctx *ctx;
    struct json_out *j;
    const struct form *form; /* that {kind} stands for; NULL outside of records */
};

static const char *const method_names[] = { "", "get", "post", "put", "patch", "delete" };

/* Text with {kind} filled in. */
static const char *with_kind(struct printer *p, const char *text)
{
    const char *at = strstr(text, "{kind}");

    if (at == NULL || p->form == NULL)
        return text;
    return arena_printf(p->ctx->arena, "%.*s%s%s", (int)(at - text), text, p->form->kind, at + 6);
}

/* --- schemas --- */

static void put_ref(struct printer *p, const char *name)
{
    json_begin_object(p->j);
    json_pair(p->j, "$ref",
              arena_printf(p->ctx->arena, "#/components/schemas/%s", with_kind(p, name)));
    json_end_object(p->j);
}

static void put_type(struct json_out *j, const char *type, bool nullable)
{
    json_key(j, "type");
    if (!nullable) {
        json_text(j, type);
        return;
    }
    json_begin_array(j);
    json_text(j, type);
    json_text(j, "null");
    json_end_array(j);
}

static void put_enum(struct json_out *j, const struct choice_list *list, bool nullable)
{
    json_key(j, "enum");
    json_begin_array(j);
    for (size_t i = 0; i < list->len; i++)
        json_text(j, list->items[i].name);
    if (nullable)
        json_out_null(j);
    json_end_array(j);
}

static void put_object(struct printer *p, const struct field *repeat);

static void put_plain(struct json_out *j, const struct field *f)
{
    static const struct {
        enum field_kind kind;
        const char *type;
        const char *format;
    } plain[] = {
        { FIELD_INTEGER, "integer", NULL },        { FIELD_DECIMAL, "number", NULL },
        { FIELD_DATE, "string", "date" },          { FIELD_TIME, "string", "time" },
        { FIELD_DATETIME, "string", "date-time" }, { FIELD_RANGE, "number", NULL },
    };

    for (size_t i = 0; i < sizeof plain / sizeof plain[0]; i++) {
        if (plain[i].kind != f->kind || f->currency != NULL)
            continue;
        put_type(j, plain[i].type, true);
        if (plain[i].format != NULL)
            json_pair(j, "format", plain[i].format);
        return;
    }
    put_type(j, "string", true);
    json_key(j, "maxLength");
    json_int(j, ANSWERS_NOTES_MAX);
}

static void put_field(struct printer *p, const struct field *f)
{
    struct json_out *j = p->j;

    json_key(j, f->name);
    json_begin_object(j);
    json_pair(j, "description", label_text(p->ctx, &f->label));
    if (f->kind == FIELD_REPEAT) {
        put_type(j, "array", false);
        json_key(j, "maxItems");
        json_int(j, ANSWERS_ROWS_MAX);
        json_key(j, "items");
        put_object(p, f);
    } else if (f->kind == FIELD_SELECT_ONE) {
        put_type(j, "string", true);
        put_enum(j, f->choices, true);
    } else if (f->kind == FIELD_SELECT_MULTIPLE || f->kind == FIELD_RANK) {
        put_type(j, "array", true);
        json_key(j, "items");
        json_begin_object(j);
        put_enum(j, f->choices, false);
        json_end_object(j);
    } else {
        put_plain(j, f);
    }
    if (f->kind == FIELD_CALCULATE || f->read_only) {
        json_key(j, "readOnly");
        json_bool(j, true);
    }
    json_end_object(j);
}

static void begin_required(struct json_out *j)
{
    json_key(j, "additionalProperties");
    json_bool(j, false);
    json_key(j, "required");
    json_begin_array(j);
}

/* Fields of a level that the acting user may read and that hold something. */
static bool is_told(const struct printer *p, const struct field *f, const struct field *repeat)
{
    return f->repeat == repeat && f->kind != FIELD_HIDDEN && field_visible(p->ctx, f) &&
           (field_has_value(f) || f->kind == FIELD_REPEAT);
}

/* Must be sent: asked always, in every state of the form. */
static bool always_asked(const struct field *f)
{
    if (!f->required || f->relevant != NULL || f->read_only || f->kind == FIELD_CALCULATE)
        return false;
    for (const struct field *p = f->parent; p != NULL && p != f->repeat; p = p->parent)
        if (p->relevant != NULL)
            return false;
    return true;
}

/* Answers of one level, as record_json writes them; required is what never depends on others. */
static void put_object(struct printer *p, const struct field *repeat)
{
    const struct form *form = p->form;
    struct json_out *j = p->j;

    json_begin_object(j);
    put_type(j, "object", false);
    begin_required(j);
    for (size_t i = 0; i < form->all_len; i++)
        if (is_told(p, form->all[i], repeat) && always_asked(form->all[i]))
            json_text(j, form->all[i]->name);
    json_end_array(j);
    json_key(j, "properties");
    json_begin_object(j);
    if (repeat != NULL) {
        json_key(j, "id");
        json_begin_object(j);
        put_type(j, "string", true);
        json_pair(j, "format", "uuid");
        json_end_object(j);
    }
    for (size_t i = 0; i < form->all_len; i++) {
        if (is_told(p, form->all[i], repeat))
            put_field(p, form->all[i]);
    }
    json_end_object(j);
    json_end_object(j);
}

static void put_member(struct json_out *j, const char *name, const char *type, bool nullable)
{
    json_key(j, name);
    json_begin_object(j);
    put_type(j, type, nullable);
    json_end_object(j);
}

static void put_record_schema(struct printer *p)
{
    static const char *const texts[] = { "id",     "kind",   "number",     "title",
                                         "parent", "status", "created_at", "updated_at" };
    struct json_out *j = p->j;

    json_key(j, p->form->kind);
    json_begin_object(j);
    json_pair(j, "description", label_text(p->ctx, &p->form->title));
    put_type(j, "object", false);
    begin_required(j);
    json_text(j, "answers"); /* the rest is known, and may be left out of what is sent */
    json_end_array(j);
    json_key(j, "properties");
    json_begin_object(j);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++)
        put_member(j, texts[i], "string", true);
    put_member(j, "version", "integer", false);
    json_key(j, "form"); /* the version of the form that the sender wrote for */
    json_begin_object(j);
    put_type(j, "string", false);
    json_pair(j, "default", p->form->hash);
    json_end_object(j);
    json_key(j, "answers");
    put_object(p, NULL);
    json_end_object(j);
    json_end_object(j);
}

/* {name: {type: object, properties: {items: [schema], ...}}} */
static void put_items_schema(struct printer *p, const char *suffix, bool hits)
{
    struct json_out *j = p->j;

    json_key(j, arena_printf(p->ctx->arena, "%s_%s", p->form->kind, suffix));
    json_begin_object(j);
    put_type(j, "object", false);
    begin_required(j);
    json_text(j, "items");
    if (!hits) {
        json_text(j, "next");
        json_text(j, "count");
    }
    json_end_array(j);
    json_key(j, "properties");
    json_begin_object(j);
    json_key(j, "items");
    json_begin_object(j);
    put_type(j, "array", false);
    json_key(j, "items");
    if (hits) {
        json_begin_object(j);
        put_type(j, "object", false);
        begin_required(j);
        json_text(j, "score");
        json_text(j, "why");
        json_text(j, "record");
        json_end_array(j);
        json_key(j, "properties");
        json_begin_object(j);
        put_member(j, "score", "number", false);
        put_member(j, "why", "string", true);
        json_key(j, "record");
        put_ref(p, "{kind}");
        json_end_object(j);
        json_end_object(j);
    } else {
        put_ref(p, "{kind}");
    }
    json_end_object(j);
    if (!hits) {
        put_member(j, "next", "string", true);
        put_member(j, "count", "integer", true);
    }
    json_end_object(j);
    json_end_object(j);
}

/* A member of a hand-made object; each may be null. */
struct member {
    const char *name;
    const char *type;
    bool optional;
    const struct member *of; /* what an object, or each item of an array, has; NULL: not said */
};

static void put_members(struct json_out *j, const struct member *members)
{
    begin_required(j);
    for (const struct member *m = members; m->name != NULL; m++)
        if (!m->optional)
            json_text(j, m->name);
    json_end_array(j);
    json_key(j, "properties");
    json_begin_object(j);
    for (const struct member *m = members; m->name != NULL; m++) {
        bool items = m->of != NULL && strcmp(m->type, "array") == 0;

        json_key(j, m->name);
        json_begin_object(j);
        put_type(j, m->type, true);
        if (items) {
            json_key(j, "items");
            json_begin_object(j);
            put_type(j, "object", false);
        }
        if (m->of != NULL)
            put_members(j, m->of);
        if (items)
            json_end_object(j);
        json_end_object(j);
    }
    json_end_object(j);
}

static void put_plain_schema(struct json_out *j, const char *name, const struct member *members)
{
    json_key(j, name);
    json_begin_object(j);
    put_type(j, "object", false);
    put_members(j, members);
    json_end_object(j);
}

#define ENDS                                                                                       \
    {                                                                                              \
        0                                                                                          \
    }

static const struct member version_members[] = {
    { "version", "integer" },
    { "made_at", "string" },
    { "made_by", "string" },
    { "action", "string" },
    { "status", "string" },
    { "changes", "integer" },
    ENDS,
};
static const struct member change_members[] = {
    { "path", "string" },
    { "label", "string" },
    { "before", "string" },
    { "after", "string" },
    ENDS,
};
static const struct member comment_members[] = {
    { "id", "string" },
    { "made_at", "string" },
    { "made_by", "string" },
    { "text", "string" },
    ENDS,
};
static const struct member hit_members[] = {
    { "score", "number" },
    { "why", "string" },
    { "record", "object" },
    ENDS,
};
static const struct member file_members[] = {
    { "id", "string" },      { "name", "string" },    { "type", "string" },
    { "bytes", "integer" },  { "field", "string" },   { "version", "integer" },
    { "made_at", "string" }, { "made_by", "string" }, ENDS,
};
static const struct member found_members[] = {
    { "id", "string" },
    { "title", "string" },
    { "note", "string" },
    ENDS,
};
static const struct member situation_members[] = {
    { "code", "string" },
    { "shown", "boolean" },
    { "confirmed", "boolean" },
    ENDS,
};
static const struct member criterion_members[] = {
    { "code", "string" },
    { "level", "string" },
    { "required", "boolean" },
    { "answer", "string" },
    { "outcome", "string" },
    { "from", "string" },
    ENDS,
};
static const struct member approach_members[] = {
    { "code", "string" },
    { "dimension", "string" },
    { "outcome", "string" },
    { "fits", "boolean" },
    { "decision", "string" },
    { "criteria", "array", .of = criterion_members },
    ENDS,
};
static const struct member problem_item_members[] = {
    { "field", "string" },
    { "text", "string" },
    ENDS,
};

/* {name: {items: [...]}} */
#define LIST_OF(members_)                                                                          \
    {                                                                                              \
        { "items", "array", .of = (members_) }, ENDS                                               \
    }

static const struct member history_schema[] = LIST_OF(version_members);
static const struct member changes_schema[] = LIST_OF(change_members);
static const struct member comments_schema[] = LIST_OF(comment_members);
static const struct member hits_schema[] = LIST_OF(hit_members);
static const struct member files_schema[] = LIST_OF(file_members);
static const struct member refs_schema[] = {
    { "items", "array", .of = found_members },
    { "say", "string" },
    ENDS,
};
static const struct member said_schema[] = { { "say", "string" }, ENDS };
static const struct member nothing_schema[] = { ENDS };
static const struct member job_schema[] = {
    { "id", "string" },
    { "kind", "string" },
    { "state", "string" },
    { "done", "integer" },
    { "total", "integer" },
    { "result", "object" },
    ENDS,
};
static const struct member facts_schema[] = {
    { "id", "string" },       { "title", "string" },
    { "question", "object" }, { "threshold", "integer" },
    { "rows", "array" },      { "cols", "array" },
    { "cells", "array" },     ENDS,
};
static const struct member state_schema[] = {
    { "progress", "string", true },
    { "sections", "object", true },
    { "fields", "object" },
    ENDS,
};
static const struct member grid_schema[] = {
    { "case", "string" },
    { "country", "string" },
    { "place", "string" },
    { "situations", "array", .of = situation_members },
    { "approaches", "array", .of = approach_members },
    ENDS,
};
static const struct member description_schema[] = {
    { "openapi", "string" }, { "info", "object" },       { "security", "array" },
    { "paths", "object" },   { "components", "object" }, ENDS,
};
static const struct member problem_schema[] = {
    { "type", "string" },
    { "title", "string" },
    { "status", "integer" },
    { "code", "string" },
    { "problems", "array", .of = problem_item_members },
    ENDS,
};

/* What route rows may name, besides the schemas of a form. */
static const struct {
    const char *name;
    const struct member *members;
} plain_schemas[] = {
    { "history", history_schema },   { "changes", changes_schema },
    { "comments", comments_schema }, { "hits", hits_schema },
    { "files", files_schema },       { "file", file_members },
    { "refs", refs_schema },         { "said", said_schema },
    { "nothing", nothing_schema },   { "job", job_schema },
    { "facts", facts_schema },       { "state", state_schema },
    { "grid", grid_schema },         { "description", description_schema },
    { "problem", problem_schema },
};

static void put_common_schemas(struct json_out *j)
{
    for (size_t i = 0; i < sizeof plain_schemas / sizeof plain_schemas[0]; i++)
        put_plain_schema(j, plain_schemas[i].name, plain_schemas[i].members);
}

/* --- paths --- */

static void put_parameter(struct json_out *j, const char *name, const char *in, bool required)
{
    json_begin_object(j);
    json_pair(j, "name", name);
    json_pair(j, "in", in);
    json_key(j, "required");
    json_bool(j, required);
    json_key(j, "schema");
    json_begin_object(j);
    json_pair(j, "type", "string");
    if (strcmp(name, "id") == 0)
        json_pair(j, "format", "uuid");
    json_end_object(j);
    json_end_object(j);
}

static void put_parameters(struct printer *p, const struct route *r)
{
    struct json_out *j = p->j;

    json_key(j, "parameters");
    json_begin_array(j);
    for (const char *at = strchr(r->path, '{'); at != NULL; at = strchr(at + 1, '{')) {
        const char *name = arena_strndup(p->ctx->arena, at + 1, strcspn(at + 1, "}"));

        if (strcmp(name, "kind") != 0)
            put_parameter(j, name, "path", true);
    }
    for (const struct field_spec *f = r->input.fields;
         r->method == GET && f != NULL && f->kind != INPUT_END; f++)
        put_parameter(j, f->name, "query", f->required);
    if (r->method == PUT)
        put_parameter(j, "If-Match", "header", false);
    json_end_array(j);
}

static void begin_content(struct json_out *j, const char *type)
{
    json_key(j, "content");
    json_begin_object(j);
    json_key(j, type);
    json_begin_object(j);
    json_key(j, "schema");
}

static void end_content(struct json_out *j)
{
    json_end_object(j);
    json_end_object(j);
}

static void put_response(struct printer *p, int status, const char *type, const char *schema)
{
    struct json_out *j = p->j;

    json_key(j, arena_printf(p->ctx->arena, "%d", status));
    json_begin_object(j);
    json_pair(j, "description", status < 300 ? "Done" : "See there");
    if (schema != NULL) {
        begin_content(j, type);
        put_ref(p, schema);
        end_content(j);
    } else if (status == 200) {
        begin_content(j, type);
        json_begin_object(j);
        json_pair(j, "type", "string");
        json_end_object(j);
        end_content(j);
    }
    json_end_object(j);
}

static void put_responses(struct printer *p, const struct route *r)
{
    struct json_out *j = p->j;

    json_key(j, "responses");
    json_begin_object(j);
    if (r->reply != NULL)
        put_response(p, r->reply_status > 0 ? r->reply_status : 200, "application/json", r->reply);
    else
        put_response(p, r->method == GET ? 200 : 303, "text/html", NULL);
    json_key(j, "default");
    json_begin_object(j);
    json_pair(j, "description", "What is wrong (RFC 9457)");
    begin_content(j, "application/problem+json");
    put_ref(p, "problem");
    end_content(j);
    json_end_object(j);
    json_end_object(j);
}

static void put_limit(struct json_out *j, const char *name, int64_t n)
{
    json_key(j, name);
    json_int(j, n);
}

/* What the check of declared fields takes; as a form all of it is text. */
static void put_input(struct json_out *j, const struct field_spec *f, bool json)
{
    static const char *const types[] = {
        [INPUT_TEXT] = "string", [INPUT_INT] = "integer", [INPUT_BOOL] = "boolean",
        [INPUT_CODE] = "string", [INPUT_ID] = "string",   [INPUT_DATE] = "string",
        [INPUT_FILE] = "string"
    };

    json_begin_object(j);
    put_type(j, json ? types[f->kind] : "string", json);
    if (f->kind == INPUT_TEXT)
        put_limit(j, "maxLength", f->max > 0 ? f->max : 200);
    if (json && f->kind == INPUT_INT) {
        put_limit(j, "minimum", f->min);
        put_limit(j, "maximum", f->max != 0 ? f->max : INT64_MAX);
    }
    if (f->kind == INPUT_ID || f->kind == INPUT_DATE || f->kind == INPUT_FILE)
        json_pair(j, "format",
                  f->kind == INPUT_ID     ? "uuid"
                  : f->kind == INPUT_DATE ? "date"
                                          : "binary");
    json_end_object(j);
}

/* The declared fields of a plain route; "f.*" stands for all that begin with "f.". */
static void put_inputs(struct printer *p, const struct field_spec *fields, bool json)
{
    struct json_out *j = p->j;

    json_begin_object(j);
    put_type(j, "object", false);
    json_key(j, "required");
    json_begin_array(j);
    for (const struct field_spec *f = fields; f != NULL && f->kind != INPUT_END; f++)
        if (f->required)
            json_text(j, f->name);
    json_end_array(j);
    json_key(j, "properties");
    json_begin_object(j);
    for (const struct field_spec *f = fields; f != NULL && f->kind != INPUT_END; f++) {
        if (text_ends(f->name, ".*"))
            continue;
        json_key(j, f->name);
        put_input(j, f, json);
    }
    json_end_object(j);
    json_key(j, "patternProperties");
    json_begin_object(j);
    for (const struct field_spec *f = fields; f != NULL && f->kind != INPUT_END; f++) {
        if (!text_ends(f->name, ".*"))
            continue;
        json_key(j, arena_printf(p->ctx->arena, "^%.1s[.]", f->name));
        put_input(j, f, json);
    }
    json_end_object(j);
    json_key(j, "additionalProperties");
    json_bool(j, false);
    json_end_object(j);
}

/* A request's body by one content type; members of the object "content". */
static void put_media(struct printer *p, const struct route *r, const char *type)
{
    struct json_out *j = p->j;
    bool json = strcmp(type, "application/json") == 0;

    json_key(j, type);
    json_begin_object(j);
    json_key(j, "schema");
    if (json && r->input.record && strcmp(r->path, "/records/{kind}/state") != 0) {
        put_ref(p, "{kind}");
    } else if (r->input.record ||
               r->machine) { /* as pages send it, or as the gateway's maker says */
        json_begin_object(j);
        json_pair(j, "type", "object");
        json_end_object(j);
    } else {
        put_inputs(p, r->input.fields, json);
    }
    json_end_object(j);
}

static bool has_file(const struct route *r)
{
    for (const struct field_spec *f = r->input.fields; f != NULL && f->kind != INPUT_END; f++)
        if (f->kind == INPUT_FILE)
            return true;
    return false;
}

static void put_body(struct printer *p, const struct route *r)
{
    struct json_out *j = p->j;

    if (r->method == GET)
        return;
    json_key(j, "requestBody");
    json_begin_object(j);
    json_key(j, "content");
    json_begin_object(j);
    if (r->json)
        put_media(p, r, "application/json");
    if (!r->machine && r->method != PUT)
        put_media(p, r, has_file(r) ? "multipart/form-data" : "application/x-www-form-urlencoded");
    json_end_object(j);
    json_end_object(j);
}

static void put_operation(struct printer *p, const struct route *r)
{
    struct json_out *j = p->j;

    json_key(j, method_names[r->method]);
    json_begin_object(j);
    json_pair(j, "x-permission", with_kind(p, r->permission));
    put_parameters(p, r);
    put_body(p, r);
    put_responses(p, r);
    json_end_object(j);
}

/* All methods of a path stand together; a path is printed where it comes first. */
static void put_path(struct printer *p, const struct route *table, const struct route *first)
{
    for (const struct route *r = table; r < first; r++)
        if (strcmp(r->path, first->path) == 0)
            return;
    json_key(p->j, with_kind(p, first->path));
    json_begin_object(p->j);
    for (const struct route *r = first; r->method != METHOD_END; r++)
        if (strcmp(r->path, first->path) == 0)
            put_operation(p, r);
    json_end_object(p->j);
}

static bool form_is_told(const struct ctx *ctx, const struct form *form)
{
    return form->privacy <= ctx->user->clearance;
}

static void put_paths(struct printer *p, const struct web *web)
{
    const struct forms *forms = p->ctx->forms;

    json_key(p->j, "paths");
    json_begin_object(p->j);
    for (const struct route *const *table = web->tables; *table != NULL; table++) {
        for (const struct route *r = *table; r->method != METHOD_END; r++) {
            p->form = NULL;
            if (strstr(r->path, "{kind}") == NULL)
                put_path(p, *table, r);
            for (size_t i = 0; strstr(r->path, "{kind}") != NULL && i < forms->len; i++) {
                p->form = forms->items[i];
                if (form_is_told(p->ctx, p->form))
                    put_path(p, *table, r);
            }
        }
    }
    json_end_object(p->j);
}

static void put_components(struct printer *p)
{
    const struct forms *forms = p->ctx->forms;
    struct json_out *j = p->j;

    json_key(j, "components");
    json_begin_object(j);
    json_key(j, "securitySchemes");
    json_begin_object(j);
    json_key(j, "token");
    json_begin_object(j);
    json_pair(j, "type", "http");
    json_pair(j, "scheme", "bearer");
    json_end_object(j);
    json_end_object(j);
    json_key(j, "schemas");
    json_begin_object(j);
    put_common_schemas(j);
    for (size_t i = 0; i < forms->len; i++) {
        p->form = forms->items[i];
        if (!form_is_told(p->ctx, p->form))
            continue;
        put_record_schema(p);
        put_items_schema(p, "list", false);
        put_items_schema(p, "hits", true);
    }
    json_end_object(j);
    json_end_object(j);
}

enum err get_openapi(struct ctx *ctx, const struct req *req, struct res *res)
{
    struct buf *b = ARENA_NEW(ctx->arena, struct buf);
    struct json_out j = { .buf = b };
    struct printer p = { .ctx = ctx, .j = &j };

    (void)req;
    buf_init(b, ctx->arena, OPENAPI_MAX);
    json_begin_object(&j);
    json_pair(&j, "openapi", "3.1.0");
    json_key(&j, "info");
    json_begin_object(&j);
    json_pair(&j, "title", "Homeward");
    json_pair(&j, "version", "1");
    json_end_object(&j);
    json_key(&j, "security");
    json_begin_array(&j);
    json_begin_object(&j);
    json_key(&j, "token");
    json_begin_array(&j);
    json_end_array(&j);
    json_end_object(&j);
    json_end_array(&j);
    put_paths(&p, res_web(res));
    put_components(&p);
    json_end_object(&j);
    if (!buf_ok(b))
        return ctx_fail(ctx, ERR_LIMIT, tr(ctx, "This is more than one page can hold."));
    res_json(res, 200, b->data, b->len);
    return OK;
}
