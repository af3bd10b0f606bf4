#include "core/asset.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <sodium.h>

#include "core/text.h"
#include "core/tr.h"

#define FILE_MAX       ((size_t)4 * 1024 * 1024)
#define FILES_MAX      ((size_t)4096)
#define DEPTH_MAX      8
#define NAME_MAX_BYTES 200

struct ending {
    const char *text;
    const char *type;
};

static const struct ending endings[] = {
    { ".css", "text/css; charset=utf-8" },
    { ".js", "text/javascript; charset=utf-8" },
    { ".svg", "image/svg+xml" },
    { ".png", "image/png" },
    { ".ico", "image/x-icon" },
    { ".woff2", "font/woff2" },
    { ".csv", "text/csv; charset=utf-8" },
    { ".sql", "text/plain; charset=utf-8" },
    { ".md", "text/markdown; charset=utf-8" },
    { ".mo", "application/octet-stream" },
    { ".txt", "text/plain; charset=utf-8" },
    { ".json", "application/json" },
};

/* The directory's files, sorted by name: part of the program from its start to its end. */
static struct asset *own;
static size_t own_len;
static unsigned generation;

static int compare_assets(const void *a, const void *b)
{
    const struct asset *x = a;
    const struct asset *y = b;

    return strcmp(x->name, y->name);
}

static const struct asset *find_in(const struct asset *table, size_t len, const char *name)
{
    struct asset key = { .name = name };

    return len ? bsearch(&key, table, len, sizeof(*table), compare_assets) : NULL;
}

const struct asset *asset_find(const char *name)
{
    const struct asset *found = find_in(own, own_len, name);

    return found ? found : find_in(asset_table, asset_table_len, name);
}

unsigned asset_generation(void)
{
    return generation;
}

/* First of a sorted table whose name is not below prefix. */
static size_t lower_bound(const struct asset *table, size_t len, const char *prefix)
{
    size_t low = 0;

    while (low < len) {
        size_t middle = low + (len - low) / 2;

        if (strcmp(table[middle].name, prefix) < 0)
            low = middle + 1;
        else
            len = middle;
    }
    return low;
}

const struct asset *const *asset_list(struct arena *a, const char *prefix)
{
    size_t i = lower_bound(asset_table, asset_table_len, prefix);
    size_t k = lower_bound(own, own_len, prefix);
    size_t len = 0;
    const struct asset **list =
        ARENA_ARRAY(a, asset_table_len - i + own_len - k + 1, const struct asset *);

    for (;;) {
        bool shipped = i < asset_table_len && text_starts(asset_table[i].name, prefix);
        bool ours = k < own_len && text_starts(own[k].name, prefix);
        int order;

        if (!shipped && !ours)
            break;
        order = !shipped ? 1 : !ours ? -1 : strcmp(asset_table[i].name, own[k].name);
        list[len++] = order < 0 ? &asset_table[i] : &own[k];
        i += order <= 0;
        k += order >= 0;
    }
    return list;
}

/* Everything that reading the directory needs. */
struct reading {
    struct ctx *ctx;
    struct arena *arena; /* of the process: what is read here stays */
    struct asset *files;
    size_t len;
};

static const char *type_of(const char *name)
{
    for (size_t i = 0; i < sizeof(endings) / sizeof(endings[0]); i++)
        if (text_ends(name, endings[i].text))
            return endings[i].type;
    return NULL;
}

static bool is_plain(const char *name)
{
    size_t len = 0;

    for (; name[len]; len++)
        if (!ascii_is_alpha(name[len]) && !ascii_is_digit(name[len]) && !strchr("._-", name[len]))
            return false;
    return len > 0 && len <= NAME_MAX_BYTES;
}

static enum err io_error(struct reading *r, const char *name)
{
    return ctx_fail(r->ctx, ERR_IO,
                    tr(r->ctx, "Could not read {0}: {1}", TR_TEXT(name), TR_TEXT(strerror(errno))));
}

/* The whole of an open file into bytes; the file may not grow meanwhile. */
static enum err read_bytes(struct reading *r, int fd, const char *name, struct asset *out)
{
    struct stat st = { 0 };
    unsigned char *bytes;
    size_t len = 0;

    if (fstat(fd, &st) < 0)
        return io_error(r, name);
    if (st.st_size < 0 || (uint64_t)st.st_size > FILE_MAX)
        return ctx_fail(r->ctx, ERR_INVALID, tr(r->ctx, "{0} is larger than 4 MB.", TR_TEXT(name)));
    bytes = arena_alloc(r->arena, (size_t)st.st_size + 1);
    while (len < (size_t)st.st_size) {
        ssize_t got = read(fd, bytes + len, (size_t)st.st_size - len);

        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0)
            return io_error(r, name);
        if (got == 0)
            break;
        len += (size_t)got;
    }
    out->bytes = bytes;
    out->len = len;
    return OK;
}

static enum err add_file(struct reading *r, int dir_fd, const char *name, const char *asset_name)
{
    unsigned char hash[crypto_generichash_BYTES];
    struct asset *file = &r->files[r->len];
    enum err rc;
    int fd;

    if (r->len == FILES_MAX)
        return ctx_fail(r->ctx, ERR_INVALID,
                        tr(r->ctx, "The content directory has more than {0} files.",
                           TR_INT((int64_t)FILES_MAX)));
    fd = openat(dir_fd, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (fd < 0)
        return io_error(r, asset_name);
    rc = read_bytes(r, fd, asset_name, file);
    (void)close(fd);
    if (rc)
        return rc;

    if (crypto_generichash(hash, sizeof(hash), file->bytes, file->len, NULL, 0) != 0)
        return ERR_INTERNAL;
    file->name = asset_name;
    file->hash = hex_text(r->arena, hash, 8);
    file->type = type_of(name);
    r->len++;
    return OK;
}

static enum err read_dir(struct reading *r, int fd, const char *prefix, int depth);

static enum err add_entry(struct reading *r, int dir_fd, const char *prefix, const char *name,
                          int depth)
{
    const char *asset_name = arena_printf(r->arena, "%s%s", prefix, name);
    struct stat st = { 0 };
    int fd;

    if (!is_plain(name))
        return ctx_fail(r->ctx, ERR_INVALID,
                        tr(r->ctx,
                           "The name {0} cannot be used: only Latin letters, digits, dot, hyphen "
                           "and underscore are allowed.",
                           TR_TEXT(text_valid(name, strlen(name), NULL) ? asset_name : prefix)));
    if (fstatat(dir_fd, name, &st, 0) < 0)
        return io_error(r, asset_name);
    if (S_ISREG(st.st_mode))
        return type_of(name) ? add_file(r, dir_fd, name, asset_name) : OK;
    if (!S_ISDIR(st.st_mode))
        return OK;
    if (depth == DEPTH_MAX)
        return ctx_fail(r->ctx, ERR_INVALID,
                        tr(r->ctx, "The folder {0} lies too deep.", TR_TEXT(asset_name)));
    fd = openat(dir_fd, name, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return io_error(r, asset_name);
    return read_dir(r, fd, arena_printf(r->arena, "%s/", asset_name), depth + 1);
}

/* Takes fd over. Hidden files are passed by. */
static enum err read_dir(struct reading *r, int fd, const char *prefix, int depth)
{
    DIR *dir = fdopendir(fd);
    enum err rc = OK;

    if (!dir) {
        rc = io_error(r, prefix);
        (void)close(fd);
        return rc;
    }
    while (!rc) {
        const struct dirent *entry;

        errno = 0;
        entry = readdir(dir);
        if (!entry) {
            rc = errno ? io_error(r, prefix) : OK;
            break;
        }
        if (entry->d_name[0] != '.')
            rc = add_entry(r, fd, prefix, entry->d_name, depth);
    }
    (void)closedir(dir);
    return rc;
}

enum err asset_use_directory(struct ctx *ctx, const char *dir)
{
    static struct arena *kept;
    struct reading r = { .ctx = ctx };
    enum err rc;
    int fd;

    fd = open(dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0)
        return ctx_fail(ctx, ERR_IO,
                        tr(ctx, "Could not open {0}: {1}", TR_TEXT(dir), TR_TEXT(strerror(errno))));
    r.arena = arena_new(0);
    r.files = ARENA_ARRAY(r.arena, FILES_MAX + 1, struct asset);
    rc = read_dir(&r, fd, "content/", 1);
    if (rc) {
        arena_free(r.arena);
        return rc;
    }
    qsort(r.files, r.len, sizeof(*r.files), compare_assets);
    own = r.files;
    own_len = r.len;
    generation++;
    arena_free(kept);
    kept = r.arena;
    return OK;
}
