/* endpoint.c - every address asked for every kind of certificate, and the judgement. */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "verify.h"

static void end_endpoint(struct tlsagen_verify_endpoint *endpoint, enum tlsagen_verdict verdict,
                         const char *format, ...) TLSAGEN_PRINTF(3, 4);

static void end_endpoint(struct tlsagen_verify_endpoint *endpoint, enum tlsagen_verdict verdict,
                         const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)vsnprintf(endpoint->reason, sizeof(endpoint->reason), format, args);
    va_end(args);
    endpoint->verdict = verdict;
}

/* --- the judgement --- */

static const char *place_of(const struct tlsagen_verify_endpoint *endpoint, char text[96])
{
    if (endpoint->address[0] == '\0')
        (void)snprintf(text, 96, "the chain given");
    else
        (void)snprintf(text, 96, "the server at %.63s", endpoint->address);
    return text;
}

/* The first record that clients look at, for the advice; NULL when there is none. */
static const struct tlsagen_record *used_record(const struct tlsagen_verify_service *service,
                                                size_t *index)
{
    for (size_t i = 0; i < service->set.count; i++) {
        if (service->uses[i] == TLSAGEN_USE_YES) {
            *index = i + 1;
            return &service->set.records[i];
        }
    }
    return NULL;
}

static void end_mismatch(const struct tlsagen_verify_service *service,
                         struct tlsagen_verify_endpoint *endpoint)
{
    struct tlsagen_buf key;
    char place[96], text[48];
    size_t number = 0;
    const struct tlsagen_record *record = used_record(service, &number);
    tlsagen_buf_init(&key);
    tlsagen_buf_hex(&key, endpoint->cert.spki_sha256, 6);
    end_endpoint(
        endpoint, TLSAGEN_VERDICT_MISMATCH,
        "%s shows key %s... (3 1 1), and no record verifies it; publish its record, or deploy "
        "what record %zu (%s) is of",
        place_of(endpoint, place), key.data != NULL ? key.data : "?", number,
        record != NULL ? verify_record_text(record, text) : "?");
    tlsagen_buf_clear(&key);
}

/* RFC 7671 section 5.2.2: with a digest alone, the anchor has to come from the server. */
static bool needs_anchor(const struct tlsagen_verify_service *service, size_t i)
{
    const struct tlsagen_fields *fields = &service->set.records[i].fields;
    return fields->usage == TLSAGEN_USAGE_DANE_TA && fields->matching != TLSAGEN_MATCHING_FULL &&
           service->uses[i] == TLSAGEN_USE_YES;
}

static void count_matches(struct tlsagen_verify_service *service,
                          const struct tlsagen_judgement *judgements,
                          struct tlsagen_verify_endpoint *endpoint)
{
    bool wanted = false, sent = false;
    for (size_t i = 0; i < service->set.count; i++) {
        const struct tlsagen_judgement *judgement = &judgements[i];
        if (service->uses[i] == TLSAGEN_USE_UNUSABLE)
            continue;
        if (judgement->verified) {
            service->matched[i]++;
            endpoint->matches += service->uses[i] == TLSAGEN_USE_YES;
        }
        wanted = wanted || needs_anchor(service, i);
        /* Names or dates that do not suit tell that the anchor was found. */
        sent = sent || (service->set.records[i].fields.usage == TLSAGEN_USAGE_DANE_TA &&
                        (judgement->verified || judgement->unfit));
    }
    endpoint->lacks_anchor = wanted && !sent;
}

/* Each record by itself, for what the set covers. */
static enum tlsagen_status judge_each(const struct verify *verify,
                                      const struct tlsagen_judge_options *options,
                                      const struct tlsagen_probe_cert *chain, size_t len,
                                      struct tlsagen_verify_endpoint *endpoint,
                                      struct tlsagen_err *err)
{
    struct tlsagen_verify_service *service = verify->service;
    struct tlsagen_judgement *judgements = calloc(service->set.count + 1, sizeof(judgements[0]));
    if (judgements == NULL)
        return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory for judgements");
    enum tlsagen_status status =
        tlsagen_judge_each(options, &service->set, chain, len, judgements, err);
    if (status == TLSAGEN_OK)
        count_matches(service, judgements, endpoint);
    free(judgements);
    return status;
}

static enum tlsagen_status judge(const struct verify *verify,
                                 const struct tlsagen_probe_cert *chain, size_t len,
                                 struct tlsagen_verify_endpoint *endpoint, struct tlsagen_err *err)
{
    char names[3][TLSAGEN_DNS_NAME_SIZE];
    struct tlsagen_judge_options options = verify_judge_options(verify, names);
    struct tlsagen_judgement judgement;
    struct tlsagen_err why;
    char place[96];
    enum tlsagen_status status =
        tlsagen_judge_chain(&options, &verify->service->set, chain, len, &judgement, &why);
    if (status == TLSAGEN_E_MEMORY)
        return tlsagen_err_set(err, status, "%s", why.message);
    if (status != TLSAGEN_OK) {
        end_endpoint(endpoint, TLSAGEN_VERDICT_FAILED, "%s: %s", place_of(endpoint, place),
                     why.message);
        return TLSAGEN_OK;
    }
    endpoint->record = judgement.record;
    endpoint->depth = judgement.depth;
    endpoint->unfit = judgement.unfit;
    if (judgement.verified)
        endpoint->verdict = TLSAGEN_VERDICT_VERIFIED;
    else if (!judgement.usable)
        end_endpoint(endpoint, TLSAGEN_VERDICT_UNUSABLE,
                     "no record can be used by clients, which then do not authenticate %s; publish "
                     "3 1 1 or 2 1 1",
                     place_of(endpoint, place));
    else if (judgement.unfit)
        end_endpoint(endpoint, TLSAGEN_VERDICT_MISMATCH,
                     "%s shows a certificate or chain that usages 0 to 2 do not accept for %s: %s; "
                     "mend it, or publish 3 1 1",
                     place_of(endpoint, place), options.base, judgement.reason);
    else
        end_mismatch(verify->service, endpoint);
    return judgement.usable ? judge_each(verify, &options, chain, len, endpoint, err) : TLSAGEN_OK;
}

static void describe(struct tlsagen_verify_endpoint *endpoint,
                     const struct tlsagen_probe_cert *chain, size_t len)
{
    endpoint->chain_len = len;
    endpoint->has_cert = len > 0 && tlsagen_cert_describe(chain[0].der, chain[0].len,
                                                          &endpoint->cert, NULL) == TLSAGEN_OK;
}

/* --- handshakes --- */

static enum tlsagen_verdict verdict_of(enum tlsagen_probe_state state)
{
    switch (state) {
    case TLSAGEN_PROBE_OK:
        return TLSAGEN_VERDICT_VERIFIED;
    case TLSAGEN_PROBE_NONE_OF_KIND:
        return TLSAGEN_VERDICT_ABSENT;
    case TLSAGEN_PROBE_NO_CONNECTION:
        return TLSAGEN_VERDICT_NO_CONNECTION;
    case TLSAGEN_PROBE_NO_STARTTLS:
        return TLSAGEN_VERDICT_NO_STARTTLS;
    case TLSAGEN_PROBE_NO_PROTOCOL:
    case TLSAGEN_PROBE_NO_TLS:
        return TLSAGEN_VERDICT_NO_TLS;
    case TLSAGEN_PROBE_TIMEOUT:
        return TLSAGEN_VERDICT_NO_ANSWER;
    case TLSAGEN_PROBE_FAILED:
        break;
    }
    return TLSAGEN_VERDICT_FAILED;
}

static struct tlsagen_verify_endpoint *new_endpoint(struct tlsagen_verify_service *service,
                                                    struct tlsagen_err *err)
{
    struct tlsagen_verify_endpoint *list =
        realloc(service->endpoints, (service->endpoint_count + 1) * sizeof(list[0]));
    if (list == NULL) {
        (void)tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory for endpoints");
        return NULL;
    }
    service->endpoints = list;
    memset(&list[service->endpoint_count], 0, sizeof(list[0]));
    return &list[service->endpoint_count++];
}

/* What systems without IPv6 say of any such address. */
static bool lacks_ipv6(const struct tlsagen_probe_answer *answer)
{
    int error = answer->err.sys_errno;
    return strchr(answer->address, ':') != NULL &&
           (error == ENETUNREACH || error == EADDRNOTAVAIL || error == EAFNOSUPPORT);
}

/* Only a handshake that was completed proves that the server holds the key of what it shows. */
static enum tlsagen_status take_answer(struct verify *verify,
                                       const struct tlsagen_probe_answer *answer,
                                       struct tlsagen_err *err)
{
    struct tlsagen_verify_endpoint *endpoint = new_endpoint(verify->service, err);
    if (endpoint == NULL)
        return TLSAGEN_E_MEMORY;
    (void)snprintf(endpoint->address, sizeof(endpoint->address), "%s", answer->address);
    (void)snprintf(endpoint->tls_version, sizeof(endpoint->tls_version), "%s", answer->tls_version);
    endpoint->kind = answer->kind;
    endpoint->ms = answer->ms;
    endpoint->depth = -1;
    describe(endpoint, answer->chain, answer->chain_len);
    if (answer->state == TLSAGEN_PROBE_OK)
        return judge(verify, answer->chain, answer->chain_len, endpoint, err);
    bool no_ipv6 = answer->state == TLSAGEN_PROBE_NO_CONNECTION && lacks_ipv6(answer);
    end_endpoint(endpoint, verdict_of(answer->state), "%s: %s%s", answer->address,
                 answer->err.message,
                 no_ipv6 ? "; if it is this machine that has no IPv6, leave it out (-4)" : "");
    return TLSAGEN_OK;
}

static enum tlsagen_status ask_address(struct verify *verify, const char *address, uint32_t left_ms,
                                       struct tlsagen_err *err)
{
    const struct tlsagen_verify_service *service = verify->service;
    struct tlsagen_probe_result *result = NULL;
    char base[TLSAGEN_DNS_NAME_SIZE], host[TLSAGEN_DNS_NAME_SIZE];
    struct tlsagen_probe_options options = {.host = verify_bare(service->base, base),
                                            .address = address,
                                            .domain = verify_bare(service->host, host),
                                            .port = service->port,
                                            .starttls = service->starttls,
                                            .step_ms = verify->options->step_ms,
                                            .total_ms = left_ms};
    enum tlsagen_status status = tlsagen_probe_run(&options, &result, err);
    for (size_t i = 0; status == TLSAGEN_OK && i < result->count; i++)
        status = take_answer(verify, &result->answers[i], err);
    tlsagen_probe_free(result);
    return status;
}

/* Its verdict is that of its worst endpoint. */
static void conclude(struct verify *verify)
{
    struct tlsagen_verify_service *service = verify->service;
    enum tlsagen_verdict worst = TLSAGEN_VERDICT_ABSENT;
    const struct tlsagen_verify_endpoint *why = NULL;
    for (size_t i = 0; i < service->endpoint_count; i++) {
        const struct tlsagen_verify_endpoint *endpoint = &service->endpoints[i];
        enum tlsagen_verdict worse = tlsagen_verdict_worse(worst, endpoint->verdict);
        if (why == NULL || worse != worst)
            why = endpoint;
        worst = worse;
    }
    if (worst == TLSAGEN_VERDICT_ABSENT)
        verify_end(verify, TLSAGEN_VERDICT_NO_TLS, "no certificate of any kind was shown");
    else if (worst != TLSAGEN_VERDICT_VERIFIED)
        verify_end(verify, worst, "%s", why->reason);
}

static enum tlsagen_status judge_given(struct verify *verify, struct tlsagen_err *err)
{
    const struct tlsagen_verify_options *o = verify->options;
    struct tlsagen_verify_endpoint *endpoint = new_endpoint(verify->service, err);
    if (endpoint == NULL)
        return TLSAGEN_E_MEMORY;
    describe(endpoint, o->chain, o->chain_len);
    endpoint->kind =
        strncmp(endpoint->cert.key, "RSA", 3) == 0 ? TLSAGEN_PROBE_RSA : TLSAGEN_PROBE_ECDSA;
    return judge(verify, o->chain, o->chain_len, endpoint, err);
}

static enum tlsagen_status ask_all(struct verify *verify, struct tlsagen_err *err)
{
    enum tlsagen_status status = TLSAGEN_OK;
    for (size_t i = 0; i < verify->address_count && status == TLSAGEN_OK; i++) {
        uint32_t left = verify_left(verify);
        /* At least a moment for each, so that every address has an answer of its own. */
        status = ask_address(verify, verify->addresses[i], left > 0 ? left : 1, err);
    }
    return status;
}

static enum tlsagen_status prepare(struct verify *verify, struct tlsagen_err *err)
{
    struct tlsagen_verify_service *service = verify->service;
    char names[3][TLSAGEN_DNS_NAME_SIZE];
    struct tlsagen_judge_options options = verify_judge_options(verify, names);
    service->uses = calloc(service->set.count + 1, sizeof(service->uses[0]));
    service->matched = calloc(service->set.count + 1, sizeof(service->matched[0]));
    if (service->uses == NULL || service->matched == NULL)
        return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory for records");
    return tlsagen_judge_records(&options, &service->set, service->uses, err);
}

enum tlsagen_status verify_endpoints(struct verify *verify, struct tlsagen_err *err)
{
    enum tlsagen_status status = prepare(verify, err);
    if (status == TLSAGEN_OK && verify->options->chain != NULL)
        status = judge_given(verify, err);
    else if (status == TLSAGEN_OK)
        status = ask_all(verify, err);
    if (status == TLSAGEN_OK)
        conclude(verify);
    return status;
}
