/*
 * scan.h - the structure of a zone file (RFC 1035 section 5.1): where its entries end.
 *
 * An entry is a record, a directive, or a line with neither: everything up to a line end that
 * stands outside parentheses and quotes. The scanner looks at 64 bytes at once through masks of
 * the bytes that can matter, and at single bytes only where such a mask says so.
 */
#ifndef ZONE_SCAN_H
#define ZONE_SCAN_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SCAN_BLOCK 64U /* bytes looked at together */

/* One bit for each byte of a block, the first byte in the lowest bit. */
struct scan_masks {
    uint64_t newline;
    uint64_t special; /* " ; \ ( ) CR, and control bytes other than TAB and LF */
};

/* Those special bytes of a block that are one character. */
struct scan_text_masks {
    uint64_t quote;
    uint64_t semicolon;
};

/* Both ways give the same masks. */
struct scan_masks scan_masks_portable(const char block[SCAN_BLOCK]);
struct scan_masks scan_masks_sse2(const char block[SCAN_BLOCK]);
struct scan_text_masks scan_text_masks_portable(const char block[SCAN_BLOCK]);
struct scan_text_masks scan_text_masks_sse2(const char block[SCAN_BLOCK]);
/* True when those with SSE2 may be called. */
bool scan_has_sse2(void);

enum scan_fault {
    SCAN_FINE,
    SCAN_CONTROL,       /* a NUL or other control byte outside comments */
    SCAN_CLOSE,         /* ")" without "(" */
    SCAN_OPEN_AT_END,   /* "(" without ")" */
    SCAN_QUOTE_AT_LINE, /* a quote that the end of its line or the file leaves open */
};

enum scan_flag {
    SCAN_SPECIAL = 1,    /* has quotes, comments, escapes or parentheses */
    SCAN_NO_NEWLINE = 2, /* the end of the file ended it */
};

#define SCAN_NO_SPECIAL UINT32_MAX

struct scan_entry {
    uint32_t end;     /* offset behind it, its line end included, from the scanned bytes' start */
    uint32_t lines;   /* line ends inside, its own included */
    uint32_t flags;   /* of enum scan_flag */
    uint32_t special; /* offset of its first quote, comment, escape or parenthesis */
};

/* All zero before the first byte of a file. */
struct scan {
    unsigned depth; /* of parentheses */
    bool quote;
    bool comment;
    bool escape;      /* the byte at hand is escaped */
    bool cr;          /* the last byte was a CR, and nothing has followed yet */
    uint32_t lines;   /* of the entry in hand */
    uint32_t special; /* of the entry in hand: offset + 1 of its first special byte, 0 for none */
    uint32_t opened;  /* offset of the outermost "(" or of the quote, for messages */
    enum scan_fault fault;
    uint32_t fault_at; /* offset of the faulty byte */
    bool portable;     /* never use SSE2; for tests */
};

/*
 * Scans bytes[from..len) and appends the entries that end there, at most cap of them, cap at least
 * 64. Returns the offset up to which it went, which is less than len when the entries filled the
 * array, when a fault was found, or, unless last, when less than a block is left: then call again
 * with more bytes. last: nothing follows in the file, and the entry in hand ends with the bytes; it
 * began behind the last of entries, or at bytes[0] when *count is 0.
 * Offsets of entries, faults and `opened` count from bytes; see scan_rebase.
 */
size_t scan_run(struct scan *scan, const char *bytes, size_t from, size_t len, bool last,
                struct scan_entry *entries, size_t cap, size_t *count);
/* The bytes moved: what was at offset `gone` is at 0 now. */
void scan_rebase(struct scan *scan, uint32_t gone);

#endif
