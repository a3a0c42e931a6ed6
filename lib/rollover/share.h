/*
 * share.h - services whose records stand at the same name, because their owners are aliases (CNAME)
 * of it. Each carries its own rollover; what another one wrote is taken over as if it was written
 * here, and begins the wait anew; nobody takes away what another one needs; and what is written
 * serves all of them, in every combination (RFC 7671 section 8).
 */
#ifndef ROLLOVER_SHARE_H
#define ROLLOVER_SHARE_H

#include "state.h"

struct member;
struct tlsagen_config;
struct tlsagen_config_service;

/* Every name at which records of a service may stand, of all services. */
struct share_name {
    char *name; /* owned */
    const struct tlsagen_config_service *service;
};
struct share_index {
    struct share_name *names; /* by name */
    size_t count;
    size_t size;
    bool made;
};

/* Another service at the same names, by its state; in the numbers of the member's table. */
struct share {
    const struct tlsagen_config_service *service;
    struct model_side current;
    struct model_side next;
    model_set written;
    model_set intent;
    model_set past[MODEL_PAST];
    size_t past_count;
    bool busy; /* next is published, or deployed */
    bool switched;
};

void share_index_clear(struct share_index *index);

/*
 * After the servers were asked: finds who shares names with the member, takes over what they wrote,
 * and leaves to the member only records that nobody else needs.
 */
enum tlsagen_status share_look(struct member *member, struct tlsagen_err *err);
/* The same without a look, for who is known to share: the others may have gone on. */
enum tlsagen_status share_refresh(struct member *member, struct tlsagen_err *err);
/* After the decision: what is to be written serves the others, too, or is held back; and what they
 * wrote is not somebody else's. */
void share_decide(struct member *member, int64_t now);

#endif
