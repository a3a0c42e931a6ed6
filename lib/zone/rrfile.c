#include "rrfile.h"

#include <stdlib.h>
#include <string.h>

#include "record.h"

/* What the functions of the walk share. */
struct reader {
    const char *bytes;
    size_t len;
    size_t at;
    struct wants *wants;
};

static enum tlsagen_status open_bytes(void *arg, size_t index, const char *path, int *fd,
                                      struct tlsagen_err *err)
{
    (void)arg;
    *fd = -1;
    if (index > 0)
        return tlsagen_err_set(err, TLSAGEN_E_KIND,
                               "$INCLUDE of %s among the records given; give its records instead",
                               path);
    return TLSAGEN_OK;
}

static long read_bytes(void *arg, size_t index, int fd, char *bytes, size_t len)
{
    struct reader *reader = arg;
    size_t left = reader->len - reader->at;
    (void)index;
    (void)fd;
    if (len > left)
        len = left;
    if (len > 0)
        memcpy(bytes, reader->bytes + reader->at, len);
    reader->at += len;
    return (long)len;
}

static void close_bytes(void *arg, size_t index, int fd)
{
    (void)arg;
    (void)index;
    (void)fd;
}

enum tlsagen_status rrfile_check_type(uint16_t type, struct tlsagen_err *err)
{
    char text[TYPE_TEXT_SIZE];
    if (type == TYPE_SOA)
        return tlsagen_err_set(err, TLSAGEN_E_KIND,
                               "the SOA is not edited as a record; tlsagen zone bump changes its "
                               "serial");
    if (type == TYPE_RRSIG || type == TYPE_NSEC || type == TYPE_NSEC3 || type == TYPE_ZONEMD)
        return tlsagen_err_set(err, TLSAGEN_E_KIND,
                               "%s records are made by signing the zone, and not edited",
                               type_text(type, text));
    if (type_is_meta(type))
        return tlsagen_err_set(err, TLSAGEN_E_KIND, "type %s stands in no zone file",
                               type_text(type, text));
    return TLSAGEN_OK;
}

/* One TTL for the RRset (RFC 2181 section 5.2). */
static enum tlsagen_status take_ttl(struct want *want, const struct walk_record *record,
                                    struct tlsagen_err *err)
{
    if (record->ttl_from == WALK_TTL_UNKNOWN)
        return TLSAGEN_OK;
    if (want->has_ttl && want->ttl != record->ttl)
        return tlsagen_err_set(
            err, TLSAGEN_E_KIND,
            "TTL %u, and %u of a record before it in the RRset; an RRset has one "
            "TTL (RFC 2181 section 5.2)",
            record->ttl, want->ttl);
    want->has_ttl = true;
    want->ttl = record->ttl;
    return TLSAGEN_OK;
}

static enum tlsagen_status take_rdata(struct want *want, const struct walk_record *record,
                                      struct tlsagen_err *err)
{
    struct rdata rdata;
    rdata_init(&rdata);
    enum tlsagen_status status = record_rdata(record, &rdata, err);
    if (status == TLSAGEN_OK)
        status = want_add(want, &rdata, err);
    rdata_clear(&rdata);
    return status;
}

static enum tlsagen_status take_record(void *arg, struct walk *walk,
                                       const struct walk_record *record, struct tlsagen_err *err)
{
    struct reader *reader = arg;
    struct tlsagen_err why = {.message = ""};
    struct want *want = NULL;
    enum tlsagen_status status = rrfile_check_type(record->type, &why);
    if (status == TLSAGEN_OK && record->generated)
        status = tlsagen_err_set(&why, TLSAGEN_E_KIND,
                                 "$GENERATE among the records given; give what it makes instead");
    if (status == TLSAGEN_OK) {
        want = wants_get(reader->wants, &record->owner, record->type);
        if (want == NULL)
            return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory");
        status = take_ttl(want, record, &why);
    }
    if (status == TLSAGEN_OK)
        status = take_rdata(want, record, &why);
    if (status == TLSAGEN_OK)
        return TLSAGEN_OK;
    struct walk_fault fault = walk_fault_at(record, record->type_token, status, why.message);
    return walk_err(walk, &fault, err);
}

enum tlsagen_status rrfile_read(const char *bytes, size_t len, const char *source,
                                const struct name *apex, struct wants *wants,
                                struct tlsagen_err *err)
{
    struct reader reader = {.bytes = bytes, .len = len, .wants = wants};
    const struct walk_source functions = {&reader, open_bytes, read_bytes, close_bytes};
    const struct walk_options options = {
        .path = source,
        .origin = apex,
        .fragment = true,
        .allow_signed = true, /* refused here, with another reason */
        .all = true,
        .source = &functions,
        .arg = &reader,
        .record = take_record,
    };
    struct walk *walk = NULL;
    enum tlsagen_status status = walk_run(&options, &walk, err);
    walk_free(walk);
    if (status == TLSAGEN_OK && wants->count == 0)
        status =
            tlsagen_err_set(err, TLSAGEN_E_KIND,
                            "no records in %s; give some, as tlsagen create prints them", source);
    return status;
}

/* The one record of `owner type rdata`, by the way that a file of records goes. */
static enum tlsagen_status read_one(const struct name *owner, const char *type, const char *rdata,
                                    const struct name *apex, struct wants *wants,
                                    struct tlsagen_err *err)
{
    struct tlsagen_buf line;
    tlsagen_buf_init(&line);
    name_format(&line, owner);
    tlsagen_buf_printf(&line, " %s %s\n", type, rdata);
    enum tlsagen_status status = tlsagen_buf_check(&line, err);
    if (status == TLSAGEN_OK)
        status = rrfile_read(line.data, line.len, "RDATA", apex, wants, err);
    /* A line end in it would begin records that nobody named. */
    if (status == TLSAGEN_OK && (wants->count != 1 || wants->at[0].count != 1))
        status = tlsagen_err_set(err, TLSAGEN_E_ARGUMENT,
                                 "the rdata is that of several records; give one, on one line");
    tlsagen_buf_clear(&line);
    return status;
}

enum tlsagen_status rrfile_read_removal(const char *owner, const char *type, const char *rdata,
                                        const struct name *apex, struct wants *wants,
                                        struct tlsagen_err *err)
{
    struct name name;
    uint16_t number = WANT_ANY;
    enum tlsagen_status status = name_parse(owner, strlen(owner), apex, &name, err);
    if (status != TLSAGEN_OK) {
        if (err != NULL)
            err->code = TLSAGEN_E_ARGUMENT;
        (void)tlsagen_err_prepend(err, "owner");
        return TLSAGEN_E_ARGUMENT;
    }
    if (type != NULL && !type_parse(type, strlen(type), &number))
        return tlsagen_err_set(err, TLSAGEN_E_ARGUMENT, "\"%.40s\" is no record type", type);
    if (type != NULL)
        status = rrfile_check_type(number, err);
    if (status == TLSAGEN_OK && rdata != NULL)
        return read_one(&name, type, rdata, apex, wants, err);
    if (status == TLSAGEN_OK && wants_get(wants, &name, number) == NULL)
        status = tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory");
    return status;
}
