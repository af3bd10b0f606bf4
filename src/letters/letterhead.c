/* Programmes and letterheads. */
#include <string.h>

#include "audit/audit.h"
#include "auth/auth.h"
#include "core/text.h"
#include "forms_gen.h"
#include "letters/letters_inner.h"
#include "records/image.h"

#define PROGRAMMES_MAX 200
#define NAME_MOST      200 /* characters */
#define CONTACT_MOST   600
#define LANGUAGES_MOST 40

DB_SQL(PROGRAMMES, "SELECT id, code, name, office_id FROM programme WHERE ($1 = '' OR office_id ="
                   " $1) ORDER BY code LIMIT $2");
DB_SQL(PROGRAMME_BY_CODE, "SELECT id, code, name, office_id FROM programme WHERE code = $1");
DB_SQL(HEAD_GET, "SELECT languages, logo, version FROM letterhead WHERE programme_id = $1");
DB_SQL(HEAD_TEXTS, "SELECT lang, name, contact, footer FROM letterhead_text"
                   " WHERE programme_id = $1 ORDER BY lang");
DB_SQL(HEAD_ADD, "INSERT INTO letterhead (programme_id, languages, logo, version, changed_at,"
                 " changed_by) VALUES ($1, $2, $3, 1, $4, $5)");
DB_SQL(HEAD_SET, "UPDATE letterhead SET languages = $2, logo = $3, version = version + 1,"
                 " changed_at = $4, changed_by = $5 WHERE programme_id = $1 AND version = $6");
DB_SQL(HEAD_TEXTS_DROP, "DELETE FROM letterhead_text WHERE programme_id = $1");
DB_SQL(HEAD_TEXT_ADD, "INSERT INTO letterhead_text (programme_id, lang, name, contact, footer)"
                      " VALUES ($1, $2, $3, $4, $5)");
DB_SQL(ORGANISATION_NAME, "SELECT name FROM organisation ORDER BY created_at, id LIMIT 1");

/* --- programmes --- */

static void read_programme(struct rows *rows, struct letter_programme *out)
{
    *out = (struct letter_programme){ row_text(rows, 0), row_text(rows, 1), row_text(rows, 2),
                                      row_text(rows, 3) };
}

static struct letter_programme all_programmes(struct ctx *ctx)
{
    return (struct letter_programme){ LETTER_ALL, "", tr(ctx, "All programmes"), "" };
}

enum err letter_programmes(struct ctx *ctx, struct letter_programme **out, size_t *len_out)
{
    struct letter_programme *items =
        ARENA_ARRAY(ctx->arena, PROGRAMMES_MAX + 1, struct letter_programme);
    const bool all = letter_reaches_all(ctx);
    struct rows *rows = NULL;
    bool more = true;
    size_t len = 0;
    enum err rc = db_query(ctx, &rows, &PROGRAMMES, DB_TEXT(all ? "" : ctx->office_id),
                           DB_INT(PROGRAMMES_MAX));

    if (all)
        items[len++] = all_programmes(ctx);
    while (rc == OK && len <= PROGRAMMES_MAX) {
        rc = db_next(ctx, rows, &more);
        if (rc || !more)
            break;
        read_programme(rows, &items[len++]);
    }
    db_rows_close(rows);
    if (rc)
        return rc;
    *out = items;
    *len_out = len;
    return OK;
}

enum err letter_programme_load(struct ctx *ctx, struct letter_programme *out, const char *id)
{
    struct letter_programme *items = NULL;
    size_t len = 0;
    enum err rc = letter_programmes(ctx, &items, &len);

    for (size_t i = 0; rc == OK && i < len; i++)
        if (text_equal(items[i].id, id)) {
            *out = items[i];
            return OK;
        }
    if (rc)
        return rc;
    return ctx_fail(ctx, ERR_NOT_FOUND, tr(ctx, "There is no such programme."));
}

enum err letter_programme_of(struct ctx *ctx, struct letter_programme *out,
                             const struct record *rec)
{
    const char *code =
        text_equal(rec->form->kind, FORM_CASE) ? record_value(rec, FIELD_CASE_PROGRAMME) : "";
    struct rows *rows = NULL;
    bool more = false;
    enum err rc;

    *out = (struct letter_programme){ LETTER_ALL, "", "", "" };
    if (text_blank(code))
        return OK;
    rc = db_query(ctx, &rows, &PROGRAMME_BY_CODE, DB_TEXT(code));
    if (rc == OK)
        rc = db_next(ctx, rows, &more);
    if (rc == OK && more)
        read_programme(rows, out);
    db_rows_close(rows);
    return rc;
}

/* --- reading --- */

static enum err read_texts(struct ctx *ctx, struct letterhead *h)
{
    struct rows *rows = NULL;
    bool more = true;
    enum err rc = db_query(ctx, &rows, &HEAD_TEXTS, DB_TEXT(h->programme_id));

    while (rc == OK && more) {
        rc = db_next(ctx, rows, &more);
        for (size_t i = 0; rc == OK && more && i < h->texts_len; i++)
            if (text_equal(h->texts[i].lang, row_text(rows, 0))) {
                h->texts[i].name = row_text(rows, 1);
                h->texts[i].contact = row_text(rows, 2);
                h->texts[i].footer = row_text(rows, 3);
            }
    }
    db_rows_close(rows);
    return rc;
}

static void empty_head(struct ctx *ctx, struct letterhead *h, const char *programme_id)
{
    const char *const *languages = tr_languages();
    size_t len = 0;

    while (languages[len] != NULL)
        len++;
    *h = (struct letterhead){ .programme_id = programme_id, .languages = "", .texts_len = len };
    h->texts = ARENA_ARRAY(ctx->arena, len + 1, struct letterhead_text);
    for (size_t i = 0; i < len; i++)
        h->texts[i] = (struct letterhead_text){ languages[i], "", "", "" };
}

enum err letterhead_load(struct ctx *ctx, struct letterhead *out, const char *programme_id)
{
    struct rows *rows = NULL;
    struct letterhead h = { 0 };
    bool more = false;
    enum err rc;

    empty_head(ctx, &h, programme_id);
    rc = db_query(ctx, &rows, &HEAD_GET, DB_TEXT(programme_id));
    if (rc == OK)
        rc = db_next(ctx, rows, &more);
    if (rc == OK && more) {
        h.languages = row_text(rows, 0);
        h.logo = row_blob(rows, 1, &h.logo_len);
        h.version = row_int(rows, 2);
    }
    db_rows_close(rows);
    if (rc == OK)
        rc = read_texts(ctx, &h);
    if (rc == OK)
        *out = h;
    return rc;
}

static enum err organisation_name(struct ctx *ctx, const char **out)
{
    struct rows *rows = NULL;
    bool more = false;
    enum err rc = db_query(ctx, &rows, &ORGANISATION_NAME);

    if (rc == OK)
        rc = db_next(ctx, rows, &more);
    if (rc == OK && more)
        *out = row_text(rows, 0);
    db_rows_close(rows);
    return rc;
}

enum err letterhead_now(struct ctx *ctx, struct letterhead *out, const char *programme_id)
{
    struct letterhead h = { 0 };
    enum err rc = letterhead_load(ctx, &h, programme_id);

    if (rc == OK && h.version == 0 && *programme_id != '\0')
        rc = letterhead_load(ctx, &h, LETTER_ALL);
    if (rc == OK && h.version == 0)
        rc = organisation_name(ctx, &h.texts[0].name);
    if (rc == OK)
        *out = h;
    return rc;
}

struct letterhead_text letterhead_text_of(const struct letterhead *h, const char *lang)
{
    struct letterhead_text found = { lang, "", "", "" };

    /* English stands first: what a language lacks is taken from there, else from the first. */
    for (size_t i = h->texts_len; i > 0; i--)
        if (!text_blank(h->texts[i - 1].name))
            found = h->texts[i - 1];
    for (size_t i = 0; i < h->texts_len; i++)
        if (text_equal(h->texts[i].lang, lang) && !text_blank(h->texts[i].name))
            found = h->texts[i];
    found.lang = lang;
    return found;
}

/* --- changing --- */

static enum err check_head(struct ctx *ctx, const struct letterhead *h)
{
    bool any = false;
    enum err rc = OK;

    for (size_t i = 0; i < h->texts_len; i++) {
        const struct letterhead_text *t = &h->texts[i];

        any = any || !text_blank(t->name);
        if (text_codepoints(t->name) > NAME_MOST || text_codepoints(t->contact) > CONTACT_MOST ||
            text_codepoints(t->footer) > NAME_MOST)
            rc = ctx_fail_field(ctx, t->lang,
                                tr(ctx,
                                   "Too long: a name and a footer have at most {0} characters, "
                                   "an address {1}.",
                                   TR_INT(NAME_MOST), TR_INT(CONTACT_MOST)));
    }
    if (!any)
        rc = ctx_fail_field(
            ctx, "name", tr(ctx, "Write the name of the organisation in one language at least."));
    if (strlen(h->languages) > LANGUAGES_MOST)
        rc = ctx_fail_field(ctx, "languages", tr(ctx, "There are too many languages."));
    return rc;
}

static enum err write_head(struct ctx *ctx, const struct letterhead *h)
{
    int64_t changed = 1;
    enum err rc;

    if (h->version == 0)
        rc = db_exec(ctx, NULL, &HEAD_ADD, DB_TEXT(h->programme_id), DB_TEXT(h->languages),
                     DB_BLOB(h->logo, h->logo_len), DB_INT(ctx->now_ms), DB_TEXT(ctx->user_id));
    else
        rc = db_exec(ctx, &changed, &HEAD_SET, DB_TEXT(h->programme_id), DB_TEXT(h->languages),
                     DB_BLOB(h->logo, h->logo_len), DB_INT(ctx->now_ms), DB_TEXT(ctx->user_id),
                     DB_INT(h->version));
    if (rc == ERR_CONFLICT || (rc == OK && changed == 0))
        return ctx_fail(ctx, ERR_CONFLICT,
                        tr(ctx, "Somebody changed this letterhead meanwhile. Look at it again."));
    if (rc == OK)
        rc = db_exec(ctx, NULL, &HEAD_TEXTS_DROP, DB_TEXT(h->programme_id));
    for (size_t i = 0; rc == OK && i < h->texts_len; i++)
        rc = db_exec(ctx, NULL, &HEAD_TEXT_ADD, DB_TEXT(h->programme_id), DB_TEXT(h->texts[i].lang),
                     DB_TEXT(h->texts[i].name), DB_TEXT(h->texts[i].contact),
                     DB_TEXT(h->texts[i].footer));
    return rc;
}

enum err letterhead_save(struct ctx *ctx, const struct letterhead *h)
{
    struct letter_programme p = { 0 };
    enum err rc = OK;

    if (!user_may(ctx->user, PERM_LETTER_MANAGE))
        return ctx_fail(ctx, ERR_FORBIDDEN, tr(ctx, "Your role does not allow this."));
    rc = letter_programme_load(ctx, &p, h->programme_id);
    if (rc == OK)
        rc = check_head(ctx, h);
    if (rc == OK)
        rc = db_begin(ctx);
    if (rc)
        return rc;
    rc = write_head(ctx, h);
    if (rc == OK)
        rc = audit_add(ctx, "letterhead.change", *h->programme_id ? h->programme_id : NULL, NULL,
                       NULL);
    return db_end(ctx, rc);
}

enum err letterhead_logo(struct ctx *ctx, struct letterhead *h, const char *bytes, size_t len)
{
    static const char png[] = "\x89PNG";
    static const char jpeg[] = "\xff\xd8\xff";
    const struct image_bytes in = { bytes, len };
    struct image_bytes out = { 0 };
    enum err rc;

    if (len < sizeof(png) ||
        (memcmp(bytes, png, sizeof(png) - 1) != 0 && memcmp(bytes, jpeg, sizeof(jpeg) - 1) != 0))
        return ctx_fail_field(ctx, "file", tr(ctx, "A logo is a PNG or a JPEG."));
    rc = image_logo(ctx, &out, &in);
    if (rc)
        return rc;
    if (out.len > LETTER_LOGO_MAX)
        return ctx_fail_field(ctx, "file",
                              tr(ctx,
                                 "The logo is too large: at most {0} KB after it was made "
                                 "anew. Take a smaller one, or one with fewer colours.",
                                 TR_INT(LETTER_LOGO_MAX / 1024)));
    h->logo = out.bytes;
    h->logo_len = out.len;
    return OK;
}
