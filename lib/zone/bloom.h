/*
 * bloom.h - a set of names that may be large and has to be small: it keeps some bits of each name
 * (a Bloom filter), so that it takes a few others for its own. Whoever asks it looks again.
 *
 * All bits of a name stand in one word, so that a question costs one access to memory.
 */
#ifndef ZONE_BLOOM_H
#define ZONE_BLOOM_H

#include "name.h"
#include "pack.h"

#define BLOOM_STARTS 32768U

/* All zero is a set that cannot be added to. */
struct bloom {
    /* A bit for the first letters of each name: names of a zone often begin alike. */
    uint64_t starts[BLOOM_STARTS / 64];
    uint64_t *labels;    /* bits for the first label of each name, for a quick look */
    unsigned label_bits; /* log2 of how many words there are */
    uint64_t *names;     /* bits for each name; NULL: not kept */
    size_t count;        /* of names added */
};

/* What the set keeps of a name, case aside. */
struct bloom_key {
    uint32_t start;
    uint64_t label;
    uint64_t name;
};

/*
 * For quick looks at about count names, in 64 to 128 bits for each and 2 MB at most; or with all
 * about the names, too, in 4 MB, of which those that are never needed are never touched.
 * TLSAGEN_E_MEMORY.
 */
enum tlsagen_status bloom_init_labels(struct bloom *bloom, size_t count, struct tlsagen_err *err);
enum tlsagen_status bloom_init_names(struct bloom *bloom, struct tlsagen_err *err);
void bloom_clear(struct bloom *bloom);
/*
 * Adds a name, which needs bloom_init_names, and tells whether it may have been there; or adds its
 * first label only.
 */
bool bloom_add(struct bloom *bloom, const struct bloom_key *key);
void bloom_add_label(struct bloom *bloom, const struct name *name);
/* False: it was never added. Only after bloom_init_names. */
bool bloom_has(const struct bloom *bloom, const struct bloom_key *key);
/* All were added: brings the labels together, for looks that are as quick as they can be. */
void bloom_fold(struct bloom *bloom);

struct bloom_key bloom_key_of(const struct name *name);
/*
 * The key of a name from text without escapes and quotes, neither "@" nor ".", to which a name is
 * appended unless it ends with a dot; that name is given by its key. The eight bytes behind the
 * text can be read.
 */
struct bloom_key bloom_key_of_text(const char *text, size_t len, uint64_t origin);

/* Of a first label in any case. The eight bytes at label can be read. */
static inline uint64_t bloom_hash(const char *label, size_t len)
{
    uint64_t hash = pack_letters(label, len < 8 ? len : 8);
    if (len > 8) {
        uint64_t last = pack_letters(label + len - 8, 8);
        hash ^= last << 7 | last >> 57;
    }
    hash = (hash + len) * UINT64_C(0x9e3779b97f4a7c15);
    return (hash ^ hash >> 32) * UINT64_C(0xd6e8feb86659fd93);
}

/* Of its first letters; less than BLOOM_STARTS. */
static inline uint32_t bloom_start(const char *label, size_t len)
{
    uint64_t letters = pack_letters(label, len < 4 ? len : 4);
    return (uint32_t)(letters * UINT64_C(0x9e3779b97f4a7c15) >> 49);
}

static inline bool bloom_has_start(const struct bloom *bloom, const char *label, size_t len)
{
    uint32_t start = bloom_start(label, len);
    return (bloom->starts[start / 64] >> (start % 64) & 1) != 0;
}

/* Three bits of a word, by bits of the hash that do not choose the word. */
static inline uint64_t bloom_bits(uint64_t hash)
{
    return UINT64_C(1) << (hash >> 28 & 63) | UINT64_C(1) << (hash >> 34 & 63) |
           UINT64_C(1) << (hash >> 40 & 63);
}

/* False: no name with such a first label was added. */
static inline bool bloom_has_label(const struct bloom *bloom, const char *label, size_t len)
{
    uint64_t hash = bloom_hash(label, len);
    return (bloom_bits(hash) & ~bloom->labels[hash >> (64 - bloom->label_bits)]) == 0;
}

#endif
