/*
 * A zone is replaced whole or not at all: every system call made to fail, to be cut short, and to
 * be the last one before the program is killed.
 */
#include "unit.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "zone/bump.h"

#define SMALL "$TTL 60\n@ IN SOA ns h ( 1 ; serial\n 2 3 4 5 )\n NS ns\nns A 1.1.1.1"
#define DIGITS_GROW "$TTL 60\n@ IN SOA ns h (9 2 3 4 5)\n NS ns\nns A 1.1.1.1\n"

/* What happens at which call. */
struct plan {
    atomic_int calls;
    int at; /* the call it happens at, from 0; -1: never */
    int answer;
    bool die;
    bool no_tmpfile;
    bool slow; /* each piece that is copied takes its time, and a thousand fail */
    atomic_int moves;
    const char *touch; /* a file that somebody writes to at that call */
};

static int before(void *arg, const char *call)
{
    struct plan *plan = arg;
    int at = atomic_fetch_add(&plan->calls, 1);
    if (at == plan->at && plan->die)
        (void)kill(getpid(), SIGKILL);
    if (plan->no_tmpfile && strcmp(call, "open(O_TMPFILE)") == 0)
        return EOPNOTSUPP;
    if (plan->slow && strcmp(call, "copy_file_range") == 0) {
        const struct timespec pause = {0, 10000000};
        (void)nanosleep(&pause, NULL);
        if (atomic_fetch_add(&plan->moves, 1) >= 1000)
            return EIO;
    }
    if (at != plan->at)
        return 0;
    if (plan->touch != NULL) {
        int fd = open(plan->touch, O_WRONLY | O_APPEND);
        (void)!write(fd, "\nx A 1.1.1.9\n", 13);
        (void)close(fd);
        return 0;
    }
    return plan->answer;
}

static char folder[] = "/tmp/tlsagen-replace.XXXXXX";
static char zone[64];

static int setup(void **state)
{
    (void)state;
    assert_non_null(mkdtemp(folder));
    (void)snprintf(zone, sizeof(zone), "%s/zone", folder);
    return 0;
}

/* Files in the folder; all but the zone are removed. */
static int clean(void)
{
    int others = 0;
    DIR *dir = opendir(folder);
    assert_non_null(dir);
    for (struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0 ||
            strcmp(entry->d_name, "zone") == 0)
            continue;
        others++;
        (void)unlinkat(dirfd(dir), entry->d_name, 0);
    }
    (void)closedir(dir);
    return others;
}

static int teardown(void **state)
{
    (void)state;
    (void)unlink(zone);
    (void)clean();
    return rmdir(folder);
}

static void put(const char *text, size_t padding)
{
    FILE *file = fopen(zone, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    for (size_t i = 0; i < padding; i++)
        assert_true(fputs("; a line of a comment that makes the file large\n", file) >= 0);
    assert_int_equal(fclose(file), 0);
}

/* The whole file; freed by the caller. */
static char *get(void)
{
    FILE *file = fopen(zone, "r");
    struct stat st;
    assert_non_null(file);
    assert_int_equal(fstat(fileno(file), &st), 0);
    char *text = calloc(1, (size_t)st.st_size + 1);
    assert_non_null(text);
    assert_int_equal(fread(text, 1, (size_t)st.st_size, file), st.st_size);
    (void)fclose(file);
    return text;
}

/* Bumps the serial through the hook; the status. */
static enum tlsagen_status bump(struct plan *plan, bool backup, struct tlsagen_err *err)
{
    struct replace_hook hook = {before, plan};
    struct session *session = NULL;
    struct walk_options walking = {.origin_optional = true};
    struct tlsagen_zone_options options = {.policy = TLSAGEN_SERIAL_INCREMENT};
    struct session_finish finish = {.backup_suffix = backup ? ".old" : NULL, .proof = &walking};
    struct tlsagen_zone_change *change = calloc(1, sizeof(*change));
    assert_non_null(change);
    enum tlsagen_status status = session_open(zone, &hook, &session, err);
    if (status == TLSAGEN_OK)
        status = session_walk(session, &walking, true, err);
    if (status == TLSAGEN_OK)
        status = bump_serial(session, &options, change, err);
    if (status == TLSAGEN_OK)
        status = session_finish(session, &finish, err);
    session_free(session);
    free(change);
    return status;
}

/* Old and new text of what put() and bump() make. */
struct texts {
    const char *name;
    const char *text;
    size_t padding;
    bool no_tmpfile;
    bool backup;
    char *old;
    char *new;
    int calls;
};

static void prepare(struct texts *texts)
{
    struct tlsagen_err err;
    struct plan plan = {.at = -1, .no_tmpfile = texts->no_tmpfile};
    put(texts->text, texts->padding);
    texts->old = get();
    if (bump(&plan, texts->backup, &err) != TLSAGEN_OK)
        fail_msg("%s: %s", texts->name, err.message);
    texts->new = get();
    texts->calls = plan.calls;
    assert_string_not_equal(texts->old, texts->new);
    assert_int_equal(clean(), texts->backup ? 1 : 0);
    assert_true(texts->calls > 12);
}

static void texts_clear(struct texts *texts)
{
    free(texts->old);
    free(texts->new);
}

/* One call fails in one way. */
static void fail_one(const struct texts *texts, int at, int answer)
{
    struct tlsagen_err err;
    struct plan plan = {.at = at, .answer = answer, .no_tmpfile = texts->no_tmpfile};
    put(texts->text, texts->padding);
    enum tlsagen_status status = bump(&plan, texts->backup, &err);
    char *text = get();
    bool is_new = strcmp(text, texts->new) == 0;
    if (!is_new && strcmp(text, texts->old) != 0)
        fail_msg("%s: call %d with %d left a third text", texts->name, at, answer);
    if (status == TLSAGEN_OK && !is_new)
        fail_msg("%s: call %d with %d: success, and the old text", texts->name, at, answer);
    if (status != TLSAGEN_OK && is_new && strstr(err.message, "is in place") == NULL)
        fail_msg("%s: call %d with %d: \"%s\", and the new text", texts->name, at, answer,
                 err.message);
    free(text);
    int others = clean();
    if (others > (texts->backup ? 1 : 0))
        fail_msg("%s: call %d with %d left %d files", texts->name, at, answer, others);
}

/* The program ends at one call; the next run finds its way. */
static void kill_one(const struct texts *texts, int at)
{
    put(texts->text, texts->padding);
    pid_t child = fork();
    assert_true(child >= 0);
    if (child == 0) {
        struct tlsagen_err err;
        struct plan plan = {.at = at, .die = true, .no_tmpfile = texts->no_tmpfile};
        (void)bump(&plan, texts->backup, &err);
        _exit(0);
    }
    int result;
    assert_int_equal(waitpid(child, &result, 0), child);
    if (!WIFSIGNALED(result))
        fail_msg("%s: call %d of %d was never made", texts->name, at, texts->calls);
    char *text = get();
    if (strcmp(text, texts->new) != 0 && strcmp(text, texts->old) != 0)
        fail_msg("%s: killed at call %d, a third text", texts->name, at);
    free(text);
    struct tlsagen_err err;
    struct plan plan = {.at = -1, .no_tmpfile = texts->no_tmpfile};
    assert_int_equal(bump(&plan, false, &err), TLSAGEN_OK);
    int others = clean();
    if (others > (texts->backup ? 1 : 0))
        fail_msg("%s: killed at call %d, %d files are left after the next run", texts->name, at,
                 others);
}

static struct texts cases[] = {
    {.name = "small", .text = SMALL},
    {.name = "digits grow", .text = DIGITS_GROW, .backup = true},
    {.name = "named", .text = SMALL, .no_tmpfile = true, .backup = true},
    {.name = "two threads", .text = DIGITS_GROW, .padding = 30000},
};
#define CASES (sizeof(cases) / sizeof(cases[0]))

static void every_call_may_fail(void **state)
{
    (void)state;
    static const int answers[] = {EIO, ENOSPC, EINTR, EACCES, ENOSYS, REPLACE_SHORT};
    for (size_t i = 0; i < CASES; i++) {
        struct texts texts = cases[i];
        prepare(&texts);
        for (int at = 0; at < texts.calls; at++) {
            for (size_t k = 0; k < sizeof(answers) / sizeof(answers[0]); k++)
                fail_one(&texts, at, answers[k]);
        }
        texts_clear(&texts);
    }
}

static void every_call_may_be_the_last(void **state)
{
    (void)state;
    for (size_t i = 0; i < CASES; i++) {
        struct texts texts = cases[i];
        prepare(&texts);
        for (int at = 0; at < texts.calls; at++)
            kill_one(&texts, at);
        texts_clear(&texts);
    }
}

static void a_full_disk_is_told(void **state)
{
    (void)state;
    struct tlsagen_err err;
    struct plan count = {.at = -1};
    put(DIGITS_GROW, 0);
    assert_int_equal(bump(&count, false, &err), TLSAGEN_OK);
    bool told = false;
    for (int at = 0; at < count.calls; at++) {
        struct plan plan = {.at = at, .answer = ENOSPC};
        put(DIGITS_GROW, 0);
        if (bump(&plan, false, &err) != TLSAGEN_OK &&
            strstr(err.message, "the old file stands, make room"))
            told = true;
    }
    assert_true(told);
}

static void a_change_by_others_is_noticed(void **state)
{
    (void)state;
    struct texts texts = {.name = "touched", .text = SMALL};
    prepare(&texts);
    int noticed = 0;
    /* From the moment on when the file is locked. */
    for (int at = 8; at < texts.calls; at++) {
        struct tlsagen_err err;
        struct plan plan = {.at = at, .touch = zone};
        put(SMALL, 0);
        enum tlsagen_status status = bump(&plan, false, &err);
        char *text = get();
        if (status == TLSAGEN_E_MISMATCH) {
            assert_non_null(strstr(text, "x A 1.1.1.9"));
            noticed++;
        }
        free(text);
        (void)clean();
    }
    assert_true(noticed > 3);
    texts_clear(&texts);
}

static void what_the_file_is_stays(void **state)
{
    (void)state;
    struct tlsagen_err err;
    struct plan plan = {.at = -1};
    struct stat old, new;
    char link[64];
    put(SMALL, 0);
    assert_true(snprintf(link, sizeof(link), "%s/link", folder) < (int)sizeof(link));
    assert_int_equal(chmod(zone, 0640), 0);
    if (geteuid() == 0)
        assert_int_equal(chown(zone, 1, 2), 0);
    const struct timespec later[2] = {{0, UTIME_NOW}, {4000000000, 5}};
    assert_int_equal(utimensat(AT_FDCWD, zone, later, 0), 0);
    assert_int_equal(stat(zone, &old), 0);
    assert_int_equal(symlink("zone", link), 0);
    char real[sizeof(zone)];
    memcpy(real, zone, sizeof(zone));
    memcpy(zone, link, sizeof(link));
    enum tlsagen_status status = bump(&plan, false, &err);
    memcpy(zone, real, sizeof(zone));
    assert_int_equal(status, TLSAGEN_OK);
    assert_int_equal(lstat(link, &new), 0);
    assert_true(S_ISLNK(new.st_mode));
    assert_int_equal(stat(zone, &new), 0);
    assert_int_equal(new.st_mode, old.st_mode);
    assert_int_equal(new.st_uid, old.st_uid);
    assert_int_equal(new.st_gid, old.st_gid);
    assert_true(
        new.st_mtim.tv_sec > old.st_mtim.tv_sec ||
        (new.st_mtim.tv_sec == old.st_mtim.tv_sec &&new.st_mtim.tv_nsec > old.st_mtim.tv_nsec));
    assert_int_not_equal(new.st_ino, old.st_ino);
    (void)clean();
}

/* Two at once: every run of each is in the result. */
static void two_at_once_wait_for_each_other(void **state)
{
    (void)state;
    enum { RUNS = 25 };
    pid_t children[3];
    put("@ SOA ns h 0 2 3 4 5\n", 0);
    for (size_t i = 0; i < 3; i++) {
        children[i] = fork();
        if (children[i] == 0) {
            struct tlsagen_err err;
            for (int k = 0; k < RUNS; k++) {
                struct plan plan = {.at = -1, .no_tmpfile = k % 2 == 0};
                if (bump(&plan, false, &err) != TLSAGEN_OK)
                    _exit(1);
            }
            _exit(0);
        }
    }
    for (size_t i = 0; i < 3; i++) {
        int result;
        assert_int_equal(waitpid(children[i], &result, 0), children[i]);
        assert_true(WIFEXITED(result));
        assert_int_equal(WEXITSTATUS(result), 0);
    }
    char *text = get();
    assert_string_equal(text, "@ SOA ns h 75 2 3 4 5\n");
    free(text);
    assert_int_equal(clean(), 0);
}

static void other_kinds_of_files_are_refused(void **state)
{
    (void)state;
    struct tlsagen_err err;
    struct plan plan = {.at = -1};
    (void)unlink(zone);
    assert_int_equal(bump(&plan, false, &err), TLSAGEN_E_SYSTEM);
    assert_int_equal(mkfifo(zone, 0600), 0);
    assert_int_equal(bump(&plan, false, &err), TLSAGEN_E_KIND);
    assert_non_null(strstr(err.message, "is a FIFO; give a zone file"));
    (void)unlink(zone);
    assert_int_equal(mkdir(zone, 0700), 0);
    assert_int_equal(bump(&plan, false, &err), TLSAGEN_E_KIND);
    assert_non_null(strstr(err.message, "is a directory; give a zone file"));
    assert_int_equal(rmdir(zone), 0);
}

/* A large file is copied while it is read: a fault at its beginning ends the copying, too. */
static void a_fault_does_not_wait_for_the_copy(void **state)
{
    (void)state;
    struct tlsagen_err err;
    struct plan plan = {.at = -1, .slow = true};
    put("@ SOA )\n", 0);
    assert_int_equal(truncate(zone, (off_t)2000 << 20), 0);
    assert_int_equal(bump(&plan, false, &err), TLSAGEN_E_SYNTAX);
    assert_true(plan.moves < 1000);
    assert_int_equal(truncate(zone, 0), 0);
    assert_int_equal(clean(), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_call_may_fail),
        cmocka_unit_test(every_call_may_be_the_last),
        cmocka_unit_test(a_full_disk_is_told),
        cmocka_unit_test(a_change_by_others_is_noticed),
        cmocka_unit_test(what_the_file_is_stays),
        cmocka_unit_test(two_at_once_wait_for_each_other),
        cmocka_unit_test(a_fault_does_not_wait_for_the_copy),
        cmocka_unit_test(other_kinds_of_files_are_refused),
    };
    return cmocka_run_group_tests_name("replace", tests, setup, teardown);
}
