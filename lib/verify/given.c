/* given.c - records that are not published yet, from zone-file text. */
#include <stdio.h>
#include <string.h>

#include "verify.h"
#include "zone/rrfile.h"

static enum tlsagen_status take(struct verify *verify, const struct want *want,
                                struct tlsagen_err *err)
{
    enum tlsagen_status status = TLSAGEN_OK;
    for (size_t i = 0; i < want->count && status == TLSAGEN_OK; i++) {
        const struct tlsagen_buf *wire = &want->records[i].rdata.wire;
        const uint8_t *p = (const uint8_t *)wire->data;
        if (wire->len < 3)
            return tlsagen_err_set(err, TLSAGEN_E_SYNTAX, "%s: a TLSA record of %zu bytes",
                                   verify->options->records_label, wire->len);
        struct tlsagen_fields fields = {p[0], p[1], p[2]};
        status = tlsagen_rrset_add(&verify->service->set, fields, p + 3, wire->len - 3, err);
    }
    if (want->has_ttl)
        verify->service->ttl = want->ttl;
    return status;
}

enum tlsagen_status verify_take_records(struct verify *verify, struct tlsagen_err *err)
{
    static const struct name root = {1, {0}};
    const struct tlsagen_verify_options *o = verify->options;
    struct tlsagen_verify_service *service = verify->service;
    struct wants wants;
    struct name owner;
    char text[TLSAGEN_DNS_NAME_SIZE];
    int len = snprintf(text, sizeof(text), "_%u._tcp.%s", (unsigned)service->port, service->host);
    if (len < 0 || (size_t)len >= sizeof(text) ||
        name_parse(text, (size_t)len, &root, &owner, err) != TLSAGEN_OK)
        return tlsagen_err_set(err, TLSAGEN_E_ARGUMENT, "%s is too long for a TLSA record",
                               service->host);
    wants_init(&wants);
    enum tlsagen_status status =
        rrfile_read(o->records, o->records_len, o->records_label, &root, &wants, err);
    const struct want *want = status == TLSAGEN_OK ? wants_find(&wants, &owner, TYPE_TLSA) : NULL;
    if (want != NULL)
        status = take(verify, want, err);
    else if (status == TLSAGEN_OK)
        status = tlsagen_err_set(err, TLSAGEN_E_NOTFOUND, "%s holds no TLSA record of %s",
                                 o->records_label, text);
    wants_clear(&wants);
    (void)snprintf(service->base, sizeof(service->base), "%s", service->host);
    (void)snprintf(service->owner, sizeof(service->owner), "%s", text);
    return status;
}
