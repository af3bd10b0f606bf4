#ifndef LETTERS_LETTER_TEXT_H
#define LETTERS_LETTER_TEXT_H

/*
 * The text of a letter: what a template says, in one or several languages, with pieces ${...} that
 * are filled from a case or a person (docs/letters.md). A template is data: read, checked against
 * the case document, and told wrong with file, line, column, value and what to do.
 *
 * Memory: ctx->arena. Errors: mistakes are no error of letter_read, they are in the letter; an
 * error is ERR_LIMIT or worse.
 * Limits: LETTER_BYTES_MAX, LETTER_PIECES_MAX pieces in a language, LETTER_ASKS_MAX questions,
 * LETTER_MISTAKES_MAX mistakes are told.
 */

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "core/ctx.h"
#include "expr/expr.h"
#include "rules/doc_tree.h"
#include "rules/shape.h"

#define LETTER_BYTES_MAX    ((size_t)64 * 1024)
#define LETTER_PIECES_MAX   200
#define LETTER_ASKS_MAX     20
#define LETTER_FACES_MAX    8
#define LETTER_BLOCKS_MAX   400
#define LETTER_MISTAKES_MAX 50
#define LETTER_CELLS_MAX    8

struct letter_mistake {
    int line; /* from 1; 0 = the whole file */
    int column;
    const char *value; /* what stands there, shortened */
    const char *text;  /* what is wrong and what to do */
};

/* What the maker of a letter is asked, for it stands in no record. */
enum ask_kind { ASK_TEXT, ASK_LONG, ASK_DATE, ASK_TIME };
struct letter_ask {
    const char *name;
    enum ask_kind kind;
    int line;
};

/* Names that every letter may use beside its questions: letter_date, letter_person ... */
enum letter_word {
    WORD_DATE,
    WORD_PERSON,
    WORD_NUMBER,
    WORD_ORGANISATION,
    WORD_CONTACT,
    WORD_OFFICE,
    WORD_PROGRAMME,
    WORD_STAFF,
    WORD_COUNT
};
const char *letter_word_name(enum letter_word word);

struct letter_piece {
    const char *source; /* between the braces */
    const struct expr *e;
    int line;
    int column;
    bool bare;                             /* a name or a path alone: empty is a blank to fill */
    const struct letter_piece *each;       /* stands in a row that is repeated for these records */
    const struct shape_item *const *reads; /* by letter_check: what it reads, each once */
    size_t reads_len;
    uint64_t parts; /* kinds of record that it reads */
    unsigned words; /* bits of enum letter_word that it reads */
};

/* Text, or a piece in it. */
struct letter_span {
    const char *text;
    struct letter_piece *piece;
};
struct letter_line {
    struct letter_span *spans;
    size_t len;
    size_t cap;
};
struct letter_row {
    struct letter_line *cells;
    size_t len;
};

enum letter_block_kind {
    LETTER_BLOCK_TITLE,
    LETTER_BLOCK_HEADING,
    LETTER_BLOCK_TEXT,
    LETTER_BLOCK_SMALL,
    LETTER_BLOCK_ITEM, /* of a list; mark is its bullet or number */
    LETTER_BLOCK_TABLE,
    LETTER_BLOCK_SIGN,
    LETTER_BLOCK_BREAK
};
struct letter_block {
    enum letter_block_kind kind;
    int line;
    const char *mark;
    struct letter_line text;
    struct letter_row *rows; /* of a table */
    size_t rows_len;
    bool headed;               /* the first row is its head */
    struct letter_piece *each; /* its rows are repeated for these; NULL = once */
};

/* The letter in one language. */
struct letter_face {
    const char *lang;
    int line;
    const char *title;
    const char *about;
    const char *labels[LETTER_ASKS_MAX]; /* of the questions, by place */
    struct letter_block *blocks;
    size_t blocks_len;
    struct letter_piece **pieces; /* in order */
    size_t pieces_len;
};

/* What a letter to somebody else gives away: "share: PURPOSE ASK CATEGORY...". */
struct letter_share {
    const char *purpose; /* of consent; NULL: the letter is for the person */
    size_t ask;          /* place of the question whose first line is the recipient */
    const char *const *categories;
    size_t categories_len;
    int line;
};

struct letter {
    const char *name;
    const char *kind; /* case or person */
    struct letter_share share;
    struct letter_ask asks[LETTER_ASKS_MAX];
    size_t asks_len;
    struct letter_face faces[LETTER_FACES_MAX];
    size_t faces_len;
    struct letter_mistake mistakes[LETTER_MISTAKES_MAX];
    size_t mistakes_len;
    size_t bad; /* all mistakes, also those that are not told */
};

/* Reads a template. Every mistake of its grammar and expressions is in out. */
enum err letter_read(struct ctx *ctx, struct letter **out, const char *name, const char *text,
                     size_t len) MUST_USE;
/* Adds the mistakes of its references: whether all it reads exists, and notes what it reads. */
enum err letter_check(struct ctx *ctx, struct letter *l, const struct shape *shape) MUST_USE;
/* The mistakes as problems of ctx, "letters/NAME.md:LINE:COLUMN"; ERR_INVALID if there are any. */
enum err letter_refuse(struct ctx *ctx, const struct letter *l) MUST_USE;

/* The face in a language, else in English, else the first; NULL: it has none. */
const struct letter_face *letter_face_of(const struct letter *l, const char *lang);
const struct letter_ask *letter_ask_find(const struct letter *l, const char *name);

/* --- inside: letter_read.c, letter_inline.c, letter_check.c --- */

void letter_mistake_add(struct ctx *ctx, struct letter *l, const struct letter_mistake *m);

struct letter_reader {
    struct ctx *ctx;
    struct letter *l;
    struct letter_face *face;
    int line;
};
/* Text with pieces, from a place in a line; added to out. */
void letter_spans_read(struct letter_reader *r, struct letter_line *out, const char *text,
                       int column);
/* Where a piece that begins after "${" ends: its "}"; NULL: it does not. */
const char *letter_piece_end(const char *from);
/* An expression alone, such as that of "each:"; NULL after a mistake. */
struct letter_piece *letter_piece_read(struct letter_reader *r, const char *source, int column);

/* --- words and questions as a document --- */

struct letter_value {
    const char *name;
    const char *value;
    const char *label;
    bool date;
    enum letter_word word; /* WORD_COUNT: a question */
};
/* Two places where names are found: the words first, then the case. */
struct letter_host {
    struct expr_tree tree;
    struct letter_value values[WORD_COUNT + LETTER_ASKS_MAX];
    size_t len;
    bool of_case;
    struct expr_host host;
    enum err (*named)(struct ctx *ctx, const struct expr_host *host, const char *name, bool all,
                      struct expr_nodes *out);
};
/* Values are empty; doc and h must live as long as the host. */
void letter_host_make(struct letter_host *h, const struct letter *l, const struct doc_tree *doc,
                      const char *today, int64_t now_ms);
/* The word or question that a node is; NULL: it is of the case. */
const struct letter_value *letter_value_of(const struct letter_host *h,
                                           const struct expr_node *node);
/* Whether a kind of record belongs to letters of l at all: those of a person have no case. */
bool letter_has_part(const struct letter *l, const struct shape *shape, size_t part);

#endif
