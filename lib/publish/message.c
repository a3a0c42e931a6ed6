#include "message.h"

#include <string.h>

#define OPCODE_UPDATE 0x2800U
#define CLASS_NONE 254
#define CLASS_ANY 255
#define TYPE_ANY_OF 255
#define DEFAULT_TTL 3600U

/* A message in the making, with the numbers of its sections. */
struct maker {
    struct tlsagen_buf *prerequisites;
    struct tlsagen_buf *updates;
    unsigned prerequisite_count;
    unsigned update_count;
};

static void add16(struct tlsagen_buf *buf, unsigned value)
{
    const uint8_t bytes[2] = {(uint8_t)(value >> 8), (uint8_t)value};
    tlsagen_buf_add(buf, bytes, sizeof(bytes));
}

static void add_record(struct tlsagen_buf *buf, const struct want *want, uint16_t type,
                       uint16_t class, uint32_t ttl, const struct rdata *rdata)
{
    struct name owner;
    want_owner(want, &owner);
    tlsagen_buf_add(buf, owner.wire, owner.len);
    add16(buf, type);
    add16(buf, class);
    add16(buf, (unsigned)(ttl >> 16));
    add16(buf, (unsigned)(ttl & 0xffff));
    add16(buf, rdata == NULL ? 0 : (unsigned)rdata->wire.len);
    if (rdata != NULL)
        tlsagen_buf_add(buf, rdata->wire.data, rdata->wire.len);
}

/* RFC 2136 section 2.4: the RRset is this one, or there is none. */
static void require(struct maker *maker, const struct want *want, const struct message_rrset *there)
{
    for (size_t i = 0; i < there->count; i++)
        add_record(maker->prerequisites, want, want->type, CLASS_IN, 0, &there->records[i].rdata);
    if (there->count == 0)
        add_record(maker->prerequisites, want, want->type, CLASS_NONE, 0, NULL);
    maker->prerequisite_count += there->count == 0 ? 1 : (unsigned)there->count;
}

static enum tlsagen_status add_line(struct tlsagen_buf *lines, const struct want *want,
                                    uint32_t ttl, const struct rdata *rdata,
                                    struct tlsagen_err *err)
{
    char type[TYPE_TEXT_SIZE];
    struct name owner;
    want_owner(want, &owner);
    name_format(lines, &owner);
    tlsagen_buf_printf(lines, "\t%u\tIN\t%s\t", ttl, type_text(want->type, type));
    enum tlsagen_status status = rdata_format(lines, want->type, rdata, err);
    tlsagen_buf_char(lines, '\n');
    return status;
}

static bool has(const struct want_record *records, size_t count, const struct rdata *rdata)
{
    for (size_t i = 0; i < count; i++) {
        if (rdata_equal(&records[i].rdata, rdata))
            return true;
    }
    return false;
}

static uint32_t ttl_of(const struct want *want, const struct message_rrset *there, int64_t ttl)
{
    if (ttl >= 0)
        return (uint32_t)ttl;
    if (want->has_ttl)
        return want->ttl;
    return there->count > 0 ? there->ttl : DEFAULT_TTL;
}

/* Whether a record that is there has to go. */
static bool goes(enum tlsagen_update_verb verb, const struct want *want, const struct rdata *rdata)
{
    bool wanted = has(want->records, want->count, rdata);
    switch (verb) {
    case TLSAGEN_UPDATE_PUT:
        return !wanted;
    case TLSAGEN_UPDATE_REMOVE:
        return want->count == 0 || wanted;
    case TLSAGEN_UPDATE_ADD:
        break;
    }
    return false;
}

enum tlsagen_status message_lines_before(struct tlsagen_buf *lines, const struct want *want,
                                         const struct message_rrset *there, struct tlsagen_err *err)
{
    enum tlsagen_status status = TLSAGEN_OK;
    for (size_t i = 0; i < there->count && status == TLSAGEN_OK; i++)
        status = add_line(lines, want, there->ttl, &there->records[i].rdata, err);
    return status;
}

enum tlsagen_status message_lines_after(struct tlsagen_buf *lines, enum tlsagen_update_verb verb,
                                        const struct want *want, const struct message_rrset *there,
                                        int64_t ttl, struct tlsagen_err *err)
{
    const uint32_t new_ttl = ttl_of(want, there, ttl);
    enum tlsagen_status status = TLSAGEN_OK;
    for (size_t i = 0; i < there->count && status == TLSAGEN_OK; i++) {
        if (!goes(verb, want, &there->records[i].rdata))
            status = add_line(lines, want, new_ttl, &there->records[i].rdata, err);
    }
    for (size_t i = 0; verb != TLSAGEN_UPDATE_REMOVE && i < want->count && status == TLSAGEN_OK;
         i++) {
        if (!has(there->records, there->count, &want->records[i].rdata))
            status = add_line(lines, want, new_ttl, &want->records[i].rdata, err);
    }
    return status;
}

bool message_is_there(const struct want *want, const struct message_rrset *there)
{
    for (size_t i = 0; i < there->count; i++) {
        if (!has(want->records, want->count, &there->records[i].rdata))
            return false;
    }
    return want->count == there->count;
}

static enum tlsagen_status change_rrset(struct maker *maker, enum tlsagen_update_verb verb,
                                        const struct want *want, const struct message_rrset *there,
                                        int64_t wanted_ttl, struct tlsagen_update_result *result,
                                        struct tlsagen_err *err)
{
    const unsigned before = maker->update_count;
    uint32_t ttl = ttl_of(want, there, wanted_ttl);
    /* What stays gets a new TTL with the rest. */
    bool level = verb != TLSAGEN_UPDATE_REMOVE && there->count > 0 && ttl != there->ttl;
    enum tlsagen_status status = TLSAGEN_OK;
    for (size_t i = 0; i < there->count && status == TLSAGEN_OK; i++) {
        const struct rdata *rdata = &there->records[i].rdata;
        bool gone = goes(verb, want, rdata);
        if (!gone && !level)
            continue;
        maker->update_count++;
        add_record(maker->updates, want, want->type, gone ? CLASS_NONE : CLASS_IN, gone ? 0 : ttl,
                   rdata);
        status = add_line(&result->removed, want, there->ttl, rdata, err);
        if (!gone && status == TLSAGEN_OK)
            status = add_line(&result->added, want, ttl, rdata, err);
    }
    for (size_t i = 0; verb != TLSAGEN_UPDATE_REMOVE && i < want->count && status == TLSAGEN_OK;
         i++) {
        const struct rdata *rdata = &want->records[i].rdata;
        if (has(there->records, there->count, rdata))
            continue;
        maker->update_count++;
        add_record(maker->updates, want, want->type, CLASS_IN, ttl, rdata);
        status = add_line(&result->added, want, ttl, rdata, err);
    }
    if (maker->update_count > before)
        require(maker, want, there);
    return status;
}

/* All types of an owner: nobody has read them, so there is no condition. */
static void remove_all(struct maker *maker, const struct want *want,
                       struct tlsagen_update_result *result)
{
    struct name owner;
    want_owner(want, &owner);
    maker->update_count++;
    add_record(maker->updates, want, TYPE_ANY_OF, CLASS_ANY, 0, NULL);
    name_format(&result->removed, &owner);
    tlsagen_buf_str(&result->removed, "\tIN\tANY\n");
}

static enum tlsagen_status join(struct tlsagen_buf *message, const struct name *zone, uint16_t id,
                                const struct maker *maker, struct tlsagen_err *err)
{
    add16(message, id);
    add16(message, OPCODE_UPDATE);
    add16(message, 1);
    add16(message, maker->prerequisite_count);
    add16(message, maker->update_count);
    add16(message, 0);
    tlsagen_buf_add(message, zone->wire, zone->len);
    add16(message, TYPE_SOA);
    add16(message, CLASS_IN);
    tlsagen_buf_add(message, maker->prerequisites->data, maker->prerequisites->len);
    tlsagen_buf_add(message, maker->updates->data, maker->updates->len);
    if (message->len > MESSAGE_MAX || maker->prerequisite_count > UINT16_MAX ||
        maker->update_count > UINT16_MAX)
        return tlsagen_err_set(err, TLSAGEN_E_LIMIT,
                               "an update of %zu bytes, and a message holds %u; give fewer RRsets "
                               "at once",
                               message->len, MESSAGE_MAX);
    return tlsagen_buf_check(message, err);
}

enum tlsagen_status message_make(struct tlsagen_buf *message, const struct name *zone, uint16_t id,
                                 enum tlsagen_update_verb verb, const struct wants *wants,
                                 const struct message_rrset *there, int64_t ttl,
                                 struct tlsagen_update_result *result, struct tlsagen_err *err)
{
    struct tlsagen_buf prerequisites, updates;
    struct maker maker = {.prerequisites = &prerequisites, .updates = &updates};
    enum tlsagen_status status = TLSAGEN_OK;
    tlsagen_buf_init(&prerequisites);
    tlsagen_buf_init(&updates);
    for (size_t i = 0; i < wants->count && status == TLSAGEN_OK; i++) {
        if (wants->at[i].type == WANT_ANY)
            remove_all(&maker, &wants->at[i], result);
        else
            status = change_rrset(&maker, verb, &wants->at[i], &there[i], ttl, result, err);
    }
    result->changed = maker.update_count > 0;
    if (status == TLSAGEN_OK && (prerequisites.failed || updates.failed))
        status = tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory");
    if (status == TLSAGEN_OK)
        status = join(message, zone, id, &maker, err);
    tlsagen_buf_clear(&prerequisites);
    tlsagen_buf_clear(&updates);
    return status;
}
