/* files_hold: the search for a text in everything that a fixture stores. */

#include <dirent.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <libpq-fe.h>

#include <cmocka.h>

#include "core/buf.h"
#include "core/text.h"
#include "fixture.h"

#define NEEDLES_MAX  24
#define NEEDLE_BYTES ((size_t)64 * 1024)

struct needles {
    struct buf items[NEEDLES_MAX];
    size_t len;
};

static struct buf *needle(struct needles *n, struct arena *a)
{
    struct buf *b = &n->items[n->len];

    assert_true(n->len < NEEDLES_MAX);
    buf_init(b, a, NEEDLE_BYTES);
    n->len++;
    return b;
}

/* --- the encodings --- */

static void add_unit(struct buf *b, unsigned unit, bool big)
{
    buf_add_char(b, (char)(big ? unit >> 8 : unit & 0xFF));
    buf_add_char(b, (char)(big ? unit & 0xFF : unit >> 8));
}

/* Calls add for each UTF-16 unit. */
static void each_unit(const char *text, struct buf *b, int how,
                      void (*add)(struct buf *b, unsigned unit, int how))
{
    const char *p = text;

    for (uint32_t c = text_next(&p); c; c = text_next(&p)) {
        if (c < 0x10000) {
            add(b, c, how);
            continue;
        }
        add(b, 0xD800 + ((c - 0x10000) >> 10), how);
        add(b, 0xDC00 + ((c - 0x10000) & 0x3FF), how);
    }
}

static void utf16(struct buf *b, unsigned unit, int how)
{
    add_unit(b, unit, how == 1);
}

/* how: 0 lower case, 1 upper case digits; 2 and 3 the same, ASCII left as it is. */
static void json_escape(struct buf *b, unsigned unit, int how)
{
    if (how >= 2 && unit < 0x80)
        buf_add_char(b, (char)unit);
    else if (how % 2)
        buf_printf(b, "\\u%04X", unit);
    else
        buf_printf(b, "\\u%04x", unit);
}

static void url_escape(struct buf *b, const char *text, bool upper, bool plus)
{
    for (const char *p = text; *p; p++) {
        if (ascii_is_alpha(*p) || ascii_is_digit(*p) || strchr("-._~", *p))
            buf_add_char(b, *p);
        else if (plus && *p == ' ')
            buf_add_char(b, '+');
        else if (upper)
            buf_printf(b, "%%%02X", (unsigned char)*p);
        else
            buf_printf(b, "%%%02x", (unsigned char)*p);
    }
}

/* The characters of base64 that depend on the text alone, when it begins shift bytes into a group.
 */
static void base64(struct buf *b, const char *text, size_t shift, const char *alphabet)
{
    size_t len = strlen(text);
    size_t bits = 8 * len;
    size_t first = shift == 0 ? 0 : shift == 1 ? 4 : 2; /* bits that share a digit with others */

    for (size_t at = first; at + 6 <= bits; at += 6) {
        unsigned value = 0;

        for (size_t k = at; k < at + 6; k++)
            value = value << 1 | ((unsigned)(unsigned char)text[k / 8] >> (7 - k % 8) & 1U);
        buf_add_char(b, alphabet[value]);
    }
}

static void make_needles(struct needles *n, struct arena *a, const char *text)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    static const char url[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

    buf_add(needle(n, a), text);
    for (int how = 0; how < 2; how++)
        each_unit(text, needle(n, a), how, utf16);
    for (int how = 0; how < 4; how++)
        each_unit(text, needle(n, a), how, json_escape);
    url_escape(needle(n, a), text, true, false);
    url_escape(needle(n, a), text, false, false);
    url_escape(needle(n, a), text, true, true);
    for (size_t shift = 0; shift < 3; shift++) {
        base64(needle(n, a), text, shift, plain);
        base64(needle(n, a), text, shift, url);
    }
    for (size_t i = 0; i < n->len; i++)
        assert_true(buf_ok(&n->items[i]));
}

static bool holds(const struct needles *n, const char *bytes, size_t len, const char *where)
{
    for (size_t i = 0; i < n->len; i++) {
        const struct buf *b = &n->items[i];

        /* One or two bytes would be found by chance. */
        if (b->len >= 4 && memmem(bytes, len, b->data, b->len)) {
            print_message("found in %s (encoding %zu)\n", where, i);
            return true;
        }
    }
    return false;
}

/* --- where to look --- */

static bool file_holds(const struct needles *n, const char *path)
{
    char *bytes;
    size_t len;
    bool found;
    FILE *f = fopen(path, "rb");

    assert_non_null(f);
    assert_int_equal(fseek(f, 0, SEEK_END), 0);
    len = (size_t)ftell(f);
    rewind(f);
    bytes = malloc(len + 1);
    assert_non_null(bytes);
    assert_int_equal(fread(bytes, 1, len, f), len);
    fclose(f);
    found = holds(n, bytes, len, path);
    free(bytes);
    return found;
}

static bool dir_holds(const struct needles *n, const char *dir)
{
    char path[512];
    struct dirent *e;
    bool found = false;
    DIR *d = opendir(dir);

    assert_non_null(d);
    for (e = readdir(d); e && !found; e = readdir(d)) {
        snprintf(path, sizeof(path), "%s/%s", dir, e->d_name);
        if (e->d_name[0] != '.')
            found = file_holds(n, path);
    }
    closedir(d);
    return found;
}

/* The rows of a table as PostgreSQL sends them in binary: text and bytes as they are. */
static bool table_holds(const struct needles *n, PGconn *pg, const char *table)
{
    char sql[256];
    char *bytes = NULL;
    bool found = false;
    PGresult *res;
    int len;

    snprintf(sql, sizeof(sql), "COPY %s TO STDOUT (FORMAT binary)", table);
    res = PQexec(pg, sql);
    assert_int_equal(PQresultStatus(res), PGRES_COPY_OUT);
    PQclear(res);
    for (len = PQgetCopyData(pg, &bytes, 0); len > 0; len = PQgetCopyData(pg, &bytes, 0)) {
        found = found || holds(n, bytes, (size_t)len, table);
        PQfreemem(bytes);
    }
    assert_int_equal(len, -1);
    for (res = PQgetResult(pg); res; res = PQgetResult(pg))
        PQclear(res);
    return found;
}

static bool database_holds(const struct needles *n, const char *url)
{
    PGconn *pg = PQconnectdb(url);
    PGresult *tables;
    bool found = false;

    assert_int_equal(PQstatus(pg), CONNECTION_OK);
    tables = PQexec(pg, "SELECT table_name FROM information_schema.tables"
                        " WHERE table_schema = 'public' ORDER BY table_name");
    assert_true(PQntuples(tables) > 0);
    for (int i = 0; i < PQntuples(tables) && !found; i++)
        found = table_holds(n, pg, PQgetvalue(tables, i, 0));
    PQclear(tables);
    PQfinish(pg);
    return found;
}

bool files_hold(struct fixture *f, const char *text)
{
    struct db *const stores[] = { f->ctx.db, f->keys, f->ctx.index_db, f->access };
    struct needles n = { 0 };
    struct arena *a = arena_new(0);
    bool found;

    make_needles(&n, a, text);
    found = dir_holds(&n, f->dir);
    for (size_t i = 0; i < 4 && f->postgres && !found; i++)
        found = database_holds(&n, db_url(stores[i]));
    arena_free(a);
    return found;
}
