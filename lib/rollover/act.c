/* act.c - the steps: records written, `live` switched, commands run. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include <grp.h>
#include <pwd.h>

#include <tlsagen/publish.h>
#include <tlsagen/update.h>

#include "engine.h"
#include "nextkey.h"
#include "server/process.h"

/* --- commands --- */

/* The last line of what a command said, for a message. */
static const char *last_words(const struct tlsagen_buf *output, char words[200])
{
    size_t end = output->len;
    while (end > 0 && output->data[end - 1] <= ' ')
        end--;
    size_t begin = end;
    while (begin > 0 && output->data[begin - 1] != '\n' && end - begin < 199)
        begin--;
    memcpy(words, end > begin ? output->data + begin : "", end - begin);
    words[end - begin] = '\0';
    return words;
}

static enum tlsagen_status run_command(const struct tlsagen_config_list *command,
                                       uint32_t timeout_ms, const char *what,
                                       struct tlsagen_err *err)
{
    struct process_result result = {.status = 0};
    char words[200];
    tlsagen_buf_init(&result.output);
    enum tlsagen_status status = process_run(command->items, timeout_ms, &result, err);
    if (status != TLSAGEN_OK)
        (void)tlsagen_err_prepend(err, "%s", what);
    else if (result.status != 0)
        status =
            tlsagen_err_set(err, TLSAGEN_E_KIND, "%s: %s ended with status %d: %s", what,
                            command->items[0], result.status, last_words(&result.output, words));
    tlsagen_buf_clear(&result.output);
    return status;
}

enum tlsagen_status member_tell(struct member *member, struct tlsagen_buf *text,
                                struct tlsagen_err *err)
{
    const struct tlsagen_config_service *service = member->service;
    enum tlsagen_status status = run_command(&service->when_ready, service->hook_timeout * 1000,
                                             "the when-ready command", err);
    tlsagen_buf_printf(text, "safe to deploy; %s was run", service->when_ready.items[0]);
    return status;
}

/* --- records --- */

enum tlsagen_status engine_check_with(void *arg, const char *path, struct tlsagen_err *err)
{
    const struct tlsagen_config_list *words = arg;
    struct tlsagen_config_list command = {.count = words->count + 1};
    char *last = strdup(path);
    command.items = calloc(command.count + 1, sizeof(*command.items));
    enum tlsagen_status status = TLSAGEN_OK;
    if (last == NULL || command.items == NULL)
        status = tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory");
    else
        memcpy(command.items, words->items, words->count * sizeof(*words->items));
    if (status == TLSAGEN_OK) {
        command.items[words->count] = last;
        status = run_command(&command, ENGINE_CHECK_MS, "the check of the new zone file", err);
    }
    free(command.items);
    free(last);
    return status;
}

static struct tlsagen_zone_options zone_options(const struct member *member, int64_t now)
{
    const struct tlsagen_config_zone *zone = member->service->zone;
    struct tlsagen_zone_options options = {
        .origin = zone->name,
        .policy = zone->policy,
        .now = now,
        .ttl = (int64_t)member->service->ttl,
    };
    if (zone->check_with.count > 0) {
        options.judge = engine_check_with;
        options.judge_arg = (void *)(uintptr_t)&zone->check_with;
    }
    return options;
}

/* Several owners may be aliases of one name, where the records are written once. */
static bool is_again(const struct member *member, size_t owner)
{
    for (size_t i = 0; i < owner; i++) {
        if (strcasecmp(member->names[i], member->names[owner]) == 0)
            return true;
    }
    return false;
}

static void add_all(const struct member *member, const struct tlsagen_rrset *set,
                    struct tlsagen_buf *lines)
{
    for (size_t i = 0; i < member->service->port_count; i++) {
        if (!is_again(member, i))
            tlsagen_rrset_format(lines, TLSAGEN_FORMAT_ZONE, member->names[i],
                                 (int64_t)member->service->ttl, set);
    }
}

/* A zone file whose server is not ours to control. */
static enum tlsagen_status edit_file(struct member *member, const struct tlsagen_rrset *set,
                                     int64_t now, struct tlsagen_buf *text, struct tlsagen_err *err)
{
    const struct tlsagen_zone_options options = zone_options(member, now);
    struct tlsagen_zone_change change;
    struct tlsagen_buf lines;
    tlsagen_buf_init(&lines);
    tlsagen_zone_change_init(&change);
    add_all(member, set, &lines);
    enum tlsagen_status status = tlsagen_buf_check(&lines, err);
    if (status == TLSAGEN_OK)
        status = tlsagen_zone_put(member->service->zone->file, lines.data, lines.len,
                                  "the new records", &options, &change, err);
    if (status == TLSAGEN_OK && change.changed)
        tlsagen_buf_printf(text, ", serial %u -> %u", change.old_serial, change.new_serial);
    tlsagen_zone_change_clear(&change);
    tlsagen_buf_clear(&lines);
    return status;
}

static enum tlsagen_status publish_file(struct member *member, const struct tlsagen_rrset *set,
                                        int64_t now, struct tlsagen_buf *text,
                                        struct tlsagen_err *err)
{
    const struct tlsagen_config_service *service = member->service;
    const struct tlsagen_config_zone *zone = service->zone;
    struct tlsagen_publish_result result;
    const char **owners = calloc(service->port_count, sizeof(*owners));
    if (owners == NULL)
        return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory");
    size_t count = 0;
    for (size_t i = 0; i < service->port_count; i++) {
        if (!is_again(member, i))
            owners[count++] = member->names[i];
    }
    const struct tlsagen_publish publish = {
        .file = zone->file,
        .owners = owners,
        .owner_count = count,
        .set = set,
        .zone = zone_options(member, now),
        .reload = {.server = &zone->server,
                   .wait_ms = zone->wait_ms,
                   .address = zone->query,
                   .port = zone->query_port},
        .state_dir = member->rollover->config->state_dir,
    };
    enum tlsagen_status status = tlsagen_publish_run(&publish, &result, err);
    if (status == TLSAGEN_OK && result.change.changed)
        tlsagen_buf_printf(text, ", serial %u -> %u", result.change.old_serial,
                           result.change.new_serial);
    tlsagen_publish_result_clear(&result);
    free(owners);
    return status;
}

static enum tlsagen_status publish_update(struct member *member, const struct tlsagen_rrset *set,
                                          struct tlsagen_buf *text, struct tlsagen_err *err)
{
    const struct tlsagen_config_zone *zone = member->service->zone;
    struct tlsagen_update_result result;
    struct tlsagen_buf lines;
    tlsagen_buf_init(&lines);
    tlsagen_update_result_init(&result);
    add_all(member, set, &lines);
    enum tlsagen_status status = tlsagen_buf_check(&lines, err);
    const struct tlsagen_update update = {
        .server = zone->update,
        .port = zone->update_port,
        .key_file = zone->tsig,
        .zone = zone->name,
        .verb = TLSAGEN_UPDATE_PUT,
        .records = lines.data,
        .len = lines.len,
        .source = "the new records",
        .ttl = (int64_t)member->service->ttl,
    };
    if (status == TLSAGEN_OK)
        status = tlsagen_update_run(&update, &result, err);
    if (status == TLSAGEN_OK && result.changed)
        tlsagen_buf_printf(text, ", by update at %s", zone->update);
    tlsagen_update_result_clear(&result);
    tlsagen_buf_clear(&lines);
    return status;
}

/* "published 3 1 1 ab12...; taken away 3 1 1 cd34...". */
static void describe(const struct member *member, struct tlsagen_buf *text)
{
    const model_set before = member->state.facts.written, after = member->step.set;
    if ((after & ~before) != 0) {
        tlsagen_buf_str(text, "published ");
        table_add_set(text, &member->state.table, after & ~before);
    }
    if ((before & ~after) != 0) {
        tlsagen_buf_str(text, text->len > 0 ? "; took away " : "took away ");
        table_add_set(text, &member->state.table, before & ~after);
    }
    if (after == before)
        tlsagen_buf_str(text, "wrote the records again");
}

enum tlsagen_status member_publish(struct member *member, int64_t now, struct tlsagen_buf *text,
                                   struct tlsagen_err *err)
{
    const struct tlsagen_config_zone *zone = member->service->zone;
    struct tlsagen_rrset set;
    describe(member, text);
    if (member->rollover->options.dry_run)
        return TLSAGEN_OK;
    tlsagen_rrset_init(&set);
    enum tlsagen_status status = table_rrset(&member->state.table, member->step.set, &set, err);
    if (status == TLSAGEN_OK && zone->update != NULL)
        status = publish_update(member, &set, text, err);
    else if (status == TLSAGEN_OK && zone->has_server)
        status = publish_file(member, &set, now, text, err);
    else if (status == TLSAGEN_OK)
        status = edit_file(member, &set, now, text, err);
    tlsagen_rrset_clear(&set);
    return status;
}

/* --- live --- */

static enum tlsagen_status find_owner(const struct tlsagen_config_service *service,
                                      struct live_owner *owner, struct tlsagen_err *err)
{
    *owner = (struct live_owner){.mode = (mode_t)service->key_mode};
    if (service->key_user != NULL) {
        const struct passwd *user = getpwnam(service->key_user);
        if (user == NULL)
            return tlsagen_err_set(err, TLSAGEN_E_NOTFOUND, "no user \"%s\" (key-user)",
                                   service->key_user);
        owner->has_uid = true;
        owner->uid = user->pw_uid;
    }
    if (service->key_group != NULL) {
        const struct group *group = getgrnam(service->key_group);
        if (group == NULL)
            return tlsagen_err_set(err, TLSAGEN_E_NOTFOUND, "no group \"%s\" (key-group)",
                                   service->key_group);
        owner->has_gid = true;
        owner->gid = group->gr_gid;
    }
    return TLSAGEN_OK;
}

static enum tlsagen_status find_version(struct member *member, bool back, int64_t now,
                                        char version[LIVE_NAME], struct tlsagen_err *err)
{
    const struct tlsagen_config_service *service = member->service;
    const struct model_facts *facts = &member->state.facts;
    struct live_owner owner;
    if (back)
        return live_find(service->live, facts->current.id, version, err);
    /* A switch that was broken off has its version already; the source may be another now. */
    if (live_find(service->live, facts->next.id, version, err) == TLSAGEN_OK)
        return TLSAGEN_OK;
    enum tlsagen_status status = find_owner(service, &owner, err);
    return status == TLSAGEN_OK ? live_create(service->live, &member->source, facts->next.id,
                                              &owner, now, version, err)
                                : status;
}

enum tlsagen_status member_switch(struct member *member, bool back, int64_t now, bool *hook_ok,
                                  struct tlsagen_buf *text, struct tlsagen_err *err)
{
    const struct tlsagen_config_service *service = member->service;
    char version[LIVE_NAME];
    *hook_ok = true;
    tlsagen_buf_printf(text, back ? "deployed the former certificate again" : "deployed");
    if (member->rollover->options.dry_run)
        return TLSAGEN_OK;
    enum tlsagen_status status = find_version(member, back, now, version, err);
    if (status == TLSAGEN_OK)
        status = live_switch(service->live, version, err);
    if (status != TLSAGEN_OK)
        return status;
    tlsagen_buf_printf(text, ": %s is now %s", service->live, version);
    if (service->after_deploy.count > 0 &&
        run_command(&service->after_deploy, service->hook_timeout * 1000,
                    "the after-deploy command", &member->fault) != TLSAGEN_OK)
        *hook_ok = false;
    return TLSAGEN_OK;
}

/* Litter and old versions go; that they stay is no failure of the step. */
void member_clean(struct member *member)
{
    struct tlsagen_err ignored;
    uint8_t ids[2][MODEL_ID];
    if (member->service->live == NULL || member->rollover->options.dry_run)
        return;
    memcpy(ids[0], member->state.facts.current.id, MODEL_ID);
    memcpy(ids[1], member->state.facts.next.id, MODEL_ID);
    (void)live_clean(member->service->live, (const uint8_t(*)[MODEL_ID])ids, 2, &ignored);
    if (!member->state.facts.next_key)
        (void)nextkey_remove(&member->rollover->home, member_key_name(member), &ignored);
}
