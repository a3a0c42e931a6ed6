#include "unit.h"

#include <ctype.h>
#include <string.h>

#include <tlsagen/service.h>

static void names_give_ports(void **state)
{
    (void)state;
    static const struct tlsagen_service wanted[] = {
        {"smtp", 25, TLSAGEN_STARTTLS_SMTP},
        {"SMTP", 25, TLSAGEN_STARTTLS_SMTP},
        {"Submissions", 465, TLSAGEN_STARTTLS_NONE},
        {"smtps", 465, TLSAGEN_STARTTLS_NONE},
        {"imaps", 993, TLSAGEN_STARTTLS_NONE},
        {"sieve", 4190, TLSAGEN_STARTTLS_SIEVE},
        {"https", 443, TLSAGEN_STARTTLS_NONE},
        {"ldap", 389, TLSAGEN_STARTTLS_LDAP},
        {"xmpp-server", 5269, TLSAGEN_STARTTLS_XMPP_SERVER},
        {"postgresql", 5432, TLSAGEN_STARTTLS_POSTGRES},
    };
    for (size_t i = 0; i < sizeof(wanted) / sizeof(wanted[0]); i++) {
        const struct tlsagen_service *found = tlsagen_service_find(wanted[i].name);
        assert_non_null(found);
        assert_int_equal(found->port, wanted[i].port);
        assert_int_equal(found->starttls, wanted[i].starttls);
    }
}

static void unknown_names_and_ports_are_not_found(void **state)
{
    (void)state;
    assert_null(tlsagen_service_find(""));
    assert_null(tlsagen_service_find("smt"));
    assert_null(tlsagen_service_find("smtpx"));
    assert_null(tlsagen_service_find("25"));
    assert_null(tlsagen_service_at(0));
    assert_null(tlsagen_service_at(26));
    assert_null(tlsagen_service_at(65535));
}

static void every_row_is_found_again(void **state)
{
    (void)state;
    size_t i = 0;
    for (const struct tlsagen_service *row; (row = tlsagen_service_row(i)) != NULL; i++) {
        assert_ptr_equal(tlsagen_service_find(row->name), row);
        for (const char *p = row->name; *p != '\0'; p++)
            assert_true(islower((unsigned char)*p) || isdigit((unsigned char)*p) || *p == '-');
        const struct tlsagen_service *at = tlsagen_service_at(row->port);
        assert_non_null(at);
        assert_int_equal(at->starttls, row->starttls);
    }
    assert_true(i > 20);
}

static void protocol_words_round_trip(void **state)
{
    (void)state;
    struct tlsagen_err err;
    for (unsigned i = 0; i < TLSAGEN_STARTTLS_COUNT; i++) {
        enum tlsagen_starttls starttls = TLSAGEN_STARTTLS_COUNT;
        const char *name = tlsagen_starttls_name((enum tlsagen_starttls)i);
        assert_int_equal(tlsagen_starttls_parse(name, &starttls, &err), TLSAGEN_OK);
        assert_int_equal(starttls, i);
    }
    assert_string_equal(tlsagen_starttls_name(TLSAGEN_STARTTLS_COUNT), "?");
}

static void protocol_words_are_strict(void **state)
{
    (void)state;
    struct tlsagen_err err;
    enum tlsagen_starttls starttls = TLSAGEN_STARTTLS_COUNT;
    assert_int_equal(tlsagen_starttls_parse("PostgreSQL", &starttls, &err), TLSAGEN_OK);
    assert_int_equal(starttls, TLSAGEN_STARTTLS_POSTGRES);
    assert_int_equal(tlsagen_starttls_parse("none", &starttls, &err), TLSAGEN_OK);
    assert_int_equal(starttls, TLSAGEN_STARTTLS_NONE);
    assert_int_equal(tlsagen_starttls_parse("gopher", &starttls, &err), TLSAGEN_E_ARGUMENT);
    assert_non_null(strstr(err.message, "no STARTTLS protocol \"gopher\"; give direct, smtp,"));
    for (unsigned i = 0; i < TLSAGEN_STARTTLS_COUNT; i++)
        assert_non_null(strstr(err.message, tlsagen_starttls_name((enum tlsagen_starttls)i)));
    assert_int_equal(tlsagen_starttls_parse("", &starttls, &err), TLSAGEN_E_ARGUMENT);
}

static void ports_are_kept_once_in_their_order(void **state)
{
    (void)state;
    struct tlsagen_err err;
    uint16_t ports[3];
    size_t count = 0;
    assert_int_equal(tlsagen_ports_parse("https,25,0443,SMTP,65535", "tcp", ports, 3, &count, &err),
                     TLSAGEN_OK);
    assert_int_equal(count, 3);
    assert_int_equal(ports[0], 443);
    assert_int_equal(ports[1], 25);
    assert_int_equal(ports[2], 65535);
    assert_int_equal(tlsagen_ports_parse("1,2,3,4", "tcp", ports, 3, &count, &err),
                     TLSAGEN_E_LIMIT);
}

static void bad_ports_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {
        "",
        "0",
        "65536",
        "25,",
        ",25",
        "*",
        " 25",
        "-1",
        "0x19",
        "gopher7",
        "99999999999999999999999999",
        "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"};
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        struct tlsagen_err err;
        uint16_t ports[4];
        size_t count;
        assert_int_equal(tlsagen_ports_parse(bad[i], "tcp", ports, 4, &count, &err),
                         TLSAGEN_E_ARGUMENT);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_give_ports),
        cmocka_unit_test(unknown_names_and_ports_are_not_found),
        cmocka_unit_test(every_row_is_found_again),
        cmocka_unit_test(ports_are_kept_once_in_their_order),
        cmocka_unit_test(bad_ports_are_refused),
        cmocka_unit_test(protocol_words_round_trip),
        cmocka_unit_test(protocol_words_are_strict),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
