/*
 * The real parent and front with workers that tell what they were sent, or do as the path says.
 *
 * usage: echo_server [workers header_seconds body_seconds body_max connections_max port address]
 * prints "port N"; with the one argument "jail" it tries what the front may not do, and tells.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core/buf.h"
#include "core/ctx.h"
#include "core/log.h"
#include "core/text.h"
#include "http/jail.h"
#include "http/serve.h"
#include "http/wire.h"

#define STREAM_PAGES 12
#define BIG_BYTES    ((size_t)4 * 1024 * 1024)
#define SMALL_BYTES  ((size_t)4 * 1024)

static void reply_text(struct wire_reply *reply, struct wire_header *header, const char *text)
{
    *header = (struct wire_header){ "Content-Type", "text/plain; charset=utf-8" };
    *reply = (struct wire_reply){ .status = 200, .headers = header, .headers_len = 1 };
    reply->body = text;
    reply->body_len = strlen(text);
}

static const char *filled(struct arena *a, size_t len, char c)
{
    char *text = arena_alloc(a, len + 1);

    memset(text, c, len);
    return text;
}

static void echo(struct arena *a, struct wire_reply *reply, struct wire_header *header,
                 const struct wire_request *req)
{
    struct buf b;

    buf_init(&b, a, (size_t)256 * 1024);
    buf_printf(&b, "pid=%ld\nmethod=%s\ntarget=%s\nquery=%s\npeer=%s\nloopback=%d\n",
               (long)getpid(), req->method, req->target, req->query, req->peer, req->loopback);
    buf_printf(&b, "headers=%zu\nbody=%zu\n", req->headers_len, req->body_len);
    for (size_t i = 0; i < req->headers_len; i++)
        buf_printf(&b, "%s: %s\n", req->headers[i].name, req->headers[i].value);
    reply_text(reply, header, buf_text(&b));
}

static void stream(struct arena *a, struct wire_reply *reply, struct wire_header *header,
                   const struct wire_request *req)
{
    int64_t page = 0;

    if (req->continuation != NULL && !parse_int(req->continuation, 1, STREAM_PAGES, &page))
        _exit(3);
    if (text_equal(req->query, "crash") && page == 2)
        _exit(9);
    reply_text(reply, header, filled(a, WIRE_PAGE_MAX, (char)('a' + page)));
    if (page + 1 < STREAM_PAGES)
        reply->continuation = arena_printf(a, "%d", (int)page + 1);
}

static void nap(const char *query)
{
    int64_t ms = 0;
    struct timespec t;

    (void)parse_int(query, 0, 60000, &ms);
    t.tv_sec = (time_t)(ms / 1000);
    t.tv_nsec = (long)(ms % 1000) * 1000000;
    (void)nanosleep(&t, NULL);
}

static void answer(struct arena *a, int fd, const struct wire_request *req)
{
    struct wire_reply reply;
    struct wire_header header;

    echo(a, &reply, &header, req);
    if (text_equal(req->target, "/crash"))
        (void)raise(SIGKILL);
    else if (text_equal(req->target, "/sleep"))
        nap(req->query);
    else if (text_equal(req->target, "/stream"))
        stream(a, &reply, &header, req);
    else if (text_equal(req->target, "/big"))
        reply_text(&reply, &header, filled(a, BIG_BYTES, 'b'));
    else if (text_equal(req->target, "/4k"))
        reply_text(&reply, &header, filled(a, SMALL_BYTES, 'k'));
    else if (text_equal(req->target, "/csp"))
        header = (struct wire_header){ "Content-Security-Policy", "default-src 'self'" };
    else if (text_equal(req->target, "/split"))
        header = (struct wire_header){ "X-Split", "a\r\nSet-Cookie: b=1" };
    else if (text_equal(req->target, "/framing"))
        header = (struct wire_header){ "Content-Length", "1" };
    else if (text_equal(req->target, "/close"))
        reply.close = true;
    if (text_equal(req->target, "/garbage")) {
        if (write(fd, "\x08\0\0\0garbage!", 12) != 12)
            _exit(3);
        return;
    }
    if (wire_send_reply(fd, &reply) != OK)
        _exit(3);
}

static int work(void *arg, int fd)
{
    (void)arg;
    log_init("worker", LOG_LEVEL_INFO);
    for (;;) {
        struct arena *a = arena_new(0);
        struct wire_request req;
        bool retire;

        if (wire_read_request(fd, a, &req) != OK) {
            arena_free(a);
            return 0;
        }
        answer(a, fd, &req);
        retire = text_equal(req.target, "/retire");
        arena_free(a);
        if (retire)
            return 0;
    }
}

static int job(void *arg)
{
    sigset_t none;

    (void)arg;
    (void)sigemptyset(&none);
    (void)sigsuspend(&none); /* SIGTERM ends it */
    return 0;
}

static void say_port(void *arg, int port)
{
    (void)arg;
    (void)printf("port %d\n", port);
    (void)fflush(stdout);
}

static int try_open(void)
{
    return open("/etc/passwd", O_RDONLY | O_CLOEXEC);
}

static int try_socket(void)
{
    return socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
}

static int try_exec(void)
{
    char *const none[] = { NULL };

    return execve("/bin/true", none, none);
}

static int try_fork(void)
{
    return (int)vfork();
}

/* Tells "NAME refused" or "NAME allowed"; being killed for it is a refusal, too. */
static void try_in_jail(const char *name, int (*call)(void))
{
    pid_t pid = fork();
    int status = 0;

    if (pid == 0) {
        if (!jail_front())
            _exit(2);
        _exit(call() < 0 && errno == EPERM ? 7 : 1);
    }
    (void)waitpid(pid, &status, 0);
    (void)printf("%s %s\n", name,
                 (WIFEXITED(status) && WEXITSTATUS(status) == 7) ||
                         (WIFSIGNALED(status) && WTERMSIG(status) == SIGSYS)
                     ? "refused"
                     : "allowed");
    (void)fflush(stdout);
}

static int try_all(void)
{
    try_in_jail("open", try_open);
    try_in_jail("socket", try_socket);
    try_in_jail("execve", try_exec);
    try_in_jail("vfork", try_fork);
    return 0;
}

int main(int argc, char **argv)
{
    struct arena *arena = arena_new(0);
    struct ctx ctx = { .arena = arena };
    struct serve_options options = { .worker = work, .job = job, .started = say_port };
    int64_t numbers[6] = { 2, 0, 0, 0, 0, 0 };
    enum err rc;

    if (argc == 2 && text_equal(argv[1], "jail")) {
        arena_free(arena);
        return try_all();
    }
    for (int i = 1; i < argc && i <= 6; i++) {
        if (!parse_int(argv[i], 0, INT32_MAX, &numbers[i - 1]))
            return 2;
    }
    options.workers = (int)numbers[0];
    options.header_seconds = (int)numbers[1];
    options.body_seconds = (int)numbers[2];
    options.body_max = (size_t)numbers[3];
    options.connections_max = (int)numbers[4];
    options.port = (int)numbers[5];
    options.address = argc > 7 ? argv[7] : NULL;
    rc = serve_run(&ctx, &options);
    if (rc != OK)
        (void)fprintf(stderr, "%s\n", ctx_first_problem(&ctx));
    arena_free(arena);
    return err_exit_code(rc);
}
