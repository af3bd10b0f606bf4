/* From the sections of a profile's file to a profile; and the list of all profiles. */
#include "survey/profile.h"

#include <string.h>

#include "core/asset.h"
#include "core/buf.h"
#include "core/text.h"
#include "core/tr.h"
#include "survey/rounds.h"

#define DIRECTORY "content/scoring/"
#define SHIPPED   "homeward-1"
#define NAME_LEN  41

static const char *const dimension_names[DIM_COUNT] = { "economic", "social", "psychosocial",
                                                        "composite" };

static const char *const rule_names[] = { "code", "any", "mean", "source", "none" };

const char *dimension_code(enum dimension d)
{
    return dimension_names[d];
}

/* A file in memory. */
struct text_bytes {
    const char *bytes;
    size_t len;
};

static int dimension_find(const char *name, int len)
{
    for (int i = 0; i < len; i++)
        if (strcmp(dimension_names[i], name) == 0)
            return i;
    return -1;
}

int profile_question(const struct profile *p, const char *name)
{
    for (size_t i = 0; i < p->len; i++)
        if (strcmp(p->questions[i].name, name) == 0)
            return (int)i;
    return -1;
}

int64_t common_divisor(int64_t a, int64_t b)
{
    while (b) {
        int64_t rest = a % b;

        a = b;
        b = rest;
    }
    return a ? a : 1;
}

int64_t common_multiple(int64_t a, int64_t b, int64_t max)
{
    int64_t part = b / common_divisor(a, b);

    return a > 0 && part > 0 && part <= max / a ? a * part : 0;
}

/* Texts of the columns "title::Language (code)"; the code is what stands in brackets. */
static struct profile_text *read_texts(struct profile_file *file, struct arena *a,
                                       const struct profile_section *part,
                                       const struct profile_row *row, size_t *len_out)
{
    struct profile_text *texts = ARENA_ARRAY(a, part->columns_len, struct profile_text);
    bool english = false;

    *len_out = 0;
    for (size_t i = 0; i < part->columns_len; i++) {
        const char *open = strrchr(part->columns[i], '(');

        if (!open || !*row->cells[i])
            continue;
        texts[*len_out] = (struct profile_text){ arena_strndup(a, open + 1, strlen(open) - 2),
                                                 arena_strdup(a, row->cells[i]) };
        english = english || strcmp(texts[*len_out].lang, "en") == 0;
        ++*len_out;
    }
    if (!english)
        profile_mistake(file, row->number, NULL, tr(file->ctx, "The English text is missing."));
    return texts;
}

/* A limit of a band: from 0 to 1. */
static struct score read_limit(struct profile_file *file, const struct profile_section *part,
                               const char *column)
{
    const char *text = profile_cell(part, part->rows, column);
    struct score limit = { 0, 1 };

    if (!profile_number(text, &limit) || limit.num > limit.den)
        profile_mistake(file, part->rows->number, column,
                        tr(file->ctx, "“{0}” is no number from 0 to 1.", TR_TEXT(text)));
    return limit;
}

static bool name_good(const char *name)
{
    size_t len = strlen(name);

    if (len == 0 || len > NAME_LEN || name[0] < 'a' || name[0] > 'z')
        return false;
    for (size_t i = 0; i < len; i++)
        if (!(name[i] >= 'a' && name[i] <= 'z') && !ascii_is_digit(name[i]) && name[i] != '-')
            return false;
    return true;
}

static void read_head(struct profile_file *file, struct arena *a, struct profile *p)
{
    const struct profile_section *part = &file->parts[PART_PROFILE];
    struct ctx *ctx = file->ctx;
    const char *text;
    int64_t number = 0;

    if (part->len != 1) {
        profile_mistake(file, 0, NULL, tr(ctx, "The section profile has one row."));
        return;
    }
    text = profile_cell(part, part->rows, "name");
    if (!name_good(text) || strcmp(text, p->name) != 0)
        profile_mistake(
            file, part->rows->number, "name",
            tr(ctx, "“{0}” is not the file's name, {1}.", TR_TEXT(text), TR_TEXT(p->name)));
    p->version = arena_strdup(a, profile_cell(part, part->rows, "version"));
    if (text_blank(p->version))
        profile_mistake(file, part->rows->number, "version", tr(ctx, "The version is missing."));
    text = profile_cell(part, part->rows, "form");
    p->form = form_find(file->forms, text);
    if (!p->form)
        profile_mistake(file, part->rows->number, "form",
                        tr(ctx, "There is no form “{0}”.", TR_TEXT(text)));
    p->titles = read_texts(file, a, part, part->rows, &p->titles_len);
    p->intensified_below = read_limit(file, part, "intensified_below");
    p->hands_off_above = read_limit(file, part, "hands_off_above");
    if (p->intensified_below.num * p->hands_off_above.den >
        p->hands_off_above.num * p->intensified_below.den)
        profile_mistake(file, part->rows->number, "hands_off_above",
                        tr(ctx, "This is less than intensified_below."));
    text = profile_cell(part, part->rows, "accuracy_flag_above");
    if (!parse_int(text, 0, 1000, &number))
        profile_mistake(
            file, part->rows->number, "accuracy_flag_above",
            tr(ctx, "“{0}” is no whole number from 0 to {1}.", TR_TEXT(text), TR_INT(1000)));
    p->accuracy_flag_above = (int)number;
}

static void read_dimensions(struct profile_file *file, struct arena *a, struct profile *p)
{
    const struct profile_section *part = &file->parts[PART_DIMENSIONS];
    struct ctx *ctx = file->ctx;

    for (size_t i = 0; i < part->len; i++) {
        const char *name = profile_cell(part, &part->rows[i], "dimension");
        int d = dimension_find(name, PROFILE_SECTIONS);

        if (d < 0)
            profile_mistake(file, part->rows[i].number, "dimension",
                            tr(ctx, "“{0}” is no dimension.", TR_TEXT(name)));
        else if (p->labels[d])
            profile_mistake(file, part->rows[i].number, "dimension",
                            tr(ctx, "“{0}” is there twice.", TR_TEXT(name)));
        else
            p->labels[d] = read_texts(file, a, part, &part->rows[i], &p->labels_len[d]);
    }
    for (int d = 0; d < PROFILE_SECTIONS; d++)
        if (!p->labels[d])
            profile_mistake(file, 0, NULL,
                            tr(ctx, "The dimension {0} is missing.", TR_TEXT(dimension_names[d])));
}

/* The dimension in whose group a field stands, or -1. */
static int dimension_of(const struct field *f)
{
    for (const struct field *up = f->parent; up; up = up->parent) {
        int d = dimension_find(up->name, PROFILE_SECTIONS);

        if (d >= 0)
            return d;
    }
    return -1;
}

static bool is_question(const struct field *f)
{
    return dimension_of(f) >= 0 && (f->kind == FIELD_SELECT_ONE ||
                                    f->kind == FIELD_SELECT_MULTIPLE || f->kind == FIELD_CALCULATE);
}

static enum decline decline_of(const struct choice *choice)
{
    if (!choice->decline)
        return DECLINE_NOT;
    return strcmp(choice->decline, "na") == 0 ? DECLINE_NA : DECLINE_COUNTED;
}

/*
 * The codes of a question. Where it offers no way to decline, the technical code not_answered
 * (R-A4-24) says that there was no answer.
 */
static void add_codes(struct arena *a, struct question *q)
{
    const struct choice_list *list = q->field->choices;
    bool declinable = false;

    if (!list)
        return;
    q->codes = ARENA_ARRAY(a, list->len + 1, struct profile_code);
    for (size_t i = 0; i < list->len; i++) {
        const struct choice *choice = &list->items[i];

        declinable = declinable || (choice->decline && strcmp(choice->decline, "declined") == 0);
        q->codes[q->codes_len++] = (struct profile_code){
            .name = choice->name,
            .len = strlen(choice->name),
            .choice = choice,
            .exclusive = choice->exclusive || choice->decline,
            .decline = decline_of(choice),
            .points = NO_POINTS,
        };
    }
    if (!declinable)
        q->codes[q->codes_len++] = (struct profile_code){
            .name = "not_answered",
            .len = strlen("not_answered"),
            .exclusive = true,
            .points = NO_POINTS,
        };
}

/* One question for each of the form, in its order; the rows of the file fill them in. */
static void add_questions(struct profile_file *file, struct arena *a, struct profile *p)
{
    size_t len = 0;

    for (size_t i = 0; i < p->form->all_len; i++)
        len += is_question(p->form->all[i]);
    if (len > PROFILE_QUESTIONS_MAX) {
        profile_mistake(
            file, 0, NULL,
            tr(file->ctx, "A profile has at most {0} questions.", TR_INT(PROFILE_QUESTIONS_MAX)));
        return;
    }
    p->questions = ARENA_ARRAY(a, len, struct question);
    for (size_t i = 0; i < p->form->all_len; i++) {
        const struct field *f = p->form->all[i];
        struct question *q = &p->questions[p->len];

        if (!is_question(f))
            continue;
        *q = (struct question){ .name = f->name,
                                .field = f,
                                .dimension = (enum dimension)dimension_of(f),
                                .rule = RULE_NONE,
                                .multiple = f->kind == FIELD_SELECT_MULTIPLE,
                                .conditional = f->relevant != NULL,
                                .mean = -1 };
        if (f->choices && f->choices->len >= PROFILE_CODES_MAX)
            profile_mistake(
                file, 0, NULL,
                tr(file->ctx, "The question {0} has too many choices.", TR_TEXT(f->name)));
        else
            add_codes(a, q);
        p->len++;
    }
}

/* Whether a rule can be for a question of this kind. */
static bool rule_fits(enum rule rule, enum field_kind kind)
{
    switch (rule) {
    case RULE_CODE:
    case RULE_SOURCE:
        return kind == FIELD_SELECT_ONE;
    case RULE_ANY:
        return kind == FIELD_SELECT_MULTIPLE;
    case RULE_MEAN:
        return kind == FIELD_CALCULATE;
    case RULE_NONE:
        return true;
    }
    return false;
}

static int rule_find(const char *name)
{
    for (size_t i = 0; i < sizeof(rule_names) / sizeof(rule_names[0]); i++)
        if (strcmp(rule_names[i], name) == 0)
            return (int)i;
    return -1;
}

/* The lowest and the highest step of a mean. */
static void read_steps_range(struct profile_file *file, const struct profile_row *row,
                             struct question *q)
{
    const struct profile_section *part = &file->parts[PART_QUESTIONS];
    const char *low_text = profile_cell(part, row, "low");
    const char *high_text = profile_cell(part, row, "high");
    int64_t low = 0;
    int64_t high = 0;

    if (!parse_int(low_text, 0, 999, &low) || !parse_int(high_text, low + 1, 1000, &high))
        profile_mistake(file, row->number, "high",
                        tr(file->ctx, "A mean needs whole numbers in low and high."));
    q->low = (int)low;
    q->high = (int)high;
}

static void read_question(struct profile_file *file, const struct profile_row *row,
                          struct profile *p, struct question *q)
{
    const struct profile_section *part = &file->parts[PART_QUESTIONS];
    struct ctx *ctx = file->ctx;
    const char *text = profile_cell(part, row, "dimension");
    int rule;

    if (strcmp(text, dimension_names[q->dimension]) != 0)
        profile_mistake(file, row->number, "dimension",
                        tr(ctx, "{0} stands in the group {1} of the form.", TR_TEXT(q->name),
                           TR_TEXT(dimension_names[q->dimension])));
    text = profile_cell(part, row, "rule");
    rule = rule_find(text);
    if (rule < 0) {
        profile_mistake(file, row->number, "rule",
                        tr(ctx, "There is no rule “{0}”.", TR_TEXT(text)));
        return;
    }
    q->rule = (enum rule)rule;
    if (!rule_fits(q->rule, q->field->kind))
        profile_mistake(file, row->number, "rule",
                        tr(ctx, "The rule {0} is not for questions of this kind.", TR_TEXT(text)));
    if (q->rule == RULE_MEAN) {
        read_steps_range(file, row, q);
        if (p->means_len == PROFILE_MEANS_MAX) {
            profile_mistake(file, row->number, "rule",
                            tr(ctx, "A profile has at most {0} means.", TR_INT(PROFILE_MEANS_MAX)));
            return;
        }
        q->mean = (int)p->means_len;
        p->means[p->means_len++] = (size_t)(q - p->questions);
    } else if (*profile_cell(part, row, "from") || *profile_cell(part, row, "low") ||
               *profile_cell(part, row, "high")) {
        profile_mistake(file, row->number, "from",
                        tr(ctx, "Only the rule mean has from, low and high."));
    }
}

/* Which questions go into a mean. */
static void read_from(struct profile_file *file, const struct profile_row *row, struct profile *p,
                      const struct question *mean)
{
    const struct profile_section *part = &file->parts[PART_QUESTIONS];
    struct ctx *ctx = file->ctx;
    size_t len = 0;
    char **names = text_split(ctx->arena, profile_cell(part, row, "from"), ' ', false, &len);

    for (size_t i = 0; i < len; i++) {
        int place = profile_question(p, names[i]);
        struct question *q = place < 0 ? NULL : &p->questions[place];

        if (!q || q->rule != RULE_SOURCE)
            profile_mistake(
                file, row->number, "from",
                tr(ctx, "“{0}” is no question with the rule source.", TR_TEXT(names[i])));
        else if (q->mean >= 0)
            profile_mistake(file, row->number, "from",
                            tr(ctx, "{0} goes into a mean already.", TR_TEXT(names[i])));
        else
            q->mean = mean->mean;
    }
}

static void read_questions(struct profile_file *file, struct arena *a, struct profile *p)
{
    const struct profile_section *part = &file->parts[PART_QUESTIONS];
    struct ctx *ctx = file->ctx;
    bool *seen = ARENA_ARRAY(ctx->arena, PROFILE_QUESTIONS_MAX, bool);

    add_questions(file, a, p);
    for (size_t i = 0; i < part->len; i++) {
        const char *name = profile_cell(part, &part->rows[i], "question");
        int place = profile_question(p, name);

        if (place < 0) {
            profile_mistake(file, part->rows[i].number, "question",
                            tr(ctx, "The form has no question “{0}”.", TR_TEXT(name)));
        } else if (seen[place]) {
            profile_mistake(file, part->rows[i].number, "question",
                            tr(ctx, "“{0}” is there twice.", TR_TEXT(name)));
        } else {
            seen[place] = true;
            read_question(file, &part->rows[i], p, &p->questions[place]);
        }
    }
    for (size_t i = 0; i < p->len; i++)
        if (!seen[i] && !file->adapted)
            profile_mistake(file, 0, NULL,
                            tr(ctx, "The question {0} is missing.", TR_TEXT(p->questions[i].name)));
    for (size_t i = 0; i < part->len; i++) {
        int place = profile_question(p, profile_cell(part, &part->rows[i], "question"));

        if (place >= 0 && p->questions[place].rule == RULE_MEAN)
            read_from(file, &part->rows[i], p, &p->questions[place]);
    }
    for (size_t i = 0; i < p->len; i++)
        if (p->questions[i].rule == RULE_SOURCE && p->questions[i].mean < 0)
            profile_mistake(
                file, 0, NULL,
                tr(ctx, "The question {0} goes into no mean.", TR_TEXT(p->questions[i].name)));
}

enum err profile_make(struct profile_file *file, struct arena *arena, const char *name,
                      struct profile **out)
{
    struct profile *p = ARENA_NEW(arena, struct profile);

    p->name = arena_strdup(arena, name);
    read_head(file, arena, p);
    read_dimensions(file, arena, p);
    if (p->form)
        read_questions(file, arena, p);
    /* Points and weights can only be told wrong where the questions are right. */
    if (!file->mistakes)
        profile_make_points(file, p);
    if (!file->mistakes)
        profile_make_weights(file, p);
    if (file->mistakes)
        return ERR_INVALID;
    for (size_t i = 0; i < p->len; i++)
        profile_make_slots(arena, &p->questions[i]);
    *out = p;
    return OK;
}

/* The profile lives in arena, mistakes in file->ctx. */
static enum err parse_into(struct profile_file *file, struct arena *arena, struct profile **out,
                           const char *name, struct text_bytes csv)
{
    enum err rc;

    file->name = arena_printf(file->ctx->arena, "scoring/%s.csv", name);
    rc = profile_file_read(file, csv.bytes, csv.len);
    if (rc)
        return rc;
    if (file->mistakes)
        return ERR_INVALID;
    return profile_make(file, arena, name, out);
}

enum err profile_parse(struct ctx *ctx, const struct profile **out, const struct forms *forms,
                       const char *name, const char *csv, size_t len)
{
    struct profile *p = NULL;
    struct profile_file file = { .ctx = ctx, .forms = forms };
    enum err rc = parse_into(&file, ctx->arena, &p, name, (struct text_bytes){ csv, len });

    if (!rc)
        *out = p;
    return rc;
}

/* The loaded profiles, in byte order of names: part of the program from its start to its end. */
static struct arena *own;
static struct profile **profiles;
static size_t profiles_len;
static const struct profile *main_profile; /* NULL = the shipped one */

struct profiles {
    struct profile **items;
    size_t len;
};

static enum err load_all(struct ctx *ctx, struct arena *arena, struct profiles *out, bool adapted)
{
    const struct asset *const *files = asset_list(ctx->arena, DIRECTORY);
    enum err rc = OK;
    size_t len = 0;

    while (files[len])
        len++;
    out->items = ARENA_ARRAY(arena, len + 1, struct profile *);
    for (size_t i = 0; i < len; i++) {
        const char *file = files[i]->name + strlen(DIRECTORY);
        struct profile_file one_file = { .ctx = ctx, .forms = ctx->forms, .adapted = adapted };
        enum err one;

        if (!text_ends(file, ".csv"))
            continue;
        one = parse_into(&one_file, arena, &out->items[out->len],
                         arena_strndup(ctx->arena, file, strlen(file) - strlen(".csv")),
                         (struct text_bytes){ (const char *)files[i]->bytes, files[i]->len });
        if (one)
            rc = one; /* the other files are read all the same, so that all mistakes are told */
        else
            out->len++;
    }
    return rc;
}

static enum err load(struct ctx *ctx, bool adapted)
{
    struct arena *arena = arena_new(0);
    struct profiles list = { 0 };
    enum err rc = OK;

    if (!ctx->forms)
        rc = forms_load(ctx, &ctx->forms);
    if (!rc)
        rc = load_all(ctx, arena, &list, adapted);
    if (!rc)
        rc = survey_windows_load(ctx);
    if (rc) {
        arena_free(arena);
        return rc;
    }
    arena_free(own);
    own = arena;
    profiles = list.items;
    profiles_len = list.len;
    main_profile = NULL;
    return OK;
}

enum err profiles_load(struct ctx *ctx)
{
    return load(ctx, false);
}

enum err profiles_load_again(struct ctx *ctx)
{
    return load(ctx, true);
}

const struct profile *profile_find(const char *name)
{
    if (name == NULL)
        return main_profile ? main_profile : profile_shipped();
    for (size_t i = 0; i < profiles_len; i++)
        if (strcmp(profiles[i]->name, name) == 0)
            return profiles[i];
    return NULL;
}

const struct profile *profile_shipped(void)
{
    return profile_find(SHIPPED);
}

void profile_use(const struct profile *p)
{
    main_profile = p;
}

const struct profile *profile_at(size_t place)
{
    return place < profiles_len ? profiles[place] : NULL;
}

const char *profile_list(struct ctx *ctx)
{
    struct buf names;

    buf_init(&names, ctx->arena, 100000);
    for (size_t i = 0; i < profiles_len; i++)
        buf_printf(&names, "%s%s", i ? ", " : "", profiles[i]->name);
    return buf_text(&names);
}

const char *profile_name(const struct profile *p)
{
    return p->name;
}

const char *profile_version(const struct profile *p)
{
    return p->version;
}

static const char *text_in(const struct profile_text *texts, size_t len, const char *lang)
{
    const char *english = "";

    for (size_t i = 0; i < len; i++) {
        if (lang && strcmp(texts[i].lang, lang) == 0)
            return texts[i].text;
        if (strcmp(texts[i].lang, "en") == 0)
            english = texts[i].text;
    }
    return english;
}

const char *profile_title(struct ctx *ctx, const struct profile *p)
{
    return text_in(p->titles, p->titles_len, ctx->lang);
}

const char *profile_dimension(struct ctx *ctx, const struct profile *p, enum dimension d)
{
    if (d == DIM_COMPOSITE)
        return tr(ctx, "Composite");
    return text_in(p->labels[d], p->labels_len[d], ctx->lang);
}
