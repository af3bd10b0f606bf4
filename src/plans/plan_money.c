#include "plans/plan_money.h"

#include <string.h>

#include "core/buf.h"
#include "core/text.h"

#define TEXT_MAX ((size_t)2000)

void plan_sums_add(struct ctx *ctx, struct plan_sums *sums, const char *money)
{
    const char *space = money ? strchr(money, ' ') : NULL;
    const char *point;
    double amount = 0;
    size_t at = 0;
    int decimals;

    if (!space ||
        !parse_decimal(arena_strndup(ctx->arena, money, (size_t)(space - money)), &amount))
        return;
    point = memchr(money, '.', (size_t)(space - money));
    decimals = point ? (int)(space - point) - 1 : 0;
    while (at < sums->len && !text_equal(sums->items[at].currency, space + 1))
        at++;
    if (at == PLAN_CURRENCIES_MAX)
        return;
    if (at == sums->len)
        sums->items[sums->len++] = (struct plan_sum){ .currency = space + 1 };
    sums->items[at].amount += amount;
    if (decimals > sums->items[at].decimals)
        sums->items[at].decimals = decimals;
}

const char *plan_sums_text(struct ctx *ctx, const struct plan_sums *sums)
{
    struct buf b;

    buf_init(&b, ctx->arena, TEXT_MAX);
    for (size_t i = 0; i < sums->len; i++)
        buf_printf(&b, "%s%s %s", i ? " · " : "",
                   tr_decimal(ctx, sums->items[i].amount, sums->items[i].decimals),
                   sums->items[i].currency);
    return buf_text(&b);
}

double plan_sums_of(const struct plan_sums *sums, const char *currency)
{
    for (size_t i = 0; i < sums->len; i++)
        if (text_equal(sums->items[i].currency, currency))
            return sums->items[i].amount;
    return 0;
}
