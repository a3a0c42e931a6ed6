#include "publish_world.h"

#include <stdio.h>
#include <time.h>
#include <unistd.h>

/* The table on a terminal: how many lines of it stand there. */
struct table {
    size_t lines;
    bool wanted;
};

static const char *state_of(const struct tlsagen_world_server *server)
{
    if (!server->answered)
        return "no answer";
    return server->has_records ? "served" : "waiting";
}

/* A line for each server, written over the one of the last look. */
static void show(void *arg, const struct tlsagen_world_server *servers, size_t count)
{
    struct table *table = arg;
    if (!table->wanted)
        return;
    if (table->lines > 0)
        (void)fprintf(stderr, "\033[%zuA", table->lines);
    for (size_t i = 0; i < count; i++) {
        char serial[16] = "-", since[24] = "";
        if (servers[i].has_serial)
            (void)snprintf(serial, sizeof(serial), "%u", servers[i].serial);
        if (servers[i].has_records)
            (void)snprintf(since, sizeof(since), " after %.1f s",
                           (double)servers[i].since_ms / 1000);
        (void)fprintf(stderr, "\r\033[K%-32.60s %-24.45s %10s %s%s\n", servers[i].name,
                      servers[i].address, serial, state_of(&servers[i]), since);
    }
    table->lines = count;
}

static int64_t now(void)
{
    return (int64_t)time(NULL);
}

int world_wait(const struct world_args *args, const struct tlsagen_publish *publish,
               uint32_t former_ttl, struct world_outcome *outcome)
{
    struct table table = {.wanted = !args->quiet && isatty(STDERR_FILENO) != 0};
    const struct tlsagen_world world = {.owners = publish->owners,
                                        .owner_count = publish->owner_count,
                                        .set = publish->set,
                                        .more = publish->add,
                                        .dns = args->dns,
                                        .ignored = (const char *const *)args->ignored,
                                        .ignored_count = args->ignored_count,
                                        .wait_ms = args->wait_ms,
                                        .show = show,
                                        .show_arg = &table};
    struct tlsagen_err err;
    *outcome = (struct world_outcome){.safe_from = 0};
    if (args->authoritative) {
        if (tlsagen_world_authoritative(&world, &outcome->authoritative, &err) != TLSAGEN_OK)
            return report_err(&err);
        outcome->safe_from =
            now() + tlsagen_world_safe_after(former_ttl, outcome->authoritative.ttl);
    }
    if (args->secure && tlsagen_world_secure(&world, &outcome->secure, &err) != TLSAGEN_OK)
        return report_err(&err);
    return EXIT_DONE;
}

void world_time(int64_t seconds, char text[32])
{
    time_t when = (time_t)seconds;
    struct tm tm;
    if (gmtime_r(&when, &tm) == NULL || strftime(text, 32, "%Y-%m-%dT%H:%M:%SZ", &tm) == 0)
        text[0] = '\0';
}

void world_report(struct tlsagen_buf *text, const struct world_args *args,
                  const struct world_outcome *outcome)
{
    char when[32], but[64] = "";
    if (args->authoritative) {
        const size_t ignored = outcome->authoritative.ignored;
        world_time(outcome->safe_from, when);
        if (ignored > 0)
            (void)snprintf(but, sizeof(but), " but %zu that %s ignored", ignored,
                           ignored == 1 ? "is" : "are");
        tlsagen_buf_printf(text, "at all authoritative servers (%zu)%s after %.1f s\n",
                           outcome->authoritative.servers, but,
                           (double)outcome->authoritative.elapsed_ms / 1000);
    }
    if (args->secure)
        tlsagen_buf_printf(text, "secure for a validating resolver after %.1f s\n",
                           (double)outcome->secure.elapsed_ms / 1000);
    if (args->authoritative)
        tlsagen_buf_printf(text, "safe to rely on from %s\n", when);
}
