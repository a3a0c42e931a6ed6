/* zone/lint.h: what is found in zone files, and what is not. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../zone_memory.h"
#include "zone/lint.h"

#define SOA "@ IN SOA ns hostmaster (2026112301 1h 15m 4w 5m)\n"
#define HEAD "$TTL 1h\n" SOA /* two lines */
#define A32 "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"
#define B32 "bbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbbb"
#define A64 A32 A32
#define B64 B32 B32
#define NO256 "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
#define NO512                                                                                      \
    "cf83e1357eefb8bdf1542850d66d8007d620e4050b5715dc83f4a921d36ce9ce"                             \
    "47d0d13c5d85f2b0ff8318d2877eec2f63b931bd47417a81a538327af927da3e"
#define SMTP "_25._tcp.mail"

static void note(void *arg, const struct tlsagen_zone_finding *finding)
{
    struct tlsagen_buf *found = arg;
    tlsagen_buf_printf(found, "%s%s:%llu:%llu %c %s", found->len > 0 ? ", " : "", finding->file,
                       (unsigned long long)finding->line, (unsigned long long)finding->column,
                       finding->error ? 'E' : 'W', finding->rule);
    assert_true(strlen(finding->text) > 10);
}

/* What is found in a zone file, as "file:line:column E|W rule", and so many of each. */
static void finds(const char *zone, const char *included, const char *wanted)
{
    struct memory *memory = calloc(1, sizeof(*memory));
    struct tlsagen_zone_verdict verdict;
    struct tlsagen_buf found;
    struct tlsagen_err err = {.message = ""};
    assert_non_null(memory);
    memory->files[memory->count++] = (struct memory_file){"zone", zone, strlen(zone)};
    if (included != NULL)
        memory->files[memory->count++] = (struct memory_file){"inc", included, strlen(included)};
    const struct walk_source source = {memory, memory_open, memory_read, memory_close};
    tlsagen_buf_init(&found);
    enum tlsagen_status status =
        lint_check("zone", "example.org", &source, note, &found, &verdict, &err);
    assert_string_equal(err.message, "");
    assert_int_equal(status, TLSAGEN_OK);
    assert_string_equal(found.len == 0 ? "" : found.data, wanted);
    size_t errors = 0, warnings = 0;
    for (const char *p = wanted; (p = strchr(p, ' ')) != NULL; p++) {
        errors += strncmp(p, " E ", 3) == 0;
        warnings += strncmp(p, " W ", 3) == 0;
    }
    assert_int_equal(verdict.errors, errors);
    assert_int_equal(verdict.warnings, warnings);
    tlsagen_buf_clear(&found);
    free(memory);
}

static void good_zones(void **state)
{
    (void)state;
    finds(HEAD " NS ns\nns A 192.0.2.1\n", NULL, "");
    finds(HEAD " MX 10 mail\nmail A 192.0.2.1\n" SMTP " TLSA 3 1 1 " A32 "\n TLSA 3 1 1 " B32
               "\n TLSA 2 1 1 " A32 "\n",
          NULL, "");
    /* Each key with each digest; a whole certificate or key beside them. */
    finds(HEAD SMTP " TLSA 3 1 1 " A32 "\n TLSA 3 1 2 " A64 "\n TLSA 3 1 0 3030\n", NULL, "");
    /* Upper case, another base, the generic form, split digits. */
    finds(HEAD SMTP " TYPE52 \\# 35 030101 " A32 "\n TLSA 003 1 1 ( " B32 ")\n", NULL, "");
    /* A service of usage 1 may be one of the web. */
    finds(HEAD "_443._tcp.www TLSA 1 1 1 " A32 "\n", NULL, "");
}

static void association_data(void **state)
{
    (void)state;
    finds(HEAD SMTP " TLSA 3 1 1 aabb\n", NULL, "zone:3:15 E digest-length");
    finds(HEAD SMTP " TLSA 3 1 1 " A64 "\n", NULL, "zone:3:15 E digest-length");
    finds(HEAD SMTP " TLSA 3 1 2 " A32 "\n", NULL, "zone:3:15 E digest-length");
    finds(HEAD SMTP " TLSA \\# 3 030101\n", NULL, "zone:3:15 E digest-length");
    finds(HEAD SMTP " TLSA \\# 2 0301\n", NULL, "zone:3:15 E digest-length");
    finds(HEAD SMTP " TLSA 3 1 1 " NO256 "\n", NULL, "zone:3:15 E empty-digest");
    finds(HEAD SMTP " 1h IN TLSA 3 1 2 " NO512 "\n", NULL, "zone:3:21 E empty-digest");
    finds(HEAD SMTP " TLSA 3 1 1 xyz\n", NULL, "zone:3:20 E rdata");
    finds(HEAD SMTP " TLSA 3 1 1 " A32 "a\n", NULL, "zone:3:20 E rdata");
    finds(HEAD SMTP " TLSA 300 1 1 " A32 "\n", NULL, "zone:3:20 E rdata");
    finds(HEAD SMTP " TLSA\n", NULL, "zone:3:15 E rdata");
}

static void parameters(void **state)
{
    (void)state;
    finds(HEAD SMTP " TLSA 0 0 1 " A32 "\n", NULL, "zone:3:15 W usage-smtp");
    finds(HEAD SMTP " TLSA 1 1 1 " A32 "\n", NULL, "zone:3:15 W usage-smtp");
    finds(HEAD SMTP " TLSA 3 0 1 " A32 "\n", NULL, "zone:3:15 W certificate-digest");
    finds(HEAD SMTP " TLSA 4 1 1 " A32 "\n", NULL, "zone:3:15 W unknown-parameter");
    finds(HEAD SMTP " TLSA 3 2 1 " A32 "\n", NULL, "zone:3:15 W unknown-parameter");
    finds(HEAD SMTP " TLSA 3 1 3 " A32 "\n", NULL, "zone:3:15 W unknown-parameter");
    finds(HEAD SMTP " 86400 TLSA 3 1 1 " A32 "\n", NULL, "");
    finds(HEAD SMTP " 86401 TLSA 3 1 1 " A32 "\n", NULL, "zone:3:21 W ttl-long");
}

static void rrsets(void **state)
{
    (void)state;
    finds(HEAD SMTP " TLSA 3 1 1 " A32 "\n TYPE52 \\# 35 030101" A32 "\n", NULL,
          "zone:4:2 W duplicate");
    /* Wherever they stand. */
    finds(HEAD SMTP " TLSA 3 1 1 " A32 "\nx A 192.0.2.1\n" SMTP ".EXAMPLE.org. TLSA 3 1 1 " A32
                    "\n",
          NULL, "zone:5:28 W duplicate");
    finds(HEAD SMTP " TLSA 3 1 1 " A32 "\n 300 TLSA 3 1 1 " B32 "\n", NULL,
          "zone:4:6 W ttl-mismatch");
    finds(HEAD SMTP " 300 TLSA 3 1 1 " B32 "\n TLSA 3 1 1 " A32 "\n 9 TLSA 2 1 1 " A32 "\n", NULL,
          "zone:4:2 W ttl-mismatch");
    finds(HEAD SMTP " TLSA 3 1 1 " A32 "\n TLSA 3 1 1 " B32 "\n TLSA 3 1 2 " A64 "\n", NULL,
          "zone:3:15 W matching-coverage");
    finds(HEAD SMTP " TLSA 3 1 2 " A64 "\n TLSA 3 1 2 " B64 "\n TLSA 3 1 1 " A32
                    "\n TLSA 2 1 1 " A32 "\n",
          NULL, "zone:3:15 W matching-coverage");
    /* Other usages and selectors are sets of their own. */
    finds(HEAD SMTP " TLSA 3 1 1 " A32 "\n TLSA 2 1 2 " A64 "\n TLSA 2 0 1 " A32 "\n", NULL, "");
}

static void owners(void **state)
{
    (void)state;
    static const char *const good[] = {"_25._tcp", "_65535._udp.x", "*._tcp.x", "_1._sctp.a.b",
                                       "\\095\\050\\053._tcp"};
    static const char *const bad[] = {"mail",        "_tcp.mail", "_25.mail", "_025._tcp",
                                      "_65536._tcp", "25._tcp",   "_0._tcp",  "_x._tcp",
                                      "_25.tcp",     "*.mail",    "@"};
    char zone[512];
    for (size_t i = 0; i < sizeof(good) / sizeof(good[0]); i++) {
        (void)snprintf(zone, sizeof(zone), HEAD "%s TLSA 3 1 1 " A32 "\n", good[i]);
        finds(zone, NULL, "");
    }
    for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
        char wanted[64];
        (void)snprintf(zone, sizeof(zone), HEAD "%s TLSA 3 1 1 " A32 "\n", bad[i]);
        (void)snprintf(wanted, sizeof(wanted), "zone:3:%zu W owner", strlen(bad[i]) + 2);
        finds(zone, NULL, wanted);
    }
    /* One set for many services. */
    finds(HEAD "dane TLSA 3 1 1 " A32 "\n_443._tcp.www CNAME dane\n", NULL, "");
    finds(HEAD "_443._tcp.www CNAME Dane.example.org.\ndane TLSA 3 1 1 " A32 "\n", NULL, "");
}

static void hidden_records(void **state)
{
    (void)state;
    const char *tlsa = SMTP ".sub TLSA 3 1 1 " A32 "\n";
    char zone[1024];
    (void)snprintf(zone, sizeof(zone), HEAD "sub NS ns\n%s", tlsa);
    finds(zone, NULL, "zone:4:19 E delegation");
    (void)snprintf(zone, sizeof(zone), HEAD "%sx A 192.0.2.1\nmail.sub NS ns\n", tlsa);
    finds(zone, NULL, "zone:3:19 E delegation");
    finds(HEAD "_25._tcp NS ns\n_25._tcp TLSA 3 1 1 " A32 "\n", NULL, "zone:4:10 E delegation");
    finds(HEAD " NS ns\n_25._tcp TLSA 3 1 1 " A32 "\n", NULL, "");
    (void)snprintf(zone, sizeof(zone), HEAD "sub DNAME example.net.\n%s", tlsa);
    finds(zone, NULL, "zone:4:19 E dname");
    (void)snprintf(zone, sizeof(zone), HEAD " DNAME example.net.\n%s", tlsa);
    finds(zone, NULL, "zone:4:19 E dname");
    finds(HEAD "_25._tcp DNAME x\n_25._tcp TLSA 3 1 1 " A32 "\n", NULL, "");
}

static void aliases(void **state)
{
    (void)state;
    finds(HEAD SMTP " CNAME x\n" SMTP " TLSA 3 1 1 " A32 "\n", NULL, "zone:4:15 E cname");
    /* Not in a row, in another case, and once for all that stands there. */
    finds(HEAD "www CNAME x\nx A 192.0.2.1\nWWW A 192.0.2.1\n TXT a\n", NULL, "zone:5:5 E cname");
    finds(HEAD "www CNAME x\nx A 192.0.2.1\nwww CNAME y\n", NULL, "zone:5:5 E cname");
    finds(HEAD "www CNAME x\nx A 192.0.2.1\ny CNAME y\n", NULL, "");
    /* The same one again is none too many. */
    finds(HEAD "www CNAME x\nwww.example.org. CNAME X\n CNAME x.example.org.\n", NULL, "");
    finds(HEAD "$INCLUDE inc\nwww A 192.0.2.1\n", "www CNAME x\n", "zone:4:5 E cname");
}

static void mail_hosts(void **state)
{
    (void)state;
    finds(HEAD " MX 10 mail\n MX 20 mail\nmail A 192.0.2.1\n", NULL, "zone:3:2 W mx-without-tlsa");
    finds(HEAD " MX 10 mail\nmail A 192.0.2.1\n_465._tcp.mail TLSA 3 1 1 " A32 "\n", NULL,
          "zone:3:2 W mx-without-tlsa");
    finds(HEAD " MX 0 .\n", NULL, "");
    finds(HEAD " MX 10 mail.example.net.\n", NULL, "");
    finds(HEAD " MX 10 mail\n" SMTP " CNAME dane.example.net.\n", NULL, "");
    finds(HEAD " MX 10 mail\n*._tcp.mail TLSA 3 1 1 " A32 "\n", NULL, "");
    finds(HEAD " MX 10 mail\nmail CNAME x\n", NULL, "");
    finds(HEAD " MX 10 mail.sub\nsub NS ns\n", NULL, "");
    finds(HEAD "$INCLUDE inc\n MX 10 b.mail\n", "x MX 10 a.mail\n",
          "inc:1:3 W mx-without-tlsa, zone:4:2 W mx-without-tlsa");
}

static void whole_files(void **state)
{
    (void)state;
    finds(HEAD "x RRSIG A 8 2 1 1 1 1 x. AA==\nx NSEC y A\n", NULL, "zone:3:3 E signed");
    finds(HEAD "x NSEC3 1 0 0 - AA A\n", NULL, "zone:3:3 E signed");
    finds(HEAD "@ DNSKEY 257 3 13 AA==\n@ DNSKEY 257 3 13 BB==\n", NULL, "zone:3:3 W dnskey");
    finds("", NULL, "zone:1:1 E syntax");
    finds("x A 192.0.2.1\n", NULL, "zone:2:1 E syntax");
    finds(HEAD "$INCLUDE inc\n", NULL, "zone:3:10 E include");
    finds(HEAD "$INCLUDE zone\n", NULL, "zone:3:10 E syntax");
    finds(HEAD SOA "@ SOA other h 1 2 3 4 5\n", NULL, "zone:4:3 E syntax");
    finds("$TTL 1h\n@ SOA a b 0x10 2 3 4 5\n", NULL, "zone:2:7 E rdata");
    finds("$TTL 1h\n@ SOA a b 1h 2 3 4 5\n", NULL, "zone:2:7 E rdata");
    finds("$TTL 1h\n@ SOA a b -1 2 3 4 5\n", NULL, "zone:2:3 E serial");
    finds(HEAD "x.example.net. A 192.0.2.1\n", NULL, "zone:3:1 E outside");
}

/* After each fault the search goes on. */
static void more_than_the_first(void **state)
{
    (void)state;
    finds(HEAD "a A )\nb TXT \"open\nc FOO x\nd..e A 192.0.2.1\n\x01\n$FOO\ne A (\nf BAR x\n", NULL,
          "zone:3:5 E syntax, zone:4:7 E syntax, zone:5:3 E syntax, zone:6:1 E syntax, "
          "zone:7:1 E syntax, zone:8:1 E syntax, zone:9:5 E syntax, zone:10:3 E syntax");
    finds(HEAD "a TXT ( x\n \"open\n y )\nb FOO x\n", NULL, "zone:4:2 E syntax, zone:6:3 E syntax");
    finds(HEAD "a TXT ( x \x02\n y )\nb FOO x", NULL, "zone:3:11 E syntax, zone:5:3 E syntax");
    finds(HEAD "a TXT (", NULL, "zone:3:7 E syntax");
    finds(HEAD "a TXT \"", NULL, "zone:3:7 E syntax");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(good_zones),  cmocka_unit_test(association_data),
        cmocka_unit_test(parameters),  cmocka_unit_test(rrsets),
        cmocka_unit_test(owners),      cmocka_unit_test(hidden_records),
        cmocka_unit_test(aliases),     cmocka_unit_test(mail_hosts),
        cmocka_unit_test(whole_files), cmocka_unit_test(more_than_the_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
