#include "plans/plan_sign.h"

#include <sodium.h>
#include <string.h>

#include "auth/auth.h"
#include "core/buf.h"
#include "core/text.h"
#include "forms_gen.h"
#include "plans/plan.h"
#include "records/image.h"
#include "records/merge.h"

#define PRINT_BYTES ((size_t)32)
#define SHORT_MARK  ((size_t)12)
#define PLAN_BYTES  ((size_t)4 * 1024 * 1024)

/* --- what is signed --- */

/* What becomes known after signing, the signatures themselves, and ids that nobody reads. */
static const char *const not_signed[] = { FIELD_PLAN_APPROVALS,
                                          FIELD_PLAN_AMENDS,
                                          FIELD_PLAN_BASELINE_INTERVIEW,
                                          FIELD_PLAN_LINE_STATUS,
                                          FIELD_PLAN_LINE_DROPPED_REASON,
                                          FIELD_PLAN_LINE_AGREED_ON,
                                          FIELD_PLAN_LINE_DONE_ON,
                                          FIELD_PLAN_ACTUAL_COST,
                                          FIELD_PLAN_NEXT_REVIEW_ON,
                                          FIELD_PLAN_MISSING_SIGNATURE_REASON,
                                          FIELD_PLAN_AGREED_ON,
                                          FIELD_PLAN_RETURNEE_COPY_GIVEN_AT,
                                          FIELD_PLAN_RETURNEE_COPY_LANGUAGE,
                                          FIELD_PLAN_RETURNEE_COPY_HOW,
                                          FIELD_PLAN_OPT_OUT_AT };

static bool is_signed(const struct field *f)
{
    for (size_t i = 0; i < sizeof(not_signed) / sizeof(not_signed[0]); i++)
        if (text_equal(f->name, not_signed[i]))
            return false;
    return f->kind != FIELD_CALCULATE && f->kind != FIELD_NOTE && f->kind != FIELD_GROUP;
}

/* Each value with its length before it, so that no two plans read the same. */
static void write_level(struct buf *b, const struct answers *t)
{
    for (size_t i = 0; i < t->form->all_len; i++) {
        const struct field *f = t->form->all[i];

        if (f->repeat != t->repeat || !is_signed(f))
            continue;
        if (f->kind == FIELD_REPEAT) {
            for (size_t k = 0; k < t->rows_len[f->place]; k++) {
                buf_printf(b, "%s{\n", f->name);
                write_level(b, t->rows[f->place][k]);
                buf_add(b, "}\n");
            }
        } else if (t->values[f->place]) {
            buf_printf(b, "%s %zu %s\n", f->name, strlen(t->values[f->place]), t->values[f->place]);
        }
    }
}

const char *plan_fingerprint(struct ctx *ctx, const struct record *plan)
{
    unsigned char hash[PRINT_BYTES];
    struct buf b;

    buf_init(&b, ctx->arena, PLAN_BYTES);
    write_level(&b, plan->answers);
    crypto_generichash(hash, sizeof(hash), (const unsigned char *)buf_text(&b), b.len, NULL, 0);
    return hex_text(ctx->arena, hash, sizeof(hash));
}

bool plan_is_person(const char *by)
{
    return text_equal(by, CODE_PLAN_APPROVAL_BY_RETURNEE) ||
           text_equal(by, CODE_PLAN_APPROVAL_BY_CHILD) ||
           text_equal(by, CODE_PLAN_APPROVAL_BY_FAMILY);
}

/* --- rows of signatures --- */

static const struct field *field_of(const struct record *plan, const char *name)
{
    return field_find(plan->form, name);
}

static const char *said(const struct record *plan, const struct answers *row, const char *name)
{
    const char *value = answers_get(row, field_of(plan, name));

    return value ? value : "";
}

static struct answers **signatures_of(const struct record *plan, size_t *len_out)
{
    const struct field *f = field_of(plan, FIELD_PLAN_APPROVALS);

    *len_out = plan->answers->rows_len[f->place];
    return plan->answers->rows[f->place];
}

static struct answers *add_signature(struct ctx *ctx, struct record *plan,
                                     const struct plan_signing *s, const char *picture)
{
    struct answers *row =
        answers_add_row(ctx->arena, plan->answers, field_of(plan, FIELD_PLAN_APPROVALS));
    const char *const set[][2] = {
        { FIELD_PLAN_APPROVAL_BY, s->by },          { FIELD_PLAN_APPROVAL_NAME, s->name },
        { FIELD_PLAN_APPROVAL_MODE, s->mode },      { FIELD_PLAN_APPROVAL_WITNESS, s->witness },
        { FIELD_PLAN_APPROVAL_ON, s->on },          { FIELD_PLAN_APPROVAL_PLACE, s->place },
        { FIELD_PLAN_APPROVAL_SIGNATURE, picture },
    };

    for (size_t i = 0; i < sizeof(set) / sizeof(set[0]); i++)
        if (!text_blank(set[i][1]))
            answers_set(row, field_of(plan, set[i][0]), set[i][1]);
    return row;
}

/* --- before a change of status --- */

/* Who was merged with another person since, or is parted again, is the same on what was signed. */
static enum err print_of(struct ctx *ctx, const char **out, const struct record *plan)
{
    struct record then = *plan;
    enum err rc = record_refs_unmerged(ctx, &then.answers, plan);

    if (rc == OK)
        *out = plan_fingerprint(ctx, &then);
    return rc;
}

static enum err put_print(struct ctx *ctx, struct answers *row, const struct record *plan)
{
    const char *print = NULL;
    enum err rc = print_of(ctx, &print, plan);

    if (rc == OK)
        answers_set(row, field_of(plan, FIELD_PLAN_APPROVAL_HASH), print);
    return rc;
}

/* Who is signed in signs by what they do. */
static enum err sign_by_account(struct ctx *ctx, struct record *next, const char *by)
{
    struct plan_signing s = { .by = by,
                              .name = ctx->user->name,
                              .mode = CODE_PLAN_APPROVAL_MODE_SIGNED_IN,
                              .witness = "",
                              .on = ctx_today(ctx) };
    struct office office = { 0 };
    enum err rc = office_load(ctx, &office, next->office_id);
    struct answers *row;

    if (rc)
        return rc;
    s.place = office.name;
    row = add_signature(ctx, next, &s, NULL);
    return put_print(ctx, row, next);
}

const char *plan_person_signed(const struct record *plan)
{
    const char *last = "";
    size_t len = 0;
    struct answers **rows = signatures_of(plan, &len);

    for (size_t i = 0; i < len; i++)
        if (plan_is_person(said(plan, rows[i], FIELD_PLAN_APPROVAL_BY)) &&
            text_compare(said(plan, rows[i], FIELD_PLAN_APPROVAL_ON), last) > 0)
            last = said(plan, rows[i], FIELD_PLAN_APPROVAL_ON);
    return last;
}

/* The person agreed to every action of the plan on the day of the last signature. */
static void agree_lines(struct record *next)
{
    const struct field *lines = field_of(next, FIELD_PLAN_LINES);
    const struct field *agreed = field_of(next, FIELD_PLAN_LINE_AGREED_ON);
    const char *last = plan_person_signed(next);
    struct answers *t = next->answers;

    for (size_t i = 0; *last && i < t->rows_len[lines->place]; i++)
        if (text_blank(answers_get(t->rows[lines->place][i], agreed)))
            answers_set(t->rows[lines->place][i], agreed, last);
}

static void unsign(struct record *next)
{
    next->answers->rows_len[field_of(next, FIELD_PLAN_APPROVALS)->place] = 0;
    record_set(next, FIELD_PLAN_MISSING_SIGNATURE_REASON, "");
    record_set(next, FIELD_PLAN_RETURNEE_COPY_GIVEN_AT, "");
    record_set(next, FIELD_PLAN_RETURNEE_COPY_LANGUAGE, "");
    record_set(next, FIELD_PLAN_RETURNEE_COPY_HOW, "");
    if (text_blank(record_value(next, FIELD_PLAN_AMENDS))) /* else the plan's first date stays */
        record_set(next, FIELD_PLAN_AGREED_ON, "");
}

enum err plan_before_status(struct ctx *ctx, struct record *next, const struct record *old)
{
    if (text_equal(next->status, STATUS_PLAN_SUBMITTED))
        return sign_by_account(ctx, next, CODE_PLAN_APPROVAL_BY_WORKER);
    if (text_equal(next->status, STATUS_PLAN_APPROVED))
        return sign_by_account(ctx, next, CODE_PLAN_APPROVAL_BY_STAFF);
    if (text_equal(next->status, STATUS_PLAN_AGREED))
        agree_lines(next);
    if (text_equal(next->status, STATUS_PLAN_DRAFT) && !text_equal(old->status, next->status))
        unsign(next);
    return OK;
}

/* --- before a save --- */

static bool same_row(const struct record *rec, const struct answers *a, const struct answers *b)
{
    for (size_t i = 0; i < rec->form->all_len; i++) {
        const struct field *f = rec->form->all[i];

        if (f->repeat == a->repeat && field_has_value(f) &&
            !text_equal(a->values[f->place] ? a->values[f->place] : "",
                        b->values[f->place] ? b->values[f->place] : ""))
            return false;
    }
    return true;
}

static bool stands_in(const struct record *rec, const struct answers *row, size_t *found)
{
    size_t len = 0;
    struct answers **rows = signatures_of(rec, &len);

    for (size_t i = 0; i < len; i++)
        if (text_equal(rows[i]->id, row->id) && same_row(rec, rows[i], row)) {
            (*found)++;
            return true;
        }
    return false;
}

static enum err refuse(struct ctx *ctx, size_t place, const char *why)
{
    return ctx_fail_field(ctx,
                          arena_printf(ctx->arena, "%s.%zu.%s", FIELD_PLAN_APPROVALS, place + 1,
                                       FIELD_PLAN_APPROVAL_BY),
                          why);
}

enum err plan_check_signatures(struct ctx *ctx, struct record *rec, const struct record *old)
{
    size_t before = 0;
    size_t kept = 0;
    size_t len = 0;
    struct answers **rows = signatures_of(rec, &len);
    enum err rc;

    if (old)
        (void)signatures_of(old, &before);
    for (size_t i = 0; i < len; i++) {
        if (old && rows[i]->id && stands_in(old, rows[i], &kept))
            continue;
        if (!old || !text_equal(old->status, STATUS_PLAN_APPROVED))
            return refuse(ctx, i, tr(ctx, "The person signs once the plan was approved."));
        if (!plan_is_person(said(rec, rows[i], FIELD_PLAN_APPROVAL_BY)) &&
            !text_equal(said(rec, rows[i], FIELD_PLAN_APPROVAL_BY),
                        CODE_PLAN_APPROVAL_BY_REFERRAL_PARTNER))
            return refuse(ctx, i,
                          tr(ctx, "Staff sign by submitting or approving the plan themselves."));
        rc = put_print(ctx, rows[i], rec);
        if (rc)
            return rc;
    }
    return kept == before ? OK : refuse(ctx, 0, tr(ctx, "A signature cannot be taken away."));
}

/* --- the person signs --- */

static bool is_code(const struct record *plan, const char *field, const char *code)
{
    return choice_find(field_of(plan, field)->choices, code) != NULL;
}

static bool wants_picture(const char *mode)
{
    return text_equal(mode, CODE_PLAN_APPROVAL_MODE_SIGNATURE) ||
           text_equal(mode, CODE_PLAN_APPROVAL_MODE_MARK);
}

static enum err check_signing(struct ctx *ctx, const struct record *plan,
                              const struct plan_signing *s)
{
    enum err rc = OK;

    if (!is_code(plan, FIELD_PLAN_APPROVAL_BY, s->by) ||
        text_equal(s->by, CODE_PLAN_APPROVAL_BY_WORKER) ||
        text_equal(s->by, CODE_PLAN_APPROVAL_BY_STAFF))
        rc = ctx_fail_field(ctx, "by", tr(ctx, "Say who signs."));
    if (!is_code(plan, FIELD_PLAN_APPROVAL_MODE, s->mode) ||
        text_equal(s->mode, CODE_PLAN_APPROVAL_MODE_SIGNED_IN))
        rc = ctx_fail_field(ctx, "mode", tr(ctx, "Say how it is signed."));
    if (text_blank(s->name))
        rc = ctx_fail_field(ctx, "name", tr(ctx, "Write the name of who signs."));
    if (text_blank(s->place))
        rc = ctx_fail_field(ctx, "place", tr(ctx, "Write where it is signed."));
    if (text_equal(s->mode, CODE_PLAN_APPROVAL_MODE_VERBAL_WITNESSED) && text_blank(s->witness))
        rc = ctx_fail_field(ctx, "witness", tr(ctx, "Write the name of the witness."));
    if (wants_picture(s->mode) && !s->upload.len)
        rc = ctx_fail_field(ctx, "signature",
                            tr(ctx, "Draw the signature, or choose a picture of it."));
    if (text_blank(s->on) || text_compare(s->on, ctx_today(ctx)) > 0)
        rc = ctx_fail_field(ctx, "on", tr(ctx, "Give the date; not a day after today."));
    return rc;
}

static enum err keep_picture(struct ctx *ctx, const char **out, const struct record *plan,
                             const struct plan_signing *s)
{
    const struct field *f = field_of(plan, FIELD_PLAN_APPROVAL_SIGNATURE);
    enum err rc;

    if (!wants_picture(s->mode))
        return OK;
    rc = attachment_stage(ctx, out, plan->form, f, &s->upload);
    if (rc == ERR_INVALID && ctx_problem(ctx, "file"))
        return ctx_fail_field(ctx, "signature", ctx_problem(ctx, "file"));
    return rc;
}

enum err plan_sign(struct ctx *ctx, struct plan_signed *out, const char *id, int64_t version,
                   const struct plan_signing *s)
{
    struct record *plan = NULL;
    const char *picture = NULL;
    enum err rc = record_load(ctx, &plan, FORM_PLAN, id);

    if (rc)
        return rc;
    if (!text_equal(plan->status, STATUS_PLAN_APPROVED))
        return ctx_fail(ctx, ERR_CONFLICT, tr(ctx, "The person signs once the plan was approved."));
    rc = check_signing(ctx, plan, s);
    if (rc == OK)
        rc = keep_picture(ctx, &picture, plan, s);
    if (rc)
        return rc;
    (void)add_signature(ctx, plan, s, picture);
    if (!text_blank(s->missing))
        record_set(plan, FIELD_PLAN_MISSING_SIGNATURE_REASON, s->missing);
    rc = record_update(ctx, plan, version);
    if (rc)
        return rc;
    rc = record_set_status(ctx, plan, plan->version, STATUS_PLAN_AGREED, NULL);
    out->agreed = rc == OK;
    if (rc != ERR_INVALID)
        return rc;
    out->wants = ctx_first_problem(ctx);
    ctx_clear_problems(ctx);
    return OK;
}

enum err plan_copy_given(struct ctx *ctx, const char *id, int64_t version,
                         const struct plan_copy *copy)
{
    struct record *plan = NULL;
    enum err rc = record_load(ctx, &plan, FORM_PLAN, id);

    if (rc)
        return rc;
    if (!text_equal(plan->status, STATUS_PLAN_AGREED) &&
        !text_equal(plan->status, STATUS_PLAN_ACTIVE))
        return ctx_fail(ctx, ERR_CONFLICT,
                        tr(ctx, "Only a plan that is agreed is given to the person."));
    if (!is_code(plan, FIELD_PLAN_RETURNEE_COPY_HOW, copy->how) || !tr_has_language(copy->lang))
        return ctx_fail_field(ctx, "how", tr(ctx, "Say in which language and how it was given."));
    if (text_blank(copy->on) || text_compare(copy->on, ctx_today(ctx)) > 0)
        return ctx_fail_field(ctx, "on", tr(ctx, "Give the date; not a day after today."));
    record_set(plan, FIELD_PLAN_RETURNEE_COPY_GIVEN_AT, copy->on);
    record_set(plan, FIELD_PLAN_RETURNEE_COPY_LANGUAGE, copy->lang);
    record_set(plan, FIELD_PLAN_RETURNEE_COPY_HOW, copy->how);
    return record_update(ctx, plan, version);
}

/* --- shown --- */

const char *plan_mark(struct ctx *ctx, const char *fingerprint)
{
    size_t len = strlen(fingerprint);

    return arena_strndup(ctx->arena, fingerprint, len < SHORT_MARK ? len : SHORT_MARK);
}

static const char *shown(struct ctx *ctx, const struct record *plan, const struct answers *row,
                         const char *name)
{
    return answers_shown(ctx, field_of(plan, name), answers_get(row, field_of(plan, name)));
}

enum err plan_signatures(struct ctx *ctx, struct plan_signature **out, size_t *len_out,
                         const struct record *plan)
{
    struct plan_signature *items;
    struct record *whole = NULL;
    const char *print = NULL;
    size_t len = 0;
    struct answers **rows = signatures_of(plan, &len);
    enum err rc = OK;

    if (len) {
        rc = record_load_whole(ctx, &whole, FORM_PLAN, plan->id);
        if (rc)
            return rc;
        rc = print_of(ctx, &print, whole);
        if (rc)
            return rc;
    }
    items = ARENA_ARRAY(ctx->arena, len + 1, struct plan_signature);
    for (size_t i = 0; i < len; i++) {
        const char *hash = said(plan, rows[i], FIELD_PLAN_APPROVAL_HASH);

        items[i] = (struct plan_signature){
            .by = shown(ctx, plan, rows[i], FIELD_PLAN_APPROVAL_BY),
            .name = said(plan, rows[i], FIELD_PLAN_APPROVAL_NAME),
            .mode = shown(ctx, plan, rows[i], FIELD_PLAN_APPROVAL_MODE),
            .on = shown(ctx, plan, rows[i], FIELD_PLAN_APPROVAL_ON),
            .place = said(plan, rows[i], FIELD_PLAN_APPROVAL_PLACE),
            .mark = plan_mark(ctx, hash),
            .matches = !*hash || text_equal(hash, print),
            .file =
                attachment_id_of(ctx->arena, said(plan, rows[i], FIELD_PLAN_APPROVAL_SIGNATURE)),
        };
    }
    *out = items;
    *len_out = len;
    return OK;
}

enum err plan_signature_picture(struct ctx *ctx, struct upload_bytes *out,
                                const struct record *plan, const char *file)
{
    struct attachment a = { 0 };
    struct image_bytes png;
    struct buf b;
    enum err rc = attachment_load(ctx, &a, plan, file);

    *out = (struct upload_bytes){ 0 };
    if (rc || !a.type)
        return rc == ERR_NOT_FOUND ? OK : rc;
    buf_init(&b, ctx->arena, (size_t)a.bytes + 1);
    for (int64_t at = 0; rc == OK && at < a.chunks; at += ATTACHMENT_PART) {
        const char *bytes = NULL;
        size_t len = 0;

        rc = attachment_read(ctx, &bytes, &len, &a, at);
        if (rc == OK)
            buf_add_len(&b, bytes, len);
    }
    png = (struct image_bytes){ b.data, b.len };
    if (rc == OK && !text_equal(a.type->media, "image/png"))
        rc = image_logo(ctx, &png, &png);
    if (rc)
        return rc;
    out->bytes = png.bytes;
    out->len = png.len;
    return OK;
}
