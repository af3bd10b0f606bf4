/* Forms as widgets: one struct widget_view for each field, row and section. */
#include <string.h>

#include "core/date.h"
#include "core/text.h"
#include "records/records_inner.h"
#include "records/screens_web.h"

#define RADIOS_MAX 7  /* more choices than this become a select */
#define LONG_LIST  15 /* checkboxes: more than this are folded away */

struct maker {
    struct ctx *ctx;
    const struct form *form;
    const struct form_post *post;
    bool progress; /* instruments count their questions */
};

static bool has_word(const char *words, const char *word)
{
    size_t len = strlen(word);

    for (const char *p = words; p != NULL && *p != '\0';) {
        size_t n = strcspn(p, " ");

        if (n == len && strncmp(p, word, n) == 0)
            return true;
        p += n + (p[n] == ' ');
    }
    return false;
}

static bool is_area(const struct field *f)
{
    return has_word(f->appearance, "multiline");
}

static bool is_drawn(struct maker *m, const struct field *f)
{
    if (f->kind == FIELD_HIDDEN || f->kind == FIELD_META || !field_visible(m->ctx, f))
        return false;
    return f->kind != FIELD_CALCULATE || label_text(m->ctx, &f->label)[0] != '\0';
}

static enum widget widget_of(const struct field *f)
{
    if (f->read_only && field_has_value(f))
        return WIDGET_SHOWN;
    if (f->ref != NULL)
        return WIDGET_REF;
    switch (f->kind) {
    case FIELD_SELECT_ONE:
        return f->choices->len > RADIOS_MAX || has_word(f->appearance, "minimal") ? WIDGET_SELECT
                                                                                  : WIDGET_RADIOS;
    case FIELD_SELECT_MULTIPLE:
        return WIDGET_CHECKS;
    case FIELD_NOTE:
        return WIDGET_NOTE;
    case FIELD_CALCULATE:
    case FIELD_HIDDEN:
        return WIDGET_SHOWN;
    case FIELD_GROUP:
        return WIDGET_SECTION;
    case FIELD_REPEAT:
        return WIDGET_REPEAT;
    case FIELD_TEXT:
    case FIELD_INTEGER:
    case FIELD_DECIMAL:
    case FIELD_DATE:
    case FIELD_TIME:
    case FIELD_DATETIME:
    case FIELD_RANGE:
    case FIELD_RANK:
    case FIELD_ACKNOWLEDGE:
    case FIELD_BARCODE:
    case FIELD_GEOPOINT:
    case FIELD_GEOTRACE:
    case FIELD_GEOSHAPE:
    case FIELD_IMAGE:
    case FIELD_AUDIO:
    case FIELD_VIDEO:
    case FIELD_FILE:
        break;
    case FIELD_META:
        return WIDGET_SHOWN;
    }
    return is_area(f) ? WIDGET_AREA : WIDGET_LINE;
}

/* What is not a date could not be shown in a date input, and would be lost. */
static const char *line_type(const struct field *f, const char *value)
{
    if (f->kind == FIELD_DATE && (value[0] == '\0' || date_valid(value)))
        return "date";
    if (f->kind == FIELD_TIME && (value[0] == '\0' || (strlen(value) >= 5 && value[2] == ':')))
        return "time";
    if (text_equal(f->type, "email"))
        return "email";
    return text_equal(f->type, "phone") ? "tel" : "text";
}

static const char *line_mode(const struct field *f)
{
    if (f->kind == FIELD_INTEGER)
        return "numeric";
    return f->kind == FIELD_DECIMAL ? "decimal" : NULL;
}

/* How the question is asked, as the form says it in its appearance. */
static void fill_prompt(struct maker *m, struct widget_view *w, const struct field *f)
{
    if (has_word(f->appearance, "prompt-yes")) {
        w->prompt = tr(m->ctx, "Read the options aloud");
        w->prompt_kind = "yes";
    } else if (has_word(f->appearance, "prompt-no")) {
        w->prompt = tr(m->ctx, "Do not read the options aloud");
        w->prompt_kind = "no";
    } else if (has_word(f->appearance, "prompt-if-needed")) {
        w->prompt = tr(m->ctx, "Read the options aloud if needed");
        w->prompt_kind = "needed";
    } else if (has_word(f->appearance, "prompt-not-initially")) {
        w->prompt = tr(m->ctx, "Do not read the options aloud at first");
        w->prompt_kind = "later";
    }
}

static const char *id_of_path(struct arena *a, const char *path)
{
    char *id = arena_printf(a, "f-%s", path);

    for (char *p = id; *p != '\0'; p++)
        if (*p == '.')
            *p = '-';
    return id;
}

static struct option_view *fill_options(struct maker *m, const struct widget_view *w,
                                        const struct field *f)
{
    const struct choice_list *list = f->choices;
    struct option_view *out = ARENA_ARRAY(m->ctx->arena, list->len + 1, struct option_view);

    for (size_t i = 0; i < list->len; i++) {
        const struct choice *c = &list->items[i];

        out[i].code = c->name;
        out[i].label = label_text(m->ctx, &c->label);
        out[i].id = arena_printf(m->ctx->arena, "%s-%s", w->id, c->name);
        out[i].chosen = has_word(w->value, c->name);
        out[i].exclusive = c->exclusive;
    }
    return out;
}

static void fill_checks(struct maker *m, struct widget_view *w, const struct field *f)
{
    struct widget_checks_view *v = &w->checks;
    struct option_view *chosen;

    v->options = fill_options(m, w, f);
    v->options_len = f->choices->len;
    v->is_long = v->options_len > LONG_LIST;
    if (!v->is_long)
        return;
    chosen = ARENA_ARRAY(m->ctx->arena, v->options_len, struct option_view);
    for (size_t i = 0; i < v->options_len; i++)
        if (v->options[i].chosen)
            chosen[v->chosen_len++] = v->options[i];
    v->chosen = chosen;
}

/* --- sections and repeats --- */

static void fill_widget(struct maker *m, struct widget_view *w, struct answers *t,
                        const struct field *f);

static struct widget_view *fill_items(struct maker *m, size_t *len_out, struct answers *t,
                                      const struct field *first)
{
    struct widget_view *items;
    size_t n = 0;

    for (const struct field *f = first; f != NULL; f = f->next)
        n += is_drawn(m, f);
    items = ARENA_ARRAY(m->ctx->arena, n + 1, struct widget_view);
    n = 0;
    for (const struct field *f = first; f != NULL; f = f->next)
        if (is_drawn(m, f))
            fill_widget(m, &items[n++], t, f);
    *len_out = n;
    return items;
}

static bool is_question(const struct widget_view *w)
{
    return w->relevant &&
           (w->kind == WIDGET_LINE || w->kind == WIDGET_RADIOS || w->kind == WIDGET_SELECT ||
            w->kind == WIDGET_CHECKS || w->kind == WIDGET_REF);
}

static void count_answers(const struct widget_view *items, size_t len, int64_t *answered,
                          int64_t *asked)
{
    for (size_t i = 0; i < len; i++) {
        if (is_question(&items[i])) {
            *asked += 1;
            *answered += items[i].value[0] != '\0';
        } else if (items[i].kind == WIDGET_SECTION && items[i].relevant) {
            *asked += items[i].section.asked;
            *answered += items[i].section.answered;
        }
    }
}

static void fill_section(struct maker *m, struct widget_view *w, struct answers *t,
                         const struct field *f)
{
    struct widget_section_view *s = &w->section;

    s->items = fill_items(m, &s->items_len, t, f->children);
    count_answers(s->items, s->items_len, &s->answered, &s->asked);
    s->progress = m->progress && s->asked > 1;
}

static void fill_row(struct maker *m, struct widget_row_view *row, const struct widget_view *w,
                     struct answers *t, const struct field *f)
{
    struct arena *a = m->ctx->arena;

    row->title = arena_printf(a, "%s %d", w->label, (int)row->number);
    row->id_name = arena_printf(a, "%s.%d.id", w->path, (int)row->number);
    row->row_id = t->id;
    row->remove = arena_printf(a, "_remove.%s.%d", w->path, (int)row->number);
    row->items = fill_items(m, &row->items_len, t, f->children);
}

static void fill_repeat(struct maker *m, struct widget_view *w, struct answers *t,
                        const struct field *f)
{
    struct widget_repeat_view *r = &w->repeat;

    if (f->required && t->rows_len[f->place] == 0)
        answers_add_row(m->ctx->arena, t, f);
    r->rows_len = t->rows_len[f->place];
    r->rows = ARENA_ARRAY(m->ctx->arena, r->rows_len + 1, struct widget_row_view);
    r->add = arena_printf(m->ctx->arena, "_add.%s", w->path);
    for (size_t i = 0; i < r->rows_len; i++) {
        r->rows[i].number = (int64_t)i + 1;
        fill_row(m, &r->rows[i], w, t->rows[f->place][i], f);
    }
}

/* --- one widget --- */

/* Relevance that cannot be worked out is told when the form is saved; until then it is shown. */
static bool is_relevant(struct maker *m, const struct answers *t, const struct field *f)
{
    bool relevant = true;

    if (f->relevant == NULL && f->parent == f->repeat)
        return true;
    if (answers_relevant(m->ctx, t, f, &relevant))
        return true;
    return relevant;
}

static void fill_texts(struct maker *m, struct widget_view *w, const struct field *f)
{
    struct ctx *ctx = m->ctx;
    const char *hint = label_text(ctx, &f->hint);
    const char *guidance = label_text(ctx, &f->guidance);
    const char *label = label_text(ctx, &f->label);

    w->label = label[0] != '\0' ? label : f->name;
    w->hint = hint[0] != '\0' ? hint : NULL;
    w->guidance = guidance[0] != '\0' ? guidance : NULL;
    w->problem = ctx_problem(ctx, w->path);
    if (w->hint != NULL)
        w->described = arena_printf(ctx->arena, "%s-hint %s-problem", w->id, w->id);
    else
        w->described = arena_printf(ctx->arena, "%s-problem", w->id);
    fill_prompt(m, w, f);
}

static void fill_widget(struct maker *m, struct widget_view *w, struct answers *t,
                        const struct field *f)
{
    const char *value = field_has_value(f) ? answers_get(t, f) : NULL;

    w->kind = widget_of(f);
    w->path = answers_path(m->ctx->arena, t, f);
    w->id = id_of_path(m->ctx->arena, w->path);
    w->value = value == NULL ? "" : value;
    w->required = f->required;
    w->relevant = is_relevant(m, t, f);
    fill_texts(m, w, f);
    w->line = (struct widget_line_view){ w, line_type(f, w->value), line_mode(f) };
    w->area.w = w;
    w->radios.w = w;
    w->select.w = w;
    w->checks.w = w;
    w->ref.w = w;
    w->section.w = w;
    w->repeat.w = w;
    if (w->kind == WIDGET_RADIOS || w->kind == WIDGET_SELECT) {
        w->radios.options = fill_options(m, w, f);
        w->radios.options_len = f->choices->len;
        w->select.options = w->radios.options;
        w->select.options_len = f->choices->len;
    } else if (w->kind == WIDGET_CHECKS) {
        fill_checks(m, w, f);
    } else if (w->kind == WIDGET_REF) {
        ref_fill(m->ctx, w, f, m->post);
    } else if (w->kind == WIDGET_SHOWN) {
        w->shown = answers_shown(m->ctx, f, w->value);
    } else if (w->kind == WIDGET_SECTION) {
        fill_section(m, w, t, f);
    } else if (w->kind == WIDGET_REPEAT) {
        fill_repeat(m, w, t, f);
    }
}

/* --- problems --- */

/* The widget of a path among items, and the title of its row (NULL outside of rows). */
static const struct widget_view *find_widget(const struct widget_view *items, size_t len,
                                             const char *path, const char **row_out)
{
    const struct widget_view *found = NULL;

    for (size_t i = 0; i < len && found == NULL; i++) {
        const struct widget_view *w = &items[i];

        if (strcmp(w->path, path) == 0)
            return w;
        if (w->kind == WIDGET_SECTION)
            found = find_widget(w->section.items, w->section.items_len, path, row_out);
        if (w->kind != WIDGET_REPEAT)
            continue;
        for (size_t r = 0; r < w->repeat.rows_len && found == NULL; r++) {
            const struct widget_row_view *row = &w->repeat.rows[r];

            found = find_widget(row->items, row->items_len, path, row_out);
            if (found != NULL && *row_out == NULL)
                *row_out = row->title;
        }
    }
    return found;
}

static void fill_problems(struct ctx *ctx, struct record_form_view *v)
{
    struct problem_view *out;
    size_t n = 0;

    for (const struct problem *p = ctx->problems; p != NULL; p = p->next)
        n++;
    out = ARENA_ARRAY(ctx->arena, n + 1, struct problem_view);
    n = 0;
    for (const struct problem *p = ctx->problems; p != NULL; p = p->next) {
        const char *row = NULL;
        const struct widget_view *w =
            p->field == NULL ? NULL : find_widget(v->items, v->items_len, p->field, &row);

        out[n].text = p->text;
        if (w != NULL) {
            out[n].label =
                row == NULL ? w->label : arena_printf(ctx->arena, "%s, %s", row, w->label);
            out[n].id = w->id;
        }
        if (w != NULL && row == NULL && strstr(p->text, w->label) != NULL) {
            out[n].label = p->text; /* it names the question itself */
            out[n].text = NULL;
        }
        n++;
    }
    v->problems = out;
    v->problems_len = n;
}

/* Where the buttons of repeats and references lead: the form itself, at this place. */
static void place_buttons(struct ctx *ctx, struct widget_view *items, size_t len, const char *kind,
                          const char *action)
{
    for (size_t i = 0; i < len; i++) {
        struct widget_view *w = &items[i];

        if (w->kind == WIDGET_SECTION)
            place_buttons(ctx, w->section.items, w->section.items_len, kind, action);
        if (w->kind == WIDGET_REF)
            ref_place(ctx, w, kind, action);
        if (w->kind != WIDGET_REPEAT)
            continue;
        w->repeat.here.text = arena_printf(ctx->arena, "%s#%s", action, w->id);
        for (size_t r = 0; r < w->repeat.rows_len; r++)
            place_buttons(ctx, w->repeat.rows[r].items, w->repeat.rows[r].items_len, kind, action);
    }
}

void form_fill(struct ctx *ctx, struct record_form_view *v, const struct form *form,
               struct answers *answers)
{
    struct maker m = { .ctx = ctx, .form = form, .post = v->post, .progress = form->instrument };

    v->kind = form->kind;
    v->items = fill_items(&m, &v->items_len, answers, form->fields);
    count_answers(v->items, v->items_len, &v->answered, &v->asked);
    v->progress = m.progress;
    fill_problems(ctx, v);
    if (v->action.text != NULL)
        place_buttons(ctx, v->items, v->items_len, form->kind, v->action.text);
}
