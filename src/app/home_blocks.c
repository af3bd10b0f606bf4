#include "app/home_blocks.h"

#include <stdlib.h>
#include <string.h>

#include "auth/auth.h"
#include "core/csv_table.h"
#include "core/text.h"
#include "rules/rule_set.h"
#include "rules/rules.h"

#define FILE_NAME "content/home/blocks.csv"

static struct home_block *loaded;
static size_t loaded_len;

static bool kind_of(const char *name, enum block_kind *out)
{
    static const char *const names[] = {
        [BLOCK_OVERDUE] = "overdue",       [BLOCK_ALERTS] = "alerts", [BLOCK_ARRIVALS] = "arrivals",
        [BLOCK_ROUNDS] = "rounds",         [BLOCK_TASKS] = "tasks",   [BLOCK_RECENT] = "recent",
        [BLOCK_STATES] = "states",         [BLOCK_COUNTS] = "counts", [BLOCK_JOBS] = "jobs",
        [BLOCK_FILTERS] = "filters",       [BLOCK_DRAFTS] = "drafts", [BLOCK_ACTIONS] = "actions",
        [BLOCK_FORMS] = "forms",           [BLOCK_START] = "start",   [BLOCK_NOTICES] = "notices",
        [BLOCK_UNFINISHED] = "unfinished", [BLOCK_NEXT] = "next",
    };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (text_equal(name, names[i])) {
            *out = (enum block_kind)i;
            return true;
        }
    }
    return false;
}

static bool role_known(struct ctx *ctx, const char *code)
{
    const char *const *roles = auth_roles(ctx->arena);

    while (*roles && !text_equal(*roles, code))
        roles++;
    return *roles != NULL;
}

static bool of_rules(enum block_kind kind)
{
    return kind == BLOCK_TASKS || kind == BLOCK_NEXT || kind == BLOCK_OVERDUE ||
           kind == BLOCK_ALERTS || kind == BLOCK_ARRIVALS || kind == BLOCK_ROUNDS;
}

enum home_column home_column_of(enum block_kind kind)
{
    if (kind == BLOCK_ACTIONS)
        return HOME_TOP;
    return of_rules(kind) || kind == BLOCK_RECENT || kind == BLOCK_UNFINISHED ||
                   kind == BLOCK_FORMS || kind == BLOCK_START
               ? HOME_WORK
               : HOME_SIDE;
}

static bool names_unknown_rule(struct ctx *ctx, const struct home_block *block)
{
    size_t len = 0;
    char **words = text_split(ctx->arena, block->parameter, ' ', true, &len);
    bool unknown = len == 0 || len > TASK_RULES_MAX + 1 ||
                   (!text_equal(words[0], "mine") && !text_equal(words[0], "office"));

    for (size_t i = 1; !unknown && i < len; i++)
        unknown = rule_find(rules_of(), words[i]) == NULL;
    return of_rules(block->kind) && unknown;
}

static enum err read_row(struct ctx *ctx, const struct csv_table *t, size_t i,
                         struct home_block *out)
{
    const char *kind = csv_table_cell(t, i, "block");
    const char *place = csv_table_cell(t, i, "place");

    out->role = csv_table_cell(t, i, "role");
    out->parameter = csv_table_cell(t, i, "parameter");
    if (!role_known(ctx, out->role))
        return csv_table_fault(ctx, t, &t->rows[i], out->role, tr(ctx, "There is no such role."));
    if (!kind_of(kind, &out->kind))
        return csv_table_fault(ctx, t, &t->rows[i], kind, tr(ctx, "There is no such block."));
    if (names_unknown_rule(ctx, out))
        return csv_table_fault(ctx, t, &t->rows[i], out->parameter,
                               tr(ctx, "Write mine or office, then at most {0} ids of rules.",
                                  TR_INT(TASK_RULES_MAX)));
    if (!parse_int(place, 0, 1000, &out->place))
        return csv_table_fault(ctx, t, &t->rows[i], place,
                               tr(ctx, "A whole number from 0 to 1000 is needed."));
    return OK;
}

enum err home_blocks_load(struct ctx *ctx)
{
    struct csv_table t = { 0 };
    struct home_block *items;
    enum err rc = csv_table_load(ctx, &t, ctx->arena, FILE_NAME);

    if (rc)
        return rc;
    items = ARENA_ARRAY(ctx->arena, t.len + 1, struct home_block);
    for (size_t i = 0; rc == OK && i < t.len; i++)
        rc = read_row(ctx, &t, i, &items[i]);
    if (rc)
        return rc;
    loaded = items;
    loaded_len = t.len;
    return OK;
}

static int compare_blocks(const void *a, const void *b)
{
    const struct home_block *x = *(const struct home_block *const *)a;
    const struct home_block *y = *(const struct home_block *const *)b;

    if (x->place != y->place)
        return x->place < y->place ? -1 : 1;
    return x < y ? -1 : x > y;
}

static bool has_role(const struct ctx *ctx, const char *code)
{
    for (const char *const *r = ctx->user->roles; *r; r++)
        if (text_equal(*r, code))
            return true;
    return false;
}

const struct home_block **home_blocks(struct ctx *ctx, size_t *len_out)
{
    const struct home_block **out =
        ARENA_ARRAY(ctx->arena, loaded_len + 1, const struct home_block *);
    size_t len = 0;
    size_t kept = 0;

    for (size_t i = 0; i < loaded_len; i++)
        if (has_role(ctx, loaded[i].role))
            out[len++] = &loaded[i];
    if (len > 1)
        qsort(out, len, sizeof(*out), compare_blocks);
    for (size_t i = 0; i < len; i++) {
        bool twice = false;

        for (size_t k = 0; k < kept; k++)
            twice = twice || (out[k]->kind == out[i]->kind &&
                              text_equal(out[k]->parameter, out[i]->parameter));
        if (!twice)
            out[kept++] = out[i];
    }
    *len_out = kept;
    return out;
}
