/*
 * tlsagen/update.h - changes of a dynamic zone at its server (RFC 2136), signed with TSIG (RFC
 * 8945).
 */
#ifndef TLSAGEN_UPDATE_H
#define TLSAGEN_UPDATE_H

#include <tlsagen/base.h>

#ifdef __cplusplus
extern "C" {
#endif

enum tlsagen_update_verb {
    TLSAGEN_UPDATE_PUT,    /* RRsets become exactly what is given */
    TLSAGEN_UPDATE_ADD,    /* what is given is there, too */
    TLSAGEN_UPDATE_REMOVE, /* what is given goes */
};

/* One change. Everything is borrowed. */
struct tlsagen_update {
    const char *server;   /* numeric address of the primary */
    uint16_t port;        /* 0: 53 */
    const char *key_file; /* a TSIG key in BIND's form, hmac-sha256, -384 or -512; NULL: none */
    const char *zone;
    enum tlsagen_update_verb verb;
    const char *records; /* PUT and ADD: zone-file text, names relative to the zone */
    size_t len;
    const char *source; /* names records in messages */
    const char *owner;  /* REMOVE: relative to the zone unless it ends with a dot */
    const char *type;   /* REMOVE: NULL for all types */
    const char *rdata;  /* REMOVE: NULL for all records of the type */
    int64_t ttl;  /* seconds, of what is added; below 0: as given, else that of the RRset, else
                     3600 */
    bool dry_run; /* send nothing */
    uint32_t timeout_ms; /* for each exchange; 0: 10,000 */
};

struct tlsagen_update_result {
    bool changed;               /* false: nothing had to be sent, and nothing was */
    struct tlsagen_buf added;   /* lines of records in zone-file form */
    struct tlsagen_buf removed; /* the same */
    bool unknown; /* after an error: it was sent, and nobody can say whether it is done */
};

/* Empty, for the function below to fill; clear frees the texts and leaves it empty. */
TLSAGEN_API void tlsagen_update_result_init(struct tlsagen_update_result *result);
/* See tlsagen_update_result_init. */
TLSAGEN_API void tlsagen_update_result_clear(struct tlsagen_update_result *result);

/*
 * Reads the RRsets from the server and sends one update with what is missing or too much, under
 * the condition that they are still as they were read, so that nobody else's change is lost.
 *
 * TLSAGEN_E_TIMEOUT when somebody changed an RRset meanwhile, or nobody answers; TLSAGEN_E_NETWORK
 * when the server refuses the update or the key (RCODE and TSIG error by name; of BADTIME with the
 * difference of the clocks), or answers with a bad signature; TLSAGEN_E_MISMATCH when it does not
 * hold the zone; TLSAGEN_E_LIMIT above 64 kB; TLSAGEN_E_SYNTAX, _KIND for the key file, with its
 * line, and for records as tlsagen_zone_put has it.
 */
TLSAGEN_API enum tlsagen_status tlsagen_update_run(const struct tlsagen_update *update,
                                                   struct tlsagen_update_result *result,
                                                   struct tlsagen_err *err);

/* A zone at its primary. */
struct tlsagen_update_zone {
    char name[1024];       /* absolute */
    uint32_t negative_ttl; /* seconds that "no such record" is held (RFC 2308 section 5) */
};

/*
 * Finds the zone that owner (absolute) lies in, by asking the server for SOA records of the names
 * from it upwards. TLSAGEN_E_MISMATCH when the server holds none of them, TLSAGEN_E_TIMEOUT when
 * it does not answer.
 */
TLSAGEN_API enum tlsagen_status tlsagen_update_zone_find(const char *server, uint16_t port,
                                                         const char *owner,
                                                         struct tlsagen_update_zone *zone,
                                                         struct tlsagen_err *err);

#ifdef __cplusplus
}
#endif

#endif
