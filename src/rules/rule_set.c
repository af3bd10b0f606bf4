#include "rules/rule_set.h"

#include <string.h>

#include "core/asset.h"
#include "core/buf.h"
#include "core/csv_table.h"
#include "core/text.h"
#include "rules/rule_reads.h"

#define FOLDER   "content/rules/"
#define CODE_MAX 60

static const char *const does_names[] = { [RULE_ALERT] = "alert",
                                          [RULE_TASK] = "task",
                                          [RULE_DUE] = "due",
                                          [RULE_SUGGESTION] = "suggestion",
                                          [RULE_GATE] = "gate" };
static const char *const severity_names[] = {
    [SEVERITY_LOW] = "low", [SEVERITY_MEDIUM] = "medium", [SEVERITY_HIGH] = "high"
};
static const char *const columns[] = {
    "id",          "on",     "do",     "gate",       "when",         "from",
    "from_months", "until",  "due",    "due_months", "until_months", "role",
    "severity",    "second", "closed", "next_check", "req",
};

const char *rule_does_name(enum rule_does does)
{
    return does_names[does];
}

const char *rule_severity_name(enum rule_severity severity)
{
    return severity_names[severity];
}

/* One file while it is read. */
struct reading {
    struct ctx *ctx;
    struct rule_set *set;
    struct rule *rules;
    const struct forms *forms;
    const struct doc_tree *sample;
    struct csv_table table;
    const char *file; /* rules/case.csv */
    size_t row;
    int mistakes;
};

static const char *cell(const struct reading *r, const char *column)
{
    return csv_table_cell(&r->table, r->row, column);
}

static void mistake(struct reading *r, const char *column, const char *text)
{
    struct arena *a = r->ctx->arena;

    ctx_set_problem(
        r->ctx, ERR_INVALID,
        arena_printf(a, "%s:%lld:%s", r->file, (long long)r->table.rows[r->row].number, column),
        text);
    r->mistakes++;
}

static bool is_code(const char *text)
{
    if (text[0] < 'a' || text[0] > 'z' || strlen(text) > CODE_MAX)
        return false;
    for (const char *p = text; *p; p++)
        if (!(*p >= 'a' && *p <= 'z') && !ascii_is_digit(*p) && *p != '_')
            return false;
    return true;
}

static int place_of(const char *const *names, size_t len, const char *name)
{
    for (size_t i = 0; i < len; i++)
        if (text_equal(names[i], name))
            return (int)i;
    return -1;
}

static const struct expr *read_expr(struct reading *r, struct reads *reads, const char *column)
{
    const char *problem = NULL;
    const struct expr *e = reads_expr(r->ctx, reads, arena_strdup(r->ctx->arena, cell(r, column)),
                                      r->sample, &problem);

    if (problem)
        mistake(r, column, problem);
    return e;
}

/* "6" or "6+1": months, and days after them. */
static struct rule_date read_date(struct reading *r, struct reads *reads, const char *column)
{
    const char *name = arena_printf(r->ctx->arena, "%s_months", column);
    const char *text = cell(r, name);
    const char *plus = strchr(text, '+');
    struct rule_date date = { .expr = read_expr(r, reads, column) };
    int64_t months = 0;
    int64_t days = 0;
    bool good = text_blank(text);

    if (!good && plus)
        good = parse_int(arena_strndup(r->ctx->arena, text, (size_t)(plus - text)), 0,
                         RULE_MONTHS_MAX, &months) &&
               parse_int(plus + 1, 0, RULE_DAYS_MAX, &days);
    else if (!good)
        good = parse_int(text, 0, RULE_MONTHS_MAX, &months);
    if (!good)
        mistake(r, name, tr(r->ctx, "“{0}” is not a number of months.", TR_TEXT(text)));
    date.months = (int)months;
    date.days = (int)days;
    return date;
}

static bool read_yes(struct reading *r, const char *column)
{
    const char *text = cell(r, column);

    if (!text_blank(text) && !text_equal(text, "yes"))
        mistake(r, column, tr(r->ctx, "Write yes, or leave it empty."));
    return text_equal(text, "yes");
}

static bool has_status(const struct form *form, const char *status)
{
    for (size_t i = 0; i < form->states_len; i++)
        if (text_equal(form->states[i].to, status))
            return true;
    return false;
}

static void read_on(struct reading *r, struct rule *rule)
{
    const char *text = arena_strdup(r->ctx->arena, cell(r, "on"));
    const char *colon = strchr(text, ':');
    size_t part;

    rule->kind = colon ? arena_strndup(r->ctx->arena, text, (size_t)(colon - text)) : text;
    rule->on_save = colon && text_equal(colon + 1, RULE_SAVED);
    rule->status = colon && !rule->on_save ? colon + 1 : NULL;
    part = shape_part_of(r->set->shape, rule->kind);
    if (part == r->set->shape->parts_len || (!colon && part != 0))
        mistake(r, "on",
                tr(r->ctx, "Write case, or the kind and the status that it guards: "
                           "case:closed; or saved: action:saved."));
    else if (rule->status && !has_status(r->set->shape->parts[part].form, rule->status))
        mistake(r, "on",
                tr(r->ctx, "The form {0} has no change to the status “{1}”.", TR_TEXT(rule->kind),
                   TR_TEXT(rule->status)));
}

static void read_does(struct reading *r, struct rule *rule)
{
    int does = place_of(does_names, sizeof(does_names) / sizeof(does_names[0]), cell(r, "do"));
    int severity = place_of(severity_names, sizeof(severity_names) / sizeof(severity_names[0]),
                            cell(r, "severity"));
    const char *gate = cell(r, "gate");
    bool is_gate = does == RULE_GATE;

    if (does < 0)
        mistake(r, "do", tr(r->ctx, "Write alert, task, due, suggestion or gate."));
    if (severity < 0)
        mistake(r, "severity", tr(r->ctx, "Write low, medium or high."));
    rule->does = does < 0 ? RULE_ALERT : (enum rule_does)does;
    rule->severity = severity < 0 ? SEVERITY_LOW : (enum rule_severity)severity;
    rule->never = text_equal(cell(r, "second"), "never");
    rule->second = !rule->never && read_yes(r, "second");
    rule->closed = read_yes(r, "closed");
    if (is_gate != !text_blank(gate) || (is_gate && !is_code(gate)))
        mistake(r, "gate", tr(r->ctx, "A gate, and nothing else, has a name here: case_close."));
    if (is_gate != (rule->status != NULL || rule->on_save))
        mistake(r, "on",
                tr(r->ctx, "A gate, and nothing else, guards a change of status or saving."));
    if ((rule->second || rule->never) && !is_gate)
        mistake(r, "second", tr(r->ctx, "Only a gate can want a second person."));
    rule->gate = is_gate ? arena_strdup(r->ctx->arena, gate) : NULL;
}

static void read_role(struct reading *r, struct rule *rule)
{
    const char *role = cell(r, "role");
    struct csv_table roles = { 0 };

    if (text_blank(role))
        return;
    if (csv_table_load(r->ctx, &roles, r->ctx->arena, "content/roles/roles.csv"))
        return;
    for (size_t i = 0; i < roles.len; i++)
        if (text_equal(csv_table_cell(&roles, i, "role"), role))
            rule->role = arena_strdup(r->ctx->arena, role);
    if (!rule->role)
        mistake(r, "role", tr(r->ctx, "There is no role “{0}”.", TR_TEXT(role)));
}

/* Columns message::Language (code), one for each language of the program. */
static void read_message(struct reading *r, struct rule *rule)
{
    const struct csv_row *head = &r->table.header;
    const char **texts = ARENA_ARRAY(r->ctx->arena, r->forms->languages_len + 1, const char *);

    for (size_t i = 0; i < head->len; i++) {
        const char *name = head->cells[i];
        const char *code = strrchr(name, '(');

        if (!text_starts(name, "message::") || !code)
            continue;
        for (size_t k = 0; k < r->forms->languages_len; k++)
            if (text_starts(code + 1, r->forms->languages[k]) &&
                text_equal(code + 1 + strlen(r->forms->languages[k]), ")"))
                texts[k] = arena_strdup(r->ctx->arena, r->table.rows[r->row].cells[i]);
    }
    for (size_t k = 0; k < r->forms->languages_len; k++) {
        if (text_blank(texts[k]))
            mistake(r, "message",
                    tr(r->ctx, "The message is missing in the language {0}.",
                       TR_TEXT(r->forms->languages[k])));
        if (text_equal(r->forms->languages[k], "en"))
            rule->message.fallback = texts[k] ? texts[k] : "";
    }
    rule->message.texts = texts;
    rule->message.languages = r->forms->languages;
}

static void read_conditions(struct reading *r, struct rule *rule)
{
    struct reads reads = { 0 };
    bool today;

    rule->when = read_expr(r, &reads, "when");
    today = reads.today;
    rule->from = read_date(r, &reads, "from");
    rule->until = read_date(r, &reads, "until");
    rule->due = read_date(r, &reads, "due");
    rule->next_check = read_expr(r, &reads, "next_check");
    if (text_blank(cell(r, "when")))
        mistake(r, "when", tr(r->ctx, "Say when the rule holds: true() for always."));
    if (today && !rule->next_check && rule->does != RULE_GATE)
        mistake(r, "next_check",
                tr(r->ctx, "The condition asks for today: say from which date on to ask again."));
    rule->reads = reads.items;
    rule->reads_len = reads.len;
    rule->privacy = r->set->shape->parts[0].form->privacy;
    rule->parts = reads.parts;
    for (size_t i = 0; i < reads.len; i++)
        if (reads.items[i]->privacy > rule->privacy)
            rule->privacy = reads.items[i]->privacy;
    for (size_t i = 0; i < r->set->shape->parts_len; i++)
        if (reads.parts >> i & 1 && r->set->shape->parts[i].form->privacy > rule->privacy)
            rule->privacy = r->set->shape->parts[i].form->privacy;
}

static void read_rule(struct reading *r)
{
    struct rule *rule = &r->rules[r->set->len];

    *rule = (struct rule){ .file = r->file, .row = r->table.rows[r->row].number };
    rule->id = arena_strdup(r->ctx->arena, cell(r, "id"));
    rule->req = arena_strdup(r->ctx->arena, cell(r, "req"));
    if (!is_code(rule->id))
        mistake(
            r, "id",
            tr(r->ctx, "“{0}” is no name: use a to z, digits and underscores.", TR_TEXT(rule->id)));
    else if (rule_find(r->set, rule->id))
        mistake(r, "id", tr(r->ctx, "There is a rule “{0}” already.", TR_TEXT(rule->id)));
    read_on(r, rule);
    read_does(r, rule);
    read_role(r, rule);
    read_message(r, rule);
    read_conditions(r, rule);
    if (text_blank(rule->req))
        mistake(r, "req", tr(r->ctx, "Say which requirement the rule is there for."));
    r->set->len++;
}

static enum err read_file(struct reading *r, const struct asset *asset)
{
    struct ctx *ctx = r->ctx;
    enum err rc = csv_table_load(ctx, &r->table, ctx->arena, asset->name);
    size_t column;

    r->file = asset->name + sizeof("content/") - 1;
    for (size_t i = 0; rc == OK && i < sizeof(columns) / sizeof(columns[0]); i++)
        rc = csv_table_column(ctx, &column, &r->table, columns[i]);
    if (rc)
        return rc;
    for (r->row = 0; r->row < r->table.len; r->row++) {
        if (r->set->len == RULES_MAX)
            return ctx_fail(ctx, ERR_LIMIT,
                            tr(ctx, "There are at most {0} rules.", TR_INT(RULES_MAX)));
        read_rule(r);
    }
    return OK;
}

enum err rule_set_load(struct ctx *ctx, const struct rule_set **out, const struct forms *forms)
{
    struct rule_set *set = ARENA_NEW(ctx->arena, struct rule_set);
    struct reading r = { .ctx = ctx, .set = set, .forms = forms };
    const struct asset *const *files = asset_list(ctx->arena, FOLDER);
    struct buf hashes;
    enum err rc = shape_make(ctx, &set->shape, forms);

    buf_init(&hashes, ctx->arena, 10000);
    if (rc)
        return rc;
    r.sample = doc_tree_sample(ctx->arena, set->shape);
    r.rules = ARENA_ARRAY(ctx->arena, RULES_MAX, struct rule);
    set->items = r.rules;
    for (size_t i = 0; rc == OK && files[i]; i++) {
        if (!text_ends(files[i]->name, ".csv"))
            continue;
        buf_add(&hashes, files[i]->hash);
        rc = read_file(&r, files[i]);
    }
    if (rc)
        return rc;
    set->hash = buf_text(&hashes);
    if (r.mistakes)
        return ERR_INVALID;
    *out = set;
    return OK;
}

const struct rule *rule_find(const struct rule_set *set, const char *id)
{
    for (size_t i = 0; id && i < set->len; i++)
        if (text_equal(set->items[i].id, id))
            return &set->items[i];
    return NULL;
}
