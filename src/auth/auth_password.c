#include <string.h>

#include "auth/auth_inner.h"
#include "core/asset.h"
#include "core/text.h"

#define COMMON_FILE  "content/auth/common-passwords.txt"
#define PASSWORD_MIN 10

static bool same_line(const char *line, size_t line_len, const char *password)
{
    for (size_t i = 0; i < line_len; i++) {
        if (!password[i] || ascii_lower(line[i]) != ascii_lower(password[i]))
            return false;
    }
    return password[line_len] == '\0';
}

/* One password a line. */
static bool is_common(const struct asset *list, const char *password)
{
    const char *p = (const char *)list->bytes;
    const char *end = p + list->len;

    while (p < end) {
        const char *stop = memchr(p, '\n', (size_t)(end - p));
        size_t len = (size_t)((stop ? stop : end) - p);

        if (len > 0 && same_line(p, len, password))
            return true;
        p += len + 1;
    }
    return false;
}

/* "aaaaaaaaaaaa" has the length and nothing else. */
static bool one_character(const char *password)
{
    for (const char *p = password; *p; p++) {
        if (*p != password[0])
            return false;
    }
    return true;
}

enum err password_check_rules(struct ctx *ctx, const char *password, const char *login)
{
    const struct asset *list = asset_find(COMMON_FILE);

    if (!list)
        return ctx_fail(ctx, ERR_INTERNAL, COMMON_FILE " is missing");
    if (text_codepoints(password) < PASSWORD_MIN)
        return ctx_fail_field(
            ctx, "password",
            tr(ctx, "The password needs at least {0} characters.", TR_INT(PASSWORD_MIN)));
    if (ascii_casecmp(password, login) == 0)
        return ctx_fail_field(ctx, "password", tr(ctx, "The password cannot be the sign-in name."));
    if (text_blank(password) || one_character(password) || is_common(list, password))
        return ctx_fail_field(ctx, "password",
                              tr(ctx, "Too many people use this password. Choose another one."));
    return OK;
}
