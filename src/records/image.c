#include "records/image.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core/log.h"

#define PATIENCE_S 20 /* without a byte in or out */
#define HEAD_LEN   9  /* a fault, and how many bytes follow */

static enum err trouble(struct ctx *ctx, const char *what, int error)
{
    log_error("could not prepare a picture: %s: %s", what, strerror(error));
    return ctx_fail(ctx, ERR_IO, tr(ctx, "The picture could not be prepared now. Try again."));
}

static enum err damaged(struct ctx *ctx)
{
    return ctx_fail_field(ctx, "file",
                          tr(ctx, "The picture cannot be read: it is damaged. Take or save it "
                                  "again, then add that."));
}

/* --- the process --- */

/* What the child has: the socket as fd 0, nowhere to write to, no environment. */
static int add_actions(posix_spawn_file_actions_t *actions, int fd)
{
    int error = posix_spawn_file_actions_adddup2(actions, fd, 0);

    for (int out = 1; error == 0 && out <= 2; out++)
        error = posix_spawn_file_actions_addopen(actions, out, "/dev/null", 1 /* O_WRONLY */, 0);
    if (error == 0)
        error = posix_spawn_file_actions_addclosefrom_np(actions, 3);
    return error;
}

static int start(pid_t *out, int fd, bool logo)
{
    static char program[] = "homeward";
    static char word[] = IMAGE_WORD;
    static char other[] = IMAGE_LOGO_WORD;
    char *const args[] = { program, logo ? other : word, NULL };
    char *const none[] = { NULL };
    posix_spawn_file_actions_t actions;
    int error = posix_spawn_file_actions_init(&actions);

    if (error)
        return error;
    error = add_actions(&actions, fd);
    if (error == 0)
        error = posix_spawn(out, "/proc/self/exe", &actions, NULL, args, none);
    (void)posix_spawn_file_actions_destroy(&actions);
    return error;
}

/* --- talking to it --- */

static bool send_all(int fd, const char *p, size_t len)
{
    while (len > 0) {
        ssize_t n = send(fd, p, len, MSG_NOSIGNAL);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        p += n;
        len -= (size_t)n;
    }
    return shutdown(fd, SHUT_WR) == 0;
}

static bool read_full(int fd, void *to, size_t len)
{
    char *p = to;

    while (len > 0) {
        ssize_t n = recv(fd, p, len, 0);

        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        p += n;
        len -= (size_t)n;
    }
    return true;
}

/* Whatever it says is hostile: it may have been taken over by the picture. */
static enum err hear(struct ctx *ctx, const char **out, size_t *len_out, int fd)
{
    unsigned char head[HEAD_LEN];
    size_t len = 0;
    char *bytes;

    if (!read_full(fd, head, sizeof head))
        return damaged(ctx);
    if (head[0] == IMAGE_TOO_LARGE)
        return ctx_fail_field(ctx, "file",
                              tr(ctx,
                                 "The picture is too large: at most {0} million points are "
                                 "taken.",
                                 TR_INT(IMAGE_POINTS_MAX / 1000000)));
    for (size_t i = 8; i > 0; i--)
        len = len << 8 | head[i];
    if (head[0] != IMAGE_OK || len == 0 || len > IMAGE_BYTES_MAX)
        return damaged(ctx);
    bytes = arena_alloc(ctx->arena, len);
    if (!read_full(fd, bytes, len))
        return damaged(ctx);
    *out = bytes;
    *len_out = len;
    return OK;
}

static enum err talk(struct ctx *ctx, const char **out, size_t *len_out, int fd,
                     const struct image_bytes *in)
{
    const struct timeval patience = { .tv_sec = PATIENCE_S };

    if (setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience) != 0 ||
        setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience) != 0)
        return trouble(ctx, "setsockopt", errno);
    if (!send_all(fd, in->bytes, in->len))
        return damaged(ctx);
    return hear(ctx, out, len_out, fd);
}

static enum err make_anew(struct ctx *ctx, struct image_bytes *out, const struct image_bytes *in,
                          bool logo)
{
    int pair[2];
    pid_t pid = -1;
    int error;
    enum err rc;

    if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) != 0)
        return trouble(ctx, "socketpair", errno);
    error = start(&pid, pair[1], logo);
    close(pair[1]);
    if (error) {
        close(pair[0]);
        return trouble(ctx, "start", error);
    }
    rc = talk(ctx, &out->bytes, &out->len, pair[0], in);
    close(pair[0]);
    (void)kill(pid, SIGKILL);
    while (waitpid(pid, NULL, 0) < 0 && errno == EINTR)
        ;
    return rc;
}

enum err image_clean(struct ctx *ctx, struct image_bytes *out, const struct image_bytes *in)
{
    return make_anew(ctx, out, in, false);
}

enum err image_logo(struct ctx *ctx, struct image_bytes *out, const struct image_bytes *in)
{
    return make_anew(ctx, out, in, true);
}
