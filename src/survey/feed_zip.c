/* Interviews from a zipped export. */
#include "survey/feed_zip.h"

#include <string.h>

#include <zip.h>

#include "core/text.h"
#include "core/tr.h"

struct feed_zip {
    const char *name;
    zip_t *zip;
    zip_file_t *table;
};

bool feed_zip_named(const char *path)
{
    return text_ends(path, ".zip") || text_ends(path, ".ZIP");
}

bool feed_zip_is(const char *path)
{
    bool named = feed_zip_named(path);
    bool book = text_ends(path, ".xlsx") || text_ends(path, ".XLSX");
    zip_t *zip = named || book ? NULL : zip_open(path, ZIP_RDONLY, NULL);
    bool there = zip && zip_name_locate(zip, "[Content_Types].xml", 0) < 0;

    if (zip)
        zip_discard(zip);
    return named || there;
}

static bool is_table(const char *name)
{
    return (text_ends(name, ".csv") || text_ends(name, ".CSV")) && !text_starts(name, "media/") &&
           !text_starts(name, "__MACOSX/") && !text_starts(name, ".");
}

/* The name of the table at place; NULL: something else lies there. */
static const char *table_at(const struct feed_zip *z, zip_int64_t place)
{
    const char *name = zip_get_name(z->zip, (zip_uint64_t)place, ZIP_FL_ENC_GUESS);

    return name && is_table(name) ? name : NULL;
}

/* Whether name is that of a repeat's table beside main: main.csv, main-children.csv. */
static bool is_beside(const char *name, const char *main)
{
    size_t len = strlen(main) - strlen(".csv");

    return strncmp(name, main, len) == 0 && name[len] == '-';
}

static enum err find_table(struct ctx *ctx, const struct feed_zip *z, zip_int64_t *place_out)
{
    const zip_int64_t len = zip_get_num_entries(z->zip, 0);
    const char *main = NULL;
    const char *other = NULL;

    for (zip_int64_t i = 0; i < len; i++) {
        const char *name = table_at(z, i);

        if (name && (!main || strlen(name) < strlen(main))) {
            main = name;
            *place_out = i;
        }
    }
    if (!main)
        return ctx_fail(ctx, ERR_INVALID,
                        tr(ctx, "{0}: this zip holds no table (.csv).", TR_TEXT(z->name)));
    for (zip_int64_t i = 0; i < len && !other; i++) {
        const char *name = i != *place_out ? table_at(z, i) : NULL;

        if (name && !is_beside(name, main))
            other = name;
    }
    if (other)
        return ctx_fail(ctx, ERR_INVALID,
                        tr(ctx,
                           "{0}: this zip holds tables of different forms, such as {1} and {2}. "
                           "Unpack it and name the one with the interviews.",
                           TR_TEXT(z->name), TR_TEXT(main), TR_TEXT(other)));
    return OK;
}

static enum err open_table(struct ctx *ctx, struct feed_zip *z, zip_uint64_t place)
{
    const char *name = zip_get_name(z->zip, place, ZIP_FL_ENC_GUESS);
    zip_stat_t stat;

    z->name = arena_printf(ctx->arena, "%s/%s", z->name, name);
    zip_stat_init(&stat);
    if (zip_stat_index(z->zip, place, 0, &stat) == 0 && (stat.valid & ZIP_STAT_ENCRYPTION_METHOD) &&
        stat.encryption_method != ZIP_EM_NONE)
        return ctx_fail(ctx, ERR_INVALID,
                        tr(ctx, "{0}: this table is encrypted. Unpack it with its password first.",
                           TR_TEXT(z->name)));
    z->table = zip_fopen_index(z->zip, place, 0);
    if (!z->table)
        return ctx_fail(ctx, ERR_INVALID,
                        tr(ctx, "{0}: this zip cannot be read: make it anew.", TR_TEXT(z->name)));
    return OK;
}

enum err feed_zip_open(struct ctx *ctx, struct feed_zip **out, const char *path)
{
    struct feed_zip *z = ARENA_NEW(ctx->arena, struct feed_zip);
    zip_int64_t place = 0;
    enum err rc;

    *z = (struct feed_zip){ .name = arena_strdup(ctx->arena, path),
                            .zip = zip_open(path, ZIP_RDONLY, NULL) };
    if (!z->zip)
        return ctx_fail(ctx, ERR_INVALID,
                        tr(ctx, "{0}: this zip cannot be read: make it anew.", TR_TEXT(path)));
    rc = find_table(ctx, z, &place);
    if (!rc)
        rc = open_table(ctx, z, (zip_uint64_t)place);
    if (rc)
        feed_zip_close(z);
    else
        *out = z;
    return rc;
}

ssize_t feed_zip_read(struct feed_zip *z, char *bytes, size_t room)
{
    return (ssize_t)zip_fread(z->table, bytes, room);
}

const char *feed_zip_name(const struct feed_zip *z)
{
    return z->name;
}

void feed_zip_close(struct feed_zip *z)
{
    if (z->table)
        (void)zip_fclose(z->table);
    if (z->zip)
        zip_discard(z->zip);
    z->table = NULL;
    z->zip = NULL;
}
