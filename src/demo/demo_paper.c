/* What stands on paper: the letterhead with its picture, signatures drawn by hand, and who was told
 * what, with consent. */
#include <string.h>

#include "core/text.h"
#include "demo/demo_inner.h"
#include "forms_gen.h"
#include "letters/letters.h"
#include "records/image.h"
#include "records/records.h"
#include "sharing/sharing.h"

#define HEAD_FILE   "content/demo/letterhead.csv"
#define LOGO_SIDE   240
#define SIGN_WIDTH  360
#define SIGN_HEIGHT 110
#define PEN         2 /* points on each side of the line */
#define STEPS_CURVE 48
#define POINTS      3 /* bytes: red, green, blue */

/* --- drawing --- */

struct colour {
    unsigned char red;
    unsigned char green;
    unsigned char blue;
};

static struct image sheet(struct arena *a, size_t width, size_t height)
{
    struct image out = { .width = width, .height = height, .depth = POINTS };

    out.points = arena_alloc(a, width * height * POINTS);
    memset(out.points, 0xff, width * height * POINTS);
    return out;
}

static void dot(struct image *to, int64_t x, int64_t y, struct colour c)
{
    unsigned char *p;

    if (x < 0 || y < 0 || x >= (int64_t)to->width || y >= (int64_t)to->height)
        return;
    p = to->points + ((size_t)y * to->width + (size_t)x) * POINTS;
    p[0] = c.red;
    p[1] = c.green;
    p[2] = c.blue;
}

static void blot(struct image *to, int64_t x, int64_t y, int64_t radius, struct colour c)
{
    for (int64_t dy = -radius; dy <= radius; dy++)
        for (int64_t dx = -radius; dx <= radius; dx++)
            if (dx * dx + dy * dy <= radius * radius)
                dot(to, x + dx, y + dy, c);
}

/* Made by our own encoder; its memory is given back at once. */
static enum err as_png(struct ctx *ctx, struct image_bytes *out, const struct image *in)
{
    unsigned char *bytes = NULL;
    size_t len = 0;

    if (image_write_png(&bytes, &len, in) != IMAGE_OK)
        return ctx_fail(ctx, ERR_INTERNAL, "could not draw a picture for the demo");
    out->bytes = arena_memdup(ctx->arena, bytes, len);
    out->len = len;
    image_forget(bytes);
    return OK;
}

/* --- the letterhead --- */

/* A sun over three waves, in a ring. */
static void draw_logo(struct image *to)
{
    static const struct colour sea = { 0x1f, 0x5f, 0x6b };
    static const struct colour sun = { 0xe0, 0x9f, 0x3e };
    static const struct colour paper = { 0xff, 0xff, 0xff };
    const int64_t middle = LOGO_SIDE / 2;

    blot(to, middle, middle, middle - 4, sea);
    blot(to, middle, middle, middle - 16, paper);
    blot(to, middle, middle - 14, 46, sun);
    for (int64_t wave = 0; wave < 3; wave++)
        for (int64_t x = -70; x <= 70; x++) {
            const int64_t phase = ((x + 70) % 40) - 20;

            blot(to, middle + x, middle + 26 + 20 * wave - (400 - phase * phase) / 40, 4, sea);
        }
}

static enum err fill_head(struct ctx *ctx, struct letterhead *h)
{
    struct csv_table texts = { 0 };
    enum err rc = csv_table_load(ctx, &texts, ctx->arena, HEAD_FILE);

    for (size_t i = 0; rc == OK && i < h->texts_len; i++)
        for (size_t k = 0; k < texts.len; k++) {
            if (!text_equal(csv_table_cell(&texts, k, "lang"), h->texts[i].lang))
                continue;
            h->texts[i].name = csv_table_cell(&texts, k, "name");
            h->texts[i].contact = csv_table_cell(&texts, k, "contact");
            h->texts[i].footer = csv_table_cell(&texts, k, "footer");
        }
    return rc;
}

enum err demo_letterhead(struct ctx *ctx)
{
    struct image logo = sheet(ctx->arena, LOGO_SIDE, LOGO_SIDE);
    struct letterhead head = { 0 };
    struct image_bytes png = { 0 };
    enum err rc = letterhead_load(ctx, &head, LETTER_ALL);

    if (rc == OK)
        rc = fill_head(ctx, &head);
    draw_logo(&logo);
    if (rc == OK)
        rc = as_png(ctx, &png, &logo);
    if (rc == OK)
        rc = letterhead_logo(ctx, &head, png.bytes, png.len);
    return rc ? rc : letterhead_save(ctx, &head);
}

/* --- signatures --- */

struct spot {
    int64_t x;
    int64_t y;
};

/* A curve from one spot to another that leans towards a third. */
static void curve(struct image *to, struct spot a, struct spot lean, struct spot b)
{
    static const struct colour ink = { 0x1b, 0x2a, 0x5e };

    for (int64_t t = 0; t <= STEPS_CURVE; t++) {
        const int64_t u = STEPS_CURVE - t;
        const int64_t all = (int64_t)STEPS_CURVE * STEPS_CURVE;

        blot(to, (a.x * u * u + 2 * lean.x * u * t + b.x * t * t) / all,
             (a.y * u * u + 2 * lean.y * u * t + b.y * t * t) / all, PEN, ink);
    }
}

enum err demo_signature(struct ctx *ctx, struct image_bytes *out, struct dice *dice)
{
    struct image to = sheet(ctx->arena, SIGN_WIDTH, SIGN_HEIGHT);
    struct spot at = { dice_between(dice, 24, 50), dice_between(dice, 40, 70) };
    int64_t strokes = dice_between(dice, 6, 10);
    int64_t step = (SIGN_WIDTH - 90) / strokes;

    for (int64_t i = 0; i < strokes; i++) {
        const bool up = i % 2 == 0;
        const struct spot next = { at.x + step + dice_between(dice, -8, 8),
                                   up ? dice_between(dice, 18, 48) : dice_between(dice, 56, 92) };
        const struct spot lean = { (at.x + next.x) / 2 + dice_between(dice, -26, 26),
                                   up ? dice_between(dice, 0, 30) : dice_between(dice, 80, 110) };

        curve(&to, at, lean, next);
        at = next;
    }
    return as_png(ctx, out, &to);
}

/* --- who is told --- */

static void put_receiver(struct life *l, struct record *rec, const struct csv_table *partners,
                         size_t row)
{
    struct answers *one = add_row(l->ctx, rec, FIELD_CONSENT_RECIPIENTS);

    put(rec, one, FIELD_CONSENT_RECIPIENT_KIND, csv_table_cell(partners, row, "kind"));
    put(rec, one, FIELD_CONSENT_RECIPIENT_NAME, csv_table_cell(partners, row, "name"));
    record_set(
        rec, FIELD_CONSENT_DATA_CATEGORIES,
        arena_printf(l->ctx->arena, "identity contact needs%s%s",
                     text_equal(csv_table_cell(partners, row, "category"), "needs") ? "" : " ",
                     text_equal(csv_table_cell(partners, row, "category"), "needs")
                         ? ""
                         : csv_table_cell(partners, row, "category")));
}

enum err demo_referral(struct life *l, demo_consent *take)
{
    static const char *const told[] = { "identity", "contact", "needs" };
    const struct csv_table *partners = &l->w->lists.partners;
    const char *const match[] = {
        "country", csv_table_cell(&l->w->lists.offices, l->family->office, "country"), NULL
    };
    const size_t row = dice_row(&l->dice, partners, match);
    struct sharing s = { .way = SHARING_LETTER,
                         .recipient = csv_table_cell(partners, row, "name"),
                         .purpose = CODE_CONSENT_PURPOSES_REFERRAL,
                         .what = life_text(l, "referral_letter") };
    struct consent_part part = { .answer = CONSENT_UNSAID };
    struct record *rec = NULL;
    enum err rc = take(l, &rec, CODE_CONSENT_ABOUT_REFERRAL);

    if (rc)
        return rc;
    record_set(rec, FIELD_CONSENT_PURPOSES, CODE_CONSENT_PURPOSES_REFERRAL);
    put_receiver(l, rec, partners, row);
    rc = record_insert(l->ctx, rec);
    if (rc == OK)
        rc = record_set_status(l->ctx, rec, rec->version, STATUS_CONSENT_GIVEN, NULL);
    if (rc || !dice_chance(&l->dice, 75))
        return rc;
    return sharing_give(l->ctx, &part, &s, l->person_id, told, sizeof(told) / sizeof(told[0]));
}
