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
    int64_t count; /* of records, as the audit was told */
    /* A piece of the records, see export_crew.c; NULL: they go into out as they come. */
    struct buf *piece;
    const char *from; /* id before the piece; NULL: it is the first one */
    const char *upto; /* its last id; NULL: it has no end */
};

/* --- export.c --- */

/* The records of the first table; of a piece of them, if one is asked for. */
enum err export_records(struct export *x) MUST_USE;
/* Notes in the access log what leaves. */
enum err export_note(struct export *x, const struct form *form, const char *const *ids,
                     size_t len) MUST_USE;
/* So many records more have left, the last one with this id. */
enum err export_went(struct export *x, size_t len, const char *last_id) MUST_USE;

/* --- export_crew.c --- */

/* Whether a second process is worth it, and can be had. */
bool export_by_crew(const struct export *x);
/* All records of the first table, read by two processes; the same bytes as by one. */
enum err export_crew(struct export *x) MUST_USE;
/* What a piece is made of: first the ids of a page, then its rows. */
void export_keep_page(struct buf *piece, const char *const *ids, size_t len);
void export_keep_row(struct buf *piece, const struct export_table *t);

/* --- export_plan.c --- */

enum err export_plan(struct export *x) MUST_USE;
/* Whether a value of it may leave at all: no hidden codes, nothing above the clearance. */
bool export_may_leave(const struct ctx *ctx, const struct field *f);

/* --- export_codebook.c --- */

/* Two further tables: what each column is, and what each code means, in all languages. */
enum err export_codebook(struct export *x) MUST_USE;

#endif
