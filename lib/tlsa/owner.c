#include <tlsagen/record.h>

#include <stdio.h>
#include <string.h>
#include <strings.h>

#define OWNER_MAX                                                                                  \
    254 /* 253 bytes and the final dot are 255 on the wire, RFC 1035 section 2.3.4                 \
         */

static const char *const protos[] = {"tcp", "udp", "sctp"};

enum tlsagen_status tlsagen_proto_parse(const char *word, enum tlsagen_proto *proto,
                                        struct tlsagen_err *err)
{
    const char *name = word[0] == '_' ? word + 1 : word;
    for (unsigned i = 0; i < 3; i++) {
        if (strcasecmp(name, protos[i]) == 0) {
            *proto = (enum tlsagen_proto)i;
            return TLSAGEN_OK;
        }
    }
    return tlsagen_err_set(err, TLSAGEN_E_ARGUMENT,
                           "protocol \"%.32s\" is unknown; give tcp, udp or sctp", word);
}

const char *tlsagen_proto_name(enum tlsagen_proto proto)
{
    return protos[proto];
}

/* `_PORT._PROTO.` at the beginning: an owner, pasted where its host is wanted. */
static bool is_owner(const char *host)
{
    size_t digits = host[0] == '_' ? strspn(host + 1, "0123456789") : 0;
    if (digits == 0 || strncmp(host + 1 + digits, "._", 2) != 0)
        return false;
    const char *proto = host + 1 + digits + 2;
    for (unsigned i = 0; i < 3; i++) {
        size_t len = strlen(protos[i]);
        if (strncasecmp(proto, protos[i], len) == 0 && proto[len] == '.')
            return true;
    }
    return false;
}

enum tlsagen_status tlsagen_owner_make(const char *host, uint16_t port, enum tlsagen_proto proto,
                                       char owner[TLSAGEN_NAME_SIZE], struct tlsagen_err *err)
{
    char text[TLSAGEN_NAME_SIZE + 32];
    if (is_owner(host))
        return tlsagen_err_set(err, TLSAGEN_E_ARGUMENT,
                               "host \"%.100s\" has port and protocol before it; give the host "
                               "without them",
                               host);
    int len = snprintf(text, sizeof(text), "_%u._%s.%s", (unsigned)port, protos[proto], host);
    if (len < 0 || len > OWNER_MAX)
        return tlsagen_err_set(err, TLSAGEN_E_ARGUMENT,
                               "owner _%u._%s.%.40s... is longer than the 253 bytes of a name",
                               (unsigned)port, protos[proto], host);
    memcpy(owner, text, (size_t)len + 1);
    return TLSAGEN_OK;
}

static bool ends_with_name(const char *owner, size_t owner_len, const char *origin, size_t len)
{
    if (len > owner_len || strcasecmp(owner + owner_len - len, origin) != 0)
        return false;
    return len == owner_len || owner[owner_len - len - 1] == '.';
}

enum tlsagen_status tlsagen_owner_relative(const char *owner, const char *origin,
                                           char relative[TLSAGEN_NAME_SIZE],
                                           struct tlsagen_err *err)
{
    size_t owner_len = strlen(owner);
    size_t len = strlen(origin);
    bool root = strcmp(origin, ".") == 0;
    if (!root && !ends_with_name(owner, owner_len, origin, len))
        return tlsagen_err_set(err, TLSAGEN_E_MISMATCH, "%s does not lie in the zone %s", owner,
                               origin);
    if (strcasecmp(owner, origin) == 0) {
        memcpy(relative, "@", 2);
        return TLSAGEN_OK;
    }
    size_t keep = root ? owner_len - 1 : owner_len - len - 1;
    memcpy(relative, owner, keep);
    relative[keep] = '\0';
    return TLSAGEN_OK;
}
