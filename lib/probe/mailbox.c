/* IMAP, POP3 and ManageSieve. */
#include "dialogue.h"

#include <string.h>
#include <strings.h>

static enum dialogue_step imap_greeting(struct dialogue *d, const char *line, size_t len,
                                        struct tlsagen_buf *out, struct tlsagen_err *err)
{
    if (dialogue_begins(line, len, "* OK"))
        return dialogue_say(d, "a1 STARTTLS\r\n", out);
    if (dialogue_begins(line, len, "* PREAUTH")) /* STARTTLS is for the other state only */
        return dialogue_fail(TLSAGEN_E_NOTFOUND,
                             "the server takes us for authenticated, which excludes STARTTLS", line,
                             len, err);
    if (dialogue_begins(line, len, "* BYE"))
        return dialogue_fail(TLSAGEN_E_NETWORK, "the server says good-bye at once", line, len, err);
    return dialogue_fail(TLSAGEN_E_SYNTAX, "the server's greeting is not IMAP", line, len, err);
}

enum dialogue_step dialogue_imap(struct dialogue *d, const char *line, size_t len,
                                 struct tlsagen_buf *out, struct tlsagen_err *err)
{
    if (d->stage == 0)
        return imap_greeting(d, line, len, out, err);
    if (dialogue_begins(line, len, "* BYE"))
        return dialogue_fail(TLSAGEN_E_NETWORK, "the server ends the session", line, len, err);
    if (len >= 2 && line[0] == '*' && line[1] == ' ')
        return DIALOGUE_MORE;
    if (dialogue_begins(line, len, "a1 OK"))
        return DIALOGUE_TLS;
    if (dialogue_begins(line, len, "a1 NO") || dialogue_begins(line, len, "a1 BAD"))
        return dialogue_fail(TLSAGEN_E_NOTFOUND, "the server refuses STARTTLS", line, len, err);
    return dialogue_fail(TLSAGEN_E_SYNTAX, "the server's answer is not IMAP", line, len, err);
}

enum dialogue_step dialogue_pop3(struct dialogue *d, const char *line, size_t len,
                                 struct tlsagen_buf *out, struct tlsagen_err *err)
{
    bool good = dialogue_begins(line, len, "+OK");
    if (!good && !dialogue_begins(line, len, "-ERR"))
        return dialogue_fail(TLSAGEN_E_SYNTAX, "the server's answer is not POP3", line, len, err);
    if (d->stage == 0)
        return good ? dialogue_say(d, "STLS\r\n", out)
                    : dialogue_fail(TLSAGEN_E_NETWORK, "the server does not greet with +OK", line,
                                    len, err);
    return good ? DIALOGUE_TLS
                : dialogue_fail(TLSAGEN_E_NOTFOUND, "the server refuses STLS", line, len, err);
}

static enum dialogue_step sieve_greeted(struct dialogue *d, const char *line, size_t len,
                                        struct tlsagen_buf *out, struct tlsagen_err *err)
{
    if (d->offered)
        return dialogue_say(d, "STARTTLS\r\n", out);
    return dialogue_fail(TLSAGEN_E_NOTFOUND,
                         "STARTTLS is not among the server's capabilities; it greets with", line,
                         len, err);
}

/* The greeting is lines of quoted capabilities, then OK (RFC 5804 section 1.7). */
enum dialogue_step dialogue_sieve(struct dialogue *d, const char *line, size_t len,
                                  struct tlsagen_buf *out, struct tlsagen_err *err)
{
    if (d->stage == 0 && len > 0 && line[0] == '"') {
        d->offered = d->offered || dialogue_begins(line, len, "\"STARTTLS\"");
        return DIALOGUE_MORE;
    }
    if (dialogue_begins(line, len, "OK"))
        return d->stage == 0 ? sieve_greeted(d, line, len, out, err) : DIALOGUE_TLS;
    if (dialogue_begins(line, len, "BYE"))
        return dialogue_fail(TLSAGEN_E_NETWORK, "the server ends the session", line, len, err);
    if (dialogue_begins(line, len, "NO"))
        return dialogue_fail(d->stage == 0 ? TLSAGEN_E_NETWORK : TLSAGEN_E_NOTFOUND,
                             d->stage == 0 ? "the server greets with NO"
                                           : "the server refuses STARTTLS",
                             line, len, err);
    return dialogue_fail(TLSAGEN_E_SYNTAX, "the server's answer is not ManageSieve", line, len,
                         err);
}
