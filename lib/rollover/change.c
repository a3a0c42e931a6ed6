/*
 * change.c - the operator's words that change what is remembered: next-key and abort. Services that
 * share `live` have one key and one certificate, so that they are changed together.
 */
#include <stdlib.h>
#include <string.h>

#include "engine.h"
#include "nextkey.h"

#define LOCK_MS 60000U

/* The service that was named, then those that share its `live`; all open. */
struct changing {
    struct tlsagen_rollover *rollover;
    struct member *members;
    size_t count;
    tlsagen_rollover_report *report;
    void *arg;
    bool shown; /* dry run: what would be done was told, which is all */
};

/* In a dry run it touches no file. */
typedef enum tlsagen_status change_fn(struct changing *changing, struct tlsagen_err *err);

static enum tlsagen_status open_all(struct changing *changing,
                                    const struct tlsagen_config_service *service,
                                    struct tlsagen_err *err)
{
    const struct tlsagen_config *config = changing->rollover->config;
    enum tlsagen_status status = TLSAGEN_OK;
    changing->members = calloc(config->service_count + 1, sizeof(*changing->members));
    if (changing->members == NULL)
        return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory");
    for (size_t i = 0; i <= config->service_count && status == TLSAGEN_OK; i++) {
        const struct tlsagen_config_service *beside = i == 0 ? service : config->services[i - 1];
        if (i > 0 && (beside == service || !member_is_beside(service, beside)))
            continue;
        status =
            member_open(&changing->members[changing->count++], changing->rollover, beside, err);
    }
    return status;
}

static void close_all(struct changing *changing)
{
    for (size_t i = 0; i < changing->count; i++)
        member_close(&changing->members[i]);
    free(changing->members);
}

/* Opens the services under the lock and changes them; the run that follows does the rest. A dry run
 * has no lock. */
static enum tlsagen_status change_all(struct changing *changing,
                                      const struct tlsagen_config_service *service,
                                      change_fn *change, struct tlsagen_err *err)
{
    struct tlsagen_rollover *rollover = changing->rollover;
    int lock = -1;
    const uint32_t wait = rollover->options.lock_ms != 0 ? rollover->options.lock_ms : LOCK_MS;
    enum tlsagen_status status = TLSAGEN_OK;
    if (!rollover->options.dry_run)
        status = state_lock(&rollover->home, NULL, wait, &lock, err);
    if (status != TLSAGEN_OK)
        return status;
    status = open_all(changing, service, err);
    if (status == TLSAGEN_OK)
        status = change(changing, err);
    close_all(changing);
    if (lock >= 0)
        state_unlock(lock);
    return status;
}

static bool only_shows(struct changing *changing, const char *would)
{
    changing->shown =
        member_only_show(&changing->members[0], would, changing->report, changing->arg);
    return changing->shown;
}

static enum tlsagen_status save(struct member *member, const char *text, struct tlsagen_err *err)
{
    member_log(member, engine_now(), text);
    return member_save(member, err);
}

/* --- abort --- */

/* All can go back, and somebody has to. */
static enum tlsagen_status may_abort(const struct changing *changing, struct tlsagen_err *err)
{
    bool any = false;
    for (size_t i = 0; i < changing->count; i++) {
        const struct member *member = &changing->members[i];
        struct model_facts facts = member->state.facts;
        if (model_note_abort(&facts, engine_now()))
            any = true;
        else if (facts.next.known)
            return tlsagen_err_set(err, TLSAGEN_E_MISMATCH,
                                   "%s: the replaced records are on their way out, and there is no "
                                   "way back; let it finish, and roll over to another key",
                                   member->service->name);
    }
    return any ? TLSAGEN_OK
               : tlsagen_err_set(err, TLSAGEN_E_NOTFOUND, "%s: nothing is under way",
                                 changing->members[0].service->name);
}

/* The key of a side that was given up goes, so that no certificate for it is taken up later. */
static enum tlsagen_status forget_key(const struct changing *changing, struct tlsagen_err *err)
{
    for (size_t i = 0; i < changing->count; i++) {
        if (changing->members[i].state.facts.next.known)
            return TLSAGEN_OK;
    }
    return nextkey_remove(&changing->rollover->home, member_key_name(&changing->members[0]), err);
}

static enum tlsagen_status change_abort(struct changing *changing, struct tlsagen_err *err)
{
    const struct member *first = &changing->members[0];
    const struct model_facts *facts = &first->state.facts;
    const bool deployed = facts->switched != 0 || facts->switch_intent != 0;
    enum tlsagen_status status = may_abort(changing, err);
    if (status != TLSAGEN_OK ||
        only_shows(changing, !deployed ? "aborted; what was published for the next key goes"
                             : first->policy.live
                                 ? "aborted; the former certificate is deployed again"
                                 : "aborted; whoever deploys has to go back"))
        return status;
    for (size_t i = 0; i < changing->count && status == TLSAGEN_OK; i++) {
        struct member *member = &changing->members[i];
        if (model_note_abort(&member->state.facts, engine_now()))
            status = save(member, "aborted", err);
    }
    return status == TLSAGEN_OK ? forget_key(changing, err) : status;
}

enum tlsagen_status tlsagen_rollover_abort(struct tlsagen_rollover *rollover,
                                           const struct tlsagen_config_service *service,
                                           tlsagen_rollover_report *report, void *arg,
                                           struct tlsagen_err *err)
{
    struct changing changing = {.rollover = rollover, .report = report, .arg = arg};
    enum tlsagen_status status = change_all(&changing, service, change_abort, err);
    return status == TLSAGEN_OK && !changing.shown
               ? tlsagen_rollover_run(rollover, &service, 1, report, arg, err)
               : status;
}

/* --- next-key --- */

static enum tlsagen_status may_have_next(const struct changing *changing, struct tlsagen_err *err)
{
    for (size_t i = 0; i < changing->count; i++) {
        const struct model_facts *facts = &changing->members[i].state.facts;
        const char *name = changing->members[i].service->name;
        if (!facts->current.known)
            return tlsagen_err_set(err, TLSAGEN_E_MISMATCH,
                                   "%s: its current key is not known yet; do `tlsagen rollover run "
                                   "%s` first",
                                   name, name);
        if (facts->next.known && !facts->next_key)
            return tlsagen_err_set(err, TLSAGEN_E_MISMATCH,
                                   "%s: a rollover is under way; one change at a time", name);
    }
    return TLSAGEN_OK;
}

/* The key comes first: its record says that it will be there. */
static enum tlsagen_status make_key(const struct changing *changing, struct tlsagen_err *err)
{
    const struct member *member = &changing->members[0];
    struct state_home *home = &changing->rollover->home;
    const char *name = member_key_name(member);
    bool made;
    /* One that is there already was given up, or has been deployed by somebody else. */
    enum tlsagen_status status = nextkey_remove(home, name, err);
    return status == TLSAGEN_OK
               ? nextkey_make(home, name, tlsagen_key_type_name(member->service->key_type), &made,
                              err)
               : status;
}

static enum tlsagen_status take_key(struct member *member, struct tlsagen_err *err)
{
    const struct side_terms terms = member_terms(member);
    struct model_facts *facts = &member->state.facts;
    struct model_side side;
    struct tlsagen_buf spki;
    tlsagen_buf_init(&spki);
    enum tlsagen_status status =
        nextkey_read(&member->rollover->home, member_key_name(member), &spki, err);
    if (status == TLSAGEN_OK) {
        const struct tlsagen_der key = {(const uint8_t *)spki.data, spki.len};
        status = side_of_keys(member->rollover->ctx, &terms, &key, 1, &facts->current,
                              &member->state.table, &side, err);
    }
    tlsagen_buf_clear(&spki);
    if (status != TLSAGEN_OK)
        return status;
    model_note_next_key(facts, &member->combos, &side, engine_now());
    return save(member, "made the next key", err);
}

static enum tlsagen_status change_next_key(struct changing *changing, struct tlsagen_err *err)
{
    size_t have = 0;
    enum tlsagen_status status = may_have_next(changing, err);
    for (size_t i = 0; i < changing->count; i++)
        have += changing->members[i].state.facts.next.known ? 1 : 0;
    if (status != TLSAGEN_OK || have == changing->count ||
        only_shows(changing, "made the next key, and published its record beside those in use"))
        return status;
    /* Some have it when this was broken off. */
    if (have == 0)
        status = make_key(changing, err);
    for (size_t i = 0; i < changing->count && status == TLSAGEN_OK; i++) {
        if (!changing->members[i].state.facts.next.known)
            status = take_key(&changing->members[i], err);
    }
    return status;
}

/* The certificate is for the hosts of all that share it. */
static enum tlsagen_status make_request(struct tlsagen_rollover *rollover,
                                        const struct tlsagen_config_service *service,
                                        const char *const *names, size_t count,
                                        struct tlsagen_buf *csr, struct tlsagen_err *err)
{
    const struct tlsagen_config *config = rollover->config;
    const struct member asked = {.rollover = rollover, .service = service};
    const char **all = calloc(count + config->service_count + 1, sizeof(*all));
    size_t used = count;
    if (all == NULL)
        return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory");
    for (size_t i = 0; i < count; i++)
        all[i] = names[i];
    for (size_t i = 0; i < config->service_count; i++) {
        bool there = !member_is_beside(service, config->services[i]);
        for (size_t k = 0; k < used && !there; k++)
            there = strcmp(all[k], config->services[i]->host) == 0;
        if (!there)
            all[used++] = config->services[i]->host;
    }
    const enum tlsagen_status status = nextkey_request(&rollover->home, member_key_name(&asked),
                                                       service->host, all, used, csr, err);
    free(all);
    return status;
}

enum tlsagen_status tlsagen_rollover_next_key(struct tlsagen_rollover *rollover,
                                              const struct tlsagen_config_service *service,
                                              const char *const *names, size_t count,
                                              struct tlsagen_buf *csr,
                                              tlsagen_rollover_report *report, void *arg,
                                              struct tlsagen_err *err)
{
    struct changing changing = {.rollover = rollover, .report = report, .arg = arg};
    enum tlsagen_status status = change_all(&changing, service, change_next_key, err);
    if (status == TLSAGEN_OK && csr != NULL && !changing.shown)
        status = make_request(rollover, service, names, count, csr, err);
    return status == TLSAGEN_OK && !changing.shown
               ? tlsagen_rollover_run(rollover, &service, 1, report, arg, err)
               : status;
}
