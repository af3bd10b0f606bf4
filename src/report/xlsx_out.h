#ifndef REPORT_XLSX_OUT_H
#define REPORT_XLSX_OUT_H

/*
 * A workbook that is written front to back through zip_out: text lies in the cells themselves, so
 * nothing is kept but the names of the sheets, whatever the number of rows.
 *
 * Memory and errors: as zip_out; ERR_LIMIT also for more than REPORT_ROWS_MAX rows in a sheet and
 * for text that a cell cannot hold.
 */

#include "report/report.h"

struct xlsx_out;

enum err xlsx_out_open(struct ctx *ctx, struct xlsx_out **out, int fd) MUST_USE;
/* A further sheet; one with a name that is taken gets a number behind it. */
enum err xlsx_out_sheet(struct ctx *ctx, struct xlsx_out *x, const char *title) MUST_USE;
/* One row; head = true: all is text, in bold. */
enum err xlsx_out_row(struct ctx *ctx, struct xlsx_out *x, const struct table_spec *spec,
                      const char *const *cells, bool head) MUST_USE;
enum err xlsx_out_close(struct ctx *ctx, struct xlsx_out *x) MUST_USE;

#endif
