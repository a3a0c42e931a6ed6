/* simulate.c - tlsagen_rollover_simulate: a world like the service's, and how its rollover goes. */
#include <stdlib.h>
#include <string.h>

#include "engine.h"
#include "world.h"

/* Deploys without waiting. The world is not told that it is an emergency: failures count. */
static void decide_at_once(void *ctx, const struct model_facts *facts,
                           const struct model_view *view, const struct model_policy *policy,
                           int64_t now, struct model_step *step)
{
    struct model_policy hasty = *policy;
    (void)ctx;
    hasty.emergency = true;
    model_decide(facts, view, &hasty, now, step);
}

static bool names_issuer(const struct tlsagen_config_service *service)
{
    for (size_t i = 0; i < service->field_count; i++) {
        const uint8_t usage = service->fields[i].usage;
        if (usage == TLSAGEN_USAGE_PKIX_TA || usage == TLSAGEN_USAGE_DANE_TA)
            return true;
    }
    return false;
}

static struct world_plan make_plan(struct tlsagen_rollover *rollover,
                                   const struct tlsagen_config_service *service,
                                   const struct tlsagen_rollover_scene *scene)
{
    struct world_plan plan = {
        .policy = member_policy(rollover, service),
        .ttl = scene->ttl,
        .negative_ttl = scene->ttl,
        .first = scene->first,
        .servers = scene->servers,
        .lag = scene->server_lag,
        .nodes = scene->endpoints,
        .node_lag = scene->endpoint_lag,
        .chains = service->source.count,
        .every = scene->every,
        .issuer = names_issuer(service),
        .decide = scene->emergency ? decide_at_once : NULL,
    };
    plan.policy.emergency = false;
    return plan;
}

static enum tlsagen_status check(const struct tlsagen_rollover_scene *scene,
                                 struct tlsagen_err *err)
{
    if (scene->servers < 1 || scene->servers > WORLD_SERVERS)
        return tlsagen_err_set(err, TLSAGEN_E_ARGUMENT, "%u name servers; give 1 to %d",
                               scene->servers, WORLD_SERVERS);
    if (scene->endpoints < 1 || scene->endpoints > WORLD_NODES)
        return tlsagen_err_set(err, TLSAGEN_E_ARGUMENT, "%u endpoints; give 1 to %d",
                               scene->endpoints, WORLD_NODES);
    return TLSAGEN_OK;
}

enum tlsagen_status tlsagen_rollover_simulate(struct tlsagen_rollover *rollover,
                                              const struct tlsagen_config_service *service,
                                              const struct tlsagen_rollover_scene *scene,
                                              tlsagen_rollover_moment *moment, void *arg,
                                              struct tlsagen_rollover_outcome *outcome,
                                              struct tlsagen_err *err)
{
    const struct world_plan plan = make_plan(rollover, service, scene);
    *outcome = (struct tlsagen_rollover_outcome){.complete = false};
    enum tlsagen_status status = check(scene, err);
    if (status != TLSAGEN_OK)
        return status;
    struct world_story *story = malloc(sizeof(*story));
    if (story == NULL)
        return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory for a simulation");
    world_play(&plan, story);
    for (size_t i = 0; i < story->count && moment != NULL; i++)
        moment(arg, story->moments[i].at, story->moments[i].text);
    outcome->complete = story->complete;
    outcome->took = story->took;
    outcome->failed = story->failed;
    outcome->failed_after = story->failed_at;
    _Static_assert(sizeof(outcome->failure) == sizeof(story->failure), "one line as long");
    memcpy(outcome->failure, story->failure, sizeof(outcome->failure));
    outcome->pairs = story->pairs;
    free(story);
    return TLSAGEN_OK;
}
