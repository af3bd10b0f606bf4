#include "forms/forms_inner.h"

#include <stdlib.h>
#include <string.h>

#include "core/asset.h"
#include "core/text.h"

#define ORDERING_EXPRESSIONS 3 /* what other answers depend on: relevant, calculation, count */

static bool is_ordered(const struct form_build *f)
{
    for (size_t i = 0; i < f->fields_len; i++) {
        struct field_expression all[FIELD_EXPRESSIONS];

        field_expressions(f->fields[i], all);
        for (size_t k = 0; k < ORDERING_EXPRESSIONS; k++) {
            const char *const *name = all[k].expr ? expr_names(all[k].expr) : NULL;

            for (; name && *name; name++) {
                const struct field *other = field_find(f->form, *name);

                if (other && (other->place >= i || other->kind == FIELD_REPEAT))
                    return false;
            }
        }
    }
    return true;
}

/* In a form published at run time the reason stands in the field's own row. */
static bool gives_reason(const struct form_build *f, const struct field *field)
{
    const struct section *s = sheet_section(f->sheet, "survey");

    for (size_t i = 0; f->b->published && s && i < s->rows_len; i++)
        if (s->rows[i].number == field->row)
            return cell(s, &s->rows[i], "hw:reason")[0] != '\0';
    return false;
}

/* Each open field of a form about a person has a line that says why. */
static void check_open(struct form_build *f, const struct field *field)
{
    const struct section *s = f->b->open ? &f->b->open->sections[0] : NULL;

    if (!f->form->subject || field->store != STORE_OPEN || !field_has_value(field))
        return;
    for (size_t i = 0; s && i < s->rows_len; i++)
        if (strcmp(cell(s, &s->rows[i], "form"), f->form->kind) == 0 &&
            strcmp(cell(s, &s->rows[i], "field"), field->name) == 0 &&
            cell(s, &s->rows[i], "reason")[0])
            return;
    if (gives_reason(f, field))
        return;
    mistake(f->b, f->survey->place, field->row, "bind::hw:store",
            tr(f->b->ctx,
               "{0} is about a person and would be stored open: seal it, or give the reason "
               "(column hw:reason; for a shipped form a line of content/privacy/open.csv).",
               TR_TEXT(field->name)));
}

static bool kind_exists(const struct form_build *f, const char *kind)
{
    struct arena *a = f->b->ctx->arena;

    return text_equal(kind, f->form->kind) ||
           (f->b->published && form_find(f->b->ctx->forms, kind)) ||
           (text_is_name(kind) && asset_find(arena_printf(a, "content/forms/%s.csv", kind)));
}

static void check_kinds(struct form_build *f)
{
    struct ctx *ctx = f->b->ctx;

    if (f->form->parent && !kind_exists(f, f->form->parent))
        mistake(f->b, f->sheet->file, 1, "hw:parent",
                tr(ctx, "There is no form {0} in content/forms.", TR_TEXT(f->form->parent)));
    for (size_t i = 0; i < f->fields_len; i++) {
        const char *ref = f->fields[i]->ref;

        if (ref && strcmp(ref, "user") != 0 && strcmp(ref, "user_abroad") != 0 &&
            !kind_exists(f, ref))
            mistake(f->b, f->survey->place, f->fields[i]->row, "bind::hw:ref",
                    tr(ctx,
                       "There is no form {0} in content/forms, and it is not the word user or "
                       "user_abroad.",
                       TR_TEXT(ref)));
    }
}

/* A default that is a plain text must be a value of its field. */
static void check_default(struct form_build *f, const struct field *field)
{
    const struct expr *e = field->default_value;
    const char *problem = NULL;
    const char *value = NULL;

    if (!e || !field_has_value(field) || expr_names(e)[0] || strchr(expr_source(e), '(') ||
        (field_has_codes(field) && !field->choices))
        return;
    value_read(f->b->ctx, field, expr_source(e), &value, &problem);
    if (problem)
        mistake(f->b, f->survey->place, field->row, column_written(f->survey, "default"), problem);
}

static int compare_names(const void *a, const void *b)
{
    const struct field *const *x = a;
    const struct field *const *y = b;

    return strcmp((*x)->name, (*y)->name);
}

void check_form(struct form_build *f)
{
    const struct field **all =
        ARENA_ARRAY(f->b->ctx->arena, f->fields_len + 1, const struct field *);
    const struct field **by_name =
        ARENA_ARRAY(f->b->ctx->arena, f->fields_len + 1, const struct field *);

    for (size_t i = 0; i < f->fields_len; i++) {
        all[i] = f->fields[i];
        by_name[i] = f->fields[i];
    }
    if (f->fields_len)
        qsort(by_name, f->fields_len, sizeof(*by_name), compare_names);
    f->form->all = all;
    f->form->all_len = f->fields_len;
    f->form->by_name = by_name;
    for (size_t i = 0; i < f->fields_len; i++) {
        check_references(f, f->fields[i]);
        check_open(f, all[i]);
        check_default(f, all[i]);
    }
    check_settings_references(f);
    check_searched(f);
    f->form->lists = f->named;
    f->form->lists_len = f->named_len;
    graph_build(f);
    f->form->ordered = is_ordered(f);
    check_kinds(f);
}
