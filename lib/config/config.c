#include <tlsagen/config.h>

#include <string.h>

#include "build.h"

/* config is the first member of what it lies in. */
static const struct full *whole(const struct tlsagen_config *config)
{
    return (const struct full *)(const void *)config;
}

void tlsagen_config_free(struct tlsagen_config *config)
{
    if (config == NULL)
        return;
    struct arena arena = whole(config)->arena; /* which config lies in */
    arena_clear(&arena);
}

const struct tlsagen_config_service *tlsagen_config_service(const struct tlsagen_config *config,
                                                            const char *name)
{
    return map_find(&whole(config)->services, name);
}

/* In lower case and with a final dot; false for what is too long. */
static bool make_absolute(const char *text, char name[TLSAGEN_NAME_SIZE])
{
    size_t len = strlen(text);
    if (len == 0 || len > TLSAGEN_NAME_SIZE - 2)
        return false;
    for (size_t i = 0; i <= len; i++)
        name[i] = (char)(text[i] >= 'A' && text[i] <= 'Z' ? text[i] + ('a' - 'A') : text[i]);
    if (name[len - 1] != '.') {
        name[len] = '.';
        name[len + 1] = '\0';
    }
    return true;
}

const struct tlsagen_config_zone *tlsagen_config_zone(const struct tlsagen_config *config,
                                                      const char *name)
{
    char absolute[TLSAGEN_NAME_SIZE];
    const struct zone_node *node = NULL;
    if (make_absolute(name, absolute))
        node = map_find(&whole(config)->zones, absolute);
    return node == NULL ? NULL : &node->zone;
}

const struct tlsagen_config_zone *tlsagen_config_zone_of(const struct tlsagen_config *config,
                                                         const char *owner)
{
    char absolute[TLSAGEN_NAME_SIZE];
    const struct zone_node *node = NULL;
    if (make_absolute(owner, absolute))
        node = build_zone_of(whole(config), absolute);
    return node == NULL ? NULL : &node->zone;
}
