#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "audit/audit_inner.h"
#include "core/opt.h"
#include "core/text.h"

#define PAGE       100
#define LINE_BYTES 256

DB_SQL(EXPORT_PAGE, "SELECT place, made_at, hash, heads FROM audit_checkpoint WHERE place > $1"
                    " ORDER BY place LIMIT $2");
DB_SQL(EXPORT_HASH, "SELECT hash FROM audit_checkpoint WHERE place = $1");

static const char usage[] =
    "homeward audit verify --database FILE [--export FILE] [--against FILE]\n"
    "\n"
    "Homeward writes down who changed and who opened what. Each row carries a hash of the rows\n"
    "before it, made with a key of the key store; from time to time the newest hashes go into a\n"
    "checkpoint. This command recomputes all of them and says where a row was changed or removed.\n"
    "\n"
    "Keep the file that --export writes on another machine: with --against it shows whether\n"
    "somebody cut off the newest rows and checkpoints together. The file holds no personal data.\n";

static const struct opt_spec options[] = {
    { "database", "FILE-or-URL", "the database: a file, or postgresql://...", true },
    { "keys", "FILE-or-URL", "the key store (default: FILE.keys)", false },
    { "key-file", "FILE", "file with the master key (default: FILE.master)", false },
    { "passphrase-file", "FILE", "file whose first line is the passphrase", false },
    { "export", "FILE", "write all checkpoints into this new file", false },
    { "against", "FILE", "compare with a file that --export has written earlier", false },
    { 0 },
};

static enum err export_page(struct ctx *ctx, FILE *f, int64_t *last, bool *more_out)
{
    struct rows *rows = NULL;
    bool more = false;
    int64_t taken = 0;
    enum err rc;

    rc = db_query(ctx, &rows, &EXPORT_PAGE, DB_INT(*last), DB_INT(PAGE));
    if (rc)
        return rc;
    for (;;) {
        const void *hash;
        size_t len = 0;

        rc = db_next(ctx, rows, &more);
        if (rc || !more)
            break;
        *last = row_int(rows, 0);
        hash = row_blob(rows, 2, &len);
        fprintf(f, "%lld %lld %s;", (long long)*last, (long long)row_int(rows, 1),
                hex_text(ctx->arena, hash, len));
        for (const char *p = row_text(rows, 3); *p; p++)
            fputc(*p == '\n' ? ';' : *p, f);
        fputc('\n', f);
        taken++;
    }
    db_rows_close(rows);
    *more_out = taken == PAGE;
    return rc;
}

static enum err file_fault(struct ctx *ctx, const char *path)
{
    return ctx_fail(
        ctx, ERR_IO,
        tr(ctx, "Could not write or read {0}: {1}.", TR_TEXT(path), TR_TEXT(strerror(errno))));
}

enum err audit_export(struct ctx *ctx, const char *path)
{
    struct arena_mark mark;
    int64_t last = 0;
    bool more = true;
    enum err rc = OK;
    FILE *f;
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

    if (fd < 0)
        return file_fault(ctx, path);
    f = fdopen(fd, "w");
    if (!f) {
        close(fd);
        return file_fault(ctx, path);
    }
    while (more && rc == OK) {
        mark = arena_mark(ctx->arena);
        rc = export_page(ctx, f, &last, &more);
        if (rc == OK)
            arena_rewind(ctx->arena, mark);
    }
    if (rc == OK && (fflush(f) || ferror(f) || fsync(fd)))
        rc = file_fault(ctx, path);
    fclose(f);
    if (rc)
        unlink(path);
    return rc;
}

/* "PLACE MADE_AT HASH ..."; the rest of the line is passed over. */
static bool read_line(struct ctx *ctx, FILE *f, int64_t *place, unsigned char hash[AUDIT_HASH],
                      bool *end_out)
{
    char line[LINE_BYTES];
    char **parts;
    size_t len = 0;
    int c = 0;

    *end_out = !fgets(line, sizeof(line), f);
    if (*end_out)
        return true;
    if (!strchr(line, '\n')) {
        while (c != '\n' && c != EOF)
            c = fgetc(f);
    }
    line[strcspn(line, "\n")] = '\0';
    parts = text_split(ctx->arena, line, ' ', false, &len);
    if (len < 3 || !parse_int(parts[0], 1, INT64_MAX, place))
        return false;
    return hex_parse(arena_strndup(ctx->arena, parts[2], strcspn(parts[2], ";")), hash, AUDIT_HASH);
}

static enum err same_hash(struct ctx *ctx, bool *same_out, int64_t place,
                          const unsigned char hash[AUDIT_HASH])
{
    struct rows *rows = NULL;
    const void *stored = NULL;
    size_t len = 0;
    bool more = false;
    enum err rc;

    rc = db_query(ctx, &rows, &EXPORT_HASH, DB_INT(place));
    if (rc)
        return rc;
    rc = db_next(ctx, rows, &more);
    if (rc == OK && more)
        stored = row_blob(rows, 0, &len);
    *same_out = len == AUDIT_HASH && secret_equal(stored, hash, AUDIT_HASH);
    db_rows_close(rows);
    return rc;
}

static enum err compare_lines(struct ctx *ctx, const char **fault_out, FILE *f)
{
    unsigned char hash[AUDIT_HASH];
    const char *fault = NULL;
    struct arena_mark mark;
    int64_t place = 0;
    bool same = false;
    bool end = false;
    enum err rc;

    for (;;) {
        mark = arena_mark(ctx->arena);
        if (!read_line(ctx, f, &place, hash, &end))
            return ctx_fail(ctx, ERR_INVALID,
                            tr(ctx, "The file was not written by audit verify --export."));
        if (end)
            break;
        rc = same_hash(ctx, &same, place, hash);
        if (rc)
            return rc;
        arena_rewind(ctx->arena, mark);
        if (!same) {
            fault = arena_printf(ctx->arena, "checkpoint %lld: it is not the one that was exported",
                                 (long long)place);
            break;
        }
    }
    *fault_out = fault;
    return OK;
}

enum err audit_compare(struct ctx *ctx, const char **fault_out, const char *path)
{
    enum err rc;
    FILE *f = fopen(path, "re");

    if (!f)
        return file_fault(ctx, path);
    rc = compare_lines(ctx, fault_out, f);
    fclose(f);
    return rc;
}

static enum err verify(struct ctx *ctx, const struct opts *o)
{
    struct audit_report report = { 0 };
    enum err rc;

    rc = audit_verify(ctx, &report);
    if (rc)
        return rc;
    printf("%s\n", tr(ctx,
                      "{0, plural, one {# chain} other {# chains}}, "
                      "{1, plural, one {# change} other {# changes}}, "
                      "{2, plural, one {# access} other {# accesses}}, "
                      "{3, plural, one {# checkpoint} other {# checkpoints}}",
                      TR_INT(report.chains), TR_INT(report.rows), TR_INT(report.access_rows),
                      TR_INT(report.checkpoints)));
    if (!report.fault && opt_text(o, "against")) {
        rc = audit_compare(ctx, &report.fault, opt_text(o, "against"));
        if (rc)
            return rc;
    }
    if (report.fault)
        return ctx_fail(ctx, ERR_INVALID,
                        tr(ctx, "The audit was tampered with. {0}.", TR_TEXT(report.fault)));
    puts(tr(ctx, "Nothing was changed or removed."));
    if (opt_text(o, "export"))
        return audit_export(ctx, opt_text(o, "export"));
    return OK;
}

enum err audit_command(struct ctx *ctx, int argc, char **argv)
{
    struct opts *o = NULL;
    enum err rc;

    rc = opts_parse(ctx, &o, options, usage, argc, argv);
    if (rc || !o)
        return rc;
    if (opt_words(o) != 1 || !text_equal(opt_word(o, 0), "verify"))
        return ctx_fail(ctx, ERR_INVALID, tr(ctx, "Type: homeward audit verify"));
    return verify(ctx, o);
}
