/*
 * look.c - what every authoritative server has, by address; what the zone's file or primary has;
 * and what a validator makes of it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <tlsagen/update.h>
#include <tlsagen/zone.h>

#include "engine.h"

struct look {
    struct member *member;
    struct tlsagen_dns *dns;
    struct tlsagen_dns_servers servers;
    size_t place_max;
};

/* Why a server has no answer, and what helps where it stays so. */
static void note_silent(struct member *member, const struct tlsagen_dns_server *server,
                        const char *why)
{
    const int len = (int)strlen(server->name) - 1; /* without the last dot */
    if (len < 1)
        (void)tlsagen_err_set(&member->silent, TLSAGEN_E_NOTFOUND, "%s", why);
    else
        (void)tlsagen_err_set(&member->silent, TLSAGEN_E_NOTFOUND,
                              "%s: %.300s; if it stays so, ignore-server = \"%.*s\" leaves it out",
                              server->name, why, len, server->name);
}

static struct model_place *add_place(struct look *look)
{
    struct member *member = look->member;
    if (member->view.place_count >= look->place_max)
        return NULL;
    return &member->places[member->view.place_count++];
}

/* --- records --- */

static enum tlsagen_status add_record(struct member *member, struct model_place *place,
                                      const struct tlsagen_record *record, struct tlsagen_err *err)
{
    unsigned bit;
    enum tlsagen_status status = table_intern(&member->state.table, record, &bit, err);
    if (status == TLSAGEN_OK)
        place->set |= (model_set)1 << bit;
    else if (status == TLSAGEN_E_LIMIT)
        place->unknown = true;
    return status == TLSAGEN_E_LIMIT ? TLSAGEN_OK : status;
}

static enum tlsagen_status add_rdata(struct member *member, struct model_place *place,
                                     const uint8_t *data, size_t len, struct tlsagen_err *err)
{
    if (len < 3) {
        place->unknown = true;
        return TLSAGEN_OK;
    }
    uint8_t *copy = malloc(len);
    if (copy == NULL)
        return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory");
    memcpy(copy, data, len);
    const struct tlsagen_record record = {
        .fields = {copy[0], copy[1], copy[2]}, .data = copy + 3, .len = len - 3};
    enum tlsagen_status status = add_record(member, place, &record, err);
    free(copy);
    return status;
}

/* --- servers --- */

/* One owner at one server; where it is an alias, the records stand at its target. */
static enum tlsagen_status ask_server(struct look *look, const struct tlsagen_dns_server *server,
                                      uint16_t port, size_t owner, uint32_t *negative_ttl,
                                      struct tlsagen_err *err)
{
    struct member *member = look->member;
    const char *address = server->address;
    struct tlsagen_dns_view view;
    struct model_place *place = add_place(look);
    if (place == NULL)
        return tlsagen_err_set(err, TLSAGEN_E_LIMIT, "too many name servers");
    *place = (struct model_place){.ignored = member_ignores(member, server)};
    if (place->ignored)
        return TLSAGEN_OK;
    if (address[0] == '\0') {
        note_silent(member, server,
                    server->failed ? "not all of its addresses can be looked up"
                                   : "it has no address");
        return TLSAGEN_OK;
    }
    enum tlsagen_status status =
        tlsagen_dns_view_get(address, port, look->servers.zone, member->service->owners[owner],
                             TLSAGEN_DNS_TLSA, ENGINE_QUESTION_MS, &view, err);
    place->answered = status == TLSAGEN_OK && view.found != TLSAGEN_DNS_NOTHING;
    if (place->answered && view.answer.alias)
        (void)snprintf(member->names[owner], sizeof(member->names[owner]), "%s",
                       view.answer.canonical);
    for (size_t i = 0; place->answered && i < view.answer.count && status == TLSAGEN_OK; i++)
        status =
            add_rdata(member, place, view.answer.records[i].data, view.answer.records[i].len, err);
    if (place->answered && view.found == TLSAGEN_DNS_RECORDS) {
        place->ttl = view.answer.ttl;
    } else if (place->answered) {
        struct tlsagen_update_zone zone;
        struct tlsagen_err ignored;
        if (*negative_ttl == UINT32_MAX &&
            tlsagen_update_zone_find(address, port, member->service->owners[owner], &zone,
                                     &ignored) == TLSAGEN_OK)
            *negative_ttl = zone.negative_ttl;
        place->answered = *negative_ttl != UINT32_MAX;
        place->ttl = place->answered ? *negative_ttl : 0;
    }
    if (!place->answered)
        note_silent(member, server, view.err.message);
    tlsagen_dns_view_clear(&view);
    return status;
}

static enum tlsagen_status ask_servers(struct look *look, struct tlsagen_err *err)
{
    const struct tlsagen_config *config = look->member->rollover->config;
    enum tlsagen_status status = TLSAGEN_OK;
    for (size_t i = 0; i < look->servers.count && status == TLSAGEN_OK; i++) {
        uint32_t negative_ttl = UINT32_MAX;
        for (size_t o = 0; o < look->member->service->port_count && status == TLSAGEN_OK; o++)
            status = ask_server(look, &look->servers.servers[i], config->authoritative_port, o,
                                &negative_ttl, err);
    }
    return status;
}

/* --- the zone itself --- */

struct file_look {
    struct member *member;
    struct model_place *place;
};

/* One record of the zone file; its rdata is `3 1 1 hex`. */
static enum tlsagen_status take_file_record(void *arg, const struct tlsagen_zone_record *record,
                                            struct tlsagen_err *err)
{
    struct file_look *look = arg;
    struct tlsagen_record parsed = {.data = NULL};
    unsigned usage, selector, matching;
    int used = 0;
    size_t size = strlen(record->rdata) / 2 + 1;
    uint8_t *data = malloc(size);
    if (data == NULL)
        return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory");
    if (record->ttl_known && record->ttl > look->place->ttl)
        look->place->ttl = record->ttl;
    enum tlsagen_status status = TLSAGEN_OK;
    if (sscanf(record->rdata, "%3u %3u %3u %n", &usage, &selector, &matching, &used) != 3 ||
        usage > 255 || selector > 255 || matching > 255 ||
        tlsagen_hex_decode(record->rdata + used, strlen(record->rdata + used), data, size,
                           &parsed.len, err) != TLSAGEN_OK) {
        look->place->unknown = true;
    } else {
        parsed.fields =
            (struct tlsagen_fields){(uint8_t)usage, (uint8_t)selector, (uint8_t)matching};
        parsed.data = data;
        status = add_record(look->member, look->place, &parsed, err);
    }
    free(data);
    return status;
}

static enum tlsagen_status read_zone_file(struct look *look, size_t owner, struct tlsagen_err *err)
{
    struct member *member = look->member;
    const struct tlsagen_config_zone *zone = member->service->zone;
    struct model_place *place = add_place(look);
    if (place == NULL)
        return tlsagen_err_set(err, TLSAGEN_E_LIMIT, "too many name servers");
    *place = (struct model_place){.answered = true};
    struct file_look file = {member, place};
    const struct tlsagen_zone_filter filter = {
        .origin = zone->name, .owner = member->names[owner], .type = "TLSA"};
    return tlsagen_zone_list(zone->file, &filter, take_file_record, &file, err);
}

static enum tlsagen_status ask_zone(struct look *look, struct tlsagen_err *err)
{
    const struct tlsagen_config_zone *zone = look->member->service->zone;
    struct tlsagen_dns_server primary = {.name = ""};
    uint32_t negative_ttl = UINT32_MAX;
    enum tlsagen_status status = TLSAGEN_OK;
    if (zone->file == NULL)
        (void)snprintf(primary.address, sizeof(primary.address), "%s", zone->update);
    for (size_t o = 0; o < look->member->service->port_count && status == TLSAGEN_OK; o++) {
        status = zone->file != NULL
                     ? read_zone_file(look, o, err)
                     : ask_server(look, &primary, zone->update_port, o, &negative_ttl, err);
    }
    return status;
}

/* --- a validator --- */

static enum tlsagen_status validate(struct look *look, struct tlsagen_err *err)
{
    struct member *member = look->member;
    enum tlsagen_status status = TLSAGEN_OK;
    static const enum model_trust trust_of[] = {
        [TLSAGEN_DNS_NO_ANSWER] = MODEL_NO_ANSWER,
        [TLSAGEN_DNS_BOGUS] = MODEL_BOGUS,
        [TLSAGEN_DNS_INSECURE] = MODEL_INSECURE,
        [TLSAGEN_DNS_SECURE] = MODEL_SECURE,
    };
    member->view.trust = MODEL_SECURE;
    for (size_t o = 0; o < member->service->port_count && status == TLSAGEN_OK; o++) {
        struct tlsagen_dns_answer answer;
        status = tlsagen_dns_lookup(look->dns, member->service->owners[o], TLSAGEN_DNS_TLSA,
                                    &answer, err);
        if (status == TLSAGEN_OK && trust_of[answer.trust] < member->view.trust)
            member->view.trust = trust_of[answer.trust];
        tlsagen_dns_answer_clear(&answer);
    }
    return status;
}

/* Nobody answers: nothing is known, which is no fault of ours. */
static bool is_no_answer(enum tlsagen_status status)
{
    return status == TLSAGEN_E_TIMEOUT || status == TLSAGEN_E_MISMATCH ||
           status == TLSAGEN_E_NOTFOUND || status == TLSAGEN_E_NETWORK;
}

static enum tlsagen_status look_in(struct look *look, struct tlsagen_err *err)
{
    struct member *member = look->member;
    enum tlsagen_status status =
        tlsagen_dns_servers_find(look->dns, member->service->owners[0], &look->servers, err);
    if (is_no_answer(status)) {
        member->fault = *err; /* told when the service has to wait for it */
        member->view.trust = status == TLSAGEN_E_MISMATCH ? MODEL_BOGUS : MODEL_NO_ANSWER;
        return TLSAGEN_OK;
    }
    if (status != TLSAGEN_OK)
        return status;
    (void)snprintf(member->zone, sizeof(member->zone), "%s", look->servers.zone);
    look->place_max = (look->servers.count + 1) * member->service->port_count;
    member->places = calloc(look->place_max, sizeof(*member->places));
    if (member->places == NULL)
        return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory");
    status = ask_servers(look, err);
    if (status == TLSAGEN_OK)
        status = ask_zone(look, err);
    if (status == TLSAGEN_OK)
        status = share_look(member, err);
    return status == TLSAGEN_OK ? validate(look, err) : status;
}

enum tlsagen_status member_look(struct member *member, struct tlsagen_err *err)
{
    const struct tlsagen_config *config = member->rollover->config;
    const struct tlsagen_dns_options options = {.anchor_file = config->trust_anchor,
                                                .resolver = config->resolver,
                                                .trust_ad = config->trust_ad};
    struct look look = {.member = member};
    free(member->places);
    member->places = NULL;
    member->view.place_count = 0;
    member->silent.code = TLSAGEN_OK;
    enum tlsagen_status status = tlsagen_dns_new(&options, &look.dns, err);
    if (status == TLSAGEN_OK)
        status = look_in(&look, err);
    tlsagen_dns_servers_clear(&look.servers);
    tlsagen_dns_free(look.dns);
    member->view.places = member->places;
    if (status == TLSAGEN_OK && member_play(member))
        status = member_sides(member, err);
    member->view.looked = status == TLSAGEN_OK;
    return status;
}
