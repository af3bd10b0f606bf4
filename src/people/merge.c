/* Asking for a merge, confirming and undoing it; who are not the same. */
#include "people/merge.h"

#include <string.h>

#include "audit/audit.h"
#include "auth/auth.h"
#include "core/id.h"
#include "core/text.h"
#include "forms_gen.h"
#include "vault/vault.h"

#define REASON_MAX 2000

#define COLUMNS                                                                                    \
    "id, kept_id, low_id, high_id, kept_version, gone_version, sealed, asked_at, asked_by"
DB_SQL(ASK_ADD, "INSERT INTO merge_ask (id, office_id, low_id, high_id, kept_id, kept_version,"
                " gone_version, sealed, asked_at, asked_by)"
                " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10)");
DB_SQL(ASK_DROP, "DELETE FROM merge_ask WHERE low_id = $1 AND high_id = $2");
DB_SQL(ASK_OLD, "DELETE FROM merge_ask WHERE asked_at <= $1");
DB_SQL(ASK_OF, "SELECT " COLUMNS " FROM merge_ask WHERE low_id = $1 AND high_id = $2"
               " AND asked_at > $3");
DB_SQL(ASK_LIST, "SELECT " COLUMNS " FROM merge_ask WHERE asked_at > $1 AND ($2 = ''"
                 " OR office_id = $2) ORDER BY asked_at, id LIMIT $3");
DB_SQL(APART_ADD, "INSERT INTO not_same (low_id, high_id, sealed, made_at, made_by)"
                  " VALUES ($1, $2, $3, $4, $5) ON CONFLICT (low_id, high_id)"
                  " DO UPDATE SET sealed = $3, made_at = $4, made_by = $5");
DB_SQL(APART_DROP, "DELETE FROM not_same WHERE low_id = $1 AND high_id = $2");
DB_SQL(APART_OF, "SELECT sealed, made_at, made_by FROM not_same WHERE low_id = $1"
                 " AND high_id = $2");
DB_SQL(APART_IDS, "SELECT high_id FROM not_same WHERE low_id = $1 UNION ALL"
                  " SELECT low_id FROM not_same WHERE high_id = $1 LIMIT $2");
DB_SQL(MATCH_CLOSE, "UPDATE identity_match SET closed_at = $3, closed_by = $4 WHERE low_id = $1"
                    " AND high_id = $2 AND closed_at IS NULL");

DB_SQL(ASK_ERASE, "DELETE FROM merge_ask WHERE low_id = $1 OR high_id = $1");
DB_SQL(APART_ERASE, "DELETE FROM not_same WHERE low_id = $1 OR high_id = $1");
DB_SQL(MATCH_ERASE, "DELETE FROM identity_match WHERE low_id = $1 OR high_id = $1");

static const char *low(const char *a, const char *b)
{
    return strcmp(a, b) < 0 ? a : b;
}

static const char *high(const char *a, const char *b)
{
    return strcmp(a, b) < 0 ? b : a;
}

static enum err forbidden(struct ctx *ctx)
{
    return ctx_fail(ctx, ERR_FORBIDDEN, tr(ctx, "Your role does not allow this."));
}

static enum err check_reason(struct ctx *ctx, const char *reason)
{
    if (text_blank(reason))
        return ctx_fail_field(ctx, "reason", tr(ctx, "Say why."));
    if (text_codepoints(reason) > REASON_MAX)
        return ctx_fail_field(ctx, "reason",
                              tr(ctx, "Use at most {0} characters.", TR_INT(REASON_MAX)));
    return OK;
}

enum err people_whole(struct ctx *ctx, struct record **out, const char *id)
{
    struct record *seen = NULL;
    enum err rc = record_load(ctx, &seen, FORM_PERSON, id);

    return rc ? rc : record_load_whole(ctx, out, FORM_PERSON, id);
}

static enum err see_both(struct ctx *ctx, const char *a, const char *b)
{
    struct record *seen = NULL;
    enum err rc = record_load(ctx, &seen, FORM_PERSON, a);

    return rc ? rc : record_load(ctx, &seen, FORM_PERSON, b);
}

/* --- names --- */

struct name_rows {
    struct answers **rows;
    size_t len;
    const struct field *text;
    const struct field *script;
    const struct field *in_use;
};

static struct name_rows names_of(struct answers *t)
{
    const struct form *form = t->form;
    const size_t place = field_find(form, FIELD_PERSON_NAMES)->place;

    return (struct name_rows){ .rows = t->rows[place],
                               .len = t->rows_len[place],
                               .text = field_find(form, FIELD_PERSON_NAME_TEXT),
                               .script = field_find(form, FIELD_PERSON_NAME_SCRIPT),
                               .in_use = field_find(form, FIELD_PERSON_NAME_IN_USE) };
}

static bool same_answer(const struct answers *a, const struct answers *b, const struct field *f)
{
    const char *x = answers_get(a, f);
    const char *y = answers_get(b, f);

    return text_equal(x ? x : "", y ? y : "");
}

static bool has_row(const struct name_rows *n, const char *id)
{
    for (size_t i = 0; i < n->len; i++)
        if (text_equal(n->rows[i]->id, id))
            return true;
    return false;
}

static bool is_used(const struct name_rows *n, const struct answers *row)
{
    return !text_equal(answers_get(row, n->in_use), CODE_PERSON_NAME_IN_USE_NO);
}

/* Whether one side has a name in use in the script of a row. */
static bool has_script(const struct name_rows *side, const struct answers *row)
{
    for (size_t i = 0; i < side->len; i++)
        if (is_used(side, side->rows[i]) && same_answer(side->rows[i], row, side->script))
            return true;
    return false;
}

/* A name of the other record that this one has too comes once. */
static bool said_already(const struct name_rows *n, size_t len, const struct answers *row)
{
    for (size_t i = 0; i < len; i++)
        if (same_answer(n->rows[i], row, n->text) && same_answer(n->rows[i], row, n->script))
            return true;
    return false;
}

struct answers *person_merge_answers(struct ctx *ctx, const struct record *kept,
                                     const struct record *gone, const char *choices)
{
    struct answers *out = merge_answers(ctx, kept, gone, choices);
    const struct name_rows of_kept = names_of(kept->answers);
    const struct name_rows of_gone = names_of(gone->answers);
    const bool other = text_equal(merge_choice(choices, MERGE_NAMES), "gone");
    struct name_rows all = names_of(out);
    size_t len = 0;

    for (size_t i = 0; i < all.len; i++) {
        struct answers *row = all.rows[i];
        const bool from_gone = !has_row(&of_kept, row->id);

        if (from_gone && said_already(&all, len, row))
            continue;
        if (from_gone != other && is_used(&all, row) &&
            has_script(other ? &of_gone : &of_kept, row) &&
            !said_already(other ? &of_gone : &of_kept, other ? of_gone.len : of_kept.len, row))
            answers_set(row, all.in_use, CODE_PERSON_NAME_IN_USE_NO);
        all.rows[len++] = row;
    }
    out->rows_len[field_find(kept->form, FIELD_PERSON_NAMES)->place] = len;
    return out;
}

/* --- asking --- */

static const char *ask_place(struct ctx *ctx, const char *id)
{
    return arena_printf(ctx->arena, "merge_ask/%s", id);
}

static enum err drop_asked(struct ctx *ctx, const char *a, const char *b)
{
    return db_exec(ctx, NULL, &ASK_DROP, DB_TEXT(low(a, b)), DB_TEXT(high(a, b)));
}

/* The two as they were looked at, whole; and what they give together is good. */
static enum err check_wish(struct ctx *ctx, const struct merge_wish *w, const char **choices_out,
                           const char **office_out)
{
    struct record *kept = NULL;
    struct record *gone = NULL;
    enum err rc = people_whole(ctx, &kept, w->kept_id);

    if (rc == OK)
        rc = people_whole(ctx, &gone, w->gone_id);
    if (rc)
        return rc;
    if (text_equal(kept->id, gone->id))
        return ctx_fail(ctx, ERR_INVALID, tr(ctx, "A record cannot be merged with itself."));
    if (kept->version != w->kept_version || gone->version != w->gone_version ||
        !text_equal(kept->status, STATUS_PERSON_ACTIVE) ||
        !text_equal(gone->status, STATUS_PERSON_ACTIVE))
        return ctx_fail(ctx, ERR_CONFLICT,
                        tr(ctx, "One of the two records has changed since you looked at them. "
                                "Look again, then choose."));
    *choices_out = merge_choices(ctx, kept, gone, w->choices, MERGE_NAMES);
    *office_out = kept->office_id;
    return merge_check(ctx, kept, person_merge_answers(ctx, kept, gone, *choices_out));
}

static enum err store_ask(struct ctx *ctx, const struct merge_wish *w, const char *choices,
                          const char *office)
{
    const char *id = id_new(ctx->arena, ctx->now_ms);
    const char *line = text_trim(ctx->arena, w->reason);
    struct sealed sealed = { 0 };
    enum err rc =
        vault_seal_text(ctx, &sealed, VAULT_KEY_AUDIT, ask_place(ctx, id),
                        arena_printf(ctx->arena, "%zu\n%s%s", strlen(line), line, choices));

    if (rc == OK)
        rc = db_begin(ctx);
    if (rc)
        return rc;
    rc = drop_asked(ctx, w->kept_id, w->gone_id);
    if (rc == OK)
        rc = db_exec(ctx, NULL, &ASK_ADD, DB_TEXT(id), DB_TEXT(office),
                     DB_TEXT(low(w->kept_id, w->gone_id)), DB_TEXT(high(w->kept_id, w->gone_id)),
                     DB_TEXT(w->kept_id), DB_INT(w->kept_version), DB_INT(w->gone_version),
                     DB_BLOB(sealed.bytes, sealed.len), DB_INT(ctx->now_ms), DB_TEXT(ctx->user_id));
    if (rc == OK)
        rc = audit_add(ctx, "person.merge_ask", w->kept_id, NULL, NULL);
    if (rc == OK)
        rc = audit_add(ctx, "person.merge_ask", w->gone_id, NULL, NULL);
    return db_end(ctx, rc);
}

enum err merge_ask(struct ctx *ctx, const struct merge_wish *w)
{
    const char *choices = NULL;
    const char *office = NULL;
    enum err rc = user_may(ctx->user, PERM_PERSON_COMPARE) ? OK : forbidden(ctx);

    if (rc == OK)
        rc = check_reason(ctx, w->reason);
    if (rc == OK)
        rc = check_wish(ctx, w, &choices, &office);
    return rc ? rc : store_ask(ctx, w, choices, office);
}

/* "LENGTH\nREASON" and the choices behind it. */
static enum err open_ask(struct ctx *ctx, struct merge_asked *a, const struct sealed *sealed)
{
    const char *text = NULL;
    const char *line;
    int64_t len = 0;
    enum err rc = vault_unseal_text(ctx, &text, VAULT_KEY_AUDIT, ask_place(ctx, a->id), sealed);

    if (rc)
        return rc;
    line = strchr(text, '\n');
    if (!line || !parse_int(arena_strndup(ctx->arena, text, (size_t)(line - text)), 0,
                            (int64_t)strlen(line + 1), &len))
        return ctx_fail(ctx, ERR_INVALID, "a kept request for a merge was altered");
    a->reason = arena_strndup(ctx->arena, line + 1, (size_t)len);
    a->choices = line + 1 + len;
    return OK;
}

static enum err read_ask(struct ctx *ctx, struct merge_asked *a, struct rows *rows)
{
    struct sealed sealed = { 0 };
    const char *kept = row_text(rows, 1);
    const char *lower = row_text(rows, 2);

    *a = (struct merge_asked){ .id = row_text(rows, 0),
                               .kept_id = kept,
                               .gone_id = text_equal(kept, lower) ? row_text(rows, 3) : lower,
                               .kept_version = row_int(rows, 4),
                               .gone_version = row_int(rows, 5),
                               .asked_at = row_int(rows, 7),
                               .asked_by = row_text(rows, 8) };
    sealed.bytes = row_blob(rows, 6, &sealed.len);
    a->until = a->asked_at + REQUEST_KEPT_MS;
    a->mine = text_equal(a->asked_by, ctx->user_id);
    return open_ask(ctx, a, &sealed);
}

/* Whether both stand as they were when it was asked for, and the acting user may see them. */
static enum err still_waits(struct ctx *ctx, bool *out, const struct merge_asked *a)
{
    struct problem *last = ctx->problems_last;
    struct record *kept = NULL;
    struct record *gone = NULL;
    enum err rc = record_load(ctx, &kept, FORM_PERSON, a->kept_id);

    if (rc == OK)
        rc = record_load(ctx, &gone, FORM_PERSON, a->gone_id);
    *out = rc == OK && kept->version == a->kept_version && gone->version == a->gone_version;
    if (rc != ERR_NOT_FOUND)
        return rc;
    ctx_problems_back(ctx, last);
    return OK;
}

static enum err read_asked(struct ctx *ctx, struct merge_asked *items, size_t *len_out,
                           struct rows *rows)
{
    bool more = false;
    size_t read = 0;
    size_t n = 0;
    enum err rc = OK;

    while (rc == OK && read < MERGE_LIST_MAX) {
        rc = db_next(ctx, rows, &more);
        if (rc || !more)
            break;
        rc = read_ask(ctx, &items[read++], rows);
    }
    db_rows_close(rows);
    for (size_t i = 0; rc == OK && i < read; i++) {
        bool waits = false;

        rc = still_waits(ctx, &waits, &items[i]);
        if (rc == OK && waits)
            rc = user_name(ctx, &items[i].asked_by_name, items[i].asked_by);
        if (rc == OK && waits)
            items[n++] = items[i];
    }
    *len_out = n;
    return rc;
}

enum err merge_asked_of(struct ctx *ctx, struct merge_asked **out, const char *a, const char *b)
{
    struct merge_asked *items = ARENA_ARRAY(ctx->arena, MERGE_LIST_MAX, struct merge_asked);
    struct rows *rows = NULL;
    size_t len = 0;
    enum err rc = db_query(ctx, &rows, &ASK_OF, DB_TEXT(low(a, b)), DB_TEXT(high(a, b)),
                           DB_INT(ctx->now_ms - REQUEST_KEPT_MS));

    if (rc == OK)
        rc = read_asked(ctx, items, &len, rows);
    if (rc == OK)
        *out = len ? &items[0] : NULL;
    return rc;
}

enum err merge_asked_list(struct ctx *ctx, struct merge_asked **out, size_t *len_out)
{
    struct merge_asked *items = ARENA_ARRAY(ctx->arena, MERGE_LIST_MAX, struct merge_asked);
    const bool all = ctx->user->scope == SCOPE_ALL;
    struct rows *rows = NULL;
    enum err rc = db_query(ctx, &rows, &ASK_LIST, DB_INT(ctx->now_ms - REQUEST_KEPT_MS),
                           DB_TEXT(all ? "" : ctx->user->office_id), DB_INT(MERGE_LIST_MAX));

    if (rc == OK)
        rc = read_asked(ctx, items, len_out, rows);
    if (rc == OK)
        *out = items;
    return rc;
}

static enum err nothing_waits(struct ctx *ctx)
{
    return ctx_fail(ctx, ERR_NOT_FOUND,
                    tr(ctx, "No merge of these two records waits any more: it was refused, or one "
                            "of them has changed. Look at them again."));
}

/* --- the second person --- */

static enum err close_match(struct ctx *ctx, const char *a, const char *b)
{
    return db_exec(ctx, NULL, &MATCH_CLOSE, DB_TEXT(low(a, b)), DB_TEXT(high(a, b)),
                   DB_INT(ctx->now_ms), DB_TEXT(ctx->user_id));
}

static enum err merge_now(struct ctx *ctx, const struct merge_asked *a)
{
    struct merge_of m = { .kept_id = a->kept_id,
                          .kept_version = a->kept_version,
                          .gone_id = a->gone_id,
                          .gone_version = a->gone_version,
                          .asked_by = a->asked_by,
                          .reason = a->reason };
    struct record *kept = NULL;
    struct record *gone = NULL;
    const char *id = NULL;
    enum err rc = people_whole(ctx, &kept, a->kept_id);

    if (rc == OK)
        rc = people_whole(ctx, &gone, a->gone_id);
    if (rc)
        return rc;
    m.answers = person_merge_answers(ctx, kept, gone, a->choices);
    rc = close_match(ctx, a->kept_id, a->gone_id); /* by who confirms, before it comes to rest */
    if (rc == OK)
        rc = record_merge(ctx, &id, FORM_PERSON, &m);
    return rc ? rc : drop_asked(ctx, a->kept_id, a->gone_id);
}

enum err merge_confirm(struct ctx *ctx, const char **kept_out, const char *a, const char *b)
{
    struct merge_asked *asked = NULL;
    enum err rc = user_may(ctx->user, PERM_PERSON_MERGE) ? OK : forbidden(ctx);

    if (rc == OK)
        rc = merge_asked_of(ctx, &asked, a, b);
    if (rc)
        return rc;
    if (!asked)
        return nothing_waits(ctx);
    if (asked->mine)
        return ctx_fail(
            ctx, ERR_CONFLICT,
            tr(ctx, "You have asked for this already: another person must confirm it."));
    if (ctx->index_db) /* what takes long is done before others have to wait */
        rc = index_catch_up(ctx, NULL);
    if (rc == OK)
        rc = db_begin(ctx);
    if (rc)
        return rc;
    rc = merge_now(ctx, asked);
    rc = db_end(ctx, rc);
    if (rc == OK)
        *kept_out = asked->kept_id;
    return rc;
}

enum err merge_refuse(struct ctx *ctx, const char *a, const char *b)
{
    struct merge_asked *asked = NULL;
    enum err rc = merge_asked_of(ctx, &asked, a, b);

    if (rc)
        return rc;
    if (!asked)
        return nothing_waits(ctx);
    if (!asked->mine && !user_may(ctx->user, PERM_PERSON_MERGE))
        return forbidden(ctx);
    rc = db_begin(ctx);
    if (rc)
        return rc;
    rc = drop_asked(ctx, a, b);
    if (rc == OK)
        rc = audit_add(ctx, "person.merge_refuse", asked->kept_id, NULL, NULL);
    if (rc == OK)
        rc = audit_add(ctx, "person.merge_refuse", asked->gone_id, NULL, NULL);
    return db_end(ctx, rc);
}

enum err merge_forget(struct ctx *ctx)
{
    return db_exec(ctx, NULL, &ASK_OLD, DB_INT(ctx->now_ms - REQUEST_KEPT_MS));
}

enum err merge_erase(struct ctx *ctx, const char *id)
{
    enum err rc = db_exec(ctx, NULL, &ASK_ERASE, DB_TEXT(id));

    if (rc == OK)
        rc = db_exec(ctx, NULL, &APART_ERASE, DB_TEXT(id));
    return rc ? rc : db_exec(ctx, NULL, &MATCH_ERASE, DB_TEXT(id));
}

/* --- undoing --- */

int64_t merge_until(const struct record_join *join)
{
    return join->made_at + MERGE_UNDO_MS;
}

enum err merge_undo(struct ctx *ctx, const char *join_id, const char *reason)
{
    struct record_join join;
    enum err rc = user_may(ctx->user, PERM_PERSON_MERGE) ? OK : forbidden(ctx);

    if (rc == OK)
        rc = record_join_load(ctx, &join, join_id);
    if (rc == OK)
        rc = see_both(ctx, join.kept_id, join.gone_id);
    if (rc)
        return rc;
    if (ctx->now_ms > merge_until(&join))
        return ctx_fail(ctx, ERR_CONFLICT,
                        tr(ctx, "This merge could be undone until {0}. It is final now.",
                           TR_TEXT(tr_moment(ctx, merge_until(&join)))));
    return record_part(ctx, &join, reason);
}

/* --- not the same --- */

static const char *apart_place(struct ctx *ctx, const char *a, const char *b)
{
    return arena_printf(ctx->arena, "not_same/%s/%s", low(a, b), high(a, b));
}

enum err not_same_set(struct ctx *ctx, const char *a, const char *b, const char *reason)
{
    struct sealed sealed = { 0 };
    enum err rc =
        user_may(ctx->user, PERM_PERSON_COMPARE) ? check_reason(ctx, reason) : forbidden(ctx);

    if (rc == OK)
        rc = see_both(ctx, a, b);
    if (rc == OK && text_equal(a, b))
        rc = ctx_fail(ctx, ERR_INVALID, tr(ctx, "These are one and the same record."));
    if (rc == OK)
        rc = vault_seal_text(ctx, &sealed, VAULT_KEY_AUDIT, apart_place(ctx, a, b), reason);
    if (rc == OK)
        rc = db_begin(ctx);
    if (rc)
        return rc;
    rc = db_exec(ctx, NULL, &APART_ADD, DB_TEXT(low(a, b)), DB_TEXT(high(a, b)),
                 DB_BLOB(sealed.bytes, sealed.len), DB_INT(ctx->now_ms), DB_TEXT(ctx->user_id));
    if (rc == OK)
        rc = drop_asked(ctx, a, b);
    if (rc == OK)
        rc = close_match(ctx, a, b);
    if (rc == OK)
        rc = audit_add(ctx, "person.not_same", low(a, b), NULL, NULL);
    if (rc == OK)
        rc = audit_add(ctx, "person.not_same", high(a, b), NULL, NULL);
    return db_end(ctx, rc);
}

enum err not_same_undo(struct ctx *ctx, const char *a, const char *b)
{
    int64_t changed = 0;
    enum err rc = user_may(ctx->user, PERM_PERSON_COMPARE) ? see_both(ctx, a, b) : forbidden(ctx);

    if (rc == OK)
        rc = db_begin(ctx);
    if (rc)
        return rc;
    rc = db_exec(ctx, &changed, &APART_DROP, DB_TEXT(low(a, b)), DB_TEXT(high(a, b)));
    if (rc == OK && changed == 0)
        rc = ctx_fail(ctx, ERR_NOT_FOUND, tr(ctx, "Nobody has said that these two differ."));
    if (rc == OK)
        rc = audit_add(ctx, "person.not_same_undo", low(a, b), NULL, NULL);
    if (rc == OK)
        rc = audit_add(ctx, "person.not_same_undo", high(a, b), NULL, NULL);
    return db_end(ctx, rc);
}

enum err not_same_of(struct ctx *ctx, struct not_same **out, const char *a, const char *b)
{
    struct not_same *n = ARENA_NEW(ctx->arena, struct not_same);
    struct sealed sealed = { 0 };
    struct rows *rows = NULL;
    const char *by = NULL;
    bool more = false;
    enum err rc = db_query(ctx, &rows, &APART_OF, DB_TEXT(low(a, b)), DB_TEXT(high(a, b)));

    if (rc == OK)
        rc = db_next(ctx, rows, &more);
    if (rc)
        return rc;
    *out = NULL;
    if (!more)
        return OK;
    sealed.bytes = row_blob(rows, 0, &sealed.len);
    n->made_at = row_int(rows, 1);
    by = row_text(rows, 2);
    db_rows_close(rows);
    n->a = a;
    n->b = b;
    rc = vault_unseal_text(ctx, &n->reason, VAULT_KEY_AUDIT, apart_place(ctx, a, b), &sealed);
    if (rc == OK)
        rc = user_name(ctx, &n->made_by_name, by);
    if (rc == OK)
        *out = n;
    return rc;
}

enum err not_same_ids(struct ctx *ctx, const char ***out, size_t *len_out, const char *id)
{
    const char **ids = ARENA_ARRAY(ctx->arena, MERGE_LIST_MAX, const char *);
    struct rows *rows = NULL;
    bool more = false;
    size_t n = 0;
    enum err rc = db_query(ctx, &rows, &APART_IDS, DB_TEXT(id), DB_INT(MERGE_LIST_MAX));

    while (rc == OK && n < MERGE_LIST_MAX) {
        rc = db_next(ctx, rows, &more);
        if (rc || !more)
            break;
        ids[n++] = row_text(rows, 0);
    }
    db_rows_close(rows);
    *out = ids;
    *len_out = n;
    return rc;
}
