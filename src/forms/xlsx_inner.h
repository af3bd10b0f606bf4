#ifndef FORMS_XLSX_INNER_H
#define FORMS_XLSX_INNER_H

/* What the files of the .xlsx reader share: the package, its XML, the formats of cells. */

#include "core/buf.h"
#include "forms/xlsx.h"

/* How the format of a cell shows a number. */
enum xlsx_format { SHOW_NUMBER = 0, SHOW_DATE, SHOW_DATETIME, SHOW_TIME, SHOW_ELAPSED };

struct span {
    const char *at; /* not ended by NUL */
    size_t len;
};

struct xlsx_tag {
    const char *name;         /* without its prefix */
    const void *const *attrs; /* five pointers each, as libxml2 gives them */
    size_t attrs_len;
};

/* Who reads a part; any may be NULL. A failure is told with xml_stop. */
struct xml_part;
struct xml_reader {
    void (*begin)(struct xml_part *p, const struct xlsx_tag *tag);
    void (*end)(struct xml_part *p, const char *name);
    void (*text)(struct xml_part *p, const char *text, size_t len);
    enum err (*damaged)(struct xml_part *p); /* records that the XML is broken */
};

/* --- xlsx_xml.c: one part of the package, parsed piece by piece --- */

/* ERR_NOT_FOUND without a problem: there is no such part. The part ends with ctx->arena. */
enum err xml_open(struct ctx *ctx, struct xml_part **out, struct xlsx *x, const char *name,
                  const struct xml_reader *reader) MUST_USE;
/* Parses the next piece; *more_out = false after the last. */
enum err xml_feed(struct ctx *ctx, struct xml_part *p, bool *more_out) MUST_USE;
void xml_close(struct xml_part *p);
/* All of a part. self is what xml_self gives. */
enum err xml_read(struct ctx *ctx, struct xlsx *x, const char *name,
                  const struct xml_reader *reader, void *self) MUST_USE;
void xml_set_self(struct xml_part *p, void *self);
void *xml_self(const struct xml_part *p);
struct ctx *xml_ctx(const struct xml_part *p);
/* Ends the parsing with a code whose problem stands in ctx. */
void xml_stop(struct xml_part *p, enum err rc);
bool xml_attr(const struct xlsx_tag *tag, const char *name, struct span *out);
char *xml_attr_text(struct arena *a, const struct xlsx_tag *tag, const char *name); /* or NULL */
/* A number without sign; false if it is none or larger than max. */
bool span_int(struct span s, int64_t max, int64_t *out);
bool span_is(struct span s, const char *text);

/* --- xlsx.c --- */

struct zip;
struct zip *xlsx_zip(const struct xlsx *x);
const char *xlsx_sheet_part(const struct xlsx *x, size_t sheet);
bool xlsx_is_1904(const struct xlsx *x);
enum xlsx_format xlsx_style(const struct xlsx *x, int64_t style);
/* Reads the shared strings, if that has not happened. */
enum err xlsx_shared_load(struct ctx *ctx, struct xlsx *x) MUST_USE;
const char *xlsx_shared(const struct xlsx *x, int64_t place); /* NULL if there is none */
enum err xlsx_damaged(struct ctx *ctx, const char *part) MUST_USE;
enum err xlsx_too_large(struct ctx *ctx, const char *part) MUST_USE;

/* --- xlsx_merges.c --- */

/* Of B7; false if it is no cell of a sheet. */
bool xlsx_reference(struct span s, int *column_out, int64_t *row_out);

/* --- xlsx_cell.c --- */

enum xlsx_format format_read(const char *code);
enum xlsx_format format_builtin(int64_t id);
/* Fills type and text from the number that stands in a cell; false if it is no number. */
bool cell_number(struct arena *a, struct xlsx_cell *cell, const char *value,
                 enum xlsx_format format, bool is_1904);
/* The same from an ISO date. */
bool cell_iso(struct arena *a, struct xlsx_cell *cell, const char *value);
/* Undoes _x000D_ and the like, in place; lone halves of a pair and NUL are left out. */
void cell_unescape(char *text);

#endif
