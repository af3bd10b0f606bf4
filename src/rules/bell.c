#include "rules/bell.h"

#include "auth/auth.h"
#include "core/text.h"
#include "messages/messages.h"

#define TOPIC_ALL "tasks"

static void add_owner(struct ctx *ctx, struct bell *bell, const char *id)
{
    for (size_t i = 0; i < bell->len; i++)
        if (text_equal(bell->owners[i], id))
            return;
    if (bell->len == bell->cap) {
        size_t cap = bell->cap ? bell->cap * 2 : 4;

        bell->owners = arena_grow(ctx->arena, bell->owners, bell->cap * sizeof(*bell->owners),
                                  cap * sizeof(*bell->owners));
        bell->cap = cap;
    }
    bell->owners[bell->len++] = id;
}

enum err bell_note(struct ctx *ctx, struct bell *bell, const struct rule *rule,
                   const struct record *of_case, const char *assignee)
{
    const char **ids = NULL;
    size_t len = 0;
    enum err rc = OK;

    if (rule->does != RULE_ALERT && rule->does != RULE_TASK)
        return OK;
    if (!text_blank(assignee))
        add_owner(ctx, bell, assignee);
    else if (rule->role)
        rc = user_ids_of_role(ctx, &ids, &len, rule->role, of_case->office_id);
    for (size_t i = 0; i < len; i++)
        add_owner(ctx, bell, ids[i]);
    return rc;
}

enum err bell_ring(struct ctx *ctx, const struct bell *bell, const struct record *of_case,
                   bool by_day)
{
    const char *const number[] = { of_case->number ? of_case->number : "", NULL };
    struct notice n = { .topic = TOPIC_ALL,
                        .text = N_("Tasks have come due. See what is to be done."),
                        .link = "/tasks" };
    enum err rc = OK;

    if (!by_day)
        n = (struct notice){ .topic = arena_printf(ctx->arena, TOPIC_ALL "/%s", of_case->id),
                             .text = N_("There is something new to do in case {0}."),
                             .args = number,
                             .link = arena_printf(ctx->arena, "/records/case/%s", of_case->id) };
    for (size_t i = 0; rc == OK && i < bell->len; i++)
        rc = notify_once(ctx, bell->owners[i], &n);
    return rc;
}
