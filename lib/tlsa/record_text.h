/* record_text.h - the rdata of a TLSA record, read from its text. */
#ifndef TLSA_RECORD_TEXT_H
#define TLSA_RECORD_TEXT_H

#include <tlsagen/record.h>

/*
 * Reads "3 1 1 0d6f...", blanks between digits allowed; data, which needs room for len / 2 bytes,
 * becomes that of the record. False when it is something else.
 */
bool record_read(const char *text, size_t len, struct tlsagen_record *record, uint8_t *data);

#endif
