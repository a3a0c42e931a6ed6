/* authority.c - each authoritative server asked for serial and records, at each of its addresses.
 */
#include <stdio.h>
#include <string.h>

#include "verify.h"

/* The first server with an answer, which the others are held against. */
struct comparison {
    struct verify *verify;
    const struct tlsagen_dns_servers *servers;
    struct tlsagen_dns_view first;
    const struct tlsagen_dns_server *first_server; /* NULL before it */
};

static enum tlsagen_status differ(struct comparison *c, const struct tlsagen_dns_server *server,
                                  const struct tlsagen_dns_view *view, struct tlsagen_err *err)
{
    char zone[TLSAGEN_DNS_NAME_SIZE];
    enum tlsagen_status status = TLSAGEN_OK;
    if (view->serial != c->first.serial)
        status = verify_warn(c->verify, err, "serial-mismatch",
                             "name server %s has serial %u of %s, and %s has %u", server->address,
                             view->serial, verify_bare(c->servers->zone, zone),
                             c->first_server->address, c->first.serial);
    if (status == TLSAGEN_OK && !tlsagen_dns_answer_equal(&view->answer, &c->first.answer))
        status = verify_warn(c->verify, err, "authority-mismatch",
                             "name server %s has other TLSA records (%zu) than %s (%zu)",
                             server->address, view->answer.count, c->first_server->address,
                             c->first.answer.count);
    return status;
}

static enum tlsagen_status look(struct comparison *c, const struct tlsagen_dns_server *server,
                                struct tlsagen_err *err)
{
    struct tlsagen_dns_view view;
    if (server->address[0] == '\0')
        return verify_warn(c->verify, err, "authority-address", "name server %s%s", server->name,
                           server->failed ? ": not all of its addresses can be looked up"
                                          : " has no address");
    const uint32_t left = verify_left_for_lookup(c->verify);
    enum tlsagen_status status =
        tlsagen_dns_view_get(server->address, 0, c->servers->zone, c->verify->service->owner,
                             TLSAGEN_DNS_TLSA, left > 0 ? left : 1, &view, err);
    if (status == TLSAGEN_OK && view.found == TLSAGEN_DNS_NOTHING) {
        status = verify_warn(c->verify, err, "authority-answer", "name server %s: %s", server->name,
                             view.err.message);
    } else if (status == TLSAGEN_OK && c->first_server == NULL) {
        c->first_server = server;
        c->first = view;
        return TLSAGEN_OK;
    } else if (status == TLSAGEN_OK) {
        status = differ(c, server, &view, err);
    }
    tlsagen_dns_view_clear(&view);
    return status;
}

/* Each of them, as long as there is time. */
static enum tlsagen_status look_at_all(struct comparison *c, struct tlsagen_err *err)
{
    const size_t count = c->servers->count;
    enum tlsagen_status status = TLSAGEN_OK;
    for (size_t i = 0; status == TLSAGEN_OK && i < count; i++) {
        if (verify_left(c->verify) == 0)
            return verify_warn(c->verify, err, "authority-time",
                               "the time was over before %zu of %zu addresses of name servers were "
                               "asked; see --timeout",
                               count - i, count);
        status = look(c, &c->servers->servers[i], err);
    }
    return status;
}

enum tlsagen_status verify_authority(struct verify *verify, struct tlsagen_err *err)
{
    struct tlsagen_dns_servers servers;
    struct comparison c = {.verify = verify, .servers = &servers};
    struct tlsagen_err why;
    const char *owner = verify->service->owner;
    /* Without one, nothing was found that could be compared. */
    if (owner[0] == '\0')
        return TLSAGEN_OK;
    enum tlsagen_status status =
        tlsagen_dns_servers_find(verify->options->dns, owner, &servers, &why);
    if (status == TLSAGEN_E_MEMORY || status == TLSAGEN_E_SYSTEM)
        status = tlsagen_err_set(err, status, "%s", why.message);
    else if (status != TLSAGEN_OK)
        status = verify_warn(verify, err, "authority-answer", "the name servers: %s", why.message);
    if (status == TLSAGEN_OK)
        status = look_at_all(&c, err);
    tlsagen_dns_view_clear(&c.first);
    tlsagen_dns_servers_clear(&servers);
    return status;
}
