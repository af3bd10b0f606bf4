#include "expr/expr_inner.h"

#include <string.h>

/* The wrapper of PCRE2. A pattern that runs wild is stopped, not waited for. */

#define PCRE2_CODE_UNIT_WIDTH 8
#include <pcre2.h>

#define MATCH_LIMIT 200000
#define DEPTH_LIMIT 2000
#define HEAP_KB     2000
#define PATTERN_MAX ((size_t)2000)

static void free_code(void *code)
{
    pcre2_code_free(code);
}

static void free_match(void *match)
{
    pcre2_match_data_free(match);
}

static void free_limits(void *limits)
{
    pcre2_match_context_free(limits);
}

static enum err compile(struct ctx *ctx, pcre2_code **out, const char *pattern)
{
    PCRE2_SIZE at = 0;
    int error = 0;

    *out = NULL;
    if (strlen(pattern) <= PATTERN_MAX)
        *out = pcre2_compile((PCRE2_SPTR)pattern, PCRE2_ZERO_TERMINATED,
                             PCRE2_UTF | PCRE2_UCP | PCRE2_NEVER_BACKSLASH_C | PCRE2_ALT_BSUX,
                             &error, &at, NULL);
    if (!*out)
        return ctx_fail(ctx, ERR_INVALID,
                        tr(ctx, "This is no regular expression, from character {0} on.",
                           TR_INT((int64_t)at + 1)));
    arena_on_free(ctx->arena, free_code, *out);
    return OK;
}

enum err regex_check(struct ctx *ctx, const char *pattern)
{
    struct arena_mark mark = arena_mark(ctx->arena);
    pcre2_code *code = NULL;
    enum err rc = compile(ctx, &code, pattern);

    if (!rc)
        arena_rewind(ctx->arena, mark);
    return rc;
}

static enum err match(struct run *r, bool *out, const char *text, pcre2_code *code)
{
    struct arena *a = r->ctx->arena;
    pcre2_match_data *found = pcre2_match_data_create_from_pattern(code, NULL);
    pcre2_match_context *limits = pcre2_match_context_create(NULL);
    int rc;

    if (found)
        arena_on_free(a, free_match, found);
    if (limits)
        arena_on_free(a, free_limits, limits);
    if (!found || !limits)
        return ctx_fail(r->ctx, ERR_LIMIT, tr(r->ctx, "The expression makes a text too long."));
    pcre2_set_match_limit(limits, MATCH_LIMIT);
    pcre2_set_depth_limit(limits, DEPTH_LIMIT);
    pcre2_set_heap_limit(limits, HEAP_KB);
    rc = pcre2_match(code, (PCRE2_SPTR)text, strlen(text), 0, PCRE2_ANCHORED | PCRE2_ENDANCHORED,
                     found, limits);
    if (rc < 0 && rc != PCRE2_ERROR_NOMATCH)
        return ctx_fail(r->ctx, ERR_LIMIT,
                        tr(r->ctx, "The expression takes too many steps with these answers."));
    *out = rc >= 0;
    return OK;
}

enum err regex_matches(struct run *r, bool *out, const char *text, const char *pattern)
{
    struct arena_mark mark = arena_mark(r->ctx->arena);
    pcre2_code *code = NULL;
    enum err rc = run_spend(r, 100 + strlen(text) / 16);

    if (!rc)
        rc = compile(r->ctx, &code, pattern);
    if (!rc)
        rc = match(r, out, text, code);
    if (!rc)
        arena_rewind(r->ctx->arena, mark);
    return rc;
}
