#ifndef SUPPORT_MERGE_TRIAL_H
#define SUPPORT_MERGE_TRIAL_H

/* A merge of two people, or its undoing, tried with the calls of the database failing in turn. */

#include "people/merge.h"
#include "people_fixture.h"

struct merge_trial {
    const char *kept;
    const char *gone;
    const char *join; /* NULL: the merge is confirmed; otherwise this joining is undone */
    /* Everything that must stay as it was, as one text. */
    const char *(*everything)(struct fixture *f, const void *of);
    const void *of;
    int step;  /* the first twelve calls fail one by one, later ones in steps of this */
    int least; /* so many calls there are at least */
};

static inline enum err merge_trial_run(struct fixture *f, const struct merge_trial *t)
{
    const char *kept = NULL;

    return t->join ? merge_undo(&f->ctx, t->join, "Two brothers")
                   : merge_confirm(&f->ctx, &kept, t->kept, t->gone);
}

static inline void merge_is_all_or_nothing(struct fixture *f, const struct merge_trial *t)
{
    const char *before = t->everything(f, t->of);
    int made = 0;
    int n;

    for (n = 1; n < 6000; n += n < 12 ? 1 : t->step) {
        struct arena_mark mark = arena_mark(f->ctx.arena);
        enum err rc;

        ctx_clear_problems(&f->ctx);
        db_fail_at(f->ctx.db, n);
        rc = merge_trial_run(f, t);
        made = db_calls(f->ctx.db);
        db_fail_at(f->ctx.db, 0);
        assert_false(db_in_transaction(f->ctx.db));
        if (rc == OK)
            break;
        assert_int_equal(rc, ERR_DB);
        ctx_clear_problems(&f->ctx);
        assert_string_equal(t->everything(f, t->of), before);
        arena_rewind(f->ctx.arena, mark);
    }
    assert_true(n > t->least && made < n + t->step);
    assert_string_not_equal(t->everything(f, t->of), before);
}

#endif
