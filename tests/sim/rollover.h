/* Random worlds for the rollover decision: drawn from a seed, disturbed, and brought to an end. */
#ifndef SIM_ROLLOVER_H
#define SIM_ROLLOVER_H

#include "rollover/world.h"

/* What happens in a world besides its own mechanics. */
enum sim_event {
    SIM_RUN = WORLD_OWN, /* the engine is run */
    SIM_RENEW,           /* another certificate in source */
    SIM_NEXT_KEY,        /* the operator makes the next key */
    SIM_CERTIFY,         /* and gets its certificate */
    SIM_FALL_BACK,       /* a server has an older version */
    SIM_RECOVER,
    SIM_SILENCE, /* a server does not answer the engine */
    SIM_ANSWER,
    SIM_NODE_SILENCE,
    SIM_NODE_ANSWER,
    SIM_DIE,    /* a server answers nobody any more */
    SIM_IGNORE, /* the operator says so */
    SIM_DISTRUST,
    SIM_TRUST,
    SIM_TTL,  /* the operator changes the TTL */
    SIM_EDIT, /* the operator edits the records by hand */
    SIM_UNDO, /* and takes that back, or has it adopted */
    SIM_SCHEME,
    SIM_ABORT,
    SIM_UNFIT,
    SIM_FIT,
    SIM_DEPLOY, /* somebody else asks whether it is safe, and deploys if so */
    SIM_RASH,   /* somebody else deploys without asking */
    SIM_EVENTS,
};

struct sim {
    struct world world;
    int64_t span;    /* seconds: disturbances begin within it */
    int64_t gap;     /* seconds between runs at most */
    bool ending;     /* no new disturbances; those under way end */
    bool certifying; /* a next key will get its certificate */
    bool edited;     /* by hand, and not taken back */
    size_t edit;     /* version made so */
    model_set given; /* by hand, or there before the first run and not declared: they may stay */
    bool early;      /* deployed without asking, and to be reported */
    size_t early_side;
    uint64_t runs;
    uint64_t happened[SIM_EVENTS - WORLD_OWN];
    uint64_t reasons[64];
};

/* What is counted over many worlds. */
struct sim_sum {
    uint64_t worlds, runs, steps, pairs;
    uint64_t happened[SIM_EVENTS - WORLD_OWN];
    uint64_t reasons[64];
};

/* rollover_draw.c: a world as it begins, with its disturbances planned. */
void sim_draw(struct sim *sim, uint64_t seed);
size_t sim_renewed(struct sim *sim);

/* rollover_events.c */
void sim_happen(struct sim *sim, const struct world_event *event);

/* rollover_live.c: plays a drawn world to its end. False when something was wrong; see
 * sim->world.failure. */
bool sim_play(struct sim *sim);
/* Every chain of every endpoint is of this side, and can be seen. */
bool sim_all_show(const struct sim *sim, size_t side);
/* What is in source was aborted. */
bool sim_is_refused(struct world *world);
void sim_run(struct sim *sim, size_t which);
void sim_deploy(struct sim *sim, size_t which);
void sim_rash(struct sim *sim, size_t which);
void sim_add(struct sim_sum *sum, const struct sim *sim);

/* rollover_wrong.c: policies that have to be found out. */
struct sim_wrong {
    const char *name;
    world_decide *decide; /* its ctx is a struct sim_memory, all zero at first */
};
struct sim_memory {
    model_set written;
    int64_t written_at;
    int64_t seen;
};
extern const struct sim_wrong sim_wrongs[];
extern const size_t sim_wrong_count;

#endif
