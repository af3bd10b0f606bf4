#include "http/serve.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/log.h"
#include "http/front.h"
#include "http/jail.h"
#include "http/wire.h"

#define BACKLOG         1024
#define FAST_MS         1000 /* an end sooner than this after the start counts against a child */
#define FAST_GOOD_ENDS  50   /* so many fast ends in a row without error before there is a pause */
#define PAUSE_MAX_MS    5000
#define LEAVE_MS        6000  /* to end by itself, once told to */
#define RETIRE_MS       60000 /* same, for a worker that may be in a request */
#define SPARE_FILES     ((size_t)64)
#define DEFAULT_HEADER  20
#define DEFAULT_BODY    120
#define DEFAULT_CLIENTS 2000

enum child_kind { CHILD_FRONT, CHILD_WORKER, CHILD_JOB };

struct child {
    enum child_kind kind;
    uint32_t slot;
    pid_t pid;          /* 0 = not running */
    int64_t started_at; /* last start; monotonic milliseconds */
    int64_t start_at;   /* do not start before */
    int64_t kill_at;    /* 0 = never */
    int fast_ends;      /* in a row */
};

struct supervisor {
    struct serve_options options;
    struct child *children; /* front, job, workers */
    size_t children_len;
    int listener;
    int control; /* to the front; -1 = no front */
    int64_t now_ms;
    int64_t end_by;     /* 0 = not ending */
    size_t replacing;   /* the child being replaced; children_len = none */
    pid_t replaced_pid; /* its process before */
};

static const int watched[] = { SIGTERM, SIGINT, SIGHUP, SIGCHLD };

static int64_t clock_ms(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void watched_set(sigset_t *out)
{
    (void)sigemptyset(out);
    for (size_t i = 0; i < sizeof(watched) / sizeof(watched[0]); i++)
        (void)sigaddset(out, watched[i]);
}

/* The port. */

struct address {
    struct sockaddr_storage storage;
    socklen_t len;
};

static enum err read_address(struct ctx *ctx, struct address *out, const char *text, int port)
{
    struct sockaddr_in in = { .sin_family = AF_INET, .sin_port = htons((uint16_t)port) };
    struct sockaddr_in6 in6 = { .sin6_family = AF_INET6, .sin6_port = htons((uint16_t)port) };
    bool loopback;

    if (port < 0 || port > 65535)
        return ctx_fail(ctx, ERR_INVALID, tr(ctx, "A port is a number from 0 to 65535."));
    if (inet_pton(AF_INET, text, &in.sin_addr) == 1) {
        memcpy(&out->storage, &in, sizeof(in));
        out->len = sizeof(in);
        loopback = ntohl(in.sin_addr.s_addr) >> 24 == 127;
    } else if (inet_pton(AF_INET6, text, &in6.sin6_addr) == 1) {
        memcpy(&out->storage, &in6, sizeof(in6));
        out->len = sizeof(in6);
        loopback = IN6_IS_ADDR_LOOPBACK(&in6.sin6_addr);
    } else {
        return ctx_fail(ctx, ERR_INVALID,
                        arena_printf(ctx->arena, "%s is not an address such as 127.0.0.1.", text));
    }
    if (!loopback)
        return ctx_fail(ctx, ERR_INVALID,
                        tr(ctx, "Without encryption this program serves its own machine only: use "
                                "the address 127.0.0.1, and nginx in front for others."));
    return OK;
}

static enum err fail_port(struct ctx *ctx, int port, int error)
{
    const char *hint = error == EADDRINUSE
                           ? "another program uses it. Stop that program or choose another --port"
                           : strerror(error);

    return ctx_fail(ctx, ERR_IO,
                    arena_printf(ctx->arena, "could not open port %d: %s", port, hint));
}

static enum err open_port(struct ctx *ctx, int *out, int *port_out,
                          const struct serve_options *options)
{
    struct address address = { 0 };
    struct sockaddr_in6 taken = { 0 };
    socklen_t taken_len = sizeof(taken);
    const int on = 1;
    int fd, error;
    enum err rc = read_address(ctx, &address, options->address, options->port);

    if (rc != OK)
        return rc;
    fd = socket(address.storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0)
        return fail_port(ctx, options->port, errno);
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (bind(fd, (const struct sockaddr *)&address.storage, address.len) != 0 ||
        listen(fd, BACKLOG) != 0 || getsockname(fd, (struct sockaddr *)&taken, &taken_len) != 0) {
        error = errno;
        (void)close(fd);
        return fail_port(ctx, options->port, error);
    }
    *out = fd;
    *port_out = ntohs(taken.sin6_port); /* the same place in both families */
    return OK;
}

/* As many files as the connections need, as far as the machine allows. */
static void raise_limits(struct serve_options *options)
{
    size_t need = (size_t)options->connections_max + SPARE_FILES + FRONT_SLOTS_MAX;
    struct rlimit files;

    if (getrlimit(RLIMIT_NOFILE, &files) != 0)
        return;
    if (files.rlim_cur < need) {
        files.rlim_cur = need < files.rlim_max ? need : files.rlim_max;
        (void)setrlimit(RLIMIT_NOFILE, &files);
    }
    if (files.rlim_cur < need && files.rlim_cur > SPARE_FILES + FRONT_SLOTS_MAX) {
        options->connections_max = (int)(files.rlim_cur - SPARE_FILES - FRONT_SLOTS_MAX);
        log_warn("the limit of open files allows %d connections", options->connections_max);
    }
}

static void fill_defaults(struct serve_options *options)
{
    long cores = sysconf(_SC_NPROCESSORS_ONLN);

    if (options->address == NULL)
        options->address = "127.0.0.1";
    if (options->workers <= 0)
        options->workers = (int)(cores > 0 ? cores : 1) + 1;
    if (options->workers > FRONT_SLOTS_MAX)
        options->workers = FRONT_SLOTS_MAX;
    if (options->body_max == 0 || options->body_max > WIRE_BODY_MAX)
        options->body_max = WIRE_BODY_MAX;
    if (options->header_seconds <= 0)
        options->header_seconds = DEFAULT_HEADER;
    if (options->body_seconds <= 0)
        options->body_seconds = DEFAULT_BODY;
    if (options->connections_max <= 0)
        options->connections_max = DEFAULT_CLIENTS;
}

/* Children. */

static void tell_front(struct supervisor *s, enum front_order order, uint32_t slot, int fd)
{
    struct front_message message = { .order = order, .slot = slot };
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } extra = { 0 };
    struct iovec part = { .iov_base = &message, .iov_len = sizeof(message) };
    struct msghdr m = { .msg_iov = &part, .msg_iovlen = 1 };

    if (s->control < 0)
        return;
    if (fd >= 0) {
        struct cmsghdr *head;

        m.msg_control = extra.bytes;
        m.msg_controllen = sizeof(extra.bytes);
        head = CMSG_FIRSTHDR(&m);
        head->cmsg_level = SOL_SOCKET;
        head->cmsg_type = SCM_RIGHTS;
        head->cmsg_len = CMSG_LEN(sizeof(int));
        memcpy(CMSG_DATA(head), &fd, sizeof(fd));
    }
    if (sendmsg(s->control, &m, MSG_NOSIGNAL) < 0)
        log_warn("could not reach the front: %s", strerror(errno));
}

/* Workers and front end when their socket closes, so a signal to the whole group does not cut off
 * what they do; the job ends at SIGTERM. */
static void child_signals(enum child_kind kind)
{
    struct sigaction ignore = { .sa_handler = SIG_IGN };
    sigset_t set;

    (void)sigaction(SIGINT, &ignore, NULL);
    (void)sigaction(SIGHUP, &ignore, NULL);
    (void)sigaction(SIGPIPE, &ignore, NULL);
    if (kind != CHILD_JOB)
        (void)sigaction(SIGTERM, &ignore, NULL);
    watched_set(&set);
    (void)sigprocmask(SIG_UNBLOCK, &set, NULL);
}

static _Noreturn void run_child(struct supervisor *s, enum child_kind kind, int fd, pid_t parent)
{
    static const char *const names[] = { "homeward-front", "homeward-worker", "homeward-job" };

    child_signals(kind);
    (void)prctl(PR_SET_NAME, names[kind]);
    if (!jail_child(parent))
        _exit(1);
    if (kind == CHILD_FRONT) {
        jail_close_all_but(s->listener, fd);
        log_init("front", LOG_LEVEL_INFO);
        _exit(front_run(&s->options, s->listener, fd));
    }
    (void)close(s->listener);
    if (s->control >= 0)
        (void)close(s->control);
    if (kind == CHILD_WORKER)
        exit(s->options.worker(s->options.arg, fd));
    exit(s->options.job(s->options.arg));
}

static bool make_pair(const struct child *c, int pair[2])
{
    int type = c->kind == CHILD_FRONT ? SOCK_SEQPACKET : SOCK_STREAM;

    pair[0] = pair[1] = -1;
    return c->kind == CHILD_JOB || socketpair(AF_UNIX, type | SOCK_CLOEXEC, 0, pair) == 0;
}

/* pair[0] stays with the parent or goes to the front, pair[1] is the child's. */
static void start(struct supervisor *s, struct child *c)
{
    pid_t parent = getpid();
    int pair[2];

    c->started_at = s->now_ms;
    c->start_at = s->now_ms + PAUSE_MAX_MS; /* should this fail */
    c->kill_at = 0;
    if (!make_pair(c, pair)) {
        log_error("could not make a socket pair: %s", strerror(errno));
        return;
    }
    (void)fflush(NULL);
    c->pid = fork();
    if (c->pid == 0) {
        if (pair[0] >= 0)
            (void)close(pair[0]);
        run_child(s, c->kind, pair[1], parent);
    }
    if (c->pid < 0) {
        log_error("could not start a process: %s", strerror(errno));
        c->pid = 0;
    }
    if (pair[1] >= 0)
        (void)close(pair[1]);
    if (c->kind == CHILD_FRONT && c->pid > 0) {
        s->control = pair[0];
        return;
    }
    if (c->kind == CHILD_WORKER && c->pid > 0)
        tell_front(s, FRONT_WORKER, c->slot, pair[0]);
    if (pair[0] >= 0)
        (void)close(pair[0]);
}

/* Milliseconds to wait after a child ended. */
static int64_t pause_of(struct child *c, int64_t lived_ms, bool good)
{
    int late;

    if (lived_ms >= FAST_MS) {
        c->fast_ends = 0;
        return 0;
    }
    c->fast_ends++;
    late = c->fast_ends - (good ? FAST_GOOD_ENDS : 1);
    if (late <= 0)
        return 0;
    return late > 6 ? PAUSE_MAX_MS : (int64_t)100 << (late - 1);
}

static void log_end(const struct child *c, int status)
{
    static const char *const names[] = { "front", "worker", "job" };

    if (WIFSIGNALED(status))
        log_error("%s %ld ended by signal %d", names[c->kind], (long)c->pid, WTERMSIG(status));
    else if (WEXITSTATUS(status) != 0)
        log_error("%s %ld ended with code %d", names[c->kind], (long)c->pid, WEXITSTATUS(status));
}

/* Without a front nothing reaches the workers: they see their sockets close, and are started anew.
 */
static void lose_front(struct supervisor *s)
{
    (void)close(s->control);
    s->control = -1;
    for (size_t i = 0; i < s->children_len; i++) {
        struct child *c = &s->children[i];

        if (c->pid == 0)
            continue;
        c->kill_at = s->now_ms + LEAVE_MS;
        if (c->kind == CHILD_JOB)
            (void)kill(c->pid, SIGTERM);
    }
}

static void on_end(struct supervisor *s, struct child *c, int status)
{
    bool good = WIFEXITED(status) && WEXITSTATUS(status) == 0;

    if (s->end_by == 0 && c->kill_at == 0)
        log_end(c, status);
    c->start_at = s->now_ms + pause_of(c, s->now_ms - c->started_at, good);
    c->pid = 0;
    c->kill_at = 0;
    if (c->kind == CHILD_FRONT)
        lose_front(s);
}

static void reap(struct supervisor *s)
{
    for (;;) {
        int status;
        pid_t pid = waitpid(-1, &status, WNOHANG);

        if (pid <= 0)
            return;
        for (size_t i = 0; i < s->children_len; i++) {
            if (s->children[i].pid == pid)
                on_end(s, &s->children[i], status);
        }
    }
}

/* Replacing one after the other. */

static void replace_from(struct supervisor *s, size_t i)
{
    for (; i < s->children_len; i++) {
        struct child *c = &s->children[i];

        if (c->kind == CHILD_FRONT || c->pid == 0)
            continue;
        s->replacing = i;
        s->replaced_pid = c->pid;
        c->kill_at = s->now_ms + RETIRE_MS;
        if (c->kind == CHILD_WORKER)
            tell_front(s, FRONT_RETIRE, c->slot, -1);
        else
            (void)kill(c->pid, SIGTERM);
        return;
    }
    s->replacing = s->children_len;
}

static void go_on_replacing(struct supervisor *s)
{
    const struct child *c;

    if (s->replacing == s->children_len)
        return;
    c = &s->children[s->replacing];
    if (c->pid != 0 && c->pid != s->replaced_pid)
        replace_from(s, s->replacing + 1);
}

/* The end. */

static void begin_end(struct supervisor *s)
{
    if (s->end_by != 0) { /* told twice: at once */
        s->end_by = s->now_ms;
        return;
    }
    s->end_by = s->now_ms + LEAVE_MS;
    (void)close(s->listener);
    s->listener = -1;
    tell_front(s, FRONT_DRAIN, 0, -1);
    for (size_t i = 0; i < s->children_len; i++) {
        if (s->children[i].kind == CHILD_JOB && s->children[i].pid != 0)
            (void)kill(s->children[i].pid, SIGTERM);
    }
}

static void on_signal(struct supervisor *s, int signal)
{
    if (signal == SIGTERM || signal == SIGINT)
        begin_end(s);
    else if (signal == SIGHUP && s->end_by == 0)
        replace_from(s, 0);
}

static bool any_left(const struct supervisor *s)
{
    for (size_t i = 0; i < s->children_len; i++) {
        if (s->children[i].pid != 0)
            return true;
    }
    return false;
}

static void kill_late(struct supervisor *s)
{
    for (size_t i = 0; i < s->children_len; i++) {
        struct child *c = &s->children[i];
        bool late = (c->kill_at != 0 && c->kill_at <= s->now_ms) ||
                    (s->end_by != 0 && s->end_by <= s->now_ms);

        if (c->pid != 0 && late)
            (void)kill(c->pid, SIGKILL);
    }
}

static void start_due(struct supervisor *s)
{
    for (size_t i = 0; i < s->children_len && s->end_by == 0; i++) {
        struct child *c = &s->children[i];
        bool useful = c->kind != CHILD_WORKER || s->control >= 0;

        if (c->pid == 0 && useful && c->start_at <= s->now_ms)
            start(s, c);
    }
}

static int64_t sooner(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* Milliseconds until there is something to do without a signal. */
static int64_t next_wait(const struct supervisor *s)
{
    int64_t at = s->now_ms + 60000;

    for (size_t i = 0; i < s->children_len; i++) {
        const struct child *c = &s->children[i];

        if (c->pid == 0 && s->end_by == 0 && (c->kind != CHILD_WORKER || s->control >= 0))
            at = sooner(at, c->start_at);
        if (c->pid != 0 && c->kill_at != 0)
            at = sooner(at, c->kill_at);
    }
    if (s->end_by != 0)
        at = sooner(at, s->end_by);
    return at > s->now_ms ? at - s->now_ms : 1;
}

static void supervise(struct supervisor *s)
{
    sigset_t set;

    watched_set(&set);
    while (s->end_by == 0 || any_left(s)) {
        int64_t wait;
        struct timespec limit;
        int signal;

        s->now_ms = clock_ms();
        start_due(s);
        go_on_replacing(s);
        wait = next_wait(s);
        limit.tv_sec = (time_t)(wait / 1000);
        limit.tv_nsec = (long)(wait % 1000) * 1000000;
        signal = sigtimedwait(&set, NULL, &limit);
        s->now_ms = clock_ms();
        reap(s);
        if (signal > 0)
            on_signal(s, signal);
        kill_late(s);
    }
}

static void list_children(struct ctx *ctx, struct supervisor *s)
{
    size_t workers = (size_t)s->options.workers, at = 0;

    s->children = ARENA_ARRAY(ctx->arena, workers + 2, struct child);
    s->children[at++].kind = CHILD_FRONT;
    for (size_t i = 0; i < workers; i++) {
        s->children[at].kind = CHILD_WORKER;
        s->children[at++].slot = (uint32_t)i;
    }
    if (s->options.job != NULL)
        s->children[at++].kind = CHILD_JOB;
    s->children_len = s->replacing = at;
}

enum err serve_run(struct ctx *ctx, const struct serve_options *options)
{
    struct supervisor s = { .options = *options, .control = -1 };
    sigset_t set, before;
    int port;
    enum err rc;

    fill_defaults(&s.options);
    rc = open_port(ctx, &s.listener, &port, &s.options);
    if (rc != OK)
        return rc;
    raise_limits(&s.options);
    list_children(ctx, &s);
    watched_set(&set);
    (void)sigprocmask(SIG_BLOCK, &set, &before);
    s.now_ms = clock_ms();
    start_due(&s);
    if (s.options.started != NULL)
        s.options.started(s.options.arg, port);
    supervise(&s);
    if (s.control >= 0)
        (void)close(s.control);
    (void)sigprocmask(SIG_SETMASK, &before, NULL);
    return OK;
}
