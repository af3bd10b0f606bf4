#include <stdio.h>

#include "auth/home.h"
#include "core/opt.h"
#include "core/text.h"
#include "core/tr.h"
#include "facts/facts.h"

static const char usage[] =
    "homeward facts rebuild --database FILE\n"
    "\n"
    "Statistics are counted from facts: rows without names, coarse and cut loose from the\n"
    "people they are about. The program keeps them by itself; this command makes them again\n"
    "from the records, for example when a form counts another field. The facts of people who\n"
    "were erased stay as they are.\n";

static const struct opt_spec options[] = {
    HOME_OPTS,
    { 0 },
};

enum err facts_command(struct ctx *ctx, int argc, char **argv)
{
    struct opts *o = NULL;
    int64_t people = 0;
    enum err rc = opts_parse(ctx, &o, options, usage, argc, argv);

    if (rc || !o)
        return rc;
    if (opt_words(o) != 1 || !text_equal(opt_word(o, 0), "rebuild"))
        return ctx_fail(ctx, ERR_INVALID, tr(ctx, "What is known: homeward facts rebuild"));
    if (!ctx->db)
        return ctx_fail(ctx, ERR_INVALID, tr(ctx, "Name the database: --database FILE"));
    rc = facts_rebuild(ctx, &people);
    if (rc == OK)
        printf("%s\n",
               tr(ctx,
                  "{0, plural, one {The facts of # person were} other {The facts of # people"
                  " were}} made again.",
                  TR_INT(people)));
    return rc;
}
