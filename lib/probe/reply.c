/* SMTP, LMTP, FTP and NNTP: replies with a code of three digits. */
#include "dialogue.h"

#include <string.h>

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

/* "250 text", "250-text" or "250" alone. */
static bool has_code(const char *line, size_t len)
{
    return len >= 3 && is_digit(line[0]) && is_digit(line[1]) && is_digit(line[2]) &&
           (len == 3 || line[3] == ' ' || line[3] == '-');
}

static bool is_code(const char *line, const char *code)
{
    return memcmp(line, code, 3) == 0;
}

static enum dialogue_step not_a_reply(const char *line, size_t len, struct tlsagen_err *err)
{
    return dialogue_fail(TLSAGEN_E_SYNTAX, "the server's line does not begin with a reply code",
                         line, len, err);
}

/* A 4xx reply is a "not now" (RFC 5321 section 4.2.1), others stay as they are. */
static enum dialogue_step refused(enum tlsagen_status code, const char *what, const char *line,
                                  size_t len, struct tlsagen_err *err)
{
    return dialogue_fail(line[0] == '4' ? TLSAGEN_E_TIMEOUT : code, what, line, len, err);
}

enum { GREETING, HELLO, STARTTLS };

static enum dialogue_step smtp_hello(struct dialogue *d, struct tlsagen_buf *out)
{
    tlsagen_buf_str(out, d->protocol == TLSAGEN_STARTTLS_LMTP ? "LHLO " : "EHLO ");
    tlsagen_buf_str(out, d->helo);
    return dialogue_say(d, "\r\n", out);
}

enum dialogue_step dialogue_smtp(struct dialogue *d, const char *line, size_t len,
                                 struct tlsagen_buf *out, struct tlsagen_err *err)
{
    if (!has_code(line, len))
        return not_a_reply(line, len, err);
    if (d->code[0] != '\0' && !is_code(line, d->code))
        return dialogue_fail(TLSAGEN_E_SYNTAX, "the code changes within the server's reply", line,
                             len, err);
    bool last = len == 3 || line[3] == ' ';
    memcpy(d->code, last ? "" : line, last ? 1 : 3);
    if (d->stage == HELLO && len > 4 && dialogue_begins(line + 4, len - 4, "STARTTLS"))
        d->offered = true;
    if (!last)
        return DIALOGUE_MORE;
    switch (d->stage) {
    case GREETING:
        return is_code(line, "220") ? smtp_hello(d, out)
                                    : refused(TLSAGEN_E_NETWORK,
                                              "the server does not greet with 220", line, len, err);
    case HELLO:
        if (!is_code(line, "250"))
            return refused(TLSAGEN_E_NETWORK, "the server refuses EHLO", line, len, err);
        return d->offered ? dialogue_say(d, "STARTTLS\r\n", out)
                          : dialogue_fail(TLSAGEN_E_NOTFOUND,
                                          "the server does not offer STARTTLS; its last capability",
                                          line, len, err);
    default:
        return is_code(line, "220")
                   ? DIALOGUE_TLS
                   : refused(TLSAGEN_E_NOTFOUND, "the server refuses STARTTLS", line, len, err);
    }
}

/* RFC 959 section 4.2: between "nnn-" and "nnn " any line may stand. */
enum dialogue_step dialogue_ftp(struct dialogue *d, const char *line, size_t len,
                                struct tlsagen_buf *out, struct tlsagen_err *err)
{
    bool coded = has_code(line, len);
    if (d->code[0] != '\0') {
        if (!coded || !is_code(line, d->code) || (len > 3 && line[3] == '-'))
            return DIALOGUE_MORE;
        d->code[0] = '\0';
    } else if (!coded) {
        return not_a_reply(line, len, err);
    } else if (len > 3 && line[3] == '-') {
        memcpy(d->code, line, 3);
        return DIALOGUE_MORE;
    }
    if (d->stage == GREETING && line[0] == '1') /* 120: ready in some minutes */
        return DIALOGUE_MORE;
    if (d->stage == GREETING)
        return is_code(line, "220") ? dialogue_say(d, "AUTH TLS\r\n", out)
                                    : refused(TLSAGEN_E_NETWORK,
                                              "the server does not greet with 220", line, len, err);
    return is_code(line, "234")
               ? DIALOGUE_TLS
               : refused(TLSAGEN_E_NOTFOUND, "the server refuses AUTH TLS", line, len, err);
}

enum dialogue_step dialogue_nntp(struct dialogue *d, const char *line, size_t len,
                                 struct tlsagen_buf *out, struct tlsagen_err *err)
{
    if (!has_code(line, len) || (len > 3 && line[3] == '-'))
        return not_a_reply(line, len, err);
    if (d->stage == GREETING)
        return is_code(line, "200") || is_code(line, "201")
                   ? dialogue_say(d, "STARTTLS\r\n", out)
                   : refused(TLSAGEN_E_NETWORK, "the server does not greet with 200 or 201", line,
                             len, err);
    /* 580 is "cannot initiate TLS", 483 "other means needed first": neither is for now only. */
    return is_code(line, "382")
               ? DIALOGUE_TLS
               : dialogue_fail(TLSAGEN_E_NOTFOUND, "the server refuses STARTTLS", line, len, err);
}
