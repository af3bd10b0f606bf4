/* From a file to what would be published, with all that is wrong with it. */
#include <string.h>

#include "core/text.h"
#include "forms/book.h"
#include "records/publish_inner.h"

#define VALUE_MAX   80
#define TABLES_FROM 2 /* among files that mistakes may stand in: after the form and its base */
#define NOTES_MAX   ((size_t)16 * 1024)

/* --- mistakes --- */

static const char *shortened(struct ctx *ctx, const char *text)
{
    const char *p = text;

    for (int i = 0; i < VALUE_MAX && *p; i++)
        (void)text_next(&p);
    return *p ? arena_printf(ctx->arena, "%.*s…", (int)(p - text), text) : text;
}

/* A problem as a line of a table; its place is in one of the files. */
static struct form_mistake mistake_of(struct ctx *ctx, const struct problem *p,
                                      const struct form_text *const *files,
                                      const struct book_text *book)
{
    struct form_mistake m = { .warning = p->code == OK,
                              .file = "",
                              .sheet = "",
                              .column = "",
                              .value = "",
                              .text = p->text };

    const struct form_text *const *first = files;

    for (; *files; files++) {
        if (!problem_place(p, (*files)->file, &m.row, &m.column))
            continue;
        m.file = (*files)->file;
        m.value = shortened(ctx, form_text_cell(ctx, *files, m.row, m.column, &m.sheet));
        if ((*files)->csv == book->text.csv && (size_t)m.row < book->places_len) {
            m.sheet = book->places[m.row].sheet; /* as the author counts */
            m.row = book->places[m.row].row;
        }
        if (files - first >= TABLES_FROM) { /* a table that came with the form */
            m.sheet = m.file;
            m.value = "";
        }
        break;
    }
    return m;
}

/* Takes the problems after last out of ctx and puts them into the plan. */
static void take_mistakes(struct ctx *ctx, struct form_plan *plan, struct problem *last,
                          const struct form_text *const *files, const struct book_text *book)
{
    struct form_mistake *items = ARENA_ARRAY(ctx->arena, FORM_MISTAKES_MAX, struct form_mistake);

    for (const struct problem *p = last ? last->next : ctx->problems; p; p = p->next) {
        plan->bad += p->code != OK;
        if (plan->mistakes_len < FORM_MISTAKES_MAX)
            items[plan->mistakes_len++] = mistake_of(ctx, p, files, book);
    }
    plan->mistakes = items;
    ctx_problems_back(ctx, last);
}

/* --- reading --- */

static void refuse_kind(struct ctx *ctx, const struct form_text *text, const char *why)
{
    ctx_set_problem(ctx, ERR_INVALID, arena_printf(ctx->arena, "%s:1:form_id", text->file), why);
}

/* Whether an error is about the file, which the plan tells, and no failure of ours. */
static bool is_told(enum err rc)
{
    return rc == ERR_INVALID || rc == ERR_LIMIT;
}

static enum err parse_source(struct ctx *ctx, struct form_plan *plan)
{
    const struct forms *forms = NULL;
    enum err rc = form_parse_delivered(ctx, &forms, &plan->source);

    if (rc)
        return rc;
    plan->form = forms->items[0];
    return publish_rules(ctx, plan);
}

static enum err read_overlay(struct ctx *ctx, struct form_plan *plan, bool lenient)
{
    struct overlay_merged *merged = ARENA_NEW(ctx->arena, struct overlay_merged);
    struct problem *last;
    struct form_text base = { 0 };
    enum err rc;

    if (!publish_shipped(ctx, &base, plan->kind)) {
        refuse_kind(ctx, &plan->given,
                    tr(ctx,
                       "An overlay changes a form that comes with the program, and there is none "
                       "named {0}.",
                       TR_TEXT(plan->kind)));
        return ERR_INVALID;
    }
    rc = overlay_merge(ctx, merged, &base, &plan->given, lenient);
    if (rc)
        return rc;
    last = ctx->problems_last;
    plan->source = merged->text;
    rc = parse_source(ctx, plan);
    overlay_trace(ctx, last, merged, &base, &plan->given);
    return rc;
}

static enum err read_whole(struct ctx *ctx, struct form_plan *plan)
{
    struct form_text base = { 0 };

    if (publish_shipped(ctx, &base, plan->kind) && strcmp(base.csv, plan->given.csv) != 0) {
        refuse_kind(ctx, &plan->given,
                    tr(ctx,
                       "{0} comes with the program and is not replaced: publish an overlay, with "
                       "the column hw:do.",
                       TR_TEXT(plan->kind)));
        return ERR_INVALID;
    }
    if (base.csv)
        plan->origin = ORIGIN_SHIPPED; /* back to what the program brings */
    plan->source = plan->given;
    return parse_source(ctx, plan);
}

static enum err read_file(struct ctx *ctx, struct form_plan *plan)
{
    plan->kind = form_text_setting(ctx, &plan->given, "form_id");
    plan->now = plan->kind[0] ? form_find(ctx->forms, plan->kind) : NULL;
    if (overlay_is(ctx, &plan->given)) {
        plan->origin = ORIGIN_OVERLAY;
        return read_overlay(ctx, plan, false);
    }
    plan->origin = ORIGIN_WHOLE;
    return read_whole(ctx, plan);
}

/* A workbook becomes the CSV that is stored. */
static enum err read_given(struct ctx *ctx, struct form_plan *plan, struct book_text *book)
{
    enum err rc;

    if (!book_is(&plan->given))
        return read_file(ctx, plan);
    rc = book_read(ctx, book, &plan->given, FORM_FILE_MAX);
    plan->given = rc ? (struct form_text){ plan->given.file, "", 0, NULL } : book->text;
    return rc ? rc : read_file(ctx, plan);
}

/* What a mistake may stand in: the form, the form under an overlay, tables that came with it. */
static void name_files(struct ctx *ctx, const struct form_text **out, const struct form_text *given,
                       const struct form_text *base)
{
    size_t n = 0;

    out[n++] = given;
    out[n++] = base;
    for (size_t i = 0; given->files && i < given->files->len; i++) {
        const struct delivered *d = &given->files->items[i];
        struct form_text *text = ARENA_NEW(ctx->arena, struct form_text);

        if (!text_ends(d->name, ".csv"))
            continue;
        *text = (struct form_text){ d->name, d->bytes, d->len, NULL };
        out[n++] = text;
    }
}

enum err publish_check(struct ctx *ctx, struct form_plan *out, const struct form_text *text)
{
    struct book_text book = { 0 };
    struct form_text base = { .file = "", .csv = "" };
    const struct form_text **files =
        ARENA_ARRAY(ctx->arena, PACK_FILES_MAX + 3, const struct form_text *);
    struct problem *last = ctx->problems_last;
    enum err rc;

    *out = (struct form_plan){ .kind = "", .given = *text };
    rc = publish_epoch(ctx, &out->epoch);
    if (rc)
        return rc;
    rc = form_files_check(ctx, &out->given);
    if (!rc)
        rc = read_given(ctx, out, &book);
    if (rc && !is_told(rc))
        return rc;
    if (out->origin == ORIGIN_OVERLAY)
        (void)publish_shipped(ctx, &base, out->kind);
    name_files(ctx, files, &out->given, &base);
    take_mistakes(ctx, out, last, files, &book);
    if (out->bad > 0)
        out->form = NULL;
    if (!out->form)
        return OK;
    return publish_diff(ctx, out);
}

/* --- an upgrade of the program --- */

static const char *notes_of(struct ctx *ctx, struct problem *last)
{
    struct buf b;

    buf_init(&b, ctx->arena, NOTES_MAX);
    for (const struct problem *p = last ? last->next : ctx->problems; p; p = p->next)
        if (buf_ok(&b) && b.len + strlen(p->text) + 400 < NOTES_MAX)
            buf_printf(&b, "%s%s: %s", b.len ? "\n" : "", p->field ? p->field : "", p->text);
    return b.len ? buf_text(&b) : NULL;
}

enum err publish_again(struct ctx *ctx, struct form_plan *plan, const struct form_text *base,
                       const struct form_text *overlay)
{
    struct problem *last = ctx->problems_last;
    enum err rc;

    *plan = (struct form_plan){ .origin = ORIGIN_OVERLAY, .given = *overlay };
    plan->kind = form_text_setting(ctx, base, "form_id");
    plan->now = form_find(ctx->forms, plan->kind);
    rc = read_overlay(ctx, plan, true);
    if (rc && is_told(rc)) { /* nothing of it fits: the form as the program brings it */
        plan->form = plan->now;
        plan->source = *base;
        rc = publish_rules(ctx, plan);
        if (is_told(rc))
            rc = OK;
    }
    plan->notes = notes_of(ctx, last);
    ctx_problems_back(ctx, last);
    return rc;
}
