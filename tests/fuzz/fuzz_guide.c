/* Markdown of the guide: whatever comes, only our own tags go out, and links of two kinds. */
#include <assert.h>
#include <string.h>

#include "core/text.h"
#include "guide/guide_md.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static bool ours(const char *tag)
{
    static const char *const tags[] = { "<h2>",
                                        "</h2>",
                                        "<h3>",
                                        "</h3>",
                                        "<p>",
                                        "</p>",
                                        "<ul>",
                                        "</ul>",
                                        "<ol>",
                                        "</ol>",
                                        "<li>",
                                        "</li>",
                                        "<blockquote>",
                                        "</blockquote>",
                                        "<pre>",
                                        "</pre>",
                                        "<em>",
                                        "</em>",
                                        "<strong>",
                                        "</strong>",
                                        "<code>",
                                        "</code>",
                                        "<br>",
                                        "<hr>",
                                        "</a>",
                                        "<a href=\"/",
                                        "<a href=\"https://",
                                        "<a class=\"term\" href=\"/terms#" };

    for (size_t i = 0; i < sizeof(tags) / sizeof(tags[0]); i++)
        if (text_starts(tag, tags[i]))
            return true;
    return false;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct ctx ctx = { .arena = arena_new(0), .lang = "en" };
    struct buf html;
    struct buf words;

    if (text_valid((const char *)data, size, NULL)) {
        const char *text = arena_strndup(ctx.arena, (const char *)data, size);

        buf_init(&html, ctx.arena, 1024 * 1024);
        buf_init(&words, ctx.arena, 1024 * 1024);
        if (guide_md_html(&ctx, &html, &words, "en", text) == OK) {
            for (const char *at = strchr(html.data, '<'); at != NULL; at = strchr(at + 1, '<'))
                assert(ours(at));
            assert(text_valid(html.data, html.len, NULL));
            assert(strstr(html.data, "href=\"//") == NULL);
        }
    }
    arena_free(ctx.arena);
    return 0;
}
