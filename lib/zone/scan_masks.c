/* scan_masks.c - the masks of a block, by SSE2 and in portable C. */
#include <string.h>

#include "scan.h"

#ifdef __SSE2__
#include <emmintrin.h>
#endif

#define IS_NEWLINE 1U
#define IS_SPECIAL 2U

/* Class of each byte; the rows are 16 bytes each. */
static uint8_t class_of(uint8_t c)
{
    if (c == '\n')
        return IS_NEWLINE;
    bool special = c == '"' || c == ';' || c == '\\' || c == '(' || c == ')' || c == 0x7f ||
                   (c < 0x20 && c != '\t');
    return special ? IS_SPECIAL : 0;
}

#define EIGHTH UINT64_C(0x0101010101010101)

/* The top bit of each byte that equals c; exact for all bytes. */
static uint64_t equal_bytes(uint64_t word, uint8_t c)
{
    uint64_t x = word ^ (EIGHTH * c);
    return ~((((x & (EIGHTH * 0x7f)) + EIGHTH * 0x7f) | x) | (EIGHTH * 0x7f));
}

/* True when one of eight bytes is of a class. */
static bool is_any(uint64_t word)
{
    /* Below 0x20 and above 0x7e shows without looking at each; the rest is compared. */
    uint64_t low = ~((word & (EIGHTH * 0x7f)) + EIGHTH * 0x60) & ~word & (EIGHTH * 0x80);
    uint64_t found = low | equal_bytes(word, '"') | equal_bytes(word, ';') |
                     equal_bytes(word, '\\') | equal_bytes(word & ~EIGHTH, '(') |
                     equal_bytes(word, 0x7f);
    return found != 0;
}

struct scan_masks scan_masks_portable(const char block[SCAN_BLOCK])
{
    struct scan_masks masks = {0, 0};
    for (unsigned at = 0; at < SCAN_BLOCK; at += 8) {
        uint64_t word;
        memcpy(&word, block + at, sizeof(word));
        if (!is_any(word))
            continue;
        for (unsigned i = at; i < at + 8; i++) {
            uint64_t class = class_of((uint8_t)block[i]);
            masks.newline |= (class & IS_NEWLINE) << i;
            masks.special |= (class >> 1) << i;
        }
    }
    return masks;
}

struct scan_text_masks scan_text_masks_portable(const char block[SCAN_BLOCK])
{
    struct scan_text_masks masks = {0, 0};
    for (unsigned i = 0; i < SCAN_BLOCK; i++) {
        masks.quote |= (uint64_t)(block[i] == '"') << i;
        masks.semicolon |= (uint64_t)(block[i] == ';') << i;
    }
    return masks;
}

#ifdef __SSE2__

bool scan_has_sse2(void)
{
    return true;
}

static uint64_t bits(__m128i found)
{
    return (uint64_t)(uint32_t)_mm_movemask_epi8(found);
}

struct scan_masks scan_masks_sse2(const char block[SCAN_BLOCK])
{
    struct scan_masks masks = {0, 0};
    for (unsigned at = 0; at < SCAN_BLOCK; at += 16) {
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
        __m128i special = _mm_or_si128(_mm_or_si128(text, rest),
                                       _mm_or_si128(paren, _mm_andnot_si128(plain, low)));
        masks.newline |= bits(newline) << at;
        masks.special |= bits(special) << at;
    }
    return masks;
}

struct scan_text_masks scan_text_masks_sse2(const char block[SCAN_BLOCK])
{
    struct scan_text_masks masks = {0, 0};
    for (unsigned at = 0; at < SCAN_BLOCK; at += 16) {
        __m128i bytes = _mm_loadu_si128((const __m128i *)(const void *)(block + at));
        masks.quote |= bits(_mm_cmpeq_epi8(bytes, _mm_set1_epi8('"'))) << at;
        masks.semicolon |= bits(_mm_cmpeq_epi8(bytes, _mm_set1_epi8(';'))) << at;
    }
    return masks;
}

#else

struct scan_text_masks scan_text_masks_sse2(const char block[SCAN_BLOCK])
{
    return scan_text_masks_portable(block);
}

bool scan_has_sse2(void)
{
    return false;
}

struct scan_masks scan_masks_sse2(const char block[SCAN_BLOCK])
{
    return scan_masks_portable(block);
}

#endif
