/* What forms say to people: bold and italic as XLSForm has them, and answers within texts. */
#include <string.h>

#include "core/buf.h"
#include "core/text.h"
#include "guide/terms.h"
#include "records/records_inner.h"
#include "records/screens_web.h"

#define SAID_MAX      ((size_t)64 * 1024)
#define RUNS_MAX      200 /* what is beyond stays as it is written */
#define TERM_RUNS_MAX 12  /* pieces that terms may add to a text */
#define NAME_BYTES    ((size_t)41)

struct sayer {
    struct ctx *ctx;
    const struct answers *t;
    struct run_view *runs;
    size_t len;
    const char *from; /* text that stands in no run yet */
    bool strong;
    bool em;
};

static void put_run(struct sayer *s, const char *text, bool answer)
{
    if (text[0] != '\0' && s->len < RUNS_MAX + 2)
        s->runs[s->len++] = (struct run_view){ text, s->strong, s->em, answer };
}

static void put_until(struct sayer *s, const char *end)
{
    if (end > s->from)
        put_run(s, arena_strndup(s->ctx->arena, s->from, (size_t)(end - s->from)), false);
}

static bool is_word(char c)
{
    return (unsigned char)c >= 0x80 || ascii_is_digit(c) || (c >= 'a' && c <= 'z') ||
           (c >= 'A' && c <= 'Z');
}

/* Whether a mark at p may begin something: a text follows, and _ stands before a word. */
static bool opens(const char *text, const char *p, size_t len)
{
    if (p[len] == '\0' || p[len] == ' ' || p[len] == '\n' || p[len] == *p)
        return false;
    return *p != '_' || p == text || !is_word(p[-1]);
}

/* Where the mark of this length ends what begins at p; NULL if nowhere on this line. */
static const char *closing(const char *p, size_t len)
{
    char mark = *p;

    for (const char *q = p + len + 1; q[0] != '\0' && q[0] != '\n'; q++) {
        size_t n = 0;

        while (q[n] == mark)
            n++;
        if (n == 0)
            continue;
        if (n == len && q[-1] != ' ' && (mark != '_' || !is_word(q[n])))
            return q;
        q += n - 1;
    }
    return NULL;
}

/* The answer that ${name} at p means; NULL: there is no such name here, and it stays as written. */
static const char *answer_at(struct sayer *s, const char *p, size_t *len_out)
{
    const char *end = strchr(p, '}');
    size_t len = end == NULL ? 0 : (size_t)(end - p) - 2;
    const struct field *f;
    const char *value;

    if (end == NULL || len == 0 || len > NAME_BYTES || s->t == NULL)
        return NULL;
    f = field_find(s->t->form, arena_strndup(s->ctx->arena, p + 2, len));
    if (f == NULL || !field_visible(s->ctx, f))
        return NULL;
    *len_out = len + 3;
    value = answers_value(s->t, f->name);
    return value == NULL ? "…" : answers_shown(s->ctx, f, value);
}

/* What begins at p: an answer or the first or second half of a pair of marks; 0 = nothing. */
static size_t take_mark(struct sayer *s, const char *text, const char *p, const char **ends)
{
    size_t len = p[1] == *p ? 2 : 1;
    const char *answer = NULL;

    if (p[0] == '$' && p[1] == '{') {
        answer = answer_at(s, p, &len);
        if (answer == NULL)
            return 0;
        put_until(s, p);
        put_run(s, answer, true);
        return len;
    }
    if (*p != '*' && *p != '_')
        return 0;
    for (size_t i = 0; i < 2; i++) {
        if (ends[i] != p)
            continue;
        put_until(s, p);
        ends[i] = NULL;
        *(i ? &s->strong : &s->em) = false;
        return i + 1;
    }
    if (ends[len - 1] != NULL || !opens(text, p, len) || closing(p, len) == NULL)
        return 0;
    put_until(s, p);
    ends[len - 1] = closing(p, len);
    *(len == 2 ? &s->strong : &s->em) = true;
    return len;
}

/* Whether there is anything in a text that is not said as it is written. */
static bool is_marked(const char *text)
{
    return strpbrk(text, "*_$\\") != NULL;
}

void text_said(struct ctx *ctx, struct rich_view *out, const char *text, const struct answers *t)
{
    struct sayer s = { .ctx = ctx, .t = t, .from = text };
    const char *ends[2] = { NULL, NULL };

    if (!is_marked(text)) {
        s.runs = ARENA_ARRAY(ctx->arena, 1, struct run_view);
        put_run(&s, text, false);
        *out = (struct rich_view){ s.runs, s.len };
        return;
    }
    s.runs = ARENA_ARRAY(ctx->arena, RUNS_MAX + 2, struct run_view);
    for (const char *p = text; *p != '\0' && s.len < RUNS_MAX - 2;) {
        size_t len = 0;

        if (p[0] == '\\' && p[1] != '\0' && strchr("*_#\\$", p[1]) != NULL) {
            put_until(&s, p);
            s.from = p + 1;
            p += 2;
            continue;
        }
        len = take_mark(&s, text, p, ends);
        p += len > 0 ? len : 1;
        if (len > 0)
            s.from = p;
    }
    put_until(&s, s.from + strlen(s.from));
    *out = (struct rich_view){ s.runs, s.len };
}

static struct url term_link(struct ctx *ctx, const struct term *term)
{
    return (struct url){ arena_printf(ctx->arena, "/terms#%s", term->code) };
}

/* The pieces of one run, with its terms; what does not fit any more stays one piece. */
static size_t split_run(struct ctx *ctx, struct run_view *out, size_t room,
                        const struct run_view *run, struct term_seen *seen)
{
    struct term_hit hit = { 0 };
    const char *from = run->text;
    size_t n = 0;

    while (!run->answer && n + 3 <= room &&
           terms_next(&hit, ctx->lang, run->text, (size_t)(from - run->text), seen)) {
        const char *at = run->text + hit.at;

        out[n] = *run;
        out[n].text = arena_strndup(ctx->arena, from, (size_t)(at - from));
        n += at > from;
        out[n] = *run;
        out[n].text = arena_strndup(ctx->arena, at, hit.len);
        out[n].term = hit.term->code;
        out[n++].term_link = term_link(ctx, hit.term);
        from = at + hit.len;
    }
    out[n] = *run;
    out[n].text = from;
    return n + (*from != '\0');
}

static bool any_term(struct ctx *ctx, const struct rich_view *v, struct term_seen seen)
{
    struct term_hit hit = { 0 };

    for (size_t i = 0; i < v->runs_len; i++)
        if (!v->runs[i].answer && terms_next(&hit, ctx->lang, v->runs[i].text, 0, &seen))
            return true;
    return false;
}

void rich_terms(struct ctx *ctx, struct rich_view *v, struct term_seen *seen)
{
    const size_t most = v->runs_len + TERM_RUNS_MAX;
    struct run_view *out;
    size_t len = 0;

    if (!any_term(ctx, v, *seen))
        return;
    out = ARENA_ARRAY(ctx->arena, most, struct run_view);
    for (size_t i = 0; i < v->runs_len; i++)
        len += split_run(ctx, out + len, most - len - (v->runs_len - i - 1), &v->runs[i], seen);
    v->runs = out;
    v->runs_len = len;
}

const char *rich_plain(struct ctx *ctx, const struct rich_view *v)
{
    struct buf b;

    if (v->runs_len == 1)
        return v->runs[0].text;
    buf_init(&b, ctx->arena, SAID_MAX);
    for (size_t i = 0; i < v->runs_len && b.len + strlen(v->runs[i].text) < SAID_MAX; i++)
        buf_add(&b, v->runs[i].text);
    return buf_text(&b);
}

const char *plain_said(struct ctx *ctx, const char *text, const struct answers *t)
{
    struct rich_view v = { 0 };

    if (!is_marked(text))
        return text;
    text_said(ctx, &v, text, t);
    return rich_plain(ctx, &v);
}

const char *label_said(struct ctx *ctx, const struct label *label, const struct answers *t)
{
    return plain_said(ctx, label_text(ctx, label), t);
}
