/* The grammar of a template: head, languages, blocks. */
#include <string.h>

#include "core/text.h"
#include "forms_gen.h"
#include "letters/letter_text.h"

#define LINES_MAX 3000
#define ROWS_MAX  100

/* What the reader of a body keeps between lines. */
struct body {
    struct letter_reader *r;
    struct letter_block *open; /* the next line goes on with it; NULL = none */
    bool broken;               /* its last line ended in a backslash */
    struct letter_piece *each; /* told, and not used yet */
    int each_line;
};

static void tell(struct letter_reader *r, int column, const char *value, const char *text)
{
    const struct letter_mistake m = { r->line, column, value, text };

    letter_mistake_add(r->ctx, r->l, &m);
}

/* --- the head --- */

/* "KEY: VALUE"; NULL if the line does not begin so. */
static const char *value_of(struct ctx *ctx, const char *line, const char *key)
{
    size_t len = strlen(key);

    if (!text_starts(line, key) || line[len] != ':')
        return NULL;
    return text_trim(ctx->arena, line + len + 1);
}

const struct letter_ask *letter_ask_find(const struct letter *l, const char *name)
{
    for (size_t i = 0; i < l->asks_len; i++)
        if (text_equal(l->asks[i].name, name))
            return &l->asks[i];
    return NULL;
}

static bool word_taken(const char *name)
{
    return text_starts(name, "letter_");
}

static void read_ask(struct letter_reader *r, const char *value)
{
    static const char *const kinds[] = { "text", "long", "date", "time" };
    struct letter *l = r->l;
    size_t len = 0;
    size_t kind = 0;
    char **words = text_split(r->ctx->arena, value, ' ', true, &len);

    while (len == 2 && kind < 4 && !text_equal(words[1], kinds[kind]))
        kind++;
    if (len != 2 || kind == 4 || !text_is_name(words[0])) {
        tell(r, 6, value,
             tr(r->ctx, "Write a name and text, long, date or time: ask: meeting_on date"));
        return;
    }
    if (word_taken(words[0]) || letter_ask_find(l, words[0]) || l->asks_len == LETTER_ASKS_MAX) {
        tell(r, 6, words[0],
             tr(r->ctx,
                "Choose another name: this one is taken, or there are more than {0} questions.",
                TR_INT(LETTER_ASKS_MAX)));
        return;
    }
    l->asks[l->asks_len++] =
        (struct letter_ask){ .name = words[0], .kind = (enum ask_kind)kind, .line = r->line };
}

static void read_share(struct letter_reader *r, const char *value)
{
    size_t len = 0;
    char **words = text_split(r->ctx->arena, value, ' ', true, &len);
    const struct letter_ask *ask = len > 2 ? letter_ask_find(r->l, words[1]) : NULL;

    if (!ask || ask->kind > ASK_LONG || r->l->share.purpose) {
        tell(r, 8, value,
             tr(r->ctx, "Write once, below the questions, a purpose, the question that asks for "
                        "the recipient, and what is shared: share: referral to identity needs"));
        return;
    }
    r->l->share = (struct letter_share){ .purpose = words[0],
                                         .ask = (size_t)(ask - r->l->asks),
                                         .categories = (const char *const *)&words[2],
                                         .categories_len = len - 2,
                                         .line = r->line };
}

static void read_head(struct letter_reader *r, const char *line)
{
    const char *kind = value_of(r->ctx, line, "kind");
    const char *ask = value_of(r->ctx, line, "ask");
    const char *share = value_of(r->ctx, line, "share");

    if (kind && (text_equal(kind, FORM_CASE) || text_equal(kind, FORM_PERSON)))
        r->l->kind = kind;
    else if (kind)
        tell(r, 7, kind, tr(r->ctx, "Write case or person: letters are about one of them."));
    else if (ask)
        read_ask(r, ask);
    else if (share)
        read_share(r, share);
    else
        tell(r, 1, line,
             tr(r->ctx, "Before the first language stand lines with kind:, ask: and share: only."));
}

/* --- a language --- */

static void begin_face(struct letter_reader *r, const char *line)
{
    char *lang = text_trim(r->ctx->arena, line + 2);
    struct letter *l = r->l;

    if (!tr_has_language(lang)) {
        tell(r, 4, lang, tr(r->ctx, "There are no translations into “{0}”.", TR_TEXT(lang)));
    } else {
        for (size_t i = 0; i < l->faces_len; i++)
            if (text_equal(l->faces[i].lang, lang))
                tell(r, 4, lang, tr(r->ctx, "This language stands above already. Keep one."));
    }
    if (l->faces_len == LETTER_FACES_MAX) {
        tell(r, 1, lang, tr(r->ctx, "There are too many languages."));
        r->face = &l->faces[LETTER_FACES_MAX - 1];
        return;
    }
    r->face = &l->faces[l->faces_len++];
    r->face->lang = lang;
    r->face->line = r->line;
    r->face->blocks = ARENA_ARRAY(r->ctx->arena, LETTER_BLOCKS_MAX, struct letter_block);
    r->face->pieces = ARENA_ARRAY(r->ctx->arena, LETTER_PIECES_MAX, struct letter_piece *);
}

/* "ask NAME: label" */
static bool read_label(struct letter_reader *r, const char *line)
{
    const char *colon = strchr(line, ':');
    const struct letter_ask *ask;
    const char *name;

    if (!text_starts(line, "ask ") || !colon)
        return false;
    name = text_trim(r->ctx->arena,
                     arena_strndup(r->ctx->arena, line + 4, (size_t)(colon - line - 4)));
    ask = letter_ask_find(r->l, name);
    if (!ask)
        tell(r, 5, name,
             tr(r->ctx, "Nothing of this name is asked. Add a line ask: {0} text at the top.",
                TR_TEXT(name)));
    else
        r->face->labels[ask - r->l->asks] = text_trim(r->ctx->arena, colon + 1);
    return true;
}

/* Title, about and labels, until the first empty line. */
static void read_about(struct letter_reader *r, const char *line)
{
    const char *title = value_of(r->ctx, line, "title");
    const char *about = value_of(r->ctx, line, "about");

    if (title)
        r->face->title = title;
    else if (about)
        r->face->about = about;
    else if (!read_label(r, line))
        tell(
            r, 1, line,
            tr(r->ctx, "Below a language stand title:, about: and ask NAME:, then an empty line."));
}

/* --- blocks --- */

static struct letter_block *add_block(struct body *b, enum letter_block_kind kind)
{
    struct letter_face *face = b->r->face;
    struct letter_block *block;

    if (face->blocks_len == LETTER_BLOCKS_MAX) {
        tell(b->r, 1, "", tr(b->r->ctx, "The letter is too long. Take something out."));
        return &face->blocks[LETTER_BLOCKS_MAX - 1];
    }
    block = &face->blocks[face->blocks_len++];
    block->kind = kind;
    block->line = b->r->line;
    return block;
}

static void begin_text(struct body *b, enum letter_block_kind kind, const char *text, int column)
{
    size_t len = strlen(text);

    b->open = add_block(b, kind);
    b->broken = len > 0 && text[len - 1] == '\\';
    if (b->broken)
        text = text_trim(b->r->ctx->arena, arena_strndup(b->r->ctx->arena, text, len - 1));
    letter_spans_read(b->r, &b->open->text, text, column);
}

/* A further line of the block that is open. */
static void go_on(struct body *b, const char *line)
{
    struct letter_block *open = b->open;
    size_t len = strlen(line);

    letter_spans_read(b->r, &open->text, b->broken ? "\n" : " ", 1);
    b->broken = line[len - 1] == '\\';
    if (b->broken)
        line = text_trim(b->r->ctx->arena, arena_strndup(b->r->ctx->arena, line, len - 1));
    letter_spans_read(b->r, &open->text, line, 1);
}

/* Splits a row at | outside of pieces; the text is what stands between the outer two. */
static void read_cells(struct body *b, struct letter_row *row, const char *line)
{
    struct letter_reader *r = b->r;
    const char *from = line + 1;
    const char *p = from;

    row->cells = ARENA_ARRAY(r->ctx->arena, LETTER_CELLS_MAX, struct letter_line);
    while (*p != '\0') {
        const char *end = text_starts(p, "${") ? letter_piece_end(p + 2) : NULL;

        if (end) {
            p = end + 1;
            continue;
        }
        if (*p++ != '|')
            continue;
        if (row->len == LETTER_CELLS_MAX) {
            tell(r, 1, line,
                 tr(r->ctx, "A table has at most {0} columns.", TR_INT(LETTER_CELLS_MAX)));
            return;
        }
        letter_spans_read(
            r, &row->cells[row->len++],
            text_trim(r->ctx->arena, arena_strndup(r->ctx->arena, from, (size_t)(p - 1 - from))),
            (int)(from - line) + 1);
        from = p;
    }
    if (!text_blank(from))
        tell(r, (int)(from - line) + 1, from, tr(r->ctx, "End the row with |."));
}

static bool is_rule(const char *line)
{
    for (const char *p = line; *p != '\0'; p++)
        if (strchr("|-: ", *p) == NULL)
            return false;
    return strchr(line, '-') != NULL;
}

static void add_row(struct body *b, const char *line)
{
    struct letter_block *table = b->open;

    if (!table || table->kind != LETTER_BLOCK_TABLE) {
        table = add_block(b, LETTER_BLOCK_TABLE);
        table->rows = ARENA_ARRAY(b->r->ctx->arena, ROWS_MAX, struct letter_row);
        table->rows_len = 0;
        table->each = b->each;
        b->each = NULL;
        b->open = table;
    }
    if (is_rule(line)) {
        table->headed = table->rows_len == 1;
        if (!table->headed)
            tell(b->r, 1, line, tr(b->r->ctx, "The line |---| stands below the first row only."));
        return;
    }
    if (table->rows_len == ROWS_MAX) {
        tell(b->r, 1, line, tr(b->r->ctx, "A table has at most {0} rows.", TR_INT(ROWS_MAX)));
        return;
    }
    read_cells(b, &table->rows[table->rows_len], line);
    if (table->rows_len > 0 && table->rows[table->rows_len].len != table->rows[0].len)
        tell(b->r, 1, line,
             tr(b->r->ctx, "This row has {0} cells, the first one has {1}. Make them the same.",
                TR_INT((int64_t)table->rows[table->rows_len].len),
                TR_INT((int64_t)table->rows[0].len)));
    table->rows_len++;
}

static void read_each(struct body *b, const char *source)
{
    struct letter_face *face = b->r->face;

    b->open = NULL;
    b->each_line = b->r->line;
    b->each = letter_piece_read(b->r, source, 7);
    if (b->each && face->pieces_len < LETTER_PIECES_MAX)
        face->pieces[face->pieces_len++] = b->each;
}

/* "1. text", "12. text": bytes of the mark, 0 if it is none. */
static size_t number_mark(const char *line)
{
    size_t n = 0;

    while (ascii_is_digit(line[n]))
        n++;
    return n > 0 && n < 4 && line[n] == '.' && line[n + 1] == ' ' ? n + 1 : 0;
}

static void read_item(struct body *b, const char *line, size_t mark)
{
    begin_text(b, LETTER_BLOCK_ITEM, line + mark + 1, (int)mark + 2);
    b->open->mark = line[0] == '-' ? "\xE2\x80\xA2" : arena_strndup(b->r->ctx->arena, line, mark);
}

static void read_body(struct body *b, const char *line)
{
    struct ctx *ctx = b->r->ctx;
    const char *each = value_of(ctx, line, "each");
    const char *sign = value_of(ctx, line, "sign");

    if (b->each && *line != '|') {
        tell(b->r, 1, line, tr(ctx, "Below each: comes the table whose rows it repeats."));
        b->each = NULL;
    }
    if (*line == '|') {
        add_row(b, line);
        return;
    }
    if (text_blank(line) || strcmp(line, "---") == 0) {
        if (*line == '-')
            (void)add_block(b, LETTER_BLOCK_BREAK);
        b->open = NULL;
    } else if (each) {
        read_each(b, each);
    } else if (sign) {
        begin_text(b, LETTER_BLOCK_SIGN, sign, 7);
        b->open = NULL;
    } else if (text_starts(line, "# ")) {
        begin_text(b, LETTER_BLOCK_TITLE, line + 2, 3);
        b->open = NULL;
    } else if (text_starts(line, "## ")) {
        begin_text(b, LETTER_BLOCK_HEADING, line + 3, 4);
        b->open = NULL;
    } else if (text_starts(line, "> ")) {
        begin_text(b, LETTER_BLOCK_SMALL, line + 2, 3);
    } else if (text_starts(line, "- ") || number_mark(line)) {
        read_item(b, line, *line == '-' ? 1 : number_mark(line));
    } else if (b->open && b->open->kind != LETTER_BLOCK_TABLE) {
        go_on(b, line);
    } else {
        begin_text(b, LETTER_BLOCK_TEXT, line, 1);
    }
}

/* --- the whole --- */

static void end_face(struct letter_reader *r, struct body *b)
{
    struct letter_face *face = r->face;
    int here = r->line;

    if (!face)
        return;
    r->line = b->each ? b->each_line : face->line;
    if (b->each)
        tell(r, 1, "each:", tr(r->ctx, "Below each: comes the table whose rows it repeats."));
    if (text_blank(face->title))
        tell(r, 1, face->lang, tr(r->ctx, "The letter has no title in this language: title: ..."));
    for (size_t i = 0; i < r->l->asks_len; i++)
        if (text_blank(face->labels[i]))
            tell(r, 1, r->l->asks[i].name,
                 tr(r->ctx, "Say in this language what is asked: ask {0}: ...",
                    TR_TEXT(r->l->asks[i].name)));
    if (face->blocks_len == 0)
        tell(r, 1, face->lang, tr(r->ctx, "The letter says nothing in this language."));
    r->line = here;
    *b = (struct body){ .r = r };
}

static const struct letter_piece *same_piece(const struct letter_face *face, const char *source)
{
    for (size_t i = 0; i < face->pieces_len; i++)
        if (text_equal(face->pieces[i]->source, source))
            return face->pieces[i];
    return NULL;
}

/* What is told in one language is told in all. */
static void compare_faces(struct letter_reader *r)
{
    const struct letter_face *first = &r->l->faces[0];

    for (size_t k = 1; k < r->l->faces_len; k++) {
        const struct letter_face *face = &r->l->faces[k];

        r->line = face->line;
        for (size_t i = 0; i < first->pieces_len; i++)
            if (!same_piece(face, first->pieces[i]->source))
                tell(r, 1, first->pieces[i]->source,
                     tr(r->ctx, "This piece stands in {0}, not in {1}. Put it into both.",
                        TR_TEXT(first->lang), TR_TEXT(face->lang)));
        for (size_t i = 0; i < face->pieces_len; i++) {
            r->line = face->pieces[i]->line;
            if (!same_piece(first, face->pieces[i]->source))
                tell(r, face->pieces[i]->column, face->pieces[i]->source,
                     tr(r->ctx, "This piece stands in {0}, not in {1}. Put it into both.",
                        TR_TEXT(face->lang), TR_TEXT(first->lang)));
        }
    }
}

static void read_lines(struct letter_reader *r, char **lines)
{
    struct body body = { .r = r };
    bool about = false;

    for (size_t i = 0; lines[i] != NULL; i++) {
        size_t len = strlen(lines[i]);
        const char *line = lines[i];

        if (len > 0 && line[len - 1] == '\r')
            line = arena_strndup(r->ctx->arena, line, len - 1);
        r->line = (int)i + 1;
        if (text_starts(line, "== ")) {
            end_face(r, &body);
            begin_face(r, line);
            about = true;
        } else if (about && text_blank(line)) {
            about = false;
        } else if (about) {
            read_about(r, line);
        } else if (r->face) {
            read_body(&body, text_trim(r->ctx->arena, line));
        } else if (!text_blank(line)) {
            read_head(r, line);
        }
    }
    end_face(r, &body);
}

enum err letter_read(struct ctx *ctx, struct letter **out, const char *name, const char *text,
                     size_t len)
{
    struct letter *l = ARENA_NEW(ctx->arena, struct letter);
    struct letter_reader r = { .ctx = ctx, .l = l };
    size_t bad_at = 0;
    size_t lines_len = 0;
    char **lines;

    l->name = name;
    if (len > LETTER_BYTES_MAX || !text_valid(text, len, &bad_at)) {
        tell(&r, 0, "",
             len > LETTER_BYTES_MAX
                 ? tr(ctx, "A letter has at most {0} KB.", TR_INT(LETTER_BYTES_MAX / 1024))
                 : tr(ctx, "The file is not UTF-8 (byte {0}). Save it as UTF-8.",
                      TR_INT((int64_t)bad_at)));
        *out = l;
        return OK;
    }
    lines = text_split(ctx->arena, arena_strndup(ctx->arena, text, len), '\n', false, &lines_len);
    if (lines_len > LINES_MAX)
        return ctx_fail(ctx, ERR_LIMIT, tr(ctx, "The letter is too long. Take something out."));
    read_lines(&r, lines);
    r.line = 0;
    if (!l->kind)
        tell(&r, 0, "", tr(ctx, "Say at the top what the letter is about: kind: case"));
    if (l->faces_len == 0)
        tell(&r, 0, "", tr(ctx, "There is no language. Begin one with a line such as == en"));
    else
        compare_faces(&r);
    *out = l;
    return OK;
}

const struct letter_face *letter_face_of(const struct letter *l, const char *lang)
{
    static const char *const second = "en";

    for (size_t i = 0; i < l->faces_len; i++)
        if (text_equal(l->faces[i].lang, lang))
            return &l->faces[i];
    for (size_t i = 0; i < l->faces_len; i++)
        if (text_equal(l->faces[i].lang, second))
            return &l->faces[i];
    return l->faces_len > 0 ? &l->faces[0] : NULL;
}
