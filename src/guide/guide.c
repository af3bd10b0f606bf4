#include "guide/guide.h"

#include <string.h>
#include <unicode/uchar.h>
#include <unicode/unorm2.h>

#include "core/asset.h"
#include "core/csv_table.h"
#include "core/text.h"
#include "core/tr.h"
#include "guide/guide_md.h"

#define PAGES_FILE   "content/guide/pages.csv"
#define SCREENS_FILE "content/guide/screens.csv"
#define LANGS_MAX    16

struct loaded_page {
    struct guide_page page;
    struct guide_text texts[LANGS_MAX];
};

static struct guide_page *pages;
static struct loaded_page *loaded;
static size_t pages_len;
static struct guide_screen *screens;
static size_t screens_len;

/* --- words --- */

/* The letter without what stands on it. */
static uint32_t bare(uint32_t letter)
{
    UErrorCode rc = U_ZERO_ERROR;
    const UNormalizer2 *nfd = unorm2_getNFDInstance(&rc);
    UChar parts[8] = { 0 };
    int32_t len;

    if (letter < 0x80 || U_FAILURE(rc))
        return letter;
    len = unorm2_getRawDecomposition(nfd, (UChar32)letter, parts, 8, &rc);
    if (U_FAILURE(rc) || len < 1 || (parts[0] >= 0xD800 && parts[0] <= 0xDFFF))
        return letter;
    return parts[0];
}

const char *guide_fold(struct arena *a, const char *text)
{
    struct buf b;
    bool space = true;

    buf_init(&b, a, GUIDE_TEXT_MAX * 2);
    for (uint32_t c = text_next(&text); c != 0; c = text_next(&text)) {
        uint32_t letter = (uint32_t)u_tolower((UChar32)bare(c));

        if (u_charType((UChar32)letter) == U_NON_SPACING_MARK)
            continue;
        if (u_isalnum((UChar32)letter)) {
            buf_add_codepoint(&b, letter);
            space = false;
        } else if (!space) {
            buf_add_char(&b, ' ');
            space = true;
        }
    }
    return buf_text(&b);
}

bool guide_words_in(struct ctx *ctx, const char *text, const char *words)
{
    size_t len = 0;
    char **each = text_split(ctx->arena, words, ' ', true, &len);

    for (size_t i = 0; i < len; i++)
        if (strstr(text, each[i]) == NULL)
            return false;
    return true;
}

/* --- loading --- */

static bool group_of(const char *name, enum guide_group *out)
{
    static const char *const names[GUIDE_GROUPS] = { "basics", "people", "work", "numbers",
                                                     "admin" };

    for (size_t i = 0; i < GUIDE_GROUPS; i++) {
        if (text_equal(name, names[i])) {
            *out = (enum guide_group)i;
            return true;
        }
    }
    return false;
}

static enum err read_text(struct ctx *ctx, struct guide_text *out, const char *name,
                          const char *lang)
{
    const char *file = arena_printf(ctx->arena, "content/guide/%s.%s.md", name, lang);
    const struct asset *asset = asset_find(file);
    const char *text;
    const char *end;
    struct buf html;
    struct buf words;
    enum err rc;

    if (asset == NULL || !text_valid((const char *)asset->bytes, asset->len, NULL))
        return ctx_fail(ctx, ERR_INVALID,
                        tr(ctx, "{0}: there is no such file, or it is not UTF-8.", TR_TEXT(file)));
    text = arena_strndup(ctx->arena, (const char *)asset->bytes, asset->len);
    end = strchr(text, '\n');
    if (!text_starts(text, "# ") || end == NULL)
        return ctx_fail(ctx, ERR_INVALID,
                        tr(ctx, "{0}: the first line is not “# Title”.", TR_TEXT(file)));
    out->title =
        text_trim(ctx->arena, arena_strndup(ctx->arena, text + 2, (size_t)(end - text) - 2));
    buf_init(&html, ctx->arena, GUIDE_TEXT_MAX);
    buf_init(&words, ctx->arena, GUIDE_TEXT_MAX);
    buf_add(&words, out->title);
    buf_add_char(&words, ' ');
    rc = guide_md_html(ctx, &html, &words, lang, end + 1);
    if (rc)
        return rc;
    out->html = html.data;
    out->html_len = html.len;
    out->words = guide_fold(ctx->arena, buf_text(&words));
    return OK;
}

static enum err read_page(struct ctx *ctx, struct loaded_page *out, const struct csv_table *t,
                          size_t i)
{
    const char *const *langs = tr_languages();
    const char *group = csv_table_cell(t, i, "group");
    enum err rc = OK;

    out->page.name = csv_table_cell(t, i, "guide");
    if (!text_is_name(out->page.name))
        return csv_table_fault(ctx, t, &t->rows[i], out->page.name, tr(ctx, "This is not a name."));
    if (!group_of(group, &out->page.group))
        return csv_table_fault(ctx, t, &t->rows[i], group, tr(ctx, "There is no such group."));
    for (size_t l = 0; rc == OK && langs[l] != NULL && l < LANGS_MAX; l++)
        rc = read_text(ctx, &out->texts[l], out->page.name, langs[l]);
    return rc;
}

static enum err load_pages(struct ctx *ctx)
{
    struct csv_table t = { 0 };
    struct loaded_page *made;
    enum err rc = csv_table_load(ctx, &t, ctx->arena, PAGES_FILE);

    if (rc)
        return rc;
    if (t.len > GUIDE_PAGES_MAX)
        return ctx_fail(ctx, ERR_INVALID, tr(ctx, "{0}: too many pages.", TR_TEXT(PAGES_FILE)));
    made = ARENA_ARRAY(ctx->arena, t.len + 1, struct loaded_page);
    for (size_t i = 0; rc == OK && i < t.len; i++)
        rc = read_page(ctx, &made[i], &t, i);
    if (rc)
        return rc;
    pages = ARENA_ARRAY(ctx->arena, t.len + 1, struct guide_page);
    for (size_t i = 0; i < t.len; i++)
        pages[i] = made[i].page;
    loaded = made;
    pages_len = t.len;
    return OK;
}

static enum err load_screens(struct ctx *ctx)
{
    struct csv_table t = { 0 };
    enum err rc = csv_table_load(ctx, &t, ctx->arena, SCREENS_FILE);

    if (rc)
        return rc;
    screens = ARENA_ARRAY(ctx->arena, t.len + 1, struct guide_screen);
    screens_len = 0;
    for (size_t i = 0; i < t.len; i++) {
        const char *screen = csv_table_cell(&t, i, "screen");
        const char *name = csv_table_cell(&t, i, "guide");
        const struct guide_page *page = guide_find(name);

        if (page == NULL && !text_equal(name, "-"))
            return csv_table_fault(ctx, &t, &t.rows[i], name,
                                   tr(ctx, "There is no such page of the guide."));
        for (size_t k = 0; k < screens_len; k++)
            if (text_equal(screens[k].screen, screen))
                return csv_table_fault(ctx, &t, &t.rows[i], screen, tr(ctx, "It is there twice."));
        screens[screens_len++] = (struct guide_screen){ screen, page };
    }
    return OK;
}

enum err guide_load(struct ctx *ctx)
{
    enum err rc = load_pages(ctx);

    return rc ? rc : load_screens(ctx);
}

/* --- asking --- */

const struct guide_page *guide_pages(size_t *len_out)
{
    *len_out = pages_len;
    return pages;
}

const struct guide_page *guide_find(const char *name)
{
    for (size_t i = 0; i < pages_len; i++)
        if (text_equal(pages[i].name, name))
            return &pages[i];
    return NULL;
}

const struct guide_text *guide_text_of(const struct guide_page *page, const char *lang)
{
    const char *const *langs = tr_languages();

    for (size_t l = 0; langs[l] != NULL && l < LANGS_MAX; l++)
        if (text_equal(langs[l], lang))
            return &loaded[page - pages].texts[l];
    return &loaded[page - pages].texts[0];
}

/* The row of a route; with a kind, the one that names the kind. */
static const struct guide_screen *screen_of(const char *before, const char *pattern,
                                            const char *kind)
{
    static const char mark[] = "{kind}";
    size_t before_len = strlen(before);

    for (size_t i = 0; i < screens_len; i++) {
        const char *s = screens[i].screen;
        const char *p = pattern;
        bool named = kind == NULL;

        if (strncmp(s, before, before_len) != 0)
            continue;
        for (s += before_len; *s != '\0' && *s == *p; s++)
            p++;
        if (kind != NULL && text_starts(p, mark) && text_starts(s, kind)) {
            s += strlen(kind);
            p += sizeof(mark) - 1;
            named = true;
        }
        if (named && strcmp(s, p) == 0)
            return &screens[i];
    }
    return NULL;
}

const struct guide_page *guide_of_screen(const char *method, const char *pattern, const char *kind)
{
    const struct guide_screen *found = NULL;
    bool post = strcmp(method, "POST") == 0;

    if (post)
        found = screen_of("POST ", pattern, kind);
    if (found == NULL && post)
        found = screen_of("POST ", pattern, NULL);
    if (found == NULL)
        found = screen_of("", pattern, kind);
    if (found == NULL)
        found = screen_of("", pattern, NULL);
    return found != NULL ? found->page : NULL;
}

const struct guide_screen *guide_screens(size_t *len_out)
{
    *len_out = screens_len;
    return screens;
}
