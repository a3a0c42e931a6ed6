/*
 * XMPP, RFC 6120 section 5. The unit is a tag with the text before it; nothing of XML beyond tags
 * and quoted attributes is needed, as section 11.1 forbids the rest.
 */
#include "dialogue.h"

#include <string.h>

void dialogue_xmpp_start(const struct dialogue *d, struct tlsagen_buf *out)
{
    tlsagen_buf_str(out, "<?xml version='1.0'?><stream:stream xmlns='jabber:");
    tlsagen_buf_str(out, d->protocol == TLSAGEN_STARTTLS_XMPP_SERVER ? "server" : "client");
    tlsagen_buf_str(out, "' xmlns:stream='http://etherx.jabber.org/streams' to='");
    tlsagen_buf_str(out, d->domain);
    tlsagen_buf_str(out, "' version='1.0'>");
}

long dialogue_xmpp_unit(const char *bytes, size_t len)
{
    const char *open = memchr(bytes, '<', len);
    if (open == NULL)
        return 0;
    char quote = '\0';
    for (const char *p = open + 1; p < bytes + len; p++) {
        if (quote != '\0') {
            if (*p == quote)
                quote = '\0';
        } else if (*p == '"' || *p == '\'') {
            quote = *p;
        } else if (*p == '>') {
            return (long)(p - bytes) + 1;
        } else if (*p == '<' || *p == '\0') {
            return -1;
        }
    }
    return 0;
}

struct tag {
    const char *name; /* without a namespace prefix */
    size_t len;
    bool opens, closes; /* both for <name/> */
};

/* unit ends with the tag, as dialogue_xmpp_unit cut it. */
static struct tag read_tag(const char *unit, size_t len)
{
    const char *end = unit + len - 1;
    const char *p = (const char *)memchr(unit, '<', len) + 1;
    struct tag tag = {.opens = *p != '/', .closes = *p == '/' || end[-1] == '/'};
    if (*p == '/')
        p++;
    tag.name = p;
    for (; p < end && strchr(" \t\r\n/", *p) == NULL; p++) {
        if (*p == ':')
            tag.name = p + 1;
    }
    tag.len = (size_t)(p - tag.name);
    return tag;
}

static bool is_tag(const struct tag *tag, const char *name)
{
    return tag->len == strlen(name) && memcmp(tag->name, name, tag->len) == 0;
}

static enum dialogue_step before_starttls(struct dialogue *d, const struct tag *tag,
                                          const char *unit, size_t len, struct tlsagen_buf *out,
                                          struct tlsagen_err *err)
{
    if (is_tag(tag, "starttls"))
        d->offered = true;
    if (!is_tag(tag, "features") || !tag->closes)
        return DIALOGUE_MORE;
    if (d->offered)
        return dialogue_say(d, "<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>", out);
    return dialogue_fail(TLSAGEN_E_NOTFOUND, "STARTTLS is not among the server's stream features",
                         unit, len, err);
}

/* A stream error's next tag names it: <stream:error><host-unknown xmlns='...'/>. */
static enum dialogue_step stream_error(struct dialogue *d, const struct tag *tag, const char *unit,
                                       size_t len, struct tlsagen_err *err)
{
    if (d->code[0] == '\0' && !tag->closes) {
        d->code[0] = 'e';
        return DIALOGUE_MORE;
    }
    return dialogue_fail(TLSAGEN_E_NETWORK, "the server reports a stream error", unit, len, err);
}

enum dialogue_step dialogue_xmpp(struct dialogue *d, const char *unit, size_t len,
                                 struct tlsagen_buf *out, struct tlsagen_err *err)
{
    struct tag tag = read_tag(unit, len);
    if (tag.len == 0 || *tag.name == '!')
        return dialogue_fail(TLSAGEN_E_SYNTAX, "the server's answer is not XMPP", unit, len, err);
    if (d->code[0] != '\0' || is_tag(&tag, "error"))
        return stream_error(d, &tag, unit, len, err);
    if (is_tag(&tag, "stream") && tag.closes)
        return dialogue_fail(TLSAGEN_E_NETWORK, "the server ends the stream", unit, len, err);
    if (d->stage == 0)
        return before_starttls(d, &tag, unit, len, out, err);
    if (is_tag(&tag, "proceed"))
        return tag.closes ? DIALOGUE_TLS : DIALOGUE_MORE;
    if (is_tag(&tag, "failure"))
        return dialogue_fail(TLSAGEN_E_NOTFOUND, "the server refuses STARTTLS", unit, len, err);
    return dialogue_fail(TLSAGEN_E_SYNTAX, "the server's answer to starttls is none", unit, len,
                         err);
}
