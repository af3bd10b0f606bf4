#include "core/err.h"

#include <assert.h>
#include <stddef.h>

struct err_row {
    const char *name;
    int http_status;
    int exit_code;
};

static const struct err_row rows[] = {
    [OK] = { "ok", 200, 0 },
    [ERR_INVALID] = { "invalid", 422, 2 },
    [ERR_NOT_FOUND] = { "not_found", 404, 3 },
    [ERR_FORBIDDEN] = { "forbidden", 403, 4 },
    [ERR_CONFLICT] = { "conflict", 409, 5 },
    [ERR_LIMIT] = { "limit", 413, 6 },
    [ERR_BUSY] = { "busy", 503, 7 },
    [ERR_DB] = { "db", 500, 8 },
    [ERR_IO] = { "io", 500, 9 },
    [ERR_INTERNAL] = { "internal", 500, 10 },
};

static const struct err_row *row_of(enum err rc)
{
    assert((size_t)rc < sizeof(rows) / sizeof(rows[0]));
    return &rows[rc];
}

int err_http_status(enum err rc)
{
    return row_of(rc)->http_status;
}

int err_exit_code(enum err rc)
{
    return row_of(rc)->exit_code;
}

const char *err_name(enum err rc)
{
    return row_of(rc)->name;
}
