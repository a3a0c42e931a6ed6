/* set_service.c - the options of services that have rules of their own. */
#include <string.h>

#include "schema.h"

#define PORTS_MAX 64

/* The transport is not known yet: names of services are those of TCP, of which all others have one.
 */
bool set_ports(const struct setting *setting, void *object)
{
    struct tlsagen_config_service *service = object;
    uint16_t ports[PORTS_MAX], some[PORTS_MAX];
    size_t count = 0, more;
    struct tlsagen_err err;
    bool ok = true;
    for (size_t i = 0; i < setting->count; i++) {
        if (tlsagen_ports_parse(setting->values[i], "tcp", some, PORTS_MAX - count, &more, &err) !=
            TLSAGEN_OK) {
            ok = setting_err(setting, &err);
            continue;
        }
        for (size_t k = 0; k < more; k++) {
            size_t at = 0;
            while (at < count && ports[at] != some[k])
                at++;
            ports[at] = some[k];
            count += at == count;
        }
    }
    uint16_t *copy = arena_array(&setting->tree->arena, count + 1, sizeof(*copy));
    if (copy == NULL)
        return false;
    memcpy(copy, ports, count * sizeof(*copy));
    service->ports = copy;
    service->port_count = count;
    return ok;
}

bool set_proto(const struct setting *setting, void *object)
{
    struct tlsagen_config_service *service = object;
    struct tlsagen_err err;
    if (tlsagen_proto_parse(setting->values[0], &service->proto, &err) != TLSAGEN_OK)
        return setting_err(setting, &err);
    return true;
}

bool set_records(const struct setting *setting, void *object)
{
    struct tlsagen_config_service *service = object;
    struct tlsagen_err err;
    struct tlsagen_fields *fields =
        arena_array(&setting->tree->arena, setting->count + 1, sizeof(*fields));
    if (fields == NULL)
        return false;
    bool ok = true;
    size_t count = 0;
    for (size_t i = 0; i < setting->count; i++) {
        if (tlsagen_fields_parse(setting->values[i], &fields[count], &err) != TLSAGEN_OK) {
            ok = setting_err(setting, &err);
            continue;
        }
        for (size_t k = 0; k < count; k++) {
            if (memcmp(&fields[count], &fields[k], sizeof(*fields)) == 0) {
                setting_fault(setting, "records names \"%.64s\" twice; once is enough",
                              setting->values[i]);
                return false;
            }
        }
        count++;
    }
    service->fields = fields;
    service->field_count = count;
    if (setting->count == 0)
        setting_fault(setting, "records is empty; give some as in { \"3 1 1\" }");
    return ok && setting->count > 0;
}

/* A copy that lies in the arena, as all of the configuration does. */
static const struct tlsagen_rrset *keep_set(struct arena *arena, const struct tlsagen_rrset *set)
{
    struct tlsagen_rrset *copy = arena_alloc(arena, sizeof(*copy));
    struct tlsagen_record *records = arena_array(arena, set->count + 1, sizeof(*records));
    for (size_t i = 0; records != NULL && i < set->count; i++) {
        records[i] = set->records[i];
        records[i].data =
            (uint8_t *)arena_copy(arena, (const char *)set->records[i].data, set->records[i].len);
    }
    if (arena->failed)
        return NULL;
    *copy = (struct tlsagen_rrset){.records = records, .count = set->count};
    return copy;
}

bool set_pinned(const struct setting *setting, void *object)
{
    struct tlsagen_config_service *service = object;
    struct tlsagen_rrset set;
    struct tlsagen_err err;
    const struct tlsagen_rrset *kept = NULL;
    enum tlsagen_status status = TLSAGEN_OK;
    tlsagen_rrset_init(&set);
    for (size_t i = 0; i < setting->count && status == TLSAGEN_OK; i++)
        status = tlsagen_rrset_add_text(&set, setting->values[i], &err);
    if (status == TLSAGEN_OK)
        kept = keep_set(&setting->tree->arena, &set);
    tlsagen_rrset_clear(&set);
    if (status != TLSAGEN_OK)
        return setting_err(setting, &err);
    if (kept != NULL)
        service->pinned = kept;
    return kept != NULL;
}

bool set_ta(const struct setting *setting, void *object)
{
    static const char *const words[] = {
        [TLSAGEN_ANCHOR_ISSUER] = "issuer",
        [TLSAGEN_ANCHOR_ROOT] = "root",
        [TLSAGEN_ANCHOR_ALL] = "all",
    };
    const uint64_t most = 99;
    struct tlsagen_config_service *service = object;
    struct tlsagen_err err;
    uint64_t offset;
    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++) {
        if (strcmp(setting->values[0], words[i]) == 0) {
            service->anchor = (enum tlsagen_anchor)i;
            return true;
        }
    }
    if (tlsagen_number_parse(setting->values[0], "ta", 0, most, &offset, &err) != TLSAGEN_OK) {
        setting_fault(setting,
                      "ta \"%.64s\" is unknown; give issuer, root, all, or how many "
                      "certificates from the end of the chain",
                      setting->values[0]);
        return false;
    }
    service->anchor = TLSAGEN_ANCHOR_OFFSET;
    service->anchor_offset = (unsigned)offset;
    return true;
}

bool set_starttls(const struct setting *setting, void *object)
{
    struct tlsagen_config_service *service = object;
    struct tlsagen_err err;
    service->has_starttls = true;
    if (tlsagen_starttls_parse(setting->values[0], &service->starttls, &err) != TLSAGEN_OK)
        return setting_err(setting, &err);
    return true;
}

bool set_key_type(const struct setting *setting, void *object)
{
    struct tlsagen_config_service *service = object;
    struct tlsagen_err err;
    if (tlsagen_key_type_parse(setting->values[0], &service->key_type, &err) != TLSAGEN_OK)
        return setting_err(setting, &err);
    return true;
}

/* Octal digits, as chmod(1) takes them; the owner can read, the world nothing. */
bool set_key_mode(const struct setting *setting, void *object)
{
    struct tlsagen_config_service *service = object;
    const char *text = setting->values[0];
    uint32_t mode = 0;
    size_t len = strspn(text, "01234567");
    for (size_t i = 0; i < len && i < 5; i++)
        mode = mode * 8 + (uint32_t)(text[i] - '0');
    if (text[len] != '\0' || len < 3 || len > 4 || (mode & ~0660U) != 0 || (mode & 0400U) == 0) {
        setting_fault(setting,
                      "key-mode \"%.64s\" is not fit for a private key; give 0600, or 0640 for a "
                      "group that reads it",
                      text);
        return false;
    }
    service->key_mode = mode;
    return true;
}

bool set_keep(const struct setting *setting, void *object)
{
    struct tlsagen_config_service *service = object;
    struct tlsagen_err err;
    service->has_keep = strcmp(setting->values[0], "T") != 0;
    if (service->has_keep &&
        tlsagen_duration_parse(setting->values[0], "keep", &service->keep, &err) != TLSAGEN_OK)
        return setting_err(setting, &err);
    return true;
}

bool set_watch(const struct setting *setting, void *object)
{
    struct tlsagen_config_service *service = object;
    struct tlsagen_err err;
    if (tlsagen_duration_parse(setting->values[0], "watch", &service->watch, &err) != TLSAGEN_OK)
        return setting_err(setting, &err);
    if (service->watch == 0)
        setting_fault(setting, "watch is 0, which is no interval; give 1s or more");
    return service->watch > 0;
}

bool set_hook_timeout(const struct setting *setting, void *object)
{
    const uint32_t most = 86400;
    struct tlsagen_config_service *service = object;
    struct tlsagen_err err;
    if (tlsagen_duration_parse(setting->values[0], "hook-timeout", &service->hook_timeout, &err) !=
        TLSAGEN_OK)
        return setting_err(setting, &err);
    if (service->hook_timeout >= 1 && service->hook_timeout <= most)
        return true;
    setting_fault(setting, "hook-timeout %.64s is not from 1s to a day", setting->values[0]);
    return false;
}
