#include <assert.h>
#include <string.h>

#include "auth/auth_inner.h"
#include "core/asset.h"
#include "core/buf.h"
#include "core/csv_table.h"
#include "core/text.h"

#define PERMISSIONS_FILE "content/roles/permissions.csv"
#define ROLES_FILE       "content/roles/roles.csv"
#define GRANTS_FILE      "content/roles/grants.csv"
#define FORMS_PREFIX     "content/forms/"
#define CODES_MAX        ((size_t)64 * 1024)
#define VERBS_LEN        ((size_t)7)

/* Read-only after auth_load, which runs before fork. */
static struct tables {
    struct arena *arena;
    const char **permissions;
    size_t permissions_len;
    uint16_t *places;   /* by hash: 1 + place among permissions, 0 = free; at most half is taken */
    size_t places_mask; /* their number, a power of two, less one */
    size_t own_len;     /* of permissions.csv */
    struct role *roles;
    size_t roles_len;
    const char **title_langs; /* language of each title column */
    size_t titles_len;
} tables;

static bool scope_parse(const char *text, enum scope *out)
{
    static const char *const names[] = { "own", "office", "all" };

    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++) {
        if (text_equal(text, names[i])) {
            *out = (enum scope)i;
            return true;
        }
    }
    return false;
}

/* --- permissions --- */

static uint32_t hash_more(uint32_t h, const char *text)
{
    for (; *text; text++)
        h = (h ^ (unsigned char)*text) * 16777619u;
    return h;
}

#define HASH_NONE 2166136261u

/* Whether a permission is that of a kind and a verb. */
static bool is_verb_of(const char *permission, const char *kind, const char *verb)
{
    const size_t len = strlen(kind);

    return strncmp(permission, kind, len) == 0 && permission[len] == '.' &&
           strcmp(permission + len + 1, verb) == 0;
}

/* Of a permission, or of kind.verb where there is a verb; permissions_len: there is none such. */
static size_t place_of(const char *permission, const char *verb)
{
    uint32_t h = hash_more(HASH_NONE, permission);

    if (verb)
        h = hash_more(hash_more(h, "."), verb);
    for (size_t i = h & tables.places_mask; tables.places && tables.places[i];
         i = (i + 1) & tables.places_mask) {
        const size_t place = (size_t)tables.places[i] - 1;

        if (verb ? is_verb_of(tables.permissions[place], permission, verb)
                 : strcmp(tables.permissions[place], permission) == 0)
            return place;
    }
    return tables.permissions_len;
}

static size_t permission_place(const char *permission)
{
    return place_of(permission, NULL);
}

/* Room for so many permissions. */
static void make_room(size_t most)
{
    size_t places = 64;

    while (places < 2 * most)
        places *= 2;
    assert(most < UINT16_MAX);
    tables.permissions = ARENA_ARRAY(tables.arena, most + 1, const char *);
    tables.places = ARENA_ARRAY(tables.arena, places, uint16_t);
    tables.places_mask = places - 1;
}

static void add_permission(const char *permission)
{
    size_t i = hash_more(HASH_NONE, permission) & tables.places_mask;

    while (tables.places[i])
        i = (i + 1) & tables.places_mask;
    tables.permissions[tables.permissions_len++] = permission;
    tables.places[i] = (uint16_t)tables.permissions_len;
}

/* The permissions that every kind of record has. */
static void add_kind(const char *kind)
{
    for (size_t i = 0; kind_verbs[i]; i++) {
        const char *name = arena_printf(tables.arena, "%s.%s", kind, kind_verbs[i]);

        if (permission_place(name) == tables.permissions_len)
            add_permission(name);
    }
}

static void add_shipped_kinds(const struct asset *const *files)
{
    for (; *files; files++) {
        const char *file = (*files)->name + strlen(FORMS_PREFIX);

        if (text_ends(file, ".csv"))
            add_kind(arena_strndup(tables.arena, file, strlen(file) - strlen(".csv")));
    }
}

static enum err load_permissions(struct ctx *ctx, const char *const *kinds, size_t kinds_len)
{
    const struct asset *const *files = asset_list(ctx->arena, FORMS_PREFIX);
    size_t most = kinds_len;
    struct csv_table s = { 0 };
    size_t at = 0;
    enum err rc;

    rc = csv_table_load(ctx, &s, tables.arena, PERMISSIONS_FILE);
    if (rc)
        return rc;
    rc = csv_table_column(ctx, &at, &s, "permission");
    if (rc)
        return rc;
    while (files[most - kinds_len])
        most++;
    make_room(s.len + most * VERBS_LEN);
    for (size_t i = 0; i < s.len; i++) {
        const char *name = s.rows[i].cells[at];

        if (text_blank(name) || strchr(name, '*') || text_equal(name, PERM_PUBLIC) ||
            text_equal(name, PERM_SIGNED_IN))
            return csv_table_fault(ctx, &s, &s.rows[i], name,
                                   "this cannot be the name of a permission");
        if (permission_place(name) < tables.permissions_len)
            return csv_table_fault(ctx, &s, &s.rows[i], name, "the permission is there twice");
        add_permission(name);
    }
    tables.own_len = tables.permissions_len;
    add_shipped_kinds(files);
    for (size_t i = 0; i < kinds_len; i++)
        add_kind(kinds[i]);
    return OK;
}

bool auth_prefix_taken(const char *kind)
{
    size_t len = strlen(kind);

    for (size_t i = 0; i < tables.own_len; i++)
        if (strncmp(tables.permissions[i], kind, len) == 0 && tables.permissions[i][len] == '.')
            return true;
    return false;
}

/* --- roles --- */

/* The language of a column "title::English (en)", or NULL. */
static const char *title_lang(const char *heading)
{
    const char *open = strrchr(heading, '(');

    if (!text_starts(heading, "title::") || !open || !text_ends(heading, ")"))
        return NULL;
    return arena_strndup(tables.arena, open + 1, strlen(open) - 2);
}

static void read_titles(struct role *role, const struct csv_table *s, const struct csv_row *row)
{
    size_t n = 0;

    role->titles = ARENA_ARRAY(tables.arena, s->header.len, const char *);
    tables.title_langs = ARENA_ARRAY(tables.arena, s->header.len, const char *);
    for (size_t i = 0; i < s->header.len; i++) {
        const char *lang = title_lang(s->header.cells[i]);

        if (!lang)
            continue;
        tables.title_langs[n] = lang;
        role->titles[n] = row->cells[i];
        n++;
    }
    tables.titles_len = n;
}

static enum err load_roles(struct ctx *ctx)
{
    struct csv_table s = { 0 };
    size_t code = 0;
    size_t clearance = 0;
    size_t scope = 0;
    enum err rc;

    rc = csv_table_load(ctx, &s, tables.arena, ROLES_FILE);
    if (rc || csv_table_column(ctx, &code, &s, "role") ||
        csv_table_column(ctx, &clearance, &s, "clearance") ||
        csv_table_column(ctx, &scope, &s, "scope"))
        return rc ? rc : ERR_INVALID;
    tables.roles = ARENA_ARRAY(tables.arena, s.len, struct role);
    for (size_t i = 0; i < s.len; i++) {
        const struct csv_row *row = &s.rows[i];
        struct role *role = &tables.roles[i];

        if (!text_is_name(row->cells[code]) || role_find(row->cells[code]))
            return csv_table_fault(ctx, &s, row, row->cells[code],
                                   "this is no name, or is there twice");
        if (!privacy_parse(row->cells[clearance], &role->clearance))
            return csv_table_fault(ctx, &s, row, row->cells[clearance],
                                   "this is no class of privacy");
        if (!scope_parse(row->cells[scope], &role->scope))
            return csv_table_fault(ctx, &s, row, row->cells[scope],
                                   "a scope is own, office or all");
        role->code = row->cells[code];
        role->grants = ARENA_ARRAY(tables.arena, tables.permissions_len, bool);
        read_titles(role, &s, row);
        tables.roles_len++;
    }
    return OK;
}

const struct role *role_find(const char *code)
{
    for (size_t i = 0; i < tables.roles_len; i++) {
        if (strcmp(tables.roles[i].code, code) == 0)
            return &tables.roles[i];
    }
    return NULL;
}

const char *role_title(const struct ctx *ctx, const struct role *role)
{
    const char *english = role->code;

    for (size_t i = 0; i < tables.titles_len; i++) {
        if (text_equal(tables.title_langs[i], ctx->lang) && role->titles[i][0])
            return role->titles[i];
        if (text_equal(tables.title_langs[i], "en"))
            english = role->titles[i];
    }
    return english;
}

size_t permissions_len(void)
{
    return tables.permissions_len;
}

const char *role_codes(struct arena *a)
{
    struct buf b;

    buf_init(&b, a, CODES_MAX);
    for (size_t i = 0; i < tables.roles_len; i++) {
        buf_add(&b, i > 0 ? ", " : "");
        buf_add(&b, tables.roles[i].code);
    }
    return buf_text(&b);
}

/* --- grants --- */

bool role_grants(const struct role *role, const char *permission)
{
    for (size_t i = 0; i < tables.permissions_len; i++)
        if (strcmp(tables.permissions[i], permission) == 0)
            return role->grants[i];
    return false;
}

/* "person.*" gives all that begin with "person."; false if there is none. */
static bool give(struct role *role, const char *permission)
{
    size_t len = strlen(permission);
    bool all = len > 0 && permission[len - 1] == '*';
    bool any = false;

    for (size_t i = 0; i < tables.permissions_len; i++) {
        const char *p = tables.permissions[i];

        if (all ? strncmp(p, permission, len - 1) == 0 : strcmp(p, permission) == 0) {
            role->grants[i] = true;
            any = true;
        }
    }
    return any;
}

static enum err load_grants(struct ctx *ctx)
{
    struct csv_table s = { 0 };
    size_t role_at = 0;
    size_t permission_at = 0;
    enum err rc;

    rc = csv_table_load(ctx, &s, tables.arena, GRANTS_FILE);
    if (rc || csv_table_column(ctx, &role_at, &s, "role") ||
        csv_table_column(ctx, &permission_at, &s, "permission"))
        return rc ? rc : ERR_INVALID;
    for (size_t i = 0; i < s.len; i++) {
        const struct csv_row *row = &s.rows[i];
        const struct role *found = role_find(row->cells[role_at]);

        if (!found)
            return csv_table_fault(ctx, &s, row, row->cells[role_at], "there is no such role");
        if (!give(&tables.roles[found - tables.roles], row->cells[permission_at]))
            return csv_table_fault(ctx, &s, row, row->cells[permission_at],
                                   "there is no such permission");
    }
    return OK;
}

/* What each level allows, in the order of kind_verbs. */
static const struct level {
    const char *name;
    const char *verbs[VERBS_LEN + 1];
} levels[] = {
    { "see", { "view", "search", "history", NULL } },
    { "work", { "view", "search", "history", "create", "edit", NULL } },
    { "all", { "*", NULL } },
};

static const struct level *level_find(const char *name)
{
    for (size_t i = 0; i < sizeof(levels) / sizeof(levels[0]); i++)
        if (text_equal(levels[i].name, name))
            return &levels[i];
    return NULL;
}

bool auth_level_exists(const char *level)
{
    return level_find(level) != NULL;
}

static void give_level(const struct kind_grant *g)
{
    const struct role *found = role_find(g->role);
    const struct level *level = level_find(g->level);

    for (size_t i = 0; found && level && level->verbs[i]; i++)
        (void)give(&tables.roles[found - tables.roles],
                   arena_printf(tables.arena, "%s.%s", g->kind, level->verbs[i]));
}

const char *const *auth_roles(struct arena *a)
{
    const char **codes = ARENA_ARRAY(a, tables.roles_len + 1, const char *);

    for (size_t i = 0; i < tables.roles_len; i++)
        codes[i] = tables.roles[i].code;
    return codes;
}

enum err auth_load(struct ctx *ctx)
{
    return auth_load_kinds(ctx, NULL, 0, NULL, 0);
}

enum err auth_load_kinds(struct ctx *ctx, const char *const *kinds, size_t kinds_len,
                         const struct kind_grant *grants, size_t grants_len)
{
    enum err rc;

    arena_free(tables.arena);
    memset(&tables, 0, sizeof(tables));
    tables.arena = arena_new(0);
    rc = load_permissions(ctx, kinds, kinds_len);
    if (rc)
        return rc;
    rc = load_roles(ctx);
    if (!rc)
        rc = load_grants(ctx);
    for (size_t i = 0; !rc && i < grants_len; i++)
        give_level(&grants[i]);
    return rc;
}

bool auth_permission_exists(const char *permission)
{
    return text_equal(permission, PERM_PUBLIC) || text_equal(permission, PERM_SIGNED_IN) ||
           permission_place(permission) < tables.permissions_len;
}

bool user_may(const struct user *user, const char *permission)
{
    size_t place;

    if (text_equal(permission, PERM_PUBLIC))
        return true;
    if (!user)
        return false;
    if (text_equal(permission, PERM_SIGNED_IN))
        return true;
    place = permission_place(permission);
    /* One without a table, such as the program itself, has none. */
    return place < tables.permissions_len && user->permissions && user->permissions[place];
}

bool user_may_do(const struct user *user, const char *kind, const char *verb)
{
    size_t place;

    if (!user || !user->permissions || !kind)
        return false;
    place = place_of(kind, verb);
    return place < tables.permissions_len && user->permissions[place];
}

const struct user *auth_program(struct ctx *ctx)
{
    bool *permissions = ARENA_ARRAY(ctx->arena, tables.permissions_len + 1, bool);
    struct user *user = ARENA_NEW(ctx->arena, struct user);

    for (size_t i = 0; i < tables.permissions_len; i++)
        permissions[i] = true;
    *user = (struct user){ .clearance = PRIVACY_SENSITIVE,
                           .scope = SCOPE_ALL,
                           .permissions = permissions };
    return user;
}

const char *auth_role_title(struct ctx *ctx, const char *code)
{
    const struct role *role = role_find(code);

    return role ? role_title(ctx, role) : code;
}
