/* create_emit.c - the output forms of `create`. */
#include "create.h"

#include <stdlib.h>
#include <string.h>

#include <jansson.h>

/* The owner as it is printed; nsupdate wants it whole. */
static enum tlsagen_status make_owner(const struct create_args *args, const char *host,
                                      uint16_t port, char owner[TLSAGEN_NAME_SIZE],
                                      struct tlsagen_err *err)
{
    char whole[TLSAGEN_NAME_SIZE];
    enum tlsagen_status status = tlsagen_owner_make(host, port, args->proto, whole, err);
    if (status != TLSAGEN_OK)
        return status;
    if (args->origin[0] == '\0') {
        memcpy(owner, whole, sizeof(whole));
        return TLSAGEN_OK;
    }
    status = tlsagen_owner_relative(whole, args->origin, owner, err);
    if (status == TLSAGEN_OK && args->output == CREATE_NSUPDATE)
        memcpy(owner, whole, sizeof(whole));
    return status;
}

static json_t *record_json(const struct tlsagen_record *record)
{
    struct tlsagen_buf hex;
    tlsagen_buf_init(&hex);
    tlsagen_buf_hex(&hex, record->data, record->len);
    json_t *made = NULL;
    if (!hex.failed)
        made =
            json_pack("{s:i, s:i, s:i, s:s%}", "usage", (int)record->fields.usage, "selector",
                      (int)record->fields.selector, "matching_type", (int)record->fields.matching,
                      "data", hex.data == NULL ? "" : hex.data, hex.len);
    tlsagen_buf_clear(&hex);
    return made;
}

static json_t *rrset_json(const struct create_args *args, const char *owner,
                          const struct tlsagen_rrset *set)
{
    json_t *records = json_array();
    bool ok = records != NULL;
    for (size_t i = 0; i < set->count && ok; i++)
        ok = json_array_append_new(records, record_json(&set->records[i])) == 0;
    json_t *ttl = args->ttl == TLSAGEN_TTL_NONE ? json_null() : json_integer(args->ttl);
    if (!ok || ttl == NULL) {
        json_decref(records);
        json_decref(ttl);
        return NULL;
    }
    json_t *made = json_pack("{s:s, s:o, s:s, s:s, s:o}", "owner", owner, "ttl", ttl, "class", "IN",
                             "type", "TLSA", "records", records);
    if (made != NULL && args->origin[0] != '\0' &&
        json_object_set_new(made, "origin", json_string(args->origin)) != 0) {
        json_decref(made);
        return NULL;
    }
    return made;
}

static enum tlsagen_status no_memory(struct tlsagen_err *err)
{
    return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory");
}

/* Takes over value. */
static enum tlsagen_status add_json(struct tlsagen_buf *buf, json_t *value, size_t flags,
                                    struct tlsagen_err *err)
{
    char *text = value == NULL ? NULL : json_dumps(value, flags);
    json_decref(value);
    if (text == NULL)
        return no_memory(err);
    tlsagen_buf_str(buf, text);
    tlsagen_buf_char(buf, '\n');
    free(text);
    return tlsagen_buf_check(buf, err);
}

static enum tlsagen_status emit_text(struct tlsagen_buf *buf, const struct create_args *args,
                                     const char *owner, const struct tlsagen_rrset *set,
                                     struct tlsagen_err *err)
{
    static const enum tlsagen_format formats[] = {
        [CREATE_ZONE] = TLSAGEN_FORMAT_ZONE,
        [CREATE_MULTILINE] = TLSAGEN_FORMAT_MULTILINE,
        [CREATE_GENERIC] = TLSAGEN_FORMAT_GENERIC,
        [CREATE_NSUPDATE] = TLSAGEN_FORMAT_NSUPDATE,
    };
    if (args->replace)
        tlsagen_buf_printf(buf, "update delete %s IN TLSA\n", owner);
    tlsagen_rrset_format(buf, formats[args->output], owner, args->ttl, set);
    return tlsagen_buf_check(buf, err);
}

enum tlsagen_status create_emit_part(struct tlsagen_buf *buf, const struct create_args *args,
                                     const char *host, uint16_t port,
                                     const struct tlsagen_rrset *set, struct tlsagen_err *err)
{
    char owner[TLSAGEN_NAME_SIZE];
    enum tlsagen_status status = make_owner(args, host, port, owner, err);
    if (status != TLSAGEN_OK)
        return status;
    if (args->output == CREATE_JSON)
        return add_json(buf, rrset_json(args, owner, set), JSON_COMPACT, err);
    return emit_text(buf, args, owner, set, err);
}

static enum tlsagen_status emit_json(struct tlsagen_buf *buf, const struct create_args *args,
                                     const struct tlsagen_rrset *set, struct tlsagen_err *err)
{
    json_t *rrsets = json_array();
    enum tlsagen_status status = rrsets == NULL ? no_memory(err) : TLSAGEN_OK;
    for (size_t i = 0; i < args->port_count && status == TLSAGEN_OK; i++) {
        char owner[TLSAGEN_NAME_SIZE];
        status = make_owner(args, args->host, args->ports[i], owner, err);
        if (status == TLSAGEN_OK &&
            json_array_append_new(rrsets, rrset_json(args, owner, set)) != 0)
            status = no_memory(err);
    }
    if (status != TLSAGEN_OK) {
        json_decref(rrsets);
        return status;
    }
    return add_json(buf, json_pack("{s:o}", "rrsets", rrsets), JSON_INDENT(2), err);
}

void create_emit_begin(struct tlsagen_buf *buf, const struct create_args *args)
{
    if (args->output == CREATE_NSUPDATE && args->origin[0] != '\0')
        tlsagen_buf_printf(buf, "zone %s\n", args->origin);
}

void create_emit_end(struct tlsagen_buf *buf, const struct create_args *args)
{
    if (args->output == CREATE_NSUPDATE)
        tlsagen_buf_str(buf, "send\n");
}

enum tlsagen_status create_emit(struct tlsagen_buf *buf, const struct create_args *args,
                                const struct tlsagen_rrset *set, struct tlsagen_err *err)
{
    if (args->output == CREATE_JSON)
        return emit_json(buf, args, set, err);
    enum tlsagen_status status = TLSAGEN_OK;
    create_emit_begin(buf, args);
    for (size_t i = 0; i < args->port_count && status == TLSAGEN_OK; i++)
        status = create_emit_part(buf, args, args->host, args->ports[i], set, err);
    create_emit_end(buf, args);
    return status == TLSAGEN_OK ? tlsagen_buf_check(buf, err) : status;
}
