#include "http/door.h"

#include <arpa/inet.h>
#include <assert.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/log.h"
#include "core/text.h"
#include "http/answer.h"
#include "http/frame.h"
#include "http/head.h"
#include "http/static.h"

/*
 * What libmicrohttpd 0.9.75 does with heads that two programs may read differently, and what is
 * done about it (each has a test in tests/http):
 * - lengths given twice, length and coding together, a coding with HTTP/1.0, a missing or second
 *   Host: accepted by it (Host only with strictness off), refused by head_refuse.
 * - an unknown coding: it waits for a body without end; refused with 501 before that.
 * - bare LF, a folded line, NUL in a value or in the target: it ends the line, joins it (wrongly:
 * to the name), cuts the value short. It changes the received bytes in place and hands out pointers
 *   into them, so head_is_exact sees each of these as a gap and refuses.
 * - in the framing of chunks it takes a bare LF for CRLF. Both ends of a chunk are then found where
 *   a strict reader sees an error, and the next request begins after the last chunk all the same.
 * - empty lines before a request are skipped (RFC 9112 section 2.2), within the time for a head.
 * - trailer fields after chunks are read and not used.
 */

/* Per connection: twice the largest head, so that an answer's head finds room beside it. */
#define POOL_BYTES   (2 * HEAD_BYTES_MAX)
#define STREAM_BLOCK ((size_t)32 * 1024)
#define BODY_FIRST   ((size_t)16 * 1024)
#define SWEEP_MS     250
#define RAW_REST                                                                                   \
    "Connection: close\r\nContent-Type: text/plain; charset=utf-8\r\n"                             \
    "X-Content-Type-Options: nosniff\r\nContent-Length: 12\r\n\r\n"
#define SEND_GRACE_MS 120000 /* to take an answer, plus one second per KB */

struct conn {
    struct conn *prev;
    struct conn *next;
    int64_t deadline;  /* 0 = none: with a worker */
    struct deal *deal; /* the request in progress */
    int fd;
    bool loopback;
    char peer[INET6_ADDRSTRLEN];
};

enum stage {
    STAGE_LINE,     /* the first line has come */
    STAGE_BODY,     /* the head is accepted */
    STAGE_WORKER,   /* submitted; suspended */
    STAGE_ANSWERED, /* resumed; the answer is not queued yet */
    STAGE_SENDING,
    STAGE_PAGE /* the next page is submitted; suspended */
};

struct deal {
    struct exchange ex; /* first: submit hands out its address */
    struct door *door;
    struct conn *conn;
    struct MHD_Connection *mhd;
    enum stage stage;
    int refused; /* status, decided while the body comes */
    char *target;
    char *query; /* inside target, or "" */
    struct head head;
    char *body;
    size_t body_len;
    size_t body_cap;
    size_t body_dropped;
    size_t reply_len;
    struct MHD_Response *response;
    int status;
    char *frame; /* of the page being sent */
    const char *page;
    size_t page_len;
    size_t page_at;
    char *token; /* of the page after it; NULL = it is the last */
    bool cut;
};

struct door {
    struct MHD_Daemon *mhd;
    struct door_options options;
    int fd;
    int64_t now_ms;
    int64_t sweep_at;
    struct conn *conns;
    size_t in_hand;
    size_t bodies; /* bytes of all bodies */
    bool draining;
    bool quiet; /* no connection before and after the last run */
};

static struct deal *deal_of(struct exchange *ex)
{
    return (struct deal *)(void *)ex;
}

static void set_deadline(struct deal *d, int64_t after_ms)
{
    d->conn->deadline = after_ms == 0 ? 0 : d->door->now_ms + after_ms;
}

static void drop_body(struct deal *d)
{
    d->door->bodies -= d->body_cap;
    free(d->body);
    d->body = NULL;
    d->body_len = d->body_cap = 0;
}

static void drop_page(struct deal *d)
{
    free(d->frame);
    free(d->token);
    d->frame = d->token = NULL;
    d->page_len = d->page_at = 0;
}

/* Connections. */

static void name_peer(struct conn *c, const struct sockaddr *address)
{
    if (address->sa_family == AF_INET) {
        struct sockaddr_in in;

        memcpy(&in, address, sizeof(in));
        (void)inet_ntop(AF_INET, &in.sin_addr, c->peer, sizeof(c->peer));
        c->loopback = ntohl(in.sin_addr.s_addr) >> 24 == 127;
    } else if (address->sa_family == AF_INET6) {
        struct sockaddr_in6 in6;

        memcpy(&in6, address, sizeof(in6));
        (void)inet_ntop(AF_INET6, &in6.sin6_addr, c->peer, sizeof(c->peer));
        c->loopback = IN6_IS_ADDR_LOOPBACK(&in6.sin6_addr);
    }
}

static void conn_begin(struct door *door, struct MHD_Connection *mhd, void **context)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CONNECTION_FD);
    struct conn *c = calloc(1, sizeof(*c));

    *context = c;
    if (c == NULL || info == NULL)
        return;
    c->fd = info->connect_fd;
    c->deadline = door->now_ms + (int64_t)door->options.header_seconds * 1000;
    info = MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
    if (info != NULL)
        name_peer(c, info->client_addr);
    c->next = door->conns;
    if (c->next != NULL)
        c->next->prev = c;
    door->conns = c;
}

static void conn_end(struct door *door, struct conn *c)
{
    if (c == NULL)
        return;
    if (c->prev != NULL)
        c->prev->next = c->next;
    else if (door->conns == c)
        door->conns = c->next;
    if (c->next != NULL)
        c->next->prev = c->prev;
    free(c);
}

static void on_connection(void *arg, struct MHD_Connection *mhd, void **context,
                          enum MHD_ConnectionNotificationCode code)
{
    if (code == MHD_CONNECTION_NOTIFY_STARTED) {
        conn_begin(arg, mhd, context);
    } else {
        conn_end(arg, *context);
        *context = NULL;
    }
}

/* Shutting a socket down makes libmicrohttpd see its end and close it. */
static void sweep(struct door *door)
{
    for (struct conn *c = door->conns; c != NULL; c = c->next) {
        if (c->deadline != 0 && c->deadline <= door->now_ms) {
            (void)shutdown(c->fd, SHUT_RDWR);
            c->deadline = 0;
        }
    }
}

/* A request begins: its first line is complete and not yet taken apart. */
static void *on_line(void *arg, const char *uri, struct MHD_Connection *mhd)
{
    struct door *door = arg;
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(mhd, MHD_CONNECTION_INFO_SOCKET_CONTEXT);
    struct deal *d = calloc(1, sizeof(*d));
    int64_t until = door->now_ms + (int64_t)door->options.header_seconds * 1000;

    if (d == NULL || info == NULL || info->socket_context == NULL) {
        free(d);
        return NULL;
    }
    d->door = door;
    d->conn = info->socket_context;
    d->mhd = mhd;
    d->conn->deal = d;
    d->target = strdup(uri != NULL ? uri : "");
    d->head.target = d->target;
    d->query = d->target != NULL ? d->target + strlen(d->target) : NULL;
    if (d->conn->deadline > until)
        d->conn->deadline = until;
    return d;
}

static void on_completed(void *arg, struct MHD_Connection *mhd, void **context,
                         enum MHD_RequestTerminationCode code)
{
    struct door *door = arg;
    struct deal *d = *context;

    (void)mhd;
    (void)code;
    *context = NULL;
    if (d == NULL)
        return;
    assert(d->stage != STAGE_WORKER && d->stage != STAGE_PAGE); /* suspended ones do not end */
    if (d->stage != STAGE_LINE)
        door->in_hand--;
    set_deadline(d, (int64_t)DOOR_IDLE_SECONDS * 1000);
    d->conn->deal = NULL;
    if (d->response != NULL)
        MHD_destroy_response(d->response);
    drop_body(d);
    drop_page(d);
    free(d->target);
    free(d);
}

/* Answers. */

static enum MHD_Result send_answer(struct deal *d, int status, struct MHD_Response *response,
                                   size_t len)
{
    enum MHD_Result result;

    if (response == NULL)
        return MHD_NO;
    d->stage = STAGE_SENDING;
    set_deadline(d, SEND_GRACE_MS + (int64_t)len);
    result = MHD_queue_response(d->mhd, (unsigned)status, response);
    MHD_destroy_response(response);
    return result;
}

static enum MHD_Result send_error(struct deal *d, int status)
{
    return send_answer(d, status, answer_error(status, true), 0);
}

static const char *field_value(const struct deal *d, const char *name)
{
    const struct head_field *field = head_find(&d->head, name);

    return field != NULL ? field->value : NULL;
}

static enum MHD_Result send_static(struct deal *d)
{
    const struct asset *asset = static_find(d->target);
    bool gzip, immutable = strncmp(d->target, "/static/", 8) == 0;

    if (asset == NULL)
        return send_answer(d, 404, answer_error(404, d->door->draining), 0);
    gzip = asset->gzip != NULL && head_takes_gzip(field_value(d, "accept-encoding"));
    if (answer_matches(asset, field_value(d, "if-none-match")))
        return send_answer(d, 304, answer_unchanged(asset, gzip), 0);
    return send_answer(d, 200, answer_static(asset, gzip, immutable), asset->len);
}

/* The next bytes of a stream; asks for the next page when this one is used up. */
static ssize_t read_page(void *arg, uint64_t at, char *out, size_t max)
{
    struct deal *d = arg;
    size_t len = d->page_len - d->page_at;

    (void)at;
    if (d->cut)
        return MHD_CONTENT_READER_END_WITH_ERROR;
    if (len > 0) {
        if (len > max)
            len = max;
        memcpy(out, d->page + d->page_at, len);
        d->page_at += len;
        return (ssize_t)len;
    }
    if (d->token == NULL)
        return MHD_CONTENT_READER_END_OF_STREAM;
    d->stage = STAGE_PAGE;
    set_deadline(d, 0);
    MHD_suspend_connection(d->mhd);
    d->door->options.submit(d->door->options.arg, &d->ex);
    return 0;
}

static bool keep_page(struct deal *d, char *frame, const struct wire_reply *reply)
{
    char *token = reply->continuation != NULL ? strdup(reply->continuation) : NULL;

    drop_page(d);
    d->frame = frame;
    d->page = reply->body;
    d->page_len = reply->body_len;
    d->token = token;
    return reply->continuation == NULL || token != NULL;
}

/* Takes the frame. NULL: the reply cannot be sent as it is. */
static struct MHD_Response *make_answer(struct deal *d, char *frame, const struct wire_reply *reply)
{
    struct MHD_Response *r;
    bool good = true;

    if (reply->continuation == NULL) {
        r = MHD_create_response_from_buffer_with_free_callback_cls(
            reply->body_len, (void *)(uintptr_t)reply->body, free, frame);
        if (r == NULL)
            free(frame);
    } else {
        good = keep_page(d, frame, reply);
        r = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, STREAM_BLOCK, read_page, d, NULL);
        /* To HEAD it would send the last chunk, which is no part of a head: close instead. */
        if (r != NULL && strcmp(d->head.method, "HEAD") == 0)
            (void)MHD_set_response_options(r, MHD_RF_HTTP_1_0_COMPATIBLE_STRICT, MHD_RO_END);
    }
    if (r == NULL)
        return NULL;
    if (good && answer_add_headers(r, reply, reply->close || d->door->draining))
        return r;
    MHD_destroy_response(r);
    return NULL;
}

void exchange_refuse(struct exchange *ex, int status)
{
    struct deal *d = deal_of(ex);

    if (d->stage == STAGE_PAGE) {
        d->cut = true;
        d->stage = STAGE_SENDING;
    } else {
        d->status = status;
        d->response = answer_error(status, d->door->draining);
        d->stage = STAGE_ANSWERED;
    }
    drop_body(d);
    MHD_resume_connection(d->mhd);
}

static void take_page(struct deal *d, char *frame, const struct wire_reply *reply)
{
    if (reply->status != d->status || !keep_page(d, frame, reply)) {
        if (d->frame != frame)
            free(frame);
        exchange_refuse(&d->ex, 502);
        return;
    }
    d->stage = STAGE_SENDING;
    set_deadline(d, SEND_GRACE_MS + (int64_t)d->page_len);
    MHD_resume_connection(d->mhd);
}

void exchange_reply(struct exchange *ex, char *frame, size_t len)
{
    struct deal *d = deal_of(ex);
    struct wire_header headers[WIRE_HEADERS_MAX];
    struct wire_reply reply;
    size_t reply_len;

    if (!frame_parse_reply(frame, len, headers, &reply)) {
        log_error("a worker's reply is malformed");
        free(frame);
        exchange_refuse(ex, 502);
        return;
    }
    if (d->stage == STAGE_PAGE) {
        take_page(d, frame, &reply);
        return;
    }
    d->status = reply.status;
    reply_len = reply.body_len;
    d->response = make_answer(d, frame, &reply);
    if (d->response == NULL) {
        log_error("a worker's reply has a header that cannot be sent");
        drop_page(d);
        exchange_refuse(ex, 502);
        return;
    }
    if (reply.continuation == NULL)
        drop_body(d);
    d->reply_len = reply_len;
    d->stage = STAGE_ANSWERED;
    MHD_resume_connection(d->mhd);
}

/* Requests. */

static enum MHD_Result note_field(void *arg, enum MHD_ValueKind kind, const char *name,
                                  size_t name_len, const char *value, size_t value_len)
{
    struct head *h = arg;

    (void)kind;
    if (h->fields_len < WIRE_HEADERS_MAX) {
        h->fields[h->fields_len] = (struct head_field){
            .name = name,
            .name_len = name_len,
            .value = value != NULL ? value : "",
            .value_len = value_len,
        };
    }
    h->fields_len++;
    return MHD_YES;
}

static char decoded(const char **at)
{
    static const char digits[] = "0123456789abcdef";
    const char *high = (*at)[0] == '%' && (*at)[1] ? strchr(digits, ascii_lower((*at)[1])) : NULL;
    const char *low = high != NULL && (*at)[2] ? strchr(digits, ascii_lower((*at)[2])) : NULL;

    if (low == NULL)
        return *(*at)++;
    *at += 3;
    return (char)((high - digits) * 16 + (low - digits));
}

/* As the router reads a target: escapes are resolved, empty segments do not count. */
static bool is_path(const char *target, const char *path)
{
    for (;;) {
        char c = decoded(&target);

        while (c == '/' && (*target == '/' || *target == '\0'))
            c = *target++;
        if (c != *path++)
            return false;
        if (c == '\0')
            return true;
    }
}

static bool is_costly(const struct deal *d)
{
    const char *path = d->door->options.costly_path;

    return path != NULL && strcmp(d->head.method, "POST") == 0 && is_path(d->target, path);
}

/* The head is complete and nothing of the body was read. */
static enum MHD_Result begin_request(struct deal *d, const char *url, const char *method,
                                     const char *version)
{
    const union MHD_ConnectionInfo *info =
        MHD_get_connection_info(d->mhd, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE);
    char *mark;
    int status;

    d->stage = STAGE_BODY;
    d->door->in_hand++;
    d->head.method = method;
    d->head.url = url;
    d->head.version = version;
    d->head.size = info != NULL ? info->header_size : 0;
    (void)MHD_get_connection_values_n(d->mhd, MHD_HEADER_KIND, note_field, &d->head);
    status = head_refuse(&d->head, d->door->options.body_max);
    if (status != 0)
        return send_error(d, status);
    mark = strchr(d->target, '?');
    if (mark != NULL) {
        *mark = '\0';
        d->query = mark + 1;
    }
    /* An answer before the end of a request ends its connection, so files wait for the end. */
    if (static_owns(d->target) && strcmp(method, "GET") != 0 && strcmp(method, "HEAD") != 0)
        return send_error(d, 405);
    set_deadline(d, (int64_t)d->door->options.body_seconds * 1000);
    return MHD_YES;
}

static bool make_room(struct deal *d, size_t need)
{
    struct door *door = d->door;
    size_t cap = d->body_cap > 0 ? d->body_cap : BODY_FIRST;
    char *grown;

    if (need <= d->body_cap)
        return true;
    while (cap < need)
        cap *= 2;
    if (door->bodies + (cap - d->body_cap) > DOOR_BODIES_MAX * door->options.body_max)
        return false;
    grown = realloc(d->body, cap);
    if (grown == NULL)
        return false;
    door->bodies += cap - d->body_cap;
    d->body = grown;
    d->body_cap = cap;
    return true;
}

/* libmicrohttpd takes no answer in the middle of a body: what is too much is read and dropped, up
 * to a second body_max, then the connection ends. */
static enum MHD_Result take_body(struct deal *d, const char *bytes, size_t len)
{
    size_t max = d->door->options.body_max;

    if (d->refused == 0 && len > max - d->body_len)
        d->refused = 413;
    if (d->refused == 0 && !make_room(d, d->body_len + len))
        d->refused = 503;
    if (d->refused == 0) {
        memcpy(d->body + d->body_len, bytes, len);
        d->body_len += len;
        return MHD_YES;
    }
    drop_body(d);
    d->body_dropped += len;
    return d->body_dropped <= max ? MHD_YES : MHD_NO;
}

/* NOLINTNEXTLINE(readability-function-size) the parameters are libmicrohttpd's */
static enum MHD_Result on_request(void *arg, struct MHD_Connection *mhd, const char *url,
                                  const char *method, const char *version, const char *bytes,
                                  size_t *bytes_len, void **context)
{
    struct deal *d = *context;
    struct MHD_Response *response;
    enum MHD_Result result;

    (void)mhd;
    if (d == NULL || d->target == NULL)
        return MHD_NO;
    if (d->stage == STAGE_LINE)
        return begin_request(d, url, method, version);
    if (d->stage == STAGE_BODY && *bytes_len > 0) {
        result = take_body(d, bytes, *bytes_len);
        *bytes_len = 0;
        return result;
    }
    if (d->stage == STAGE_BODY && d->refused != 0)
        return send_error(d, d->refused);
    if (d->stage == STAGE_BODY && static_owns(d->target))
        return send_static(d);
    if (d->stage == STAGE_BODY) {
        struct door *door = arg;

        d->stage = STAGE_WORKER;
        d->ex.costly = is_costly(d);
        d->ex.changes = strcmp(d->head.method, "GET") != 0 && strcmp(d->head.method, "HEAD") != 0;
        set_deadline(d, 0);
        MHD_suspend_connection(d->mhd);
        door->options.submit(door->options.arg, &d->ex);
        return MHD_YES;
    }
    if (d->stage != STAGE_ANSWERED)
        return MHD_YES;
    response = d->response;
    d->response = NULL;
    return send_answer(d, d->status, response, d->reply_len);
}

size_t exchange_frame(const struct exchange *ex, char *out, const char **body_out,
                      size_t *body_len_out)
{
    const struct deal *d = (const struct deal *)(const void *)ex;
    struct wire_header headers[WIRE_HEADERS_MAX];
    char names[HEAD_BYTES_MAX];
    size_t at = 0;
    struct wire_request req = {
        .method = d->head.method,
        .target = d->target,
        .query = d->query,
        .peer = d->conn->peer,
        .loopback = d->conn->loopback,
        .headers = headers,
        .headers_len = d->head.fields_len,
        .body_len = d->body_len,
        .continuation = d->token,
    };

    for (size_t i = 0; i < d->head.fields_len; i++) {
        const struct head_field *field = &d->head.fields[i];

        headers[i].name = names + at;
        headers[i].value = field->value;
        for (size_t k = 0; k < field->name_len; k++)
            names[at++] = ascii_lower(field->name[k]);
        names[at++] = '\0';
    }
    *body_out = d->body;
    *body_len_out = d->body_len;
    return frame_put_request(&req, out, FRAME_HEAD_MAX);
}

/* The target is decoded once, by the router: here it stays as it was sent. */
static size_t keep_encoded(void *arg, struct MHD_Connection *mhd, char *text)
{
    (void)arg;
    (void)mhd;
    return strlen(text);
}

/* Written by hand, since libmicrohttpd takes no answer at this point. */
static void refuse_raw(struct conn *c, bool too_large)
{
    const char *text = too_large ? "HTTP/1.1 413 Content Too Large\r\n" RAW_REST "Too large.\r\n"
                                 : "HTTP/1.1 400 Bad Request\r\n" RAW_REST "Bad request\n";

    (void)send(c->fd, text, strlen(text), MSG_NOSIGNAL | MSG_DONTWAIT);
    (void)shutdown(c->fd, SHUT_WR);
}

/*
 * When a head is complete and libmicrohttpd finds its Content-Length malformed or its Host missing,
 * it would send the head of its error page twice. It logs that first, and only then is a head
 * complete that we have not been asked about: we answer instead and close our side.
 */
static void on_log(void *arg, const char *format, va_list args)
{
    struct door *door = arg;

    (void)args;
    for (struct conn *c = door->conns; c != NULL; c = c->next) {
        if (c->deal != NULL && c->deal->stage == STAGE_LINE &&
            MHD_get_connection_info(c->deal->mhd, MHD_CONNECTION_INFO_REQUEST_HEADER_SIZE) != NULL)
            refuse_raw(c, strstr(format, "Too large") != NULL);
    }
}

static struct MHD_Daemon *start_daemon(struct door *door)
{
    const struct door_options *o = &door->options;

    return MHD_start_daemon(
        MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_TURBO | MHD_USE_ERROR_LOG, 0, NULL, NULL,
        on_request, door, MHD_OPTION_EXTERNAL_LOGGER, on_log, door, MHD_OPTION_LISTEN_SOCKET,
        o->listen_fd, MHD_OPTION_STRICT_FOR_CLIENT, 1, MHD_OPTION_UNESCAPE_CALLBACK, keep_encoded,
        NULL, MHD_OPTION_URI_LOG_CALLBACK, on_line, door, MHD_OPTION_NOTIFY_COMPLETED, on_completed,
        door, MHD_OPTION_NOTIFY_CONNECTION, on_connection, door, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
        POOL_BYTES, MHD_OPTION_CONNECTION_LIMIT, (unsigned)o->connections_max,
        MHD_OPTION_CONNECTION_TIMEOUT, (unsigned)DOOR_IDLE_SECONDS, MHD_OPTION_END);
}

struct door *door_open(const struct door_options *options)
{
    struct door *door = calloc(1, sizeof(*door));
    const union MHD_DaemonInfo *info;

    if (door == NULL)
        return NULL;
    door->options = *options;
    door->mhd = start_daemon(door);
    info = door->mhd != NULL ? MHD_get_daemon_info(door->mhd, MHD_DAEMON_INFO_EPOLL_FD) : NULL;
    if (info == NULL) {
        log_error("could not start the HTTP parser");
        free(door);
        return NULL;
    }
    door->fd = info->epoll_fd;
    return door;
}

int door_fd(const struct door *d)
{
    return d->fd;
}

int door_timeout_ms(const struct door *d)
{
    MHD_UNSIGNED_LONG_LONG ms = 0;

    if (MHD_get_timeout(d->mhd, &ms) != MHD_YES || ms > SWEEP_MS)
        ms = SWEEP_MS;
    return d->quiet ? -1 : (int)ms;
}

void door_run(struct door *d, int64_t now_ms)
{
    bool none;

    d->now_ms = now_ms;
    if (now_ms >= d->sweep_at) {
        sweep(d);
        d->sweep_at = now_ms + SWEEP_MS;
    }
    /* At the limit libmicrohttpd stops listening; it listens again in the run after a connection
     * ended, so there must be one. */
    none = d->conns == NULL;
    (void)MHD_run(d->mhd);
    d->quiet = none && d->conns == NULL;
}

void door_drain(struct door *d)
{
    MHD_socket fd = MHD_quiesce_daemon(d->mhd);

    d->draining = true;
    if (fd != MHD_INVALID_SOCKET)
        (void)close(fd);
}

size_t door_in_hand(const struct door *d)
{
    return d->in_hand;
}
