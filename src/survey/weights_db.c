/* Interviews of the database as the rows that weights are derived from: in memory, never a file. */
#include "survey/weights.h"

#include <sys/mman.h>
#include <unistd.h>

#include "core/text.h"
#include "core/tr.h"
#include "forms_gen.h"
#include "records/records.h"
#include "survey/profile.h"

#define COLUMNS_FIXED 4

static void close_fd(void *arg)
{
    const int *fd = arg;

    if (*fd >= 0)
        (void)close(*fd);
}

/* What scoring needs, and no more: no name, no note, no day. */
static void choose_columns(struct ctx *ctx, struct export_options *o, const struct form *form,
                           const struct profile *p)
{
    const char **names = ARENA_ARRAY(ctx->arena, p->len + COLUMNS_FIXED, const char *);
    size_t len = 0;

    names[len++] = WEIGHTS_KEY;
    names[len++] = FIELD_RSS_ROUND;
    names[len++] = FIELD_RSS_SECTIONS_SELECTED;
    names[len++] = FIELD_RSS_CONSENT_GIVEN;
    for (size_t i = 0; i < p->len; i++)
        if (p->questions[i].codes_len > 0 && field_find(form, p->questions[i].name))
            names[len++] = p->questions[i].name;
    o->columns = names;
    o->columns_len = len;
}

static enum err check_round(struct ctx *ctx, const struct form *form, const char *round)
{
    const struct field *f = field_find(form, FIELD_RSS_ROUND);

    if (round == NULL || (f && f->choices && choice_find(f->choices, round)))
        return OK;
    return ctx_fail(
        ctx, ERR_INVALID,
        tr(ctx, "There is no round {0}; there are: {1}.", TR_TEXT(round),
           TR_TEXT(CODE_RSS_ROUND_BASELINE ", " CODE_RSS_ROUND_PROGRESS ", " CODE_RSS_ROUND_FINAL
                                           ", " CODE_RSS_ROUND_ADDITIONAL)));
}

enum err weights_interviews(struct ctx *ctx, struct feed **out, const struct profile *p,
                            const char *round)
{
    const struct record_filter filter = { .status = STATUS_RSS_COMPLETED };
    struct export_options o = { .filter = &filter, .jobs = 1 };
    const struct form *form = form_find(ctx->forms, FORM_RSS);
    int *fd = NULL;
    enum err rc;

    if (form == NULL)
        return ctx_fail(ctx, ERR_NOT_FOUND, tr(ctx, "There is no such form."));
    rc = check_round(ctx, form, round);
    if (rc)
        return rc;
    choose_columns(ctx, &o, form, p);
    fd = ARENA_NEW(ctx->arena, int);
    *fd = memfd_create("weights", MFD_CLOEXEC);
    if (*fd < 0)
        return ctx_fail(ctx, ERR_IO, tr(ctx, "There is no memory left for the file."));
    arena_on_free(ctx->arena, close_fd, fd);
    rc = record_export(ctx, FORM_RSS, &o, *fd, NULL);
    if (rc == OK && lseek(*fd, 0, SEEK_SET) != 0)
        rc = ctx_fail(ctx, ERR_IO, tr(ctx, "There is no memory left for the file."));
    return rc ? rc : feed_open_fd(ctx, out, *fd, tr(ctx, "the database"));
}
