/*
 * work.h - one run over the zones of a configuration; shared by the files of its steps.
 *
 *     run.c      zones to threads
 *     zone.c     one zone: from its services to what became of it
 *     owners.c   its owners, found by name
 *     desired.c  what should be published for a service; fit.c: whether it may be; rolling.c: where
 *                it has a rollover's state; states.c: which have one
 *     applied.c  what was published last
 *     look.c     what stands in the zone
 *     diff.c     the difference
 *     published.c  applied.c's file, for others
 */
#ifndef FLEET_WORK_H
#define FLEET_WORK_H

#include <pthread.h>

#include <tlsagen/fleet.h>
#include <tlsagen/publish.h>

#include "publish/bulk.h"
#include "rollover/engine.h"
#include "rollover/source.h"
#include "tlsa/record_text.h"

#define WORK_RECORDS 64 /* of one owner */
#define WORK_THREADS 256

/* One run. */
struct fleet {
    const struct tlsagen_config *config;
    const struct tlsagen_fleet_options *options;
    struct tlsagen_rollover *rollover; /* where states are; written by one thread at a time: */
    pthread_mutex_t slow;
    pthread_mutex_t reporting;
    struct tlsagen_buf state_names; /* of services that have one ... */
    const char **states;            /* ... sorted */
    size_t state_count;
    int64_t now;
    unsigned threads;    /* for the services of one zone */
    const void **wanted; /* services and zones of the options, in the order of addresses ... */
    size_t wanted_count; /* ... 0: all */
    const struct tlsagen_config_zone **zones; /* to be done */
    size_t zone_count;
    size_t next; /* of zones; this and the next ones under `reporting` */
    size_t services_done;
    size_t services_all;
    struct tlsagen_fleet_summary summary;
};

struct work_service {
    const struct tlsagen_config_service *config;
    bool selected;                /* by the options */
    struct tlsagen_rrset applied; /* published last, of certificates */
    struct tlsagen_rrset pinned;  /* published last, as pinned ones */
    struct tlsagen_rrset known;   /* others that are ours: of its rollover */
    struct tlsagen_rrset desired; /* pinned ones included */
    struct member *rolling;       /* takes up its next key by this run; NULL: it does not */
    model_set step;               /* and is to publish this */
    bool refused;                 /* at one of its owners nothing may be changed */
    bool faulty;                  /* nobody can say what should be published; note says why */
    char *note;                   /* NULL: none */
};

struct work_owner {
    const char *name;             /* absolute, in small letters */
    struct work_service *service; /* NULL: published once, declared no more */
    uint64_t found;               /* records of the desired ones, by number, that are there */
    struct tlsagen_rrset *others; /* what is there besides, or of one without service what was
                                     published; NULL: none */
    uint32_t ttl;                 /* of what is there */
    bool there;
    bool ttl_differs; /* within the RRset */
};

struct work {
    struct fleet *fleet;
    struct desiring *desiring; /* of the thread at work */
    const struct tlsagen_config_zone *config;
    struct work_service *services;
    size_t service_count;
    struct work_owner *owners;
    size_t owner_count;
    size_t owner_cap;
    uint32_t *slots; /* a hash table of owners, each plus one */
    size_t slot_count;
    struct tlsagen_buf names;   /* of owners that are declared no more */
    struct tlsagen_buf applied; /* text of the file, as it is */
    bool pending;               /* by that: a run was killed */
    bool prepared;
    bool begun;     /* work_before was reached */
    bool undefined; /* and nobody can say what stands in the zone, or a part of it is done */
    struct tlsagen_buf diff;
    struct tlsagen_buf faults;   /* of services that are faulty */
    struct tlsagen_buf refusals; /* of owners left alone */
    struct tlsagen_buf notes;    /* all else */
    struct tlsagen_fleet_zone report;
    struct tlsagen_err problem; /* that report.problem lies in */
};

/* owners.c */

/* Makes owners of the services, with room for `more` others. TLSAGEN_E_MEMORY. */
enum tlsagen_status owners_make(struct work *work, size_t more, struct tlsagen_err *err);
/* The owner of that name, in any case; NULL when there is none. */
struct work_owner *owners_find(const struct work *work, const char *name, size_t len);
/* Adds one without a service; NULL when memory runs out. */
struct work_owner *owners_add(struct work *work, const char *name, size_t len);
/* Adds a record to the owner's others. */
enum tlsagen_status owners_other(struct work_owner *owner, const struct tlsagen_record *record,
                                 struct tlsagen_err *err);

/* set.c */

/* The number of the record in the set; false when it is not there. */
bool set_find(const struct tlsagen_rrset *set, const struct tlsagen_record *record, size_t *number);
bool set_has_all(const struct tlsagen_rrset *set, const struct tlsagen_rrset *some);
enum tlsagen_status set_add_all(struct tlsagen_rrset *set, const struct tlsagen_rrset *some,
                                struct tlsagen_err *err);
/* Both have the same combinations of usage, selector and matching type. */
bool set_same_fields(const struct tlsagen_rrset *a, const struct tlsagen_rrset *b);

/* applied.c */

/* Reads the file into services and owners; none is fine. Makes the table. */
enum tlsagen_status applied_read(struct work *work, struct tlsagen_err *err);
/*
 * Writes it unless it is so already. intent: about to publish what is desired; else that is done
 * (done), or what stood there stands there again.
 */
enum applied_phase { APPLIED_INTENT, APPLIED_DONE, APPLIED_BACK };
enum tlsagen_status applied_write(struct work *work, enum applied_phase phase,
                                  struct tlsagen_err *err);

/* desired.c */

/* What one thread keeps from zone to zone; all zero at first. */
struct desiring {
    struct fleet *fleet;
    struct tlsagen_ctx *ctx;
    struct tlsagen_material *material;
    struct tlsagen_buf input;
    struct tlsagen_buf path;
};
/* Makes it, unless that is done. */
enum tlsagen_status desiring_begin(struct desiring *desiring, struct fleet *fleet,
                                   struct tlsagen_err *err);
void desiring_clear(struct desiring *desiring);
/*
 * The service as its rollover sees it, by what is the thread's own. *member is to be closed and
 * freed in every case, unless it is NULL. Errors are those of member_open.
 */
enum tlsagen_status desiring_open_member(struct desiring *desiring,
                                         const struct tlsagen_config_service *service,
                                         struct member **member, struct tlsagen_err *err);
/* Finds out what should be published. TLSAGEN_E_MEMORY; all else makes the service faulty. */
enum tlsagen_status desired_find(struct desiring *desiring, struct work_service *service,
                                 struct tlsagen_err *err);
/* A line about the service. */
void desired_note(struct work_service *service, const char *format, ...) TLSAGEN_PRINTF(2, 3);

/* quick.c: certificates of a path without their keys. */

struct quick {
    bool there;
    bool simple;            /* read here; else source_read has to */
    uint8_t leaf[MODEL_ID]; /* where no records were asked for */
    int64_t not_before;
    int64_t not_after;
    size_t item; /* the leaf, in the material */
};
/* Adds the records that the service wants of the path to set (NULL: only looks). */
enum tlsagen_status quick_read(struct desiring *desiring,
                               const struct tlsagen_config_service *service, const char *path,
                               struct quick *quick, struct tlsagen_rrset *set,
                               struct tlsagen_err *err);
/* True when the leaf that was read last covers the host. */
bool quick_covers(struct desiring *desiring, const struct quick *quick, const char *host);

/* fit.c: certificates whose records come for the first time. */

/* What certificates ask for. */
struct wants {
    struct tlsagen_rrset set;
    struct tlsagen_err unfit; /* one that a rollover would not deploy; code OK: none */
    bool early;               /* that one is not valid yet */
};
void fit_init(struct wants *wants);
/* Notes what is wrong with a leaf. Its name counts where no record of usage 3 is wanted. */
void fit_note(const struct work_service *service, struct wants *wants,
              const struct source_leaf *leaf, int64_t now);
bool fit_needs_name(const struct work_service *service);
/* True when records are wanted that were not published. */
bool fit_is_new(const struct work_service *service, const struct tlsagen_rrset *set);
/* May they be? TLSAGEN_E_MISMATCH; a warning is a note of the service. */
enum tlsagen_status fit_judge(struct work_service *service, const struct wants *wants,
                              struct tlsagen_err *err);
/* What a rollover says of `source`, which it is to put into `live`. */
enum tlsagen_status fit_ask_rollover(struct desiring *desiring, const struct work_service *service,
                                     struct tlsagen_err *err);

/* states.c: which services have a state. */

/* Reads the folder of states. */
enum tlsagen_status states_gather(struct fleet *fleet, struct tlsagen_err *err);
void states_clear(struct fleet *fleet);
bool states_has(const struct fleet *fleet, const char *service);

/* rolling.c: of services with a state. */

/* *found is false when the service has none. */
enum tlsagen_status rolling_find(struct desiring *desiring, struct work_service *service,
                                 bool *found, struct tlsagen_err *err);
/* The state before and after the next key's records are published. */
enum tlsagen_status rolling_begin(struct work *work, struct tlsagen_err *err);
enum tlsagen_status rolling_end(struct work *work, bool done, struct tlsagen_err *err);
void rolling_free(struct work_service *service);

/* look.c */

/* What stands in the zone, into owners. */
enum tlsagen_status look_file(struct work *work, struct tlsagen_err *err);
enum tlsagen_status look_dns(struct work *work, const char *address, uint16_t port,
                             struct tlsagen_err *err);

/* diff.c */

/* The texts of the difference, into work->diff and report, and (edit may be NULL) what to write. */
enum tlsagen_status diff_make(struct work *work, struct bulk_edit *edit, struct tlsagen_err *err);
/* Of the owners that change: what they are to have, and what stands there. */
put_each diff_wanted, diff_former;
/* The whole RRset that an owner is to have. */
enum tlsagen_status diff_result(const struct work *work, const struct work_owner *owner,
                                struct tlsagen_rrset *result, struct tlsagen_err *err);
/* True when the owner's records are to be changed. */
bool diff_changes(const struct work *work, const struct work_owner *owner);

/* update.c */

/* Brings the zone to what is desired by dynamic updates; of a dry run, tells what they would be. */
enum tlsagen_status update_zone(struct work *work, struct tlsagen_err *err);

/* zone.c */

/* One zone from beginning to end; what became of it is in work->report. */
void work_run(struct work *work, struct fleet *fleet, struct desiring *desiring,
              const struct tlsagen_config_zone *config);
void work_clear(struct work *work);
/* Once, and first: what was published last, and what should be, of all services. */
enum tlsagen_status work_prepare(struct work *work, struct tlsagen_err *err);
/* Just before the zone is changed. */
enum tlsagen_status work_before(struct work *work, struct tlsagen_err *err);
/*
 * What became of it is remembered, while the zone is locked still; a fault of that is a note, as
 * the zone is as it is.
 */
void work_after(struct work *work, enum tlsagen_status status);

/* run.c */

/* True when the options ask for the service or zone at that address, or for all. */
bool fleet_wants(const struct fleet *fleet, const void *service_or_zone);
/* Some services more are done. */
void fleet_progress(struct fleet *fleet, size_t services);

#endif
