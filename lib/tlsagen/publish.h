/*
 * tlsagen/publish.h - from a zone file to what a name server really serves.
 */
#ifndef TLSAGEN_PUBLISH_H
#define TLSAGEN_PUBLISH_H

#include <tlsagen/base.h>
#include <tlsagen/server.h>

#ifdef __cplusplus
extern "C" {
#endif

#define TLSAGEN_RELOAD_WAIT_MS 30000U

/* A reload, and how it is known to have worked. Everything is borrowed. */
struct tlsagen_reload {
    const struct tlsagen_server *server;
    const char *zone;    /* its name, with or without a final dot */
    bool has_serial;     /* the file's serial is known: */
    uint32_t serial;     /* wait for it, or a newer one (RFC 1982) */
    uint32_t wait_ms;    /* at most so long; 0: do not wait */
    const char *address; /* where the server answers questions, numeric; NULL: rndc zonestatus for
                            rndc, else 127.0.0.1 */
    uint16_t port;       /* of that; 0: 53 */
};

struct tlsagen_reload_result {
    bool loaded;     /* false: there was nothing newer to load */
    bool has_before; /* before the reload the server had: */
    uint32_t before;
    bool has_serial; /* and has now: */
    uint32_t serial;
    uint32_t elapsed_ms;                   /* from the command to the serial */
    char words[TLSAGEN_SERVER_WORDS_SIZE]; /* what the control program said */
};

/*
 * Tells the server to load the zone from its file and waits until it serves the serial; without
 * one, until it serves another than before. Under inline signing the serial is that of the zone
 * file (rndc zonestatus), elsewhere that of the SOA in DNS.
 *
 * Errors quote the server's words. TLSAGEN_E_MISMATCH when the server will not: unknown zone, a
 * broken file, a zone that is dynamic or frozen, "up-to-date" while another serial was expected;
 * TLSAGEN_E_NETWORK when the key or address may not control it; TLSAGEN_E_TIMEOUT when nobody
 * answers, the control program hangs, or the serial is not there in time; TLSAGEN_E_NOTFOUND when
 * there is no such control program; TLSAGEN_E_KIND for other failures of it.
 */
TLSAGEN_API enum tlsagen_status tlsagen_reload_run(const struct tlsagen_reload *reload,
                                                   struct tlsagen_reload_result *result,
                                                   struct tlsagen_err *err);

#ifdef __cplusplus
}
#endif

#endif
