/* import.c - configuration text for the TLSA records that stand in a zone. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

#include "rollover/table.h"
#include "tlsa/record_text.h"

#include <tlsagen/fleet.h>
#include <tlsagen/publish.h>
#include <tlsagen/zone.h>

#define TITLE_MAX 64     /* bytes, as the configuration takes them */
#define SERVICE_PORTS 64 /* the same */

/* The records of one owner. */
struct found {
    char *owner; /* absolute, in small letters */
    const char *host;
    uint16_t port;
    enum tlsagen_proto proto;
    uint32_t ttl;
    struct tlsagen_rrset set;
    bool fit;   /* an owner that a service has */
    bool taken; /* by a service that was written */
};

struct importing {
    const char *path;
    const struct tlsagen_reload *reload;
    char zone[TLSAGEN_ZONE_NAME_SIZE];
    struct found *at;
    size_t count;
    size_t cap;
    struct tlsagen_buf *text;
    struct tlsagen_buf *notes;
};

/* --- what stands there --- */

/* "_25._tcp.HOST" taken apart; false when it is no such name. */
static bool split_owner(struct found *found)
{
    char owner[TLSAGEN_NAME_SIZE], host[TLSAGEN_NAME_SIZE], word[8] = "";
    const char *dot = strchr(found->owner, '.');
    const char *next = dot != NULL ? strchr(dot + 1, '.') : NULL;
    uint64_t port = 0;
    const size_t len = dot != NULL ? (size_t)(dot - found->owner) : 0;
    if (next == NULL || found->owner[0] != '_' || len < 2 || len > 6 || dot[1] != '_')
        return false;
    memcpy(word, found->owner + 1, len - 1);
    if (tlsagen_number_parse(word, "port", 1, UINT16_MAX, &port, NULL) != TLSAGEN_OK)
        return false;
    char proto[8] = "";
    if ((size_t)(next - dot - 1) >= sizeof(proto))
        return false;
    memcpy(proto, dot + 1, (size_t)(next - dot - 1));
    found->host = next + 1;
    found->port = (uint16_t)port;
    return tlsagen_proto_parse(proto, &found->proto, NULL) == TLSAGEN_OK &&
           tlsagen_host_parse(found->host, host, NULL) == TLSAGEN_OK &&
           tlsagen_owner_make(host, found->port, found->proto, owner, NULL) == TLSAGEN_OK &&
           strcasecmp(owner, found->owner) == 0;
}

static struct found *add_found(struct importing *importing, const char *owner)
{
    if (importing->count == importing->cap) {
        const size_t cap = importing->cap == 0 ? 64 : 2 * importing->cap;
        struct found *at = realloc(importing->at, cap * sizeof(*at));
        if (at == NULL)
            return NULL;
        importing->at = at;
        importing->cap = cap;
    }
    struct found *found = &importing->at[importing->count];
    *found = (struct found){.owner = strdup(owner)};
    if (found->owner == NULL)
        return NULL;
    for (char *p = found->owner; *p != '\0'; p++)
        *p = (char)(*p >= 'A' && *p <= 'Z' ? *p + ('a' - 'A') : *p);
    importing->count++;
    return found;
}

/* A record for itself; those of one owner are put together once all are there. */
static enum tlsagen_status take_tlsa(void *arg, const struct tlsagen_zone_record *record,
                                     struct tlsagen_err *err)
{
    struct importing *importing = arg;
    struct found *found = add_found(importing, record->owner);
    if (found == NULL)
        return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory");
    found->ttl = record->ttl;
    return tlsagen_rrset_add_text(&found->set, record->rdata, err);
}

/* By host, transport and port; the rest by name. */
static int by_place(const void *a, const void *b)
{
    const struct found *x = a, *y = b;
    if (x->fit != y->fit)
        return x->fit ? -1 : 1;
    if (!x->fit)
        return strcmp(x->owner, y->owner);
    const int hosts = strcmp(x->host, y->host);
    if (hosts != 0)
        return hosts;
    if (x->proto != y->proto)
        return x->proto < y->proto ? -1 : 1;
    return x->port < y->port ? -1 : x->port > y->port;
}

static void note(struct importing *importing, const char *owner, const char *what)
{
    tlsagen_buf_printf(importing->notes, "%s: %s\n", owner, what);
}

/* Records of one owner into one RRset. */
static enum tlsagen_status put_together(struct importing *importing, struct tlsagen_err *err)
{
    enum tlsagen_status status = TLSAGEN_OK;
    size_t kept = 0;
    for (size_t i = 0; i < importing->count; i++)
        importing->at[i].fit = split_owner(&importing->at[i]);
    if (importing->count > 1) /* without one there is nothing to point at */
        qsort(importing->at, importing->count, sizeof(*importing->at), by_place);
    for (size_t i = 0; i < importing->count; i++) {
        struct found *found = &importing->at[i];
        struct found *last = kept > 0 ? &importing->at[kept - 1] : NULL;
        if (last == NULL || strcmp(last->owner, found->owner) != 0) {
            const struct found moved = *found;
            *found = (struct found){.owner = NULL};
            importing->at[kept++] = moved;
            continue;
        }
        if (found->ttl != last->ttl)
            note(importing, last->owner,
                 "its records have several TTLs; the first counts, and `tlsagen apply` gives it to "
                 "all");
        for (size_t k = 0; k < found->set.count && status == TLSAGEN_OK; k++) {
            const struct tlsagen_record *record = &found->set.records[k];
            status = tlsagen_rrset_add(&last->set, record->fields, record->data, record->len, err);
        }
        tlsagen_rrset_clear(&found->set);
        free(found->owner);
        found->owner = NULL;
    }
    importing->count = kept;
    return status;
}

/* --- text --- */

/* A value between quotes, in which %% is a percent sign; "${" can stand in '...' alone. */
static void add_value(struct tlsagen_buf *text, const char *value)
{
    const char quote = strstr(value, "${") != NULL ? '\'' : '"';
    tlsagen_buf_char(text, quote);
    for (const char *p = value; *p != '\0'; p++) {
        if (*p == quote || *p == '\\')
            tlsagen_buf_char(text, '\\');
        if (*p == '%')
            tlsagen_buf_char(text, '%');
        tlsagen_buf_char(text, *p);
    }
    tlsagen_buf_char(text, quote);
}

/* A name without its final dot. */
static void add_name(struct tlsagen_buf *text, const char *name)
{
    const size_t len = strlen(name);
    tlsagen_buf_char(text, '"');
    tlsagen_buf_add(text, name, len > 1 ? len - 1 : len);
    tlsagen_buf_char(text, '"');
}

/* An option of the zone, unless it has no value. */
static void add_option(struct tlsagen_buf *text, const char *option, const char *value)
{
    if (value == NULL)
        return;
    tlsagen_buf_printf(text, "    %s = ", option);
    add_value(text, value);
    tlsagen_buf_char(text, '\n');
}

/* A file, from the present folder; configuration is read from its own. */
static void add_file(struct tlsagen_buf *text, const char *option, const char *file,
                     const char *folder)
{
    struct tlsagen_buf path;
    if (file == NULL)
        return;
    tlsagen_buf_init(&path);
    tlsagen_buf_printf(&path, "%s%s%s", file[0] != '/' ? folder : "", file[0] != '/' ? "/" : "",
                       file);
    add_option(text, option, path.failed ? "" : path.data);
    text->failed = text->failed || path.failed;
    tlsagen_buf_clear(&path);
}

static void add_server(struct tlsagen_buf *text, const struct tlsagen_reload *reload,
                       const char *folder)
{
    static const char *const kinds[] = {[TLSAGEN_SERVER_RNDC] = "rndc",
                                        [TLSAGEN_SERVER_NSD] = "nsd",
                                        [TLSAGEN_SERVER_KNOT] = "knot",
                                        [TLSAGEN_SERVER_PDNS] = "pdns"};
    const struct tlsagen_server *server = reload->server;
    if (server->kind == TLSAGEN_SERVER_EXEC) {
        tlsagen_buf_str(text, "    server = { exec");
        for (char *const *word = server->exec; *word != NULL; word++) {
            tlsagen_buf_str(text, ", ");
            add_value(text, *word);
        }
        tlsagen_buf_str(text, " }\n");
    } else {
        tlsagen_buf_printf(text, "    server = %s\n", kinds[server->kind]);
    }
    add_file(text, "control-config", server->config, folder);
    add_file(text, "control-key", server->key_file, folder);
    add_option(text, "control-host", server->host);
    add_option(text, "control-port", server->port);
    add_option(text, "control-program", server->program);
    add_option(text, "view", server->view);
    add_option(text, "class", server->rclass);
    if (reload->address != NULL && reload->port != 0)
        tlsagen_buf_printf(text, "    query = \"%s#%u\"\n", reload->address,
                           (unsigned)reload->port);
    else
        add_option(text, "query", reload->address);
    if (reload->wait_ms != TLSAGEN_RELOAD_WAIT_MS)
        tlsagen_buf_printf(text, "    wait = %u\n",
                           (unsigned)(reload->wait_ms / 1000 + (reload->wait_ms % 1000 != 0)));
}

/* NULL is fine. */
static enum tlsagen_status check_value(const char *value, struct tlsagen_err *err)
{
    for (const char *p = value; p != NULL && *p != '\0'; p++) {
        if ((unsigned char)*p < ' ' || *p == 0x7f)
            return tlsagen_err_set(err, TLSAGEN_E_ARGUMENT,
                                   "%s: a name with control bytes cannot stand in a configuration",
                                   value);
    }
    return TLSAGEN_OK;
}

static enum tlsagen_status check_server(const struct tlsagen_reload *reload,
                                        struct tlsagen_err *err)
{
    const struct tlsagen_server *server = reload->server;
    const char *const values[] = {server->config, server->key_file, server->host,
                                  server->port,   server->program,  server->view,
                                  server->rclass, reload->address};
    enum tlsagen_status status = TLSAGEN_OK;
    for (size_t i = 0; i < sizeof(values) / sizeof(values[0]) && status == TLSAGEN_OK; i++)
        status = check_value(values[i], err);
    for (char *const *word = server->exec; word != NULL && *word != NULL && status == TLSAGEN_OK;
         word++)
        status = check_value(*word, err);
    return status;
}

static enum tlsagen_status add_zone(struct importing *importing, struct tlsagen_err *err)
{
    struct tlsagen_buf *text = importing->text;
    char folder[4096];
    enum tlsagen_status status = check_value(importing->path, err);
    if (status == TLSAGEN_OK && importing->reload != NULL)
        status = check_server(importing->reload, err);
    if (status != TLSAGEN_OK)
        return status;
    if (getcwd(folder, sizeof(folder)) == NULL)
        return tlsagen_err_system(err, errno, "cannot tell the current folder");
    status = check_value(folder, err);
    if (status != TLSAGEN_OK)
        return status;
    tlsagen_buf_str(text, "zone ");
    add_name(text, importing->zone);
    tlsagen_buf_str(text, " {\n");
    add_file(text, "file", importing->path, folder);
    if (importing->reload != NULL)
        add_server(text, importing->reload, folder);
    /* All that stands there is declared below. */
    tlsagen_buf_str(text, "    unknown = remove\n}\n");
    return tlsagen_buf_check(text, err);
}

static bool same_set(const struct found *a, const struct found *b)
{
    if (a->ttl != b->ttl || a->set.count != b->set.count)
        return false;
    for (size_t i = 0; i < a->set.count; i++) { /* in the same order */
        const struct tlsagen_record *x = &a->set.records[i], *y = &b->set.records[i];
        if (memcmp(&x->fields, &y->fields, sizeof(x->fields)) != 0 || x->len != y->len ||
            (x->len > 0 && memcmp(x->data, y->data, x->len) != 0))
            return false;
    }
    return true;
}

static bool same_host(const struct found *a, const struct found *b)
{
    return b->fit && a->proto == b->proto && strcmp(a->host, b->host) == 0;
}

/* HOST for the first service of a host, HOST-PORT for others; where that is too long, a digest. */
static void add_title(struct importing *importing, const struct found *found, bool first)
{
    char title[TLSAGEN_NAME_SIZE + 32];
    const int host_len = (int)strlen(found->host) - 1;
    int len;
    if (first && found->proto == TLSAGEN_PROTO_TCP)
        len = snprintf(title, sizeof(title), "%.*s", host_len, found->host);
    else
        len = snprintf(title, sizeof(title), "%.*s-%s%u", host_len, found->host,
                       found->proto == TLSAGEN_PROTO_TCP   ? ""
                       : found->proto == TLSAGEN_PROTO_UDP ? "udp"
                                                           : "sctp",
                       (unsigned)found->port);
    const bool fit = len > 0 && len <= TITLE_MAX && title[0] != '_' && title[0] != '-';
    uint64_t hash = UINT64_C(0xcbf29ce484222325); /* FNV-1a */
    for (const char *p = found->owner; *p != '\0'; p++)
        hash = (hash ^ (unsigned char)*p) * UINT64_C(0x100000001b3);
    tlsagen_buf_str(importing->text, "\nservice \"");
    if (fit)
        tlsagen_buf_str(importing->text, title);
    else
        tlsagen_buf_printf(importing->text, "tlsa-%016llx", (unsigned long long)hash);
    tlsagen_buf_str(importing->text, "\" {\n");
}

static void add_records(struct tlsagen_buf *text, const struct tlsagen_rrset *set)
{
    tlsagen_buf_str(text, "    pinned = {");
    for (size_t i = 0; i < set->count; i++) {
        tlsagen_buf_str(text, i > 0 ? ",\n        \"" : "\n        \"");
        table_add_record(text, &set->records[i]);
        tlsagen_buf_char(text, '"');
    }
    tlsagen_buf_str(text, "\n    }\n");
}

/* The service of an owner, with the other ports of its host that have the same records. */
static void add_service(struct importing *importing, size_t index, bool first)
{
    struct tlsagen_buf *text = importing->text;
    struct found *found = &importing->at[index];
    size_t ports = 0;
    add_title(importing, found, first);
    tlsagen_buf_str(text, "    host = ");
    add_name(text, found->host);
    tlsagen_buf_str(text, "\n    zone = ");
    add_name(text, importing->zone);
    tlsagen_buf_str(text, "\n    ports = { ");
    for (size_t i = index; i < importing->count && same_host(found, &importing->at[i]); i++) {
        struct found *other = &importing->at[i];
        if (other->taken || ports == SERVICE_PORTS || !same_set(found, other))
            continue;
        tlsagen_buf_printf(text, "%s%u", ports++ > 0 ? ", " : "", (unsigned)other->port);
        other->taken = true;
    }
    tlsagen_buf_printf(text, " }\n");
    if (found->proto != TLSAGEN_PROTO_TCP)
        tlsagen_buf_printf(text, "    proto = %s\n", tlsagen_proto_name(found->proto));
    tlsagen_buf_printf(text, "    ttl = %u\n", found->ttl);
    add_records(text, &found->set);
    tlsagen_buf_str(text, "}\n");
}

static void add_services(struct importing *importing)
{
    for (size_t i = 0; i < importing->count; i++) {
        const struct found *found = &importing->at[i];
        if (!found->fit)
            note(importing, found->owner,
                 "left out: no owner of a service, _PORT._PROTO.HOST with a host name");
        else if (!found->taken)
            add_service(importing, i, i == 0 || !same_host(found, &importing->at[i - 1]));
    }
}

/* --- all of it --- */

/* Ends the list: no more is asked for. */
static enum tlsagen_status take_soa(void *arg, const struct tlsagen_zone_record *record,
                                    struct tlsagen_err *err)
{
    struct importing *importing = arg;
    (void)snprintf(importing->zone, sizeof(importing->zone), "%s", record->owner);
    return tlsagen_err_set(err, TLSAGEN_E_LIMIT, "%s: no more is read", record->file);
}

static enum tlsagen_status find_zone(struct importing *importing, const char *origin,
                                     struct tlsagen_err *err)
{
    const struct tlsagen_zone_filter filter = {.origin = origin, .type = "SOA"};
    enum tlsagen_status status =
        tlsagen_zone_list(importing->path, &filter, take_soa, importing, err);
    if (importing->zone[0] != '\0')
        return TLSAGEN_OK;
    return status == TLSAGEN_OK ? tlsagen_err_set(err, TLSAGEN_E_SYNTAX,
                                                  "%s: there is no SOA in it", importing->path)
                                : status;
}

static enum tlsagen_status import(struct importing *importing, const char *origin,
                                  struct tlsagen_err *err)
{
    struct tlsagen_zone_filter filter = {.type = "TLSA"};
    enum tlsagen_status status = find_zone(importing, origin, err);
    filter.origin = importing->zone;
    if (status == TLSAGEN_OK)
        status = tlsagen_zone_list(importing->path, &filter, take_tlsa, importing, err);
    if (status == TLSAGEN_OK)
        status = put_together(importing, err);
    if (status == TLSAGEN_OK)
        status = add_zone(importing, err);
    if (status != TLSAGEN_OK)
        return status;
    add_services(importing);
    status = tlsagen_buf_check(importing->text, err);
    if (status == TLSAGEN_OK && importing->count == 0)
        status =
            tlsagen_err_set(err, TLSAGEN_E_NOTFOUND, "%s: no TLSA record in it", importing->path);
    return status;
}

enum tlsagen_status tlsagen_fleet_import(const char *path, const char *origin,
                                         const struct tlsagen_reload *reload,
                                         struct tlsagen_buf *text, struct tlsagen_buf *notes,
                                         struct tlsagen_err *err)
{
    struct importing importing = {.path = path, .reload = reload, .text = text, .notes = notes};
    enum tlsagen_status status = import(&importing, origin, err);
    for (size_t i = 0; i < importing.count; i++) {
        tlsagen_rrset_clear(&importing.at[i].set);
        free(importing.at[i].owner);
    }
    free(importing.at);
    return status;
}
