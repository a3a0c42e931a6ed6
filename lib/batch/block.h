/* block.h - the PEM blocks of a bundle, one by one. */
#ifndef BATCH_BLOCK_H
#define BATCH_BLOCK_H

#include <stdbool.h>
#include <stddef.h>

/* Zeroed but for p and end before the first call. */
struct block_reader {
    const char *p;
    const char *end;
};

struct block {
    const char *text; /* from `-----BEGIN ` to the end of the END line, its newline included */
    size_t len;
    bool whole; /* it has an END line */
};

/* False when no further line begins a block. */
bool block_next(struct block_reader *reader, struct block *block);

/* Newlines among len bytes. */
size_t count_newlines(const char *text, size_t len);

#endif
