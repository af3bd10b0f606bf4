#ifndef HTTP_FRONT_H
#define HTTP_FRONT_H

/*
 * The front process: hands complete requests to idle workers, first come first served, and their
 * replies back. The HTTP side is door.c; this side has sockets to workers and one to the parent.
 *
 * A worker that ends before it has read its request leaves bytes unread, which the socket reports
 * (ECONNRESET): such a request goes to another worker. After that a request is answered 502 and not
 * tried again, since it may have been carried out.
 *
 * Requests that change something go to the first worker while it is quick: a connection of SQLite
 * drops the pages that it knows as soon as another process has written, so three workers that write
 * by turns read them all anew each time, and wait for each other. When that one is busy for more
 * than FRONT_QUICK_MS the others do them too, and when its changes take more than FRONT_CHANGE_US,
 * as where a flush of the disk takes long and is better shared, all do them for FRONT_SHARED_MS.
 * What only looks goes to the last worker that is idle.
 *
 * Limits: FRONT_QUEUE_MAX requests wait, each at most FRONT_WAIT_MS; more are answered 503. Of
 * costly ones FRONT_COSTLY_MAX wait, and all workers but one, at most FRONT_COSTLY_AT_ONCE, do
 * them.
 */

#include <stdint.h>

#include "http/serve.h"

#define FRONT_QUEUE_MAX        1000
#define FRONT_COSTLY_MAX       200
#define FRONT_COSTLY_AT_ONCE   2
#define FRONT_WAIT_MS          30000
#define FRONT_QUICK_MS         1 /* of the clock: one to two milliseconds */
#define FRONT_CHANGE_US        1000
#define FRONT_CHANGES_SMOOTHED 8 /* the last one counts for an eighth */
#define FRONT_SHARED_MS        2000
#define FRONT_DRAIN_MS         5000
#define FRONT_SLOTS_MAX        64

/* What the parent tells the front, one datagram each. */
enum front_order {
    FRONT_WORKER, /* a worker for that slot; its socket comes along */
    FRONT_RETIRE, /* close the slot's socket when its worker is idle: the worker then ends */
    FRONT_DRAIN   /* take no new connections, finish what is in hand, end */
};

struct front_message {
    uint32_t order;
    uint32_t slot;
};

/* Runs until told to drain or the parent is gone; returns the exit code. */
int front_run(const struct serve_options *options, int listen_fd, int control_fd);

#endif
