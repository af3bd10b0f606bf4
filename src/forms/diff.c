#include "forms/diff.h"

#include <stddef.h>
#include <string.h>

#include "core/text.h"
#include "forms/forms_inner.h"

/* The difference of two versions of a form. */

struct differ {
    struct ctx *ctx;
    struct form_change *items;
    size_t len;
    size_t cap;
};

static void add(struct differ *d, struct form_change change)
{
    if (d->len == d->cap) {
        size_t cap = d->cap ? d->cap * 2 : 32;

        d->items = arena_grow(d->ctx->arena, d->items, d->cap * sizeof(*d->items),
                              cap * sizeof(*d->items));
        d->cap = cap;
    }
    change.column = change.column ? change.column : "";
    change.option = change.option ? change.option : "";
    change.was = change.was ? change.was : "";
    change.is = change.is ? change.is : "";
    d->items[d->len++] = change;
}

/* --- texts --- */

static const char *text_in(const struct label *label, const char *language)
{
    for (size_t i = 0; label->texts && label->languages[i]; i++)
        if (strcmp(label->languages[i], language) == 0)
            return label->texts[i] ? label->texts[i] : "";
    return "";
}

/* Whether every text of one stands in the other. */
static bool holds_texts(const struct label *a, const struct label *b)
{
    for (size_t i = 0; a->texts && a->languages[i]; i++)
        if (a->texts[i] && strcmp(a->texts[i], text_in(b, a->languages[i])) != 0)
            return false;
    return true;
}

static bool same_label(const struct label *a, const struct label *b)
{
    return holds_texts(a, b) && holds_texts(b, a);
}

struct text_column {
    const char *column;
    size_t offset;
};

static const struct text_column texts[] = {
    { "label", offsetof(struct field, label) },
    { "hint", offsetof(struct field, hint) },
    { "guidance_hint", offsetof(struct field, guidance) },
    { "constraint_message", offsetof(struct field, constraint_message) },
    { "required_message", offsetof(struct field, required_message) },
    { "image", offsetof(struct field, media.image) },
    { "big-image", offsetof(struct field, media.big_image) },
    { "audio", offsetof(struct field, media.audio) },
    { "video", offsetof(struct field, media.video) },
};

static const struct label *label_at(const struct field *f, size_t offset)
{
    return (const struct label *)(const void *)((const char *)f + offset);
}

static void diff_texts(struct differ *d, const struct field *was, const struct field *is)
{
    for (size_t i = 0; i < sizeof(texts) / sizeof(texts[0]); i++) {
        const struct label *a = label_at(was, texts[i].offset);
        const struct label *b = label_at(is, texts[i].offset);

        if (!same_label(a, b))
            add(d, (struct form_change){ .kind = CHANGE_RELABELLED,
                                         .field = is->name,
                                         .column = texts[i].column,
                                         .was = label_text(d->ctx, a),
                                         .is = label_text(d->ctx, b) });
    }
}

/* --- type and place --- */

static const char *type_text(struct ctx *ctx, const struct field *f)
{
    const char *type = field_type_word(f);

    if (f->type && f->currency)
        return arena_printf(ctx->arena, "%s %s %s", type, f->type, f->currency);
    return f->type ? arena_printf(ctx->arena, "%s %s", type, f->type) : type;
}

static const char *name_of(const struct field *f)
{
    return f ? f->name : "";
}

static void diff_type(struct differ *d, const struct field *was, const struct field *is)
{
    bool retyped = was->kind != is->kind || was->meta != is->meta ||
                   !text_equal(was->type, is->type) || !text_equal(was->currency, is->currency) ||
                   !text_equal(was->ref, is->ref);
    bool stored = field_has_value(was) || was->kind == FIELD_REPEAT;
    bool elsewhere = strcmp(name_of(was->repeat), name_of(is->repeat)) != 0;

    if (retyped || (elsewhere && stored))
        add(d, (struct form_change){
                   .kind = CHANGE_RETYPED,
                   .bar = was->core ? CHANGE_BARS_CORE
                          : stored  ? CHANGE_BARS_STORED
                                    : CHANGE_FREE,
                   .field = is->name,
                   .column = "type",
                   .was = elsewhere && was->repeat ? name_of(was->repeat) : type_text(d->ctx, was),
                   .is = elsewhere && is->repeat ? name_of(is->repeat) : type_text(d->ctx, is) });
    else if (strcmp(name_of(was->parent), name_of(is->parent)) != 0)
        add(d, (struct form_change){ .kind = CHANGE_MOVED,
                                     .field = is->name,
                                     .was = name_of(was->parent),
                                     .is = name_of(is->parent) });
}

/* --- choices --- */

static void diff_choices(struct differ *d, const struct field *was, const struct field *is)
{
    const struct choice_list *before = was->choices;
    const struct choice_list *after = is->choices;

    for (size_t i = 0; after && i < after->len; i++) {
        const struct choice *c = &after->items[i];
        const struct choice *old = choice_find(before, c->name);

        if (!old)
            add(d, (struct form_change){ .kind = CHANGE_OPTION_ADDED,
                                         .field = is->name,
                                         .option = c->name,
                                         .is = label_text(d->ctx, &c->label) });
        else if (!same_label(&old->label, &c->label))
            add(d, (struct form_change){ .kind = CHANGE_OPTION_RELABELLED,
                                         .field = is->name,
                                         .option = c->name,
                                         .was = label_text(d->ctx, &old->label),
                                         .is = label_text(d->ctx, &c->label) });
    }
    for (size_t i = 0; before && i < before->len; i++) {
        const struct choice *c = &before->items[i];

        if (after && !choice_find(after, c->name))
            add(d, (struct form_change){ .kind = CHANGE_OPTION_REMOVED,
                                         .bar = was->core ? CHANGE_BARS_CORE : CHANGE_BARS_STORED,
                                         .field = is->name,
                                         .option = c->name,
                                         .was = label_text(d->ctx, &c->label) });
    }
}

/* --- expressions and binds --- */

static const char *source_of(const struct expr *e, bool yes)
{
    return e ? expr_source(e) : yes ? "yes" : "";
}

static void diff_expressions(struct differ *d, const struct field *was, const struct field *is)
{
    struct field_expression before[FIELD_EXPRESSIONS];
    struct field_expression after[FIELD_EXPRESSIONS];

    field_expressions(was, before);
    field_expressions(is, after);
    for (size_t i = 0; i < FIELD_EXPRESSIONS; i++) {
        bool required = strcmp(before[i].column, "required") == 0;
        const char *a = source_of(before[i].expr, required && was->required);
        const char *b = source_of(after[i].expr, required && is->required);

        if (strcmp(a, b) != 0)
            add(d, (struct form_change){ .kind = CHANGE_EXPRESSION,
                                         .field = is->name,
                                         .column = before[i].column,
                                         .was = a,
                                         .is = b });
    }
}

static void diff_bind(struct differ *d, const struct field *is, enum change_bar bar,
                      const char *column, const char *const was_is[2])
{
    if (!text_equal(was_is[0], was_is[1]))
        add(d, (struct form_change){ .kind = CHANGE_BIND,
                                     .bar = bar,
                                     .field = is->name,
                                     .column = column,
                                     .was = was_is[0],
                                     .is = was_is[1] });
}

static const char *privacy_text(enum privacy privacy)
{
    static const char *const words[] = { [PRIVACY_PUBLIC] = "public",
                                         [PRIVACY_INTERNAL] = "internal",
                                         [PRIVACY_PERSONAL] = "personal",
                                         [PRIVACY_SENSITIVE] = "sensitive" };

    return words[privacy];
}

static const char *yes_text(bool yes)
{
    return yes ? "yes" : "no";
}

static const char *store_text(const struct field *f)
{
    return f->store == STORE_OPEN ? "open" : "sealed";
}

static const char *index_text(const struct field *f)
{
    static const char *const words[] = { "", "name", "phone", "exact" };

    return words[f->index];
}

static const char *range_text(struct ctx *ctx, const struct field *f)
{
    if (f->kind != FIELD_RANGE)
        return "";
    return arena_printf(
        ctx->arena, "start=%s end=%s step=%s", decimal_text(ctx->arena, f->range.start),
        decimal_text(ctx->arena, f->range.end), decimal_text(ctx->arena, f->range.step));
}

static void diff_binds(struct differ *d, const struct field *was, const struct field *is)
{
    struct arena *a = d->ctx->arena;
    bool opened = was->store == STORE_SEALED && is->store == STORE_OPEN;
    bool wider = is->privacy < was->privacy;
    struct {
        const char *column;
        enum change_bar bar;
        const char *was_is[2];
    } rows[] = {
        { "bind::hw:privacy",
          wider ? CHANGE_BARS_CLASS : CHANGE_FREE,
          { privacy_text(was->privacy), privacy_text(is->privacy) } },
        { "bind::hw:store",
          opened && field_has_value(is) ? CHANGE_BARS_CLASS : CHANGE_FREE,
          { store_text(was), store_text(is) } },
        { "bind::hw:core",
          was->core ? CHANGE_BARS_CORE : CHANGE_FREE,
          { yes_text(was->core), yes_text(is->core) } },
        { "bind::hw:index", CHANGE_FREE, { index_text(was), index_text(is) } },
        { "bind::hw:list",
          CHANGE_FREE,
          { arena_printf(a, "%d", was->list), arena_printf(a, "%d", is->list) } },
        { "bind::hw:stat", CHANGE_FREE, { was->stat ? was->stat : "", is->stat ? is->stat : "" } },
        { "read_only", CHANGE_FREE, { yes_text(was->read_only), yes_text(is->read_only) } },
        { "appearance", CHANGE_FREE, { was->appearance, is->appearance } },
        { "parameters", CHANGE_FREE, { range_text(d->ctx, was), range_text(d->ctx, is) } },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        diff_bind(d, is, rows[i].bar, rows[i].column, rows[i].was_is);
}

/* --- the form --- */

static void diff_setting(struct differ *d, enum change_bar bar, const char *column,
                         const char *const was_is[2])
{
    if (!text_equal(was_is[0], was_is[1]))
        add(d, (struct form_change){ .kind = CHANGE_SETTING,
                                     .bar = bar,
                                     .field = "",
                                     .column = column,
                                     .was = was_is[0],
                                     .is = was_is[1] });
}

static bool has_state(const struct form *form, const char *name)
{
    bool found = strcmp(form->initial_status, name) == 0;

    for (size_t i = 0; i < form->states_len && !found; i++)
        found = strcmp(form->states[i].from, name) == 0 || strcmp(form->states[i].to, name) == 0;
    return found;
}

/* A status that records may have cannot go. */
static void diff_states(struct differ *d, const struct form *was, const struct form *is)
{
    for (size_t i = 0; i < was->states_len; i++) {
        const char *const gone[2] = { was->states[i].to, "" };

        if (!has_state(is, was->states[i].to))
            diff_setting(d, CHANGE_BARS_STORED, "hw_states", gone);
    }
    for (size_t i = 0; i < is->states_len; i++) {
        const char *const added[2] = { "", is->states[i].to };

        if (!has_state(was, is->states[i].to))
            diff_setting(d, CHANGE_FREE, "hw_states", added);
    }
}

static void diff_settings(struct differ *d, const struct form *was, const struct form *is)
{
    const struct {
        const char *column;
        enum change_bar bar;
        const char *was_is[2];
    } rows[] = {
        { "form_id", CHANGE_BARS_STORED, { was->kind, is->kind } },
        { "form_title",
          CHANGE_FREE,
          { label_text(d->ctx, &was->title), label_text(d->ctx, &is->title) } },
        { "hw:subject", CHANGE_BARS_STORED, { was->subject, is->subject } },
        { "hw:parent", CHANGE_BARS_STORED, { was->parent, is->parent } },
        { "hw:number", CHANGE_FREE, { was->number, is->number } },
        { "hw:privacy",
          is->privacy < was->privacy ? CHANGE_BARS_CLASS : CHANGE_FREE,
          { privacy_text(was->privacy), privacy_text(is->privacy) } },
        { "style", CHANGE_FREE, { was->style, is->style } },
        { "instance_name",
          CHANGE_FREE,
          { source_of(was->instance_name, false), source_of(is->instance_name, false) } },
    };

    for (size_t i = 0; i < sizeof(rows) / sizeof(rows[0]); i++)
        diff_setting(d, rows[i].bar, rows[i].column, rows[i].was_is);
    diff_states(d, was, is);
}

static void diff_field(struct differ *d, const struct field *was, const struct field *is)
{
    diff_type(d, was, is);
    diff_texts(d, was, is);
    diff_choices(d, was, is);
    diff_expressions(d, was, is);
    diff_binds(d, was, is);
}

enum err form_diff(struct ctx *ctx, struct form_diff *out, const struct form *was,
                   const struct form *is)
{
    struct differ d = { .ctx = ctx };

    if (was)
        diff_settings(&d, was, is);
    for (size_t i = 0; i < is->all_len; i++) {
        const struct field *old = was ? field_find(was, is->all[i]->name) : NULL;

        if (old)
            diff_field(&d, old, is->all[i]);
        else
            add(&d, (struct form_change){ .kind = CHANGE_ADDED,
                                          .field = is->all[i]->name,
                                          .is = label_text(ctx, &is->all[i]->label) });
    }
    for (size_t i = 0; was && i < was->all_len; i++)
        if (!field_find(is, was->all[i]->name))
            add(&d, (struct form_change){ .kind = CHANGE_REMOVED,
                                          .bar = was->all[i]->core ? CHANGE_BARS_CORE : CHANGE_FREE,
                                          .field = was->all[i]->name,
                                          .was = label_text(ctx, &was->all[i]->label) });
    *out = (struct form_diff){ .items = d.items, .len = d.len };
    for (size_t i = 0; i < d.len; i++)
        out->barred += d.items[i].bar != CHANGE_FREE;
    return OK;
}

/* --- in words --- */

static const char *or_nothing(struct ctx *ctx, const char *text)
{
    return text[0] ? text : tr(ctx, "nothing");
}

static const char *what_changed(struct ctx *ctx, const struct form_change *c)
{
    const char *was = or_nothing(ctx, c->was);
    const char *is = or_nothing(ctx, c->is);

    switch (c->kind) {
    case CHANGE_ADDED:
        return tr(ctx, "{0} is new.", TR_TEXT(c->field));
    case CHANGE_REMOVED:
        return tr(ctx, "{0} is taken out.", TR_TEXT(c->field));
    case CHANGE_RETYPED:
        return tr(ctx, "{0} becomes {2}; it was {1}.", TR_TEXT(c->field), TR_TEXT(was),
                  TR_TEXT(is));
    case CHANGE_MOVED:
        return tr(ctx, "{0} stands elsewhere.", TR_TEXT(c->field));
    case CHANGE_RELABELLED:
        return tr(ctx, "{1} of {0} reads “{3}”; it was “{2}”.", TR_TEXT(c->field),
                  TR_TEXT(c->column), TR_TEXT(was), TR_TEXT(is));
    case CHANGE_OPTION_ADDED:
        return tr(ctx, "{0} has the new choice {1}.", TR_TEXT(c->field), TR_TEXT(c->option));
    case CHANGE_OPTION_REMOVED:
        return tr(ctx, "{0} has no choice {1} any more.", TR_TEXT(c->field), TR_TEXT(c->option));
    case CHANGE_OPTION_RELABELLED:
        return tr(ctx, "The choice {1} of {0} reads “{3}”; it was “{2}”.", TR_TEXT(c->field),
                  TR_TEXT(c->option), TR_TEXT(was), TR_TEXT(is));
    case CHANGE_EXPRESSION:
    case CHANGE_BIND:
        return tr(ctx, "{1} of {0} is {3}; it was {2}.", TR_TEXT(c->field), TR_TEXT(c->column),
                  TR_TEXT(was), TR_TEXT(is));
    case CHANGE_SETTING:
        break;
    }
    return tr(ctx, "{0} of the form is {2}; it was {1}.", TR_TEXT(c->column), TR_TEXT(was),
              TR_TEXT(is));
}

const char *form_change_text(struct ctx *ctx, const struct form_change *change)
{
    const char *text = what_changed(ctx, change);

    switch (change->bar) {
    case CHANGE_BARS_CORE:
        return tr(ctx,
                  "{0} This cannot be published: the program, a rule or a score names this field.",
                  TR_TEXT(text));
    case CHANGE_BARS_STORED:
        return tr(ctx, "{0} This cannot be published: answers that are stored would be misread.",
                  TR_TEXT(text));
    case CHANGE_BARS_CLASS:
        return tr(ctx, "{0} This cannot be published: what is sealed would be opened.",
                  TR_TEXT(text));
    case CHANGE_FREE:
        break;
    }
    return text;
}
