#include <stdlib.h>
#include <sys/resource.h>
#include <unistd.h>

#include "auth/home.h"
#include "core/date.h"
#include "core/log.h"
#include "web/web.h"

#define REQUEST_SECONDS 60           /* a worker that takes longer is ended and started again */
#define GROWTH_MAX_KB   (32 * 1024L) /* retire after growing by this */
#define WARM_REQUESTS   200          /* from here on growth is counted */
#define REQUEST_BUDGET  ((size_t)160 * 1024 * 1024)

static long memory_kb(void)
{
    struct rusage usage = { 0 };

    getrusage(RUSAGE_SELF, &usage);
    return usage.ru_maxrss;
}

/*
 * One request in an arena of its own. False: the front is gone. *moved_out: other forms are in
 * force than those that the worker began with.
 */
static bool serve_one(const struct ctx *base, struct home *home, const struct web *web, int fd,
                      bool *moved_out)
{
    struct arena *a = arena_new(REQUEST_BUDGET);
    struct wire_request in = { 0 };
    struct wire_reply out = { 0 };
    struct ctx ctx = *base;
    enum err rc = wire_read_request(fd, a, &in);

    ctx.arena = a;
    ctx.now_ms = clock_now_ms();
    if (!rc) {
        alarm(REQUEST_SECONDS);
        rc = web_handle(&ctx, home, web, &in, &out);
        alarm(0);
    }
    if (!rc)
        rc = wire_send_reply(fd, &out);
    *moved_out = ctx.forms != base->forms;
    arena_free(a);
    return rc == OK;
}

int web_worker(struct ctx *base, struct home *home, const struct web *web, int fd)
{
    long baseline = 0;

    for (long n = 0;; n++) {
        bool moved = false;

        if (!serve_one(base, home, web, fd, &moved))
            return 0;
        if (moved) {
            log_info("retires after %ld requests: forms were published", n + 1);
            return 0;
        }
        if (home_lost(home)) { /* it may make no socket: the next one connects first */
            log_warn("retires: a connection to the database was lost");
            return 0;
        }
        if (n == WARM_REQUESTS)
            baseline = memory_kb();
        if (n > WARM_REQUESTS && memory_kb() > baseline + GROWTH_MAX_KB) {
            log_info("retires after %ld requests: its memory has grown", n);
            return 0;
        }
    }
}
