/*
 * tlsagen/world.h - what was published, seen from outside: by every authoritative server of the
 * zone, and by a validating resolver.
 */
#ifndef TLSAGEN_WORLD_H
#define TLSAGEN_WORLD_H

#include <tlsagen/base.h>
#include <tlsagen/dns.h>
#include <tlsagen/record.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A name server at one of its addresses, as it was last seen. */
struct tlsagen_world_server {
    const char *name;
    const char *address;
    bool answered;
    bool has_serial;
    uint32_t serial;
    bool has_records;    /* those expected, at all owners, and no others unless more may be there */
    uint32_t since_ms;   /* when it first had them, from the beginning of the wait */
    uint32_t ttl;        /* seconds: the largest that it serves at the owners */
    const char *problem; /* why it does not answer; NULL when it does */
};

/* Shows how things stand, after each look. */
typedef void tlsagen_world_show(void *arg, const struct tlsagen_world_server *servers,
                                size_t count);

/* What to wait for. Everything is borrowed. */
struct tlsagen_world {
    const char *const *owners; /* absolute */
    size_t owner_count;        /* at least 1; all in one zone */
    const struct tlsagen_rrset *set;
    bool more;                      /* other records may be there, too */
    struct tlsagen_dns_options dns; /* how servers are found, and for validation */
    uint16_t port;                  /* of the authoritative servers; 0: 53 */
    const char *const *ignored;     /* servers not waited for, as tlsagen_dns_server_is has them */
    size_t ignored_count;
    uint32_t wait_ms;         /* for all of it */
    tlsagen_world_show *show; /* NULL: nobody */
    void *show_arg;
};

struct tlsagen_world_result {
    size_t servers; /* addresses of authoritative servers */
    size_t ignored; /* and of those that were not asked */
    uint32_t ttl;   /* seconds: the largest that one of them serves */
    uint32_t elapsed_ms;
};

/*
 * Asks every authoritative server of the zone, by address, until all answer with the records.
 * TLSAGEN_E_TIMEOUT, naming the servers that did not; TLSAGEN_E_NOTFOUND and _MISMATCH as
 * tlsagen_dns_servers_find, TLSAGEN_E_NOTFOUND when all of them are ignored, too.
 */
TLSAGEN_API enum tlsagen_status tlsagen_world_authoritative(const struct tlsagen_world *world,
                                                            struct tlsagen_world_result *result,
                                                            struct tlsagen_err *err);
/*
 * Asks as a validating resolver without memory does, again and again, until the answer is secure
 * and has the records. TLSAGEN_E_TIMEOUT, saying what it was last; TLSAGEN_E_MISMATCH at once when
 * the zone is proved to be unsigned, which waiting does not change.
 */
TLSAGEN_API enum tlsagen_status tlsagen_world_secure(const struct tlsagen_world *world,
                                                     struct tlsagen_world_result *result,
                                                     struct tlsagen_err *err);
/*
 * Seconds from when all servers have the new records until no resolver and no client holds the
 * former ones: 2 T and some for what clients keep by themselves (RFC 7671 section 8.1), where T is
 * the largest TTL, in seconds, before and after.
 */
TLSAGEN_API uint32_t tlsagen_world_safe_after(uint32_t former_ttl, uint32_t ttl);

#ifdef __cplusplus
}
#endif

#endif
