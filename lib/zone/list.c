/* list.c - tlsagen_zone_list: the records of a zone, as text. */
#include <tlsagen/zone.h>

#include <string.h>

#include "apex.h"
#include "record.h"

struct lister {
    const struct tlsagen_zone_filter *filter;
    tlsagen_zone_take *take;
    void *arg;
    uint16_t type;         /* asked for, when filter->type is set */
    struct name apex;      /* when filter->origin or filter->owner is set */
    struct name_set watch; /* the owner asked for */
    struct rdata rdata;    /* of the record in hand */
    struct tlsagen_buf text;
};

/* The watched owner's neighbours are shown, too, and the SOA always. */
static bool is_asked_for(const struct lister *lister, const struct walk_record *record)
{
    return (lister->filter->owner == NULL || record->watched) &&
           (lister->filter->type == NULL || record->type == lister->type);
}

static enum tlsagen_status give(const struct lister *lister, const struct walk *walk,
                                const struct walk_record *record, struct tlsagen_err *err)
{
    char owner[NAME_TEXT_SIZE], type[TYPE_TEXT_SIZE];
    const struct tlsagen_zone_record shown = {
        .owner = name_text(&record->owner, owner),
        .ttl = record->ttl,
        .ttl_known = record->ttl_from != WALK_TTL_UNKNOWN,
        .type = type_text(record->type, type),
        .rdata = lister->text.data,
        .file = walk_file(walk, record->file)->path,
        .line = record->line,
        .generated = record->generated,
    };
    return lister->take(lister->arg, &shown, err);
}

static enum tlsagen_status show(void *arg, struct walk *walk, const struct walk_record *record,
                                struct tlsagen_err *err)
{
    struct lister *lister = arg;
    struct tlsagen_err why;
    if (!is_asked_for(lister, record))
        return TLSAGEN_OK;
    enum tlsagen_status status = record_rdata(record, &lister->rdata, &why);
    if (status != TLSAGEN_OK) {
        const struct walk_fault fault = record_rdata_fault(record, &why);
        return walk_err(walk, &fault, err);
    }
    tlsagen_buf_reset(&lister->text);
    status = rdata_format(&lister->text, record->type, &lister->rdata, err);
    if (status == TLSAGEN_OK)
        status = tlsagen_buf_check(&lister->text, err);
    return status == TLSAGEN_OK ? give(lister, walk, record, err) : status;
}

static enum tlsagen_status read_type(struct lister *lister, struct tlsagen_err *err)
{
    const char *type = lister->filter->type;
    if (type == NULL ||
        (type_parse(type, strlen(type), &lister->type) && !type_is_meta(lister->type)))
        return TLSAGEN_OK;
    return tlsagen_err_set(err, TLSAGEN_E_ARGUMENT,
                           "type \"%.40s\" is none that a zone file holds; give one as TLSA, or "
                           "TYPE52",
                           type);
}

/* The owner asked for, in the zone whose name is found first. */
static enum tlsagen_status watch_owner(struct lister *lister, const char *path,
                                       struct tlsagen_err *err)
{
    const char *text = lister->filter->owner;
    char apex[NAME_TEXT_SIZE];
    struct name owner;
    enum tlsagen_status status = apex_find(path, lister->filter->origin, &lister->apex, err);
    if (status != TLSAGEN_OK)
        return status;
    if (name_parse(text, strlen(text), &lister->apex, &owner, err) != TLSAGEN_OK) {
        err->code = TLSAGEN_E_ARGUMENT;
        return tlsagen_err_prepend(err, "owner \"%.300s\"", text);
    }
    if (!name_is_within(&owner, &lister->apex))
        return tlsagen_err_set(err, TLSAGEN_E_ARGUMENT, "owner %.300s lies outside the zone %.300s",
                               text, name_text(&lister->apex, apex));
    return name_set_add(&lister->watch, &owner, NULL, err);
}

static enum tlsagen_status list(struct lister *lister, const char *path, struct tlsagen_err *err)
{
    const struct tlsagen_zone_filter *filter = lister->filter;
    struct walk *walk = NULL;
    enum tlsagen_status status = read_type(lister, err);
    if (status == TLSAGEN_OK && filter->owner != NULL)
        status = watch_owner(lister, path, err);
    else if (status == TLSAGEN_OK && filter->origin != NULL)
        status = apex_parse(filter->origin, &lister->apex, err);
    if (status != TLSAGEN_OK)
        return status;
    const struct walk_options options = {
        .path = path,
        .origin = lister->apex.len > 0 ? &lister->apex : NULL,
        .allow_signed = true,
        .all = filter->owner == NULL && filter->type == NULL,
        .watch = filter->owner != NULL ? &lister->watch : NULL,
        .types = &lister->type,
        .type_count = filter->owner == NULL && filter->type != NULL ? 1 : 0,
        .record = show,
        .arg = lister,
    };
    status = walk_run(&options, &walk, err);
    walk_free(walk);
    return status;
}

enum tlsagen_status tlsagen_zone_list(const char *path, const struct tlsagen_zone_filter *filter,
                                      tlsagen_zone_take *take, void *arg, struct tlsagen_err *err)
{
    struct lister lister = {.filter = filter, .take = take, .arg = arg};
    rdata_init(&lister.rdata);
    tlsagen_buf_init(&lister.text);
    enum tlsagen_status status = list(&lister, path, err);
    name_set_clear(&lister.watch);
    rdata_clear(&lister.rdata);
    tlsagen_buf_clear(&lister.text);
    return status;
}
