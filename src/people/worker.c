/* Who could take a new case: the wished gender, then the fewest open cases. */
#include "people/worker.h"

#include "auth/auth.h"
#include "core/text.h"
#include "forms_gen.h"
#include "records/records.h"

#define ROLE_CASE_MANAGER "case_manager"

/* Cases of a worker that are not closed. */
static enum err open_cases(struct ctx *ctx, int64_t *out, const char *worker)
{
    struct record_condition own = { FIELD_CASE_WORKER, COND_IS, worker };
    struct record_filter all = { .conditions = &own, .conditions_len = 1 };
    struct record_filter closed = all;
    int64_t done = 0;
    enum err rc = record_count(ctx, out, FORM_CASE, &all);

    closed.status = STATUS_CASE_CLOSED;
    if (rc == OK)
        rc = record_count(ctx, &done, FORM_CASE, &closed);
    *out = *out < 0 ? RECORD_COUNT_MAX : *out - (done < 0 ? 0 : done);
    return rc;
}

/* The least burdened of those who fit; found stays empty where nobody does. */
static enum err least(struct ctx *ctx, struct worker_found *out, const char *const *ids, size_t len,
                      const char *wish)
{
    for (size_t i = 0; i < len; i++) {
        const char *gender = NULL;
        int64_t cases = 0;
        enum err rc = wish[0] ? user_gender(ctx, &gender, ids[i]) : OK;

        if (rc == OK && wish[0] && !text_equal(gender, wish))
            continue;
        if (rc == OK)
            rc = open_cases(ctx, &cases, ids[i]);
        if (rc)
            return rc;
        if (!out->id || cases < out->cases)
            *out = (struct worker_found){ .id = ids[i], .cases = cases };
    }
    return OK;
}

static const char *why_text(struct ctx *ctx, const struct worker_found *w, const char *name,
                            const char *wish, bool met)
{
    if (!wish[0])
        return tr(ctx,
                  "Suggested case manager: {0}, who has the fewest open cases of the office ({1}). "
                  "You can choose somebody else below.",
                  TR_TEXT(name), TR_INT(w->cases));
    if (!met)
        return tr(ctx,
                  "Nobody of the wished gender is known among the case managers. Suggested: {0}, "
                  "who has the fewest open cases ({1}). Talk about it with the person; you can "
                  "choose somebody else below.",
                  TR_TEXT(name), TR_INT(w->cases));
    return text_equal(wish, CODE_PERSON_PREFERRED_STAFF_GENDER_FEMALE)
               ? tr(ctx,
                    "Suggested case manager: {0}, as a woman was wished, and with the fewest open "
                    "cases of those who fit ({1}). You can choose somebody else below.",
                    TR_TEXT(name), TR_INT(w->cases))
               : tr(ctx,
                    "Suggested case manager: {0}, as a man was wished, and with the fewest open "
                    "cases of those who fit ({1}). You can choose somebody else below.",
                    TR_TEXT(name), TR_INT(w->cases));
}

enum err worker_suggest(struct ctx *ctx, struct worker_found *out, const char *wish)
{
    const char **ids = NULL;
    const char *name = NULL;
    size_t len = 0;
    bool met = true;
    enum err rc = user_ids_of_role(ctx, &ids, &len, ROLE_CASE_MANAGER, ctx->office_id);

    *out = (struct worker_found){ 0 };
    if (rc == OK)
        rc = least(ctx, out, ids, len, wish);
    if (rc == OK && !out->id && wish[0]) {
        met = false;
        rc = least(ctx, out, ids, len, "");
    }
    if (rc == OK && out->id)
        rc = user_name(ctx, &name, out->id);
    if (rc == OK && out->id)
        out->why = why_text(ctx, out, name, wish, met);
    return rc;
}
