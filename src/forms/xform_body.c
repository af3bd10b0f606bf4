#include <string.h>

#include <libxml/tree.h>

#include "core/text.h"
#include "forms/xform_inner.h"

/* The body: one control for each question. */

static const char *control_name(const struct field *f)
{
    switch (f->kind) {
    case FIELD_SELECT_ONE:
        return "select1";
    case FIELD_SELECT_MULTIPLE:
        return "select";
    case FIELD_RANK:
        return "odk:rank";
    case FIELD_RANGE:
        return "range";
    case FIELD_ACKNOWLEDGE:
        return "trigger";
    case FIELD_IMAGE:
    case FIELD_AUDIO:
    case FIELD_VIDEO:
    case FIELD_FILE:
        return "upload";
    case FIELD_TEXT:
    case FIELD_INTEGER:
    case FIELD_DECIMAL:
    case FIELD_DATE:
    case FIELD_TIME:
    case FIELD_DATETIME:
    case FIELD_NOTE:
    case FIELD_BARCODE:
    case FIELD_GEOPOINT:
    case FIELD_GEOTRACE:
    case FIELD_GEOSHAPE:
        return "input";
    case FIELD_CALCULATE:
    case FIELD_HIDDEN:
    case FIELD_META:
    case FIELD_GROUP:
    case FIELD_REPEAT:
        break;
    }
    return NULL;
}

static const char *media_type(const struct field *f)
{
    if (f->kind == FIELD_IMAGE)
        return "image/*";
    if (f->kind == FIELD_AUDIO)
        return "audio/*";
    if (f->kind == FIELD_VIDEO)
        return "video/*";
    return f->kind == FIELD_FILE ? "application/*" : NULL;
}

static void write_parameters(struct xform *x, const struct field *f)
{
    static const char *const names[][2] = { { "rows", "rows" },
                                            { "capture-accuracy", "accuracyThreshold" },
                                            { "warning-accuracy", "unacceptableAccuracyThreshold" },
                                            { "app", "intent" } };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        if (field_parameter(f, names[i][0]))
            x_attr(x, names[i][1], field_parameter(f, names[i][0]));
    if (f->kind == FIELD_RANGE) {
        x_attr(x, "start", decimal_text(x->ctx->arena, f->range.start));
        x_attr(x, "end", decimal_text(x->ctx->arena, f->range.end));
        x_attr(x, "step", decimal_text(x->ctx->arena, f->range.step));
    }
}

/* Attributes of a form's column body::NAME. */
static void write_body_attributes(struct xform *x, const struct field *f)
{
    for (size_t i = 0; i < f->attributes_len; i++) {
        const char *name = f->attributes[i].name;

        if (text_starts(name, "body::") &&
            xmlValidateNCName((const xmlChar *)name + strlen("body::"), 0) == 0)
            x_attr(x, name + strlen("body::"), f->attributes[i].value);
    }
}

/* Names in a filter that are columns of the list stay; references become paths. */
static void write_itemset(struct xform *x, const struct field *f)
{
    struct arena *a = x->ctx->arena;
    struct xform_place at = { .field = f, .predicate = true };
    const char *nodes = arena_printf(a, "instance('%s')/root/item", xform_list_id(x, f->choices));
    const char *randomize = field_parameter(f, "randomize");
    const char *seed = field_parameter(f, "seed");

    if (f->choice_filter_text && f->choice_filter_text[0])
        nodes = arena_printf(a, "%s[%s]", nodes, xform_expression(x, f->choice_filter_text, at));
    if (randomize && strcmp(randomize, "true") == 0 && seed)
        nodes = arena_printf(a, "randomize(%s, %s)", nodes,
                             xform_expression(x, seed, (struct xform_place){ .field = f }));
    else if (randomize && strcmp(randomize, "true") == 0)
        nodes = arena_printf(a, "randomize(%s)", nodes);
    x_start(x, "itemset");
    x_attr(x, "nodeset", nodes);
    x_start(x, "value");
    x_attr(x, "ref", "name");
    x_end(x);
    x_start(x, "label");
    x_attr(x, "ref", "jr:itext(itextId)");
    x_end(x);
    x_end(x);
}

/* What is calculated when this question changes. */
static void write_triggered(struct xform *x, const struct field *f)
{
    for (size_t i = 0; i < x->form->all_len; i++) {
        const struct field *target = x->form->all[i];
        struct xform_place at = { .field = target };

        for (size_t k = 0; k < target->trigger_len; k++) {
            if (target->trigger[k] != f)
                continue;
            x_start(x, "setvalue");
            x_attr(x, "event", "xforms-value-changed");
            x_attr(x, "ref", xform_path(x->ctx->arena, target));
            if (target->calculation)
                x_attr(x, "value", xform_expression(x, expr_source(target->calculation), at));
            x_end(x);
        }
    }
}

static void write_control(struct xform *x, const struct field *f, const char *name)
{
    x_start(x, name);
    x_attr(x, "ref", xform_path(x->ctx->arena, f));
    if (f->appearance && f->appearance[0])
        x_attr(x, "appearance", f->appearance);
    if (media_type(f))
        x_attr(x, "mediatype", media_type(f));
    write_parameters(x, f);
    write_body_attributes(x, f);
    xform_label(x, f);
    if (f->choices)
        write_itemset(x, f);
    write_triggered(x, f);
    x_end(x);
}

static void write_controls(struct xform *x, const struct field *first);

/* Defaults of a new row, for what stands in it but in no repeat further in. */
static void write_row_defaults(struct xform *x, const struct field *repeat)
{
    for (size_t i = 0; i < x->form->all_len; i++)
        if (x->form->all[i]->repeat == repeat && x->form->all[i]->kind != FIELD_REPEAT)
            xform_default(x, x->form->all[i], "odk-instance-first-load odk-new-repeat");
}

static const char *count_path(struct xform *x, const struct field *f)
{
    struct xform_place at = { .field = f };
    const char *node = xform_count_node(x, f);

    if (!node)
        return xform_expression(x, expr_source(f->repeat_count), at);
    if (f->repeat)
        return arena_printf(x->ctx->arena, "../%s", node);
    return arena_printf(x->ctx->arena, "%s/%s",
                        f->parent ? xform_path(x->ctx->arena, f->parent) : "/data", node);
}

static void write_group(struct xform *x, const struct field *f)
{
    const char *path = xform_path(x->ctx->arena, f);

    x_start(x, "group");
    x_attr(x, "ref", path);
    if (f->kind == FIELD_GROUP && f->appearance && f->appearance[0])
        x_attr(x, "appearance", f->appearance);
    write_body_attributes(x, f);
    xform_label(x, f);
    if (f->kind == FIELD_REPEAT) {
        x_start(x, "repeat");
        x_attr(x, "nodeset", path);
        if (f->appearance && f->appearance[0])
            x_attr(x, "appearance", f->appearance);
        if (f->repeat_count) {
            x_attr(x, "jr:count", count_path(x, f));
            x_attr(x, "jr:noAddRemove", "true()");
        }
        write_row_defaults(x, f);
    }
    write_controls(x, f->children);
    if (f->kind == FIELD_REPEAT)
        x_end(x);
    x_end(x);
}

static void write_controls(struct xform *x, const struct field *first)
{
    for (const struct field *f = first; f; f = f->next) {
        const char *name = control_name(f);

        if (f->kind == FIELD_GROUP || f->kind == FIELD_REPEAT)
            write_group(x, f);
        else if (name)
            write_control(x, f, name);
    }
}

void xform_body(struct xform *x)
{
    x_start(x, "h:body");
    if (x->form->style && x->form->style[0])
        x_attr(x, "class", x->form->style);
    write_controls(x, x->form->fields);
    x_end(x);
}
