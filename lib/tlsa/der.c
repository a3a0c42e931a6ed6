#include "der.h"

#include <string.h>

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
    size_t header = der_header_len(bytes, len, &content);
    return header == 0 || content > SIZE_MAX - header ? 0 : header + content;
}
