/* lint_record.c - rules for one record by itself. */
#include <stdio.h>
#include <string.h>

#include "lint.h"
#include "serial.h"

#define DAY 86400U
#define SMTP_PORT "25"

/* The digests of no bytes at all, which scripts publish when a command before them fails. */
static const uint8_t empty_sha256[] = {
    0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14, 0x9a, 0xfb, 0xf4, 0xc8, 0x99, 0x6f, 0xb9, 0x24,
    0x27, 0xae, 0x41, 0xe4, 0x64, 0x9b, 0x93, 0x4c, 0xa4, 0x95, 0x99, 0x1b, 0x78, 0x52, 0xb8, 0x55};
static const uint8_t empty_sha512[] = {
    0xcf, 0x83, 0xe1, 0x35, 0x7e, 0xef, 0xb8, 0xbd, 0xf1, 0x54, 0x28, 0x50, 0xd6, 0x6d, 0x80, 0x07,
    0xd6, 0x20, 0xe4, 0x05, 0x0b, 0x57, 0x15, 0xdc, 0x83, 0xf4, 0xa9, 0x21, 0xd3, 0x6c, 0xe9, 0xce,
    0x47, 0xd0, 0xd1, 0x3c, 0x5d, 0x85, 0xf2, 0xb0, 0xff, 0x83, 0x18, 0xd2, 0x87, 0x7e, 0xec, 0x2f,
    0x63, 0xb9, 0x31, 0xbd, 0x47, 0x41, 0x7a, 0x81, 0xa5, 0x38, 0x32, 0x7a, 0xf9, 0x27, 0xda, 0x3e};

struct tlsa {
    struct lint_place place;
    char owner[NAME_TEXT_SIZE];
    unsigned usage;
    unsigned selector;
    unsigned matching;
};

const char *lint_data_fault(const uint8_t *rdata, size_t len, const char *owner, char *text,
                            size_t size)
{
    const unsigned matching = len < 3 ? 0 : rdata[2];
    const size_t wanted = matching == 1   ? sizeof(empty_sha256)
                          : matching == 2 ? sizeof(empty_sha512)
                                          : 0;
    const uint8_t *empty = matching == 1 ? empty_sha256 : empty_sha512;
    const size_t data_len = len < 3 ? 0 : len - 3;
    text[0] = '\0';
    if (len < 3)
        (void)snprintf(text, size, "%.300s: TLSA of %zu bytes; publish the record anew", owner,
                       len);
    else if (data_len == 0)
        (void)snprintf(text, size, "%.300s: TLSA without association data; publish the record anew",
                       owner);
    else if (wanted != 0 && data_len != wanted)
        (void)snprintf(text, size,
                       "%.300s: %zu bytes of association data, and matching type %u (SHA-%s) has "
                       "%zu; publish the record anew",
                       owner, data_len, matching, matching == 1 ? "256" : "512", wanted);
    else if (wanted != 0 && memcmp(rdata + 3, empty, wanted) == 0) {
        (void)snprintf(text, size,
                       "%.300s: the digest of empty input, which matches no certificate; publish "
                       "the record anew",
                       owner);
        return "empty-digest";
    }
    return text[0] == '\0' ? NULL : "digest-length";
}

/* RFC 7671 section 5.1 for 3 0 x, RFC 7672 section 3.1.3 for mail, RFC 7218 for the numbers. */
static void check_parameters(struct lint *lint, const struct tlsa *tlsa, bool smtp)
{
    if (tlsa->usage > 3 || tlsa->selector > 1 || tlsa->matching > 2)
        lint_tell(lint, false, "unknown-parameter", &tlsa->place,
                  "%.300s: clients do not know TLSA %u %u %u and ignore the record", tlsa->owner,
                  tlsa->usage, tlsa->selector, tlsa->matching);
    else if (tlsa->usage <= 1 && smtp)
        lint_tell(lint, false, "usage-smtp", &tlsa->place,
                  "%.300s: usage %u is unusable for mail servers (RFC 7672 section 3.1.3); "
                  "use 3 1 1 or 2 1 1",
                  tlsa->owner, tlsa->usage);
    else if (tlsa->usage == 3 && tlsa->selector == 0)
        lint_tell(lint, false, "certificate-digest", &tlsa->place,
                  "%.300s: TLSA 3 0 %u matches one certificate and breaks at its renewal; 3 1 1 "
                  "lasts as long as the key (RFC 7671 section 5.1)",
                  tlsa->owner, tlsa->matching);
}

static bool is_port(const uint8_t *label)
{
    unsigned number = 0;
    if (label[0] == 1)
        return label[1] == '*';
    if (label[0] < 2 || label[0] > 6 || label[1] != '_' || label[2] == '0')
        return false;
    for (unsigned i = 2; i <= label[0]; i++) {
        if (label[i] < '0' || label[i] > '9')
            return false;
        number = number * 10 + (unsigned)(label[i] - '0');
    }
    return number <= UINT16_MAX;
}

bool lint_is_service(const struct name *owner)
{
    if (name_labels(owner) < 2 || !is_port(owner->wire))
        return false;
    const uint8_t *protocol = owner->wire + 1 + owner->wire[0];
    return protocol[0] >= 2 && protocol[1] == '_';
}

static bool is_smtp(const struct name *owner)
{
    static const uint8_t label[] = "\3_" SMTP_PORT;
    return owner->len > sizeof(label) && memcmp(owner->wire, label, sizeof(label) - 1) == 0;
}

uint64_t lint_hash(const struct tlsagen_buf *bytes)
{
    uint64_t hash = UINT64_C(0xcbf29ce484222325);
    for (size_t i = 0; i < bytes->len; i++)
        hash = (hash ^ (unsigned char)bytes->data[i]) * UINT64_C(0x100000001b3);
    return hash;
}

static enum tlsagen_status keep_tlsa(struct lint *lint, const struct walk_record *record,
                                     const struct lint_place *place, struct tlsagen_err *err)
{
    const struct tlsagen_buf *wire = &lint->rdata.wire;
    size_t owner;
    void *array = lint->tlsa;
    enum tlsagen_status status =
        lint_grow(&array, lint->tlsa_count, &lint->tlsa_cap, sizeof(*lint->tlsa), err);
    lint->tlsa = array;
    if (status == TLSAGEN_OK)
        status = lint_add_name(&lint->names, &record->owner, LINT_TLSA, &owner, err);
    if (status != TLSAGEN_OK)
        return status;
    lint->tlsa[lint->tlsa_count++] =
        (struct lint_tlsa){.owner = owner,
                           .place = *place,
                           .ttl = record->ttl,
                           .ttl_known = record->ttl_from != WALK_TTL_UNKNOWN,
                           .data_at = lint->data.len,
                           .data_len = wire->len,
                           .hash = lint_hash(wire)};
    tlsagen_buf_add(&lint->data, wire->data, wire->len);
    return tlsagen_buf_check(&lint->data, err);
}

static enum tlsagen_status take_tlsa(struct lint *lint, const struct walk_record *record,
                                     struct tlsagen_err *err)
{
    const uint8_t *wire = (const uint8_t *)lint->rdata.wire.data;
    size_t len = lint->rdata.wire.len;
    struct tlsa tlsa = {.place = lint_place_of(record, record->type_token)};
    (void)name_text(&record->owner, tlsa.owner);
    char text[TLSAGEN_ERR_SIZE];
    const char *fault = lint_data_fault(wire, len, tlsa.owner, text, sizeof(text));
    if (fault != NULL)
        lint_tell(lint, true, fault, &tlsa.place, "%s", text);
    if (len < 3)
        return TLSAGEN_OK;
    tlsa.usage = wire[0];
    tlsa.selector = wire[1];
    tlsa.matching = wire[2];
    check_parameters(lint, &tlsa, is_smtp(&record->owner));
    if (record->ttl_from != WALK_TTL_UNKNOWN && record->ttl > DAY)
        lint_tell(lint, false, "ttl-long", &tlsa.place,
                  "%.300s: a TTL of %u s is over a day, and a change of key has to wait for two of "
                  "them; an hour is usual",
                  tlsa.owner, record->ttl);
    lint->odd_owner = lint->odd_owner || !lint_is_service(&record->owner);
    return keep_tlsa(lint, record, &tlsa.place, err);
}

static enum tlsagen_status take_mx(struct lint *lint, const struct walk_record *record,
                                   struct tlsagen_err *err)
{
    const struct tlsagen_buf *wire = &lint->rdata.wire;
    struct name host;
    size_t index;
    if (wire->len < 3 || wire->len - 2 > NAME_WIRE_MAX)
        return TLSAGEN_OK;
    host.len = (uint8_t)(wire->len - 2);
    memcpy(host.wire, wire->data + 2, host.len);
    /* "." says that there is no mail (RFC 7505); hosts of other zones are theirs. */
    const struct name *apex = walk_apex(lint->walk);
    if (host.len == 1 || apex == NULL || !name_is_within(&host, apex))
        return TLSAGEN_OK;
    enum tlsagen_status status = lint_add_name(&lint->names, &host, 0, &index, err);
    if (status != TLSAGEN_OK || (lint->names.flags[index] & LINT_MX_HOST) != 0)
        return status;
    lint->names.flags[index] |= LINT_MX_HOST;
    void *array = lint->mx;
    status = lint_grow(&array, lint->mx_count, &lint->mx_cap, sizeof(*lint->mx), err);
    lint->mx = array;
    if (status == TLSAGEN_OK)
        lint->mx[lint->mx_count++] =
            (struct lint_mx){index, lint_place_of(record, record->type_token)};
    return status;
}

static void take_soa(struct lint *lint, const struct walk_record *record)
{
    struct tlsagen_err why;
    size_t token;
    uint32_t serial = 0;
    if (serial_find(record, &serial, &token, &why) != TLSAGEN_OK) {
        struct lint_place place = lint_place_of(record, record->type_token);
        lint_tell(lint, true, "serial", &place, "%s", why.message);
    } else if (!lint->verdict->has_soa) {
        lint->verdict->has_soa = true;
        lint->verdict->serial = serial;
    }
}

static void tell_signed(struct lint *lint, const struct walk_record *record)
{
    struct lint_place place = lint_place_of(record, record->type_token);
    char type[TYPE_TEXT_SIZE];
    if (lint->signed_told)
        return;
    lint->signed_told = true;
    lint_tell(lint, true, "signed", &place,
              "the zone is signed in this file (%s), and an edit would break the signatures; edit "
              "the unsigned file and sign it again",
              type_text(record->type, type));
}

static void tell_keys(struct lint *lint, const struct walk_record *record)
{
    struct lint_place place = lint_place_of(record, record->type_token);
    if (lint->keys_told)
        return;
    lint->keys_told = true;
    lint_tell(lint, false, "dnskey", &place,
              "DNSKEY records; if the zone is signed from this file, sign it again after an edit");
}

/* A second one at its owner is other data, too. */
static enum tlsagen_status take_cname(struct lint *lint, const struct walk_record *record,
                                      struct tlsagen_err *err)
{
    (void)lint_read_rdata(lint, record);
    if (!record->again)
        return TLSAGEN_OK;
    return lint_add_name(&lint->suspects, &record->owner, 0, NULL, err);
}

enum tlsagen_status lint_record(struct lint *lint, const struct walk_record *record,
                                struct tlsagen_err *err)
{
    switch (record->type) {
    case TYPE_RRSIG:
    case TYPE_NSEC:
    case TYPE_NSEC3:
    case TYPE_ZONEMD:
        tell_signed(lint, record);
        return TLSAGEN_OK;
    case TYPE_DNSKEY:
        tell_keys(lint, record);
        return TLSAGEN_OK;
    case TYPE_SOA:
        if (lint_read_rdata(lint, record))
            take_soa(lint, record);
        return TLSAGEN_OK;
    case TYPE_CNAME:
        return take_cname(lint, record, err);
    case TYPE_TLSA:
        return lint_read_rdata(lint, record) ? take_tlsa(lint, record, err) : TLSAGEN_OK;
    case TYPE_MX:
        return lint_read_rdata(lint, record) ? take_mx(lint, record, err) : TLSAGEN_OK;
    default:
        return TLSAGEN_OK;
    }
}
