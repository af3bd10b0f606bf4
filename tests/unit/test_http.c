/* Frames, the judgement of heads, static files. What the processes do is in tests/http. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "core/arena.h"
#include "core/asset.h"
#include "core/text.h"
#include "http/frame.h"
#include "http/head.h"
#include "http/serve.h"
#include "http/static.h"

static struct wire_header some_headers[] = { { "host", "localhost" }, { "x-empty", "" } };

static struct wire_request some_request(void)
{
    return (struct wire_request){
        .method = "POST",
        .target = "/a%20b",
        .query = "q=1",
        .peer = "127.0.0.1",
        .loopback = true,
        .headers = some_headers,
        .headers_len = 2,
        .body = "a\0b",
        .body_len = 3,
        .continuation = "page 2",
    };
}

static void a_request_arrives_as_it_was_sent(void **state)
{
    struct arena *a = arena_new(0);
    struct wire_request sent = some_request(), got;
    int pair[2];

    (void)state;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    assert_int_equal(wire_send_request(pair[0], &sent), OK);
    assert_int_equal(wire_read_request(pair[1], a, &got), OK);
    assert_string_equal(got.method, "POST");
    assert_string_equal(got.target, "/a%20b");
    assert_string_equal(got.query, "q=1");
    assert_string_equal(got.peer, "127.0.0.1");
    assert_string_equal(got.continuation, "page 2");
    assert_true(got.loopback);
    assert_false(got.tls);
    assert_int_equal(got.headers_len, 2);
    assert_string_equal(wire_header(&got, "host"), "localhost");
    assert_string_equal(wire_header(&got, "x-empty"), "");
    assert_null(wire_header(&got, "cookie"));
    assert_int_equal(got.body_len, 3);
    assert_memory_equal(got.body, "a\0b", 4); /* a NUL stands behind it */
    (void)close(pair[0]);
    assert_int_equal(wire_read_request(pair[1], a, &got), ERR_IO);
    (void)close(pair[1]);
    arena_free(a);
}

static void a_reply_arrives_as_it_was_sent(void **state)
{
    static char body[20000];
    struct arena *a = arena_new(0);
    struct wire_reply sent = { .status = 422, .headers = some_headers, .headers_len = 2 }, got;
    int pair[2];

    (void)state;
    memset(body, 'x', sizeof(body));
    sent.body = body;
    sent.body_len = sizeof(body);
    sent.close = true;
    assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, pair), 0);
    assert_int_equal(wire_send_reply(pair[0], &sent), OK);
    assert_int_equal(wire_read_reply(pair[1], a, &got), OK);
    assert_int_equal(got.status, 422);
    assert_true(got.close);
    assert_null(got.continuation);
    assert_int_equal(got.headers_len, 2);
    assert_int_equal(got.body_len, sizeof(body));
    assert_memory_equal(got.body, body, sizeof(body));
    (void)close(pair[1]);
    assert_int_equal(wire_send_reply(pair[0], &sent), ERR_IO);
    (void)close(pair[0]);
    arena_free(a);
}

/* Copies to a piece of exactly that size, so that a sanitizer sees every byte read beyond it. */
static bool parses(const char *frame, size_t len)
{
    struct wire_header headers[WIRE_HEADERS_MAX];
    struct wire_request out;
    char *copy = malloc(len + 1);
    bool good;

    assert_non_null(copy);
    memcpy(copy, frame, len);
    copy[len] = '\0';
    good = frame_parse_request(copy, len, headers, &out);
    free(copy);
    return good;
}

static void a_damaged_frame_is_refused(void **state)
{
    struct wire_request req = some_request();
    char frame[512];
    size_t len = frame_put_request(&req, frame, sizeof(frame)) - FRAME_LENGTH;
    const char *at = frame + FRAME_LENGTH;

    (void)state;
    assert_true(parses(at, len));
    for (size_t cut = 0; cut < len; cut++)
        assert_false(parses(at, cut));
    for (size_t i = 0; i < len; i++) { /* whatever a byte becomes, nothing outside is read */
        char before = frame[FRAME_LENGTH + i];

        for (int change = 1; change < 256; change += 7) {
            frame[FRAME_LENGTH + i] = (char)(before ^ (char)change);
            (void)parses(at, len);
        }
        frame[FRAME_LENGTH + i] = before;
    }
    frame[FRAME_LENGTH] = 'R';
    assert_false(parses(at, len));
}

static void a_head_that_does_not_fit_is_not_sent(void **state)
{
    static char text[FRAME_HEAD_MAX];
    struct wire_request req = some_request();
    struct wire_header many[WIRE_HEADERS_MAX + 1];
    char frame[512];

    (void)state;
    memset(text, 'a', sizeof(text) - 1);
    req.query = text;
    assert_int_equal(frame_put_request(&req, frame, sizeof(frame)), 0);
    assert_int_equal(wire_send_request(-1, &req), ERR_LIMIT);
    req = some_request();
    for (size_t i = 0; i <= WIRE_HEADERS_MAX; i++)
        many[i] = some_headers[0];
    req.headers = many;
    req.headers_len = WIRE_HEADERS_MAX + 1;
    assert_int_equal(wire_send_request(-1, &req), ERR_LIMIT);
    req = some_request();
    req.body_len = WIRE_BODY_MAX + 1;
    assert_int_equal(wire_send_request(-1, &req), ERR_LIMIT);
}

/* A head as the parser below leaves it: taken apart in place, in text. */
struct sample {
    char text[1024];
    char target[256];
    struct head head;
};

/* Takes text apart as libmicrohttpd does: line ends, colons and the spaces of the first line become
 * NUL. Bare line feeds end a line, too. */
static void take_apart(struct sample *s, const char *text)
{
    size_t len = strlen(text);
    char *at = s->text, *end = s->text + len;

    *s = (struct sample){ 0 };
    assert_true(len < sizeof(s->text));
    memcpy(s->text, text, len + 1);
    s->head.method = at;
    s->head.size = len;
    s->head.target = s->target;
    for (bool first = true; at < end; first = false) {
        char *feed = memchr(at, '\n', (size_t)(end - at)), *next = feed + 1;

        assert_non_null(feed);
        *feed = '\0';
        if (feed > at && feed[-1] == '\r')
            feed[-1] = '\0';
        if (first) {
            char *url = strchr(at, ' '), *version = strrchr(at, ' ');

            *url = *version = '\0';
            s->head.url = url + 1;
            s->head.version = version + 1;
            (void)snprintf(s->target, sizeof(s->target), "%s", url + 1);
        } else if (*at != '\0') {
            char *colon = strchr(at, ':');
            struct head_field *f = &s->head.fields[s->head.fields_len++];

            *colon = '\0';
            f->name = at;
            f->name_len = strlen(at);
            f->value = colon + 1 + strspn(colon + 1, " \t");
            f->value_len = strlen(f->value);
        }
        at = next;
    }
}

static int verdict(const char *text)
{
    struct sample s;

    take_apart(&s, text);
    return head_refuse(&s.head, 1000);
}

#define GET  "GET /a?b=c HTTP/1.1\r\n"
#define POST "POST /a HTTP/1.1\r\n"
#define HOST "Host: localhost:8080\r\n"

static void plain_heads_are_accepted(void **state)
{
    (void)state;
    assert_int_equal(verdict(GET HOST "\r\n"), 0);
    assert_int_equal(verdict("OPTIONS /a.b/.c/...d HTTP/1.0\r\nHost: [::1]:80\r\n\r\n"), 0);
    assert_int_equal(verdict(POST HOST "Content-Length: 1000\r\nX-A:\r\n\r\n"), 0);
    assert_int_equal(
        verdict(POST "X-A: \ta \xc3\xa9\r\n" HOST "transfer-encoding: Chunked\r\n\r\n"), 0);
    assert_int_equal(verdict(POST HOST "Expect: 100-Continue\r\nContent-Length: 1\r\n\r\n"), 0);
}

static void ambiguous_heads_are_refused(void **state)
{
    (void)state;
    assert_int_equal(verdict(POST HOST "Content-Length: 1\r\nContent-Length: 1\r\n\r\n"), 400);
    assert_int_equal(verdict(POST HOST "Content-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n"),
                     400);
    assert_int_equal(verdict("POST /a HTTP/1.0\r\n" HOST "Transfer-Encoding: chunked\r\n\r\n"),
                     400);
    assert_int_equal(verdict(POST HOST "Transfer-Encoding: gzip\r\n\r\n"), 501);
    assert_int_equal(verdict(POST HOST "Transfer-Encoding: chunked \r\n\r\n"), 501);
    assert_int_equal(verdict(POST HOST "Content-Length: 1001\r\n\r\n"), 413);
    assert_int_equal(verdict(POST HOST "Content-Length: 9223372036854775808\r\n\r\n"), 413);
    assert_int_equal(verdict(POST HOST "Content-Length: 1 \r\n\r\n"), 400);
    assert_int_equal(verdict(GET "X-A: b\r\n\r\n"), 400);
    assert_int_equal(verdict(GET HOST HOST "\r\n"), 400);
    assert_int_equal(verdict(GET HOST "X A: b\r\n\r\n"), 400);
    assert_int_equal(verdict(GET HOST "X-A: b\x7f\r\n\r\n"), 400);
    assert_int_equal(verdict(GET HOST "X-A: b\n\r\n"), 400);
    assert_int_equal(verdict(GET HOST "\n"), 400);
    assert_int_equal(verdict("GET /a HTTP/1.1\n" HOST "\r\n"), 400);
    assert_int_equal(verdict("GET /%2e%2E/a HTTP/1.1\r\n" HOST "\r\n"), 400);
    assert_int_equal(verdict("GET /a/. HTTP/1.1\r\n" HOST "\r\n"), 400);
    assert_int_equal(verdict("GET a HTTP/1.1\r\n" HOST "\r\n"), 400);
    assert_int_equal(verdict("GET /a\\b HTTP/1.1\r\n" HOST "\r\n"), 400);
    assert_int_equal(verdict("HACK /a HTTP/1.1\r\n" HOST "\r\n"), 501);
    assert_int_equal(verdict("TRACE /a HTTP/1.1\r\n" HOST "\r\n"), 405);
    assert_int_equal(verdict("GET /a HTTP/1.3\r\n" HOST "\r\n"), 505);
    assert_int_equal(verdict(POST HOST "Expect: tea\r\n\r\n"), 417);
}

static void a_swallowed_nul_shows_as_a_gap(void **state)
{
    struct sample s;

    (void)state;
    take_apart(&s, GET HOST "X-A: abc\r\nX-B: d\r\n\r\n");
    assert_true(head_is_exact(&s.head));
    s.head.fields[1].value_len = 1; /* as if the text were a NUL c */
    assert_false(head_is_exact(&s.head));
    take_apart(&s, GET HOST "X-A: abc\r\n\r\n");
    s.head.fields[1].value_len = 1;
    assert_false(head_is_exact(&s.head));
    take_apart(&s, GET HOST "\r\n");
    s.target[2] = '\0';
    assert_false(head_is_exact(&s.head));
    take_apart(&s, GET HOST "\r\n");
    s.head.url++;
    assert_false(head_is_exact(&s.head));
}

static void gzip_is_sent_to_those_who_take_it(void **state)
{
    (void)state;
    assert_true(head_takes_gzip("gzip"));
    assert_true(head_takes_gzip("br;q=1.0, GZip;q=0.001"));
    assert_true(head_takes_gzip("deflate,gzip"));
    assert_false(head_takes_gzip("gzip;q=0"));
    assert_false(head_takes_gzip("gzip; q=0.000, br"));
    assert_false(head_takes_gzip("x-gzip, gzipped"));
    assert_false(head_takes_gzip(""));
    assert_false(head_takes_gzip(NULL));
}

static void static_files_are_found_by_exact_name_and_hash(void **state)
{
    struct arena *a = arena_new(0);
    const struct asset *const *all = asset_list(a, "web/static/");
    const char *name, *url;

    (void)state;
    assert_non_null(all[0]);
    name = all[0]->name + strlen("web/static/");
    url = static_url(a, name);
    assert_ptr_equal(static_find(url), all[0]);
    assert_ptr_equal(static_find(arena_printf(a, "%s?x", url)), all[0]);
    assert_null(static_find(arena_printf(a, "%sx", url)));
    assert_null(static_find(arena_printf(a, "/static/0000000000000000/%s", name)));
    assert_null(static_find(arena_printf(a, "/static/%s", name)));
    assert_null(static_find("/static/"));
    assert_null(static_find(static_url(a, "no such file")));
    assert_true(static_owns("/static/x") && static_owns("/favicon.ico?1"));
    assert_false(static_owns("/statics") || static_owns("/favicon.icon") || static_owns("/"));
    arena_free(a);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_request_arrives_as_it_was_sent),
        cmocka_unit_test(a_reply_arrives_as_it_was_sent),
        cmocka_unit_test(a_damaged_frame_is_refused),
        cmocka_unit_test(a_head_that_does_not_fit_is_not_sent),
        cmocka_unit_test(plain_heads_are_accepted),
        cmocka_unit_test(ambiguous_heads_are_refused),
        cmocka_unit_test(a_swallowed_nul_shows_as_a_gap),
        cmocka_unit_test(gzip_is_sent_to_those_who_take_it),
        cmocka_unit_test(static_files_are_found_by_exact_name_and_hash),
    };

    return cmocka_run_group_tests_name("http", tests, NULL, NULL);
}
