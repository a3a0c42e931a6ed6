#include "named.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define KNOWN_SHOWN 10 /* names in a message, at most */

/* A service or a zone, by its place. */
typedef const char *name_at(const struct tlsagen_config *config, size_t i);

static const char *service_at(const struct tlsagen_config *config, size_t i)
{
    return config->services[i]->name;
}

static const char *zone_at(const struct tlsagen_config *config, size_t i)
{
    return config->zones[i]->name;
}

/* Names some of those that begin with start. How many there are. */
static size_t name_some(const struct tlsagen_config *config, name_at *name, size_t count,
                        const char *start, struct tlsagen_buf *text)
{
    size_t found = 0;
    for (size_t i = 0; i < count; i++) {
        const char *one = name(config, i);
        if (strncasecmp(one, start, strlen(start)) != 0)
            continue;
        if (found++ < KNOWN_SHOWN)
            tlsagen_buf_printf(text, "%s%.64s", found > 1 ? ", " : "", one);
    }
    if (found > KNOWN_SHOWN)
        tlsagen_buf_printf(text, " and %zu more", found - KNOWN_SHOWN);
    return found;
}

/* Those that begin as it was written are told first: names are cut short. */
static int unknown(const struct tlsagen_config *config, const char *kind, const char *name,
                   name_at *at, size_t count)
{
    struct tlsagen_buf known;
    tlsagen_buf_init(&known);
    const bool near = name_some(config, at, count, name, &known) > 0;
    if (!near && name_some(config, at, count, "", &known) == 0)
        tlsagen_buf_str(&known, "none");
    report_error("no %s \"%.64s\" in %.200s; those %s: %s", kind, name, config->path,
                 near ? "that begin so" : "there", known.failed ? "?" : known.data);
    tlsagen_buf_clear(&known);
    return EXIT_USAGE;
}

static int is_template(const struct tlsagen_config *config, const char *name)
{
    struct tlsagen_buf start, known;
    tlsagen_buf_init(&start);
    tlsagen_buf_init(&known);
    tlsagen_buf_printf(&start, "%s@", name);
    if (!start.failed)
        (void)name_some(config, service_at, config->service_count, start.data, &known);
    report_error("\"%.64s\" is a service-template in %.200s; name one of its services: %s", name,
                 config->path, known.failed || known.len == 0 ? "?" : known.data);
    tlsagen_buf_clear(&start);
    tlsagen_buf_clear(&known);
    return EXIT_USAGE;
}

static bool add(struct named_services *named, const struct tlsagen_config_service *service)
{
    if (named->count == named->cap) {
        const size_t cap = named->cap == 0 ? 16 : 2 * named->cap;
        const struct tlsagen_config_service **at = realloc(named->at, cap * sizeof(*at));
        if (at == NULL) {
            report_error("out of memory");
            return false;
        }
        named->at = at;
        named->cap = cap;
    }
    named->at[named->count++] = service;
    return true;
}

/* NAME@HOST, as no service of its own can be named. */
static bool is_of_template(const struct tlsagen_config_service *service, const char *name)
{
    const size_t len = strlen(name);
    return strncmp(service->name, name, len) == 0 && service->name[len] == '@';
}

int named_add(struct named_services *named, const struct tlsagen_config *config, const char *name,
              bool one)
{
    const struct tlsagen_config_service *service = tlsagen_config_service(config, name);
    bool found = service != NULL;
    if (found && !add(named, service))
        return EXIT_FAILED;
    for (size_t i = 0; service == NULL && i < config->service_count; i++) {
        if (!is_of_template(config->services[i], name))
            continue;
        if (one)
            return is_template(config, name);
        found = true;
        if (!add(named, config->services[i]))
            return EXIT_FAILED;
    }
    return found ? EXIT_DONE : unknown(config, "service", name, service_at, config->service_count);
}

void named_clear(struct named_services *named)
{
    free(named->at);
    *named = (struct named_services){.at = NULL};
}

const struct tlsagen_config_zone *named_zone(const struct tlsagen_config *config, const char *name)
{
    const struct tlsagen_config_zone *zone = tlsagen_config_zone(config, name);
    if (zone == NULL)
        (void)unknown(config, "zone", name, zone_at, config->zone_count);
    return zone;
}
