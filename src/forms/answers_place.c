#include "forms/forms_inner.h"

#include <string.h>

#include "core/buf.h"
#include "core/id.h"
#include "core/text.h"

/* Places, lines and areas ("lat lon alt acc; ..."), and stored files ("id name"). */

#define POINTS_BYTES  ((size_t)200000)
#define NUMBERS       4
#define ID_BYTES      ((size_t)36)
#define FILE_NAME_MAX ((size_t)255)

/* Latitude, longitude, altitude, accuracy: the last two may be missing, and count as 0. */
static const char *point_text(struct arena *a, const char *text)
{
    static const double low[] = { -90, -180, -20000, 0 };
    static const double high[] = { 90, 180, 100000, 1000000 };
    double numbers[NUMBERS] = { 0 };
    size_t len = 0;
    char *copy = arena_strdup(a, text);
    char **parts;

    for (char *p = copy; *p; p++)
        if (*p == ',')
            *p = ' ';
    parts = text_split(a, copy, ' ', true, &len);
    if (len < 2 || len > NUMBERS)
        return NULL;
    for (size_t i = 0; i < len; i++)
        if (!parse_decimal(parts[i], &numbers[i]) || numbers[i] < low[i] || numbers[i] > high[i])
            return NULL;
    return arena_printf(a, "%s %s %s %s", decimal_text(a, numbers[0]), decimal_text(a, numbers[1]),
                        decimal_text(a, numbers[2]), decimal_text(a, numbers[3]));
}

const char *value_place(struct ctx *ctx, const char *value, const char **problem)
{
    const char *text = strlen(value) < POINTS_BYTES ? value_western(ctx, value, 400) : "";
    const char *point = strlen(text) < 400 ? point_text(ctx->arena, text) : NULL;

    if (point)
        return point;
    *problem = tr(ctx,
                  "This is not a place: {0}. Write latitude and longitude, such as 14.6937 "
                  "-17.4441.",
                  TR_TEXT(value_shortened(ctx, value)));
    return value;
}

struct points {
    const char **items;
    size_t len;
};

/* Points with semicolons between them; false if one is none. */
static bool take_points(struct ctx *ctx, const char *value, struct points *out)
{
    char **parts;
    size_t len = 0;

    if (strlen(value) > POINTS_BYTES)
        return false;
    parts = text_split(ctx->arena, value_western(ctx, value, POINTS_BYTES), ';', false, &len);
    out->items = ARENA_ARRAY(ctx->arena, len + 2, const char *);
    for (size_t i = 0; i < len; i++) {
        const char *point;

        if (text_blank(parts[i]))
            continue;
        point = point_text(ctx->arena, text_trim(ctx->arena, parts[i]));
        if (!point)
            return false;
        out->items[out->len++] = point;
    }
    return true;
}

static const char *join_points(struct ctx *ctx, const struct points *p)
{
    struct buf b = { 0 };

    buf_init(&b, ctx->arena, POINTS_BYTES * 4);
    for (size_t i = 0; i < p->len; i++) {
        buf_add(&b, i ? "; " : "");
        buf_add(&b, p->items[i]);
    }
    return buf_text(&b);
}

const char *value_trace(struct ctx *ctx, const char *value, const char **problem)
{
    struct points p = { 0 };

    if (take_points(ctx, value, &p) && p.len >= 2)
        return join_points(ctx, &p);
    *problem = tr(ctx,
                  "This is not a line: {0}. Write at least two places with semicolons between "
                  "them.",
                  TR_TEXT(value_shortened(ctx, value)));
    return value;
}

/* An area ends where it began; the last point is added where it is missing. */
const char *value_shape(struct ctx *ctx, const char *value, const char **problem)
{
    struct points p = { 0 };
    bool good = take_points(ctx, value, &p) && p.len >= 3;

    if (good && strcmp(p.items[0], p.items[p.len - 1]) != 0)
        p.items[p.len++] = p.items[0];
    if (good && p.len >= 4)
        return join_points(ctx, &p);
    *problem = tr(ctx,
                  "This is not an area: {0}. Write at least three places with semicolons between "
                  "them.",
                  TR_TEXT(value_shortened(ctx, value)));
    return value;
}

/* The name is data: it may have any characters that can be shown, but leads nowhere. */
static bool is_file_name(const char *name)
{
    size_t len = strlen(name);

    for (size_t i = 0; i < len; i++)
        if ((unsigned char)name[i] < ' ' || name[i] == '/' || name[i] == '\\' || name[i] == 0x7f)
            return false;
    return len > 0 && len <= FILE_NAME_MAX;
}

const char *value_stored(struct ctx *ctx, const char *value, const char **problem)
{
    bool good = strlen(value) > ID_BYTES + 1 && value[ID_BYTES] == ' ' &&
                id_valid(arena_strndup(ctx->arena, value, ID_BYTES)) &&
                is_file_name(value + ID_BYTES + 1);

    if (!good)
        *problem = tr(ctx, "This is no stored file: {0}. Add the file anew.",
                      TR_TEXT(value_shortened(ctx, value)));
    return value;
}
