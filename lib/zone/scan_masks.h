/* scan_masks.h - the masks of a block by SSE2, for being put into loops; scan_masks.c for calls. */
#ifndef ZONE_SCAN_MASKS_H
#define ZONE_SCAN_MASKS_H

#include "scan.h"

#define SCAN_INLINE static inline __attribute__((always_inline))

#ifdef __SSE2__

#include <emmintrin.h>

SCAN_INLINE uint64_t scan_bits(__m128i found)
{
    return (uint64_t)(uint32_t)_mm_movemask_epi8(found);
}

/* The masks of a quarter of a block, in their place. */
SCAN_INLINE void scan_quarter(const char *block, unsigned at, struct scan_masks *masks)
{
    __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)(block + at));
    __m128i newline = _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\n'));
    __m128i low = _mm_cmpeq_epi8(_mm_min_epu8(bytes, _mm_set1_epi8(0x1f)), bytes);
    __m128i plain = _mm_or_si128(newline, _mm_cmpeq_epi8(bytes, _mm_set1_epi8('\t')));
    /* "(" and ")" differ in the lowest bit only. */
    __m128i paren =
        _mm_cmpeq_epi8(_mm_and_si128(bytes, _mm_set1_epi8((char)0xfe)), _mm_set1_epi8('('));
    __m128i text = _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"')),
                                _mm_cmpeq_epi8(bytes, _mm_set1_epi8(';')));
    __m128i rest = _mm_or_si128(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('\\')),
                                _mm_cmpeq_epi8(bytes, _mm_set1_epi8(0x7f)));
    __m128i special =
        _mm_or_si128(_mm_or_si128(text, rest), _mm_or_si128(paren, _mm_andnot_si128(plain, low)));
    masks->newline |= scan_bits(newline) << at;
    masks->special |= scan_bits(special) << at;
}

SCAN_INLINE struct scan_masks scan_masks_inline(const char *block)
{
    struct scan_masks masks = {0, 0};
    scan_quarter(block, 0, &masks);
    scan_quarter(block, 16, &masks);
    scan_quarter(block, 32, &masks);
    scan_quarter(block, 48, &masks);
    return masks;
}

SCAN_INLINE uint64_t scan_equal(const char *block, unsigned at, char c)
{
    __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)(block + at));
    return scan_bits(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(c))) << at;
}

/* The bytes of a block that are this one. */
SCAN_INLINE uint64_t scan_mask_inline(const char *block, char c)
{
    return scan_equal(block, 0, c) | scan_equal(block, 16, c) | scan_equal(block, 32, c) |
           scan_equal(block, 48, c);
}

#else

SCAN_INLINE struct scan_masks scan_masks_inline(const char *block)
{
    return scan_masks_portable(block);
}

SCAN_INLINE uint64_t scan_mask_inline(const char *block, char c)
{
    uint64_t mask = 0;
    for (unsigned i = 0; i < SCAN_BLOCK; i++)
        mask |= (uint64_t)(block[i] == c) << i;
    return mask;
}

#endif

#endif
