/*
 * Any bytes as a file of interviews, CSV or a workbook, and as a scoring profile: a result or a
 * problem, no crash.
 */
#include <assert.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <unistd.h>

#include "survey/score_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const struct forms *forms; /* loaded once, and read-only */
static struct arena *kept;        /* what they lie in */

static void end(void)
{
    arena_free(kept);
}

static struct arena *begin(struct ctx *ctx)
{
    *ctx = (struct ctx){ .lang = "en", .time_zone = "UTC" };
    if (!forms) {
        kept = arena_new(0);
        if (atexit(end) != 0)
            abort();
        ctx->arena = kept;
        if (profiles_load(ctx) != OK)
            abort();
        forms = ctx->forms;
    }
    ctx->forms = forms;
    ctx->arena = arena_new(0);
    return ctx->arena;
}

static void try_profile(struct ctx *ctx, const char *bytes, size_t len)
{
    const struct profile *p = NULL;

    if (profile_parse(ctx, &p, forms, "homeward-1", bytes, len) != OK) {
        assert(ctx->problems && !p);
        return;
    }
    assert(p->point_unit > 0 && p->point_unit <= PROFILE_UNIT_MAX);
    assert(p->weight_unit > 0 && p->weight_unit <= PROFILE_UNIT_MAX);
}

/* Rows of a file that answers as the reader finds them; scores lie between 0 and 1. */
static void try_interviews(struct ctx *ctx, const char *bytes, size_t len)
{
    int fd = memfd_create("interviews", MFD_CLOEXEC);
    struct score_options o = { .out = "/dev/null",
                               .summary = "/dev/zero",
                               .key = "key",
                               .by = { "country", "sex" },
                               .by_len = 2,
                               .profile = profile_find(NULL) };
    struct score_report report = { 0 };
    const char *file;

    if (fd < 0 || write(fd, bytes, len) != (ssize_t)len)
        abort();
    file = arena_printf(ctx->arena, "/proc/self/fd/%d", fd);
    o.files = &file;
    o.files_len = 1;
    if (score_file(ctx, &report, &o) != OK)
        assert(ctx->problems);
    else
        assert(report.flagged <= report.good);
    (void)close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ctx ctx;
    struct arena *arena = begin(&ctx);

    if (size > 0 && data[0] == 'p')
        try_profile(&ctx, (const char *)data, size);
    else
        try_interviews(&ctx, (const char *)data, size);
    arena_free(arena);
    return 0;
}
