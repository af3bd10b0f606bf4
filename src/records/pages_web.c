/* Forms with one question, or one group that belongs together, at a time. */
#include "core/arena.h"
#include "records/widgets.h"

static void number_items(struct pager *p, struct widget_view *items, size_t len, bool relevant,
                         const struct widget_view *section)
{
    for (size_t i = 0; i < len; i++) {
        struct widget_view *w = &items[i];
        bool whole = w->kind != WIDGET_SECTION || field_looks(w->field, LOOK_FIELD_LIST) ||
                     field_looks(w->field, LOOK_TABLE_LIST);

        if (w->kind == WIDGET_KEPT || p->len + 1 >= p->cap)
            continue;
        if (!whole) {
            number_items(p, w->section.items, w->section.items_len, relevant && w->relevant,
                         section == NULL ? w : section);
            continue;
        }
        if (w->beside && i > 0 && items[i - 1].page > 0) {
            w->page = items[i - 1].page;
            continue;
        }
        p->len++;
        w->page = (int64_t)p->len;
        p->asked[p->len] = relevant && w->relevant;
        p->sections[p->len] =
            section == NULL && (w->kind == WIDGET_SECTION || w->kind == WIDGET_REPEAT) ? w
                                                                                       : section;
    }
}

/* Hides what is on other pages; false if nothing among items is on this one. */
static bool hide_others(struct widget_view *items, size_t len, int64_t page)
{
    bool any = false;

    for (size_t i = 0; i < len; i++) {
        struct widget_view *w = &items[i];
        bool here = w->page == page;

        if (w->page == 0 && w->kind == WIDGET_SECTION)
            here = hide_others(w->section.items, w->section.items_len, page);
        w->hidden = w->hidden || !here;
        any = any || here;
    }
    return any;
}

/* The nearest page that is asked, from a page on in a direction, else in the other; 0 = none. */
static size_t page_near(const struct pager *p, size_t from, int step)
{
    for (int turn = 0; turn < 2; turn++, step = -step)
        for (size_t i = from; i >= 1 && i <= p->len; i += (size_t)step)
            if (p->asked[i])
                return i;
    return 0;
}

static void fill_jumps(struct ctx *ctx, struct record_form_view *v, const struct pager *p)
{
    struct jump_view *jumps = ARENA_ARRAY(ctx->arena, p->len + 1, struct jump_view);
    const struct widget_view *last = NULL;
    const struct widget_view *now = v->page > 0 && !v->reviewing ? p->sections[v->page] : NULL;

    for (size_t i = 1; i <= p->len; i++) {
        const struct widget_view *s = p->sections[i];

        if (!p->asked[i] || s == NULL || s == last)
            continue;
        jumps[v->jumps_len++] = (struct jump_view){ s->label, (int64_t)i, s == now };
        last = s;
    }
    v->jumps = jumps;
    if (v->jumps_len < 2)
        v->jumps_len = 0;
}

void pages_number(struct ctx *ctx, struct pager *p, struct record_form_view *v,
                  const struct form *form)
{
    p->cap = form->all_len + 2;
    p->asked = ARENA_ARRAY(ctx->arena, p->cap, bool);
    p->sections = ARENA_ARRAY(ctx->arena, p->cap, const struct widget_view *);
    number_items(p, v->items, v->items_len, true, NULL);
}

void pages_turn(struct ctx *ctx, struct record_form_view *v, const struct pager *p, int64_t problem)
{
    int64_t wanted = v->page + v->page_step;

    v->reviewing = v->reviewing && problem == 0;
    if (problem > 0 && v->page_step == 0)
        wanted = problem;
    if (wanted < 1)
        wanted = 1;
    if (wanted > (int64_t)p->len)
        wanted = (int64_t)p->len;
    v->page = v->reviewing ? (int64_t)p->len + 1
                           : (int64_t)page_near(p, (size_t)wanted, v->page_step < 0 ? -1 : 1);
    v->pages = (int64_t)p->len;
    v->mark_page = "#";
    v->mark_count = "##";
    for (size_t i = 1; i <= p->len; i++) {
        v->page_count += p->asked[i];
        v->page_number += p->asked[i] && (int64_t)i <= v->page;
    }
    v->is_first = v->page_number <= 1;
    v->is_last = v->page_number == v->page_count;
    fill_jumps(ctx, v, p);
    if (v->page > 0)
        (void)hide_others(v->items, v->items_len, v->page);
}
