#include "expr/expr_inner.h"

#include <math.h>
#include <string.h>

#include "core/date.h"
#include "core/text.h"

/* Functions of dates and times. A moment is shown, and taken apart, in the office's time zone. */

#define MINUTE_MS   60000
#define DAYS_MAX    4e6
#define DAY_SECONDS 86400

static const char *local_moment(struct ctx *ctx, int64_t ms)
{
    int64_t offset = moment_offset_ms(ms, ctx->time_zone);
    int64_t minutes = (offset < 0 ? -offset : offset) / MINUTE_MS;
    const char *text = moment_text(ctx->arena, ms + offset);

    return arena_printf(ctx->arena, "%.*s%c%02d:%02d", (int)strlen(text) - 1, text,
                        offset < 0 ? '-' : '+', (int)(minutes / 60), (int)(minutes % 60));
}

static enum err call_today(struct run *r, struct expr_value *out, const struct node *call,
                           const struct expr_value *args)
{
    (void)call, (void)args;
    *out = value_date(r->host->today ? r->host->today : "");
    return OK;
}

static enum err call_now(struct run *r, struct expr_value *out, const struct node *call,
                         const struct expr_value *args)
{
    (void)call, (void)args;
    *out = value_date(local_moment(r->ctx, r->host->now_ms));
    return OK;
}

/* Local milliseconds of a value; false if it is no date, moment or number of days. */
static bool local_time(struct run *r, const struct expr_value *v, int64_t *out)
{
    const char *text = v->type == EXPR_NUMBER || v->type == EXPR_BOOL ? "" : expr_text(r->ctx, v);
    double days = v->type == EXPR_BOOL ? NAN : expr_number(r->ctx, v);
    int64_t n;

    if (date_to_days(text, &n)) {
        *out = n * DAY_SECONDS * 1000;
        return true;
    }
    if (isnan(days) || fabs(days) > DAYS_MAX)
        return false;
    n = (int64_t)floor(days * DAY_MS + 0.5);
    *out = n;
    if (strlen(text) > 10 && moment_parse(text, &n))
        *out = n + moment_offset_ms(n, r->ctx->time_zone);
    return true;
}

/* The date of a date, a moment or a number of days since 1970; empty if it is none of them. */
static enum err call_date(struct run *r, struct expr_value *out, const struct node *call,
                          const struct expr_value *args)
{
    const char *date = NULL;
    int64_t ms;

    (void)call;
    if (local_time(r, &args[0], &ms))
        date = date_from_days(r->ctx->arena, (int64_t)floor((double)ms / DAY_MS));
    *out = date ? value_date(date) : value_text("");
    return OK;
}

/* The same with its time of day, if it has one. */
static enum err call_date_time(struct run *r, struct expr_value *out, const struct node *call,
                               const struct expr_value *args)
{
    const char *text = expr_text(r->ctx, &args[0]);
    int64_t ms;

    if (args[0].type != EXPR_NUMBER && strlen(text) > 10 && moment_parse(text, &ms)) {
        *out = value_date(local_moment(r->ctx, ms));
        return OK;
    }
    if (!local_time(r, &args[0], &ms) || ms % (INT64_C(1000) * DAY_SECONDS) == 0)
        return call_date(r, out, call, args);
    *out = value_date(local_moment(r->ctx, ms - moment_offset_ms(ms, r->ctx->time_zone)));
    return OK;
}

static enum err call_decimal_date_time(struct run *r, struct expr_value *out,
                                       const struct node *call, const struct expr_value *args)
{
    (void)call;
    *out = value_number(number_arg(r, args, 0));
    return OK;
}

static bool two_digits(const char **p, int max, int *out)
{
    if (!ascii_is_digit((*p)[0]) || !ascii_is_digit((*p)[1]))
        return false;
    *out = ((*p)[0] - '0') * 10 + (*p)[1] - '0';
    *p += 2;
    return *out <= max;
}

/* HH:MM, HH:MM:SS, with decimals and an offset behind it if any; seconds of the local day. */
static bool read_time(struct run *r, const char *p, double *out)
{
    int hour;
    int minute;
    int second = 0;
    double seconds;
    int sign;

    if (!two_digits(&p, 23, &hour) || *p++ != ':' || !two_digits(&p, 59, &minute))
        return false;
    if (*p == ':') {
        p++;
        if (!two_digits(&p, 59, &second))
            return false;
    }
    if (*p == '.')
        for (p++; ascii_is_digit(*p);)
            p++;
    seconds = hour * 3600 + minute * 60 + second;
    if (*p == '+' || *p == '-' || strcmp(p, "Z") == 0) {
        sign = *p == '-' ? 1 : -1;
        if (*p++ != 'Z') {
            if (!two_digits(&p, 23, &hour) || *p++ != ':' || !two_digits(&p, 59, &minute))
                return false;
            seconds += sign * (hour * 3600 + minute * 60);
        }
        seconds += (double)moment_offset_ms(r->host->now_ms, r->ctx->time_zone) / 1000;
        seconds = fmod(seconds + 2 * DAY_SECONDS, DAY_SECONDS);
    }
    *out = seconds;
    return *p == '\0';
}

static enum err call_decimal_time(struct run *r, struct expr_value *out, const struct node *call,
                                  const struct expr_value *args)
{
    const char *text = args[0].type == EXPR_NUMBER ? "" : text_arg(r, args, 0);
    double seconds = NAN;
    int64_t ms;

    (void)call;
    if (strlen(text) > 10 && moment_parse(text, &ms) && local_time(r, &args[0], &ms))
        seconds = (double)(ms % (DAY_SECONDS * INT64_C(1000))) / 1000;
    else if (!read_time(r, text, &seconds))
        seconds = NAN;
    *out = value_number(seconds / DAY_SECONDS);
    return OK;
}

/* --- format-date --- */

/* Adds what a letter behind % stands for; false if there is no such letter. */
static bool add_part(struct run *r, struct buf *b, char letter, const char *date, int64_t in_day)
{
    int year =
        (date[0] - '0') * 1000 + (date[1] - '0') * 100 + (date[2] - '0') * 10 + date[3] - '0';
    int month = (date[5] - '0') * 10 + date[6] - '0';
    int day = (date[8] - '0') * 10 + date[9] - '0';
    const struct {
        char letter;
        int width;
        int n;
    } parts[] = {
        { 'Y', 4, year },
        { 'y', 2, year % 100 },
        { 'm', 2, month },
        { 'n', 0, month },
        { 'd', 2, day },
        { 'e', 0, day },
        { 'H', 2, (int)(in_day / 3600000) },
        { 'h', 0, (int)(in_day / 3600000) },
        { 'M', 2, (int)(in_day / MINUTE_MS % 60) },
        { 'S', 2, (int)(in_day / 1000 % 60) },
        { '3', 3, (int)(in_day % 1000) },
    };

    for (size_t i = 0; i < sizeof(parts) / sizeof(parts[0]); i++)
        if (parts[i].letter == letter) {
            buf_printf(b, "%0*d", parts[i].width, parts[i].n);
            return true;
        }
    if (letter == 'b')
        buf_add(b, tr_month_short(r->ctx, date));
    else if (letter == 'a')
        buf_add(b, tr_day_short(r->ctx, date));
    else if (letter == '%')
        buf_add_char(b, '%');
    else
        return false;
    return true;
}

static enum err call_format_date(struct run *r, struct expr_value *out, const struct node *call,
                                 const struct expr_value *args)
{
    const char *p = text_arg(r, args, 1);
    struct buf b = { 0 };
    const char *date;
    int64_t ms = 0;
    int64_t days;

    (void)call;
    *out = value_text("");
    if (!local_time(r, &args[0], &ms))
        return OK;
    days = (int64_t)floor((double)ms / DAY_MS);
    date = date_from_days(r->ctx->arena, days);
    if (!date)
        return OK;
    buf_init(&b, r->ctx->arena, TEXT_BYTES);
    for (; *p; p++) {
        if (*p != '%')
            buf_add_char(&b, *p);
        else if (!add_part(r, &b, *++p, date, ms - days * DAY_SECONDS * 1000))
            return ctx_fail(r->ctx, ERR_INVALID,
                            tr(r->ctx, "After % in a date format stands one of {0}.",
                               TR_TEXT("Y y m n b d e a H h M S 3 %")));
    }
    return finish_text(r, out, &b);
}

const struct expr_function expr_functions_date[] = {
    { "today", "", 'd', false, NULL, call_today },
    { "now", "", 'd', false, NULL, call_now },
    { "date", "d", 'd', false, NULL, call_date },
    { "date-time", "d", 'd', false, NULL, call_date_time },
    { "decimal-date-time", "d", 'n', false, NULL, call_decimal_date_time },
    { "decimal-time", "s", 'n', false, NULL, call_decimal_time },
    { "format-date", "ds", 's', false, NULL, call_format_date },
    { "format-date-time", "ds", 's', false, NULL, call_format_date },
    { NULL, NULL, 0, false, NULL, NULL },
};
