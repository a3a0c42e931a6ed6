#include "unit.h"

#include <string.h>

#include "dns/packet.h"
#include "dns/rr.h"

/* A message that answers `good.test. TYPE`, made by hand. */
struct message {
    uint8_t bytes[1024];
    size_t len;
};

static void put(struct message *m, const void *bytes, size_t len)
{
    assert_true(m->len + len <= sizeof(m->bytes));
    memcpy(m->bytes + m->len, bytes, len);
    m->len += len;
}

static void put16(struct message *m, unsigned value)
{
    const uint8_t two[] = {(uint8_t)(value >> 8), (uint8_t)value};
    put(m, two, 2);
}

static const uint8_t good_test[] = {4, 'g', 'o', 'o', 'd', 4, 't', 'e', 's', 't', 0};

static void begin(struct message *m, unsigned flags, unsigned answers, unsigned type)
{
    m->len = 0;
    put16(m, 7);
    put16(m, flags);
    put16(m, 1);
    put16(m, answers);
    put16(m, 0);
    put16(m, 0);
    put(m, good_test, sizeof(good_test));
    put16(m, type);
    put16(m, 1);
}

/* A record whose owner is a pointer. */
static void add(struct message *m, unsigned pointer, unsigned type, unsigned ttl, const void *data,
                size_t len)
{
    put16(m, 0xc000U | pointer);
    put16(m, type);
    put16(m, 1);
    put16(m, ttl >> 16);
    put16(m, ttl & 0xffffU);
    put16(m, (unsigned)len);
    put(m, data, len);
}

static enum tlsagen_status read_it(const struct message *m, uint16_t id, unsigned type,
                                   struct tlsagen_dns_answer *answer)
{
    static const struct name root = {1, {0}};
    struct name name;
    struct tlsagen_err err;
    unsigned flags;
    memset(answer, 0, sizeof(*answer));
    assert_int_equal(name_parse("GOOD.test", 9, &root, &name, &err), TLSAGEN_OK);
    return packet_read(m->bytes, m->len, id, &name, (uint16_t)type, &flags, answer, &err);
}

static void a_question_is_written_as_the_rfcs_say(void **state)
{
    (void)state;
    struct name name = {.len = sizeof(good_test)};
    uint8_t out[PACKET_QUESTION_MAX];
    memcpy(name.wire, good_test, sizeof(good_test));
    static const uint8_t wanted[] = {0x12, 0x34, 0x01, 0,   0,    1,    0,   0,   0,    0, 0, 1,  4,
                                     'g',  'o',  'o',  'd', 4,    't',  'e', 's', 't',  0, 0, 52, 0,
                                     1,    0,    0,    41,  0x04, 0xd0, 0,   0,   0x80, 0, 0, 0};
    assert_int_equal(packet_question(out, 0x1234, PACKET_RD, &name, 52), sizeof(wanted));
    assert_memory_equal(out, wanted, sizeof(wanted));
}

static void records_and_their_signature_are_read(void **state)
{
    (void)state;
    struct message m;
    struct tlsagen_dns_answer a;
    /* covers TLSA, algorithm, labels, original TTL 600, expires 0x70000000, then inception ... */
    static const uint8_t signature[] = {0, 52, 13, 2, 0, 0, 2, 0x58, 0x70, 0, 0, 0, 1, 1, 1, 1};
    begin(&m, PACKET_QR | PACKET_AA, 3, 52);
    add(&m, 12, 52, 300, "\3\1\1abc", 6);
    add(&m, 12, TYPE_RRSIG, 300, signature, sizeof(signature));
    add(&m, 12, 52, 200, "\3\1\1def", 6);
    assert_int_equal(read_it(&m, 7, 52, &a), TLSAGEN_OK);
    assert_int_equal(a.found, TLSAGEN_DNS_RECORDS);
    assert_int_equal(a.count, 2);
    assert_memory_equal(a.records[1].data, "\3\1\1def", 6);
    assert_int_equal(a.ttl, 200);
    assert_int_equal(a.original_ttl, 600);
    assert_int_equal(a.rrsig_expires, 0x70000000);
    assert_true(a.authoritative);
    assert_false(a.alias);
    tlsagen_dns_answer_clear(&a);
}

static void aliases_are_followed_and_circles_refused(void **state)
{
    (void)state;
    struct message m;
    struct tlsagen_dns_answer a;
    static const uint8_t www[] = {3, 'w', 'w', 'w', 0xc0, 12};
    begin(&m, PACKET_QR, 2, 1);
    add(&m, 12, TYPE_CNAME, 60, www, sizeof(www));
    add(&m, 12 + 11 + 4 + 12, 1, 300, "\x7f\0\0\1", 4);
    assert_int_equal(read_it(&m, 7, 1, &a), TLSAGEN_OK);
    assert_true(a.alias);
    assert_string_equal(a.canonical, "www.good.test.");
    assert_int_equal(a.ttl, 60);
    tlsagen_dns_answer_clear(&a);
    begin(&m, PACKET_QR, 1, 1);
    add(&m, 12, TYPE_CNAME, 60, "\xc0\x0c", 2);
    assert_int_equal(read_it(&m, 7, 1, &a), TLSAGEN_E_SYNTAX);
    tlsagen_dns_answer_clear(&a);
}

static void absence_and_failure_differ(void **state)
{
    (void)state;
    static const struct {
        unsigned rcode;
        enum tlsagen_dns_found found;
    } cases[] = {{0, TLSAGEN_DNS_NO_DATA}, {3, TLSAGEN_DNS_NO_NAME}, {2, TLSAGEN_DNS_NOTHING}};
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        struct message m;
        struct tlsagen_dns_answer a;
        begin(&m, PACKET_QR | cases[i].rcode, 0, 52);
        assert_int_equal(read_it(&m, 7, 52, &a), TLSAGEN_OK);
        assert_int_equal(a.found, cases[i].found);
        assert_int_equal(a.rcode, cases[i].rcode);
    }
}

static void what_answers_something_else_is_refused(void **state)
{
    (void)state;
    struct message m;
    struct tlsagen_dns_answer a;
    begin(&m, PACKET_QR, 0, 52);
    assert_int_equal(read_it(&m, 8, 52, &a), TLSAGEN_E_MISMATCH);
    assert_int_equal(read_it(&m, 7, 1, &a), TLSAGEN_E_MISMATCH);
    begin(&m, 0, 0, 52); /* a question */
    assert_int_equal(read_it(&m, 7, 52, &a), TLSAGEN_E_MISMATCH);
    m.len = 11;
    assert_int_equal(read_it(&m, 7, 52, &a), TLSAGEN_E_MISMATCH);
}

static void damaged_records_are_refused(void **state)
{
    (void)state;
    struct message m;
    struct tlsagen_dns_answer a;
    begin(&m, PACKET_QR, 1, 15);
    add(&m, 12, 15, 1, "\0\12\xc0\x40", 4); /* a pointer forward */
    assert_int_equal(read_it(&m, 7, 15, &a), TLSAGEN_E_SYNTAX);
    tlsagen_dns_answer_clear(&a);
    begin(&m, PACKET_QR, 2, 1);
    add(&m, 12, 1, 1, "\x7f\0\0\1", 4); /* one of two */
    assert_int_equal(read_it(&m, 7, 1, &a), TLSAGEN_E_SYNTAX);
    assert_int_equal(a.found, TLSAGEN_DNS_NOTHING);
    tlsagen_dns_answer_clear(&a);
}

static void rdata_is_read_or_refused(void **state)
{
    (void)state;
    char text[TLSAGEN_DNS_NAME_SIZE];
    uint32_t serial = 0;
    uint8_t four[] = {192, 0, 2, 1}, mx[] = {0, 10, 1, 'a', 0}, cut[] = {0, 10, 2, 'a'};
    uint8_t soa[22] = {0, 0, 0x11, 0x22, 0x33, 0x44};
    assert_true(rr_address(&(struct tlsagen_dns_record){four, 4}, 1, text));
    assert_string_equal(text, "192.0.2.1");
    assert_false(rr_address(&(struct tlsagen_dns_record){four, 4}, 28, text));
    assert_true(rr_name(&(struct tlsagen_dns_record){mx, 5}, 2, text));
    assert_string_equal(text, "a.");
    assert_false(rr_name(&(struct tlsagen_dns_record){cut, 4}, 2, text));
    assert_false(rr_name(&(struct tlsagen_dns_record){mx, 2}, 2, text));
    assert_true(rr_serial(&(struct tlsagen_dns_record){soa, 22}, &serial));
    assert_int_equal(serial, 0x11223344);
    assert_false(rr_serial(&(struct tlsagen_dns_record){soa, 21}, &serial));
}

static void answers_are_compared_as_sets(void **state)
{
    (void)state;
    uint8_t one[] = {1}, two[] = {2};
    struct tlsagen_dns_record ab[] = {{one, 1}, {two, 1}}, ba[] = {{two, 1}, {one, 1}};
    struct tlsagen_dns_record aa[] = {{one, 1}, {one, 1}};
    struct tlsagen_dns_answer a = {.records = ab, .count = 2}, b = {.records = ba, .count = 2};
    assert_true(tlsagen_dns_answer_equal(&a, &b));
    b.records = aa;
    assert_false(tlsagen_dns_answer_equal(&a, &b));
    b.count = 1;
    assert_false(tlsagen_dns_answer_equal(&a, &b));
    a.count = b.count = 0;
    assert_true(tlsagen_dns_answer_equal(&a, &b));
}

static void a_server_is_meant_by_name_or_address(void **state)
{
    (void)state;
    const struct tlsagen_dns_server v4 = {.name = "ns2.example.org.", .address = "192.0.2.7"};
    const struct tlsagen_dns_server v6 = {.name = "ns2.example.org.", .address = "2001:db8::7"};
    const struct tlsagen_dns_server none = {.name = "ns3.example.org."};
    assert_true(tlsagen_dns_server_is(&v4, "192.0.2.7"));
    assert_true(tlsagen_dns_server_is(&v4, "NS2.example.org"));
    assert_true(tlsagen_dns_server_is(&v6, "ns2.example.org."));
    assert_true(tlsagen_dns_server_is(&v6, "2001:DB8:0:0::7"));
    assert_true(tlsagen_dns_server_is(&none, "ns3.example.org"));
    assert_false(tlsagen_dns_server_is(&v4, "192.0.2.8"));
    assert_false(tlsagen_dns_server_is(&v4, "2001:db8::7"));
    assert_false(tlsagen_dns_server_is(&v6, "192.0.2.7"));
    assert_false(tlsagen_dns_server_is(&v6, "2001:db8::8"));
    assert_false(tlsagen_dns_server_is(&v4, "ns2.example"));
    assert_false(tlsagen_dns_server_is(&v4, "xns2.example.org"));
    assert_false(tlsagen_dns_server_is(&none, ""));
    assert_false(tlsagen_dns_server_is(&none, "."));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_question_is_written_as_the_rfcs_say),
        cmocka_unit_test(records_and_their_signature_are_read),
        cmocka_unit_test(aliases_are_followed_and_circles_refused),
        cmocka_unit_test(absence_and_failure_differ),
        cmocka_unit_test(what_answers_something_else_is_refused),
        cmocka_unit_test(damaged_records_are_refused),
        cmocka_unit_test(rdata_is_read_or_refused),
        cmocka_unit_test(a_server_is_meant_by_name_or_address),
        cmocka_unit_test(answers_are_compared_as_sets),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
