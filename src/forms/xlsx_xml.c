#include <string.h>

#include <libxml/parser.h>
#include <libxml/parserInternals.h>
#include <zip.h>

#include "core/text.h"
#include "forms/xlsx_inner.h"

/* libxml2 is fed piece by piece and calls back; it never makes a tree and never loads a file. */

#define PIECE       ((size_t)16 * 1024)
#define DEPTH_MAX   100
#define RATIO_FREE  ((uint64_t)4 * 1024 * 1024)
#define ATTRIBUTE_5 5

struct xml_part {
    struct ctx *ctx; /* of the call that feeds */
    const char *name;
    const struct xml_reader *reader;
    void *self;
    zip_file_t *file;
    xmlParserCtxtPtr parser;
    uint64_t packed;
    uint64_t inflated;
    size_t depth;
    size_t foreign; /* depth of an element of another vocabulary, which is passed by; 0 = none */
    enum err rc;
    struct arena *memory; /* of the piece */
    char *piece;
};

/* The vocabulary of spreadsheets, in both its names, and that of relations between parts. */
static bool is_known(const xmlChar *uri)
{
    static const char *const known[] = {
        "http://schemas.openxmlformats.org/spreadsheetml/2006/main",
        "http://purl.oclc.org/ooxml/spreadsheetml/main",
        "http://schemas.openxmlformats.org/package/2006/relationships",
    };

    if (!uri)
        return true;
    for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
        if (strcmp((const char *)uri, known[i]) == 0)
            return true;
    return false;
}

void xml_stop(struct xml_part *p, enum err rc)
{
    if (!p->rc)
        p->rc = rc;
    xmlStopParser(p->parser);
}

/* Spreadsheet programs write UTF-8 or UTF-16; other decoders need not be reachable. */
static bool encoding_allowed(const xmlChar *encoding)
{
    static const char *const allowed[] = { "UTF-8", "UTF-16", "UTF-16LE", "UTF-16BE", "US-ASCII" };

    for (size_t i = 0; encoding && i < sizeof(allowed) / sizeof(allowed[0]); i++)
        if (ascii_casecmp((const char *)encoding, allowed[i]) == 0)
            return true;
    return !encoding;
}

/* NOLINTNEXTLINE(readability-function-size) the parameters are libxml2's */
static void on_begin(void *data, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri,
                     int namespaces_len, const xmlChar **namespaces, int attrs_len, int defaulted,
                     const xmlChar **attrs)
{
    struct xml_part *p = data;
    struct xlsx_tag tag = { .name = (const char *)name,
                            .attrs = (const void *const *)attrs,
                            .attrs_len = (size_t)attrs_len };

    (void)prefix;
    (void)namespaces_len;
    (void)namespaces;
    (void)defaulted;
    p->depth++;
    if (p->depth > DEPTH_MAX || (p->depth == 1 && !encoding_allowed(p->parser->encoding))) {
        xml_stop(p, xlsx_damaged(p->ctx, p->name));
        return;
    }
    if (!p->foreign && !is_known(uri))
        p->foreign = p->depth;
    if (!p->foreign && !p->rc && p->reader->begin)
        p->reader->begin(p, &tag);
}

static void on_end(void *data, const xmlChar *name, const xmlChar *prefix, const xmlChar *uri)
{
    struct xml_part *p = data;

    (void)prefix;
    (void)uri;
    if (!p->foreign && !p->rc && p->reader->end)
        p->reader->end(p, (const char *)name);
    if (p->foreign == p->depth)
        p->foreign = 0;
    p->depth--;
}

static void on_text(void *data, const xmlChar *text, int len)
{
    struct xml_part *p = data;

    if (!p->foreign && !p->rc && p->reader->text)
        p->reader->text(p, (const char *)text, (size_t)len);
}

/* A document type: no spreadsheet program writes one, and it could hold entities. */
static void on_doctype(void *data, const xmlChar *name, const xmlChar *public_id,
                       const xmlChar *system_id)
{
    struct xml_part *p = data;

    (void)name;
    (void)public_id;
    (void)system_id;
    xml_stop(p, ctx_fail(p->ctx, ERR_INVALID,
                         tr(p->ctx,
                            "The workbook holds a document type in {0}, which no spreadsheet "
                            "program writes: it is refused.",
                            TR_TEXT(p->name))));
}

static void on_error(void *data, xmlErrorPtr error)
{
    (void)data;
    (void)error; /* xml_feed sees that the document is not well formed */
}

static void release(void *data)
{
    xml_close(data);
}

void xml_close(struct xml_part *p)
{
    if (!p)
        return;
    if (p->parser)
        xmlFreeParserCtxt(p->parser);
    p->parser = NULL;
    if (p->memory)
        arena_free(p->memory);
    p->memory = NULL;
    if (p->file)
        (void)zip_fclose(p->file);
    p->file = NULL;
}

static enum err open_entry(struct ctx *ctx, struct xml_part *p, struct xlsx *x)
{
    zip_stat_t st;
    zip_int64_t place = zip_name_locate(xlsx_zip(x), p->name, ZIP_FL_NOCASE);

    zip_stat_init(&st);
    if (place < 0)
        return ERR_NOT_FOUND;
    if (zip_stat_index(xlsx_zip(x), (zip_uint64_t)place, 0, &st) != 0)
        return xlsx_damaged(ctx, p->name);
    if (st.encryption_method != ZIP_EM_NONE ||
        (st.comp_method != ZIP_CM_STORE && st.comp_method != ZIP_CM_DEFLATE))
        return xlsx_damaged(ctx, p->name);
    if (st.size > XLSX_PART_MAX)
        return xlsx_too_large(ctx, p->name);
    p->packed = st.comp_size;
    p->file = zip_fopen_index(xlsx_zip(x), (zip_uint64_t)place, 0);
    return p->file ? OK : xlsx_damaged(ctx, p->name);
}

enum err xml_open(struct ctx *ctx, struct xml_part **out, struct xlsx *x, const char *name,
                  const struct xml_reader *reader)
{
    xmlSAXHandler handler = { .initialized = XML_SAX2_MAGIC,
                              .startElementNs = on_begin,
                              .endElementNs = on_end,
                              .characters = on_text,
                              .ignorableWhitespace = on_text,
                              .cdataBlock = on_text,
                              .internalSubset = on_doctype,
                              .serror = on_error };
    struct xml_part *p = ARENA_NEW(ctx->arena, struct xml_part);
    enum err rc;

    p->ctx = ctx;
    p->name = name;
    p->reader = reader;
    rc = open_entry(ctx, p, x);
    if (rc)
        return rc;
    arena_on_free(ctx->arena, release, p);
    p->memory = arena_new(0);
    p->piece = arena_alloc(p->memory, PIECE);
    p->parser = xmlCreatePushParserCtxt(&handler, p, NULL, 0, NULL);
    if (!p->parser) {
        xml_close(p);
        return ctx_fail(ctx, ERR_INTERNAL, "no memory for an XML parser");
    }
    /* &amp; in attributes is undone only with NOENT; other entities cannot be: on_doctype. */
    (void)xmlCtxtUseOptions(p->parser, XML_PARSE_NONET | XML_PARSE_NOENT);
    *out = p;
    return OK;
}

static enum err damaged(struct xml_part *p)
{
    return p->reader->damaged ? p->reader->damaged(p) : xlsx_damaged(p->ctx, p->name);
}

static enum err check_size(struct xml_part *p)
{
    if (p->inflated > XLSX_PART_MAX ||
        (p->inflated > RATIO_FREE && p->inflated / XLSX_RATIO_MAX > p->packed))
        return xlsx_too_large(p->ctx, p->name);
    return OK;
}

enum err xml_feed(struct ctx *ctx, struct xml_part *p, bool *more_out)
{
    zip_int64_t len;

    p->ctx = ctx;
    if (p->rc)
        return p->rc;
    len = zip_fread(p->file, p->piece, PIECE);
    if (len < 0)
        return damaged(p);
    p->inflated += (uint64_t)len;
    p->rc = check_size(p);
    if (p->rc)
        return p->rc;
    (void)xmlParseChunk(p->parser, p->piece, (int)len, len == 0);
    if (!p->rc && !p->parser->wellFormed)
        p->rc = damaged(p);
    if (!p->rc)
        *more_out = len > 0;
    return p->rc;
}

enum err xml_read(struct ctx *ctx, struct xlsx *x, const char *name,
                  const struct xml_reader *reader, void *self)
{
    struct xml_part *p = NULL;
    bool more = true;
    enum err rc = xml_open(ctx, &p, x, name, reader);

    if (rc)
        return rc;
    xml_set_self(p, self);
    while (!rc && more)
        rc = xml_feed(ctx, p, &more);
    xml_close(p);
    return rc;
}

void xml_set_self(struct xml_part *p, void *self)
{
    p->self = self;
}

void *xml_self(const struct xml_part *p)
{
    return p->self;
}

struct ctx *xml_ctx(const struct xml_part *p)
{
    return p->ctx;
}

/* --- attributes --- */

bool xml_attr(const struct xlsx_tag *tag, const char *name, struct span *out)
{
    for (size_t i = 0; i < tag->attrs_len; i++) {
        const void *const *a = tag->attrs + i * ATTRIBUTE_5;

        if (strcmp(a[0], name) == 0) {
            out->at = a[3];
            out->len = (size_t)((const char *)a[4] - (const char *)a[3]);
            return true;
        }
    }
    return false;
}

char *xml_attr_text(struct arena *a, const struct xlsx_tag *tag, const char *name)
{
    struct span s = { 0 };

    return xml_attr(tag, name, &s) ? arena_strndup(a, s.at, s.len) : NULL;
}

bool span_int(struct span s, int64_t max, int64_t *out)
{
    int64_t n = 0;

    if (s.len == 0 || s.len > 18)
        return false;
    for (size_t i = 0; i < s.len; i++) {
        if (!ascii_is_digit(s.at[i]))
            return false;
        n = n * 10 + (s.at[i] - '0');
    }
    if (n > max)
        return false;
    *out = n;
    return true;
}

bool span_is(struct span s, const char *text)
{
    return s.len == strlen(text) && memcmp(s.at, text, s.len) == 0;
}
