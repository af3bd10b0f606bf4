#ifndef FORMS_OVERLAY_H
#define FORMS_OVERLAY_H

/*
 * Overlays: what a country changes in a form that comes with the program. An overlay is a file like
 * a form whose survey (and choices) have the column hw:do: add, hide, relabel, options. It is put
 * over the shipped form cell by cell, and what comes out is read like any form. An upgrade of the
 * program puts the same overlay over the new shipped form (docs/add-a-form.md).
 *
 * Also what pages need to speak about a form's file: its cells, by row and column.
 *
 * Memory: ctx->arena. Errors: ERR_INVALID with every mistake, field = "FILE:ROW:COLUMN".
 */

#include <stdbool.h>
#include <stddef.h>

#include "core/ctx.h"

struct form_files;

struct form_text {
    const char *file; /* as it is called in messages */
    const char *csv;
    size_t len;
    const struct form_files *files; /* delivered with it (forms/pack.h); NULL = none */
};

/* Whether the survey or the choices of the file have the column hw:do. */
bool overlay_is(struct ctx *ctx, const struct form_text *text);

/* One cell of the one row of settings; "" if there is none. */
const char *form_text_setting(struct ctx *ctx, const struct form_text *text, const char *column);

/* What stands at a row and column of a form's file; section_out gets the name of its sheet. "" if
 * nothing stands there. */
const char *form_text_cell(struct ctx *ctx, const struct form_text *text, int row,
                           const char *column, const char **section_out);

/* A row of the merged file: where it came from. */
struct overlay_origin {
    bool overlay;
    int row;
};

struct overlay_merged {
    struct form_text text;                /* the whole form */
    const struct overlay_origin *origins; /* by row of text, from 1 */
    size_t origins_len;
};

/*
 * Puts the overlay over base. lenient: a row that does not fit (the shipped form has changed) is
 * left out and told as a warning; else it is a mistake. Core fields are relabelled only.
 */
enum err overlay_merge(struct ctx *ctx, struct overlay_merged *out, const struct form_text *base,
                       const struct form_text *overlay, bool lenient) MUST_USE;

/* Problems after last (NULL = all) that name rows of merged are made to name the files' own. */
void overlay_trace(struct ctx *ctx, struct problem *last, const struct overlay_merged *merged,
                   const struct form_text *base, const struct form_text *overlay);

/* Splits "FILE:ROW:COLUMN" of a problem; false if it is none of file. */
bool problem_place(const struct problem *p, const char *file, int *row_out,
                   const char **column_out);

#endif
