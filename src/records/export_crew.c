/*
 * An export read by two processes. The records are cut into pieces of equal number, in the order of
 * their ids; a process takes the next piece that nobody has, reads and unseals it, and keeps what
 * it comes to: ids and cells. The first process puts the pieces into the file in their order, and
 * notes the ids before their rows go there; what the helper has made comes through a pipe. So the
 * file has the same bytes as that of one process. The helper writes nothing, in no database.
 *
 * Memory: of the pieces that wait, PIECES_WAIT at most, besides what lies in the pipe.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "audit/audit.h"
#include "records/export_inner.h"

#define PIECE       500 /* records, fewer if there are few */
#define FEW_RECORDS 4000
#define PIECE_MAX   ((size_t)256 * 1024 * 1024)
#define PIPE_BYTES  (1024 * 1024)
#define PIECES_WAIT 2
#define MARK_PAGE   1u
#define MARK_ROW    2u

static const struct record_fork *fork_used; /* set once, by the command */

void records_use_fork(const struct record_fork *fork)
{
    fork_used = fork;
}

struct piece {
    int64_t place; /* -1: none */
    struct arena *arena;
    struct buf bytes;
};

struct crew {
    struct export *x;
    struct id_cuts cuts;
    int64_t pieces;
    _Atomic int64_t *next; /* piece that nobody has taken; shared with the helper */
    pid_t helper;
    int pipe[2];
    struct piece wait[PIECES_WAIT]; /* of the first process, till those before them are written */
    struct piece read;              /* of the helper */
};

/* What comes through the pipe before each piece. */
struct head {
    int64_t place;
    int64_t rc; /* not OK: the bytes are what is wrong */
    uint64_t len;
};

/* --- what a piece is made of --- */

static void keep_number(struct buf *b, size_t n)
{
    uint32_t number = (uint32_t)n;

    buf_add_len(b, &number, sizeof(number));
}

static void keep_text(struct buf *b, const char *text, size_t len)
{
    keep_number(b, len);
    buf_add_len(b, text, len + 1);
}

void export_keep_page(struct buf *piece, const char *const *ids, size_t len)
{
    keep_number(piece, MARK_PAGE);
    keep_number(piece, len);
    for (size_t i = 0; i < len; i++)
        keep_text(piece, ids[i], strlen(ids[i]));
}

void export_keep_row(struct buf *piece, const struct export_table *t)
{
    size_t filled = 0;

    for (size_t i = 0; i < t->len; i++)
        filled += t->cells[i] && t->cells[i][0];
    keep_number(piece, MARK_ROW);
    keep_number(piece, filled);
    for (size_t i = 0; i < t->len; i++) {
        if (!t->cells[i] || !t->cells[i][0])
            continue;
        keep_number(piece, i);
        keep_text(piece, t->cells[i], strlen(t->cells[i]));
    }
}

struct reader {
    const char *p;
    const char *end;
    bool bad; /* it is no piece */
};

static size_t take_number(struct reader *r)
{
    uint32_t n = 0;

    if ((size_t)(r->end - r->p) < sizeof(n)) {
        r->bad = true;
        return 0;
    }
    memcpy(&n, r->p, sizeof(n));
    r->p += sizeof(n);
    return n;
}

static const char *take_text(struct reader *r)
{
    size_t len = take_number(r);
    const char *text = r->p;

    if (r->bad || len >= (size_t)(r->end - r->p) || text[len] != '\0') {
        r->bad = true;
        return "";
    }
    r->p += len + 1;
    return text;
}

static enum err broken(struct ctx *ctx)
{
    return ctx_fail(ctx, ERR_IO,
                    tr(ctx, "A helper process ended before its work was done. Please try again."));
}

/* --- from a piece into the file --- */

static enum err put_row(struct export *x, struct reader *r)
{
    const struct export_table *t = x->tables;
    size_t filled = take_number(r);

    memset(t->cells, 0, t->len * sizeof(*t->cells));
    for (size_t i = 0; i < filled && !r->bad; i++) {
        size_t column = take_number(r);
        const char *text = take_text(r);

        if (column < t->len)
            t->cells[column] = text;
        else
            r->bad = true;
    }
    return r->bad ? broken(x->ctx) : table_row(x->ctx, x->out, t->cells);
}

static enum err put_page(struct export *x, struct reader *r)
{
    size_t len = take_number(r);
    const char **ids = ARENA_ARRAY(x->ctx->arena, PIECE, const char *);
    enum err rc;

    if (len == 0 || len > PIECE)
        r->bad = true;
    for (size_t i = 0; i < len && !r->bad; i++)
        ids[i] = take_text(r);
    if (r->bad)
        return broken(x->ctx);
    rc = export_note(x, x->form, ids, len);
    for (size_t i = 0; rc == OK && i < len; i++) {
        if (take_number(r) != MARK_ROW)
            return broken(x->ctx);
        rc = put_row(x, r);
    }
    return rc ? rc : export_went(x, len, ids[len - 1]);
}

static enum err put_piece(struct export *x, struct piece *piece)
{
    struct reader r = { .p = piece->bytes.data, .end = piece->bytes.data + piece->bytes.len };
    enum err rc = OK;

    while (rc == OK && r.p < r.end) {
        struct arena_mark mark = arena_mark(x->ctx->arena);

        rc = take_number(&r) == MARK_PAGE ? put_page(x, &r) : broken(x->ctx);
        if (rc == OK)
            arena_rewind(x->ctx->arena, mark);
    }
    piece->place = -1;
    return rc;
}

/* --- making pieces --- */

/* The next piece that nobody has; -1: there is none. */
static int64_t take_next(const struct crew *c)
{
    int64_t place = atomic_fetch_add(c->next, 1);

    return place < c->pieces ? place : -1;
}

static enum err make_piece(struct crew *c, struct piece *out, int64_t place)
{
    struct export *x = c->x;
    enum err rc;

    buf_clear(&out->bytes);
    x->piece = &out->bytes;
    x->from = place > 0 ? c->cuts.ids[place - 1] : NULL;
    x->upto = place < (int64_t)c->cuts.len ? c->cuts.ids[place] : NULL;
    rc = export_records(x);
    x->piece = NULL;
    out->place = place;
    if (rc == OK && !buf_ok(&out->bytes))
        rc = ctx_fail(x->ctx, ERR_LIMIT, tr(x->ctx, "A record is too long to be exported."));
    return rc;
}

/* --- the helper --- */

static bool send_all(int fd, const void *bytes, size_t len)
{
    const char *p = bytes;

    while (len > 0) {
        ssize_t done = write(fd, p, len);

        if (done < 0 && errno == EINTR)
            continue;
        if (done <= 0)
            return false;
        p += done;
        len -= (size_t)done;
    }
    return true;
}

static bool send_piece(const struct crew *c, const struct piece *piece, enum err rc)
{
    const char *why = ctx_first_problem(c->x->ctx);
    struct head head = { piece->place, rc, rc ? strlen(why) + 1 : piece->bytes.len };

    return send_all(c->pipe[1], &head, sizeof(head)) &&
           send_all(c->pipe[1], rc ? why : piece->bytes.data, head.len);
}

/* Works till there is nothing left, or till the first process is gone. */
__attribute__((noreturn)) static void help(struct crew *c)
{
    struct ctx *ctx = c->x->ctx;
    enum err rc = fork_used->attach(ctx, fork_used->arg);

    (void)close(c->pipe[0]);
    ctx->audit = NULL; /* what leaves is noted by the first process */
    for (;;) {
        int64_t place = take_next(c);

        if (place < 0)
            break;
        c->wait[0].place = place;
        rc = rc ? rc : make_piece(c, &c->wait[0], place);
        if (!send_piece(c, &c->wait[0], rc) || rc)
            break;
    }
    _exit(0);
}

/* --- the first process --- */

static enum err receive(struct crew *c, void *bytes, size_t len)
{
    char *p = bytes;

    while (len > 0) {
        ssize_t got = read(c->pipe[0], p, len);

        if (got < 0 && errno == EINTR)
            continue;
        if (got <= 0)
            return broken(c->x->ctx);
        p += got;
        len -= (size_t)got;
    }
    return OK;
}

static enum err receive_piece(struct crew *c)
{
    char some[4096];
    struct head head = { 0 };
    struct piece *to = &c->read;
    enum err rc = receive(c, &head, sizeof(head));

    buf_clear(&to->bytes);
    while (rc == OK && head.len > 0) {
        size_t len = head.len < sizeof(some) ? (size_t)head.len : sizeof(some);

        rc = receive(c, some, len);
        buf_add_len(&to->bytes, some, len);
        head.len -= len;
    }
    if (rc)
        return rc;
    if (!buf_ok(&to->bytes))
        return broken(c->x->ctx);
    if (head.rc)
        return ctx_fail(c->x->ctx, (enum err)head.rc, to->bytes.data);
    to->place = head.place;
    return OK;
}

static bool arrives(const struct crew *c)
{
    struct pollfd p = { .fd = c->pipe[0], .events = POLLIN };

    return poll(&p, 1, 0) > 0;
}

static struct piece *waiting(struct crew *c, int64_t place)
{
    for (size_t i = 0; i < PIECES_WAIT; i++)
        if (c->wait[i].place == place)
            return &c->wait[i];
    return NULL;
}

/* The piece of a place: made here, or there; while it is not ready, another one is made here. */
static enum err find_piece(struct crew *c, struct piece **out, int64_t place)
{
    for (;;) {
        struct piece *room = waiting(c, -1);
        int64_t next = -1;
        enum err rc;

        *out = waiting(c, place);
        if (*out)
            return OK;
        if (room && (c->helper == 0 || !arrives(c)))
            next = take_next(c);
        if (next < 0) {
            *out = &c->read;
            rc = receive_piece(c);
            return rc == OK && c->read.place != place ? broken(c->x->ctx) : rc;
        }
        rc = make_piece(c, room, next);
        if (rc)
            return rc;
    }
}

static void begin_piece(struct piece *piece)
{
    piece->place = -1;
    piece->arena = arena_new(2 * PIECE_MAX);
    buf_init(&piece->bytes, piece->arena, PIECE_MAX);
}

/* Both have connections of their own afterwards; helper 0: there is none, all is done here. */
static enum err start(struct crew *c)
{
    struct ctx *ctx = c->x->ctx;
    enum err rc = access_write(ctx);

    if (rc)
        return rc;
    fork_used->detach(ctx, fork_used->arg);
    c->helper = fork();
    if (c->helper == 0)
        help(c);
    if (c->helper < 0)
        c->helper = 0;
    (void)close(c->pipe[1]);
    c->pipe[1] = -1;
    return fork_used->attach(ctx, fork_used->arg);
}

static void end(struct crew *c)
{
    for (int i = 0; i < 2; i++)
        if (c->pipe[i] >= 0)
            (void)close(c->pipe[i]);
    while (c->helper > 0 && waitpid(c->helper, NULL, 0) < 0 && errno == EINTR)
        ;
    for (size_t i = 0; i < PIECES_WAIT; i++)
        arena_free(c->wait[i].arena);
    arena_free(c->read.arena);
    (void)munmap(c->next, sizeof(*c->next));
}

static enum err cut(struct crew *c)
{
    struct export *x = c->x;
    struct pick pick = { .form = x->form, .filter = x->filter };
    size_t each = x->count < (int64_t)PIECE * 8 ? (size_t)x->count / 8 + 1 : PIECE;
    enum err rc;

    c->cuts.most = (size_t)x->count / each + 1;
    c->cuts.ids = arena_alloc(x->kept, c->cuts.most * sizeof(*c->cuts.ids));
    rc = sql_cuts(x->ctx, &c->cuts, &pick, each);
    c->pieces = (int64_t)c->cuts.len + 1;
    return rc;
}

bool export_by_crew(const struct export *x)
{
    const struct export_options *o = x->options;
    cpu_set_t cores;

    if (!fork_used || o->jobs == 1 || x->tables_len != 1 || x->tables->chain_len != 1 ||
        x->tables->repeat || o->labels || o->giving || o->ids || !x->kept_back)
        return false;
    CPU_ZERO(&cores);
    return o->jobs == 2 ||
           (x->count >= FEW_RECORDS && sched_getaffinity(0, sizeof(cores), &cores) == 0 &&
            CPU_COUNT(&cores) > 1);
}

enum err export_crew(struct export *x)
{
    struct crew c = { .x = x };
    enum err rc = cut(&c);

    if (rc)
        return rc;
    if (pipe2(c.pipe, O_CLOEXEC) < 0)
        return broken(x->ctx);
    (void)fcntl(c.pipe[1], F_SETPIPE_SZ, PIPE_BYTES);
    c.next = mmap(NULL, sizeof(*c.next), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (c.next == MAP_FAILED) {
        (void)close(c.pipe[0]);
        (void)close(c.pipe[1]);
        return broken(x->ctx);
    }
    atomic_init(c.next, 0);
    for (size_t i = 0; i < PIECES_WAIT; i++)
        begin_piece(&c.wait[i]);
    begin_piece(&c.read);
    rc = start(&c);
    for (int64_t place = 0; rc == OK && place < c.pieces; place++) {
        struct piece *piece = NULL;

        rc = find_piece(&c, &piece, place);
        if (rc == OK)
            rc = put_piece(x, piece);
    }
    end(&c);
    return rc;
}
