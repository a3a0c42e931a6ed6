/*
 * Chains that servers showed, PEM certificates with the leaf first; 0xff bytes begin another chain.
 *
 * A side that is made of them wants what it could have, matches nothing that is not in the table,
 * and is the same when its chains are turned around.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tlsagen/judge.h>

#include "rollover/side.h"

#define CHAINS 3

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool holds, const char *what)
{
    if (holds)
        return;
    (void)fprintf(stderr, "broken: %s\n", what);
    abort();
}

static const struct tlsagen_fields fields[] = {{3, 1, 1}};
static const struct tlsagen_fields play[] = {{3, 1, 1}, {2, 1, 1}, {2, 0, 2}, {3, 0, 2}, {1, 1, 1}};

static void check(struct tlsagen_ctx *ctx, struct side_chain *chains, size_t count)
{
    const struct side_terms terms = {
        .fields = fields, .field_count = 1, .play = play, .play_count = 5};
    struct table table;
    struct model_side side, turned;
    struct tlsagen_err err;
    table_init(&table);
    if (side_of_chains(ctx, &terms, chains, count, "f", &table, &side, &err) == TLSAGEN_OK) {
        model_set all = table.count == 64 ? UINT64_MAX : (UINT64_C(1) << table.count) - 1;
        expect(side.known && side.chains > 0 && side.wants != 0, "a side is whole");
        expect((side.wants & ~side.could) == 0, "what is wanted could be had");
        for (size_t i = 0; i < MODEL_CHAINS; i++) {
            expect((side.matches[i] & ~all) == 0, "what is matched is in the table");
            expect(i >= side.chains || (side.matches[i] & side.wants) != 0,
                   "each chain matches what is wanted");
        }
        for (size_t i = 0; i < count / 2; i++) {
            struct side_chain first = chains[i];
            chains[i] = chains[count - 1 - i];
            chains[count - 1 - i] = first;
        }
        expect(side_of_chains(ctx, &terms, chains, count, "f", &table, &turned, &err) ==
                       TLSAGEN_OK &&
                   memcmp(side.id, turned.id, MODEL_ID) == 0 && side.wants == turned.wants,
               "the order of chains does not count");
    } else {
        expect(!side.known && side.wants == 0, "nothing is left of what failed");
    }
    table_clear(&table);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct tlsagen_ctx *ctx = NULL;
    struct tlsagen_probe_cert *certs[CHAINS] = {NULL};
    struct side_chain chains[CHAINS];
    size_t counts[CHAINS] = {0}, count = 0;
    struct tlsagen_err err;
    if (tlsagen_ctx_new(&ctx, &err) != TLSAGEN_OK)
        return 0;
    while (size > 0 && count < CHAINS) {
        const uint8_t *end = memchr(data, 0xff, size);
        size_t len = end != NULL ? (size_t)(end - data) : size;
        if (tlsagen_chain_read(data, len, "f", &certs[count], &counts[count], &err) == TLSAGEN_OK) {
            chains[count] = (struct side_chain){certs[count], counts[count]};
            count++;
        }
        len += end != NULL;
        data += len;
        size -= len;
    }
    if (count > 0)
        check(ctx, chains, count);
    for (size_t i = 0; i < count; i++)
        tlsagen_chain_free(certs[i], counts[i]);
    tlsagen_ctx_free(ctx);
    return 0;
}
