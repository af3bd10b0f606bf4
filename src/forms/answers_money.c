#include "forms/forms_inner.h"

#include <string.h>

#include "core/currency.h"
#include "core/text.h"

/* Amounts of money: digits are kept as text, nothing is rounded but what was calculated. */

#define DIGITS_MAX ((size_t)15)
#define TYPED_MAX  ((size_t)64)

/* The amount with all its decimals: 12.5 with 2 -> 12.50. NULL: no amount, or too many digits. */
static const char *amount_text(struct arena *a, const char *text, int decimals)
{
    const char *digits = text[0] == '-' ? text + 1 : text;
    size_t whole = strspn(digits, "0123456789");
    size_t part = 0;
    size_t skip = 0;

    if (digits[whole] == '.')
        part = strspn(digits + whole + 1, "0123456789");
    if (whole == 0 || digits[whole + (digits[whole] == '.') + part])
        return NULL;
    if (digits[whole] == '.' && part == 0)
        return NULL;
    while (part > (size_t)decimals && digits[whole + part] == '0')
        part--;
    while (skip + 1 < whole && digits[skip] == '0')
        skip++;
    if (part > (size_t)decimals || whole - skip > DIGITS_MAX)
        return NULL;
    return arena_printf(a, "%s%.*s%s%.*s%.*s", digits > text ? "-" : "", (int)(whole - skip),
                        digits + skip, decimals ? "." : "", (int)part, digits + whole + 1,
                        decimals - (int)part, "0000");
}

/* Finds the amount and the currency, whichever comes first: 12.50 EUR, EUR 12.50, 12.50. */
static bool split_money(struct arena *a, const char *text, const char **amount_out,
                        const char **code_out)
{
    size_t len = 0;
    char **parts = text_split(a, text, ' ', true, &len);
    size_t amount = len == 2 && ascii_is_alpha(parts[0][0]) ? 1 : 0;

    if (len < 1 || len > 2)
        return false;
    *amount_out = parts[amount];
    *code_out = NULL;
    if (len == 2) {
        char *code = parts[1 - amount];

        for (char *p = code; *p; p++)
            if (*p >= 'a' && *p <= 'z')
                *p = (char)(*p - 'a' + 'A');
        *code_out = code;
    }
    return true;
}

/* What a calculation gives has as many decimals as it likes. */
static const char *rounded(struct ctx *ctx, const struct field *f, const char *amount, int decimals)
{
    double d = 0;

    if (f->kind != FIELD_CALCULATE || !parse_decimal(amount, &d))
        return amount;
    return arena_printf(ctx->arena, "%.*f", decimals, d);
}

const char *value_money(struct ctx *ctx, const struct field *f, const char *value,
                        const char **problem)
{
    const char *text = value_western(ctx, value, TYPED_MAX);
    const char *amount = NULL;
    const char *code = NULL;
    int decimals;

    if (strlen(text) > TYPED_MAX || !split_money(ctx->arena, text, &amount, &code)) {
        *problem = tr(ctx, "This is not an amount of money: {0}. Write it like 1250.50 EUR.",
                      TR_TEXT(value_shortened(ctx, value)));
        return value;
    }
    if (f->currency && code && strcmp(code, f->currency) != 0) {
        *problem =
            tr(ctx, "Amounts here are in {0}, and {1} came.", TR_TEXT(f->currency), TR_TEXT(code));
        return value;
    }
    decimals = f->currency || code ? currency_decimals(f->currency ? f->currency : code) : -1;
    if (decimals < 0) {
        *problem = tr(ctx, "The currency is missing, or is none: {0}. Write it like 1250.50 EUR.",
                      TR_TEXT(value_shortened(ctx, value)));
        return value;
    }
    amount = amount_text(ctx->arena, rounded(ctx, f, amount, decimals), decimals);
    if (!amount) {
        *problem = tr(ctx,
                      "This is not an amount of {1}: {0}. Write digits, with {2, plural, one {# "
                      "decimal} other {# decimals}} at most.",
                      TR_TEXT(value_shortened(ctx, value)),
                      TR_TEXT(f->currency ? f->currency : code), TR_INT(decimals));
        return value;
    }
    return f->currency ? amount : arena_printf(ctx->arena, "%s %s", amount, code);
}
