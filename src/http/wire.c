#include "http/wire.h"

#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/uio.h>

#include "core/text.h"
#include "http/frame.h"

/* Most frames are read with one call into a piece of this size. */
#define WIRE_FIRST_READ ((size_t)8 * 1024)

enum frame_flag { FRAME_LOOPBACK = 1, FRAME_TLS = 2, FRAME_CONTINUATION = 4, FRAME_CLOSE = 8 };

enum frame_kind { FRAME_REQUEST = 'Q', FRAME_REPLY = 'R' };

struct writer {
    char *out;
    size_t len;
    size_t max;
    bool full;
};

static void put(struct writer *w, const void *bytes, size_t len)
{
    if (w->full || len > w->max - w->len) {
        w->full = true;
        return;
    }
    if (len > 0)
        memcpy(w->out + w->len, bytes, len);
    w->len += len;
}

static void put_number(struct writer *w, size_t n)
{
    uint32_t number = (uint32_t)n;

    put(w, &number, sizeof(number));
}

static void put_text(struct writer *w, const char *text)
{
    size_t len = text != NULL ? strlen(text) : 0;

    if (len > w->max) {
        w->full = true;
        return;
    }
    put_number(w, len);
    put(w, text, len);
    put(w, "", 1);
}

static void put_headers(struct writer *w, const struct wire_header *headers, size_t len)
{
    if (len > WIRE_HEADERS_MAX) {
        w->full = true;
        return;
    }
    put_number(w, len);
    for (size_t i = 0; i < len; i++) {
        put_text(w, headers[i].name);
        put_text(w, headers[i].value);
    }
}

static size_t put_end(struct writer *w, size_t body_len)
{
    uint32_t total;

    if (w->full || body_len > WIRE_BODY_MAX)
        return 0;
    total = (uint32_t)(w->len - FRAME_LENGTH + body_len);
    memcpy(w->out, &total, sizeof(total));
    return w->len;
}

size_t frame_put_request(const struct wire_request *req, char *out, size_t out_max)
{
    struct writer w = { .out = out, .max = out_max };
    size_t flags = 0;

    if (req->loopback)
        flags |= FRAME_LOOPBACK;
    if (req->tls)
        flags |= FRAME_TLS;
    if (req->continuation != NULL)
        flags |= FRAME_CONTINUATION;
    put_number(&w, 0);
    put_number(&w, FRAME_REQUEST);
    put_number(&w, flags);
    put_text(&w, req->method);
    put_text(&w, req->target);
    put_text(&w, req->query);
    put_text(&w, req->peer);
    put_text(&w, req->continuation);
    put_headers(&w, req->headers, req->headers_len);
    return put_end(&w, req->body_len);
}

size_t frame_put_reply(const struct wire_reply *reply, char *out, size_t out_max)
{
    struct writer w = { .out = out, .max = out_max };
    size_t flags = 0;

    if (reply->close)
        flags |= FRAME_CLOSE;
    if (reply->continuation != NULL)
        flags |= FRAME_CONTINUATION;
    put_number(&w, 0);
    put_number(&w, FRAME_REPLY);
    put_number(&w, flags);
    put_number(&w, (size_t)reply->status);
    put_text(&w, reply->continuation);
    put_headers(&w, reply->headers, reply->headers_len);
    return put_end(&w, reply->body_len);
}

struct reader {
    const char *at;
    size_t left;
    bool bad;
};

static size_t get_number(struct reader *r, size_t max)
{
    uint32_t number = 0;

    if (r->bad || r->left < sizeof(number)) {
        r->bad = true;
        return 0;
    }
    memcpy(&number, r->at, sizeof(number));
    r->at += sizeof(number);
    r->left -= sizeof(number);
    if (number > max) {
        r->bad = true;
        return 0;
    }
    return number;
}

static const char *get_text(struct reader *r)
{
    size_t len = get_number(r, FRAME_HEAD_MAX);
    const char *text = r->at;

    if (r->bad || r->left <= len || text[len] != '\0' || memchr(text, '\0', len) != NULL) {
        r->bad = true;
        return "";
    }
    r->at += len + 1;
    r->left -= len + 1;
    return text;
}

static size_t get_headers(struct reader *r, struct wire_header *headers)
{
    size_t len = get_number(r, WIRE_HEADERS_MAX);

    for (size_t i = 0; i < len && !r->bad; i++) {
        headers[i].name = get_text(r);
        headers[i].value = get_text(r);
    }
    return len;
}

/* An absent continuation is written as an empty text. */
static const char *get_continuation(struct reader *r, size_t flags)
{
    const char *text = get_text(r);

    if ((flags & FRAME_CONTINUATION) != 0)
        return text;
    if (text[0] != '\0')
        r->bad = true;
    return NULL;
}

static bool get_body(struct reader *r, const char **out, size_t *len_out)
{
    if (r->bad || r->left > WIRE_BODY_MAX)
        return false;
    *out = r->at;
    *len_out = r->left;
    return true;
}

bool frame_parse_request(const char *frame, size_t len, struct wire_header *headers,
                         struct wire_request *out)
{
    struct reader r = { .at = frame, .left = len };
    size_t flags;

    if (get_number(&r, UINT32_MAX) != FRAME_REQUEST)
        return false;
    flags = get_number(&r, FRAME_LOOPBACK | FRAME_TLS | FRAME_CONTINUATION);
    *out = (struct wire_request){ 0 };
    out->loopback = (flags & FRAME_LOOPBACK) != 0;
    out->tls = (flags & FRAME_TLS) != 0;
    out->method = get_text(&r);
    out->target = get_text(&r);
    out->query = get_text(&r);
    out->peer = get_text(&r);
    out->continuation = get_continuation(&r, flags);
    out->headers = headers;
    out->headers_len = get_headers(&r, headers);
    return get_body(&r, &out->body, &out->body_len);
}

bool frame_parse_reply(const char *frame, size_t len, struct wire_header *headers,
                       struct wire_reply *out)
{
    struct reader r = { .at = frame, .left = len };
    size_t flags;

    if (get_number(&r, UINT32_MAX) != FRAME_REPLY)
        return false;
    flags = get_number(&r, FRAME_CLOSE | FRAME_CONTINUATION);
    if ((flags & ~((size_t)FRAME_CLOSE | FRAME_CONTINUATION)) != 0)
        return false;
    *out = (struct wire_reply){ 0 };
    out->close = (flags & FRAME_CLOSE) != 0;
    out->status = (int)get_number(&r, 599);
    out->continuation = get_continuation(&r, flags);
    out->headers = headers;
    out->headers_len = get_headers(&r, headers);
    return get_body(&r, &out->body, &out->body_len) && out->status >= 200;
}

static enum err send_all(int fd, const char *head, size_t head_len, const char *body,
                         size_t body_len)
{
    size_t total = head_len + body_len, sent = 0;

    while (sent < total) {
        size_t of_body = sent > head_len ? sent - head_len : 0;
        struct iovec parts[2] = {
            { .iov_base = (char *)(uintptr_t)head + (sent < head_len ? sent : head_len),
              .iov_len = sent < head_len ? head_len - sent : 0 },
            { .iov_base = (char *)(uintptr_t)body + of_body, .iov_len = body_len - of_body },
        };
        struct msghdr message = { .msg_iov = parts, .msg_iovlen = body_len > 0 ? 2 : 1 };
        ssize_t n = sendmsg(fd, &message, MSG_NOSIGNAL);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return ERR_IO;
        sent += (size_t)n;
    }
    return OK;
}

enum err wire_send_request(int fd, const struct wire_request *req)
{
    char head[FRAME_HEAD_MAX];
    size_t len = frame_put_request(req, head, sizeof(head));

    if (len == 0)
        return ERR_LIMIT;
    return send_all(fd, head, len, req->body, req->body_len);
}

enum err wire_send_reply(int fd, const struct wire_reply *reply)
{
    char head[FRAME_HEAD_MAX];
    size_t len = frame_put_reply(reply, head, sizeof(head));

    if (len == 0)
        return ERR_LIMIT;
    return send_all(fd, head, len, reply->body, reply->body_len);
}

/* At least min bytes; *len_out = how many. */
static enum err recv_some(int fd, char *out, size_t min, size_t max, size_t *len_out)
{
    size_t len = 0;

    while (len < min) {
        ssize_t n = recv(fd, out + len, max - len, 0);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return ERR_IO;
        len += (size_t)n;
    }
    *len_out = len;
    return OK;
}

/* One frame goes each way at a time, so bytes after its end are an error of the other side. */
static enum err read_frame(int fd, struct arena *a, char **out, size_t *len_out)
{
    char first[WIRE_FIRST_READ];
    size_t have, rest;
    uint32_t total;
    char *frame;
    enum err rc = recv_some(fd, first, FRAME_LENGTH, sizeof(first), &have);

    if (rc != OK)
        return rc;
    memcpy(&total, first, sizeof(total));
    have -= FRAME_LENGTH;
    if (total > FRAME_MAX || have > total)
        return ERR_IO;
    frame = arena_alloc(a, (size_t)total + 1);
    memcpy(frame, first + FRAME_LENGTH, have);
    if (have < total) {
        rc = recv_some(fd, frame + have, total - have, total - have, &rest);
        if (rc != OK)
            return rc;
    }
    *out = frame;
    *len_out = total;
    return OK;
}

enum err wire_read_request(int fd, struct arena *a, struct wire_request *out)
{
    struct wire_request req = { 0 };
    struct wire_header *headers;
    size_t len;
    char *frame;
    enum err rc = read_frame(fd, a, &frame, &len);

    if (rc != OK)
        return rc;
    headers = ARENA_ARRAY(a, WIRE_HEADERS_MAX, struct wire_header);
    if (!frame_parse_request(frame, len, headers, &req))
        return ERR_IO;
    *out = req;
    return OK;
}

enum err wire_read_reply(int fd, struct arena *a, struct wire_reply *out)
{
    struct wire_reply reply = { 0 };
    struct wire_header *headers;
    size_t len;
    char *frame;
    enum err rc = read_frame(fd, a, &frame, &len);

    if (rc != OK)
        return rc;
    headers = ARENA_ARRAY(a, WIRE_HEADERS_MAX, struct wire_header);
    if (!frame_parse_reply(frame, len, headers, &reply))
        return ERR_IO;
    *out = reply;
    return OK;
}

const char *wire_header(const struct wire_request *req, const char *name)
{
    for (size_t i = 0; i < req->headers_len; i++) {
        if (text_equal(req->headers[i].name, name))
            return req->headers[i].value;
    }
    return NULL;
}
