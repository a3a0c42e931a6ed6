#include "arena.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#define CHUNK 65536U
/* Of large arenas; the system takes such ones back at once when they are freed. */
#define LARGE_CHUNK (1024U * 1024)
#define ALIGNMENT _Alignof(max_align_t)

struct arena_chunk {
    struct arena_chunk *next;
    size_t size; /* bytes behind this header */
    max_align_t bytes[];
};

void arena_clear(struct arena *arena)
{
    while (arena->chunks != NULL) {
        struct arena_chunk *next = arena->chunks->next;
        free(arena->chunks);
        arena->chunks = next;
    }
    *arena = (struct arena){.chunks = NULL};
}

static bool add_chunk(struct arena *arena, size_t size)
{
    struct arena_chunk *chunk = calloc(1, sizeof(*chunk) + size);
    if (chunk == NULL) {
        arena->failed = true;
        return false;
    }
    chunk->size = size;
    chunk->next = arena->chunks;
    arena->chunks = chunk;
    arena->used = 0;
    arena->texts = 0;
    return true;
}

static size_t next_chunk(const struct arena *arena)
{
    return arena->chunks == NULL ? CHUNK : LARGE_CHUNK;
}

static bool has_room(struct arena *arena, size_t size)
{
    return (arena->chunks != NULL && arena->chunks->size - arena->used - arena->texts >= size) ||
           add_chunk(arena, size > next_chunk(arena) ? size : next_chunk(arena));
}

void *arena_alloc(struct arena *arena, size_t size)
{
    if (size > SIZE_MAX / 2) {
        arena->failed = true;
        return NULL;
    }
    size = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (!has_room(arena, size))
        return NULL;
    char *start = (char *)arena->chunks->bytes + arena->used;
    arena->used += size;
    return start;
}

void *arena_array(struct arena *arena, size_t count, size_t size)
{
    if (size != 0 && count > SIZE_MAX / 2 / size) {
        arena->failed = true;
        return NULL;
    }
    return arena_alloc(arena, count * size);
}

char *arena_copy(struct arena *arena, const char *text, size_t len)
{
    if (len > SIZE_MAX / 2) {
        arena->failed = true;
        return NULL;
    }
    if (!has_room(arena, len + 1))
        return NULL;
    arena->texts += len + 1;
    char *copy = (char *)arena->chunks->bytes + arena->chunks->size - arena->texts;
    memcpy(copy, text, len);
    copy[len] = '\0';
    return copy;
}

char *arena_text(struct arena *arena, const char *text)
{
    return arena_copy(arena, text, strlen(text));
}

bool arena_push(struct arena *arena, struct arena_list *list, void *item)
{
    if (list->count == list->cap) {
        size_t cap = list->cap == 0 ? 8 : 2 * list->cap;
        void **items = arena_array(arena, cap, sizeof(*items));
        if (items == NULL)
            return false;
        if (list->count > 0)
            memcpy(items, list->items, list->count * sizeof(*items));
        list->items = items;
        list->cap = cap;
    }
    list->items[list->count++] = item;
    return true;
}
