/* A letter for one record: what its pieces say, and the document that comes out. */
#include <string.h>

#include "auth/auth.h"
#include "core/buf.h"
#include "core/date.h"
#include "core/text.h"
#include "forms_gen.h"
#include "letters/letters.h"
#include "rules/rules.h"

#define DOTS        "\xE2\x80\xA6\xE2\x80\xA6\xE2\x80\xA6\xE2\x80\xA6" /* four ellipses */
#define BLANK       DOTS DOTS DOTS
#define BLANK_LINE  BLANK BLANK
#define FSI         0x2068 /* begins a run that has its own direction; PDI ends it */
#define LRI         0x2066
#define PDI         0x2069
#define DIGITS_MIN  5 /* of a telephone number with spaces in it */
#define LINE_MAX    ((size_t)20000)
#define EACH_MAX    200
#define LOGO_HEIGHT 46.0

struct filling {
    struct ctx *ctx; /* in the language of the letter */
    struct ctx *asker;
    const struct letter *l;
    const struct letter_face *face;
    const struct letter_order *order;
    const struct shape *shape;
    const struct record **records[SHAPE_KINDS_MAX]; /* by part, as the tree has them */
    struct doc_tree *tree;
    struct letter_host *host;
    uint64_t withheld; /* kinds that the maker may not open */
    struct letter_blank *blanks;
    size_t blanks_len;
};

/* --- what may be read --- */

static bool may_kind(const struct ctx *ctx, const struct form *form)
{
    return ctx->user && form->privacy <= ctx->user->clearance &&
           user_may_do(ctx->user, form->kind, "view");
}

static bool may_piece(const struct filling *f, const struct letter_piece *piece)
{
    if (piece->parts & f->withheld)
        return false;
    if (piece->words & 1U << WORD_PERSON && f->withheld >> SHAPE_PERSON & 1)
        return false;
    for (size_t i = 0; i < piece->reads_len; i++) {
        const struct shape_item *item = piece->reads[i];

        if (item->privacy > f->ctx->user->clearance ||
            (item->field && !record_may_read(f->ctx, item->field)))
            return false;
    }
    return !piece->each || may_piece(f, piece->each);
}

/* --- the document that is read --- */

static uint64_t parts_of(const struct filling *f)
{
    uint64_t parts = (uint64_t)1 << SHAPE_PERSON;

    for (size_t i = 0; i < f->face->pieces_len; i++)
        parts |= f->face->pieces[i]->parts;
    return parts;
}

static void put_record(struct filling *f, size_t part, const struct record *rec)
{
    struct tree_part *p = &f->tree->parts[part];

    f->records[part][p->len] = rec;
    p->items[p->len++] =
        (struct tree_record){ .answers = rec->answers,
                              .status = rec->status,
                              .number = rec->number,
                              .created =
                                  moment_date(f->ctx->arena, rec->created_at, f->ctx->time_zone) };
}

static void part_room(struct filling *f, size_t part, size_t len)
{
    f->tree->parts[part].items = ARENA_ARRAY(f->ctx->arena, len + 1, struct tree_record);
    f->records[part] = ARENA_ARRAY(f->ctx->arena, len + 1, const struct record *);
}

/* As the maker may read it: within scope, without what is above the clearance, noted. */
static enum err load_one(struct filling *f, size_t part, const char *id)
{
    struct record *rec = NULL;
    enum err rc = record_load(f->ctx, &rec, f->shape->parts[part].form->kind, id);

    if (rc == OK)
        put_record(f, part, rec);
    return rc == ERR_NOT_FOUND ? OK : rc;
}

static enum err load_children(struct filling *f, size_t part, const char *parent_id)
{
    const struct shape_part *p = &f->shape->parts[part];
    struct record **found = NULL;
    const char *newest = NULL;
    size_t len = 0;
    enum err rc = record_children_whole(f->ctx, &found, &len, p->form->kind, parent_id);

    if (rc)
        return rc;
    part_room(f, part, len);
    for (size_t i = 0; rc == OK && i < len; i++) {
        if (text_equal(found[i]->status, RECORD_DELETED))
            continue;
        if (p->use != PART_REFERENCE)
            rc = load_one(f, part, found[i]->id);
        else if (!rule_out_of_use(found[i]))
            newest = found[i]->id;
    }
    return rc == OK && newest ? load_one(f, part, newest) : rc;
}

static enum err load_person(struct filling *f, const struct record *rec)
{
    part_room(f, SHAPE_PERSON, 1);
    if (text_equal(rec->form->kind, FORM_PERSON)) {
        put_record(f, SHAPE_PERSON, rec);
        return OK;
    }
    part_room(f, SHAPE_CASE, 1);
    put_record(f, SHAPE_CASE, rec);
    return load_one(f, SHAPE_PERSON, rec->parent_id);
}

static enum err load_document(struct filling *f)
{
    const struct record *rec = f->order->rec;
    uint64_t parts = parts_of(f);
    bool of_case = text_equal(rec->form->kind, FORM_CASE);
    const char *person_id = of_case ? rec->parent_id : rec->id;
    enum err rc = OK;

    f->tree = doc_tree_new(f->ctx->arena, f->shape);
    for (size_t i = 0; i < f->shape->parts_len; i++)
        if (!may_kind(f->ctx, f->shape->parts[i].form))
            f->withheld |= (uint64_t)1 << i;
    if (!(f->withheld >> SHAPE_PERSON & 1) || !of_case)
        rc = load_person(f, rec);
    else {
        part_room(f, SHAPE_CASE, 1);
        put_record(f, SHAPE_CASE, rec);
    }
    for (size_t i = SHAPE_PERSON + 1; rc == OK && i < f->shape->parts_len; i++)
        if (parts >> i & 1 && !(f->withheld >> i & 1) && letter_has_part(f->l, f->shape, i))
            rc = load_children(f, i, f->shape->parts[i].of_person ? person_id : rec->id);
    return rc;
}

/* --- words --- */

static const char *person_name(const struct filling *f)
{
    if (f->tree->parts[SHAPE_PERSON].len == 0)
        return "";
    return f->records[SHAPE_PERSON][0]->title;
}

static void set_word(struct filling *f, enum letter_word word, const char *value)
{
    f->host->values[word].value = value;
}

static enum err set_words(struct filling *f)
{
    const struct letterhead_text head = letterhead_text_of(f->order->head, f->order->lang);
    struct office office = { 0 };
    enum err rc = OK;

    set_word(f, WORD_DATE, ctx_today(f->ctx));
    set_word(f, WORD_ORGANISATION, head.name);
    set_word(f, WORD_CONTACT, head.contact);
    set_word(f, WORD_PROGRAMME, f->order->programme->name);
    set_word(f, WORD_STAFF, f->ctx->user ? f->ctx->user->name : "");
    for (size_t i = 0; i < f->l->asks_len; i++)
        f->host->values[WORD_COUNT + i].value = f->order->asked[i];
    if (!f->order->rec)
        return OK;
    set_word(f, WORD_PERSON, person_name(f));
    set_word(f, WORD_NUMBER, f->order->rec->number);
    rc = office_load(f->ctx, &office, f->order->rec->office_id);
    if (rc == OK)
        set_word(f, WORD_OFFICE, office.name);
    return rc;
}

/* --- writing from right to left --- */

static bool is_rtl(const struct filling *f)
{
    return strcmp(tr_direction(f->face->lang), "rtl") == 0;
}

/* Bytes of a number of several groups, such as +221 33 800 00 00; 0: none begins here. */
static size_t number_len(const char *text)
{
    size_t end = 0;
    size_t digits = 0;
    bool gap = false;

    for (size_t i = *text == '+' ? 1 : 0; strchr(" -()./", text[i]) || ascii_is_digit(text[i]);
         i++) {
        if (text[i] == '\0')
            break;
        gap = gap || !ascii_is_digit(text[i]);
        if (!ascii_is_digit(text[i]))
            continue;
        digits++;
        end = i + 1;
    }
    return digits >= DIGITS_MIN && (gap || *text == '+') ? end : 0;
}

/* Else the groups of a number would stand in the order of the Arabic around them. */
static const char *numbers_kept(const struct filling *f, const char *text)
{
    struct buf b;

    if (!is_rtl(f))
        return text;
    buf_init(&b, f->ctx->arena, 3 * LINE_MAX);
    while (*text != '\0') {
        size_t len = *text == '+' || ascii_is_digit(*text) ? number_len(text) : 0;

        if (len > 0)
            buf_add_codepoint(&b, LRI);
        buf_add_len(&b, text, len > 0 ? len : 1);
        if (len > 0)
            buf_add_codepoint(&b, PDI);
        text += len > 0 ? len : 1;
        while (len == 0 && ascii_is_digit(text[-1]) && ascii_is_digit(*text))
            buf_add_char(&b, *text++);
    }
    return buf_text(&b);
}

/* What comes from a record has a direction of its own. */
static const char *set_apart(const struct filling *f, const char *text)
{
    struct buf b;

    if (!is_rtl(f) || *text == '\0')
        return text;
    buf_init(&b, f->ctx->arena, LINE_MAX);
    buf_add_codepoint(&b, FSI);
    buf_add(&b, text);
    buf_add_codepoint(&b, PDI);
    return buf_ok(&b) ? buf_text(&b) : text;
}

/* --- values in words --- */

static enum err ref_shown(struct filling *f, const char **out, const struct field *field,
                          const char *value)
{
    struct record *rec = NULL;
    enum err rc;

    if (field_is_user(field))
        return user_name(f->ctx, out, value);
    rc = record_load_allowed(f->ctx, &rec, field->ref, value);
    if (rc == OK)
        *out = rec->title;
    else if (rc == ERR_NOT_FOUND)
        *out = "";
    return rc == ERR_NOT_FOUND ? OK : rc;
}

static enum err node_shown(struct filling *f, const char **out, const struct expr_node *node)
{
    const struct letter_value *v = letter_value_of(f->host, node);
    const struct shape_item *item = v ? NULL : doc_tree_item(node);
    const char *value = expr_node_text(f->ctx, node);

    *out = value;
    if (*value == '\0')
        return OK;
    if (v ? v->date : item && item->meta == META_CREATED)
        *out = tr_date(f->ctx, value);
    else if (item && item->meta == META_STATUS)
        *out = record_status_title(f->ctx, f->shape->parts[item->part].form, value);
    else if (item && item->field && item->field->ref)
        return ref_shown(f, out, item->field, value);
    else if (item && item->field)
        *out = answers_shown(f->ctx, item->field, value);
    return OK;
}

static enum err value_shown(struct filling *f, const char **out, const struct expr_value *v)
{
    const char *comma = strcmp(f->ctx->lang, "ar") == 0 ? "\xD8\x8C " : ", ";
    struct buf b;
    enum err rc = OK;

    if (v->type == EXPR_DATE && strlen(v->text) == strlen("2026-01-01"))
        *out = tr_date(f->ctx, v->text);
    else if (v->type != EXPR_NODES)
        *out = expr_text(f->ctx, v);
    if (v->type != EXPR_NODES)
        return OK;
    buf_init(&b, f->ctx->arena, LINE_MAX);
    for (size_t i = 0; rc == OK && i < v->nodes_len; i++) {
        const char *one = "";

        rc = node_shown(f, &one, &v->nodes[i]);
        if (rc == OK && *one != '\0') {
            buf_add(&b, b.len > 0 ? comma : "");
            buf_add(&b, one);
        }
    }
    if (rc == OK)
        *out = buf_text(&b);
    return rc;
}

/* --- pieces --- */

static const char *piece_label(struct filling *f, const struct letter_piece *piece)
{
    static const char *const words[WORD_COUNT] = {
        [WORD_DATE] = N_("Date"),
        [WORD_PERSON] = N_("Name of the person"),
        [WORD_NUMBER] = N_("Number"),
        [WORD_ORGANISATION] = N_("Name of the organisation"),
        [WORD_CONTACT] = N_("Address and telephone"),
        [WORD_OFFICE] = N_("Office"),
        [WORD_PROGRAMME] = N_("Programme"),
        [WORD_STAFF] = N_("Name of the member of staff"),
    };
    const struct letter_ask *ask = letter_ask_find(f->l, piece->source);

    if (ask)
        return letter_face_of(f->l, f->asker->lang)->labels[ask - f->l->asks];
    for (size_t i = 0; i < WORD_COUNT; i++)
        if (piece->words >> i & 1)
            return tr_args(f->asker, words[i], NULL);
    if (piece->reads_len > 0 && piece->reads[0]->field)
        return label_text(f->asker, &piece->reads[0]->field->label);
    return piece->source;
}

static void note_blank(struct filling *f, const struct letter_piece *piece, bool forbidden)
{
    const char *label = piece_label(f, piece);

    for (size_t i = 0; i < f->blanks_len; i++)
        if (text_equal(f->blanks[i].label, label))
            return;
    f->blanks[f->blanks_len++] = (struct letter_blank){ label, forbidden };
}

/* row: the record or row that "each" is at; NULL = none. */
static enum err piece_text(struct filling *f, const char **out, const struct letter_piece *piece,
                           const struct expr_node *row)
{
    struct expr_host host = f->host->host;
    struct expr_value value = { 0 };
    enum err rc;

    if (!f->order->rec && piece->reads_len + (piece->words & 1U << WORD_PERSON) > 0) {
        *out = arena_printf(f->ctx->arena, "[%s]", piece_label(f, piece));
        return OK;
    }
    if (!may_piece(f, piece)) {
        note_blank(f, piece, true);
        *out = BLANK;
        return OK;
    }
    if (row)
        host.here = *row;
    rc = expr_eval(f->ctx, &value, piece->e, &host);
    if (rc == OK)
        rc = value_shown(f, out, &value);
    if (rc == OK && **out == '\0' && piece->bare && !row) {
        const struct letter_ask *ask = letter_ask_find(f->l, piece->source);

        note_blank(f, piece, false);
        *out = ask && ask->kind == ASK_LONG ? BLANK_LINE "\n" BLANK_LINE : BLANK;
        return OK;
    }
    if (rc == OK)
        *out = set_apart(f, *out);
    return rc;
}

static enum err line_text(struct filling *f, const char **out, const struct letter_line *line,
                          const struct expr_node *row)
{
    struct buf b;
    enum err rc = OK;

    buf_init(&b, f->ctx->arena, LINE_MAX);
    for (size_t i = 0; rc == OK && i < line->len; i++) {
        const char *text = line->spans[i].text;

        if (line->spans[i].piece)
            rc = piece_text(f, &text, line->spans[i].piece, row);
        if (rc == OK)
            buf_add(&b, text);
    }
    if (rc == OK && !buf_ok(&b))
        rc = ctx_fail(f->ctx, ERR_LIMIT, tr(f->ctx, "The letter is too long."));
    if (rc == OK)
        *out = numbers_kept(f, buf_text(&b));
    return rc;
}

/* --- tables --- */

struct cells {
    const char **items;
    size_t rows;
    size_t columns;
};

static enum err add_row(struct filling *f, struct cells *c, const struct letter_row *row,
                        const struct expr_node *at)
{
    enum err rc = OK;

    for (size_t i = 0; rc == OK && i < c->columns && i < row->len; i++)
        rc = line_text(f, &c->items[c->rows * c->columns + i], &row->cells[i], at);
    c->rows++;
    return rc;
}

/* The records that a table is repeated for; none where the maker may not read them. */
static enum err each_nodes(struct filling *f, const struct expr_node **out, size_t *len_out,
                           const struct letter_piece *each)
{
    struct expr_value value = { 0 };
    enum err rc;

    *len_out = 0;
    if (!f->order->rec)
        return OK;
    if (!may_piece(f, each)) {
        note_blank(f, each, true);
        return OK;
    }
    rc = expr_eval(f->ctx, &value, each->e, &f->host->host);
    if (rc == OK && value.type == EXPR_NODES) {
        *out = value.nodes;
        *len_out = value.nodes_len < EACH_MAX ? value.nodes_len : EACH_MAX;
    }
    return rc;
}

static enum err fill_rows(struct filling *f, struct cells *c, const struct letter_block *b)
{
    const struct expr_node *nodes = NULL;
    size_t first = b->headed ? 1 : 0;
    size_t len = 1;
    enum err rc = OK;

    if (b->each)
        rc = each_nodes(f, &nodes, &len, b->each);
    c->columns = b->rows[0].len;
    c->items = ARENA_ARRAY(f->ctx->arena, c->columns * (b->rows_len * (len + 1) + 1), const char *);
    for (size_t n = 0; rc == OK && n < len; n++)
        for (size_t r = first; rc == OK && r < b->rows_len; r++)
            rc = add_row(f, c, &b->rows[r], b->each ? &nodes[n] : NULL);
    if (c->rows == 0 && c->columns > 0)
        c->items[c->columns * c->rows++] = "\xE2\x80\x93"; /* there is nothing to tell */
    return rc;
}

static enum err add_table(struct filling *f, struct document *d, const struct letter_block *b)
{
    struct doc_column *columns;
    struct doc_pair *pairs;
    struct cells c = { 0 };
    enum err rc;

    if (b->rows_len == 0 || b->rows[0].len == 0)
        return OK;
    rc = fill_rows(f, &c, b);
    if (rc)
        return rc;
    if (!b->headed && c.columns == 2) {
        pairs = ARENA_ARRAY(f->ctx->arena, c.rows + 1, struct doc_pair);
        for (size_t r = 0; r < c.rows; r++)
            pairs[r] = (struct doc_pair){ c.items[2 * r], c.items[2 * r + 1] };
        document_pairs(d, pairs, c.rows);
        return OK;
    }
    columns = ARENA_ARRAY(f->ctx->arena, c.columns + 1, struct doc_column);
    for (size_t i = 0; rc == OK && i < c.columns; i++) {
        columns[i].head = "";
        if (b->headed)
            rc = line_text(f, &columns[i].head, &b->rows[0].cells[i], NULL);
    }
    if (rc == OK)
        document_table(d, &(struct doc_table){ .title = f->face->title,
                                               .columns = columns,
                                               .columns_len = c.columns,
                                               .cells = c.items,
                                               .rows = c.rows });
    return rc;
}

/* --- the document --- */

static enum err add_head(struct filling *f, struct document *d)
{
    const struct letterhead *h = f->order->head;
    const struct letterhead_text text = letterhead_text_of(h, f->order->lang);
    enum err rc = OK;

    if (h->logo)
        rc = document_image(f->ctx, d, h->logo, h->logo_len, LOGO_HEIGHT,
                            tr(f->ctx, "Logo of {0}", TR_TEXT(text.name)));
    if (rc)
        return rc;
    if (!text_blank(text.name))
        document_add(d, DOC_HEADING, text.name);
    if (!text_blank(text.contact))
        document_add(d, DOC_SMALL, numbers_kept(f, text.contact));
    document_add(d, DOC_TEXT, " ");
    return OK;
}

static enum err add_block(struct filling *f, struct document *d, const struct letter_block *b)
{
    static const enum doc_style styles[] = { [LETTER_BLOCK_TITLE] = DOC_TITLE,
                                             [LETTER_BLOCK_HEADING] = DOC_HEADING,
                                             [LETTER_BLOCK_TEXT] = DOC_TEXT,
                                             [LETTER_BLOCK_SMALL] = DOC_NOTE,
                                             [LETTER_BLOCK_ITEM] = DOC_TEXT };
    const char *text = "";
    enum err rc = OK;

    if (b->kind == LETTER_BLOCK_TABLE)
        return add_table(f, d, b);
    if (b->kind == LETTER_BLOCK_BREAK) {
        document_break(d);
        return OK;
    }
    rc = line_text(f, &text, &b->text, NULL);
    if (rc)
        return rc;
    if (b->kind == LETTER_BLOCK_SIGN)
        document_signatures(d, &text, 1);
    else if (b->kind == LETTER_BLOCK_ITEM)
        document_add(d, DOC_TEXT, arena_printf(f->ctx->arena, "%s %s", b->mark, text));
    else
        document_add(d, styles[b->kind], text);
    return OK;
}

static enum err check_asked(struct ctx *ctx, const struct letter *l,
                            const struct letter_order *order)
{
    enum err rc = OK;

    for (size_t i = 0; i < l->asks_len; i++) {
        const char *value = order->asked[i];
        const char *field = arena_printf(ctx->arena, "a.%s", l->asks[i].name);
        int64_t days = 0;
        int64_t part = 0;

        if (text_blank(value))
            continue;
        if (l->asks[i].kind == ASK_DATE && !date_to_days(value, &days))
            rc = ctx_fail_field(ctx, field, tr(ctx, "Write the date as YYYY-MM-DD."));
        if (l->asks[i].kind == ASK_TIME &&
            (strlen(value) != 5 || value[2] != ':' || !parse_int(value + 3, 0, 59, &part) ||
             !parse_int(arena_strndup(ctx->arena, value, 2), 0, 23, &part)))
            rc = ctx_fail_field(ctx, field, tr(ctx, "Write the time as HH:MM."));
    }
    return rc;
}

/* The recipient is the first line of what was asked; what is not asked for is nobody. */
static struct letter_sharing sharing_of(const struct filling *f)
{
    const struct letter_share *s = &f->l->share;
    const char *asked = s->purpose ? f->order->asked[s->ask] : NULL;

    return (struct letter_sharing){
        .purpose = s->purpose,
        .recipient = asked ? arena_strndup(f->ctx->arena, asked, strcspn(asked, "\r\n")) : "",
        .categories = s->categories,
        .categories_len = s->categories_len,
        .title = f->face->title
    };
}

static enum err fill_all(struct filling *f, struct letter_filled *out)
{
    const struct letterhead_text head = letterhead_text_of(f->order->head, f->order->lang);
    struct document *d = document_untitled(f->ctx, f->face->lang, f->face->title);
    enum err rc = set_words(f);

    if (rc == OK)
        rc = add_head(f, d);
    for (size_t i = 0; rc == OK && i < f->face->blocks_len; i++)
        rc = add_block(f, d, &f->face->blocks[i]);
    if (rc)
        return rc;
    document_footer(d, numbers_kept(f, head.footer));
    *out = (struct letter_filled){ .sharing = sharing_of(f),
                                   .document = d,
                                   .title = f->face->title,
                                   .lang = f->face->lang,
                                   .blanks = f->blanks,
                                   .blanks_len = f->blanks_len };
    return OK;
}

enum err letter_fill(struct ctx *ctx, struct letter_filled *out, const struct letter *l,
                     const struct letter_order *order)
{
    struct ctx local = *ctx; /* the letter's language, whoever makes it */
    struct filling f = { .ctx = &local, .asker = ctx, .l = l, .order = order };
    enum err rc = check_asked(ctx, l, order);

    f.face = letter_face_of(l, order->lang);
    f.shape = rules_of()->shape;
    if (rc)
        return rc;
    if (l->bad > 0 || !f.face)
        return ctx_fail(ctx, ERR_INVALID, tr(ctx, "The template has mistakes."));
    local.lang = f.face->lang;
    f.blanks = ARENA_ARRAY(ctx->arena, f.face->pieces_len + 1, struct letter_blank);
    f.host = ARENA_NEW(ctx->arena, struct letter_host);
    if (order->rec)
        rc = load_document(&f);
    else
        f.tree = doc_tree_new(ctx->arena, f.shape);
    if (rc == OK) {
        letter_host_make(f.host, l, f.tree, ctx_today(ctx), ctx->now_ms);
        rc = fill_all(&f, out);
    }
    ctx->problems = local.problems;
    ctx->problems_last = local.problems_last;
    return rc;
}
