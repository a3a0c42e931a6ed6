/* scan_masks.c - the masks of a block, by SSE2 and in portable C. */
#include <string.h>

#include "scan_masks.h"

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

struct scan_masks scan_masks_sse2(const char block[SCAN_BLOCK])
{
    return scan_masks_inline(block);
}

struct scan_text_masks scan_text_masks_sse2(const char block[SCAN_BLOCK])
{
    return (struct scan_text_masks){.quote = scan_mask_inline(block, '"'),
                                    .semicolon = scan_mask_inline(block, ';')};
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
