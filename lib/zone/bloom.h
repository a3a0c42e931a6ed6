/*
 * bloom.h - a set of names that may be large and has to be small: it keeps some bits of each name
 * (a Bloom filter), so that it takes a few others for its own. Whoever asks it looks again.
 */
#ifndef ZONE_BLOOM_H
#define ZONE_BLOOM_H

#include "name.h"
#include "pack.h"

/* All zero is a set that cannot be added to. */
struct bloom {
    uint64_t *labels;    /* a bit for the first label of each name, for a quick look */
    unsigned label_bits; /* log2 of how many there are */
    uint64_t *names;     /* four bits for each name; NULL: not kept */
};

/*
 * For quick looks at about count names, in 32 bits for each and 2 MB at most; or with all about the
 * names, too, in 6 MB, of which those that are never needed are never touched. TLSAGEN_E_MEMORY.
 */
enum tlsagen_status bloom_init_labels(struct bloom *bloom, size_t count, struct tlsagen_err *err);
enum tlsagen_status bloom_init_names(struct bloom *bloom, struct tlsagen_err *err);
void bloom_clear(struct bloom *bloom);
/* Adds a name, which needs bloom_init_names; or its first label only. */
void bloom_add(struct bloom *bloom, const struct name *name);
void bloom_add_label(struct bloom *bloom, const struct name *name);
/* False: it was never added. Only after bloom_init_names. */
bool bloom_has(const struct bloom *bloom, const struct name *name);

/* Of a first label in any case; its high bits are good. The eight bytes at label can be read. */
static inline uint32_t bloom_hash(const char *label, size_t len)
{
    uint64_t hash = pack_letters(label, len < 8 ? len : 8);
    if (len > 8) {
        uint64_t last = pack_letters(label + len - 8, 8);
        hash ^= last << 7 | last >> 57;
    }
    return (uint32_t)((hash + len) * UINT64_C(0x9e3779b97f4a7c15) >> 32);
}

/* False: no name with such a first label was added. */
static inline bool bloom_has_label(const struct bloom *bloom, const char *label, size_t len)
{
    uint32_t bit = bloom_hash(label, len) >> (32 - bloom->label_bits);
    return (bloom->labels[bit / 64] >> (bit % 64) & 1) != 0;
}

#endif
