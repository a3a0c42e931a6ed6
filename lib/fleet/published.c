/* published.c - what was published last, for those who show it. */
#include <stdlib.h>

#include "work.h"

static enum tlsagen_status tell(const struct work_service *service, tlsagen_fleet_take *take,
                                void *arg, struct tlsagen_err *err)
{
    struct tlsagen_rrset all;
    tlsagen_rrset_init(&all);
    enum tlsagen_status status = set_add_all(&all, &service->applied, err);
    if (status == TLSAGEN_OK)
        status = set_add_all(&all, &service->pinned, err);
    if (status == TLSAGEN_OK && all.count > 0)
        status = take(arg, service->config, &all, err);
    tlsagen_rrset_clear(&all);
    return status;
}

enum tlsagen_status tlsagen_fleet_published(const struct tlsagen_config *config,
                                            const struct tlsagen_config_zone *zone,
                                            tlsagen_fleet_take *take, void *arg,
                                            struct tlsagen_err *err)
{
    struct fleet fleet = {.config = config};
    struct work work = {.fleet = &fleet, .config = zone, .service_count = zone->service_count};
    work.services = calloc(zone->service_count + 1, sizeof(*work.services));
    if (work.services == NULL)
        return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory");
    for (size_t i = 0; i < zone->service_count; i++)
        work.services[i].config = zone->services[i];
    enum tlsagen_status status = applied_read(&work, err);
    for (size_t i = 0; i < work.service_count && status == TLSAGEN_OK; i++)
        status = tell(&work.services[i], take, arg, err);
    work_clear(&work);
    return status;
}
