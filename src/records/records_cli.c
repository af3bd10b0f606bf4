#include "records/records_cli.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "auth/auth.h"
#include "auth/home.h"
#include "core/opt.h"
#include "core/text.h"
#include "records/attach.h"
#include "records/giving.h"
#include "records/import.h"

static enum err no_database(struct ctx *ctx)
{
    return ctx_fail(ctx, ERR_INVALID, tr(ctx, "Name the database: --database FILE"));
}

/* --- import --- */

static const char import_usage[] =
    "homeward import KIND FILE --database FILE [--as NAME] [--dry-run] [--skip-bad]\n"
    "homeward import --undo ID --database FILE [--as NAME]\n"
    "\n"
    "Reads records from a CSV file or a workbook (.xlsx). KIND is the form: person, rss. The\n"
    "first row names the fields of the form, or gives their labels in any language; a field of\n"
    "a kind below has that kind before it (case:opened). Rows of a repeated part are numbered:\n"
    "\n"
    "    names.1.name_text,names.1.name_script,birth_date,birth_precision,sex\n"
    "    Awa,Latn,1991-05-06,day,female\n"
    "\n"
    "Values are codes of the form or their labels; dates are YYYY-MM-DD or as people write them\n"
    "(--dates says what comes first in 03/04/2026); several codes in one cell are separated by\n"
    "spaces or commas. A kind that belongs to another record (rss to person) also needs the\n"
    "column record.parent with that record's number.\n"
    "\n"
    "Every row is checked as if it were typed in. Each mistake is told with row, column, value\n"
    "and reason; the first row is row 1. If any row has a mistake, nothing is stored, unless you\n"
    "say --skip-bad. --dry-run only checks. FILE - reads standard input.\n";

static const struct opt_spec import_options[] = {
    HOME_OPTS,
    { "as", "NAME", "the user to act as, with that user's rights", false },
    { "delimiter", "CHAR", "comma, semicolon or tab (default: found from the first row)", false },
    { "sheet", "NAME", "sheet of a workbook (default: the first)", false },
    { "head-rows", "N", "rows of headings: 1 or 2 (default: found out)", false },
    { "mapping", "NAME", "columns as they were kept under this name", false },
    { "dates", "ORDER", "dmy or mdy, where a column does not tell", false },
    { "match", NULL, "look for people who are there already: they are not made again", false },
    { "update", NULL, "with --match: write what the file says into their records", false },
    { "undo", "ID", "take back an import of the last 30 days", false },
    { "dry-run", NULL, "check only; store nothing", false },
    { "skip-bad", NULL, "store the good rows, pass over the others", false },
    { 0 },
};

static void print_report(struct ctx *ctx, const struct import_report *r, bool dry_run)
{
    for (size_t i = 0; i < r->faults_len; i++) {
        const struct import_fault *f = &r->faults[i];

        printf("%s\n", tr(ctx, "row {0}, column {1}, value \"{2}\": {3}", TR_INT(f->row),
                          TR_TEXT(f->column), TR_TEXT(f->value), TR_TEXT(f->reason)));
    }
    if (r->faults_len == IMPORT_FAULTS_MAX)
        printf("%s\n",
               tr(ctx, "Only the first {0} mistakes are shown.", TR_INT(IMPORT_FAULTS_MAX)));
    for (size_t i = 0; i < r->notes_len; i++)
        printf("%s\n", r->notes[i]);
    printf("%s\n",
           tr(ctx,
              "{0, plural, one {# row} other {# rows}} read, {1} good, {2} with mistakes, {3} "
              "stored.",
              TR_INT(r->rows), TR_INT(r->good), TR_INT(r->bad), TR_INT(r->stored)));
    for (size_t i = 0; i < r->likes_len; i++)
        printf("%s\n", tr(ctx, "row {0} is like {1} {2} ({3}).", TR_INT(r->likes[i].row),
                          TR_TEXT(r->likes[i].number), TR_TEXT(r->likes[i].title),
                          TR_TEXT(r->likes[i].why)));
    if (r->run_id)
        printf("%s\n", tr(ctx, "To take it back within 30 days: homeward import --undo {0}",
                          TR_TEXT(r->run_id)));
    if (dry_run)
        printf("%s\n", tr(ctx, "This was a dry run: nothing was stored."));
}

static bool read_delimiter(const char *text, char *out)
{
    if (!text)
        return true;
    if (text_equal(text, "tab") || text_equal(text, "\t"))
        *out = '\t';
    else if (text_equal(text, "comma") || text_equal(text, ","))
        *out = ',';
    else if (text_equal(text, "semicolon") || text_equal(text, ";"))
        *out = ';';
    else
        return false;
    return true;
}

static enum err undo_command(struct ctx *ctx, const char *id)
{
    struct import_undone undone = { 0 };
    enum err rc = import_undo(ctx, &undone, id, NULL, NULL);

    if (rc)
        return rc;
    for (size_t i = 0; i < undone.kept_len; i++)
        printf("%s\n", tr(ctx, "{0} was changed since and was left as it is.",
                          TR_TEXT(undone.kept[i].number)));
    printf("%s\n", tr(ctx, "{0, plural, one {# record was} other {# records were}} taken back.",
                      TR_INT(undone.undone)));
    return OK;
}

static enum err read_order(struct ctx *ctx, const char *text, enum date_order *out)
{
    if (!text)
        return OK;
    *out = text_equal(text, "mdy") ? ORDER_MONTH : ORDER_DAY;
    if (text_equal(text, "mdy") || text_equal(text, "dmy"))
        return OK;
    return ctx_fail(ctx, ERR_INVALID, tr(ctx, "--dates takes dmy or mdy."));
}

/* Columns that were kept; *out NULL: none were asked for. */
static enum err kept_mapping(struct ctx *ctx, const struct import_mapping **out, const char *kind,
                             const char *name, struct sheet *sheet)
{
    struct import_mapping *m = ARENA_NEW(ctx->arena, struct import_mapping);
    const struct form *form = NULL;
    const char *kept = NULL;
    enum err rc = OK;

    if (!name)
        return OK;
    rc = record_form(ctx, &form, kind);
    if (rc == OK)
        rc = mapping_load(ctx, &kept, kind, name);
    if (rc == OK && !kept)
        rc = ctx_fail(ctx, ERR_NOT_FOUND,
                      tr(ctx, "No columns are kept under the name {0}.", TR_TEXT(name)));
    if (rc == OK)
        rc = mapping_guess(ctx, m, form, sheet);
    if (rc == OK)
        rc = mapping_apply(ctx, m, kept, strlen(kept));
    if (rc == OK)
        *out = m;
    return rc;
}

enum err import_command(struct ctx *ctx, int argc, char **argv)
{
    struct import_report report = { 0 };
    struct import_options options = { 0 };
    struct opts *o = NULL;
    struct sheet_options read = { 0 };
    struct sheet *sheet = NULL;
    enum err rc;

    rc = opts_parse(ctx, &o, import_options, import_usage, argc, argv);
    if (rc || !o)
        return rc;
    if (opt_text(o, "undo"))
        return ctx->db ? undo_command(ctx, opt_text(o, "undo")) : no_database(ctx);
    if (opt_words(o) != 2)
        return ctx_fail(ctx, ERR_INVALID,
                        tr(ctx, "Say what to import and from where: homeward import KIND FILE"));
    if (!ctx->db)
        return no_database(ctx);
    if (!read_delimiter(opt_text(o, "delimiter"), &read.delimiter))
        return ctx_fail(ctx, ERR_INVALID, tr(ctx, "The delimiter is comma, semicolon or tab."));
    options.dry_run = opt_flag(o, "dry-run");
    options.match = opt_flag(o, "match");
    options.update = opt_flag(o, "update");
    read.name = opt_text(o, "sheet");
    read.head_rows = text_equal(opt_text(o, "head-rows"), "2") ? 2
                     : opt_text(o, "head-rows")                ? 1
                                                               : 0;
    rc = read_order(ctx, opt_text(o, "dates"), &options.dates);
    if (rc)
        return rc;
    options.skip_bad = opt_flag(o, "skip-bad");
    rc = sheet_open_file(ctx, &sheet, opt_word(o, 1), &read);
    if (rc)
        return rc;
    rc = kept_mapping(ctx, &options.mapping, opt_word(o, 0), opt_text(o, "mapping"), sheet);
    if (rc)
        return rc;
    rc = record_import(ctx, &report, opt_word(o, 0), sheet, &options);
    print_report(ctx, &report, options.dry_run);
    return rc;
}

/* --- export --- */

static const char export_usage[] =
    "homeward export KIND --database FILE --out FILE [--format csv|xlsx|json] [--as NAME]\n"
    "                [--labels] [--columns NAMES] [--linked] [--codebook] [--status STATUS]\n"
    "                [--office CODE] [--to NAME --purpose CODE]\n"
    "\n"
    "Writes all records of a kind that the user may see into a file that only you may read. CSV\n"
    "and XLSX have the columns that homeward import reads; JSON has one object per record. The\n"
    "export is audited, and every record in it is noted in the access log.\n"
    "\n"
    "--columns takes names with commas between them: fields, groups, repeated parts,\n"
    "record.number; of a kind below the one asked for, case:opened_on, or case: for all of it.\n"
    "--linked makes a table for each repeated part and each kind below instead of rows side by\n"
    "side: sheets of a workbook, or a zip of CSV files. So does --codebook, which tells what\n"
    "each column and each code means in every language.\n"
    "\n"
    "Without --to the file is for the work of the own office and of those in the user's scope;\n"
    "--office takes the records of one of them. With --to it is given to somebody else: another\n"
    "office, a partner, a donor, by the name that stands in consents. What a person has not\n"
    "consented to give them for this purpose is left out, and what is given is written down with\n"
    "the person, as on the page for exports.\n"
    "\n"
    "The file holds personal data in clear. Keep it no longer than you need it. --out - writes to\n"
    "standard output.\n";

static const struct opt_spec export_options[] = {
    HOME_OPTS,
    { "as", "NAME", "the user to act as, with that user's rights", false },
    { "format", "FORMAT", "csv, xlsx or json (default: csv)", false },
    { "labels", NULL, "headings and choices as people read them, not names and codes", false },
    { "columns", "NAMES", "only these, with commas between them", false },
    { "linked", NULL, "a table for each repeated part and each kind below", false },
    { "codebook", NULL, "add what each column and code means", false },
    { "status", "STATUS", "only records of this status", false },
    { "jobs", "N", "processes that read, 1 or 2 (default: 2 for many records)", false },
    { "office", "CODE", "only records of this office, if the user's scope reaches it", false },
    { "to", "NAME", "who receives the file, if not the own office: as consents name them", false },
    { "purpose", "CODE", "what they receive it for: a purpose of the form of consent", false },
    { "out", "FILE", "where to write", true },
    { 0 },
};

static bool read_format(const char *text, enum export_format *out)
{
    *out = EXPORT_CSV;
    if (!text || text_equal(text, "csv"))
        return true;
    *out = text_equal(text, "json") ? EXPORT_JSON : EXPORT_XLSX;
    return text_equal(text, "json") || text_equal(text, "xlsx");
}

static enum err file_fault(struct ctx *ctx, const char *path)
{
    return ctx_fail(ctx, ERR_IO,
                    tr(ctx, "Could not write {0}: {1}.", TR_TEXT(path), TR_TEXT(strerror(errno))));
}

/* To people, not into the file. */
static void tell_left_out(struct ctx *ctx, const struct giving *g)
{
    for (size_t i = 0; g && i < g->reasons_len; i++)
        fprintf(stderr, "%s\n",
                tr(ctx, "Left out, {0, plural, one {# record} other {# records}}: {1}",
                   TR_INT(g->reasons[i].count), TR_TEXT(tr_args(ctx, g->reasons[i].text, NULL))));
}

/* One office of those in scope; another one is as if it were not there. */
static enum err read_office(struct ctx *ctx, struct record_filter *out, const char *code)
{
    const char *id = NULL;
    enum err rc = code ? office_find(ctx, &id, code) : OK;

    if (rc || !code)
        return rc;
    if (!ctx->user || (ctx->user->scope != SCOPE_ALL && !text_equal(id, ctx->user->office_id)))
        return ctx_fail(ctx, ERR_NOT_FOUND, tr(ctx, "There is no office {0}.", TR_TEXT(code)));
    out->office_id = id;
    return OK;
}

/* For the own work, or for somebody else: then both must be said. */
static enum err read_receiver(struct ctx *ctx, struct export_options *out, struct giving *g,
                              struct opts *o)
{
    g->recipient = opt_text(o, "to");
    g->purpose = opt_text(o, "purpose");
    if (!g->recipient && !g->purpose)
        return OK;
    out->giving = g;
    g->recipient = text_trim(ctx->arena, g->recipient ? g->recipient : "");
    g->purpose = g->purpose ? g->purpose : "";
    return giving_check(ctx, g->recipient, g->purpose);
}

/* Into a file beside it first: what was there stays if the export is refused or fails. */
static enum err export_to(struct ctx *ctx, const char *kind, const struct export_options *options,
                          const char *path)
{
    const char *part = arena_printf(ctx->arena, "%s.part", path);
    int64_t records = 0;
    enum err rc;
    int fd;

    if (text_equal(path, "-")) {
        rc = record_export(ctx, kind, options, STDOUT_FILENO, NULL);
        if (rc == OK)
            tell_left_out(ctx, options->giving);
        return rc;
    }
    /* One that was killed has left its half of the file: it is nobody's. */
    if (unlink(part) && errno != ENOENT)
        return file_fault(ctx, part);
    fd = open(part, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
    if (fd < 0)
        return file_fault(ctx, part);
    rc = record_export(ctx, kind, options, fd, &records);
    if (rc == OK && options->giving)
        rc = giving_stands(ctx, options->giving->basis, options->giving->basis_len);
    if (rc == OK && fsync(fd))
        rc = file_fault(ctx, part);
    if (close(fd) && rc == OK)
        rc = file_fault(ctx, part);
    if (rc == OK && rename(part, path))
        rc = file_fault(ctx, path);
    if (rc) {
        unlink(part);
        return rc;
    }
    printf("%s\n", tr(ctx, "{0, plural, one {# record} other {# records}} written to {1}.",
                      TR_INT(records), TR_TEXT(path)));
    tell_left_out(ctx, options->giving);
    return OK;
}

static void read_columns(struct ctx *ctx, struct export_options *out, const char *text)
{
    char **names = text_split(ctx->arena, text, ',', true, &out->columns_len);

    for (size_t i = 0; i < out->columns_len; i++)
        names[i] = arena_strdup(ctx->arena, text_trim(ctx->arena, names[i]));
    out->columns = (const char *const *)names;
}

enum err export_command(struct ctx *ctx, int argc, char **argv)
{
    struct export_options options = { 0 };
    struct record_filter filter = { 0 };
    struct giving giving = { 0 };
    struct opts *o = NULL;
    enum err rc;

    rc = opts_parse(ctx, &o, export_options, export_usage, argc, argv);
    if (rc || !o)
        return rc;
    if (opt_words(o) != 1)
        return ctx_fail(ctx, ERR_INVALID, tr(ctx, "Say what to export: homeward export KIND"));
    if (!read_format(opt_text(o, "format"), &options.format))
        return ctx_fail(ctx, ERR_INVALID, tr(ctx, "The format is csv, xlsx or json."));
    if (!ctx->db)
        return no_database(ctx);
    if (opt_text(o, "jobs") && !parse_int(opt_text(o, "jobs"), 1, 2, &options.jobs))
        return ctx_fail(ctx, ERR_INVALID, tr(ctx, "--jobs takes 1 or 2."));
    options.labels = opt_flag(o, "labels");
    options.linked = opt_flag(o, "linked");
    options.codebook = opt_flag(o, "codebook");
    if (opt_text(o, "columns"))
        read_columns(ctx, &options, opt_text(o, "columns"));
    filter.status = opt_text(o, "status");
    rc = read_office(ctx, &filter, opt_text(o, "office"));
    if (rc == OK)
        rc = read_receiver(ctx, &options, &giving, o);
    if (rc)
        return rc;
    if (filter.status || filter.office_id)
        options.filter = &filter;
    return export_to(ctx, opt_word(o, 0), &options, opt_text(o, "out"));
}

/* --- index --- */

static const char index_usage[] =
    "homeward index rebuild --database FILE\n"
    "\n"
    "Names are sealed; they are found by an index of keyed hashes in a file of its own,\n"
    "FILE.index. It is in no backup. This command makes it again from the records: after a\n"
    "restore, after the file was lost or damaged, or when a version of Homeward folds names in a\n"
    "new way. A damaged file is replaced: start the server again if it runs meanwhile.\n";

static const struct opt_spec index_options[] = {
    HOME_OPTS,
    { 0 },
};

enum err index_command(struct ctx *ctx, int argc, char **argv)
{
    struct opts *o = NULL;
    int64_t records = 0;
    enum err rc;

    rc = opts_parse(ctx, &o, index_options, index_usage, argc, argv);
    if (rc || !o)
        return rc;
    if (opt_words(o) != 1 || !text_equal(opt_word(o, 0), "rebuild"))
        return ctx_fail(ctx, ERR_INVALID, tr(ctx, "What is known: homeward index rebuild"));
    if (!ctx->db)
        return no_database(ctx);
    rc = index_rebuild(ctx, &records);
    if (rc == OK)
        printf("%s\n", tr(ctx, "{0, plural, one {# record is} other {# records are}} in the index.",
                          TR_INT(records)));
    return rc;
}

/* --- files --- */

enum err files_check(struct ctx *ctx)
{
    struct attachments_report r = { 0 };
    enum err rc = attachments_check(ctx, &r);

    for (size_t i = 0; rc == OK && i < r.told_len; i++)
        (void)ctx_fail(ctx, ERR_INVALID, tr(ctx, "The file {0} is damaged.", TR_TEXT(r.told[i])));
    if (rc == OK && r.damaged > 0)
        rc = ctx_fail(ctx, ERR_INVALID,
                      tr(ctx,
                         "{0} of {1} files of records are damaged. Bring them back from a backup.",
                         TR_INT(r.damaged), TR_INT(r.files)));
    if (rc == OK)
        printf("%s\n", tr(ctx, "Files of records: {0}, each opened and whole", TR_INT(r.files)));
    return rc;
}
