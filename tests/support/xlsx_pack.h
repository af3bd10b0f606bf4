#ifndef SUPPORT_XLSX_PACK_H
#define SUPPORT_XLSX_PACK_H

/* Packs parts into a workbook in memory, for tests of who reads one. */

#include <assert.h>
#include <string.h>

#include <zip.h>

#include "core/arena.h"

struct pack_part {
    const char *name;
    const void *bytes;
    size_t len; /* 0 = text that ends in NUL */
};

#define PACK_MAIN "xmlns=\"http://schemas.openxmlformats.org/spreadsheetml/2006/main\""
#define PACK_RELS "xmlns=\"http://schemas.openxmlformats.org/package/2006/relationships\""
#define PACK_TYPE "http://schemas.openxmlformats.org/officeDocument/2006/relationships"

static const char pack_outer[] =
    "<Relationships " PACK_RELS "><Relationship Id=\"a\" Type=\"" PACK_TYPE "/officeDocument\""
    " Target=\"xl/workbook.xml\"/></Relationships>";
static const char pack_workbook[] =
    "<workbook " PACK_MAIN " xmlns:r=\"" PACK_TYPE "\"><sheets>"
    "<sheet name=\"One\" sheetId=\"1\" r:id=\"r1\"/></sheets></workbook>";
static const char pack_relations[] =
    "<Relationships " PACK_RELS ">"
    "<Relationship Id=\"r1\" Type=\"" PACK_TYPE "/worksheet\" Target=\"worksheets/sheet1.xml\"/>"
    "<Relationship Id=\"r2\" Type=\"" PACK_TYPE "/sharedStrings\" Target=\"sharedStrings.xml\"/>"
    "<Relationship Id=\"r3\" Type=\"" PACK_TYPE "/styles\" Target=\"/xl/styles.xml\"/>"
    "</Relationships>";

/* Parts that are named twice: the first counts. The bytes live in the arena. */
static inline const void *pack(struct arena *a, size_t *len_out, const struct pack_part *parts,
                               size_t parts_len)
{
    zip_source_t *target = zip_source_buffer_create(NULL, 0, 0, NULL);
    zip_t *zip = zip_open_from_source(target, ZIP_TRUNCATE, NULL);
    zip_int64_t len;
    char *bytes;

    assert(zip);
    zip_source_keep(target);
    for (size_t i = 0; i < parts_len; i++) {
        size_t size = parts[i].len ? parts[i].len : strlen(parts[i].bytes);
        zip_source_t *source = zip_source_buffer(zip, parts[i].bytes, size, 0);

        if (zip_file_add(zip, parts[i].name, source, 0) < 0)
            zip_source_free(source);
    }
    if (zip_close(zip) != 0 || zip_source_open(target) != 0)
        assert(false && "a workbook in memory");
    (void)zip_source_seek(target, 0, SEEK_END);
    len = zip_source_tell(target);
    assert(len > 0);
    (void)zip_source_seek(target, 0, SEEK_SET);
    bytes = arena_alloc(a, (size_t)len);
    len = zip_source_read(target, bytes, (zip_uint64_t)len);
    (void)zip_source_close(target);
    zip_source_free(target);
    *len_out = (size_t)len;
    return bytes;
}

#endif
