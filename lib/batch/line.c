#include "line.h"

#include <string.h>

#include <tlsagen/service.h>

#define WORDS 5 /* before FILE */

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* Cuts the next word off *p; NULL at the end of the text. */
static char *take_word(char **p)
{
    char *word = *p;
    while (is_blank(*word))
        word++;
    if (*word == '\0')
        return NULL;
    char *end = word;
    while (*end != '\0' && !is_blank(*end))
        end++;
    *p = *end == '\0' ? end : end + 1;
    *end = '\0';
    return word;
}

/* The rest of the line without the blanks around it. */
static const char *take_rest(char *p, const char *end)
{
    while (is_blank(*p))
        p++;
    char *stop = p + (end - p);
    while (stop > p && is_blank(stop[-1]))
        stop--;
    *stop = '\0';
    return p;
}

static enum tlsagen_status too_few(size_t count, struct tlsagen_err *err)
{
    return tlsagen_err_set(err, TLSAGEN_E_SYNTAX,
                           "only %zu of the 6 words HOST PORT USAGE SELECTOR MATCHING FILE", count);
}

static enum tlsagen_status take_fields(char *const words[WORDS], struct tlsagen_fields *fields,
                                       struct tlsagen_err *err)
{
    enum tlsagen_status status = tlsagen_usage_parse(words[2], &fields->usage, err);
    if (status == TLSAGEN_OK)
        status = tlsagen_selector_parse(words[3], &fields->selector, err);
    if (status == TLSAGEN_OK)
        status = tlsagen_matching_parse(words[4], &fields->matching, err);
    return status;
}

/* Here already, so that a host that is none has no warning of its certificate before its error. */
static enum tlsagen_status check_owners(const struct line *line, enum tlsagen_proto proto,
                                        struct tlsagen_err *err)
{
    char owner[TLSAGEN_NAME_SIZE];
    enum tlsagen_status status = TLSAGEN_OK;
    for (size_t i = 0; i < line->port_count && status == TLSAGEN_OK; i++)
        status = tlsagen_owner_make(line->host, line->ports[i], proto, owner, err);
    return status;
}

enum tlsagen_status line_parse(char *text, size_t len, enum tlsagen_proto proto, struct line *line,
                               bool *blank, struct tlsagen_err *err)
{
    if (len > 0 && text[len - 1] == '\r')
        len--;
    text[len] = '\0';
    size_t start = strspn(text, " \t");
    *blank = start == len || text[start] == '#';
    if (*blank)
        return TLSAGEN_OK;
    if (memchr(text, '\0', len) != NULL)
        return tlsagen_err_set(err, TLSAGEN_E_SYNTAX, "a NUL byte stands in the line");
    char *words[WORDS];
    char *p = text;
    for (size_t i = 0; i < WORDS; i++) {
        words[i] = take_word(&p);
        if (words[i] == NULL)
            return too_few(i, err);
    }
    line->file = take_rest(p, text + len);
    if (line->file[0] == '\0')
        return too_few(WORDS, err);
    if (strcmp(line->file, "-") == 0)
        return tlsagen_err_set(err, TLSAGEN_E_ARGUMENT,
                               "- (standard input) cannot be a line's file; name one");
    enum tlsagen_status status = tlsagen_host_parse(words[0], line->host, err);
    if (status == TLSAGEN_OK)
        status = tlsagen_ports_parse(words[1], tlsagen_proto_name(proto), line->ports,
                                     TLSAGEN_BATCH_PORTS_MAX, &line->port_count, err);
    if (status == TLSAGEN_OK)
        status = check_owners(line, proto, err);
    if (status == TLSAGEN_OK)
        status = take_fields(words, &line->fields, err);
    return status;
}
