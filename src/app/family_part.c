#include "app/family_part.h"

#include "app/family_view.h"
#include "app_templates.h"
#include "auth/auth.h"
#include "core/text.h"
#include "forms_gen.h"

#define PEOPLE_MAX 30
#define CASES_MAX  5

static void draw(struct html *h, const void *view)
{
    family_part_render(h, view);
}

/* The person through whom the household is known, then its members; each once. */
static size_t ids_of(const struct record *rec, const char *out[PEOPLE_MAX])
{
    const struct field *repeat = field_find(rec->form, FIELD_HOUSEHOLD_MEMBERS);
    const struct field *who = field_find(rec->form, FIELD_HOUSEHOLD_MEMBER);
    size_t len = 0;

    out[len++] = rec->parent_id;
    for (size_t i = 0; repeat && who && i < rec->answers->rows_len[repeat->place]; i++) {
        const char *id = rec->answers->rows[repeat->place][i]->values[who->place];
        bool known = text_blank(id);

        for (size_t k = 0; !known && k < len; k++)
            known = text_equal(out[k], id);
        if (!known && len < PEOPLE_MAX)
            out[len++] = id;
    }
    return len;
}

static enum err fill_cases(struct ctx *ctx, struct family_person_view *out, const char *person)
{
    const struct record_filter of_person = { .parent_id = person,
                                             .sort = SORT_UPDATED,
                                             .limit = CASES_MAX };
    struct family_case_view *cases = ARENA_ARRAY(ctx->arena, CASES_MAX, struct family_case_view);
    struct record_list list = { 0 };
    enum err rc = OK;

    if (user_may(ctx->user, "case.view"))
        rc = record_list(ctx, &list, FORM_CASE, &of_person);
    for (size_t i = 0; rc == OK && i < list.len && i < CASES_MAX; i++)
        cases[out->cases_len++] = (struct family_case_view){
            .number = list.items[i]->number,
            .status = record_status_title(ctx, list.items[i]->form, list.items[i]->status),
            .code = list.items[i]->status,
            .link = url_build(ctx, "/records/case/{}", list.items[i]->id),
        };
    out->cases = cases;
    if (rc == OK && out->cases_len == 0 && user_may(ctx->user, "case.create"))
        out->add = url_build(ctx, "/records/case/new?parent={}", person);
    return rc;
}

enum err family_detail(struct ctx *ctx, const struct record *rec, struct record_extra *out)
{
    struct family_part_view *v = ARENA_NEW(ctx->arena, struct family_part_view);
    struct family_person_view *people =
        ARENA_ARRAY(ctx->arena, PEOPLE_MAX, struct family_person_view);
    const char *ids[PEOPLE_MAX];
    size_t len = user_may(ctx->user, "person.view") ? ids_of(rec, ids) : 0;

    for (size_t i = 0; i < len; i++) {
        struct family_person_view *p = &people[v->people_len];
        struct record *person = NULL;
        enum err rc = record_load(ctx, &person, FORM_PERSON, ids[i]);

        if (rc == ERR_NOT_FOUND) { /* of another office, or erased */
            ctx_clear_problems(ctx);
            continue;
        }
        if (rc == OK)
            rc = fill_cases(ctx, p, person->id);
        if (rc)
            return rc;
        p->name = person->title;
        p->link = url_build(ctx, "/records/person/{}", person->id);
        v->people_len++;
    }
    if (v->people_len == 0)
        return OK;
    v->people = people;
    out->draw = draw;
    out->view = v;
    return OK;
}
