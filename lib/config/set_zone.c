/* set_zone.c - the options of the configuration as a whole and of zones that have rules of their
 * own.
 */
#include <stdio.h>
#include <string.h>

#include <arpa/inet.h>

#include "schema.h"

static bool is_address(const char *text)
{
    unsigned char bytes[sizeof(struct in6_addr)];
    return inet_pton(AF_INET, text, bytes) == 1 || inet_pton(AF_INET6, text, bytes) == 1;
}

static bool parse_port(const struct setting *setting, const char *text, uint16_t *port)
{
    struct tlsagen_err err;
    uint64_t number;
    if (tlsagen_number_parse(text, "port", 1, UINT16_MAX, &number, &err) != TLSAGEN_OK)
        return setting_err(setting, &err);
    *port = (uint16_t)number;
    return true;
}

/* ADDRESS, or ADDRESS, mark and PORT. *address is in the arena. */
static bool parse_address(const struct setting *setting, char mark, const char **address,
                          uint16_t *port)
{
    char *text = arena_text(&setting->tree->arena, setting->values[0]);
    if (text == NULL)
        return false;
    char *end = strchr(text, mark);
    *port = 0;
    if (end != NULL) {
        *end = '\0';
        if (!parse_port(setting, end + 1, port))
            return false;
    }
    if (!is_address(text)) {
        setting_fault(setting,
                      "%s \"%.64s\" is not an address; give a numeric one, or ADDRESS%cPORT",
                      setting->name, setting->values[0], mark);
        return false;
    }
    *address = text;
    return true;
}

bool set_resolver(const struct setting *setting, void *object)
{
    struct tlsagen_config *config = object;
    uint16_t port;
    if (!parse_address(setting, '@', &config->resolver, &port))
        return false;
    config->resolver = setting->values[0];
    return true;
}

bool set_authoritative_port(const struct setting *setting, void *object)
{
    struct tlsagen_config *config = object;
    return parse_port(setting, setting->values[0], &config->authoritative_port);
}

bool set_file(const struct setting *setting, void *object)
{
    struct tlsagen_config_zone *zone = object;
    zone->file = setting_path(setting, setting->values[0]);
    zone->update = NULL;
    return zone->file != NULL;
}

bool set_update(const struct setting *setting, void *object)
{
    struct tlsagen_config_zone *zone = object;
    zone->file = NULL;
    return parse_address(setting, '#', &zone->update, &zone->update_port);
}

bool set_query(const struct setting *setting, void *object)
{
    struct tlsagen_config_zone *zone = object;
    return parse_address(setting, '#', &zone->query, &zone->query_port);
}

bool set_control_port(const struct setting *setting, void *object)
{
    struct tlsagen_config_zone *zone = object;
    uint16_t port;
    zone->server.port = setting->values[0];
    return parse_port(setting, setting->values[0], &port);
}

bool set_server(const struct setting *setting, void *object)
{
    static const struct {
        const char *word;
        enum tlsagen_server_kind kind;
    } kinds[] = {
        {"rndc", TLSAGEN_SERVER_RNDC},  {"bind", TLSAGEN_SERVER_RNDC},
        {"named", TLSAGEN_SERVER_RNDC}, {"nsd-control", TLSAGEN_SERVER_NSD},
        {"nsd", TLSAGEN_SERVER_NSD},    {"knotc", TLSAGEN_SERVER_KNOT},
        {"knot", TLSAGEN_SERVER_KNOT},  {"pdns_control", TLSAGEN_SERVER_PDNS},
        {"pdns", TLSAGEN_SERVER_PDNS},  {"exec", TLSAGEN_SERVER_EXEC},
    };
    struct tlsagen_config_zone *zone = object;
    zone->has_server = setting->count > 0;
    if (setting->count == 0)
        return true;
    for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
        if (strcmp(setting->values[0], kinds[i].word) != 0)
            continue;
        bool exec = kinds[i].kind == TLSAGEN_SERVER_EXEC;
        zone->server.kind = kinds[i].kind;
        zone->server.exec = exec ? setting->values + 1 : NULL;
        if (exec && setting->count > 1)
            return setting_words(setting, zone->server.exec);
        if (exec == (setting->count > 1))
            return true;
        if (exec)
            setting_fault(setting, "server exec has no command; give { exec, PROGRAM, WORD ... }");
        else
            setting_fault(setting,
                          "server %s takes no more words; control-... options tell how it "
                          "is reached",
                          kinds[i].word);
        return false;
    }
    setting_fault(setting,
                  "server \"%.64s\" is unknown; give rndc, nsd-control, knotc, "
                  "pdns_control, or { exec, PROGRAM, WORD ... }",
                  setting->values[0]);
    return false;
}

/* The place of the value among words; count after a fault. */
static size_t find_word(const struct setting *setting, const char *const *words, size_t count,
                        const char *all)
{
    size_t i = 0;
    while (i < count && strcmp(setting->values[0], words[i]) != 0)
        i++;
    if (i == count)
        setting_fault(setting, "%s \"%.64s\" is unknown; give %s", setting->name,
                      setting->values[0], all);
    return i;
}

bool set_policy(const struct setting *setting, void *object)
{
    static const char *const words[] = {
        [TLSAGEN_SERIAL_AUTO] = "auto",
        [TLSAGEN_SERIAL_INCREMENT] = "increment",
        [TLSAGEN_SERIAL_DATE] = "date",
        [TLSAGEN_SERIAL_UNIXTIME] = "unixtime",
    };
    struct tlsagen_config_zone *zone = object;
    const size_t count = sizeof(words) / sizeof(words[0]);
    size_t i = find_word(setting, words, count, "auto, increment, date or unixtime");
    zone->policy = (enum tlsagen_serial_policy)i;
    return i < count;
}

bool set_unknown(const struct setting *setting, void *object)
{
    static const char *const words[] = {
        [TLSAGEN_UNKNOWN_REFUSE] = "refuse",
        [TLSAGEN_UNKNOWN_KEEP] = "keep",
        [TLSAGEN_UNKNOWN_REMOVE] = "remove",
    };
    struct tlsagen_config_zone *zone = object;
    const size_t count = sizeof(words) / sizeof(words[0]);
    size_t i = find_word(setting, words, count, "keep, remove or refuse");
    zone->unknown = (enum tlsagen_config_unknown)i;
    return i < count;
}

bool set_wait(const struct setting *setting, void *object)
{
    const uint32_t most = 86400;
    struct tlsagen_config_zone *zone = object;
    struct tlsagen_err err;
    uint32_t seconds;
    if (tlsagen_duration_parse(setting->values[0], "wait", &seconds, &err) != TLSAGEN_OK)
        return setting_err(setting, &err);
    if (seconds > most) {
        setting_fault(setting, "wait %.64s is more than a day; give less", setting->values[0]);
        return false;
    }
    zone->wait_ms = seconds * 1000;
    return true;
}

bool set_ignore_server(const struct setting *setting, void *object)
{
    struct tlsagen_config_service *service = object;
    service->ignore_server =
        (struct tlsagen_config_list){.items = setting->values, .count = setting->count};
    for (size_t i = 0; i < setting->count; i++) {
        char host[TLSAGEN_NAME_SIZE];
        struct tlsagen_err err;
        if (is_address(setting->values[i]))
            continue;
        if (tlsagen_host_parse(setting->values[i], host, &err) != TLSAGEN_OK) {
            setting_fault(setting,
                          "ignore-server \"%.64s\" is neither an address nor a name; give the "
                          "server's, as tlsagen shows it",
                          setting->values[i]);
            return false;
        }
        setting->values[i] = arena_text(&setting->tree->arena, host);
        if (setting->values[i] == NULL)
            return false;
    }
    return true;
}
