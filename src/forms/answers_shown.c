#include <string.h>

#include "core/date.h"
#include "core/text.h"
#include "forms/forms_inner.h"

/* Values as people read them, in ctx->lang. */

static const char *shown_codes(struct ctx *ctx, const struct field *f, const char *value)
{
    char **codes = text_split(ctx->arena, value, ' ', true, NULL);
    const char *text = NULL;

    for (; *codes; codes++) {
        const struct choice *c = choice_find(f->choices, *codes);
        const char *label = c ? label_text(ctx, &c->label) : *codes;

        text = text ? tr(ctx, "{0}, {1}", TR_TEXT(text), TR_TEXT(label)) : label;
    }
    return text ? text : "";
}

/* "14.6937, -17.4441", with the altitude where it is known. */
static const char *shown_place(struct ctx *ctx, const char *value)
{
    size_t len = 0;
    char **parts = text_split(ctx->arena, value, ' ', true, &len);
    double accuracy = 0;

    if (len != 4 || !parse_decimal(parts[3], &accuracy))
        return value;
    if (accuracy > 0)
        return tr(ctx, "{0}, {1} (within {2} m)", TR_TEXT(parts[0]), TR_TEXT(parts[1]),
                  TR_TEXT(tr_decimal(ctx, accuracy, 0)));
    return tr(ctx, "{0}, {1}", TR_TEXT(parts[0]), TR_TEXT(parts[1]));
}

static const char *shown_points(struct ctx *ctx, const struct field *f, const char *value)
{
    int64_t points = 1;

    for (const char *p = strchr(value, ';'); p; p = strchr(p + 1, ';'))
        points++;
    if (f->kind == FIELD_GEOTRACE)
        return tr(ctx, "{0, plural, one {Line of # point} other {Line of # points}}",
                  TR_INT(points));
    return tr(ctx, "{0, plural, one {Area of # corner} other {Area of # corners}}",
              TR_INT(points - 1));
}

/* An amount with separators, behind it its currency. */
static const char *shown_money(struct ctx *ctx, const struct field *f, const char *value)
{
    const char *space = strchr(value, ' ');
    const char *code = f->currency ? f->currency : space ? space + 1 : "";
    const char *amount = space ? arena_strndup(ctx->arena, value, (size_t)(space - value)) : value;
    const char *point = strchr(amount, '.');
    double d = 0;

    if (!code[0] || !parse_decimal(amount, &d))
        return value;
    return tr(ctx, "{0} {1}", TR_TEXT(tr_decimal(ctx, d, point ? (int)strlen(point) - 1 : 0)),
              TR_TEXT(code));
}

static const char *shown_file(const char *value)
{
    const char *space = strchr(value, ' ');

    return space ? space + 1 : value;
}

const char *answers_shown(struct ctx *ctx, const struct field *f, const char *value)
{
    int64_t ms;

    if (!value || !value[0])
        return "";
    if (f->choices)
        return shown_codes(ctx, f, value);
    if (text_equal(f->type, "money"))
        return shown_money(ctx, f, value);
    if (f->kind == FIELD_DATE || f->meta == META_TODAY)
        return tr_date(ctx, value);
    if ((f->kind == FIELD_DATETIME || f->meta == META_START || f->meta == META_END) &&
        moment_parse(value, &ms))
        return tr_moment(ctx, ms);
    if (f->kind == FIELD_ACKNOWLEDGE)
        return strcmp(value, "OK") == 0 ? tr(ctx, "Confirmed") : value;
    if (f->kind == FIELD_GEOPOINT || f->meta == META_START_GEOPOINT)
        return shown_place(ctx, value);
    if (f->kind == FIELD_GEOTRACE || f->kind == FIELD_GEOSHAPE)
        return shown_points(ctx, f, value);
    return field_is_file(f) ? shown_file(value) : value;
}
