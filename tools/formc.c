/*
 * formc: checks every shipped form and writes forms_gen.h, the constants by which C names forms,
 * fields, choices, states and permissions, so that a misspelt one does not compile.
 *
 * usage: formc CONTENT_DIR OUT.h
 *
 * FORM_<KIND>, FIELD_<KIND>_<FIELD>, CODE_<KIND>_<FIELD>_<CODE> for choices of the form's own
 * lists, STATUS_<KIND>_<STATE>, PERM_<PERMISSION> for each row of roles/permissions.csv. Exits with
 * 1 after printing every mistake. Writes the file only when it changes.
 */

#include <stdio.h>
#include <string.h>

#include "core/asset.h"
#include "core/buf.h"
#include "core/csv.h"
#include "core/text.h"
#include "forms/forms.h"

#define OUT_MAX      ((size_t)8 * 1024 * 1024)
#define ARENA_BUDGET ((size_t)256 * 1024 * 1024)

/* Letters and digits in capitals, all else as underscores. */
static const char *capitals(struct arena *a, const char *name)
{
    char *text = arena_strdup(a, name);

    for (char *p = text; *p; p++) {
        if (*p >= 'a' && *p <= 'z')
            *p = (char)(*p - 'a' + 'A');
        else if (!ascii_is_alpha(*p) && !ascii_is_digit(*p))
            *p = '_';
    }
    return text;
}

static void add_field(struct buf *b, struct arena *a, const struct form *form,
                      const struct field *f)
{
    const char *kind = capitals(a, form->kind);
    const char *name = capitals(a, f->name);

    buf_printf(b, "#define FIELD_%s_%s \"%s\"\n", kind, name, f->name);
    if (!f->choices || text_ends(f->choices->name, ".csv"))
        return;
    for (size_t i = 0; i < f->choices->len; i++)
        buf_printf(b, "#define CODE_%s_%s_%s \"%s\"\n", kind, name,
                   capitals(a, f->choices->items[i].name), f->choices->items[i].name);
}

static bool named_before(const struct form *form, size_t change, bool to, const char *name)
{
    for (size_t i = 0; i < form->states_len; i++) {
        if (i == change && !to)
            return false;
        if (strcmp(form->states[i].from, name) == 0)
            return true;
        if (i == change)
            return false;
        if (strcmp(form->states[i].to, name) == 0)
            return true;
    }
    return false;
}

static void add_status(struct buf *b, struct arena *a, const struct form *form, const char *name)
{
    buf_printf(b, "#define STATUS_%s_%s \"%s\"\n", capitals(a, form->kind), capitals(a, name),
               name);
}

static void add_form(struct buf *b, struct arena *a, const struct form *form)
{
    buf_printf(b, "\n#define FORM_%s \"%s\"\n", capitals(a, form->kind), form->kind);
    for (size_t i = 0; i < form->all_len; i++)
        add_field(b, a, form, form->all[i]);
    if (form->states_len == 0 && form->state_names_len == 0)
        add_status(b, a, form, form->initial_status);
    for (size_t i = 0; form->states_len == 0 && i < form->state_names_len; i++)
        add_status(b, a, form, form->state_names[i].name);
    for (size_t i = 0; i < form->states_len; i++) {
        if (!named_before(form, i, false, form->states[i].from))
            add_status(b, a, form, form->states[i].from);
        if (!named_before(form, i, true, form->states[i].to))
            add_status(b, a, form, form->states[i].to);
    }
}

/* The first column, named permission. */
static enum err add_permissions(struct ctx *ctx, struct buf *b)
{
    const struct asset *asset = asset_find("content/roles/permissions.csv");
    struct csv *csv = NULL;
    struct csv_row row = { 0 };
    bool more = true;
    enum err rc;

    if (!asset)
        return OK;
    rc = csv_open_bytes(ctx, &csv, (const char *)asset->bytes, asset->len, ',');
    if (rc)
        return rc;
    buf_add(b, "\n");
    while (more) {
        rc = csv_next(ctx, csv, &row, &more);
        if (rc)
            return rc;
        if (more && row.number > 1 && row.cells[0][0])
            buf_printf(b, "#define PERM_%s \"%s\"\n", capitals(ctx->arena, row.cells[0]),
                       row.cells[0]);
    }
    return OK;
}

static enum err make_header(struct ctx *ctx, struct buf *b, const char *dir)
{
    const struct forms *forms = NULL;
    enum err rc = forms_load_directory(ctx, &forms, dir);

    if (rc)
        return rc;
    buf_add(b, "/* Made by tools/formc from content/: do not edit. */\n"
               "#ifndef FORMS_GEN_H\n#define FORMS_GEN_H\n");
    for (size_t i = 0; i < forms->len; i++)
        add_form(b, ctx->arena, forms->items[i]);
    rc = add_permissions(ctx, b);
    buf_add(b, "\n#endif\n");
    if (!rc && !buf_ok(b))
        rc = ERR_LIMIT;
    return rc;
}

static bool is_same(struct arena *a, const char *path, const struct buf *b)
{
    FILE *file = fopen(path, "rbe");
    char *old = arena_alloc(a, b->len + 2);
    size_t len;

    if (!file)
        return false;
    len = fread(old, 1, b->len + 1, file);
    (void)fclose(file);
    return len == b->len && memcmp(old, b->data, len) == 0;
}

static bool write_file(const char *path, const struct buf *b)
{
    FILE *file = fopen(path, "wbe");
    bool good;

    if (!file)
        return false;
    good = fwrite(b->data, 1, b->len, file) == b->len;
    return fclose(file) == 0 && good;
}

int main(int argc, char **argv)
{
    struct ctx ctx = { .lang = "en" };
    struct buf b = { 0 };
    enum err rc;

    if (argc != 3) {
        fprintf(stderr, "usage: formc CONTENT_DIR OUT.h\n");
        return 1;
    }
    ctx.arena = arena_new(ARENA_BUDGET);
    buf_init(&b, ctx.arena, OUT_MAX);
    rc = make_header(&ctx, &b, argv[1]);
    for (const struct problem *p = ctx.problems; p; p = p->next)
        fprintf(stderr, "formc: %s%s%s%s\n", p->code == OK ? "note: " : "",
                p->field ? p->field : "", p->field ? ": " : "", p->text);
    if (!rc && !is_same(ctx.arena, argv[2], &b) && !write_file(argv[2], &b)) {
        fprintf(stderr, "formc: could not write %s\n", argv[2]);
        rc = ERR_IO;
    }
    arena_free(ctx.arena);
    return rc ? 1 : 0;
}
