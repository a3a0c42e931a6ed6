/* verify_text.c - what was found out, for people. */
#include "verify.h"

#include <string.h>
#include <time.h>

#define RED "\033[31m"
#define GREEN "\033[32m"
#define YELLOW "\033[33m"
#define PLAIN "\033[0m"

#define DAY 86400

const char *verify_name(const char *host, uint16_t port, char text[TLSAGEN_DNS_NAME_SIZE + 8])
{
    size_t len = strlen(host);
    if (len > 1 && host[len - 1] == '.')
        len--;
    (void)snprintf(text, TLSAGEN_DNS_NAME_SIZE + 8, "%.*s%s%.0u", (int)len, host,
                   port != 0 ? ":" : "", (unsigned)port);
    return text;
}

static const char *colour_of(enum tlsagen_verdict verdict)
{
    switch (verdict) {
    case TLSAGEN_VERDICT_VERIFIED:
        return GREEN;
    case TLSAGEN_VERDICT_NO_ANSWER:
    case TLSAGEN_VERDICT_NO_CONNECTION:
        return YELLOW;
    default:
        return RED;
    }
}

static void add_verdict(struct tlsagen_buf *text, bool colour, enum tlsagen_verdict verdict)
{
    tlsagen_buf_printf(text, "%s%s%s", colour ? colour_of(verdict) : "",
                       tlsagen_verdict_text(verdict), colour ? PLAIN : "");
}

/* One line, whatever bytes a server sent. */
static void add_clean(struct tlsagen_buf *text, const char *words)
{
    for (const char *p = words; *p != '\0'; p++)
        tlsagen_buf_char(text, (unsigned char)*p < 0x20 || *p == 0x7f ? '?' : *p);
}

static size_t address_width(const struct tlsagen_verify_service *service)
{
    size_t width = 0;
    for (size_t i = 0; i < service->endpoint_count; i++) {
        size_t len = strlen(service->endpoints[i].address);
        width = len > width ? len : width;
    }
    return width > 0 ? width : 5;
}

static void add_record(struct tlsagen_buf *text, const struct tlsagen_verify_service *service,
                       const struct tlsagen_verify_endpoint *endpoint)
{
    const struct tlsagen_record *record = &service->set.records[endpoint->record];
    tlsagen_buf_printf(text, "  record %zu (%u %u %u ", endpoint->record + 1, record->fields.usage,
                       record->fields.selector, record->fields.matching);
    tlsagen_buf_hex(text, record->data, record->len < 6 ? record->len : 6);
    tlsagen_buf_printf(text, "%s), depth %d", record->len > 6 ? "..." : "", endpoint->depth);
}

/* Before TLS nothing depends on the kind of key, and the same is not told twice. */
static bool is_told_once(const struct tlsagen_verify_endpoint *a,
                         const struct tlsagen_verify_endpoint *b)
{
    return !a->has_cert && !b->has_cert && a->verdict == b->verdict &&
           strcmp(a->address, b->address) == 0 && strcmp(a->reason, b->reason) == 0;
}

static void add_endpoint(struct tlsagen_buf *text, const struct verify_args *args, bool colour,
                         const struct tlsagen_verify_service *service,
                         const struct tlsagen_verify_endpoint *endpoint, bool any_kind)
{
    if (endpoint->verdict == TLSAGEN_VERDICT_ABSENT)
        return;
    tlsagen_buf_printf(text, "  %-*s  %-5s  ", (int)address_width(service),
                       endpoint->address[0] != '\0' ? endpoint->address : "chain",
                       any_kind ? "any" : tlsagen_probe_kind_text(endpoint->kind));
    add_verdict(text, colour, endpoint->verdict);
    if (endpoint->tls_version[0] != '\0')
        tlsagen_buf_printf(text, "  %s", endpoint->tls_version);
    if (endpoint->has_cert)
        tlsagen_buf_printf(text, "  %s  %lld days", endpoint->cert.key,
                           (long long)((endpoint->cert.not_after - args->options.now) / DAY));
    if (endpoint->verdict == TLSAGEN_VERDICT_VERIFIED)
        add_record(text, service, endpoint);
    tlsagen_buf_char(text, '\n');
    if (endpoint->reason[0] != '\0') {
        tlsagen_buf_str(text, "    ");
        add_clean(text, endpoint->reason);
        tlsagen_buf_char(text, '\n');
    }
}

static void add_service(struct tlsagen_buf *text, const struct verify_args *args, bool colour,
                        const struct tlsagen_verify_service *service)
{
    char name[TLSAGEN_DNS_NAME_SIZE + 8], domain[TLSAGEN_DNS_NAME_SIZE + 8];
    tlsagen_buf_str(text, verify_name(service->host, service->port, name));
    if (service->domain[0] != '\0' && strcmp(service->domain, service->host) != 0)
        tlsagen_buf_printf(text, " (MX of %s)", verify_name(service->domain, 0, domain));
    tlsagen_buf_str(text, ": ");
    add_verdict(text, colour, service->verdict);
    bool told = service->endpoint_count > 0 && service->verdict != TLSAGEN_VERDICT_FAILED;
    if (!told && service->reason[0] != '\0') {
        tlsagen_buf_str(text, ": ");
        add_clean(text, service->reason);
    }
    tlsagen_buf_char(text, '\n');
    for (size_t i = 0; i < service->endpoint_count; i++) {
        const struct tlsagen_verify_endpoint *e = &service->endpoints[i];
        bool both = i + 1 < service->endpoint_count && is_told_once(e, e + 1);
        add_endpoint(text, args, colour, service, e, both);
        i += both;
    }
    for (size_t i = 0; i < service->warning_count && !args->quiet; i++) {
        tlsagen_buf_str(text, args->warnings_fail ? "  error: " : "  warning: ");
        add_clean(text, service->warnings[i].text);
        tlsagen_buf_printf(text, " [%s]\n", service->warnings[i].rule);
    }
}

void verify_text(struct tlsagen_buf *text, const struct verify_args *args, bool colour,
                 const struct verify_target *target, const struct verify_outcome *outcome)
{
    char name[TLSAGEN_DNS_NAME_SIZE + 8];
    if (outcome->status != TLSAGEN_OK) {
        tlsagen_buf_printf(text, "%s: ", verify_name(target->name, target->port, name));
        add_verdict(text, colour, TLSAGEN_VERDICT_FAILED);
        tlsagen_buf_str(text, ": ");
        add_clean(text, outcome->err.message);
        tlsagen_buf_char(text, '\n');
        return;
    }
    for (size_t i = 0; i < outcome->result->count; i++)
        add_service(text, args, colour, &outcome->result->services[i]);
}
