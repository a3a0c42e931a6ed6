/*
 * A zone file that a second thread reads and scans ahead of the walk: what is shown, and what is
 * found wrong, is what a walk on its own shows and finds.
 */
#define _GNU_SOURCE /* sched_getaffinity */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <pthread.h>
#include <sched.h>

#include "zone/walk.h"

#define MEGABYTE (1024U * 1024U)

/* A zone file in memory, and how it is read. */
struct world {
    struct tlsagen_buf zone;
    size_t at[64];      /* read so far, by the index of the file */
    size_t piece;       /* bytes that a read gives at most */
    size_t broken_at;   /* a read from there on fails; SIZE_MAX: none does */
    size_t stop_at;     /* the walk is stopped at this record; 0: never */
    size_t interrupted; /* every so many reads fail with EINTR; 0: none */
    size_t reads;
    bool elsewhere; /* another thread than the walk's has read */
    bool strict;    /* the first fault ends it */
    pthread_t walker;
    size_t records;
    size_t faults;
    struct tlsagen_buf shown;
};

static const char included[] = "inc 60 TLSA 3 1 1 abcd\n 60 MX 1 inc\nlast TLSA 3 1 1 ab";

static enum tlsagen_status world_open(void *arg, size_t index, const char *path, int *fd,
                                      struct tlsagen_err *err)
{
    struct world *world = arg;
    *fd = -1;
    if (index >= sizeof(world->at) / sizeof(world->at[0]) ||
        (index > 0 && strcmp(path, "inc") != 0))
        return tlsagen_err_set(err, TLSAGEN_E_SYSTEM, "cannot open it");
    world->at[index] = 0;
    return TLSAGEN_OK;
}

static long world_read(void *arg, size_t index, int fd, char *bytes, size_t len)
{
    struct world *world = arg;
    const char *from = index == 0 ? world->zone.data : included;
    size_t all = index == 0 ? world->zone.len : strlen(included);
    size_t *at = &world->at[index];
    (void)fd;
    if (index == 0 && pthread_equal(pthread_self(), world->walker) == 0)
        world->elsewhere = true;
    if (world->interrupted > 0 && ++world->reads % world->interrupted == 0) {
        errno = EINTR;
        return -1;
    }
    if (index == 0 && *at >= world->broken_at) {
        errno = EIO;
        return -1;
    }
    len = len < world->piece ? len : world->piece;
    len = len < all - *at ? len : all - *at;
    if (index == 0 && len > world->broken_at - *at)
        len = world->broken_at - *at;
    memcpy(bytes, from + *at, len);
    *at += len;
    return (long)len;
}

static void world_close(void *arg, size_t index, int fd)
{
    (void)arg;
    (void)index;
    (void)fd;
}

static enum tlsagen_status show(void *arg, struct walk *walk, const struct walk_record *record,
                                struct tlsagen_err *err)
{
    struct world *world = arg;
    struct tlsagen_buf *shown = &world->shown;
    (void)err;
    world->records++;
    if (world->records == world->stop_at)
        walk_stop(walk);
    tlsagen_buf_printf(shown, "%zu %llu-%llu %llu %u %u ", record->file,
                       (unsigned long long)record->begin, (unsigned long long)record->end,
                       (unsigned long long)record->line, record->type, record->ttl);
    name_format(shown, &record->owner);
    tlsagen_buf_char(shown, ' ');
    tlsagen_buf_add(shown, record->text, record->len < 200 ? record->len : 200);
    return TLSAGEN_OK;
}

static enum tlsagen_status note(void *arg, struct walk *walk, const struct walk_fault *fault,
                                struct tlsagen_err *err)
{
    struct world *world = arg;
    world->faults++;
    tlsagen_buf_printf(&world->shown, "fault %zu:%llu:%llu %s\n", fault->file,
                       (unsigned long long)fault->line, (unsigned long long)fault->column,
                       fault->text);
    return world->strict || world->faults > 100 ? walk_err(walk, fault, err) : TLSAGEN_OK;
}

/* Walks, and leaves what was shown in world->shown. */
static void go(struct world *world, bool alone, bool portable)
{
    static const uint16_t types[] = {TYPE_TLSA, TYPE_MX};
    const struct walk_source source = {world, world_open, world_read, world_close};
    const struct walk_options options = {.path = "zone",
                                         .types = types,
                                         .type_count = 2,
                                         .allow_clash = true,
                                         .source = &source,
                                         .arg = world,
                                         .record = show,
                                         .fault = note,
                                         .portable = portable,
                                         .alone = alone};
    struct walk *walk = NULL;
    struct tlsagen_err err = {0};
    tlsagen_buf_reset(&world->shown);
    world->records = world->faults = world->reads = 0;
    world->elsewhere = false;
    world->walker = pthread_self();
    enum tlsagen_status status = walk_run(&options, &walk, &err);
    tlsagen_buf_printf(&world->shown, "end %d %s\n", (int)status, err.message);
    for (size_t i = 0; i < walk_file_count(walk); i++) {
        const struct walk_file *file = walk_file(walk, i);
        tlsagen_buf_printf(&world->shown, "%s %d", file->path, file->complete);
        if (file->complete) /* else it depends on how the bytes come */
            tlsagen_buf_printf(&world->shown, " %llu %llu %d%d", (unsigned long long)file->size,
                               (unsigned long long)file->lines, file->crlf, file->final_newline);
    }
    assert_false(world->shown.failed);
    walk_free(walk);
}

static bool has_processors(void)
{
    cpu_set_t set;
    assert_int_equal(sched_getaffinity(0, sizeof(set), &set), 0);
    return CPU_COUNT(&set) > 1;
}

/* Both ways, which have to agree; the other thread has to have read some of it where there may be
 * one. */
static void compare(struct world *world)
{
    struct tlsagen_buf alone;
    tlsagen_buf_init(&alone);
    go(world, true, false);
    assert_false(world->elsewhere);
    assert_true(world->records > 1 || world->faults > 0);
    tlsagen_buf_add(&alone, world->shown.data, world->shown.len);
    for (int portable = 0; portable < 2; portable++) {
        go(world, false, portable != 0);
        if (world->piece > 4096) /* else there is nothing to gain */
            assert_int_equal(world->elsewhere, has_processors());
        assert_int_equal(world->shown.len, alone.len);
        assert_memory_equal(world->shown.data, alone.data, alone.len);
    }
    tlsagen_buf_clear(&alone);
}

static unsigned next(uint64_t *seed)
{
    *seed = *seed * UINT64_C(6364136223846793005) + 1442695040888963407U;
    return (unsigned)(*seed >> 33);
}

static void repeat(struct tlsagen_buf *zone, const char *text, size_t count)
{
    for (size_t i = 0; i < count; i++)
        tlsagen_buf_str(zone, text);
}

static void begin(struct world *world)
{
    *world = (struct world){.piece = SIZE_MAX, .broken_at = SIZE_MAX};
    tlsagen_buf_init(&world->zone);
    tlsagen_buf_init(&world->shown);
    tlsagen_buf_str(&world->zone, "$ORIGIN e.test.\n$TTL 60\n@ SOA ns h 1 2 3 4 5\n NS ns\n");
}

static void end(struct world *world)
{
    tlsagen_buf_clear(&world->zone);
    tlsagen_buf_clear(&world->shown);
}

/* One entry, mostly an ordinary one; `odd` adds those that are none. */
static void add_entry(struct tlsagen_buf *zone, uint64_t *seed, bool odd)
{
    unsigned i = next(seed);
    switch (next(seed) % (odd ? 40 : 24)) {
    case 0:
        tlsagen_buf_printf(zone, "t%u TLSA 3 1 1 (\n ab ; c ) \"\n cd )\n", i);
        break;
    case 1:
        tlsagen_buf_printf(zone, "x%u TXT \"a;b(\" c\\\"d \\; ; e \" f\n", i);
        break;
    case 2:
        tlsagen_buf_printf(zone, "; comment %u ( \" \\ \001\n\n  \n", i);
        break;
    case 3:
        tlsagen_buf_printf(zone, "c%u CNAME t\r\n 300 A 1.2.3.4\n", i);
        break;
    case 4:
        tlsagen_buf_printf(zone, "t%u 5 IN TLSA 3 1 1 ab\n\tIN MX 5 t\n", i);
        break;
    case 24:
        tlsagen_buf_printf(zone, "$TTL %u\n$ORIGIN s%u.e.test.\n", i % 1000, i % 5);
        break;
    case 25:
        tlsagen_buf_printf(zone, "b%u TXT \"a\\\nb\"\rq%u A 1.2.3.4\r", i, i);
        break;
    case 26:
        tlsagen_buf_str(zone, ";");
        repeat(zone, "(\"; ", i % 9000);
        tlsagen_buf_str(zone, "\n");
        break;
    case 27:
        tlsagen_buf_str(zone, "w MX ( 1 ; x\n");
        repeat(zone, "\n ; y\n", i % 500);
        tlsagen_buf_str(zone, " t )\n");
        break;
    default:
        tlsagen_buf_printf(zone, "h%u IN A 10.0.0.%u\n", i, i % 256);
        break;
    }
}

static void fill(struct world *world, uint64_t seed, size_t len, bool odd)
{
    while (world->zone.len < len)
        add_entry(&world->zone, &seed, odd);
    assert_false(world->zone.failed);
}

static void random_zones(void **state)
{
    (void)state;
    for (uint64_t seed = 1; seed <= 8; seed++) {
        struct world world;
        begin(&world);
        fill(&world, seed, 3 * MEGABYTE + seed * 1001, seed % 2 == 0);
        compare(&world);
        world.piece = 70001;
        world.interrupted = 3;
        compare(&world);
        world.piece = 3;
        compare(&world);
        end(&world);
    }
}

/* What does not fit into a piece, at a place where the other thread reads. */
static void long_ones(void **state)
{
    static const struct {
        const char *before, *text, *behind;
        size_t count;
    } cases[] = {
        {"l TXT (", " x\n", ")\n", 30000},         /* more than is carried from piece to piece */
        {"l TXT (", " x\n", ")\n", 200000},        /* more than a piece */
        {"l TXT (", " x\n", ")\n", 1500000},       /* more than an entry may have */
        {";", "(\"", "\n", 3 * MEGABYTE},          /* a comment may have more */
        {"", "\n", "", MEGABYTE},                  /* more entries than are found at once */
        {"", "a A 1.2.3.4\nb ", "A 1.2.3.4\n", 1}, /* nothing of the kind */
        {"l TXT ", "x", "", 100000},               /* the file ends in it */
        {"l TXT (", "x", "", 300000},              /* and with a fault */
    };
    (void)state;
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct world world;
        begin(&world);
        fill(&world, i + 1, 2 * MEGABYTE, false);
        tlsagen_buf_str(&world.zone, cases[i].before);
        repeat(&world.zone, cases[i].text, cases[i].count);
        tlsagen_buf_str(&world.zone, cases[i].behind);
        if (cases[i].behind[0] != '\0')
            fill(&world, i + 2, world.zone.len + MEGABYTE, true);
        compare(&world);
        end(&world);
    }
}

static void faults(void **state)
{
    static const char *const texts[] = {
        "a A 1.2.3.4 \001 b\n",
        ") TLSA 3 1 1 ab\n",
        "a TXT \"open\nb TLSA 3 1 1 ab\n",
        "a NONSENSE x\n",
        "a A ( \"b\n )\n",
        "$INCLUDE inc\n TLSA 3 1 1 cc\n",
        "$INCLUDE none\na A 1.2.3.4\n",
        "$INCLUDE inc e.test.\n",
    };
    (void)state;
    for (size_t i = 0; i < 2 * sizeof(texts) / sizeof(texts[0]); i++) {
        struct world world;
        begin(&world);
        fill(&world, i + 1, 2 * MEGABYTE + i * 10007, false);
        tlsagen_buf_str(&world.zone, texts[i / 2]);
        fill(&world, i + 2, world.zone.len + 2 * MEGABYTE, i % 2 == 0);
        tlsagen_buf_str(&world.zone, texts[i / 2]);
        fill(&world, i + 3, world.zone.len + 1000, true);
        world.strict = i % 2 == 1;
        compare(&world);
        end(&world);
    }
}

/* With every length of what is left behind the last piece, with a final line end and without. */
static void ends_of_file(void **state)
{
    (void)state;
    for (size_t i = 0; i < 70; i++) {
        struct world world;
        begin(&world);
        fill(&world, 1, 5 * MEGABYTE / 4 - 4096, false);
        repeat(&world.zone, ";\n", (5 * MEGABYTE / 4 - world.zone.len) / 2 - 35);
        repeat(&world.zone, "x", i);
        tlsagen_buf_str(&world.zone, i % 3 == 0   ? " TLSA 3 1 1 ab\n"
                                     : i % 3 == 1 ? " TLSA 3 1 1 ab"
                                                  : " ; c");
        compare(&world);
        end(&world);
    }
}

static void read_errors_and_stops(void **state)
{
    struct world world;
    (void)state;
    begin(&world);
    fill(&world, 7, 3 * MEGABYTE, true);
    go(&world, true, false);
    const size_t records = world.records;
    for (size_t i = 8; i <= 16; i++) {
        world.stop_at = records * i / 16;
        compare(&world);
    }
    world.stop_at = 0;
    world.piece = 100000;
    for (size_t at = 3 * MEGABYTE / 2; at < 3 * MEGABYTE; at += 77777) {
        world.broken_at = at;
        compare(&world);
        assert_non_null(strstr(world.shown.data, "cannot read zone"));
    }
    end(&world);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(random_zones),
        cmocka_unit_test(long_ones),
        cmocka_unit_test(faults),
        cmocka_unit_test(ends_of_file),
        cmocka_unit_test(read_errors_and_stops),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
