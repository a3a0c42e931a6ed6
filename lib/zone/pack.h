/* pack.h - a short word in one number, for comparing and hashing it at once. */
#ifndef ZONE_PACK_H
#define ZONE_PACK_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Up to eight letters in one number, their case aside; the eight bytes at word can be read. */
static inline uint64_t pack_letters(const char *word, size_t len)
{
    uint64_t packed = 0;
    memcpy(&packed, word, sizeof(packed));
    packed &= UINT64_C(0xdfdfdfdfdfdfdfdf);
#if __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__
    return packed & UINT64_MAX << (64 - len * 8);
#else
    return packed & UINT64_MAX >> (64 - len * 8);
#endif
}

#endif
