#include "forms/pack.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include <zip.h>

#include "core/text.h"
#include "forms/xlsx.h"

#define NAME_MAX_BYTES 100
#define ENTRIES_MAX    1000

struct pack {
    struct ctx *ctx;
    struct delivered *items;
    size_t len;
    size_t bytes;
};

static enum err refuse(struct ctx *ctx, const char *file, const char *text)
{
    return ctx_fail_field(ctx, file, text);
}

static bool name_fits(const char *name)
{
    size_t len = 0;

    for (; name[len] != '\0'; len++)
        if (!ascii_is_alpha(name[len]) && !ascii_is_digit(name[len]) &&
            (len == 0 || strchr(" _-.", name[len]) == NULL))
            return false;
    return len > 0 && len <= NAME_MAX_BYTES;
}

static const char *last_part(const char *path)
{
    const char *slash = strrchr(path, '/');

    return slash != NULL ? slash + 1 : path;
}

static enum err too_much(struct ctx *ctx)
{
    return ctx_fail(ctx, ERR_LIMIT,
                    tr(ctx, "At most {0} files and {1} MB come with a form.",
                       TR_INT(PACK_FILES_MAX), TR_INT((int64_t)(PACK_BYTES_MAX / 1024 / 1024))));
}

static enum err add(struct pack *p, const char *path, const char *bytes, size_t len)
{
    const char *name = last_part(path);

    if (!name_fits(name))
        return refuse(p->ctx, name,
                      tr(p->ctx,
                         "The file cannot keep the name {0}: Latin letters, digits, spaces, _, - "
                         "and . are allowed, {1} at most.",
                         TR_TEXT(name), TR_INT(NAME_MAX_BYTES)));
    for (size_t i = 0; i < p->len; i++)
        if (ascii_casecmp(p->items[i].name, name) == 0)
            return refuse(p->ctx, name, tr(p->ctx, "{0} came twice.", TR_TEXT(name)));
    if (p->len == PACK_FILES_MAX || len > PACK_BYTES_MAX - p->bytes)
        return too_much(p->ctx);
    p->bytes += len;
    p->items[p->len++] = (struct delivered){ arena_strdup(p->ctx->arena, name), bytes, len };
    return OK;
}

/* --- a zip --- */

/* Folders, and what file managers put beside files. */
static bool is_passed_by(const char *name)
{
    return text_ends(name, "/") || text_starts(name, "__MACOSX/") || last_part(name)[0] == '.';
}

static enum err add_entry(struct pack *p, zip_t *zip, zip_uint64_t place, const char *file)
{
    struct ctx *ctx = p->ctx;
    const char *name = zip_get_name(zip, place, ZIP_FL_ENC_GUESS);
    zip_file_t *entry = NULL;
    zip_stat_t stat;
    char *bytes;
    bool good = false;

    zip_stat_init(&stat);
    if (name == NULL || zip_stat_index(zip, place, 0, &stat) != 0 ||
        (stat.valid & ZIP_STAT_SIZE) == 0)
        return refuse(ctx, file, tr(ctx, "This zip cannot be read: make it anew."));
    if (is_passed_by(name))
        return OK;
    if (stat.size > PACK_BYTES_MAX - p->bytes)
        return too_much(ctx);
    bytes = arena_alloc(ctx->arena, (size_t)stat.size + 1);
    entry = zip_fopen_index(zip, place, 0);
    if (entry != NULL) {
        good = zip_fread(entry, bytes, stat.size + 1) == (zip_int64_t)stat.size;
        good = zip_fclose(entry) == 0 && good;
    }
    bytes[stat.size] = '\0';
    if (!good)
        return refuse(ctx, file, tr(ctx, "This zip cannot be read: make it anew."));
    return add(p, name, bytes, (size_t)stat.size);
}

static zip_t *open_zip(const struct delivered *file)
{
    zip_source_t *source = zip_source_buffer_create(file->bytes, file->len, 0, NULL);
    zip_t *zip = source != NULL ? zip_open_from_source(source, ZIP_RDONLY, NULL) : NULL;

    if (zip == NULL && source != NULL)
        zip_source_free(source);
    return zip;
}

static enum err add_zip(struct pack *p, const struct delivered *file)
{
    zip_t *zip = open_zip(file);
    zip_int64_t len = zip != NULL ? zip_get_num_entries(zip, 0) : 0;
    enum err rc = OK;

    if (zip == NULL)
        return refuse(p->ctx, file->name, tr(p->ctx, "This zip cannot be read: make it anew."));
    if (len > ENTRIES_MAX)
        rc = too_much(p->ctx);
    for (zip_int64_t i = 0; rc == OK && i < len; i++)
        rc = add_entry(p, zip, (zip_uint64_t)i, file->name);
    zip_discard(zip);
    return rc;
}

/* A workbook is a zip too: it holds this part. */
static bool is_zip(const struct delivered *file)
{
    zip_t *zip = xlsx_looks_like(file->bytes, file->len) ? open_zip(file) : NULL;
    bool book = zip == NULL || zip_name_locate(zip, "[Content_Types].xml", 0) >= 0;

    if (zip != NULL)
        zip_discard(zip);
    return !book;
}

/* --- which of them is the form --- */

/* A line whose only cell is "survey". */
static bool is_survey(const char *p, const char *stop)
{
    static const char word[] = "survey";

    while (p < stop && (*p == '"' || *p == ' '))
        p++;
    if ((size_t)(stop - p) < sizeof(word) - 1 || memcmp(p, word, sizeof(word) - 1) != 0)
        return false;
    p += sizeof(word) - 1;
    while (p < stop && strchr("\", ;\t\r", *p) != NULL)
        p++;
    return p == stop;
}

static bool has_survey(const char *bytes, size_t len)
{
    const char *end = bytes + len;

    for (const char *p = bytes; p != NULL && p < end;) {
        const char *eol = memchr(p, '\n', (size_t)(end - p));
        const char *stop = eol != NULL ? eol : end;

        if (p == bytes && len >= 3 && memcmp(p, "\xEF\xBB\xBF", 3) == 0)
            p += 3;
        if (is_survey(p, stop))
            return true;
        p = eol != NULL ? eol + 1 : NULL;
    }
    return false;
}

static bool is_form(const struct delivered *file)
{
    if (text_ends(file->name, ".xlsx") || xlsx_looks_like(file->bytes, file->len))
        return true;
    return text_ends(file->name, ".csv") && has_survey(file->bytes, file->len);
}

static enum err choose(struct pack *p, struct form_text *out)
{
    struct ctx *ctx = p->ctx;
    struct delivered *rest = ARENA_ARRAY(ctx->arena, p->len + 1, struct delivered);
    struct form_files *files = ARENA_NEW(ctx->arena, struct form_files);
    const struct delivered *form = p->len == 1 ? &p->items[0] : NULL;

    for (size_t i = 0; i < p->len; i++) {
        if (form == &p->items[i] || (form == NULL && is_form(&p->items[i])))
            form = &p->items[i];
        else if (form && is_form(&p->items[i]))
            return refuse(ctx, p->items[i].name,
                          tr(ctx, "{0} and {1} are both forms: bring one at a time.",
                             TR_TEXT(form->name), TR_TEXT(p->items[i].name)));
        else
            rest[files->len++] = p->items[i];
    }
    if (form == NULL)
        return refuse(ctx, "file",
                      tr(ctx, "None of the files is a form: one of them must have the section "
                              "survey, or be a workbook."));
    files->items = rest;
    files->whole = true;
    *out = (struct form_text){ form->name, form->bytes, form->len, files->len > 0 ? files : NULL };
    return OK;
}

enum err pack_read(struct ctx *ctx, struct form_text *out, const struct delivered *files,
                   size_t len)
{
    struct pack p = { .ctx = ctx };
    enum err rc = OK;

    /* One file alone is the form, whatever it is called. */
    if (len == 1 && !is_zip(&files[0])) {
        *out = (struct form_text){ files[0].name, files[0].bytes, files[0].len, NULL };
        return OK;
    }
    p.items = ARENA_ARRAY(ctx->arena, PACK_FILES_MAX, struct delivered);
    for (size_t i = 0; rc == OK && i < len; i++)
        rc = is_zip(&files[i]) ? add_zip(&p, &files[i])
                               : add(&p, files[i].name, files[i].bytes, files[i].len);
    return rc ? rc : choose(&p, out);
}

const struct delivered *delivered_find(const struct form_files *files, const char *name)
{
    for (size_t i = 0; files != NULL && i < files->len; i++)
        if (strcmp(files->items[i].name, name) == 0)
            return &files->items[i];
    return NULL;
}

enum err pack_file(struct ctx *ctx, struct delivered *out, const char *path, size_t max)
{
    const char *slash = strrchr(path, '/');
    FILE *file = fopen(path, "rbe");
    char *bytes = NULL;
    size_t len = 0;
    off_t size = -1;
    bool bad;

    if (!file)
        return ctx_fail(
            ctx, ERR_NOT_FOUND,
            tr(ctx, "Could not open {0}: {1}", TR_TEXT(path), TR_TEXT(strerror(errno))));
    if (fseeko(file, 0, SEEK_END) == 0)
        size = ftello(file);
    bad = size < 0 || (uint64_t)size > max || fseeko(file, 0, SEEK_SET) != 0;
    if (!bad) {
        bytes = arena_alloc(ctx->arena, (size_t)size + 1);
        len = fread(bytes, 1, (size_t)size, file);
        bad = ferror(file) != 0;
    }
    (void)fclose(file);
    if (bad)
        return ctx_fail(ctx, ERR_INVALID,
                        tr(ctx, "Could not read {0}, or it is larger than {1} MB.", TR_TEXT(path),
                           TR_INT((int64_t)(max / 1024 / 1024))));
    bytes[len] = '\0';
    *out = (struct delivered){ slash ? slash + 1 : path, bytes, len };
    return OK;
}
