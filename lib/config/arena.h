/* arena.h - memory that is freed all at once. */
#ifndef CONFIG_ARENA_H
#define CONFIG_ARENA_H

#include <stdbool.h>
#include <stddef.h>

struct arena_chunk;

/* All zero is an empty one. A failure is sticky, so that it may be checked once at the end. */
struct arena {
    struct arena_chunk *chunks;
    size_t used;  /* bytes of the first chunk, from its beginning */
    size_t texts; /* the same from its end: texts, which need not be aligned */
    bool failed;
};

void arena_clear(struct arena *arena);
/* size bytes, all zero, fit for any type; NULL when memory runs out. */
void *arena_alloc(struct arena *arena, size_t size);
/* An array of count elements, as arena_alloc. */
void *arena_array(struct arena *arena, size_t count, size_t size);
/* A copy of len bytes with a NUL behind them. */
char *arena_copy(struct arena *arena, const char *text, size_t len);
char *arena_text(struct arena *arena, const char *text);

/* A growing array of pointers; its memory stays in the arena. */
struct arena_list {
    void **items;
    size_t count;
    size_t cap;
};

bool arena_push(struct arena *arena, struct arena_list *list, void *item);

#endif
