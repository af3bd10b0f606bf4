#include "auth/secret.h"

#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <termios.h>

#include "core/text.h"

#define LINE_BYTES 2048

/* The library would keep what it reads ahead in a buffer that nobody wipes. */
static void keep_nothing(FILE *f)
{
    (void)setvbuf(f, NULL, _IONBF, 0);
}

static enum err take_line(struct ctx *ctx, const char **out, FILE *f,
                          const struct secret_words *words)
{
    char line[LINE_BYTES] = { 0 };
    enum err rc = OK;
    size_t len;

    if (!fgets(line, sizeof(line), f))
        rc = ctx_fail_field(ctx, words->field, words->none);
    len = strcspn(line, "\r\n");
    line[len] = '\0';
    if (rc == OK && (len == sizeof(line) - 1 || !text_valid(line, len, NULL)))
        rc = ctx_fail_field(
            ctx, words->field,
            tr(ctx, "This is not UTF-8 text, or longer than {0} bytes.", TR_INT(LINE_BYTES - 2)));
    if (rc == OK)
        *out = arena_strdup(ctx->arena, line);
    explicit_bzero(line, sizeof(line));
    return rc;
}

static enum err read_file(struct ctx *ctx, const char **out, const char *path,
                          const struct secret_words *words)
{
    bool piped = text_equal(path, "-");
    FILE *f = piped ? stdin : fopen(path, "re");
    enum err rc;

    if (!f)
        return ctx_fail(
            ctx, ERR_IO,
            tr(ctx, "Could not open {0}: {1}.", TR_TEXT(path), TR_TEXT(strerror(errno))));
    keep_nothing(f);
    rc = take_line(ctx, out, f, words);
    if (!piped)
        fclose(f);
    return rc;
}

static enum err ask(struct ctx *ctx, const char **out, FILE *tty, const char *question,
                    const struct secret_words *words)
{
    enum err rc;

    fprintf(tty, "%s ", question);
    fflush(tty);
    rc = take_line(ctx, out, tty, words);
    fprintf(tty, "\n");
    return rc;
}

static enum err ask_all(struct ctx *ctx, const char **out, FILE *tty,
                        const struct secret_words *words)
{
    const char *first = NULL;
    const char *second = NULL;
    enum err rc = ask(ctx, &first, tty, words->ask, words);

    if (rc == OK && words->again)
        rc = ask(ctx, &second, tty, words->again, words);
    if (rc)
        return rc;
    if (words->again && !text_equal(first, second))
        return ctx_fail_field(ctx, words->field, words->differ);
    *out = first;
    return OK;
}

enum err secret_get(struct ctx *ctx, const char **out, const char *path,
                    const struct secret_words *words)
{
    struct termios old = { 0 };
    struct termios quiet;
    FILE *tty;
    enum err rc;

    if (path)
        return read_file(ctx, out, path, words);
    tty = fopen("/dev/tty", "r+e");
    if (!tty || tcgetattr(fileno(tty), &old)) {
        if (tty)
            fclose(tty);
        return ctx_fail(ctx, ERR_INVALID, words->no_terminal);
    }
    keep_nothing(tty);
    quiet = old;
    quiet.c_lflag &= ~(tcflag_t)ECHO;
    tcsetattr(fileno(tty), TCSAFLUSH, &quiet);
    rc = ask_all(ctx, out, tty, words);
    tcsetattr(fileno(tty), TCSAFLUSH, &old);
    fclose(tty);
    return rc;
}
