#ifndef SURVEY_SCORE_FILE_H
#define SURVEY_SCORE_FILE_H

/*
 * Inside of "homeward survey score": a file of interviews is read in one pass, in flat memory; each
 * good row becomes a row of scores and goes into the summary, each bad row is told.
 */

#include "core/buf.h"
#include "survey/feed.h"
#include "survey/groups.h"
#include "survey/profile.h"
#include "survey/sink.h"

struct score_options {
    const char *file;
    const char *out;
    const char *summary; /* NULL = none */
    const char *bad;     /* NULL = none */
    const char *key;
    const char *by[GROUP_BY_MAX];
    size_t by_len;
    const struct profile *profile;
};

struct score_report {
    int64_t good;
    int64_t bad;
    int64_t flagged;
};

/* Writes the outputs, all or none; bad rows are no error here. Notes go to standard error. */
enum err score_file(struct ctx *ctx, struct score_report *out,
                    const struct score_options *o) MUST_USE;

/* --- columns --- */

struct question_column {
    size_t column;
    const struct question *question;
};

struct columns {
    size_t width;
    const char **headings;
    int key;
    int by[GROUP_BY_MAX];
    int sections; /* -1 = there is none */
    int consent;
    struct question_column *questions; /* in the order of the columns */
    size_t questions_len;
    struct buf missing; /* names of questions without a column */
};

enum err columns_read(struct ctx *ctx, struct columns *c, const struct feed_row *row,
                      const struct score_options *o) MUST_USE;
/* As people are told: the question's name, else the whole heading. */
const char *column_title(const struct columns *c, const struct profile *p, size_t column);

/* --- bad rows --- */

#define BAD_SHOWN 100 /* on standard error; the file of --bad has them all */

struct bad_rows {
    struct sink *file; /* NULL = none */
    int64_t rows;
    int64_t told;
    int64_t last_row;
};

/* One mistake; several of a row come one after another. reason is in ctx->lang. */
void bad_tell(struct ctx *ctx, struct bad_rows *bad, int64_t row, const char *column,
              const struct feed_cell *value, const char *reason);
/* Everything that is wrong with a row of which something is known to be wrong. */
void bad_row(struct ctx *ctx, struct bad_rows *bad, const struct columns *c,
             const struct feed_row *row, const struct profile *p);

/* Bits of sections_selected; 0 = not only sections, or one twice. Nothing means all. */
unsigned sections_read(const struct feed_cell *cell);
static inline bool cell_is(const struct feed_cell *cell, const char *text, size_t len)
{
    return cell->len == len && __builtin_memcmp(cell->text, text, len) == 0;
}

#endif
