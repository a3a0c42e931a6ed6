/* lint_place.c - rules about what stands beside and above a record. */
#include <string.h>

#include "lint.h"

/* The name with some labels in wire form before it; false when it is too long for that. */
static bool prepend(const char *labels, const struct name *name, struct name *result)
{
    size_t len = strlen(labels);
    if (len + name->len > NAME_WIRE_MAX)
        return false;
    memcpy(result->wire, labels, len);
    memcpy(result->wire + len, name->wire, name->len);
    result->len = (uint8_t)(len + name->len);
    return true;
}

/* Where the records of a mail host may stand. */
static const char *const smtp_labels[] = {"\3_25\4_tcp", "\1*\4_tcp", "\1*"};
#define SMTP_LABELS (sizeof(smtp_labels) / sizeof(smtp_labels[0]))

static enum tlsagen_status add_smtp(struct lint *lint, const struct name *host,
                                    struct tlsagen_err *err)
{
    enum tlsagen_status status = TLSAGEN_OK;
    struct name name;
    for (size_t i = 0; i < SMTP_LABELS && status == TLSAGEN_OK; i++) {
        if (prepend(smtp_labels[i], host, &name))
            status = lint_add_name(&lint->names, &name, 0, NULL, err);
    }
    return status;
}

enum tlsagen_status lint_add_around(struct lint *lint, const struct name *apex,
                                    struct tlsagen_err *err)
{
    struct lint_names *names = &lint->names;
    enum tlsagen_status status = lint_add_name(names, apex, 0, NULL, err);
    size_t count = names->set.count;
    for (size_t i = 0; i < count && status == TLSAGEN_OK; i++) {
        struct name name;
        if ((names->flags[i] & (LINT_TLSA | LINT_MX_HOST)) == 0)
            continue;
        name_set_get(&names->set, i, &name);
        if ((names->flags[i] & LINT_MX_HOST) != 0)
            status = add_smtp(lint, &name, err);
        while (status == TLSAGEN_OK && !name_equal(&name, apex) && name_parent(&name, &name) &&
               !name_equal(&name, apex))
            status = lint_add_name(names, &name, 0, NULL, err);
    }
    return status;
}

/* A CNAME stands alone (RFC 2181 section 10.1), but for DNSSEC's records. */
static bool is_dnssec(uint16_t type)
{
    return type == TYPE_RRSIG || type == TYPE_NSEC;
}

void lint_suspect(struct lint *lint, const struct walk_record *record)
{
    char text[NAME_TEXT_SIZE];
    size_t owner = name_set_find(&lint->suspects.set, &record->owner);
    if (owner == NAME_SET_NONE || owner < lint->suspects_from || owner >= lint->suspects_to ||
        is_dnssec(record->type))
        return;
    uint8_t *flags = &lint->suspects.flags[owner];
    bool cname = record->type == TYPE_CNAME, again = (*flags & LINT_CNAME) != 0;
    uint64_t target = 0;
    if (cname && lint_read_told_rdata(lint, record))
        target = lint_hash(&lint->rdata.canonical);
    bool clash =
        cname ? (*flags & LINT_OTHER) != 0 || (again && target != lint->targets[owner]) : again;
    if (cname && !again)
        lint->targets[owner] = target;
    if (clash && (*flags & LINT_CLASH) == 0) {
        const struct lint_place place = lint_place_of(record, record->type_token);
        lint_tell(lint, true, "cname", &place,
                  "%.300s: a CNAME and other data at one owner; remove one of them",
                  name_text(&record->owner, text));
        *flags |= LINT_CLASH;
    }
    *flags |= cname ? LINT_CNAME : LINT_OTHER;
}

static void take_target(struct lint *lint)
{
    const struct tlsagen_buf *wire = &lint->rdata.wire;
    struct name target;
    if (wire->len == 0 || wire->len > NAME_WIRE_MAX)
        return;
    target.len = (uint8_t)wire->len;
    memcpy(target.wire, wire->data, wire->len);
    size_t index = name_set_find(&lint->names.set, &target);
    if (index != NAME_SET_NONE)
        lint->names.flags[index] |= LINT_TARGET;
}

enum tlsagen_status lint_neighbour(struct lint *lint, const struct walk_record *record,
                                   struct tlsagen_err *err)
{
    size_t owner = name_set_find(&lint->names.set, &record->owner);
    if (owner != NAME_SET_NONE) {
        uint8_t flag = record->type == TYPE_NS      ? LINT_NS
                       : record->type == TYPE_DNAME ? LINT_DNAME
                       : record->type == TYPE_CNAME ? LINT_CNAME
                                                    : 0;
        lint->names.flags[owner] |= flag;
    }
    lint_suspect(lint, record);
    if (record->type == TYPE_CNAME) {
        if (lint->odd_owner && lint_read_told_rdata(lint, record))
            take_target(lint);
        return TLSAGEN_OK;
    }
    if (lint->cnames.count == 0 || is_dnssec(record->type))
        return TLSAGEN_OK;
    const struct bloom_key key = bloom_key_of(&record->owner);
    if (!bloom_has(&lint->cnames, &key))
        return TLSAGEN_OK;
    return lint_add_name(&lint->suspects, &record->owner, 0, NULL, err);
}

/* The name that hides another: a delegation at it or above, or a DNAME above. */
static bool find_cover(const struct lint *lint, const struct name *name, const struct name *apex,
                       struct name *cover, bool *dname)
{
    *cover = *name;
    for (bool above = false; !name_equal(cover, apex); above = true) {
        size_t index = name_set_find(&lint->names.set, cover);
        uint8_t flags = index == NAME_SET_NONE ? 0 : lint->names.flags[index];
        *dname = above && (flags & LINT_DNAME) != 0;
        if ((flags & LINT_NS) != 0 || *dname)
            return true;
        if (!name_parent(cover, cover))
            return false;
    }
    size_t index = name_set_find(&lint->names.set, apex);
    *dname = !name_equal(name, apex) && index != NAME_SET_NONE &&
             (lint->names.flags[index] & LINT_DNAME) != 0;
    return *dname;
}

static void check_cover(struct lint *lint, const struct lint_tlsa *tlsa, const struct name *owner,
                        const struct name *apex)
{
    char text[NAME_TEXT_SIZE], above[NAME_TEXT_SIZE];
    struct name cover;
    bool dname;
    if (!find_cover(lint, owner, apex, &cover, &dname))
        return;
    if (dname)
        lint_tell(lint, true, "dname", &tlsa->place,
                  "%.300s: TLSA below the DNAME at %.300s, where nobody finds it; put it where the "
                  "DNAME points to",
                  name_text(owner, text), name_text(&cover, above));
    else
        lint_tell(lint, true, "delegation", &tlsa->place,
                  "%.300s: TLSA below the delegation of %.300s, where nobody finds it; put it into "
                  "that zone",
                  name_text(owner, text), name_text(&cover, above));
}

static void check_owner(struct lint *lint, const struct lint_tlsa *tlsa, const struct name *owner)
{
    char text[NAME_TEXT_SIZE];
    if (lint_is_service(owner) || (lint->names.flags[tlsa->owner] & LINT_TARGET) != 0)
        return;
    lint_tell(lint, false, "owner", &tlsa->place,
              "%.300s: the owner does not begin with _port._protocol, as in _25._tcp (RFC 6698 "
              "section 3), and no CNAME of the zone points to it",
              name_text(owner, text));
}

/* True when TLSA records of the host's stand where they may, or an alias that leads to some. */
static bool has_records(const struct lint *lint, const struct name *host)
{
    for (size_t i = 0; i < SMTP_LABELS; i++) {
        struct name name;
        if (!prepend(smtp_labels[i], host, &name))
            continue;
        size_t index = name_set_find(&lint->names.set, &name);
        if (index != NAME_SET_NONE && (lint->names.flags[index] & (LINT_TLSA | LINT_CNAME)) != 0)
            return true;
    }
    return false;
}

static void check_mail_host(struct lint *lint, const struct lint_mx *mx, const struct name *apex)
{
    struct name host, cover;
    char text[NAME_TEXT_SIZE];
    bool dname;
    name_set_get(&lint->names.set, mx->host, &host);
    /* An alias leads to another host; what lies below a cut is another zone's to say. */
    if ((lint->names.flags[mx->host] & LINT_CNAME) != 0 ||
        find_cover(lint, &host, apex, &cover, &dname))
        return;
    if (has_records(lint, &host))
        return;
    lint_tell(lint, false, "mx-without-tlsa", &mx->place,
              "mail goes to %.300s, which has no TLSA record at _25._tcp; see tlsagen-create(1)",
              name_text(&host, text));
}

void lint_places(struct lint *lint, const struct name *apex)
{
    for (size_t i = 0; i < lint->tlsa_count; i++) {
        struct name owner;
        /* Once for each owner: they are sorted. */
        if (i > 0 && lint->tlsa[i].owner == lint->tlsa[i - 1].owner)
            continue;
        name_set_get(&lint->names.set, lint->tlsa[i].owner, &owner);
        check_cover(lint, &lint->tlsa[i], &owner, apex);
        check_owner(lint, &lint->tlsa[i], &owner);
    }
    for (size_t i = 0; i < lint->mx_count; i++)
        check_mail_host(lint, &lint->mx[i], apex);
}
