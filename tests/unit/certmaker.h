/* certmaker.h - certificates of all sorts for tests, put together from DER pieces. */
#ifndef CERTMAKER_H
#define CERTMAKER_H

#include <stddef.h>
#include <stdint.h>

#include <tlsagen/base.h>

/* A small random number generator (xorshift64*), so that a printed seed repeats a run. */
struct maker_rng {
    uint64_t state;
};
uint32_t maker_below(struct maker_rng *rng, uint32_t limit);

/* The certificates, each in a buffer of its own. */
struct maker_set {
    struct tlsagen_buf *certs;
    size_t count;
};

/*
 * Makes certificates of every key type of libcrypto and some it does not know, versions 1 to 3,
 * names of all string types, unique IDs, long-form lengths, odd times, serials and extensions.
 * Signatures are of random bytes: nothing here verifies them. False when something failed.
 */
bool maker_make(struct maker_set *set, struct maker_rng *rng);
void maker_clear(struct maker_set *set);

/* Changes bytes, lengths and elements of der in one to three places. */
void maker_mutate(struct tlsagen_buf *der, struct maker_rng *rng);

#endif
