/*
 * world.h - a world to play rollovers in: authoritative servers, caches, endpoints, and the
 * engine's loop around a decision. Pure: no clock, no file, no network; all chance comes from a
 * seed.
 *
 * Time moves from event to event. A client may hold whatever any server served at a time u for as
 * long as caches may keep it: the TTL, 1 s more in unbound, and Postfix's own 1 s + min(max(TTL,
 * 1), 100). So the sets that a client can hold at a moment are known exactly, as a union of
 * intervals, and they change only when a server changes; what is shown changes only when an
 * endpoint does. Each such change is followed by a look at all pairs. A connection fails when the
 * held set is not empty and the chain shown matches nothing in some combination of it.
 *
 * What bounds these worlds, because nobody could act on the rest:
 *
 * - A server falls back only to a set that serves what is shown or is being deployed right then.
 *   (Otherwise clients fail at once, whatever anybody had decided.) The same for edits by hand.
 * - A fall-back, an edit by hand and a changed TTL stand until a look has seen them, and come
 *   neither between a look and the action that it allowed, nor at a server that is silent for the
 *   engine but not for clients.
 * - An endpoint that took up what is deployed goes on showing it until something else is deployed.
 * - Who deploys by himself does not configure other combinations while that is on its way to some
 *   endpoints.
 * - Clients count the servers that the operator has the engine ignore as dead.
 * - Failures are forgiven after a deployment that somebody else made too early, in an emergency,
 * and where the records served nobody at the beginning, until every server has records that serve
 *   what is shown and caches have lost what was there before.
 */
#ifndef ROLLOVER_WORLD_H
#define ROLLOVER_WORLD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "rollover/model.h"

#define WORLD_SERVERS 6
#define WORLD_NODES 4
#define WORLD_SIDES 20
#define WORLD_COMBOS 6
#define WORLD_VERSIONS 256
#define WORLD_HELD 96
#define WORLD_EVENTS 96
#define WORLD_TEXT 320 /* bytes */

/* What a record is made from. */
enum world_of { WORLD_OF_KEY, WORLD_OF_CERT, WORLD_OF_ISSUER };

struct world_combo {
    const char *name; /* "3 1 1" */
    enum world_of of;
    bool configured;
};

/* A record of the table: its combination and the number of its key, certificate or issuer. */
struct world_record {
    size_t combo;
    uint32_t subject;
};

struct world_chain {
    uint32_t key, cert, issuer;
};

struct world_side {
    bool certified;
    bool made; /* files of it are there, whatever source has */
    size_t chains;
    struct world_chain chain[MODEL_CHAINS];
};

/* What the zone had at one time. */
struct world_version {
    model_set set;
    bool stranger; /* and a record that is not in the table */
    uint32_t ttl;  /* seconds; of an absence the negative TTL */
};

struct world_server {
    size_t version;
    bool silent;  /* to the engine; clients are served */
    bool dead;    /* to everybody */
    bool ignored; /* by the operator */
    bool fallen;  /* back to an older version, until world_recover */
    bool looked;  /* since it changed the last time, with an answer */
    int64_t lag;  /* seconds to take over a version */
};

struct world_node {
    size_t shows[MODEL_CHAINS]; /* side of each chain */
    size_t chains;
    bool silent;
    int64_t lag; /* seconds to take up what is deployed */
};

/* A set that caches may still have. */
struct world_held {
    model_set set;
    int64_t until;
};

enum world_event_kind {
    WORLD_TRANSFER, /* server takes over the newest version */
    WORLD_TAKE_UP,  /* endpoint takes up what is deployed */
    WORLD_OWN,      /* and above: given to the world's owner */
};

struct world_event {
    int64_t at;
    int kind;
    size_t which;
    bool inside; /* may come while the engine runs */
};

/* How likely things go wrong, of 1000. All zero: nothing does. */
struct world_chances {
    uint32_t crash;        /* at each place of a run where one can be */
    uint32_t hook_fails;   /* after-deploy */
    uint32_t write_fails;  /* the zone cannot be written */
    uint32_t switch_fails; /* `live` cannot be changed */
    uint32_t never;        /* an endpoint does not take up a deployment, without a failing hook */
};

struct world;

/* A decision, and what it gets as ctx. */
typedef void world_decide(void *ctx, const struct model_facts *facts, const struct model_view *view,
                          const struct model_policy *policy, int64_t now, struct model_step *step);

struct world {
    uint64_t random; /* state */
    int64_t now;
    struct model_facts facts; /* as stored */
    struct model_policy policy;
    world_decide *decide;
    void *decide_ctx;
    struct model_step last; /* of the latest run */

    struct world_combo combos[WORLD_COMBOS];
    size_t combo_count;
    struct world_record records[MODEL_RECORDS];
    size_t record_count;
    struct model_combos table; /* records of each combination */
    model_set foreign;         /* nobody may remove these */
    struct world_side sides[WORLD_SIDES];
    size_t side_count;
    size_t source, live; /* sides; `live`, or what somebody else deploys */
    bool source_known, source_fit;
    uint32_t numbers; /* of keys, certificates and issuers given out */

    struct world_version versions[WORLD_VERSIONS];
    size_t version_count; /* the newest is the zone's */
    struct world_server servers[WORLD_SERVERS];
    size_t server_count;
    uint32_t ttl, negative_ttl; /* of what is written from now on */
    uint32_t ttl_max;           /* ever */
    enum model_trust trust;
    struct world_node nodes[WORLD_NODES];
    size_t node_count;
    struct world_held held[WORLD_HELD];
    size_t held_count;

    struct world_event events[WORLD_EVENTS];
    size_t event_count;
    bool even;         /* lags are as long as they can be, instead of drawn */
    int64_t hook_time; /* seconds that after-deploy takes at most */
    int64_t step_time; /* seconds that any other step takes at most */
    struct world_chances chances;

    bool excused;          /* failures are forgiven, until repaired */
    int64_t excused_until; /* and then until caches have lost it */
    bool failed;           /* something that must not be */
    int64_t failed_at;
    char failure[WORLD_TEXT];
    uint64_t pairs;   /* of a set that may be held and a chain shown, looked at */
    uint64_t steps;   /* decisions */
    uint32_t reasons; /* bits of the reasons given in the latest run, but for its looks */

    void (*log)(void *ctx, int64_t at, const char *text); /* NULL: quiet */
    void *log_ctx;
    void (*told)(void *ctx,
                 const struct model_step *step); /* of each decision, which is then not logged */
    void (*inside)(void *ctx, const struct world_event *own); /* events of WORLD_OWN in a run */
    void *ctx;
};

/* --- world.c --- */

/* An empty world at `now` (> 0). */
void world_init(struct world *world, uint64_t seed, int64_t now);
/* 0 <= result < below; below 0 or 1 gives 0. */
uint64_t world_draw(struct world *world, uint64_t below);
/* True in `chance` of 1000 cases. */
bool world_chance(struct world *world, uint32_t chance);
/* At most `most` seconds: drawn, or just that in an even world. */
int64_t world_while(struct world *world, int64_t most);
void world_log(struct world *world, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Notes the first thing that must not be; later ones are its consequences. */
void world_fail(struct world *world, const char *format, ...) __attribute__((format(printf, 2, 3)));
/* Adds an event; one too many is a failure. */
void world_plan_event(struct world *world, int64_t at, int kind, size_t which, bool inside);
/* True when an event of this kind waits. */
bool world_awaits(const struct world *world, int kind, size_t which);
/* Goes to the next event at or before `until` and lets it happen, or hands it out as *own when its
 * kind is WORLD_OWN or above. False when there is none, with now = until. */
bool world_next(struct world *world, int64_t until, struct world_event *own);
/* Lets seconds pass in a run: only what may come inside of one happens. */
void world_pass(struct world *world, int64_t seconds);

/* --- world_side.c: keys, certificates, records --- */

size_t world_add_combo(struct world *world, const char *name, enum world_of of, bool configured);
/* A side as it begins: new keys, certificates and one issuer for `chains` kinds of key. */
size_t world_new_side(struct world *world, size_t chains);
/* A copy, to be changed by the caller before it is shown to anybody. */
size_t world_copy_side(struct world *world, size_t side);
/* False once the tables of a world are full: the caller ends it. */
bool world_has_room(const struct world *world);
/* The bit of the record of a side's chain in a combination; made when it is not there. */
model_set world_record(struct world *world, size_t side, size_t chain, size_t combo);
/* A record that matches nothing, in a combination that is there. */
model_set world_foreign_record(struct world *world, size_t combo);
/* A side as the decision sees it, with today's configuration. */
void world_describe(struct world *world, size_t side, struct model_side *out);
/* The side that the decision knows as `side`; WORLD_SIDES when it is none. */
size_t world_find_side(const struct world *world, const struct model_side *side);
/* True when the set serves that chain. */
bool world_set_serves(const struct world *world, model_set set, size_t side, size_t chain);
/* True when the set serves all that is shown, and what is deployed. */
bool world_serves_all(const struct world *world, model_set set);
/* Prints a set like "311:k1+311:k2"; returns text. */
const char *world_set_text(const struct world *world, model_set set, char *text, size_t size);

/* --- world_net.c: servers, caches, endpoints --- */

/* Seconds that clients may keep what they got with this TTL. */
int64_t world_keeps(uint32_t ttl);
/* The zone gets this, and the servers in their time. False: no room. */
bool world_write(struct world *world, model_set set, bool stranger, uint32_t ttl);
const struct world_version *world_zone(const struct world *world);
/* All servers have the newest version, as at the beginning. */
void world_settle_servers(struct world *world);
void world_transfer(struct world *world, size_t server);
/* Back to an older version, until world_recover. */
void world_fall_back(struct world *world, size_t server, size_t version);
void world_recover(struct world *world, size_t server);
/* The server answers nobody any more. */
void world_die(struct world *world, size_t server);
/* All nodes show this from the beginning. */
void world_settle_nodes(struct world *world, size_t side);
void world_take_up(struct world *world, size_t node);
/* One chain of a node is of this side from now on. */
void world_show(struct world *world, size_t node, size_t chain, size_t side);
/* What is deployed from now on, at each node in its time. */
void world_deploy(struct world *world, size_t side, bool hook_ok);
/* True when every server has the newest version. */
bool world_is_spread(const struct world *world);

/* --- world_run.c: the engine's loop --- */

/*
 * One run of the engine; gate: with a fresh look at everything, as for somebody who asks whether to
 * deploy now. False: it crashed, or ended with a step that failed.
 */
bool world_run(struct world *world, bool gate);
/* The operator has the engine take what the servers have. False: not now. */
bool world_adopt(struct world *world);
/* The operator has the next key made: that of a side without certificates. */
void world_next_key(struct world *world, size_t side);
/* Decides with model_decide. */
world_decide world_model;

/* --- world_play.c: one service, without chance --- */

/* What is to be played: a service gets a certificate with new keys. */
struct world_plan {
    struct model_policy policy;
    uint32_t ttl;          /* seconds */
    uint32_t negative_ttl; /* seconds; only when first is set */
    bool first;            /* nothing is published before */
    size_t servers;        /* 1 to WORLD_SERVERS */
    int64_t lag;           /* seconds until all but the first have a change */
    size_t nodes;          /* 1 to WORLD_NODES */
    int64_t node_lag;      /* seconds until all but the first show what is deployed */
    size_t chains;         /* kinds of key */
    int64_t every;         /* seconds between runs of the engine */
    bool issuer;           /* 2 1 1 of the issuer is published as well */
    world_decide *decide;  /* NULL: the decision */
    void *decide_ctx;
};

#define WORLD_MOMENTS 64

struct world_moment {
    int64_t at; /* seconds since the new certificate came */
    char text[WORLD_TEXT];
};

struct world_story {
    struct world_moment moments[WORLD_MOMENTS];
    size_t count;
    bool cut;      /* there were more */
    bool complete; /* the new certificate alone is published at the end */
    int64_t took;  /* seconds, when complete */
    bool failed;   /* a client fails */
    int64_t failed_at;
    char failure[WORLD_TEXT];
    uint64_t pairs; /* cache states × chains that were looked at */
};

/* Plays the plan until nothing is under way. Deterministic; needs about 30 kB of stack. */
void world_play(const struct world_plan *plan, struct world_story *story);

#endif
