/* From answers to scores, in whole numbers; and scores as text. */
#include <string.h>

#include "core/text.h"
#include "core/tr.h"
#include "survey/profile.h"

#define SLOTS_MIN        64u
#define SLOTS_MAX        4096u
#define MULTIPLIERS_MAX  2000
#define FIRST_MULTIPLIER 0x9e3779b97f4a7c15u

/* --- finding codes --- */

/* First and last 8 bytes and the length of a code, in one number. */
static uint64_t code_hash(const char *text, size_t len)
{
    static const uint64_t masks[8] = { 0,          0xff,         0xffff,         0xffffff,
                                       0xffffffff, 0xffffffffff, 0xffffffffffff, 0xffffffffffffff };
    uint64_t first = 0;
    uint64_t last = 0;

    memcpy(&first, text, 8);
    if (len < 8)
        return (first & masks[len]) ^ (uint64_t)len << 56;
    memcpy(&last, text + len - 8, 8);
    return (first ^ last << 21 ^ last >> 43) + len;
}

/* Tries one multiplier; false where two codes meet. */
static bool fill_slots(const struct question *q, uint64_t multiplier, unsigned shift,
                       unsigned char *slots)
{
    memset(slots, 0, (size_t)1 << (64 - shift));
    for (size_t i = 0; i < q->codes_len; i++) {
        char padded[64] = { 0 };
        uint64_t slot;

        memcpy(padded, q->codes[i].name, q->codes[i].len);
        slot = code_hash(padded, q->codes[i].len) * multiplier >> shift;
        if (slots[slot])
            return false;
        slots[slot] = (unsigned char)(i + 1);
    }
    return true;
}

void profile_make_slots(struct arena *arena, struct question *q)
{
    unsigned char *slots = arena_alloc(arena, SLOTS_MAX);
    uint64_t multiplier = FIRST_MULTIPLIER;

    for (size_t i = 0; i < q->codes_len; i++)
        if (q->codes[i].len >= 64)
            return;
    for (unsigned shift = 58; 1u << (64 - shift) <= SLOTS_MAX; shift--) {
        if (1u << (64 - shift) < 2 * q->codes_len)
            continue;
        for (int tries = 0; tries < MULTIPLIERS_MAX; tries++) {
            if (fill_slots(q, multiplier, shift, slots)) {
                q->multiplier = multiplier;
                q->shift = shift;
                q->slots = slots;
                return;
            }
            multiplier = multiplier * 6364136223846793005u + 1442695040888963407u;
            multiplier |= 1;
        }
    }
}

static int find_in_turn(const struct question *q, const char *text, size_t len)
{
    for (size_t i = 0; i < q->codes_len; i++)
        if (q->codes[i].len == len && memcmp(q->codes[i].name, text, len) == 0)
            return (int)i;
    return -1;
}

int code_find(const struct question *q, const char *text, size_t len)
{
    int place;

    if (!q->slots)
        return find_in_turn(q, text, len);
    place = q->slots[code_hash(text, len) * q->multiplier >> q->shift] - 1;
    if (place < 0 || q->codes[place].len != len || memcmp(q->codes[place].name, text, len) != 0)
        return -1;
    return place;
}

int code_find_text(const struct question *q, const char *text, size_t len)
{
    return find_in_turn(q, text, len);
}

/* --- reading an answer --- */

/* One more code of a select_multiple. */
static enum answer_fault add_code(const struct question *q, int code, int count,
                                  bool seen[PROFILE_CODES_MAX + 1], struct answer *out)
{
    if (seen[code])
        return ANSWER_TWICE;
    seen[code] = true;
    if (count == 0)
        *out = (struct answer){ code, q->codes[code].points };
    else if (q->codes[code].points > out->points)
        out->points = q->codes[code].points;
    return ANSWER_GOOD;
}

static enum answer_fault read_multiple(const struct question *q, const char *text, size_t len,
                                       struct answer *out)
{
    bool seen[PROFILE_CODES_MAX + 1] = { false };
    bool alone = false;
    bool twice = false;
    int count = 0;

    for (size_t at = 0; at < len;) {
        size_t end = at;
        int code;

        while (end < len && text[end] != ' ')
            end++;
        if (end > at) {
            code = code_find(q, text + at, end - at);
            if (code < 0)
                return ANSWER_NO_CODE;
            twice = add_code(q, code, count, seen, out) == ANSWER_TWICE || twice;
            alone = alone || q->codes[code].exclusive;
            count++;
        }
        at = end + 1;
    }
    if (count == 0)
        return ANSWER_NO_CODE;
    if (twice)
        return ANSWER_TWICE;
    return alone && count > 1 ? ANSWER_ALONE : ANSWER_GOOD;
}

enum answer_fault answer_read(const struct question *q, const char *text, size_t len,
                              struct answer *out)
{
    if (!q->multiple) {
        int code = code_find(q, text, len);

        if (code < 0)
            return ANSWER_NO_CODE;
        *out = (struct answer){ code, q->codes[code].points };
        return ANSWER_GOOD;
    }
    return read_multiple(q, text, len, out);
}

/* --- adding up --- */

void tally_means(const struct profile *p, struct tally *t, const struct steps *steps,
                 unsigned sections)
{
    for (size_t m = 0; m < p->means_len; m++) {
        const struct question *mean = &p->questions[p->means[m]];
        int64_t parts = steps->count[m] * (mean->high - mean->low);

        if (parts == 0 || !(sections & 1u << mean->dimension))
            continue;
        tally_add(mean, t, p->point_unit / parts * steps->sum[m]);
    }
}

static enum intensity band_of(const struct profile *p, struct score s)
{
    if (s.num * p->intensified_below.den < p->intensified_below.num * s.den)
        return INTENSITY_INTENSIFIED;
    if (s.num * p->hands_off_above.den > p->hands_off_above.num * s.den)
        return INTENSITY_HANDS_OFF;
    return INTENSITY_STANDARD;
}

void score_finish(const struct profile *p, struct scores *out, const struct tally *t,
                  unsigned sections)
{
    bool whole = sections == ALL_SECTIONS;

    for (int d = 0; d < DIM_COUNT; d++) {
        bool asked = d == DIM_COMPOSITE ? whole : (sections & 1u << d) != 0;

        out->of[d] = (struct score){ 0, 0 };
        out->band[d] = INTENSITY_NONE;
        if (!asked || t->weight[d] == 0) {
            whole = false;
            continue;
        }
        out->of[d] = (struct score){ t->sum[d], t->weight[d] * p->point_unit };
        out->band[d] = band_of(p, out->of[d]);
        if (out->band[d] > out->intensity)
            out->intensity = out->band[d];
    }
    out->dont_know_declined = t->declined;
    out->flagged = t->declined > p->accuracy_flag_above;
}

/* --- answers of a record --- */

const char *answer_fault_text(struct ctx *ctx, enum answer_fault fault)
{
    switch (fault) {
    case ANSWER_NO_CODE:
        return tr(ctx, "this is not a choice of the question");
    case ANSWER_TWICE:
        return tr(ctx, "a choice is given twice");
    case ANSWER_ALONE:
        return tr(ctx, "a choice that stands alone is given beside others");
    case ANSWER_GOOD:
        break;
    }
    return "";
}

enum err survey_answer(struct ctx *ctx, const struct question *q, const char *value,
                       struct answer *out)
{
    size_t len = strlen(value);
    char *padded = arena_alloc(ctx->arena, len + 8);
    enum answer_fault fault;

    memcpy(padded, value, len);
    fault = answer_read(q, padded, len, out);
    if (fault)
        return ctx_fail_field(ctx, q->name, answer_fault_text(ctx, fault));
    return OK;
}

unsigned survey_sections(const char *sections)
{
    unsigned found = 0;

    for (int d = 0; d < PROFILE_SECTIONS; d++) {
        const char *name = dimension_code((enum dimension)d);
        const char *at = sections ? strstr(sections, name) : NULL;

        /* "social" also stands at the end of "psychosocial". */
        while (at && at != sections && at[-1] != ' ')
            at = strstr(at + 1, name);
        if (at)
            found |= 1u << d;
    }
    return found ? found : ALL_SECTIONS;
}

/* The mean of the services on its own steps: low + sum / count. */
static struct score services_of(const struct profile *p, const struct steps *steps)
{
    const struct question *mean;

    if (p->means_len == 0 || steps->count[0] == 0)
        return (struct score){ 0, 0 };
    mean = &p->questions[p->means[0]];
    return (struct score){ mean->low * steps->count[0] + steps->sum[0], steps->count[0] };
}

enum err survey_score(struct ctx *ctx, struct scores *out, const struct profile *p,
                      const struct answers *answers)
{
    struct scores scores = { 0 };
    struct tally tally = { 0 };
    struct steps steps = { 0 };
    unsigned sections = survey_sections(answers_value(answers, "sections_selected"));
    enum err rc = OK;

    for (size_t i = 0; i < p->len; i++) {
        const struct question *q = &p->questions[i];
        const char *value = answers_value(answers, q->name);
        struct answer answer = { -1, NO_POINTS };

        if (!q->codes_len || !(sections & 1u << q->dimension))
            continue;
        scores.asked += !q->conditional || (value && *value);
        if (!value || !*value)
            continue;
        if (survey_answer(ctx, q, value, &answer))
            rc = ERR_INVALID;
        else
            tally_answer(q, &tally, &steps, answer);
    }
    if (rc)
        return rc;
    tally_means(p, &tally, &steps, sections);
    score_finish(p, &scores, &tally, sections);
    if (sections & 1u << DIM_SOCIAL)
        scores.services = services_of(p, &steps);
    *out = scores;
    return OK;
}

/* --- as text --- */

double score_value(struct score s)
{
    return s.den ? (double)s.num / (double)s.den : -1;
}

void score_print6(char out[8], struct score s)
{
    /* Half away from zero: floor(value * 10^6 + 1/2), with num at most 10^12. */
    uint64_t den = (uint64_t)s.den;
    uint32_t rest = (uint32_t)((2000000 * (uint64_t)s.num + den) / (2 * den));

    for (int i = 7; i > 1; i--) {
        out[i] = (char)('0' + rest % 10);
        rest /= 10;
    }
    out[1] = '.';
    out[0] = (char)('0' + rest);
}

const char *score_text6(struct ctx *ctx, struct score s)
{
    char text[8];

    if (!s.den)
        return "";
    score_print6(text, s);
    return arena_strndup(ctx->arena, text, sizeof(text));
}

const char *score_text2(struct ctx *ctx, struct score s)
{
    int64_t hundredths;

    if (!s.den)
        return "";
    hundredths = (200 * s.num + s.den) / (2 * s.den);
    return tr_decimal(ctx, (double)hundredths / 100, 2);
}

const char *intensity_code(enum intensity i)
{
    static const char *const codes[] = { "", "hands_off", "standard", "intensified" };

    return codes[i];
}

const char *intensity_text(struct ctx *ctx, enum intensity i)
{
    switch (i) {
    case INTENSITY_HANDS_OFF:
        return tr(ctx, "Light follow-up");
    case INTENSITY_STANDARD:
        return tr(ctx, "Standard support");
    case INTENSITY_INTENSIFIED:
        return tr(ctx, "Intensified support");
    case INTENSITY_NONE:
        break;
    }
    return tr(ctx, "No score");
}
