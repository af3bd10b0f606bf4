#include "expr/expr_inner.h"

#include <math.h>
#include <string.h>

#include "core/text.h"

/*
 * Areas and distances on a sphere with the radius of the equator, as ODK has them; altitude and
 * accuracy of a geopoint do not count. Results are rounded to 1/100.
 */

#define EARTH_RADIUS 6378100.0
#define RADIAN       (3.14159265358979323846 / 180)

struct point {
    double latitude;
    double longitude;
};

static bool read_point(const char *text, struct point *out)
{
    double numbers[4] = { 0 };
    size_t len = 0;

    while (ascii_is_space(*text))
        text++;
    while (*text) {
        char part[64] = { 0 };
        size_t n = strcspn(text, " ");

        if (len == 4 || n >= sizeof(part))
            return false;
        memcpy(part, text, n);
        if (!parse_decimal(part, &numbers[len++]))
            return false;
        for (text += n; *text == ' ';)
            text++;
    }
    *out = (struct point){ .latitude = numbers[0], .longitude = numbers[1] };
    return len >= 2 && fabs(numbers[0]) <= 90 && fabs(numbers[1]) <= 180 && numbers[3] >= 0;
}

const char *const *split_points(struct arena *a, const char *text, size_t *len_out)
{
    char **parts = text_split(a, text, ';', false, len_out);
    const char **points = ARENA_ARRAY(a, *len_out + 1, const char *);

    while (*len_out > 1 && text_blank(parts[*len_out - 1]))
        (*len_out)--;
    for (size_t i = 0; i < *len_out; i++)
        points[i] = parts[i];
    return points;
}

static double hundredths(double d)
{
    return floor(fabs(d) * 100 + 0.5) / 100;
}

double geo_area(const char *const *points, size_t len)
{
    double area = 0;
    struct point a;
    struct point b;

    for (size_t i = 0; i < len; i++) {
        if (!read_point(points[i], &a) || !read_point(points[(i + 1) % len], &b))
            return NAN;
        area += (b.longitude - a.longitude) * RADIAN *
                (2 + sin(a.latitude * RADIAN) + sin(b.latitude * RADIAN));
    }
    if (len == 0)
        return NAN;
    return len > 2 ? hundredths(area * EARTH_RADIUS * EARTH_RADIUS / 2) : 0;
}

double geo_distance(const char *const *points, size_t len)
{
    double sum = 0;
    struct point a = { 0 };
    struct point b;

    for (size_t i = 0; i < len; i++) {
        if (!read_point(points[i], &b))
            return NAN;
        if (i) {
            double x = a.latitude * RADIAN;
            double y = b.latitude * RADIAN;
            double cosine =
                sin(x) * sin(y) + cos(x) * cos(y) * cos((a.longitude - b.longitude) * RADIAN);

            sum += acos(fmax(-1, fmin(1, cosine))) * EARTH_RADIUS;
        }
        a = b;
    }
    return len ? hundredths(sum) : NAN;
}

/* Counts how often a line to the east crosses the border. */
bool geo_inside(const char *point, const char *const *points, size_t len)
{
    bool inside = false;
    struct point p;
    struct point a;
    struct point b;

    if (!read_point(point, &p))
        return false;
    for (size_t i = 0; i < len; i++) {
        if (!read_point(points[i], &a) || !read_point(points[(i + 1) % len], &b))
            return false;
        if ((a.latitude > p.latitude) != (b.latitude > p.latitude) &&
            p.longitude < (b.longitude - a.longitude) * (p.latitude - a.latitude) /
                                  (b.latitude - a.latitude) +
                              a.longitude)
            inside = !inside;
    }
    return inside;
}
