/* Cells of PostgreSQL in binary format: network byte order; the type comes with the result. */
#include <math.h>
#include <string.h>

#include "db/db_private.h"

enum pg_type {
    PG_BOOL = 16,
    PG_BYTEA = 17,
    PG_CHAR = 18,
    PG_INT8 = 20,
    PG_INT2 = 21,
    PG_INT4 = 23,
    PG_OID = 26,
    PG_FLOAT4 = 700,
    PG_FLOAT8 = 701,
    PG_NUMERIC = 1700
};

static uint64_t big_endian(const unsigned char *p, int len)
{
    uint64_t n = 0;

    for (int i = 0; i < len; i++)
        n = n << 8 | p[i];
    return n;
}

static struct db_arg cell_int(const unsigned char *p, int len)
{
    uint64_t n = big_endian(p, len);
    int64_t value = (int64_t)n;

    if (len == 4)
        value = (int32_t)(uint32_t)n;
    else if (len == 2)
        value = (int16_t)(uint16_t)n;
    return DB_INT(value);
}

static struct db_arg cell_real(const unsigned char *p, int len)
{
    uint64_t n = big_endian(p, len);
    double d = 0;
    float f = 0;
    uint32_t half = (uint32_t)n;

    if (len == 4) {
        memcpy(&f, &half, sizeof(f));
        return DB_REAL((double)f);
    }
    memcpy(&d, &n, sizeof(d));
    return DB_REAL(d);
}

static int numeric_digit(const unsigned char *p, int len, int i)
{
    size_t at = 8 + 2 * (size_t)i;

    return at + 2 <= (size_t)len ? (int)big_endian(p + at, 2) : 0;
}

/*
 * A numeric: count, weight, sign and scale (16 bits each), then digits to base 10,000. Whole
 * numbers that fit become integers, as sums are on SQLite; all else is a double.
 */
static struct db_arg cell_numeric(const unsigned char *p, int len)
{
    int count = len >= 8 ? (int)big_endian(p, 2) : 0;
    int weight = len >= 8 ? (int16_t)(uint16_t)big_endian(p + 2, 2) : 0;
    unsigned sign = len >= 8 ? (unsigned)big_endian(p + 4, 2) : 0xC000;
    int scale = len >= 8 ? (int)big_endian(p + 6, 2) : 0;
    double d = 0;
    int64_t whole = 0;

    if (sign != 0 && sign != 0x4000)
        return DB_REAL(NAN);
    for (int i = 0; i < count; i++)
        d += numeric_digit(p, len, i) * pow(10000, weight - i);
    if (scale > 0 || weight > 3)
        return DB_REAL(sign ? -d : d);
    for (int i = 0; i <= weight; i++)
        whole = whole * 10000 + (i < count ? numeric_digit(p, len, i) : 0);
    return DB_INT(sign ? -whole : whole);
}

struct db_arg pg_cell(const PGresult *result, int column)
{
    const char *value = PQgetvalue(result, 0, column);
    const unsigned char *bytes = (const unsigned char *)value;
    int len = PQgetlength(result, 0, column);

    if (PQgetisnull(result, 0, column))
        return DB_NULL;
    switch (PQftype(result, column)) {
    case PG_BOOL:
        return DB_INT(bytes[0] != 0);
    case PG_INT8:
    case PG_INT4:
    case PG_INT2:
        return cell_int(bytes, len);
    case PG_OID:
        return DB_INT((int64_t)big_endian(bytes, len));
    case PG_FLOAT8:
    case PG_FLOAT4:
        return cell_real(bytes, len);
    case PG_NUMERIC:
        return cell_numeric(bytes, len);
    case PG_BYTEA:
        return DB_BLOB(value, (size_t)len);
    default:
        return (struct db_arg){ .kind = DB_KIND_TEXT, .p = value, .len = (size_t)len };
    }
}
