/*
 * model.h - the rollover decision: recorded facts + what was just observed + policy + a moment ->
 * the next step, when, and why. Pure: no clock, no file, no network, no allocation.
 *
 * Records are numbered by a table (table.h), so that a set of them is a word of bits and a rule is
 * a line of arithmetic. Times are seconds since 1970, 0 is "not yet". The rules are those of RFC
 * 6698 appendix A.4 and RFC 7671 section 8; tlsagen-rollover(1) tells them in prose.
 *
 * The caller's loop, for the engine and for the simulator alike:
 *
 *     model_decide -> LOOK or PROBE: observe, model_note_view, decide again
 *                  -> PUBLISH, SWITCH, SWITCH_BACK, TELL: model_note_intent, act, model_note_done
 *                  -> NOTHING, HOLD, STOP: end; come back at step.due
 *
 * Facts are stored before and after each action, and each action may be repeated, so that a crash
 * anywhere is followed by the right next step.
 */
#ifndef ROLLOVER_MODEL_H
#define ROLLOVER_MODEL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MODEL_RECORDS 64 /* in play for one service */
#define MODEL_CHAINS 8   /* shown by one service: one for each kind of key */
#define MODEL_PAST 8     /* former sets that a server may still have */
#define MODEL_ID 32      /* bytes */
#define MODEL_WHY 320    /* bytes of a reason */

/* Bit i is record i of the table. */
typedef uint64_t model_set;

/* Records by their combination of usage, selector and matching type (RFC 7671 section 8). */
struct model_combos {
    model_set with[MODEL_RECORDS]; /* the records of each combination; disjoint */
    size_t count;
};

/* The certificates that a service shows, or is to show: one for each kind of key. */
struct model_side {
    bool known;
    bool certified;         /* false: keys without certificates, which cannot be deployed */
    uint8_t id[MODEL_ID];   /* of the certificates: another one is another side */
    uint8_t keys[MODEL_ID]; /* of their keys: equal when a certificate was renewed with its key */
    model_set wants;        /* the records that the configuration publishes for it */
    model_set could; /* the same in every combination in play: configured, served, or recorded */
    model_set matches[MODEL_CHAINS]; /* for each chain all records that it matches */
    size_t chains;
};

/* What the configuration says. */
struct model_policy {
    bool live;        /* we switch; else somebody else deploys and it is noticed */
    bool reuse;       /* keys stay: a certificate whose key is not published is held back */
    bool emergency;   /* do not wait; clients may fail for up to the TTL */
    bool tell;        /* there is a command to be run once it is safe to deploy */
    bool insist;      /* what failed is tried again now */
    int64_t keep;     /* seconds that replaced records stay after verification; < 0: the TTL */
    int64_t deadline; /* seconds for a deployment to be seen at every endpoint */
    int64_t watch;    /* seconds between looks while something is under way */
    int64_t retry;    /* seconds before a deployment that failed is tried again; most between
                         writes that fail */
};

/* All that is remembered. All zero is a service that was never looked at. */
struct model_facts {
    int64_t now;                /* of the last change of these facts */
    struct model_side current;  /* deployed, as far as is known */
    struct model_side next;     /* on its way; known is false when nothing is */
    bool next_key;              /* next was made by next-key: it waits for its certificate */
    model_set written;          /* what the zone has by our last write, or was found with */
    model_set past[MODEL_PAST]; /* what it had before, the latest first */
    size_t past_count;
    model_set ours;   /* records that are ours to remove once they serve nobody */
    model_set intent; /* what is being written, when intent_at is set */
    int64_t intent_at;
    int64_t written_at;
    int64_t write_failed; /* the last attempt to write did */
    int64_t staged;       /* next was taken up */
    int64_t next_written; /* the records of next were written; 0 where nothing had to be */
    int64_t retire;       /* taking the replaced records away was begun: there is no way back */
    uint32_t ttl;         /* T: the largest that was served since, before and after */
    uint32_t lower;       /* the largest TTL that was served since ... */
    int64_t lower_since;  /* ... this look; it becomes T after 2 T + 5 s. 0: T is served */
    int64_t seen;         /* t0: every server had `written`, and it was secure */
    int64_t next_seen;    /* t0 of the records of next, which stays when they are alone */
    int64_t served;       /* known since: whatever a cache may hold serves current; 0: it is not */
    int64_t looked;       /* the last look at DNS */
    int64_t probed;       /* the last look at the endpoints */
    int64_t told;         /* the when-ready command was run */
    int64_t switch_intent;
    int64_t switched;    /* deployed, or seen to be */
    int64_t hasty;       /* that is, in an emergency: caches may lack the records of next */
    int64_t hook_failed; /* the after-deploy command failed */
    int64_t verified;    /* every endpoint showed next */
    int64_t back_intent; /* `live` goes back */
    int64_t failed;      /* the last deployment that was taken back */
    uint32_t failures;
    uint32_t write_failures;   /* attempts, since one was a success */
    int64_t abort;             /* asked to go back to current alone */
    uint8_t refused[MODEL_ID]; /* side that was aborted: not taken up again */
    int64_t finished;          /* the last rollover was completed */
};

/* One owner at one address of an authoritative server. */
struct model_place {
    bool answered;
    bool ignored; /* by the operator's word: not waited for */
    bool unknown; /* has a record that is not in the table */
    model_set set;
    uint32_t ttl; /* seconds; of an absence the negative TTL */
};

/*
 * What a chain shown at one address, port and kind of key is, by the sides in the facts when it was
 * probed. A certificate that both sides have, as only another kind of key was renewed, tells
 * nothing and is NONE.
 */
enum model_shows {
    MODEL_SHOWS_NONE,   /* no certificate of this kind: no fault */
    MODEL_SHOWS_SILENT, /* cannot be reached now */
    MODEL_SHOWS_CURRENT,
    MODEL_SHOWS_NEXT,
    MODEL_SHOWS_OTHER,
};

struct model_endpoint {
    enum model_shows shows;
    bool served; /* by what is in `written`, every combination of it */
};

/* Trust in the records' answer, as a validator sees it. */
enum model_trust { MODEL_NO_ANSWER, MODEL_BOGUS, MODEL_INSECURE, MODEL_SECURE };

/* What was observed for this decision. Borrowed. */
struct model_view {
    const struct model_combos *combos;
    struct model_side source; /* what the configuration's source has now; known false: no use yet */
    bool source_fit;          /* it may be deployed: dates, names */
    struct model_side live;   /* what stands in `live`, or is shown by the endpoints */
    bool looked;              /* places and trust are of this moment */
    const struct model_place *places;
    size_t place_count;
    enum model_trust trust;
    bool probed; /* endpoints are of this moment */
    const struct model_endpoint *endpoints;
    size_t endpoint_count;
    int64_t clock_step; /* seconds that the clock was set since `now`, where that can be told */
};

enum model_action {
    MODEL_NOTHING = 0, /* until due */
    MODEL_LOOK,        /* at every authoritative server, and as a validator */
    MODEL_PROBE,       /* at every endpoint */
    MODEL_PUBLISH,     /* make the zone have step.set */
    MODEL_SWITCH,      /* deploy next */
    MODEL_SWITCH_BACK, /* deploy current again */
    MODEL_TELL,        /* run the when-ready command */
    MODEL_HOLD,        /* not now, and why; try again at due */
    MODEL_STOP,        /* an operator has to look */
};

/* Where a service stands, derived from the facts; in the order of the time line. */
enum model_stage {
    MODEL_STAGE_NEW,       /* never looked at */
    MODEL_STAGE_IDLE,      /* nothing is under way */
    MODEL_STAGE_STAGED,    /* a new side is there, its records are not published yet */
    MODEL_STAGE_PUBLISHED, /* in the zone, not yet at every server */
    MODEL_STAGE_SEEN,      /* at every server, and not yet safe */
    MODEL_STAGE_SAFE,      /* may be deployed */
    MODEL_STAGE_DEPLOYED,  /* not yet verified */
    MODEL_STAGE_VERIFIED,  /* the former records are still there */
    MODEL_STAGE_RETIRED,   /* taken away, not yet at every server */
    MODEL_STAGE_ABORTING,
};

/* Why, as a word for programs; text is in step.why. */
enum model_reason {
    MODEL_WHY_IDLE = 0,
    MODEL_WHY_FIRST,       /* first look */
    MODEL_WHY_REPAIR,      /* what is published does not serve what is live */
    MODEL_WHY_NEXT,        /* records of the next side */
    MODEL_WHY_CHANGE,      /* the configuration's combinations changed */
    MODEL_WHY_SPREAD,      /* servers do not have it yet */
    MODEL_WHY_SILENT,      /* a server or endpoint does not answer */
    MODEL_WHY_TRUST,       /* insecure, bogus or no answer */
    MODEL_WHY_CACHES,      /* until caches have it */
    MODEL_WHY_CERTIFICATE, /* the next key waits for its certificate */
    MODEL_WHY_SAFE,        /* safe to deploy */
    MODEL_WHY_EARLY,       /* deployed before it was safe */
    MODEL_WHY_VERIFY,      /* until every endpoint shows it */
    MODEL_WHY_KEEP,        /* replaced records stay for a while */
    MODEL_WHY_RETIRE,
    MODEL_WHY_DEADLINE, /* not shown in time: back */
    MODEL_WHY_FAILED,   /* taken back before; tried again later */
    MODEL_WHY_ABORT,
    MODEL_WHY_REFUSED,   /* the source is what was aborted */
    MODEL_WHY_REUSE,     /* a new key where keys are to stay */
    MODEL_WHY_UNFIT,     /* may not be deployed: dates, names */
    MODEL_WHY_UNSAFE,    /* no set serves both sides */
    MODEL_WHY_FOREIGN,   /* somebody else changed the records */
    MODEL_WHY_STRANGER,  /* endpoints show what nobody announced */
    MODEL_WHY_CLOCK,     /* the clock went back */
    MODEL_WHY_LIVE,      /* `live` holds what nobody announced, or nothing */
    MODEL_WHY_WRITE,     /* writing failed; tried again later */
    MODEL_WHY_EMERGENCY, /* deployed without waiting */
    MODEL_WHY_COUNT,     /* not a reason: how many there are */
};

struct model_step {
    enum model_action action;
    enum model_reason reason;
    int64_t due;   /* when to come back; 0: when something changes outside */
    model_set set; /* to be written, for PUBLISH */
    char why[MODEL_WHY];
};

/* True when every chain of the side matches set in every combination that set has; so does none. */
bool model_serves(const struct model_combos *combos, model_set set, const struct model_side *side);
enum model_stage model_stage(const struct model_facts *facts, const struct model_combos *combos,
                             const struct model_policy *policy, int64_t now);
/* From when on next may be deployed; 0 while nobody can tell. */
int64_t model_safe_at(const struct model_facts *facts, const struct model_policy *policy);

/* "waiting-for-caches" and so on, for programs; "seen", "safe" and so on; static. */
const char *model_reason_word(enum model_reason reason);
const char *model_stage_word(enum model_stage stage);

/* The next step. */
void model_decide(const struct model_facts *facts, const struct model_view *view,
                  const struct model_policy *policy, int64_t now, struct model_step *step);

/* Takes over what was observed: TTLs, t0 and its resets, verification, an end. */
void model_note_view(struct model_facts *facts, const struct model_view *view,
                     const struct model_policy *policy, int64_t now);
/* Before a step is done: what is meant. */
void model_note_intent(struct model_facts *facts, const struct model_step *step, int64_t now);
/* After it: done, or (ok false) not. A hook that failed after a switch is ok with hook_ok false. */
void model_note_done(struct model_facts *facts, const struct model_step *step, bool ok,
                     bool hook_ok, int64_t now);
/*
 * Another service of ours, whose records stand at the same name, made the zone have set, which
 * serves this one as well: it is what is written now, and has to be seen.
 */
void model_note_shared(struct model_facts *facts, model_set set);
/* A next key was made, which has no certificate yet; nothing else may be under way. */
void model_note_next_key(struct model_facts *facts, const struct model_combos *combos,
                         const struct model_side *side, int64_t now);
/* The operator asks to go back to current alone. False when it is too late, or nothing to do. */
bool model_note_abort(struct model_facts *facts, int64_t now);
/* The operator takes what the servers have (one set at all places) as the new beginning. */
bool model_note_adopt(struct model_facts *facts, const struct model_view *view, int64_t now);

#endif
