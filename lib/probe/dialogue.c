#include "dialogue.h"

#include <string.h>
#include <strings.h>

#define QUOTE_MAX 200

static long line_unit(const char *bytes, size_t len)
{
    const char *end = memchr(bytes, '\n', len);
    return end != NULL ? (long)(end - bytes) + 1 : 0;
}

static long byte_unit(const char *bytes, size_t len)
{
    (void)bytes;
    return len > 0 ? 1 : 0;
}

static const struct protocol {
    void (*start)(const struct dialogue *d, struct tlsagen_buf *out); /* NULL: server first */
    long (*unit)(const char *bytes, size_t len);
    dialogue_handler *handle;
} protocols[TLSAGEN_STARTTLS_COUNT] = {
    [TLSAGEN_STARTTLS_SMTP] = {NULL, line_unit, dialogue_smtp},
    [TLSAGEN_STARTTLS_SUBMISSION] = {NULL, line_unit, dialogue_smtp},
    [TLSAGEN_STARTTLS_LMTP] = {NULL, line_unit, dialogue_smtp},
    [TLSAGEN_STARTTLS_IMAP] = {NULL, line_unit, dialogue_imap},
    [TLSAGEN_STARTTLS_POP3] = {NULL, line_unit, dialogue_pop3},
    [TLSAGEN_STARTTLS_SIEVE] = {NULL, line_unit, dialogue_sieve},
    [TLSAGEN_STARTTLS_XMPP_CLIENT] = {dialogue_xmpp_start, dialogue_xmpp_unit, dialogue_xmpp},
    [TLSAGEN_STARTTLS_XMPP_SERVER] = {dialogue_xmpp_start, dialogue_xmpp_unit, dialogue_xmpp},
    [TLSAGEN_STARTTLS_LDAP] = {dialogue_ldap_start, dialogue_ldap_unit, dialogue_ldap},
    [TLSAGEN_STARTTLS_FTP] = {NULL, line_unit, dialogue_ftp},
    [TLSAGEN_STARTTLS_NNTP] = {NULL, line_unit, dialogue_nntp},
    [TLSAGEN_STARTTLS_POSTGRES] = {dialogue_postgres_start, byte_unit, dialogue_postgres},
};

enum dialogue_step dialogue_fail(enum tlsagen_status code, const char *what, const char *words,
                                 size_t len, struct tlsagen_err *err)
{
    char quote[QUOTE_MAX + 1];
    size_t n = len < QUOTE_MAX ? len : QUOTE_MAX;
    for (size_t i = 0; i < n; i++) {
        unsigned char c = (unsigned char)words[i];
        quote[i] = (char)(c >= 0x20 && c < 0x7f && c != '"' ? c : '?');
    }
    quote[n] = '\0';
    (void)tlsagen_err_set(err, code, "%s: \"%s%s\"", what, quote, n < len ? "..." : "");
    return DIALOGUE_FAILED;
}

enum dialogue_step dialogue_say(struct dialogue *d, const char *command, struct tlsagen_buf *out)
{
    tlsagen_buf_str(out, command);
    d->stage++;
    return DIALOGUE_MORE;
}

bool dialogue_begins(const char *text, size_t len, const char *word)
{
    size_t n = strlen(word);
    if (len < n || strncasecmp(text, word, n) != 0)
        return false;
    return len == n || text[n] == ' ' || text[n] == '\t';
}

void dialogue_init(struct dialogue *d, enum tlsagen_starttls protocol, const char *helo,
                   const char *domain)
{
    memset(d, 0, sizeof(*d));
    d->protocol = protocol;
    d->helo = helo;
    d->domain = domain;
}

enum dialogue_step dialogue_start(struct dialogue *d, struct tlsagen_buf *out)
{
    if (d->protocol == TLSAGEN_STARTTLS_NONE)
        return DIALOGUE_TLS;
    if (protocols[d->protocol].start != NULL)
        protocols[d->protocol].start(d, out);
    return DIALOGUE_MORE;
}

static bool is_line_protocol(const struct dialogue *d)
{
    return protocols[d->protocol].unit == line_unit;
}

static enum dialogue_step handle_unit(struct dialogue *d, size_t len, struct tlsagen_buf *out,
                                      struct tlsagen_err *err)
{
    char unit[DIALOGUE_UNIT_MAX + 1];
    memcpy(unit, d->unit, len);
    d->len -= len;
    memmove(d->unit, d->unit + len, d->len);
    if (is_line_protocol(d)) {
        len--;
        if (len > 0 && unit[len - 1] == '\r')
            len--;
        if (memchr(unit, '\0', len) != NULL)
            return dialogue_fail(TLSAGEN_E_SYNTAX,
                                 "the server sent binary data, not a line of text", unit, len, err);
    }
    unit[len] = '\0';
    return protocols[d->protocol].handle(d, unit, len, out, err);
}

/* Handles the whole units at hand. */
static enum dialogue_step handle_units(struct dialogue *d, struct tlsagen_buf *out,
                                       struct tlsagen_err *err)
{
    for (;;) {
        long n = d->len > 0 ? protocols[d->protocol].unit(d->unit, d->len) : 0;
        if (n < 0)
            return dialogue_fail(TLSAGEN_E_SYNTAX, "the server does not speak this protocol",
                                 d->unit, d->len, err);
        if (n > 0) {
            enum dialogue_step step = handle_unit(d, (size_t)n, out, err);
            if (step != DIALOGUE_MORE)
                return step;
            continue;
        }
        if (d->len < DIALOGUE_UNIT_MAX)
            return DIALOGUE_MORE;
        (void)tlsagen_err_set(err, TLSAGEN_E_LIMIT,
                              "the server sent more than %d bytes without an end of line",
                              DIALOGUE_UNIT_MAX);
        return DIALOGUE_FAILED;
    }
}

/* Whoever sits in between can put text there that a careless client takes for secured. */
static enum dialogue_step refuse_plain_text(const char *words, size_t len, struct tlsagen_err *err)
{
    return dialogue_fail(TLSAGEN_E_MISMATCH,
                         "plain text follows the server's go-ahead for TLS (injected?); refused",
                         words, len, err);
}

enum dialogue_step dialogue_feed(struct dialogue *d, const void *bytes, size_t len,
                                 struct tlsagen_buf *out, struct tlsagen_err *err)
{
    const char *p = bytes;
    if (d->protocol == TLSAGEN_STARTTLS_NONE)
        return DIALOGUE_TLS;
    while (len > 0) {
        size_t n = sizeof(d->unit) - 1 - d->len;
        size_t left = DIALOGUE_TOTAL_MAX - d->total;
        if (left == 0) {
            (void)tlsagen_err_set(err, TLSAGEN_E_LIMIT,
                                  "the server sent more than %d bytes before TLS",
                                  DIALOGUE_TOTAL_MAX);
            return DIALOGUE_FAILED;
        }
        n = n < len ? n : len;
        n = n < left ? n : left;
        memcpy(d->unit + d->len, p, n);
        d->len += n;
        d->total += n;
        p += n;
        len -= n;
        enum dialogue_step step = handle_units(d, out, err);
        if (step == DIALOGUE_TLS && (d->len > 0 || len > 0))
            return refuse_plain_text(d->len > 0 ? d->unit : p, d->len > 0 ? d->len : len, err);
        if (step != DIALOGUE_MORE)
            return step;
    }
    return DIALOGUE_MORE;
}
