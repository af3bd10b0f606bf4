/* What is settled before a form of several records is stored: who is known already. */
#include "core/text.h"
#include "records/records_inner.h"
#include "records/screens_web.h"

static const char *choice_of(const struct form_post *post, const char *path)
{
    for (size_t i = 0; i < post->same_len; i++)
        if (text_equal(post->same[i].name, path))
            return post->same[i].value;
    return NULL;
}

/* Whether it was said who this is; somebody known comes into the answers. */
static bool settled(struct ctx *ctx, const struct form_post *post, const struct record_likeness *l)
{
    const char *choice = choice_of(post, answers_path(ctx->arena, l->at, l->field));

    if (text_equal(choice, SAME_NONE))
        return true;
    for (size_t i = 0; choice && i < l->hits_len; i++) {
        if (!text_equal(l->hits[i].record->id, choice))
            continue;
        answers_set(l->at, l->field, choice);
        return true;
    }
    return false;
}

enum err look_take(struct ctx *ctx, struct shown_form *s)
{
    const struct record_hooks *hooks = record_hooks_of(s->rec->form->kind);
    struct record_look *look = ARENA_NEW(ctx->arena, struct record_look);
    bool open = false;
    enum err rc;

    if (!hooks || !hooks->look)
        return OK;
    rc = hooks->look(ctx, s->rec, look);
    for (size_t i = 0; rc == OK && i < look->len; i++)
        if (!settled(ctx, s->post, &look->items[i]))
            open = true;
    if (rc == OK && (open || look->note))
        s->look = look;
    return rc;
}

static void fill_like(struct ctx *ctx, struct likeness_view *v, const struct record_likeness *l,
                      const struct form_post *post)
{
    const char *path = answers_path(ctx->arena, l->at, l->field);
    const char *choice = post ? choice_of(post, path) : NULL;
    struct same_view *items = ARENA_ARRAY(ctx->arena, l->hits_len + 1, struct same_view);

    v->title = l->title;
    v->name = arena_printf(ctx->arena, "_same.%s", path);
    v->id = arena_printf(ctx->arena, "same-%s-other", path);
    v->other = SAME_NONE;
    v->other_chosen = text_equal(choice, SAME_NONE);
    for (size_t i = 0; i < l->hits_len; i++) {
        hit_fill(ctx, &items[i].hit, &l->hits[i]);
        items[i].name = v->name;
        items[i].id = arena_printf(ctx->arena, "same-%s-%zu", path, i);
        items[i].value = l->hits[i].record->id;
        items[i].chosen = text_equal(choice, items[i].value);
    }
    v->items = items;
    v->items_len = l->hits_len;
}

void look_fill(struct ctx *ctx, struct record_form_view *v, const struct shown_form *s)
{
    struct likeness_view *likes;

    if (!s->look)
        return;
    likes = ARENA_ARRAY(ctx->arena, s->look->len + 1, struct likeness_view);
    for (size_t i = 0; i < s->look->len; i++)
        fill_like(ctx, &likes[i], &s->look->items[i], s->post);
    v->likes = likes;
    v->likes_len = s->look->len;
    v->note = s->look->note;
    v->asks = true;
}
