/* rollover/table.h: records by number. */
#include "unit.h"

#include <string.h>

#include "rollover/table.h"

static const struct tlsagen_fields spki = {3, 1, 1}, anchor = {2, 1, 1}, full = {3, 1, 2};

static struct tlsagen_record record(struct tlsagen_fields fields, uint8_t *data, size_t len)
{
    return (struct tlsagen_record){.fields = fields, .data = data, .len = len};
}

static unsigned take(struct table *table, struct tlsagen_fields fields, uint8_t value)
{
    struct tlsagen_err err;
    struct tlsagen_record one = record(fields, &value, 1);
    unsigned bit = 99;
    assert_int_equal(table_intern(table, &one, &bit, &err), TLSAGEN_OK);
    return bit;
}

static void same_records_have_one_number(void **state)
{
    (void)state;
    struct table table;
    table_init(&table);
    assert_int_equal(take(&table, spki, 1), 0);
    assert_int_equal(take(&table, spki, 2), 1);
    assert_int_equal(take(&table, anchor, 1), 2);
    assert_int_equal(take(&table, spki, 1), 0);
    uint8_t longer[2] = {1, 0};
    struct tlsagen_record other = record(spki, longer, 2), empty = record(spki, NULL, 0);
    unsigned bit;
    assert_false(table_find(&table, &other, &bit));
    assert_false(table_find(&table, &empty, &bit));
    assert_int_equal(table_intern(&table, &empty, &bit, NULL), TLSAGEN_OK);
    assert_int_equal(bit, 3);
    assert_true(table_find(&table, &empty, &bit));
    table_clear(&table);
}

static void a_full_table_says_so(void **state)
{
    (void)state;
    struct table table;
    struct tlsagen_err err;
    table_init(&table);
    for (uint8_t i = 0; i < MODEL_RECORDS; i++)
        assert_int_equal(take(&table, spki, i), i);
    uint8_t value = MODEL_RECORDS;
    struct tlsagen_record one = record(spki, &value, 1);
    unsigned bit;
    assert_int_equal(table_intern(&table, &one, &bit, &err), TLSAGEN_E_LIMIT);
    assert_non_null(strstr(err.message, "64 different TLSA records"));
    assert_int_equal(table.count, MODEL_RECORDS);
    assert_int_equal(take(&table, spki, 63), 63);
    assert_true(table_with(&table, spki) == UINT64_MAX);
    table_clear(&table);
}

static void sets_become_rrsets_and_come_back(void **state)
{
    (void)state;
    struct table table;
    struct tlsagen_rrset records;
    struct tlsagen_err err;
    model_set set = 0;
    table_init(&table);
    tlsagen_rrset_init(&records);
    (void)take(&table, spki, 9);
    (void)take(&table, spki, 5);
    (void)take(&table, anchor, 7);
    assert_int_equal(table_rrset(&table, 5, &records, &err), TLSAGEN_OK);
    assert_int_equal(records.count, 2);
    assert_int_equal(records.records[0].fields.usage, 2);
    assert_true(table_find_all(&table, &records, &set) && set == 5);
    uint8_t value = 11;
    assert_int_equal(tlsagen_rrset_add(&records, spki, &value, 1, &err), TLSAGEN_OK);
    assert_false(table_find_all(&table, &records, &set));
    assert_true(set == 5);
    assert_int_equal(table_intern_all(&table, &records, &set, &err), TLSAGEN_OK);
    assert_true(set == 13 && table.count == 4);
    tlsagen_rrset_clear(&records);
    table_clear(&table);
}

static void combinations_are_disjoint(void **state)
{
    (void)state;
    struct table table;
    struct model_combos combos;
    table_init(&table);
    table_combos(&table, &combos);
    assert_int_equal(combos.count, 0);
    (void)take(&table, spki, 1);
    (void)take(&table, anchor, 1);
    (void)take(&table, spki, 2);
    (void)take(&table, full, 2);
    table_combos(&table, &combos);
    assert_int_equal(combos.count, 3);
    assert_true(combos.with[0] == 5 && combos.with[1] == 2 && combos.with[2] == 8);
    table_clear(&table);
}

static void texts(void **state)
{
    (void)state;
    struct table table;
    struct tlsagen_buf buf;
    uint8_t data[32];
    unsigned bit;
    table_init(&table);
    tlsagen_buf_init(&buf);
    memset(data, 0xab, sizeof(data));
    struct tlsagen_record digest = record(spki, data, 32), empty = record(anchor, NULL, 0);
    assert_int_equal(table_intern(&table, &digest, &bit, NULL), TLSAGEN_OK);
    assert_int_equal(table_intern(&table, &empty, &bit, NULL), TLSAGEN_OK);
    assert_int_equal(take(&table, full, 1), 2);
    table_add_set(&buf, &table, 0);
    tlsagen_buf_char(&buf, '\n');
    table_add_set(&buf, &table, 7);
    tlsagen_buf_char(&buf, '\n');
    table_add_record(&buf, &table.records[2]);
    assert_string_equal(buf.data,
                        "no record\n3 1 1 abababababababab..., 2 1 1 -, 3 1 2 01\n3 1 2 01");
    tlsagen_buf_clear(&buf);
    table_clear(&table);
}

/* Every subset of six records, with two sets: what they hold stays, and nothing else does. */
static void compacting_keeps_what_sets_hold(void **state)
{
    (void)state;
    for (model_set a = 0; a < 64; a++) {
        for (model_set b = 0; b < 64; b += 7) {
            struct table table;
            model_set x = a, y = b;
            model_set *sets[] = {&x, &y};
            table_init(&table);
            for (uint8_t i = 0; i < 6; i++)
                (void)take(&table, spki, i);
            table_compact(&table, sets, 2);
            assert_int_equal(table.count, __builtin_popcountll(a | b));
            for (size_t i = 0; i < table.count; i++) {
                unsigned value = table.records[i].data[0];
                assert_true((x >> i & 1) == (a >> value & 1));
                assert_true((y >> i & 1) == (b >> value & 1));
            }
            assert_true(x >> table.count == 0 && y >> table.count == 0);
            table_clear(&table);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(same_records_have_one_number),
        cmocka_unit_test(a_full_table_says_so),
        cmocka_unit_test(sets_become_rrsets_and_come_back),
        cmocka_unit_test(combinations_are_disjoint),
        cmocka_unit_test(texts),
        cmocka_unit_test(compacting_keeps_what_sets_hold),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
