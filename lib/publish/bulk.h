/*
 * bulk.h - many RRsets of one zone, each its own, in one edit, under one serial, by one reload.
 *
 * What tlsagen_publish_run does for one set of records; without a journal for each owner, as
 * whoever calls knows what should be, and can say it again.
 */
#ifndef PUBLISH_BULK_H
#define PUBLISH_BULK_H

#include <tlsagen/publish.h>

#include "zone/put.h"

#define BULK_SAMPLES 32 /* owners that the server is asked about */

/* An owner, and the records that the server has to answer with; borrowed. */
struct bulk_sample {
    const char *owner;
    const struct tlsagen_rrset *set;
    bool more; /* others may be there, too */
};

/* What is to be done, as it was found out under the lock. */
struct bulk_edit {
    size_t count; /* RRsets that are to be changed */
    struct bulk_sample samples[BULK_SAMPLES];
    size_t sample_count;
    bool pending; /* a run that was killed may not have had it loaded: with no edit, too */
};

/*
 * Finds out what is to be done, from the file, or (by_dns) from the server, where the file is not
 * up to date. Called once more after a dynamic zone was frozen, with an empty edit.
 */
typedef enum tlsagen_status bulk_look(void *arg, bool by_dns, struct bulk_edit *edit,
                                      struct tlsagen_err *err);
/* Just before the file is edited, after all questions; another status than OK stops it. */
typedef enum tlsagen_status bulk_before(void *arg, struct tlsagen_err *err);
/* At the end, while the zone is still locked; result says what was done. */
struct bulk_result;
typedef void bulk_after(void *arg, const struct bulk_result *result, enum tlsagen_status status);
/* Whether a finding of the owner that text begins with is about what is edited. */
typedef bool bulk_concerns(void *arg, const char *text);

struct bulk {
    const char *file;
    const char *zone; /* its name, absolute */
    bool has_server;  /* else the file is edited, and nobody is told */
    bool freeze;      /* as struct tlsagen_publish */
    bool dry_run;     /* find out what would be done, and whether it could be */
    const char *state_dir;
    struct tlsagen_reload reload; /* as struct tlsagen_publish; wait_ms counts in every case */
    struct tlsagen_zone_options options;
    bulk_look *look;
    put_each *wanted; /* what the RRsets are to be that the last look has counted */
    put_each *former; /* and what they were then */
    bulk_before *before;
    bulk_after *after;
    bulk_concerns *concerns;
    void *arg;
};

struct bulk_result {
    struct tlsagen_zone_change change;
    bool reloaded;    /* of a dry run, as thawed: it would be */
    bool rolled_back; /* the former records are in the file again */
    bool thawed;      /* a run that was killed had left the zone frozen */
};

void bulk_result_init(struct bulk_result *result);
void bulk_result_clear(struct bulk_result *result);

/*
 * Locks the zone, looks, edits, has the server load it and waits until it does, or takes it all
 * back. With nothing to do nobody is asked. Errors are those of tlsagen_publish_run.
 *
 * A dry run takes no lock but those of the files that it tries to edit, asks no server, calls
 * neither before nor after, and ends with the error that the edit would end with, as far as that is
 * seen without the server and a judge of options.
 */
enum tlsagen_status bulk_run(const struct bulk *bulk, struct bulk_result *result,
                             struct tlsagen_err *err);

#endif
