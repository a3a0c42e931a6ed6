#include "der.h"

#include <string.h>

/* The length octets after the tag at p; 0 when they are not the shortest, or do not fit. */
static size_t header_len(const uint8_t *p, size_t left, size_t *content_len)
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

bool der_take_whole(struct der *in, int tag, struct der *content, struct der *whole)
{
    size_t left = der_left(in);
    size_t len = 0;
    if (der_peek(in) != tag)
        return false;
    size_t header = header_len(in->p, left, &len);
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

bool der_take(struct der *in, int tag, struct der *content)
{
    struct der whole;
    return der_take_whole(in, tag, content, &whole);
}

bool der_take_integer(struct der *in, struct der *content)
{
    struct der rest = *in;
    if (!der_take(&rest, DER_INTEGER, content) || der_left(content) == 0)
        return false;
    const uint8_t *p = content->p;
    if (der_left(content) > 1 && ((p[0] == 0x00 && p[1] < 0x80) || (p[0] == 0xff && p[1] >= 0x80)))
        return false;
    *in = rest;
    return true;
}

bool der_take_oid(struct der *in, struct der *content)
{
    struct der rest = *in;
    if (!der_take(&rest, DER_OID, content) || der_left(content) == 0)
        return false;
    bool first = true; /* of an arc */
    for (const uint8_t *p = content->p; p < content->end; p++) {
        if (first && *p == 0x80)
            return false;
        first = *p < 0x80;
    }
    if (!first)
        return false;
    *in = rest;
    return true;
}

bool der_is(const struct der *content, const void *bytes, size_t len)
{
    return der_left(content) == len && memcmp(content->p, bytes, len) == 0;
}

size_t der_announced(const uint8_t *bytes, size_t len)
{
    size_t content = 0;
    size_t header = header_len(bytes, len, &content);
    return header == 0 || content > SIZE_MAX - header ? 0 : header + content;
}
