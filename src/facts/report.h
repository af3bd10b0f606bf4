#ifndef FACTS_REPORT_H
#define FACTS_REPORT_H

/* A release as a document: chart, table, codebook. Memory: ctx->arena. */

#include "facts/release.h"
#include "report/report.h"

struct document *facts_document(struct ctx *ctx, const struct fact_release *r);
/* "Cases: status by sex". */
const char *facts_title(struct ctx *ctx, const struct fact_question *q);
const char *facts_measure_title(struct ctx *ctx, enum fact_measure m);

/* Whether a cell is shown, and its number in the measure; NAN where nothing is measured. */
bool facts_cell_shown(const struct fact_release *r, size_t row, size_t col);
double facts_cell_number(const struct fact_release *r, size_t row, size_t col);

#endif
