/* verify_monitor.c - for Nagios and its kin, and for Prometheus. */
#include "verify.h"

#include <stdlib.h>
#include <string.h>

#define DAY 86400

enum { STATE_OK, STATE_WARNING, STATE_CRITICAL, STATE_UNKNOWN };

/* --- Nagios --- */

static int worse_state(int a, int b)
{
    static const int order[] = {STATE_CRITICAL, STATE_UNKNOWN, STATE_WARNING};
    for (size_t i = 0; i < sizeof(order) / sizeof(order[0]); i++) {
        if (a == order[i] || b == order[i])
            return order[i];
    }
    return STATE_OK;
}

/* What could not be judged is unknown; all else that is not verified is critical. */
static int state_of(enum tlsagen_verdict verdict)
{
    if (verdict == TLSAGEN_VERDICT_VERIFIED)
        return STATE_OK;
    return verdict == TLSAGEN_VERDICT_FAILED || verdict == TLSAGEN_VERDICT_NO_ANSWER
               ? STATE_UNKNOWN
               : STATE_CRITICAL;
}

/* A bar would begin the performance data. */
static void add_words(struct tlsagen_buf *text, const char *words)
{
    for (const char *p = words; *p != '\0'; p++)
        tlsagen_buf_char(text, (unsigned char)*p < 0x20 || *p == 0x7f || *p == '|' ? '?' : *p);
}

static void add_problem(struct verify_nagios *nagios, int state, const char *name,
                        const char *reason)
{
    nagios->state = worse_state(nagios->state, state);
    if (nagios->problems.len > 0)
        tlsagen_buf_str(&nagios->problems, "; ");
    add_words(&nagios->problems, name);
    tlsagen_buf_str(&nagios->problems, ": ");
    add_words(&nagios->problems, reason);
}

/*
 * Begins one datum, ` 'NAME WHAT'=`; false when it is there already, as for a server of two mail
 * domains. Labels hold neither quotes nor equals signs.
 */
static bool begin_datum(struct verify_nagios *nagios, const char *name, const char *what)
{
    struct tlsagen_buf label;
    tlsagen_buf_init(&label);
    tlsagen_buf_str(&label, " '");
    for (const char *p = name; *p != '\0'; p++)
        tlsagen_buf_char(&label, strchr("'=|", *p) != NULL ? '?' : *p);
    tlsagen_buf_printf(&label, " %s'=", what);
    nagios->data.failed = nagios->data.failed || label.failed;
    bool fresh = !nagios->data.failed &&
                 (nagios->data.len == 0 || strstr(nagios->data.data, label.data) == NULL);
    if (fresh)
        tlsagen_buf_str(&nagios->data, label.data);
    tlsagen_buf_clear(&label);
    return fresh;
}

static int64_t least_days(const struct tlsagen_verify_service *service, int64_t now, bool *known)
{
    int64_t least = 0;
    *known = false;
    for (size_t i = 0; i < service->endpoint_count; i++) {
        const struct tlsagen_verify_endpoint *e = &service->endpoints[i];
        int64_t days = (e->cert.not_after - now) / DAY;
        if (!e->has_cert || (*known && days >= least))
            continue;
        least = days;
        *known = true;
    }
    return least;
}

static bool any_handshake(const struct tlsagen_verify_service *service)
{
    for (size_t i = 0; i < service->endpoint_count; i++) {
        if (service->endpoints[i].tls_version[0] != '\0')
            return true;
    }
    return false;
}

static uint32_t most_ms(const struct tlsagen_verify_service *service)
{
    uint32_t most = 0;
    for (size_t i = 0; i < service->endpoint_count; i++)
        if (service->endpoints[i].tls_version[0] != '\0' && service->endpoints[i].ms > most)
            most = service->endpoints[i].ms;
    return most;
}

/* Days left, and below which there is a warning, and a critical state. */
static void add_days(struct verify_nagios *nagios, const char *name, const char *what, int64_t days,
                     int64_t warning, int64_t critical)
{
    char text[64];
    if (begin_datum(nagios, name, what))
        tlsagen_buf_printf(&nagios->data, "%lld;%lld:;%lld:", (long long)days, (long long)warning,
                           (long long)critical);
    if (days >= warning)
        return;
    (void)snprintf(text, sizeof(text), "%s: %lld days left", what, (long long)days);
    add_problem(nagios, days < critical ? STATE_CRITICAL : STATE_WARNING, name, text);
}

static void add_nagios_service(struct verify_nagios *nagios, const struct verify_args *args,
                               const struct tlsagen_verify_service *service)
{
    char name[TLSAGEN_DNS_NAME_SIZE + 8];
    bool known;
    int64_t days = least_days(service, args->options.now, &known);
    (void)verify_name(service->host, service->port, name);
    nagios->services++;
    if (service->verdict == TLSAGEN_VERDICT_VERIFIED)
        nagios->verified++;
    else
        add_problem(nagios, state_of(service->verdict), name,
                    service->reason[0] != '\0' ? service->reason
                                               : tlsagen_verdict_text(service->verdict));
    if (known)
        add_days(nagios, name, "certificate", days, (int64_t)args->warning_days,
                 (int64_t)args->critical_days);
    if (service->rrsig_expires != 0)
        add_days(nagios, name, "signature", (service->rrsig_expires - args->options.now) / DAY,
                 1 + (int64_t)(service->ttl / DAY), 0);
    if (any_handshake(service) && begin_datum(nagios, name, "handshake"))
        tlsagen_buf_printf(&nagios->data, "%ums;;;0", most_ms(service));
    for (size_t i = 0; i < service->warning_count && args->warnings_fail; i++)
        add_problem(nagios, STATE_WARNING, name, service->warnings[i].text);
}

void verify_nagios_add(struct verify_nagios *nagios, const struct verify_args *args,
                       const struct verify_target *target, const struct verify_outcome *outcome)
{
    char name[TLSAGEN_DNS_NAME_SIZE + 8];
    if (outcome->status != TLSAGEN_OK) {
        nagios->services++;
        add_problem(nagios, STATE_UNKNOWN, verify_name(target->name, target->port, name),
                    outcome->err.message);
        return;
    }
    for (size_t i = 0; i < outcome->result->count; i++)
        add_nagios_service(nagios, args, &outcome->result->services[i]);
}

void verify_nagios_bad_lines(struct verify_nagios *nagios, const struct verify_args *args)
{
    char text[64];
    (void)snprintf(text, sizeof(text), "%zu line%s no target", args->bad_lines,
                   args->bad_lines == 1 ? " is" : "s are");
    add_problem(nagios, STATE_UNKNOWN, args->input_path, text);
}

int verify_nagios_unknown(const char *reason)
{
    struct tlsagen_buf line;
    tlsagen_buf_init(&line);
    tlsagen_buf_str(&line, "TLSA UNKNOWN - ");
    add_words(&line, reason);
    tlsagen_buf_char(&line, '\n');
    if (!line.failed)
        (void)report_result(line.data, line.len);
    tlsagen_buf_clear(&line);
    return STATE_UNKNOWN;
}

void verify_nagios_end(const struct verify_nagios *nagios, struct tlsagen_buf *text)
{
    static const char *const names[] = {"OK", "WARNING", "CRITICAL", "UNKNOWN"};
    tlsagen_buf_printf(text, "TLSA %s - %zu of %zu verified", names[nagios->state],
                       nagios->verified, nagios->services);
    if (nagios->problems.len > 0)
        tlsagen_buf_printf(text, "; %s", nagios->problems.data);
    if (nagios->data.len > 0)
        tlsagen_buf_printf(text, " |%s", nagios->data.data);
    tlsagen_buf_char(text, '\n');
}

/* --- Prometheus --- */

enum metric {
    METRIC_SERVICE,
    METRIC_WARNINGS,
    METRIC_SIGNATURE,
    METRIC_ENDPOINT,
    METRIC_CERTIFICATE,
    METRIC_HANDSHAKE,
};

static const struct {
    const char *name;
    const char *help;
} metrics[VERIFY_METRICS] = {
    [METRIC_SERVICE] = {"tlsagen_service_verified", "1 when all endpoints of a service verify."},
    [METRIC_WARNINGS] = {"tlsagen_service_warnings", "Warnings about a service."},
    [METRIC_SIGNATURE] = {"tlsagen_rrsig_expiry_timestamp_seconds",
                          "When the signature of the TLSA records ends."},
    [METRIC_ENDPOINT] = {"tlsagen_endpoint_verified",
                         "1 when the certificate at an address verifies."},
    [METRIC_CERTIFICATE] = {"tlsagen_certificate_expiry_timestamp_seconds",
                            "When the certificate shown ends."},
    [METRIC_HANDSHAKE] = {"tlsagen_handshake_seconds",
                          "From connecting to the end of the handshake."},
};

static void add_label(struct tlsagen_buf *text, const char *name, const char *value)
{
    tlsagen_buf_printf(text, "%s=\"", name);
    for (const char *p = value; *p != '\0'; p++) {
        if (*p == '"' || *p == '\\')
            tlsagen_buf_char(text, '\\');
        tlsagen_buf_char(text, (unsigned char)*p < 0x20 ? '?' : *p);
    }
    tlsagen_buf_char(text, '"');
}

/* NAME{host="",port="",… : what every sample begins with. */
static struct tlsagen_buf *begin_sample(struct verify_prometheus *prometheus, enum metric metric,
                                        const char *host, uint16_t port)
{
    struct tlsagen_buf *text = &prometheus->metrics[metric];
    char bare[TLSAGEN_DNS_NAME_SIZE + 8];
    tlsagen_buf_printf(text, "%s{", metrics[metric].name);
    add_label(text, "host", verify_name(host, 0, bare));
    tlsagen_buf_printf(text, ",port=\"%u\"", (unsigned)port);
    return text;
}

static struct tlsagen_buf *begin_endpoint(struct verify_prometheus *prometheus, enum metric metric,
                                          const struct tlsagen_verify_service *service,
                                          const struct tlsagen_verify_endpoint *endpoint)
{
    struct tlsagen_buf *text = begin_sample(prometheus, metric, service->host, service->port);
    tlsagen_buf_char(text, ',');
    add_label(text, "address", endpoint->address);
    tlsagen_buf_char(text, ',');
    add_label(text, "key", tlsagen_probe_kind_text(endpoint->kind));
    return text;
}

static void add_verified(struct tlsagen_buf *text, enum tlsagen_verdict verdict)
{
    tlsagen_buf_printf(text, ",verdict=\"%s\"} %d\n", tlsagen_verdict_word(verdict),
                       verdict == TLSAGEN_VERDICT_VERIFIED);
}

static void add_endpoint(struct verify_prometheus *prometheus,
                         const struct tlsagen_verify_service *service,
                         const struct tlsagen_verify_endpoint *endpoint)
{
    if (endpoint->verdict == TLSAGEN_VERDICT_ABSENT)
        return;
    add_verified(begin_endpoint(prometheus, METRIC_ENDPOINT, service, endpoint), endpoint->verdict);
    if (endpoint->has_cert)
        tlsagen_buf_printf(begin_endpoint(prometheus, METRIC_CERTIFICATE, service, endpoint),
                           "} %lld\n", (long long)endpoint->cert.not_after);
    if (endpoint->tls_version[0] != '\0')
        tlsagen_buf_printf(begin_endpoint(prometheus, METRIC_HANDSHAKE, service, endpoint),
                           "} %u.%03u\n", endpoint->ms / 1000, endpoint->ms % 1000);
}

static void add_service(struct verify_prometheus *prometheus,
                        const struct tlsagen_verify_service *service)
{
    const char *host = service->host;
    uint16_t port = service->port;
    add_verified(begin_sample(prometheus, METRIC_SERVICE, host, port), service->verdict);
    tlsagen_buf_printf(begin_sample(prometheus, METRIC_WARNINGS, host, port), "} %zu\n",
                       service->warning_count);
    if (service->rrsig_expires != 0)
        tlsagen_buf_printf(begin_sample(prometheus, METRIC_SIGNATURE, host, port), "} %lld\n",
                           (long long)service->rrsig_expires);
    for (size_t i = 0; i < service->endpoint_count; i++)
        add_endpoint(prometheus, service, &service->endpoints[i]);
}

void verify_prometheus_add(struct verify_prometheus *prometheus, const struct verify_args *args,
                           const struct verify_target *target, const struct verify_outcome *outcome)
{
    (void)args;
    if (outcome->status != TLSAGEN_OK) {
        add_verified(begin_sample(prometheus, METRIC_SERVICE, target->name, target->port),
                     TLSAGEN_VERDICT_FAILED);
        return;
    }
    for (size_t i = 0; i < outcome->result->count; i++)
        add_service(prometheus, &outcome->result->services[i]);
}

/* By labels, and then by value. */
static int compare_samples(const void *a, const void *b)
{
    return strcmp(*(char *const *)a, *(char *const *)b);
}

static bool same_series(const char *a, const char *b)
{
    const char *end = strrchr(a, '}');
    return end != NULL && strncmp(a, b, (size_t)(end - a) + 1) == 0;
}

static size_t split_lines(char *text, char **lines, size_t max)
{
    size_t count = 0;
    while (count < max && *text != '\0') {
        lines[count++] = text;
        text += strcspn(text, "\n");
        if (*text == '\n')
            *text++ = '\0';
    }
    return count;
}

static size_t count_lines(const char *text)
{
    size_t count = 1;
    for (; *text != '\0'; text++)
        count += *text == '\n';
    return count;
}

/* Each series once: a server may be the MX of two domains, and a target be given twice. */
static void add_samples(struct tlsagen_buf *text, struct tlsagen_buf *samples)
{
    size_t max = count_lines(samples->data);
    char **lines = calloc(max, sizeof(lines[0]));
    text->failed = text->failed || lines == NULL;
    size_t count = lines != NULL ? split_lines(samples->data, lines, max) : 0;
    if (count > 0)
        qsort(lines, count, sizeof(lines[0]), compare_samples);
    for (size_t i = 0; i < count; i++) {
        if (i == 0 || !same_series(lines[i - 1], lines[i]))
            tlsagen_buf_printf(text, "%s\n", lines[i]);
    }
    free(lines);
}

void verify_prometheus_end(struct verify_prometheus *prometheus, struct tlsagen_buf *text)
{
    for (size_t i = 0; i < VERIFY_METRICS; i++) {
        text->failed = text->failed || prometheus->metrics[i].failed;
        if (prometheus->metrics[i].len == 0 || text->failed)
            continue;
        tlsagen_buf_printf(text, "# HELP %s %s\n# TYPE %s gauge\n", metrics[i].name,
                           metrics[i].help, metrics[i].name);
        add_samples(text, &prometheus->metrics[i]);
    }
}
