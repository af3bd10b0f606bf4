#include "forms/xlsx.h"

#include <stdio.h>
#include <string.h>

#include <zip.h>

#include "core/text.h"
#include "forms/xlsx_inner.h"

/* The package: which parts there are, the sheets, the formats and the shared strings. */

#define RELATIONS_MAX 2000
#define STYLES_MAX    65536
#define FORMATS_MAX   65536
#define BLOCK         ((size_t)1024)
#define BLOCKS_MAX    ((size_t)8192)

struct relation {
    const char *id;
    const char *type;
    const char *target;
};

struct relations {
    struct arena *arena;
    struct relation *items;
    size_t len;
};

struct sheet_info {
    const char *name;
    const char *relation;
    const char *part;
    bool hidden;
};

struct xlsx {
    zip_t *zip;
    struct arena *arena; /* of the workbook; of its own, so that ctx's may be rewound */
    struct arena *shared_arena;
    struct sheet_info *sheets;
    size_t sheets_len;
    bool is_1904;
    const char *shared_part; /* NULL if there is none */
    bool shared_loaded;
    const char ***shared; /* blocks of texts */
    size_t shared_len;
    struct buf text; /* of the shared string that is being read */
    bool in_text;
    size_t phonetic;
    unsigned char *styles; /* enum xlsx_format by style */
    size_t styles_len;
    unsigned char *formats; /* by the id of a format; FORMATS_MAX */
    bool in_styles;
};

/* --- failures that several files tell --- */

enum err xlsx_damaged(struct ctx *ctx, const char *part)
{
    return ctx_fail(ctx, ERR_INVALID,
                    tr(ctx,
                       "The workbook is damaged: {0} in it cannot be read. Open it in a "
                       "spreadsheet program and save it again.",
                       TR_TEXT(part)));
}

enum err xlsx_too_large(struct ctx *ctx, const char *part)
{
    return ctx_fail(ctx, ERR_LIMIT,
                    tr(ctx,
                       "The workbook is larger than can be read: {0} in it. Split it, or save "
                       "the sheet as CSV.",
                       TR_TEXT(part)));
}

static enum err no_workbook(struct ctx *ctx)
{
    return ctx_fail(ctx, ERR_INVALID,
                    tr(ctx, "This is no workbook of the type .xlsx: save it as one and try "
                            "again."));
}

/* --- relations between parts --- */

static void relation_begin(struct xml_part *p, const struct xlsx_tag *tag)
{
    struct relations *r = xml_self(p);
    const char *mode;

    if (strcmp(tag->name, "Relationship") != 0)
        return;
    if (r->len == RELATIONS_MAX) {
        xml_stop(p, xlsx_too_large(xml_ctx(p), "_rels"));
        return;
    }
    mode = xml_attr_text(r->arena, tag, "TargetMode");
    if (mode && ascii_casecmp(mode, "External") == 0)
        return;
    r->items[r->len].id = xml_attr_text(r->arena, tag, "Id");
    r->items[r->len].type = xml_attr_text(r->arena, tag, "Type");
    r->items[r->len].target = xml_attr_text(r->arena, tag, "Target");
    if (r->items[r->len].id && r->items[r->len].type && r->items[r->len].target)
        r->len++;
}

static enum err read_relations(struct ctx *ctx, struct xlsx *x, struct relations *r,
                               const char *part)
{
    static const struct xml_reader reader = { .begin = relation_begin };
    const char *slash = strrchr(part, '/');
    const char *base = slash ? slash + 1 : part;
    const char *name = arena_printf(x->arena, "%.*s_rels/%s.rels", (int)(base - part), part, base);

    r->arena = x->arena;
    r->items = ARENA_ARRAY(x->arena, RELATIONS_MAX, struct relation);
    return xml_read(ctx, x, name, &reader, r);
}

static const struct relation *relation_of(const struct relations *r, const char *kind)
{
    for (size_t i = 0; i < r->len; i++)
        if (text_ends(r->items[i].type, kind))
            return &r->items[i];
    return NULL;
}

/* Name in the package of what a part in folder refers to: no empty step, no dots. */
static const char *resolve(struct arena *a, const char *part, const char *target)
{
    const char *slash = strrchr(part, '/');
    size_t folder = target[0] == '/' || !slash ? 0 : (size_t)(slash - part);
    char *path = arena_printf(a, "%.*s/%s", (int)folder, part, target);
    char **steps = text_split(a, path, '/', true, NULL);
    const char *name = "";

    for (size_t i = 0; steps[i]; i++) {
        const char *last = strrchr(name, '/');

        if (strcmp(steps[i], "..") == 0)
            name = last ? arena_strndup(a, name, (size_t)(last - name)) : "";
        else if (strcmp(steps[i], ".") != 0)
            name = arena_printf(a, "%s%s%s", name, name[0] ? "/" : "", steps[i]);
    }
    return name;
}

/* --- the workbook --- */

static void workbook_begin(struct xml_part *p, const struct xlsx_tag *tag)
{
    struct xlsx *x = xml_self(p);
    struct span s = { 0 };
    struct sheet_info *sheet;

    if (strcmp(tag->name, "workbookPr") == 0 && xml_attr(tag, "date1904", &s))
        x->is_1904 = span_is(s, "1") || span_is(s, "true") || span_is(s, "on");
    if (strcmp(tag->name, "sheet") != 0)
        return;
    if (x->sheets_len == XLSX_SHEETS_MAX) {
        xml_stop(p, xlsx_too_large(xml_ctx(p), "workbook.xml"));
        return;
    }
    sheet = &x->sheets[x->sheets_len];
    sheet->name = xml_attr_text(x->arena, tag, "name");
    sheet->relation = xml_attr_text(x->arena, tag, "id");
    sheet->hidden = xml_attr(tag, "state", &s) && !span_is(s, "visible");
    if (sheet->name && sheet->relation)
        x->sheets_len++;
}

/* Sheets get their parts; what is no worksheet, such as a chart, is taken out. */
static void place_sheets(struct xlsx *x, const struct relations *r, const char *workbook)
{
    size_t kept = 0;

    for (size_t i = 0; i < x->sheets_len; i++) {
        struct sheet_info *sheet = &x->sheets[i];

        for (size_t k = 0; k < r->len && !sheet->part; k++)
            if (strcmp(r->items[k].id, sheet->relation) == 0 &&
                text_ends(r->items[k].type, "/worksheet"))
                sheet->part = resolve(x->arena, workbook, r->items[k].target);
        if (sheet->part)
            x->sheets[kept++] = *sheet;
    }
    x->sheets_len = kept;
}

/* --- formats --- */

static void styles_begin(struct xml_part *p, const struct xlsx_tag *tag)
{
    struct xlsx *x = xml_self(p);
    struct span s = { 0 };
    int64_t id = 0;

    if (strcmp(tag->name, "cellXfs") == 0) {
        x->in_styles = true;
    } else if (strcmp(tag->name, "numFmt") == 0 && xml_attr(tag, "numFmtId", &s) &&
               span_int(s, FORMATS_MAX - 1, &id)) {
        const char *code = xml_attr_text(x->arena, tag, "formatCode");

        x->formats[id] = (unsigned char)(code ? format_read(code) : SHOW_NUMBER);
    } else if (x->in_styles && strcmp(tag->name, "xf") == 0) {
        if (x->styles_len == STYLES_MAX) {
            xml_stop(p, xlsx_too_large(xml_ctx(p), "styles.xml"));
            return;
        }
        if (xml_attr(tag, "numFmtId", &s) && span_int(s, FORMATS_MAX - 1, &id))
            x->styles[x->styles_len] = x->formats[id];
        x->styles_len++;
    }
}

static void styles_end(struct xml_part *p, const char *name)
{
    struct xlsx *x = xml_self(p);

    if (strcmp(name, "cellXfs") == 0)
        x->in_styles = false;
}

static enum err read_styles(struct ctx *ctx, struct xlsx *x, const struct relations *r,
                            const char *workbook)
{
    static const struct xml_reader reader = { .begin = styles_begin, .end = styles_end };
    const struct relation *styles = relation_of(r, "/styles");
    enum err rc;

    x->formats = arena_alloc(x->arena, FORMATS_MAX);
    x->styles = arena_alloc(x->arena, STYLES_MAX);
    for (int64_t id = 0; id < FORMATS_MAX; id++)
        x->formats[id] = (unsigned char)format_builtin(id);
    if (!styles)
        return OK;
    rc = xml_read(ctx, x, resolve(x->arena, workbook, styles->target), &reader, x);
    return rc == ERR_NOT_FOUND ? OK : rc;
}

enum xlsx_format xlsx_style(const struct xlsx *x, int64_t style)
{
    return (size_t)style < x->styles_len ? (enum xlsx_format)x->styles[style] : SHOW_NUMBER;
}

/* --- shared strings --- */

static void shared_begin(struct xml_part *p, const struct xlsx_tag *tag)
{
    struct xlsx *x = xml_self(p);

    if (strcmp(tag->name, "si") == 0)
        buf_clear(&x->text);
    else if (strcmp(tag->name, "rPh") == 0)
        x->phonetic++;
    else if (strcmp(tag->name, "t") == 0)
        x->in_text = x->phonetic == 0;
}

static void shared_text(struct xml_part *p, const char *text, size_t len)
{
    struct xlsx *x = xml_self(p);

    if (x->in_text)
        buf_add_len(&x->text, text, len);
}

static void shared_keep(struct xml_part *p, struct xlsx *x)
{
    size_t block = x->shared_len / BLOCK;
    char *text;

    if (block == BLOCKS_MAX || !buf_ok(&x->text) || arena_over_budget(x->shared_arena)) {
        xml_stop(p, xlsx_too_large(xml_ctx(p), x->shared_part));
        return;
    }
    if (!x->shared[block])
        x->shared[block] = ARENA_ARRAY(x->shared_arena, BLOCK, const char *);
    text = arena_strndup(x->shared_arena, buf_text(&x->text), x->text.len);
    cell_unescape(text);
    x->shared[block][x->shared_len % BLOCK] = text;
    x->shared_len++;
}

static void shared_end(struct xml_part *p, const char *name)
{
    struct xlsx *x = xml_self(p);

    if (strcmp(name, "si") == 0)
        shared_keep(p, x);
    else if (strcmp(name, "rPh") == 0 && x->phonetic)
        x->phonetic--;
    else if (strcmp(name, "t") == 0)
        x->in_text = false;
}

enum err xlsx_shared_load(struct ctx *ctx, struct xlsx *x)
{
    static const struct xml_reader reader = { .begin = shared_begin,
                                              .end = shared_end,
                                              .text = shared_text };
    enum err rc;

    if (x->shared_loaded || !x->shared_part)
        return OK;
    x->shared_arena = arena_new(XLSX_SHARED_MAX);
    x->shared = ARENA_ARRAY(x->shared_arena, BLOCKS_MAX, const char **);
    buf_init(&x->text, x->arena, XLSX_CELL_MAX);
    rc = xml_read(ctx, x, x->shared_part, &reader, x);
    if (rc == ERR_NOT_FOUND)
        rc = OK; /* as if it were empty: a cell that refers to it is told */
    x->shared_loaded = !rc;
    return rc;
}

const char *xlsx_shared(const struct xlsx *x, int64_t place)
{
    size_t i = (size_t)place;

    return i < x->shared_len ? x->shared[i / BLOCK][i % BLOCK] : NULL;
}

/* --- opening and closing --- */

static enum err read_package(struct ctx *ctx, struct xlsx *x)
{
    static const struct xml_reader reader = { .begin = workbook_begin };
    struct relations outer = { 0 };
    struct relations r = { 0 };
    const struct relation *found;
    const char *workbook = "xl/workbook.xml";
    enum err rc = read_relations(ctx, x, &outer, "");

    if (rc && rc != ERR_NOT_FOUND)
        return rc;
    found = relation_of(&outer, "/officeDocument");
    if (found)
        workbook = resolve(x->arena, "", found->target);
    x->sheets = ARENA_ARRAY(x->arena, XLSX_SHEETS_MAX, struct sheet_info);
    rc = xml_read(ctx, x, workbook, &reader, x);
    if (!rc)
        rc = read_relations(ctx, x, &r, workbook);
    if (rc)
        return rc == ERR_NOT_FOUND ? no_workbook(ctx) : rc;
    place_sheets(x, &r, workbook);
    if (x->sheets_len == 0)
        return no_workbook(ctx);
    found = relation_of(&r, "/sharedStrings");
    if (found)
        x->shared_part = resolve(x->arena, workbook, found->target);
    return read_styles(ctx, x, &r, workbook);
}

static void release(void *data)
{
    xlsx_close(data);
}

/* Takes the package over, whatever happens. */
static enum err open_zip(struct ctx *ctx, struct xlsx **out, zip_t *zip)
{
    struct xlsx *x = ARENA_NEW(ctx->arena, struct xlsx);
    enum err rc;

    x->zip = zip;
    x->arena = arena_new(0);
    arena_on_free(ctx->arena, release, x);
    if (zip_get_num_entries(zip, 0) > XLSX_ENTRIES_MAX)
        rc = xlsx_too_large(ctx, "zip");
    else
        rc = read_package(ctx, x);
    if (rc)
        xlsx_close(x);
    else
        *out = x;
    return rc;
}

bool xlsx_looks_like(const void *bytes, size_t len)
{
    return len >= 4 && memcmp(bytes, "PK\x03\x04", 4) == 0;
}

/* The container of Office up to 2003, and of workbooks with a password. */
static bool looks_old(const void *bytes, size_t len)
{
    return len >= 8 && memcmp(bytes, "\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", 8) == 0;
}

static enum err refuse(struct ctx *ctx, const void *bytes, size_t len)
{
    if (looks_old(bytes, len))
        return ctx_fail(ctx, ERR_INVALID,
                        tr(ctx, "This workbook has a password, or is of the old type .xls: save "
                                "it as .xlsx without a password."));
    return no_workbook(ctx);
}

static enum err open_source(struct ctx *ctx, struct xlsx **out, zip_source_t *source)
{
    zip_error_t error;
    zip_t *zip = NULL;

    zip_error_init(&error);
    if (source)
        zip = zip_open_from_source(source, ZIP_RDONLY, &error);
    zip_error_fini(&error);
    if (!zip) {
        if (source)
            zip_source_free(source);
        return no_workbook(ctx);
    }
    return open_zip(ctx, out, zip);
}

enum err xlsx_open_bytes(struct ctx *ctx, struct xlsx **out, const void *bytes, size_t len)
{
    if (len > XLSX_FILE_MAX)
        return xlsx_too_large(ctx, "zip");
    if (!xlsx_looks_like(bytes, len))
        return refuse(ctx, bytes, len);
    return open_source(ctx, out, zip_source_buffer_create(bytes, len, 0, NULL));
}

enum err xlsx_open_file(struct ctx *ctx, struct xlsx **out, const char *path)
{
    unsigned char head[8] = { 0 };
    FILE *file = fopen(path, "rbe");
    size_t len;
    bool large;

    if (!file)
        return ctx_fail(ctx, ERR_NOT_FOUND, tr(ctx, "Could not open {0}.", TR_TEXT(path)));
    len = fread(head, 1, sizeof(head), file);
    large = fseeko(file, 0, SEEK_END) != 0 || ftello(file) > (off_t)XLSX_FILE_MAX ||
            fseeko(file, 0, SEEK_SET) != 0;
    if (large || !xlsx_looks_like(head, len)) {
        (void)fclose(file);
        return large ? xlsx_too_large(ctx, "zip") : refuse(ctx, head, len);
    }
    return open_source(ctx, out, zip_source_filep_create(file, 0, -1, NULL));
}

void xlsx_close(struct xlsx *x)
{
    if (!x)
        return;
    if (x->zip)
        zip_discard(x->zip);
    x->zip = NULL;
    if (x->shared_arena)
        arena_free(x->shared_arena);
    x->shared_arena = NULL;
    if (x->arena)
        arena_free(x->arena);
    x->arena = NULL;
}

/* --- what there is --- */

struct zip *xlsx_zip(const struct xlsx *x)
{
    return x->zip;
}

size_t xlsx_sheets(const struct xlsx *x)
{
    return x->sheets_len;
}

const char *xlsx_sheet_name(const struct xlsx *x, size_t sheet)
{
    return x->sheets[sheet].name;
}

bool xlsx_sheet_hidden(const struct xlsx *x, size_t sheet)
{
    return x->sheets[sheet].hidden;
}

const char *xlsx_sheet_part(const struct xlsx *x, size_t sheet)
{
    return x->sheets[sheet].part;
}

bool xlsx_is_1904(const struct xlsx *x)
{
    return x->is_1904;
}

size_t xlsx_sheet_find(const struct xlsx *x, const char *name)
{
    size_t i = 0;

    while (i < x->sheets_len && ascii_casecmp(x->sheets[i].name, name) != 0)
        i++;
    return i;
}
