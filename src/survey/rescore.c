/* A profile that is new adds results for the interviews that are there already (R-A4-20, R-A4-26).
 */
#include "core/log.h"
#include "core/text.h"
#include "db/db.h"
#include "forms_gen.h"
#include "survey/profile.h"
#include "survey/survey_store.h"

#define PLACES_MAX 100 /* of record_places */

DB_SQL(PROFILE_STATE, "SELECT after_token, done_at FROM survey_profile"
                      " WHERE name = $1 AND version = $2");
DB_SQL(PROFILE_KEEP, "INSERT INTO survey_profile (name, version, after_token, done_at)"
                     " VALUES ($1, $2, $3, $4) ON CONFLICT (name, version) DO UPDATE"
                     " SET after_token = $3, done_at = $4");
DB_SQL(PROFILE_SCORED, "SELECT 1 FROM survey_result WHERE rss_id = $1 AND rss_version = $2"
                       " AND profile = $3 AND profile_version = $4");

struct state {
    const char *after; /* NULL = from the first */
    bool done;
};

static enum err load_state(struct ctx *ctx, struct state *out, const struct profile *p)
{
    struct rows *rows = NULL;
    bool more = false;
    enum err rc = db_query(ctx, &rows, &PROFILE_STATE, DB_TEXT(p->name), DB_TEXT(p->version));

    if (rc == OK)
        rc = db_next(ctx, rows, &more);
    *out = (struct state){ 0 };
    if (rc == OK && more) {
        out->after = row_is_null(rows, 0) ? NULL : row_text(rows, 0);
        out->done = !row_is_null(rows, 1);
    }
    db_rows_close(rows);
    return rc;
}

enum err survey_profile_done(struct ctx *ctx, bool *out, const struct profile *p)
{
    struct state state = { 0 };
    enum err rc = load_state(ctx, &state, p);

    *out = state.done;
    return rc;
}

static enum err is_scored(struct ctx *ctx, bool *out, const struct record *rss,
                          const struct profile *p)
{
    struct rows *rows = NULL;
    enum err rc = db_query(ctx, &rows, &PROFILE_SCORED, DB_TEXT(rss->id), DB_INT(rss->version),
                           DB_TEXT(p->name), DB_TEXT(p->version));

    if (rc == OK)
        rc = db_next(ctx, rows, out);
    db_rows_close(rows);
    return rc;
}

/* One that is deleted, erased, refused, discarded, or cannot be scored, has no result. */
static enum err score_one(struct ctx *ctx, const char *id, const struct profile *p)
{
    struct record *rss = NULL;
    bool scored = false;
    enum err rc = record_load_whole(ctx, &rss, FORM_RSS, id);

    if (rc == OK && text_equal(rss->status, STATUS_RSS_COMPLETED) && survey_gate_open(rss)) {
        rc = is_scored(ctx, &scored, rss, p);
        if (rc == OK && !scored)
            rc = survey_store_score(ctx, rss, p);
    }
    if (rc != ERR_INVALID && rc != ERR_NOT_FOUND)
        return rc;
    ctx_clear_problems(ctx);
    return OK;
}

/* The next interviews, in one transaction with how far it is. */
static enum err score_page(struct ctx *ctx, const struct profile *p, struct state *state)
{
    struct record_place places[PLACES_MAX];
    size_t len = 0;
    enum err rc = db_begin(ctx);

    if (rc)
        return rc;
    rc = record_places(ctx, places, &len, FORM_RSS, &state->after);
    for (size_t i = 0; rc == OK && i < len; i++)
        rc = score_one(ctx, places[i].id, p);
    state->done = state->after == NULL;
    if (rc == OK)
        rc = db_exec(ctx, NULL, &PROFILE_KEEP, DB_TEXT(p->name), DB_TEXT(p->version),
                     state->after ? DB_TEXT(state->after) : DB_NULL,
                     state->done ? DB_INT(ctx->now_ms) : DB_NULL);
    return db_end(ctx, rc);
}

enum err survey_rescore_round(struct ctx *ctx)
{
    struct state state = { .done = true };
    const struct profile *p = NULL;
    enum err rc = OK;

    for (size_t i = 0; rc == OK && state.done; i++) {
        p = profile_at(i);
        if (p == NULL)
            return OK;
        rc = load_state(ctx, &state, p);
    }
    if (rc == OK)
        rc = score_page(ctx, p, &state);
    if (rc == OK && state.done)
        log_info("all interviews are scored with profile %s, version %s", p->name, p->version);
    return rc;
}
