#include "unit.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include <tlsagen/probe.h>

static enum tlsagen_status run(const struct tlsagen_probe_options *o, struct tlsagen_err *err)
{
    struct tlsagen_probe_result *result = NULL;
    enum tlsagen_status status = tlsagen_probe_run(o, &result, err);
    assert_true((status == TLSAGEN_OK) == (result != NULL));
    tlsagen_probe_free(result);
    return status;
}

static void unusable_options_are_refused(void **state)
{
    (void)state;
    struct tlsagen_err err;
    char long_name[300];
    memset(long_name, 'a', sizeof(long_name) - 1);
    long_name[sizeof(long_name) - 1] = '\0';
    const struct tlsagen_probe_options options[] = {
        {.host = "", .port = 25, .address = "127.0.0.1"},
        {.host = long_name, .port = 25, .address = "127.0.0.1"},
        {.host = "a b", .port = 25, .address = "127.0.0.1"},
        {.host = "a\r\nQUIT", .port = 25, .address = "127.0.0.1"},
        {.host = "m\xc3\xbcller.test", .port = 25, .address = "127.0.0.1"},
        {.host = "a.test", .port = 25, .address = "127.0.0.1", .domain = "x'/><evil"},
        {.host = "a.test", .port = 0, .address = "127.0.0.1"},
        {.host = "a.test", .port = 25, .address = "b.test"},
        {.host = "a.test", .port = 25, .address = ""},
        {.host = "a.test", .port = 25, .address = "127.0.0.1", .family = 6},
        {.host = "a.test", .port = 25, .address = "::1", .family = 4},
        {.host = "a.test", .port = 25, .address = "::1", .starttls = TLSAGEN_STARTTLS_COUNT},
    };
    for (size_t i = 0; i < sizeof(options) / sizeof(options[0]); i++) {
        assert_int_equal(run(&options[i], &err), TLSAGEN_E_ARGUMENT);
        assert_true(err.message[0] != '\0');
    }
}

/* A port that was free a moment ago and on which nobody listens. */
static uint16_t closed_port(void)
{
    struct sockaddr_in own = {.sin_family = AF_INET};
    socklen_t len = sizeof(own);
    own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int fd = socket(AF_INET, SOCK_STREAM, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&own, sizeof(own)), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&own, &len), 0);
    (void)close(fd);
    return ntohs(own.sin_port);
}

static void a_closed_port_is_an_answer(void **state)
{
    (void)state;
    struct tlsagen_err err;
    struct tlsagen_probe_result *result = NULL;
    const struct tlsagen_probe_options o = {
        .host = "a.test", .address = "127.0.0.1", .port = closed_port()};
    assert_int_equal(tlsagen_probe_run(&o, &result, &err), TLSAGEN_OK);
    assert_int_equal(result->count, TLSAGEN_PROBE_KINDS);
    for (size_t i = 0; i < result->count; i++) {
        const struct tlsagen_probe_answer *a = &result->answers[i];
        assert_int_equal(a->kind, i);
        assert_int_equal(a->state, TLSAGEN_PROBE_NO_CONNECTION);
        assert_string_equal(a->address, "127.0.0.1");
        assert_string_equal(a->err.message, "connecting failed: Connection refused");
        assert_null(a->chain);
    }
    tlsagen_probe_free(result);
}

static void texts_exist(void **state)
{
    (void)state;
    for (unsigned i = 0; i <= TLSAGEN_PROBE_FAILED; i++)
        assert_true(strlen(tlsagen_probe_state_text((enum tlsagen_probe_state)i)) > 3);
    assert_string_equal(tlsagen_probe_state_text(TLSAGEN_PROBE_FAILED + 1), "?");
    assert_string_equal(tlsagen_probe_kind_text(TLSAGEN_PROBE_RSA), "RSA");
    assert_string_equal(tlsagen_probe_kind_text(TLSAGEN_PROBE_ECDSA), "ECDSA");
    assert_string_equal(tlsagen_probe_kind_text(TLSAGEN_PROBE_KINDS), "?");
    tlsagen_probe_free(NULL);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(unusable_options_are_refused),
        cmocka_unit_test(a_closed_port_is_an_answer),
        cmocka_unit_test(texts_exist),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
