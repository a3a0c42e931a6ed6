/* der.h - strict reading of DER (X.690 section 10): definite, shortest lengths only. */
#ifndef TLSA_DER_H
#define TLSA_DER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define DER_BOOLEAN 0x01
#define DER_INTEGER 0x02
#define DER_BIT_STRING 0x03
#define DER_OCTET_STRING 0x04
#define DER_NULL 0x05
#define DER_OID 0x06
#define DER_UTF8_STRING 0x0c
#define DER_PRINTABLE_STRING 0x13
#define DER_IA5_STRING 0x16
#define DER_UTC_TIME 0x17
#define DER_GENERALIZED_TIME 0x18
#define DER_SEQUENCE 0x30
#define DER_SET 0x31
#define DER_DNS_NAME 0x82           /* GeneralName [2], RFC 5280 section 4.2.1.6 */
#define DER_CONTEXT(n) (0xa0 | (n)) /* constructed, context-specific */

/* Bytes yet to be read; borrowed. */
struct der {
    const uint8_t *p;
    const uint8_t *end;
};

static inline size_t der_left(const struct der *in)
{
    return (size_t)(in->end - in->p);
}

/* The tag of the next element, or -1 at the end. */
static inline int der_peek(const struct der *in)
{
    return in->p < in->end ? *in->p : -1;
}

/* The bytes of a tag and the length behind it; 0 when the length is not the shortest, or cut. */
static inline size_t der_header_len(const uint8_t *p, size_t left, size_t *content_len)
{
    if (left < 2)
        return 0;
    if (p[1] < 0x80) {
        *content_len = p[1];
        return 2;
    }
    size_t octets = p[1] & 0x7fU;
    if (octets == 0 || octets > 4 || left < 2 + octets)
        return 0;
    size_t len = 0;
    for (size_t i = 0; i < octets; i++)
        len = len << 8 | p[2 + i];
    if (len < 0x80 || p[2] == 0)
        return 0;
    *content_len = len;
    return 2 + octets;
}

/* As der_take, and gives the whole element, tag and length included. */
static inline bool der_take_whole(struct der *in, int tag, struct der *content, struct der *whole)
{
    size_t left = der_left(in);
    size_t len = 0;
    if (der_peek(in) != tag)
        return false;
    size_t header = der_header_len(in->p, left, &len);
    if (header == 0 || len > left - header)
        return false;
    const uint8_t *start = in->p;
    content->p = start + header;
    content->end = content->p + len;
    whole->p = start;
    whole->end = content->end;
    in->p = content->end;
    return true;
}

/* Steps over one element of this tag and gives its content; false and no step otherwise. */
static inline bool der_take(struct der *in, int tag, struct der *content)
{
    struct der whole;
    return der_take_whole(in, tag, content, &whole);
}

/* An INTEGER in its shortest form. */
bool der_take_integer(struct der *in, struct der *content);
/* An OBJECT IDENTIFIER whose arcs have their shortest form. */
bool der_take_oid(struct der *in, struct der *content);
/* True when the content equals these bytes. */
bool der_is(const struct der *content, const void *bytes, size_t len);
/*
 * Bytes that the first element of a file announces, header included, for telling a truncated file
 * from another fault; 0 when the bytes do not begin like an element of definite length.
 */
size_t der_announced(const uint8_t *bytes, size_t len);

#endif
