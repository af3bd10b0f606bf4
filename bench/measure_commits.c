/*
 * How many single commits of a row this disk takes in a second: one connection, a WAL database with
 * synchronous=FULL, a row of so many bytes, one at a time. Run by bench/creates.py.
 */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ROW_MAX 100000

static double seconds(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

static void must(sqlite3 *db, int rc)
{
    if (rc == SQLITE_OK || rc == SQLITE_DONE)
        return;
    fprintf(stderr, "%s\n", sqlite3_errmsg(db));
    exit(1);
}

static double rate(sqlite3 *db, const char *row, int bytes, double how_long)
{
    sqlite3_stmt *add = NULL;
    const double began = seconds();
    double now = began;
    int n = 0;

    must(db, sqlite3_prepare_v2(db, "INSERT INTO t (id, row) VALUES (?, ?)", -1, &add, NULL));
    for (; now - began < how_long; now = seconds()) {
        must(db, sqlite3_bind_int(add, 1, ++n));
        must(db, sqlite3_bind_text(add, 2, row, bytes, SQLITE_STATIC));
        must(db, sqlite3_step(add));
        must(db, sqlite3_reset(add));
    }
    sqlite3_finalize(add);
    return n / (now - began);
}

int main(int argc, char **argv)
{
    static char row[ROW_MAX];
    sqlite3 *db = NULL;
    const int bytes = argc == 4 ? (int)strtol(argv[2], NULL, 10) : 0;

    if (bytes < 1 || bytes > ROW_MAX) {
        fputs("usage: measure_commits FILE BYTES SECONDS\n", stderr);
        return 2;
    }
    memset(row, 'x', sizeof(row));
    must(db, sqlite3_open(argv[1], &db));
    must(db, sqlite3_exec(db,
                          "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;"
                          " CREATE TABLE t (id INTEGER PRIMARY KEY, row TEXT)",
                          NULL, NULL, NULL));
    printf("%.0f\n", rate(db, row, bytes, strtod(argv[3], NULL)));
    must(db, sqlite3_close(db));
    return 0;
}
