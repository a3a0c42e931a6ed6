/*
 * zone_memory.h - an edit of zone files that stand in memory, for unit tests and fuzz targets.
 */
#ifndef ZONE_MEMORY_H
#define ZONE_MEMORY_H

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "zone/edit.h"
#include "zone/rrfile.h"

#define MEMORY_FILES 8
#define MEMORY_OPEN 64

struct memory_file {
    const char *name; /* as $INCLUDE has it; the zone file is "zone" */
    const char *bytes;
    size_t len;
};

struct memory {
    const struct name *origin; /* of the zone; NULL: the file tells */
    struct memory_file files[MEMORY_FILES];
    size_t count;
    /* By index of the walk: which file, and how far it was read. */
    size_t which[MEMORY_OPEN];
    size_t at[MEMORY_OPEN];
};

static enum tlsagen_status memory_open(void *arg, size_t index, const char *path, int *fd,
                                       struct tlsagen_err *err)
{
    struct memory *memory = arg;
    *fd = -1;
    for (size_t i = 0; i < memory->count && index < MEMORY_OPEN; i++) {
        if (strcmp(memory->files[i].name, path) == 0) {
            memory->which[index] = i;
            memory->at[index] = 0;
            return TLSAGEN_OK;
        }
    }
    return tlsagen_err_system(err, ENOENT, "cannot open %s", path);
}

static long memory_read(void *arg, size_t index, int fd, char *bytes, size_t len)
{
    struct memory *memory = arg;
    const struct memory_file *file = &memory->files[memory->which[index]];
    size_t left = file->len - memory->at[index];
    (void)fd;
    if (len > left)
        len = left;
    if (len > 0)
        memcpy(bytes, file->bytes + memory->at[index], len);
    memory->at[index] += len;
    return (long)len;
}

static void memory_close(void *arg, size_t index, int fd)
{
    (void)arg;
    (void)index;
    (void)fd;
}

static enum tlsagen_status memory_peek(void *arg, size_t index, uint64_t at, char *bytes,
                                       size_t len, struct tlsagen_err *err)
{
    const struct memory *memory = arg;
    const struct memory_file *file = &memory->files[memory->which[index]];
    if (at > file->len || len > file->len - at)
        return tlsagen_err_set(err, TLSAGEN_E_LIMIT, "peek beyond the end");
    memcpy(bytes, file->bytes + at, len);
    return TLSAGEN_OK;
}

static enum tlsagen_status memory_record(void *arg, struct walk *walk,
                                         const struct walk_record *record, struct tlsagen_err *err)
{
    return edit_record(arg, walk, record, err);
}

/* Walks the files and finishes the edit, whose verb, wants and ttl are set. */
static inline enum tlsagen_status memory_edit(struct memory *memory, struct edit *edit,
                                              struct tlsagen_err *err)
{
    struct walk *walk = NULL;
    edit->peek = memory_peek;
    edit->peek_arg = memory;
    enum tlsagen_status status = edit_init(edit, err);
    const struct walk_source source = {memory, memory_open, memory_read, memory_close};
    const struct walk_options options = {
        .path = "zone",
        .origin = memory->origin,
        .watch = &edit->wants->names,
        .source = &source,
        .arg = edit,
        .record = memory_record,
    };
    if (status == TLSAGEN_OK)
        status = walk_run(&options, &walk, err);
    if (status == TLSAGEN_OK)
        status = edit_finish(edit, walk, err);
    walk_free(walk);
    return status;
}

/* Appends the new text of a file; index is the walk's. */
static inline void memory_apply(const struct memory *memory, const struct edit *edit, size_t index,
                                struct tlsagen_buf *text)
{
    const struct memory_file *file = &memory->files[memory->which[index]];
    size_t at = 0;
    for (size_t i = 0; i < edit->splice_count; i++) {
        const struct edit_splice *splice = &edit->splices[i];
        if (splice->file != index)
            continue;
        tlsagen_buf_add(text, file->bytes + at, (size_t)splice->at - at);
        tlsagen_buf_add(text, splice->text.data, splice->text.len);
        at = (size_t)(splice->at + splice->len);
    }
    tlsagen_buf_add(text, file->bytes + at, file->len - at);
}

#endif
