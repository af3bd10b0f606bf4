/*
 * How many single commits of so many bytes this disk takes in a second: one connection, a WAL
 * database with synchronous=FULL, one at a time. The bytes are one row; or as many rows as are
 * asked for, each in a tree of its own. Run by bench/creates.py.
 */
#include <sqlite3.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define ROW_MAX   100000
#define TREES_MAX 64

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

static void make_tree(sqlite3 *db, sqlite3_stmt **add, int number)
{
    char *make = sqlite3_mprintf("CREATE TABLE t%d (id INTEGER PRIMARY KEY, row TEXT)", number);
    char *fill = sqlite3_mprintf("INSERT INTO t%d (id, row) VALUES (?, ?)", number);

    must(db, sqlite3_exec(db, make, NULL, NULL, NULL));
    must(db, sqlite3_prepare_v2(db, fill, -1, add, NULL));
    sqlite3_free(make);
    sqlite3_free(fill);
}

static void add_row(sqlite3 *db, sqlite3_stmt *add, int id, const char *row, int bytes)
{
    must(db, sqlite3_bind_int(add, 1, id));
    must(db, sqlite3_bind_text(add, 2, row, bytes, SQLITE_STATIC));
    must(db, sqlite3_step(add));
    must(db, sqlite3_reset(add));
}

static double rate(sqlite3 *db, int bytes, int trees, double how_long)
{
    static char row[ROW_MAX];
    sqlite3_stmt *add[TREES_MAX] = { NULL };
    double began;
    double now;
    int n = 0;

    memset(row, 'x', sizeof(row));
    for (int i = 0; i < trees; i++)
        make_tree(db, &add[i], i);
    began = now = seconds();
    for (; now - began < how_long; now = seconds()) {
        must(db, sqlite3_exec(db, "BEGIN IMMEDIATE", NULL, NULL, NULL));
        n++;
        for (int i = 0; i < trees; i++)
            add_row(db, add[i], n, row, bytes / trees);
        must(db, sqlite3_exec(db, "COMMIT", NULL, NULL, NULL));
    }
    for (int i = 0; i < trees; i++)
        sqlite3_finalize(add[i]);
    return n / (now - began);
}

int main(int argc, char **argv)
{
    sqlite3 *db = NULL;
    const int bytes = argc == 5 ? (int)strtol(argv[2], NULL, 10) : 0;
    const int trees = argc == 5 ? (int)strtol(argv[3], NULL, 10) : 0;

    if (bytes < 1 || bytes > ROW_MAX || trees < 1 || trees > TREES_MAX) {
        fputs("usage: measure_commits FILE BYTES TREES SECONDS\n", stderr);
        return 2;
    }
    must(db, sqlite3_open(argv[1], &db));
    must(db, sqlite3_exec(db, "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL", NULL, NULL,
                          NULL));
    printf("%.0f\n", rate(db, bytes, trees, strtod(argv[4], NULL)));
    must(db, sqlite3_close(db));
    return 0;
}
