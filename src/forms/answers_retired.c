#include "forms/forms_inner.h"

#include <string.h>

#include "core/text.h"

/* Choices that are offered no more: answers that were stored with them keep them. */

bool answer_has_code(const struct answers *t, const struct field *f, const char *code)
{
    const char *value = t->values[f->place];
    size_t len = strlen(code);

    while (value && *value) {
        size_t word = strcspn(value, " ");

        if (word == len && strncmp(value, code, len) == 0)
            return true;
        value += word + (value[word] == ' ');
    }
    return false;
}

static const struct answers *row_with(const struct answers *stored, const struct field *repeat,
                                      const char *id)
{
    for (size_t i = 0; stored && id && i < stored->rows_len[repeat->place]; i++)
        if (text_equal(stored->rows[repeat->place][i]->id, id))
            return stored->rows[repeat->place][i];
    return NULL;
}

static bool check_field(struct ctx *ctx, const struct answers *t, const struct field *f,
                        const struct answers *stored)
{
    for (size_t i = 0; i < f->choices->len; i++) {
        const struct choice *c = &f->choices->items[i];
        const char *path;

        if (!c->retired || !answer_has_code(t, f, c->name) ||
            (stored && answer_has_code(stored, f, c->name)))
            continue;
        path = answers_path(ctx->arena, t, f);
        if (!ctx_problem(ctx, path))
            ctx_set_problem(ctx, ERR_INVALID, path,
                            tr(ctx, "“{0}” is not offered any more: choose another answer.",
                               TR_TEXT(label_text(ctx, &c->label))));
        return false;
    }
    return true;
}

static bool check_level(struct ctx *ctx, const struct answers *t, const struct answers *stored)
{
    const struct form *form = t->form;
    bool good = true;

    for (size_t i = 0; i < form->all_len; i++) {
        const struct field *f = form->all[i];

        if (f->choices && t->values[i])
            good = check_field(ctx, t, f, stored) && good;
        for (size_t k = 0; k < t->rows_len[i]; k++)
            good = check_level(ctx, t->rows[i][k], row_with(stored, f, t->rows[i][k]->id)) && good;
    }
    return good;
}

enum err answers_check_retired(struct ctx *ctx, const struct answers *answers,
                               const struct answers *stored)
{
    return check_level(ctx, answers, stored) ? OK : ERR_INVALID;
}
