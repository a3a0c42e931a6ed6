/* LDAP and PostgreSQL. */
#include "dialogue.h"

#include <stdio.h>
#include <string.h>

/* LDAPMessage 1, extendedReq [APPLICATION 23] with requestName [0] (RFC 4511 section 4.14.1). */
static const char ldap_request[] = "\x30\x1d\x02\x01\x01\x77\x18\x80\x16"
                                   "1.3.6.1.4.1.1466.20037";
static const char postgres_request[] = "\x00\x00\x00\x08\x04\xd2\x16\x2f";

void dialogue_ldap_start(const struct dialogue *d, struct tlsagen_buf *out)
{
    (void)d;
    tlsagen_buf_add(out, ldap_request, sizeof(ldap_request) - 1);
}

void dialogue_postgres_start(const struct dialogue *d, struct tlsagen_buf *out)
{
    (void)d;
    tlsagen_buf_add(out, postgres_request, sizeof(postgres_request) - 1);
}

/* A cursor over BER. */
struct ber {
    const unsigned char *p;
    size_t len;
};

/*
 * Reads a tag and a definite length of at most four bytes, the cursor then being at the content,
 * whose length is given. 1 when read, 0 when cut off, -1 when it can be no such header.
 */
static int ber_header(struct ber *in, unsigned char tag, size_t *content)
{
    if (in->len > 0 && in->p[0] != tag)
        return -1;
    if (in->len < 2)
        return 0;
    size_t bytes = in->p[1] < 0x80 ? 0 : in->p[1] & 0x7fU;
    size_t value = bytes == 0 ? in->p[1] : 0;
    if (in->p[1] == 0x80 || bytes > 4)
        return -1;
    if (in->len < 2 + bytes)
        return 0;
    for (size_t i = 0; i < bytes; i++)
        value = value << 8 | in->p[2 + i];
    in->p += 2 + bytes;
    in->len -= 2 + bytes;
    *content = value;
    return 1;
}

/* Takes a whole element out of the cursor. */
static bool ber_take(struct ber *in, unsigned char tag, struct ber *content)
{
    size_t n = 0;
    if (ber_header(in, tag, &n) != 1 || n > in->len)
        return false;
    content->p = in->p;
    content->len = n;
    in->p += n;
    in->len -= n;
    return true;
}

long dialogue_ldap_unit(const char *bytes, size_t len)
{
    struct ber in = {(const unsigned char *)bytes, len};
    size_t content = 0;
    int header = ber_header(&in, 0x30, &content);
    if (header != 1)
        return header;
    if (content > DIALOGUE_UNIT_MAX - 6)
        return -1;
    return content <= in.len ? (long)(len - in.len + content) : 0;
}

enum dialogue_step dialogue_ldap(struct dialogue *d, const char *unit, size_t len,
                                 struct tlsagen_buf *out, struct tlsagen_err *err)
{
    (void)d, (void)out;
    struct ber in = {(const unsigned char *)unit, len};
    struct ber message, id, response, code, name, text;
    if (!ber_take(&in, 0x30, &message) || !ber_take(&message, 0x02, &id) ||
        !ber_take(&message, 0x78, &response) || !ber_take(&response, 0x0a, &code) ||
        !ber_take(&response, 0x04, &name) || !ber_take(&response, 0x04, &text) || id.len != 1 ||
        code.len != 1)
        return dialogue_fail(TLSAGEN_E_SYNTAX, "the server's answer is no LDAP extended response",
                             unit, len, err);
    if (id.p[0] == 0) /* RFC 4511 section 4.4.1 */
        return dialogue_fail(TLSAGEN_E_NETWORK, "the LDAP server disconnects", (const char *)text.p,
                             text.len, err);
    if (id.p[0] != 1)
        return dialogue_fail(TLSAGEN_E_SYNTAX, "the LDAP server answers another request",
                             (const char *)text.p, text.len, err);
    if (code.p[0] == 0)
        return DIALOGUE_TLS;
    char what[80];
    (void)snprintf(what, sizeof(what), "the server refuses StartTLS with LDAP result code %u",
                   (unsigned)code.p[0]);
    return dialogue_fail(TLSAGEN_E_NOTFOUND, what, (const char *)text.p, text.len, err);
}

enum dialogue_step dialogue_postgres(struct dialogue *d, const char *unit, size_t len,
                                     struct tlsagen_buf *out, struct tlsagen_err *err)
{
    (void)d, (void)out;
    switch (unit[0]) {
    case 'S':
        return DIALOGUE_TLS;
    case 'N':
        return dialogue_fail(TLSAGEN_E_NOTFOUND, "the server is not willing to use TLS", unit, len,
                             err);
    case 'E':
        return dialogue_fail(TLSAGEN_E_NETWORK, "the server answers SSLRequest with an error", unit,
                             len, err);
    default:
        return dialogue_fail(TLSAGEN_E_SYNTAX, "the server does not speak PostgreSQL's protocol",
                             unit, len, err);
    }
}
