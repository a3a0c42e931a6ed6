/* Walks over zone files that are texts in memory: what is shown, and what is refused where. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "zone/walk.h"

/* The files there are: pairs of path and text. */
struct world {
    const char *const *files;
    size_t at[64]; /* read so far, by index */
    const char *text[64];
    size_t piece; /* bytes a read gives at most */
    char shown[8192];
    char faults[4096];
    bool go_on;
};

static enum tlsagen_status world_open(void *arg, size_t index, const char *path, int *fd,
                                      struct tlsagen_err *err)
{
    struct world *world = arg;
    for (size_t i = 0; world->files[i] != NULL; i += 2) {
        if (strcmp(world->files[i], path) == 0) {
            world->text[index] = world->files[i + 1];
            world->at[index] = 0;
            *fd = (int)index;
            return TLSAGEN_OK;
        }
    }
    return tlsagen_err_set(err, TLSAGEN_E_SYSTEM, "cannot open %s", path);
}

static long world_read(void *arg, size_t index, int fd, char *bytes, size_t len)
{
    struct world *world = arg;
    assert_int_equal(fd, (int)index);
    const char *from = world->text[index] + world->at[index];
    size_t left = strlen(from);
    size_t give = left < len ? left : len;
    give = give < world->piece ? give : world->piece;
    memcpy(bytes, from, give);
    world->at[index] += give;
    return (long)give;
}

static void world_close(void *arg, size_t index, int fd)
{
    (void)arg;
    assert_int_equal(fd, (int)index);
}

static void append(char *out, size_t size, const char *format, ...) TLSAGEN_PRINTF(3, 4);
static void append(char *out, size_t size, const char *format, ...)
{
    size_t used = strlen(out);
    va_list args;
    va_start(args, format);
    (void)vsnprintf(out + used, size - used, format, args);
    va_end(args);
}

static enum tlsagen_status show(void *arg, struct walk *walk, const struct walk_record *record,
                                struct tlsagen_err *err)
{
    static const char sources[] = "edims";
    struct world *world = arg;
    char owner[NAME_TEXT_SIZE], type[TYPE_TEXT_SIZE];
    (void)walk;
    (void)err;
    append(world->shown, sizeof(world->shown), "%zu:%llu %s%s %u%c %s%s%s%s", record->file,
           (unsigned long long)record->line, name_text(&record->owner, owner),
           record->owner_token == WALK_NO_TOKEN ? "^" : "", record->ttl, sources[record->ttl_from],
           type_text(record->type, type), record->watched ? " w" : "", record->follows ? " f" : "",
           record->generated ? " g" : "");
    append(world->shown, sizeof(world->shown), "\n");
    return TLSAGEN_OK;
}

static enum tlsagen_status note(void *arg, struct walk *walk, const struct walk_fault *fault,
                                struct tlsagen_err *err)
{
    struct world *world = arg;
    struct tlsagen_err text;
    (void)walk_err(walk, fault, &text);
    append(world->faults, sizeof(world->faults), "%s\n", text.message);
    return world->go_on ? TLSAGEN_OK : walk_err(walk, fault, err);
}

struct test {
    const char *origin;
    const char *watch;
    bool optional;
    bool all;
    bool go_on;
    const char *const *files;
};

/* Runs with reads of several sizes; what is shown must not depend on them. */
static void run(const struct test *test, const char *shown, const char *faults)
{
    static const size_t pieces[] = {100000, 1, 7, 64, 65};
    for (size_t i = 0; i < sizeof(pieces) / sizeof(pieces[0]); i++) {
        struct world *world = calloc(1, sizeof(*world));
        assert_non_null(world);
        *world = (struct world){.files = test->files, .piece = pieces[i], .go_on = test->go_on};
        struct walk_source source = {world, world_open, world_read, world_close};
        struct name origin, watched;
        struct name_set watch = {0};
        struct walk_options options = {.path = test->files[0],
                                       .origin_optional = test->optional,
                                       .all = test->all,
                                       .source = &source,
                                       .arg = world,
                                       .record = show,
                                       .fault = note,
                                       .portable = i % 2 == 1};
        if (test->origin != NULL) {
            assert_int_equal(name_parse(test->origin, strlen(test->origin), NULL, &origin, NULL),
                             0);
            options.origin = &origin;
        }
        if (test->watch != NULL) {
            assert_int_equal(name_parse(test->watch, strlen(test->watch), NULL, &watched, NULL), 0);
            assert_int_equal(name_set_add(&watch, &watched, NULL, NULL), 0);
            options.watch = &watch;
        }
        struct walk *walk = NULL;
        struct tlsagen_err err;
        enum tlsagen_status status = walk_run(&options, &walk, &err);
        assert_string_equal(world->faults, faults);
        assert_string_equal(world->shown, shown);
        assert_int_equal(status != TLSAGEN_OK, *faults != '\0' && !test->go_on);
        walk_free(walk);
        name_set_clear(&watch);
        free(world);
    }
}

#define FILES(...) ((const char *const[]){__VA_ARGS__, NULL})
#define SOA "@ IN SOA ns h (1 2 3 4 5)\n"

static void the_zone_is_found(void **state)
{
    (void)state;
    struct test test = {.origin = "e.test.", .all = true, .files = FILES("z", "$TTL 9\n" SOA)};
    run(&test, "0:2 e.test. 9d SOA\n", "");
    test = (struct test){.all = true, .files = FILES("z", "$ORIGIN e.test.\n" SOA)};
    run(&test, "0:2 e.test. 5m SOA\n", "");
    test = (struct test){.all = true,
                         .files = FILES("z", "e.test. SOA n h 1 2 3 4 5\nww A 1.2.3.4\n")};
    run(&test, "0:1 e.test. 5m SOA\n0:2 ww.e.test. 5m A\n", "");
    test = (struct test){.all = true, .files = FILES("z", SOA)};
    run(&test, "", "z:1:1: nothing tells the zone's name; give it with --origin\n");
    test = (struct test){.all = true, .files = FILES("z", "$ORIGIN e.test.\nwww A 1.2.3.4\n" SOA)};
    run(&test, "",
        "z:2:1: stands before the SOA, where nothing tells the zone's name; give it with "
        "--origin\n");
    test =
        (struct test){.optional = true, .files = FILES("z", "www A 1.2.3.4\n" SOA "x A 1.1.1.1\n")};
    run(&test, "0:2 . 5m SOA\n", "");
    test = (struct test){.origin = "e.test.", .files = FILES("z", "www A 1.2.3.4\n")};
    run(&test, "", "z:2:1: no SOA record in the whole file; is this a zone file?\n");
    test = (struct test){.origin = "e.test.", .files = FILES("z", "")};
    run(&test, "", "z:1:1: no SOA record in the whole file; is this a zone file?\n");
}

static void a_file_may_end_anywhere(void **state)
{
    (void)state;
    /* All lengths beside those that are looked at together. */
    for (int pad = 0; pad < 140; pad++) {
        char zone[512], fault[128];
        (void)snprintf(zone, sizeof(zone), SOA "; %*s\nz A 1.1.1.1", pad, "");
        struct test test = {.origin = "e.test.", .all = true, .files = FILES("z", zone)};
        run(&test, "0:1 e.test. 5m SOA\n0:3 z.e.test. 5m A\n", "");
        (void)snprintf(zone, sizeof(zone), SOA "; %*s\nz A (1.1.1.1", pad, "");
        (void)snprintf(fault, sizeof(fault), "z:3:5: \"(\" is never closed\n");
        run(&test, "0:1 e.test. 5m SOA\n", fault);
    }
}

static void ttls_and_owners_are_inherited(void **state)
{
    (void)state;
    struct test test = {.origin = "e.test.",
                        .all = true,
                        .files = FILES("z", "( @\n IN SOA ns h 1 2 3 4 5 )\n"
                                            "a 7 A 1.1.1.1\n IN 8 AAAA ::1\n TXT x\n"
                                            "$TTL 1h30m\n\tMX 5 m\n$ORIGIN sub\n A 1.1.1.2\n"
                                            "b A 1.1.1.3\nc.e.test. 1d IN A 1.1.1.4\n")};
    run(&test,
        "0:1 e.test. 5m SOA\n0:3 a.e.test. 7e A\n0:4 a.e.test.^ 8e AAAA\n0:5 a.e.test.^ 5m TXT\n"
        "0:7 a.e.test.^ 5400d MX\n0:9 a.e.test.^ 5400d A\n0:10 b.sub.e.test. 5400d A\n"
        "0:11 c.e.test. 86400e A\n",
        "");
    /* An SOA with a TTL gives no default: each record inherits from the one before. */
    test.files = FILES("z", "@ 9 IN SOA ns h 1 2 3 4 5\na A 1.1.1.1\n 8 A 1.1.1.2\nb A 1.1.1.1\n");
    run(&test, "0:1 e.test. 9e SOA\n0:2 a.e.test. 9i A\n0:3 a.e.test.^ 8e A\n0:4 b.e.test. 8i A\n",
        "");
    test.files = FILES("z", " A 1.1.1.1\n");
    run(&test, "", "z:1:1: begins with a blank, and no record before it has an owner\n");
}

static void quick_and_slow_agree(void **state)
{
    (void)state;
    /* The same zone with every record shown, and with the watched ones alone. */
    const char *zone = "$TTL 60\n" SOA " NS ns\nns A 1.1.1.1\n_25._tcp TLSA 3 1 1 aa\n"
                       " TLSA 3 1 1 bb\nb A 1.1.1.1\n"
                       "\\095\\050\\053._tcp TLSA 3 1 1 cc\n\"_25._tcp\" 5 A 1.1.1.1\n"
                       "_25._TCP.E.test. IN A 1.1.1.2 ; x\n\n; y\nc A 1.1.1.1\n";
    struct test test = {
        .origin = "e.test.", .watch = "_25._tcp.e.test.", .files = FILES("z", zone)};
    run(&test,
        "0:2 e.test. 60d SOA\n0:5 _25._tcp.e.test. 60d TLSA w\n0:6 _25._tcp.e.test.^ 60d TLSA w f\n"
        "0:7 b.e.test. 60d A f\n0:8 _25._tcp.e.test. 60d TLSA w\n"
        "0:9 _25._tcp.e.test. 5e A w f\n0:10 _25._TCP.E.test. 60d A w f\n0:13 c.e.test. 60d A f\n",
        "");
}

static uint32_t next_random(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + 1442695040888963407U;
    return (uint32_t)(*state >> 33);
}

static const char *pick(uint64_t *rng, const char *const *from, size_t count)
{
    return from[next_random(rng) % count];
}
#define PICK(rng, ...)                                                                             \
    pick(rng, (const char *const[]){__VA_ARGS__},                                                  \
         sizeof((const char *const[]){__VA_ARGS__}) / sizeof(char *))

/* Heads of every form, lined up so that they lie in all ways across the bytes looked at at once. */
static void make_zone(uint64_t *rng, char *zone, size_t size)
{
    zone[0] = '\0';
    append(zone, size, "%s%s", PICK(rng, "", "$TTL 60\n"), SOA);
    for (int i = 0; i < 12; i++) {
        char owner[200];
        int fill = (int)(next_random(rng) % 70);
        (void)snprintf(owner, sizeof(owner), "%s%.*s%s",
                       PICK(rng, "a", "b", "A", "\\097", "@", "$"),
                       next_random(rng) % 2 == 0 ? 0 : fill,
                       "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa",
                       PICK(rng, "", "", ".b", ".e.test.", ".E.test.", "..", ".other.", "."));
        append(zone, size, "%s%.*s%s%s%s%s\n", PICK(rng, owner, owner, "", "a", "( a"),
               1 + (int)(next_random(rng) % 4 == 0 ? fill : 0),
               "                                                                            ",
               PICK(rng, "", "", "60 ", "1h ", "4294967296 ", "999999999\t", "60 60 "),
               PICK(rng, "", "", "IN ", "in\t", "IN 7 ", "CH ", "IN IN "),
               PICK(rng, "A", "TLSA", "CNAME", "aaaa", "tlsa", "TXT", "TYPE52", "BAD", "", ";",
                    "cname", "RRSIG", "A;"),
               PICK(rng, " 1.2.3.4", " \"x ; y\" z", " x ; c", "", " (\n 1 )", "\t", "\r"));
        append(zone, size, "%s",
               PICK(rng, "", "", "", "\n", "  ; \"\n", "$TTL 5\n", "$ORIGIN b\n", "\t\r\n"));
    }
}

/* What a walk says of a zone: TLSA records and faults, whether it shows the rest or not. */
static void walk_both_ways(struct world *world, bool all, bool portable)
{
    struct walk_source source = {world, world_open, world_read, world_close};
    struct name origin;
    assert_int_equal(name_parse("e.test.", 7, NULL, &origin, NULL), TLSAGEN_OK);
    static const uint16_t types[] = {TYPE_TLSA};
    struct walk_options options = {.path = "z",
                                   .origin = &origin,
                                   .all = all,
                                   .types = types,
                                   .type_count = 1,
                                   .source = &source,
                                   .arg = world,
                                   .record = show,
                                   .fault = note,
                                   .portable = portable};
    struct walk *walk = NULL;
    struct tlsagen_err err;
    (void)walk_run(&options, &walk, &err);
    append(world->shown, sizeof(world->shown), "%llu lines\n",
           (unsigned long long)walk_file(walk, 0)->lines);
    walk_free(walk);
}

/* Leaves the lines about TLSA and SOA records, and the last one. */
static void leave_wanted(char *shown)
{
    char *to = shown;
    for (char *line = shown, *end; (end = strchr(line, '\n')) != NULL; line = end + 1) {
        size_t len = (size_t)(end - line) + 1;
        *end = '\0';
        bool keep = strstr(line, " TLSA") != NULL || strstr(line, " SOA") != NULL ||
                    strstr(line, "lines") != NULL;
        *end = '\n';
        if (keep) {
            memmove(to, line, len);
            to += len;
        }
    }
    *to = '\0';
}

static void passing_by_is_as_looking_closely(void **state)
{
    (void)state;
    uint64_t rng = 11;
    char zone[8192];
    const char *files[] = {"z", zone, NULL};
    struct world *world = calloc(3, sizeof(*world));
    assert_non_null(world);
    for (int round = 0; round < 4000; round++) {
        make_zone(&rng, zone, sizeof(zone));
        for (int way = 0; way < 3; way++) {
            world[way] =
                (struct world){.files = files, .piece = 1 + next_random(&rng) % 300, .go_on = true};
            walk_both_ways(&world[way], way == 0, way == 1);
            leave_wanted(world[way].shown);
        }
        for (int way = 1; way < 3; way++) {
            if (strcmp(world[way].faults, world[0].faults) != 0)
                print_message("%s", zone);
            assert_string_equal(world[way].shown, world[0].shown);
            assert_string_equal(world[way].faults, world[0].faults);
        }
    }
    free(world);
}

static void other_files_are_included(void **state)
{
    (void)state;
    struct test test = {.origin = "e.test.",
                        .watch = "a.sub.e.test.",
                        .files = FILES("/d/z",
                                       SOA "b A 1.1.1.1\n$include \"in c\" sub ; x\n A 1.1.1.2\n",
                                       "/d/in c", "$TTL 3\na A 1.1.1.3\n$INCLUDE /x\n", "/x",
                                       "a.sub.e.test. A 1.1.1.4")};
    run(&test, "0:1 e.test. 5m SOA\n1:2 a.sub.e.test. 3d A w\n2:1 a.sub.e.test. 3d A w\n", "");
    /* A blank owner at the beginning is that of the including file, which has its own again after.
     */
    test = (struct test){.origin = "e.test.",
                         .all = true,
                         .files = FILES("z", SOA "b A 1.1.1.1\n$INCLUDE y\n A 1.1.1.3\n", "y",
                                        " A 1.1.1.2\nc A 1.1.1.4\n")};
    run(&test,
        "0:1 e.test. 5m SOA\n0:2 b.e.test. 5m A\n1:1 b.e.test.^ 5m A\n1:2 c.e.test. 5m A\n"
        "0:4 b.e.test.^ 5m A\n",
        "");
    test.all = false;
    test.files = FILES("/d/z", SOA "$INCLUDE y\n", "/d/y", "$INCLUDE z\n");
    run(&test, "0:1 e.test. 5m SOA\n", "/d/y:1:10: /d/z includes itself, if over others\n");
    test.files = FILES("z", SOA "$INCLUDE y\n");
    run(&test, "0:1 e.test. 5m SOA\n", "z:2:10: cannot open y\n");
}

static void generated_records_are_shown(void **state)
{
    (void)state;
    struct test test = {.origin = "e.test.",
                        .watch = "h10.e.test.",
                        .files = FILES("z", "$TTL 1\n" SOA "$GENERATE 8-12/2 h$ A 10.0.0.$\n"
                                            "$GENERATE 1-3 h${9,2,d} TXT x\n"
                                            "$GENERATE 1-3 k$ A 10.0.0.$\nh A 1.1.1.1\n")};
    run(&test, "0:2 e.test. 1d SOA\n0:3 h10.e.test. 1d A w g\n0:4 h10.e.test. 1d TXT w g\n", "");
    /* It inherits a TTL and leaves one, as a record does. */
    test.watch = "a.e.test.";
    test.files = FILES("z", "@ 9 SOA ns h 1 2 3 4 5\na 8 A 1.1.1.1\n$GENERATE 1-2 h$ A 10.0.0.$\n"
                            "$GENERATE 1-2 k$ 7 A 10.0.0.$\na A 1.1.1.2\n");
    run(&test,
        "0:1 e.test. 9e SOA\n0:2 a.e.test. 8e A w\n0:3 h1.e.test. 8i A f g\n"
        "0:5 a.e.test. 7i A w\n",
        "");
    /* Nibbles, in a width that counts their dots, and numbers below zero. */
    test.watch = "b.2.0.c.e.test.";
    test.files = FILES("z", "$TTL 1\n" SOA "$GENERATE 0-50 ${-7,5,n}.c A 10.0.0.$\n");
    run(&test, "0:2 e.test. 1d SOA\n0:3 b.2.0.c.e.test. 1d A w g\n", "");
}

static void faults_have_places(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *fault;
    } cases[] = {
        {"a FOO x\n", "z:2:3: \"FOO\" is no record type\n"},
        {"a 1h\n", "z:2:3: the record ends before its type\n"},
        {"a CH A 1.1.1.1\n", "z:2:3: another class than IN; zones of class IN are edited here\n"},
        {"w.other. A 1.1.1.1\n",
         "z:2:1: w.other. lies outside the zone e.test.; remove the record\n"},
        {"a RRSIG x\n", "z:2:3: the zone is signed in this file, and an edit would break the "
                        "signatures; edit the unsigned file and sign it again\n"},
        {"@ SOA ns h 9 2 3 4 5\n",
         "z:2:3: a second SOA that differs from the first; a zone has one\n"},
        {"b SOA ns h 1 2 3 4 5\n", "z:2:3: the SOA does not stand at the zone's name e.test.\n"},
        {"a A 1.1.1.1\na CNAME b\n",
         "z:3:3: a CNAME and other data at one owner; remove one of them\n"},
        {"e.test. A 1.1.1.1\n@ CNAME b\n",
         "z:3:3: a CNAME and other data at one owner; remove one of them\n"},
        {"a A 1.1.1.1\n\\097 CNAME b\n",
         "z:3:6: a CNAME and other data at one owner; remove one of them\n"},
        {"a A 1.1.1.1\n\"a\" CNAME b\n",
         "z:3:5: a CNAME and other data at one owner; remove one of them\n"},
        {"a A 1.1.1.1\nA.e.TEST. CNAME b\n",
         "z:3:11: a CNAME and other data at one owner; remove one of them\n"},
        {"a CNAME b\n MX 1 m\n",
         "z:3:2: a CNAME and other data at one owner; remove one of them\n"},
        {"a CNAME b\n CNAME c\n",
         "z:3:2: a CNAME and other data at one owner; remove one of them\n"},
        {"a A )\n", "z:2:5: \")\" without a \"(\" before it\n"},
        {"a A (\n1.1.1.1\n", "z:2:5: \"(\" is never closed\n"},
        {"a TXT \"x\n", "z:2:7: the quote that begins here does not end on its line\n"},
        {"a A \x01\n", "z:2:5: a control byte; only comments may hold one, so remove it or write "
                       "\\DDD\n"},
        {"$FOO\n", "z:2:1: $FOO is no directive; $ORIGIN, $TTL, $INCLUDE and $GENERATE are\n"},
        {"$TTL x\n", "z:2:6: \"x\" is no time; give seconds, or units as in 1h30m\n"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        char zone[256];
        (void)snprintf(zone, sizeof(zone), "%s%s", SOA, cases[i].text);
        struct test test = {.origin = "e.test.", .files = FILES("z", zone)};
        run(&test, "0:1 e.test. 5m SOA\n", cases[i].fault);
    }
}

static void a_check_goes_on_after_faults(void **state)
{
    (void)state;
    struct test test = {.origin = "e.test.",
                        .go_on = true,
                        .files = FILES("z", SOA "a FOO x\nb 1\n$BAR\nx.other. A 1.1.1.1\n")};
    run(&test, "0:1 e.test. 5m SOA\n",
        "z:2:3: \"FOO\" is no record type\nz:3:3: the record ends before its type\n"
        "z:4:1: $BAR is no directive; $ORIGIN, $TTL, $INCLUDE and $GENERATE are\n"
        "z:5:1: x.other. lies outside the zone e.test.; remove the record\n");
}

static void what_is_no_text_is_refused(void **state)
{
    (void)state;
    struct test test = {.origin = "e.test.", .files = FILES("z", "\xef\xbb\xbf" SOA)};
    run(&test, "",
        "z:1:1: begins with a byte order mark, which name servers refuse; save the file without "
        "it\n");
}

static void a_cname_may_stand_twice(void **state)
{
    (void)state;
    static const char *const good[] = {
        "$TTL 1\n" SOA "x CNAME y\nx CNAME y\n",
        "$TTL 1\n" SOA "x CNAME y\nX.e.test. CNAME Y.e.test. ; again\n CNAME ( y )\n",
        "$TTL 1\n" SOA "x CNAME y\n$ORIGIN z\nx.e.test. CNAME y.e.test.\n",
        "$TTL 1\n" SOA "x CNAME @\nx CNAME e.test.\nx CNAME @\n",
    };
    static const struct {
        const char *zone;
        const char *fault;
    } bad[] = {
        {"$TTL 1\n" SOA "x CNAME y\nx CNAME z\n", "z:4:3: "},
        {"$TTL 1\n" SOA "x CNAME y ; c\n CNAME y.\n", "z:4:2: "},
        {"$TTL 1\n" SOA "x CNAME y\n$ORIGIN z\nx.e.test. CNAME y\n", "z:5:11: "},
        {"$TTL 1\n" SOA "x CNAME y\nx CNAME y\nx A 1.1.1.1\n", "z:5:3: "},
        {"$TTL 1\n" SOA "x A 1.1.1.1\nx CNAME y\n", "z:4:3: "},
    };
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        struct test test = {.origin = "e.test.", .files = FILES("z", good[i])};
        run(&test, "0:2 e.test. 1d SOA\n", "");
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        char fault[128];
        struct test test = {.origin = "e.test.", .files = FILES("z", bad[i].zone)};
        (void)snprintf(fault, sizeof(fault),
                       "%sa CNAME and other data at one owner; remove one of them\n", bad[i].fault);
        run(&test, "0:2 e.test. 1d SOA\n", fault);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_zone_is_found),
        cmocka_unit_test(a_file_may_end_anywhere),
        cmocka_unit_test(ttls_and_owners_are_inherited),
        cmocka_unit_test(quick_and_slow_agree),
        cmocka_unit_test(passing_by_is_as_looking_closely),
        cmocka_unit_test(other_files_are_included),
        cmocka_unit_test(generated_records_are_shown),
        cmocka_unit_test(faults_have_places),
        cmocka_unit_test(a_check_goes_on_after_faults),
        cmocka_unit_test(what_is_no_text_is_refused),
        cmocka_unit_test(a_cname_may_stand_twice),
    };
    return cmocka_run_group_tests_name("walk", tests, NULL, NULL);
}
