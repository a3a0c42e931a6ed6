/* run.h - one publish from beginning to end; shared by the files of its steps. */
#ifndef PUBLISH_RUN_H
#define PUBLISH_RUN_H

#include "journal.h"
#include "serve.h"

#define RUN_ZONE_SIZE TLSAGEN_ZONE_NAME_SIZE

/* What stands at one owner. */
struct run_owner {
    const char *name;
    struct tlsagen_buf before; /* its TLSA records as lines of a zone file, with one TTL */
    uint32_t ttl;              /* of them; without meaning when there are none */
    size_t count;
};

struct run {
    const struct tlsagen_publish *publish;
    struct tlsagen_publish_result *result;
    const char *file;
    const char *state_dir;
    char zone[RUN_ZONE_SIZE]; /* its name, with the final dot */
    uint32_t negative_ttl;    /* seconds that "no such record" is held (RFC 2308 section 5) */
    struct run_owner *owners; /* publish->owner_count */
    struct tlsagen_reload reload;
};

/* look.c */

/* Reads the zone's name and negative TTL, and what stands at the owners. */
enum tlsagen_status run_look(struct run *run, struct tlsagen_err *err);
/* True when each owner has the set already (all of it, when records are added). */
bool run_has_set(const struct run *run);
/* Largest TTL, in seconds, that a resolver may hold what was there. */
uint32_t run_former_ttl(const struct run *run);

/* check.c: a tlsagen_zone_judge; arg is the run. Own check, then the caller's. */
enum tlsagen_status run_judge(void *arg, const char *path, struct tlsagen_err *err);

/* confirm.c */

/* Asks the server until it answers with the records at all owners, or the time is over. */
enum tlsagen_status run_confirm(struct run *run, int64_t begin, uint32_t wait_ms,
                                struct tlsagen_err *err);

/* restore.c */

/*
 * Puts texts of records back where owners have some, and removes the others' TLSA records; the new
 * serial is in *serial.
 */
enum tlsagen_status run_restore(struct run *run, const struct tlsagen_buf *before, uint32_t *serial,
                                struct tlsagen_err *err);

#endif
