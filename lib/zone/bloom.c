#include "bloom.h"

#include <stdlib.h>

#define LABEL_BITS_MIN 16U
#define LABEL_BITS_MAX 24U
#define BITS_FOR_EACH 32U
#define NAME_BITS 25U
#define NAME_PROBES 4U

static bool make_labels(struct bloom *bloom, unsigned bits)
{
    *bloom = (struct bloom){.label_bits = bits};
    bloom->labels = calloc(((size_t)1 << bits) / 64, sizeof(*bloom->labels));
    return bloom->labels != NULL;
}

enum tlsagen_status bloom_init_labels(struct bloom *bloom, size_t count, struct tlsagen_err *err)
{
    unsigned bits = LABEL_BITS_MIN;
    while (bits < LABEL_BITS_MAX && ((size_t)1 << bits) / BITS_FOR_EACH < count)
        bits++;
    if (!make_labels(bloom, bits))
        return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory");
    return TLSAGEN_OK;
}

enum tlsagen_status bloom_init_names(struct bloom *bloom, struct tlsagen_err *err)
{
    if (make_labels(bloom, LABEL_BITS_MAX))
        bloom->names = calloc(((size_t)1 << NAME_BITS) / 64, sizeof(*bloom->names));
    if (bloom->names != NULL)
        return TLSAGEN_OK;
    bloom_clear(bloom);
    return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory");
}

void bloom_clear(struct bloom *bloom)
{
    free(bloom->labels);
    free(bloom->names);
    *bloom = (struct bloom){0};
}

/* FNV-1a, then mixed, so that each 16 bits of it are as good as others. */
static uint64_t hash_name(const struct name *name)
{
    struct name lower;
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    name_lower(name, &lower);
    for (size_t i = 0; i < lower.len; i++)
        hash = (hash ^ lower.wire[i]) * UINT64_C(0x100000001b3);
    hash = (hash ^ hash >> 32) * UINT64_C(0x9e3779b97f4a7c15);
    return hash ^ hash >> 29;
}

/* The bits of a name: steps from one half of its hash by the other. */
static uint32_t probe(uint64_t hash, unsigned i)
{
    uint32_t bit = (uint32_t)hash + i * ((uint32_t)(hash >> 32) | 1U);
    return bit >> (32 - NAME_BITS);
}

void bloom_add_label(struct bloom *bloom, const struct name *name)
{
    char label[NAME_LABEL_MAX + 8] = "";
    /* The root has no first label: its records are all written as "." or "@". */
    if (name->len <= 1)
        return;
    memcpy(label, name->wire + 1, name->wire[0]);
    uint32_t bit = bloom_hash(label, name->wire[0]) >> (32 - bloom->label_bits);
    bloom->labels[bit / 64] |= UINT64_C(1) << (bit % 64);
}

void bloom_add(struct bloom *bloom, const struct name *name)
{
    uint64_t hash = hash_name(name);
    bloom_add_label(bloom, name);
    for (unsigned i = 0; i < NAME_PROBES; i++) {
        uint32_t bit = probe(hash, i);
        bloom->names[bit / 64] |= UINT64_C(1) << (bit % 64);
    }
}

bool bloom_has(const struct bloom *bloom, const struct name *name)
{
    uint64_t hash = hash_name(name);
    for (unsigned i = 0; i < NAME_PROBES; i++) {
        uint32_t bit = probe(hash, i);
        if ((bloom->names[bit / 64] >> (bit % 64) & 1) == 0)
            return false;
    }
    return true;
}
