/* References of a template against the case document, and the document that it is filled from. */
#include <string.h>

#include "core/text.h"
#include "forms_gen.h"
#include "letters/letter_text.h"

static const char *const word_names[WORD_COUNT] = {
    [WORD_DATE] = "letter_date",           [WORD_PERSON] = "letter_person",
    [WORD_NUMBER] = "letter_number",       [WORD_ORGANISATION] = "letter_organisation",
    [WORD_CONTACT] = "letter_contact",     [WORD_OFFICE] = "letter_office",
    [WORD_PROGRAMME] = "letter_programme", [WORD_STAFF] = "letter_staff",
};

const char *letter_word_name(enum letter_word word)
{
    return word_names[word];
}

/* --- words and questions --- */

static enum err no_children(struct ctx *ctx, const struct expr_node *node, const char *name,
                            struct expr_nodes *out)
{
    (void)ctx;
    (void)node;
    (void)name;
    (void)out;
    return OK;
}

static bool no_parent(const struct expr_node *node, struct expr_node *out)
{
    (void)node;
    (void)out;
    return false;
}

static const char *value_name(const struct expr_node *node)
{
    const struct letter_value *v = node->at;

    return v->name;
}

static const char *value_text(struct ctx *ctx, const struct expr_node *node)
{
    const struct letter_value *v = node->at;

    (void)ctx;
    return v->value ? v->value : "";
}

static enum err named(struct ctx *ctx, const struct expr_host *host, const char *name, bool all,
                      struct expr_nodes *out)
{
    const struct letter_host *h = host->place;

    for (size_t i = 0; i < h->len; i++)
        if (text_equal(h->values[i].name, name)) {
            expr_nodes_add(out, (struct expr_node){ .tree = &h->tree, .at = &h->values[i] });
            return OK;
        }
    if (h->of_case)
        return h->named(ctx, host, name, all, out);
    return ctx_fail(ctx, ERR_NOT_FOUND,
                    tr(ctx,
                       "Nothing is named {0} here; a field of the person is written "
                       "/data/person/{0}.",
                       TR_TEXT(name)));
}

void letter_host_make(struct letter_host *h, const struct letter *l, const struct doc_tree *doc,
                      const char *today, int64_t now_ms)
{
    *h = (struct letter_host){ .of_case = text_equal(l->kind, FORM_CASE),
                               .host = doc_tree_host(doc, today, now_ms) };
    h->tree = (struct expr_tree){ .children = no_children,
                                  .parent = no_parent,
                                  .name = value_name,
                                  .value = value_text,
                                  .data = h };
    for (size_t i = 0; i < WORD_COUNT; i++)
        h->values[h->len++] = (struct letter_value){ .name = word_names[i],
                                                     .word = (enum letter_word)i,
                                                     .date = i == WORD_DATE };
    for (size_t i = 0; i < l->asks_len; i++)
        h->values[h->len++] = (struct letter_value){ .name = l->asks[i].name,
                                                     .word = WORD_COUNT,
                                                     .date = l->asks[i].kind == ASK_DATE };
    h->named = h->host.named;
    h->host.named = named;
    h->host.place = h;
}

const struct letter_value *letter_value_of(const struct letter_host *h,
                                           const struct expr_node *node)
{
    return node->tree == &h->tree ? node->at : NULL;
}

bool letter_has_part(const struct letter *l, const struct shape *shape, size_t part)
{
    return text_equal(l->kind, FORM_CASE) || part == SHAPE_PERSON || shape->parts[part].of_person;
}

/* --- checking --- */

static void note_item(struct ctx *ctx, struct letter_piece *piece, const struct shape_item *item)
{
    const struct shape_item **items;

    for (size_t i = 0; i < piece->reads_len; i++)
        if (piece->reads[i] == item)
            return;
    items = ARENA_ARRAY(ctx->arena, piece->reads_len + 1, const struct shape_item *);
    for (size_t i = 0; i < piece->reads_len; i++)
        items[i] = piece->reads[i];
    items[piece->reads_len++] = item;
    piece->reads = items;
}

static void note_used(struct ctx *ctx, struct letter_piece *piece, const struct letter_host *h,
                      const struct expr_nodes *used)
{
    for (size_t i = 0; i < used->len; i++) {
        const struct letter_value *v = letter_value_of(h, &used->items[i]);
        const struct shape_item *item = v ? NULL : doc_tree_item(&used->items[i]);
        size_t part = item ? item->part : 0;

        if (v && v->word < WORD_COUNT)
            piece->words |= 1U << v->word;
        if (item)
            note_item(ctx, piece, item);
        if (item || (!v && doc_tree_record(&used->items[i], &part)))
            piece->parts |= (uint64_t)1 << part;
    }
}

/* The record or row of a sample that "each: /data/action[...]" is about. */
static bool row_of(const struct letter_host *h, const struct expr_nodes *used, const char *source,
                   struct expr_node *out)
{
    size_t len = strcspn(source, "[");
    const char *from = source + len;

    while (from > source && from[-1] != '/')
        from--;
    len = (size_t)(source + len - from);
    for (size_t i = 0; i < used->len; i++) {
        const struct expr_node *n = &used->items[i];
        const bool known = letter_value_of(h, n) != NULL;
        const char *name = n->tree->name(n);
        const struct shape_item *item = known ? NULL : doc_tree_item(n);
        size_t part = 0;

        if (!known && strlen(name) == len && strncmp(name, from, len) == 0 &&
            (doc_tree_record(n, &part) ||
             (item && item->field && item->field->kind == FIELD_REPEAT))) {
            *out = *n;
            return true;
        }
    }
    return false;
}

static void tell(struct ctx *ctx, struct letter *l, const struct letter_piece *piece, size_t offset,
                 const char *text)
{
    const char *source = expr_source(piece->e);
    const struct letter_mistake m = {
        piece->line,
        piece->column +
            (text_equal(source, piece->source) && offset <= strlen(source) ? (int)offset : 0),
        piece->source, text
    };

    letter_mistake_add(ctx, l, &m);
}

static void check_piece(struct ctx *ctx, struct letter *l, struct letter_piece *piece,
                        const struct letter_host *h, struct expr_node *row)
{
    struct expr_host host = h->host;
    struct expr_nodes used = { .arena = ctx->arena };
    struct ctx quiet = *ctx;
    size_t offset = 0;

    ctx_clear_problems(&quiet);
    if (piece->each && row && row->tree)
        host.here = *row;
    if (expr_check(&quiet, piece->e, &host, &used, &offset) != OK) {
        tell(ctx, l, piece, offset,
             tr(ctx, "{0} docs/case-document.md lists what there is.",
                TR_TEXT(ctx_first_problem(&quiet))));
        return;
    }
    note_used(ctx, piece, h, &used);
    if (row && !piece->each && !row_of(h, &used, piece->source, row))
        tell(ctx, l, piece, 0,
             tr(ctx, "Only records or rows can be repeated, such as /data/action[done_on != '']"));
}

/* row: what "each" is about; its tree is NULL when that was told wrong already. */
static void check_line(struct ctx *ctx, struct letter *l, const struct letter_line *line,
                       const struct letter_host *h, struct expr_node *row)
{
    for (size_t i = 0; i < line->len; i++)
        if (line->spans[i].piece && (!line->spans[i].piece->each || row->tree))
            check_piece(ctx, l, line->spans[i].piece, h, line->spans[i].piece->each ? row : NULL);
}

static void repeat_for(const struct letter_line *line, const struct letter_piece *each)
{
    for (size_t i = 0; i < line->len; i++)
        if (line->spans[i].piece)
            line->spans[i].piece->each = each;
}

static void check_table(struct ctx *ctx, struct letter *l, struct letter_block *b,
                        const struct letter_host *h)
{
    struct expr_node row = { 0 };

    if (b->each)
        check_piece(ctx, l, b->each, h, &row);
    for (size_t r = 0; r < b->rows_len; r++)
        for (size_t c = 0; c < b->rows[r].len; c++) {
            repeat_for(&b->rows[r].cells[c], b->headed && r == 0 ? NULL : b->each);
            check_line(ctx, l, &b->rows[r].cells[c], h, &row);
        }
}

static void check_code(struct ctx *ctx, struct letter *l, const char *field, const char *code)
{
    const struct form *form = form_find(ctx->forms, FORM_CONSENT);
    const struct field *f = form ? field_find(form, field) : NULL;
    const struct letter_mistake m = {
        l->share.line, 8, code,
        tr(ctx, "The form of consent has no such choice, so nobody can consent to it.")
    };

    if (!f || !f->choices || !choice_find(f->choices, code))
        letter_mistake_add(ctx, l, &m);
}

static void check_share(struct ctx *ctx, struct letter *l)
{
    if (!l->share.purpose)
        return;
    check_code(ctx, l, FIELD_CONSENT_PURPOSES, l->share.purpose);
    for (size_t i = 0; i < l->share.categories_len; i++)
        check_code(ctx, l, FIELD_CONSENT_DATA_CATEGORIES, l->share.categories[i]);
}

enum err letter_check(struct ctx *ctx, struct letter *l, const struct shape *shape)
{
    struct doc_tree *sample = doc_tree_sample(ctx->arena, shape);
    struct letter_host *h = ARENA_NEW(ctx->arena, struct letter_host);

    check_share(ctx, l);
    if (!l->kind)
        return OK;
    for (size_t i = 0; i < shape->parts_len; i++)
        if (!letter_has_part(l, shape, i))
            sample->parts[i].len = 0;
    letter_host_make(h, l, sample, "2000-01-01", 0);
    for (size_t f = 0; f < l->faces_len; f++) {
        struct letter_face *face = &l->faces[f];

        for (size_t i = 0; i < face->blocks_len; i++) {
            struct letter_block *b = &face->blocks[i];

            if (b->kind == LETTER_BLOCK_TABLE)
                check_table(ctx, l, b, h);
            check_line(ctx, l, &b->text, h, &(struct expr_node){ 0 });
        }
    }
    return OK;
}

enum err letter_refuse(struct ctx *ctx, const struct letter *l)
{
    for (size_t i = 0; i < l->mistakes_len; i++) {
        const struct letter_mistake *m = &l->mistakes[i];
        const char *place = m->line == 0 ? arena_printf(ctx->arena, "letters/%s.md", l->name)
                                         : arena_printf(ctx->arena, "letters/%s.md:%d:%d", l->name,
                                                        m->line, m->column);

        ctx_set_problem(ctx, ERR_INVALID, place,
                        m->value[0] == '\0'
                            ? m->text
                            : arena_printf(ctx->arena, "“%s”: %s", m->value, m->text));
    }
    return l->bad > 0 ? ERR_INVALID : OK;
}
