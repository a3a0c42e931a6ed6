/* warn.c - what is well today and may not be tomorrow. */
#include <string.h>

#include "verify.h"

#define DAY 86400
#define EXPIRES_SOON (7 * DAY)

static bool was_shown(const struct tlsagen_verify_endpoint *endpoint)
{
    return endpoint->verdict == TLSAGEN_VERDICT_VERIFIED ||
           endpoint->verdict == TLSAGEN_VERDICT_MISMATCH;
}

static bool any_shown(const struct tlsagen_verify_service *service)
{
    for (size_t i = 0; i < service->endpoint_count; i++) {
        if (was_shown(&service->endpoints[i]))
            return true;
    }
    return false;
}

static enum tlsagen_status check_record(struct verify *verify, size_t i, struct tlsagen_err *err)
{
    const struct tlsagen_verify_service *service = verify->service;
    char text[48];
    (void)verify_record_text(&service->set.records[i], text);
    if (service->uses[i] == TLSAGEN_USE_WEAKER)
        return verify_warn(verify, err, "weaker-digest",
                           "record %zu (%s) is passed over by clients for one with SHA2-512 (RFC "
                           "7671 section 9)",
                           i + 1, text);
    if (service->uses[i] == TLSAGEN_USE_UNUSABLE)
        return verify_warn(verify, err, "unusable", "record %zu (%s) cannot be used by clients",
                           i + 1, text);
    if (service->matched[i] == 0 && any_shown(service))
        return verify_warn(verify, err, "unmatched",
                           "record %zu (%s) matches no server: it is stale, or of a next key",
                           i + 1, text);
    return TLSAGEN_OK;
}

static const char *name_of(const struct tlsagen_verify_endpoint *endpoint)
{
    return endpoint->address[0] != '\0' ? endpoint->address : "the chain given";
}

/* RFC 7671 section 5.2.2, RFC 7672 section 3.1.2: the server has to send the anchor. */
static enum tlsagen_status check_anchor(struct verify *verify,
                                        const struct tlsagen_verify_endpoint *endpoint,
                                        struct tlsagen_err *err)
{
    if (!endpoint->lacks_anchor)
        return TLSAGEN_OK;
    return verify_warn(
        verify, err, "anchor-missing",
        "%s (%s) sends %zu certificate%s without the CA's that a 2 x x record is of; "
        "have the server send the whole chain, its anchor included",
        name_of(endpoint), tlsagen_probe_kind_text(endpoint->kind), endpoint->chain_len,
        endpoint->chain_len == 1 ? "" : "s");
}

static enum tlsagen_status check_dates(struct verify *verify,
                                       const struct tlsagen_verify_endpoint *endpoint,
                                       struct tlsagen_err *err)
{
    int64_t left = endpoint->cert.not_after - verify->options->now;
    if (!endpoint->has_cert || left > EXPIRES_SOON)
        return TLSAGEN_OK;
    if (left < 0)
        return verify_warn(verify, err, "expired",
                           "the certificate of %s (%s) expired %lld days ago", name_of(endpoint),
                           tlsagen_probe_kind_text(endpoint->kind), (long long)(-left / DAY));
    return verify_warn(verify, err, "expires", "the certificate of %s (%s) expires in %lld days",
                       name_of(endpoint), tlsagen_probe_kind_text(endpoint->kind),
                       (long long)(left / DAY));
}

static enum tlsagen_status check_endpoint(struct verify *verify,
                                          const struct tlsagen_verify_endpoint *endpoint,
                                          struct tlsagen_err *err)
{
    enum tlsagen_status status = check_dates(verify, endpoint, err);
    if (status == TLSAGEN_OK && endpoint->verdict == TLSAGEN_VERDICT_VERIFIED &&
        endpoint->matches == 1)
        status = verify_warn(verify, err, "single-record",
                             "%s (%s) is covered by one record alone; a change of key needs the "
                             "next one's beside it",
                             name_of(endpoint), tlsagen_probe_kind_text(endpoint->kind));
    if (status == TLSAGEN_OK)
        status = check_anchor(verify, endpoint, err);
    if (status == TLSAGEN_OK && (strcmp(endpoint->tls_version, "TLSv1") == 0 ||
                                 strcmp(endpoint->tls_version, "TLSv1.1") == 0))
        status = verify_warn(verify, err, "tls-version",
                             "%s (%s) speaks %s at most, which clients "
                             "give up",
                             name_of(endpoint), tlsagen_probe_kind_text(endpoint->kind),
                             endpoint->tls_version);
    return status;
}

static enum tlsagen_status check_signature(struct verify *verify, struct tlsagen_err *err)
{
    const struct tlsagen_verify_service *service = verify->service;
    int64_t left = service->rrsig_expires - verify->options->now;
    if (service->rrsig_expires == 0 || left > (int64_t)service->ttl + DAY)
        return TLSAGEN_OK;
    return verify_warn(verify, err, "rrsig-expires",
                       "the signature of the records ends in %lld hours, less than TTL and a day; "
                       "see that the zone is signed again in time",
                       (long long)(left / 3600));
}

enum tlsagen_status verify_warnings(struct verify *verify, struct tlsagen_err *err)
{
    const struct tlsagen_verify_service *service = verify->service;
    enum tlsagen_status status = TLSAGEN_OK;
    if (service->set.count > 0)
        status = verify_lint(verify, err);
    for (size_t i = 0; i < service->set.count && service->uses != NULL && status == TLSAGEN_OK; i++)
        status = check_record(verify, i, err);
    for (size_t i = 0; i < service->endpoint_count && status == TLSAGEN_OK; i++) {
        if (was_shown(&service->endpoints[i]))
            status = check_endpoint(verify, &service->endpoints[i], err);
    }
    if (status == TLSAGEN_OK)
        status = check_signature(verify, err);
    return status;
}
