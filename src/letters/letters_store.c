/* Tables letter_version and letter_made. */
#include <sodium.h>
#include <string.h>

#include "auth/auth.h"
#include "core/id.h"
#include "core/json.h"
#include "core/text.h"
#include "letters/letters_inner.h"
#include "records/merge.h"
#include "vault/vault.h"

#define HASH_BYTES 16
#define STORED_MAX 600 /* of all programmes, and of one */
#define JSON_MAX   ((size_t)4000)

#define COLUMNS "id, name, programme_id, version, origin, hash, source, made_at, made_by"
DB_SQL(LETTER_ADD, "INSERT INTO letter_version (" COLUMNS ")"
                   " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)");
DB_SQL(LETTER_GET, "SELECT " COLUMNS " FROM letter_version WHERE id = $1");
DB_SQL(LETTER_VERSIONS, "SELECT " COLUMNS " FROM letter_version WHERE name = $1"
                        " AND programme_id = $2 ORDER BY version DESC LIMIT $3");
DB_SQL(LETTER_ALL_NOW, "SELECT " COLUMNS " FROM letter_version v WHERE (programme_id = ''"
                       " OR programme_id = $1) AND version = (SELECT max(n.version) FROM"
                       " letter_version n WHERE n.name = v.name AND n.programme_id ="
                       " v.programme_id) ORDER BY name, programme_id LIMIT $2");
DB_SQL(MADE_ADD, "INSERT INTO letter_made (id, office_id, form, record_id, key_id, sealed, made_at,"
                 " made_by) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)");
DB_SQL(MADE_LIST, "SELECT id, key_id, sealed, made_at, made_by FROM letter_made"
                  " WHERE form = $1 AND record_id = $2 ORDER BY id DESC LIMIT $3");
DB_SQL(MADE_CARRY, "UPDATE letter_made SET record_id = $1 WHERE form = $2 AND record_id = $3"
                   " AND key_id = $4");

static const char *const origins[] = { "shipped", "own", "withdrawn" };

const char *letter_hash(struct ctx *ctx, const char *source)
{
    unsigned char hash[HASH_BYTES];

    crypto_generichash(hash, sizeof hash, (const unsigned char *)source, strlen(source), NULL, 0);
    return hex_text(ctx->arena, hash, sizeof hash);
}

/* --- versions --- */

static void read_row(struct rows *rows, struct letter_version *out)
{
    size_t origin = 0;

    while (origin < LETTER_WITHDRAWN && !text_equal(origins[origin], row_text(rows, 4)))
        origin++;
    *out = (struct letter_version){ .id = row_text(rows, 0),
                                    .name = row_text(rows, 1),
                                    .programme_id = row_text(rows, 2),
                                    .version = row_int(rows, 3),
                                    .origin = (enum letter_origin)origin,
                                    .hash = row_text(rows, 5),
                                    .source = row_text(rows, 6),
                                    .made_at = row_int(rows, 7),
                                    .made_by = row_text(rows, 8) };
}

static enum err read_rows(struct ctx *ctx, struct letter_version **out, size_t *len_out,
                          struct rows *rows, size_t max)
{
    struct letter_version *items = ARENA_ARRAY(ctx->arena, max + 1, struct letter_version);
    bool more = true;
    size_t len = 0;
    enum err rc = OK;

    while (rc == OK && len < max) {
        rc = db_next(ctx, rows, &more);
        if (rc || !more)
            break;
        read_row(rows, &items[len++]);
    }
    db_rows_close(rows);
    if (rc)
        return rc;
    *out = items;
    *len_out = len;
    return OK;
}

enum err letter_versions(struct ctx *ctx, struct letter_version **out, size_t *len_out,
                         const char *name, const char *programme_id)
{
    struct rows *rows = NULL;
    enum err rc = db_query(ctx, &rows, &LETTER_VERSIONS, DB_TEXT(name), DB_TEXT(programme_id),
                           DB_INT(LETTERS_MAX));

    return rc ? rc : read_rows(ctx, out, len_out, rows, LETTERS_MAX);
}

enum err letter_store_newest(struct ctx *ctx, struct letter_version *out, bool *there_out,
                             const char *name, const char *programme_id)
{
    struct letter_version *items = NULL;
    struct rows *rows = NULL;
    size_t len = 0;
    enum err rc =
        db_query(ctx, &rows, &LETTER_VERSIONS, DB_TEXT(name), DB_TEXT(programme_id), DB_INT(1));

    if (rc == OK)
        rc = read_rows(ctx, &items, &len, rows, 1);
    if (rc)
        return rc;
    *there_out = len > 0;
    if (len > 0)
        *out = items[0];
    return OK;
}

enum err letter_version_load(struct ctx *ctx, struct letter_version *out, const char *id)
{
    struct letter_version *items = NULL;
    struct rows *rows = NULL;
    size_t len = 0;
    enum err rc = db_query(ctx, &rows, &LETTER_GET, DB_TEXT(id));

    if (rc == OK)
        rc = read_rows(ctx, &items, &len, rows, 1);
    if (rc == OK && len == 0)
        rc = ctx_fail(ctx, ERR_NOT_FOUND, tr(ctx, "There is no such letter."));
    if (rc == OK)
        *out = items[0];
    return rc;
}

enum err letter_store_all(struct ctx *ctx, struct letter_version **out, size_t *len_out,
                          const char *programme_id)
{
    struct rows *rows = NULL;
    enum err rc = db_query(ctx, &rows, &LETTER_ALL_NOW, DB_TEXT(programme_id), DB_INT(STORED_MAX));

    return rc ? rc : read_rows(ctx, out, len_out, rows, STORED_MAX);
}

enum err letter_store_add(struct ctx *ctx, struct letter_version *v, int64_t seen)
{
    struct letter_version newest = { 0 };
    bool there = false;
    enum err rc = letter_store_newest(ctx, &newest, &there, v->name, v->programme_id);

    if (rc)
        return rc;
    if (newest.version != seen)
        return ctx_fail(ctx, ERR_CONFLICT,
                        tr(ctx, "Somebody changed this letter meanwhile. Look at it again."));
    v->id = id_new(ctx->arena, ctx->now_ms);
    v->version = seen + 1;
    v->hash = letter_hash(ctx, v->source);
    v->made_at = ctx->now_ms;
    v->made_by = ctx->user_id;
    return db_exec(ctx, NULL, &LETTER_ADD, DB_TEXT(v->id), DB_TEXT(v->name),
                   DB_TEXT(v->programme_id), DB_INT(v->version), DB_TEXT(origins[v->origin]),
                   DB_TEXT(v->hash), DB_TEXT(v->source), DB_INT(v->made_at), DB_TEXT(v->made_by));
}

/* --- letters that were made --- */

static const char *place_of(struct ctx *ctx, const char *id)
{
    return arena_printf(ctx->arena, "letter_made/%s", id);
}

static const char *key_of(const struct record *rec)
{
    return rec->key_id ? rec->key_id : VAULT_KEY_SYSTEM;
}

enum err letter_store_made(struct ctx *ctx, const struct record *rec,
                           const struct letter_version *v, const struct letter_filled *filled,
                           const char *file_id)
{
    const char *id = id_new(ctx->arena, ctx->now_ms);
    struct sealed sealed = { 0 };
    struct buf b;
    struct json_out j = { .buf = &b };
    enum err rc;

    buf_init(&b, ctx->arena, JSON_MAX);
    json_begin_object(&j);
    json_pair(&j, "version", v->id);
    json_key(&j, "number");
    json_int(&j, v->version);
    json_pair(&j, "name", v->name);
    json_pair(&j, "title", filled->title);
    json_pair(&j, "lang", filled->lang);
    json_pair(&j, "file", file_id);
    json_end_object(&j);
    if (!buf_ok(&b))
        return ctx_fail(ctx, ERR_LIMIT, tr(ctx, "The title of the letter is too long."));
    rc = vault_seal_text(ctx, &sealed, key_of(rec), place_of(ctx, id), buf_text(&b));
    if (rc)
        return rc;
    return db_exec(ctx, NULL, &MADE_ADD, DB_TEXT(id), DB_TEXT(rec->office_id),
                   DB_TEXT(rec->form->kind), DB_TEXT(rec->id), DB_TEXT(key_of(rec)),
                   DB_BLOB(sealed.bytes, sealed.len), DB_INT(ctx->now_ms), DB_TEXT(ctx->user_id));
}

static enum err read_made(struct ctx *ctx, struct letter_made *out, const char *text)
{
    json_t *j = NULL;
    enum err rc = json_parse(ctx, &j, text, strlen(text));

    if (rc)
        return rc;
    out->title = json_string_value(json_object_get(j, "title"));
    out->name = json_string_value(json_object_get(j, "name"));
    out->lang = json_string_value(json_object_get(j, "lang"));
    out->file_id = json_string_value(json_object_get(j, "file"));
    out->version = json_integer_value(json_object_get(j, "number"));
    return OK;
}

enum err letters_made(struct ctx *ctx, struct letter_made **out, size_t *len_out,
                      const struct record *rec)
{
    struct letter_made *items = ARENA_ARRAY(ctx->arena, LETTER_MADE_MAX, struct letter_made);
    struct rows *rows = NULL;
    bool more = true;
    size_t len = 0;
    enum err rc = db_query(ctx, &rows, &MADE_LIST, DB_TEXT(rec->form->kind), DB_TEXT(rec->id),
                           DB_INT(LETTER_MADE_MAX));

    while (rc == OK && more) {
        struct letter_made m = { 0 };
        struct sealed sealed = { 0 };
        const char *text = NULL;

        rc = db_next(ctx, rows, &more);
        if (rc || !more)
            break;
        m.id = row_text(rows, 0);
        m.made_at = row_int(rows, 3);
        sealed.bytes = row_blob(rows, 2, &sealed.len);
        rc = vault_unseal_text(ctx, &text, row_text(rows, 1), place_of(ctx, m.id), &sealed);
        if (rc == ERR_NOT_FOUND) { /* its key is gone, and with it what it was */
            ctx_clear_problems(ctx);
            rc = OK;
            continue;
        }
        if (rc == OK)
            rc = read_made(ctx, &m, text);
        if (rc == OK)
            rc = user_name(ctx, &m.made_by_name, row_text(rows, 4));
        if (rc == OK)
            items[len++] = m;
    }
    db_rows_close(rows);
    if (rc)
        return rc;
    *out = items;
    *len_out = len;
    return OK;
}

enum err letters_follow_merge(struct ctx *ctx, const struct merge_carry *c)
{
    enum err rc = OK;

    for (size_t i = 0; rc == OK && i < c->keys_len; i++)
        rc = db_exec(ctx, NULL, &MADE_CARRY, DB_TEXT(c->to_id), DB_TEXT(c->form),
                     DB_TEXT(c->from_id), DB_TEXT(c->keys[i]));
    return rc;
}
