/* tlsagen_rollover_status_get: what is told of a service whose first run is still to come. */
#include "unit.h"

#include <string.h>
#include <time.h>

#include <sys/stat.h>

#include <tlsagen/rollover.h>

#include "rollover/source.h"
#include "rollover_files.h"

#define CONF                                                                                       \
    "state-dir = state\n"                                                                          \
    "zone example.org { file = db }\n"                                                             \
    "service mx { host = mail.example.org ports = 25 source = pair live = live }\n"

static time_t present; /* while it is not 0 */

/* The library's clock as well: nobody has to wait until files are old, or to be in time. */
time_t time(time_t *now)
{
    struct timespec real;
    (void)clock_gettime(CLOCK_REALTIME, &real);
    const time_t then = present != 0 ? present : real.tv_sec;
    if (now != NULL)
        *now = then;
    return then;
}

/* So many seconds after `pair` was written. */
static enum tlsagen_rollover_kind status_after(int64_t seconds, char why[512])
{
    struct stat st;
    struct tlsagen_config *config;
    struct tlsagen_rollover *rollover;
    struct tlsagen_rollover_status status;
    struct tlsagen_err err = {.message = ""};
    assert_int_equal(stat("pair", &st), 0);
    present = st.st_ctime + (time_t)seconds;
    assert_int_equal(
        tlsagen_config_read("tlsagen.conf", TLSAGEN_CONFIG_TEXT, NULL, NULL, &config, &err),
        TLSAGEN_OK);
    assert_int_equal(tlsagen_rollover_new(config, NULL, &rollover, &err), TLSAGEN_OK);
    if (tlsagen_rollover_status_get(rollover, config->services[0], &status, &err) != TLSAGEN_OK)
        fail_msg("%s", err.message);
    const enum tlsagen_rollover_kind kind = status.kind;
    assert_int_equal(status.stage, TLSAGEN_ROLLOVER_NEW);
    (void)snprintf(why, 512, "%s", status.why);
    tlsagen_rollover_status_clear(&status);
    tlsagen_rollover_free(rollover);
    tlsagen_config_free(config);
    present = 0;
    return kind;
}

static void a_mixed_pair_is_told_once_nobody_can_be_writing(void **state)
{
    struct files *f = *state;
    char why[512];
    files_write_text("tlsagen.conf", CONF);
    files_write("pair", f->rsa_key, f->ec, f->ca, NULL);
    assert_int_equal(status_after(0, why), TLSAGEN_ROLLOVER_WAIT);
    assert_non_null(strstr(why, "somebody may still be writing, so not now"));
    assert_int_equal(status_after(SOURCE_SETTLE - 1, why), TLSAGEN_ROLLOVER_WAIT);
    /* By then nobody can be at it any more. */
    assert_int_equal(status_after(SOURCE_SETTLE, why), TLSAGEN_ROLLOVER_STOP);
    assert_non_null(strstr(why, "pair: "));
    assert_null(strstr(why, "somebody may still be writing"));
    /* It stays so, and goes on being told. */
    assert_int_equal(status_after(SOURCE_SETTLE + 86400, why), TLSAGEN_ROLLOVER_STOP);
    /* Files of the future are nobody's at work either. */
    assert_int_equal(status_after(-SOURCE_SETTLE, why), TLSAGEN_ROLLOVER_STOP);
}

static void a_whole_pair_is_waited_for_at_no_time(void **state)
{
    struct files *f = *state;
    char why[512];
    files_write_text("tlsagen.conf", CONF);
    files_write("pair", f->ec_key, f->ec, f->ca, NULL);
    for (int64_t after = 0; after <= 2 * SOURCE_SETTLE; after += SOURCE_SETTLE) {
        assert_int_equal(status_after(after, why), TLSAGEN_ROLLOVER_HOLD);
        assert_null(strstr(why, "pair"));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_mixed_pair_is_told_once_nobody_can_be_writing,
                                        files_enter, files_leave),
        cmocka_unit_test_setup_teardown(a_whole_pair_is_waited_for_at_no_time, files_enter,
                                        files_leave),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
