/*
 * tlsagen/publish.h - from a zone file to what a name server really serves.
 */
#ifndef TLSAGEN_PUBLISH_H
#define TLSAGEN_PUBLISH_H

#include <tlsagen/base.h>
#include <tlsagen/dns.h>
#include <tlsagen/record.h>
#include <tlsagen/server.h>
#include <tlsagen/update.h>
#include <tlsagen/zone.h>

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
    bool asked;          /* the server was asked already: `before` does not matter */
    uint32_t wait_ms;    /* at most so long; 0: do not wait */
    const char *address; /* where the server answers questions, numeric; NULL: rndc zonestatus for
                            rndc, else 127.0.0.1 */
    uint16_t port;       /* of that; 0: 53 */
    bool by_dns;         /* rndc without an address: 127.0.0.1 had the serial that rndc zonestatus
                            tells before, and is asked in its place, which is faster */
    const char
        *state_dir; /* of a frozen zone it is told when a publish has left it so; NULL: not */
    bool thaw;      /* a dynamic zone that is frozen (rndc): thaw it, which loads its file */
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

/* Where the journal of what was published is kept, unless told otherwise. */
#define TLSAGEN_STATE_DIR "/var/lib/tlsagen"

/* One set of records for one or several owners. Everything is borrowed. */
struct tlsagen_publish {
    const char *file;                 /* the zone file */
    const char *const *owners;        /* absolute, as tlsagen_owner_make has them */
    size_t owner_count;               /* at least 1 */
    const struct tlsagen_rrset *set;  /* for each of them; not used by an undo */
    bool add;                         /* keep the records that are there */
    struct tlsagen_zone_options zone; /* as for tlsagen_zone_put */
    struct tlsagen_reload reload;     /* zone, has_serial and serial are filled here */
    bool no_rollback;                 /* leave the new file when the server does not take it */
    const char *state_dir;            /* NULL: TLSAGEN_STATE_DIR */
    bool freeze; /* a dynamic zone of BIND: freeze it, edit what that writes, and thaw it */
    const char *update_server; /* of tlsagen_publish_update: numeric address of the primary */
    uint16_t update_port;      /* of that; 0: 53 */
    const char *key_file; /* of that: see tlsagen_update; of the undo of an update: NULL for the
                             journal's */
};

struct tlsagen_publish_result {
    struct tlsagen_zone_change change; /* see tlsagen_zone_change_clear; of a dry run its diff */
    struct tlsagen_reload_result reload;
    bool reloaded;       /* else the server had all of it already */
    bool served;         /* the server answers with the records */
    bool rolled_back;    /* the former records are in the file again, under a newer serial */
    uint32_t ttl;        /* seconds: the largest that a resolver may hold on to what was there */
    uint32_t elapsed_ms; /* from the reload until they were served */
    bool thawed;         /* before, the zone was as a run that was killed had left it: frozen */
    bool left_frozen;    /* of a dry run: it is so, see tlsagen_publish_left_frozen */
    char server[TLSAGEN_DNS_ADDRESS_SIZE]; /* the undo of an update: where it was; else "" */
};

/* Empty, for the functions below to fill; clear frees the texts and leaves it empty. */
TLSAGEN_API void tlsagen_publish_result_init(struct tlsagen_publish_result *result);
/* See tlsagen_publish_result_init. */
TLSAGEN_API void tlsagen_publish_result_clear(struct tlsagen_publish_result *result);

/*
 * Makes the RRset of each owner the set (or adds it), under a new serial, has the server load the
 * file and waits until it answers with the records. Before the edit the server is asked whether it
 * can be controlled at all, and the new file is checked by tlsagen_zone_check: an error of the
 * file, or of the owners' records, stops it. When the server refuses the file, or does not serve it
 * in time, the former records are put back under a newer serial and loaded (result->rolled_back).
 *
 * A second run changes nothing, reloads nothing and still asks the server; one after a run that was
 * killed finishes it. The former records are kept in the journal, state_dir/publish/OWNER.json.
 * Runs on one zone take turns by state_dir/publish/ZONE.lock, TLSAGEN_E_TIMEOUT when it takes
 * longer than reload.wait_ms.
 *
 * With freeze, a dynamic zone is frozen from before the file is read until after the edit; whatever
 * fails, it is thawed, and what a run that was killed has left frozen the next one thaws. While it
 * is frozen SIGHUP, SIGINT and SIGTERM wait in the calling thread. A zone that somebody else froze
 * is left alone (TLSAGEN_E_MISMATCH).
 *
 * Errors are those of tlsagen_zone_put and tlsagen_reload_run; TLSAGEN_E_TIMEOUT when the serial
 * was loaded and the records are not served; TLSAGEN_E_SYSTEM when the journal cannot be written,
 * and then nothing was changed. result is filled in every case.
 */
TLSAGEN_API enum tlsagen_status tlsagen_publish_run(const struct tlsagen_publish *publish,
                                                    struct tlsagen_publish_result *result,
                                                    struct tlsagen_err *err);
/*
 * The same for a dynamic zone: one update at publish->update_server, as tlsagen_update_run sends
 * it, which is served at once. Of publish are used owners, set, add, zone.origin (which has to be
 * given), zone.ttl, zone.dry_run, state_dir, reload.wait_ms for the turn, and the fields of
 * updates. The journal has what was read from the server; after a refusal it is as it was before.
 *
 * Errors are those of tlsagen_update_run and of the journal, as above.
 */
TLSAGEN_API enum tlsagen_status tlsagen_publish_update(const struct tlsagen_publish *publish,
                                                       struct tlsagen_update_result *result,
                                                       struct tlsagen_err *err);
/*
 * Puts back what stood at the owners before the last tlsagen_publish_run, under a new serial; file
 * and zone are the journal's. After a tlsagen_publish_update it sends one update to the journal's
 * server, under the condition that the records are as they were published; TLSAGEN_E_MISMATCH when
 * somebody has changed them since. TLSAGEN_E_NOTFOUND without a journal of an owner, or when it was
 * undone already.
 */
TLSAGEN_API enum tlsagen_status tlsagen_publish_undo(const struct tlsagen_publish *publish,
                                                     struct tlsagen_publish_result *result,
                                                     struct tlsagen_err *err);
/*
 * True when a tlsagen_publish_run with freeze that was killed may have left the zone (a view of it)
 * frozen. The server is not asked. The next run in the zone thaws it. False, too, for whoever may
 * not read the state folder; state_dir NULL is TLSAGEN_STATE_DIR.
 */
TLSAGEN_API bool tlsagen_publish_left_frozen(const char *state_dir, const char *zone,
                                             const char *view);

#ifdef __cplusplus
}
#endif

#endif
