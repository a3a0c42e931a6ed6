/* publish/lock.h: runs on one zone take turns, and what one that was killed leaves behind is seen.
 */
#include "unit.h"

#include <string.h>

#include <fcntl.h>
#include <sys/stat.h>

#include "folder.h"
#include "publish/lock.h"

#include <tlsagen/publish.h>

static void take(struct lock *lock, const char *zone, const char *view)
{
    struct tlsagen_err err;
    assert_int_equal(lock_take(lock, "state", zone, view, 0, &err), TLSAGEN_OK);
    assert_true(lock->fd >= 0);
}

static void zones_have_locks_of_their_own(void **state)
{
    (void)state;
    static const struct {
        const char *zone;
        const char *view;
        const char *path;
    } cases[] = {
        {"example.org.", NULL, "state/publish/example.org.lock"},
        {"Example.NET", NULL, "state/publish/example.net.lock"},
        {"example.org", "Inside", "state/publish/example.org@inside.lock"},
        {"0/26.2.0.192.in-addr.arpa.", NULL, "state/publish/0%2f26.2.0.192.in-addr.arpa.lock"},
        {"a\\.b@c.", NULL, "state/publish/a%5c.b%40c.lock"},
        {".", NULL, "state/publish/%2e.lock"},
        {"..", NULL, "state/publish/%2e.lock"},
    };
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct lock lock;
        take(&lock, cases[i].zone, cases[i].view);
        assert_int_equal(access(cases[i].path, F_OK), 0);
        lock_drop(&lock);
        assert_int_equal(lock.fd, -1);
        lock_drop(&lock);
    }
}

static void runs_take_turns(void **state)
{
    (void)state;
    struct lock first, second, other;
    struct tlsagen_err err;
    take(&first, "a.test.", NULL);
    assert_int_equal(lock_take(&second, "state", "A.test", NULL, 20, &err), TLSAGEN_E_TIMEOUT);
    assert_int_equal(second.fd, -1);
    assert_non_null(strstr(err.message, "A.test: another run publishes in this zone"));
    take(&other, "a.test.", "inside");
    lock_drop(&other);
    take(&other, "b.test.", NULL);
    lock_drop(&other);
    lock_drop(&first);
    take(&second, "a.test.", NULL);
    lock_drop(&second);
}

static void programs_hold_it_when_told(void **state)
{
    (void)state;
    struct lock lock;
    struct tlsagen_err err;
    take(&lock, "a.test.", NULL);
    assert_true((fcntl(lock.fd, F_GETFD) & FD_CLOEXEC) != 0);
    assert_int_equal(lock_share(&lock, true, &err), TLSAGEN_OK);
    assert_true((fcntl(lock.fd, F_GETFD) & FD_CLOEXEC) == 0);
    assert_int_equal(lock_share(&lock, false, &err), TLSAGEN_OK);
    assert_true((fcntl(lock.fd, F_GETFD) & FD_CLOEXEC) != 0);
    lock_drop(&lock);
    assert_int_equal(lock_share(&lock, true, &err), TLSAGEN_E_SYSTEM);
}

static void marks_outlive_a_run(void **state)
{
    (void)state;
    struct lock lock;
    struct tlsagen_err err;
    assert_false(tlsagen_publish_left_frozen("state", "none.test.", NULL));
    take(&lock, "m.test.", NULL);
    assert_false(lock_is_marked(&lock));
    assert_int_equal(lock_mark(&lock, true, &err), TLSAGEN_OK);
    assert_true(lock_is_marked(&lock));
    /* Of a run that is at work. */
    assert_false(tlsagen_publish_left_frozen("state", "m.test.", NULL));
    lock_drop(&lock);
    assert_true(tlsagen_publish_left_frozen("state", "M.test", NULL));
    assert_false(tlsagen_publish_left_frozen("state", "m.test.", "inside"));
    assert_false(tlsagen_publish_left_frozen("none", "m.test.", NULL));
    take(&lock, "m.test.", NULL);
    assert_true(lock_is_marked(&lock));
    assert_int_equal(lock_mark(&lock, false, &err), TLSAGEN_OK);
    assert_false(lock_is_marked(&lock));
    lock_drop(&lock);
    assert_false(tlsagen_publish_left_frozen("state", "m.test.", NULL));
    assert_false(lock_is_marked(&lock));
    assert_int_equal(lock_mark(&lock, true, &err), TLSAGEN_E_SYSTEM);
}

static void what_is_no_lock_is_refused(void **state)
{
    (void)state;
    struct lock lock;
    struct tlsagen_err err;
    assert_int_equal(symlink("/tmp/nowhere", "state/publish/link.test.lock"), 0);
    assert_int_equal(lock_take(&lock, "state", "link.test.", NULL, 0, &err), TLSAGEN_E_SYSTEM);
    assert_int_equal(lock_take(&lock, "/proc", "a.test.", NULL, 0, &err), TLSAGEN_E_SYSTEM);
    assert_int_equal(lock.fd, -1);
    assert_non_null(strstr(err.message, "--state-dir"));
    assert_int_equal(mkdir("state/publish/folder.test.lock", 0700), 0);
    assert_int_equal(lock_take(&lock, "state", "folder.test.", NULL, 0, &err), TLSAGEN_E_SYSTEM);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(zones_have_locks_of_their_own), cmocka_unit_test(runs_take_turns),
        cmocka_unit_test(programs_hold_it_when_told),    cmocka_unit_test(marks_outlive_a_run),
        cmocka_unit_test(what_is_no_lock_is_refused),
    };
    return cmocka_run_group_tests_name("lock", tests, folder_enter, folder_leave);
}
