#ifndef CORE_ARENA_H
#define CORE_ARENA_H

/*
 * Arenas: memory that ends together. Every request, command and job has one.
 *
 * arena_alloc never returns NULL: only real exhaustion of the machine aborts. The budget is checked
 * by what reads from outside (body reader, db_next, struct buf) with arena_over_budget, which turns
 * it into ERR_LIMIT, so a user can never make us abort.
 * Build with -Darena_malloc=true (sanitizer builds): one malloc per allocation.
 */

#include <stdbool.h>
#include <stddef.h>

#include "core/err.h"

struct arena;

struct arena_mark {
    void *chunk;
    size_t used;
    size_t total;
    void *cleanup;
};

/* A new arena; budget in bytes, 0 = ARENA_BUDGET_DEFAULT. */
struct arena *arena_new(size_t budget);
#define ARENA_BUDGET_DEFAULT ((size_t)64 * 1024 * 1024)

/* Runs the cleanups, newest first, and frees all. NULL is allowed. */
void arena_free(struct arena *a);

/* Frees everything allocated since, running the cleanups registered since. */
struct arena_mark arena_mark(struct arena *a);
void arena_rewind(struct arena *a, struct arena_mark mark);

/* Zeroed, aligned for any type. */
void *arena_alloc(struct arena *a, size_t size);
/* count * size; aborts on overflow (callers bound count first). */
void *arena_array(struct arena *a, size_t count, size_t size);
char *arena_strdup(struct arena *a, const char *s);
char *arena_strndup(struct arena *a, const char *s, size_t len);
void *arena_memdup(struct arena *a, const void *p, size_t len);
/*
 * The same bytes in a block of size, extended in place when p is the newest block; what is beyond
 * old_size is not zeroed. The result counts as allocated now: a rewind to a mark set before this
 * call and after p was made leaves p dead, so what grows inside a marked loop needs its own arena.
 */
void *arena_grow(struct arena *a, void *p, size_t old_size, size_t size);
char *arena_printf(struct arena *a, const char *format, ...) PRINTF_LIKE(2, 3);

/* fn(arg) runs when the arena ends or is rewound past this point: ties foreign objects to it. */
void arena_on_free(struct arena *a, void (*fn)(void *arg), void *arg);

/* How often it was rewound: what lay in it may be gone since. */
size_t arena_rewinds(const struct arena *a);
size_t arena_used(const struct arena *a);
size_t arena_left(const struct arena *a); /* of the budget; 0 when it is used up */
bool arena_over_budget(const struct arena *a);

/* One object of a type, zeroed. */
#define ARENA_NEW(a, type)          ((type *)arena_alloc((a), sizeof(type)))
#define ARENA_ARRAY(a, count, type) ((type *)arena_array((a), (count), sizeof(type)))

#endif
