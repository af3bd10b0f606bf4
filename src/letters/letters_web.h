#ifndef LETTERS_LETTERS_WEB_H
#define LETTERS_LETTERS_WEB_H

/* Pages of letters: making one on a record, the templates, the letterheads. */

#include "letters/letters.h"
#include "letters/letters_view.h"
#include "records/records.h"
#include "web/web.h"

extern const struct route letters_routes[];
extern const struct route letter_edit_routes[];
extern const struct route letterhead_routes[];

/* What stands on the page of a case and of a person. */
enum err letters_detail(struct ctx *ctx, const struct record *rec,
                        struct record_extra *out) MUST_USE;

/* --- shared by the pages --- */

enum err letter_preview_fill(struct ctx *ctx, struct letter_preview_view *v,
                             const struct letter_filled *filled,
                             const struct letterhead *head) MUST_USE;
void letter_blanks_fill(struct ctx *ctx, const struct letter_blank_view **out, size_t *len_out,
                        const struct letter_filled *filled);
/* Languages of a letter that a letterhead offers; the one to begin with is current. */
void letter_langs_fill(struct ctx *ctx, const struct letter_option_view **out, size_t *len_out,
                       const struct letter *l, const struct letterhead *head, const char *wanted);
/* Address of a letterhead; part NULL = itself, else "logo". */
struct url letterhead_url(struct ctx *ctx, const char *programme_id, const char *part);

#endif
