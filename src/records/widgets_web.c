/* One question of each kind as a widget. */
#include "records/widgets.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "core/collate.h"
#include "core/date.h"
#include "core/memo.h"
#include "core/text.h"
#include "records/publish.h"
#include "records/screens_web.h"

#define RADIOS_MAX  7  /* more choices than this become a select */
#define LONG_LIST   15 /* checkboxes: more than this are folded away */
#define SCALE_STEPS 12 /* a range with at most so many values may be a row of buttons */
#define PICK_STEPS  200

bool has_word(const char *words, const char *word)
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

static size_t range_steps(const struct field *f)
{
    double steps = floor((f->range.end - f->range.start) / f->range.step + 1e-6);

    return steps >= 0 && steps < PICK_STEPS ? (size_t)steps + 1 : PICK_STEPS + 1;
}

static enum widget widget_of_select(const struct field *f)
{
    bool compact = field_looks(f, LOOK_MINIMAL) || field_looks(f, LOOK_AUTOCOMPLETE);

    if (field_looks(f, LOOK_LIKERT) || field_looks(f, LOOK_LIST_NOLABEL))
        return WIDGET_RADIOS;
    return f->choices->len > RADIOS_MAX || compact ? WIDGET_SELECT : WIDGET_RADIOS;
}

static enum widget widget_of_range(const struct field *f)
{
    if (field_looks(f, LOOK_RATING) && range_steps(f) <= SCALE_STEPS)
        return WIDGET_RADIOS;
    return field_looks(f, LOOK_PICKER) && range_steps(f) <= PICK_STEPS ? WIDGET_SELECT
                                                                       : WIDGET_RANGE;
}

enum widget widget_of(const struct field *f)
{
    if (f->kind == FIELD_HIDDEN || f->kind == FIELD_META)
        return WIDGET_KEPT;
    if (field_has_value(f) && (f->read_only || (f->calculation != NULL && f->trigger_len == 0)))
        return WIDGET_SHOWN;
    if (f->ref != NULL)
        return WIDGET_REF;
    switch (f->kind) {
    case FIELD_SELECT_ONE:
        return widget_of_select(f);
    case FIELD_SELECT_MULTIPLE:
        return WIDGET_CHECKS;
    case FIELD_RANGE:
        return widget_of_range(f);
    case FIELD_RANK:
        return WIDGET_RANK;
    case FIELD_ACKNOWLEDGE:
        return WIDGET_TICK;
    case FIELD_GEOPOINT:
        return WIDGET_PLACE;
    case FIELD_GEOTRACE:
    case FIELD_GEOSHAPE:
        return WIDGET_TRACE;
    case FIELD_IMAGE:
    case FIELD_AUDIO:
    case FIELD_VIDEO:
    case FIELD_FILE:
        return WIDGET_FILE;
    case FIELD_NOTE:
        return WIDGET_NOTE;
    case FIELD_GROUP:
        return WIDGET_SECTION;
    case FIELD_REPEAT:
        return WIDGET_REPEAT;
    case FIELD_CALCULATE:
        return WIDGET_SHOWN;
    case FIELD_TEXT:
        return field_looks(f, LOOK_MULTILINE) ? WIDGET_AREA : WIDGET_LINE;
    case FIELD_INTEGER:
    case FIELD_DECIMAL:
    case FIELD_DATE:
    case FIELD_TIME:
    case FIELD_DATETIME:
    case FIELD_BARCODE:
    case FIELD_HIDDEN:
    case FIELD_META:
        break;
    }
    return WIDGET_LINE;
}

/* --- pictures and recordings of labels --- */

static struct url medium_url(struct maker *m, const struct label *label)
{
    const char *name = label_text(m->ctx, label);
    struct form_medium *items = NULL;
    struct ctx scratch = *m->ctx;

    if (name[0] == '\0')
        return (struct url){ NULL };
    if (!m->media_read) {
        m->media_read = true;
        ctx_clear_problems(&scratch);
        if (form_media(&scratch, &items, &m->media_len, m->form) == OK)
            m->media = items;
        else
            m->media_len = 0;
    }
    for (size_t i = 0; i < m->media_len; i++)
        if (strcmp(m->media[i].name, name) == 0)
            return url_build(m->ctx, "/forms/{}/media/{}", m->form->kind, name);
    return (struct url){ NULL };
}

void media_fill(struct maker *m, struct media_view *v, const struct media *media, const char *label)
{
    const struct label *image = media->image.texts != NULL ? &media->image : &media->big_image;

    if (image->texts != NULL)
        v->image = medium_url(m, image);
    if (media->audio.texts != NULL)
        v->audio = medium_url(m, &media->audio);
    if (media->video.texts != NULL)
        v->video = medium_url(m, &media->video);
    v->alt = label[0] != '\0' ? tr(m->ctx, "Picture: {0}", TR_TEXT(label)) : tr(m->ctx, "Picture");
    v->name = label;
}

/* --- one line --- */

/* A moment as a date and time of the office, for an input element; NULL: it is none. */
static const char *local_moment(struct ctx *ctx, const char *value)
{
    int64_t ms = 0;
    char *text;

    if (!moment_parse(value, &ms))
        return NULL;
    text = moment_local(ctx->arena, ms, ctx->time_zone);
    if (strlen(text) != 16)
        return NULL;
    text[10] = 'T';
    return text;
}

/* A whole date, or a month or a year of it, as the looks of the question ask. */
static void fill_date(struct maker *m, struct widget_line_view *v, const struct field *f)
{
    const bool year = field_looks(f, LOOK_YEAR);
    const char *value = v->w->value;
    const size_t len = year ? 4 : 7;

    v->type = "date";
    if (!year && !field_looks(f, LOOK_MONTH_YEAR))
        return;
    v->type = year ? "text" : "month";
    v->mode = year ? "numeric" : NULL;
    v->value = arena_strndup(m->ctx->arena, value, value[0] ? len : 0);
}

/* What is not a date could not be shown in a date input, and would be lost: it stays a text. */
static void fill_moment(struct maker *m, struct widget_line_view *v, const struct field *f)
{
    const char *value = v->w->value;
    bool empty = value[0] == '\0';

    if (f->kind == FIELD_DATE && (empty || date_valid(value))) {
        fill_date(m, v, f);
    } else if (f->kind == FIELD_TIME && (empty || (strlen(value) >= 5 && value[2] == ':'))) {
        v->type = "time";
    } else if (f->kind == FIELD_DATETIME && (empty || local_moment(m->ctx, value) != NULL)) {
        v->type = "datetime-local";
        v->value = empty ? value : local_moment(m->ctx, value);
    }
}

static void fill_line(struct maker *m, struct widget_view *w, const struct field *f)
{
    struct widget_line_view *v = &w->line;

    v->type = "text";
    v->value = w->value;
    v->barcode = f->kind == FIELD_BARCODE;
    v->thousands = field_looks(f, LOOK_THOUSANDS);
    if (f->kind == FIELD_INTEGER || field_looks(f, LOOK_NUMBERS))
        v->mode = "numeric";
    else if (f->kind == FIELD_DECIMAL)
        v->mode = "decimal";
    else if (field_looks(f, LOOK_URL))
        v->mode = "url";
    if (text_equal(f->type, "email"))
        v->type = "email";
    else if (text_equal(f->type, "phone"))
        v->type = "tel";
    else if (field_looks(f, LOOK_MASKED))
        v->type = "password";
    fill_moment(m, v, f);
}

/* --- choices --- */

/* The choices that a filter allows now; all of them where it cannot be worked out. */
static const struct choice *const *allowed_now(struct maker *m, const struct answers *t,
                                               const struct field *f, size_t *len_out)
{
    const struct choice *const *allowed = NULL;
    struct ctx scratch = *m->ctx;

    ctx_clear_problems(&scratch);
    if (f->choice_filter == NULL && !f->randomize)
        return NULL;
    if (answers_choices(&scratch, t, f, &allowed, len_out) != OK)
        return NULL;
    return allowed;
}

/* The lists of all countries and languages stand by code in their files: by name for a reader. */
static bool is_by_name(const struct field *f)
{
    const char *name = f->choices->name;

    return f->choices->file && (text_equal(name, "countries") || text_equal(name, "languages"));
}

struct placed {
    const char *key;
    const struct choice *choice;
};

static int compare_placed(const void *a, const void *b)
{
    const struct placed *x = a;
    const struct placed *y = b;

    return strcmp(x->key, y->key);
}

/* In the alphabet of the reader; once for a page, however many questions have the list. */
static const struct choice **by_label(struct ctx *ctx, const struct choice_list *list)
{
    const struct choice **out = memo_find(ctx, list, ctx->lang);
    struct placed *all;

    if (out)
        return out;
    out = ARENA_ARRAY(ctx->arena, list->len + 1, const struct choice *);
    all = ARENA_ARRAY(ctx->arena, list->len + 1, struct placed);
    for (size_t i = 0; i < list->len; i++)
        all[i] = (struct placed){ collate_key(ctx, label_text(ctx, &list->items[i].label)),
                                  &list->items[i] };
    qsort(all, list->len, sizeof(all[0]), compare_placed);
    for (size_t i = 0; i < list->len; i++)
        out[i] = all[i].choice;
    memo_keep(ctx, list, ctx->lang, out);
    return out;
}

/*
 * All choices as they stand on the page, and by place in the list whether each is offered now. In
 * an order made by chance those that are not offered come last: a script may still show them.
 */
static const struct choice **in_order(struct maker *m, const struct answers *t,
                                      const struct field *f, bool *here)
{
    const struct choice_list *list = f->choices;
    const struct choice **sorted = is_by_name(f) ? by_label(m->ctx, list) : NULL;
    const struct choice **out = ARENA_ARRAY(m->ctx->arena, list->len + 1, const struct choice *);
    size_t allowed_len = 0;
    const struct choice *const *allowed = allowed_now(m, t, f, &allowed_len);
    bool shuffled = f->randomize && allowed != NULL;
    size_t len = 0;

    for (size_t i = 0; i < list->len; i++)
        here[i] = allowed == NULL;
    for (size_t i = 0; allowed && i < allowed_len; i++) {
        here[allowed[i] - list->items] = true;
        if (shuffled)
            out[len++] = allowed[i];
    }
    for (size_t i = 0; i < list->len; i++) {
        const struct choice *c = sorted ? sorted[i] : &list->items[i];

        if (!shuffled || !here[c - list->items])
            out[len++] = c;
    }
    return out;
}

/*
 * Of rows that search() found under one code one stands on the page: that which is offered now,
 * else the first. Returns how many are left.
 */
static size_t one_of_each(struct arena *a, const struct choice_list *list,
                          const struct choice **items, const bool *here)
{
    const struct choice **shown = ARENA_ARRAY(a, list->len + 1, const struct choice *);
    size_t len = 0;

    for (size_t i = 0; i < list->len; i++) {
        const struct choice *c = items[i];
        const struct choice **one = &shown[choice_find(list, c->name) - list->items];

        if (*one == NULL || (here[c - list->items] && !here[*one - list->items]))
            *one = c;
    }
    for (size_t i = 0; i < list->len; i++)
        if (shown[choice_find(list, items[i]->name) - list->items] == items[i])
            items[len++] = items[i];
    return len;
}

static struct option_view *fill_options(struct maker *m, const struct widget_view *w,
                                        const struct answers *t, const struct field *f,
                                        size_t *len_out)
{
    const struct choice_list *list = f->choices;
    struct option_view *out = ARENA_ARRAY(m->ctx->arena, list->len + 1, struct option_view);
    bool *here = ARENA_ARRAY(m->ctx->arena, list->len + 1, bool);
    const struct choice **items = in_order(m, t, f, here);

    *len_out = list->searched ? one_of_each(m->ctx->arena, list, items, here) : list->len;
    for (size_t i = 0; i < *len_out; i++) {
        const struct choice *c = items[i];

        out[i].code = c->name;
        out[i].label = label_said(m->ctx, &c->label, t);
        media_fill(m, &out[i].media, &c->media, out[i].label[0] != '\0' ? out[i].label : c->name);
        out[i].id = arena_printf(m->ctx->arena, "%s-%s", w->id, c->name);
        out[i].chosen = has_word(w->value, c->name);
        out[i].exclusive = c->exclusive;
        out[i].off = (!here[c - list->items] || c->retired) && !out[i].chosen;
    }
    return out;
}

/* The numbers of a range as options. */
static void fill_scale(struct maker *m, struct widget_view *w, const struct field *f)
{
    size_t len = range_steps(f);
    struct option_view *out = ARENA_ARRAY(m->ctx->arena, len + 1, struct option_view);

    for (size_t i = 0; i < len; i++) {
        out[i].code = decimal_text(m->ctx->arena, f->range.start + (double)i * f->range.step);
        out[i].label = out[i].code;
        out[i].id = arena_printf(m->ctx->arena, "%s-%zu", w->id, i);
        out[i].chosen = strcmp(w->value, out[i].code) == 0;
    }
    w->radios.options = out;
    w->radios.options_len = len;
    w->radios.short_words = true;
}

static void fill_checks(struct maker *m, struct widget_view *w, const struct answers *t,
                        const struct field *f)
{
    struct widget_checks_view *v = &w->checks;
    struct option_view *chosen;

    v->options = fill_options(m, w, t, f, &v->options_len);
    v->is_long = v->options_len > LONG_LIST;
    if (!v->is_long)
        return;
    chosen = ARENA_ARRAY(m->ctx->arena, v->options_len, struct option_view);
    for (size_t i = 0; i < v->options_len; i++)
        if (v->options[i].chosen)
            chosen[v->chosen_len++] = v->options[i];
    v->chosen = chosen;
}

static void fill_rank(struct maker *m, struct widget_view *w, const struct answers *t,
                      const struct field *f)
{
    struct arena *a = m->ctx->arena;
    size_t len = 0;
    const struct option_view *all = fill_options(m, w, t, f, &len);
    size_t said = 0;
    char **codes = text_split(a, w->value, ' ', true, &said);
    struct rank_place_view *places = ARENA_ARRAY(a, len + 1, struct rank_place_view);
    size_t n = 0;

    for (size_t i = 0; i < len; i++) {
        struct option_view *options;

        if (all[i].off)
            continue;
        options = ARENA_ARRAY(a, len + 1, struct option_view);
        for (size_t k = 0; k < len; k++) {
            options[k] = all[k];
            options[k].chosen = n < said && strcmp(codes[n], all[k].code) == 0;
        }
        places[n].number = (int64_t)n + 1;
        places[n].id = arena_printf(a, "%s-%zu", w->id, n + 1);
        places[n].options = options;
        places[n++].options_len = len;
    }
    w->rank = (struct widget_rank_view){ w, arena_printf(a, PART_RANK "%s", w->path), places, n };
}

/* --- ranges, places, files --- */

static void fill_range(struct maker *m, struct widget_view *w, const struct field *f)
{
    struct arena *a = m->ctx->arena;

    w->range.start = decimal_text(a, f->range.start);
    w->range.end = decimal_text(a, f->range.end);
    w->range.step = decimal_text(a, f->range.step);
    w->range.vertical = field_looks(f, LOOK_VERTICAL);
}

static void fill_place(struct maker *m, struct widget_view *w)
{
    struct arena *a = m->ctx->arena;
    struct widget_place_view *v = &w->place;
    size_t len = 0;
    char **parts = text_split(a, w->value, ' ', true, &len);
    bool known = len > 3 && strcmp(parts[3], "0") != 0;

    v->name = arena_printf(a, PART_PLACE "%s", w->path);
    v->latitude = len > 0 ? parts[0] : "";
    v->longitude = len > 1 ? parts[1] : "";
    v->altitude = len > 2 && (known || strcmp(parts[2], "0") != 0) ? parts[2] : "";
    v->accuracy = known ? parts[3] : "";
}

static void fill_trace(struct maker *m, struct widget_view *w)
{
    char *text = arena_strdup(m->ctx->arena, w->value);
    char *to = text;

    for (const char *p = text; *p != '\0'; p++) {
        *to++ = *p == ';' ? '\n' : *p;
        if (*p == ';' && p[1] == ' ')
            p++;
    }
    *to = '\0';
    w->area = (struct widget_area_view){ w, arena_printf(m->ctx->arena, PART_POINTS "%s", w->path),
                                         text, true };
}

bool field_sent_back(const struct field *f)
{
    if (f->calculation == NULL)
        return f->read_only;
    return f->trigger_len > 0 || expr_calls(f->calculation, "once") ||
           expr_calls(f->calculation, "random") || expr_calls(f->calculation, "uuid");
}

void widget_fill(struct maker *m, struct widget_view *w, struct answers *t, const struct field *f)
{
    w->area = (struct widget_area_view){ w, w->path, w->value, false };
    if (w->kind == WIDGET_LINE) {
        fill_line(m, w, f);
    } else if (w->kind == WIDGET_RADIOS || w->kind == WIDGET_SELECT) {
        if (f->kind == FIELD_RANGE) {
            fill_scale(m, w, f);
        } else {
            w->radios.options = fill_options(m, w, t, f, &w->radios.options_len);
        }
        w->select.options = w->radios.options;
        w->select.options_len = w->radios.options_len;
    } else if (w->kind == WIDGET_CHECKS) {
        fill_checks(m, w, t, f);
    } else if (w->kind == WIDGET_REF) {
        ref_fill(m->ctx, w, f, m->post);
    } else if (w->kind == WIDGET_RANK) {
        fill_rank(m, w, t, f);
    } else if (w->kind == WIDGET_RANGE) {
        fill_range(m, w, f);
    } else if (w->kind == WIDGET_PLACE) {
        fill_place(m, w);
    } else if (w->kind == WIDGET_TRACE) {
        fill_trace(m, w);
    } else if (w->kind == WIDGET_FILE) {
        w->file.name = w->value[0] == '\0' ? NULL : answers_shown(m->ctx, f, w->value);
        w->file.drop = arena_printf(m->ctx->arena, "_drop.%s", w->path);
        w->file.accept = media_accept(f);
    } else if (w->kind == WIDGET_SHOWN) {
        w->shown = field_shown(m->ctx, f, w->value);
        w->kept = field_sent_back(f);
    }
}
