/* Points, steps and weights of a profile, brought to whole numbers. */
#include <string.h>

#include "core/text.h"
#include "core/tr.h"
#include "survey/profile.h"

/* A number of the file, kept until the common denominator is known. */
struct given {
    struct score value;
    bool there;
};

/* The points while they are read: of each code, and of "*", by place of the question. */
struct reading {
    struct profile_file *file;
    struct profile *p;
    struct given *points[PROFILE_QUESTIONS_MAX];
    struct given any[PROFILE_QUESTIONS_MAX];
};

/* The question of a row, or NULL after telling that there is none with such a rule. */
static struct question *question_of(struct profile_file *file, struct profile *p,
                                    const struct profile_section *part,
                                    const struct profile_row *row, unsigned rules)
{
    const char *name = profile_cell(part, row, "question");
    int place = profile_question(p, name);

    if (place < 0 || !(rules & 1u << p->questions[place].rule)) {
        profile_mistake(file, row->number, "question",
                        tr(file->ctx, "“{0}” is no question that has {1}.", TR_TEXT(name),
                           TR_TEXT(part->name)));
        return NULL;
    }
    return &p->questions[place];
}

/* The code of a row, or NULL after telling what is wrong with it. */
static struct profile_code *code_of(struct profile_file *file, const struct question *q,
                                    const struct profile_section *part,
                                    const struct profile_row *row)
{
    const char *name = profile_cell(part, row, "code");
    int place = code_find(q, name, strlen(name));

    if (place < 0 || !q->codes[place].choice) {
        profile_mistake(file, row->number, "code",
                        tr(file->ctx, "The question {0} has no choice “{1}”.", TR_TEXT(q->name),
                           TR_TEXT(name)));
        return NULL;
    }
    if (q->codes[place].decline) {
        profile_mistake(file, row->number, "code",
                        tr(file->ctx, "“{0}” is no answer to {1} and carries no points.",
                           TR_TEXT(name), TR_TEXT(q->name)));
        return NULL;
    }
    return &q->codes[place];
}

static void tell_twice(struct profile_file *file, const struct profile_row *row)
{
    profile_mistake(file, row->number, "code", tr(file->ctx, "This row is there twice."));
}

/* One row of points; its denominator goes into the common one. */
static void read_point(struct reading *r, const struct profile_row *row)
{
    const struct profile_section *part = &r->file->parts[PART_POINTS];
    struct question *q = question_of(r->file, r->p, part, row, 1u << RULE_CODE | 1u << RULE_ANY);
    const char *text = profile_cell(part, row, "points");
    const struct profile_code *code = NULL;
    struct given given = { { 0, 1 }, true };
    struct given *to;
    int64_t unit;

    if (!q)
        return;
    if (q->rule == RULE_ANY && strcmp(profile_cell(part, row, "code"), "*") == 0) {
        to = &r->any[q - r->p->questions];
    } else {
        code = code_of(r->file, q, part, row);
        if (!code)
            return;
        to = &r->points[q - r->p->questions][code - q->codes];
        if (q->rule == RULE_ANY && !code->exclusive)
            profile_mistake(r->file, row->number, "code",
                            tr(r->file->ctx, "Only a choice that stands alone has its own row."));
    }
    if (to->there)
        tell_twice(r->file, row);
    if (!profile_number(text, &given.value) || given.value.num > given.value.den) {
        profile_mistake(r->file, row->number, "points",
                        tr(r->file->ctx, "“{0}” is no number from 0 to 1.", TR_TEXT(text)));
        return;
    }
    *to = given;
    unit = common_multiple(r->p->point_unit, given.value.den, PROFILE_UNIT_MAX);
    if (!unit)
        profile_mistake(r->file, row->number, "points",
                        tr(r->file->ctx,
                           "The denominators of all points have no common multiple up to {0}.",
                           TR_INT(PROFILE_UNIT_MAX)));
    else
        r->p->point_unit = unit;
}

/* Every answer that counts has points. */
static void check_points(struct reading *r)
{
    struct ctx *ctx = r->file->ctx;

    for (size_t i = 0; i < r->p->len; i++) {
        const struct question *q = &r->p->questions[i];

        if (q->rule == RULE_ANY && !r->any[i].there)
            profile_mistake(r->file, 0, NULL,
                            tr(ctx, "The question {0} needs points for “{1}”.", TR_TEXT(q->name),
                               TR_TEXT("*")));
        for (size_t k = 0; q->rule == RULE_CODE && k < q->codes_len && !r->file->adapted; k++)
            if (q->codes[k].choice && !q->codes[k].decline && !r->points[i][k].there)
                profile_mistake(r->file, 0, NULL,
                                tr(ctx, "The question {0} needs points for “{1}”.",
                                   TR_TEXT(q->name), TR_TEXT(q->codes[k].name)));
    }
}

/* Points as whole numbers, now that the unit is known. */
static void set_points(struct reading *r)
{
    for (size_t i = 0; i < r->p->len; i++) {
        struct question *q = &r->p->questions[i];

        for (size_t k = 0; k < q->codes_len; k++) {
            struct given g = r->points[i][k];

            if (!g.there && q->rule == RULE_ANY && q->codes[k].choice && !q->codes[k].decline)
                g = r->any[i];
            if (g.there)
                q->codes[k].points = g.value.num * (r->p->point_unit / g.value.den);
        }
    }
}

static void read_step(struct profile_file *file, struct profile *p, const struct profile_row *row)
{
    const struct profile_section *part = &file->parts[PART_STEPS];
    struct question *q = question_of(file, p, part, row, 1u << RULE_SOURCE);
    struct profile_code *code = q ? code_of(file, q, part, row) : NULL;
    const char *text = profile_cell(part, row, "step");
    const struct question *mean;
    int64_t step = 0;

    if (!code)
        return;
    mean = &p->questions[p->means[q->mean]];
    /* Step 0 would look like none; a mean that starts at 0 keeps its steps one higher inside. */
    if (code->step)
        tell_twice(file, row);
    if (!parse_int(text, mean->low, mean->high, &step)) {
        profile_mistake(file, row->number, "step",
                        tr(file->ctx, "“{0}” is no whole number from {1} to {2}.", TR_TEXT(text),
                           TR_INT(mean->low), TR_INT(mean->high)));
        return;
    }
    code->step = (int)step - mean->low + 1;
}

static void check_steps(struct profile_file *file, const struct profile *p)
{
    for (size_t i = 0; i < p->len; i++) {
        const struct question *q = &p->questions[i];

        for (size_t k = 0; q->rule == RULE_SOURCE && k < q->codes_len && !file->adapted; k++)
            if (q->codes[k].choice && !q->codes[k].decline && !q->codes[k].step)
                profile_mistake(file, 0, NULL,
                                tr(file->ctx, "The question {0} needs a step for “{1}”.",
                                   TR_TEXT(q->name), TR_TEXT(q->codes[k].name)));
    }
}

/* A mean of n questions has the denominator n * (high - low), for each n up to all of them. */
static void widen_for_means(struct profile_file *file, struct profile *p)
{
    for (size_t m = 0; m < p->means_len; m++) {
        const struct question *mean = &p->questions[p->means[m]];
        int64_t unit = 1;
        int64_t n = 0;

        for (size_t i = 0; i < p->len; i++)
            if (p->questions[i].rule == RULE_SOURCE && p->questions[i].mean == (int)m)
                unit = unit ? common_multiple(unit, ++n, PROFILE_UNIT_MAX) : 0;
        if (unit && unit * (mean->high - mean->low) <= PROFILE_UNIT_MAX)
            unit =
                common_multiple(p->point_unit, unit * (mean->high - mean->low), PROFILE_UNIT_MAX);
        else
            unit = 0;
        if (!unit || n == 0) {
            profile_mistake(file, 0, NULL,
                            tr(file->ctx, "The mean {0} has none or too many questions or steps.",
                               TR_TEXT(mean->name)));
            return;
        }
        p->point_unit = unit;
    }
}

void profile_make_points(struct profile_file *file, struct profile *p)
{
    struct reading *r = ARENA_NEW(file->ctx->arena, struct reading);

    *r = (struct reading){ .file = file, .p = p };
    p->point_unit = 1;
    for (size_t i = 0; i < p->len; i++)
        r->points[i] = ARENA_ARRAY(file->ctx->arena, p->questions[i].codes_len + 1, struct given);
    for (size_t i = 0; i < file->parts[PART_POINTS].len; i++)
        read_point(r, &file->parts[PART_POINTS].rows[i]);
    check_points(r);
    for (size_t i = 0; i < file->parts[PART_STEPS].len; i++)
        read_step(file, p, &file->parts[PART_STEPS].rows[i]);
    check_steps(file, p);
    if (!file->mistakes)
        widen_for_means(file, p);
    if (!file->mistakes)
        set_points(r);
}

/* --- weights --- */

#define SCORED (1u << RULE_CODE | 1u << RULE_ANY | 1u << RULE_MEAN)

/* Weights while they are read: of each question in each score. */
struct weights {
    struct profile_file *file;
    struct profile *p;
    struct score (*of)[DIM_COUNT];
    bool (*own_row)[DIM_COUNT];
};

static bool read_weight(struct weights *w, const struct profile_section *part,
                        const struct profile_row *row, struct score *out)
{
    const char *text = profile_cell(part, row, "weight");
    int64_t unit;

    if (!profile_number(text, out)) {
        profile_mistake(w->file, row->number, "weight",
                        tr(w->file->ctx, "“{0}” is no weight.", TR_TEXT(text)));
        return false;
    }
    unit = common_multiple(w->p->weight_unit, out->den, PROFILE_UNIT_MAX);
    if (!unit) {
        profile_mistake(w->file, row->number, "weight",
                        tr(w->file->ctx,
                           "The denominators of all weights have no common multiple up to {0}.",
                           TR_INT(PROFILE_UNIT_MAX)));
        return false;
    }
    w->p->weight_unit = unit;
    return true;
}

/* The weight in a question's own dimension and in the composite. */
static void read_own_weight(struct weights *w, const struct profile_row *row)
{
    const struct profile_section *part = &w->file->parts[PART_QUESTIONS];
    int place = profile_question(w->p, profile_cell(part, row, "question"));
    const struct question *q = &w->p->questions[place];
    struct score weight = { 0, 1 };

    if (!(SCORED & 1u << q->rule)) {
        if (*profile_cell(part, row, "weight"))
            profile_mistake(w->file, row->number, "weight",
                            tr(w->file->ctx, "A question that is not scored has no weight."));
        return;
    }
    if (!read_weight(w, part, row, &weight))
        return;
    if (weight.num == 0)
        profile_mistake(w->file, row->number, "weight",
                        tr(w->file->ctx, "A weight is more than 0."));
    w->of[place][q->dimension] = weight;
    w->of[place][DIM_COMPOSITE] = weight;
}

/* A row of the section weights, which replaces one. */
static void read_other_weight(struct weights *w, const struct profile_row *row)
{
    const struct profile_section *part = &w->file->parts[PART_WEIGHTS];
    const struct question *q = question_of(w->file, w->p, part, row, SCORED);
    const char *name = profile_cell(part, row, "score");
    struct score weight = { 0, 1 };
    size_t place;
    int score = -1;

    for (int d = 0; d < DIM_COUNT; d++)
        if (strcmp(dimension_code((enum dimension)d), name) == 0)
            score = d;
    if (score < 0)
        profile_mistake(w->file, row->number, "score",
                        tr(w->file->ctx, "“{0}” is no score.", TR_TEXT(name)));
    if (!q || score < 0 || !read_weight(w, part, row, &weight))
        return;
    place = (size_t)(q - w->p->questions);
    if (w->own_row[place][score])
        tell_twice(w->file, row);
    w->own_row[place][score] = true;
    w->of[place][score] = weight;
}

static void set_weights(struct weights *w)
{
    struct profile *p = w->p;
    int64_t sums[DIM_COUNT] = { 0 };

    for (size_t i = 0; i < p->len; i++)
        for (int d = 0; d < DIM_COUNT; d++) {
            struct score s = w->of[i][d];

            if (!s.den)
                continue;
            p->questions[i].weights[d] = s.num * (p->weight_unit / s.den);
            sums[d] += p->questions[i].weights[d];
            if (sums[d] > PROFILE_UNIT_MAX) {
                profile_mistake(
                    w->file, 0, NULL,
                    tr(w->file->ctx, "The weights of {0} add up to more than {1} units.",
                       TR_TEXT(dimension_code((enum dimension)d)), TR_INT(PROFILE_UNIT_MAX)));
                return;
            }
        }
}

void profile_make_weights(struct profile_file *file, struct profile *p)
{
    struct arena *a = file->ctx->arena;
    struct weights w = { .file = file,
                         .p = p,
                         .of = arena_array(a, PROFILE_QUESTIONS_MAX, sizeof(*w.of)),
                         .own_row = arena_array(a, PROFILE_QUESTIONS_MAX, sizeof(*w.own_row)) };

    p->weight_unit = 1;
    for (size_t i = 0; i < file->parts[PART_QUESTIONS].len; i++)
        read_own_weight(&w, &file->parts[PART_QUESTIONS].rows[i]);
    for (size_t i = 0; i < file->parts[PART_WEIGHTS].len; i++)
        read_other_weight(&w, &file->parts[PART_WEIGHTS].rows[i]);
    if (!file->mistakes)
        set_weights(&w);
}
