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

static int compare_words(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Sorts what stands between commas. */
static void sort_list(char *list)
{
    char *words[64], *copy = strdup(list), *rest = copy;
    size_t count = 0;
    assert_non_null(copy);
    for (char *word; (word = strsep(&rest, ",")) != NULL && count < 64; count++)
        words[count] = word + (*word == ' ');
    qsort(words, count, sizeof(words[0]), compare_words);
    *list = '\0';
    for (size_t i = 0; i < count; i++)
        (void)sprintf(list + strlen(list), "%s%s", i > 0 ? ", " : "", words[i]);
    free(copy);
}

/* What is found in a zone file, as "file:line:column E|W rule", and so many of each. */
static void finds_so(const char *zone, const char *included, char *wanted, bool sorted)
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
    if (sorted && found.len > 0)
        sort_list(found.data);
    if (sorted)
        sort_list(wanted);
    if (strcmp(found.len == 0 ? "" : found.data, wanted) != 0)
        fail_msg("%s\nfound:  %s\nwanted: %s", zone, found.len == 0 ? "" : found.data, wanted);
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

static void finds(const char *zone, const char *included, const char *wanted)
{
    char *copy = strdup(wanted);
    assert_non_null(copy);
    finds_so(zone, included, copy, false);
    free(copy);
}

static void finds_in_any_order(const char *zone, char *wanted)
{
    finds_so(zone, NULL, wanted, true);
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
    finds(HEAD "$INCLUDE inc\nx A 192.0.2.1\n", "x A 192.0.2.2\n TXT a\n CNAME y\n",
          "inc:3:2 E cname");
    finds(HEAD "$GENERATE 1-3 x$ CNAME y\nx2 A 192.0.2.1\n", NULL, "zone:4:4 E cname");
    finds(HEAD "x2 A 192.0.2.1\n$GENERATE 1-3 x$ CNAME y\n", NULL, "zone:4:18 E cname");
    /* No name, and more than one. */
    finds(HEAD "x CNAME a b\ny CNAME a..b\nz CNAME a ; b\n", NULL,
          "zone:3:9 E rdata, zone:4:9 E rdata");
}

#define NAMES 12

/* An owner, spelled in one of the ways that mean it. */
static void spell(struct tlsagen_buf *zone, int number)
{
    static const char *const spellings[] = {"n%d", "N%d", "n%d.example.org.", "n%d.Example.ORG.",
                                            "\\110%d"};
    size_t which = (size_t)rand() % (sizeof(spellings) / sizeof(spellings[0]));
    char text[64];
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wformat-nonliteral"
    (void)snprintf(text, sizeof(text), spellings[which], number);
#pragma GCC diagnostic pop
    tlsagen_buf_printf(zone, "%s ", text);
}

/* What stands at an owner so far. */
struct stands {
    int target; /* of its CNAME, from 1; 0: there is none */
    bool other;
    bool clash;
};

/* One record at one of the names, or at the one before, and what is to be found there. */
static void add_random(struct tlsagen_buf *zone, struct tlsagen_buf *wanted, struct stands *stands,
                       int *last, int line)
{
    bool inherits = *last >= 0 && rand() % 4 == 0;
    bool cname = rand() % 2 == 0;
    int target = 1 + rand() % 2;
    *last = inherits ? *last : rand() % NAMES;
    struct stands *here = &stands[*last];
    if (inherits)
        tlsagen_buf_printf(zone, " ");
    else
        spell(zone, *last);
    size_t column = 1;
    for (size_t i = zone->len; i > 0 && zone->data[i - 1] != '\n'; i--)
        column++;
    tlsagen_buf_printf(zone, cname ? "CNAME t%d\n" : "A 192.0.2.%d\n", target);
    bool clash =
        cname ? here->other || (here->target != 0 && here->target != target) : here->target != 0;
    if (cname && here->target == 0)
        here->target = target;
    here->other = here->other || !cname;
    if (clash && !here->clash)
        tlsagen_buf_printf(wanted, "%szone:%d:%zu E cname", wanted->len > 0 ? ", " : "", line,
                           column);
    here->clash = here->clash || clash;
}

/* In any order, spelling and place, against a plain count of what stands at each name. */
static void aliases_at_random(void **state)
{
    (void)state;
    srand(7);
    for (int round = 0; round < 2000; round++) {
        struct stands stands[NAMES] = {{0}};
        struct tlsagen_buf zone, wanted;
        int last = -1;
        tlsagen_buf_init(&zone);
        tlsagen_buf_init(&wanted);
        tlsagen_buf_printf(&zone, HEAD);
        tlsagen_buf_printf(&wanted, "%s", "");
        for (int i = 0; i < 2 + round % 10; i++)
            add_random(&zone, &wanted, stands, &last, 3 + i);
        finds_in_any_order(zone.data, wanted.data);
        tlsagen_buf_clear(&zone);
        tlsagen_buf_clear(&wanted);
    }
}

static void mail_hosts(void **state)
{
    (void)state;
    /* One after another, and what looks like one. */
    finds(HEAD "a MX 10 x\nb MX 10 x ; again\nc MX 5 X\nd MX 10 y\ne MX 10 x.example.org.\n", NULL,
          "zone:3:3 W mx-without-tlsa, zone:6:3 W mx-without-tlsa");
    finds(HEAD "a MX 10 x\n$ORIGIN sub\nb MX 10 x\n", NULL,
          "zone:3:3 W mx-without-tlsa, zone:5:3 W mx-without-tlsa");
    finds(HEAD "$INCLUDE inc\na MX 10 x\n", "x MX 10 x\n", "inc:1:3 W mx-without-tlsa");
    finds(HEAD "a MX 10 x..example.net.\nb MX 99999 x.example.net.\nc MX x.example.net.\n"
               "d MX 10 x.example.net. y\ne MX 1 (\n x )\n",
          NULL,
          "zone:3:6 E rdata, zone:4:6 E rdata, zone:5:6 E rdata, zone:6:6 E rdata, "
          "zone:7:3 W mx-without-tlsa");
    finds(HEAD "a MX 10 x.notexample.org.\nb MX 10 EXAMPLE.ORG.\nexample.org. A 192.0.2.1\n", NULL,
          "zone:4:3 W mx-without-tlsa");
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
        cmocka_unit_test(good_zones),
        cmocka_unit_test(association_data),
        cmocka_unit_test(parameters),
        cmocka_unit_test(rrsets),
        cmocka_unit_test(owners),
        cmocka_unit_test(hidden_records),
        cmocka_unit_test(aliases),
        cmocka_unit_test(mail_hosts),
        cmocka_unit_test(aliases_at_random),
        cmocka_unit_test(whole_files),
        cmocka_unit_test(more_than_the_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
