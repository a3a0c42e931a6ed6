#include "bloom.h"

#include <stdlib.h>

#include <sys/mman.h>

/* log2 of words */
#define LABEL_BITS_MIN 8U
#define LABEL_BITS_MAX 18U
#define NAME_BITS 18U

/* Bytes of both, one behind the other. */
#define MAPPED ((((size_t)1 << LABEL_BITS_MAX) + ((size_t)1 << NAME_BITS)) * sizeof(uint64_t))

enum tlsagen_status bloom_init_labels(struct bloom *bloom, size_t count, struct tlsagen_err *err)
{
    unsigned bits = LABEL_BITS_MIN;
    while (bits < LABEL_BITS_MAX && (size_t)1 << bits < count)
        bits++;
    *bloom = (struct bloom){.label_bits = bits};
    bloom->labels = calloc((size_t)1 << bits, sizeof(*bloom->labels));
    if (bloom->labels == NULL)
        return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory");
    return TLSAGEN_OK;
}

enum tlsagen_status bloom_init_names(struct bloom *bloom, struct tlsagen_err *err)
{
    /* calloc(3) would clear memory that was used before, and most of this is never touched. */
    void *words = mmap(NULL, MAPPED, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (words == MAP_FAILED)
        return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory");
    *bloom = (struct bloom){.label_bits = LABEL_BITS_MAX, .labels = words};
    bloom->names = bloom->labels + ((size_t)1 << LABEL_BITS_MAX);
    return TLSAGEN_OK;
}

void bloom_clear(struct bloom *bloom)
{
    if (bloom->names != NULL)
        (void)munmap(bloom->labels, MAPPED);
    else
        free(bloom->labels);
    *bloom = (struct bloom){0};
}

static uint64_t mix(uint64_t hash)
{
    hash = (hash ^ hash >> 32) * UINT64_C(0x9e3779b97f4a7c15);
    hash = (hash ^ hash >> 29) * UINT64_C(0xd6e8feb86659fd93);
    return hash ^ hash >> 32;
}

/* Of all bytes of a label; the eight bytes behind it can be read. */
static uint64_t hash_label(const char *label, size_t len)
{
    uint64_t hash = len;
    for (size_t at = 0; at < len; at += 8)
        hash = mix(hash + pack_letters(label + at, len - at < 8 ? len - at : 8));
    return hash;
}

/*
 * A name is hashed as a sum of its labels, each with a power for its place, so that what stands at
 * the end can be added as a whole.
 */
#define PLACE UINT64_C(0xa0761d6478bd642f)

struct bloom_key bloom_key_of(const struct name *name)
{
    char wire[NAME_WIRE_MAX + 8] = "";
    struct bloom_key key = {0, 0, 0};
    uint64_t place = 1;
    memcpy(wire, name->wire, name->len);
    for (size_t at = 0; at + 1 < name->len; at += name->wire[at] + 1U) {
        key.name += hash_label(wire + at + 1, name->wire[at]) * place;
        place *= PLACE;
    }
    if (name->len > 1) {
        key.start = bloom_start(wire + 1, name->wire[0]);
        key.label = bloom_hash(wire + 1, name->wire[0]);
    }
    return key;
}

struct bloom_key bloom_key_of_text(const char *text, size_t len, uint64_t origin)
{
    struct bloom_key key = {0, 0, 0};
    uint64_t place = 1;
    size_t at = 0;
    while (at < len) {
        const char *dot = memchr(text + at, '.', len - at);
        size_t label = dot == NULL ? len - at : (size_t)(dot - text) - at;
        key.name += hash_label(text + at, label) * place;
        if (at == 0) {
            key.start = bloom_start(text, label);
            key.label = bloom_hash(text, label);
        }
        place *= PLACE;
        at += label + 1;
    }
    /* Without a final dot the last step went one byte beyond the end. */
    if (at > len)
        key.name += origin * place;
    return key;
}

static void set_label(struct bloom *bloom, const struct bloom_key *key)
{
    bloom->starts[key->start / 64] |= UINT64_C(1) << (key->start % 64);
    bloom->labels[key->label >> (64 - bloom->label_bits)] |= bloom_bits(key->label);
}

void bloom_add_label(struct bloom *bloom, const struct name *name)
{
    /* The root has no first label: its records are all written as "." or "@". */
    const struct bloom_key key = bloom_key_of(name);
    if (name->len > 1)
        set_label(bloom, &key);
}

static size_t name_word(uint64_t hash)
{
    return (size_t)(hash >> (64 - NAME_BITS));
}

/* Four bits of a word. */
static uint64_t name_bits(uint64_t hash)
{
    return bloom_bits(hash) | UINT64_C(1) << (hash >> 20 & 63);
}

bool bloom_add(struct bloom *bloom, const struct bloom_key *key)
{
    uint64_t hash = mix(key->name), bits = name_bits(hash);
    uint64_t *word = &bloom->names[name_word(hash)];
    bool had = (bits & ~*word) == 0;
    *word |= bits;
    set_label(bloom, key);
    bloom->count += had ? 0 : 1;
    return had;
}

bool bloom_has(const struct bloom *bloom, const struct bloom_key *key)
{
    uint64_t hash = mix(key->name);
    return (name_bits(hash) & ~bloom->names[name_word(hash)]) == 0;
}

void bloom_fold(struct bloom *bloom)
{
    while (bloom->count > 0 && bloom->label_bits > LABEL_BITS_MIN &&
           (size_t)1 << (bloom->label_bits - 1) >= bloom->count / 4) {
        size_t half = (size_t)1 << --bloom->label_bits;
        for (size_t i = 0; i < half; i++)
            bloom->labels[i] = bloom->labels[2 * i] | bloom->labels[2 * i + 1];
    }
}
