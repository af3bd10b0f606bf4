/* A sheet of paper that is entered a second time, blind, and compared with the first entry. */
#include <stdio.h>

#include "core/buf.h"
#include "core/date.h"
#include "core/text.h"
#include "core/tr.h"
#include "forms_gen.h"
#include "survey/profile.h"
#include "survey/survey_store.h"
#include "survey/survey_view.h"
#include "survey/survey_web.h"
#include "survey_templates.h"

#define KIND_SAME   "same_person" /* second_entry_kind */
#define KIND_SECOND "second_person"
#define CODES_MAX   300
#define OPTIONS_MAX 4000
#define KEPT_MAX    80
#define NOTHING     "–"

static const char *const sitting[] = { FIELD_RSS_ROUND, FIELD_RSS_INTERVIEW_DATE,
                                       FIELD_RSS_INTERVIEW_LOCATION, FIELD_RSS_PRIVATE_SPACE };
#define SITTING (sizeof(sitting) / sizeof(sitting[0]))

/* One interview that is entered twice. */
struct twice {
    struct record *first;  /* as it is stored */
    struct record *second; /* the same with what was typed now */
    struct record *person;
    int64_t version; /* that was seen */
    const struct field **differ;
    size_t differ_len;
};

static const char *pick_name(struct ctx *ctx, const struct field *f)
{
    return arena_printf(ctx->arena, "pick.%s", f->name);
}

static const char *fix_name(struct ctx *ctx, const struct field *f)
{
    return arena_printf(ctx->arena, "fix.%s", f->name);
}

/* Codes in the order of the choices, so that two orders of ticks are no difference. */
static const char *in_order(struct ctx *ctx, const struct field *f, const char *codes)
{
    size_t len = 0;
    char **words;
    struct buf b;

    if (f->kind != FIELD_SELECT_MULTIPLE)
        return codes;
    words = text_split(ctx->arena, codes, ' ', false, &len);
    buf_init(&b, ctx->arena, CODES_MAX);
    for (size_t i = 0; i < f->choices->len; i++)
        for (size_t k = 0; k < len; k++)
            if (text_equal(words[k], f->choices->items[i].name))
                buf_printf(&b, b.len ? " %s" : "%s", words[k]);
    return buf_text(&b);
}

static void compare_field(struct ctx *ctx, struct twice *t, const char *name)
{
    const struct field *f = field_find(t->first->form, name);

    if (!text_equal(in_order(ctx, f, record_value(t->first, name)),
                    in_order(ctx, f, record_value(t->second, name))))
        t->differ[t->differ_len++] = f;
}

static void compare(struct ctx *ctx, struct twice *t)
{
    const struct profile *p = profile_find(NULL);

    t->differ = ARENA_ARRAY(ctx->arena, SITTING + p->len + 1, const struct field *);
    for (size_t i = 0; i < SITTING; i++)
        compare_field(ctx, t, sitting[i]);
    for (size_t i = 0; i < p->len; i++)
        if (p->questions[i].field->choices != NULL)
            compare_field(ctx, t, p->questions[i].name);
}

/* --- loading --- */

static enum err load(struct ctx *ctx, struct twice *t, const struct req *req)
{
    const char *id = req_path(req, "id");
    enum err rc = record_load(ctx, &t->first, FORM_RSS, id);

    if (rc == OK)
        rc = record_load(ctx, &t->person, FORM_PERSON, t->first->parent_id);
    if (rc)
        return rc;
    if (!text_equal(t->first->status, STATUS_RSS_COMPLETED) ||
        !record_is(t->first, FIELD_RSS_ENTRY_MODE, ENTRY_PAPER) ||
        !text_blank(record_value(t->first, FIELD_RSS_SECOND_ENTRY_ON)))
        return ctx_fail(ctx, ERR_CONFLICT,
                        tr(ctx, "Only what was entered from paper, and not twice yet, is entered a"
                                " second time."));
    t->version = req_int(req, "version") > 0 ? req_int(req, "version") : t->first->version;
    return record_load(ctx, &t->second, FORM_RSS, id);
}

static enum err show_entry(struct ctx *ctx, const struct req *req, struct res *res, int status,
                           const struct twice *t)
{
    const struct survey_paper_of of = { .person = t->person,
                                        .first = t->first,
                                        .version = t->version,
                                        .action =
                                            url_build(ctx, "/survey/second/{}", t->first->id) };

    return survey_paper_show(ctx, req, res, status, &of);
}

enum err survey_get_second(struct ctx *ctx, const struct req *req, struct res *res)
{
    struct twice t = { 0 };
    enum err rc = load(ctx, &t, req);

    return rc ? rc : show_entry(ctx, req, res, 200, &t);
}

/* --- the differences side by side --- */

static const char *shown(struct ctx *ctx, const struct record *rec, const struct field *f)
{
    const char *value = record_value(rec, f->name);

    if (text_blank(value))
        return NOTHING;
    return f->kind == FIELD_DATE && date_valid(value) ? tr_date(ctx, value)
                                                      : answers_shown(ctx, f, value);
}

static const char *options_of(struct ctx *ctx, const struct field *f)
{
    struct buf b;

    if (f->choices == NULL)
        return NULL;
    buf_init(&b, ctx->arena, OPTIONS_MAX);
    for (size_t i = 0; i < f->choices->len; i++)
        buf_printf(&b, i ? " · %zu %s" : "%zu %s", i + 1,
                   label_text(ctx, &f->choices->items[i].label));
    return buf_text(&b);
}

static void fill_row(struct ctx *ctx, struct survey_difference_view *v, const struct req *req,
                     const struct twice *t, const struct field *f)
{
    const char *picked = req_text(req, pick_name(ctx, f));

    *v = (struct survey_difference_view){
        .label = label_text(ctx, &f->label),
        .first = shown(ctx, t->first, f),
        .second = shown(ctx, t->second, f),
        .pick = pick_name(ctx, f),
        .fix = fix_name(ctx, f),
        .fix_id = arena_printf(ctx->arena, "fix-%s", f->name),
        .fixed = req_text(req, fix_name(ctx, f)),
        .options = options_of(ctx, f),
        .problem = ctx_problem(ctx, f->name),
        .picked_first = text_equal(picked, "first"),
        .picked_second = text_equal(picked, "second"),
    };
}

static void keep(struct ctx *ctx, struct survey_second_view *v, struct survey_kept_view *kept,
                 const struct req *req, const char *name)
{
    const char *value = req_text(req, name);

    if (*value != '\0' && v->kept_len < KEPT_MAX)
        kept[v->kept_len++] = (struct survey_kept_view){ arena_strdup(ctx->arena, name), value };
}

/* What was typed comes back with the choices; it is stored nowhere meanwhile. */
static void keep_all(struct ctx *ctx, struct survey_second_view *v, const struct req *req)
{
    static const char *const names[] = { "round", "date", "location", "private", "consent" };
    const struct profile *p = profile_find(NULL);
    struct survey_kept_view *kept = ARENA_ARRAY(ctx->arena, KEPT_MAX, struct survey_kept_view);

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        keep(ctx, v, kept, req, names[i]);
    for (size_t i = 0; i < p->len; i++)
        keep(ctx, v, kept, req, arena_printf(ctx->arena, "q.%s", p->questions[i].name));
    v->kept = kept;
}

static enum err show_differences(struct ctx *ctx, const struct req *req, struct res *res,
                                 int status, const struct twice *t)
{
    struct survey_difference_view *rows =
        ARENA_ARRAY(ctx->arena, t->differ_len + 1, struct survey_difference_view);
    struct survey_second_view v = { .rows = rows, .rows_len = t->differ_len };

    for (size_t i = 0; i < t->differ_len; i++)
        fill_row(ctx, &rows[i], req, t, t->differ[i]);
    v.person = t->person->title;
    v.person_link = url_build(ctx, "/records/person/{}", t->person->id);
    v.interview = url_build(ctx, "/records/rss/{}", t->first->id);
    v.action = url_build(ctx, "/survey/second/{}", t->first->id);
    v.version = t->version;
    v.same = text_equal(t->first->created_by, ctx->user_id);
    if (status == 422) {
        v.problem = ctx_problem(ctx, NULL);
        if (v.problem == NULL)
            v.problem = tr(ctx, "Choose for each question what stands on the paper.");
    }
    keep_all(ctx, &v, req);
    survey_second_reply(res, status, &v);
    return OK;
}

/* --- saving --- */

static enum err finish(struct ctx *ctx, struct res *res, struct twice *t, struct record *rec)
{
    bool same = text_equal(t->first->created_by, ctx->user_id);
    enum err rc;

    record_set(rec, FIELD_RSS_SECOND_ENTRY_ON,
               moment_date(ctx->arena, ctx->now_ms, ctx->time_zone));
    record_set(rec, FIELD_RSS_SECOND_ENTRY_KIND, same ? KIND_SAME : KIND_SECOND);
    record_set(rec, FIELD_RSS_SECOND_ENTRY_DIFFERENCES,
               arena_printf(ctx->arena, "%zu", t->differ_len));
    record_set(rec, FIELD_RSS_CORRECTION_REASON,
               tr(ctx,
                  "Entered a second time from paper; {0, plural, =0 {both entries agree}"
                  " one {# difference was settled with the paper}"
                  " other {# differences were settled with the paper}}.",
                  TR_INT((int64_t)t->differ_len)));
    rc = record_update(ctx, rec, t->version);
    if (rc)
        return rc;
    res_flash(res, t->differ_len == 0 ? tr(ctx, "Both entries agree.") : tr(ctx, "Saved."));
    return res_see_other(res, url_build(ctx, "/records/rss/{}", rec->id));
}

/* What was chosen for one question goes into rec, which is the first entry. */
static enum err settle(struct ctx *ctx, struct record *rec, const struct req *req,
                       const struct twice *t, const struct field *f)
{
    const char *fixed = req_text(req, fix_name(ctx, f));
    const char *picked = req_text(req, pick_name(ctx, f));
    const char *codes = "";
    enum err rc;

    if (!text_blank(fixed) && f->choices != NULL) {
        rc = survey_codes_typed(ctx, &codes, f, fixed);
        if (rc == OK)
            record_set(rec, f->name, codes);
        return rc;
    }
    if (text_equal(picked, "second"))
        record_set(rec, f->name, record_value(t->second, f->name));
    else if (!text_equal(picked, "first"))
        return ctx_fail_field(ctx, f->name, tr(ctx, "Choose what stands on the paper."));
    return OK;
}

/* The form of consent follows the place. */
static void settle_consent(struct record *rec, const struct twice *t)
{
    const char *place = record_value(rec, FIELD_RSS_INTERVIEW_LOCATION);

    if (record_is(t->second, FIELD_RSS_INTERVIEW_LOCATION, place))
        record_set(rec, FIELD_RSS_CONSENT_FORM, record_value(t->second, FIELD_RSS_CONSENT_FORM));
}

static enum err settle_all(struct ctx *ctx, const struct req *req, struct res *res, struct twice *t)
{
    struct record *rec = NULL;
    enum err out = record_load(ctx, &rec, FORM_RSS, t->first->id);

    if (out)
        return out;
    for (size_t i = 0; i < t->differ_len; i++) {
        enum err rc = settle(ctx, rec, req, t, t->differ[i]);

        if (rc && rc != ERR_INVALID)
            return rc;
        out = rc ? rc : out;
    }
    settle_consent(rec, t);
    if (out == OK)
        out = finish(ctx, res, t, rec);
    return out == ERR_INVALID ? show_differences(ctx, req, res, 422, t) : out;
}

enum err survey_post_second(struct ctx *ctx, const struct req *req, struct res *res)
{
    struct twice t = { 0 };
    enum err rc = load(ctx, &t, req);

    if (rc == OK)
        rc = survey_paper_take(ctx, t.second, req);
    if (rc == ERR_INVALID)
        return show_entry(ctx, req, res, 422, &t);
    if (rc)
        return rc;
    compare(ctx, &t);
    if (t.differ_len > 0 && !req_bool(req, "compared"))
        return show_differences(ctx, req, res, 200, &t);
    return t.differ_len > 0 ? settle_all(ctx, req, res, &t) : finish(ctx, res, &t, t.second);
}

/* --- below the interview --- */

static void draw_entry(struct html *h, const void *view)
{
    survey_entry_render(h, view);
}

enum err survey_interview_detail(struct ctx *ctx, const struct record *rss,
                                 struct record_extra *out)
{
    struct survey_entry_view *v = ARENA_NEW(ctx->arena, struct survey_entry_view);
    const char *on = record_value(rss, FIELD_RSS_SECOND_ENTRY_ON);
    int64_t differences = 0;

    if (!record_is(rss, FIELD_RSS_ENTRY_MODE, ENTRY_PAPER) ||
        !text_equal(rss->status, STATUS_RSS_COMPLETED))
        return OK;
    (void)parse_int(record_value(rss, FIELD_RSS_SECOND_ENTRY_DIFFERENCES), 0, KEPT_MAX,
                    &differences);
    if (!date_valid(on))
        v->told = tr(ctx, "Entered once from paper.");
    else if (record_is(rss, FIELD_RSS_SECOND_ENTRY_KIND, KIND_SAME))
        v->told = tr(ctx,
                     "Entered from paper twice by the same person, the second time on {0}."
                     " Differences: {1}.",
                     TR_DATE(on), TR_INT(differences));
    else
        v->told = tr(ctx,
                     "Entered from paper by two people, the second time on {0}."
                     " Differences: {1}.",
                     TR_DATE(on), TR_INT(differences));
    v->may = !date_valid(on) && user_may(ctx->user, PERM_RSS_EDIT);
    v->second = url_build(ctx, "/survey/second/{}", rss->id);
    out->draw = draw_entry;
    out->view = v;
    return OK;
}
