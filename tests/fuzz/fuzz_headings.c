/*
 * Any text as a heading, and as a cell of labels, against the survey's form: a heading is a
 * question or a choice that there is, or none; cells give only codes that there are.
 */
#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "core/text.h"
#include "survey/score_file.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static struct heading_words *words; /* made once, and read-only */
static const struct profile *profile;
static struct arena *kept;

static void end(void)
{
    arena_free(kept);
}

static void begin(void)
{
    struct ctx ctx = { .lang = "en", .time_zone = "UTC" };

    kept = arena_new(0);
    if (atexit(end) != 0)
        abort();
    ctx.arena = kept;
    if (profiles_load(&ctx) != OK)
        abort();
    profile = profile_find(NULL);
    words = heading_words_new(kept, profile);
}

static void try_heading(const char *text)
{
    struct heading found = heading_find(words, text);

    if (found.use == HEADING_QUESTION)
        assert((size_t)found.place < profile->len && profile->questions[found.place].codes_len);
    if (found.use == HEADING_OPTION)
        assert((size_t)found.place <= profile->len && found.code >= 0);
    if (found.use == HEADING_OPTION && (size_t)found.place < profile->len)
        assert((size_t)found.code < profile->questions[found.place].codes_len);
}

static void try_cells(struct arena *arena, char *text, size_t len)
{
    struct feed_cell cell = { arena_alloc(arena, len + 8), len };
    struct feed_row row = { .cells = &cell, .len = 1 };

    memcpy(cell.text, text, len);
    for (size_t i = 0; i < profile->len; i++) {
        struct question_column q = { 0, &profile->questions[i], heading_choices(words, (int)i),
                                     NULL, 0 };
        struct answer answer = { -1, NO_POINTS };
        bool there = false;
        size_t column = 0;

        if (!q.question->codes_len)
            continue;
        if (cell_answer(&q, &row, &answer, &there, &column) == ANSWER_GOOD && there)
            assert(answer.code >= 0 && (size_t)answer.code < q.question->codes_len);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct arena *arena;
    char *text;

    if (!words)
        begin();
    arena = arena_new(0);
    text = arena_strndup(arena, (const char *)data, size);
    if (text_valid(text, strlen(text), NULL))
        try_heading(text);
    try_cells(arena, (char *)(uintptr_t)data, size);
    arena_free(arena);
    return 0;
}
