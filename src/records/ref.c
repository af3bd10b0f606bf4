/* References: fields that name another record, or a member of the staff. */
#include "auth/auth.h"
#include "core/id.h"
#include "core/text.h"
#include "forms_gen.h"
#include "records/merge_inner.h"
#include "records/records_inner.h"
#include "vault/fold.h"

bool field_is_user(const struct field *f)
{
    return text_equal(f->ref, REF_USER) || text_equal(f->ref, REF_USER_ABROAD);
}

bool ref_can_merge(const struct ctx *ctx, const struct field *f)
{
    const struct form *form = f->ref && !field_is_user(f) ? form_find(ctx->forms, f->ref) : NULL;

    return form && !form->parent;
}

/* --- staff --- */

/* Each word typed begins a word of the text; both are folded. */
static bool is_meant(struct ctx *ctx, const char *words, const char *text)
{
    size_t words_len = 0;
    size_t parts_len = 0;
    char **asked = text_split(ctx->arena, words, ' ', true, &words_len);
    char **parts = text_split(ctx->arena, text, ' ', true, &parts_len);

    for (size_t i = 0; i < words_len; i++) {
        bool found = asked[i][0] == '\0';

        for (size_t k = 0; k < parts_len && !found; k++)
            found = text_starts(parts[k], asked[i]);
        if (!found)
            return false;
    }
    return true;
}

static bool among(const struct user_row *users, size_t len, const char *id)
{
    for (size_t i = 0; i < len; i++)
        if (text_equal(users[i].id, id))
            return true;
    return false;
}

/* Staff that can be chosen in a field: the own office's first, then those abroad. */
static enum err staff_of(struct ctx *ctx, struct user_row **out, size_t *len_out,
                         const struct field *f, bool abroad)
{
    struct user_row *near = NULL;
    struct user_row *far = NULL;
    struct user_row *all;
    size_t near_len = 0;
    size_t far_len = 0;
    enum err rc = user_list(ctx, &near, &near_len);

    if (rc == OK && abroad && text_equal(f->ref, REF_USER_ABROAD))
        rc = user_list_with(ctx, &far, &far_len, PERM_CASE_EDIT);
    if (rc)
        return rc;
    all = ARENA_ARRAY(ctx->arena, near_len + far_len + 1, struct user_row);
    *out = all;
    *len_out = near_len;
    for (size_t i = 0; i < near_len; i++)
        all[i] = near[i];
    for (size_t i = 0; i < far_len; i++)
        if (!among(near, near_len, far[i].id))
            all[(*len_out)++] = far[i];
    return OK;
}

enum err record_find_staff(struct ctx *ctx, struct user_row **out, size_t *len_out,
                           const struct field *f, const char *words)
{
    struct user_row *hits = ARENA_ARRAY(ctx->arena, REF_HITS_MAX, struct user_row);
    struct user_row *all = NULL;
    const char *asked = NULL;
    size_t all_len = 0;
    size_t n = 0;
    enum err rc = fold_latin(ctx, &asked, words);

    if (rc == OK)
        rc = staff_of(ctx, &all, &all_len, f,
                      text_codepoints(text_trim(ctx->arena, words)) >= REF_ABROAD_LETTERS);
    for (size_t i = 0; rc == OK && i < all_len && n < REF_HITS_MAX; i++) {
        const char *text = arena_printf(ctx->arena, "%s %s", all[i].name, all[i].login);

        if (!text_equal(all[i].state, "active"))
            continue;
        rc = fold_latin(ctx, &text, text);
        if (rc == OK && is_meant(ctx, asked, text))
            hits[n++] = all[i];
    }
    if (rc)
        return rc;
    *out = hits;
    *len_out = n;
    return OK;
}

/* An id, or a sign-in name as it stands in a file that is imported; "" if nobody's. */
static enum err staff_settle(struct ctx *ctx, const char **out, const struct field *f,
                             const char *value)
{
    struct user_row *all = NULL;
    size_t len = 0;
    bool there = false;
    enum err rc;

    *out = "";
    if (id_valid(value)) {
        rc = user_reachable(ctx, &there, value);
        *out = there ? value : "";
        if (rc || there)
            return rc;
    }
    rc = staff_of(ctx, &all, &len, f, true);
    for (size_t i = 0; rc == OK && i < len; i++)
        if (text_equal(all[i].state, "active") &&
            (text_equal(all[i].login, value) || text_equal(all[i].id, value)))
            *out = all[i].id;
    return rc;
}

/* --- records --- */

/* Its id if the acting user can reach it by id or number; else "". */
static enum err record_settle(struct ctx *ctx, const char **out, const char *kind,
                              const char *value)
{
    struct pick pick = { .form = form_find(ctx->forms, kind) };
    struct record *rec = NULL;
    size_t len = 0;
    enum err rc = OK;

    *out = "";
    if (!pick.form || !ctx->user || pick.form->privacy > ctx->user->clearance ||
        !user_may_do(ctx->user, kind, "view"))
        return OK;
    if (id_valid(value)) {
        pick.ids = &value;
        pick.ids_len = 1;
    } else if (pick.form->number) {
        pick.number = value;
        pick.limit = 1;
    } else {
        return OK;
    }
    rc = record_pick(ctx, &rec, &len, &pick, 0);
    if (rc || len == 0 || text_equal(rec->status, STATUS_ERASED))
        return rc;
    *out = rec->id;
    return text_equal(rec->status, STATUS_MERGED) ? record_stands_now(ctx, out, rec->id) : OK;
}

/* --- when a record is saved --- */

static enum err no_such_record(struct ctx *ctx, const char *path)
{
    return ctx_fail_field(ctx, path,
                          tr(ctx, "No record that you can choose is meant by this. Find it by "
                                  "name or number."));
}

static enum err settle_value(struct ctx *ctx, struct answers *t, const struct field *f)
{
    const char *value = text_trim(ctx->arena, answers_get(t, f));
    const char *id = "";
    const char *path = answers_path(ctx->arena, t, f);
    enum err rc = field_is_user(f) ? staff_settle(ctx, &id, f, value)
                                   : record_settle(ctx, &id, f->ref, value);

    if (rc)
        return rc;
    if (id[0]) {
        answers_set(t, f, id);
        return OK;
    }
    if (field_is_user(f))
        return ctx_fail_field(ctx, path,
                              tr(ctx, "No member of the staff whom you can choose is meant by "
                                      "this. Find the person by name."));
    return no_such_record(ctx, path);
}

/* What stood there before stays, even if who saves now could not choose it. */
static bool stood_before(const struct record *old, const struct answers *t, const struct field *f)
{
    const struct answers *was = NULL;

    if (!old)
        return false;
    was = t->repeat ? answers_row(old->answers, t->repeat, t->id) : old->answers;
    return was && text_equal(answers_get(was, f), answers_get(t, f));
}

enum err record_settle_refs(struct ctx *ctx, struct record *rec, const struct record *old)
{
    struct levels levels = levels_of(ctx->arena, rec->answers);
    enum err rc = OK;

    for (size_t i = 0; i < levels.len; i++) {
        struct answers *t = levels.items[i].t;

        for (size_t k = 0; k < rec->form->all_len; k++) {
            const struct field *f = rec->form->all[k];
            enum err rc2;

            if (!f->ref || f->repeat != t->repeat || text_blank(answers_get(t, f)) ||
                stood_before(old, t, f))
                continue;
            rc2 = settle_value(ctx, t, f);
            if (rc2 && rc2 != ERR_INVALID)
                return rc2;
            rc = rc ? rc : rc2;
        }
    }
    return rc;
}

/* --- in the transaction --- */

static enum err hold_parent(struct ctx *ctx, const struct record *rec, const struct record *old)
{
    const struct form *form = rec->form->parent ? form_find(ctx->forms, rec->form->parent) : NULL;
    const char *status = NULL;
    enum err rc;

    if (!form || form->parent || !rec->parent_id ||
        (old && text_equal(old->parent_id, rec->parent_id)))
        return OK;
    rc = sql_hold(ctx, &status, form, rec->parent_id, false);
    if (rc)
        return rc;
    if (text_equal(status, STATUS_MERGED))
        return record_is_merged(ctx);
    return status && !text_equal(status, STATUS_ERASED) ? OK : record_gone(ctx);
}

static enum err hold_value(struct ctx *ctx, const struct answers *t, const struct field *f)
{
    const char *status = NULL;
    enum err rc = sql_hold(ctx, &status, form_find(ctx->forms, f->ref), answers_get(t, f), false);

    if (rc == OK &&
        (!status || text_equal(status, STATUS_MERGED) || text_equal(status, STATUS_ERASED)))
        rc = no_such_record(ctx, answers_path(ctx->arena, t, f));
    return rc;
}

enum err record_hold(struct ctx *ctx, const struct record *rec, const struct record *old, bool refs)
{
    struct levels levels = { 0 };
    enum err rc = hold_parent(ctx, rec, old);

    if (refs)
        levels = levels_of(ctx->arena, rec->answers);
    for (size_t i = 0; rc == OK && i < levels.len; i++) {
        const struct answers *t = levels.items[i].t;

        for (size_t k = 0; rc == OK && k < rec->form->all_len; k++) {
            const struct field *f = rec->form->all[k];

            if (f->ref && f->repeat == t->repeat && ref_can_merge(ctx, f) &&
                !text_blank(answers_get(t, f)) && !stood_before(old, t, f))
                rc = hold_value(ctx, t, f);
        }
    }
    return rc;
}
