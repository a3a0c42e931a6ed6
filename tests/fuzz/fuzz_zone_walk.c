/*
 * Walks over zone files. Input: a line with an owner to watch, the zone file, and, behind a line
 * "---", a file named "inc" that it may include.
 *
 * A walk that passes by what nobody asked for shows the same of the rest, and the same faults, as a
 * walk that looks at everything; nor does it matter how the bytes come, and by which masks.
 */
#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "zone/walk.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define FAULTS_MAX 1000U /* faults behind that are not looked at */
#define OPENED_MAX 40U   /* files opened; a file may include another many times */

/* The two files, how they are read, and what was shown of them. */
struct world {
    const char *bytes[2];
    size_t len[2];
    size_t which[OPENED_MAX];
    size_t at[OPENED_MAX];
    size_t piece;
    size_t faults;
    struct tlsagen_buf trace;
};

static void expect(bool holds, const char *what)
{
    if (holds)
        return;
    (void)fprintf(stderr, "broken: %s\n", what);
    abort();
}

static enum tlsagen_status world_open(void *arg, size_t index, const char *path, int *fd,
                                      struct tlsagen_err *err)
{
    struct world *world = arg;
    *fd = -1;
    size_t which = strcmp(path, "zone") == 0 ? 0 : 1;
    if (index >= OPENED_MAX || world->bytes[which] == NULL ||
        (which == 1 && strcmp(path, "inc") != 0))
        return tlsagen_err_system(err, ENOENT, "cannot open it");
    world->which[index] = which;
    world->at[index] = 0;
    return TLSAGEN_OK;
}

static long world_read(void *arg, size_t index, int fd, char *bytes, size_t len)
{
    struct world *world = arg;
    size_t which = world->which[index];
    size_t left = world->len[which] - world->at[index];
    (void)fd;
    len = len < left ? len : left;
    len = len < world->piece ? len : world->piece;
    if (len > 0)
        memcpy(bytes, world->bytes[which] + world->at[index], len);
    world->at[index] += len;
    return (long)len;
}

static void world_close(void *arg, size_t index, int fd)
{
    (void)arg;
    (void)index;
    (void)fd;
}

static const uint16_t asked[] = {TYPE_TLSA, TYPE_MX, TYPE_DNAME};

static bool is_asked(const struct walk_record *record)
{
    for (size_t i = 0; i < sizeof(asked) / sizeof(asked[0]); i++) {
        if (asked[i] == record->type)
            return true;
    }
    return record->watched || record->follows || record->type == TYPE_SOA;
}

static enum tlsagen_status show(void *arg, struct walk *walk, const struct walk_record *record,
                                struct tlsagen_err *err)
{
    struct tlsagen_buf *trace = &((struct world *)arg)->trace;
    (void)walk;
    (void)err;
    if (!is_asked(record))
        return TLSAGEN_OK;
    tlsagen_buf_printf(trace, "%zu %llu-%llu %llu %u %u %d %d:%u %d%d%d%d ", record->file,
                       (unsigned long long)record->begin, (unsigned long long)record->end,
                       (unsigned long long)record->line, record->type, record->ttl,
                       (int)record->ttl_from, record->ttl_before_known, record->ttl_before,
                       record->no_final_newline, record->generated, record->watched,
                       record->follows);
    name_format(trace, &record->owner);
    tlsagen_buf_char(trace, ' ');
    name_format(trace, record->origin);
    tlsagen_buf_printf(trace, " %zd %zd %zd %zd %zd", (ssize_t)record->owner_token,
                       (ssize_t)record->ttl_token, (ssize_t)record->class_token,
                       (ssize_t)record->type_token, (ssize_t)record->rdata_token);
    expect(record->len == record->end - record->begin, "an entry's text is whole");
    tlsagen_buf_add(trace, record->text, record->len);
    tlsagen_buf_char(trace, '\n');
    return TLSAGEN_OK;
}

static enum tlsagen_status note(void *arg, struct walk *walk, const struct walk_fault *fault,
                                struct tlsagen_err *err)
{
    struct world *world = arg;
    tlsagen_buf_printf(&world->trace, "fault %zu:%llu:%llu %d %s\n", fault->file,
                       (unsigned long long)fault->line, (unsigned long long)fault->column,
                       (int)fault->status, fault->text);
    return ++world->faults < FAULTS_MAX ? TLSAGEN_OK : walk_err(walk, fault, err);
}

struct way {
    bool all;
    bool portable;
    size_t piece;
};

static void go(struct world *world, const struct name *origin, const struct name_set *watch,
               const struct way *way)
{
    const struct walk_source source = {world, world_open, world_read, world_close};
    const struct walk_options options = {.path = "zone",
                                         .origin = origin,
                                         .origin_optional = origin == NULL,
                                         .all = way->all,
                                         .watch = watch,
                                         .types = asked,
                                         .type_count = sizeof(asked) / sizeof(asked[0]),
                                         .source = &source,
                                         .arg = world,
                                         .record = show,
                                         .fault = note,
                                         .portable = way->portable};
    struct walk *walk = NULL;
    struct tlsagen_err err;
    tlsagen_buf_reset(&world->trace);
    world->piece = way->piece;
    world->faults = 0;
    enum tlsagen_status status = walk_run(&options, &walk, &err);
    tlsagen_buf_printf(&world->trace, "end %d", (int)status);
    for (size_t i = 0; i < walk_file_count(walk); i++) {
        const struct walk_file *file = walk_file(walk, i);
        tlsagen_buf_printf(&world->trace, "\n%s %zu %d", file->path, file->parent, file->complete);
        if (file->complete) /* else it depends on how the bytes come */
            tlsagen_buf_printf(&world->trace, " %llu %llu %d%d", (unsigned long long)file->size,
                               (unsigned long long)file->lines, file->crlf, file->final_newline);
    }
    expect(!world->trace.failed, "memory");
    walk_free(walk);
}

static void compare_ways(struct world *world, const struct name *origin,
                         const struct name_set *watch)
{
    static const struct way ways[] = {
        {true, true, SIZE_MAX}, {false, false, SIZE_MAX}, {false, true, 61}, {true, false, 1}};
    struct tlsagen_buf first;
    tlsagen_buf_init(&first);
    for (size_t i = 0; i < sizeof(ways) / sizeof(ways[0]); i++) {
        go(world, origin, watch, &ways[i]);
        if (i == 0)
            tlsagen_buf_add(&first, world->trace.data, world->trace.len);
        bool same =
            first.len == world->trace.len && memcmp(first.data, world->trace.data, first.len) == 0;
        if (!same)
            (void)fprintf(stderr, "-- looking at everything\n%.*s\n-- way %zu\n%.*s\n",
                          (int)first.len, first.data, i, (int)world->trace.len, world->trace.data);
        expect(same, "every way shows the same");
    }
    tlsagen_buf_clear(&first);
}

/* Records at watched owners; a TTL is not told by a walk by owners. */
static enum tlsagen_status show_watched(void *arg, struct walk *walk,
                                        const struct walk_record *record, struct tlsagen_err *err)
{
    struct walk_record shown = *record;
    if (!record->watched)
        return TLSAGEN_OK;
    shown.ttl = shown.ttl_before = 0;
    shown.ttl_from = WALK_TTL_UNKNOWN;
    shown.ttl_before_known = shown.follows = false;
    return show(arg, walk, &shown, err);
}

/* Of a zone without faults, a walk by owners shows what stands at those that are watched. */
static void compare_by_owner(struct world *world, const struct name *origin,
                             const struct name_set *watch, const struct bloom *beside)
{
    const struct walk_source source = {world, world_open, world_read, world_close};
    struct walk_options options = {.path = "zone",
                                   .origin = origin,
                                   .allow_signed = true,
                                   .allow_clash = true,
                                   .watch = watch,
                                   .beside = beside,
                                   .source = &source,
                                   .arg = world,
                                   .record = show_watched};
    struct tlsagen_buf first;
    struct tlsagen_err err;
    tlsagen_buf_init(&first);
    for (unsigned way = 0; way < 3; way++) {
        struct walk *walk = NULL;
        tlsagen_buf_reset(&world->trace);
        world->piece = way == 2 ? 61 : SIZE_MAX;
        options.by_owner = way > 0;
        options.portable = way == 1;
        enum tlsagen_status status = walk_run(&options, &walk, &err);
        uint64_t lines = walk_file(walk, 0)->lines;
        walk_free(walk);
        if (way == 0 && status != TLSAGEN_OK)
            break;
        tlsagen_buf_printf(&world->trace, "end %d %llu", (int)status, (unsigned long long)lines);
        expect(!world->trace.failed, "memory");
        if (way == 0)
            tlsagen_buf_add(&first, world->trace.data, world->trace.len);
        bool same =
            first.len == world->trace.len && memcmp(first.data, world->trace.data, first.len) == 0;
        if (!same)
            (void)fprintf(stderr, "-- by all\n%.*s\n-- by owner, way %u\n%.*s\n", (int)first.len,
                          first.data, way, (int)world->trace.len, world->trace.data);
        expect(same, "owners alone show the same");
    }
    tlsagen_buf_clear(&first);
}

/* Watched for and, as CNAMEs' owners are, in a set of those that something may stand beside. */
static void compare_owners(struct world *world, const struct name *origin,
                           const struct name_set *watch)
{
    struct bloom beside = {0};
    compare_by_owner(world, origin, watch, NULL);
    if (watch->count == 0)
        return;
    expect(bloom_init_names(&beside, NULL) == TLSAGEN_OK, "memory");
    for (size_t i = 0; i < watch->count; i++) {
        struct name name;
        name_set_get(watch, i, &name);
        const struct bloom_key key = bloom_key_of(&name);
        (void)bloom_add(&beside, &key);
    }
    bloom_fold(&beside);
    compare_by_owner(world, origin, NULL, &beside);
    bloom_clear(&beside);
}

static const char *find_text(const char *bytes, size_t len, const char *text)
{
    for (size_t i = 0; i + strlen(text) <= len; i++) {
        if (memcmp(bytes + i, text, strlen(text)) == 0)
            return bytes + i;
    }
    return NULL;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const char *text = (const char *)data, *end = text + size;
    const char *line = find_text(text, size, "\n");
    struct name origin, watched;
    struct name_set watch = {0};
    struct world world = {0};
    if (line == NULL)
        return 0;
    expect(name_parse("example.org.", 12, NULL, &origin, NULL) == TLSAGEN_OK, "the origin reads");
    if (name_parse(text, (size_t)(line - text), &origin, &watched, NULL) == TLSAGEN_OK)
        expect(name_set_add(&watch, &watched, NULL, NULL) == TLSAGEN_OK, "memory");
    line++;
    const char *parting = find_text(line, (size_t)(end - line), "---\n");
    world.bytes[0] = line;
    world.len[0] = (size_t)((parting == NULL ? end : parting) - line);
    if (parting != NULL) {
        world.bytes[1] = parting + 4;
        world.len[1] = (size_t)(end - parting) - 4;
    }
    tlsagen_buf_init(&world.trace);
    compare_ways(&world, &origin, &watch);
    compare_ways(&world, NULL, &watch);
    compare_owners(&world, &origin, &watch);
    tlsagen_buf_clear(&world.trace);
    name_set_clear(&watch);
    return 0;
}
