/* locate.c - from a host to its addresses and TLSA records, as far as DNSSEC vouches for them. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dns/rr.h"
#include "verify.h"

static enum tlsagen_status take_addresses(struct verify *verify,
                                          const struct tlsagen_dns_answer *answer,
                                          struct tlsagen_err *err)
{
    for (size_t i = 0; i < answer->count; i++) {
        if (verify->address_count == VERIFY_ADDRESSES_MAX)
            return tlsagen_err_set(err, TLSAGEN_E_LIMIT, "%s has more than %d addresses",
                                   answer->name, VERIFY_ADDRESSES_MAX);
        if (rr_address(&answer->records[i], answer->type, verify->addresses[verify->address_count]))
            verify->address_count++;
    }
    if ((answer->count > 0 || answer->alias) && answer->trust != TLSAGEN_DNS_SECURE)
        verify->addresses_secure = false;
    if (answer->alias) {
        verify->alias = true;
        (void)snprintf(verify->canonical, sizeof(verify->canonical), "%s", answer->canonical);
    }
    return TLSAGEN_OK;
}

/* Name servers turn an RRset round from answer to answer; a report must not. */
static int compare_records(const void *a, const void *b)
{
    const struct tlsagen_dns_record *x = a, *y = b;
    int order = memcmp(x->data, y->data, x->len < y->len ? x->len : y->len);
    return order != 0 ? order : (x->len > y->len) - (x->len < y->len);
}

/* One type of address. An alias to a name without one tells where aliases lead, all the same. */
static enum tlsagen_status find_type(struct verify *verify, uint16_t type, bool *absence_secure,
                                     struct tlsagen_err *err)
{
    struct tlsagen_dns_answer answer;
    enum tlsagen_status status =
        tlsagen_dns_lookup_within(verify->options->dns, verify_left_for_lookup(verify),
                                  verify->service->host, type, &answer, err);
    if (status == TLSAGEN_OK && answer.found == TLSAGEN_DNS_NOTHING)
        verify_end_answer(verify, &answer,
                          type == TLSAGEN_DNS_A ? "the IPv4 address" : "the IPv6 address");
    if (status == TLSAGEN_OK && answer.count > 0)
        qsort(answer.records, answer.count, sizeof(answer.records[0]), compare_records);
    if (status == TLSAGEN_OK && answer.found != TLSAGEN_DNS_NOTHING)
        status = take_addresses(verify, &answer, err);
    *absence_secure = *absence_secure && answer.trust == TLSAGEN_DNS_SECURE;
    tlsagen_dns_answer_clear(&answer);
    return status;
}

enum tlsagen_status verify_find_addresses(struct verify *verify, struct tlsagen_err *err)
{
    enum tlsagen_status status = TLSAGEN_OK;
    bool secure = true;
    char host[TLSAGEN_DNS_NAME_SIZE];
    verify->addresses_secure = true;
    if (verify->options->family != 6)
        status = find_type(verify, TLSAGEN_DNS_A, &secure, err);
    if (status == TLSAGEN_OK && verify_goes_on(verify) && verify->options->family != 4)
        status = find_type(verify, TLSAGEN_DNS_AAAA, &secure, err);
    if (status == TLSAGEN_OK && verify_goes_on(verify) && verify->address_count == 0)
        verify_end(verify, TLSAGEN_VERDICT_NO_HOST, "%s has no %saddress%s",
                   verify_bare(verify->service->host, host),
                   verify->options->family == 4   ? "IPv4 "
                   : verify->options->family == 6 ? "IPv6 "
                                                  : "",
                   secure ? "" : ", by an answer that DNSSEC does not protect");
    return status;
}

/* Records in wire form to the set; those too short to be one are told and left out. */
static enum tlsagen_status take_records(struct verify *verify,
                                        const struct tlsagen_dns_answer *answer,
                                        struct tlsagen_err *err)
{
    enum tlsagen_status status = TLSAGEN_OK;
    for (size_t i = 0; i < answer->count && status == TLSAGEN_OK; i++) {
        const struct tlsagen_dns_record *r = &answer->records[i];
        if (r->len < 3) {
            status = verify_warn(verify, err, "digest-length",
                                 "%s: a TLSA record of %zu bytes, which is none; remove it",
                                 answer->name, r->len);
            continue;
        }
        struct tlsagen_fields fields = {r->data[0], r->data[1], r->data[2]};
        status = tlsagen_rrset_add(&verify->service->set, fields, r->data + 3, r->len - 3, err);
    }
    verify->service->ttl = answer->original_ttl;
    verify->service->rrsig_expires = answer->rrsig_expires;
    return status;
}

/* What a base domain has; the service's verdict stays when another base may be tried. */
struct tried {
    bool found;    /* secure records, now in the set */
    bool insecure; /* an answer, but not one to rely on */
};

static enum tlsagen_status try_base(struct verify *verify, const char *base, struct tried *tried,
                                    struct tlsagen_err *err)
{
    struct tlsagen_verify_service *service = verify->service;
    struct tlsagen_dns_answer answer;
    char owner[TLSAGEN_DNS_NAME_SIZE];
    if (strlen(base) + sizeof("_65535._tcp.") > sizeof(owner)) {
        verify_end(verify, TLSAGEN_VERDICT_NO_RECORDS, "%.200s... is too long for a TLSA record",
                   base);
        return TLSAGEN_OK;
    }
    (void)snprintf(owner, sizeof(owner), "_%u._tcp.%.*s", (unsigned)service->port,
                   (int)(sizeof(owner) - sizeof("_65535._tcp.")), base);
    (void)snprintf(service->base, sizeof(service->base), "%s", base);
    (void)snprintf(service->owner, sizeof(service->owner), "%s", owner);
    enum tlsagen_status status =
        tlsagen_dns_lookup_within(verify->options->dns, verify_left_for_lookup(verify), owner,
                                  TLSAGEN_DNS_TLSA, &answer, err);
    if (status == TLSAGEN_OK) {
        service->trust = answer.trust;
        if (answer.found == TLSAGEN_DNS_NOTHING)
            verify_end_answer(verify, &answer, "the TLSA records");
        else if (answer.trust != TLSAGEN_DNS_SECURE)
            tried->insecure = true;
        else if (answer.found == TLSAGEN_DNS_RECORDS)
            status = take_records(verify, &answer, err);
        tried->found = answer.trust == TLSAGEN_DNS_SECURE && answer.count > 0;
    }
    tlsagen_dns_answer_clear(&answer);
    return status;
}

/* An alias whose target is not signed may itself stand in a signed zone (RFC 7672 section 2.2.2).
 */
static enum tlsagen_status check_alias(struct verify *verify, bool *secure, struct tlsagen_err *err)
{
    struct tlsagen_dns_answer answer;
    enum tlsagen_status status =
        tlsagen_dns_lookup_within(verify->options->dns, verify_left_for_lookup(verify),
                                  verify->service->host, TLSAGEN_DNS_CNAME, &answer, err);
    if (status == TLSAGEN_OK && answer.found == TLSAGEN_DNS_NOTHING)
        verify_end_answer(verify, &answer, "the alias (CNAME)");
    *secure = answer.trust == TLSAGEN_DNS_SECURE && answer.count > 0;
    tlsagen_dns_answer_clear(&answer);
    return status;
}

static void end_without(struct verify *verify, const struct tried *tried)
{
    char owner[TLSAGEN_DNS_NAME_SIZE];
    (void)verify_bare(verify->service->owner, owner);
    if (tried->insecure)
        verify_end(verify, TLSAGEN_VERDICT_INSECURE,
                   "%s: the answer is not protected by DNSSEC; sign the zone and have its DS put "
                   "into the parent",
                   owner);
    else
        verify_end(verify, TLSAGEN_VERDICT_NO_RECORDS,
                   "%s has no TLSA records, and DNSSEC proves it; publish them", owner);
}

static enum tlsagen_status address_insecure(struct verify *verify, struct tlsagen_err *err)
{
    char host[TLSAGEN_DNS_NAME_SIZE];
    bool secure = false;
    enum tlsagen_status status = verify->alias ? check_alias(verify, &secure, err) : TLSAGEN_OK;
    if (status == TLSAGEN_OK && verify_goes_on(verify) && !secure)
        verify_end(
            verify, TLSAGEN_VERDICT_INSECURE,
            "the address of %s is not protected by DNSSEC, and mail servers look for no TLSA "
            "records then (RFC 7672 section 2.2.2); sign its zone",
            verify_bare(verify->service->host, host));
    return status;
}

/*
 * RFC 7671 section 7: where aliases lead is tried first, when all of them are secure, and then the
 * host itself. On SMTP the addresses have to be secure as well (RFC 7672 section 2.2).
 */
enum tlsagen_status verify_find_records(struct verify *verify, struct tlsagen_err *err)
{
    struct tried tried = {0};
    enum tlsagen_status status = TLSAGEN_OK;
    if (!verify->addresses_secure && verify->smtp)
        status = address_insecure(verify, err);
    if (status == TLSAGEN_OK && verify_goes_on(verify) && verify->alias && verify->addresses_secure)
        status = try_base(verify, verify->canonical, &tried, err);
    if (status == TLSAGEN_OK && verify_goes_on(verify) && !tried.found)
        status = try_base(verify, verify->service->host, &tried, err);
    if (status == TLSAGEN_OK && verify_goes_on(verify) && !tried.found)
        end_without(verify, &tried);
    return status;
}
