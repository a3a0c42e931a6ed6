/*
 * tlsagen/rollover.h - services carried from one key to the next without a failed connection.
 *
 * The records of the next key are published beside those in use; once every authoritative server
 * has them and no cache can lack them, the key is deployed; once every endpoint shows it, what it
 * replaced is taken away (RFC 6698 appendix A.4, RFC 7671 section 8). What is remembered stands in
 * the state folder, one file for each service; nothing else is kept between two calls.
 */
#ifndef TLSAGEN_ROLLOVER_H
#define TLSAGEN_ROLLOVER_H

#include <tlsagen/base.h>
#include <tlsagen/config.h>
#include <tlsagen/record.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Where a service stands; in the order of the time line. */
enum tlsagen_rollover_stage {
    TLSAGEN_ROLLOVER_NEW,       /* never looked at */
    TLSAGEN_ROLLOVER_IDLE,      /* nothing is under way */
    TLSAGEN_ROLLOVER_STAGED,    /* a next key is there, its records are not published yet */
    TLSAGEN_ROLLOVER_PUBLISHED, /* in the zone, not yet at every server, or not secure */
    TLSAGEN_ROLLOVER_SEEN,      /* at every server; caches may hold the former records */
    TLSAGEN_ROLLOVER_SAFE,      /* may be deployed */
    TLSAGEN_ROLLOVER_DEPLOYED,  /* not yet verified at every endpoint */
    TLSAGEN_ROLLOVER_VERIFIED,  /* the replaced records are still there */
    TLSAGEN_ROLLOVER_RETIRED,   /* taken away, not yet at every server */
    TLSAGEN_ROLLOVER_ABORTING,
};

/* "new", "idle" and so on; static. */
TLSAGEN_API const char *tlsagen_rollover_stage_name(enum tlsagen_rollover_stage stage);

/* How to go about it; all zero is a good start. Borrowed. */
struct tlsagen_rollover_options {
    bool dry_run;     /* look, and tell what would be done */
    bool emergency;   /* do not wait for caches: clients may fail for as long as the TTL */
    bool adopt;       /* what stands in DNS and in `live` is taken as the new beginning */
    bool insist;      /* records that could not be written are tried again now */
    uint32_t lock_ms; /* how long another run is waited for; 0: 60,000 */
};

/* One line worth telling. */
enum tlsagen_rollover_kind {
    TLSAGEN_ROLLOVER_STEP, /* something was done (or would be, in a dry run) */
    TLSAGEN_ROLLOVER_HOLD, /* something is due and cannot be done now; status 4 of the command */
    TLSAGEN_ROLLOVER_STOP, /* an operator has to look; status 3 */
    TLSAGEN_ROLLOVER_FAIL, /* a step failed; status 1 */
    TLSAGEN_ROLLOVER_WAIT, /* nothing is due before `due` (0: until something changes); status 0 */
};

/* Texts are borrowed for the call. */
struct tlsagen_rollover_event {
    const char *service;
    enum tlsagen_rollover_kind kind;
    enum tlsagen_rollover_stage stage; /* after the step */
    const char *action;                /* "publish", "deploy", "verify", "retire", ... or "" */
    const char *reason;                /* a word for programs */
    const char *text;                  /* one line */
    int64_t due;                       /* when to come back, seconds since 1970; 0: unknown */
    bool repeated;                     /* HOLD, STOP: as the run before told, within a day */
};

typedef void tlsagen_rollover_report(void *arg, const struct tlsagen_rollover_event *event);

struct tlsagen_rollover;

/*
 * Opens the state folder of a configuration, which has to stay until tlsagen_rollover_free.
 * TLSAGEN_E_SYSTEM, TLSAGEN_E_MEMORY.
 */
TLSAGEN_API enum tlsagen_status tlsagen_rollover_new(const struct tlsagen_config *config,
                                                     const struct tlsagen_rollover_options *options,
                                                     struct tlsagen_rollover **rollover,
                                                     struct tlsagen_err *err);
TLSAGEN_API void tlsagen_rollover_free(struct tlsagen_rollover *rollover);

/*
 * Does whatever is due for the services (NULL: all), and reports each step, and where each service
 * stands after that: one WAIT, HOLD, STOP or FAIL. A service that fails does not hold up others.
 * With nothing due no question is asked and no connection made. Services that share `live` are
 * switched together, once it is safe for all of them. TLSAGEN_OK whatever was reported;
 * TLSAGEN_E_TIMEOUT when another run has the lock, TLSAGEN_E_MEMORY, TLSAGEN_E_SYSTEM.
 */
TLSAGEN_API enum tlsagen_status tlsagen_rollover_run(
    struct tlsagen_rollover *rollover, const struct tlsagen_config_service *const *services,
    size_t count, tlsagen_rollover_report *report, void *arg, struct tlsagen_err *err);

/* One step of the past. */
struct tlsagen_rollover_past {
    int64_t at;
    const char *text;
};

/* What is known of a service without asking anybody. Times are seconds since 1970, 0: not yet. */
struct tlsagen_rollover_status {
    enum tlsagen_rollover_stage stage;
    bool has_next;
    bool next_key;  /* next is a key that waits for its certificate */
    uint32_t ttl;   /* T, seconds: the largest served before and after the change */
    int64_t staged; /* the time line */
    int64_t published;
    int64_t seen;
    int64_t safe; /* from when on it may be deployed, or, after an emergency, no cache can lack the
                     records of what was; may lie in the future */
    int64_t deployed;
    int64_t emergency; /* the same when it was without waiting: until safe clients may fail */
    int64_t verified;
    int64_t retire_at; /* when the replaced records are to go; may lie in the future */
    int64_t retired;
    int64_t finished;                   /* the last rollover was completed */
    int64_t due;                        /* when a run is due next; 0: when something changes */
    int64_t looked;                     /* the last look at DNS */
    uint32_t failures;                  /* deployments that were taken back */
    int64_t margin;                     /* seconds that are added to 2 T */
    struct tlsagen_rrset records;       /* as last written or found */
    struct tlsagen_rrset current;       /* of those, what serves the current key */
    struct tlsagen_rrset next;          /* and what serves the next */
    const char *reason;                 /* a word, static */
    char why[512];                      /* one line: what comes next */
    enum tlsagen_rollover_kind kind;    /* of that: STEP, HOLD, STOP or WAIT */
    struct tlsagen_rollover_past *past; /* the latest steps, oldest first */
    size_t past_count;
};

/*
 * Reads the state file alone; of a service without one, what `live` and `source` have, and tells
 * what a first run would stop at. TLSAGEN_E_SYNTAX, _KIND, _MISMATCH for one that cannot be used,
 * TLSAGEN_E_SYSTEM, TLSAGEN_E_MEMORY. *status goes to tlsagen_rollover_status_clear in every case.
 */
TLSAGEN_API enum tlsagen_status tlsagen_rollover_status_get(
    struct tlsagen_rollover *rollover, const struct tlsagen_config_service *service,
    struct tlsagen_rollover_status *status, struct tlsagen_err *err);
TLSAGEN_API void tlsagen_rollover_status_clear(struct tlsagen_rollover_status *status);

/* The certificate in use, as files tell; one for each kind of key, told together. */
struct tlsagen_rollover_certificate {
    char keys[128];    /* "EC P-256, RSA 2048" */
    int64_t not_after; /* the earliest end, seconds since 1970 */
    bool live;         /* they stand in `live`; else in `source`, and somebody else deploys, or
                          nothing was deployed yet */
};

/*
 * Reads the files with certificates alone; no private key need be readable. TLSAGEN_E_NOTFOUND when
 * there is none yet, TLSAGEN_E_SYNTAX, _KIND, _MISMATCH for what cannot be used, TLSAGEN_E_SYSTEM,
 * TLSAGEN_E_MEMORY.
 */
TLSAGEN_API enum tlsagen_status tlsagen_rollover_certificate_get(
    struct tlsagen_rollover *rollover, const struct tlsagen_config_service *service,
    struct tlsagen_rollover_certificate *certificate, struct tlsagen_err *err);

/*
 * Makes the next key of the service, unless one is under way, and publishes its record. csr (may be
 * NULL) gets a request for its certificate in PEM, with names (count of them, may be 0) beside the
 * host. Reports as tlsagen_rollover_run. TLSAGEN_E_MISMATCH when a rollover is under way,
 * TLSAGEN_E_KIND when the records of the service need a certificate, TLSAGEN_E_CRYPTO.
 */
TLSAGEN_API enum tlsagen_status tlsagen_rollover_next_key(
    struct tlsagen_rollover *rollover, const struct tlsagen_config_service *service,
    const char *const *names, size_t count, struct tlsagen_buf *csr,
    tlsagen_rollover_report *report, void *arg, struct tlsagen_err *err);

/* May this certificate be deployed? */
enum tlsagen_rollover_answer {
    TLSAGEN_GATE_YES,
    TLSAGEN_GATE_LATER, /* at safe_at, or when that is known; why tells */
    TLSAGEN_GATE_NEVER, /* its key is not published and will not be, or it is no good */
};
struct tlsagen_rollover_gate {
    enum tlsagen_rollover_answer answer;
    int64_t safe_at; /* LATER: seconds since 1970; 0: not known yet */
    char why[512];
};
/*
 * Looks afresh at every authoritative server, and answers for the certificate (a file as `source`
 * has it). TLSAGEN_OK with an answer; else as tlsagen_rollover_run.
 */
TLSAGEN_API enum tlsagen_status tlsagen_rollover_gate_ask(
    struct tlsagen_rollover *rollover, const struct tlsagen_config_service *service,
    const char *path, struct tlsagen_rollover_gate *gate, struct tlsagen_err *err);

/*
 * Back to the current key alone: what may be undone now is, the rest by the next runs. Reports as
 * tlsagen_rollover_run. TLSAGEN_E_NOTFOUND when nothing is under way, TLSAGEN_E_MISMATCH when the
 * replaced records are on their way out and there is no way back.
 */
TLSAGEN_API enum tlsagen_status tlsagen_rollover_abort(struct tlsagen_rollover *rollover,
                                                       const struct tlsagen_config_service *service,
                                                       tlsagen_rollover_report *report, void *arg,
                                                       struct tlsagen_err *err);

/* The world that a rollover is played in. */
struct tlsagen_rollover_scene {
    uint32_t ttl;          /* seconds, of the records */
    uint32_t servers;      /* authoritative name servers, 1 to 6 */
    uint32_t server_lag;   /* seconds until all but the first of them have a change */
    uint32_t endpoints;    /* 1 to 4 */
    uint32_t endpoint_lag; /* seconds until all but the first of them show what is deployed */
    uint32_t every;        /* seconds between two runs; 0: when one is due */
    bool first;            /* nothing is published at the beginning */
    bool emergency;        /* deployed without waiting for caches */
};

/* Called for each moment of the time line, text is borrowed; after is in seconds. */
typedef void tlsagen_rollover_moment(void *arg, int64_t after, const char *text);

struct tlsagen_rollover_outcome {
    bool complete; /* at the end the new key's records alone are published */
    int64_t took;  /* seconds, when complete */
    bool failed;   /* a client fails */
    int64_t failed_after;
    char failure[320]; /* one line */
    uint64_t pairs; /* of what a cache may hold and what an endpoint shows, that were looked at */
};

/*
 * Plays how the service, as it is configured, gets a certificate with a new key: with the decision
 * that tlsagen_rollover_run takes, and clients that hold whatever caches may keep from any server,
 * at every moment. Asks nobody and changes nothing. TLSAGEN_E_ARGUMENT for a scene out of bounds,
 * TLSAGEN_E_MEMORY.
 */
TLSAGEN_API enum tlsagen_status tlsagen_rollover_simulate(
    struct tlsagen_rollover *rollover, const struct tlsagen_config_service *service,
    const struct tlsagen_rollover_scene *scene, tlsagen_rollover_moment *moment, void *arg,
    struct tlsagen_rollover_outcome *outcome, struct tlsagen_err *err);

#ifdef __cplusplus
}
#endif

#endif
