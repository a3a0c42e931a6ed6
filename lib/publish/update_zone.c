/* update_zone.c - the zone that a name lies in, as its primary server has it. */
#include <stdio.h>
#include <string.h>

#include <tlsagen/dns.h>
#include <tlsagen/update.h>

#include "dns/answer.h"

#define TIMEOUT_MS 10000U

/* The last number of an SOA's rdata (RFC 1035 section 3.3.13). */
static uint32_t minimum_of(const struct tlsagen_dns_record *record)
{
    if (record->len < 4)
        return 0;
    const uint8_t *at = record->data + record->len - 4;
    return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static enum tlsagen_status ask(const char *server, uint16_t port, const char *name,
                               struct tlsagen_update_zone *zone, bool *found,
                               struct tlsagen_err *err)
{
    const struct tlsagen_dns_question question = {.address = server,
                                                  .port = port,
                                                  .name = name,
                                                  .type = TLSAGEN_DNS_SOA,
                                                  .timeout_ms = TIMEOUT_MS};
    struct tlsagen_dns_answer answer;
    enum tlsagen_status status = tlsagen_dns_ask(&question, &answer, err);
    *found = status == TLSAGEN_OK && answer.found == TLSAGEN_DNS_RECORDS && answer.authoritative &&
             !answer.alias && answer.count > 0;
    if (*found) {
        uint32_t minimum = minimum_of(&answer.records[0]);
        (void)snprintf(zone->name, sizeof(zone->name), "%s", answer.name);
        zone->negative_ttl = answer.ttl < minimum ? answer.ttl : minimum;
    } else if (status == TLSAGEN_OK && answer.found == TLSAGEN_DNS_NOTHING && answer.rcode == 0) {
        status = tlsagen_err_set(err, TLSAGEN_E_TIMEOUT, "%s", answer.err.message);
    }
    tlsagen_dns_answer_clear(&answer);
    return status;
}

enum tlsagen_status tlsagen_update_zone_find(const char *server, uint16_t port, const char *owner,
                                             struct tlsagen_update_zone *zone,
                                             struct tlsagen_err *err)
{
    struct tlsagen_dns_answer ignored;
    struct name name;
    bool found = false;
    *zone = (struct tlsagen_update_zone){.negative_ttl = 0};
    enum tlsagen_status status = answer_begin(owner, TLSAGEN_DNS_SOA, &name, &ignored, err);
    while (status == TLSAGEN_OK && !found) {
        char text[NAME_TEXT_SIZE];
        status = ask(server, port, name_text(&name, text), zone, &found, err);
        if (status == TLSAGEN_OK && !found && !name_parent(&name, &name))
            status = tlsagen_err_set(err, TLSAGEN_E_MISMATCH,
                                     "%s holds no zone that %s lies in; give the address of its "
                                     "primary",
                                     server, owner);
    }
    return status;
}
