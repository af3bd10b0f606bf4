#include "forms/forms_inner.h"

#include <math.h>
#include <string.h>

#include "core/text.h"

/* How a question looks (appearance), its parameters, and attributes kept for XForms. */

struct look_word {
    const char *word;
    unsigned looks; /* 0: known, and without effect here */
};

static const struct look_word words[] = {
    { "multiline", LOOK_MULTILINE },
    { "numbers", LOOK_NUMBERS },
    { "thousands-sep", LOOK_THOUSANDS },
    { "thousand-sep", LOOK_THOUSANDS },
    { "url", LOOK_URL },
    { "masked", LOOK_MASKED },
    { "minimal", LOOK_MINIMAL },
    { "autocomplete", LOOK_AUTOCOMPLETE },
    { "search", LOOK_AUTOCOMPLETE },
    { "likert", LOOK_LIKERT },
    { "horizontal", LOOK_HORIZONTAL },
    { "horizontal-compact", LOOK_HORIZONTAL },
    { "columns", LOOK_COLUMNS },
    { "columns-pack", LOOK_COLUMNS },
    { "compact", LOOK_COLUMNS | LOOK_NO_BUTTONS },
    { "quickcompact", LOOK_COLUMNS | LOOK_NO_BUTTONS | LOOK_QUICK },
    { "label", LOOK_LABEL },
    { "list-nolabel", LOOK_LIST_NOLABEL },
    { "list", LOOK_HORIZONTAL },
    { "no-buttons", LOOK_NO_BUTTONS },
    { "image-map", LOOK_IMAGE_MAP },
    { "map", 0 },
    { "quick", LOOK_QUICK },
    { "field-list", LOOK_FIELD_LIST },
    { "table-list", LOOK_TABLE_LIST | LOOK_FIELD_LIST },
    { "month-year", LOOK_MONTH_YEAR },
    { "year", LOOK_YEAR },
    { "no-calendar", LOOK_NO_CALENDAR },
    { "no-ticks", 0 },
    { "vertical", LOOK_VERTICAL },
    { "picker", LOOK_PICKER },
    { "rating", LOOK_RATING },
    { "distress", LOOK_VERTICAL },
    { "signature", LOOK_SIGNATURE },
    { "draw", LOOK_DRAW },
    { "annotate", LOOK_ANNOTATE },
    { "new", LOOK_NEW },
    { "new-front", LOOK_NEW },
    { "new-rear", LOOK_NEW },
    { "selfie", LOOK_NEW },
    { "front", LOOK_NEW },
    { "maps", LOOK_MAPS },
    { "placement-map", LOOK_PLACEMENT_MAP },
    { "hide-input", 0 },
    { "streets", 0 },
    { "summary", LOOK_SUMMARY },
    { "beside", LOOK_BESIDE },
    { "counter", 0 },
    { "bearing", 0 },
    { "printer", 0 },
    { "dynamic-advanced", 0 },
    { "ethiopian", 0 },
    { "coptic", 0 },
    { "islamic", 0 },
    { "persian", 0 },
    { "myanmar", 0 },
    { "bikram-sambat", 0 },
    { "prompt-yes", 0 },
    { "prompt-no", 0 },
    { "prompt-if-needed", 0 },
    { "prompt-not-initially", 0 },
};

#define WORDS (sizeof(words) / sizeof(words[0]))

/* columns-4, compact-2 and w1 to w10. */
static bool read_numbered(struct field *field, const char *word)
{
    static const char *const beginnings[] = { "columns-", "compact-", "quickcompact-" };
    int64_t n = 0;

    if (word[0] == 'w' && parse_int(word + 1, 1, 10, &n)) {
        field->width = (int)n;
        return true;
    }
    for (size_t i = 0; i < sizeof(beginnings) / sizeof(beginnings[0]); i++) {
        if (!text_starts(word, beginnings[i]) ||
            !parse_int(word + strlen(beginnings[i]), 1, 20, &n))
            continue;
        field->columns = (int)n;
        field->looks |= LOOK_COLUMNS;
        if (i)
            field->looks |= LOOK_NO_BUTTONS;
        return true;
    }
    return false;
}

/* Bytes of the word search at the end: as a call it is no appearance. */
static size_t ends_in_search(const char *text, size_t len)
{
    size_t end = len;
    size_t word = strlen("search");

    while (end && text[end - 1] == ' ')
        end--;
    if (end < word || strncmp(text + end - word, "search", word) != 0 ||
        (end > word && text[end - word - 1] != ' '))
        return 0;
    return len - (end - word);
}

/* search('file', ...) and ex:app(...) are calls: what is in their brackets may have spaces. */
static const char *without_calls(struct arena *a, const char *text)
{
    char *out = arena_strdup(a, text);
    size_t at_byte = 0;
    int depth = 0;

    for (; *text; text++) {
        if (*text == '(' && !depth)
            at_byte -= ends_in_search(out, at_byte);
        depth += *text == '(';
        if (!depth)
            out[at_byte++] = *text;
        depth -= *text == ')' && depth;
    }
    out[at_byte] = '\0';
    return out;
}

static void read_word_of(struct survey *v, struct field *field, const char *word)
{
    struct build *b = v->f->b;
    struct near near;

    near_begin(&near, word);
    for (size_t i = 0; i < WORDS; i++) {
        if (strcmp(words[i].word, word) == 0) {
            field->looks |= words[i].looks;
            return;
        }
        near_try(&near, words[i].word);
    }
    if (read_numbered(field, word) || strchr(word, ':') || strchr(word, '/'))
        return;
    warn(b, v->s->place, v->row->number, column_written(v->s, "appearance"),
         with_near(b->ctx,
                   tr(b->ctx, "The appearance {0} is not known and is passed by.", TR_TEXT(word)),
                   near.found));
}

void read_looks(struct survey *v, struct field *field)
{
    struct arena *a = v->f->b->ctx->arena;
    char **parts;

    field->appearance = at(v, "appearance");
    if (!field->appearance[0])
        return;
    parts = text_split(a, without_calls(a, field->appearance), ' ', true, NULL);
    for (; *parts; parts++)
        read_word_of(v, field, *parts);
}

/* --- parameters --- */

static const char *const range_parameters[] = {
    "start", "end", "step", "tick_interval", "placeholder", "tick_labelset", NULL
};
static const char *const select_parameters[] = { "randomize", "seed", "value", "label", NULL };
static const char *const geo_parameters[] = { "capture-accuracy", "warning-accuracy",
                                              "allow-mock-accuracy", "incremental", NULL };
static const char *const media_parameters[] = { "max-pixels", "quality", "app", NULL };
static const char *const audit_parameters[] = { "location-priority",
                                                "location-min-interval",
                                                "location-max-age",
                                                "track-changes",
                                                "track-changes-reasons",
                                                "identify-user",
                                                NULL };
static const char *const money_parameters[] = { "currency", NULL };
static const char *const text_parameters[] = { "rows", "currency", NULL };

static const char *const *parameters_of(const struct field *field)
{
    if (field->kind == FIELD_RANGE)
        return range_parameters;
    if (field_has_codes(field))
        return select_parameters;
    if (field->kind == FIELD_GEOPOINT || field->kind == FIELD_GEOTRACE ||
        field->kind == FIELD_GEOSHAPE)
        return geo_parameters;
    if (field->meta == META_AUDIT)
        return audit_parameters;
    if (field_is_file(field))
        return media_parameters;
    return field->kind == FIELD_TEXT ? text_parameters : money_parameters;
}

static void refuse_parameter(struct survey *v, const struct field *field, const char *name)
{
    struct ctx *ctx = v->f->b->ctx;
    const char *const *known = parameters_of(field);
    const char *all = known[0];

    for (size_t i = 1; known[i]; i++)
        all = arena_printf(ctx->arena, "%s, %s", all, known[i]);
    wrong(v, "parameters",
          with_near(ctx,
                    tr(ctx, "{0} is no parameter of this type: those are {1}.", TR_TEXT(name),
                       TR_TEXT(all)),
                    nearest_of(name, known, NULL)));
}

static bool is_one_of(const char *name, const char *const *known)
{
    while (*known && strcmp(*known, name) != 0)
        known++;
    return *known != NULL;
}

static double number_parameter(struct survey *v, const struct field *field, const char *name,
                               double otherwise)
{
    const char *text = field_parameter(field, name);
    double d = otherwise;

    if (text && !parse_decimal(text, &d))
        wrong(v, "parameters",
              tr(v->f->b->ctx, "{0} is {1}, which is no number.", TR_TEXT(name), TR_TEXT(text)));
    return d;
}

/* Whether the last value of the range is a whole number of steps from its first. */
static bool reaches(const struct field_range *r)
{
    double steps = (r->end - r->start) / r->step;

    return fabs(steps - round(steps)) < 1e-6;
}

static void read_range(struct survey *v, struct field *field)
{
    struct ctx *ctx = v->f->b->ctx;
    struct field_range r = { .start = number_parameter(v, field, "start", 1),
                             .end = number_parameter(v, field, "end", 10),
                             .step = number_parameter(v, field, "step", 1) };

    r.whole = r.start == floor(r.start) && r.step == floor(r.step);
    field->range = r;
    if (r.step <= 0 || r.end <= r.start)
        wrong(v, "parameters",
              tr(ctx, "A range goes up, from start to end in steps above 0: {0}.",
                 TR_TEXT("start=0 end=10 step=1")));
    else if (!reaches(&r))
        wrong(v, "parameters",
              tr(ctx, "The steps do not lead from {0} to {1}: change start, end or step.",
                 TR_TEXT(decimal_text(ctx->arena, r.start)),
                 TR_TEXT(decimal_text(ctx->arena, r.end))));
}

/* start = 0 is start=0. */
static char *without_spaces(char *text)
{
    size_t len = 0;

    for (const char *p = text; *p; p++) {
        const char *next = p + strspn(p, " ");

        if (*p == ' ' && (*next == '=' || (len && text[len - 1] == '=')))
            continue;
        text[len++] = *p;
    }
    text[len] = '\0';
    return text;
}

void read_parameters(struct survey *v, struct field *field)
{
    struct arena *a = v->f->b->ctx->arena;
    char *text = arena_strdup(a, at(v, "parameters"));
    size_t len = 0;
    char **parts;
    struct field_setting *out;

    for (char *p = text; *p; p++)
        if (*p == ',' || *p == ';' || *p == '\n')
            *p = ' ';
    parts = text_split(a, without_spaces(text), ' ', true, &len);
    out = ARENA_ARRAY(a, len + 1, struct field_setting);
    for (size_t i = 0; i < len; i++) {
        const char *equals = strchr(parts[i], '=');
        const char *name =
            arena_strndup(a, parts[i], equals ? (size_t)(equals - parts[i]) : strlen(parts[i]));

        if (!equals || !equals[1])
            wrong(v, "parameters",
                  tr(v->f->b->ctx, "A parameter is written {0}, without spaces, and {1} is not.",
                     TR_TEXT("name=value"), TR_TEXT(parts[i])));
        else if (!is_one_of(name, parameters_of(field)))
            refuse_parameter(v, field, name);
        else
            out[field->parameters_len++] = (struct field_setting){ name, equals + 1 };
    }
    field->parameters = out;
    if (field->kind == FIELD_RANGE)
        read_range(v, field);
}

/* --- attributes of XForms --- */

void read_attributes(struct survey *v, struct field *field)
{
    static const char *const kept[] = { "body::", "control::", "bind::", "instance::" };
    struct field_setting *out =
        ARENA_ARRAY(v->f->b->ctx->arena, v->s->columns_len + 1, struct field_setting);

    for (size_t i = 0; i < v->s->columns_len && i < v->row->len; i++) {
        const char *name = v->s->names[i];

        if (!v->row->cells[i][0] || text_starts(name, "bind::hw:") ||
            (strcmp(name, "autoplay") != 0 && v->s->languages[i]))
            continue;
        for (size_t k = 0; k < sizeof(kept) / sizeof(kept[0]); k++)
            if (text_starts(name, kept[k]))
                out[field->attributes_len++] = (struct field_setting){ name, v->row->cells[i] };
    }
    field->attributes = out;
}
