#include "core/arena.h"

#include <assert.h>
#include <stdalign.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef ARENA_MALLOC
#define CHUNK_FIRST ((size_t)0) /* every allocation is a chunk, so that an overflow is seen */
#else
#define CHUNK_FIRST ((size_t)16 * 1024)
#define CHUNK_MAX   ((size_t)1024 * 1024)
#endif

#define ALIGN alignof(max_align_t)

struct chunk {
    struct chunk *before;
    size_t size;
    size_t used;
    alignas(max_align_t) unsigned char bytes[];
};

struct cleanup {
    struct cleanup *before;
    void (*fn)(void *arg);
    void *arg;
};

struct arena {
    struct chunk *chunk;
    struct cleanup *cleanup;
    size_t next_size;
    size_t total;
    size_t budget;
    size_t rewinds;
};

static _Noreturn void die(const char *why)
{
    (void)fprintf(stderr, "homeward: %s\n", why);
    abort();
}

struct arena *arena_new(size_t budget)
{
    struct arena *a = calloc(1, sizeof(*a));

    if (!a)
        die("out of memory");
    a->budget = budget ? budget : ARENA_BUDGET_DEFAULT;
    a->next_size = CHUNK_FIRST;
    return a;
}

static void run_cleanups(struct arena *a, const struct cleanup *until)
{
    while (a->cleanup != until) {
        struct cleanup *c = a->cleanup;

        assert(c); /* a mark of this arena, not yet rewound past */
        a->cleanup = c->before;
        c->fn(c->arg);
    }
}

static void free_chunks(struct arena *a, const struct chunk *until)
{
    while (a->chunk != until) {
        struct chunk *c = a->chunk;

        assert(c);
        a->chunk = c->before;
        free(c);
    }
}

void arena_free(struct arena *a)
{
    if (!a)
        return;
    run_cleanups(a, NULL);
    free_chunks(a, NULL);
    free(a);
}

struct arena_mark arena_mark(struct arena *a)
{
    struct arena_mark mark = { 0 };

    mark.chunk = a->chunk;
    mark.used = a->chunk ? a->chunk->used : 0;
    mark.total = a->total;
    mark.cleanup = a->cleanup;
    return mark;
}

void arena_rewind(struct arena *a, struct arena_mark mark)
{
    run_cleanups(a, mark.cleanup);
    free_chunks(a, mark.chunk);
    if (a->chunk)
        a->chunk->used = mark.used;
    a->total = mark.total;
    a->rewinds++;
}

static size_t rounded(size_t size)
{
    if (size > SIZE_MAX / 2)
        die("an allocation is larger than the machine");
#ifdef ARENA_MALLOC
    return size;
#else
    return (size + ALIGN - 1) & ~(ALIGN - 1);
#endif
}

static void add_chunk(struct arena *a, size_t least)
{
    size_t size = least > a->next_size ? least : a->next_size;
    struct chunk *c = malloc(sizeof(*c) + size);

    if (!c)
        die("out of memory");
    c->before = a->chunk;
    c->size = size;
    c->used = 0;
    a->chunk = c;
#ifndef ARENA_MALLOC
    if (a->next_size < CHUNK_MAX)
        a->next_size *= 2;
#endif
}

static void *take(struct arena *a, size_t size)
{
    size_t need = rounded(size);
    void *p;

#ifdef ARENA_MALLOC
    add_chunk(a, need);
#else
    if (!a->chunk || a->chunk->size - a->chunk->used < need)
        add_chunk(a, need);
#endif
    p = a->chunk->bytes + a->chunk->used;
    a->chunk->used += need;
    a->total += need;
    return p;
}

void *arena_alloc(struct arena *a, size_t size)
{
    void *p = take(a, size);

    memset(p, 0, size);
    return p;
}

void *arena_array(struct arena *a, size_t count, size_t size)
{
    if (size && count > SIZE_MAX / size)
        die("an array is larger than the machine");
    return arena_alloc(a, count * size);
}

void *arena_grow(struct arena *a, void *p, size_t old_size, size_t size)
{
    void *moved;

    assert(size >= old_size && (p || !old_size));
#ifndef ARENA_MALLOC
    size_t had = rounded(old_size);
    size_t need = rounded(size);
    struct chunk *c = a->chunk;
    if (p && c && c->used >= had && (unsigned char *)p == c->bytes + c->used - had &&
        c->size - c->used >= need - had) {
        c->used += need - had;
        a->total += need - had;
        return p;
    }
#endif
    moved = take(a, size);
    if (old_size)
        memcpy(moved, p, old_size);
    return moved;
}

char *arena_strndup(struct arena *a, const char *s, size_t len)
{
    char *copy = take(a, len + 1);

    if (len)
        memcpy(copy, s, len);
    copy[len] = '\0';
    return copy;
}

char *arena_strdup(struct arena *a, const char *s)
{
    return arena_strndup(a, s, strlen(s));
}

void *arena_memdup(struct arena *a, const void *p, size_t len)
{
    void *copy = take(a, len);

    if (len)
        memcpy(copy, p, len);
    return copy;
}

/* What is left of the newest piece of memory: most texts fit, and are formatted once. */
static size_t room_left(const struct arena *a)
{
#ifdef ARENA_MALLOC
    (void)a;
    return 0;
#else
    return a->chunk ? a->chunk->size - a->chunk->used : 0;
#endif
}

char *arena_printf(struct arena *a, const char *format, ...)
{
    const size_t room = room_left(a);
    va_list args;
    char *text;
    int len;

    assert(format); /* else gcc, under sanitizers, warns of the path on which it is NULL */
    va_start(args, format);
    len = vsnprintf(room ? (char *)a->chunk->bytes + a->chunk->used : NULL, room, format, args);
    va_end(args);
    if (len < 0)
        die("a text could not be formatted");

    text = take(a, (size_t)len + 1);
    if ((size_t)len < room && rounded((size_t)len + 1) <= room)
        return text;
    va_start(args, format);
    (void)vsnprintf(text, (size_t)len + 1, format, args);
    va_end(args);
    return text;
}

void arena_on_free(struct arena *a, void (*fn)(void *arg), void *arg)
{
    struct cleanup *c = ARENA_NEW(a, struct cleanup);

    c->before = a->cleanup;
    c->fn = fn;
    c->arg = arg;
    a->cleanup = c;
}

size_t arena_rewinds(const struct arena *a)
{
    return a->rewinds;
}

size_t arena_used(const struct arena *a)
{
    return a->total;
}

size_t arena_left(const struct arena *a)
{
    return a->total < a->budget ? a->budget - a->total : 0;
}

bool arena_over_budget(const struct arena *a)
{
    return a->total > a->budget;
}
