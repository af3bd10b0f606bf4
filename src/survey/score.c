/* From answers to scores, in whole numbers; and scores as text. */
#include <string.h>

#include "core/text.h"
#include "core/tr.h"
#include "survey/profile.h"

#define SLOTS_MAX        4096u
#define CODE_LEN_MAX     64
#define SEEN_WORDS       (PROFILE_CODES_MAX / 64 + 1)
#define MULTIPLIERS_MAX  2000
#define FIRST_MULTIPLIER 0x9e3779b97f4a7c15u

/* --- finding codes --- */

/* Tries one multiplier; false where two codes meet. */
static bool fill_slots(const struct question *q, unsigned char *slots)
{
    memset(slots, 0, (size_t)1 << (64 - q->shift));
    for (size_t i = 1; i <= q->codes_len; i++) {
        const struct code_key *key = &q->keys[i];
        uint64_t slot = code_slot(q, (struct code_bytes){ key->first, key->last }, key->len);

        if (slots[slot])
            return false;
        slots[slot] = (unsigned char)i;
    }
    return true;
}

static void make_keys(struct arena *arena, struct question *q)
{
    q->keys = ARENA_ARRAY(arena, q->codes_len + 1, struct code_key);
    q->keys[0].len = UINT64_MAX;
    for (size_t i = 0; i < q->codes_len; i++) {
        const struct profile_code *code = &q->codes[i];
        char padded[CODE_LEN_MAX + 8] = { 0 };
        struct code_bytes b;

        memcpy(padded, code->name, code->len);
        b = code_bytes(padded, code->len);
        q->keys[i + 1] = (struct code_key){ .first = b.first,
                                            .last = b.last,
                                            .middle = b.first,
                                            .len = code->len,
                                            .declined = code->decline == DECLINE_COUNTED,
                                            .step = code->step };
        if (code->len > 16)
            memcpy(&q->keys[i + 1].middle, padded + 8, 8);
        if (code->points >= 0 && q->plain) {
            q->keys[i + 1].worth = q->weights[q->dimension] * code->points;
            q->keys[i + 1].weight = q->weights[q->dimension];
        }
    }
}

void profile_make_slots(struct arena *arena, struct question *q)
{
    unsigned char *slots = arena_alloc(arena, SLOTS_MAX);

    q->plain = true;
    for (unsigned d = 0; d < PROFILE_SECTIONS; d++)
        if (q->weights[d] != (d == q->dimension ? q->weights[DIM_COMPOSITE] : 0))
            q->plain = false;
    for (size_t i = 0; i < q->codes_len; i++)
        if (q->codes[i].len > CODE_LEN_MAX)
            return;
    make_keys(arena, q);
    q->multiplier = FIRST_MULTIPLIER;
    for (q->shift = 58; 1u << (64 - q->shift) <= SLOTS_MAX; q->shift--) {
        if (1u << (64 - q->shift) < 2 * q->codes_len)
            continue;
        for (int tries = 0; tries < MULTIPLIERS_MAX; tries++) {
            if (fill_slots(q, slots)) {
                q->slots = slots;
                return;
            }
            q->multiplier = (q->multiplier * 6364136223846793005u + 1442695040888963407u) | 1;
        }
    }
}

int code_find(const struct question *q, const char *text, size_t len)
{
    for (size_t i = 0; i < q->codes_len; i++)
        if (q->codes[i].len == len && memcmp(q->codes[i].name, text, len) == 0)
            return (int)i;
    return -1;
}

/* --- reading an answer --- */

/* One more code of a select_multiple. */
static enum answer_fault add_code(const struct question *q, int code, int count,
                                  uint64_t seen[SEEN_WORDS], struct answer *out)
{
    uint64_t bit = (uint64_t)1 << (code & 63);

    if (seen[code >> 6] & bit)
        return ANSWER_TWICE;
    seen[code >> 6] |= bit;
    if (count == 0)
        *out = (struct answer){ code, q->codes[code].points };
    else if (q->codes[code].points > out->points)
        out->points = q->codes[code].points;
    return ANSWER_GOOD;
}

static enum answer_fault read_multiple(const struct question *q, const char *text, size_t len,
                                       struct answer *out)
{
    uint64_t seen[SEEN_WORDS] = { 0 };
    bool alone = false;
    bool twice = false;
    int count = 0;

    for (size_t at = 0; at < len;) {
        size_t end = at;
        int code;

        while (end < len && text[end] != ' ')
            end++;
        if (end > at) {
            code = q->slots ? (int)code_key(q, text + at, end - at) - 1
                            : code_find(q, text + at, end - at);
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

enum answer_fault answer_of_codes(const struct question *q, const int *codes, size_t len,
                                  struct answer *out)
{
    uint64_t seen[SEEN_WORDS] = { 0 };
    bool alone = false;

    for (size_t i = 0; i < len; i++) {
        if (add_code(q, codes[i], (int)i, seen, out))
            return ANSWER_TWICE;
        alone = alone || q->codes[codes[i]].exclusive;
    }
    return alone && len > 1 ? ANSWER_ALONE : ANSWER_GOOD;
}

enum answer_fault answer_read(const struct question *q, const char *text, size_t len,
                              struct answer *out)
{
    if (!q->multiple) {
        int code = q->slots ? (int)code_key(q, text, len) - 1 : code_find(q, text, len);

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
    int64_t all_sum = t->sum[DIM_COMPOSITE];
    int64_t all_weight = t->weight[DIM_COMPOSITE];

    for (int d = 0; d < DIM_COUNT; d++) {
        bool asked = d == DIM_COMPOSITE ? whole : (sections & 1u << d) != 0;
        int64_t sum = d == DIM_COMPOSITE ? all_sum : t->sum[d] + t->plain_sum[d];
        int64_t weight = d == DIM_COMPOSITE ? all_weight : t->weight[d] + t->plain_weight[d];

        if (d != DIM_COMPOSITE) {
            all_sum += t->plain_sum[d];
            all_weight += t->plain_weight[d];
        }
        out->of[d] = (struct score){ 0, 0 };
        out->band[d] = INTENSITY_NONE;
        if (!asked || weight == 0) {
            whole = false;
            continue;
        }
        out->of[d] = (struct score){ sum, weight * p->point_unit };
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
    case ANSWER_NO_MARK:
        return tr(ctx, "the column of one choice holds 1 or 0: 1 if it was chosen");
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

    memcpy(padded, value, len + 1);
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
