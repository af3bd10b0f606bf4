#include "core/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#define LINE_MAX_BYTES 2048

static const char *log_role = "homeward";
static enum log_level log_level = LOG_LEVEL_INFO;

static const char *const level_names[] = {
    [LOG_LEVEL_ERROR] = "error",
    [LOG_LEVEL_WARN] = "warn",
    [LOG_LEVEL_INFO] = "info",
    [LOG_LEVEL_DEBUG] = "debug",
};

void log_init(const char *role, enum log_level level)
{
    log_role = role;
    log_level = level;
}

/* Time, role and level; the length written. */
static size_t head(char *line, size_t size, enum log_level level)
{
    struct timespec now = { 0 };
    struct tm tm = { 0 };
    int len;

    (void)clock_gettime(CLOCK_REALTIME, &now);
    (void)gmtime_r(&now.tv_sec, &tm);
    len = snprintf(line, size,
                   "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ %.32s[%ld] %s: ", tm.tm_year + 1900,
                   tm.tm_mon + 1, tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec,
                   (int)(now.tv_nsec / 1000000), log_role, (long)getpid(), level_names[level]);
    return len < 0 ? 0 : (size_t)len;
}

void log_write(enum log_level level, const char *format, ...)
{
    char line[LINE_MAX_BYTES];
    int saved = errno;
    va_list args;
    size_t len;
    int more;

    if (level > log_level)
        return;
    len = head(line, sizeof(line), level);
    va_start(args, format);
    errno = saved; /* for %m */
    more = vsnprintf(line + len, sizeof(line) - len, format, args);
    va_end(args);

    /* A line stays one line: nobody forges a second one or moves the cursor of a terminal. */
    for (char *p = line + len; *p; p++)
        if ((unsigned char)*p < 0x20 || *p == 0x7F)
            *p = ' ';
    if (more > 0)
        len += strlen(line + len);
    line[len++] = '\n'; /* in place of the NUL */
    if (write(STDERR_FILENO, line, len) < 0)
        errno = saved; /* nobody left to tell */
    errno = saved;
}
