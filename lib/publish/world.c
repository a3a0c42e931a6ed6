/* world.c - the records at every authoritative server, and at a validating resolver. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tlsagen/world.h>

#include "match.h"
#include "serve.h"

#define FIRST_PAUSE_MS 50
#define LAST_PAUSE_MS 1000
#define QUESTION_MS 4000U /* in three tries: an answer may take a third of it */
#define CLIENT_SECONDS 5U /* Postfix keeps what it was told for seconds of its own */

/* One server, and the text of its problem. */
struct seen {
    struct tlsagen_world_server server;
    struct tlsagen_err problem;
    bool unknown; /* with an address "": a lookup of the server's addresses failed */
};

uint32_t tlsagen_world_safe_after(uint32_t former_ttl, uint32_t ttl)
{
    uint64_t most = former_ttl > ttl ? former_ttl : ttl;
    uint64_t after = 2 * most + CLIENT_SECONDS;
    return after > UINT32_MAX ? UINT32_MAX : (uint32_t)after;
}

/* One owner at one server. */
static enum tlsagen_status look_at(const struct tlsagen_world *world, const char *zone,
                                   const char *owner, struct seen *seen, struct tlsagen_err *err)
{
    struct tlsagen_world_server *server = &seen->server;
    struct tlsagen_dns_view view;
    enum tlsagen_status status = tlsagen_dns_view_get(server->address, world->port, zone, owner,
                                                      TLSAGEN_DNS_TLSA, QUESTION_MS, &view, err);
    if (status == TLSAGEN_OK && view.found == TLSAGEN_DNS_NOTHING) {
        server->answered = server->has_records = false;
        seen->problem = view.err;
        server->problem = seen->problem.message;
    } else if (status == TLSAGEN_OK) {
        server->has_serial = view.has_serial;
        server->serial = view.serial;
        if (!match_set(&view.answer, world->set, world->more))
            server->has_records = false;
        else if (view.answer.ttl > server->ttl)
            server->ttl = view.answer.ttl;
    }
    tlsagen_dns_view_clear(&view);
    return status;
}

static enum tlsagen_status look(const struct tlsagen_world *world, const char *zone, int64_t begin,
                                struct seen *seen, struct tlsagen_err *err)
{
    struct tlsagen_world_server *server = &seen->server;
    bool had = server->has_records;
    enum tlsagen_status status = TLSAGEN_OK;
    server->answered = server->has_records = true;
    server->problem = NULL;
    server->ttl = 0;
    if (server->address[0] == '\0') {
        server->answered = server->has_records = false;
        server->problem =
            seen->unknown ? "not all of its addresses can be looked up" : "its name has no address";
        return TLSAGEN_OK;
    }
    for (size_t i = 0; i < world->owner_count && server->has_records && status == TLSAGEN_OK; i++)
        status = look_at(world, zone, world->owners[i], seen, err);
    if (server->has_records && !had)
        server->since_ms = (uint32_t)(serve_now() - begin);
    return status;
}

static void show(const struct tlsagen_world *world, const struct seen *seen, size_t count)
{
    struct tlsagen_world_server *servers =
        world->show == NULL ? NULL : calloc(count, sizeof(*servers));
    if (servers == NULL)
        return;
    for (size_t i = 0; i < count; i++)
        servers[i] = seen[i].server;
    world->show(world->show_arg, servers, count);
    free(servers);
}

/* "ns2.example.org. (192.0.2.7) has serial 41", and so on, for those without the records. */
static enum tlsagen_status too_late(const struct tlsagen_world *world, const struct seen *seen,
                                    size_t count, struct tlsagen_err *err)
{
    char text[TLSAGEN_ERR_SIZE] = "";
    const char *silent = NULL;
    for (size_t i = 0; i < count; i++) {
        const struct tlsagen_world_server *server = &seen[i].server;
        size_t len = strlen(text);
        if (server->has_records || len > sizeof(text) / 2)
            continue;
        char serial[32] = "";
        if (server->has_serial)
            (void)snprintf(serial, sizeof(serial), " under serial %u", server->serial);
        const bool known = server->address[0] != '\0';
        (void)snprintf(text + len, sizeof(text) - len, "%s%.200s%s%s%s %s%.100s",
                       len > 0 ? "; " : "", server->name, known ? " (" : "", server->address,
                       known ? ")" : "",
                       server->answered ? "has other records" : "does not answer: ",
                       server->answered ? serial : server->problem);
        silent = server->answered ? silent : server->name;
    }
    const int bare = silent == NULL ? 0 : (int)strlen(silent) - 1; /* without the last dot */
    return tlsagen_err_set(err, TLSAGEN_E_TIMEOUT,
                           "not all authoritative servers have the records after %u s: %s%s%.*s%s",
                           world->wait_ms / 1000, text, bare > 0 ? "; --ignore-server " : "", bare,
                           bare > 0 ? silent : "", bare > 0 ? " leaves one out that stays so" : "");
}

static enum tlsagen_status wait_for_all(const struct tlsagen_world *world, const char *zone,
                                        struct seen *seen, size_t count,
                                        struct tlsagen_world_result *result,
                                        struct tlsagen_err *err)
{
    int64_t begin = serve_now();
    for (int64_t pause = FIRST_PAUSE_MS;;
         pause = pause * 2 < LAST_PAUSE_MS ? pause * 2 : LAST_PAUSE_MS) {
        bool all = true;
        result->ttl = 0;
        for (size_t i = 0; i < count; i++) {
            enum tlsagen_status status = look(world, zone, begin, &seen[i], err);
            if (status != TLSAGEN_OK)
                return status;
            all = all && seen[i].server.has_records;
            if (seen[i].server.ttl > result->ttl)
                result->ttl = seen[i].server.ttl;
        }
        result->elapsed_ms = (uint32_t)(serve_now() - begin);
        show(world, seen, count);
        if (all)
            return TLSAGEN_OK;
        int64_t left = begin + world->wait_ms - serve_now();
        if (left <= 0)
            return too_late(world, seen, count, err);
        serve_nap(pause < left ? pause : left);
    }
}

static bool is_ignored(const struct tlsagen_world *world, const struct tlsagen_dns_server *server)
{
    for (size_t i = 0; i < world->ignored_count; i++) {
        if (tlsagen_dns_server_is(server, world->ignored[i]))
            return true;
    }
    return false;
}

static enum tlsagen_status ask_all(const struct tlsagen_world *world,
                                   const struct tlsagen_dns_servers *servers,
                                   struct tlsagen_world_result *result, struct tlsagen_err *err)
{
    struct seen *seen = calloc(servers->count, sizeof(*seen));
    if (seen == NULL)
        return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory");
    for (size_t i = 0; i < servers->count; i++) {
        const struct tlsagen_dns_server *server = &servers->servers[i];
        if (is_ignored(world, server))
            continue;
        seen[result->servers++] = (struct seen){
            .server = {.name = server->name, .address = server->address},
            .unknown = server->failed,
        };
    }
    result->ignored = servers->count - result->servers;
    enum tlsagen_status status =
        result->servers > 0
            ? wait_for_all(world, servers->zone, seen, result->servers, result, err)
            : tlsagen_err_set(err, TLSAGEN_E_NOTFOUND,
                              "all name servers of %s are to be ignored; leave one to be asked",
                              servers->zone);
    free(seen);
    return status;
}

enum tlsagen_status tlsagen_world_authoritative(const struct tlsagen_world *world,
                                                struct tlsagen_world_result *result,
                                                struct tlsagen_err *err)
{
    struct tlsagen_dns_servers servers = {.count = 0};
    struct tlsagen_dns *dns = NULL;
    *result = (struct tlsagen_world_result){.servers = 0};
    enum tlsagen_status status = tlsagen_dns_new(&world->dns, &dns, err);
    if (status == TLSAGEN_OK)
        status = tlsagen_dns_servers_find(dns, world->owners[0], &servers, err);
    if (status != TLSAGEN_OK)
        (void)tlsagen_err_prepend(err, "cannot find the authoritative servers");
    if (status == TLSAGEN_OK)
        status = ask_all(world, &servers, result, err);
    tlsagen_dns_servers_clear(&servers);
    tlsagen_dns_free(dns);
    return status;
}

/* One look at all owners with a resolver that remembers nothing; *done, or err says what it saw. */
static enum tlsagen_status validate(const struct tlsagen_world *world, bool *done,
                                    struct tlsagen_world_result *result, struct tlsagen_err *err)
{
    struct tlsagen_dns *dns = NULL;
    enum tlsagen_status status = tlsagen_dns_new(&world->dns, &dns, err);
    *done = status == TLSAGEN_OK;
    for (size_t i = 0; i < world->owner_count && *done && status == TLSAGEN_OK; i++) {
        struct tlsagen_dns_answer answer;
        status = tlsagen_dns_lookup(dns, world->owners[i], TLSAGEN_DNS_TLSA, &answer, err);
        bool match = status == TLSAGEN_OK && match_answer(&answer, world->set, world->more);
        *done = match && answer.trust == TLSAGEN_DNS_SECURE;
        if (*done && answer.original_ttl > result->ttl)
            result->ttl = answer.original_ttl;
        if (status == TLSAGEN_OK && !*done)
            (void)tlsagen_err_set(err, TLSAGEN_E_TIMEOUT, "%s: %s%s%s%.300s", world->owners[i],
                                  answer.trust == TLSAGEN_DNS_NO_ANSWER ? "" : "the answer is ",
                                  tlsagen_dns_trust_text(answer.trust),
                                  answer.err.message[0] != '\0' && answer.trust <= TLSAGEN_DNS_BOGUS
                                      ? ": "
                                  : match ? ""
                                          : ", with other records than those published",
                                  answer.trust <= TLSAGEN_DNS_BOGUS ? answer.err.message : "");
        if (match && answer.trust == TLSAGEN_DNS_INSECURE)
            status = tlsagen_err_set(err, TLSAGEN_E_MISMATCH,
                                     "%s: the zone is not signed, or not delegated securely, and "
                                     "no client uses TLSA records from it",
                                     world->owners[i]);
        tlsagen_dns_answer_clear(&answer);
    }
    tlsagen_dns_free(dns);
    return status;
}

enum tlsagen_status tlsagen_world_secure(const struct tlsagen_world *world,
                                         struct tlsagen_world_result *result,
                                         struct tlsagen_err *err)
{
    int64_t begin = serve_now();
    *result = (struct tlsagen_world_result){.servers = 0};
    for (int64_t pause = FIRST_PAUSE_MS;;
         pause = pause * 2 < LAST_PAUSE_MS ? pause * 2 : LAST_PAUSE_MS) {
        bool done;
        enum tlsagen_status status = validate(world, &done, result, err);
        result->elapsed_ms = (uint32_t)(serve_now() - begin);
        if (status != TLSAGEN_OK || done)
            return status;
        int64_t left = begin + world->wait_ms - serve_now();
        if (left <= 0)
            return TLSAGEN_E_TIMEOUT;
        serve_nap(pause < left ? pause : left);
    }
}
