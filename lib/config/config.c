#include <tlsagen/config.h>

void tlsagen_config_free(struct tlsagen_config *config)
{
    (void)config;
}

const struct tlsagen_config_service *tlsagen_config_service(const struct tlsagen_config *config,
                                                            const char *name)
{
    (void)config;
    (void)name;
    return NULL;
}

const struct tlsagen_config_zone *tlsagen_config_zone(const struct tlsagen_config *config,
                                                      const char *name)
{
    (void)config;
    (void)name;
    return NULL;
}

const struct tlsagen_config_zone *tlsagen_config_zone_of(const struct tlsagen_config *config,
                                                         const char *owner)
{
    (void)config;
    (void)owner;
    return NULL;
}
