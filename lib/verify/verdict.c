/* verdict.c - verdicts: their words, their order, and how one is reached. */
#include "verify.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static const struct {
    const char *text;
    const char *word;
    unsigned rank; /* the higher, the more it tells against a service */
} verdicts[TLSAGEN_VERDICT_COUNT] = {
    [TLSAGEN_VERDICT_VERIFIED] = {"verified", "verified", 1},
    [TLSAGEN_VERDICT_ABSENT] = {"no such certificate", "absent", 0},
    [TLSAGEN_VERDICT_NO_ANSWER] = {"no answer", "no-answer", 2},
    [TLSAGEN_VERDICT_NO_CONNECTION] = {"connection failed", "no-connection", 3},
    [TLSAGEN_VERDICT_NO_MAIL] = {"no mail (null MX)", "no-mail", 4},
    [TLSAGEN_VERDICT_NO_HOST] = {"no address", "no-host", 5},
    [TLSAGEN_VERDICT_NO_RECORDS] = {"no records", "no-records", 6},
    [TLSAGEN_VERDICT_INSECURE] = {"insecure", "insecure", 7},
    [TLSAGEN_VERDICT_UNUSABLE] = {"records unusable", "unusable", 8},
    [TLSAGEN_VERDICT_NO_STARTTLS] = {"no STARTTLS", "no-starttls", 9},
    [TLSAGEN_VERDICT_NO_TLS] = {"no TLS", "no-tls", 10},
    [TLSAGEN_VERDICT_BOGUS] = {"bogus", "bogus", 11},
    [TLSAGEN_VERDICT_MISMATCH] = {"mismatch", "mismatch", 12},
    [TLSAGEN_VERDICT_FAILED] = {"failed", "failed", 13},
};

const char *tlsagen_verdict_text(enum tlsagen_verdict verdict)
{
    return (unsigned)verdict < TLSAGEN_VERDICT_COUNT ? verdicts[verdict].text : "?";
}

const char *tlsagen_verdict_word(enum tlsagen_verdict verdict)
{
    return (unsigned)verdict < TLSAGEN_VERDICT_COUNT ? verdicts[verdict].word : "?";
}

enum tlsagen_verdict tlsagen_verdict_worse(enum tlsagen_verdict a, enum tlsagen_verdict b)
{
    return verdicts[b].rank > verdicts[a].rank ? b : a;
}

int64_t verify_clock(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now); /* fails for an unknown clock only */
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

uint32_t verify_left(const struct verify *verify)
{
    int64_t left = verify->end - verify_clock();
    return left <= 0 ? 0 : left > UINT32_MAX ? UINT32_MAX : (uint32_t)left;
}

uint32_t verify_left_for_lookup(const struct verify *verify)
{
    uint32_t left = verify_left(verify);
    uint32_t step = verify->options->step_ms > 0 ? verify->options->step_ms : VERIFY_STEP_MS;
    return left < step ? left : step;
}

bool verify_goes_on(const struct verify *verify)
{
    return verify->service->verdict == TLSAGEN_VERDICT_VERIFIED;
}

void verify_end(struct verify *verify, enum tlsagen_verdict verdict, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)vsnprintf(verify->service->reason, sizeof(verify->service->reason), format, args);
    va_end(args);
    verify->service->verdict = verdict;
}

void verify_end_answer(struct verify *verify, const struct tlsagen_dns_answer *answer,
                       const char *what)
{
    char name[TLSAGEN_DNS_NAME_SIZE];
    (void)verify_bare(answer->name, name);
    switch (answer->trust) {
    case TLSAGEN_DNS_NO_ANSWER:
        verify_end(verify, TLSAGEN_VERDICT_NO_ANSWER, "%s of %s: %s", what, name,
                   answer->err.message);
        break;
    case TLSAGEN_DNS_BOGUS:
        verify_end(verify, TLSAGEN_VERDICT_BOGUS, "%s of %s: %s", what, name, answer->err.message);
        break;
    case TLSAGEN_DNS_INSECURE:
    case TLSAGEN_DNS_SECURE:
        verify_end(verify, TLSAGEN_VERDICT_INSECURE,
                   "%s of %s: the answer is not protected by DNSSEC; sign the zone and have its DS "
                   "put into the parent",
                   what, name);
        break;
    }
}

static struct tlsagen_verify_warning *new_warning(struct tlsagen_verify_service *service)
{
    size_t size = (service->warning_count + 1) * sizeof(service->warnings[0]);
    struct tlsagen_verify_warning *list = realloc(service->warnings, size);
    if (list == NULL)
        return NULL;
    service->warnings = list;
    return &list[service->warning_count];
}

enum tlsagen_status verify_warn(struct verify *verify, struct tlsagen_err *err, const char *rule,
                                const char *format, ...)
{
    char text[TLSAGEN_ERR_SIZE];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    struct tlsagen_verify_warning *warning = new_warning(verify->service);
    char *copy = warning != NULL ? strdup(text) : NULL;
    if (copy == NULL)
        return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory for warnings");
    *warning = (struct tlsagen_verify_warning){rule, copy};
    verify->service->warning_count++;
    return TLSAGEN_OK;
}

const char *verify_bare(const char *name, char text[TLSAGEN_DNS_NAME_SIZE])
{
    (void)snprintf(text, TLSAGEN_DNS_NAME_SIZE, "%s", name);
    size_t len = strlen(text);
    if (len > 1 && text[len - 1] == '.')
        text[len - 1] = '\0';
    return text;
}

const char *verify_record_text(const struct tlsagen_record *record, char text[48])
{
    int n = snprintf(text, 48, "%u %u %u ", record->fields.usage, record->fields.selector,
                     record->fields.matching);
    for (size_t i = 0; i < record->len && i < 6 && n > 0 && n < 40; i++)
        n += snprintf(text + n, 48 - (size_t)n, "%02x", record->data[i]);
    if (record->len > 6 && n > 0 && n < 44)
        (void)snprintf(text + n, 48 - (size_t)n, "...");
    return text;
}

/*
 * Names that a certificate of usages 0 to 2 may be for: the TLSA base domain, the host as it was
 * given when that is an alias (RFC 7671 section 7), the mail domain (RFC 7672 section 3.2.2).
 */
struct tlsagen_judge_options verify_judge_options(const struct verify *verify,
                                                  char names[3][TLSAGEN_DNS_NAME_SIZE])
{
    const struct tlsagen_verify_service *s = verify->service;
    struct tlsagen_judge_options o = {.smtp = verify->smtp, .now = verify->options->now};
    o.base = verify_bare(s->base, names[0]);
    o.names[0] = verify_bare(s->host, names[1]);
    if (s->domain[0] != '\0')
        o.names[1] = verify_bare(s->domain, names[2]);
    return o;
}
