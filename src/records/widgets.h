#ifndef RECORDS_WIDGETS_H
#define RECORDS_WIDGETS_H

/*
 * Inside the forms on screens: form_web.c puts widgets together to pages, widgets_web.c makes one
 * question of each kind.
 *
 * Memory: ctx->arena.
 */

#include <stdbool.h>

#include "forms/forms.h"
#include "guide/terms.h"
#include "records/records_view.h"

struct maker {
    struct ctx *ctx;
    const struct form *form;
    const struct form_post *post;    /* what was typed; NULL = nothing yet */
    bool progress;                   /* instruments count their questions */
    struct term_seen terms;          /* key terms that are marked already */
    const struct form_medium *media; /* that came with the form; read when first asked for */
    size_t media_len;
    bool media_read;
};

/* What a label shows beside its text; names of files that did not come are left out. */
void media_fill(struct maker *m, struct media_view *v, const struct media *media,
                const char *label);

/* Names of controls with several parts, before the path. */
#define PART_RANK   "_rank."
#define PART_PLACE  "_place."
#define PART_POINTS "_points."

/* How a field is drawn. */
enum widget widget_of(const struct field *f);
/* A question's own part, once path, id, value and texts are there. */
void widget_fill(struct maker *m, struct widget_view *w, struct answers *t, const struct field *f);
/* Whether its value is known to the page alone until it is saved, and must come back with it. */
bool field_sent_back(const struct field *f);
/* Whether words (with single spaces between them) hold a word. */
bool has_word(const char *words, const char *word);

/* Pages of a form (pages_web.c): by number, from 1. */
struct pager {
    bool *asked;                         /* relevant, with all around it */
    const struct widget_view **sections; /* the outermost section of a page; NULL = none */
    size_t len;
    size_t cap;
};

/* Gives every question or group of a form in pages its number. */
void pages_number(struct ctx *ctx, struct pager *p, struct record_form_view *v,
                  const struct form *form);
/* All questions with their answers, by section, for v->reviewing (review_web.c). */
void review_fill(struct ctx *ctx, struct record_form_view *v, const struct form *form);
/*
 * Turns to v->page + v->page_step, behind the last one where v->reviewing and nothing is wrong, or
 * to the page of a problem (0 = none), past what is not asked; hides all else.
 */
void pages_turn(struct ctx *ctx, struct record_form_view *v, const struct pager *p,
                int64_t problem);

#endif
