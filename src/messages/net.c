#include "messages/net.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#include <curl/curl.h>

#include "core/buf.h"
#include "core/text.h"

/* What the callbacks of one transfer know. */
struct transfer {
    struct buf *answer;
    const char *bytes;
    size_t len;
    size_t at;
    bool at_end;      /* the last byte was given out */
    bool plain;       /* without TLS: this machine only */
    bool private_too; /* private addresses are allowed */
    bool refused;     /* an address was not spoken to */
};

/* --- addresses --- */

struct range {
    uint32_t net;
    int bits;
};

/* IPv4 that no host of the internet has (RFC 6890 and multicast). */
static const struct range closed[] = {
    { 0x00000000, 8 },  { 0x0a000000, 8 },  { 0x64400000, 10 }, { 0x7f000000, 8 },
    { 0xa9fe0000, 16 }, { 0xac100000, 12 }, { 0xc0000000, 24 }, { 0xc0000200, 24 },
    { 0xc0586300, 24 }, { 0xc0a80000, 16 }, { 0xc6120000, 15 }, { 0xc6336400, 24 },
    { 0xcb007100, 24 }, { 0xe0000000, 4 },  { 0xf0000000, 4 },
};

static bool v4_is_private(uint32_t a)
{
    for (size_t i = 0; i < sizeof closed / sizeof closed[0]; i++)
        if ((a ^ closed[i].net) >> (32 - closed[i].bits) == 0)
            return true;
    return false;
}

static uint32_t v4_at(const uint8_t *p)
{
    return (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
}

static bool v4_inside(const uint8_t *b, uint32_t *out)
{
    static const uint8_t mapped[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };
    static const uint8_t nat64[12] = { 0, 0x64, 0xff, 0x9b };

    if (memcmp(b, mapped, 12) != 0 && memcmp(b, nat64, 12) != 0)
        return false;
    *out = v4_at(b + 12);
    return true;
}

static bool v6_is_private(const uint8_t *b)
{
    uint32_t v4 = 0;

    if (v4_inside(b, &v4))
        return v4_is_private(v4);
    if ((b[0] & 0xe0) != 0x20) /* only 2000::/3 is given to hosts of the internet */
        return true;
    /* 2001::/23 is for protocols, 2001:db8:: for books, 2002:: wraps IPv4. */
    if (b[0] == 0x20 && b[1] == 0x01 && (b[2] < 2 || (b[2] == 0x0d && b[3] == 0xb8)))
        return true;
    return b[0] == 0x20 && b[1] == 0x02;
}

bool net_is_private(const struct sockaddr *a)
{
    struct sockaddr_in in = { 0 };
    struct sockaddr_in6 in6 = { 0 };

    if (a->sa_family == AF_INET) {
        memcpy(&in, a, sizeof in);
        return v4_is_private(ntohl(in.sin_addr.s_addr));
    }
    if (a->sa_family != AF_INET6)
        return true;
    memcpy(&in6, a, sizeof in6);
    return v6_is_private(in6.sin6_addr.s6_addr);
}

bool net_is_loopback(const struct sockaddr *a)
{
    struct sockaddr_in in = { 0 };
    struct sockaddr_in6 in6 = { 0 };
    uint32_t v4 = 0;

    if (a->sa_family == AF_INET) {
        memcpy(&in, a, sizeof in);
        return ntohl(in.sin_addr.s_addr) >> 24 == 127;
    }
    if (a->sa_family != AF_INET6)
        return false;
    memcpy(&in6, a, sizeof in6);
    if (v4_inside(in6.sin6_addr.s6_addr, &v4))
        return v4 >> 24 == 127;
    return IN6_IS_ADDR_LOOPBACK(&in6.sin6_addr);
}

static curl_socket_t open_socket(void *arg, curlsocktype purpose, struct curl_sockaddr *a)
{
    struct transfer *t = arg;
    bool local = net_is_loopback(&a->addr);

    (void)purpose;
    if ((t->plain && !local) || (!t->private_too && net_is_private(&a->addr))) {
        t->refused = true;
        return CURL_SOCKET_BAD;
    }
    return socket(a->family, a->socktype | SOCK_CLOEXEC, a->protocol);
}

/* --- urls --- */

static const char *url_part(struct ctx *ctx, CURLU *u, CURLUPart part)
{
    char *text = NULL;
    const char *copy = NULL;

    if (curl_url_get(u, part, &text, 0) == CURLUE_OK && text != NULL)
        copy = arena_strdup(ctx->arena, text);
    curl_free(text);
    return copy;
}

static bool is_local_name(const char *host)
{
    return text_equal(host, "localhost") || text_equal(host, "127.0.0.1") ||
           text_equal(host, "[::1]");
}

/* Whether the address is one of this machine by its name; then TLS may be left out. */
static bool url_is_local(struct ctx *ctx, const char *url)
{
    CURLU *u = curl_url();
    bool local;

    if (u == NULL)
        return false;
    local = curl_url_set(u, CURLUPART_URL, url, CURLU_NON_SUPPORT_SCHEME) == CURLUE_OK &&
            is_local_name(url_part(ctx, u, CURLUPART_HOST));
    curl_url_cleanup(u);
    return local;
}

static bool all_printable(const char *s)
{
    for (; *s != '\0'; s++)
        if ((unsigned char)*s <= ' ' || (unsigned char)*s >= 127)
            return false;
    return true;
}

bool net_url_fits(struct ctx *ctx, const char *url, const char *const schemes[2],
                  const char **why_out)
{
    CURLU *u = curl_url();
    const char *scheme = NULL;
    const char *why = NULL;
    bool plain;

    if (u == NULL || strlen(url) > NET_URL_MAX || !all_printable(url) ||
        curl_url_set(u, CURLUPART_URL, url, CURLU_NON_SUPPORT_SCHEME) != CURLUE_OK) {
        *why_out = tr(ctx, "This is not an address such as {0}.",
                      TR_TEXT(arena_printf(ctx->arena, "%s://example.org", schemes[0])));
        curl_url_cleanup(u);
        return false;
    }
    scheme = url_part(ctx, u, CURLUPART_SCHEME);
    plain = text_equal(scheme, schemes[1]);
    if (!plain && !text_equal(scheme, schemes[0]))
        why = tr(ctx, "This is not an address such as {0}.",
                 TR_TEXT(arena_printf(ctx->arena, "%s://example.org", schemes[0])));
    else if (url_part(ctx, u, CURLUPART_USER) != NULL ||
             url_part(ctx, u, CURLUPART_PASSWORD) != NULL)
        why = tr(ctx, "A name or password does not belong into the address.");
    else if (plain && !text_equal(scheme, "smtp") &&
             !is_local_name(url_part(ctx, u, CURLUPART_HOST)))
        why = tr(ctx, "Without encryption only this machine itself is spoken to: use {0}.",
                 TR_TEXT(arena_printf(ctx->arena, "%s://", schemes[0])));
    curl_url_cleanup(u);
    if (why == NULL)
        return true;
    *why_out = why;
    return false;
}

/* --- one transfer --- */

static size_t take_answer(char *data, size_t size, size_t n, void *arg)
{
    struct transfer *t = arg;
    size_t room = NET_ANSWER_MAX - t->answer->len;
    size_t len = size * n;

    buf_add_len(t->answer, data, len < room ? len : room);
    return len <= room ? len : 0; /* what is longer ends the transfer: the status is known */
}

static size_t give_bytes(char *to, size_t size, size_t n, void *arg)
{
    struct transfer *t = arg;
    size_t room = size * n;
    size_t left = t->len - t->at;
    size_t len = left < room ? left : room;

    memcpy(to, t->bytes + t->at, len);
    t->at += len;
    t->at_end = t->at == t->len;
    return len;
}

static void end_curl(void *arg)
{
    curl_easy_cleanup(arg);
}

static void end_list(void *arg)
{
    curl_slist_free_all(arg);
}

/* What every transfer has; NULL if libcurl has no memory. */
static CURL *begin(struct ctx *ctx, struct transfer *t, const char *url, const char *schemes)
{
    CURL *c = curl_easy_init();
    const char *ca;
    bool bad;

    if (c == NULL)
        return NULL;
    arena_on_free(ctx->arena, end_curl, c);
    t->answer = ARENA_NEW(ctx->arena, struct buf);
    buf_init(t->answer, ctx->arena, NET_ANSWER_MAX + 1);
    ca = getenv("SSL_CERT_FILE"); /* as for OpenSSL: an office's own authority */
    bad = (ca != NULL && curl_easy_setopt(c, CURLOPT_CAINFO, ca)) ||
          curl_easy_setopt(c, CURLOPT_URL, url) ||
          curl_easy_setopt(c, CURLOPT_PROTOCOLS_STR, schemes) ||
          curl_easy_setopt(c, CURLOPT_FOLLOWLOCATION, 0L) ||
          curl_easy_setopt(c, CURLOPT_DISALLOW_USERNAME_IN_URL, 1L) ||
          curl_easy_setopt(c, CURLOPT_PROXY, "") ||
          curl_easy_setopt(c, CURLOPT_NETRC, (long)CURL_NETRC_IGNORED) ||
          curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L) || curl_easy_setopt(c, CURLOPT_VERBOSE, 0L) ||
          curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, 1L) ||
          curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 2L) ||
          curl_easy_setopt(c, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2) ||
          curl_easy_setopt(c, CURLOPT_CONNECTTIMEOUT_MS, NET_CONNECT_MS) ||
          curl_easy_setopt(c, CURLOPT_TIMEOUT_MS, NET_TOTAL_MS) ||
          curl_easy_setopt(c, CURLOPT_OPENSOCKETFUNCTION, open_socket) ||
          curl_easy_setopt(c, CURLOPT_OPENSOCKETDATA, t) ||
          curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, take_answer) ||
          curl_easy_setopt(c, CURLOPT_WRITEDATA, t);
    return bad ? NULL : c;
}

static enum err no_curl(struct ctx *ctx)
{
    return ctx_fail(ctx, ERR_INTERNAL, "libcurl could not be set up");
}

static struct net_answer ended(enum net_end end, const char *fault)
{
    return (struct net_answer){ .end = end, .fault = fault, .body = "" };
}

/* Ends that have the same meaning for HTTP and SMTP; false if it is another. */
static bool common_end(struct net_answer *out, const struct transfer *t, CURLcode code)
{
    if ((t->refused && code != CURLE_OK) || code == CURLE_URL_MALFORMAT ||
        code == CURLE_UNSUPPORTED_PROTOCOL)
        *out = ended(NET_REFUSED, "address");
    else if (code == CURLE_COULDNT_RESOLVE_HOST || code == CURLE_COULDNT_CONNECT)
        *out = ended(NET_NOT_SENT, "no_connection");
    else if (code == CURLE_SSL_CONNECT_ERROR)
        *out = ended(NET_NOT_SENT, "encryption");
    else if (code == CURLE_USE_SSL_FAILED)
        *out = ended(NET_REFUSED, "encryption");
    else if (code == CURLE_PEER_FAILED_VERIFICATION)
        *out = ended(NET_REFUSED, "certificate");
    else if (code == CURLE_LOGIN_DENIED)
        *out = ended(NET_NOT_SENT, "login");
    else
        return false;
    return true;
}

static struct net_answer answered(long status, struct transfer *t)
{
    return (struct net_answer){ .end = NET_ANSWERED,
                                .status = (int)status,
                                .body = buf_text(t->answer),
                                .len = t->answer->len };
}

enum err net_post(struct ctx *ctx, struct net_answer *out, const struct net_post *p)
{
    struct transfer t = { .private_too = p->private_too, .plain = text_starts(p->url, "http://") };
    CURL *c = begin(ctx, &t, p->url, "http,https");
    struct curl_slist *list = NULL;
    struct curl_slist *more;
    CURLcode code;
    long status = 0;
    long sent = 0;

    if (c == NULL)
        return no_curl(ctx);
    for (size_t i = 0; p->headers[i] != NULL; i++) {
        more = curl_slist_append(list, p->headers[i]);
        if (more == NULL) {
            curl_slist_free_all(list);
            return no_curl(ctx);
        }
        list = more;
    }
    arena_on_free(ctx->arena, end_list, list);
    if (curl_easy_setopt(c, CURLOPT_HTTPHEADER, list) ||
        curl_easy_setopt(c, CURLOPT_POSTFIELDS, p->body) ||
        curl_easy_setopt(c, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)p->len) ||
        curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, p->method))
        return no_curl(ctx);
    code = curl_easy_perform(c);
    (void)curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
    (void)curl_easy_getinfo(c, CURLINFO_REQUEST_SIZE, &sent);
    if (code == CURLE_OK || (code == CURLE_WRITE_ERROR && status >= 200))
        *out = answered(status, &t);
    else if (!common_end(out, &t, code))
        *out = ended(sent == 0 ? NET_NOT_SENT : NET_UNKNOWN,
                     code == CURLE_OPERATION_TIMEDOUT ? "time" : "broken");
    return OK;
}

/* After the last byte a server may have taken the mail although we hear nothing of it. */
static struct net_answer mail_end(CURLcode code, long status, struct transfer *t)
{
    struct net_answer out = { 0 };

    if (code == CURLE_OK)
        return answered(250, t);
    if (code != CURLE_LOGIN_DENIED && status >= 400 && status < 600)
        return answered(status, t);
    if (common_end(&out, t, code))
        return out;
    return ended(t->at_end ? NET_UNKNOWN : NET_NOT_SENT,
                 code == CURLE_OPERATION_TIMEDOUT ? "time" : "broken");
}

enum err net_mail(struct ctx *ctx, struct net_answer *out, const struct net_mail *m)
{
    bool local = url_is_local(ctx, m->url);
    struct transfer t = { .private_too = true,
                          .plain = local && text_starts(m->url, "smtp://"),
                          .bytes = m->bytes,
                          .len = m->len };
    CURL *c = begin(ctx, &t, m->url, "smtp,smtps");
    struct curl_slist *to;
    long status = 0;
    CURLcode code;

    if (c == NULL)
        return no_curl(ctx);
    to = curl_slist_append(NULL, m->to);
    if (to == NULL)
        return no_curl(ctx);
    arena_on_free(ctx->arena, end_list, to);
    if (curl_easy_setopt(c, CURLOPT_USE_SSL, (long)(t.plain ? CURLUSESSL_TRY : CURLUSESSL_ALL)) ||
        curl_easy_setopt(c, CURLOPT_MAIL_FROM, m->from) ||
        curl_easy_setopt(c, CURLOPT_MAIL_RCPT, to) ||
        curl_easy_setopt(c, CURLOPT_READFUNCTION, give_bytes) ||
        curl_easy_setopt(c, CURLOPT_READDATA, &t) || curl_easy_setopt(c, CURLOPT_UPLOAD, 1L))
        return no_curl(ctx);
    if (!text_blank(m->user) && (curl_easy_setopt(c, CURLOPT_USERNAME, m->user) ||
                                 curl_easy_setopt(c, CURLOPT_PASSWORD, m->password)))
        return no_curl(ctx);
    code = curl_easy_perform(c);
    (void)curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &status);
    *out = mail_end(code, status, &t);
    return OK;
}
