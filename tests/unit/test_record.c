/* Fields, sets, names and text forms of TLSA records. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tlsagen/record.h>

#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* len times the byte, behind what text holds already. */
static void repeat(char *text, size_t size, char byte, size_t len)
{
    size_t at = strlen(text);
    assert_true(at + len < size);
    memset(text + at, byte, len);
    text[at + len] = '\0';
}

static void assert_fault(enum tlsagen_status status, enum tlsagen_status wanted,
                         const struct tlsagen_err *err, const char *part)
{
    assert_int_equal(status, wanted);
    assert_int_equal(err->code, wanted);
    if (strstr(err->message, part) == NULL)
        fail_msg("\"%s\" does not tell \"%s\"", err->message, part);
}

/* --- fields --- */

static void combinations_are_read(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        struct tlsagen_fields fields;
    } cases[] = {
        {"3 1 1", {3, 1, 1}},
        {"0 0 0", {0, 0, 0}},
        {"2 0 2", {2, 0, 2}},
        {" \t3\t1  1 ", {3, 1, 1}},
        {"03 001 0", {3, 1, 0}},
        {"DANE-EE SPKI SHA2-256", {3, 1, 1}},
        {"dane-ta cert sha2-512", {2, 0, 2}},
        {"Pkix-EE Spki Full", {1, 1, 0}},
        {"PKIX-TA 1 SHA2-256", {0, 1, 1}},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct tlsagen_fields fields = {9, 9, 9};
        assert_int_equal(tlsagen_fields_parse(cases[i].text, &fields, NULL), TLSAGEN_OK);
        assert_memory_equal(&fields, &cases[i].fields, sizeof(fields));
    }
}

static void other_combinations_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *message;
    } cases[] = {
        {"", "no combination"},
        {"  ", "no combination"},
        {"3", "no combination"},
        {"3 1", "no combination"},
        {"3 1 1 1", "no combination"},
        {"3 1 DANE-EE-and-much-more-than-a-word-has", "no combination"},
        {"4 1 1", "certificate usage \"4\" is unknown; give 0 to 3, or PKIX-TA, "},
        {"PrivCert 1 1", "certificate usage \"PrivCert\""},
        {"255 1 1", "certificate usage"},
        {"256 1 1", "certificate usage"},
        {"18446744073709551619 1 1", "certificate usage"},
        {"-1 1 1", "certificate usage \"-1\""},
        {"+3 1 1", "certificate usage"},
        {"3. 1 1", "certificate usage"},
        {"3 2 1", "selector \"2\" is unknown; give 0 to 1, or Cert or SPKI"},
        {"3 SPK 1", "selector"},
        {"3 SPKI1 1", "selector"},
        {"3 1 3", "matching type \"3\" is unknown; give 0 to 2, or Full, SHA2-256 or SHA2-512"},
        {"3 1 SHA256", "matching type"},
        {"3 1 1\n", "matching type"},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        struct tlsagen_fields fields = {9, 9, 9};
        struct tlsagen_err err;
        assert_fault(tlsagen_fields_parse(cases[i].text, &fields, &err), TLSAGEN_E_ARGUMENT, &err,
                     cases[i].message);
        assert_int_equal(fields.usage, 9);
    }
}

static void every_value_has_its_name(void **state)
{
    (void)state;
    uint8_t value;
    for (uint8_t i = 0; i < 4; i++) {
        assert_int_equal(tlsagen_usage_parse(tlsagen_usage_name(i), &value, NULL), TLSAGEN_OK);
        assert_int_equal(value, i);
    }
    for (uint8_t i = 0; i < 2; i++) {
        assert_int_equal(tlsagen_selector_parse(tlsagen_selector_name(i), &value, NULL),
                         TLSAGEN_OK);
        assert_int_equal(value, i);
    }
    for (uint8_t i = 0; i < 3; i++) {
        assert_int_equal(tlsagen_matching_parse(tlsagen_matching_name(i), &value, NULL),
                         TLSAGEN_OK);
        assert_int_equal(value, i);
    }
    assert_string_equal(tlsagen_usage_name(4), "?");
    assert_string_equal(tlsagen_usage_name(255), "?");
    assert_string_equal(tlsagen_selector_name(2), "?");
    assert_string_equal(tlsagen_matching_name(3), "?");
}

/* --- sets --- */

struct entry {
    struct tlsagen_fields fields;
    const char *data;
};

static void add(struct tlsagen_rrset *set, const struct entry *entry)
{
    const uint8_t *data = (const uint8_t *)entry->data;
    assert_int_equal(tlsagen_rrset_add(set, entry->fields, data, strlen(entry->data), NULL),
                     TLSAGEN_OK);
}

static void assert_set(const struct tlsagen_rrset *set, const struct entry *wanted, size_t count)
{
    assert_int_equal(set->count, count);
    for (size_t i = 0; i < count; i++) {
        const struct tlsagen_record *record = &set->records[i];
        assert_memory_equal(&record->fields, &wanted[i].fields, sizeof(record->fields));
        assert_int_equal(record->len, strlen(wanted[i].data));
        assert_memory_equal(record->data, wanted[i].data, record->len);
    }
}

/* Octets without sign, a prefix before what is longer: RFC 4034 section 6.3. */
static const struct entry in_order[] = {
    {{0, 1, 1}, "zz"}, {{2, 0, 2}, "b"},    {{2, 1, 1}, "a"},    {{3, 0, 2}, "a"},
    {{3, 1, 0}, "q"},  {{3, 1, 1}, ""},     {{3, 1, 1}, "a"},    {{3, 1, 1}, "aa"},
    {{3, 1, 1}, "ab"}, {{3, 1, 1}, "b"},    {{3, 1, 1}, "\x7f"}, {{3, 1, 1}, "\x80"},
    {{3, 1, 2}, "a"},  {{3, 1, 2}, "\xff"},
};

static void the_order_of_input_does_not_show(void **state)
{
    (void)state;
    /* Steps without a common factor with the number of entries visit all of them. */
    static const size_t steps[] = {1, 3, 5, 9, 11, 13};
    for (size_t i = 0; i < COUNT(steps); i++) {
        struct tlsagen_rrset set;
        tlsagen_rrset_init(&set);
        for (size_t n = 0, at = i; n < COUNT(in_order); n++, at += steps[i])
            add(&set, &in_order[at % COUNT(in_order)]);
        assert_set(&set, in_order, COUNT(in_order));
        tlsagen_rrset_clear(&set);
    }
}

static void a_record_is_there_once(void **state)
{
    (void)state;
    struct tlsagen_rrset set;
    tlsagen_rrset_init(&set);
    for (size_t n = 0; n < 3; n++) {
        for (size_t i = 0; i < COUNT(in_order); i++)
            add(&set, &in_order[i]);
    }
    assert_set(&set, in_order, COUNT(in_order));
    tlsagen_rrset_reset(&set);
    assert_int_equal(set.count, 0);
    add(&set, &in_order[3]);
    assert_set(&set, &in_order[3], 1);
    tlsagen_rrset_clear(&set);
    assert_null(set.records);
}

static void the_set_has_a_copy(void **state)
{
    (void)state;
    struct tlsagen_rrset set;
    uint8_t data[4] = {1, 2, 3, 4};
    tlsagen_rrset_init(&set);
    assert_int_equal(
        tlsagen_rrset_add(&set, (struct tlsagen_fields){3, 1, 0}, data, sizeof(data), NULL),
        TLSAGEN_OK);
    memset(data, 0, sizeof(data));
    assert_memory_equal(set.records[0].data, "\1\2\3\4", 4);
    tlsagen_rrset_clear(&set);
}

static void a_record_holds_65535_bytes(void **state)
{
    (void)state;
    struct tlsagen_rrset set;
    struct tlsagen_err err;
    uint8_t *data = calloc(65533, 1);
    assert_non_null(data);
    tlsagen_rrset_init(&set);
    const struct tlsagen_fields fields = {3, 0, 0};
    assert_fault(tlsagen_rrset_add(&set, fields, data, 65533, &err), TLSAGEN_E_LIMIT, &err,
                 "association data of 65533 bytes does not fit a record");
    assert_int_equal(set.count, 0);
    assert_int_equal(tlsagen_rrset_add(&set, fields, data, 65532, NULL), TLSAGEN_OK);
    assert_int_equal(set.records[0].len, 65532);
    tlsagen_rrset_clear(&set);
    free(data);
}

/* --- host names --- */

static void assert_host(const char *text, const char *wanted)
{
    char host[TLSAGEN_NAME_SIZE];
    struct tlsagen_err err;
    if (tlsagen_host_parse(text, host, &err) != TLSAGEN_OK)
        fail_msg("\"%s\": %s", text, err.message);
    assert_string_equal(host, wanted);
}

static void assert_no_host(const char *text, const char *message)
{
    char host[TLSAGEN_NAME_SIZE] = "untouched";
    struct tlsagen_err err;
    if (tlsagen_host_parse(text, host, &err) == TLSAGEN_OK)
        fail_msg("\"%s\" was taken", text);
    assert_fault(err.code, TLSAGEN_E_ARGUMENT, &err, message);
    assert_string_equal(host, "untouched");
}

static void hosts_end_in_a_dot(void **state)
{
    (void)state;
    assert_host("mail.example.org", "mail.example.org.");
    assert_host("mail.example.org.", "mail.example.org.");
    assert_host("Mail.EXAMPLE.org", "Mail.EXAMPLE.org.");
    assert_host("localhost", "localhost.");
    assert_host("a", "a.");
    assert_host("_dns.example.org", "_dns.example.org.");
    assert_host("a--b.x-1.example", "a--b.x-1.example.");
    assert_host("3com.example", "3com.example.");
    assert_host("1.2.3.4.example", "1.2.3.4.example.");
    assert_host("xn--mnchen-3ya.example", "xn--mnchen-3ya.example.");
}

static void letters_of_the_world_become_a_labels(void **state)
{
    (void)state;
    assert_host("m\xc3\xbcnchen.example", "xn--mnchen-3ya.example.");
    assert_host("M\xc3\x9cNCHEN.example", "xn--mnchen-3ya.example.");
    assert_host("mu\xcc\x88nchen.example", "xn--mnchen-3ya.example."); /* u and a diaeresis */
    assert_host("m\xc3\xbcnchen.example.", "xn--mnchen-3ya.example.");
    assert_host("fa\xc3\x9f.example", "xn--fa-hia.example."); /* IDNA 2008: kept, no "ss" */
    assert_host("\xe4\xbe\x8b\xe3\x80\x82\xe6\xb5\x8b\xe8\xaf\x95", "xn--fsq.xn--0zwm56d.");
    assert_host("\xef\xbc\xad\xef\xbd\x81.example", "ma.example."); /* full width */
}

static void what_is_no_host_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *message;
    } cases[] = {
        {"", "is empty"},
        {".", "is empty"},
        {"..", "empty label"},
        {".example.org", "empty label"},
        {"mail..example.org", "empty label"},
        {"mail.example.org..", "empty label"},
        {"192.0.2.1", "is an address"},
        {"192.0.2.1.", "is an address"},
        {"2001:db8::1", "is an address"},
        {"::", "is an address"},
        {"[2001:db8::1]", "contains \"[\""},
        {"\xef\xbc\x91\x39\x32.0.2.1", "is an address"}, /* its first digit of full width */
        {"*", "is a wildcard"},
        {"*.example.org", "is a wildcard"},
        {"mail.*.org", "is a wildcard"},
        {"m*.example.org", "contains \"*\""},
        {"mail example.org", "contains \" \""},
        {"mail.example.org ", "contains \" \""},
        {"mail.example.org\n", "contains \"?\""},
        {"mail.example.org\\.", "contains \"\\\""},
        {"mail.example.org;x", "contains \";\""},
        {"mail@example.org", "contains \"@\""},
        {"http://example.org/", "contains \":\""},
        {"-mail.example.org", "hyphen"},
        {"mail-.example.org", "hyphen"},
        {"mail.example-", "hyphen"},
        {"-", "hyphen"},
        {"m\xfcnchen.example", "no internationalised name"}, /* Latin-1 */
        {"\xe2\x80\xae.example", "no internationalised name"},
        {"m\xc3\xbc nchen.example", ""},
        {"*.m\xc3\xbcnchen.example", ""},
    };
    for (size_t i = 0; i < COUNT(cases); i++)
        assert_no_host(cases[i].text, cases[i].message);
}

static void labels_have_63_bytes_and_names_253(void **state)
{
    (void)state;
    char text[600] = "", wanted[600];
    repeat(text, sizeof(text), 'a', 63);
    (void)snprintf(wanted, sizeof(wanted), "%s.", text);
    assert_host(text, wanted);
    repeat(text, sizeof(text), 'a', 1);
    assert_no_host(text, "has 64 bytes; at most 63");

    text[0] = '\0';
    for (size_t i = 0; i < 3; i++) {
        repeat(text, sizeof(text), 'b', 63);
        repeat(text, sizeof(text), '.', 1);
    }
    repeat(text, sizeof(text), 'c', 61);
    assert_int_equal(strlen(text), 253);
    (void)snprintf(wanted, sizeof(wanted), "%s.", text);
    assert_host(text, wanted);
    assert_host(wanted, wanted);
    repeat(text, sizeof(text), 'c', 1);
    assert_no_host(text, "host name of 254 bytes is longer than the 253");
    repeat(text, sizeof(text), '.', 1);
    assert_no_host(text, "host name of 254 bytes");

    /* 31 characters, which are more than 63 as an A-label. */
    text[0] = '\0';
    for (unsigned i = 0; i < 31; i++) {
        unsigned code = 0x4e00 + i * 11 % 31 * 613;
        repeat(text, sizeof(text), (char)(0xe0 | code >> 12), 1);
        repeat(text, sizeof(text), (char)(0x80 | (code >> 6 & 0x3f)), 1);
        repeat(text, sizeof(text), (char)(0x80 | (code & 0x3f)), 1);
    }
    assert_no_host(text, "is no internationalised name: ");
}

/* --- owners --- */

static void protocols_are_read(void **state)
{
    (void)state;
    static const char *const words[] = {"tcp", "UDP", "sctp", "_tcp", "_Udp", "_SCTP"};
    enum tlsagen_proto proto = TLSAGEN_PROTO_TCP;
    for (size_t i = 0; i < COUNT(words); i++) {
        assert_int_equal(tlsagen_proto_parse(words[i], &proto, NULL), TLSAGEN_OK);
        assert_int_equal(proto, i % 3);
    }
    assert_string_equal(tlsagen_proto_name(TLSAGEN_PROTO_SCTP), "sctp");
    static const char *const others[] = {"", "_", "__tcp", "tc", "tcp ", "dccp", "quic", "6"};
    for (size_t i = 0; i < COUNT(others); i++) {
        struct tlsagen_err err;
        assert_fault(tlsagen_proto_parse(others[i], &proto, &err), TLSAGEN_E_ARGUMENT, &err,
                     "give tcp, udp or sctp");
    }
}

static void owners_are_made(void **state)
{
    (void)state;
    char owner[TLSAGEN_NAME_SIZE];
    assert_int_equal(tlsagen_owner_make("mail.example.org.", 25, TLSAGEN_PROTO_TCP, owner, NULL),
                     TLSAGEN_OK);
    assert_string_equal(owner, "_25._tcp.mail.example.org.");
    assert_int_equal(tlsagen_owner_make("a.", 65535, TLSAGEN_PROTO_SCTP, owner, NULL), TLSAGEN_OK);
    assert_string_equal(owner, "_65535._sctp.a.");
}

/* Somebody pasted it where its host belongs. */
static void an_owner_is_no_host(void **state)
{
    (void)state;
    static const char *const owners[] = {"_25._tcp.a.example.", "_443._TCP.a.example.",
                                         "_8443._udp.a.", "_1._sctp.a."};
    static const char *const hosts[] = {"_25.a.example.", "_x._tcp.a.",    "_25._tcpx.a.",
                                        "_._tcp.a.",      "25._tcp.a.",    "_tcp.a.",
                                        "_25._dccp.a.",   "a._25._tcp.b.", "_25._tc.a."};
    char owner[TLSAGEN_NAME_SIZE];
    struct tlsagen_err err;
    for (size_t i = 0; i < sizeof(owners) / sizeof(owners[0]); i++) {
        assert_int_equal(tlsagen_owner_make(owners[i], 25, TLSAGEN_PROTO_TCP, owner, &err),
                         TLSAGEN_E_ARGUMENT);
        assert_non_null(strstr(err.message, "has port and protocol before it"));
    }
    for (size_t i = 0; i < sizeof(hosts) / sizeof(hosts[0]); i++)
        assert_int_equal(tlsagen_owner_make(hosts[i], 25, TLSAGEN_PROTO_TCP, owner, &err),
                         TLSAGEN_OK);
}

/* A host name of so many bytes, without and with the final dot. */
static void host_of(size_t len, char host[TLSAGEN_NAME_SIZE])
{
    char text[TLSAGEN_NAME_SIZE];
    for (size_t i = 0; i < len; i++)
        text[i] = i % 50 == 49 && i + 1 < len ? '.' : 'h';
    text[len] = '\0';
    assert_int_equal(tlsagen_host_parse(text, host, NULL), TLSAGEN_OK);
}

static void owners_have_253_bytes(void **state)
{
    (void)state;
    char host[TLSAGEN_NAME_SIZE], owner[TLSAGEN_NAME_SIZE] = "";
    struct tlsagen_err err;
    host_of(253 - strlen("_25._tcp."), host);
    assert_int_equal(tlsagen_owner_make(host, 25, TLSAGEN_PROTO_TCP, owner, NULL), TLSAGEN_OK);
    assert_int_equal(strlen(owner), 254); /* with the final dot */
    assert_fault(tlsagen_owner_make(host, 443, TLSAGEN_PROTO_TCP, owner, &err), TLSAGEN_E_ARGUMENT,
                 &err, "owner _443._tcp.hh");
    host_of(253, host);
    assert_fault(tlsagen_owner_make(host, 65535, TLSAGEN_PROTO_SCTP, owner, &err),
                 TLSAGEN_E_ARGUMENT, &err, "longer than the 253 bytes");
}

static void owners_are_relative_to_an_origin(void **state)
{
    (void)state;
    static const struct {
        const char *owner;
        const char *origin;
        const char *relative; /* NULL: outside */
    } cases[] = {
        {"_25._tcp.mail.example.org.", "example.org.", "_25._tcp.mail"},
        {"_25._tcp.mail.example.org.", "EXAMPLE.Org.", "_25._tcp.mail"},
        {"_25._tcp.mail.example.org.", "mail.example.org.", "_25._tcp"},
        {"_25._tcp.mail.example.org.", "_tcp.mail.example.org.", "_25"},
        {"_25._tcp.mail.example.org.", "_25._tcp.mail.example.org.", "@"},
        {"_25._tcp.mail.example.org.", ".", "_25._tcp.mail.example.org"},
        {"_25._tcp.mail.example.org.", "example.com.", NULL},
        {"_25._tcp.mail.example.org.", "ample.org.", NULL},
        {"_25._tcp.mail.example.org.", "il.example.org.", NULL},
        {"example.org.", "mail.example.org.", NULL},
    };
    for (size_t i = 0; i < COUNT(cases); i++) {
        char relative[TLSAGEN_NAME_SIZE];
        struct tlsagen_err err;
        enum tlsagen_status status =
            tlsagen_owner_relative(cases[i].owner, cases[i].origin, relative, &err);
        if (cases[i].relative == NULL) {
            assert_fault(status, TLSAGEN_E_MISMATCH, &err, "does not lie in the zone");
            continue;
        }
        assert_int_equal(status, TLSAGEN_OK);
        assert_string_equal(relative, cases[i].relative);
    }
}

/* --- text forms --- */

static void assert_text(enum tlsagen_format format, int64_t ttl, const struct tlsagen_rrset *set,
                        const char *wanted)
{
    struct tlsagen_buf buf;
    tlsagen_buf_init(&buf);
    tlsagen_buf_str(&buf, ">");
    tlsagen_rrset_format(&buf, format, "_25._tcp.h.", ttl, set);
    assert_int_equal(tlsagen_buf_check(&buf, NULL), TLSAGEN_OK);
    assert_string_equal(buf.data + 1, wanted);
    tlsagen_buf_clear(&buf);
}

static void sets_have_four_text_forms(void **state)
{
    (void)state;
    struct tlsagen_rrset set;
    tlsagen_rrset_init(&set);
    add(&set, &(struct entry){{3, 1, 1}, "\x01\xab"});
    add(&set, &(struct entry){{2, 0, 0}, "\xff"});
    assert_text(TLSAGEN_FORMAT_ZONE, 3600, &set,
                "_25._tcp.h.\t3600\tIN\tTLSA\t2 0 0 ff\n"
                "_25._tcp.h.\t3600\tIN\tTLSA\t3 1 1 01ab\n");
    assert_text(TLSAGEN_FORMAT_ZONE, 0, &set,
                "_25._tcp.h.\t0\tIN\tTLSA\t2 0 0 ff\n"
                "_25._tcp.h.\t0\tIN\tTLSA\t3 1 1 01ab\n");
    assert_text(TLSAGEN_FORMAT_ZONE, TLSAGEN_TTL_NONE, &set,
                "_25._tcp.h.\tIN\tTLSA\t2 0 0 ff\n"
                "_25._tcp.h.\tIN\tTLSA\t3 1 1 01ab\n");
    assert_text(TLSAGEN_FORMAT_GENERIC, 2147483647, &set,
                "_25._tcp.h.\t2147483647\tIN\tTYPE52\t\\# 4 020000ff\n"
                "_25._tcp.h.\t2147483647\tIN\tTYPE52\t\\# 5 03010101ab\n");
    assert_text(TLSAGEN_FORMAT_MULTILINE, 60, &set,
                "_25._tcp.h.\t60\tIN\tTLSA\t2 0 0 (\n\t\t\t\tff )\n"
                "_25._tcp.h.\t60\tIN\tTLSA\t3 1 1 (\n\t\t\t\t01ab )\n");
    assert_text(TLSAGEN_FORMAT_NSUPDATE, 60, &set,
                "update add _25._tcp.h. 60 IN TLSA 2 0 0 ff\n"
                "update add _25._tcp.h. 60 IN TLSA 3 1 1 01ab\n");
    tlsagen_rrset_clear(&set);
}

static void long_lines_are_broken_after_56_digits(void **state)
{
    (void)state;
    struct tlsagen_rrset set;
    tlsagen_rrset_init(&set);
    add(&set, &(struct entry){{3, 1, 1}, "abcdefghijklmnopqrstuvwxyz01"});
    assert_text(TLSAGEN_FORMAT_MULTILINE, 60, &set,
                "_25._tcp.h.\t60\tIN\tTLSA\t3 1 1 (\n"
                "\t\t\t\t6162636465666768696a6b6c6d6e6f707172737475767778797a3031 )\n");
    tlsagen_rrset_reset(&set);
    add(&set, &(struct entry){{3, 1, 1}, "abcdefghijklmnopqrstuvwxyz012"});
    assert_text(TLSAGEN_FORMAT_MULTILINE, 60, &set,
                "_25._tcp.h.\t60\tIN\tTLSA\t3 1 1 (\n"
                "\t\t\t\t6162636465666768696a6b6c6d6e6f707172737475767778797a3031\n"
                "\t\t\t\t32 )\n");
    tlsagen_rrset_clear(&set);
}

static void an_empty_set_has_no_text(void **state)
{
    (void)state;
    struct tlsagen_rrset set;
    tlsagen_rrset_init(&set);
    assert_text(TLSAGEN_FORMAT_ZONE, 60, &set, "");
    assert_text(TLSAGEN_FORMAT_MULTILINE, 60, &set, "");
    assert_text(TLSAGEN_FORMAT_GENERIC, 60, &set, "");
    assert_text(TLSAGEN_FORMAT_NSUPDATE, 60, &set, "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(combinations_are_read),
        cmocka_unit_test(other_combinations_are_refused),
        cmocka_unit_test(every_value_has_its_name),
        cmocka_unit_test(the_order_of_input_does_not_show),
        cmocka_unit_test(a_record_is_there_once),
        cmocka_unit_test(the_set_has_a_copy),
        cmocka_unit_test(a_record_holds_65535_bytes),
        cmocka_unit_test(hosts_end_in_a_dot),
        cmocka_unit_test(letters_of_the_world_become_a_labels),
        cmocka_unit_test(what_is_no_host_is_refused),
        cmocka_unit_test(labels_have_63_bytes_and_names_253),
        cmocka_unit_test(protocols_are_read),
        cmocka_unit_test(owners_are_made),
        cmocka_unit_test(an_owner_is_no_host),
        cmocka_unit_test(owners_have_253_bytes),
        cmocka_unit_test(owners_are_relative_to_an_origin),
        cmocka_unit_test(sets_have_four_text_forms),
        cmocka_unit_test(long_lines_are_broken_after_56_digits),
        cmocka_unit_test(an_empty_set_has_no_text),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
