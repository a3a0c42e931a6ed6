/*
 * tlsagen/fleet.h - a configuration made so: the records of all its services in all their zones.
 *
 * What should be published for a service follows from its certificates, its pinned records and
 * where its rollover stands. Each zone is looked through once, and what differs is changed in one
 * edit, under one serial, by one reload, or by dynamic updates.
 */
#ifndef TLSAGEN_FLEET_H
#define TLSAGEN_FLEET_H

#include <tlsagen/base.h>
#include <tlsagen/config.h>
#include <tlsagen/publish.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What became of a zone. */
enum tlsagen_fleet_outcome {
    TLSAGEN_FLEET_SAME,    /* nothing had to be changed */
    TLSAGEN_FLEET_WOULD,   /* of a dry run: something would be changed */
    TLSAGEN_FLEET_CHANGED, /* and so it was */
    TLSAGEN_FLEET_FAILED,  /* it is as it was; or, of updates in parts, changed in part */
};

/* One zone, when it is done. Texts are borrowed for the call. */
struct tlsagen_fleet_zone {
    const struct tlsagen_config_zone *zone;
    enum tlsagen_fleet_outcome outcome;
    enum tlsagen_status status; /* of FAILED */
    const char *problem;        /* why, for FAILED; else "" */
    /*
     * What differs, a line for each record: '-' for what goes, '+' for what comes, then owner, TTL,
     * "IN", "TLSA" and rdata with tabs between, as in a zone file. "" with the option no_diff.
     */
    const char *diff;
    /* One line for each thing worth telling. */
    const char *faults;   /* services that are faulty, and why */
    const char *refusals; /* records for which owners are left alone */
    const char *notes;    /* others that nobody declared, new keys, certificates out of date */
    size_t services;      /* looked at */
    size_t owners;        /* of these */
    size_t changed;       /* owners whose records differ */
    size_t added;         /* records */
    size_t removed;
    size_t refused; /* owners left alone, as somebody else's records are there */
    size_t faulty;  /* services of which nobody can say what should be published */
    bool has_serial;
    uint32_t old_serial;
    uint32_t new_serial;
    bool reloaded;    /* by its server; of a dry run: it would be */
    bool rolled_back; /* the server did not take the new file: the former records are back */
};

/* Told of each zone, in the order in which they are done; by one thread at a time. */
typedef void tlsagen_fleet_report(void *arg, const struct tlsagen_fleet_zone *zone);
/* Told how far it has come, in services; as above. */
typedef void tlsagen_fleet_progress(void *arg, size_t done, size_t all);

/* How to go about it; all zero is everything, changed for good. Borrowed. */
struct tlsagen_fleet_options {
    const struct tlsagen_config_service *const *services; /* these alone; NULL: all */
    size_t service_count;
    const struct tlsagen_config_zone *const *zones; /* these alone; NULL: all */
    size_t zone_count;
    bool dry_run;                 /* look, and tell what would be done */
    bool no_diff;                 /* reports do without the text of what differs */
    unsigned jobs;                /* threads; 0: one for each processor, and at least 2 */
    uint32_t lock_ms;             /* how long another run is waited for; 0: 60,000 */
    tlsagen_fleet_report *report; /* NULL: nobody */
    tlsagen_fleet_progress *progress;
    bool (*stop)(void *arg); /* true: no further zone is begun. NULL: never; from any thread */
    void *arg;
};

struct tlsagen_fleet_summary {
    size_t zones;   /* to be done */
    size_t done;    /* of these, fewer when it was stopped */
    size_t changed; /* zones; of a dry run, those that would be */
    size_t
        loaded; /* others, for a run that was stopped before its server had loaded them; so too */
    size_t failed;
    size_t refused; /* owners, as above */
    size_t faulty;  /* services */
};

/*
 * Plans (dry_run) or applies the configuration. A zone that fails does not hold up others, and is
 * told by report. A dry run takes the same decisions, up to the edit itself: it fails where the
 * edit would, unless that is for the server, `check-with` or the disk to say. TLSAGEN_OK whatever
 * was reported; TLSAGEN_E_TIMEOUT when another run has the state folder, TLSAGEN_E_SYSTEM,
 * TLSAGEN_E_MEMORY.
 *
 * A new key in `source` is published beside the records there, and its rollover goes on from there;
 * nothing is ever taken away that a rollover has published. Records of others are dealt with as
 * `unknown` of the zone says. What was published last is remembered in state_dir/fleet, one file
 * for each zone.
 *
 * A zone file is replaced as a whole or not at all, and put back when the server does not take it;
 * a run that was killed at any moment is completed by the next one.
 */
TLSAGEN_API enum tlsagen_status tlsagen_fleet_run(const struct tlsagen_config *config,
                                                  const struct tlsagen_fleet_options *options,
                                                  struct tlsagen_fleet_summary *summary,
                                                  struct tlsagen_err *err);

/* The records that were published last for a service, pinned ones included. Borrowed. */
typedef enum tlsagen_status tlsagen_fleet_take(void *arg,
                                               const struct tlsagen_config_service *service,
                                               const struct tlsagen_rrset *records,
                                               struct tlsagen_err *err);
/*
 * Tells the records that a run published last for each service of a zone, from its file in
 * state_dir/fleet; nothing when there is none. A status of take other than OK ends it. Errors of
 * that file: TLSAGEN_E_SYNTAX when it is damaged, TLSAGEN_E_SYSTEM, TLSAGEN_E_MEMORY.
 */
TLSAGEN_API enum tlsagen_status tlsagen_fleet_published(const struct tlsagen_config *config,
                                                        const struct tlsagen_config_zone *zone,
                                                        tlsagen_fleet_take *take, void *arg,
                                                        struct tlsagen_err *err);

/*
 * Appends configuration text for all TLSA records of a zone file: its zone, and one service for
 * each host, transport and set of records, which are pinned. origin is the zone's name or NULL.
 * reload is how the zone is loaded by its server, of which the server, wait_ms (in whole seconds,
 * no fewer), address and port are written down; NULL: nobody is told. notes gets a line for each
 * RRset that no configuration can have. Errors are those of tlsagen_zone_list; TLSAGEN_E_NOTFOUND
 * for a zone without TLSA records, of which the text has the zone alone.
 */
TLSAGEN_API enum tlsagen_status tlsagen_fleet_import(const char *path, const char *origin,
                                                     const struct tlsagen_reload *reload,
                                                     struct tlsagen_buf *text,
                                                     struct tlsagen_buf *notes,
                                                     struct tlsagen_err *err);

#ifdef __cplusplus
}
#endif

#endif
