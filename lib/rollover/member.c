/* member.c - one service: its state file, what stands in `source` and `live`, and its terms. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "engine.h"
#include "nextkey.h"
#include "rules.h"

int64_t engine_now(void)
{
    return (int64_t)time(NULL);
}

static bool same_fields(struct tlsagen_fields a, struct tlsagen_fields b)
{
    return a.usage == b.usage && a.selector == b.selector && a.matching == b.matching;
}

/* Values that RFC 6698 does not define cannot be computed for anybody. */
static bool can_compute(struct tlsagen_fields fields)
{
    return fields.usage <= TLSAGEN_USAGE_DANE_EE && fields.selector <= TLSAGEN_SELECTOR_SPKI &&
           fields.matching <= TLSAGEN_MATCHING_SHA512;
}

static void add_play(struct member *member, struct tlsagen_fields fields)
{
    for (size_t i = 0; i < member->play_count; i++) {
        if (same_fields(member->play[i], fields))
            return;
    }
    if (can_compute(fields) && member->play_count < MODEL_RECORDS)
        member->play[member->play_count++] = fields;
}

bool member_play(struct member *member)
{
    const size_t before = member->play_count;
    for (size_t i = 0; i < member->service->field_count; i++)
        add_play(member, member->service->fields[i]);
    for (size_t i = 0; i < member->state.table.count; i++)
        add_play(member, member->state.table.records[i].fields);
    table_combos(&member->state.table, &member->combos);
    return member->play_count != before;
}

bool member_ignores(const struct member *member, const struct tlsagen_dns_server *server)
{
    const struct tlsagen_config_list *list = &member->service->ignore_server;
    for (size_t i = 0; i < list->count; i++) {
        if (tlsagen_dns_server_is(server, list->items[i]))
            return true;
    }
    return false;
}

static bool has_live(const struct tlsagen_config_service *service)
{
    return service->live != NULL && service->source.count > 0;
}

bool member_is_beside(const struct tlsagen_config_service *a,
                      const struct tlsagen_config_service *b)
{
    return a == b || (has_live(a) && has_live(b) && strcmp(a->live, b->live) == 0);
}

/* Those of one live stay as they are: addresses do not tell an order. */
struct lived {
    const struct tlsagen_config_service *service;
    size_t place;
};

static int by_live(const void *a, const void *b)
{
    const struct lived *x = a, *y = b;
    const int lives = strcmp(x->service->live, y->service->live);
    return lives != 0 ? lives : (x->place > y->place) - (x->place < y->place);
}

enum tlsagen_status member_lives_make(struct live_index *lives, const struct tlsagen_config *config,
                                      struct tlsagen_err *err)
{
    struct lived *sorted = calloc(config->service_count + 1, sizeof(*sorted));
    size_t count = 0;
    *lives = (struct live_index){.at = calloc(config->service_count + 1, sizeof(*lives->at))};
    if (sorted == NULL || lives->at == NULL) {
        free(sorted);
        member_lives_clear(lives);
        return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory");
    }
    for (size_t i = 0; i < config->service_count; i++) {
        if (has_live(config->services[i]))
            sorted[count++] = (struct lived){config->services[i], i};
    }
    if (count > 1)
        qsort(sorted, count, sizeof(*sorted), by_live);
    for (size_t i = 0; i < count; i++)
        lives->at[i] = sorted[i].service;
    lives->count = count;
    free(sorted);
    return TLSAGEN_OK;
}

void member_lives_clear(struct live_index *lives)
{
    free(lives->at);
    *lives = (struct live_index){.at = NULL};
}

const char *member_key_name(const struct member *member)
{
    const struct live_index *lives = &member->rollover->lives;
    size_t from = 0, to = lives->count;
    if (!has_live(member->service))
        return member->service->name;
    while (from < to) { /* the first that is not before */
        const size_t middle = from + (to - from) / 2;
        if (strcmp(lives->at[middle]->live, member->service->live) < 0)
            from = middle + 1;
        else
            to = middle;
    }
    return from < lives->count && member_is_beside(member->service, lives->at[from])
               ? lives->at[from]->name
               : member->service->name;
}

struct side_terms member_terms(const struct member *member)
{
    const struct tlsagen_config_service *service = member->service;
    return (struct side_terms){
        .fields = service->fields,
        .field_count = service->field_count,
        .play = member->play,
        .play_count = member->play_count,
        .anchor = service->anchor,
        .anchor_offset = service->anchor_offset,
        .backups = (const char *const *)service->backup_ca.items,
        .backup_count = service->backup_ca.count,
        .pinned = service->pinned,
        .whole = service->live != NULL,
    };
}

struct model_policy member_policy(const struct tlsagen_rollover *rollover,
                                  const struct tlsagen_config_service *service)
{
    return (struct model_policy){
        .live = service->live != NULL,
        .reuse = service->reuse_key,
        .emergency = rollover->options.emergency,
        .tell = service->when_ready.count > 0,
        .insist = rollover->options.insist,
        .keep = service->has_keep ? (int64_t)service->keep : -1,
        .deadline = service->deploy_deadline,
        .watch = service->watch,
        .retry = ENGINE_RETRY,
    };
}

void member_log(struct member *member, int64_t now, const char *text)
{
    state_add_step(&member->state, now, "%s", text);
}

/* --- files --- */

static enum tlsagen_status read_live(struct member *member, int64_t now, struct tlsagen_err *err)
{
    const struct tlsagen_config_service *service = member->service;
    member->live_version[0] = '\0';
    if (service->live == NULL)
        return TLSAGEN_OK;
    enum tlsagen_status status = live_look(service->live, member->live_version, err);
    if (status != TLSAGEN_OK || member->live_version[0] == '\0')
        return status;
    return live_read(member->rollover->ctx, service->live, member->live_version, service->host, now,
                     &member->live_source, err);
}

static enum tlsagen_status make_side(struct member *member, const struct source *source,
                                     struct model_side *side, struct tlsagen_err *err)
{
    const struct side_terms terms = member_terms(member);
    side->known = false;
    if (source->count == 0)
        return TLSAGEN_OK;
    enum tlsagen_status status =
        side_of_source(member->rollover->ctx, &terms, source, &member->state.table, side, err);
    for (size_t i = 0; status == TLSAGEN_OK && i < source->count; i++) {
        if (!state_has_leaf(&member->state, side->id, source->pairs[i].leaf))
            state_add_leaf(&member->state, side->id, source->pairs[i].leaf);
    }
    if (status != TLSAGEN_OK)
        side->known = false;
    return status;
}

/* What is wrong with the source stops nothing that does not need it. */
static void read_source(struct member *member, int64_t now)
{
    const struct tlsagen_config_service *service = member->service;
    struct tlsagen_err *err = &member->source_err;
    char *key_path = NULL;
    err->code = TLSAGEN_OK;
    enum tlsagen_status status =
        state_path(&member->rollover->home, member_key_name(member), ".next.key", &key_path, err);
    const struct source_ask ask = {
        .paths = (const char *const *)service->source.items,
        .path_count = service->source.count,
        .host = service->host,
        .key_path = key_path,
        .live = &member->live_source,
        .need_key = service->live != NULL,
        .now = now,
    };
    if (status == TLSAGEN_OK)
        status = source_read(member->rollover->ctx, &ask, &member->source, err);
    free(key_path);
    if (status == TLSAGEN_OK)
        member->view.source_fit =
            source_check(&member->source, service->host, now, err) == TLSAGEN_OK;
    if (member->view.source_fit)
        err->code = TLSAGEN_OK;
}

enum tlsagen_status member_sides(struct member *member, struct tlsagen_err *err)
{
    struct tlsagen_err why;
    if (member->service->live != NULL) {
        enum tlsagen_status status =
            make_side(member, &member->live_source, &member->view.live, err);
        if (status != TLSAGEN_OK)
            return status;
    }
    if (make_side(member, &member->source, &member->view.source, &why) != TLSAGEN_OK)
        member->source_err = why;
    return TLSAGEN_OK;
}

/* A key that was made here has its certificate once `source` brings one. */
static enum tlsagen_status read_next_key(struct member *member, struct tlsagen_err *err)
{
    struct model_facts *facts = &member->state.facts;
    const struct side_terms terms = member_terms(member);
    struct tlsagen_buf spki;
    if (!facts->next_key || !facts->next.known || facts->next.certified)
        return TLSAGEN_OK;
    tlsagen_buf_init(&spki);
    enum tlsagen_status status =
        nextkey_read(&member->rollover->home, member_key_name(member), &spki, err);
    if (status == TLSAGEN_OK) {
        const struct tlsagen_der key = {(const uint8_t *)spki.data, spki.len};
        struct model_side side;
        status = side_of_keys(member->rollover->ctx, &terms, &key, 1, &facts->current,
                              &member->state.table, &side, err);
        if (status == TLSAGEN_OK)
            facts->next = side;
    }
    tlsagen_buf_clear(&spki);
    return status;
}

enum tlsagen_status member_refresh(struct member *member, int64_t now, struct tlsagen_err *err)
{
    const int64_t clock_step = member->view.clock_step;
    free(member->places);
    free(member->endpoints);
    member->places = NULL;
    member->endpoints = NULL;
    source_clear(&member->source);
    source_clear(&member->live_source);
    member->view = (struct model_view){.combos = &member->combos, .clock_step = clock_step};
    (void)member_play(member);
    enum tlsagen_status status = read_live(member, now, err);
    if (status == TLSAGEN_OK) {
        read_source(member, now);
        status = member_sides(member, err);
    }
    if (status == TLSAGEN_OK)
        status = read_next_key(member, err);
    /* Sides have brought records into the table, in combinations that are in play already. */
    (void)member_play(member);
    return status;
}

/* --- the state --- */

enum tlsagen_status member_open(struct member *member, struct tlsagen_rollover *rollover,
                                const struct tlsagen_config_service *service,
                                struct tlsagen_err *err)
{
    struct state_clock clock;
    bool found;
    *member = (struct member){.rollover = rollover, .service = service};
    member->policy = member_policy(rollover, service);
    state_init(&member->state);
    source_init(&member->source);
    source_init(&member->live_source);
    member->names = calloc(service->port_count, sizeof(*member->names));
    if (member->names == NULL)
        return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory");
    for (size_t i = 0; i < service->port_count; i++)
        (void)memccpy(member->names[i], service->owners[i], '\0', sizeof(member->names[i]));
    enum tlsagen_status status =
        state_read(&rollover->home, service->name, &member->state, &found, err);
    member->stored = member->state.facts;
    if (status == TLSAGEN_OK && found) {
        state_clock_read(&clock);
        member->view.clock_step = state_clock_step(&member->state.clock, &clock);
    }
    return status == TLSAGEN_OK ? member_refresh(member, engine_now(), err) : status;
}

void member_close(struct member *member)
{
    free(member->places);
    free(member->endpoints);
    free(member->names);
    free(member->shares);
    source_clear(&member->source);
    source_clear(&member->live_source);
    state_clear(&member->state);
}

enum tlsagen_status member_save(struct member *member, struct tlsagen_err *err)
{
    if (member->rollover->options.dry_run ||
        (rules_equal_facts(&member->stored, &member->state.facts) && !member->renamed))
        return TLSAGEN_OK;
    enum tlsagen_status status =
        state_write(&member->rollover->home, member->service->name, &member->state, err);
    member->stored = member->state.facts;
    member->renamed = false;
    return status;
}
