/* Pieces in text: ${...} is found, parsed, and its mistakes are placed. */
#include <string.h>

#include "core/text.h"
#include "letters/letter_text.h"

#define VALUE_SHOWN 60

void letter_mistake_add(struct ctx *ctx, struct letter *l, const struct letter_mistake *m)
{
    struct letter_mistake copy = *m;
    const char *p = m->value ? m->value : "";
    const char *from = p;
    size_t n = 0;

    while (*p != '\0' && n++ < VALUE_SHOWN)
        (void)text_next(&p);
    copy.value = arena_strndup(ctx->arena, from, (size_t)(p - from));
    l->bad++;
    if (l->mistakes_len < LETTER_MISTAKES_MAX)
        l->mistakes[l->mistakes_len++] = copy;
}

static void tell(struct letter_reader *r, int column, const char *value, const char *text)
{
    const struct letter_mistake m = { r->line, column, value, text };

    letter_mistake_add(r->ctx, r->l, &m);
}

/* Quoted text and pieces within it are passed by. */
const char *letter_piece_end(const char *from)
{
    int depth = 1;

    for (const char *p = from; *p != '\0' && *p != '\n'; p++) {
        if (*p == '\'' || *p == '"') {
            const char *close = strchr(p + 1, *p);

            if (!close)
                return NULL;
            p = close;
        } else if (text_starts(p, "${")) {
            depth++;
            p++;
        } else if (*p == '}' && --depth == 0) {
            return p;
        }
    }
    return NULL;
}

static int columns_of(const char *from, const char *to)
{
    int n = 0;

    while (from < to) {
        (void)text_next(&from);
        n++;
    }
    return n;
}

/* A name alone, or a path without conditions and functions. */
static bool is_bare(const char *source)
{
    for (const char *p = source; *p != '\0'; p++)
        if (!ascii_is_alpha(*p) && !ascii_is_digit(*p) && strchr("_/.-", *p) == NULL)
            return false;
    return *source != '\0';
}

struct letter_piece *letter_piece_read(struct letter_reader *r, const char *source, int column)
{
    struct letter_piece *piece = ARENA_NEW(r->ctx->arena, struct letter_piece);
    struct ctx quiet = *r->ctx;
    const char *text = source;
    size_t offset = 0;
    enum err rc;

    ctx_clear_problems(&quiet);
    if (text_is_name(source))
        text = arena_printf(r->ctx->arena, "${%s}", source);
    rc = expr_parse(&quiet, &piece->e, text, &offset);
    if (rc) {
        if (text != source || offset > strlen(source))
            offset = 0;
        tell(r, column + columns_of(source, source + offset), source,
             tr(r->ctx, "This cannot be read: {0} Mend what stands between the braces.",
                TR_TEXT(ctx_first_problem(&quiet))));
        return NULL;
    }
    piece->source = source;
    piece->line = r->line;
    piece->column = column;
    piece->bare = is_bare(source);
    return piece;
}

static void add_span(struct letter_reader *r, struct letter_line *out, const char *text,
                     struct letter_piece *piece)
{
    if (out->len == out->cap) {
        size_t cap = out->cap ? out->cap * 2 : 4;

        out->spans = arena_grow(r->ctx->arena, out->spans, out->cap * sizeof(*out->spans),
                                cap * sizeof(*out->spans));
        out->cap = cap;
    }
    out->spans[out->len++] = (struct letter_span){ text, piece };
}

static void add_text(struct letter_reader *r, struct letter_line *out, const char *from,
                     const char *to)
{
    if (to > from)
        add_span(r, out, arena_strndup(r->ctx->arena, from, (size_t)(to - from)), NULL);
}

static void add_piece(struct letter_reader *r, struct letter_line *out, const char *source,
                      int column)
{
    struct letter_piece *piece = letter_piece_read(r, source, column);
    struct letter_face *face = r->face;

    if (!piece)
        return;
    if (face->pieces_len == LETTER_PIECES_MAX) {
        tell(r, column, source,
             tr(r->ctx, "A letter has at most {0} pieces. Take some out.",
                TR_INT(LETTER_PIECES_MAX)));
        return;
    }
    face->pieces[face->pieces_len++] = piece;
    add_span(r, out, NULL, piece);
}

void letter_spans_read(struct letter_reader *r, struct letter_line *out, const char *text,
                       int column)
{
    const char *from = text;
    const char *open = strstr(text, "${");

    while (open) {
        const char *end = letter_piece_end(open + 2);
        int at = column + columns_of(text, open);

        add_text(r, out, from, open);
        if (!end) {
            tell(r, at, open,
                 tr(r->ctx, "The piece is not closed. Put } behind it, on the same line."));
            return;
        }
        add_piece(r, out,
                  text_trim(r->ctx->arena,
                            arena_strndup(r->ctx->arena, open + 2, (size_t)(end - open - 2))),
                  at + 2);
        from = end + 1;
        open = strstr(from, "${");
    }
    add_text(r, out, from, from + strlen(from));
}
