#ifndef FORMS_GRID_H
#define FORMS_GRID_H

/*
 * A form's file as cells: sections with their header and rows, trimmed, nothing understood. For
 * overlay.c, which puts rows of one file into another.
 *
 * Memory: ctx->arena. Errors: those of csv.h; ERR_INVALID for too many rows or sections.
 */

#include <stdbool.h>
#include <stddef.h>

#include "core/ctx.h"
#include "forms/overlay.h"

struct grid_row {
    int row;      /* as a spreadsheet counts */
    bool overlay; /* came from the overlay */
    const char **cells;
    size_t len;
    struct grid_row *next;
};

struct grid_section {
    const char *name;
    int row; /* of its name */
    int header;
    const char **columns;
    size_t columns_len;
    struct grid_row *rows; /* a list: rows are put in and taken out */
    struct grid_row *last;
};

#define GRID_SECTIONS_MAX 16

struct grid {
    struct grid_section sections[GRID_SECTIONS_MAX];
    size_t len;
};

enum err grid_read(struct ctx *ctx, struct grid *out, const struct form_text *text) MUST_USE;
struct grid_section *grid_section(struct grid *g, const char *name); /* NULL if none */
/* Place of a column; columns_len if there is none. */
size_t grid_column(const struct grid_section *s, const char *name);
const char *grid_cell(const struct grid_section *s, const struct grid_row *row, const char *name);
void grid_append(struct grid_section *s, struct grid_row *row);

#endif
