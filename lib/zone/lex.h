/* lex.h - the tokens of one entry of a zone file. */
#ifndef ZONE_LEX_H
#define ZONE_LEX_H

#include <tlsagen/base.h>

/* Offsets from the entry's first byte. The quotes around a quoted token are not part of it. */
struct lex_token {
    uint32_t at;
    uint32_t len;
    bool quoted;
};

/* A reusable array; all zero is an empty one. */
struct lex_tokens {
    struct lex_token *at;
    size_t count;
    size_t cap;
};

void lex_tokens_clear(struct lex_tokens *tokens);
/*
 * Splits an entry that scan_run has found whole; comments, parentheses and blanks are no tokens.
 * Never fails but for memory (TLSAGEN_E_MEMORY).
 */
enum tlsagen_status lex_entry(const char *text, size_t len, struct lex_tokens *tokens,
                              struct tlsagen_err *err);
/* Line ends before offset `at`, and the column of that byte, counted in bytes from 1. */
void lex_place(const char *text, size_t at, uint64_t *lines, uint64_t *column);

#endif
