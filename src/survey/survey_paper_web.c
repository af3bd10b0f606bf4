/* An interview that was written on paper, entered by keyboard: one line a question. */
#include "core/buf.h"
#include "core/date.h"
#include "core/text.h"
#include "core/tr.h"
#include "forms_gen.h"
#include "survey/profile.h"
#include "survey/rounds.h"
#include "survey/survey_store.h"
#include "survey/survey_view.h"
#include "survey/survey_web.h"
#include "survey_templates.h"

#define LINES_MAX   60
#define OPTIONS_MAX 4000
#define CODES_MAX   300

/* Questions that are asked after certain answers only (RC-02). */
static const struct follow {
    const char *field;
    const char *after;
    const char *codes[3];
} follows[] = {
    { FIELD_RSS_JOB_SEEKING_REASONS, FIELD_RSS_JOB_SEEKING, { CODE_RSS_JOB_SEEKING_YES } },
    { FIELD_RSS_HEALTH_ACCESS_BARRIERS,
      FIELD_RSS_HEALTH_ACCESS,
      { CODE_RSS_HEALTH_ACCESS_POOR, CODE_RSS_HEALTH_ACCESS_VERY_POOR } },
    { FIELD_RSS_STAY_REASON, FIELD_RSS_ABLE_TO_STAY, { CODE_RSS_ABLE_TO_STAY_NO } },
};

/* d, k, n for choices that decline; 0 = the choice is an answer. */
static char key_of(const struct choice *c)
{
    if (c->decline == NULL)
        return '\0';
    if (text_equal(c->decline, "dont_know"))
        return 'k';
    return text_equal(c->decline, "na") ? 'n' : 'd';
}

/* The choice that a number of the paper or a letter stands for; NULL = none. */
static const struct choice *choice_typed(const struct field *f, const char *word)
{
    int64_t n = 0;

    if (parse_int(word, 1, (int64_t)f->choices->len, &n))
        return &f->choices->items[n - 1];
    for (size_t i = 0; word[0] != '\0' && word[1] == '\0' && i < f->choices->len; i++)
        if (key_of(&f->choices->items[i]) == (word[0] | 0x20))
            return &f->choices->items[i];
    return NULL;
}

/* Codes of what was typed, "" for nothing; ERR_INVALID with the problem beside the question. */
enum err survey_codes_typed(struct ctx *ctx, const char **out, const struct field *f,
                            const char *typed)
{
    char *text = arena_strdup(ctx->arena, typed);
    struct buf b;
    size_t len = 0;
    size_t n = 0;
    char **words;

    for (char *p = text; *p; p++)
        if (*p == ',' || *p == ';' || *p == '.')
            *p = ' ';
    words = text_split(ctx->arena, text, ' ', false, &len);
    buf_init(&b, ctx->arena, CODES_MAX);
    for (size_t i = 0; i < len; i++) {
        const struct choice *c = NULL;

        if (words[i][0] == '\0')
            continue;
        c = choice_typed(f, words[i]);
        if (c == NULL || (n > 0 && f->kind != FIELD_SELECT_MULTIPLE))
            return ctx_fail_field(ctx, f->name,
                                  tr(ctx, "“{0}” is no answer of this question.", TR_TEXT(typed)));
        buf_printf(&b, n++ ? " %s" : "%s", c->name);
    }
    *out = buf_text(&b);
    return buf_ok(&b) ? OK : ERR_LIMIT;
}

/* --- the page --- */

static const char *typed_for(struct ctx *ctx, const struct req *req, const struct field *f)
{
    return req_text(req, arena_printf(ctx->arena, "q.%s", f->name));
}

static void fill_follow(struct ctx *ctx, struct survey_line_view *v, const struct form *form)
{
    for (size_t i = 0; i < sizeof(follows) / sizeof(follows[0]); i++) {
        const struct field *after = field_find(form, follows[i].after);
        struct buf b;

        if (!text_equal(follows[i].field, v->field))
            continue;
        buf_init(&b, ctx->arena, CODES_MAX);
        for (const char *const *code = follows[i].codes; *code; code++)
            for (size_t k = 0; k < after->choices->len; k++)
                if (text_equal(after->choices->items[k].name, *code))
                    buf_printf(&b, b.len ? " %zu" : "%zu", k + 1);
        v->after = follows[i].after;
        v->when = buf_text(&b);
    }
}

static void fill_line(struct ctx *ctx, struct survey_line_view *v, const struct field *f,
                      const char *typed)
{
    struct buf options;
    struct buf keys;
    struct buf declines;

    buf_init(&options, ctx->arena, OPTIONS_MAX);
    buf_init(&keys, ctx->arena, CODES_MAX);
    buf_init(&declines, ctx->arena, CODES_MAX);
    for (size_t i = 0; i < f->choices->len; i++) {
        const struct choice *c = &f->choices->items[i];
        char key = key_of(c);

        buf_printf(&options, i ? " · %zu %s" : "%zu %s", i + 1, label_text(ctx, &c->label));
        if (key != '\0')
            buf_add_char(&keys, key);
        if (key == 'd' || key == 'k')
            buf_printf(&declines, declines.len ? " %zu" : "%zu", i + 1);
    }
    *v = (struct survey_line_view){
        .field = f->name,
        .id = arena_printf(ctx->arena, "q-%s", f->name),
        .name = arena_printf(ctx->arena, "q.%s", f->name),
        .help = arena_printf(ctx->arena, "h-%s", f->name),
        .label = label_text(ctx, &f->label),
        .value = typed,
        .options = buf_text(&options),
        .keys = buf_text(&keys),
        .declines = buf_text(&declines),
        .problem = ctx_problem(ctx, f->name),
        .last = (int64_t)f->choices->len,
        .many = f->kind == FIELD_SELECT_MULTIPLE,
    };
}

static size_t fill_lines(struct ctx *ctx, struct survey_line_view *lines, const struct req *req,
                         bool sent)
{
    const struct form *form = form_find(ctx->forms, FORM_RSS);
    const struct profile *p = profile_find(NULL);
    size_t len = 0;

    for (size_t i = 0; i < p->len && len < LINES_MAX; i++) {
        const struct field *f = p->questions[i].field;

        if (f->choices == NULL)
            continue;
        fill_line(ctx, &lines[len], f, sent ? typed_for(ctx, req, f) : "");
        fill_follow(ctx, &lines[len], form);
        len++;
    }
    return len;
}

enum err survey_paper_show(struct ctx *ctx, const struct req *req, struct res *res, int status,
                           const struct survey_paper_of *of)
{
    struct survey_line_view *lines = ARENA_ARRAY(ctx->arena, LINES_MAX, struct survey_line_view);
    struct survey_paper_view v = { .lines = lines, .mark_answered = "#1", .mark_declined = "#2" };
    struct survey_due due[ROUNDS];
    const char *arrived = NULL;
    bool sent = status != 200;
    const char *today = moment_date(ctx->arena, ctx->now_ms, ctx->time_zone);
    enum err rc = survey_rounds(ctx, due, &arrived, of->person);

    if (rc)
        return rc;
    v.person = of->person->title;
    v.person_id = of->person->id;
    v.person_link = url_build(ctx, "/records/person/{}", of->person->id);
    v.action = of->action;
    v.second = of->first != NULL;
    v.version = of->version;
    v.same = of->first != NULL && text_equal(of->first->created_by, ctx->user_id);
    v.date = sent ? req_text(req, "date") : v.second ? "" : today;
    v.notes = sent ? req_text(req, "notes") : "";
    v.consent = sent && req_bool(req, "consent");
    v.problem = sent ? ctx_problem(ctx, NULL) : NULL;
    if (sent && v.problem == NULL)
        v.problem = tr(ctx, "Nothing is saved yet: look at the lines that are marked, and at the"
                            " day.");
    v.totals = "";
    survey_sitting_fill(ctx, &v.at, due, req, sent);
    v.lines_len = fill_lines(ctx, lines, req, sent);
    survey_paper_reply(res, status, &v);
    return OK;
}

/* A first entry: of the person that the request names. */
static enum err show_first(struct ctx *ctx, const struct req *req, struct res *res, int status)
{
    struct survey_paper_of of = { .action = url_build(ctx, "/survey/paper") };
    enum err rc = survey_person_asked(ctx, &of.person, req);

    return rc ? rc : survey_paper_show(ctx, req, res, status, &of);
}

enum err survey_get_paper(struct ctx *ctx, const struct req *req, struct res *res)
{
    return show_first(ctx, req, res, 200);
}

/* --- saving --- */

static void set_sitting(struct record *rec, const struct req *req)
{
    bool by_phone = text_equal(req_text(req, "location"), CODE_RSS_INTERVIEW_LOCATION_PHONE_CALL);

    record_set(rec, FIELD_RSS_ROUND, req_text(req, "round"));
    record_set(rec, FIELD_RSS_INTERVIEW_DATE, req_text(req, "date"));
    record_set(rec, FIELD_RSS_INTERVIEW_LOCATION, req_text(req, "location"));
    record_set(rec, FIELD_RSS_PRIVATE_SPACE, req_text(req, "private"));
    record_set(rec, FIELD_RSS_CONSENT_FORM,
               by_phone ? CODE_RSS_CONSENT_FORM_VERBAL_PHONE : CODE_RSS_CONSENT_FORM_WRITTEN);
}

static void set_frame(struct record *rec, const struct req *req)
{
    record_set(rec, FIELD_RSS_IS_CASE_TEAM, CODE_RSS_IS_CASE_TEAM_NO);
    record_set(rec, FIELD_RSS_CONSENT_GIVEN, CODE_RSS_CONSENT_GIVEN_YES);
    record_set(rec, FIELD_RSS_INTERVIEW_NOTES, req_text(req, "notes"));
    record_set(rec, FIELD_RSS_ENTRY_MODE, ENTRY_PAPER);
}

/* Every mistake is told beside its line. */
enum err survey_paper_take(struct ctx *ctx, struct record *rec, const struct req *req)
{
    const struct profile *p = profile_find(NULL);
    enum err out = OK;

    set_sitting(rec, req);
    for (size_t i = 0; i < p->len; i++) {
        const struct field *f = p->questions[i].field;
        const char *codes = "";
        enum err rc;

        if (f->choices == NULL)
            continue;
        rc = survey_codes_typed(ctx, &codes, f, typed_for(ctx, req, f));
        if (rc && rc != ERR_INVALID)
            return rc;
        out = rc ? rc : out;
        if (rc == OK)
            record_set(rec, f->name, codes);
    }
    return out;
}

enum err survey_post_paper(struct ctx *ctx, const struct req *req, struct res *res)
{
    struct record *person = NULL;
    struct record *rec = NULL;
    enum err rc = survey_person_asked(ctx, &person, req);

    if (rc)
        return rc;
    if (!req_bool(req, "consent")) {
        (void)ctx_fail(ctx, ERR_INVALID,
                       tr(ctx, "Without consent no answers are kept. Mark that it was given."));
        return show_first(ctx, req, res, 422);
    }
    rc = record_new(ctx, &rec, FORM_RSS, person->id);
    if (rc == OK)
        rc = survey_prefill(ctx, rec);
    if (rc)
        return rc;
    set_frame(rec, req);
    rc = survey_paper_take(ctx, rec, req);
    if (rc == OK)
        rc = record_insert(ctx, rec);
    if (rc == ERR_INVALID)
        return show_first(ctx, req, res, 422);
    if (rc)
        return rc;
    res_flash(res, tr(ctx, "Saved."));
    return res_see_other(res, url_build(ctx, "/records/rss/{}", rec->id));
}
