/*
 * rollover.c - plays random worlds against the rollover decision, as a TAP test.
 *
 * TLSAGEN_SEED chooses the first world, TLSAGEN_WORLDS how many. A world that fails prints its own
 * seed and what happened in it; with that seed and TLSAGEN_WORLDS=1 it is played again.
 */
#include "rollover.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define WORLDS 100000
#define LISTED 30 /* failing worlds */
#define SHOWN 2   /* with all that happened in them */

static uint64_t number_from(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    if (text == NULL || *text == '\0')
        return otherwise;
    char *end;
    errno = 0;
    uint64_t number = strtoull(text, &end, 10);
    if (errno == 0 && *end == '\0')
        return number;
    (void)printf("Bail out! %s is no number: \"%s\"\n", name, text);
    exit(1);
}

struct teller {
    int64_t began;
    char last[WORLD_TEXT];
};

/* What is told again and again is printed once. */
static void print_line(void *ctx, int64_t at, const char *text)
{
    struct teller *teller = ctx;
    if (strcmp(text, teller->last) != 0)
        (void)printf("# %9" PRId64 " s  %s\n", at - teller->began, text);
    (void)snprintf(teller->last, sizeof(teller->last), "%s", text);
}

/* Once more, told. */
static void show(uint64_t seed)
{
    static struct sim sim;
    struct teller teller = {0};
    sim_draw(&sim, seed);
    teller.began = sim.world.now;
    sim.world.log = print_line;
    sim.world.log_ctx = &teller;
    (void)printf("# TLSAGEN_SEED=%" PRIu64 " TLSAGEN_WORLDS=1: %zu servers, %zu endpoints, TTL %u, "
                 "watch %" PRId64 ", %s\n",
                 seed, sim.world.server_count, sim.world.node_count, sim.world.ttl,
                 sim.world.policy.watch, sim.world.policy.live ? "live" : "somebody else deploys");
    (void)sim_play(&sim);
}

static uint64_t play_all(uint64_t seed, uint64_t worlds, struct sim_sum *sum)
{
    static struct sim sim;
    uint64_t failures = 0;
    for (uint64_t i = 0; i < worlds; i++) {
        sim_draw(&sim, seed + i);
        if (!sim_play(&sim) && ++failures <= LISTED)
            (void)printf("# world %" PRIu64 ": %s\n", seed + i, sim.world.failure);
        if (sim.world.failed && failures <= SHOWN)
            show(seed + i);
        sim_add(sum, &sim);
    }
    return failures;
}

static void print_sum(const struct sim_sum *sum)
{
    (void)printf("# %" PRIu64 " worlds, %" PRIu64 " runs, %" PRIu64 " decisions, %" PRIu64
                 " sets against chains\n",
                 sum->worlds, sum->runs, sum->steps, sum->pairs);
    (void)printf("# runs with each reason:");
    for (size_t i = 0; i < MODEL_WHY_COUNT; i++)
        (void)printf(" %s %" PRIu64, model_reason_word((enum model_reason)i), sum->reasons[i]);
    (void)printf("\n");
}

int main(void)
{
    static struct sim_sum sum;
    uint64_t worlds = number_from("TLSAGEN_WORLDS", WORLDS);
    uint64_t seed = number_from("TLSAGEN_SEED", (uint64_t)time(NULL) * 1000003);
    (void)printf("1..1\n# TLSAGEN_SEED=%" PRIu64 " TLSAGEN_WORLDS=%" PRIu64 "\n", seed, worlds);
    (void)fflush(stdout);
    uint64_t failures = play_all(seed, worlds, &sum);
    print_sum(&sum);
    (void)printf("%s 1 - %" PRIu64 " of %" PRIu64 " worlds fail\n", failures == 0 ? "ok" : "not ok",
                 failures, worlds);
    return failures == 0 ? 0 : 1;
}
