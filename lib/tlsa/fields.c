#include <tlsagen/record.h>

#include <string.h>
#include <strings.h>

/* RFC 7218 section 2; the index is the value. */
static const char *const usages[] = {"PKIX-TA", "PKIX-EE", "DANE-TA", "DANE-EE"};
static const char *const selectors[] = {"Cert", "SPKI"};
static const char *const matchings[] = {"Full", "SHA2-256", "SHA2-512"};

static enum tlsagen_status value_parse(const char *word, const char *what, const char *const *names,
                                       size_t count, uint8_t *value, struct tlsagen_err *err)
{
    for (size_t i = 0; i < count; i++) {
        if (strcasecmp(word, names[i]) == 0) {
            *value = (uint8_t)i;
            return TLSAGEN_OK;
        }
    }
    uint64_t number;
    if (tlsagen_number_parse(word, what, 0, count - 1, &number, NULL) == TLSAGEN_OK) {
        *value = (uint8_t)number;
        return TLSAGEN_OK;
    }
    char known[128] = "";
    for (size_t i = 0; i < count; i++) {
        const char *separator = i == 0 ? "" : i + 1 == count ? " or " : ", ";
        (void)strncat(known, separator, sizeof(known) - strlen(known) - 1);
        (void)strncat(known, names[i], sizeof(known) - strlen(known) - 1);
    }
    return tlsagen_err_set(err, TLSAGEN_E_ARGUMENT, "%s \"%.64s\" is unknown; give 0 to %zu, or %s",
                           what, word, count - 1, known);
}

enum tlsagen_status tlsagen_usage_parse(const char *word, uint8_t *usage, struct tlsagen_err *err)
{
    return value_parse(word, "certificate usage", usages, 4, usage, err);
}

enum tlsagen_status tlsagen_selector_parse(const char *word, uint8_t *selector,
                                           struct tlsagen_err *err)
{
    return value_parse(word, "selector", selectors, 2, selector, err);
}

enum tlsagen_status tlsagen_matching_parse(const char *word, uint8_t *matching,
                                           struct tlsagen_err *err)
{
    return value_parse(word, "matching type", matchings, 3, matching, err);
}

enum tlsagen_status tlsagen_fields_parse(const char *text, struct tlsagen_fields *fields,
                                         struct tlsagen_err *err)
{
    char words[3][32];
    size_t count = 0;
    for (const char *p = text; *p != '\0';) {
        size_t blanks = strspn(p, " \t");
        size_t len = strcspn(p + blanks, " \t");
        if (len == 0)
            break;
        if (count == 3 || len >= sizeof(words[0])) {
            count = 4;
            break;
        }
        memcpy(words[count], p + blanks, len);
        words[count++][len] = '\0';
        p += blanks + len;
    }
    if (count != 3)
        return tlsagen_err_set(
            err, TLSAGEN_E_ARGUMENT,
            "\"%.64s\" is no combination; give usage, selector and matching type, as in \"3 1 1\"",
            text);
    struct tlsagen_fields parsed;
    enum tlsagen_status status = tlsagen_usage_parse(words[0], &parsed.usage, err);
    if (status == TLSAGEN_OK)
        status = tlsagen_selector_parse(words[1], &parsed.selector, err);
    if (status == TLSAGEN_OK)
        status = tlsagen_matching_parse(words[2], &parsed.matching, err);
    if (status == TLSAGEN_OK)
        *fields = parsed;
    return status;
}

const char *tlsagen_usage_name(uint8_t usage)
{
    return usage < 4 ? usages[usage] : "?";
}

const char *tlsagen_selector_name(uint8_t selector)
{
    return selector < 2 ? selectors[selector] : "?";
}

const char *tlsagen_matching_name(uint8_t matching)
{
    return matching < 3 ? matchings[matching] : "?";
}
