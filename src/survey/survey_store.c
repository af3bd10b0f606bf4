/* Table survey_result: scores of interviews, sealed under the person's key. */
#include <string.h>

#include "audit/audit.h"
#include "core/buf.h"
#include "core/id.h"
#include "core/text.h"
#include "forms_gen.h"
#include "records/records.h"
#include "survey/survey_store.h"
#include "vault/vault.h"

#define BY_SYSTEM    "" /* by the job process */
#define SEALED_MAX   2000
#define SEALED_PARTS 17
#define RESULTS_MAX  200 /* of one person */

DB_SQL(RESULT_REPLACE, "UPDATE survey_result SET in_force = 0"
                       " WHERE rss_id = $1 AND profile = $2 AND in_force = 1");
DB_SQL(RESULT_WITHDRAW, "UPDATE survey_result SET in_force = 0 WHERE rss_id = $1 AND in_force = 1");
DB_SQL(RESULT_ADD, "INSERT INTO survey_result (id, office_id, person_id, rss_id, rss_version,"
                   " profile, profile_version, key_id, sealed, made_at, made_by, in_force)"
                   " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 1)");

#define COLUMNS                                                                                    \
    "id, person_id, rss_id, rss_version, profile, profile_version, key_id, sealed, made_at,"       \
    " in_force"
DB_SQL(RESULT_MOVE, "UPDATE survey_result SET person_id = $2 WHERE rss_id = $1");
DB_SQL(RESULT_OF_PERSON, "SELECT " COLUMNS " FROM survey_result WHERE person_id = $1"
                         " AND office_id = $2 AND in_force = 1 AND profile = $4"
                         " ORDER BY made_at DESC, id DESC LIMIT $3");
DB_SQL(RESULT_BESIDE, "SELECT " COLUMNS " FROM survey_result WHERE rss_id = $1 AND person_id = $2"
                      " AND in_force = 1 AND profile <> $3 ORDER BY profile LIMIT $4");
DB_SQL(RESULT_BY_ID, "SELECT " COLUMNS " FROM survey_result WHERE id = $1");

/* --- what is sealed: a version, then words separated by spaces, "-" for none --- */

static const char *context_of(struct ctx *ctx, const char *id)
{
    return arena_printf(ctx->arena, "survey_result/%s", id);
}

static void add_word(struct buf *b, const char *word)
{
    buf_printf(b, " %s", word && *word ? word : "-");
}

static void add_score(struct buf *b, struct score s)
{
    buf_printf(b, " %lld/%lld", (long long)s.num, (long long)s.den);
}

static const char *encode(struct ctx *ctx, const struct survey_result *r)
{
    struct buf b;

    buf_init(&b, ctx->arena, SEALED_MAX);
    buf_add(&b, "1");
    add_word(&b, r->round);
    add_word(&b, r->interview_date);
    add_word(&b, r->location);
    for (int d = 0; d < DIM_COUNT; d++)
        add_score(&b, r->scores.of[d]);
    add_score(&b, r->scores.services);
    for (int d = 0; d < DIM_COUNT; d++)
        buf_printf(&b, " %d", (int)r->scores.band[d]);
    buf_printf(&b, " %d %d %d %d", (int)r->scores.intensity, r->scores.dont_know_declined,
               r->scores.asked, r->scores.flagged ? 1 : 0);
    return buf_text(&b);
}

static const char *word_of(const char *word)
{
    return strcmp(word, "-") == 0 ? "" : word;
}

static bool read_score(char *word, struct score *out)
{
    char *stroke = strchr(word, '/');

    if (!stroke)
        return false;
    *stroke = '\0';
    return parse_int(word, 0, INT64_MAX, &out->num) &&
           parse_int(stroke + 1, 0, INT64_MAX, &out->den);
}

static bool decode(struct ctx *ctx, struct survey_result *r, const char *text)
{
    size_t len = 0;
    char **words = text_split(ctx->arena, text, ' ', false, &len);
    int64_t numbers[DIM_COUNT + 4] = { 0 };
    char **at = words + 4;

    if (len != SEALED_PARTS || strcmp(words[0], "1") != 0)
        return false;
    r->round = word_of(words[1]);
    r->interview_date = word_of(words[2]);
    r->location = word_of(words[3]);
    for (int d = 0; d < DIM_COUNT; d++)
        if (!read_score(*at++, &r->scores.of[d]))
            return false;
    if (!read_score(*at++, &r->scores.services))
        return false;
    for (int i = 0; i < DIM_COUNT + 4; i++)
        if (!parse_int(*at++, 0, i <= DIM_COUNT ? INTENSITY_INTENSIFIED : 10000, &numbers[i]))
            return false;
    for (int d = 0; d < DIM_COUNT; d++)
        r->scores.band[d] = (enum intensity)numbers[d];
    r->scores.intensity = (enum intensity)numbers[DIM_COUNT];
    r->scores.dont_know_declined = (int)numbers[DIM_COUNT + 1];
    r->scores.asked = (int)numbers[DIM_COUNT + 2];
    r->scores.flagged = numbers[DIM_COUNT + 3] != 0;
    return true;
}

/* --- writing --- */

enum err survey_store_withdraw(struct ctx *ctx, const char *rss_id)
{
    return db_exec(ctx, NULL, &RESULT_WITHDRAW, DB_TEXT(rss_id));
}

enum err survey_store_move(struct ctx *ctx, const struct record *rss)
{
    return db_exec(ctx, NULL, &RESULT_MOVE, DB_TEXT(rss->id), DB_TEXT(rss->parent_id));
}

enum err survey_store_add(struct ctx *ctx, struct survey_result *r, const struct record *rss)
{
    struct sealed sealed = { 0 };
    enum err rc;

    r->id = id_new(ctx->arena, ctx->now_ms);
    rc = vault_seal_text(ctx, &sealed, rss->key_id, context_of(ctx, r->id), encode(ctx, r));
    if (!rc)
        rc = db_exec(ctx, NULL, &RESULT_REPLACE, DB_TEXT(rss->id), DB_TEXT(r->profile));
    if (!rc)
        rc = db_exec(ctx, NULL, &RESULT_ADD, DB_TEXT(r->id), DB_TEXT(rss->office_id),
                     DB_TEXT(rss->parent_id), DB_TEXT(rss->id), DB_INT(rss->version),
                     DB_TEXT(r->profile), DB_TEXT(r->profile_version), DB_TEXT(rss->key_id),
                     DB_BLOB(sealed.bytes, sealed.len), DB_INT(ctx->now_ms),
                     DB_TEXT(ctx->user_id ? ctx->user_id : BY_SYSTEM));
    if (!rc)
        rc = audit_add(ctx, "survey.score", r->id, NULL, NULL);
    return rc;
}

/* --- reading --- */

/* The row that rows stands on, opened. */
static enum err read_result(struct ctx *ctx, struct rows *rows, struct survey_result *out)
{
    struct sealed sealed = { 0 };
    const char *key_id = row_text(rows, 6);
    const char *text = NULL;
    enum err rc;

    *out = (struct survey_result){ .id = row_text(rows, 0),
                                   .person_id = row_text(rows, 1),
                                   .rss_id = row_text(rows, 2),
                                   .rss_version = row_int(rows, 3),
                                   .profile = row_text(rows, 4),
                                   .profile_version = row_text(rows, 5),
                                   .made_at = row_int(rows, 8),
                                   .in_force = row_int(rows, 9) == 1 };
    sealed.bytes = row_blob(rows, 7, &sealed.len);
    rc = vault_unseal_text(ctx, &text, key_id, context_of(ctx, out->id), &sealed);
    if (!rc && !decode(ctx, out, text))
        rc = ctx_fail(ctx, ERR_INTERNAL,
                      tr(ctx, "The stored result {0} is damaged.", TR_TEXT(out->id)));
    return rc;
}

/* By the date of the interview, then as they were made. */
static void sort_results(struct survey_result *items, size_t len)
{
    for (size_t i = 1; i < len; i++)
        for (size_t k = i; k > 0; k--) {
            int order = text_compare(items[k - 1].interview_date, items[k].interview_date);
            struct survey_result moved = items[k];

            if (order < 0 || (order == 0 && items[k - 1].made_at <= items[k].made_at))
                break;
            items[k] = items[k - 1];
            items[k - 1] = moved;
        }
}

bool survey_may_read(const struct ctx *ctx)
{
    const struct form *form = form_find(ctx->forms, FORM_RSS);

    return ctx->user && form && user_may(ctx->user, PERM_RSS_VIEW) &&
           ctx->user->clearance >= form->privacy;
}

/* All that a query gives, at most RESULTS_MAX; closes it. */
static enum err read_results(struct ctx *ctx, struct rows *rows, struct survey_result **out,
                             size_t *len_out)
{
    struct survey_result *items = ARENA_ARRAY(ctx->arena, RESULTS_MAX, struct survey_result);
    const char **ids = ARENA_ARRAY(ctx->arena, RESULTS_MAX, const char *);
    bool more = false;
    size_t len = 0;
    enum err rc = db_next(ctx, rows, &more);

    while (!rc && more) {
        rc = read_result(ctx, rows, &items[len]);
        ids[len] = items[len].rss_id;
        len++;
        if (!rc)
            rc = db_next(ctx, rows, &more);
    }
    db_rows_close(rows);
    if (!rc && len)
        rc = access_note(ctx, "result", FORM_RSS, ids, len);
    if (rc)
        return rc;
    *out = items;
    *len_out = len;
    return OK;
}

enum err survey_results(struct ctx *ctx, struct survey_result **out, size_t *len_out,
                        const struct record *person, const char *profile)
{
    struct rows *rows = NULL;
    enum err rc;

    if (!survey_may_read(ctx)) {
        *out = NULL;
        *len_out = 0;
        return OK;
    }
    if (profile == NULL)
        profile = profile_name(profile_find(NULL));
    rc = db_query(ctx, &rows, &RESULT_OF_PERSON, DB_TEXT(person->id), DB_TEXT(person->office_id),
                  DB_INT(RESULTS_MAX), DB_TEXT(profile));
    if (!rc)
        rc = read_results(ctx, rows, out, len_out);
    if (!rc)
        sort_results(*out, *len_out);
    return rc;
}

enum err survey_results_beside(struct ctx *ctx, struct survey_result **out, size_t *len_out,
                               const struct survey_result *r)
{
    struct rows *rows = NULL;
    enum err rc = db_query(ctx, &rows, &RESULT_BESIDE, DB_TEXT(r->rss_id), DB_TEXT(r->person_id),
                           DB_TEXT(r->profile), DB_INT(RESULTS_MAX));

    return rc ? rc : read_results(ctx, rows, out, len_out);
}

enum err survey_result_load(struct ctx *ctx, struct survey_result *out, struct record **person_out,
                            const char *id)
{
    struct survey_result r = { 0 };
    struct rows *rows = NULL;
    const char *person_id;
    bool more = false;
    enum err rc = db_query(ctx, &rows, &RESULT_BY_ID, DB_TEXT(id));

    if (!rc)
        rc = db_next(ctx, rows, &more);
    if (rc)
        return rc;
    if (!more || !survey_may_read(ctx)) {
        db_rows_close(rows);
        return ctx_fail(ctx, ERR_NOT_FOUND, tr(ctx, "There is no such record."));
    }
    /* The scope is the person's: who may not see the person gets the same answer as above. */
    person_id = row_text(rows, 1);
    rc = record_load_allowed(ctx, person_out, FORM_PERSON, person_id);
    if (!rc)
        rc = read_result(ctx, rows, &r);
    if (!rc)
        rc = access_note(ctx, "result", FORM_RSS, &r.rss_id, 1);
    db_rows_close(rows);
    if (!rc)
        *out = r;
    return rc;
}
