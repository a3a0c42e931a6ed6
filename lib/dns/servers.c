/* servers.c - the name servers of a zone, and what each of them says. */
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "answer.h"
#include "rr.h"

#define SERVERS_MAX 256 /* addresses of one zone's servers */

static enum tlsagen_status refused(const struct tlsagen_dns_answer *answer, struct tlsagen_err *err)
{
    enum tlsagen_status code =
        answer->trust == TLSAGEN_DNS_BOGUS ? TLSAGEN_E_MISMATCH : TLSAGEN_E_TIMEOUT;
    return tlsagen_err_set(err, code, "%s: %s: %s", answer->name,
                           tlsagen_dns_trust_text(answer->trust), answer->err.message);
}

/* OK with an answer that says something. */
static enum tlsagen_status look(struct tlsagen_dns *dns, const char *name, uint16_t type,
                                struct tlsagen_dns_answer *answer, struct tlsagen_err *err)
{
    enum tlsagen_status status = tlsagen_dns_lookup(dns, name, type, answer, err);
    if (status == TLSAGEN_OK && answer->found == TLSAGEN_DNS_NOTHING)
        status = refused(answer, err);
    return status;
}

/* Up from name to the first that has a SOA of its own. */
static enum tlsagen_status find_apex(struct tlsagen_dns *dns, const char *text, struct name *apex,
                                     struct tlsagen_err *err)
{
    struct tlsagen_dns_answer answer;
    struct name name;
    char owner[NAME_TEXT_SIZE];
    enum tlsagen_status status = answer_begin(text, TYPE_SOA, &name, &answer, err);
    while (status == TLSAGEN_OK) {
        struct name parent;
        status = look(dns, name_text(&name, owner), TYPE_SOA, &answer, err);
        bool found = status == TLSAGEN_OK && answer.found == TLSAGEN_DNS_RECORDS && !answer.alias;
        tlsagen_dns_answer_clear(&answer);
        if (found) {
            *apex = name;
            return TLSAGEN_OK;
        }
        if (status == TLSAGEN_OK && !name_parent(&name, &parent))
            status = tlsagen_err_set(err, TLSAGEN_E_NOTFOUND, "no zone has %s in it", text);
        if (status == TLSAGEN_OK)
            name = parent;
    }
    return status;
}

/* Without an address: `failed` says whether it has none, or its lookup failed. */
static enum tlsagen_status add_server(struct tlsagen_dns_servers *servers, const char *name,
                                      const char *address, bool failed, struct tlsagen_err *err)
{
    if (servers->count == SERVERS_MAX)
        return tlsagen_err_set(err, TLSAGEN_E_LIMIT,
                               "the name servers of %s have more than %d addresses; not all of "
                               "them would be looked at",
                               servers->zone, SERVERS_MAX);
    struct tlsagen_dns_server *list =
        realloc(servers->servers, (servers->count + 1) * sizeof(list[0]));
    if (list == NULL)
        return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory for name servers");
    servers->servers = list;
    struct tlsagen_dns_server *server = &list[servers->count++];
    (void)snprintf(server->name, sizeof(server->name), "%s", name);
    (void)snprintf(server->address, sizeof(server->address), "%s", address);
    server->failed = failed;
    return TLSAGEN_OK;
}

static enum tlsagen_status add_addresses(struct tlsagen_dns *dns,
                                         struct tlsagen_dns_servers *servers, const char *name,
                                         uint16_t type, bool *failed, struct tlsagen_err *err)
{
    struct tlsagen_dns_answer answer;
    enum tlsagen_status status = tlsagen_dns_lookup(dns, name, type, &answer, err);
    if (status == TLSAGEN_OK && answer.found == TLSAGEN_DNS_NOTHING)
        *failed = true;
    for (size_t i = 0; status == TLSAGEN_OK && i < answer.count; i++) {
        char address[TLSAGEN_DNS_ADDRESS_SIZE];
        if (rr_address(&answer.records[i], type, address))
            status = add_server(servers, name, address, false, err);
    }
    tlsagen_dns_answer_clear(&answer);
    return status;
}

static enum tlsagen_status add_name_server(struct tlsagen_dns *dns,
                                           struct tlsagen_dns_servers *servers, const char *name,
                                           struct tlsagen_err *err)
{
    size_t before = servers->count;
    bool failed = false;
    enum tlsagen_status status = add_addresses(dns, servers, name, TYPE_A, &failed, err);
    if (status == TLSAGEN_OK)
        status = add_addresses(dns, servers, name, TYPE_AAAA, &failed, err);
    /* What stands at an address that cannot be found out may be anything. */
    if (status == TLSAGEN_OK && (failed || servers->count == before))
        status = add_server(servers, name, "", failed, err);
    return status;
}

enum tlsagen_status tlsagen_dns_servers_find(struct tlsagen_dns *dns, const char *name,
                                             struct tlsagen_dns_servers *servers,
                                             struct tlsagen_err *err)
{
    struct tlsagen_dns_answer answer;
    struct name apex;
    memset(servers, 0, sizeof(*servers));
    enum tlsagen_status status = find_apex(dns, name, &apex, err);
    if (status != TLSAGEN_OK)
        return status;
    status = look(dns, name_text(&apex, servers->zone), TYPE_NS, &answer, err);
    for (size_t i = 0; status == TLSAGEN_OK && i < answer.count; i++) {
        char host[NAME_TEXT_SIZE];
        if (rr_name(&answer.records[i], 0, host))
            status = add_name_server(dns, servers, host, err);
    }
    tlsagen_dns_answer_clear(&answer);
    if (status == TLSAGEN_OK && servers->count == 0)
        status = tlsagen_err_set(err, TLSAGEN_E_NOTFOUND, "%s has no name servers", servers->zone);
    return status;
}

void tlsagen_dns_servers_clear(struct tlsagen_dns_servers *servers)
{
    free(servers->servers);
    memset(servers, 0, sizeof(*servers));
}

static bool same_address(const char *a, const char *b)
{
    unsigned char x[sizeof(struct in6_addr)], y[sizeof(struct in6_addr)];
    if (inet_pton(AF_INET, a, x) == 1)
        return inet_pton(AF_INET, b, y) == 1 && memcmp(x, y, sizeof(struct in_addr)) == 0;
    return inet_pton(AF_INET6, a, x) == 1 && inet_pton(AF_INET6, b, y) == 1 &&
           memcmp(x, y, sizeof(struct in6_addr)) == 0;
}

static size_t bare_len(const char *name)
{
    const size_t len = strlen(name);
    return len > 0 && name[len - 1] == '.' ? len - 1 : len;
}

bool tlsagen_dns_server_is(const struct tlsagen_dns_server *server, const char *text)
{
    const size_t len = bare_len(text);
    return same_address(server->address, text) ||
           (len > 0 && len == bare_len(server->name) && strncasecmp(server->name, text, len) == 0);
}

/* --- one server's view --- */

/* Why an answer is none, in answer->err. */
static bool is_lame(struct tlsagen_dns_answer *answer, const char *address)
{
    if (answer->found == TLSAGEN_DNS_NOTHING)
        return true;
    if (answer->authoritative)
        return false;
    (void)tlsagen_err_set(&answer->err, TLSAGEN_E_NETWORK,
                          "%s answers without authority for the zone (lame)", address);
    return true;
}

static enum tlsagen_status get_serial(struct tlsagen_dns_question *question, const char *zone,
                                      struct tlsagen_dns_view *view, struct tlsagen_err *err)
{
    struct tlsagen_dns_answer answer;
    question->name = zone;
    question->type = TYPE_SOA;
    enum tlsagen_status status = tlsagen_dns_ask(question, &answer, err);
    if (status == TLSAGEN_OK && is_lame(&answer, question->address))
        view->err = answer.err;
    else if (status == TLSAGEN_OK && answer.count > 0)
        view->has_serial = rr_serial(&answer.records[0], &view->serial);
    tlsagen_dns_answer_clear(&answer);
    return status;
}

enum tlsagen_status tlsagen_dns_view_get(const char *address, uint16_t port, const char *zone,
                                         const char *name, uint16_t type, uint32_t timeout_ms,
                                         struct tlsagen_dns_view *view, struct tlsagen_err *err)
{
    struct tlsagen_dns_question question = {
        .address = address, .port = port, .timeout_ms = timeout_ms};
    memset(view, 0, sizeof(*view));
    enum tlsagen_status status = get_serial(&question, zone, view, err);
    if (status != TLSAGEN_OK || !view->has_serial) {
        if (status == TLSAGEN_OK && view->err.message[0] == '\0')
            (void)tlsagen_err_set(&view->err, TLSAGEN_E_NETWORK, "%s has no SOA of %s", address,
                                  zone);
        return status;
    }
    question.name = name;
    question.type = type;
    status = tlsagen_dns_ask(&question, &view->answer, err);
    if (status != TLSAGEN_OK)
        return status;
    if (is_lame(&view->answer, address))
        view->err = view->answer.err;
    else
        view->found = view->answer.found;
    return TLSAGEN_OK;
}

void tlsagen_dns_view_clear(struct tlsagen_dns_view *view)
{
    tlsagen_dns_answer_clear(&view->answer);
    memset(view, 0, sizeof(*view));
}
