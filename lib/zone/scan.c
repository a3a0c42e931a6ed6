#include "scan.h"

#include <string.h>

/* What one scan_run works on. */
struct run {
    struct scan *scan;
    const char *bytes;
    struct scan_entry *entries;
    size_t count;
};

static void end_entry(struct run *run, size_t end)
{
    struct scan *scan = run->scan;
    run->entries[run->count++] =
        (struct scan_entry){.end = (uint32_t)end, .lines = scan->lines + 1, .flags = scan->flags};
    scan->lines = 0;
    scan->flags = 0;
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
        end_entry(run, end);
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
    scan->flags |= SCAN_SPECIAL;
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

/* A block without special bytes, begun outside of everything: each line is an entry. */
static void scan_plain_block(struct run *run, size_t base, uint64_t newlines)
{
    while (newlines != 0) {
        end_entry(run, base + (unsigned)__builtin_ctzll(newlines) + 1);
        newlines &= newlines - 1;
    }
}

static void scan_one(struct run *run, size_t base, const char *block, unsigned len, bool sse2)
{
    struct scan *scan = run->scan;
    struct scan_masks masks = sse2 ? scan_masks_sse2(block) : scan_masks_portable(block);
    bool inside = scan->depth > 0 || scan->quote || scan->comment || scan->escape || scan->cr;
    if (masks.special == 0 && !inside)
        scan_plain_block(run, base, masks.newline);
    else
        scan_block(run, base, masks, len);
}

/* The end of the file ends the entry in hand, if there is one. */
static void end_of_file(struct run *run, size_t len, bool pending)
{
    struct scan *scan = run->scan;
    if (scan->cr)
        after_cr(run, len, false);
    else if (scan->quote)
        set_fault(scan, SCAN_QUOTE_AT_LINE, scan->opened);
    else if (scan->depth > 0)
        set_fault(scan, SCAN_OPEN_AT_END, scan->opened);
    else if (pending) {
        scan->flags |= SCAN_NO_NEWLINE;
        end_entry(run, len);
    }
}

size_t scan_run(struct scan *scan, const char *bytes, size_t from, size_t len, bool last,
                struct scan_entry *entries, size_t cap, size_t *count)
{
    struct run run = {scan, bytes, entries, *count};
    bool sse2 = scan_has_sse2() && !scan->portable;
    size_t at = from;
    /* A block ends at most so many entries; two more for a CR and the end of the file. */
    while (at + SCAN_BLOCK <= len && run.count + SCAN_BLOCK + 2 <= cap &&
           scan->fault == SCAN_FINE) {
        scan_one(&run, at, bytes + at, SCAN_BLOCK, sse2);
        at += SCAN_BLOCK;
    }
    if (last && len - at < SCAN_BLOCK && run.count + SCAN_BLOCK + 2 <= cap &&
        scan->fault == SCAN_FINE) {
        char block[SCAN_BLOCK];
        memset(block, ' ', sizeof(block));
        memcpy(block, bytes + at, len - at);
        scan_one(&run, at, block, (unsigned)(len - at), sse2);
        at = len;
    }
    if (last && at == len && scan->fault == SCAN_FINE) {
        size_t ended = run.count == 0 ? 0 : run.entries[run.count - 1].end;
        end_of_file(&run, len, ended < len);
    }
    *count = run.count;
    return at;
}

void scan_rebase(struct scan *scan, uint32_t gone)
{
    scan->opened = scan->opened < gone ? 0 : scan->opened - gone;
}
