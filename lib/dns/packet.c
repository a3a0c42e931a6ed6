#include "packet.h"

#include <stdlib.h>
#include <string.h>

#define HEADER 12
#define ALIASES_MAX 16 /* on the way to one answer; libunbound has 11 */

#define OPT_DO 0x80

/* A cursor over the message; a read beyond its end sets bad, and later ones do nothing. */
struct cursor {
    const uint8_t *bytes;
    size_t len;
    size_t at;
    bool bad;
};

static bool cursor_has(struct cursor *c, size_t n)
{
    if (c->bad || n > c->len - c->at)
        c->bad = true;
    return !c->bad;
}

static unsigned get8(struct cursor *c)
{
    return cursor_has(c, 1) ? c->bytes[c->at++] : 0;
}

static unsigned get16(struct cursor *c)
{
    unsigned high = get8(c);
    return high << 8 | get8(c);
}

static uint32_t get32(struct cursor *c)
{
    uint32_t high = get16(c);
    return high << 16 | get16(c);
}

static void skip(struct cursor *c, size_t n)
{
    if (cursor_has(c, n))
        c->at += n;
}

/* Appends the label at p, whose length byte is given. */
static bool add_label(struct name *name, const uint8_t *p, size_t n)
{
    if (name->len + 1 + n > NAME_WIRE_MAX)
        return false;
    memcpy(name->wire + name->len, p, 1 + n);
    name->len = (uint8_t)(name->len + 1 + n);
    return true;
}

/*
 * A name, with compression (RFC 1035 section 4.1.4). A pointer leads to before the part that it
 * ends, so that there is no loop.
 */
static void get_name(struct cursor *c, struct name *name)
{
    size_t at = c->at, start = c->at, after = 0;
    name->len = 0;
    while (!c->bad) {
        if (at >= c->len)
            break;
        unsigned n = c->bytes[at];
        if (n >= 0xc0) {
            if (at + 2 > c->len)
                break;
            size_t to = (size_t)(n & 0x3fU) << 8 | c->bytes[at + 1];
            after = after == 0 ? at + 2 : after;
            if (to >= start)
                break;
            at = start = to;
            continue;
        }
        if (n > NAME_LABEL_MAX || n >= c->len - at || !add_label(name, c->bytes + at, n))
            break;
        at += 1 + n;
        if (n == 0) {
            c->at = after != 0 ? after : at;
            return;
        }
    }
    c->bad = true;
}

/* --- writing --- */

static size_t put16(uint8_t *out, size_t at, unsigned value)
{
    out[at] = (uint8_t)(value >> 8 & 0xff);
    out[at + 1] = (uint8_t)(value & 0xff);
    return at + 2;
}

size_t packet_question(uint8_t out[PACKET_QUESTION_MAX], uint16_t id, unsigned flags,
                       const struct name *name, uint16_t type)
{
    memset(out, 0, PACKET_QUESTION_MAX);
    size_t at = put16(out, 0, id);
    at = put16(out, at, flags);
    at = put16(out, at, 1);
    (void)put16(out, 10, 1);
    memcpy(out + HEADER, name->wire, name->len);
    at = put16(out, HEADER + (size_t)name->len, type);
    at = put16(out, at, CLASS_IN);
    at = put16(out, at + 1, TYPE_OPT); /* owner: the root */
    at = put16(out, at, PACKET_UDP_SIZE);
    out[at + 2] = OPT_DO; /* after extended rcode and version */
    return at + 6;        /* no options */
}

/* --- reading --- */

struct rr {
    struct name owner;
    unsigned type;
    unsigned class;
    uint32_t ttl;
    struct cursor data; /* at its beginning; ends with the rdata, and sees the whole message */
};

static void get_rr(struct cursor *c, struct rr *rr)
{
    get_name(c, &rr->owner);
    rr->type = get16(c);
    rr->class = get16(c);
    rr->ttl = get32(c);
    if (rr->ttl > INT32_MAX)
        rr->ttl = 0; /* RFC 2181 section 8 */
    size_t len = get16(c);
    rr->data = *c;
    skip(c, len);
    rr->data.len = c->at;
    rr->data.bad = c->bad;
}

/* The answer section, to be gone through several times. */
struct section {
    struct cursor begin;
    unsigned count;
};

static void add_wire_name(struct tlsagen_buf *out, struct cursor *c)
{
    struct name name;
    get_name(c, &name);
    tlsagen_buf_add(out, name.wire, name.len);
}

static void add_rest(struct tlsagen_buf *out, struct cursor *c)
{
    if (!c->bad)
        tlsagen_buf_add(out, c->bytes + c->at, c->len - c->at);
    c->at = c->len;
}

/* The rdata with names written out, of the types where they may be compressed and matter here. */
static bool expand(const struct rr *rr, struct tlsagen_buf *out)
{
    struct cursor c = rr->data;
    switch (rr->type) {
    case TYPE_MX:
        if (cursor_has(&c, 2))
            tlsagen_buf_add(out, c.bytes + c.at, 2);
        skip(&c, 2);
        add_wire_name(out, &c);
        break;
    case TYPE_SOA:
        add_wire_name(out, &c);
        add_wire_name(out, &c);
        if (cursor_has(&c, 20))
            tlsagen_buf_add(out, c.bytes + c.at, 20);
        skip(&c, 20);
        break;
    case TYPE_NS:
    case TYPE_CNAME:
    case TYPE_DNAME:
    case TYPE_PTR:
        add_wire_name(out, &c);
        break;
    default:
        add_rest(out, &c);
        break;
    }
    return !c.bad && c.at == c.len;
}

static enum tlsagen_status malformed(struct tlsagen_err *err)
{
    return tlsagen_err_set(err, TLSAGEN_E_SYNTAX, "a DNS answer that cannot be read");
}

static enum tlsagen_status keep(const struct rr *rr, struct tlsagen_dns_answer *answer,
                                struct tlsagen_err *err)
{
    struct tlsagen_buf data;
    tlsagen_buf_init(&data);
    bool good = expand(rr, &data);
    enum tlsagen_status status = tlsagen_buf_check(&data, err);
    struct tlsagen_dns_record *records = NULL;
    if (status == TLSAGEN_OK && !good)
        status = malformed(err);
    if (status == TLSAGEN_OK) {
        records = realloc(answer->records, (answer->count + 1) * sizeof(records[0]));
        if (records == NULL)
            status = tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory for a DNS answer");
    }
    if (status != TLSAGEN_OK) {
        tlsagen_buf_clear(&data);
        return status;
    }
    answer->records = records;
    records[answer->count++] = (struct tlsagen_dns_record){(uint8_t *)data.data, data.len};
    return TLSAGEN_OK;
}

/* What the signatures of one RRset say; the latest to expire is the one that counts. */
struct signature {
    bool seen;
    uint32_t expires;
    uint32_t original_ttl;
};

/* RFC 4034 section 3.1 */
static void take_signature(const struct rr *rr, unsigned type, struct signature *signature)
{
    struct cursor c = rr->data;
    unsigned covered = get16(&c);
    skip(&c, 2);
    uint32_t original = get32(&c), expires = get32(&c);
    if (c.bad || covered != type || (signature->seen && expires <= signature->expires))
        return;
    *signature = (struct signature){true, expires, original};
}

static void use_ttl(struct tlsagen_dns_answer *answer, uint32_t ttl,
                    const struct signature *signature)
{
    if (ttl < answer->ttl)
        answer->ttl = ttl;
    uint32_t original = signature->seen ? signature->original_ttl : ttl;
    if (original < answer->original_ttl)
        answer->original_ttl = original;
    if (signature->seen &&
        (answer->rrsig_expires == 0 || signature->expires < answer->rrsig_expires))
        answer->rrsig_expires = signature->expires;
}

/*
 * The RRset of owner and type: the records go to answer when keep_them is set, else the first one,
 * an alias, to *target. *seen tells how many there are.
 */
static enum tlsagen_status take_rrset(const struct section *section, const struct name *owner,
                                      unsigned type, bool keep_them, struct name *target,
                                      size_t *seen, struct tlsagen_dns_answer *answer,
                                      struct tlsagen_err *err)
{
    struct cursor c = section->begin;
    struct signature signature = {0};
    uint32_t ttl = UINT32_MAX;
    *seen = 0;
    for (unsigned i = 0; i < section->count; i++) {
        struct rr rr;
        get_rr(&c, &rr);
        if (c.bad)
            return malformed(err);
        if (rr.class != CLASS_IN || !name_equal(&rr.owner, owner))
            continue;
        if (rr.type == TYPE_RRSIG)
            take_signature(&rr, type, &signature);
        if (rr.type != type)
            continue;
        ttl = rr.ttl < ttl ? rr.ttl : ttl;
        enum tlsagen_status status = keep_them ? keep(&rr, answer, err) : TLSAGEN_OK;
        if (!keep_them && *seen == 0) {
            get_name(&rr.data, target);
            status = rr.data.bad ? malformed(err) : TLSAGEN_OK;
        }
        if (status != TLSAGEN_OK)
            return status;
        ++*seen;
    }
    if (*seen > 0)
        use_ttl(answer, ttl, &signature);
    return TLSAGEN_OK;
}

/* Along the aliases, from name to the one that has the records. */
static enum tlsagen_status follow(const struct section *section, const struct name *name,
                                  uint16_t type, struct tlsagen_dns_answer *answer,
                                  struct tlsagen_err *err)
{
    struct name owner = *name, target;
    size_t seen = 0;
    for (unsigned hop = 0;; hop++) {
        enum tlsagen_status status =
            take_rrset(section, &owner, type, true, NULL, &seen, answer, err);
        if (status != TLSAGEN_OK)
            return status;
        if (seen > 0 || type == TYPE_CNAME)
            break;
        status = take_rrset(section, &owner, TYPE_CNAME, false, &target, &seen, answer, err);
        if (status != TLSAGEN_OK)
            return status;
        if (seen == 0)
            break;
        if (hop == ALIASES_MAX)
            return tlsagen_err_set(err, TLSAGEN_E_SYNTAX,
                                   "more than %d aliases (CNAME) one after another", ALIASES_MAX);
        owner = target;
        answer->alias = true;
    }
    (void)name_text(&owner, answer->canonical);
    return TLSAGEN_OK;
}

static bool is_question(struct cursor *c, const struct name *name, uint16_t type)
{
    struct name asked;
    get_name(c, &asked);
    unsigned asked_type = get16(c), asked_class = get16(c);
    return !c->bad && name_equal(&asked, name) && asked_type == type && asked_class == CLASS_IN;
}

enum tlsagen_status packet_read(const uint8_t *bytes, size_t len, uint16_t id,
                                const struct name *name, uint16_t type, unsigned *flags,
                                struct tlsagen_dns_answer *answer, struct tlsagen_err *err)
{
    struct cursor c = {.bytes = bytes, .len = len};
    unsigned its_id = get16(&c);
    *flags = get16(&c);
    unsigned questions = get16(&c);
    struct section section = {.count = get16(&c)};
    skip(&c, 4);
    if (c.bad || its_id != id || (*flags & (PACKET_QR | PACKET_OPCODE)) != PACKET_QR ||
        questions != 1 || !is_question(&c, name, type))
        return tlsagen_err_set(err, TLSAGEN_E_MISMATCH, "a DNS message that is no answer to this");
    section.begin = c;
    answer->rcode = (uint8_t)(*flags & 0xf);
    answer->authoritative = (*flags & PACKET_AA) != 0;
    answer->ttl = answer->original_ttl = UINT32_MAX;
    enum tlsagen_status status = follow(&section, name, type, answer, err);
    if (answer->ttl == UINT32_MAX)
        answer->ttl = answer->original_ttl = 0;
    if (status != TLSAGEN_OK)
        return status;
    if (answer->rcode == 3)
        answer->found = TLSAGEN_DNS_NO_NAME;
    else if (answer->rcode == 0)
        answer->found = answer->count > 0 ? TLSAGEN_DNS_RECORDS : TLSAGEN_DNS_NO_DATA;
    return TLSAGEN_OK;
}
