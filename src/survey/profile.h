#ifndef SURVEY_PROFILE_H
#define SURVEY_PROFILE_H

/*
 * Inside of the survey room: a scoring profile made ready for scoring, with whole numbers only.
 * content/scoring/README.md has the file's layout and the arithmetic: points are kept times
 * profile->point_unit, weights times profile->weight_unit, so a score is a / (w * point_unit) with
 * a = sum of weight * points and w = sum of weights, all below 10^12.
 *
 * Memory: a profile is read-only and lives as long as the program, or until profiles are loaded
 * again (tests).
 */

#include "forms/forms.h"
#include "survey/survey.h"

#define PROFILE_UNIT_MAX      1000000 /* of weight_unit, point_unit and the weights of a score */
#define PROFILE_QUESTIONS_MAX 200
#define PROFILE_CODES_MAX     200 /* of one question */
#define PROFILE_MEANS_MAX     8
#define PROFILE_SECTIONS      3

enum rule { RULE_CODE, RULE_ANY, RULE_MEAN, RULE_SOURCE, RULE_NONE };
enum decline { DECLINE_NOT, DECLINE_NA, DECLINE_COUNTED };

#define NO_POINTS (-1)

struct profile_code {
    const char *name;
    size_t len;
    const struct choice *choice; /* NULL: the technical code not_answered */
    bool exclusive;
    enum decline decline;
    int64_t points; /* times point_unit; NO_POINTS */
    int step;       /* rule source: steps above the mean's low, plus 1; 0 = none */
};

struct question {
    const char *name;
    const struct field *field;
    enum dimension dimension;
    enum rule rule;
    bool multiple;
    bool conditional; /* asked only after certain answers to another question */
    struct profile_code *codes;
    size_t codes_len;
    int64_t weights[DIM_COUNT]; /* times weight_unit; 0 = does not count in that score */
    int low;                    /* rule mean */
    int high;
    int mean;   /* rules mean and source: place in profile->means; else -1 */
    bool plain; /* weighs the same in its dimension and the composite, and nowhere else */
    /* Finding a code: slots[hash] is its place in keys. No slots: they are compared in turn. */
    uint64_t multiplier;
    unsigned shift;
    const unsigned char *slots;
    struct code_key *keys; /* keys[0] fits nothing; keys[i] is codes[i - 1] */
};

/* A code as it is found, and what it brings: all that scoring a select_one needs. */
struct code_key {
    uint64_t first; /* 8 bytes of the code */
    uint64_t last;
    uint64_t middle; /* the 8 bytes behind first, of a code of more than 16; else first once more */
    uint64_t len;
    int64_t worth;  /* plain questions: weight * points, 0 without points */
    int64_t weight; /* plain questions: weight, 0 without points */
    int declined;
    int step;
};

struct profile_text {
    const char *lang;
    const char *text;
};

struct profile {
    const char *name;
    const char *version;
    const struct form *form;
    struct profile_text *titles;
    size_t titles_len;
    struct profile_text *labels[PROFILE_SECTIONS]; /* short names of the dimensions */
    size_t labels_len[PROFILE_SECTIONS];
    struct score intensified_below;
    struct score hands_off_above;
    int accuracy_flag_above;
    struct question *questions; /* in the order of the form */
    size_t len;
    size_t means[PROFILE_MEANS_MAX]; /* places of the questions of rule mean */
    size_t means_len;
    int64_t weight_unit;
    int64_t point_unit;
};

/* What the answers of one interview add up to. Starts as { 0 }. */
struct tally {
    int64_t plain_sum[PROFILE_SECTIONS]; /* of plain questions, by their dimension */
    int64_t plain_weight[PROFILE_SECTIONS];
    int64_t sum[DIM_COUNT];    /* of all others: weight * points */
    int64_t weight[DIM_COUNT]; /* of the weights of questions that have points */
    int declined;
};

/* --- reading a profile --- */

/* One section of the file: its column names and its rows. */
struct profile_section {
    const char *name;
    const char **columns;
    size_t columns_len;
    struct profile_row *rows;
    size_t len;
};

struct profile_row {
    int64_t number; /* as a spreadsheet counts */
    const char **cells;
};

enum profile_part {
    PART_PROFILE,
    PART_DIMENSIONS,
    PART_QUESTIONS,
    PART_POINTS,
    PART_STEPS,
    PART_WEIGHTS,
    PART_COUNT
};

/* A profile's file while it is read; mistakes go into ctx->problems and are counted here. */
struct profile_file {
    struct ctx *ctx;
    const struct forms *forms;
    const char *name; /* scoring/homeward-1.csv */
    struct profile_section parts[PART_COUNT];
    bool adapted; /* forms as published: options and questions that the file does not know have no
                     points */
    int mistakes;
};

/* Fills the sections. Mistakes of layout are told and counted; ERR_... only if it is no CSV. */
enum err profile_file_read(struct profile_file *file, const char *csv, size_t len) MUST_USE;
/* A cell by its column's name; "" where there is no such column. */
const char *profile_cell(const struct profile_section *part, const struct profile_row *row,
                         const char *column);
/* Records a mistake; row 0 and column NULL where it belongs to the whole file. */
void profile_mistake(struct profile_file *file, int64_t row, const char *column, const char *text);
/* 1, 3/4 or 0.33, reduced. false: none of these. */
bool profile_number(const char *text, struct score *out);

/* From the sections to a profile; every mistake is told. The result lives in arena. */
enum err profile_make(struct profile_file *file, struct arena *arena, const char *name,
                      struct profile **out) MUST_USE;
/* Second half of it: points, steps and weights as whole numbers. */
void profile_make_points(struct profile_file *file, struct profile *p);
void profile_make_weights(struct profile_file *file, struct profile *p);
/* Slots for finding codes quickly, once points and weights are known. */
void profile_make_slots(struct arena *arena, struct question *q);
/* The one that comes with the program; and the one that profile_find(NULL) gives from now on, NULL
 * = the shipped one. */
const struct profile *profile_shipped(void);
void profile_use(const struct profile *p);

/* Reads one profile from bytes, for tests and fuzzing; name is the file's without .csv. */
enum err profile_parse(struct ctx *ctx, const struct profile **out, const struct forms *forms,
                       const char *name, const char *csv, size_t len) MUST_USE;

/* Place by name in profile->questions, or -1. */
int profile_question(const struct profile *p, const char *name);

/* --- finding codes --- */

/* Place of a code of len bytes, or -1. */
int code_find(const struct question *q, const char *text, size_t len);

/* First and last 8 bytes of a code; what is shorter is filled up with 0. */
struct code_bytes {
    uint64_t first;
    uint64_t last;
};

/* The bytes of a word of 8 that a text of len has. */
static inline uint64_t code_mask(size_t len)
{
    static const uint64_t masks[9] = { 0,
                                       0xff,
                                       0xffff,
                                       0xffffff,
                                       0xffffffff,
                                       0xffffffffff,
                                       0xffffffffffff,
                                       0xffffffffffffff,
                                       0xffffffffffffffff };

    return masks[len < 8 ? len : 8];
}

/* At least 8 bytes must be readable at text, whatever len is: the reader of files sees to it. */
static inline struct code_bytes code_bytes(const char *text, size_t len)
{
    uint64_t mask = code_mask(len);
    struct code_bytes b;

    __builtin_memcpy(&b.first, text, 8);
    __builtin_memcpy(&b.last, text + (len < 8 ? 0 : len - 8), 8);
    b.first &= mask;
    b.last &= mask;
    return b;
}

static inline uint64_t code_slot(const struct question *q, struct code_bytes b, size_t len)
{
    return ((b.first ^ (b.last << 21 | b.last >> 43)) + len) * q->multiplier >> q->shift;
}

/* Place in q->keys, 0 = no code. The question has slots. */
static inline size_t code_key(const struct question *q, const char *text, size_t len)
{
    struct code_bytes b = code_bytes(text, len);
    size_t place = q->slots[code_slot(q, b, len)];
    const struct code_key *key = &q->keys[place];
    uint64_t middle;

    __builtin_memcpy(&middle, text + (len > 16 ? 8 : 0), 8);
    middle &= code_mask(len);
    if ((key->first ^ b.first) | (key->last ^ b.last) | (key->middle ^ middle) | (key->len ^ len))
        return 0;
    if (len > 24 && __builtin_memcmp(q->codes[place - 1].name, text, len) != 0)
        return 0;
    return place;
}

/* --- scoring --- */

/* Why an answer is refused. */
enum answer_fault {
    ANSWER_GOOD,
    ANSWER_NO_CODE, /* not a choice of the question */
    ANSWER_TWICE,   /* one choice given twice */
    ANSWER_ALONE,   /* an exclusive choice beside others */
    ANSWER_NO_MARK  /* in the column of one choice: neither 1 nor 0 */
};

/* What one answer of a question comes to. */
struct answer {
    int code;       /* place of the code, the first one of several; -1 = no answer */
    int64_t points; /* NO_POINTS */
};

/*
 * Reads an answer of len bytes (not empty; readable as code_find wants). In a select_multiple
 * codes stand apart by spaces.
 */
enum answer_fault answer_read(const struct question *q, const char *text, size_t len,
                              struct answer *out);

/* The same from places of codes, at least one; only ANSWER_TWICE and ANSWER_ALONE can be wrong. */
enum answer_fault answer_of_codes(const struct question *q, const int *codes, size_t len,
                                  struct answer *out);

/* The steps that go into each of profile->means. Starts as { 0 }. */
struct steps {
    int64_t sum[PROFILE_MEANS_MAX];
    int64_t count[PROFILE_MEANS_MAX];
};

/* Points of a question into every score in which it has a weight. */
static inline void tally_add(const struct question *q, struct tally *t, int64_t points)
{
    if (q->plain) {
        t->plain_sum[q->dimension] += q->weights[q->dimension] * points;
        t->plain_weight[q->dimension] += q->weights[q->dimension];
        return;
    }
    for (int d = 0; d < DIM_COUNT; d++) {
        t->sum[d] += q->weights[d] * points;
        t->weight[d] += q->weights[d];
    }
}

/* An answer of a question that was asked. */
static inline void tally_answer(const struct question *q, struct tally *t, struct steps *steps,
                                struct answer answer)
{
    const struct profile_code *code = &q->codes[answer.code];

    t->declined += code->decline == DECLINE_COUNTED;
    if (answer.points >= 0)
        tally_add(q, t, answer.points);
    if (code->step) {
        steps->sum[q->mean] += code->step - 1;
        steps->count[q->mean]++;
    }
}

/* The same for a plain select_one whose code was found by code_key. */
static inline void tally_key(const struct question *q, struct tally *t, struct steps *steps,
                             const struct code_key *key)
{
    t->plain_sum[q->dimension] += key->worth;
    t->plain_weight[q->dimension] += key->weight;
    t->declined += key->declined;
    if (key->step) {
        steps->sum[q->mean] += key->step - 1;
        steps->count[q->mean]++;
    }
}

/* All means of the profile, added to the tally; sections as in score_finish. */
void tally_means(const struct profile *p, struct tally *t, const struct steps *steps,
                 unsigned sections);
/* From the tally to scores and bands; sections: bit per dimension asked. */
void score_finish(const struct profile *p, struct scores *out, const struct tally *t,
                  unsigned sections);
#define ALL_SECTIONS 7u

/* What sections_selected says, as bits; nothing means all. */
unsigned survey_sections(const char *sections);
/* One answer of a record, not empty. ERR_INVALID with the reason. */
enum err survey_answer(struct ctx *ctx, const struct question *q, const char *value,
                       struct answer *out) MUST_USE;
const char *answer_fault_text(struct ctx *ctx, enum answer_fault fault);

/* Six decimals, half away from zero; 8 bytes "0.666667" and no NUL. den > 0, 0 <= num <= den. */
void score_print6(char out[8], struct score s);

/* --- plain numbers --- */

int64_t common_divisor(int64_t a, int64_t b);
/* Least common multiple, 0 if it is over max. */
int64_t common_multiple(int64_t a, int64_t b, int64_t max);

#endif
