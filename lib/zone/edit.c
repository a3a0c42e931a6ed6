#include "edit.h"

#include <stdlib.h>
#include <string.h>

#include "record.h"

enum tlsagen_status edit_init(struct edit *edit, struct tlsagen_err *err)
{
    const struct wants *wants = edit->wants;
    edit->rrsets = calloc(wants->count, sizeof(*edit->rrsets));
    edit->owners = calloc(wants->names.count, sizeof(*edit->owners));
    if (edit->rrsets == NULL || edit->owners == NULL)
        return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory");
    for (size_t i = 0; i < wants->count; i++)
        edit->rrsets[i].last_place = EDIT_NONE;
    edit->owner_count = wants->names.count;
    for (size_t i = 0; i < edit->owner_count; i++)
        edit->owners[i].cname_place = EDIT_NONE;
    return TLSAGEN_OK;
}

static void place_clear(struct edit_place *place)
{
    free(place->owner_text);
    free(place->blanks);
    free(place->rdata_text);
}

void edit_release(struct edit *edit)
{
    for (size_t i = 0; i < edit->place_count; i++)
        place_clear(&edit->places[i]);
    for (size_t i = 0; i < edit->splice_count; i++)
        tlsagen_buf_clear(&edit->splices[i].text);
    for (size_t i = 0; i < edit->owner_count; i++)
        free(edit->owners[i].target);
    tlsagen_buf_clear(&edit->names);
    free(edit->places);
    free(edit->rrsets);
    free(edit->owners);
    free(edit->splices);
    edit->places = NULL;
    edit->rrsets = NULL;
    edit->owners = NULL;
    edit->splices = NULL;
    edit->place_count = edit->place_cap = edit->owner_count = 0;
    edit->splice_count = edit->splice_cap = 0;
}

void edit_clear(struct edit *edit)
{
    edit_release(edit);
    tlsagen_buf_clear(&edit->added);
    tlsagen_buf_clear(&edit->removed);
    *edit = (struct edit){0};
}

void edit_name(const struct edit *edit, size_t number, struct name *name)
{
    const char *bytes = edit->names.data + number;
    name->len = (uint8_t)*bytes;
    memcpy(name->wire, bytes + 1, name->len);
}

bool edit_same_name(const struct edit *edit, size_t a, size_t b)
{
    struct name first, second;
    if (a == b)
        return true;
    edit_name(edit, a, &first);
    edit_name(edit, b, &second);
    return name_equal(&first, &second);
}

/* Keeps a name; it often is that of the place before, whose number is `last`. */
static size_t keep_name(struct edit *edit, size_t last, const struct name *name)
{
    const size_t number = edit->names.len;
    if (last != EDIT_NONE && (uint8_t)edit->names.data[last] == name->len &&
        memcmp(edit->names.data + last + 1, name->wire, name->len) == 0)
        return last;
    tlsagen_buf_char(&edit->names, (char)name->len);
    tlsagen_buf_add(&edit->names, (const char *)name->wire, name->len);
    return number;
}

static enum tlsagen_status at_record(const struct walk *walk, const struct walk_record *record,
                                     size_t token, enum tlsagen_status status, const char *text,
                                     struct tlsagen_err *err)
{
    struct walk_fault fault = walk_fault_at(record, token, status, text);
    return walk_err(walk, &fault, err);
}

/* The rdata of a record in wire form; a failure gets its place. */
static enum tlsagen_status read_rdata(const struct walk *walk, const struct walk_record *record,
                                      struct rdata *rdata, struct tlsagen_err *err)
{
    struct tlsagen_err why;
    if (record_rdata(record, rdata, &why) == TLSAGEN_OK)
        return TLSAGEN_OK;
    struct walk_fault fault = record_rdata_fault(record, &why);
    return walk_err(walk, &fault, err);
}

static char *copy_text(const char *text, size_t len, bool quoted)
{
    size_t extra = quoted ? 1 : 0;
    char *copy = malloc(len + 2 * extra + 1);
    if (copy == NULL)
        return NULL;
    if (quoted)
        copy[0] = copy[len + 1] = '"';
    memcpy(copy + extra, text, len);
    copy[len + 2 * extra] = '\0';
    return copy;
}

/* Where the words stand that an edit may change. */
static bool fill_place(struct edit_place *place, const struct walk_record *record)
{
    size_t head = record->type_token;
    if (record->class_token < head)
        head = record->class_token;
    if (record->ttl_token < head)
        head = record->ttl_token;
    place->head_at = record->begin + record->tokens[head].at;
    if (record->ttl_token != WALK_NO_TOKEN) {
        place->ttl_at = record->begin + record->tokens[record->ttl_token].at;
        place->ttl_len = record->tokens[record->ttl_token].len;
    }
    if (record->owner_token == WALK_NO_TOKEN) {
        size_t blanks = 0;
        while (blanks < record->len &&
               (record->text[blanks] == ' ' || record->text[blanks] == '\t'))
            blanks++;
        place->blanks = copy_text(record->text, blanks, false);
        return place->blanks != NULL;
    }
    const struct lex_token *owner = &record->tokens[record->owner_token];
    place->owner_text = copy_text(record->text + owner->at, owner->len, owner->quoted);
    return place->owner_text != NULL;
}

/*
 * In a row of records that inherit their owner and that nobody wants changed, only the first and
 * the last matter: so memory does not grow with the row.
 */
static bool is_row(const struct edit *edit, const struct edit_place *next)
{
    if (edit->place_count < 2 || !next->blank_owner || next->want != EDIT_NONE)
        return false;
    const struct edit_place *last = &edit->places[edit->place_count - 1];
    return last->blank_owner && last->want == EDIT_NONE && last->type != TYPE_CNAME &&
           last->file == next->file && last->behind &&
           edit->places[edit->place_count - 2].want == EDIT_NONE &&
           edit->places[edit->place_count - 2].file == next->file;
}

/* Appends a place for the record; NULL when memory runs out. */
static struct edit_place *add_place(struct edit *edit, const struct walk_record *record,
                                    size_t want)
{
    const struct edit_place *last =
        edit->place_count > 0 ? &edit->places[edit->place_count - 1] : NULL;
    struct edit_place place = {
        .file = record->file,
        .begin = record->begin,
        .end = record->end,
        .line = record->line,
        .owner = keep_name(edit, last != NULL ? last->owner : EDIT_NONE, &record->owner),
        .origin = keep_name(edit, last != NULL ? last->origin : EDIT_NONE, record->origin),
        .type = record->type,
        .ttl = record->ttl,
        .ttl_from = record->ttl_from,
        .blank_owner = record->owner_token == WALK_NO_TOKEN,
        .generated = record->generated,
        .no_final_newline = record->no_final_newline,
        .behind = record->follows || record->owner_token == WALK_NO_TOKEN,
        .want = want,
        .ttl_before_known = record->ttl_before_known,
        .ttl_before = record->ttl_before,
        .owner_from = EDIT_NONE,
    };
    if (is_row(edit, &place)) {
        place_clear(&edit->places[--edit->place_count]);
    } else if (edit->place_count == edit->place_cap) {
        size_t cap = edit->place_cap == 0 ? 16 : 2 * edit->place_cap;
        struct edit_place *moved =
            cap > SIZE_MAX / sizeof(*moved) ? NULL : realloc(edit->places, cap * sizeof(*moved));
        if (moved == NULL)
            return NULL;
        edit->places = moved;
        edit->place_cap = cap;
    }
    if (edit->names.failed || !fill_place(&place, record)) {
        place_clear(&place);
        return NULL;
    }
    edit->places[edit->place_count] = place;
    return &edit->places[edit->place_count++];
}

/* Whether the record goes, by the verb. */
static bool is_unwanted(const struct edit *edit, const struct want *want, bool wanted)
{
    if (edit->verb == EDIT_REMOVE)
        return want->count == 0 || wanted;
    return edit->verb == EDIT_PUT && !wanted;
}

static enum tlsagen_status keep_rdata_text(struct edit_place *place, const struct rdata *rdata,
                                           struct tlsagen_err *err)
{
    struct tlsagen_buf text;
    tlsagen_buf_init(&text);
    enum tlsagen_status status = rdata_format(&text, place->type, rdata, err);
    if (status == TLSAGEN_OK) {
        place->rdata_text = copy_text(text.data, text.len, false);
        if (place->rdata_text == NULL)
            status = tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory");
    }
    tlsagen_buf_clear(&text);
    return status;
}

/* A record of a wanted RRset: stays or goes. */
static enum tlsagen_status judge_record(struct edit *edit, const struct walk *walk,
                                        const struct walk_record *record, struct edit_place *place,
                                        struct tlsagen_err *err)
{
    struct want *want = &edit->wants->at[place->want];
    struct edit_rrset *rrset = &edit->rrsets[place->want];
    struct rdata rdata;
    rdata_init(&rdata);
    enum tlsagen_status status = read_rdata(walk, record, &rdata, err);
    if (status == TLSAGEN_OK) {
        struct want_record *wanted = want_find(want, &rdata);
        if (wanted != NULL)
            wanted->found = true;
        if (rrset->last_place == EDIT_NONE)
            rrset->found_ttl = record->ttl;
        rrset->last_place = edit->place_count - 1;
        place->removed = is_unwanted(edit, want, wanted != NULL);
        if (!place->removed)
            rrset->kept++;
        status = edit->unlisted ? TLSAGEN_OK : keep_rdata_text(place, &rdata, err);
    }
    if (status == TLSAGEN_OK && place->removed && record->generated)
        status = at_record(walk, record, WALK_NO_TOKEN, TLSAGEN_E_KIND,
                           "$GENERATE makes a record that has to go; edit the directive by hand, "
                           "it makes other records too",
                           err);
    rdata_clear(&rdata);
    return status;
}

/* What a record says about its owner: alias or other data. */
static enum tlsagen_status note_owner(struct edit *edit, const struct walk *walk,
                                      const struct walk_record *record,
                                      const struct edit_place *place, struct tlsagen_err *err)
{
    const size_t number = name_set_find(&edit->wants->names, &record->owner);
    if (number == NAME_SET_NONE)
        return TLSAGEN_OK;
    struct edit_owner *owner = &edit->owners[number];
    if (record->type != TYPE_CNAME) {
        /* RFC 4034 section 3: these may stand beside a CNAME. */
        if (!place->removed && record->type != TYPE_RRSIG && record->type != TYPE_NSEC)
            owner->other++;
        return TLSAGEN_OK;
    }
    struct rdata rdata;
    rdata_init(&rdata);
    enum tlsagen_status status = read_rdata(walk, record, &rdata, err);
    if (status == TLSAGEN_OK && owner->target == NULL) {
        owner->target = calloc(1, sizeof(*owner->target));
        if (owner->target == NULL)
            status = tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory");
    }
    if (status == TLSAGEN_OK && rdata.wire.len <= NAME_WIRE_MAX) {
        owner->target->len = (uint8_t)rdata.wire.len;
        memcpy(owner->target->wire, rdata.wire.data, rdata.wire.len);
        owner->cname_place = edit->place_count - 1;
        if (!place->removed)
            owner->cnames++;
    }
    rdata_clear(&rdata);
    return status;
}

enum tlsagen_status edit_record(struct edit *edit, const struct walk *walk,
                                const struct walk_record *record, struct tlsagen_err *err)
{
    struct want *want =
        record->watched ? wants_find(edit->wants, &record->owner, record->type) : NULL;
    if (!record->watched && !record->follows)
        return TLSAGEN_OK;
    if (want != NULL && record->type == TYPE_SOA)
        return at_record(walk, record, WALK_NO_TOKEN, TLSAGEN_E_KIND,
                         "the SOA is here too and cannot be removed; name a type", err);
    struct edit_place *place =
        add_place(edit, record, want != NULL ? (size_t)(want - edit->wants->at) : EDIT_NONE);
    if (place == NULL)
        return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory");
    enum tlsagen_status status = TLSAGEN_OK;
    if (want != NULL)
        status = judge_record(edit, walk, record, place, err);
    if (status == TLSAGEN_OK && record->watched)
        status = note_owner(edit, walk, record, place, err);
    return status;
}

size_t edit_alias(const struct edit *edit)
{
    const struct wants *wants = edit->wants;
    for (size_t i = 0; i < edit->owner_count; i++) {
        const struct edit_owner *owner = &edit->owners[i];
        if (owner->cname_place == EDIT_NONE || edit->places[owner->cname_place].removed)
            continue;
        for (size_t k = wants->first[i]; k != 0; k = wants->at[k - 1].next) {
            const struct want *want = &wants->at[k - 1];
            if (want->type != TYPE_CNAME && want->type != WANT_ANY)
                return i;
        }
    }
    return EDIT_NONE;
}
