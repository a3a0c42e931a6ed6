#include <tlsagen/record.h>

#include <string.h>

#include <arpa/inet.h>
#include <idn2.h>

#define LABEL_MAX 63 /* RFC 1035 section 2.3.4 */
#define HOST_MAX 253

static bool is_host_byte(char c)
{
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '_';
}

static enum tlsagen_status check_label(const char *text, const char *label, size_t len,
                                       struct tlsagen_err *err)
{
    if (len == 0)
        return tlsagen_err_set(err, TLSAGEN_E_ARGUMENT,
                               "host name \"%.100s\" has an empty label; give it as in "
                               "mail.example.org",
                               text);
    if (len > LABEL_MAX)
        return tlsagen_err_set(
            err, TLSAGEN_E_ARGUMENT,
            "host name label \"%.20s...\" has %zu bytes; at most 63 are possible", label, len);
    if (len == 1 && label[0] == '*')
        return tlsagen_err_set(
            err, TLSAGEN_E_ARGUMENT,
            "host name \"%.100s\" is a wildcard, which DNS does not expand below "
            "_PORT._PROTO; name each host",
            text);
    for (size_t i = 0; i < len; i++) {
        if (!is_host_byte(label[i]))
            return tlsagen_err_set(err, TLSAGEN_E_ARGUMENT,
                                   "host name \"%.100s\" contains \"%c\"; letters, digits, hyphens "
                                   "and dots are possible",
                                   text, label[i]);
    }
    if (label[0] == '-' || label[len - 1] == '-')
        return tlsagen_err_set(err, TLSAGEN_E_ARGUMENT,
                               "host name \"%.100s\" has a label that begins or ends with a hyphen",
                               text);
    return TLSAGEN_OK;
}

/* The same with a final dot, as a host name may have it. */
static bool is_address(const char *name, size_t len)
{
    unsigned char address[sizeof(struct in6_addr)];
    char text[INET6_ADDRSTRLEN];
    if (len >= sizeof(text))
        return false;
    memcpy(text, name, len);
    text[len] = '\0';
    return inet_pton(AF_INET, text, address) == 1 || inet_pton(AF_INET6, text, address) == 1;
}

static enum tlsagen_status check_ascii(const char *text, char host[TLSAGEN_NAME_SIZE],
                                       struct tlsagen_err *err)
{
    size_t len = strlen(text);
    if (len > 0 && text[len - 1] == '.')
        len--;
    if (len == 0)
        return tlsagen_err_set(err, TLSAGEN_E_ARGUMENT,
                               "host name is empty; give one as in mail.example.org");
    if (is_address(text, len))
        return tlsagen_err_set(err, TLSAGEN_E_ARGUMENT,
                               "host \"%.64s\" is an address; TLSA records belong to host names",
                               text);
    if (len > HOST_MAX)
        return tlsagen_err_set(err, TLSAGEN_E_ARGUMENT,
                               "host name of %zu bytes is longer than the 253 a name may have",
                               len);
    for (size_t at = 0; at <= len;) {
        const char *dot = memchr(text + at, '.', len - at);
        size_t label = dot == NULL ? len - at : (size_t)(dot - (text + at));
        enum tlsagen_status status = check_label(text, text + at, label, err);
        if (status != TLSAGEN_OK)
            return status;
        at += label + 1;
    }
    memcpy(host, text, len);
    host[len] = '.';
    host[len + 1] = '\0';
    return TLSAGEN_OK;
}

enum tlsagen_status tlsagen_host_parse(const char *text, char host[TLSAGEN_NAME_SIZE],
                                       struct tlsagen_err *err)
{
    bool ascii = true;
    for (const char *p = text; *p != '\0'; p++) {
        if ((unsigned char)*p >= 0x80)
            ascii = false;
    }
    if (ascii)
        return check_ascii(text, host, err);
    uint8_t *converted = NULL;
    /* RFC 5891 lookup with the mapping of UTS 46 (case, width), as browsers do. */
    int result =
        idn2_lookup_u8((const uint8_t *)text, &converted, IDN2_NFC_INPUT | IDN2_NONTRANSITIONAL);
    if (result != IDN2_OK)
        return tlsagen_err_set(err, result == IDN2_MALLOC ? TLSAGEN_E_MEMORY : TLSAGEN_E_ARGUMENT,
                               "host name \"%.100s\" is no internationalised name: %s", text,
                               idn2_strerror(result));
    enum tlsagen_status status = check_ascii((const char *)converted, host, err);
    idn2_free(converted);
    return status;
}
