/*
 * An edit that changes what it is not about is not made: the proof of a session, which leaves out
 * what is unchanged, against a comparison of all records.
 */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "zone/session.h"

static char folder[] = "/tmp/tlsagen-proof.XXXXXX";
static char zone[64];

static int setup(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(folder));
    assert_true(snprintf(zone, sizeof(zone), "%s/zone", folder) < (int)sizeof(zone));
    return 0;
}

static int teardown(void **state)
{
    (void)state;
    (void)unlink(zone);
    return rmdir(folder);
}

static void put(const char *text, size_t len)
{
    FILE *file = fopen(zone, "w");
    assert_non_null(file);
    assert_int_equal(fwrite(text, 1, len, file), len);
    assert_int_equal(fclose(file), 0);
}

/* The file is exactly this. */
static void is_now(const char *text, size_t len)
{
    char *now = malloc(len + 1);
    FILE *file = fopen(zone, "r");
    assert_true(now != NULL && file != NULL);
    assert_int_equal(fread(now, 1, len + 1, file), len);
    assert_memory_equal(now, text, len);
    (void)fclose(file);
    free(now);
}

/* One edit of the zone. */
struct change {
    size_t at;
    size_t len;
    const char *text;
};

/* The text after the edits, which are in order. */
static void apply(const char *old, size_t len, const struct change *changes, size_t count,
                  struct tlsagen_buf *text)
{
    size_t at = 0;
    for (size_t i = 0; i < count; i++) {
        tlsagen_buf_add(text, old + at, changes[i].at - at);
        tlsagen_buf_str(text, changes[i].text);
        at = changes[i].at + changes[i].len;
    }
    tlsagen_buf_add(text, old + at, len - at);
    assert_false(text->failed);
}

/* What is to be different: the TLSA records of one owner. */
static bool is_meant(void *arg, const struct walk_record *record)
{
    (void)arg;
    return record->watched && record->type == TYPE_TLSA;
}

/* Records that a walk shows to somebody who watches for that owner. */
static bool is_shown(const struct walk_record *record)
{
    return record->watched || record->follows || record->type == TYPE_SOA;
}

static enum tlsagen_status count_shown(void *arg, struct walk *walk,
                                       const struct walk_record *record, struct tlsagen_err *err)
{
    (void)walk;
    (void)err;
    *(size_t *)arg += is_shown(record);
    return TLSAGEN_OK;
}

static void watch(struct name_set *set)
{
    struct name name;
    *set = (struct name_set){0};
    assert_int_equal(name_parse("w.e.test.", 9, NULL, &name, NULL), TLSAGEN_OK);
    assert_int_equal(name_set_add(set, &name, NULL, NULL), TLSAGEN_OK);
}

/* What the proof of an edit did. */
struct proved {
    uint64_t left_out;
    size_t shown;
};

/* Makes the edits in a session with marks so near to each other. */
static enum tlsagen_status edit(const struct change *changes, size_t count, uint64_t space,
                                struct proved *proved, struct tlsagen_err *err)
{
    struct name_set set;
    struct session *session = NULL;
    watch(&set);
    struct walk_options walking = {.origin_optional = true, .watch = &set};
    *proved = (struct proved){0};
    struct walk_options proof = walking;
    proof.record = count_shown;
    proof.arg = &proved->shown;
    const struct session_finish finish = {.proof = &proof, .meant = is_meant};
    assert_int_equal(session_open(zone, NULL, &session, err), TLSAGEN_OK);
    session_set_mark_space(session, space);
    enum tlsagen_status status = session_walk(session, &walking, true, err);
    if (status != TLSAGEN_OK)
        fail_msg("%s", err->message);
    for (size_t i = 0; i < count; i++)
        assert_int_equal(session_edit(session, 0, changes[i].at, changes[i].len, changes[i].text,
                                      strlen(changes[i].text), err),
                         TLSAGEN_OK);
    status = session_finish(session, &finish, err);
    proved->left_out = session_left_out(session);
    session_free(session);
    name_set_clear(&set);
    return status;
}

/* A text in memory, for the walk that compares everything. */
struct text {
    const char *bytes;
    size_t len;
    size_t at;
    struct tlsagen_buf *list;
    size_t shown;
};

static enum tlsagen_status text_open(void *arg, size_t index, const char *path, int *fd,
                                     struct tlsagen_err *err)
{
    (void)arg;
    (void)index;
    *fd = -1;
    return strcmp(path, "zone") == 0 ? TLSAGEN_OK
                                     : tlsagen_err_set(err, TLSAGEN_E_SYSTEM, "no file %s", path);
}

static long text_read(void *arg, size_t index, int fd, char *bytes, size_t len)
{
    struct text *text = arg;
    (void)index;
    (void)fd;
    size_t left = text->len - text->at;
    len = len < left ? len : left;
    memcpy(bytes, text->bytes + text->at, len);
    text->at += len;
    return (long)len;
}

static void text_close(void *arg, size_t index, int fd)
{
    (void)arg;
    (void)index;
    (void)fd;
}

static enum tlsagen_status list(void *arg, struct walk *walk, const struct walk_record *record,
                                struct tlsagen_err *err)
{
    struct tlsagen_buf *to = ((struct text *)arg)->list;
    struct name owner;
    ((struct text *)arg)->shown += is_shown(record);
    (void)walk;
    (void)err;
    if (is_meant(NULL, record))
        return TLSAGEN_OK;
    name_lower(&record->owner, &owner);
    name_format(to, &owner);
    name_lower(record->origin, &owner);
    tlsagen_buf_printf(to, " %u %u %u ", record->ttl, record->type,
                       record->generated ? record->number : 0);
    name_format(to, &owner);
    for (size_t i = record->rdata_token; i < record->token_count; i++)
        tlsagen_buf_printf(to, record->tokens[i].quoted ? " \"%.*s\"" : " %.*s",
                           (int)record->tokens[i].len, record->text + record->tokens[i].at);
    tlsagen_buf_char(to, '\n');
    return TLSAGEN_OK;
}

/* All records but those meant; false when the text is refused. */
static bool list_all(const char *bytes, size_t len, struct tlsagen_buf *to, size_t *shown)
{
    struct text text = {.bytes = bytes, .len = len, .list = to};
    const struct walk_source source = {&text, text_open, text_read, text_close};
    struct name_set set;
    struct walk *walk = NULL;
    struct tlsagen_err err;
    watch(&set);
    const struct walk_options options = {.path = "zone",
                                         .origin_optional = true,
                                         .all = true,
                                         .watch = &set,
                                         .source = &source,
                                         .arg = &text,
                                         .record = list};
    enum tlsagen_status status = walk_run(&options, &walk, &err);
    walk_free(walk);
    name_set_clear(&set);
    assert_false(to->failed);
    *shown = text.shown;
    return status == TLSAGEN_OK;
}

static bool is_zone(const struct tlsagen_buf *text)
{
    struct tlsagen_buf unused;
    tlsagen_buf_init(&unused);
    size_t shown;
    bool good = list_all(text->data, text->len, &unused, &shown);
    tlsagen_buf_clear(&unused);
    return good;
}

/* Whether the edits leave all other records as they are; and how many a walk then shows. */
static bool is_right(const char *old, size_t old_len, const char *new, size_t new_len,
                     size_t *shown)
{
    struct tlsagen_buf before, after;
    tlsagen_buf_init(&before);
    tlsagen_buf_init(&after);
    assert_true(list_all(old, old_len, &before, shown));
    bool right = list_all(new, new_len, &after, shown) && before.len == after.len &&
                 memcmp(before.data, after.data, before.len) == 0;
    tlsagen_buf_clear(&before);
    tlsagen_buf_clear(&after);
    return right;
}

#define HEAD "$TTL 60\n$ORIGIN e.test.\n@ SOA ns h 1 2 3 4 5\n NS ns\n"
#define MIDDLE                                                                                     \
    "a A 1.1.1.1\n AAAA ::1\nw TLSA 3 1 1 aa\nb 70 MX 5 m ; x\n"                                   \
    "c TXT \"d;\" ( e\n f ) ; g (\nd CNAME a\ne 80 IN A 1.1.1.2\n"

/* A zone with the middle in front of so many other records and behind them. */
static void make_zone(struct tlsagen_buf *text, unsigned others)
{
    tlsagen_buf_str(text, HEAD);
    for (unsigned i = 0; i < others; i++)
        tlsagen_buf_printf(text, "host%u %sA 10.0.%u.%u\n", i, i % 3 == 0 ? "60 " : "", i / 256,
                           i % 256);
    tlsagen_buf_str(text, MIDDLE);
    for (unsigned i = 0; i < others; i++)
        tlsagen_buf_printf(text, "last%u IN A 10.1.%u.%u\n", i, i / 256, i % 256);
    assert_false(text->failed);
}

/* Replaces one text, which stands in the zone once, by another; the serial stays. */
static enum tlsagen_status replace_text(unsigned others, uint64_t space, const char *from,
                                        const char *to, struct tlsagen_err *err)
{
    struct tlsagen_buf old, new;
    struct proved proved;
    size_t shown;
    tlsagen_buf_init(&old);
    tlsagen_buf_init(&new);
    make_zone(&old, others);
    const char *found = strstr(old.data, from);
    assert_non_null(found);
    const struct change change = {(size_t)(found - old.data), strlen(from), to};
    apply(old.data, old.len, &change, 1, &new);
    put(old.data, old.len);
    enum tlsagen_status status = edit(&change, 1, space, &proved, err);
    if ((status == TLSAGEN_OK) != is_right(old.data, old.len, new.data, new.len, &shown))
        fail_msg("\"%s\" to \"%s\": %d, and a comparison says otherwise", from, to, (int)status);
    if (status == TLSAGEN_OK)
        is_now(new.data, new.len);
    else
        is_now(old.data, old.len);
    if (status == TLSAGEN_OK) {
        assert_int_equal(proved.shown, shown);
        assert_true(others < 1000 || proved.left_out > old.len / 2);
    }
    tlsagen_buf_clear(&old);
    tlsagen_buf_clear(&new);
    return status;
}

/* Zones without a mark, with some, and with one between nearly all records. */
static const struct {
    unsigned others;
    uint64_t space;
} forms[] = {{3, 1000000}, {3000, 4096}, {100, 64}};

static void wrong_edits_are_caught(void **state)
{
    (void)state;
    static const char *const wrong[][2] = {
        {"1.1.1.1\n", "1.1.1.3\n"},                                 /* another's rdata */
        {"\nb 70", "\nbb 70"},                                      /* another's owner */
        {"\nb 70", "\n 70"},                                        /* an owner is inherited */
        {"\n AAAA", "\nx TLSA 3 1 1 aa\n AAAA"},                    /* inherited from another */
        {"b 70", "b 71"},                                           /* a TTL */
        {"w TLSA", "$TTL 61\nw TLSA"},                              /* the TTL of what follows */
        {"w TLSA 3 1 1 aa\n", "w TLSA 3 1 1 aa\n$ORIGIN w\n"},      /* the origin */
        {"3 1 1 aa\n", "( 3 1 1 aa\n"},                             /* never closed */
        {"3 1 1 aa\nb 70 MX 5 m ; x\n", "(3 1 1 aa\nb 70 MX 5)\n"}, /* swallows another */
        {"3 1 1 aa\n", "3 1 1 aa ; "},                              /* the same in a comment */
        {"\nb 70", "\n;b 70"},                                      /* a record in a comment */
        {"e 80 IN A 1.1.1.2\n", ""},                                /* a record goes */
        {"w TLSA", "v TLSA 3 1 1 aa\nw TLSA"},                      /* another comes */
        {"\"d;\"", "\"d;"},                                         /* a quote is open */
        {"\"d;\"", "d;"},                                           /* a comment begins */
        {"( e\n", "( e )\n"},                                       /* what is joined falls apart */
        {"2 3 4 5\n NS", "2 3 4 6\n NS"},                           /* the SOA's other numbers */
        {"ns h 1 2", "ns h 2 2"},                                   /* a serial nobody meant */
        {"d CNAME a\n", "d CNAME a\nd A 1.1.1.1\n"},                /* CNAME and other data */
        {"w TLSA", "w RRSIG x\nw TLSA"},                            /* a signature */
        {"w TLSA", "\x01 TLSA"},                                    /* no text */
        {"a A 1", "@ SOA ns h 7 2 3 4 5\na A 1"},                   /* a second SOA */
    };
    for (size_t f = 0; f < sizeof(forms) / sizeof(forms[0]); f++) {
        for (size_t i = 0; i < sizeof(wrong) / sizeof(wrong[0]); i++) {
            struct tlsagen_err err;
            enum tlsagen_status status =
                replace_text(forms[f].others, forms[f].space, wrong[i][0], wrong[i][1], &err);
            if (status != TLSAGEN_E_MISMATCH)
                fail_msg("form %zu: \"%s\" to \"%s\" gives %d", f, wrong[i][0], wrong[i][1],
                         (int)status);
            assert_non_null(strstr(err.message, "the edit would not be right"));
        }
    }
}

static void right_edits_pass(void **state)
{
    (void)state;
    static const char *const right[][2] = {
        {"w TLSA 3 1 1 aa\n", ""},
        {"3 1 1 aa\n", "( 3 1 1\n ab )\n"},
        {"w TLSA 3 1 1 aa\n", "w TLSA 3 1 1 aa\n 77 TLSA 3 1 1 ab\n"},
        {"w TLSA", "$TTL 60\nw TLSA"},
        {"\n AAAA", "\nw TLSA 3 1 1 ab\na AAAA"},
        {"b 70", "B.e.test. 70"},
        {" AAAA", " IN 60 AAAA"},
        {"; x\n", "; another )\n"},
    };
    for (size_t f = 0; f < sizeof(forms) / sizeof(forms[0]); f++) {
        for (size_t i = 0; i < sizeof(right) / sizeof(right[0]); i++) {
            struct tlsagen_err err;
            if (replace_text(forms[f].others, forms[f].space, right[i][0], right[i][1], &err) !=
                TLSAGEN_OK)
                fail_msg("form %zu: \"%s\" to \"%s\": %s", f, right[i][0], right[i][1],
                         err.message);
        }
    }
}

#define FILLER                                                                                     \
    "; what an edit changes of the state shows behind this comment, in which there is a mark\n"

/* Text put between a record and a comment; the records behind the comment inherit of it, or not. */
static void put_before_a_comment(const char *head, const char *behind, const char *text,
                                 uint64_t space, bool right)
{
    struct tlsagen_buf old, new;
    struct tlsagen_err err;
    struct proved proved;
    size_t shown;
    tlsagen_buf_init(&old);
    tlsagen_buf_init(&new);
    tlsagen_buf_str(&old, head);
    for (int i = 0; i < 30; i++)
        tlsagen_buf_printf(&old, "a%d A 1.1.1.1\n", i);
    const struct change change = {old.len, 0, text};
    tlsagen_buf_str(&old, FILLER FILLER FILLER);
    tlsagen_buf_str(&old, behind);
    for (int i = 0; i < 30; i++)
        tlsagen_buf_printf(&old, "b%d 60 A 1.1.1.1\n", i);
    apply(old.data, old.len, &change, 1, &new);
    put(old.data, old.len);
    assert_int_equal(is_right(old.data, old.len, new.data, new.len, &shown), right);
    assert_int_equal(edit(&change, 1, space, &proved, &err),
                     right ? TLSAGEN_OK : TLSAGEN_E_MISMATCH);
    if (right)
        assert_int_equal(proved.shown, shown);
    tlsagen_buf_clear(&old);
    tlsagen_buf_clear(&new);
}

static void the_state_at_a_mark_counts(void **state)
{
    (void)state;
    static const char no_default[] = "e.test. 60 SOA ns h 1 2 3 4 5\n$ORIGIN e.test.\n";
    for (uint64_t space = 1; space < 400; space += 7) {
        put_before_a_comment(HEAD, " SPF b\n", "w TLSA 3 1 1 ab\n", space, false);
        put_before_a_comment(no_default, "q A 1.1.1.2\n", "w 61 TLSA 3 1 1 ab\n", space, false);
        put_before_a_comment(HEAD, "q A 1.1.1.2\n", "$TTL 61\n", space, false);
        put_before_a_comment(HEAD, "q A 1.1.1.2\n", "$ORIGIN q\n", space, false);
        put_before_a_comment(HEAD, "q A 1.1.1.2\n", "(\n", space, false);
        /* The record behind a watched one is shown, too. */
        put_before_a_comment(HEAD, "q A 1.1.1.2\n", "w 61 TLSA 3 1 1 ab\n", space, true);
    }
}

static uint32_t next_random(uint64_t *state)
{
    *state = *state * UINT64_C(6364136223846793005) + 1442695040888963407U;
    return (uint32_t)(*state >> 33);
}

#define PICK(rng, ...) pick(rng, (const char *const[]){__VA_ARGS__, NULL})

static const char *pick(uint64_t *rng, const char *const *from)
{
    size_t count = 0;
    while (from[count] != NULL)
        count++;
    return from[next_random(rng) % count];
}

static void random_zone(uint64_t *rng, struct tlsagen_buf *text)
{
    tlsagen_buf_str(text, PICK(rng, HEAD, "e.test. 60 SOA ns h 1 2 3 4 5\n$ORIGIN e.test.\n"));
    unsigned lines = 10 + next_random(rng) % 40;
    for (unsigned i = 0; i < lines; i++) {
        tlsagen_buf_printf(text, "%s%u", PICK(rng, "a", "b", "w.x"), i);
        tlsagen_buf_str(text, PICK(rng, " A 1.1.1.1\n", " 60 IN A 1.1.1.1\n", " MX 5 m\n",
                                   " TXT \"x;\" y\n", " TXT ( a\n b ) ; (\n", " CNAME m ; c\n",
                                   " 61 TXT a\n", " AAAA ::1\r\n"));
        tlsagen_buf_str(text,
                        PICK(rng, "", "", "", "", " 62 SPF b\n", "; d\n", "\n", "w TLSA 3 1 1 aa\n",
                             "w A 1.1.1.2\n SPF c\n", "$TTL 63\n", "$ORIGIN s.e.test.\n",
                             "$ORIGIN e.test.\n", "$GENERATE 1-3 g$ A 1.1.1.$\n"));
    }
    if (next_random(rng) % 4 == 0)
        tlsagen_buf_str(text, "z A 1.1.1.1");
}

/* Edits of any kind, most of them wrong. */
static size_t random_changes(uint64_t *rng, const struct tlsagen_buf *zone_text,
                             struct change changes[2])
{
    size_t count = next_random(rng) % 4 == 0 ? 2 : 1, from = 0;
    for (size_t i = 0; i < count; i++) {
        size_t at = from + next_random(rng) % (zone_text->len + 1 - from);
        /* Mostly where a line begins. */
        while (next_random(rng) % 16 != 0 && at > from && zone_text->data[at - 1] != '\n')
            at--;
        size_t len = next_random(rng) % 6 == 0 ? next_random(rng) % 20 : 0;
        len = len < zone_text->len - at ? len : zone_text->len - at;
        changes[i] = (struct change){
            at, len,
            PICK(rng, "w TLSA 3 1 1 ab\n", "w.e.test. 61 TLSA 3 1 1 ab\n", "$TTL 64\n",
                 "$ORIGIN s.e.test.\n", "; another\n", "\n; one\n", "w.e.test. 60 TLSA 3 1 1 ab\n",
                 "; a comment\n", "\n", " ", "$TTL 60\n", "$ORIGIN e.test.\n", "(", ")", "\"", "b",
                 "60 ", "", "x A 1.1.1.1\n", " SPF c\n", "; ", "w CNAME a\n", "\r\n", "\\")};
        from = at + len;
    }
    return count;
}

static void the_proof_says_what_a_comparison_says(void **state)
{
    (void)state;
    unsigned passed = 0, refused = 0;
    uint64_t rng = 5, left_out_of_all = 0;
    for (int round = 0; round < 4000; round++) {
        struct tlsagen_buf old, new;
        struct change changes[2];
        struct tlsagen_err err;
        struct proved proved;
        size_t shown;
        tlsagen_buf_init(&old);
        tlsagen_buf_init(&new);
        do {
            tlsagen_buf_reset(&old);
            random_zone(&rng, &old);
        } while (!is_zone(&old));
        size_t count = random_changes(&rng, &old, changes);
        apply(old.data, old.len, changes, count, &new);
        put(old.data, old.len);
        bool right = is_right(old.data, old.len, new.data, new.len, &shown);
        enum tlsagen_status status =
            edit(changes, count, 1 + next_random(&rng) % 200, &proved, &err);
        if ((status == TLSAGEN_OK) != right)
            fail_msg("round %d: %s; a comparison says %s\n%s\n--- becomes\n%s", round,
                     status == TLSAGEN_OK ? "fine" : err.message, right ? "right" : "wrong",
                     old.data, new.data);
        if (right)
            assert_int_equal(proved.shown, shown);
        passed += right;
        refused += !right;
        left_out_of_all += proved.left_out;
        tlsagen_buf_clear(&old);
        tlsagen_buf_clear(&new);
    }
    assert_true(passed > 400 && refused > 400 && left_out_of_all > 100000);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(wrong_edits_are_caught),
        cmocka_unit_test(right_edits_pass),
        cmocka_unit_test(the_state_at_a_mark_counts),
        cmocka_unit_test(the_proof_says_what_a_comparison_says),
    };
    return cmocka_run_group_tests_name("proof", tests, setup, teardown);
}
