#include "scan.h"

#include <string.h>

#include "scan_masks.h"

/* What one scan_run works on. */
struct run {
    struct scan *scan;
    const char *bytes;
    struct scan_entry *entries;
    size_t count;
};

static void end_entry(struct run *run, size_t end, uint32_t flags)
{
    struct scan *scan = run->scan;
    run->entries[run->count++] =
        (struct scan_entry){.end = (uint32_t)end,
                            .lines = scan->lines + 1,
                            .flags = flags | (scan->special != 0 ? SCAN_SPECIAL : 0),
                            .special = scan->special - 1};
    scan->lines = 0;
    scan->special = 0;
}

static void set_fault(struct scan *scan, enum scan_fault fault, size_t at)
{
    scan->fault = fault;
    scan->fault_at = (uint32_t)at;
}

/* A line end at the byte before `end`. */
static void line_end(struct run *run, size_t end)
{
    struct scan *scan = run->scan;
    scan->comment = false;
    if (scan->quote) {
        /* BIND: a quoted text may go over the end of a line only where that is escaped. */
        if (scan->escape)
            scan->lines++;
        else
            set_fault(scan, SCAN_QUOTE_AT_LINE, scan->opened);
    } else if (scan->depth > 0) {
        scan->lines++;
    } else {
        end_entry(run, end, 0);
    }
    scan->escape = false;
}

static void open_at(struct scan *scan, size_t at)
{
    scan->opened = (uint32_t)at;
}

/* A special byte outside comments and unescaped. */
static void special(struct scan *scan, char c, size_t at)
{
    if (scan->special == 0)
        scan->special = (uint32_t)at + 1;
    if (scan->quote) {
        if (c == '"')
            scan->quote = false;
        else if (c == '\\')
            scan->escape = true;
        else if (c != ';' && c != '(' && c != ')')
            set_fault(scan, SCAN_CONTROL, at);
        return;
    }
    switch (c) {
    case '"':
        scan->quote = true;
        open_at(scan, at);
        break;
    case ';':
        scan->comment = true;
        break;
    case '\\':
        scan->escape = true;
        break;
    case '(':
        if (scan->depth++ == 0)
            open_at(scan, at);
        break;
    case ')':
        if (scan->depth == 0)
            set_fault(scan, SCAN_CLOSE, at);
        else
            scan->depth--;
        break;
    default:
        set_fault(scan, SCAN_CONTROL, at);
        break;
    }
}

/* One byte of either mask. */
static void step(struct run *run, char c, size_t at)
{
    struct scan *scan = run->scan;
    if (c == '\n')
        line_end(run, at + 1);
    else if (scan->comment)
        return;
    else if (c == '\r')
        scan->cr = true; /* what follows tells what it is: see after_cr */
    else if (!scan->escape)
        special(scan, c, at);
    else if (c != '"' && c != ';' && c != '\\' && c != '(' && c != ')')
        set_fault(scan, SCAN_CONTROL, at);
    else
        scan->escape = false;
}

/* A CR was seen right before `at`: alone it ends the line, before an LF it is part of the end. */
static void after_cr(struct run *run, size_t at, bool before_lf)
{
    run->scan->cr = false;
    if (!before_lf)
        line_end(run, at);
}

/* A block with special bytes, or begun inside something: the bytes of the masks, one by one. */
static void scan_block(struct run *run, size_t base, struct scan_masks masks, unsigned len)
{
    struct scan *scan = run->scan;
    uint64_t left = masks.newline | masks.special;
    unsigned next = 0; /* the byte behind the last one looked at */
    while (scan->fault == SCAN_FINE) {
        /* The byte behind a backslash or CR is looked at whatever it is. */
        bool pending = scan->escape || scan->cr;
        unsigned i = left == 0 ? SCAN_BLOCK : (unsigned)__builtin_ctzll(left);
        if (pending && next < len && (i > next)) {
            if (scan->cr)
                after_cr(run, base + next, false);
            scan->escape = false;
            continue;
        }
        if (i >= len)
            return;
        char c = run->bytes[base + i];
        if (scan->cr)
            after_cr(run, base + i, c == '\n');
        if (scan->fault != SCAN_FINE)
            return;
        step(run, c, base + i);
        left &= left - 1;
        next = i + 1;
    }
}

/* A block in which every line end ends an entry; special are the bytes that count as such. */
static void end_lines(struct run *run, size_t base, uint64_t newlines, uint64_t special)
{
    struct scan *scan = run->scan;
    struct scan_entry *to = run->entries + run->count;
    uint32_t lines = scan->lines, first = scan->special;
    for (;;) {
        uint64_t line = newlines ^ (newlines - 1); /* up to the first line end; all without one */
        if (first == 0 && (special & line) != 0)
            first = (uint32_t)base + (unsigned)__builtin_ctzll(special) + 1;
        if (newlines == 0)
            break;
        *to++ = (struct scan_entry){.end = (uint32_t)base + (unsigned)__builtin_ctzll(newlines) + 1,
                                    .lines = lines + 1,
                                    .flags = first != 0 ? SCAN_SPECIAL : 0,
                                    .special = first - 1};
        lines = first = 0;
        special &= ~line;
        newlines &= newlines - 1;
    }
    scan->lines = lines;
    scan->special = first;
    run->count = (size_t)(to - run->entries);
}

/* An entry without special bytes that ends with the first bit of a mask, in a block at base. */
SCAN_INLINE struct scan_entry plain_entry(size_t base, uint64_t newlines)
{
    unsigned at = (unsigned)__builtin_ctzll(newlines | UINT64_C(1) << 63);
    return (struct scan_entry){
        .end = (uint32_t)base + at + 1, .lines = 1, .flags = 0, .special = SCAN_NO_SPECIAL};
}

/*
 * The same without special bytes, in the block or before it in the entry in hand. Two entries are
 * written in any case and counted where they are some: how many line ends a block has is hard to
 * foresee. Returns where the next entry goes.
 */
SCAN_INLINE struct scan_entry *end_plain_lines(struct scan_entry *to, size_t base,
                                               uint64_t newlines)
{
    uint64_t second = newlines & (newlines - 1);
    uint64_t more = second & (second - 1);
    to[0] = plain_entry(base, newlines);
    to[1] = plain_entry(base, second);
    to += (newlines != 0 ? 1 : 0) + (second != 0 ? 1 : 0);
    for (; more != 0; more &= more - 1)
        *to++ = plain_entry(base, more);
    return to;
}

/* Bit i is the parity of the bits up to i: set from an opening quote to the byte before its end. */
static uint64_t between_quotes(uint64_t quotes)
{
    quotes ^= quotes << 1;
    quotes ^= quotes << 2;
    quotes ^= quotes << 4;
    quotes ^= quotes << 8;
    quotes ^= quotes << 16;
    return quotes ^ quotes << 32;
}

/*
 * Takes the comments out of a block with quotes and semicolons alone: what a comment hides is no
 * longer among the quotes. Returns the bytes inside quotes.
 */
static uint64_t clear_comments(struct scan *scan, uint64_t newlines, struct scan_text_masks *text)
{
    uint64_t open = scan->quote ? UINT64_MAX : 0;
    for (;;) {
        uint64_t inside = between_quotes(text->quote) ^ open;
        uint64_t begins = text->semicolon & ~inside;
        if (begins == 0)
            return inside;
        uint64_t before = (begins & (0 - begins)) - 1;
        uint64_t ends = newlines & ~before;
        /* A comment is left open when no line end comes behind its semicolon. */
        scan->comment = ends == 0;
        uint64_t hidden = ~before & ((ends & (0 - ends)) - 1);
        text->quote &= ~hidden;
        text->semicolon &= ~hidden;
    }
}

/*
 * A block whose special bytes are all quotes and semicolons, as in nearly all blocks that have any;
 * inside at most a quote. False: look at its bytes one by one.
 */
static bool scan_text_block(struct run *run, size_t base, const char *block,
                            struct scan_masks masks, bool sse2)
{
    struct scan *scan = run->scan;
    struct scan_text_masks text =
        sse2 ? scan_text_masks_sse2(block) : scan_text_masks_portable(block);
    if (masks.special != (text.quote | text.semicolon))
        return false;
    uint64_t inside = clear_comments(scan, masks.newline, &text);
    if ((masks.newline & inside) != 0) {
        scan->comment = false;
        return false;
    }
    scan->quote = inside >> (SCAN_BLOCK - 1) != 0;
    if (text.quote != 0)
        scan->opened = (uint32_t)base + SCAN_BLOCK - 1 - (uint32_t)__builtin_clzll(text.quote);
    end_lines(run, base, masks.newline, masks.special);
    return true;
}

/* Whether something has begun that a block could go on with. */
static bool is_inside(const struct scan *scan)
{
    return scan->depth > 0 || scan->quote || scan->comment || scan->escape || scan->cr ||
           scan->special != 0 || scan->lines != 0;
}

/*
 * A block with no special bytes but quotes, inside at most a quote: the bulk of those that have
 * any. False: look closer.
 */
SCAN_INLINE bool scan_quotes(struct run *run, size_t base, const char *block,
                             struct scan_masks masks, bool sse2)
{
    struct scan *scan = run->scan;
    uint64_t quotes = sse2 ? scan_mask_inline(block, '"') : scan_text_masks_portable(block).quote;
    uint64_t inside = between_quotes(quotes) ^ (scan->quote ? UINT64_MAX : 0);
    if (quotes != masks.special || (masks.newline & inside) != 0)
        return false;
    scan->quote = inside >> (SCAN_BLOCK - 1) != 0;
    if (quotes != 0)
        scan->opened = (uint32_t)base + SCAN_BLOCK - 1 - (unsigned)__builtin_clzll(quotes);
    end_lines(run, base, masks.newline, masks.special);
    return true;
}

SCAN_INLINE void scan_one(struct run *run, size_t base, const char *block, unsigned len,
                          struct scan_masks masks, bool sse2)
{
    struct scan *scan = run->scan;
    if (scan->comment && scan->depth == 0) {
        /* What the comment hides ends with its line. */
        if (masks.newline == 0)
            return;
        masks.special &= ~(masks.newline ^ (masks.newline - 1));
        scan->comment = false;
    }
    if (len < SCAN_BLOCK || scan->depth > 0 || scan->escape || scan->cr)
        scan_block(run, base, masks, len);
    else if (!scan_quotes(run, base, block, masks, sse2) &&
             !scan_text_block(run, base, block, masks, sse2))
        scan_block(run, base, masks, len);
}

/* Whole blocks up to `len`; returns how far it went. */
SCAN_INLINE size_t scan_blocks(struct run *run, size_t at, size_t len, size_t cap, bool sse2)
{
    struct scan *scan = run->scan;
    struct scan_entry *to = run->entries + run->count;
    /* A block ends at most so many entries; two more for a CR and the end of the file. */
    const struct scan_entry *full = run->entries + cap - SCAN_BLOCK - 2;
    bool inside = is_inside(scan);
    while (at + SCAN_BLOCK <= len && to <= full) {
        const char *block = run->bytes + at;
        struct scan_masks masks = sse2 ? scan_masks_inline(block) : scan_masks_portable(block);
        at += SCAN_BLOCK;
        if (masks.special == 0 && !inside) {
            to = end_plain_lines(to, at - SCAN_BLOCK, masks.newline);
            continue;
        }
        run->count = (size_t)(to - run->entries);
        scan_one(run, at - SCAN_BLOCK, block, SCAN_BLOCK, masks, sse2);
        to = run->entries + run->count;
        if (scan->fault != SCAN_FINE)
            break;
        inside = is_inside(scan);
    }
    run->count = (size_t)(to - run->entries);
    return at;
}

/* The end of the file ends the entry in hand, if there is one. */
static void end_of_file(struct run *run, size_t len)
{
    struct scan *scan = run->scan;
    if (scan->cr)
        after_cr(run, len, false);
    if (scan->fault != SCAN_FINE)
        return;
    size_t ended = run->count == 0 ? 0 : run->entries[run->count - 1].end;
    if (scan->quote)
        set_fault(scan, SCAN_QUOTE_AT_LINE, scan->opened);
    else if (scan->depth > 0)
        set_fault(scan, SCAN_OPEN_AT_END, scan->opened);
    else if (ended < len)
        end_entry(run, len, SCAN_NO_NEWLINE);
}

size_t scan_run(struct scan *scan, const char *bytes, size_t from, size_t len, bool last,
                struct scan_entry *entries, size_t cap, size_t *count)
{
    struct run run = {scan, bytes, entries, *count};
    bool sse2 = scan_has_sse2() && !scan->portable;
    size_t at = from;
    if (scan->fault == SCAN_FINE && cap >= SCAN_BLOCK + 2)
        at = sse2 ? scan_blocks(&run, at, len, cap, true) : scan_blocks(&run, at, len, cap, false);
    if (last && len - at < SCAN_BLOCK && run.count + SCAN_BLOCK + 2 <= cap &&
        scan->fault == SCAN_FINE) {
        char block[SCAN_BLOCK];
        memset(block, ' ', sizeof(block));
        memcpy(block, bytes + at, len - at);
        scan_one(&run, at, block, (unsigned)(len - at), scan_masks_portable(block), sse2);
        at = len;
    }
    if (last && at == len && scan->fault == SCAN_FINE)
        end_of_file(&run, len);
    *count = run.count;
    return at;
}

void scan_rebase(struct scan *scan, uint32_t gone)
{
    scan->opened = scan->opened < gone ? 0 : scan->opened - gone;
    if (scan->special != 0)
        scan->special = scan->special <= gone ? 1 : scan->special - gone;
}
