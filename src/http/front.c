#include "http/front.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "core/log.h"
#include "http/door.h"
#include "http/frame.h"
#include "http/jail.h"

#define SCRATCH_BYTES ((size_t)64 * 1024)
#define EVENTS_MAX    64
#define TRIES_MAX     20

/* What an event belongs to; slots are numbered from EVENT_SLOT. */
enum event_of { EVENT_DOOR, EVENT_CONTROL, EVENT_SLOT };

struct slot {
    int fd; /* -1 = no worker */
    bool retire;
    struct exchange *ex; /* NULL = idle */
    int64_t since_us;    /* when it was given that */
    char *out;           /* head of a request that did not fit into the socket at once */
    size_t out_len;
    size_t out_sent; /* of head and body */
    const char *body;
    size_t body_len;
    char prefix[FRAME_LENGTH]; /* the reply: length, then frame */
    size_t prefix_len;
    char *in;
    size_t in_len;
    size_t in_total;
};

struct front {
    struct door *door;
    int epoll;
    int control;
    int64_t now_ms;
    int64_t drain_until;  /* 0 = not draining */
    int64_t change_us;    /* what a change takes the first worker, smoothed */
    int64_t shared_until; /* until then every worker does changes */
    bool parent_gone;
    struct exchange *first; /* waiting for a worker */
    struct exchange *last;
    size_t waiting;
    size_t costly_waiting;
    bool held; /* a change waits for the first worker, while others are idle */
    struct slot slots[FRONT_SLOTS_MAX];
    char scratch[SCRATCH_BYTES];
};

static int64_t clock_us(void)
{
    struct timespec t;

    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (int64_t)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static int64_t clock_ms(void)
{
    return clock_us() / 1000;
}

static bool watch(struct front *f, int op, int fd, uint32_t events, uint32_t of)
{
    struct epoll_event event = { .events = events, .data = { .u32 = of } };

    if (epoll_ctl(f->epoll, op, fd, &event) == 0)
        return true;
    log_error("could not watch a socket: %s", strerror(errno));
    return false;
}

static void watch_slot(struct front *f, const struct slot *s, bool writing)
{
    uint32_t of = EVENT_SLOT + (uint32_t)(s - f->slots);

    (void)watch(f, EPOLL_CTL_MOD, s->fd, EPOLLIN | (writing ? (uint32_t)EPOLLOUT : 0U), of);
}

/* The queue. */

static void queue_first(struct front *f, struct exchange *ex)
{
    ex->next = f->first;
    f->first = ex;
    if (f->last == NULL)
        f->last = ex;
    f->waiting++;
    f->costly_waiting += ex->costly;
}

static void queue_last(struct front *f, struct exchange *ex)
{
    ex->next = NULL;
    if (f->last != NULL)
        f->last->next = ex;
    else
        f->first = ex;
    f->last = ex;
    f->waiting++;
    f->costly_waiting += ex->costly;
}

/* Which of those that wait may be given now. */
struct pass {
    bool costly;
    bool changes;
};

/* The first that may pass; NULL: there is none. */
static struct exchange *queue_take(struct front *f, const struct pass *pass)
{
    struct exchange *before = NULL;
    struct exchange *ex = f->first;

    while (ex != NULL && ((ex->costly && !pass->costly) || (ex->changes && !pass->changes))) {
        before = ex;
        ex = ex->next;
    }
    if (ex == NULL)
        return NULL;
    if (before != NULL)
        before->next = ex->next;
    else
        f->first = ex->next;
    if (f->last == ex)
        f->last = before;
    f->waiting--;
    f->costly_waiting -= ex->costly;
    return ex;
}

/* Workers. */

static void forget_reply(struct slot *s)
{
    free(s->in);
    free(s->out);
    s->in = s->out = NULL;
    s->in_len = s->in_total = s->prefix_len = 0;
    s->out_len = s->out_sent = 0;
}

/* unread: the worker ended without having read its request, so that another may have it. */
static void lose_worker(struct front *f, struct slot *s, bool unread)
{
    struct exchange *ex = s->ex;

    (void)close(s->fd); /* leaves the epoll set by that */
    forget_reply(s);
    s->fd = -1;
    s->ex = NULL;
    s->retire = false;
    if (ex == NULL)
        return;
    ex->tries++;
    if (unread && ex->tries < TRIES_MAX) {
        queue_first(f, ex);
    } else {
        log_error("a worker ended during a request");
        exchange_refuse(ex, 502);
    }
}

static bool was_unread(const struct slot *s, int error)
{
    return (error == ECONNRESET || error == EPIPE) && s->prefix_len == 0;
}

/* Sends what is left of a request. False: the worker is lost. */
static bool send_rest(struct front *f, struct slot *s, const char *head, size_t head_len)
{
    size_t total = head_len + s->body_len;

    while (s->out_sent < total) {
        size_t in_head = s->out_sent < head_len ? s->out_sent : head_len;
        size_t in_body = s->out_sent - in_head;
        struct iovec parts[2] = {
            { .iov_base = (void *)(uintptr_t)(head + in_head), .iov_len = head_len - in_head },
            { .iov_base = (void *)(uintptr_t)(s->body + in_body),
              .iov_len = s->body_len - in_body },
        };
        struct msghdr message = { .msg_iov = parts, .msg_iovlen = s->body_len > 0 ? 2 : 1 };
        ssize_t n = sendmsg(s->fd, &message, MSG_NOSIGNAL | MSG_DONTWAIT);

        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0 && errno == EAGAIN)
            return true;
        if (n < 0) {
            lose_worker(f, s, was_unread(s, errno));
            return false;
        }
        s->out_sent += (size_t)n;
    }
    return true;
}

static void give(struct front *f, struct slot *s, struct exchange *ex)
{
    size_t len = exchange_frame(ex, f->scratch, &s->body, &s->body_len);

    if (len == 0) {
        exchange_refuse(ex, 431);
        return;
    }
    s->ex = ex;
    s->since_us = clock_us();
    s->out_sent = 0;
    if (!send_rest(f, s, f->scratch, len) || s->out_sent == len + s->body_len)
        return;
    s->out = malloc(len);
    if (s->out == NULL) {
        lose_worker(f, s, false);
        return;
    }
    memcpy(s->out, f->scratch, len);
    s->out_len = len;
    watch_slot(f, s, true);
}

static void send_more(struct front *f, struct slot *s)
{
    if (s->out == NULL || !send_rest(f, s, s->out, s->out_len))
        return;
    if (s->out_sent == s->out_len + s->body_len) {
        free(s->out);
        s->out = NULL;
        watch_slot(f, s, false);
    }
}

static bool is_idle(const struct slot *s)
{
    return s->fd >= 0 && s->ex == NULL && !s->retire;
}

/* The first, or the last that is idle. */
static struct slot *idle_slot(struct front *f, bool first)
{
    for (size_t i = 0; i < FRONT_SLOTS_MAX; i++) {
        struct slot *s = &f->slots[first ? i : FRONT_SLOTS_MAX - 1 - i];

        if (is_idle(s))
            return s;
    }
    return NULL;
}

static const struct slot *writer(const struct front *f)
{
    size_t i = 0;

    while (i < FRONT_SLOTS_MAX && (f->slots[i].fd < 0 || f->slots[i].retire))
        i++;
    return i < FRONT_SLOTS_MAX ? &f->slots[i] : NULL;
}

/* The first worker does a change, and will soon have done it. */
static bool writer_is_quick(const struct front *f)
{
    const struct slot *w = writer(f);

    return f->now_ms >= f->shared_until && w != NULL && w->ex != NULL && w->ex->changes &&
           f->now_ms - w->since_us / 1000 <= FRONT_QUICK_MS;
}

/* Where a flush takes long, several workers share it, each with a change of its own. That it does
 * is tried anew now and then: while all write at once each of them is slow, whatever the disk. */
static void note_change(struct front *f, const struct slot *s)
{
    if (s != writer(f) || !s->ex->changes || f->now_ms < f->shared_until)
        return;
    f->change_us += (clock_us() - s->since_us - f->change_us) / FRONT_CHANGES_SMOOTHED;
    if (f->change_us <= FRONT_CHANGE_US)
        return;
    f->change_us = 0;
    f->shared_until = f->now_ms + FRONT_SHARED_MS;
}

/* One worker is kept from costly requests where there is more than one. */
static bool costly_is_full(const struct front *f)
{
    size_t most = FRONT_COSTLY_AT_ONCE;
    size_t workers = 0;
    size_t at_it = 0;

    for (size_t i = 0; i < FRONT_SLOTS_MAX; i++) {
        workers += f->slots[i].fd >= 0;
        at_it += f->slots[i].ex != NULL && f->slots[i].ex->costly;
    }
    if (workers <= most)
        most = workers > 1 ? workers - 1 : 1;
    return at_it >= most;
}

static void give_waiting(struct front *f)
{
    f->held = false;
    while (f->first != NULL && idle_slot(f, true) != NULL) {
        const struct pass pass = { !costly_is_full(f), !writer_is_quick(f) };
        struct exchange *ex = queue_take(f, &pass);

        f->held = !pass.changes;
        if (ex == NULL)
            return;
        give(f, idle_slot(f, ex->changes), ex);
    }
}

static void on_submit(void *arg, struct exchange *ex)
{
    struct front *f = arg;

    if (f->waiting >= FRONT_QUEUE_MAX || (ex->costly && f->costly_waiting >= FRONT_COSTLY_MAX)) {
        exchange_refuse(ex, 503);
        return;
    }
    ex->waiting_since = f->now_ms;
    queue_last(f, ex);
    give_waiting(f);
}

static void retire_idle(struct front *f, struct slot *s)
{
    if (s->fd >= 0 && s->retire && s->ex == NULL)
        lose_worker(f, s, false);
}

static void finish_reply(struct front *f, struct slot *s)
{
    struct exchange *ex = s->ex;
    char *frame = s->in;
    size_t len = s->in_total;

    note_change(f, s);
    s->in = NULL;
    forget_reply(s);
    s->ex = NULL;
    exchange_reply(ex, frame, len);
    retire_idle(f, s);
}

/* Room for the frame, and a NUL behind it. */
static bool begin_frame(struct slot *s)
{
    uint32_t total;

    memcpy(&total, s->prefix, sizeof(total));
    if (total > FRAME_MAX)
        return false;
    s->in_total = total;
    s->in = malloc((size_t)total + 1);
    if (s->in != NULL)
        s->in[total] = '\0';
    return s->in != NULL;
}

/* Takes what was read; false if it is no part of a reply to a request. */
static bool take_bytes(struct front *f, struct slot *s, const char *bytes, size_t len)
{
    size_t part = FRAME_LENGTH - s->prefix_len;

    if (s->ex == NULL || s->out != NULL)
        return false;
    if (part > len)
        part = len;
    memcpy(s->prefix + s->prefix_len, bytes, part);
    s->prefix_len += part;
    if (s->prefix_len < FRAME_LENGTH)
        return true;
    if (s->in == NULL && !begin_frame(s))
        return false;
    if (len - part > s->in_total - s->in_len)
        return false;
    memcpy(s->in + s->in_len, bytes + part, len - part);
    s->in_len += len - part;
    if (s->in_len == s->in_total)
        finish_reply(f, s);
    return true;
}

static void read_reply(struct front *f, struct slot *s)
{
    bool direct = s->in != NULL && s->in_total - s->in_len > SCRATCH_BYTES;
    ssize_t n = direct ? recv(s->fd, s->in + s->in_len, s->in_total - s->in_len, MSG_DONTWAIT)
                       : recv(s->fd, f->scratch, SCRATCH_BYTES, MSG_DONTWAIT);

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n <= 0) {
        lose_worker(f, s, n < 0 && was_unread(s, errno));
        return;
    }
    if (direct) {
        s->in_len += (size_t)n;
        if (s->in_len == s->in_total)
            finish_reply(f, s);
    } else if (!take_bytes(f, s, f->scratch, (size_t)n)) {
        log_error("a worker spoke out of turn");
        lose_worker(f, s, false);
    }
}

static void on_slot(struct front *f, struct slot *s, uint32_t events)
{
    if (s->fd >= 0 && (events & EPOLLOUT) != 0)
        send_more(f, s);
    if (s->fd >= 0 && (events & (EPOLLIN | EPOLLHUP | EPOLLERR)) != 0)
        read_reply(f, s);
}

/* The parent. */

static void add_worker(struct front *f, uint32_t number, int fd)
{
    struct slot *s = &f->slots[number];

    if (s->fd >= 0)
        lose_worker(f, s, false);
    if (!watch(f, EPOLL_CTL_ADD, fd, EPOLLIN, EVENT_SLOT + number)) {
        (void)close(fd);
        return;
    }
    s->fd = fd;
}

static void obey(struct front *f, const struct front_message *message, int fd)
{
    bool known = message->slot < FRONT_SLOTS_MAX;

    if (message->order == FRONT_WORKER && known && fd >= 0) {
        add_worker(f, message->slot, fd);
        return;
    }
    if (fd >= 0)
        (void)close(fd);
    if (message->order == FRONT_RETIRE && known) {
        f->slots[message->slot].retire = f->slots[message->slot].fd >= 0;
        retire_idle(f, &f->slots[message->slot]);
    } else if (message->order == FRONT_DRAIN && f->drain_until == 0) {
        f->drain_until = f->now_ms + FRONT_DRAIN_MS;
        door_drain(f->door);
    }
}

static void read_control(struct front *f)
{
    struct front_message message;
    union {
        char bytes[CMSG_SPACE(sizeof(int))];
        struct cmsghdr align;
    } extra;
    struct iovec part = { .iov_base = &message, .iov_len = sizeof(message) };
    struct msghdr m = { .msg_iov = &part,
                        .msg_iovlen = 1,
                        .msg_control = extra.bytes,
                        .msg_controllen = sizeof(extra.bytes) };
    ssize_t n = recvmsg(f->control, &m, MSG_DONTWAIT | MSG_CMSG_CLOEXEC);
    struct cmsghdr *head;
    int fd = -1;

    if (n < 0 && (errno == EAGAIN || errno == EINTR))
        return;
    if (n != (ssize_t)sizeof(message)) {
        f->parent_gone = true;
        return;
    }
    head = CMSG_FIRSTHDR(&m);
    if (head != NULL && head->cmsg_type == SCM_RIGHTS && head->cmsg_len == CMSG_LEN(sizeof(int)))
        memcpy(&fd, CMSG_DATA(head), sizeof(fd));
    obey(f, &message, fd);
}

/* Requests that found no worker in time. */
static void refuse_late(struct front *f)
{
    while (f->first != NULL && f->now_ms - f->first->waiting_since > FRONT_WAIT_MS)
        exchange_refuse(queue_take(f, &(struct pass){ true, true }), 503);
}

static bool goes_on(const struct front *f)
{
    if (f->parent_gone)
        return false;
    return f->drain_until == 0 || (door_in_hand(f->door) > 0 && f->now_ms < f->drain_until);
}

/* Until something must be looked at anyway. */
static int timeout_ms(const struct front *f)
{
    const int door = door_timeout_ms(f->door);
    const int held = FRONT_QUICK_MS + 1;

    return f->held && (door < 0 || door > held) ? held : door;
}

static void loop(struct front *f)
{
    struct epoll_event events[EVENTS_MAX];

    while (goes_on(f)) {
        int n = epoll_wait(f->epoll, events, EVENTS_MAX, timeout_ms(f));

        f->now_ms = clock_ms();
        for (int i = 0; i < n; i++) {
            uint32_t of = events[i].data.u32;

            if (of == EVENT_CONTROL)
                read_control(f);
            else if (of >= EVENT_SLOT)
                on_slot(f, &f->slots[of - EVENT_SLOT], events[i].events);
        }
        give_waiting(f);
        refuse_late(f);
        door_run(f->door, f->now_ms);
    }
}

int front_run(const struct serve_options *options, int listen_fd, int control_fd)
{
    struct front *f = calloc(1, sizeof(*f));
    struct door_options door = {
        .listen_fd = listen_fd,
        .body_max = options->body_max,
        .header_seconds = options->header_seconds,
        .body_seconds = options->body_seconds,
        .connections_max = options->connections_max,
        .costly_path = options->costly_path,
        .submit = on_submit,
        .arg = f,
    };

    if (f == NULL)
        return 1;
    for (size_t i = 0; i < FRONT_SLOTS_MAX; i++)
        f->slots[i].fd = -1;
    f->control = control_fd;
    f->now_ms = clock_ms();
    f->epoll = epoll_create1(EPOLL_CLOEXEC);
    f->door = door_open(&door);
    if (f->epoll < 0 || f->door == NULL ||
        !watch(f, EPOLL_CTL_ADD, door_fd(f->door), EPOLLIN, EVENT_DOOR) ||
        !watch(f, EPOLL_CTL_ADD, control_fd, EPOLLIN, EVENT_CONTROL) || !jail_front())
        return 1;
    loop(f);
    /* Connections that are left end with the process; libmicrohttpd must not be stopped while some
     * are suspended. */
    return 0;
}
