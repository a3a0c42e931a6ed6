#include "check.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>
#include <time.h>

#include <openssl/x509v3.h>

#define DAY 86400
#define SOON (14 * DAY)         /* a certificate is renewed long before this */
#define SHORT_LIVED (100 * DAY) /* as ACME CAs issue them: renewed every few weeks */
#define RSA_BITS 2048U

/* One dNSName against a host without final dot: equal, or `*.` and one label more. */
static bool name_matches(const struct der *name, const char *host, size_t host_len)
{
    const char *pattern = (const char *)name->p;
    size_t len = der_left(name);
    if (len == host_len && strncasecmp(pattern, host, len) == 0)
        return true;
    if (len < 3 || pattern[0] != '*' || pattern[1] != '.' ||
        memchr(pattern + 2, '.', len - 2) == NULL)
        return false;
    const char *dot = memchr(host, '.', host_len);
    return dot != NULL && dot != host && (size_t)(host + host_len - dot) == len - 1 &&
           strncasecmp(dot, pattern + 1, len - 1) == 0;
}

/* A quick yes for the ordinary case; whatever it does not settle is libcrypto's to say. */
static bool covers_plainly(const struct tlsagen_material *material, const struct item *item,
                           const char *host, size_t host_len)
{
    struct cert_view view = {0};
    struct der names, name;
    view.extensions = item_extensions(material, item);
    if (!cert_dns_names_begin(&view, &names))
        return false;
    while (cert_dns_names_next(&names, &name)) {
        if (name_matches(&name, host, host_len))
            return true;
    }
    return false;
}

bool check_covers(struct tlsagen_material *material, struct item *item, const char *host)
{
    if (host == NULL)
        return true;
    size_t len = strlen(host);
    if (len > 1 && host[len - 1] == '.')
        len--;
    if (covers_plainly(material, item, host, len))
        return true;
    X509 *x509 = item_x509(material, item);
    return x509 != NULL && X509_check_host(x509, host, len, 0, NULL) == 1;
}

static void day_of(int64_t seconds, char text[16])
{
    time_t when = (time_t)seconds;
    struct tm tm;
    if (gmtime_r(&when, &tm) == NULL || strftime(text, 16, "%Y-%m-%d", &tm) == 0)
        (void)snprintf(text, 16, "?");
}

static bool has_dates(const struct item *item)
{
    return item->not_before != 0 || item->not_after != 0;
}

/* NULL when the dates are right, or not looked at; day is what follows the text. */
static const char *date_fault(const struct item *item, int64_t now, char day[16])
{
    if (now == 0)
        return NULL;
    if (!has_dates(item)) {
        (void)snprintf(day, 16, "read");
        return "has dates that cannot be";
    }
    if (now < item->not_before) {
        day_of(item->not_before, day);
        return "is not valid before";
    }
    if (now <= item->not_after)
        return NULL;
    day_of(item->not_after, day);
    return "expired on";
}

enum tlsagen_status check_dates(const struct tlsagen_material *material, const struct item *item,
                                int64_t now, struct tlsagen_err *err)
{
    char day[16], subject[200];
    const char *fault = date_fault(item, now, day);
    if (fault == NULL)
        return TLSAGEN_OK;
    return tlsagen_err_set(err, TLSAGEN_E_MISMATCH,
                           "%s: certificate \"%s\" %s %s; usages 0 to 2 need a valid one (-n does "
                           "not check)",
                           material->inputs[item->input].label,
                           item_subject(material, item, subject, sizeof(subject)), fault, day);
}

enum tlsagen_status check_strictly(struct tlsagen_material *material, struct item *leaf,
                                   const struct tlsagen_request *request, struct tlsagen_err *err)
{
    if (request->unchecked)
        return TLSAGEN_OK;
    if (!check_covers(material, leaf, request->host)) {
        char subject[200];
        return tlsagen_err_set(err, TLSAGEN_E_MISMATCH,
                               "%s: certificate \"%s\" does not cover %s, which usages 0 to 2 "
                               "require; give the host's certificate (-n does not check)",
                               material->inputs[leaf->input].label,
                               item_subject(material, leaf, subject, sizeof(subject)),
                               request->host);
    }
    return check_dates(material, leaf, request->now, err);
}

static void warn(const struct tlsagen_request *request, enum tlsagen_warning warning,
                 const char *format, ...) TLSAGEN_PRINTF(3, 4);

static void warn(const struct tlsagen_request *request, enum tlsagen_warning warning,
                 const char *format, ...)
{
    char text[TLSAGEN_ERR_SIZE];
    va_list args;
    va_start(args, format);
    int len = vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (len >= 0)
        request->warn(request->warn_arg, warning, text);
}

static void warn_dates(const struct tlsagen_material *material, const struct item *leaf,
                       const struct tlsagen_request *request)
{
    char day[16];
    const char *label = material->inputs[leaf->input].label;
    const char *fault = date_fault(leaf, request->now, day);
    if (fault != NULL) {
        warn(request, TLSAGEN_WARN_DATES, "%s: certificate %s %s", label, fault, day);
        return;
    }
    int64_t soon = (leaf->not_after - leaf->not_before) / 6;
    if (request->now == 0 || leaf->not_after - request->now >= (soon < SOON ? soon : SOON))
        return;
    day_of(leaf->not_after, day);
    warn(request, TLSAGEN_WARN_EXPIRES, "%s: certificate expires on %s", label, day);
}

static void warn_name(struct tlsagen_material *material, struct item *leaf,
                      const struct tlsagen_request *request)
{
    X509 *x509 = item_x509(material, leaf);
    bool ca = x509 != NULL && X509_check_ca(x509) == 1;
    warn(request, TLSAGEN_WARN_NAME, "%s: certificate %s %s (usage 3 %s)",
         material->inputs[leaf->input].label,
         ca ? "is a CA's and does not cover" : "does not cover", request->host,
         ca ? "takes the server's own; give that" : "does not require it, RFC 7671 section 5.1");
}

void warn_leaf(struct tlsagen_material *material, struct item *leaf,
               const struct tlsagen_request *request, bool strict)
{
    if (request->warn == NULL)
        return;
    if (!strict && !check_covers(material, leaf, request->host))
        warn_name(material, leaf, request);
    warn_dates(material, leaf, request);
}

void warn_key(const struct tlsagen_material *material, const struct item *item,
              const struct tlsagen_request *request)
{
    if (request->warn == NULL)
        return;
    const uint8_t *start = item_bytes(material, item->spki);
    const struct der spki = {start, start + item->spki.len};
    size_t bits = spki_rsa_bits(&spki);
    if (bits != 0 && bits < RSA_BITS)
        warn(request, TLSAGEN_WARN_WEAK_KEY, "%s: RSA key of %zu bits; use at least %u",
             material->inputs[item->input].label, bits, RSA_BITS);
}

void warn_selector(const struct tlsagen_material *material, const struct item *item,
                   const struct tlsagen_request *request)
{
    int64_t days = (item->not_after - item->not_before) / DAY;
    if (request->warn != NULL && days >= 0 && item->not_after - item->not_before < SHORT_LIVED &&
        has_dates(item))
        warn(request, TLSAGEN_WARN_SHORT_LIVED,
             "%s: selector 0 changes with every renewal of this certificate of %lld days; use "
             "selector 1",
             material->inputs[item->input].label, (long long)days);
}

void warn_anchor(struct tlsagen_material *material, struct item *anchor,
                 const struct tlsagen_request *request)
{
    X509 *x509 = item_x509(material, anchor);
    if (request->warn == NULL || x509 == NULL)
        return;
    const char *why = NULL;
    if (X509_check_ca(x509) <= 0)
        why = "is no CA certificate";
    else if ((X509_get_extension_flags(x509) & EXFLAG_SS) != 0)
        why = "is a root, which few servers send; the server must send it with its chain";
    char subject[200];
    if (why != NULL)
        warn(request, TLSAGEN_WARN_ANCHOR, "%s: anchor \"%s\" %s",
             material->inputs[anchor->input].label,
             item_subject(material, anchor, subject, sizeof(subject)), why);
}

void warn_fields(struct tlsagen_fields fields, const struct tlsagen_request *request)
{
    if (request->warn == NULL)
        return;
    for (size_t i = 0; i < request->port_count; i++) {
        uint16_t port = request->ports[i];
        if (fields.usage < TLSAGEN_USAGE_DANE_TA && (port == 25 || port == 465 || port == 587)) {
            warn(request, TLSAGEN_WARN_SMTP_USAGE,
                 "usage %u on port %u is not used by mail servers (RFC 7672 section 3.1.3); use "
                 "2 or 3",
                 fields.usage, port);
        }
    }
    if (fields.matching == TLSAGEN_MATCHING_FULL)
        warn(request, TLSAGEN_WARN_FULL,
             "matching type 0 puts the whole %s into DNS; use 1 (SHA2-256)",
             fields.selector == TLSAGEN_SELECTOR_CERT ? "certificate" : "public key");
}

void warn_data(const uint8_t *data, size_t len, const struct tlsagen_request *request)
{
    /* SHA-256 and SHA-512 of no bytes: what faulty scripts publish for keys they cannot read. */
    static const uint8_t empty256[] = {0xe3, 0xb0, 0xc4, 0x42, 0x98, 0xfc, 0x1c, 0x14};
    static const uint8_t empty512[] = {0xcf, 0x83, 0xe1, 0x35, 0x7e, 0xef, 0xb8, 0xbd};
    if (request->warn != NULL && ((len == 32 && memcmp(data, empty256, sizeof(empty256)) == 0) ||
                                  (len == 64 && memcmp(data, empty512, sizeof(empty512)) == 0)))
        warn(request, TLSAGEN_WARN_EMPTY, "association data is the digest of empty input");
}
