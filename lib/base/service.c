#include <tlsagen/service.h>

#include <strings.h>

#define DIRECT TLSAGEN_STARTTLS_NONE

/* Of several rows with one port, the first is what tlsagen_service_at gives. */
static const struct tlsagen_service services[] = {
    {"smtp", 25, TLSAGEN_STARTTLS_SMTP},
    {"submission", 587, TLSAGEN_STARTTLS_SUBMISSION},
    {"submissions", 465, DIRECT},
    {"smtps", 465, DIRECT},
    {"lmtp", 24, TLSAGEN_STARTTLS_LMTP},
    {"imap", 143, TLSAGEN_STARTTLS_IMAP},
    {"imap2", 143, TLSAGEN_STARTTLS_IMAP},
    {"imaps", 993, DIRECT},
    {"pop3", 110, TLSAGEN_STARTTLS_POP3},
    {"pop3s", 995, DIRECT},
    {"sieve", 4190, TLSAGEN_STARTTLS_SIEVE},
    {"managesieve", 4190, TLSAGEN_STARTTLS_SIEVE},
    {"xmpp-client", 5222, TLSAGEN_STARTTLS_XMPP_CLIENT},
    {"xmpp-server", 5269, TLSAGEN_STARTTLS_XMPP_SERVER},
    {"xmpps-client", 5223, DIRECT},
    {"xmpps-server", 5270, DIRECT},
    {"ldap", 389, TLSAGEN_STARTTLS_LDAP},
    {"ldaps", 636, DIRECT},
    {"ftp", 21, TLSAGEN_STARTTLS_FTP},
    {"ftps", 990, DIRECT},
    {"nntp", 119, TLSAGEN_STARTTLS_NNTP},
    {"nntps", 563, DIRECT},
    {"postgresql", 5432, TLSAGEN_STARTTLS_POSTGRES},
    {"postgres", 5432, TLSAGEN_STARTTLS_POSTGRES},
    {"https", 443, DIRECT},
    {"domain-s", 853, DIRECT},
    {"sips", 5061, DIRECT},
    {"ircs-u", 6697, DIRECT},
    {"ircs", 6697, DIRECT},
    {"turns", 5349, DIRECT},
    {"secure-mqtt", 8883, DIRECT},
};

#define SERVICE_COUNT (sizeof(services) / sizeof(services[0]))

static const char *const starttls_names[TLSAGEN_STARTTLS_COUNT] = {
    [TLSAGEN_STARTTLS_NONE] = "direct",
    [TLSAGEN_STARTTLS_SMTP] = "smtp",
    [TLSAGEN_STARTTLS_SUBMISSION] = "submission",
    [TLSAGEN_STARTTLS_LMTP] = "lmtp",
    [TLSAGEN_STARTTLS_IMAP] = "imap",
    [TLSAGEN_STARTTLS_POP3] = "pop3",
    [TLSAGEN_STARTTLS_SIEVE] = "sieve",
    [TLSAGEN_STARTTLS_XMPP_CLIENT] = "xmpp-client",
    [TLSAGEN_STARTTLS_XMPP_SERVER] = "xmpp-server",
    [TLSAGEN_STARTTLS_LDAP] = "ldap",
    [TLSAGEN_STARTTLS_FTP] = "ftp",
    [TLSAGEN_STARTTLS_NNTP] = "nntp",
    [TLSAGEN_STARTTLS_POSTGRES] = "postgres",
};

/* Other words people write, those of `openssl s_client -starttls` among them. */
static const struct {
    const char *word;
    enum tlsagen_starttls starttls;
} aliases[] = {
    {"none", TLSAGEN_STARTTLS_NONE},           {"tls", TLSAGEN_STARTTLS_NONE},
    {"xmpp", TLSAGEN_STARTTLS_XMPP_CLIENT},    {"managesieve", TLSAGEN_STARTTLS_SIEVE},
    {"postgresql", TLSAGEN_STARTTLS_POSTGRES},
};

const struct tlsagen_service *tlsagen_service_find(const char *name)
{
    for (size_t i = 0; i < SERVICE_COUNT; i++) {
        if (strcasecmp(services[i].name, name) == 0)
            return &services[i];
    }
    return NULL;
}

const struct tlsagen_service *tlsagen_service_at(uint16_t port)
{
    for (size_t i = 0; i < SERVICE_COUNT; i++) {
        if (services[i].port == port)
            return &services[i];
    }
    return NULL;
}

const struct tlsagen_service *tlsagen_service_row(size_t i)
{
    return i < SERVICE_COUNT ? &services[i] : NULL;
}

enum tlsagen_status tlsagen_starttls_parse(const char *word, enum tlsagen_starttls *starttls,
                                           struct tlsagen_err *err)
{
    for (unsigned i = 0; i < TLSAGEN_STARTTLS_COUNT; i++) {
        if (strcasecmp(starttls_names[i], word) == 0) {
            *starttls = (enum tlsagen_starttls)i;
            return TLSAGEN_OK;
        }
    }
    for (size_t i = 0; i < sizeof(aliases) / sizeof(aliases[0]); i++) {
        if (strcasecmp(aliases[i].word, word) == 0) {
            *starttls = aliases[i].starttls;
            return TLSAGEN_OK;
        }
    }
    return tlsagen_err_set(err, TLSAGEN_E_ARGUMENT,
                           "no STARTTLS protocol \"%.64s\"; give direct, smtp, submission, lmtp, "
                           "imap, pop3, sieve, xmpp-client, xmpp-server, ldap, ftp, nntp or "
                           "postgres",
                           word);
}

const char *tlsagen_starttls_name(enum tlsagen_starttls starttls)
{
    return (unsigned)starttls < TLSAGEN_STARTTLS_COUNT ? starttls_names[starttls] : "?";
}
