#ifndef PLANS_PLAN_MONEY_H
#define PLANS_PLAN_MONEY_H

/*
 * Sums of amounts as answers have them ("1250 XOF"), one for each currency: never added across
 * them. Memory: ctx->arena. Limits: at most PLAN_CURRENCIES_MAX currencies.
 */

#include "core/ctx.h"

#define PLAN_CURRENCIES_MAX 10

struct plan_sum {
    const char *currency;
    double amount;
    int decimals;
};
struct plan_sums {
    struct plan_sum items[PLAN_CURRENCIES_MAX];
    size_t len;
};

/* What is no amount is left out. */
void plan_sums_add(struct ctx *ctx, struct plan_sums *sums, const char *money);
/* "1250 EUR · 300000 XOF" in the language; "" if there are none. */
const char *plan_sums_text(struct ctx *ctx, const struct plan_sums *sums);
/* The sum in one currency; 0 if there is none. */
double plan_sums_of(const struct plan_sums *sums, const char *currency);

#endif
