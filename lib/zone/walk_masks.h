/* walk_masks.h - the bytes that part the words of an entry's head, by SSE2 and in portable C. */
#ifndef ZONE_WALK_MASKS_H
#define ZONE_WALK_MASKS_H

#include <stdint.h>

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define WALK_MASK 32U /* bytes looked at together, enough for most heads */

/* One bit for each byte, the first in the lowest bit; those behind the bytes looked at are 0. */
struct walk_masks {
    uint64_t blank; /* blanks, line ends, and the control bytes that no head can have */
    uint64_t dot;
};

#define WALK_INLINE static inline __attribute__((always_inline))

/* The masks of WALK_MASK bytes. Both ways give the same. */
WALK_INLINE struct walk_masks walk_some_masks(const char *text, unsigned count)
{
    struct walk_masks masks = {0, 0};
    for (unsigned i = 0; i < count; i++) {
        masks.blank |= (uint64_t)((unsigned char)text[i] <= ' ') << i;
        masks.dot |= (uint64_t)(text[i] == '.') << i;
    }
    return masks;
}

WALK_INLINE struct walk_masks walk_masks_portable(const char *text)
{
    return walk_some_masks(text, WALK_MASK);
}

/* The masks of the first WALK_SHORT of these. */
#define WALK_SHORT 16U

WALK_INLINE struct walk_masks walk_short_masks_portable(const char *text)
{
    return walk_some_masks(text, WALK_SHORT);
}

#ifdef __SSE2__

WALK_INLINE struct walk_masks walk_short_masks_sse2(const char *text)
{
    __m128i a = _mm_loadu_si128((const __m128i *)(const void *)text);
    __m128i blank = _mm_cmpeq_epi8(_mm_min_epu8(a, _mm_set1_epi8(' ')), a);
    __m128i dot = _mm_cmpeq_epi8(a, _mm_set1_epi8('.'));
    return (struct walk_masks){.blank = (uint32_t)_mm_movemask_epi8(blank),
                               .dot = (uint32_t)_mm_movemask_epi8(dot)};
}

WALK_INLINE uint64_t walk_two_masks(__m128i low, __m128i high)
{
    return (uint32_t)_mm_movemask_epi8(low) | (uint64_t)(uint32_t)_mm_movemask_epi8(high) << 16;
}

WALK_INLINE struct walk_masks walk_masks_sse2(const char *text)
{
    const __m128i space = _mm_set1_epi8(' '), dot = _mm_set1_epi8('.');
    __m128i a = _mm_loadu_si128((const __m128i *)(const void *)text);
    __m128i b = _mm_loadu_si128((const __m128i *)(const void *)(text + 16));
    return (struct walk_masks){
        .blank = walk_two_masks(_mm_cmpeq_epi8(_mm_min_epu8(a, space), a),
                                _mm_cmpeq_epi8(_mm_min_epu8(b, space), b)),
        .dot = walk_two_masks(_mm_cmpeq_epi8(a, dot), _mm_cmpeq_epi8(b, dot)),
    };
}

#else

WALK_INLINE struct walk_masks walk_short_masks_sse2(const char *text)
{
    return walk_short_masks_portable(text);
}

WALK_INLINE struct walk_masks walk_masks_sse2(const char *text)
{
    return walk_masks_portable(text);
}

#endif

#endif
