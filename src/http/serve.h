#ifndef HTTP_SERVE_H
#define HTTP_SERVE_H

/*
 * Processes: a parent that only starts and restarts; the front, which owns sockets, parses and
 * limits, serves static files and holds slow and idle clients, without database, keys or files
 * (seccomp); workers (cores + 1), which take one complete request at a time; one job process.
 *
 * The parent holds the listening socket and makes the socket pairs. A worker or job that dies is
 * started again (with a pause that grows from 0 to 5 seconds when it dies at once, again and
 * again); the request it had is answered 502 by the front. When the front dies, all are started
 * again. SIGTERM and SIGINT: no new connections, requests in hand are finished (at most 5 seconds),
 * then all end. SIGHUP: workers and job are replaced one by one (new forms, new epoch).
 */

#include <stdbool.h>
#include <stddef.h>

#include "core/ctx.h"

struct serve_options {
    const char *address; /* 127.0.0.1; plain http is refused on anything but loopback */
    int port;            /* 0 = any; the one taken is told to started */
    int workers;         /* 0 = cores + 1 */
    size_t body_max;     /* bytes; 0 = WIRE_BODY_MAX */
    int header_seconds;  /* a request's head must be complete after this; 0 = 20 */
    int body_seconds;    /* and its body after this; 0 = 120 */
    int connections_max; /* 0 = 2000 */
    /* What is posted here is slow by design (a password is checked): at most two workers at a time
     * do it, so that the others go on serving; NULL = nothing is. */
    const char *costly_path;
    /* Runs in the child and returns its exit code. fd talks to the front. */
    int (*worker)(void *arg, int fd);
    int (*job)(void *arg);
    /* Runs in the parent once the port is open; prints the address. */
    void (*started)(void *arg, int port);
    void *arg;
};

/* Static files are assets "web/static/NAME", served as /static/HASH/NAME (immutable) with HASH =
 * asset.hash, and /favicon.ico. Path of one for a page: */
const char *static_url(struct arena *a, const char *name);

/* Returns when told to end. ERR_IO if the port cannot be opened (the problem says why, and what to
 * do). */
enum err serve_run(struct ctx *ctx, const struct serve_options *options) MUST_USE;

#endif
