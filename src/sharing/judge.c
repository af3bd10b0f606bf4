/* Judges records that are given to somebody outside, as files and prints. */
#include "sharing/judge.h"

#include <string.h>

#include "core/text.h"
#include "core/tr.h"
#include "forms_gen.h"
#include "sharing/sharing.h"

#define BUCKETS 1024

/* What was answered of a person, once in a giving. */
struct answered {
    struct answered *next;
    const char *person_id;
    struct consent_part part;
};
struct state {
    const char *const *categories; /* that would leave */
    size_t len;
    struct answered *buckets[BUCKETS];
};

static size_t bucket_of(const char *id)
{
    size_t hash = 5381;

    for (; *id; id++)
        hash = hash * 33 + (unsigned char)*id;
    return hash % BUCKETS;
}

/* What the judge keeps lies in an arena that outlives the page. */
static struct state *state_of(struct ctx *ctx, struct giving *g)
{
    struct state *s = g->state;

    if (s)
        return s;
    s = ARENA_NEW(g->kept, struct state);
    s->categories = sharing_categories(ctx, &s->len, g->fields, g->forms, g->len);
    if (s->len > 0) {
        const char **items = ARENA_ARRAY(g->kept, s->len, const char *);

        memcpy(items, s->categories, s->len * sizeof(*items));
        s->categories = items;
    }
    g->state = s;
    return s;
}

static void keep_part(struct arena *kept, struct consent_part *part)
{
    const char **items = ARENA_ARRAY(kept, part->len + 1, const char *);

    for (size_t i = 0; i < part->len; i++)
        items[i] = arena_strdup(kept, part->categories[i]);
    part->categories = items;
    part->form = part->form ? arena_strdup(kept, part->form) : NULL;
    part->id = part->id ? arena_strdup(kept, part->id) : NULL;
    part->given_on = part->given_on ? arena_strdup(kept, part->given_on) : NULL;
}

static const char *basis_text(struct ctx *ctx, const struct consent_part *part)
{
    return arena_printf(ctx->arena, "%s %s", part->form, part->id);
}

/* Asks, and writes down what is given of the person by the whole of it. */
static enum err answer(struct ctx *ctx, struct answered *one, struct giving *g)
{
    const struct state *s = state_of(ctx, g);
    const struct sharing sharing = { g->print ? SHARING_PRINT : SHARING_EXPORT, g->recipient,
                                     g->purpose, g->what };
    enum err rc = sharing_give(ctx, &one->part, &sharing, one->person_id, s->categories, s->len);

    if (rc == OK && consent_is_yes(one->part.answer))
        rc = giving_rests_on(ctx, g, basis_text(ctx, &one->part));
    return rc;
}

static enum err answer_of(struct ctx *ctx, const struct consent_part **out, const char *person_id,
                          struct giving *g)
{
    struct answered **at = &state_of(ctx, g)->buckets[bucket_of(person_id)];
    struct answered *one = *at;
    enum err rc;

    while (one && !text_equal(one->person_id, person_id))
        one = one->next;
    if (one) {
        *out = &one->part;
        return OK;
    }
    one = ARENA_NEW(g->kept, struct answered);
    one->person_id = arena_strdup(g->kept, person_id);
    rc = answer(ctx, one, g);
    if (rc)
        return rc;
    keep_part(g->kept, &one->part);
    one->next = *at;
    *at = one;
    *out = &one->part;
    return OK;
}

/* Whether anything of this kind of record is among it. */
static bool any_of(const struct giving *g, const struct form *form, const struct consent_part *part)
{
    for (size_t i = 0; i < g->len; i++)
        if (g->forms[i] == form &&
            sharing_allows(part, g->fields[i] ? sharing_category(form, g->fields[i])
                                              : sharing_category_of_form(form)))
            return true;
    return false;
}

static enum err give(struct ctx *ctx, const char **refused_out, struct record *rec,
                     struct giving *g)
{
    const struct consent_part *part = NULL;
    const char *person_id = NULL;
    enum err rc;

    *refused_out = NULL;
    if (!rec->form->subject)
        return OK; /* it is about nobody */
    rc = sharing_person(ctx, &person_id, rec);
    if (rc == OK && !person_id)
        *refused_out = N_("It cannot be told whom the record is about.");
    if (rc || !person_id)
        return rc;
    rc = answer_of(ctx, &part, person_id, g);
    if (rc)
        return rc;
    if (!consent_is_yes(part->answer))
        *refused_out = consent_reason_text(part->answer);
    else if (!any_of(g, rec->form, part))
        *refused_out = consent_reason_text(CONSENT_NOT_CATEGORIES);
    else
        sharing_trim(rec, part);
    return OK;
}

static enum err stands(struct ctx *ctx, bool *out, const char *basis)
{
    const char *space = strchr(basis, ' ');

    if (!space)
        return ctx_fail(ctx, ERR_INTERNAL, "what a giving rests on has no kind");
    return consent_stands(ctx, out, arena_strndup(ctx->arena, basis, (size_t)(space - basis)),
                          space + 1, ctx_today(ctx));
}

const struct giving_judge sharing_judge = { .give = give, .stands = stands };
