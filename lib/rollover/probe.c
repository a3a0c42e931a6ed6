/* probe.c - what every endpoint shows: each address, port and kind of key. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/sha.h>

#include <tlsagen/dns.h>
#include <tlsagen/probe.h>

#include "dns/rr.h"
#include "engine.h"
#include "rules.h"

struct probe {
    struct member *member;
    char (*addresses)[TLSAGEN_DNS_ADDRESS_SIZE]; /* ENGINE_ADDRESSES of them */
    size_t address_count;
    size_t endpoint_max;
    struct tlsagen_probe_result **results; /* one for each address and port; owned */
    size_t result_count;
    struct side_chain shown[MODEL_CHAINS]; /* different chains, borrowed from the results */
    size_t shown_count;
    bool silent;  /* somebody did not answer */
    bool unknown; /* nor did whoever knows the host's addresses: there may be more */
};

static bool is_ignored(const struct member *member, const char *address)
{
    struct tlsagen_dns_server server = {.name = ""};
    (void)snprintf(server.address, sizeof(server.address), "%s", address);
    return member_ignores(member, &server);
}

static enum tlsagen_status add_addresses(struct probe *probe, struct tlsagen_dns *dns,
                                         uint16_t type, struct tlsagen_err *err)
{
    struct tlsagen_dns_answer answer;
    enum tlsagen_status status =
        tlsagen_dns_lookup(dns, probe->member->service->host, type, &answer, err);
    if (status == TLSAGEN_OK &&
        (answer.found == TLSAGEN_DNS_NOTHING || answer.trust == TLSAGEN_DNS_BOGUS)) {
        probe->silent = probe->unknown = true;
        probe->member->fault = answer.err;
        (void)tlsagen_err_prepend(&probe->member->fault, "the %s addresses of %s",
                                  type == TLSAGEN_DNS_A ? "IPv4" : "IPv6", answer.name);
    }
    for (size_t i = 0; status == TLSAGEN_OK && i < answer.count; i++) {
        char *address = probe->addresses[probe->address_count];
        if (probe->address_count == ENGINE_ADDRESSES)
            status = tlsagen_err_set(err, TLSAGEN_E_LIMIT, "%s has more than %d addresses",
                                     answer.name, ENGINE_ADDRESSES);
        else if (rr_address(&answer.records[i], type, address) &&
                 !is_ignored(probe->member, address))
            probe->address_count++;
    }
    tlsagen_dns_answer_clear(&answer);
    return status;
}

static enum tlsagen_status find_addresses(struct probe *probe, struct tlsagen_err *err)
{
    const struct tlsagen_config *config = probe->member->rollover->config;
    const struct tlsagen_dns_options options = {.anchor_file = config->trust_anchor,
                                                .resolver = config->resolver,
                                                .trust_ad = config->trust_ad};
    struct tlsagen_dns *dns = NULL;
    enum tlsagen_status status = tlsagen_dns_new(&options, &dns, err);
    if (status == TLSAGEN_OK)
        status = add_addresses(probe, dns, TLSAGEN_DNS_A, err);
    if (status == TLSAGEN_OK)
        status = add_addresses(probe, dns, TLSAGEN_DNS_AAAA, err);
    tlsagen_dns_free(dns);
    return status;
}

/* --- what is shown --- */

static void leaf_of(const struct tlsagen_probe_cert *cert, uint8_t leaf[MODEL_ID])
{
    (void)SHA256(cert->der, cert->len, leaf);
}

static void remember_chain(struct probe *probe, const struct tlsagen_probe_answer *answer)
{
    for (size_t i = 0; i < probe->shown_count; i++) {
        const struct tlsagen_probe_cert *known = &probe->shown[i].certs[0];
        if (known->len == answer->chain[0].len &&
            memcmp(known->der, answer->chain[0].der, known->len) == 0)
            return;
    }
    if (probe->shown_count < MODEL_CHAINS)
        probe->shown[probe->shown_count++] = (struct side_chain){answer->chain, answer->chain_len};
}

static enum model_shows whose(const struct member *member, const uint8_t leaf[MODEL_ID])
{
    const struct model_facts *facts = &member->state.facts;
    const bool next = facts->next.known && state_has_leaf(&member->state, facts->next.id, leaf);
    const bool current =
        facts->current.known && state_has_leaf(&member->state, facts->current.id, leaf);
    if (next && current) /* only another kind of key was renewed: this one tells nothing */
        return MODEL_SHOWS_NONE;
    return next ? MODEL_SHOWS_NEXT : current ? MODEL_SHOWS_CURRENT : MODEL_SHOWS_OTHER;
}

static enum tlsagen_status judge(struct probe *probe, const struct tlsagen_probe_answer *answer,
                                 struct tlsagen_err *err)
{
    struct member *member = probe->member;
    struct model_endpoint *endpoint = &member->endpoints[member->view.endpoint_count++];
    *endpoint = (struct model_endpoint){.shows = MODEL_SHOWS_SILENT};
    if (answer->state == TLSAGEN_PROBE_NONE_OF_KIND)
        endpoint->shows = MODEL_SHOWS_NONE;
    if (answer->state != TLSAGEN_PROBE_OK || answer->chain_len == 0) {
        if (endpoint->shows == MODEL_SHOWS_SILENT) {
            probe->silent = true;
            member->fault = answer->err;
            (void)tlsagen_err_prepend(&member->fault, "%s", answer->address);
        }
        return TLSAGEN_OK;
    }
    const struct side_terms terms = member_terms(member);
    const struct side_chain chain = {answer->chain, answer->chain_len};
    struct model_side side;
    struct tlsagen_err ignored;
    uint8_t leaf[MODEL_ID];
    leaf_of(&answer->chain[0], leaf);
    endpoint->shows = whose(member, leaf);
    remember_chain(probe, answer);
    enum tlsagen_status status =
        side_of_chains(member->rollover->ctx, &terms, &chain, 1, answer->address,
                       &member->state.table, &side, &ignored);
    (void)member_play(member);
    endpoint->served =
        status == TLSAGEN_OK && model_serves(&member->combos, member->state.facts.written, &side);
    return status == TLSAGEN_E_MEMORY ? tlsagen_err_set(err, status, "out of memory") : TLSAGEN_OK;
}

static enum tlsagen_status ask(struct probe *probe, const char *address, uint16_t port,
                               struct tlsagen_err *err)
{
    const struct tlsagen_config_service *service = probe->member->service;
    char host[TLSAGEN_NAME_SIZE];
    (void)snprintf(host, sizeof(host), "%s", service->host);
    if (host[0] != '\0' && host[strlen(host) - 1] == '.')
        host[strlen(host) - 1] = '\0';
    const struct tlsagen_service *known = tlsagen_service_at(port);
    const struct tlsagen_probe_options options = {
        .host = host,
        .address = address,
        .port = port,
        .starttls = service->has_starttls ? service->starttls
                    : known != NULL       ? known->starttls
                                          : TLSAGEN_STARTTLS_NONE,
    };
    struct tlsagen_probe_result **result = &probe->results[probe->result_count];
    enum tlsagen_status status = tlsagen_probe_run(&options, result, err);
    if (status != TLSAGEN_OK)
        return status;
    probe->result_count++;
    for (size_t i = 0; i < (*result)->count && status == TLSAGEN_OK; i++) {
        if (probe->member->view.endpoint_count < probe->endpoint_max)
            status = judge(probe, &(*result)->answers[i], err);
    }
    return status;
}

/* Without `live`, what is shown is all that is known of the chain in use. */
static enum tlsagen_status take_live(struct probe *probe, struct tlsagen_err *err)
{
    struct member *member = probe->member;
    const struct side_terms terms = member_terms(member);
    if (member->policy.live || probe->shown_count == 0 || probe->silent)
        return TLSAGEN_OK;
    enum tlsagen_status status =
        side_of_chains(member->rollover->ctx, &terms, probe->shown, probe->shown_count,
                       "the chains shown", &member->state.table, &member->view.live, err);
    for (size_t i = 0; status == TLSAGEN_OK && i < probe->shown_count; i++) {
        uint8_t leaf[MODEL_ID];
        leaf_of(&probe->shown[i].certs[0], leaf);
        if (!state_has_leaf(&member->state, member->view.live.id, leaf))
            state_add_leaf(&member->state, member->view.live.id, leaf);
    }
    (void)member_play(member);
    return status;
}

static enum tlsagen_status ask_all(struct probe *probe, struct tlsagen_err *err)
{
    const struct tlsagen_config_service *service = probe->member->service;
    const size_t pairs = probe->address_count * service->port_count;
    enum tlsagen_status status = TLSAGEN_OK;
    probe->endpoint_max = pairs * TLSAGEN_PROBE_KINDS + 1;
    probe->member->endpoints = calloc(probe->endpoint_max, sizeof(struct model_endpoint));
    probe->results = calloc(pairs + 1, sizeof(*probe->results));
    if (probe->member->endpoints == NULL || probe->results == NULL)
        return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory");
    for (size_t a = 0; a < probe->address_count; a++) {
        for (size_t p = 0; p < service->port_count && status == TLSAGEN_OK; p++)
            status = ask(probe, probe->addresses[a], service->ports[p], err);
    }
    /* One at an address that could not be found out goes on showing whatever it did. */
    if (status == TLSAGEN_OK && probe->unknown)
        probe->member->endpoints[probe->member->view.endpoint_count++].shows = MODEL_SHOWS_SILENT;
    return status == TLSAGEN_OK ? take_live(probe, err) : status;
}

/* Endpoints that are not looked at are taken to show what was deployed. */
static enum tlsagen_status assume(struct member *member, struct tlsagen_err *err)
{
    member->endpoints = calloc(1, sizeof(*member->endpoints));
    if (member->endpoints == NULL)
        return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory");
    member->endpoints[0] = (struct model_endpoint){
        .shows = !member->policy.live                                        ? MODEL_SHOWS_SILENT
                 : rules_same(&member->view.live, &member->state.facts.next) ? MODEL_SHOWS_NEXT
                                                                             : MODEL_SHOWS_CURRENT,
        .served = true};
    member->view.endpoint_count = 1;
    return TLSAGEN_OK;
}

static enum tlsagen_status probe_in(struct probe *probe, struct tlsagen_err *err)
{
    probe->addresses = calloc(ENGINE_ADDRESSES, sizeof(*probe->addresses));
    if (probe->addresses == NULL)
        return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory");
    enum tlsagen_status status = find_addresses(probe, err);
    if (status == TLSAGEN_OK && probe->address_count == 0 && !probe->silent)
        (void)tlsagen_err_set(&probe->member->fault, TLSAGEN_E_NOTFOUND, "%s has no address",
                              probe->member->service->host);
    return status == TLSAGEN_OK ? ask_all(probe, err) : status;
}

enum tlsagen_status member_probe(struct member *member, struct tlsagen_err *err)
{
    struct probe probe = {.member = member};
    const struct tlsagen_config_service *service = member->service;
    free(member->endpoints);
    member->endpoints = NULL;
    member->view.endpoint_count = 0;
    enum tlsagen_status status = service->verify && service->proto == TLSAGEN_PROTO_TCP
                                     ? probe_in(&probe, err)
                                     : assume(member, err);
    for (size_t i = 0; i < probe.result_count; i++)
        tlsagen_probe_free(probe.results[i]);
    free(probe.results);
    free(probe.addresses);
    member->view.endpoints = member->endpoints;
    member->view.probed = status == TLSAGEN_OK;
    return status;
}
