/* verify_json.c - what was found out, for programs. */
#include "verify.h"

#include <stdlib.h>
#include <string.h>

/* Names and messages are ASCII, but for what a server may have put in between. */
static json_t *text(const char *words)
{
    json_t *string = json_string(words);
    if (string != NULL)
        return string;
    char *copy = strdup(words);
    if (copy == NULL)
        return NULL;
    for (char *c = copy; *c != '\0'; c++)
        *c = (unsigned char)*c > 0x7f ? '?' : *c;
    string = json_string(copy);
    free(copy);
    return string;
}

static json_t *hex(const uint8_t *bytes, size_t len)
{
    struct tlsagen_buf digits;
    tlsagen_buf_init(&digits);
    tlsagen_buf_hex(&digits, bytes, len);
    json_t *string = digits.failed ? NULL : json_string(digits.data != NULL ? digits.data : "");
    tlsagen_buf_clear(&digits);
    return string;
}

static json_t *record(const struct tlsagen_verify_service *service, size_t i)
{
    static const char *const uses[] = {"yes", "weaker-digest", "unusable"};
    const struct tlsagen_record *r = &service->set.records[i];
    json_t *object = json_pack("{s:i, s:i, s:i, s:o}", "usage", (int)r->fields.usage, "selector",
                               (int)r->fields.selector, "matching_type", (int)r->fields.matching,
                               "data", hex(r->data, r->len));
    if (object != NULL && service->uses != NULL &&
        (json_object_set_new(object, "used", json_string(uses[service->uses[i]])) != 0 ||
         json_object_set_new(object, "endpoints", json_integer((json_int_t)service->matched[i])) !=
             0)) {
        json_decref(object);
        return NULL;
    }
    return object;
}

/* Adds the parts that an endpoint has only with a certificate. */
static bool add_cert(json_t *object, const struct tlsagen_verify_endpoint *e, int64_t now)
{
    if (!e->has_cert)
        return true;
    json_t *cert = json_pack(
        "{s:s, s:I, s:I, s:o, s:I}", "key_type", e->cert.key, "not_after",
        (json_int_t)e->cert.not_after, "days_left", (json_int_t)((e->cert.not_after - now) / 86400),
        "spki_sha256", hex(e->cert.spki_sha256, 32), "chain_length", (json_int_t)e->chain_len);
    return cert != NULL && json_object_set_new(object, "certificate", cert) == 0;
}

static json_t *endpoint(const struct tlsagen_verify_endpoint *e, int64_t now)
{
    bool verified = e->verdict == TLSAGEN_VERDICT_VERIFIED;
    json_t *address = e->address[0] != '\0' ? json_string(e->address) : json_null();
    json_t *tls = e->tls_version[0] != '\0' ? json_string(e->tls_version) : json_null();
    json_t *number = verified ? json_integer((json_int_t)e->record + 1) : json_null();
    json_t *depth = verified ? json_integer(e->depth) : json_null();
    json_t *reason = e->reason[0] != '\0' ? text(e->reason) : json_null();
    json_t *object = json_pack("{s:o, s:s, s:s, s:o, s:o, s:o, s:o, s:I}", "address", address,
                               "key", tlsagen_probe_kind_text(e->kind), "verdict",
                               tlsagen_verdict_word(e->verdict), "reason", reason, "tls_version",
                               tls, "record", number, "depth", depth, "ms", (json_int_t)e->ms);
    if (object != NULL && !add_cert(object, e, now)) {
        json_decref(object);
        return NULL;
    }
    return object;
}

static bool append(json_t *array, json_t *value)
{
    return json_array_append_new(array, value) == 0;
}

static bool fill(const struct tlsagen_verify_service *service, json_t *records, json_t *endpoints,
                 json_t *warnings, int64_t now)
{
    bool good = records != NULL && endpoints != NULL && warnings != NULL;
    for (size_t i = 0; i < service->set.count && good; i++)
        good = append(records, record(service, i));
    for (size_t i = 0; i < service->endpoint_count && good; i++)
        good = append(endpoints, endpoint(&service->endpoints[i], now));
    for (size_t i = 0; i < service->warning_count && good; i++)
        good = append(warnings, json_pack("{s:s, s:o}", "rule", service->warnings[i].rule, "text",
                                          text(service->warnings[i].text)));
    return good;
}

static json_t *service_object(const struct tlsagen_verify_service *s, int64_t now)
{
    json_t *records = json_array(), *endpoints = json_array(), *warnings = json_array();
    bool good = fill(s, records, endpoints, warnings, now);
    json_t *domain = s->domain[0] != '\0' ? text(s->domain) : json_null();
    json_t *reason = s->reason[0] != '\0' ? text(s->reason) : json_null();
    json_t *owner = s->owner[0] != '\0' ? text(s->owner) : json_null();
    json_t *expires =
        s->rrsig_expires != 0 ? json_integer((json_int_t)s->rrsig_expires) : json_null();
    /* Steals all, and makes nothing when one of them is missing. */
    json_t *object = json_pack(
        "{s:o, s:i, s:s, s:o, s:s, s:o, s:o, s:s, s:I, s:o, s:o, s:o, s:o}", "host", text(s->host),
        "port", (int)s->port, "starttls", tlsagen_starttls_name(s->starttls), "domain", domain,
        "verdict", tlsagen_verdict_word(s->verdict), "reason", reason, "owner", owner, "dnssec",
        tlsagen_dns_trust_text(s->trust), "ttl", (json_int_t)s->ttl, "rrsig_expires", expires,
        "records", records, "endpoints", endpoints, "warnings", warnings);
    if (!good) {
        json_decref(object);
        return NULL;
    }
    return object;
}

json_t *verify_json(const struct verify_target *target, const struct verify_outcome *outcome,
                    int64_t now)
{
    json_t *services = json_array();
    if (services == NULL)
        return NULL;
    if (outcome->status != TLSAGEN_OK) {
        json_t *failed =
            json_pack("{s:o, s:i, s:s, s:o}", "host", text(target->name), "port", (int)target->port,
                      "verdict", "failed", "reason", text(outcome->err.message));
        if (append(services, failed))
            return services;
    } else {
        bool good = true;
        for (size_t i = 0; i < outcome->result->count && good; i++)
            good = append(services, service_object(&outcome->result->services[i], now));
        if (good)
            return services;
    }
    json_decref(services);
    return NULL;
}
