/* People who may be registered in two offices: noted, looked for, and told to one officer. */
#include "people/identity.h"

#include <string.h>

#include "audit/audit.h"
#include "auth/auth.h"
#include "core/date.h"
#include "core/id.h"
#include "core/text.h"
#include "db/db.h"
#include "forms_gen.h"
#include "people/merge.h"

#define LOOKED_MAX 200
#define LOOK_MS    1000

DB_SQL(LOOK_ADD, "INSERT INTO identity_look (person_id, made_at) VALUES ($1, $2)"
                 " ON CONFLICT (person_id) DO UPDATE SET made_at = $2");
DB_SQL(LOOK_NEXT, "SELECT person_id, made_at FROM identity_look ORDER BY made_at, person_id"
                  " LIMIT $1");
DB_SQL(LOOK_DROP, "DELETE FROM identity_look WHERE person_id = $1 AND made_at = $2");
DB_SQL(MATCH_ADD, "INSERT INTO identity_match (id, low_id, high_id, score, made_at)"
                  " VALUES ($1, $2, $3, $4, $5) ON CONFLICT (low_id, high_id) DO NOTHING");
#define COLUMNS "id, low_id, high_id, score, made_at, told_at"
DB_SQL(MATCH_OPEN, "SELECT " COLUMNS " FROM identity_match WHERE closed_at IS NULL"
                   " ORDER BY made_at DESC, id DESC LIMIT $1");
DB_SQL(MATCH_GET, "SELECT " COLUMNS " FROM identity_match WHERE id = $1 AND closed_at IS NULL");
DB_SQL(MATCH_COUNT, "SELECT count(*) FROM identity_match WHERE closed_at IS NULL");
DB_SQL(MATCH_TOLD, "UPDATE identity_match SET told_at = $2, told_by = $3 WHERE id = $1");

/* Nobody closed it: one of the two is not in use now. */
DB_SQL(MATCH_REST, "UPDATE identity_match SET closed_at = $2 WHERE (low_id = $1 OR high_id = $1)"
                   " AND closed_at IS NULL");
DB_SQL(MATCH_ANEW, "DELETE FROM identity_match WHERE (low_id = $1 OR high_id = $1)"
                   " AND closed_at IS NOT NULL AND closed_by IS NULL");

static identity_teller teller; /* set before fork */

void identity_use_teller(identity_teller tell)
{
    teller = tell;
}

static enum err note(struct ctx *ctx, const struct record *person)
{
    return db_exec(ctx, NULL, &LOOK_ADD, DB_TEXT(person->id), DB_INT(ctx->now_ms));
}

enum err identity_follow(struct ctx *ctx, const struct record *person, const struct record *old)
{
    const bool is = text_equal(person->status, STATUS_PERSON_ACTIVE);
    const bool was = !old || text_equal(old->status, STATUS_PERSON_ACTIVE);
    enum err rc = OK;

    if (was && !is)
        rc = db_exec(ctx, NULL, &MATCH_REST, DB_TEXT(person->id), DB_INT(ctx->now_ms));
    if (is && !was)
        rc = db_exec(ctx, NULL, &MATCH_ANEW, DB_TEXT(person->id));
    return rc == OK && is ? note(ctx, person) : rc;
}

/* --- looking --- */

static enum err tell_officers(struct ctx *ctx)
{
    struct user_row *officers = NULL;
    size_t len = 0;
    enum err rc = user_list_with(ctx, &officers, &len, PERM_PERSON_IDENTIFY);

    for (size_t i = 0; rc == OK && teller && i < len; i++)
        rc = teller(ctx, officers[i].id,
                    N_("A person may be registered in two offices: please look."), NULL,
                    "/people/identity");
    return rc;
}

static enum err keep_match(struct ctx *ctx, const struct record *a, const struct record_hit *hit)
{
    const char *b = hit->record->id;
    const bool first = strcmp(a->id, b) < 0;
    struct not_same *apart = NULL;
    int64_t added = 0;
    enum err rc = not_same_of(ctx, &apart, a->id, b);

    if (rc || apart)
        return rc;
    rc = db_exec(ctx, &added, &MATCH_ADD, DB_TEXT(id_new(ctx->arena, ctx->now_ms)),
                 DB_TEXT(first ? a->id : b), DB_TEXT(first ? b : a->id),
                 DB_INT((int64_t)(hit->score * 100)), DB_INT(ctx->now_ms));
    if (rc == OK && added > 0)
        rc = audit_add(ctx, "person.match", a->id, NULL, NULL);
    return rc || added == 0 ? rc : tell_officers(ctx);
}

static bool is_match(const struct record *person, const struct record_hit *hit)
{
    return hit->score >= IDENTITY_FROM && !hit->one_name &&
           text_equal(hit->record->status, STATUS_PERSON_ACTIVE) &&
           !text_equal(hit->record->office_id, person->office_id);
}

/* Who changes meanwhile is noted anew and stays noted. */
static enum err look_at(struct ctx *ctx, const char *id, int64_t made_at)
{
    struct problem *last = ctx->problems_last;
    struct record_hit *hits = NULL;
    struct record *person = NULL;
    size_t len = 0;
    enum err rc = record_load_whole(ctx, &person, FORM_PERSON, id);

    if (rc == ERR_NOT_FOUND) {
        ctx_problems_back(ctx, last);
        return db_exec(ctx, NULL, &LOOK_DROP, DB_TEXT(id), DB_INT(made_at));
    }
    /* Before the transaction: others write while this one searches. */
    if (rc == OK && text_equal(person->status, STATUS_PERSON_ACTIVE))
        rc = record_duplicates_whole(ctx, &hits, &len, person);
    if (rc == OK)
        rc = db_begin(ctx);
    if (rc)
        return rc;
    for (size_t i = 0; rc == OK && i < len; i++)
        if (is_match(person, &hits[i]))
            rc = keep_match(ctx, person, &hits[i]);
    if (rc == OK)
        rc = db_exec(ctx, NULL, &LOOK_DROP, DB_TEXT(id), DB_INT(made_at));
    return db_end(ctx, rc);
}

struct noted {
    const char *id;
    int64_t made_at;
};

static enum err read_noted(struct ctx *ctx, struct noted *items, size_t *len_out)
{
    struct rows *rows = NULL;
    bool more = false;
    size_t n = 0;
    enum err rc = db_query(ctx, &rows, &LOOK_NEXT, DB_INT(LOOKED_MAX));

    while (rc == OK && n < LOOKED_MAX) {
        rc = db_next(ctx, rows, &more);
        if (rc || !more)
            break;
        items[n++] = (struct noted){ row_text(rows, 0), row_int(rows, 1) };
    }
    db_rows_close(rows);
    *len_out = n;
    return rc;
}

enum err identity_round(struct ctx *ctx, bool *more_out)
{
    struct noted *items = ARENA_ARRAY(ctx->arena, LOOKED_MAX, struct noted);
    const int64_t since = clock_now_ms();
    int64_t applied = 0;
    size_t len = 0;
    size_t done = 0;
    enum err rc = read_noted(ctx, items, &len);

    if (rc == OK && len > 0)
        rc = index_catch_up(ctx, &applied);
    for (; rc == OK && done < len && clock_now_ms() - since < LOOK_MS; done++) {
        struct arena_mark mark = arena_mark(ctx->arena);

        rc = look_at(ctx, items[done].id, items[done].made_at);
        if (rc == OK)
            arena_rewind(ctx->arena, mark);
    }
    if (rc == OK)
        *more_out = done < len || len == LOOKED_MAX;
    return rc;
}

/* --- for the officer --- */

static enum err permit(struct ctx *ctx)
{
    if (user_may(ctx->user, PERM_PERSON_IDENTIFY) && ctx->user->scope == SCOPE_ALL)
        return OK;
    return ctx_fail(ctx, ERR_FORBIDDEN, tr(ctx, "Your role does not allow this."));
}

struct match_row {
    struct identity_match match;
    const char *ids[2];
};

static void read_match(struct match_row *out, struct rows *rows)
{
    *out = (struct match_row){ .match = { .id = row_text(rows, 0),
                                          .score = row_int(rows, 3),
                                          .made_at = row_int(rows, 4),
                                          .told_at = row_int(rows, 5) },
                               .ids = { row_text(rows, 1), row_text(rows, 2) } };
}

/* Both records; *there_out = false: one is gone, merged or may not be seen. */
static enum err load_match(struct ctx *ctx, struct match_row *row, bool *there_out)
{
    struct problem *last = ctx->problems_last;
    enum err rc = OK;

    *there_out = true;
    for (int i = 0; rc == OK && i < 2; i++) {
        struct office office = { 0 };

        rc = record_load(ctx, &row->match.two[i], FORM_PERSON, row->ids[i]);
        if (rc == OK)
            rc = office_load(ctx, &office, row->match.two[i]->office_id);
        row->match.offices[i] = office.name;
        if (rc == OK && !text_equal(row->match.two[i]->status, STATUS_PERSON_ACTIVE))
            *there_out = false;
    }
    if (rc != ERR_NOT_FOUND)
        return rc;
    ctx_problems_back(ctx, last);
    *there_out = false;
    return OK;
}

enum err identity_list(struct ctx *ctx, struct identity_match **out, size_t *len_out)
{
    struct identity_match *items = ARENA_ARRAY(ctx->arena, IDENTITY_SHOWN, struct identity_match);
    struct match_row *read = ARENA_ARRAY(ctx->arena, IDENTITY_SHOWN, struct match_row);
    struct rows *rows = NULL;
    bool more = false;
    size_t len = 0;
    size_t n = 0;
    enum err rc = permit(ctx);

    if (rc == OK)
        rc = db_query(ctx, &rows, &MATCH_OPEN, DB_INT(IDENTITY_SHOWN));
    while (rc == OK && len < IDENTITY_SHOWN) {
        rc = db_next(ctx, rows, &more);
        if (rc || !more)
            break;
        read_match(&read[len++], rows);
    }
    db_rows_close(rows);
    for (size_t i = 0; rc == OK && i < len; i++) {
        bool there = false;

        rc = load_match(ctx, &read[i], &there);
        if (rc == OK && there)
            items[n++] = read[i].match;
    }
    if (rc)
        return rc;
    *out = items;
    *len_out = n;
    return OK;
}

enum err identity_count(struct ctx *ctx, int64_t *out)
{
    struct rows *rows = NULL;
    bool more = false;
    enum err rc = permit(ctx);

    if (rc == OK)
        rc = db_query(ctx, &rows, &MATCH_COUNT);
    if (rc == OK)
        rc = db_next(ctx, rows, &more);
    if (rc == OK)
        *out = more ? row_int(rows, 0) : 0;
    db_rows_close(rows);
    return rc;
}

/* Each of the two is told of the own record alone. */
static enum err tell_one(struct ctx *ctx, const struct record *person)
{
    const char *const args[] = { person->number ? person->number : "", NULL };

    if (!teller || !person->created_by)
        return OK;
    return teller(ctx, person->created_by,
                  N_("The identity officer asks you to get in touch about {0}."), args,
                  arena_printf(ctx->arena, "/records/person/%s", person->id));
}

enum err identity_tell(struct ctx *ctx, const char *id)
{
    struct match_row row = { 0 };
    struct rows *rows = NULL;
    bool more = false;
    bool there = false;
    enum err rc = permit(ctx);

    if (rc == OK)
        rc = db_query(ctx, &rows, &MATCH_GET, DB_TEXT(id));
    if (rc == OK)
        rc = db_next(ctx, rows, &more);
    if (rc == OK && more)
        read_match(&row, rows);
    db_rows_close(rows);
    if (rc == OK && more)
        rc = load_match(ctx, &row, &there);
    if (rc == OK && !there)
        rc = ctx_fail(ctx, ERR_NOT_FOUND, tr(ctx, "This match is settled already."));
    if (rc == OK)
        rc = db_begin(ctx);
    if (rc)
        return rc;
    rc = db_exec(ctx, NULL, &MATCH_TOLD, DB_TEXT(id), DB_INT(ctx->now_ms), DB_TEXT(ctx->user_id));
    for (int i = 0; rc == OK && i < 2; i++) {
        rc = tell_one(ctx, row.match.two[i]);
        if (rc == OK)
            rc = audit_add(ctx, "person.identity_ask", row.match.two[i]->id, NULL, NULL);
    }
    return db_end(ctx, rc);
}
