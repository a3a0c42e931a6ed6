#include "rr.h"

#include <arpa/inet.h>
#include <string.h>
#include <sys/socket.h>

#include "zone/name.h"

bool rr_address(const struct tlsagen_dns_record *record, uint16_t type,
                char address[TLSAGEN_DNS_ADDRESS_SIZE])
{
    int family = type == TYPE_A ? AF_INET : AF_INET6;
    if (record->len != (family == AF_INET ? 4U : 16U))
        return false;
    return inet_ntop(family, record->data, address, TLSAGEN_DNS_ADDRESS_SIZE) != NULL;
}

/* Bytes of the name at p, without compression; 0 when there is none. */
static size_t name_length(const uint8_t *p, size_t len)
{
    size_t at = 0;
    while (at < len && at < NAME_WIRE_MAX && p[at] <= NAME_LABEL_MAX) {
        if (p[at] == 0)
            return at + 1;
        at += 1U + p[at];
    }
    return 0;
}

bool rr_name(const struct tlsagen_dns_record *record, size_t offset,
             char text[TLSAGEN_DNS_NAME_SIZE])
{
    struct name name;
    if (record->len <= offset || record->len - offset > NAME_WIRE_MAX ||
        name_length(record->data + offset, record->len - offset) != record->len - offset)
        return false;
    name.len = (uint8_t)(record->len - offset);
    memcpy(name.wire, record->data + offset, name.len);
    (void)name_text(&name, text);
    return true;
}

bool rr_serial(const struct tlsagen_dns_record *record, uint32_t *serial)
{
    size_t at = name_length(record->data, record->len);
    size_t more = at > 0 ? name_length(record->data + at, record->len - at) : 0;
    at += more;
    if (more == 0 || record->len - at != 20)
        return false;
    const uint8_t *p = record->data + at;
    *serial = (uint32_t)p[0] << 24 | (uint32_t)p[1] << 16 | (uint32_t)p[2] << 8 | p[3];
    return true;
}
