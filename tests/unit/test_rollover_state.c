/* rollover/state.h: what was written is read back, and nothing else. */
#include "unit.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fcntl.h>
#include <sys/file.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "rollover/state.h"

#define FILE_NAME "state/rollover/mx1.state"

static int enter_folder(void **state)
{
    static char folder[] = "/tmp/tlsagen-state.XXXXXX";
    *state = folder;
    return mkdtemp(folder) == NULL || chdir(folder) != 0;
}

static int leave_folder(void **state)
{
    char command[128];
    (void)snprintf(command, sizeof(command), "rm -rf '%s'", (char *)*state);
    return chdir("/") != 0 || system(command) != 0;
}

static struct state_home open_home(void)
{
    struct state_home home;
    struct tlsagen_err err;
    assert_int_equal(state_home_open("state", &home, &err), TLSAGEN_OK);
    return home;
}

static void take(struct table *table, uint8_t value)
{
    unsigned bit;
    struct tlsagen_record record = {{3, 1, 1}, &value, 1};
    assert_int_equal(table_intern(table, &record, &bit, NULL), TLSAGEN_OK);
}

/*
 * Every byte of the facts is 1, padding included: each field has a value of its kind that is not
 * zero, each set the records 0, 8, 16 and so on. Then what is particular.
 */
static void fill(struct state *state)
{
    state_init(state);
    memset(&state->facts, 1, sizeof(state->facts));
    state->facts.current.chains = MODEL_CHAINS;
    state->facts.next.chains = MODEL_CHAINS;
    state->facts.past_count = MODEL_PAST;
    for (uint8_t i = 0; i < MODEL_RECORDS; i++)
        take(&state->table, i);
    state_add_leaf(state, state->facts.current.id, state->facts.current.keys);
    state_add_step(state, 1795430000, "published %d\nrecords", 2);
    bool known = true;
    assert_true(state_add_name(state, "_dane.example.org.", &known) && !known);
    assert_true(state_add_name(state, "_Dane.example.ORG.", &known) && known);
}

static void assert_same_side(const struct model_side *a, const struct model_side *b)
{
    assert_true(a->known == b->known && a->certified == b->certified);
    assert_memory_equal(a->id, b->id, MODEL_ID);
    assert_memory_equal(a->keys, b->keys, MODEL_ID);
    assert_true(a->wants == b->wants && a->could == b->could && a->chains == b->chains);
    assert_memory_equal(a->matches, b->matches, sizeof(a->matches));
}

/* Compares all bytes but padding: a field that is stored nowhere is seen. */
static void assert_same_facts(const struct model_facts *a, const struct model_facts *b)
{
    const char *x = (const char *)a, *y = (const char *)b;
    size_t from = offsetof(struct model_facts, written);
    assert_int_equal(a->now, b->now);
    assert_same_side(&a->current, &b->current);
    assert_same_side(&a->next, &b->next);
    assert_true(a->next_key == b->next_key);
    for (size_t i = from; i < sizeof(*a); i++) {
        /* The padding after a number of 32 bits. */
        if (i >= offsetof(struct model_facts, failures) + 4 &&
            i < offsetof(struct model_facts, abort))
            continue;
        if (x[i] != y[i])
            fail_msg("byte %zu of the facts differs", i);
    }
    /* Nothing stands before `written` but what was looked at. */
    assert_int_equal(from, offsetof(struct model_facts, next) + sizeof(a->next) + 8);
    assert_int_equal(offsetof(struct model_facts, current), sizeof(a->now));
}

static void everything_is_read_back(void **unused)
{
    (void)unused;
    struct state_home home = open_home();
    struct state state, read;
    struct tlsagen_err err;
    bool found;
    fill(&state);
    assert_int_equal(state_write(&home, "mx1", &state, &err), TLSAGEN_OK);
    state_init(&read);
    assert_int_equal(state_read(&home, "mx1", &read, &found, &err), TLSAGEN_OK);
    assert_true(found);
    assert_int_equal(read.table.count, 8);
    for (uint8_t i = 0; i < 8; i++)
        assert_int_equal(read.table.records[i].data[0], 8 * i);
    /* The numbers of the table that was read. */
    state_compact(&state);
    assert_int_equal(state.table.count, 8);
    assert_same_facts(&state.facts, &read.facts);
    assert_int_equal(read.step_count, 1);
    assert_int_equal(read.steps[0].at, 1795430000);
    assert_string_equal(read.steps[0].text, "published 2?records");
    assert_int_equal(read.name_count, 1);
    assert_string_equal(read.names[0], "_dane.example.org.");
    assert_int_equal(read.leaf_count, 1);
    assert_true(state_has_leaf(&read, state.facts.current.id, state.facts.current.keys));
    assert_string_equal(read.clock.boot, state.clock.boot);
    assert_true(read.clock.offset_ms == state.clock.offset_ms);
    state_clear(&read);
    state_clear(&state);
    state_home_close(&home);
}

static void nothing_is_an_empty_state(void **unused)
{
    (void)unused;
    struct state_home home, made = open_home();
    struct state state, read;
    struct tlsagen_err err;
    const struct model_facts zero = {0};
    bool found = true;
    state_init(&state);
    assert_int_equal(state_home_open("none", &home, &err), TLSAGEN_OK);
    assert_int_equal(state_read(&home, "mx1", &state, &found, &err), TLSAGEN_OK);
    assert_false(found);
    assert_int_equal(access("none", F_OK), -1);
    state_home_close(&home);
    assert_int_equal(state_read(&made, "other", &state, &found, &err), TLSAGEN_OK);
    assert_false(found);
    assert_int_equal(state_write(&made, "other", &state, &err), TLSAGEN_OK);
    state_init(&read);
    assert_int_equal(state_read(&made, "other", &read, &found, &err), TLSAGEN_OK);
    assert_true(found);
    assert_memory_equal(&read.facts, &zero, sizeof(zero));
    assert_int_equal(state_remove(&made, "other", &err), TLSAGEN_OK);
    assert_int_equal(state_remove(&made, "other", &err), TLSAGEN_OK);
    assert_int_equal(state_read(&made, "other", &read, &found, &err), TLSAGEN_OK);
    assert_false(found);
    state_home_close(&made);
}

/* --- damage --- */

static void format(const struct state_home *home, const struct state *state,
                   struct tlsagen_buf *text)
{
    tlsagen_buf_init(text);
    state_format(home, "mx1", state, text);
    assert_false(text->failed);
}

static void every_truncation_is_seen(void **unused)
{
    (void)unused;
    struct state_home home = open_home();
    struct state state, read;
    struct tlsagen_buf text;
    struct tlsagen_err err;
    fill(&state);
    format(&home, &state, &text);
    state_init(&read);
    for (size_t len = 0; len < text.len; len++) {
        assert_int_equal(state_parse(&home, "mx1", text.data, len, "f", &read, &err),
                         TLSAGEN_E_SYNTAX);
        assert_int_equal(strncmp(err.message, "f:", 2), 0);
        assert_non_null(strstr(err.message, len <= 18 ? "f:1:" : "truncated"));
        assert_int_equal(read.table.count, 0);
    }
    assert_int_equal(state_parse(&home, "mx1", text.data, text.len, "f", &read, &err), TLSAGEN_OK);
    state_clear(&read);
    tlsagen_buf_str(&text, "x");
    assert_int_equal(state_parse(&home, "mx1", text.data, text.len, "f", &read, &err),
                     TLSAGEN_E_SYNTAX);
    tlsagen_buf_clear(&text);
    state_clear(&state);
    state_home_close(&home);
}

/* Parses a whole file with these lines after its head, and expects this to be said of it. */
static void refused(const struct state_home *home, const char *lines, enum tlsagen_status wanted,
                    const char *said)
{
    struct state state;
    struct tlsagen_buf text;
    struct tlsagen_err err;
    tlsagen_buf_init(&text);
    state_init(&state);
    tlsagen_buf_printf(&text, "tlsagen-rollover 1\nservice mx1\nhost %s h\nclock - 0\n%s",
                       home->host, lines);
    enum tlsagen_status status = state_parse(home, "mx1", text.data, text.len, "f", &state, &err);
    if (status != wanted || strstr(err.message, said) == NULL)
        print_error("%s: %d, %s\n", lines, status, err.message);
    assert_int_equal(status, wanted);
    assert_non_null(strstr(err.message, said));
    tlsagen_buf_clear(&text);
}

#define ID "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static void damaged_lines_are_told_with_their_place(void **unused)
{
    (void)unused;
    static const struct {
        const char *lines, *said;
    } cases[] = {
        {"\nend\n", "f:5: an empty line"},
        {"colour 7\nend\n", "f:5: \"colour\" is not known"},
        {"now 1\nnow 1\nend\n", "f:6: a field that was there"},
        {"now -1\nend\n", "f:5: a value"},
        {"now 9223372036854775808\nend\n", "f:5: a value"},
        {"now 1 2\nend\n", "f:5: a value"},
        {"now\nend\n", "f:5: a value"},
        {"ttl 4294967296\nend\n", "f:5: a value"},
        {"past 9\nend\n", "f:5: a value"},
        {"current.chains 9\nend\n", "f:5: a value"},
        {"next_key 1\nend\n", "f:5: a value"},
        {"current.id 0011\nend\n", "f:5: a value"},
        {"current.id " ID "00\nend\n", "f:5: a value"},
        {"record 3 1 1\nend\n", "f:5: no record"},
        {"record 3 1 256 aa\nend\n", "f:5: no record"},
        {"record 3 1 1 aaa\nend\n", "f:5: association data"},
        {"record 3 1 1 xx\nend\n", "f:5: association data"},
        {"record 3 1 1 aa colours\nend\n", "f:5: a set"},
        {"record 3 1 1 aa current.0\nend\n", "f:5: a set"},
        {"record 3 1 1 aa past.9\nend\n", "f:5: a set"},
        {"record 3 1 1 aa  ours\nend\n", "f:5: a set"},
        {"record 3 1 1 aa ours\nrecord 3 1 1 AA ours\nend\n", "f:6: a record that was there"},
        {"current.chains 1\nrecord 3 1 1 aa current.2\nend\n", "f:7: a record is in a set"},
        {"record 3 1 1 aa past.1\nend\n", "f:6: a record is in a set"},
        {"leaf " ID "\nend\n", "f:5: no certificate"},
        {"step x\nend\n", "f:5: no step"},
        {"step 1 a\tb\nend\n", "f:5: no step"},
        {"end\nend\n", "f:5: something follows"},
        {"end x\n", "f:5: \"end\" is not known"},
    };
    struct state_home home = open_home();
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++)
        refused(&home, cases[i].lines, TLSAGEN_E_SYNTAX, cases[i].said);
    struct tlsagen_buf many;
    tlsagen_buf_init(&many);
    for (int i = 0; i <= MODEL_RECORDS; i++)
        tlsagen_buf_printf(&many, "record 3 1 1 %02x ours\n", i);
    refused(&home, many.data, TLSAGEN_E_SYNTAX, "f:69: more records");
    tlsagen_buf_reset(&many);
    for (int i = 0; i <= STATE_STEPS; i++)
        tlsagen_buf_printf(&many, "step %d x\n", i);
    refused(&home, many.data, TLSAGEN_E_SYNTAX, "f:21: more steps");
    tlsagen_buf_clear(&many);
    state_home_close(&home);
}

static void refused_whole(const char *text, enum tlsagen_status wanted, const char *said)
{
    struct state_home home = open_home();
    struct state state;
    struct tlsagen_err err;
    state_init(&state);
    assert_int_equal(state_parse(&home, "mx1", text, strlen(text), "f", &state, &err), wanted);
    assert_non_null(strstr(err.message, said));
    state_home_close(&home);
}

static void files_of_others_are_refused(void **unused)
{
    (void)unused;
    refused_whole("tlsagen-rollover 2\nwhatever", TLSAGEN_E_KIND, "f:1: written by a newer");
    refused_whole("tlsagen-rollover 0\n", TLSAGEN_E_SYNTAX, "f:1: ");
    refused_whole("{}\n{}\n", TLSAGEN_E_SYNTAX, "f:1: no state file");
    refused_whole("", TLSAGEN_E_SYNTAX, "f:1: the state file is truncated");
    refused_whole("tlsagen-rollover 1\nservice mx2\n", TLSAGEN_E_MISMATCH,
                  "f:2: the state of service \"mx2\", not of \"mx1\"");
    refused_whole("tlsagen-rollover 1\nservice mx1\nhost 00112233445566778899aabbccddeeff old\n",
                  TLSAGEN_E_MISMATCH, "f:3: the state of another host, \"old\"");
    refused_whole("tlsagen-rollover 1\nhost mx1\n", TLSAGEN_E_SYNTAX, "f:2: another line");
}

static void other_things_in_its_place(void **unused)
{
    (void)unused;
    struct state_home home = open_home();
    struct state state;
    struct tlsagen_err err;
    bool found;
    state_init(&state);
    assert_int_equal(state_home_make(&home, &err), TLSAGEN_OK);
    (void)unlink(FILE_NAME);
    assert_int_equal(mkfifo(FILE_NAME, 0600), 0);
    assert_int_equal(state_read(&home, "mx1", &state, &found, &err), TLSAGEN_E_KIND);
    assert_non_null(strstr(err.message, FILE_NAME));
    assert_int_equal(unlink(FILE_NAME), 0);
    assert_int_equal(symlink("/etc/passwd", FILE_NAME), 0);
    assert_int_equal(state_read(&home, "mx1", &state, &found, &err), TLSAGEN_E_KIND);
    assert_int_equal(unlink(FILE_NAME), 0);
    assert_int_equal(mkdir(FILE_NAME, 0700), 0);
    assert_int_equal(state_read(&home, "mx1", &state, &found, &err), TLSAGEN_E_KIND);
    assert_int_equal(state_write(&home, "mx1", &state, &err), TLSAGEN_E_SYSTEM);
    assert_int_equal(access(FILE_NAME ".new", F_OK), -1);
    assert_int_equal(rmdir(FILE_NAME), 0);
    static const char *const names[] = {"", ".", "../x", "a/b", ".lock", "a b", "a\n"};
    for (size_t i = 0; i < sizeof(names) / sizeof(names[0]); i++)
        assert_int_equal(state_read(&home, names[i], &state, &found, &err), TLSAGEN_E_ARGUMENT);
    /* Services of a template. */
    assert_int_equal(state_write(&home, "web@www.example.org", &state, &err), TLSAGEN_OK);
    assert_int_equal(state_read(&home, "web@www.example.org", &state, &found, &err), TLSAGEN_OK);
    assert_true(found);
    assert_int_equal(state_remove(&home, "web@www.example.org", &err), TLSAGEN_OK);
    state_home_close(&home);
    assert_int_equal(state_home_open("/dev/null", &home, &err), TLSAGEN_E_KIND);
    assert_int_equal(state_home_open("/proc", &home, &err), TLSAGEN_OK);
    assert_int_equal(state_write(&home, "mx1", &state, &err), TLSAGEN_E_SYSTEM);
    state_home_close(&home);
}

static void a_full_disk_leaves_the_former_file(void **unused)
{
    (void)unused;
    struct state_home home = open_home();
    struct state state, read;
    struct tlsagen_err err;
    struct rlimit before, none;
    state_init(&state);
    state.facts.now = 1;
    assert_int_equal(state_write(&home, "mx1", &state, &err), TLSAGEN_OK);
    assert_int_equal(getrlimit(RLIMIT_FSIZE, &before), 0);
    none = before;
    none.rlim_cur = 10;
    (void)signal(SIGXFSZ, SIG_IGN);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &none), 0);
    state.facts.now = 2;
    enum tlsagen_status status = state_write(&home, "mx1", &state, &err);
    assert_int_equal(setrlimit(RLIMIT_FSIZE, &before), 0);
    assert_int_equal(status, TLSAGEN_E_SYSTEM);
    assert_int_equal(err.sys_errno, EFBIG);
    assert_int_equal(access(FILE_NAME ".new", F_OK), -1);
    state_init(&read);
    assert_int_equal(state_read(&home, "mx1", &read, NULL, &err), TLSAGEN_OK);
    assert_int_equal(read.facts.now, 1);
    state_home_close(&home);
}

/* --- the rest --- */

static void the_oldest_goes(void **unused)
{
    (void)unused;
    struct state state;
    char longer[2 * STATE_TEXT];
    uint8_t id[MODEL_ID] = {0};
    state_init(&state);
    for (int i = 0; i < STATE_STEPS + 3; i++)
        state_add_step(&state, i, "step %d", i);
    assert_int_equal(state.step_count, STATE_STEPS);
    assert_string_equal(state.steps[0].text, "step 3");
    memset(longer, 'x', sizeof(longer) - 1);
    longer[sizeof(longer) - 1] = '\0';
    state_add_step(&state, 1, "%s", longer);
    assert_int_equal(strlen(state.steps[STATE_STEPS - 1].text), STATE_TEXT - 1);
    for (uint8_t i = 0; i < STATE_LEAVES + 1; i++) {
        uint8_t leaf[MODEL_ID] = {i};
        state_add_leaf(&state, id, leaf);
        state_add_leaf(&state, id, leaf);
    }
    assert_int_equal(state.leaf_count, STATE_LEAVES);
    assert_false(state_has_leaf(&state, id, id));
    state_clear(&state);
}

static void clock_steps(void **unused)
{
    (void)unused;
    const struct state_clock then = {"a", 5000}, same = {"a", 5999}, on = {"a", 66000},
                             back = {"a", 3000}, other = {"b", 9000}, unknown = {"", 9000};
    assert_int_equal(state_clock_step(&then, &same), 0);
    assert_int_equal(state_clock_step(&then, &on), 61);
    assert_int_equal(state_clock_step(&then, &back), -2);
    assert_int_equal(state_clock_step(&then, &other), 0);
    assert_int_equal(state_clock_step(&unknown, &unknown), 0);
    struct state_clock first, second;
    state_clock_read(&first);
    state_clock_read(&second);
    assert_true(first.boot[0] != '\0');
    assert_int_equal(state_clock_step(&first, &second), 0);
}

static void locks_exclude_each_other(void **unused)
{
    (void)unused;
    struct state_home home = open_home();
    struct tlsagen_err err;
    int lock, other, whole;
    assert_int_equal(state_lock(&home, "mx1", 0, &lock, &err), TLSAGEN_OK);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        enum tlsagen_status status = state_lock(&home, "mx1", 50, &other, &err);
        _exit(status == TLSAGEN_E_TIMEOUT && strstr(err.message, "mx1.lock") != NULL ? 0 : 1);
    }
    int status;
    assert_int_equal(waitpid(child, &status, 0), child);
    assert_int_equal(status, 0);
    assert_int_equal(state_lock(&home, "mx1", 30, &other, &err), TLSAGEN_E_TIMEOUT);
    assert_int_equal(state_lock(&home, "mx2", 0, &other, &err), TLSAGEN_OK);
    assert_int_equal(state_lock(&home, NULL, 0, &whole, &err), TLSAGEN_OK);
    state_unlock(whole);
    state_unlock(other);
    state_unlock(lock);
    assert_int_equal(state_lock(&home, "mx1", 0, &lock, &err), TLSAGEN_OK);
    state_unlock(lock);
    state_home_close(&home);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(everything_is_read_back),
        cmocka_unit_test(nothing_is_an_empty_state),
        cmocka_unit_test(every_truncation_is_seen),
        cmocka_unit_test(damaged_lines_are_told_with_their_place),
        cmocka_unit_test(files_of_others_are_refused),
        cmocka_unit_test(other_things_in_its_place),
        cmocka_unit_test(a_full_disk_leaves_the_former_file),
        cmocka_unit_test(the_oldest_goes),
        cmocka_unit_test(clock_steps),
        cmocka_unit_test(locks_exclude_each_other),
    };
    return cmocka_run_group_tests(tests, enter_folder, leave_folder);
}
