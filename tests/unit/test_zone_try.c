/* zone/put.h, put_try: what it tells of a zone as it would be is what the zone then is. */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <sys/stat.h>
#include <unistd.h>

#include "folder.h"
#include "zone/put.h"
#include "zone/replace.h"

#define HEAD                                                                                       \
    "$ORIGIN example.org.\n$TTL 1h\n@ IN SOA ns h (9 1h 15m 4w 5m)\n@ NS ns\nns A 192.0.2.1\n"
#define DATA "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static void write_text(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    assert_non_null(file);
    assert_true(fputs(text, file) >= 0);
    assert_int_equal(fclose(file), 0);
}

/* RRsets to be put: an owner and the number of its records. */
struct wanted {
    const char *owner;
    size_t count;
};

static enum tlsagen_status each(void *arg, put_take *take, void *take_arg, struct tlsagen_err *err)
{
    enum tlsagen_status status = TLSAGEN_OK;
    for (const struct wanted *wanted = arg; wanted->owner != NULL; wanted++) {
        uint8_t rdata[35] = {3, 1, 1};
        if (wanted->count == 0)
            status = take(take_arg, wanted->owner, 300, NULL, 0, err);
        for (size_t i = 0; i < wanted->count && status == TLSAGEN_OK; i++) {
            rdata[3] = (uint8_t)i;
            status = take(take_arg, wanted->owner, 300, rdata, sizeof(rdata), err);
        }
        if (status != TLSAGEN_OK)
            return status;
    }
    return status;
}

static void note(void *arg, const struct tlsagen_zone_finding *finding)
{
    tlsagen_buf_printf(arg, "%s:%llu:%llu: %s: %s\n", finding->file,
                       (unsigned long long)finding->line, (unsigned long long)finding->column,
                       finding->rule, finding->text);
}

static void warn(void *arg, const char *text)
{
    tlsagen_buf_printf(arg, "%s\n", text);
}

static const char *text_of(const struct tlsagen_buf *text)
{
    return text->len > 0 ? text->data : "";
}

/* What is found in the zone as it would be; then it is made so, and looked at. */
static void agree(const char *zone, const char *included, const struct wanted *wanted,
                  const char *rule)
{
    const struct tlsagen_zone_options options = {
        .origin = "example.org.", .policy = TLSAGEN_SERIAL_INCREMENT, .ttl = TLSAGEN_ZONE_TTL_NONE};
    struct tlsagen_zone_verdict verdict;
    struct tlsagen_zone_change change, made;
    struct tlsagen_buf would, is;
    struct tlsagen_err err;
    struct stat before, after;
    tlsagen_buf_init(&would);
    tlsagen_buf_init(&is);
    tlsagen_zone_change_init(&change);
    tlsagen_zone_change_init(&made);
    write_text("zone", zone);
    write_text("included", included);
    assert_int_equal(stat("zone", &before), 0);
    if (put_try("zone", each, (void *)(uintptr_t)wanted, &options, note, &would, &change, &err) !=
        TLSAGEN_OK)
        fail_msg("%s", err.message);
    assert_int_equal(stat("zone", &after), 0);
    assert_int_equal(before.st_ino, after.st_ino);
    assert_true(change.changed);
    assert_int_equal(change.diff.len, 0);
    assert_int_equal(change.new_serial, 10);
    if (put_rrsets("zone", each, (void *)(uintptr_t)wanted, &options, &made, &err) != TLSAGEN_OK ||
        tlsagen_zone_check("zone", options.origin, note, &is, &verdict, &err) != TLSAGEN_OK)
        fail_msg("%s", err.message);
    assert_int_equal(change.added_count, made.added_count);
    assert_int_equal(change.removed_count, made.removed_count);
    assert_string_equal(text_of(&would), text_of(&is));
    if (strstr(text_of(&is), rule) == NULL)
        fail_msg("no %s in: %s", rule, text_of(&is));
    tlsagen_zone_change_clear(&change);
    tlsagen_zone_change_clear(&made);
    tlsagen_buf_clear(&would);
    tlsagen_buf_clear(&is);
}

static void test_agree(void **state)
{
    static const struct wanted one[] = {{"_25._tcp.mx.example.org.", 2}, {NULL, 0}};
    static const struct wanted below[] = {
        {"_25._tcp.mx.example.org.", 1}, {"_443._tcp.www.sub.example.org.", 1}, {NULL, 0}};
    static const struct wanted many[] = {{"_25._tcp.mx.example.org.", 0},
                                         {"_26._tcp.mx.example.org.", 3},
                                         {"_27._tcp.mx.example.org.", 1},
                                         {"_28._tcp.mx.example.org.", 1},
                                         {NULL, 0}};
    (void)state;
    agree(HEAD, "", one, "");
    agree(HEAD "sub NS ns", "", below, "zone:8:39: delegation: _443._tcp.www.sub.");
    agree(HEAD "sub DNAME other.example.\n", "", below, ": dname: ");
    agree(HEAD "$INCLUDE included\n@ MX 10 (\nmx 3)\n", "sub NS ns\n", below, ": rdata: ");
    /* Records go, come, and change their TTL, in both files, at their first and last bytes. */
    agree("_25._tcp.mx.example.org. 60 IN TLSA 3 1 1 " DATA "\n" HEAD
          "_27._tcp.mx 60 TLSA 3 1 1 (\n" DATA ")\n$INCLUDE included\n\n_26._tcp.mx TLSA 3 1 1 aa",
          "_28._tcp.mx TLSA 3 1 1 " DATA
          "\n_29._tcp.mx 2M TLSA 3 1 1 ab\n_28._tcp.mx TLSA 1 0 1 ac",
          many, "included:");
}

/* Every error of the edit itself is one of the trial. */
static void refuse(const char *zone, const char *owner, enum tlsagen_status status,
                   const char *message)
{
    const struct wanted wanted[] = {{owner, 1}, {NULL, 0}};
    const struct tlsagen_zone_options options = {.origin = "example.org."};
    struct tlsagen_zone_change change;
    struct tlsagen_err tried, done;
    write_text("zone", zone);
    for (int i = 0; i < 2; i++) {
        struct tlsagen_err *err = i == 0 ? &tried : &done;
        tlsagen_zone_change_init(&change);
        assert_int_equal(
            i == 0 ? put_try("zone", each, (void *)(uintptr_t)wanted, &options, NULL, NULL, &change,
                             err)
                   : put_rrsets("zone", each, (void *)(uintptr_t)wanted, &options, &change, err),
            status);
        if (strstr(err->message, message) == NULL)
            fail_msg("%s", err->message);
        tlsagen_zone_change_clear(&change);
    }
    assert_string_equal(tried.message, done.message);
}

static void test_refuse(void **state)
{
    (void)state;
    refuse(HEAD "_25._tcp.mx CNAME mx\n", "_25._tcp.mx.example.org.", TLSAGEN_E_KIND,
           "is an alias (CNAME) of mx.example.org.; the records belong there");
    refuse(HEAD "mx (\n", "_25._tcp.mx.example.org.", TLSAGEN_E_SYNTAX, "zone:6");
    refuse(HEAD, "_25._tcp.mx.example.net.", TLSAGEN_E_MISMATCH, "outside");
    write_text("zone.jnl", "");
    refuse(HEAD, "_25._tcp.mx.example.org.", TLSAGEN_E_KIND, "a journal");
    assert_int_equal(unlink("zone.jnl"), 0);
}

/* --- rights --- */

static int refuse_access(void *arg, const char *call)
{
    return strcmp(call, "faccessat") == 0 ? *(int *)arg : 0;
}

static void test_access(void **state)
{
    static const struct {
        int error;
        bool denied;
    } cases[] = {{EACCES, true}, {EROFS, false}, {EPERM, false}};
    (void)state;
    write_text("zone", HEAD);
    for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
        int error = cases[i].error;
        const struct replace_hook hook = {refuse_access, &error};
        struct replace *replace;
        struct tlsagen_err err;
        bool denied;
        assert_int_equal(replace_open("zone", &hook, &replace, &err), TLSAGEN_OK);
        assert_int_equal(replace_try(replace, &denied, &err), TLSAGEN_E_SYSTEM);
        assert_int_equal(denied, cases[i].denied);
        assert_int_equal(err.sys_errno, error);
        replace_free(replace);
    }
}

/* A warning, as somebody else may do it. */
static int try_as_other(void)
{
    static const struct wanted wanted[] = {{"_25._tcp.mx.example.org.", 1}, {NULL, 0}};
    struct tlsagen_buf warnings;
    tlsagen_buf_init(&warnings);
    const struct tlsagen_zone_options options = {
        .origin = "example.org.", .warn = warn, .warn_arg = &warnings};
    struct tlsagen_zone_change change;
    tlsagen_zone_change_init(&change);
    const bool good = put_try("zone", each, (void *)(uintptr_t)wanted, &options, NULL, NULL,
                              &change, NULL) == TLSAGEN_OK &&
                      strstr(text_of(&warnings),
                             "this user could not do it: cannot make a new file beside") != NULL;
    tlsagen_zone_change_clear(&change);
    tlsagen_buf_clear(&warnings);
    return good ? 0 : 1;
}

static void test_denied(void **state)
{
    (void)state;
    write_text("zone", HEAD);
    assert_int_equal(chmod("zone", 0644), 0);
    assert_int_equal(chmod(".", 0555), 0);
    const bool root = geteuid() == 0;
    if (root)
        assert_int_equal(seteuid(65534), 0);
    const int result = try_as_other();
    if (root)
        assert_int_equal(seteuid(0), 0);
    assert_int_equal(chmod(".", 0755), 0);
    assert_int_equal(result, 0);
}

int main(void)
{
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_agree),
        cmocka_unit_test(test_refuse),
        cmocka_unit_test(test_access),
        cmocka_unit_test(test_denied),
    };
    return cmocka_run_group_tests(tests, folder_enter, folder_leave);
}
