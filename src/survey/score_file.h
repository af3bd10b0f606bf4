#ifndef SURVEY_SCORE_FILE_H
#define SURVEY_SCORE_FILE_H

/*
 * Inside of "homeward survey score": files of interviews are read one after the other, each in one
 * pass, in flat memory, with columns of its own; each good row becomes a row of scores and goes
 * into the summary, each bad row is told.
 */

#include "core/buf.h"
#include "survey/feed.h"
#include "survey/groups.h"
#include "survey/profile.h"
#include "survey/score_words.h"
#include "survey/sink.h"

#define JOBS_MAX  64
#define FILES_MAX 1000

struct score_options {
    const char *const *files; /* at most FILES_MAX */
    size_t files_len;
    const char *sheet; /* of workbooks; NULL: the first that can be seen */
    const char *out;
    const char *summary; /* NULL = none */
    const char *bad;     /* NULL = none */
    const char *key;     /* NULL: key, else what exports call it */
    bool explain;        /* say what the columns are used for, and score nothing */
    const char *by[GROUP_BY_MAX];
    size_t by_len;
    int64_t jobs; /* processes; 0 = as many as there are cores, one for a small file */
    const struct profile *profile;
};

struct score_report {
    int64_t good;
    int64_t bad;
    int64_t flagged;
};

/* Profiles as they are with DIR in place of the shipped content; dir NULL = the shipped ones. */
enum err survey_load_content(struct ctx *ctx, const char *dir) MUST_USE;
/* Writes the outputs, all or none; bad rows are no error here. Notes go to standard error. */
enum err score_file(struct ctx *ctx, struct score_report *out,
                    const struct score_options *o) MUST_USE;

/* --- columns --- */

/* A column of one choice of a select_multiple: productive_assets/land, with 1 or 0. */
struct option_column {
    size_t column;
    int code; /* place in question->codes */
};

struct question_column {
    size_t column; /* NO_COLUMN: it has only columns of its choices */
    const struct question *question;
    const struct words *words;     /* names and labels of its choices */
    struct option_column *options; /* in the order of the columns */
    size_t options_len;
};

#define NO_COLUMN SIZE_MAX

/* What was found in a heading, for --explain. */
enum heading_use {
    HEADING_UNUSED,
    HEADING_EXPORT, /* what the exporting program adds of its own */
    HEADING_QUESTION,
    HEADING_OPTION,
    HEADING_SECTIONS,
    HEADING_CONSENT,
    HEADING_KEY,
    HEADING_GROUP,    /* a column of --by */
    HEADING_MANY,     /* a label that several questions have */
    HEADING_NO_CHOICE /* a column of a choice that the question does not have */
};

struct heading {
    enum heading_use use;
    int place; /* question or option: place of the question */
    int code;  /* option: place of the code */
};

struct columns {
    size_t width;
    const char **headings;
    struct heading *found;
    size_t key;
    size_t by[GROUP_BY_MAX];
    struct question_column sections; /* question NULL; column NO_COLUMN, no options: none */
    size_t consent;                  /* NO_COLUMN: none */
    const struct words *consent_words;
    struct question_column *questions; /* in one column, in the order of the columns */
    size_t questions_len;
    struct question_column *split; /* with columns of their choices */
    size_t split_len;
    struct buf missing; /* names of questions without a column */
};

/* Place of the word yes in consent_words. */
#define CONSENT_YES 1

struct heading_words;

/* words: of o->profile. */
enum err columns_read(struct ctx *ctx, struct columns *c, const struct heading_words *words,
                      const struct feed_row *row, const struct score_options *o) MUST_USE;
/* As people are told: the question's name, else the whole heading. */
const char *column_title(const struct columns *c, const struct profile *p, size_t column);
/* What every column is used for, on standard output; file: its name, NULL = it is the only one. */
void columns_explain(struct ctx *ctx, const struct columns *c, const struct profile *p,
                     const char *file);

/* --- headings --- */

/* Names and labels of what a profile's form asks, in all its languages. */
struct heading_words *heading_words_new(struct arena *a, const struct profile *p);
/*
 * What a heading names: a question or one of its choices, by name or label, after any groups.
 * text is valid UTF-8.
 */
struct heading heading_find(const struct heading_words *h, const char *text);
/* A question's choices; behind them, at profile->len, the sections, and then consent. */
const struct words *heading_choices(const struct heading_words *h, int place);
/* The heading without the groups that exports put before it: economic/food_reduction. */
const char *heading_tail(const char *heading);

/* --- answers of a row --- */

/*
 * The answer to a question of the row; *asked_out = false if there is none. A fault is told with
 * the column in which it is.
 */
enum answer_fault cell_answer(const struct question_column *q, const struct feed_row *row,
                              struct answer *out, bool *there_out, size_t *column_out);
/* Everything of a row but its answers; false if anything is wrong with it. */
bool row_good(const struct columns *c, const struct feed_row *row, unsigned *sections_out);
/* Bits of the sections of a row; 0 = it names what is no section, or one twice. */
unsigned row_sections(const struct columns *c, const struct feed_row *row);
bool row_consents(const struct columns *c, const struct feed_row *row);
/* A heading once more, or the row of tags (#...) that some exports write below it. */
bool row_is_heading(const struct columns *c, const struct feed_row *row);

/* --- bad rows --- */

#define BAD_SHOWN 100 /* on standard error; the file of --bad has them all */

struct bad_rows {
    struct sink *file; /* NULL = none */
    const char *of;    /* the file of interviews, NULL = there is only one */
    int64_t rows;
    int64_t told;
    int64_t last_row;
};

/* Behind the last row: how many mistakes were not shown. */
void bad_end(struct ctx *ctx, const struct bad_rows *bad);
/* One mistake; several of a row come one after another. reason is in ctx->lang. */
void bad_tell(struct ctx *ctx, struct bad_rows *bad, int64_t row, const char *column,
              const struct feed_cell *value, const char *reason);
/* Everything that is wrong with a row of which something is known to be wrong. */
void bad_row(struct ctx *ctx, struct bad_rows *bad, const struct columns *c,
             const struct feed_row *row, const struct profile *p);

static inline bool cell_is(const struct feed_cell *cell, const char *text, size_t len)
{
    return cell->len == len && __builtin_memcmp(cell->text, text, len) == 0;
}

/* --- the rows --- */

/* What is known between two rows of the file: how far everything has come. */
struct progress {
    int64_t at;     /* in the file read */
    int64_t number; /* of the row before */
    int64_t out_at; /* in the file of scores */
    int64_t good;
    int64_t flagged;
    struct bad_rows bad;
    int64_t failed; /* an error of some process: nobody goes on */
};

struct job {
    const struct score_options *o;
    const struct profile *profile;
    const struct heading_words *words;
    const char *file; /* of o->files, the one that is read */
    struct feed *feed;
    struct columns columns;
    struct sink *out;
    struct sink *rows;   /* scores on their way into out; out itself if one process does all */
    struct sink *memory; /* such rows of several processes; NULL: not made yet */
    struct sink *summary;
    struct groups *groups;
    struct progress done;
    size_t tail_len;
    char tail[128]; /* ",homeward-1" and the end of the line */
};

/*
 * Scores the rows that begin before byte upto. Without tell it stops at the first bad row, with
 * *bad_out = true, and says nothing.
 */
enum err score_rows(struct ctx *ctx, struct job *j, int64_t upto, bool tell,
                    bool *bad_out) MUST_USE;
/* All rows of a regular file, by several processes at a time; the same result as by one. */
enum err score_chunks(struct ctx *ctx, struct job *j, int64_t jobs) MUST_USE;
/* How many processes to use for the file of the job; 1 = score_rows does it. */
int64_t score_jobs(const struct job *j);

#endif
