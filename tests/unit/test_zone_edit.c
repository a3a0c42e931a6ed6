/* zone/edit.h: the rules by which records come into a zone file and go out of it. */
#include "unit.h"

#include <stdio.h>
#include <stdlib.h>

#include "../zone_memory.h"

#define SOA "@ IN SOA ns hostmaster (2026112301 1h 15m 4w 5m)\n"
#define HEAD "$ORIGIN example.org.\n$TTL 1h\n" SOA
#define OWNER "_25._tcp.mail.example.org."
#define NEW OWNER "\t3600\tIN\tTLSA\t3 1 1 aa\n"

static const char *const verbs[] = {"put", "add", "remove"};

/* One edit: the texts of the zone file and an included file, and what is given to it. */
struct trial {
    struct memory memory;
    struct wants wants;
    struct edit edit;
    struct tlsagen_err err;
    enum tlsagen_status status;
};

static void add_file(struct memory *memory, const char *name, const char *bytes)
{
    memory->files[memory->count++] = (struct memory_file){name, bytes, strlen(bytes)};
}

/* Runs the edit; included may be NULL. The zone's name is example.org. */
static void run(struct trial *trial, enum edit_verb verb, const char *zone, const char *included,
                const char *records)
{
    struct name apex;
    *trial = (struct trial){.edit = {.verb = verb, .wants = &trial->wants, .ttl = -1}};
    add_file(&trial->memory, "zone", zone);
    if (included != NULL)
        add_file(&trial->memory, "included", included);
    wants_init(&trial->wants);
    assert_int_equal(name_parse("example.org.", 12, NULL, &apex, NULL), TLSAGEN_OK);
    trial->status =
        rrfile_read(records, strlen(records), "records", &apex, &trial->wants, &trial->err);
    if (trial->status == TLSAGEN_OK)
        trial->status = memory_edit(&trial->memory, &trial->edit, &trial->err);
}

static void end(struct trial *trial)
{
    edit_clear(&trial->edit);
    wants_clear(&trial->wants);
}

/* The edit makes of the file with the walk's index what is wanted. */
static void makes(const struct trial *trial, size_t index, const char *wanted)
{
    struct tlsagen_buf text;
    if (trial->status != TLSAGEN_OK)
        fail_msg("%s: %s", verbs[trial->edit.verb], trial->err.message);
    tlsagen_buf_init(&text);
    memory_apply(&trial->memory, &trial->edit, index, &text);
    assert_string_equal(text.data, wanted);
    tlsagen_buf_clear(&text);
}

static void gives(enum edit_verb verb, const char *zone, const char *records, const char *wanted)
{
    struct trial trial;
    run(&trial, verb, zone, NULL, records);
    makes(&trial, 0, wanted);
    end(&trial);
}

static void refuses(enum edit_verb verb, const char *zone, const char *records,
                    enum tlsagen_status status, const char *message)
{
    struct trial trial;
    run(&trial, verb, zone, NULL, records);
    if (trial.status != status)
        fail_msg("%d: %s", (int)trial.status, trial.status != TLSAGEN_OK ? trial.err.message : "");
    if (strstr(trial.err.message, message) == NULL)
        fail_msg("\"%s\" does not hold \"%s\"", trial.err.message, message);
    end(&trial);
}

static void new_records_at_the_end(void **state)
{
    (void)state;
    gives(EDIT_PUT, HEAD "a A 192.0.2.1\n", OWNER " TLSA 3 1 1 AA\n", HEAD "a A 192.0.2.1\n" NEW);
    gives(EDIT_ADD, HEAD "a A 192.0.2.1\n", "_25._tcp.mail TLSA 3 1 1 AA\n",
          HEAD "a A 192.0.2.1\n" NEW);
    gives(EDIT_PUT, HEAD "\n; the end\n\n", NEW, HEAD "\n; the end\n\n" NEW);
}

static void line_ends_of_the_file(void **state)
{
    (void)state;
    gives(EDIT_PUT, "$ORIGIN example.org.\r\n$TTL 1h\r\n@ SOA a b 1 2 3 4 5\r\n", NEW,
          "$ORIGIN example.org.\r\n$TTL 1h\r\n@ SOA a b 1 2 3 4 5\r\n" OWNER
          "\t3600\tIN\tTLSA\t3 1 1 aa\r\n");
}

/* A file without a final line end has none afterwards. */
static void no_final_line_end(void **state)
{
    (void)state;
    static const char record[] = OWNER "\t3600\tIN\tTLSA\t3 1 1 aa";
    char with[512];
    (void)snprintf(with, sizeof(with), HEAD "a A 192.0.2.1\n%s", record);
    gives(EDIT_PUT, HEAD "a A 192.0.2.1", NEW, with);
    gives(EDIT_REMOVE, with, NEW, HEAD "a A 192.0.2.1");
    gives(EDIT_PUT, HEAD "a A 192.0.2.1\n; end", NEW,
          HEAD "a A 192.0.2.1\n; end\n" OWNER "\t3600\tIN\tTLSA\t3 1 1 aa");
    /* What stood last is replaced. */
    gives(EDIT_PUT, HEAD OWNER " TLSA 3 1 1 bb", NEW, HEAD OWNER "\t3600\tIN\tTLSA\t3 1 1 aa");
    gives(EDIT_ADD, HEAD OWNER " TLSA 3 1 1 bb", NEW,
          HEAD OWNER " TLSA 3 1 1 bb\n" OWNER "\t3600\tIN\tTLSA\t3 1 1 aa");
    gives(EDIT_REMOVE,
          "$ORIGIN example.org.\r\n$TTL 1h\r\n@ SOA a b 1 2 3 4 5\r\na A 192.0.2.1\r\n"
          "_25._tcp.mail TLSA 3 1 1 aa",
          NEW, "$ORIGIN example.org.\r\n$TTL 1h\r\n@ SOA a b 1 2 3 4 5\r\na A 192.0.2.1");
    /* A row of records at the end goes. */
    gives(EDIT_PUT, HEAD "b A 192.0.2.1\n_25._tcp.mail TLSA 3 1 1 bb\n  TLSA 3 1 1 cc",
          "b A 192.0.2.1\n_25._tcp.mail TLSA 3 1 1 bb\n",
          HEAD "b A 192.0.2.1\n_25._tcp.mail TLSA 3 1 1 bb");
}

static void where_the_rrset_stands(void **state)
{
    (void)state;
    gives(EDIT_PUT, HEAD "_25._tcp.mail TLSA 3 1 1 bb ; old\nz A 192.0.2.1\n", NEW,
          HEAD NEW "z A 192.0.2.1\n");
    gives(EDIT_ADD, HEAD "_25._tcp.mail TLSA 3 1 1 bb ; old\nz A 192.0.2.1\n", NEW,
          HEAD "_25._tcp.mail TLSA 3 1 1 bb ; old\n" NEW "z A 192.0.2.1\n");
    /* Of two places, the last. */
    gives(EDIT_ADD,
          HEAD "_25._tcp.mail TLSA 3 1 1 bb\nz A 192.0.2.1\n_25._tcp.mail TLSA 3 1 1 cc\n"
               "y A 192.0.2.1\n",
          NEW,
          HEAD "_25._tcp.mail TLSA 3 1 1 bb\nz A 192.0.2.1\n_25._tcp.mail TLSA 3 1 1 cc\n" NEW
               "y A 192.0.2.1\n");
}

/* Never above a record with a blank owner. */
static void behind_blank_owners(void **state)
{
    (void)state;
    gives(EDIT_ADD, HEAD "_25._tcp.mail TLSA 3 1 1 bb\n  TXT \"x\"\n  TXT \"y\"\nz A 192.0.2.1\n",
          NEW,
          HEAD "_25._tcp.mail TLSA 3 1 1 bb\n  TXT \"x\"\n  TXT \"y\"\n" NEW "z A 192.0.2.1\n");
    gives(EDIT_ADD, HEAD "_25._tcp.mail TLSA 3 1 1 bb\n  TXT \"x\"\n  TXT \"y\"\n  TXT \"z\"\n",
          NEW, HEAD "_25._tcp.mail TLSA 3 1 1 bb\n  TXT \"x\"\n  TXT \"y\"\n  TXT \"z\"\n" NEW);
}

/* What is there already stays byte for byte, in any spelling. */
static void nothing_to_change(void **state)
{
    (void)state;
    static const char *const zones[] = {
        HEAD "_25._tcp.mail\t\tIN TLSA ( 03 01 001 ; kept\n\tA a )\n",
        HEAD "_25._TCP.Mail TLSA 3 1 1 AA\n",
        HEAD "\\095\\050\\053._tcp.mail TLSA 3 1 1 aa\n",
        HEAD "$ORIGIN mail.example.org.\n_25._tcp TYPE52 \\# 4 030101aa\n",
        HEAD "\"_25._tcp.mail\" CLASS1 TLSA \\# 4 03 01 01AA\n",
        HEAD "_25._tcp.mail TLSA 3 1 1 aa\n_25._tcp.mail TLSA 3 1 1 aa\n",
    };
    for (size_t i = 0; i < sizeof(zones) / sizeof(zones[0]); i++) {
        struct trial trial;
        run(&trial, EDIT_PUT, zones[i], NULL, NEW);
        makes(&trial, 0, zones[i]);
        assert_int_equal(trial.edit.splice_count, 0);
        end(&trial);
        run(&trial, EDIT_ADD, zones[i], NULL, NEW);
        assert_int_equal(trial.edit.splice_count, 0);
        end(&trial);
    }
}

static void followers_get_the_owner(void **state)
{
    (void)state;
    gives(EDIT_REMOVE, HEAD "mail SSHFP 4 2 00\n     A 192.0.2.1\nz A 192.0.2.1\n",
          "mail SSHFP 4 2 00\n", HEAD "mail A 192.0.2.1\nz A 192.0.2.1\n");
    gives(EDIT_REMOVE, HEAD "mail\t\tSSHFP 4 2 00\n\t\tA 192.0.2.1\n\t\tAAAA ::1\n",
          "mail SSHFP 4 2 00\n", HEAD "mail\t\tA 192.0.2.1\n\t\tAAAA ::1\n");
    /* No room in the blanks. */
    gives(EDIT_REMOVE, HEAD "mail SSHFP 4 2 00\n A 192.0.2.1\n", "mail SSHFP 4 2 00\n",
          HEAD "mail A 192.0.2.1\n");
    /* The one that goes had inherited it itself. */
    gives(EDIT_REMOVE, HEAD "mail A 192.0.2.1\n  SSHFP 4 2 00\n  AAAA ::1\n", "mail SSHFP 4 2 00\n",
          HEAD "mail A 192.0.2.1\n  AAAA ::1\n");
    /* Both go. */
    gives(EDIT_REMOVE, HEAD "mail SSHFP 4 2 00\n  SSHFP 4 2 01\n  AAAA ::1\n",
          "mail SSHFP 4 2 00\nmail SSHFP 4 2 01\n", HEAD "mail  AAAA ::1\n");
    /* The owner's text would mean another name there. */
    gives(EDIT_REMOVE, HEAD "mail SSHFP 4 2 00\n$ORIGIN sub.example.org.\n  AAAA ::1\n",
          "mail SSHFP 4 2 00\n", HEAD "$ORIGIN sub.example.org.\nmail.example.org.  AAAA ::1\n");
    /* An earlier record of the same owner is right above. */
    gives(EDIT_REMOVE, HEAD "mail A 192.0.2.1\nmail SSHFP 4 2 00\n  AAAA ::1\n",
          "mail SSHFP 4 2 00\n", HEAD "mail A 192.0.2.1\n  AAAA ::1\n");
    gives(EDIT_REMOVE, HEAD "\"mail\" SSHFP 4 2 00\n       AAAA ::1\n", "mail SSHFP 4 2 00\n",
          HEAD "\"mail\" AAAA ::1\n");
}

#define NO_TTL "$ORIGIN example.org.\n@ 600 SOA a b 1 2 3 4 5\n"

/* Without $TTL a record inherits the TTL of the one before (RFC 1035 section 5.1). */
static void followers_get_the_ttl(void **state)
{
    (void)state;
    gives(EDIT_REMOVE, NO_TTL "mail 300 SSHFP 4 2 00\nwww A 192.0.2.1\nb A 192.0.2.1\n",
          "mail SSHFP 4 2 00\n", NO_TTL "www 300 A 192.0.2.1\nb A 192.0.2.1\n");
    /* The same TTL was in force before. */
    gives(EDIT_REMOVE, NO_TTL "mail 600 SSHFP 4 2 00\nwww A 192.0.2.1\n", "mail SSHFP 4 2 00\n",
          NO_TTL "www A 192.0.2.1\n");
    /* The follower has one. */
    gives(EDIT_REMOVE, NO_TTL "mail 300 SSHFP 4 2 00\nwww 60 A 192.0.2.1\n", "mail SSHFP 4 2 00\n",
          NO_TTL "www 60 A 192.0.2.1\n");
    /* Owner and TTL, and the class stays where it is. */
    gives(EDIT_REMOVE, NO_TTL "mail 300 SSHFP 4 2 00\n     IN A 192.0.2.1\n", "mail SSHFP 4 2 00\n",
          NO_TTL "mail 300 IN A 192.0.2.1\n");
    /* With $TTL nothing is inherited. */
    gives(EDIT_REMOVE, HEAD "mail 300 SSHFP 4 2 00\nwww A 192.0.2.1\n", "mail SSHFP 4 2 00\n",
          HEAD "www A 192.0.2.1\n");
    /* A new record must not lend its TTL to what follows. */
    gives(EDIT_PUT, NO_TTL "mail 300 SSHFP 4 2 00\nwww A 192.0.2.1\n", "mail 60 SSHFP 4 2 01\n",
          NO_TTL "mail.example.org.\t60\tIN\tSSHFP\t4 2 01\nwww 300 A 192.0.2.1\n");
    /* An SOA without a TTL gives its minimum to all. */
    gives(EDIT_REMOVE,
          "$ORIGIN example.org.\n@ SOA a b 1 2 3 4 5\nm 300 SSHFP 4 2 00\nw A 192.0.2.1\n",
          "m SSHFP 4 2 00\n", "$ORIGIN example.org.\n@ SOA a b 1 2 3 4 5\nw A 192.0.2.1\n");
}

/* One TTL for the RRset. */
static void ttls(void **state)
{
    (void)state;
    /* put: as given, on the records that stay too. */
    gives(EDIT_PUT, HEAD "m 1h TLSA 3 1 1 aa ; a\nm TLSA 3 1 1 bb\n",
          "m 300 TLSA 3 1 1 aa\nm 300 TLSA 3 1 1 bb\n",
          HEAD "m 300 TLSA 3 1 1 aa ; a\nm 300 TLSA 3 1 1 bb\n");
    /* put without a TTL: that of the RRset. */
    gives(EDIT_PUT, HEAD "m 60 TLSA 3 1 1 aa\n", "m TLSA 3 1 1 aa\nm TLSA 3 1 1 bb\n",
          HEAD "m 60 TLSA 3 1 1 aa\nm.example.org.\t60\tIN\tTLSA\t3 1 1 bb\n");
    /* add: that of the RRset, whatever is given. */
    gives(EDIT_ADD, HEAD "m 60 TLSA 3 1 1 aa\n", "m 300 TLSA 3 1 1 bb\n",
          HEAD "m 60 TLSA 3 1 1 aa\nm.example.org.\t60\tIN\tTLSA\t3 1 1 bb\n");
    /* A new RRset: as given, else $TTL. */
    gives(EDIT_ADD, HEAD, "m 300 TLSA 3 1 1 bb\n",
          HEAD "m.example.org.\t300\tIN\tTLSA\t3 1 1 bb\n");
    gives(EDIT_ADD, HEAD, "m TLSA 3 1 1 bb\n", HEAD "m.example.org.\t3600\tIN\tTLSA\t3 1 1 bb\n");
    gives(EDIT_ADD, HEAD, "$TTL 5m\nm TLSA 3 1 1 bb\n",
          HEAD "m.example.org.\t300\tIN\tTLSA\t3 1 1 bb\n");
}

static void aliases(void **state)
{
    (void)state;
    struct trial trial;
    run(&trial, EDIT_PUT, HEAD "_25._tcp.mail CNAME _dane.mail\n", NULL, NEW);
    assert_int_equal(trial.status, TLSAGEN_E_MISMATCH);
    assert_int_equal(edit_alias(&trial.edit), 0);
    char text[NAME_TEXT_SIZE];
    assert_string_equal(name_text(trial.edit.owners[0].target, text), "_dane.mail.example.org.");
    end(&trial);
    refuses(EDIT_ADD, HEAD "mail A 192.0.2.1\n", "mail CNAME www\n", TLSAGEN_E_MISMATCH,
            "CNAME and other data");
    refuses(EDIT_ADD, HEAD "mail CNAME a\n", "mail CNAME b\n", TLSAGEN_E_MISMATCH, "two CNAMEs");
    refuses(EDIT_ADD, HEAD, "mail CNAME a\nz A 192.0.2.1\nmail A 192.0.2.1\n", TLSAGEN_E_MISMATCH,
            "CNAME and other data");
    gives(EDIT_PUT, HEAD "mail CNAME a\n", "mail CNAME b\n",
          HEAD "mail.example.org.\t3600\tIN\tCNAME\tb.example.org.\n");
    gives(EDIT_REMOVE, HEAD "mail CNAME a\n", "mail CNAME a\n", HEAD);
}

static void the_apex_keeps_ns(void **state)
{
    (void)state;
    refuses(EDIT_REMOVE, HEAD "@ NS a.\n", "@ NS a.\n", TLSAGEN_E_MISMATCH, "no NS record");
    gives(EDIT_REMOVE, HEAD "@ NS a.\n@ NS b.\n", "@ NS a.\n", HEAD "@ NS b.\n");
    gives(EDIT_PUT, HEAD "@ NS a.\n", "@ NS b.\n", HEAD "example.org.\t3600\tIN\tNS\tb.\n");
    gives(EDIT_REMOVE, HEAD "@ NS a.\nsub NS a.\n", "sub NS a.\n", HEAD "@ NS a.\n");
}

static void generated_records(void **state)
{
    (void)state;
    refuses(EDIT_PUT, HEAD "$GENERATE 1-3 h$ A 192.0.2.$\n", "h2 A 192.0.2.9\n", TLSAGEN_E_KIND,
            "zone:4:1: $GENERATE");
    gives(EDIT_PUT, HEAD "$GENERATE 1-3 h$ A 192.0.2.$\n", "h2 A 192.0.2.2\n",
          HEAD "$GENERATE 1-3 h$ A 192.0.2.$\n");
}

static void included_files(void **state)
{
    (void)state;
    struct trial trial;
    /* The edit is made where the record stands. */
    run(&trial, EDIT_PUT, HEAD "$INCLUDE included\nz A 192.0.2.1\n",
        "_25._tcp.mail TLSA 3 1 1 bb\ny A 192.0.2.1\n", NEW);
    makes(&trial, 0, HEAD "$INCLUDE included\nz A 192.0.2.1\n");
    makes(&trial, 1, NEW "y A 192.0.2.1\n");
    end(&trial);
    /* What inherits in another file would have to be guessed at. */
    run(&trial, EDIT_REMOVE, HEAD "mail A 192.0.2.1\n$INCLUDE included\n", "  AAAA ::1\n",
        "mail A 192.0.2.1\n");
    assert_int_equal(trial.status, TLSAGEN_E_KIND);
    assert_non_null(strstr(trial.err.message, "included:1:1: "));
    end(&trial);
    run(&trial, EDIT_REMOVE, NO_TTL "mail 60 A 192.0.2.1\n$INCLUDE included\n", "b AAAA ::1\n",
        "mail A 192.0.2.1\n");
    assert_int_equal(trial.status, TLSAGEN_E_KIND);
    assert_non_null(strstr(trial.err.message, "$TTL"));
    end(&trial);
    /* Behind the included file the owner is the including file's again, as BIND has it. */
    run(&trial, EDIT_REMOVE, HEAD "mail A 192.0.2.1\n$INCLUDE included\n     AAAA ::1\n",
        "b AAAA ::1\n", "mail A 192.0.2.1\n");
    makes(&trial, 0, HEAD "$INCLUDE included\nmail AAAA ::1\n");
    end(&trial);
}

static void what_is_listed(void **state)
{
    (void)state;
    struct trial trial;
    run(&trial, EDIT_PUT, HEAD "m TLSA 3 1 1 aa\nm TLSA 3 1 1 bb\n", NULL,
        "m 300 TLSA 3 1 1 aa\nm 300 TLSA 3 1 1 cc\n");
    assert_int_equal(trial.status, TLSAGEN_OK);
    assert_string_equal(trial.edit.added.data, "m.example.org.\t300\tIN\tTLSA\t3 1 1 cc\n"
                                               "m.example.org.\t300\tIN\tTLSA\t3 1 1 aa\n");
    assert_string_equal(trial.edit.removed.data, "m.example.org.\t3600\tIN\tTLSA\t3 1 1 aa\n"
                                                 "m.example.org.\t3600\tIN\tTLSA\t3 1 1 bb\n");
    assert_int_equal(trial.edit.added_count, 2);
    assert_int_equal(trial.edit.removed_count, 2);
    end(&trial);
}

static void bad_rdata_in_the_zone(void **state)
{
    (void)state;
    refuses(EDIT_PUT, HEAD "_25._tcp.mail TLSA 3 1 1 xx\n", NEW, TLSAGEN_E_SYNTAX, "zone:4:");
}

/* A row of a thousand blank owners leaves no more than a few places. */
static void memory_stays_small(void **state)
{
    (void)state;
    struct tlsagen_buf zone;
    struct trial trial;
    tlsagen_buf_init(&zone);
    tlsagen_buf_str(&zone, HEAD "m TLSA 3 1 1 bb\n");
    for (int i = 0; i < 1000; i++)
        tlsagen_buf_printf(&zone, " TXT \"%d\"\n", i);
    run(&trial, EDIT_REMOVE, zone.data, NULL, "m TLSA 3 1 1 bb\n");
    assert_int_equal(trial.status, TLSAGEN_OK);
    assert_true(trial.edit.place_count < 5);
    assert_int_equal(trial.edit.splice_count, 1);
    end(&trial);
    tlsagen_buf_clear(&zone);
}

static void overlaps(void **state)
{
    (void)state;
    assert_int_equal(edit_text_overlap("     ", 4), 4);
    assert_int_equal(edit_text_overlap("\t\t", 4), 0);
    assert_int_equal(edit_text_overlap("\t\t", 9), 1);
    assert_int_equal(edit_text_overlap(" ", 4), 0);
    assert_int_equal(edit_text_overlap("\t", 8), 0);
    assert_int_equal(edit_text_overlap("", 4), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(new_records_at_the_end),
        cmocka_unit_test(line_ends_of_the_file),
        cmocka_unit_test(no_final_line_end),
        cmocka_unit_test(where_the_rrset_stands),
        cmocka_unit_test(behind_blank_owners),
        cmocka_unit_test(nothing_to_change),
        cmocka_unit_test(followers_get_the_owner),
        cmocka_unit_test(followers_get_the_ttl),
        cmocka_unit_test(ttls),
        cmocka_unit_test(aliases),
        cmocka_unit_test(the_apex_keeps_ns),
        cmocka_unit_test(generated_records),
        cmocka_unit_test(included_files),
        cmocka_unit_test(what_is_listed),
        cmocka_unit_test(bad_rdata_in_the_zone),
        cmocka_unit_test(memory_stays_small),
        cmocka_unit_test(overlaps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
