/* run.h - one publish from beginning to end; shared by the files of its steps. */
#ifndef PUBLISH_RUN_H
#define PUBLISH_RUN_H

#include <signal.h>

#include "journal.h"
#include "lock.h"
#include "serve.h"

#define RUN_ZONE_SIZE TLSAGEN_ZONE_NAME_SIZE
#define RUN_QUESTION_MS 5000U /* for one question to the server, or to its control program */

/* What stands at one owner. */
struct run_owner {
    const char *name;
    char at[RUN_ZONE_SIZE];    /* where the records stand: the name, or what it is an alias of */
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
    struct lock lock;   /* of the zone, from before its records are read */
    sigset_t signals;   /* the caller's mask, while the zone is frozen */
    int64_t served_ttl; /* seconds, of all owners as they were last confirmed; -1: differs */
};

/* run.c */

enum tlsagen_status run_begin(struct run *run, const struct tlsagen_publish *publish,
                              struct tlsagen_publish_result *result, struct tlsagen_err *err);
/* Also of a run that did not begin. */
void run_end(struct run *run);
/* Locks run->zone, and thaws it when a run that was killed has left it frozen. */
enum tlsagen_status run_lock(struct run *run, struct tlsagen_err *err);
/*
 * Whether the server can be controlled at all; asked before anything is changed. With freeze, of a
 * dynamic zone run->reload.thaw is set.
 */
enum tlsagen_status run_ask_before(struct run *run, struct tlsagen_err *err);
/* The journal of each owner, of what stands in the run now. */
enum tlsagen_status run_write_journals(const struct run *run, enum journal_phase phase,
                                       struct tlsagen_err *err);
/* A run that was killed has left its intent; what it wanted is there now. */
enum tlsagen_status run_finish_journals(const struct run *run, struct tlsagen_err *err);

/* look.c */

/* Reads the zone's name and negative TTL from its SOA. */
enum tlsagen_status run_look_zone(struct run *run, struct tlsagen_err *err);
/* Where owners are aliases that shall be followed, finds what they lead to. */
enum tlsagen_status run_follow(struct run *run, struct tlsagen_err *err);
/* Reads what stands at the owners, once they are followed. */
enum tlsagen_status run_look(struct run *run, struct tlsagen_err *err);
/* False for an owner whose records stand where those of one before it do. */
bool run_is_first(const struct run *run, size_t owner);
/* True when each owner has the set already (all of it, when records are added). */
bool run_has_set(const struct run *run);
/* Largest TTL, in seconds, that a resolver may hold what was there. */
uint32_t run_former_ttl(const struct run *run);

/* check.c: a tlsagen_zone_judge; arg is the run. Own check, then the caller's. */
enum tlsagen_status run_judge(void *arg, const char *path, struct tlsagen_err *err);
/* True for a fault of a single record, which its text begins with the owner of: servers load it. */
bool check_is_of_record(const struct tlsagen_zone_finding *finding);
/* The refusal of a new file for a finding; file is its name as the user knows it. */
enum tlsagen_status check_refuse(const struct tlsagen_zone_finding *finding, const char *file,
                                 struct tlsagen_err *err);

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

/* rollback.c */

/*
 * err says why the server did not take the file. Puts the former records back under a newer serial
 * and has that loaded, and appends to err what became of it; its code stays, and is returned.
 */
enum tlsagen_status run_roll_back(struct run *run, struct tlsagen_err *err);

/* by_update.c */

/* The undo of journals that updates of one zone at one server have left. */
enum tlsagen_status undo_by_update(struct run *run, struct journal *journals,
                                   struct tlsagen_err *err);

/* freeze.c */

/* Asks whether the zone is dynamic: run->reload.thaw, and the serial it has. Of one that somebody
 * has frozen TLSAGEN_E_MISMATCH. */
enum tlsagen_status freeze_find(struct run *run, struct tlsagen_err *err);
/* Thaws what a run that was killed has left frozen. */
enum tlsagen_status freeze_mend(struct run *run, struct tlsagen_err *err);
/* Freezes the zone; without TLSAGEN_OK it is not frozen, or err says that it may be. */
enum tlsagen_status freeze_begin(struct run *run, struct tlsagen_err *err);
/*
 * Sees to it that the zone is not frozen. Returns status, that of what was done in between, which
 * err is about unless it is TLSAGEN_OK; or an error of its own.
 */
enum tlsagen_status freeze_end(struct run *run, enum tlsagen_status status,
                               struct tlsagen_err *err);

#endif
