/* PDF: text and tables that run over pages. A row that no page holds is cut between its lines. */
#include <math.h>

#include "report/pdf_inner.h"

#define COLUMNS_MAX  64
#define HEAD_ROOM    60.0 /* a head is not left alone at the end of a page */
#define KEEP_WITH    90.0 /* of what follows a heading */
#define ROWS_WEIGHED 200  /* of a long table: the first tell how wide its words are */

/* One cell on its way to the paper: what of its lines is still to come. */
struct strip {
    PangoLayout *layout;
    double left;
    double drop; /* of its first line: scripts stand on one base line in a row */
    int line;    /* next */
};

/* Draws lines from s->line on that fit into room; their height. At least one goes if force. */
static double strip_put(struct pass *p, struct strip *s, double room, bool force)
{
    PangoLayoutIter *iter = pango_layout_get_iter(s->layout);
    double drop = s->line == 0 ? s->drop : 0;
    double from = 0;
    double height = 0;
    int first = s->line;
    int at = 0;

    do {
        PangoRectangle box;
        double bottom;

        if (at++ < s->line)
            continue;
        pango_layout_iter_get_line_extents(iter, NULL, &box);
        if (s->line == first)
            from = (double)box.y / PANGO_SCALE - drop;
        bottom = (double)(box.y + box.height) / PANGO_SCALE - from;
        if (bottom > room && !(force && height <= 0))
            break;
        if (p->pages > 0) {
            double base = (double)pango_layout_iter_get_baseline(iter) / PANGO_SCALE - from;

            cairo_move_to(p->cr, s->left + (double)box.x / PANGO_SCALE, p->y + base);
            pango_cairo_show_layout_line(p->cr, pango_layout_iter_get_line_readonly(iter));
        }
        height = bottom;
        s->line++;
    } while (pango_layout_iter_next_line(iter));
    pango_layout_iter_free(iter);
    return height;
}

static bool strip_done(const struct strip *s)
{
    return s->line >= pango_layout_get_line_count(s->layout);
}

void item_text(struct pass *p, const struct doc_item *i)
{
    bool heading = i->style == DOC_HEADING;
    double before = heading && p->y > MARGIN ? GAP * 2 : 0;
    struct strip s = { text_layout(p, i->style, i->text, inner_width(p)), MARGIN, 0, 0 };
    double height = layout_height(s.layout);

    if (height + before <= room_whole(p))
        need(p, before + height + (heading ? KEEP_WITH : 0));
    p->y += p->y > MARGIN ? before : 0;
    for (;;) {
        p->y += strip_put(p, &s, room_left(p), p->y <= MARGIN);
        if (strip_done(&s))
            break;
        next_page(p);
    }
    p->y += GAP;
    g_object_unref(s.layout);
}

/* --- tables --- */

static bool is_number(const struct doc_column *c)
{
    return c->kind == REPORT_INT || c->kind == REPORT_DECIMAL;
}

static void strips_open(struct pass *p, struct strip *strips, const struct doc_table *t,
                        const char *const *cells, enum doc_style style)
{
    double start = 0;
    int base = 0;

    for (size_t c = 0; c < t->columns_len; c++) {
        double width = t->columns[c].width * inner_width(p);

        strips[c].layout = text_layout(p, style, cells[c], width - CELL_PAD);
        strips[c].left = left_of(p, start, width - CELL_PAD);
        strips[c].line = 0;
        if (is_number(&t->columns[c]))
            pango_layout_set_alignment(strips[c].layout,
                                       p->rtl ? PANGO_ALIGN_LEFT : PANGO_ALIGN_RIGHT);
        base = MAX(base, pango_layout_get_baseline(strips[c].layout));
        start += width;
    }
    for (size_t c = 0; c < t->columns_len; c++)
        strips[c].drop = (double)(base - pango_layout_get_baseline(strips[c].layout)) / PANGO_SCALE;
}

static double strips_height(const struct strip *strips, size_t len)
{
    double most = 0;

    for (size_t c = 0; c < len; c++)
        most = fmax(most, layout_height(strips[c].layout) + strips[c].drop);
    return most;
}

static void put_line_of_heads(struct pass *p, const struct doc_table *t, const char *const *heads)
{
    struct strip strips[COLUMNS_MAX];
    double height;

    strips_open(p, strips, t, heads, DOC_SMALL);
    height = strips_height(strips, t->columns_len);
    for (size_t c = 0; c < t->columns_len; c++) {
        strip_put(p, &strips[c], height + 1, true);
        g_object_unref(strips[c].layout);
    }
    p->y += height + CELL_PAD;
    rule(p, p->y - CELL_PAD / 2, 0.2);
    p->y += CELL_PAD / 2;
}

/* A head over several columns stands in the width of them all. */
static void put_groups(struct pass *p, const struct doc_table *t)
{
    double start = 0;
    double most = 0;
    size_t c = 0;
    bool any = false;

    for (c = 0; c < t->columns_len; c++)
        any = any || t->columns[c].group != NULL;
    for (c = 0; any && c < t->columns_len;) {
        const char *group = t->columns[c].group;
        double width = 0;

        do
            width += t->columns[c++].width * inner_width(p);
        while (c < t->columns_len && group != NULL && t->columns[c].group != NULL &&
               strcmp(group, t->columns[c].group) == 0);
        if (group != NULL)
            most = fmax(most, put_text(p, DOC_SMALL, group, left_of(p, start, width - CELL_PAD),
                                       p->y, width - CELL_PAD));
        start += width;
    }
    p->y += any ? most + 2 : 0;
}

static void put_heads(struct pass *p, const struct doc_table *t)
{
    const char *heads[COLUMNS_MAX];

    for (size_t c = 0; c < t->columns_len; c++)
        heads[c] = t->columns[c].head;
    put_groups(p, t);
    put_line_of_heads(p, t, heads);
}

static bool row_slice(struct pass *p, struct strip *strips, size_t len)
{
    double most = 0;
    bool more = false;
    bool force = p->y <= MARGIN + HEAD_ROOM;

    for (size_t c = 0; c < len; c++) {
        most = fmax(most, strip_put(p, &strips[c], room_left(p) - CELL_PAD, force));
        more = more || !strip_done(&strips[c]);
    }
    p->y += most + CELL_PAD;
    return more;
}

static void put_row(struct pass *p, const struct doc_table *t, const char *const *cells,
                    enum doc_style style, bool total)
{
    struct strip strips[COLUMNS_MAX];
    double height;

    strips_open(p, strips, t, cells, style);
    height = strips_height(strips, t->columns_len) + CELL_PAD;
    if (height > room_left(p) && (height < room_whole(p) / 2 || room_left(p) < HEAD_ROOM)) {
        next_page(p);
        put_heads(p, t);
    }
    if (total)
        rule(p, p->y - CELL_PAD / 2, 0.2);
    while (row_slice(p, strips, t->columns_len)) {
        next_page(p);
        put_heads(p, t);
    }
    rule(p, p->y - CELL_PAD / 2, 0.8);
    p->y += CELL_PAD / 2;
    for (size_t c = 0; c < t->columns_len; c++)
        g_object_unref(strips[c].layout);
}

/* How wide the widest word is, which a column should not cut. */
static double word_width(struct pass *p, enum doc_style style, const char *text)
{
    PangoLayout *layout = text_layout(p, style, text, 1);
    int width = 0;

    pango_layout_set_wrap(layout, PANGO_WRAP_WORD);
    pango_layout_get_size(layout, &width, NULL);
    g_object_unref(layout);
    return (double)width / PANGO_SCALE + CELL_PAD + 1;
}

/*
 * The columns with room for their widest words in this style: what some lack is taken from the
 * others, by what these have to spare. false where that does not suffice: *columns_out stays.
 */
static bool weigh(struct pass *p, const struct doc_column **columns_out, const struct doc_table *t,
                  enum doc_style style)
{
    struct doc_column *out = ARENA_ARRAY(p->ctx->arena, t->columns_len + 1, struct doc_column);
    size_t rows = t->rows < ROWS_WEIGHED ? t->rows : ROWS_WEIGHED;
    double lack = 0;
    double spare = 0;

    for (size_t c = 0; c < t->columns_len; c++) {
        double most = word_width(p, DOC_SMALL, t->columns[c].head);
        double more;

        for (size_t r = 0; r < rows; r++)
            most = fmax(most, word_width(p, style, t->cells[r * t->columns_len + c]));
        out[c] = t->columns[c];
        out[c].width = most / inner_width(p);
        more = t->columns[c].width - out[c].width;
        lack += more < 0 ? -more : 0;
        spare += more > 0 ? more : 0;
    }
    if (lack <= 0)
        return true;
    if (lack > spare)
        return false;
    for (size_t c = 0; c < t->columns_len; c++) {
        double more = t->columns[c].width - out[c].width;

        out[c].width += more > 0 ? more * (spare - lack) / spare : 0;
    }
    *columns_out = out;
    return true;
}

void item_table(struct pass *p, const struct doc_item *i)
{
    struct doc_table weighed_table = i->table;
    const struct doc_table *t = &weighed_table;
    enum doc_style style = DOC_TEXT;

    if (t->columns_len > COLUMNS_MAX) {
        if (p->rc == OK)
            p->rc = ctx_fail(
                p->ctx, ERR_LIMIT,
                tr(p->ctx, "A page holds {0} columns at most. Choose fewer.", TR_INT(COLUMNS_MAX)));
        return;
    }
    if (!weigh(p, &weighed_table.columns, &i->table, style)) {
        style = DOC_SMALL;
        (void)weigh(p, &weighed_table.columns, &i->table, style);
    }
    need(p, HEAD_ROOM);
    put_heads(p, t);
    for (size_t r = 0; r < t->rows && p->rc == OK; r++)
        put_row(p, t, t->cells + r * t->columns_len, style, t->total && r + 1 == t->rows);
    p->y += GAP;
}

void item_pairs(struct pass *p, const struct doc_item *i)
{
    static const struct doc_column columns[] = { { .width = 0.34 }, { .width = 0.66 } };
    const struct doc_table t = { .columns = columns, .columns_len = 2 };

    for (size_t n = 0; n < i->pairs_len && p->rc == OK; n++) {
        const char *const cells[] = { i->pairs[n].label, i->pairs[n].value };
        struct strip strips[2];

        strips_open(p, strips, &t, cells, DOC_TEXT);
        if (strips_height(strips, 2) + CELL_PAD < room_whole(p))
            need(p, strips_height(strips, 2) + CELL_PAD);
        while (row_slice(p, strips, 2))
            next_page(p);
        rule(p, p->y - CELL_PAD / 2, 0.9);
        p->y += CELL_PAD / 2;
        for (size_t c = 0; c < 2; c++)
            g_object_unref(strips[c].layout);
    }
    p->y += GAP;
}
