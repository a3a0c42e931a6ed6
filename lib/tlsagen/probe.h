/*
 * tlsagen/probe.h - ask live servers for their certificates.
 *
 * Nothing is authenticated here: whoever answers at the address is believed (trust on first use).
 * What comes back is what was shown, for a human or for a check against signed records to judge.
 * Such a check needs no connection of its own: X509_STORE_CTX_set0_dane takes the chains given.
 */
#ifndef TLSAGEN_PROBE_H
#define TLSAGEN_PROBE_H

#include <stddef.h>
#include <stdint.h>

#include <tlsagen/base.h>
#include <tlsagen/service.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Kinds of certificate a client can ask for; a server may have one of each. */
enum tlsagen_probe_kind {
    TLSAGEN_PROBE_ECDSA, /* and EdDSA */
    TLSAGEN_PROBE_RSA,
    TLSAGEN_PROBE_KINDS /* how many there are */
};

/* What became of one handshake. */
enum tlsagen_probe_state {
    TLSAGEN_PROBE_OK = 0,        /* the handshake was completed */
    TLSAGEN_PROBE_NONE_OF_KIND,  /* the server has no certificate of this kind; no fault */
    TLSAGEN_PROBE_NO_CONNECTION, /* TCP: refused, unreachable */
    TLSAGEN_PROBE_NO_STARTTLS,   /* not offered, or refused */
    TLSAGEN_PROBE_NO_PROTOCOL,   /* the server broke off, or broke the rules, before TLS */
    TLSAGEN_PROBE_NO_TLS,        /* the handshake failed */
    TLSAGEN_PROBE_TIMEOUT,       /* a time limit passed, or the server said "not now" */
    TLSAGEN_PROBE_FAILED         /* a fault on our side: memory, sockets, libssl */
};

struct tlsagen_probe_options {
    const char *host;    /* whom to ask for: resolved, and sent as SNI unless it is an address */
    const char *address; /* numeric IPv4 or IPv6 address to connect to, or NULL: all of host's */
    const char *domain;  /* whom an XMPP stream is for; NULL: host */
    uint16_t port;
    enum tlsagen_starttls starttls;
    int family;        /* 4 or 6 for addresses of that family only, else 0 */
    uint32_t step_ms;  /* for each of: connecting, STARTTLS dialogue, handshake; 0: 10,000 */
    uint32_t total_ms; /* for all of it, name resolution aside; 0: 60,000 */
};

struct tlsagen_probe_cert {
    uint8_t *der;
    size_t len; /* bytes */
};

/*
 * One address asked for one kind. A chain may stand beside a failed handshake, of a server that
 * wants a client certificate for example; only with state OK did the server prove to hold the key.
 */
struct tlsagen_probe_answer {
    enum tlsagen_probe_state state;
    enum tlsagen_probe_kind kind;
    struct tlsagen_err err;           /* why, unless state is OK */
    char address[64];                 /* numeric, "192.0.2.1" or "2001:db8::1" */
    char tls_version[16];             /* "TLSv1.3", or "" without a handshake */
    uint32_t ms;                      /* how long it took, milliseconds */
    struct tlsagen_probe_cert *chain; /* as sent, leaf first; NULL when none was shown */
    size_t chain_len;
};

/* Two answers, one for each kind, for each address in the order the resolver gave them. */
struct tlsagen_probe_result {
    struct tlsagen_probe_answer *answers;
    size_t count;
};

/*
 * Asks every address, one after another, for each kind of certificate. OK when there was somebody
 * to ask, even if nobody answered: see each answer. TLSAGEN_E_ARGUMENT for unusable options,
 * TLSAGEN_E_NOTFOUND when host has no address, TLSAGEN_E_TIMEOUT when its name cannot be resolved
 * now. *result is set on TLSAGEN_OK and goes to tlsagen_probe_free.
 *
 * Names are resolved by getaddrinfo(3), whose time limit is the system's (resolv.conf: 10 seconds
 * and more for each server) and not ours. No signal is raised by a peer that goes away. Several
 * threads may run this at once.
 */
TLSAGEN_API enum tlsagen_status tlsagen_probe_run(const struct tlsagen_probe_options *options,
                                                  struct tlsagen_probe_result **result,
                                                  struct tlsagen_err *err);
/* Frees a result; NULL is fine. */
TLSAGEN_API void tlsagen_probe_free(struct tlsagen_probe_result *result);
/* A short text for a state ("no STARTTLS"); static. */
TLSAGEN_API const char *tlsagen_probe_state_text(enum tlsagen_probe_state state);
/* "ECDSA" or "RSA"; static. */
TLSAGEN_API const char *tlsagen_probe_kind_text(enum tlsagen_probe_kind kind);

#ifdef __cplusplus
}
#endif

#endif
