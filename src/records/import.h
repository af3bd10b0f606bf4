#ifndef RECORDS_IMPORT_H
#define RECORDS_IMPORT_H

/*
 * Inside of import: which column goes where (import_map.c), what a cell means (import_value.c), and
 * what an import has stored (import_store.c). Only src/records and its tests include this.
 *
 * A row of a table fills one record of the main kind, and at most one of each kind below it (the
 * forms whose parent it is, and theirs), which hang on it.
 *
 * Targets are text, so that they can be kept and sent: "birth_date", "names.1.name_text",
 * "case:opened_on" for a kind below, "nationality=SN" for a column that says yes or no to one
 * choice, "record.parent", and "" for a column that is left out.
 */

#include "records/import_sheet.h"
#include "records/records_inner.h"

/* --- import_map.c --- */

#define IMPORT_KINDS_MAX 12
#define MAPPING_MAX      ((size_t)512 * 1024)
#define MAPPING_NAME_MAX 80

struct import_column {
    const char *heading;
    const char *target;
    enum column_match match;
    const char *close;     /* a target that the heading is like; NULL if none */
    enum date_order order; /* of a date column */
    bool ambiguous;        /* it holds dates that can be read in two ways, and no other tells */
    const char *sample;    /* first value; NULL if it holds nothing */
};

struct import_mapping {
    struct import_column *columns;
    size_t len;
    int head_rows;
};

/* A target, understood. */
struct import_target {
    const struct form *form;
    size_t part;      /* 0 = the main kind; else place among mapping_kinds */
    const char *path; /* of the answer */
    const struct field *field;
    const struct choice *choice; /* "=code" */
    bool parent;                 /* record.parent */
    bool passed;                 /* record.number, record.status: told, and left out */
    bool unused;                 /* "" */
};

/* Main kind first, then those below that the acting user may import. */
size_t mapping_kinds(const struct ctx *ctx, const struct form *main,
                     const struct form *out[IMPORT_KINDS_MAX]);
/* False: there is no such target. */
bool mapping_target(struct ctx *ctx, struct import_target *out, const struct form *main,
                    const char *target);
/* By names, by labels in any language, and what is like one of them. */
enum err mapping_guess(struct ctx *ctx, struct import_mapping *out, const struct form *main,
                       struct sheet *sheet) MUST_USE;
/* Finds the order of dates in each column, and samples; reads the sheet once. */
enum err mapping_scan(struct ctx *ctx, struct import_mapping *m, const struct form *main,
                      struct sheet *sheet) MUST_USE;
/* {"head_rows":1,"columns":[{"heading":...,"target":...,"dates":"dmy"}]} and back. */
void mapping_json(struct buf *b, const struct import_mapping *m);
/* Lays what was kept over a guess, heading by heading. ERR_INVALID: not ours. */
enum err mapping_apply(struct ctx *ctx, struct import_mapping *m, const char *json,
                       size_t len) MUST_USE;
/* Text without case, accents and marks, words with single spaces between them. */
const char *import_plain(struct arena *a, const char *text);
/* What a target is called: label, with kind and row number before it. */
const char *target_title(struct ctx *ctx, const struct form *main, const char *target);

/* Under a name, for the office. */
enum err mapping_save(struct ctx *ctx, const char *kind, const char *name,
                      const char *json) MUST_USE;
/* *out NULL: there is none of this name. */
enum err mapping_load(struct ctx *ctx, const char **out, const char *kind,
                      const char *name) MUST_USE;
enum err mapping_names(struct ctx *ctx, const char *const **out, size_t *len_out,
                       const char *kind) MUST_USE;

/* --- import_value.c --- */

enum date_reading { DATE_READ, DATE_TWO_WAYS, DATE_NOT };
/*
 * A date as text: 2026-11-22, 22/11/2026, 22 Nov 2026, 22.11.26 not (the century is unknown), with
 * Arabic-Indic digits too, months in four languages, or the number that Excel keeps.
 */
enum date_reading import_date(struct arena *a, const char **out, const char *text,
                              enum date_order order);
/* Says which order a date needs: ORDER_UNKNOWN if it tells nothing. */
enum date_order import_date_order(struct arena *a, const char *text);
/*
 * Codes for a cell that holds codes or labels (in any language), of a select or rank: what is known
 * as codes with spaces between, what is not as it came.
 */
const char *import_codes(struct arena *a, const struct field *f, const char *text);
/* Yes, no, or neither: 1, 0, -1. */
int import_truth(struct arena *a, const struct choice *choice, const char *text);

/* --- import_store.c: what an import has stored --- */

#define IMPORT_RUN_BULK "bulk"

struct import_run {
    const char *id;
    const char *kind;
    const char *state; /* storing, stored, undone; IMPORT_RUN_BULK: no import, see bulk.c */
    int64_t place;
    int64_t stored;
    int64_t bad;
    int64_t undone;
    int64_t created_at;
};

/* *out->id NULL: there is none of the acting user's. */
enum err import_run_load(struct ctx *ctx, struct import_run *out, const char *id) MUST_USE;
/* In a transaction: makes it, or brings it up to date. */
enum err import_run_add(struct ctx *ctx, const struct import_run *run) MUST_USE;
enum err import_run_move(struct ctx *ctx, const struct import_run *run) MUST_USE;
enum err import_made_add(struct ctx *ctx, const struct import_run *run, const struct record *rec,
                         int64_t seq) MUST_USE;
/* What stands at a place of a run: the record's version as the run left it. */
enum err import_made_find(struct ctx *ctx, int64_t *version_out, bool *there_out, const char *id,
                          int64_t seq) MUST_USE;
/* "id version" of every record that a run changed, a line each; out must not lie in ctx->arena. */
enum err import_made_lines(struct ctx *ctx, struct buf *out, const char *id) MUST_USE;
/* In a transaction: a run that nobody will ask for again. */
enum err import_run_forget(struct ctx *ctx, const char *id) MUST_USE;

#endif
