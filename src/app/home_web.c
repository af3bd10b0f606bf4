/* The start page, and the page of keyboard shortcuts. */
#include "app/home_web.h"

#include "app/home_fill.h"
#include "app_templates.h"
#include "auth/auth.h"
#include "core/text.h"

static enum err fill_column(struct ctx *ctx, struct home_column_view *out,
                            const struct home_block **blocks, size_t len, enum home_column which)
{
    struct home_block_view *views = ARENA_ARRAY(ctx->arena, len + 1, struct home_block_view);

    out->blocks_len = 0;
    for (size_t i = 0; i < len; i++) {
        struct home_block_view view = { 0 };
        bool shown = false;
        enum err rc;

        if (home_column_of(blocks[i]->kind) != which)
            continue;
        rc = home_block_fill(ctx, &view, &shown, blocks[i]);
        if (rc)
            return rc;
        if (shown)
            views[out->blocks_len++] = view;
    }
    out->blocks = views;
    return OK;
}

static enum err get_home(struct ctx *ctx, const struct req *req, struct res *res)
{
    static const char *const codes[HOME_COLUMNS] = { "top", "work", "side" };
    struct home_view v = { .name = ctx->user->name };
    struct home_column_view *columns =
        ARENA_ARRAY(ctx->arena, HOME_COLUMNS, struct home_column_view);
    size_t len = 0;
    const struct home_block **blocks = home_blocks(ctx, &len);
    enum err rc = OK;

    (void)req;
    for (int i = 0; rc == OK && i < HOME_COLUMNS; i++) {
        struct home_column_view *column = &columns[v.columns_len];

        column->code = codes[i];
        rc = fill_column(ctx, column, blocks, len, (enum home_column)i);
        if (column->blocks_len > 0)
            v.columns_len++;
    }
    if (rc)
        return rc;
    v.columns = columns;
    home_reply(res, 200, &v);
    return OK;
}

/* What app.js does; the keys are the same in every language. */
static const struct shortcut_view shortcuts[] = {
    { "/", N_("Go to the search box") },
    { "?", N_("Show these shortcuts") },
    { "g h", N_("Go to the start page") },
    { "g p", N_("Go to people") },
    { "g c", N_("Go to cases") },
    { "g t", N_("Go to tasks") },
    { "n", N_("Add a new one") },
    { "e", N_("Edit what is shown") },
    { "s", N_("Save the form") },
    { "j", N_("Next line of a list") },
    { "k", N_("Line before") },
    { "Esc", N_("Close what is open, leave the search box") },
};

static enum err get_shortcuts(struct ctx *ctx, const struct req *req, struct res *res)
{
    const size_t len = sizeof(shortcuts) / sizeof(shortcuts[0]);
    struct shortcuts_view v = { .off = ctx->user->keys_off, .items_len = len };
    struct shortcut_view *items = ARENA_ARRAY(ctx->arena, len, struct shortcut_view);

    (void)req;
    for (size_t i = 0; i < len; i++) {
        items[i].keys = shortcuts[i].keys;
        items[i].does = tr_args(ctx, shortcuts[i].does, NULL);
    }
    v.items = items;
    shortcuts_reply(res, 200, &v);
    return OK;
}

static enum err post_shortcuts(struct ctx *ctx, const struct req *req, struct res *res)
{
    bool off = req_int(req, "off") == 1;
    enum err rc = user_set_keys(ctx, off);

    if (rc)
        return rc;
    res_flash(res, off ? tr(ctx, "The shortcuts are off.") : tr(ctx, "The shortcuts are on."));
    return res_see_other(res, url_build(ctx, "/shortcuts"));
}

static const struct field_spec shortcuts_fields[] = {
    { "off", INPUT_INT, .max = 1 },
    { 0 },
};

const struct route home_routes[] = {
    { GET, "/", PERM_SIGNED_IN, get_home, NO_FIELDS },
    { GET, "/shortcuts", PERM_SIGNED_IN, get_shortcuts, NO_FIELDS },
    { POST, "/shortcuts", PERM_SIGNED_IN, post_shortcuts, FIELDS(shortcuts_fields) },
    { 0 },
};
