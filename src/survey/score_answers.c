/* The answers of a row of any export: codes or labels, in one column or in one for each choice. */
#include <assert.h>
#include <string.h>

#include "core/text.h"
#include "survey/score_file.h"

static bool cell_among(const struct feed_cell *cell, const char *const *texts)
{
    for (size_t i = 0; texts[i]; i++)
        if (cell_is(cell, texts[i], strlen(texts[i])))
            return true;
    return false;
}

/* Whether a choice is marked in its own column: 1, 0, -1 = neither can be said. */
static int marked(const struct feed_cell *cell, const struct words *words, int code)
{
    static const char *const on[] = { "1", "TRUE", "true", "True", "1.0", NULL };
    static const char *const off[] = { "0", "FALSE", "false", "False", "0.0", NULL };

    assert(cell);
    if (cell->len == 0 || cell_among(cell, off))
        return 0;
    if (cell_among(cell, on) || (code >= 0 && words_find(words, cell->text, cell->len) == code))
        return 1;
    return -1;
}

/* The codes that are marked; their number in *len_out. */
static enum answer_fault marked_codes(const struct question_column *q, const struct feed_row *row,
                                      int codes[PROFILE_CODES_MAX + 1], size_t *len_out,
                                      size_t *column_out)
{
    size_t len = 0;

    for (size_t i = 0; i < q->options_len; i++) {
        const struct option_column *o = &q->options[i];
        int mark = marked(&row->cells[o->column], q->words, o->code);

        *column_out = o->column;
        if (mark < 0)
            return ANSWER_NO_MARK;
        if (mark == 0)
            continue;
        if (o->code < 0)
            return ANSWER_NO_CODE;
        if (len > PROFILE_CODES_MAX)
            return ANSWER_TWICE;
        codes[len++] = o->code;
    }
    *len_out = len;
    return ANSWER_GOOD;
}

/* Labels instead of codes. */
static enum answer_fault read_labels(const struct question_column *q, const struct feed_cell *cell,
                                     struct answer *out)
{
    int codes[PROFILE_CODES_MAX];
    size_t len;

    if (q->question->multiple) {
        len = words_list(q->words, cell, codes, PROFILE_CODES_MAX);
    } else {
        codes[0] = words_find(q->words, cell->text, cell->len);
        len = codes[0] >= 0;
    }
    return len ? answer_of_codes(q->question, codes, len, out) : ANSWER_NO_CODE;
}

enum answer_fault cell_answer(const struct question_column *q, const struct feed_row *row,
                              struct answer *out, bool *there_out, size_t *column_out)
{
    const struct feed_cell *cell = q->column == NO_COLUMN ? NULL : &row->cells[q->column];
    enum answer_fault fault = ANSWER_GOOD;
    int codes[PROFILE_CODES_MAX + 1];
    size_t len = 0;

    *there_out = cell && cell->len > 0;
    *column_out = q->column;
    if (*there_out) {
        fault = answer_read(q->question, cell->text, cell->len, out);
        if (fault != ANSWER_NO_CODE)
            return fault;
    }
    if (q->options_len) {
        fault = marked_codes(q, row, codes, &len, column_out);
        if (!fault && len > 0) {
            *there_out = true;
            *column_out = q->column == NO_COLUMN ? q->options[0].column : q->column;
            return answer_of_codes(q->question, codes, len, out);
        }
        if (fault)
            return fault;
    }
    *column_out = q->column;
    return *there_out ? read_labels(q, cell, out) : ANSWER_GOOD;
}

/* --- sections and consent --- */

/* Bits of names of sections; 0 = not only those, or one twice. Nothing means all. */
static unsigned sections_read(const struct feed_cell *cell)
{
    unsigned found = 0;

    for (size_t at = 0; at < cell->len;) {
        struct feed_cell word = { cell->text + at, 0 };
        unsigned bit = 0;

        while (at + word.len < cell->len && word.text[word.len] != ' ')
            word.len++;
        at += word.len + 1;
        for (unsigned d = 0; d < PROFILE_SECTIONS; d++) {
            const char *name = dimension_code((enum dimension)d);

            if (cell_is(&word, name, strlen(name)))
                bit = 1u << d;
        }
        if (word.len && (!bit || found & bit))
            return 0;
        found |= bit;
    }
    return found ? found : ALL_SECTIONS;
}

static unsigned bits_of(const int *ids, size_t len)
{
    unsigned found = 0;

    for (size_t i = 0; i < len; i++) {
        unsigned bit = 1u << (unsigned)ids[i];

        if (found & bit)
            return 0;
        found |= bit;
    }
    return found;
}

unsigned row_sections(const struct columns *c, const struct feed_row *row)
{
    const struct question_column *q = &c->sections;
    const struct feed_cell *cell = q->column == NO_COLUMN ? NULL : &row->cells[q->column];
    int ids[PROFILE_CODES_MAX + 1];
    size_t len = 0;
    size_t column = 0;
    unsigned found;

    if (cell && cell->len) {
        found = sections_read(cell);
        if (!found)
            found = bits_of(ids, words_list(q->words, cell, ids, PROFILE_CODES_MAX));
        if (found)
            return found;
    }
    if (q->options_len) {
        if (marked_codes(q, row, ids, &len, &column))
            return 0;
        if (len)
            return bits_of(ids, len);
    }
    return cell && cell->len ? 0 : ALL_SECTIONS;
}

bool row_consents(const struct columns *c, const struct feed_row *row)
{
    const struct feed_cell *cell;

    if (c->consent == NO_COLUMN)
        return true;
    cell = &row->cells[c->consent];
    return cell_is(cell, "yes", 3) ||
           words_find(c->consent_words, cell->text, cell->len) == CONSENT_YES;
}

bool row_is_heading(const struct columns *c, const struct feed_row *row)
{
    bool tags = row->number == 2;
    size_t filled = 0;
    bool same = true;

    if (row->len != c->width)
        return false;
    for (size_t i = 0; i < c->width && (same || tags); i++) {
        const struct feed_cell *cell = &row->cells[i];

        same = same && cell_is(cell, c->headings[i], strlen(c->headings[i]));
        tags = tags && (cell->len == 0 || *cell->text == '#');
        filled += cell->len > 0;
    }
    return same || (tags && filled > 0);
}
