/*
 * tlsagen/service.h - well-known services: their names, ports and way into TLS.
 *
 * A constant table, for which no file is read and nothing is asked, and lists of ports.
 */
#ifndef TLSAGEN_SERVICE_H
#define TLSAGEN_SERVICE_H

#include <stddef.h>
#include <stdint.h>

#include <tlsagen/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How a client gets to the TLS handshake on a fresh TCP connection. */
enum tlsagen_starttls {
    TLSAGEN_STARTTLS_NONE = 0,    /* at once ("direct", implicit TLS) */
    TLSAGEN_STARTTLS_SMTP,        /* RFC 3207 */
    TLSAGEN_STARTTLS_SUBMISSION,  /* RFC 3207 and RFC 6409; on the wire as SMTP */
    TLSAGEN_STARTTLS_LMTP,        /* RFC 2033 with RFC 3207 */
    TLSAGEN_STARTTLS_IMAP,        /* RFC 9051 section 6.2.1 */
    TLSAGEN_STARTTLS_POP3,        /* RFC 2595 section 4 */
    TLSAGEN_STARTTLS_SIEVE,       /* RFC 5804 section 2.2 */
    TLSAGEN_STARTTLS_XMPP_CLIENT, /* RFC 6120 section 5 */
    TLSAGEN_STARTTLS_XMPP_SERVER, /* RFC 6120 section 5, stream of jabber:server */
    TLSAGEN_STARTTLS_LDAP,        /* RFC 4511 section 4.14 */
    TLSAGEN_STARTTLS_FTP,         /* RFC 4217 */
    TLSAGEN_STARTTLS_NNTP,        /* RFC 4642 */
    TLSAGEN_STARTTLS_POSTGRES,    /* SSLRequest of PostgreSQL's protocol 3 */
    TLSAGEN_STARTTLS_COUNT        /* not a protocol: how many there are */
};

/* One row of the table; all strings are static, lower case. */
struct tlsagen_service {
    const char *name;
    uint16_t port; /* of TCP */
    enum tlsagen_starttls starttls;
};

/*
 * The service of a name such as "smtp", of any case, or NULL. Several names may share a port
 * ("submissions", "smtps").
 */
TLSAGEN_API const struct tlsagen_service *tlsagen_service_find(const char *name);
/* The service that usually listens on a TCP port, or NULL. */
TLSAGEN_API const struct tlsagen_service *tlsagen_service_at(uint16_t port);
/* The i-th row, or NULL beyond the last one: for lists and completions. */
TLSAGEN_API const struct tlsagen_service *tlsagen_service_row(size_t i);

/*
 * PORT[,PORT...]: numbers from 1 to 65535, names of the table, and names that services(5) has for
 * the transport proto, such as "tcp"; only for these the system's file is read. Each port is kept
 * once, in the order given. TLSAGEN_E_ARGUMENT for a word that is no port, TLSAGEN_E_LIMIT for
 * more than size ports.
 */
TLSAGEN_API enum tlsagen_status tlsagen_ports_parse(const char *text, const char *proto,
                                                    uint16_t *ports, size_t size, size_t *count,
                                                    struct tlsagen_err *err);

/*
 * The protocol of a word such as "smtp" or "postgres", of any case; "direct", "none" and "tls" are
 * TLSAGEN_STARTTLS_NONE. TLSAGEN_E_ARGUMENT, with the list of words, for another one.
 */
TLSAGEN_API enum tlsagen_status tlsagen_starttls_parse(const char *word,
                                                       enum tlsagen_starttls *starttls,
                                                       struct tlsagen_err *err);
/* The word of a protocol, "direct" for TLSAGEN_STARTTLS_NONE, "?" outside the enum; static. */
TLSAGEN_API const char *tlsagen_starttls_name(enum tlsagen_starttls starttls);

#ifdef __cplusplus
}
#endif

#endif
