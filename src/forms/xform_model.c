#include <string.h>

#include <libxml/tree.h>

#include "core/text.h"
#include "forms/xform_inner.h"

/* The model: instances, binds, and values that are set when something happens. */

static bool is_element_name(const char *name)
{
    return xmlValidateNCName((const xmlChar *)name, 0) == 0;
}

static const char *attribute_of(const struct field *f, const char *name)
{
    for (size_t i = 0; i < f->attributes_len; i++)
        if (strcmp(f->attributes[i].name, name) == 0)
            return f->attributes[i].value;
    return NULL;
}

/* --- the primary instance --- */

/* Attributes of a form's column instance::NAME. */
static void write_instance_attributes(struct xform *x, const struct field *f)
{
    for (size_t i = 0; i < f->attributes_len; i++) {
        const char *name = f->attributes[i].name;

        if (text_starts(name, "instance::") && is_element_name(name + strlen("instance::")))
            x_attr(x, name + strlen("instance::"), f->attributes[i].value);
    }
}

static bool in_meta(const struct field *f)
{
    return f->kind == FIELD_META && f->meta == META_AUDIT;
}

static void write_nodes(struct xform *x, const struct field *first, bool templates);

static void write_repeat_node(struct xform *x, const struct field *f, bool template)
{
    x_start(x, f->name);
    if (template)
        x_attr(x, "jr:template", "");
    write_instance_attributes(x, f);
    write_nodes(x, f->children, template);
    x_end(x);
}

/* Inside a first row nothing more is nested: the template of the outer repeat has it. */
static void write_node(struct xform *x, const struct field *f, bool templates)
{
    const char *count = f->kind == FIELD_REPEAT ? xform_count_node(x, f) : NULL;

    if (in_meta(f))
        return;
    if (count)
        x_leaf(x, count, "");
    if (f->kind == FIELD_REPEAT) {
        if (templates)
            write_repeat_node(x, f, true);
        write_repeat_node(x, f, false);
        return;
    }
    x_start(x, f->name);
    write_instance_attributes(x, f);
    if (f->kind == FIELD_GROUP)
        write_nodes(x, f->children, templates);
    else if (f->default_value && !xform_default_moves(f))
        x_text(x, expr_source(f->default_value));
    x_end(x);
}

static void write_nodes(struct xform *x, const struct field *first, bool templates)
{
    for (const struct field *f = first; f; f = f->next)
        write_node(x, f, templates);
}

static bool has_meta(const struct xform *x, enum field_meta meta)
{
    for (size_t i = 0; i < x->form->all_len; i++)
        if (x->form->all[i]->kind == FIELD_META && x->form->all[i]->meta == meta)
            return true;
    return false;
}

static void write_primary(struct xform *x)
{
    x_start(x, "instance");
    x_start(x, "data");
    x_attr(x, "id", x->form->kind);
    x_attr(x, "version", x->form->version);
    write_nodes(x, x->form->fields, true);
    x_start(x, "orx:meta");
    if (has_meta(x, META_AUDIT))
        x_leaf(x, "orx:audit", "");
    x_leaf(x, "orx:instanceID", "");
    if (x->form->instance_name)
        x_leaf(x, "orx:instanceName", "");
    x_end(x);
    x_end(x);
    x_end(x);
}

/* --- secondary instances --- */

static void write_list(struct xform *x, const struct choice_list *list)
{
    const char *id = xform_list_id(x, list);

    x_start(x, "instance");
    x_attr(x, "id", id);
    if (list->table) {
        x_attr(x, "src", arena_printf(x->ctx->arena, "jr://file-csv/%s.csv", list->name));
        x_end(x);
        return;
    }
    x_start(x, "root");
    for (size_t i = 0; i < list->len; i++) {
        const struct choice *c = &list->items[i];

        if (c->retired)
            continue;
        x_start(x, "item");
        x_leaf(x, "itextId", arena_printf(x->ctx->arena, "%s-%zu", id, i));
        x_leaf(x, "name", c->name);
        for (size_t k = 0; k < list->columns_len; k++)
            if (is_element_name(list->columns[k]))
                x_leaf(x, list->columns[k], c->values[k]);
        x_end(x);
    }
    x_end(x);
    x_end(x);
}

/* --- binds --- */

static const char *bind_type(const struct field *f)
{
    switch (f->kind) {
    case FIELD_INTEGER:
        return "int";
    case FIELD_DECIMAL:
        return "decimal";
    case FIELD_RANGE:
        return f->range.whole ? "int" : "decimal";
    case FIELD_DATE:
        return "date";
    case FIELD_TIME:
        return "time";
    case FIELD_DATETIME:
        return "dateTime";
    case FIELD_RANK:
        return "odk:rank";
    case FIELD_BARCODE:
        return "barcode";
    case FIELD_GEOPOINT:
        return "geopoint";
    case FIELD_GEOTRACE:
        return "geotrace";
    case FIELD_GEOSHAPE:
        return "geoshape";
    case FIELD_IMAGE:
    case FIELD_AUDIO:
    case FIELD_VIDEO:
    case FIELD_FILE:
        return "binary";
    case FIELD_TEXT:
    case FIELD_SELECT_ONE:
    case FIELD_SELECT_MULTIPLE:
    case FIELD_NOTE:
    case FIELD_CALCULATE:
    case FIELD_HIDDEN:
    case FIELD_ACKNOWLEDGE:
    case FIELD_META:
        return "string";
    case FIELD_GROUP:
    case FIELD_REPEAT:
        break;
    }
    return NULL;
}

struct preload {
    const char *type;
    const char *kind;
    const char *params;
};

static const struct preload preloads[] = {
    [META_NOT] = { "string", NULL, NULL },
    [META_START] = { "dateTime", "timestamp", "start" },
    [META_END] = { "dateTime", "timestamp", "end" },
    [META_TODAY] = { "date", "date", "today" },
    [META_USERNAME] = { "string", "property", "username" },
    [META_EMAIL] = { "string", "property", "email" },
    [META_PHONENUMBER] = { "string", "property", "phonenumber" },
    [META_DEVICEID] = { "string", "property", "deviceid" },
    [META_SUBSCRIBERID] = { "string", "property", "subscriberid" },
    [META_SIMSERIAL] = { "string", "property", "simserial" },
    [META_START_GEOPOINT] = { "geopoint", NULL, NULL },
    [META_AUDIT] = { "binary", NULL, NULL },
    [META_BACKGROUND_AUDIO] = { "binary", NULL, NULL },
};

static void write_meta_bind(struct xform *x, const struct field *f)
{
    const struct preload *p = &preloads[f->meta];

    x_attr(x, "type", p->type);
    if (p->kind) {
        x_attr(x, "jr:preload", p->kind);
        x_attr(x, "jr:preloadParams", p->params);
    }
}

static void write_condition(struct xform *x, const struct field *f, const char *name,
                            const struct expr *e)
{
    struct xform_place at = { .field = f };

    if (e)
        x_attr(x, name, xform_expression(x, expr_source(e), at));
}

/* The constraint, and that choices which stand alone do so. */
static const char *constraint_of(struct xform *x, const struct field *f)
{
    struct arena *a = x->ctx->arena;
    struct xform_place at = { .field = f };
    const char *text = f->constraint ? xform_expression(x, expr_source(f->constraint), at) : NULL;

    if (f->kind != FIELD_SELECT_MULTIPLE)
        return text;
    for (size_t i = 0; i < f->choices->len; i++) {
        const struct choice *c = &f->choices->items[i];
        const char *alone;

        if (!c->exclusive || strchr(c->name, '\''))
            continue;
        alone = arena_printf(a, "not(selected(., '%s') and count-selected(.) > 1)", c->name);
        if (!text)
            text = alone;
        else
            text = arena_printf(
                a,
                text[0] == '(' || text_starts(text, "not(selected(.") ? "%s and %s" : "(%s) and %s",
                text, alone);
    }
    return text;
}

static void write_message(struct xform *x, const struct field *f, const char *name,
                          const struct label *label)
{
    if (xform_has_text(label))
        x_attr(x, name, arena_printf(x->ctx->arena, "jr:itext('%s')", xform_text_id(x, f, name)));
}

/* Columns bind::NAME, and parameters that are attributes of the bind. */
static void write_bind_extras(struct xform *x, const struct field *f)
{
    const char *pixels = field_parameter(f, "max-pixels");
    const char *mock = field_parameter(f, "allow-mock-accuracy");
    const char *quality = field_parameter(f, "quality");

    if (pixels)
        x_attr(x, "orx:max-pixels", pixels);
    if (mock)
        x_attr(x, "odk:allow-mock-accuracy", mock);
    if (quality)
        x_attr(x, "odk:quality", quality);
    for (size_t i = 0; i < f->attributes_len; i++) {
        const char *name = f->attributes[i].name + strlen("bind::");
        bool known = text_starts(name, "odk:") || text_starts(name, "orx:");

        if (text_starts(f->attributes[i].name, "bind::") &&
            is_element_name(known ? name + 4 : name))
            x_attr(x, name, f->attributes[i].value);
    }
}

static bool binds(const struct xform *x, const struct field *f)
{
    (void)x;
    if (f->kind == FIELD_GROUP || f->kind == FIELD_REPEAT)
        return f->relevant || f->read_only || f->attributes_len > 0;
    return true;
}

static void write_bind(struct xform *x, const struct field *f)
{
    const char *constraint = constraint_of(x, f);

    x_start(x, "bind");
    x_attr(x, "nodeset", in_meta(f) ? "/data/orx:meta/orx:audit" : xform_path(x->ctx->arena, f));
    if (f->kind == FIELD_META)
        write_meta_bind(x, f);
    else if (bind_type(f) && !attribute_of(f, "bind::type"))
        x_attr(x, "type", bind_type(f));
    write_condition(x, f, "relevant", f->relevant);
    if (f->required)
        x_attr(x, "required", "true()");
    else
        write_condition(x, f, "required", f->required_if);
    write_message(x, f, "jr:requiredMsg", &f->required_message);
    if (constraint)
        x_attr(x, "constraint", constraint);
    write_message(x, f, "jr:constraintMsg", &f->constraint_message);
    if (!xform_is_triggered(f))
        write_condition(x, f, "calculate", f->calculation);
    if (f->read_only || f->kind == FIELD_NOTE)
        x_attr(x, "readonly", "true()");
    write_bind_extras(x, f);
    x_end(x);
}

static void write_count_bind(struct xform *x, const struct field *f, const char *count)
{
    struct xform_place at = { .field = f };
    const char *parent = f->parent ? xform_path(x->ctx->arena, f->parent) : "/data";

    x_start(x, "bind");
    x_attr(x, "nodeset", arena_printf(x->ctx->arena, "%s/%s", parent, count));
    x_attr(x, "type", "string");
    x_attr(x, "readonly", "true()");
    x_attr(x, "calculate", xform_expression(x, expr_source(f->repeat_count), at));
    x_end(x);
}

static void write_binds(struct xform *x)
{
    for (size_t i = 0; i < x->form->all_len; i++) {
        const struct field *f = x->form->all[i];
        const char *count = f->kind == FIELD_REPEAT ? xform_count_node(x, f) : NULL;

        if (binds(x, f))
            write_bind(x, f);
        if (count)
            write_count_bind(x, f, count);
    }
    x_start(x, "bind");
    x_attr(x, "nodeset", "/data/orx:meta/orx:instanceID");
    x_attr(x, "type", "string");
    x_attr(x, "readonly", "true()");
    x_attr(x, "jr:preload", "uid");
    x_end(x);
    if (x->form->instance_name) {
        struct xform_place nowhere = { 0 };

        x_start(x, "bind");
        x_attr(x, "nodeset", "/data/orx:meta/orx:instanceName");
        x_attr(x, "type", "string");
        x_attr(x, "calculate", xform_expression(x, expr_source(x->form->instance_name), nowhere));
        x_end(x);
    }
}

/* --- values that are set --- */

void xform_default(struct xform *x, const struct field *f, const char *event)
{
    struct xform_place at = { .field = f };

    if (!f->default_value || !xform_default_moves(f) || f->kind == FIELD_META)
        return;
    x_start(x, "setvalue");
    x_attr(x, "event", event);
    x_attr(x, "ref", xform_path(x->ctx->arena, f));
    x_attr(x, "value", xform_expression(x, expr_source(f->default_value), at));
    x_end(x);
}

static void write_actions(struct xform *x)
{
    for (size_t i = 0; i < x->form->all_len; i++) {
        const struct field *f = x->form->all[i];

        if (!f->repeat)
            xform_default(x, f, "odk-instance-first-load");
        if (f->kind != FIELD_META)
            continue;
        if (f->meta == META_START_GEOPOINT || f->meta == META_BACKGROUND_AUDIO) {
            bool place = f->meta == META_START_GEOPOINT;

            x_start(x, place ? "odk:setgeopoint" : "odk:recordaudio");
            x_attr(x, "event", place ? "odk-instance-first-load" : "odk-instance-load");
            x_attr(x, "ref", xform_path(x->ctx->arena, f));
            x_end(x);
        }
    }
}

static const char *setting(const struct form *form, const char *name)
{
    for (size_t i = 0; i < form->settings_len; i++)
        if (strcmp(form->settings[i].name, name) == 0)
            return form->settings[i].value;
    return NULL;
}

/* Where and how a form is sent, if it says so itself. */
static void write_submission(struct xform *x)
{
    static const char *const names[][2] = { { "submission_url", "action" },
                                            { "public_key", "base64RsaPublicKey" },
                                            { "auto_send", "orx:auto-send" },
                                            { "auto_delete", "orx:auto-delete" } };
    bool any = false;

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        any = any || setting(x->form, names[i][0]);
    if (!any)
        return;
    x_start(x, "submission");
    x_attr(x, "method", "post");
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (setting(x->form, names[i][0]))
            x_attr(x, names[i][1], setting(x->form, names[i][0]));
    x_end(x);
}

void xform_model(struct xform *x)
{
    x_start(x, "model");
    x_attr(x, "odk:xforms-version", "1.0.0");
    write_submission(x);
    xform_itext(x);
    write_primary(x);
    for (size_t i = 0; i < x->lists_len; i++)
        write_list(x, x->lists[i]);
    write_binds(x);
    write_actions(x);
    x_end(x);
}
