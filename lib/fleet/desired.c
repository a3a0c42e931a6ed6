/* desired.c - what should be published for a service that no rollover has in hand. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rollover/rules.h"
#include "work.h"

enum tlsagen_status desiring_begin(struct desiring *desiring, struct fleet *fleet,
                                   struct tlsagen_err *err)
{
    if (desiring->material != NULL)
        return TLSAGEN_OK;
    desiring_clear(desiring);
    *desiring = (struct desiring){.fleet = fleet};
    enum tlsagen_status status = tlsagen_ctx_new(&desiring->ctx, err);
    return status == TLSAGEN_OK ? tlsagen_material_new(&desiring->material, err) : status;
}

void desiring_clear(struct desiring *desiring)
{
    tlsagen_material_free(desiring->material);
    tlsagen_ctx_free(desiring->ctx);
    tlsagen_buf_cleanse(&desiring->input);
    tlsagen_buf_clear(&desiring->path);
    *desiring = (struct desiring){.fleet = NULL};
}

enum tlsagen_status desiring_open_member(struct desiring *desiring,
                                         const struct tlsagen_config_service *service,
                                         struct member **member, struct tlsagen_err *err)
{
    struct tlsagen_rollover *rollover = desiring->fleet->rollover, own = *rollover;
    *member = calloc(1, sizeof(**member));
    if (*member == NULL)
        return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory");
    own.ctx = desiring->ctx; /* all else is only read */
    const enum tlsagen_status status = member_open(*member, &own, service, err);
    (*member)->rollover = rollover;
    return status;
}

void desired_note(struct work_service *service, const char *format, ...)
{
    char text[TLSAGEN_ERR_SIZE];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(text, sizeof(text), format, args);
    va_end(args);
    if (service->note == NULL)
        service->note = strdup(text); /* without memory it is lost */
}

static enum tlsagen_status fail(struct work_service *service, const struct tlsagen_err *why,
                                struct tlsagen_err *err)
{
    if (why->code == TLSAGEN_E_MEMORY) {
        *err = *why;
        return why->code;
    }
    service->faulty = true;
    desired_note(service, "%s", why->message);
    return TLSAGEN_OK;
}

/* --- all that a source can be --- */

/* The paths whose certificates are meant. */
struct paths {
    const char *const *at;
    size_t count;
};

static struct paths source_paths(const struct tlsagen_config_service *service)
{
    return (struct paths){(const char *const *)service->source.items, service->source.count};
}

static struct side_terms terms_of(const struct tlsagen_config_service *service,
                                  const struct tlsagen_fields *play, size_t count)
{
    return (struct side_terms){
        .fields = service->fields,
        .field_count = service->field_count,
        .play = play,
        .play_count = count,
        .anchor = service->anchor,
        .anchor_offset = service->anchor_offset,
        .backups = (const char *const *)service->backup_ca.items,
        .backup_count = service->backup_ca.count,
    };
}

static void note_pairs(const struct work_service *service, struct wants *wants,
                       const struct source *source, int64_t now)
{
    const bool name = fit_needs_name(service);
    for (size_t i = 0; i < source->count; i++) {
        const struct source_pair *pair = &source->pairs[i];
        const struct source_leaf leaf = {pair->label, pair->covers || !name, pair->not_before,
                                         pair->not_after};
        fit_note(service, wants, &leaf, now);
    }
}

/* The side of the paths, in the combinations of play; wants (may be NULL): whether they are fit. */
static enum tlsagen_status read_side(struct desiring *desiring, const struct work_service *of,
                                     struct paths paths, const struct tlsagen_rrset *play,
                                     struct table *table, struct model_side *side,
                                     struct wants *wants, struct tlsagen_err *err)
{
    const struct tlsagen_config_service *service = of->config;
    struct tlsagen_fields fields[WORK_RECORDS];
    struct source source;
    size_t count = 0;
    for (size_t i = 0; i < play->count && count < WORK_RECORDS; i++) {
        if (play->records[i].fields.usage <= TLSAGEN_USAGE_DANE_EE &&
            play->records[i].fields.selector <= TLSAGEN_SELECTOR_SPKI &&
            play->records[i].fields.matching <= TLSAGEN_MATCHING_SHA512)
            fields[count++] = play->records[i].fields;
    }
    const struct source_ask ask = {.paths = paths.at,
                                   .path_count = paths.count,
                                   .host = service->host,
                                   .now = desiring->fleet->now};
    const struct side_terms terms = terms_of(service, fields, count);
    source_init(&source);
    enum tlsagen_status status = source_read(desiring->ctx, &ask, &source, err);
    if (status == TLSAGEN_OK && wants != NULL)
        note_pairs(of, wants, &source, ask.now);
    if (status == TLSAGEN_OK)
        status = side_of_source(desiring->ctx, &terms, &source, table, side, err);
    source_clear(&source);
    return status;
}

static enum tlsagen_status read_slowly(struct desiring *desiring,
                                       const struct work_service *service, struct paths paths,
                                       struct wants *wants, struct tlsagen_err *err)
{
    const struct tlsagen_rrset none = {.count = 0};
    struct table table;
    struct model_side side;
    table_init(&table);
    enum tlsagen_status status =
        read_side(desiring, service, paths, &none, &table, &side, wants, err);
    if (status == TLSAGEN_OK)
        status = table_rrset(&table, side.wants, &wants->set, err);
    table_clear(&table);
    return status;
}

/* --- what certificates ask for --- */

static void note_quick(struct desiring *desiring, const struct work_service *service,
                       const char *path, const struct quick *quick, struct wants *wants)
{
    struct source_leaf leaf = {path, true, quick->not_before, quick->not_after};
    if (fit_needs_name(service) && fit_is_new(service, &wants->set))
        leaf.covers = quick_covers(desiring, quick, service->config->host);
    fit_note(service, wants, &leaf, desiring->fleet->now);
}

/* TLSAGEN_E_NOTFOUND when there is none yet. */
static enum tlsagen_status read_wants(struct desiring *desiring, const struct work_service *service,
                                      struct paths paths, struct wants *wants,
                                      struct tlsagen_err *err)
{
    const struct tlsagen_config_service *config = service->config;
    bool there = false;
    for (size_t i = 0; i < paths.count; i++) {
        struct quick quick;
        enum tlsagen_status status =
            quick_read(desiring, config, paths.at[i], &quick, &wants->set, err);
        if (status != TLSAGEN_OK)
            return status;
        there = there || quick.there;
        if (!quick.simple) {
            tlsagen_rrset_reset(&wants->set);
            return read_slowly(desiring, service, paths, wants, err);
        }
        if (quick.there)
            note_quick(desiring, service, paths.at[i], &quick, wants);
    }
    if (there)
        return TLSAGEN_OK;
    return tlsagen_err_set(err, TLSAGEN_E_NOTFOUND,
                           "%s: no server's certificate yet, there is no such file",
                           paths.count > 0 ? paths.at[0] : "source");
}

/* The side that is known by its records alone. */
static enum tlsagen_status side_of_records(const struct tlsagen_rrset *records, struct table *table,
                                           struct model_side *side, struct tlsagen_err *err)
{
    *side = (struct model_side){.known = true, .chains = 1};
    enum tlsagen_status status = table_intern_all(table, records, &side->wants, err);
    side->could = side->matches[0] = side->wants;
    return status;
}

/*
 * Records of other combinations than those published: what serves both the certificate in use
 * and that in `source`, by the rules of rollovers.
 */
static enum tlsagen_status transit(struct desiring *desiring, struct work_service *service,
                                   struct paths paths, struct tlsagen_err *err)
{
    struct table table;
    struct model_combos combos;
    struct model_facts facts = {.now = 0};
    model_set set = 0;
    table_init(&table);
    enum tlsagen_status status = side_of_records(&service->applied, &table, &facts.current, err);
    if (status == TLSAGEN_OK)
        status =
            read_side(desiring, service, paths, &service->applied, &table, &facts.next, NULL, err);
    facts.written = facts.current.wants;
    table_combos(&table, &combos);
    if (status == TLSAGEN_OK && model_serves(&combos, facts.written, &facts.next)) {
        /* The same key: whatever its certificate can serve may come in. */
        if (!rules_complete(&combos, &facts, &facts.next, &set))
            set = facts.written;
    } else if (status == TLSAGEN_OK && !rules_transition(&combos, &facts, true, &set)) {
        status = tlsagen_err_set(err, TLSAGEN_E_MISMATCH,
                                 "no set of records serves both what was published and the new "
                                 "certificate; remove those that match neither");
    }
    if (status == TLSAGEN_OK)
        status = table_rrset(&table, set, &service->desired, err);
    table_clear(&table);
    return status;
}

/* What was published stays: taking it away is for a rollover, which knows when. */
static enum tlsagen_status settle(struct desiring *desiring, struct work_service *service,
                                  struct paths paths, struct tlsagen_rrset *wants,
                                  struct tlsagen_err *err)
{
    enum tlsagen_status status;
    if (set_has_all(wants, &service->applied)) {
        const struct tlsagen_rrset before = service->desired;
        service->desired = *wants;
        *wants = before;
        return TLSAGEN_OK;
    }
    if (!set_same_fields(wants, &service->applied))
        return transit(desiring, service, paths, err);
    if (!set_has_all(&service->applied, wants))
        desired_note(service, "a new key: its record is published beside that in use; `tlsagen "
                              "rollover run` goes on from there");
    status = set_add_all(&service->desired, &service->applied, err);
    return status == TLSAGEN_OK ? set_add_all(&service->desired, wants, err) : status;
}

/* `source`, which a rollover is to put into `live`; in_use: what is wanted for that. */
static enum tlsagen_status read_next(struct desiring *desiring, const struct work_service *service,
                                     const struct tlsagen_rrset *in_use, struct wants *next,
                                     struct tlsagen_err *err)
{
    enum tlsagen_status status =
        read_wants(desiring, service, source_paths(service->config), next, err);
    if (status == TLSAGEN_OK && fit_is_new(service, &next->set) && !set_has_all(in_use, &next->set))
        status = fit_ask_rollover(desiring, service, err);
    return status;
}

/* `live` is in use, and `source` comes after it. */
static enum tlsagen_status find_live(struct desiring *desiring, struct work_service *service,
                                     struct paths *paths, struct wants *wants,
                                     struct tlsagen_err *err)
{
    const struct tlsagen_rrset none = {.count = 0};
    const struct paths in_use = {(const char *const *)&service->config->live, 1};
    enum tlsagen_status status = read_wants(desiring, service, in_use, wants, err);
    if (status == TLSAGEN_E_NOTFOUND)
        return read_next(desiring, service, &none, wants, err);
    if (status != TLSAGEN_OK)
        return status;
    if (wants->unfit.code != TLSAGEN_OK)
        desired_note(service, "%s", wants->unfit.message);
    struct wants next;
    struct tlsagen_err why;
    fit_init(&next);
    status = read_next(desiring, service, &wants->set, &next, &why);
    if (status == TLSAGEN_OK)
        status = set_add_all(&wants->set, &next.set, err);
    else if (status == TLSAGEN_E_MEMORY)
        *err = why;
    else if (status != TLSAGEN_E_NOTFOUND)
        desired_note(service, "%s", why.message);
    tlsagen_rrset_clear(&next.set);
    *paths = in_use;
    return status == TLSAGEN_E_MEMORY ? status : TLSAGEN_OK;
}

static enum tlsagen_status find_wants(struct desiring *desiring, struct work_service *service,
                                      struct paths *paths, struct wants *wants,
                                      struct tlsagen_err *err)
{
    *paths = source_paths(service->config);
    if (service->config->live != NULL)
        return find_live(desiring, service, paths, wants, err);
    enum tlsagen_status status = read_wants(desiring, service, *paths, wants, err);
    return status == TLSAGEN_OK ? fit_judge(service, wants, err) : status;
}

static enum tlsagen_status find_plain(struct desiring *desiring, struct work_service *service,
                                      struct tlsagen_err *err)
{
    struct wants wants;
    struct tlsagen_err why;
    struct paths paths;
    fit_init(&wants);
    enum tlsagen_status status = find_wants(desiring, service, &paths, &wants, &why);
    if (status == TLSAGEN_OK) {
        status = settle(desiring, service, paths, &wants.set, &why);
    } else if (status != TLSAGEN_E_MEMORY && service->applied.count > 0) {
        desired_note(service, "%s; what was published stays", why.message);
        status = set_add_all(&service->desired, &service->applied, &why);
    }
    tlsagen_rrset_clear(&wants.set);
    return status == TLSAGEN_OK ? status : fail(service, &why, err);
}

enum tlsagen_status desired_find(struct desiring *desiring, struct work_service *service,
                                 struct tlsagen_err *err)
{
    const struct tlsagen_config_service *config = service->config;
    bool found = false;
    enum tlsagen_status status = TLSAGEN_OK;
    if (config->source.count > 0 && states_has(desiring->fleet, config->name))
        status = rolling_find(desiring, service, &found, err);
    if (status == TLSAGEN_OK && !found && config->source.count > 0)
        status = find_plain(desiring, service, err);
    if (status == TLSAGEN_OK)
        status = set_add_all(&service->desired, config->pinned, err);
    if (status == TLSAGEN_OK && !service->faulty && service->desired.count > WORK_RECORDS) {
        service->faulty = true;
        desired_note(service, "more than %d records", WORK_RECORDS);
    }
    return status;
}
