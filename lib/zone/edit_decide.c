/* edit_decide.c - what becomes of each wanted RRset, and whether a server would load the result. */
#include "edit.h"

#include <string.h>

/* The TTL of an RRset that is written, by the order of tlsagen-zone(1). */
static uint32_t choose_ttl(const struct edit *edit, const struct want *want,
                           const struct edit_rrset *rrset, const struct walk *walk)
{
    uint32_t ttl = 0;
    bool found = rrset->last_place != EDIT_NONE;
    if (edit->ttl >= 0)
        return (uint32_t)edit->ttl;
    if (found && (edit->verb == EDIT_ADD || !want->has_ttl))
        return rrset->found_ttl;
    if (want->has_ttl)
        return want->ttl;
    return walk_default_ttl(walk, &ttl) ? ttl : EDIT_DEFAULT_TTL;
}

static void add_line(const struct edit *edit, struct tlsagen_buf *lines, size_t *count,
                     const struct edit_place *place, uint32_t ttl)
{
    struct name owner;
    char type[TYPE_TEXT_SIZE];
    (*count)++;
    if (edit->unlisted)
        return;
    edit_name(edit, place->owner, &owner);
    name_format(lines, &owner);
    tlsagen_buf_printf(lines, "\t%u\tIN\t%s\t%s\n", ttl, type_text(place->type, type),
                       place->rdata_text);
}

/* Lists what goes, and what stays with another TTL. */
static void list_places(struct edit *edit)
{
    for (size_t i = 0; i < edit->place_count; i++) {
        const struct edit_place *place = &edit->places[i];
        if (place->want == EDIT_NONE)
            continue;
        const struct edit_rrset *rrset = &edit->rrsets[place->want];
        bool moved = !place->removed && rrset->relevel && place->ttl != rrset->ttl;
        if (place->removed || moved)
            add_line(edit, &edit->removed, &edit->removed_count, place, place->ttl);
        if (moved)
            add_line(edit, &edit->added, &edit->added_count, place, rrset->ttl);
    }
}

/* Settles one RRset, and lists what is new in it. */
static enum tlsagen_status settle(struct edit *edit, size_t index, const struct walk *walk,
                                  struct tlsagen_err *err)
{
    const struct want *want = &edit->wants->at[index];
    struct edit_rrset *rrset = &edit->rrsets[index];
    enum tlsagen_status status = TLSAGEN_OK;
    struct name owner;
    if (edit->verb == EDIT_REMOVE)
        return TLSAGEN_OK;
    want_owner(want, &owner);
    rrset->ttl = choose_ttl(edit, want, rrset, walk);
    rrset->relevel = edit->ttl >= 0 || (edit->verb == EDIT_PUT && want->has_ttl);
    for (size_t i = 0; i < want->count && status == TLSAGEN_OK; i++) {
        if (want->records[i].found)
            continue;
        edit->added_count++;
        rrset->added++;
        if (edit->unlisted)
            continue;
        status = edit_text_record(&edit->added, &owner, rrset->ttl, want->type,
                                  &want->records[i].rdata, err);
        tlsagen_buf_char(&edit->added, '\n');
    }
    return status;
}

/* RFC 1034 section 3.6.2, RFC 2181 section 10.1: an alias stands alone. */
static enum tlsagen_status check_owners(struct edit *edit, struct tlsagen_err *err)
{
    const struct wants *wants = edit->wants;
    char text[NAME_TEXT_SIZE];
    struct name name;
    for (size_t i = 0; i < edit->owner_count; i++) {
        struct edit_owner *owner = &edit->owners[i];
        for (size_t k = wants->first[i]; k != 0; k = wants->at[k - 1].next) {
            if (wants->at[k - 1].type == TYPE_CNAME)
                owner->cnames += edit->rrsets[k - 1].added;
            else
                owner->other += edit->rrsets[k - 1].added;
        }
        if (owner->cnames > 0)
            wants_owner_of(wants, i, &name);
        if (owner->cnames > 1)
            return tlsagen_err_set(err, TLSAGEN_E_MISMATCH,
                                   "%s would have two CNAMEs; put replaces the one that is there",
                                   name_text(&name, text));
        if (owner->cnames > 0 && owner->other > 0)
            return tlsagen_err_set(err, TLSAGEN_E_MISMATCH,
                                   "%s would have a CNAME and other data (RFC 1034 section 3.6.2); "
                                   "remove one of them first",
                                   name_text(&name, text));
    }
    return TLSAGEN_OK;
}

static enum tlsagen_status check_apex(const struct edit *edit, const struct name *apex,
                                      struct tlsagen_err *err)
{
    char text[2][NAME_TEXT_SIZE];
    struct name owner;
    for (size_t i = 0; i < edit->wants->count && apex != NULL; i++) {
        const struct want *want = &edit->wants->at[i];
        const struct edit_rrset *rrset = &edit->rrsets[i];
        want_owner(want, &owner);
        if (!name_is_within(&owner, apex))
            return tlsagen_err_set(err, TLSAGEN_E_MISMATCH, "%.400s lies outside the zone %.400s",
                                   name_text(&owner, text[0]), name_text(apex, text[1]));
        if (want->type == TYPE_NS && name_equal(&owner, apex) && rrset->last_place != EDIT_NONE &&
            rrset->kept + rrset->added == 0)
            return tlsagen_err_set(err, TLSAGEN_E_MISMATCH,
                                   "%.400s would have no NS record, and no server would load it; "
                                   "put the new name servers instead",
                                   name_text(apex, text[0]));
    }
    return TLSAGEN_OK;
}

enum tlsagen_status edit_finish(struct edit *edit, const struct walk *walk, struct tlsagen_err *err)
{
    enum tlsagen_status status = TLSAGEN_OK;
    for (size_t i = 0; i < edit->wants->count && status == TLSAGEN_OK; i++)
        status = settle(edit, i, walk, err);
    list_places(edit);
    if (status == TLSAGEN_OK)
        status = check_owners(edit, err);
    if (status == TLSAGEN_OK)
        status = check_apex(edit, walk_apex(walk), err);
    if (status == TLSAGEN_OK)
        status = tlsagen_buf_check(&edit->added, err);
    if (status == TLSAGEN_OK)
        status = tlsagen_buf_check(&edit->removed, err);
    if (status == TLSAGEN_OK)
        status = edit_plan(edit, walk, err);
    if (status == TLSAGEN_OK)
        status = edit_splice_join(edit, err);
    return status;
}
