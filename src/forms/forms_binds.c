#include "core/currency.h"
#include "core/text.h"
#include "forms/forms_inner.h"

/* The columns bind::hw: of a question: who may read it, where it is kept, how it is found. */

/* The class stands in the cell, or it is that of the innermost group that has one. */
static void read_privacy(const struct survey *v, struct field *field)
{
    const char *text = at(v, "bind::hw:privacy");

    field->privacy = field->parent ? field->parent->privacy : v->f->form->privacy;
    if (text[0] && !privacy_parse(text, &field->privacy))
        wrong(v, "bind::hw:privacy",
              tr(v->f->b->ctx, "{0} is no class: write public, internal, personal or sensitive.",
                 TR_TEXT(text)));
}

static void read_index(struct survey *v, struct field *field)
{
    static const char *const words[] = { "name", "phone", "exact", NULL };
    const char *index = read_word(v->f->b, v->s, v->row, "bind::hw:index", words);

    if (!index)
        return;
    field->index = index[0] == 'n' ? INDEX_NAME : index[0] == 'p' ? INDEX_PHONE : INDEX_EXACT;
    if (field->kind != FIELD_TEXT && field->kind != FIELD_HIDDEN && field->kind != FIELD_BARCODE)
        wrong(v, "bind::hw:index",
              tr(v->f->b->ctx,
                 "Only fields of type text can be found by what stands in them, "
                 "and {0} is none.",
                 TR_TEXT(field->name)));
}

static void read_list_place(struct survey *v, struct field *field)
{
    const char *text = at(v, "bind::hw:list");
    int64_t n = 0;

    if (!text[0])
        return;
    if (!parse_int(text, 1, 99, &n)) {
        wrong(v, "bind::hw:list",
              tr(v->f->b->ctx,
                 "{0} is no place among the columns of a list: write a number from "
                 "1 to 99.",
                 TR_TEXT(text)));
        return;
    }
    if (v->f->list_places[n])
        wrong(v, "bind::hw:list",
              tr(v->f->b->ctx, "Place {0} in the list is taken by {1}: write another number.",
                 TR_INT(n), TR_TEXT(v->f->list_places[n]->name)));
    v->f->list_places[n] = field;
    field->list = (int)n;
}

/* Money is a text with its currency (typed, or calculated: concat(${sum}, ' ', ${currency})), or a
 * number where the form says the currency. */
static void read_money(struct survey *v, struct field *field)
{
    struct ctx *ctx = v->f->b->ctx;
    const char *code = field_parameter(field, "currency");

    if (!text_equal(field->type, "money")) {
        wrong_if(v, code != NULL, "parameters",
                 tr(ctx,
                    "Only money has a currency: write {0} into the column {1}, or take the "
                    "currency out.",
                    TR_TEXT("money"), TR_TEXT("bind::hw:type")));
        return;
    }
    if (code && currency_decimals(code) < 0)
        wrong(v, "parameters",
              tr(ctx, "{0} is no code of a currency in ISO 4217, such as {1}.", TR_TEXT(code),
                 TR_TEXT("EUR")));
    field->currency = code;
    if ((field->kind == FIELD_TEXT || field->kind == FIELD_CALCULATE) && !code)
        return;
    if (field->kind != FIELD_DECIMAL && field->kind != FIELD_CALCULATE)
        wrong(v, "bind::hw:type",
              tr(ctx,
                 "Money is of type text, with its currency in the answer, or of type decimal, "
                 "with its currency in the column parameters: {0}.",
                 TR_TEXT("currency=EUR")));
    else if (!code)
        wrong(v, "parameters",
              tr(ctx, "The currency of {0} is not said: write {1} here.", TR_TEXT(field->name),
                 TR_TEXT("currency=EUR")));
}

void read_binds(struct survey *v, struct field *field)
{
    static const char *const stores[] = { "open", "sealed", NULL };
    static const char *const stats[] = { "code", "band", "quarter", "admin1", "score", NULL };
    static const char *const finer[] = { "language",    "country", "phone", "email",
                                         "time_of_day", "money",   NULL };
    const char *store = read_word(v->f->b, v->s, v->row, "bind::hw:store", stores);
    const char *ref = at(v, "bind::hw:ref");

    read_privacy(v, field);
    field->store = v->f->form->subject ? STORE_SEALED : STORE_OPEN;
    if (store)
        field->store = store[0] == 'o' ? STORE_OPEN : STORE_SEALED;
    read_index(v, field);
    read_list_place(v, field);
    field->core = read_yes(v->f->b, v->s, v->row, "bind::hw:core");
    field->stat = read_word(v->f->b, v->s, v->row, "bind::hw:stat", stats);
    field->type = read_word(v->f->b, v->s, v->row, "bind::hw:type", finer);
    field->ref = ref[0] ? ref : NULL;
    field->req = at(v, "bind::hw:req");
    read_money(v, field);
    if ((field->list || field->stat || field->ref || store) && !field_has_value(field))
        wrong(
            v,
            field->list   ? "bind::hw:list"
            : field->stat ? "bind::hw:stat"
                          : "bind::hw:store",
            tr(v->f->b->ctx, "{0} holds no answer: leave this cell empty.", TR_TEXT(field->name)));
}
