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

#define WORLDS 100000
#define SEED 1            /* the same worlds each time; `./bootstrap simulate` takes others */
#define LISTED 30         /* failing worlds */
#define WRONG_WORLDS 5000 /* in which a wrong policy is found out */
#define CLIENT "a client fails"
#define SHOWN 2 /* with all that happened in them */

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

/* The first world in which a client fails; WRONG_WORLDS when there is none. */
static uint64_t find_out(const struct sim_wrong *wrong, uint64_t seed)
{
    static struct sim sim;
    for (uint64_t i = 0; i < WRONG_WORLDS; i++) {
        struct sim_memory memory = {0};
        sim_draw(&sim, seed + i);
        sim.world.decide = wrong->decide;
        sim.world.decide_ctx = &memory;
        if (!sim_play(&sim) && strncmp(sim.world.failure, CLIENT, strlen(CLIENT)) == 0)
            return i;
    }
    return WRONG_WORLDS;
}

static bool report(size_t number, bool ok, const char *text)
{
    (void)printf("%s %zu - %s\n", ok ? "ok" : "not ok", number, text);
    (void)fflush(stdout);
    return ok;
}

int main(void)
{
    static struct sim_sum sum;
    char text[200];
    uint64_t worlds = number_from("TLSAGEN_WORLDS", WORLDS);
    uint64_t seed = number_from("TLSAGEN_SEED", SEED);
    (void)printf("1..%zu\n# TLSAGEN_SEED=%" PRIu64 " TLSAGEN_WORLDS=%" PRIu64 "\n",
                 1 + sim_wrong_count, seed, worlds);
    (void)fflush(stdout);
    uint64_t failures = play_all(seed, worlds, &sum);
    print_sum(&sum);
    (void)snprintf(text, sizeof(text), "no client fails in %" PRIu64 " worlds", worlds);
    bool good = report(1, failures == 0, text);
    for (size_t i = 0; i < sim_wrong_count; i++) {
        uint64_t world = find_out(&sim_wrongs[i], seed);
        (void)snprintf(text, sizeof(text), "found out: %s (world %" PRIu64 ")", sim_wrongs[i].name,
                       world);
        good = report(2 + i, world < WRONG_WORLDS, text) && good;
    }
    return good ? 0 : 1;
}
