#include "reply.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* A part of the output, its case aside, and what it means. */
struct phrase {
    const char *text;
    enum tlsagen_server_reply reply;
};

/* BIND 9.18; the first that is found counts. */
static const struct phrase rndc_phrases[] = {
    /* These first: they quote the zone's name, which may be any word. */
    {"no matching zone", TLSAGEN_REPLY_NO_ZONE},
    {"no matching view", TLSAGEN_REPLY_NO_ZONE},
    {"dynamic zone", TLSAGEN_REPLY_DYNAMIC},
    {"is frozen", TLSAGEN_REPLY_FROZEN},
    {"already frozen", TLSAGEN_REPLY_FROZEN},
    {"not found", TLSAGEN_REPLY_NO_ZONE},
    {"connection to remote host closed", TLSAGEN_REPLY_DENIED},
    {"not authorized", TLSAGEN_REPLY_DENIED},
    {"bad auth", TLSAGEN_REPLY_DENIED},
    {"connect failed", TLSAGEN_REPLY_DOWN},
    {"connection refused", TLSAGEN_REPLY_DOWN},
    {"timed out", TLSAGEN_REPLY_DOWN},
    {"unreachable", TLSAGEN_REPLY_DOWN},
    {NULL, TLSAGEN_REPLY_FAILED},
};

/* NSD 4.6 */
static const struct phrase nsd_phrases[] = {
    {"not configured", TLSAGEN_REPLY_NO_ZONE},
    {"certificate verify failed", TLSAGEN_REPLY_DENIED},
    {"SSL handshake failed", TLSAGEN_REPLY_DENIED},
    {"permission denied", TLSAGEN_REPLY_DENIED},
    {"error: connect", TLSAGEN_REPLY_DOWN},
    {"connection refused", TLSAGEN_REPLY_DOWN},
    {NULL, TLSAGEN_REPLY_FAILED},
};

/* Knot DNS 3.2 */
static const struct phrase knot_phrases[] = {
    {"no such zone found", TLSAGEN_REPLY_NO_ZONE},
    {"failed to connect", TLSAGEN_REPLY_DOWN},
    {"operation not permitted", TLSAGEN_REPLY_DENIED},
    {"not allowed", TLSAGEN_REPLY_DENIED},
    {"(failed)", TLSAGEN_REPLY_REJECTED},
    {NULL, TLSAGEN_REPLY_FAILED},
};

/* PowerDNS 4.7, which exits with 0 whatever happened to the zone. */
static const struct phrase pdns_phrases[] = {
    {"[rejected]", TLSAGEN_REPLY_REJECTED},
    {"no such domain", TLSAGEN_REPLY_NO_ZONE},
    {"permission denied", TLSAGEN_REPLY_DENIED},
    {"unable to connect", TLSAGEN_REPLY_DOWN},
    {NULL, TLSAGEN_REPLY_FAILED},
};

static bool contains(const char *text, size_t len, const char *phrase)
{
    size_t size = strlen(phrase);
    for (size_t i = 0; i + size <= len; i++) {
        if (strncasecmp(text + i, phrase, size) == 0)
            return true;
    }
    return false;
}

static const struct phrase *find(const struct phrase *phrases, const char *text, size_t len)
{
    while (phrases->text != NULL && !contains(text, len, phrases->text))
        phrases++;
    return phrases;
}

/* The output on one line: blanks and line ends become one blank, control bytes "?". */
static void copy_words(char *words, const char *output, size_t len)
{
    size_t at = 0;
    for (size_t i = 0; i < len && at + 2 < TLSAGEN_SERVER_WORDS_SIZE; i++) {
        unsigned char c = (unsigned char)output[i];
        bool blank = c == ' ' || (c >= '\t' && c <= '\r');
        if (!blank) {
            words[at++] = c < ' ' || c == 0x7f ? '?' : (char)c;
        } else if (at > 0 && words[at - 1] != ' ') {
            words[at++] = ' ';
        }
    }
    while (at > 0 && words[at - 1] == ' ')
        at--;
    words[at] = '\0';
}

void reply_judge(enum tlsagen_server_kind kind, const char *output, size_t len,
                 struct tlsagen_server_answer *answer)
{
    bool ok = answer->exit_status == 0;
    copy_words(answer->words, output, len);
    answer->reply = ok ? TLSAGEN_REPLY_ACCEPTED : TLSAGEN_REPLY_FAILED;
    switch (kind) {
    case TLSAGEN_SERVER_RNDC:
        /* BIND prints no zone's name here. */
        if (!ok)
            answer->reply = find(rndc_phrases, output, len)->reply;
        else if (contains(output, len, "up-to-date"))
            answer->reply = TLSAGEN_REPLY_UP_TO_DATE;
        return;
    case TLSAGEN_SERVER_NSD:
        if (!ok)
            answer->reply = find(nsd_phrases, output, len)->reply;
        return;
    case TLSAGEN_SERVER_KNOT:
        if (!ok)
            answer->reply = find(knot_phrases, output, len)->reply;
        return;
    case TLSAGEN_SERVER_PDNS:
        if (!ok || !contains(output, len, "parsed into memory"))
            answer->reply = find(pdns_phrases, output, len)->reply;
        return;
    case TLSAGEN_SERVER_EXEC:
        return;
    }
}

/* The value behind `name: ` when the line has that name. */
static bool value_of(const char *line, size_t len, const char *name, const char **value,
                     size_t *value_len)
{
    size_t size = strlen(name);
    if (len < size + 2 || strncmp(line, name, size) != 0 || line[size] != ':')
        return false;
    *value = line + size + 1;
    *value_len = len - size - 1;
    while (*value_len > 0 && **value == ' ') {
        (*value)++;
        (*value_len)--;
    }
    return true;
}

static bool read_serial(const char *text, size_t len, uint32_t *serial)
{
    uint64_t value = 0;
    if (len == 0 || len > 10)
        return false;
    for (size_t i = 0; i < len; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        value = value * 10 + (uint64_t)(text[i] - '0');
    }
    *serial = (uint32_t)value;
    return value <= UINT32_MAX;
}

static void read_line(const char *line, size_t len, struct tlsagen_server_zone *state)
{
    const char *value;
    size_t value_len;
    if (value_of(line, len, "serial", &value, &value_len)) {
        state->has_serial = read_serial(value, value_len, &state->serial);
    } else if (value_of(line, len, "signed serial", &value, &value_len)) {
        state->signed_in_line = true;
    } else if (value_of(line, len, "dynamic", &value, &value_len)) {
        state->dynamic = value_len == 3 && memcmp(value, "yes", 3) == 0;
    } else if (value_of(line, len, "frozen", &value, &value_len)) {
        state->frozen = value_len == 3 && memcmp(value, "yes", 3) == 0;
    } else if (value_of(line, len, "files", &value, &value_len)) {
        /* Included files follow, by commas. */
        const char *comma = memchr(value, ',', value_len);
        size_t size = comma == NULL ? value_len : (size_t)(comma - value);
        if (size < sizeof(state->file)) {
            memcpy(state->file, value, size);
            state->file[size] = '\0';
        }
    }
}

void reply_read_state(const char *output, size_t len, struct tlsagen_server_zone *state)
{
    *state = (struct tlsagen_server_zone){.has_serial = false};
    const char *line = output, *end = output + len;
    while (line < end) {
        const char *stop = memchr(line, '\n', (size_t)(end - line));
        size_t size = (size_t)((stop == NULL ? end : stop) - line);
        if (size > 0 && line[size - 1] == '\r')
            size--;
        read_line(line, size, state);
        line = stop == NULL ? end : stop + 1;
    }
}
