#include "forms/forms_inner.h"

#include <stdlib.h>
#include <string.h>

/* Lists of choices once they are read: finding, columns, and which of them are offered. */

static int compare_choices(const void *a, const void *b)
{
    const struct choice *const *x = a;
    const struct choice *const *y = b;
    int order = strcmp((*x)->name, (*y)->name);

    return order ? order : *x < *y ? -1 : *x > *y;
}

void choices_sort(struct arena *a, struct choice_list *list)
{
    const struct choice **sorted = ARENA_ARRAY(a, list->len + 1, const struct choice *);

    for (size_t i = 0; i < list->len; i++)
        sorted[i] = &list->items[i];
    if (list->len)
        qsort(sorted, list->len, sizeof(*sorted), compare_choices);
    list->by_name = sorted;
}

/* The first of that name. */
const struct choice *choice_find(const struct choice_list *list, const char *name)
{
    size_t low = 0;
    size_t high = list ? list->len : 0;

    while (low < high) {
        size_t middle = low + (high - low) / 2;

        if (strcmp(list->by_name[middle]->name, name) < 0)
            low = middle + 1;
        else
            high = middle;
    }
    if (!list || low == list->len || strcmp(list->by_name[low]->name, name) != 0)
        return NULL;
    return list->by_name[low];
}

const struct choice_list *form_list(const struct form *form, const char *name)
{
    for (size_t i = 0; i < form->lists_len; i++)
        if (strcmp(form->lists[i]->name, name) == 0)
            return form->lists[i];
    return NULL;
}

const char *choice_column(struct ctx *ctx, const struct choice_list *list, const struct choice *c,
                          const char *column)
{
    if (strcmp(column, "name") == 0)
        return c->name;
    for (size_t i = 0; i < list->columns_len; i++)
        if (strcmp(list->columns[i], column) == 0)
            return c->values[i];
    return strcmp(column, "label") == 0 && !list->table ? label_text(ctx, &c->label) : NULL;
}
