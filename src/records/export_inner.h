#ifndef RECORDS_EXPORT_INNER_H
#define RECORDS_EXPORT_INNER_H

/*
 * Inside of export: which tables there are and what stands in their columns (export_plan.c), the
 * codebook (export_codebook.c), and the walk over the records (export.c).
 *
 * Memory: plans lie in export.kept, which outlives the pages.
 */

#include "records/records_inner.h"
#include "report/report.h"

#define EXPORT_DEPTH  4  /* repeats inside repeats; kinds below kinds */
#define EXPORT_TABLES 60 /* files or sheets with records */

enum export_what {
    OUT_FIELD,
    OUT_ID, /* record.id, record.number ...: export_names */
    OUT_NUMBER,
    OUT_STATUS,
    OUT_PARENT, /* number of the record above: what import finds it by */
    OUT_PARENT_ID,
    OUT_ROW_ID,
    OUT_ROW_OF /* id of the row or record around a row */
};

struct export_column {
    enum export_what what;
    const struct field *f;
    const struct field *repeats[EXPORT_DEPTH]; /* whose rows lead to f, side by side */
    size_t rows[EXPORT_DEPTH];
    size_t depth;
    const char *name; /* names.1.name_text */
};

/* One file or sheet: a kind's records, or the rows of one of its repeats. */
struct export_table {
    const struct form *chain[EXPORT_DEPTH]; /* the kind asked for first, that of the rows last */
    size_t chain_len;
    const struct form *form;
    const struct field *repeat; /* NULL = the records */
    struct export_column *columns;
    struct table_column *heads;
    const char **cells;
    size_t len;
    size_t most;   /* columns that there is room for */
    int64_t parts; /* bits of the repeats that its cells come from */
    struct table_spec spec;
};

/* What references showed lately, by their ids: pages of records name the same few again. */
#define EXPORT_SEEN     256
#define EXPORT_SEEN_MAX 200

struct export_seen {
    char id[40];
    char name[EXPORT_SEEN_MAX];
};

struct export
{
    struct ctx *ctx;
    const struct form *form;
    const struct export_options *options;
    const struct record_filter *filter; /* checked */
    struct arena *kept;
    struct export_table *tables; /* the records of form first */
    size_t tables_len;
    const struct field **repeats; /* of form */
    size_t repeats_len;
    bool nested;       /* some of them lie inside others */
    int64_t *rows_max; /* by field->place of repeats; of form, when rows stand side by side */
    struct table *out; /* NULL: JSON */
    struct export_seen *seen; /* EXPORT_SEEN, with labels */
    char last[40];            /* id of the last record written: what came later is not followed */
    int fd;
    bool kept_back; /* nobody gets anything before the end */
    int64_t done;
};

/* --- export_plan.c --- */

enum err export_plan(struct export *x) MUST_USE;
/* Whether a value of it may leave at all: no hidden codes, nothing above the clearance. */
bool export_may_leave(const struct ctx *ctx, const struct field *f);

/* --- export_codebook.c --- */

/* Two further tables: what each column is, and what each code means, in all languages. */
enum err export_codebook(struct export *x) MUST_USE;

#endif
