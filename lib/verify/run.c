/* run.c - one service from its name to a verdict, and the MX of a mail domain. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dns/rr.h"
#include "verify.h"

#define MX_MAX 64
#define SMTP_PORT 25

static enum tlsagen_starttls starttls_of(const struct tlsagen_verify_options *o, uint16_t port)
{
    if (o->has_starttls)
        return o->starttls;
    const struct tlsagen_service *service = tlsagen_service_at(port);
    return service != NULL ? service->starttls : TLSAGEN_STARTTLS_NONE;
}

/* Each part ends with a verdict or goes on to the next. */
static enum tlsagen_status examine(struct verify *verify, struct tlsagen_err *err)
{
    const struct tlsagen_verify_options *o = verify->options;
    enum tlsagen_status status = TLSAGEN_OK;
    if (o->records != NULL)
        status = verify_take_records(verify, err);
    /* Without connecting, addresses still tell whether DNSSEC lets clients look for records. */
    if (status == TLSAGEN_OK && !(o->records != NULL && o->chain != NULL))
        status = verify_find_addresses(verify, err);
    if (status == TLSAGEN_OK && verify_goes_on(verify) && o->records == NULL)
        status = verify_find_records(verify, err);
    if (status == TLSAGEN_OK && verify_goes_on(verify))
        status = verify_endpoints(verify, err);
    if (status == TLSAGEN_OK)
        status = verify_warnings(verify, err);
    if (status == TLSAGEN_OK && o->authoritative)
        status = verify_authority(verify, err);
    return status;
}

static enum tlsagen_status run_service(const struct tlsagen_verify_options *options,
                                       struct tlsagen_verify_service *service,
                                       struct tlsagen_err *err)
{
    struct verify verify = {.options = options, .service = service};
    verify.smtp = service->starttls == TLSAGEN_STARTTLS_SMTP || service->domain[0] != '\0';
    verify.end = verify_clock() + (options->total_ms > 0 ? options->total_ms : VERIFY_TOTAL_MS);
    verify.addresses = calloc(VERIFY_ADDRESSES_MAX, sizeof(verify.addresses[0]));
    if (verify.addresses == NULL)
        return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory for addresses");
    enum tlsagen_status status = examine(&verify, err);
    free(verify.addresses);
    return status;
}

/* --- results --- */

static struct tlsagen_verify_result *new_result(size_t count, struct tlsagen_err *err)
{
    struct tlsagen_verify_result *result = calloc(1, sizeof(*result));
    if (result != NULL)
        result->services = calloc(count, sizeof(result->services[0]));
    if (result == NULL || result->services == NULL) {
        free(result);
        (void)tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory for results");
        return NULL;
    }
    result->count = count;
    return result;
}

static void set_service(struct tlsagen_verify_service *service,
                        const struct tlsagen_verify_options *options, const char *host,
                        uint16_t port, const char *domain)
{
    (void)snprintf(service->host, sizeof(service->host), "%s", host);
    (void)snprintf(service->base, sizeof(service->base), "%s", host);
    (void)snprintf(service->domain, sizeof(service->domain), "%s", domain);
    service->port = port;
    service->starttls = starttls_of(options, port);
    tlsagen_rrset_init(&service->set);
}

static void clear_service(struct tlsagen_verify_service *service)
{
    for (size_t i = 0; i < service->warning_count; i++)
        free(service->warnings[i].text);
    free(service->warnings);
    free(service->endpoints);
    free(service->uses);
    free(service->matched);
    tlsagen_rrset_clear(&service->set);
}

void tlsagen_verify_free(struct tlsagen_verify_result *result)
{
    if (result == NULL)
        return;
    for (size_t i = 0; i < result->count; i++)
        clear_service(&result->services[i]);
    free(result->services);
    free(result);
}

/* One MX whose name nobody can connect to, for example, says nothing about the others. */
static bool is_its_own_fault(const struct tlsagen_verify_service *service,
                             enum tlsagen_status status)
{
    return service->domain[0] != '\0' && status != TLSAGEN_OK && status != TLSAGEN_E_MEMORY;
}

/* Takes the result over. */
static enum tlsagen_status run_all(const struct tlsagen_verify_options *options,
                                   struct tlsagen_verify_result *made,
                                   struct tlsagen_verify_result **result, struct tlsagen_err *err)
{
    enum tlsagen_status status = TLSAGEN_OK;
    for (size_t i = 0; i < made->count && status == TLSAGEN_OK; i++) {
        struct tlsagen_verify_service *service = &made->services[i];
        struct tlsagen_err why;
        status = run_service(options, service, &why);
        if (is_its_own_fault(service, status)) {
            service->verdict = TLSAGEN_VERDICT_FAILED;
            (void)snprintf(service->reason, sizeof(service->reason), "%s", why.message);
            status = TLSAGEN_OK;
        } else if (status != TLSAGEN_OK && err != NULL) {
            *err = why;
        }
    }
    if (status == TLSAGEN_OK)
        *result = made;
    else
        tlsagen_verify_free(made);
    return status;
}

enum tlsagen_status tlsagen_verify_run(const struct tlsagen_verify_options *options,
                                       const char *host, uint16_t port,
                                       struct tlsagen_verify_result **result,
                                       struct tlsagen_err *err)
{
    *result = NULL;
    struct tlsagen_verify_result *made = new_result(1, err);
    if (made == NULL)
        return TLSAGEN_E_MEMORY;
    set_service(&made->services[0], options, host, port, "");
    return run_all(options, made, result, err);
}

/* --- MX --- */

struct mx {
    unsigned preference;
    char host[TLSAGEN_DNS_NAME_SIZE];
};

static int compare_mx(const void *a, const void *b)
{
    const struct mx *one = a, *two = b;
    if (one->preference != two->preference)
        return one->preference < two->preference ? -1 : 1;
    return strcmp(one->host, two->host);
}

/* A host that stands there twice is looked at once. */
static bool add_mx(struct mx *list, size_t *count, const struct tlsagen_dns_record *record)
{
    struct mx mx = {0};
    if (*count == MX_MAX || !rr_name(record, 2, mx.host))
        return false;
    mx.preference = (unsigned)record->data[0] << 8 | record->data[1];
    for (size_t i = 0; i < *count; i++) {
        if (strcmp(list[i].host, mx.host) == 0)
            return true;
    }
    list[(*count)++] = mx;
    return true;
}

/* The domain's own verdict, where there is nothing to look at. */
static enum tlsagen_status end_domain(const struct tlsagen_verify_options *options,
                                      const char *domain, struct tlsagen_verify_result **result,
                                      struct tlsagen_verify_service **service,
                                      struct tlsagen_err *err)
{
    *result = new_result(1, err);
    if (*result == NULL)
        return TLSAGEN_E_MEMORY;
    *service = &(*result)->services[0];
    set_service(*service, options, domain, SMTP_PORT, domain);
    return TLSAGEN_OK;
}

static enum tlsagen_status end_with_answer(const struct tlsagen_verify_options *options,
                                           const struct tlsagen_dns_answer *answer,
                                           const char *domain,
                                           struct tlsagen_verify_result **result,
                                           struct tlsagen_err *err)
{
    struct verify verify = {.options = options};
    enum tlsagen_status status = end_domain(options, domain, result, &verify.service, err);
    if (status == TLSAGEN_OK)
        verify_end_answer(&verify, answer, "the MX");
    return status;
}

static enum tlsagen_status end_null_mx(const struct tlsagen_verify_options *options,
                                       const char *domain, struct tlsagen_verify_result **result,
                                       struct tlsagen_err *err)
{
    struct verify verify = {.options = options};
    char text[TLSAGEN_DNS_NAME_SIZE];
    enum tlsagen_status status = end_domain(options, domain, result, &verify.service, err);
    if (status == TLSAGEN_OK)
        verify_end(&verify, TLSAGEN_VERDICT_NO_MAIL, "%s takes no mail: null MX (RFC 7505)",
                   verify_bare(domain, text));
    return status;
}

/* Secure records: each MX a service. */
static enum tlsagen_status run_hosts(const struct tlsagen_verify_options *options,
                                     const struct tlsagen_dns_answer *answer, const char *domain,
                                     struct mx *list, struct tlsagen_verify_result **result,
                                     struct tlsagen_err *err)
{
    size_t count = 0;
    for (size_t i = 0; i < answer->count; i++) {
        if (!add_mx(list, &count, &answer->records[i]))
            return tlsagen_err_set(err, TLSAGEN_E_SYNTAX,
                                   "%s: MX records that cannot be read, or more than %d",
                                   answer->name, MX_MAX);
    }
    qsort(list, count, sizeof(list[0]), compare_mx);
    if (count == 1 && strcmp(list[0].host, ".") == 0)
        return end_null_mx(options, domain, result, err);
    struct tlsagen_verify_result *made = new_result(count, err);
    if (made == NULL)
        return TLSAGEN_E_MEMORY;
    for (size_t i = 0; i < count; i++)
        set_service(&made->services[i], options, list[i].host, SMTP_PORT, domain);
    return run_all(options, made, result, err);
}

/* No MX: mail goes to the domain itself. */
static enum tlsagen_status run_domain(const struct tlsagen_verify_options *options,
                                      const char *domain, struct tlsagen_verify_result **result,
                                      struct tlsagen_err *err)
{
    struct tlsagen_verify_result *made = new_result(1, err);
    if (made == NULL)
        return TLSAGEN_E_MEMORY;
    set_service(&made->services[0], options, domain, SMTP_PORT, domain);
    return run_all(options, made, result, err);
}

enum tlsagen_status tlsagen_verify_mx(const struct tlsagen_verify_options *options,
                                      const char *domain, struct tlsagen_verify_result **result,
                                      struct tlsagen_err *err)
{
    struct tlsagen_dns_answer answer;
    *result = NULL;
    enum tlsagen_status status =
        tlsagen_dns_lookup(options->dns, domain, TLSAGEN_DNS_MX, &answer, err);
    if (status == TLSAGEN_OK && answer.trust != TLSAGEN_DNS_SECURE) {
        status = end_with_answer(options, &answer, domain, result, err);
    } else if (status == TLSAGEN_OK && answer.found == TLSAGEN_DNS_RECORDS) {
        struct mx *list = calloc(MX_MAX, sizeof(list[0]));
        status = list != NULL
                     ? run_hosts(options, &answer, domain, list, result, err)
                     : tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory for MX records");
        free(list);
    } else if (status == TLSAGEN_OK) {
        status = run_domain(options, domain, result, err);
    }
    tlsagen_dns_answer_clear(&answer);
    return status;
}
