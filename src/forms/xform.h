#ifndef FORMS_XFORM_H
#define FORMS_XFORM_H

/*
 * A form as an ODK XForm, for ODK Collect, Enketo and whatever else speaks OpenRosa. Its shape is
 * pyxform's: one primary instance "data", a secondary instance for each list of choices, every text
 * in itext for every language that the form has, OpenRosa's meta block. docs/xforms.md says which
 * column becomes what, and where other programs differ.
 *
 * What only Homeward knows (who may read, where it lies, lists, status) is not in it. Choices that
 * stand alone in a select_multiple become part of its constraint.
 *
 * Errors: ERR_LIMIT over XFORM_MAX.
 */

#include "forms/forms.h"

#define XFORM_MAX ((size_t)32 * 1024 * 1024)

/* UTF-8 with an XML declaration, in ctx->arena. */
enum err xform_write(struct ctx *ctx, const char **out, size_t *len_out,
                     const struct form *form) MUST_USE;
/* Absolute path of a field in the primary instance: /data/names/name_text. */
const char *xform_path(struct arena *a, const struct field *f);

#endif
