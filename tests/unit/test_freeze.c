/* publish/freeze.c: whatever fails, no zone stays frozen without a word; with a rndc of its own. */
#include "unit.h"

#include <signal.h>
#include <string.h>

#include <fcntl.h>
#include <sys/stat.h>

#include "folder.h"
#include "publish/run.h"

/* The files frozen, dynamic and fails say how the zone is and which command fails; log has all. */
static const char rndc[] =
    "#!/bin/sh\n"
    "echo \"$1\" >>log\n"
    "[ ! -e fails ] || [ \"$(cat fails)\" != \"$1\" ] || { echo broken; exit 1; }\n"
    "case $1 in\n"
    "zonestatus)\n"
    "    echo 'serial: 7'\n"
    "    [ ! -e dynamic ] || echo 'dynamic: yes'\n"
    "    [ ! -e frozen ] || echo 'frozen: yes';;\n"
    "freeze)\n"
    "    [ ! -e frozen ] || { echo \"rndc: 'freeze' failed: already frozen\"; exit 1; }\n"
    "    : >frozen;;\n"
    "thaw) rm -f frozen;;\n"
    "esac\n";

static void write_file(const char *path, const char *text)
{
    int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0755);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, text, strlen(text)), strlen(text));
    assert_int_equal(close(fd), 0);
}

static bool is_there(const char *path)
{
    return access(path, F_OK) == 0;
}

/* One run on a.test, which is dynamic. */
struct world {
    struct tlsagen_server server;
    struct tlsagen_publish publish;
    struct tlsagen_publish_result result;
    struct run run;
    struct tlsagen_err err;
};

static const char *const owners[] = {"_25._tcp.mail.a.test."};

static void begin(struct world *world)
{
    static const char *const files[] = {"log", "frozen", "fails"};
    for (size_t i = 0; i < sizeof(files) / sizeof(files[0]); i++)
        (void)unlink(files[i]);
    write_file("dynamic", "");
    *world = (struct world){.server = {.program = "./rndc"}};
    world->publish =
        (struct tlsagen_publish){.file = "zone",
                                 .owners = owners,
                                 .owner_count = 1,
                                 .reload = {.server = &world->server, .wait_ms = 20000},
                                 .state_dir = "state",
                                 .freeze = true};
    tlsagen_publish_result_init(&world->result);
    assert_int_equal(run_begin(&world->run, &world->publish, &world->result, &world->err),
                     TLSAGEN_OK);
    (void)strcpy(world->run.zone, "a.test.");
    assert_int_equal(lock_take(&world->run.lock, "state", "a.test.", NULL, 0, &world->err),
                     TLSAGEN_OK);
    assert_int_equal(lock_mark(&world->run.lock, false, &world->err), TLSAGEN_OK);
}

static bool term_waits(void)
{
    sigset_t now;
    assert_int_equal(sigprocmask(SIG_SETMASK, NULL, &now), 0);
    return sigismember(&now, SIGTERM) == 1;
}

static bool says(const struct world *world, const char *text)
{
    return strstr(world->err.message, text) != NULL;
}

static void zones_are_found_as_they_are(void **state)
{
    (void)state;
    struct world w;
    begin(&w);
    assert_int_equal(freeze_find(&w.run, &w.err), TLSAGEN_OK);
    assert_true(w.run.reload.thaw && w.run.reload.has_serial && w.run.reload.serial == 7);
    assert_int_equal(unlink("dynamic"), 0);
    assert_int_equal(freeze_find(&w.run, &w.err), TLSAGEN_OK);
    assert_false(w.run.reload.thaw);
    write_file("frozen", "");
    assert_int_equal(freeze_find(&w.run, &w.err), TLSAGEN_E_MISMATCH);
    assert_true(says(&w, "somebody has frozen the zone"));
    write_file("fails", "zonestatus");
    assert_int_equal(freeze_find(&w.run, &w.err), TLSAGEN_E_KIND);
    assert_true(is_there("frozen"));
    run_end(&w.run);
}

static void frozen_from_begin_to_end(void **state)
{
    (void)state;
    struct world w;
    begin(&w);
    assert_int_equal(freeze_begin(&w.run, &w.err), TLSAGEN_OK);
    assert_true(is_there("frozen") && lock_is_marked(&w.run.lock) && term_waits());
    assert_int_equal(freeze_end(&w.run, TLSAGEN_OK, &w.err), TLSAGEN_OK);
    assert_false(is_there("frozen") || lock_is_marked(&w.run.lock) || term_waits());
    /* What failed in between stays the error, and thaws as well. */
    assert_int_equal(freeze_begin(&w.run, &w.err), TLSAGEN_OK);
    (void)tlsagen_err_set(&w.err, TLSAGEN_E_SYNTAX, "the edit");
    assert_int_equal(freeze_end(&w.run, TLSAGEN_E_SYNTAX, &w.err), TLSAGEN_E_SYNTAX);
    assert_string_equal(w.err.message, "the edit");
    assert_false(is_there("frozen") || lock_is_marked(&w.run.lock) || term_waits());
    run_end(&w.run);
}

static void a_thaw_that_fails_is_told(void **state)
{
    (void)state;
    struct world w;
    begin(&w);
    write_file("fails", "thaw");
    assert_int_equal(freeze_begin(&w.run, &w.err), TLSAGEN_OK);
    assert_int_equal(freeze_end(&w.run, TLSAGEN_OK, &w.err), TLSAGEN_E_KIND);
    assert_true(says(&w, "the zone may be frozen still: a.test.: ./rndc failed"));
    assert_true(lock_is_marked(&w.run.lock) && !term_waits());
    (void)tlsagen_err_set(&w.err, TLSAGEN_E_SYNTAX, "the edit");
    assert_int_equal(freeze_end(&w.run, TLSAGEN_E_SYNTAX, &w.err), TLSAGEN_E_SYNTAX);
    assert_true(says(&w, "the edit; and the zone may be frozen still: "));
    /* The next run tries again, and cannot either; then it can. */
    assert_int_equal(freeze_mend(&w.run, &w.err), TLSAGEN_E_KIND);
    assert_true(says(&w, "a run that was killed may have left the zone frozen: "));
    assert_true(is_there("frozen") && lock_is_marked(&w.run.lock));
    assert_int_equal(unlink("fails"), 0);
    assert_int_equal(freeze_mend(&w.run, &w.err), TLSAGEN_OK);
    assert_true(w.result.thawed && !is_there("frozen") && !lock_is_marked(&w.run.lock));
    run_end(&w.run);
}

static void a_freeze_that_fails_leaves_nothing(void **state)
{
    (void)state;
    struct world w;
    begin(&w);
    write_file("fails", "freeze");
    assert_int_equal(freeze_begin(&w.run, &w.err), TLSAGEN_E_KIND);
    assert_true(says(&w, "broken"));
    assert_false(is_there("frozen") || lock_is_marked(&w.run.lock) || term_waits());
    /* Somebody else was faster: it is his to thaw. */
    assert_int_equal(unlink("fails"), 0);
    write_file("frozen", "");
    assert_int_equal(freeze_begin(&w.run, &w.err), TLSAGEN_E_MISMATCH);
    assert_false(lock_is_marked(&w.run.lock) || term_waits());
    assert_true(is_there("frozen"));
    run_end(&w.run);
}

static void only_marks_are_mended(void **state)
{
    (void)state;
    struct world w;
    begin(&w);
    write_file("frozen", "");
    assert_int_equal(freeze_mend(&w.run, &w.err), TLSAGEN_OK);
    assert_true(is_there("frozen") && !is_there("log") && !w.result.thawed);
    assert_int_equal(lock_mark(&w.run.lock, true, &w.err), TLSAGEN_OK);
    assert_int_equal(freeze_mend(&w.run, &w.err), TLSAGEN_OK);
    assert_true(!is_there("frozen") && w.result.thawed);
    /* Killed before it froze, or thawed by hand since: nothing was thawed, and that is not said. */
    assert_int_equal(lock_mark(&w.run.lock, true, &w.err), TLSAGEN_OK);
    assert_int_equal(freeze_mend(&w.run, &w.err), TLSAGEN_OK);
    assert_false(w.result.thawed || lock_is_marked(&w.run.lock));
    run_end(&w.run);
}

static void only_rndc_freezes(void **state)
{
    (void)state;
    struct world w;
    begin(&w);
    w.server.kind = TLSAGEN_SERVER_NSD;
    run_end(&w.run);
    assert_int_equal(run_begin(&w.run, &w.publish, &w.result, &w.err), TLSAGEN_E_KIND);
    run_end(&w.run);
}

static int enter(void **state)
{
    if (folder_enter(state) != 0)
        return 1;
    write_file("rndc", rndc);
    return 0;
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zones_are_found_as_they_are),
        cmocka_unit_test(frozen_from_begin_to_end),
        cmocka_unit_test(a_thaw_that_fails_is_told),
        cmocka_unit_test(a_freeze_that_fails_leaves_nothing),
        cmocka_unit_test(only_marks_are_mended),
        cmocka_unit_test(only_rndc_freezes),
    };
    return cmocka_run_group_tests_name("freeze", tests, enter, folder_leave);
}
