#include "records/file_type.h"

#include <stdint.h>
#include <string.h>

#include "core/text.h"

enum {
    T_JPEG,
    T_PNG,
    T_PDF,
    T_TEXT,
    T_CSV,
    T_XLSX,
    T_DOCX,
    T_PPTX,
    T_ODT,
    T_ODS,
    T_MP3,
    T_OGG,
    T_M4A,
    T_WAV,
    T_MP4,
    T_MOV,
    T_3GP,
    T_WEBM,
    T_EMPTY,
    T_OTHER_IMAGE,
    T_PROGRAM,
    T_WEB,
    T_OLD_OFFICE,
    T_MACROS,
    T_ARCHIVE,
    T_DAMAGED,
    T_UNKNOWN
};

#define OFFICE_MEDIA "application/vnd.openxmlformats-officedocument."
#define ODF_MEDIA    "application/vnd.oasis.opendocument."

static const struct file_type types[] = {
    [T_JPEG] = { "jpeg", "image/jpeg", "jpg jpeg", FILE_IMAGE, NULL },
    [T_PNG] = { "png", "image/png", "png", FILE_IMAGE, NULL },
    [T_PDF] = { "pdf", "application/pdf", "pdf", FILE_DOCUMENT, NULL },
    [T_TEXT] = { "text", "text/plain; charset=utf-8", "txt text md log", FILE_DOCUMENT, NULL },
    [T_CSV] = { "csv", "text/csv; charset=utf-8", "csv", FILE_DOCUMENT, NULL },
    [T_XLSX] = { "xlsx", OFFICE_MEDIA "spreadsheetml.sheet", "xlsx", FILE_DOCUMENT, NULL },
    [T_DOCX] = { "docx", OFFICE_MEDIA "wordprocessingml.document", "docx", FILE_DOCUMENT, NULL },
    [T_PPTX] = { "pptx", OFFICE_MEDIA "presentationml.presentation", "pptx", FILE_DOCUMENT, NULL },
    [T_ODT] = { "odt", ODF_MEDIA "text", "odt", FILE_DOCUMENT, NULL },
    [T_ODS] = { "ods", ODF_MEDIA "spreadsheet", "ods", FILE_DOCUMENT, NULL },
    [T_MP3] = { "mp3", "audio/mpeg", "mp3", FILE_AUDIO, NULL },
    [T_OGG] = { "ogg", "audio/ogg", "ogg oga opus", FILE_AUDIO, NULL },
    [T_M4A] = { "m4a", "audio/mp4", "m4a", FILE_AUDIO, NULL },
    [T_WAV] = { "wav", "audio/wav", "wav", FILE_AUDIO, NULL },
    [T_MP4] = { "mp4", "video/mp4", "mp4 m4v", FILE_VIDEO, NULL },
    [T_MOV] = { "mov", "video/quicktime", "mov", FILE_VIDEO, NULL },
    [T_3GP] = { "3gp", "video/3gpp", "3gp 3gpp", FILE_VIDEO, NULL },
    [T_WEBM] = { "webm", "video/webm", "webm", FILE_VIDEO, NULL },
    [T_EMPTY] = { "empty", NULL, NULL, FILE_REFUSED, N_("The file is empty.") },
    [T_OTHER_IMAGE] = { "other_image", NULL, NULL, FILE_REFUSED,
                        N_("This is a picture of a kind that is not taken here. Save it as JPEG or "
                           "PNG, then add that.") },
    [T_PROGRAM] = { "program", NULL, NULL, FILE_REFUSED,
                    N_("This is a program. Programs are not taken, for they can do harm.") },
    [T_WEB] = { "web", NULL, NULL, FILE_REFUSED,
                N_("This is a web page or a drawing that can run programs. Save it as PDF, then "
                   "add that.") },
    [T_OLD_OFFICE] = { "old_office", NULL, NULL, FILE_REFUSED,
                       N_("This is an older Office file, which can hide programs. Save it as "
                          "DOCX, XLSX or PDF, then add that.") },
    [T_MACROS] = { "macros", NULL, NULL, FILE_REFUSED,
                   N_("This Office file has macros in it, which are programs. Save it without "
                      "macros, then add that.") },
    [T_ARCHIVE] = { "archive", NULL, NULL, FILE_REFUSED,
                    N_("This is an archive of files. Unpack it, then add the files one by one.") },
    [T_DAMAGED] = { "damaged", NULL, NULL, FILE_REFUSED,
                    N_("The file is damaged or not complete. Send it again.") },
    [T_UNKNOWN] = { "unknown", NULL, NULL, FILE_REFUSED,
                    N_("What this file is cannot be told. Taken are pictures (JPEG, PNG), PDF, "
                       "text, tables, Office files, sound and video.") },
};
#define BYTES_MAX 240 /* of a name: with its ending, what an answer can hold */
#define TYPES     (sizeof types / sizeof types[0])

struct bytes {
    const unsigned char *p;
    size_t len;
};

static bool holds(struct bytes b, size_t at, const char *mark, size_t len)
{
    return at <= b.len && len <= b.len - at && memcmp(b.p + at, mark, len) == 0;
}
#define HOLDS(b, at, mark) holds((b), (at), (mark), sizeof(mark) - 1)

static uint32_t le(struct bytes b, size_t at, size_t size)
{
    uint32_t n = 0;

    for (size_t i = 0; i < size; i++)
        n |= (uint32_t)b.p[at + i] << (8 * i);
    return n;
}

/* --- packages: Office files are ZIP archives that name their parts --- */

struct parts {
    bool word;
    bool sheet;
    bool slides;
    bool macros;
    size_t count;
};

static bool name_holds(struct bytes name, const char *word)
{
    return memmem(name.p, name.len, word, strlen(word)) != NULL;
}

static void see_part(struct parts *out, struct bytes name)
{
    out->count++;
    out->word = out->word || HOLDS(name, 0, "word/document.xml");
    out->sheet = out->sheet || HOLDS(name, 0, "xl/workbook.xml");
    out->slides = out->slides || HOLDS(name, 0, "ppt/presentation.xml");
    out->macros = out->macros || name_holds(name, "vbaProject") || name_holds(name, "activeX") ||
                  name_holds(name, "macrosheets") || HOLDS(name, 0, "Basic/") ||
                  HOLDS(name, 0, "Scripts/");
}

/* Where the list of parts ends; 0 if there is none. A comment of 64 KB may stand behind it. */
static size_t directory_end(struct bytes b)
{
    for (size_t back = 22; back <= b.len && back <= 22 + 65535; back++)
        if (HOLDS(b, b.len - back, "PK\5\6"))
            return b.len - back;
    return 0;
}

/* Every part named in the list; false if the list cannot be read to its end. */
static bool read_parts(struct bytes b, struct parts *out)
{
    size_t end = directory_end(b);
    size_t at;
    size_t most;

    if (end == 0)
        return false;
    most = le(b, end + 10, 2);
    at = le(b, end + 16, 4);
    for (size_t i = 0; i < most; i++) {
        size_t name;

        if (at > end || end - at < 46 || !HOLDS(b, at, "PK\1\2"))
            return false;
        name = le(b, at + 28, 2);
        if (name > end - at - 46)
            return false;
        see_part(out, (struct bytes){ b.p + at + 46, name });
        at += 46 + name + le(b, at + 30, 2) + le(b, at + 32, 2);
    }
    return at == end && most > 0;
}

static int package_type(struct bytes b)
{
    struct parts parts = { 0 };

    if (!read_parts(b, &parts))
        return T_DAMAGED;
    if (parts.macros)
        return T_MACROS;
    if (HOLDS(b, 30, "mimetype" ODF_MEDIA "text"))
        return T_ODT;
    if (HOLDS(b, 30, "mimetype" ODF_MEDIA "spreadsheet"))
        return T_ODS;
    if (parts.word + parts.sheet + parts.slides != 1)
        return T_ARCHIVE;
    if (parts.word)
        return T_DOCX;
    return parts.sheet ? T_XLSX : T_PPTX;
}

/* --- sound, video --- */

static int mp4_type(struct bytes b)
{
    if (HOLDS(b, 8, "M4A ") || HOLDS(b, 8, "M4B "))
        return T_M4A;
    if (HOLDS(b, 8, "qt  "))
        return T_MOV;
    if (HOLDS(b, 8, "3g"))
        return T_3GP;
    if (HOLDS(b, 8, "heic") || HOLDS(b, 8, "heix") || HOLDS(b, 8, "mif1") || HOLDS(b, 8, "msf1") ||
        HOLDS(b, 8, "avif"))
        return T_OTHER_IMAGE;
    if (HOLDS(b, 8, "iso") || HOLDS(b, 8, "mp4") || HOLDS(b, 8, "avc1") || HOLDS(b, 8, "M4V ") ||
        HOLDS(b, 8, "dash") || HOLDS(b, 8, "MSNV"))
        return T_MP4;
    return T_UNKNOWN;
}

static int sound_type(struct bytes b)
{
    if (HOLDS(b, 0, "OggS"))
        return T_OGG;
    if (HOLDS(b, 0, "ID3"))
        return T_MP3;
    /* A frame of MPEG audio: eleven bits of synchronisation, layer III, a rate that there is. */
    if (b.len >= 4 && b.p[0] == 0xff && (b.p[1] & 0xe6) == 0xe2 && (b.p[1] & 0x18) != 0x08 &&
        (b.p[2] & 0xf0) != 0xf0 && (b.p[2] & 0xf0) != 0 && (b.p[2] & 0x0c) != 0x0c)
        return T_MP3;
    return T_UNKNOWN;
}

/* --- text --- */

static bool begins_with_word(struct bytes b, const char *word)
{
    size_t len = strlen(word);

    if (b.len < len)
        return false;
    for (size_t i = 0; i < len; i++) {
        unsigned char c = b.p[i];

        if ((c >= 'A' && c <= 'Z' ? c + 32 : c) != (unsigned char)word[i])
            return false;
    }
    return true;
}

static bool is_markup(struct bytes b)
{
    static const char *const words[] = { "<!doctype", "<html", "<svg", "<?xml",   "<script",
                                         "<head",     "<body", "<!--", "<iframe", "<?php" };

    if (HOLDS(b, 0, "\xef\xbb\xbf"))
        b = (struct bytes){ b.p + 3, b.len - 3 };
    while (b.len > 0 && (b.p[0] == ' ' || (b.p[0] >= '\t' && b.p[0] <= '\r')))
        b = (struct bytes){ b.p + 1, b.len - 1 };
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (begins_with_word(b, words[i]))
            return true;
    return false;
}

static bool is_text(struct bytes b)
{
    for (size_t i = 0; i < b.len; i++)
        if ((b.p[i] < ' ' && !(b.p[i] >= '\t' && b.p[i] <= '\r')) || b.p[i] == 0x7f)
            return false;
    return text_valid((const char *)b.p, b.len, NULL);
}

static int text_type(struct bytes b, const char *name)
{
    size_t len = name ? strlen(name) : 0;

    if (is_markup(b))
        return T_WEB;
    if (HOLDS(b, 0, "#!"))
        return T_PROGRAM;
    if (!is_text(b))
        return T_UNKNOWN;
    return len > 4 && ascii_casecmp(name + len - 4, ".csv") == 0 ? T_CSV : T_TEXT;
}

/* --- all --- */

static int bytes_type(struct bytes b, const char *name)
{
    int type;

    if (b.len == 0)
        return T_EMPTY;
    if (HOLDS(b, 0, "\xff\xd8\xff"))
        return T_JPEG;
    if (HOLDS(b, 0, "\x89PNG\r\n\x1a\n"))
        return T_PNG;
    if (HOLDS(b, 0, "%PDF-"))
        return T_PDF;
    if (HOLDS(b, 0, "PK\3\4"))
        return package_type(b);
    if (HOLDS(b, 0, "\xd0\xcf\x11\xe0"))
        return T_OLD_OFFICE;
    if (HOLDS(b, 0, "RIFF"))
        return HOLDS(b, 8, "WAVE") ? T_WAV : HOLDS(b, 8, "WEBP") ? T_OTHER_IMAGE : T_UNKNOWN;
    if (HOLDS(b, 4, "ftyp"))
        return mp4_type(b);
    if (HOLDS(b, 0, "\x1a\x45\xdf\xa3"))
        return memmem(b.p, b.len < 64 ? b.len : 64, "webm", 4) ? T_WEBM : T_UNKNOWN;
    if (HOLDS(b, 0, "GIF8") || HOLDS(b, 0, "II*\0") || HOLDS(b, 0, "MM\0*") || HOLDS(b, 0, "BM"))
        return T_OTHER_IMAGE;
    if (HOLDS(b, 0, "MZ") ||
        HOLDS(b, 0,
              "\x7f"
              "ELF") ||
        HOLDS(b, 0, "\xca\xfe\xba\xbe"))
        return T_PROGRAM;
    if (HOLDS(b, 0, "Rar!") || HOLDS(b, 0, "7z\xbc\xaf") || HOLDS(b, 0, "\x1f\x8b") ||
        HOLDS(b, 0, "PK"))
        return T_ARCHIVE;
    type = sound_type(b);
    return type == T_UNKNOWN ? text_type(b, name) : type;
}

const struct file_type *file_type_of(const void *bytes, size_t len, const char *name)
{
    return &types[bytes_type((struct bytes){ bytes, len }, name)];
}

const struct file_type *file_type_find(const char *code)
{
    for (size_t i = 0; i < TYPES; i++)
        if (text_equal(types[i].code, code))
            return types[i].media ? &types[i] : NULL;
    return NULL;
}

/* --- names --- */

/* Controls, and the marks that make "exe.pdf" of "fdp.exe". */
static bool unwanted(uint32_t c)
{
    return c < ' ' || (c >= 0x7f && c < 0xa0) || c == '"' || (c >= 0x200e && c <= 0x200f) ||
           (c >= 0x2028 && c <= 0x202e) || (c >= 0x2066 && c <= 0x2069) || c == 0xfeff;
}

static bool ending_fits(const char *name, const char *endings)
{
    const char *dot = strrchr(name, '.');

    for (const char *p = endings; dot && *p;) {
        size_t len = strcspn(p, " ");

        if (strlen(dot + 1) == len && strncasecmp(dot + 1, p, len) == 0)
            return true;
        p += len + (p[len] == ' ');
    }
    return false;
}

static const char *last_part(const char *name)
{
    for (const char *p = name; *p; p++)
        if (*p == '/' || *p == '\\')
            name = p + 1;
    return name;
}

const char *file_name_clean(struct arena *a, const char *name, const struct file_type *type)
{
    const char *from = last_part(name ? name : "");
    size_t first = strcspn(type->endings, " ");
    char *out = arena_alloc(a, strlen(from) + 1);
    size_t n = 0;
    size_t shown = 0;

    while (*from && shown < FILE_NAME_MAX - 6 && n < BYTES_MAX) {
        const char *start = from;
        uint32_t c = text_next(&from);

        if (unwanted(c) || (shown == 0 && (c == '.' || c == ' ')))
            continue;
        memcpy(out + n, start, (size_t)(from - start));
        n += (size_t)(from - start);
        shown++;
    }
    while (n > 0 && out[n - 1] == ' ')
        n--;
    out[n] = '\0';
    if (n == 0)
        out = arena_strdup(a, "file");
    if (ending_fits(out, type->endings))
        return out;
    return arena_printf(a, "%s.%.*s", out, (int)first, type->endings);
}
