#include "fleet_stage.h"

#include "unit.h"

#include <stdlib.h>
#include <string.h>

#include "pki.h"
#include "rollover_files.h"

static void tell_fault(void *arg, const struct tlsagen_config_place *place, const char *text)
{
    (void)arg;
    print_error("tlsagen.conf:%u: %s\n", place->line, text);
}

void stage_open(struct fleet_stage *stage, const char *text)
{
    const struct tlsagen_rollover_options how = {.dry_run = false};
    struct tlsagen_err err = {.message = ""};
    *stage = (struct fleet_stage){.fleet = {.now = PKI_NOW}};
    files_write_text("tlsagen.conf", text);
    if (tlsagen_config_read("tlsagen.conf", TLSAGEN_CONFIG_TEXT, tell_fault, NULL, &stage->config,
                            &err) != TLSAGEN_OK)
        fail_msg("%s", err.message);
    stage->fleet.config = stage->config;
    stage->fleet.options = &stage->options;
    assert_int_equal(pthread_mutex_init(&stage->fleet.slow, NULL), 0);
    assert_int_equal(pthread_mutex_init(&stage->fleet.reporting, NULL), 0);
    if (tlsagen_rollover_new(stage->config, &how, &stage->fleet.rollover, &err) != TLSAGEN_OK ||
        desiring_begin(&stage->desiring, &stage->fleet, &err) != TLSAGEN_OK)
        fail_msg("%s", err.message);
}

void stage_close(struct fleet_stage *stage)
{
    desiring_clear(&stage->desiring);
    states_clear(&stage->fleet);
    tlsagen_rollover_free(stage->fleet.rollover);
    (void)pthread_mutex_destroy(&stage->fleet.slow);
    (void)pthread_mutex_destroy(&stage->fleet.reporting);
    tlsagen_config_free(stage->config);
}

static const struct tlsagen_config_service *service_of(const struct fleet_stage *stage,
                                                       const char *name)
{
    const struct tlsagen_config_service *service = tlsagen_config_service(stage->config, name);
    assert_non_null(service);
    return service;
}

void stage_find(struct fleet_stage *stage, const char *service, const struct tlsagen_rrset *applied,
                struct work_service *found)
{
    struct tlsagen_err err = {.message = ""};
    *found = (struct work_service){.config = service_of(stage, service), .selected = true};
    states_clear(&stage->fleet);
    if ((applied != NULL && set_add_all(&found->applied, applied, &err) != TLSAGEN_OK) ||
        states_gather(&stage->fleet, &err) != TLSAGEN_OK ||
        desired_find(&stage->desiring, found, &err) != TLSAGEN_OK)
        fail_msg("%s", err.message);
}

void stage_drop(struct work_service *found)
{
    tlsagen_rrset_clear(&found->applied);
    tlsagen_rrset_clear(&found->pinned);
    tlsagen_rrset_clear(&found->known);
    tlsagen_rrset_clear(&found->desired);
    rolling_free(found);
    free(found->note);
}

/* The side in use, and its leaves. */
static void make_current(struct fleet_stage *stage, const struct tlsagen_config_service *service,
                         const struct source *source, struct state *state)
{
    struct model_facts *facts = &state->facts;
    struct tlsagen_err err = {.message = ""};
    const struct side_terms terms = {.fields = service->fields,
                                     .field_count = service->field_count,
                                     .play = service->fields,
                                     .play_count = service->field_count,
                                     .pinned = service->pinned,
                                     .whole = service->live != NULL};
    if (side_of_source(stage->desiring.ctx, &terms, source, &state->table, &facts->current, &err) !=
        TLSAGEN_OK)
        fail_msg("%s", err.message);
    facts->written = facts->ours = facts->current.wants;
    facts->ttl = 3600;
    facts->looked = facts->seen = facts->written_at = PKI_NOW - 7200;
    for (size_t i = 0; i < source->count; i++)
        state_add_leaf(state, facts->current.id, source->pairs[i].leaf);
}

void stage_rest(struct fleet_stage *stage, const char *name, const char *const *paths, size_t count)
{
    const struct tlsagen_config_service *service = service_of(stage, name);
    const struct source_ask ask = {
        .paths = paths, .path_count = count, .host = service->host, .now = PKI_NOW};
    struct tlsagen_err err = {.message = ""};
    struct source source;
    struct state state;
    source_init(&source);
    state_init(&state);
    if (source_read(stage->desiring.ctx, &ask, &source, &err) != TLSAGEN_OK)
        fail_msg("%s", err.message);
    make_current(stage, service, &source, &state);
    if (state_home_make(&stage->fleet.rollover->home, &err) != TLSAGEN_OK ||
        state_write(&stage->fleet.rollover->home, name, &state, &err) != TLSAGEN_OK)
        fail_msg("%s", err.message);
    state_clear(&state);
    source_clear(&source);
}

/* --- records --- */

static struct tlsagen_fields fields_of(const char *combination)
{
    return (struct tlsagen_fields){(uint8_t)(combination[0] - '0'), (uint8_t)(combination[2] - '0'),
                                   (uint8_t)(combination[4] - '0')};
}

bool set_has_cert(const struct tlsagen_rrset *set, const char *combination, X509 *cert)
{
    uint8_t data[64];
    struct tlsagen_record record = {.fields = fields_of(combination), .data = data};
    size_t ignored;
    files_digest(combination, cert, NULL, data, &record.len);
    return set_find(set, &record, &ignored);
}

void set_add_cert(struct tlsagen_rrset *set, const char *combination, X509 *cert)
{
    uint8_t data[64];
    size_t len;
    files_digest(combination, cert, NULL, data, &len);
    assert_int_equal(tlsagen_rrset_add(set, fields_of(combination), data, len, NULL), TLSAGEN_OK);
}
