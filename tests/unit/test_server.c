/* server/: control programs run within limits, and their words understood. */
#include "unit.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <sys/stat.h>
#include <unistd.h>

#include "server/process.h"
#include "server/reply.h"

struct outcome {
    enum tlsagen_status status;
    struct process_result result;
    struct tlsagen_err err;
    double seconds;
};

static double now(void)
{
    struct timespec time;
    (void)clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* Runs a program; a shell is one here as any other. */
static struct outcome run(uint32_t timeout_ms, const char *name, const char *option,
                          const char *text)
{
    const char *words[] = {name, option, text, NULL};
    union {
        const char **words;
        char *const *argv;
    } vector = {.words = words};
    struct outcome outcome = {.status = TLSAGEN_OK};
    double begin = now();
    tlsagen_buf_init(&outcome.result.output);
    outcome.status = process_run(vector.argv, timeout_ms, &outcome.result, &outcome.err);
    outcome.seconds = now() - begin;
    return outcome;
}

static void expect(struct outcome outcome, enum tlsagen_status status, int exit_status,
                   const char *output)
{
    assert_int_equal(outcome.status, status);
    if (status == TLSAGEN_OK)
        assert_int_equal(outcome.result.status, exit_status);
    if (output != NULL)
        assert_string_equal(outcome.result.output.len == 0 ? "" : outcome.result.output.data,
                            output);
    tlsagen_buf_clear(&outcome.result.output);
}

static void programs_end(void **state)
{
    (void)state;
    expect(run(5000, "sh", "-c", "echo out; echo err >&2; exit 3"), TLSAGEN_OK, 3, "out\nerr\n");
    expect(run(5000, "true", NULL, NULL), TLSAGEN_OK, 0, "");
    expect(run(5000, "/bin/sh", "-c", "kill -9 $$"), TLSAGEN_OK, 137, "");
    /* Nothing to read, no open files of ours, in a group of its own. */
    expect(run(5000, "cat", NULL, NULL), TLSAGEN_OK, 0, "");
    expect(run(5000, "sh", "-c", "ls /proc/$$/fd | wc -l"), TLSAGEN_OK, 0, NULL);
    expect(run(5000, "sh", "-c", "[ $(cut -d' ' -f5 /proc/$$/stat) = $$ ]"), TLSAGEN_OK, 0, "");
    /* Words are no shell's. */
    expect(run(5000, "echo", "$HOME;", "`ls`"), TLSAGEN_OK, 0, "$HOME; `ls`\n");
}

static void programs_that_cannot_run(void **state)
{
    (void)state;
    struct outcome outcome = run(5000, "no-such-program", NULL, NULL);
    assert_non_null(strstr(outcome.err.message, "there is no program no-such-program"));
    expect(outcome, TLSAGEN_E_NOTFOUND, 0, "");
    outcome = run(5000, "/etc/passwd", NULL, NULL);
    assert_int_equal(outcome.err.sys_errno, EACCES);
    expect(outcome, TLSAGEN_E_SYSTEM, 0, "");
}

/* As a shell or execvp(3) has them run: "check" without #! is what people write. */
static void scripts_without_interpreter(void **state)
{
    static const char text[] = "echo \"$0 $1 $#\"\nexit 3\n";
    char folder[] = "/tmp/tlsagen-server-XXXXXX", path[64], output[128];
    (void)state;
    assert_non_null(mkdtemp(folder));
    (void)snprintf(path, sizeof(path), "%s/check", folder);
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0 && fclose(file) == 0);
    assert_int_equal(chmod(path, 0700), 0);
    (void)snprintf(output, sizeof(output), "%s $HOME; 2\n", path);
    expect(run(5000, path, "$HOME;", "b"), TLSAGEN_OK, 3, output);
    assert_int_equal(unlink(path) + rmdir(folder), 0);
}

static void programs_that_hang(void **state)
{
    (void)state;
    char sleeps[128], look[128];
    struct outcome outcome = run(300, "sh", "-c", "echo begun; sleep 60; echo done");
    assert_true(outcome.seconds > 0.25 && outcome.seconds < 10);
    assert_non_null(strstr(outcome.err.message, "sh did not end within 1 s and was killed"));
    expect(outcome, TLSAGEN_E_TIMEOUT, 0, "begun\n");
    /* With what they have started, and whatever signals they ignore; nobody else sleeps so long. */
    (void)snprintf(sleeps, sizeof(sleeps), "trap '' TERM HUP INT; (sleep 61.%ld; echo late) & wait",
                   (long)getpid());
    (void)snprintf(look, sizeof(look), "! pgrep -f '^sleep 61[.]%ld$' >/dev/null", (long)getpid());
    outcome = run(300, "sh", "-c", sleeps);
    expect(outcome, TLSAGEN_E_TIMEOUT, 0, "");
    expect(run(5000, "sh", "-c", look), TLSAGEN_OK, 0, "");
    /* A daemon that keeps the output open is not waited for. */
    outcome = run(30000, "sh", "-c", "sleep 5 & echo started");
    assert_true(outcome.seconds < 4);
    expect(outcome, TLSAGEN_OK, 0, "started\n");
    /* Nor is one that closes its output and stays. */
    outcome = run(300, "sh", "-c", "exec >&- 2>&-; sleep 62");
    assert_true(outcome.seconds < 10);
    expect(outcome, TLSAGEN_E_TIMEOUT, 0, "");
}

static void programs_that_talk(void **state)
{
    (void)state;
    struct outcome outcome = run(30000, "sh", "-c", "head -c 10000000 /dev/zero; exit 4");
    assert_int_equal(outcome.result.output.len, PROCESS_OUTPUT_MAX);
    expect(outcome, TLSAGEN_OK, 4, NULL);
    outcome = run(300, "yes", NULL, NULL);
    assert_true(outcome.seconds < 10);
    expect(outcome, TLSAGEN_E_TIMEOUT, 0, NULL);
}

static void somebody_else_waits(void **state)
{
    (void)state;
    /* Children that nobody waits for leave no status behind. */
    (void)signal(SIGCHLD, SIG_IGN);
    struct outcome outcome = run(5000, "true", NULL, NULL);
    (void)signal(SIGCHLD, SIG_DFL);
    expect(outcome, TLSAGEN_OK, 127, "");
}

static void replies(void **state)
{
    (void)state;
    static const struct {
        enum tlsagen_server_kind kind;
        int exit_status;
        const char *output;
        enum tlsagen_server_reply reply;
    } tests[] = {
        {TLSAGEN_SERVER_RNDC, 0, "zone reload queued\n", TLSAGEN_REPLY_ACCEPTED},
        {TLSAGEN_SERVER_RNDC, 0, "zone reload up-to-date\n", TLSAGEN_REPLY_UP_TO_DATE},
        {TLSAGEN_SERVER_RNDC, 0, "", TLSAGEN_REPLY_ACCEPTED},
        {TLSAGEN_SERVER_RNDC, 1,
         "rndc: 'reload' failed: not found\nno matching zone 'frozen.test' in any view\n",
         TLSAGEN_REPLY_NO_ZONE},
        {TLSAGEN_SERVER_RNDC, 1, "rndc: 'reload' failed: not found\nno matching view 'x'\n",
         TLSAGEN_REPLY_NO_ZONE},
        {TLSAGEN_SERVER_RNDC, 1, "rndc: 'reload' failed: dynamic zone\n", TLSAGEN_REPLY_DYNAMIC},
        {TLSAGEN_SERVER_RNDC, 1, "rndc: 'reload' failed: zone is frozen\n", TLSAGEN_REPLY_FROZEN},
        {TLSAGEN_SERVER_RNDC, 1, "rndc: connection to remote host closed.\n* This may indicate",
         TLSAGEN_REPLY_DENIED},
        {TLSAGEN_SERVER_RNDC, 1, "rndc: connect failed: 127.0.0.1#953: connection refused\n",
         TLSAGEN_REPLY_DOWN},
        {TLSAGEN_SERVER_RNDC, 1, "rndc: could not load rndc configuration\n", TLSAGEN_REPLY_FAILED},
        {TLSAGEN_SERVER_RNDC, 137, "", TLSAGEN_REPLY_FAILED},
        {TLSAGEN_SERVER_NSD, 0, "ok\n", TLSAGEN_REPLY_ACCEPTED},
        {TLSAGEN_SERVER_NSD, 1, "error zone none.test not configured\n", TLSAGEN_REPLY_NO_ZONE},
        {TLSAGEN_SERVER_NSD, 1, "error: connect (/run/nsd.sock): No such file or directory\n",
         TLSAGEN_REPLY_DOWN},
        {TLSAGEN_SERVER_NSD, 1, "could not read config file\n", TLSAGEN_REPLY_FAILED},
        {TLSAGEN_SERVER_KNOT, 0, "OK\n", TLSAGEN_REPLY_ACCEPTED},
        {TLSAGEN_SERVER_KNOT, 1, "error: [none.test] (no such zone found)\n",
         TLSAGEN_REPLY_NO_ZONE},
        {TLSAGEN_SERVER_KNOT, 1, "error: [a.test] (failed)\n", TLSAGEN_REPLY_REJECTED},
        {TLSAGEN_SERVER_KNOT, 1, "error: failed to connect to socket '/x' (not exists)\n",
         TLSAGEN_REPLY_DOWN},
        {TLSAGEN_SERVER_PDNS, 0, "a.test: \tparsed into memory at 2026-11-23\n",
         TLSAGEN_REPLY_ACCEPTED},
        {TLSAGEN_SERVER_PDNS, 0, "a.test: [rejected]\t error at 2026", TLSAGEN_REPLY_REJECTED},
        {TLSAGEN_SERVER_PDNS, 0, "none.test no such domain\n\n", TLSAGEN_REPLY_NO_ZONE},
        {TLSAGEN_SERVER_PDNS, 0, "", TLSAGEN_REPLY_FAILED},
        {TLSAGEN_SERVER_PDNS, 1, "Fatal error: Unable to connect to remote '/x'\n",
         TLSAGEN_REPLY_DOWN},
        {TLSAGEN_SERVER_EXEC, 0, "up-to-date, no such zone", TLSAGEN_REPLY_ACCEPTED},
        {TLSAGEN_SERVER_EXEC, 9, "", TLSAGEN_REPLY_FAILED},
    };
    for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
        struct tlsagen_server_answer answer = {.exit_status = tests[i].exit_status};
        reply_judge(tests[i].kind, tests[i].output, strlen(tests[i].output), &answer);
        if (answer.reply != tests[i].reply)
            fail_msg("\"%s\" is %d", tests[i].output, (int)answer.reply);
    }
}

static void words_are_one_line(void **state)
{
    (void)state;
    struct tlsagen_server_answer answer = {.exit_status = 1};
    static const char output[] = "\n a\tb\r\n\n c\x1b[1m\0d \n";
    reply_judge(TLSAGEN_SERVER_RNDC, output, sizeof(output) - 1, &answer);
    assert_string_equal(answer.words, "a b c?[1m?d");
    char *large = malloc(100000);
    assert_non_null(large);
    memset(large, 'x', 100000);
    reply_judge(TLSAGEN_SERVER_NSD, large, 100000, &answer);
    assert_true(strlen(answer.words) > 500 && strlen(answer.words) < TLSAGEN_SERVER_WORDS_SIZE);
    free(large);
}

static void states(void **state)
{
    (void)state;
    struct tlsagen_server_zone zone;
    static const char signed_zone[] =
        "name: a.test\ntype: primary\nfiles: a.zone, more.zone\nserial: 4294967295\n"
        "signed serial: 7\ndynamic: no\nfrozen: yes\r\n";
    reply_read_state(signed_zone, sizeof(signed_zone) - 1, &zone);
    assert_true(zone.has_serial && zone.serial == 4294967295U && !zone.dynamic && zone.frozen);
    assert_true(zone.signed_in_line);
    assert_string_equal(zone.file, "a.zone");
    static const char *const none[] = {
        "",          "serial:",      "serial: x\n",        "serial: -1",
        "serial:\n", "xserial: 1\n", "serial: 4294967296", "serial: 99999999999"};
    for (size_t i = 0; i < sizeof(none) / sizeof(none[0]); i++) {
        reply_read_state(none[i], strlen(none[i]), &zone);
        assert_false(zone.has_serial || zone.signed_in_line);
        assert_string_equal(zone.file, "");
    }
}

static void command_lines(void **state)
{
    (void)state;
    static char sh[] = "reload-it", braces[] = "{}", text[] = "x{}";
    static char *const exec[] = {sh, braces, text, NULL};
    const struct {
        struct tlsagen_server server;
        const char *zone;
        const char *wanted;
    } tests[] = {
        {{.kind = TLSAGEN_SERVER_RNDC}, "a.test.", "rndc reload a.test"},
        {{.kind = TLSAGEN_SERVER_RNDC, .config = "c", .key_file = "k", .host = "h", .port = "9"},
         ".",
         "rndc -c c -k k -s h -p 9 reload ."},
        {{.kind = TLSAGEN_SERVER_RNDC, .view = "v"}, "a.test", "rndc reload a.test IN v"},
        {{.kind = TLSAGEN_SERVER_RNDC, .rclass = "CH"}, "a.test", "rndc reload a.test CH"},
        {{.kind = TLSAGEN_SERVER_NSD, .config = "c", .host = "::1", .port = "9"},
         "a.test",
         "nsd-control -c c -s ::1@9 reload a.test"},
        {{.kind = TLSAGEN_SERVER_KNOT, .config = "c", .host = "s"},
         "a.test",
         "knotc -c c -s s -b zone-reload a.test"},
        {{.kind = TLSAGEN_SERVER_PDNS, .config = "/etc/p", .program = "/x/pdns_control"},
         "a.test",
         "/x/pdns_control --config-dir=/etc/p bind-reload-now a.test"},
        {{.kind = TLSAGEN_SERVER_EXEC, .exec = exec}, "a.test", "reload-it a.test x{}"},
    };
    struct tlsagen_err err;
    for (size_t i = 0; i < sizeof(tests) / sizeof(tests[0]); i++) {
        struct tlsagen_buf got;
        tlsagen_buf_init(&got);
        assert_int_equal(tlsagen_server_command(&tests[i].server, tests[i].zone, &got, &err), 0);
        assert_string_equal(got.data, tests[i].wanted);
        tlsagen_buf_clear(&got);
    }
    static const char *const bad[] = {"", "-x", "a b", "a\n", "caf\xe9"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct tlsagen_server_answer answer;
        assert_int_equal(tlsagen_server_reload(&tests[0].server, bad[i], &answer, &err),
                         TLSAGEN_E_ARGUMENT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(programs_end),
        cmocka_unit_test(programs_that_cannot_run),
        cmocka_unit_test(scripts_without_interpreter),
        cmocka_unit_test(scripts_without_interpreter),
        cmocka_unit_test(programs_that_hang),
        cmocka_unit_test(programs_that_talk),
        cmocka_unit_test(somebody_else_waits),
        cmocka_unit_test(replies),
        cmocka_unit_test(words_are_one_line),
        cmocka_unit_test(states),
        cmocka_unit_test(command_lines),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
