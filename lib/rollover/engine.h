/*
 * engine.h - one service in one run: its state, what was observed of it, and the steps done. The
 * decisions are those of model.h; everything here observes for them or does what they say.
 */
#ifndef ROLLOVER_ENGINE_H
#define ROLLOVER_ENGINE_H

#include <tlsagen/dns.h>
#include <tlsagen/rollover.h>

#include "live.h"
#include "share.h"
#include "side.h"
#include "source.h"
#include "state.h"

#define ENGINE_RETRY 3600       /* seconds before a deployment that failed is tried again */
#define ENGINE_CHECK_MS 120000U /* for one check of a zone file */
#define ENGINE_QUESTION_MS 3000U
#define ENGINE_ADDRESSES 64 /* of one host */

/* Services with a `live` that they are deployed to, by it, and then as they stand in the file. */
struct live_index {
    const struct tlsagen_config_service **at;
    size_t count;
};

struct tlsagen_rollover {
    const struct tlsagen_config *config;
    struct tlsagen_rollover_options options;
    struct state_home home;
    struct tlsagen_ctx *ctx;
    struct share_index shares;
    struct live_index lives;
};

/* One service. Everything that view points to is owned here. */
struct member {
    struct tlsagen_rollover *rollover;
    const struct tlsagen_config_service *service;
    struct model_policy policy;
    struct state state;
    struct model_facts stored; /* the facts as they were read or last written */
    struct model_step step;
    struct model_view view;
    struct model_combos combos;
    struct model_place *places;
    struct model_endpoint *endpoints;
    struct tlsagen_fields play[MODEL_RECORDS];
    size_t play_count;
    struct source source;      /* what stands in `source` */
    struct source live_source; /* and in `live` */
    char live_version[LIVE_NAME];
    struct tlsagen_err source_err; /* why `source` is of no use, or its certificate unfit; code
                                      TLSAGEN_OK: it is fine */
    char (*names)[TLSAGEN_DNS_NAME_SIZE]; /* where the records of each owner really stand */
    char zone[TLSAGEN_DNS_NAME_SIZE];     /* their zone, by the last look */
    struct share *shares;                 /* who else has records there, by the last look */
    size_t share_count;
    const char *late;          /* a service that shares `live`, and is not verified; NULL: none */
    bool renamed;              /* the names in the state are not those on the disk */
    struct tlsagen_err fault;  /* what a look or a command met with; code OK: nothing */
    struct tlsagen_err silent; /* why a name server has no answer, by the last look */
    bool failed;               /* nothing more is done in this run */
    bool shown;                /* dry run: the first step was shown */
};

/* member.c */

/* Reads the state and what stands in files. TLSAGEN_E_* when the service cannot be worked on. */
enum tlsagen_status member_open(struct member *member, struct tlsagen_rollover *rollover,
                                const struct tlsagen_config_service *service,
                                struct tlsagen_err *err);
void member_close(struct member *member);
/* Makes the index of a configuration, which goes to member_lives_clear. TLSAGEN_E_MEMORY. */
enum tlsagen_status member_lives_make(struct live_index *lives, const struct tlsagen_config *config,
                                      struct tlsagen_err *err);
void member_lives_clear(struct live_index *lives);
/* True for a name server that the service does not wait for (ignore-server). */
bool member_ignores(const struct member *member, const struct tlsagen_dns_server *server);
/* True for two services that share `live`, and for one and the same. */
bool member_is_beside(const struct tlsagen_config_service *a,
                      const struct tlsagen_config_service *b);
/* The service by whose name the next key is kept: the first one of those that share `live`. */
const char *member_key_name(const struct member *member);
/* Forgets what was observed, and reads `source` and `live` anew. */
enum tlsagen_status member_refresh(struct member *member, int64_t now, struct tlsagen_err *err);
/* What the configuration says, for the decision. */
struct model_policy member_policy(const struct tlsagen_rollover *rollover,
                                  const struct tlsagen_config_service *service);
/* The terms of the service for sides. Borrowed from the member. */
struct side_terms member_terms(const struct member *member);
/* Combinations in play, from the configuration and the table; true when they became more. */
bool member_play(struct member *member);
/* Writes the state when its facts changed. */
enum tlsagen_status member_save(struct member *member, struct tlsagen_err *err);
/* Remembers and returns the latest line of the history. */
void member_log(struct member *member, int64_t now, const char *text);
/* Makes the sides of what was read, anew when more combinations are in play. */
enum tlsagen_status member_sides(struct member *member, struct tlsagen_err *err);

/* look.c: every authoritative server, the zone itself, and a validator. */
enum tlsagen_status member_look(struct member *member, struct tlsagen_err *err);
/* probe.c: every endpoint. */
enum tlsagen_status member_probe(struct member *member, struct tlsagen_err *err);

/* act.c: steps. text gets what was done; *hook_ok is false when the after-deploy command failed. */
enum tlsagen_status member_publish(struct member *member, int64_t now, struct tlsagen_buf *text,
                                   struct tlsagen_err *err);
enum tlsagen_status member_switch(struct member *member, bool back, int64_t now, bool *hook_ok,
                                  struct tlsagen_buf *text, struct tlsagen_err *err);
enum tlsagen_status member_tell(struct member *member, struct tlsagen_buf *text,
                                struct tlsagen_err *err);
/* A tlsagen_zone_judge: the command of `check-with`, with the new file behind its words; arg is the
 * struct tlsagen_config_list. */
enum tlsagen_status engine_check_with(void *arg, const char *path, struct tlsagen_err *err);
/* Removes litter, old versions of `live`, and a next key that `live` has. */
void member_clean(struct member *member);

/* progress.c */

/* Tells and remembers what the last view has shown. */
void member_progress(struct member *member, const struct model_facts *before,
                     tlsagen_rollover_report *report, void *arg);
/* True when this was the last thing told, not long ago; else it is remembered. */
bool member_repeats(struct member *member, const char *text);

/* run.c */

/* Decides, observes and acts until the service has to wait, or is to be switched. */
void member_advance(struct member *member, tlsagen_rollover_report *report, void *arg);
/* Takes what stands in DNS and in use as the new beginning. */
void member_adopt(struct member *member, tlsagen_rollover_report *report, void *arg);
/* Reports where the service stands. */
void member_report(struct member *member, tlsagen_rollover_report *report, void *arg);
/* Reports a failure, once; nothing more is done for the service in this run. */
void member_fail(struct member *member, const struct tlsagen_err *err,
                 tlsagen_rollover_report *report, void *arg);
/* In a dry run reports the step, which ends it, as what follows depends on it; true then. */
bool member_only_show(struct member *member, const char *text, tlsagen_rollover_report *report,
                      void *arg);
int64_t engine_now(void);

#endif
