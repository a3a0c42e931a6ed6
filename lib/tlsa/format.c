#include <tlsagen/record.h>

#define TYPE_TLSA 52        /* RFC 6698 section 7.1 */
#define MULTILINE_DIGITS 56 /* dig +multi breaks hexadecimal text after these */

static void add_head(struct tlsagen_buf *buf, const char *owner, int64_t ttl, const char *type)
{
    tlsagen_buf_str(buf, owner);
    tlsagen_buf_char(buf, '\t');
    if (ttl != TLSAGEN_TTL_NONE) {
        tlsagen_buf_dec(buf, (uint64_t)ttl);
        tlsagen_buf_char(buf, '\t');
    }
    tlsagen_buf_str(buf, "IN\t");
    tlsagen_buf_str(buf, type);
    tlsagen_buf_char(buf, '\t');
}

static void add_fields(struct tlsagen_buf *buf, struct tlsagen_fields fields)
{
    const char text[] = {(char)('0' + fields.usage % 10),    ' ',
                         (char)('0' + fields.selector % 10), ' ',
                         (char)('0' + fields.matching % 10), ' '};
    tlsagen_buf_add(buf, text, sizeof(text));
}

static void add_zone(struct tlsagen_buf *buf, const char *owner, int64_t ttl,
                     const struct tlsagen_record *record)
{
    add_head(buf, owner, ttl, "TLSA");
    add_fields(buf, record->fields);
    tlsagen_buf_hex(buf, record->data, record->len);
    tlsagen_buf_char(buf, '\n');
}

static void add_multiline(struct tlsagen_buf *buf, const char *owner, int64_t ttl,
                          const struct tlsagen_record *record)
{
    add_head(buf, owner, ttl, "TLSA");
    add_fields(buf, record->fields);
    tlsagen_buf_char(buf, '(');
    for (size_t at = 0; at < record->len; at += MULTILINE_DIGITS / 2) {
        size_t len = record->len - at;
        if (len > MULTILINE_DIGITS / 2)
            len = MULTILINE_DIGITS / 2;
        tlsagen_buf_str(buf, "\n\t\t\t\t");
        tlsagen_buf_hex(buf, record->data + at, len);
    }
    tlsagen_buf_str(buf, " )\n");
}

static void add_generic(struct tlsagen_buf *buf, const char *owner, int64_t ttl,
                        const struct tlsagen_record *record)
{
    const uint8_t fields[3] = {record->fields.usage, record->fields.selector,
                               record->fields.matching};
    _Static_assert(TYPE_TLSA == 52, "the mnemonic below is of this type");
    add_head(buf, owner, ttl, "TYPE52");
    tlsagen_buf_str(buf, "\\# ");
    tlsagen_buf_dec(buf, sizeof(fields) + record->len);
    tlsagen_buf_char(buf, ' ');
    tlsagen_buf_hex(buf, fields, sizeof(fields));
    tlsagen_buf_hex(buf, record->data, record->len);
    tlsagen_buf_char(buf, '\n');
}

static void add_nsupdate(struct tlsagen_buf *buf, const char *owner, int64_t ttl,
                         const struct tlsagen_record *record)
{
    tlsagen_buf_str(buf, "update add ");
    tlsagen_buf_str(buf, owner);
    tlsagen_buf_char(buf, ' ');
    tlsagen_buf_dec(buf, ttl == TLSAGEN_TTL_NONE ? 0 : (uint64_t)ttl);
    tlsagen_buf_str(buf, " IN TLSA ");
    add_fields(buf, record->fields);
    tlsagen_buf_hex(buf, record->data, record->len);
    tlsagen_buf_char(buf, '\n');
}

void tlsagen_rrset_format(struct tlsagen_buf *buf, enum tlsagen_format format, const char *owner,
                          int64_t ttl, const struct tlsagen_rrset *set)
{
    static void (*const add[])(struct tlsagen_buf *, const char *, int64_t,
                               const struct tlsagen_record *) = {
        [TLSAGEN_FORMAT_ZONE] = add_zone,
        [TLSAGEN_FORMAT_MULTILINE] = add_multiline,
        [TLSAGEN_FORMAT_GENERIC] = add_generic,
        [TLSAGEN_FORMAT_NSUPDATE] = add_nsupdate,
    };
    for (size_t i = 0; i < set->count; i++)
        add[format](buf, owner, ttl, &set->records[i]);
}
