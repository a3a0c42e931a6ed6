/*
 * edit_plan.c - the splices of a decided edit.
 *
 * Goes through the places in the order of the walk and keeps book of the owner and the TTL that a
 * record without its own would inherit in the new text. Where that differs from the old text, the
 * first record that inherits gets it written.
 */
#include "edit.h"

#include <stdio.h>
#include <string.h>

/* The book. */
struct plan {
    struct edit *edit;
    const struct walk *walk;
    bool ttl_matters; /* no $TTL and no SOA minimum: TTLs are inherited (RFC 1035 section 5.1) */
    bool ttl_known;   /* the TTL in force in the new text, at this place */
    uint32_t ttl;
    bool ttl_differs; /* from that of the old text */
    size_t tail;      /* the place that ends the zone file without a line end, or EDIT_NONE */
    char eol[3];      /* what line_end found last; "": nothing yet ... */
    size_t eol_file;  /* ... and where: many RRsets go to one place */
    uint64_t eol_at;
};

static enum tlsagen_status no_memory(struct tlsagen_err *err)
{
    return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory");
}

static enum tlsagen_status at_place(const struct plan *plan, const struct edit_place *place,
                                    const char *text, struct tlsagen_err *err)
{
    struct walk_fault fault = {.file = place->file,
                               .line = place->line,
                               .column = 1,
                               .status = TLSAGEN_E_KIND,
                               .text = text};
    return walk_err(plan->walk, &fault, err);
}

static enum tlsagen_status insert(struct plan *plan, size_t file, uint64_t at, uint64_t len,
                                  const char *text, struct tlsagen_err *err)
{
    struct edit_splice *splice = edit_splice_add(plan->edit, file, at, len);
    if (splice == NULL)
        return no_memory(err);
    tlsagen_buf_str(&splice->text, text);
    return TLSAGEN_OK;
}

/* The place before i in the same file, or EDIT_NONE. */
static size_t before_in_file(const struct edit *edit, size_t i)
{
    for (size_t k = i; k-- > 0;) {
        if (edit->places[k].file == edit->places[i].file)
            return k;
    }
    return EDIT_NONE;
}

/* The owner as the places above have it, when it means the same here; else absolute. */
static void owner_text(const struct edit *edit, size_t i, struct tlsagen_buf *text)
{
    const struct edit_place *place = &edit->places[i];
    for (size_t k = before_in_file(edit, i); k != EDIT_NONE; k = before_in_file(edit, k)) {
        const struct edit_place *above = &edit->places[k];
        if (!edit_same_name(edit, above->owner, place->owner))
            break;
        if (above->owner_text == NULL)
            continue;
        if (!edit_same_name(edit, above->origin, place->origin))
            break;
        tlsagen_buf_str(text, above->owner_text);
        return;
    }
    struct name owner;
    edit_name(edit, place->owner, &owner);
    name_format(text, &owner);
}

/* Writes the inherited owner of a place before it, in the blanks where there is room. */
static enum tlsagen_status hand_on_owner(struct plan *plan, size_t i, struct tlsagen_err *err)
{
    struct edit_place *place = &plan->edit->places[i];
    struct tlsagen_buf text;
    if (before_in_file(plan->edit, i) == EDIT_NONE)
        return at_place(plan, place,
                        "this record inherits its owner from a record of another file that goes; "
                        "write its owner first",
                        err);
    tlsagen_buf_init(&text);
    owner_text(plan->edit, i, &text);
    enum tlsagen_status status = tlsagen_buf_check(&text, err);
    if (status == TLSAGEN_OK)
        status = insert(plan, place->file, place->begin, edit_text_overlap(place->blanks, text.len),
                        text.data, err);
    tlsagen_buf_clear(&text);
    return status;
}

static enum tlsagen_status write_ttl(struct plan *plan, const struct edit_place *place,
                                     uint32_t ttl, struct tlsagen_err *err)
{
    char text[16];
    if (place->generated)
        return at_place(plan, place,
                        "the TTL of what this $GENERATE makes would change; write its "
                        "TTL first",
                        err);
    bool explicit = place->ttl_from == WALK_TTL_EXPLICIT;
    (void)snprintf(text, sizeof(text), explicit ? "%u" : "%u ", ttl);
    return explicit ? insert(plan, place->file, place->ttl_at, place->ttl_len, text, err)
                    : insert(plan, place->file, place->head_at, 0, text, err);
}

/* The owner in force before place i in the new text: the place that leaves it, or EDIT_NONE. */
static size_t owner_before(const struct edit *edit, size_t i)
{
    size_t above = edit->places[i].behind ? before_in_file(edit, i) : EDIT_NONE;
    if (above == EDIT_NONE && edit->places[i].blank_owner && i > 0)
        above = i - 1; /* the including file's */
    return above == EDIT_NONE ? EDIT_NONE : edit->places[above].owner_from;
}

/* The TTL in force at a place, brought from the old text unless an edit above changed it. */
static void enter(struct plan *plan, const struct edit_place *place)
{
    if (place->behind && plan->ttl_differs)
        return;
    plan->ttl_known = place->ttl_before_known;
    plan->ttl = place->ttl_before;
}

static void leave(struct plan *plan, const struct edit_place *place)
{
    plan->ttl_differs = !plan->ttl_known || plan->ttl != place->ttl;
}

static enum tlsagen_status plan_removed(struct plan *plan, size_t i, struct tlsagen_err *err)
{
    struct edit_place *place = &plan->edit->places[i];
    place->owner_from = owner_before(plan->edit, i);
    return insert(plan, place->file, place->begin, place->end - place->begin, "", err);
}

static enum tlsagen_status plan_kept(struct plan *plan, size_t i, struct tlsagen_err *err)
{
    struct edit *edit = plan->edit;
    struct edit_place *place = &edit->places[i];
    const struct edit_rrset *rrset = place->want != EDIT_NONE ? &edit->rrsets[place->want] : NULL;
    uint32_t ttl = rrset != NULL && rrset->relevel ? rrset->ttl : place->ttl;
    enum tlsagen_status status = TLSAGEN_OK;
    if (place->blank_owner && !place->generated) {
        size_t from = owner_before(edit, i);
        if (from == EDIT_NONE || !edit_same_name(edit, edit->places[from].owner, place->owner))
            status = hand_on_owner(plan, i, err);
    }
    bool lost = place->ttl_from == WALK_TTL_INHERITED && (!plan->ttl_known || plan->ttl != ttl);
    if (status == TLSAGEN_OK && (ttl != place->ttl || lost))
        status = write_ttl(plan, place, ttl, err);
    place->owner_from = i;
    plan->ttl_known = true;
    plan->ttl = ttl;
    return status;
}

/* The line end that stands before offset `at` of a file, or the file's usual one. */
static enum tlsagen_status line_end(struct plan *plan, size_t file, uint64_t at, char eol[3],
                                    struct tlsagen_err *err)
{
    char last[2] = {0, 0};
    size_t len = at < 2 ? (size_t)at : 2;
    enum tlsagen_status status = TLSAGEN_OK;
    if (plan->eol[0] != '\0' && plan->eol_file == file && plan->eol_at == at) {
        memcpy(eol, plan->eol, sizeof(plan->eol));
        return TLSAGEN_OK;
    }
    status = plan->edit->peek(plan->edit->peek_arg, file, at - len, last + (2 - len), len, err);
    if (status != TLSAGEN_OK)
        return status;
    bool crlf = last[0] == '\r' && last[1] == '\n';
    bool none = last[1] != '\n' && last[1] != '\r';
    if (crlf || (none && walk_file(plan->walk, file)->crlf))
        memcpy(eol, "\r\n", 3);
    else
        memcpy(eol, last[1] == '\r' ? "\r" : "\n", 2);
    memcpy(plan->eol, eol, sizeof(plan->eol));
    plan->eol_file = file;
    plan->eol_at = at;
    return TLSAGEN_OK;
}

/* The new records of one RRset, a line each. */
static enum tlsagen_status add_records(const struct edit *edit, size_t index, const char *eol,
                                       struct tlsagen_buf *text, struct tlsagen_err *err)
{
    const struct want *want = &edit->wants->at[index];
    enum tlsagen_status status = TLSAGEN_OK;
    struct name owner;
    want_owner(want, &owner);
    for (size_t i = 0; i < want->count && status == TLSAGEN_OK; i++) {
        if (want->records[i].found)
            continue;
        status = edit_text_record(text, &owner, edit->rrsets[index].ttl, want->type,
                                  &want->records[i].rdata, err);
        tlsagen_buf_str(text, eol);
    }
    return status;
}

/*
 * Writes the new records of an RRset at an offset of a file. open is NULL, or given at the end of a
 * file that has no final line end, where there is none afterwards either: whether the text before
 * ends without one.
 */
static enum tlsagen_status write_rrset(struct plan *plan, size_t index, size_t file, uint64_t at,
                                       bool *open, struct tlsagen_err *err)
{
    char eol[3];
    enum tlsagen_status status = line_end(plan, file, at, eol, err);
    if (status != TLSAGEN_OK)
        return status;
    struct edit_splice *splice = edit_splice_more(plan->edit, file, at);
    if (splice == NULL)
        return no_memory(err);
    if (open != NULL && *open)
        tlsagen_buf_str(&splice->text, eol);
    status = add_records(plan->edit, index, eol, &splice->text, err);
    if (open != NULL && !splice->text.failed && splice->text.len > 0) {
        splice->text.len -= strlen(eol);
        splice->text.data[splice->text.len] = '\0';
        *open = true;
    }
    return status;
}

/* Where new records of the RRset go: behind this place, past those with a blank owner. */
static size_t place_for(const struct edit *edit, size_t last)
{
    while (last + 1 < edit->place_count && edit->places[last + 1].blank_owner &&
           edit->places[last + 1].file == edit->places[last].file)
        last++;
    return last;
}

/* Tells each place which RRsets' new records go behind it, in their order. */
static void find_places(struct edit *edit)
{
    for (size_t k = edit->wants->count; k-- > 0;) {
        struct edit_rrset *rrset = &edit->rrsets[k];
        if (rrset->added == 0 || rrset->last_place == EDIT_NONE)
            continue;
        struct edit_place *place = &edit->places[place_for(edit, rrset->last_place)];
        rrset->next = place->adds;
        place->adds = k + 1;
    }
}

/* Writes the new records of all RRsets that go behind place i. */
static enum tlsagen_status write_behind(struct plan *plan, size_t i, struct tlsagen_err *err)
{
    struct edit *edit = plan->edit;
    struct edit_place *place = &edit->places[i];
    enum tlsagen_status status = TLSAGEN_OK;
    for (size_t k = place->adds; k != 0 && status == TLSAGEN_OK; k = edit->rrsets[k - 1].next) {
        const struct edit_rrset *rrset = &edit->rrsets[k - 1];
        status = write_rrset(plan, k - 1, place->file, place->end,
                             place->no_final_newline ? &place->open_end : NULL, err);
        place->owner_from = i; /* the new records have the owner of the row they end */
        plan->ttl_known = true;
        plan->ttl = rrset->ttl;
    }
    return status;
}

static enum tlsagen_status plan_place(struct plan *plan, size_t i, struct tlsagen_err *err)
{
    struct edit_place *place = &plan->edit->places[i];
    enter(plan, place);
    place->open_end = place->no_final_newline && !place->removed;
    if (place->no_final_newline && place->file == 0)
        plan->tail = i;
    enum tlsagen_status status =
        place->removed ? plan_removed(plan, i, err) : plan_kept(plan, i, err);
    if (status == TLSAGEN_OK)
        status = write_behind(plan, i, err);
    leave(plan, place);
    if (status == TLSAGEN_OK && plan->ttl_matters && plan->ttl_differs &&
        walk_file_count(plan->walk) > 1)
        status = at_place(plan, place,
                          "without $TTL, records of included files may inherit the TTL from here; "
                          "give the zone a $TTL first",
                          err);
    return status;
}

static bool goes_to_end(const struct edit *edit, size_t index)
{
    return edit->rrsets[index].added > 0 && edit->rrsets[index].last_place == EDIT_NONE;
}

/* Room for all that goes to the end at once: a growing text is copied each time that it doubles. */
static enum tlsagen_status reserve_end(struct edit *edit, const struct walk_file *file,
                                       struct tlsagen_err *err)
{
    const size_t words = 40; /* TTL, class, type, blanks */
    size_t size = 0;
    for (size_t k = 0; k < edit->wants->count; k++) {
        const struct want *want = &edit->wants->at[k];
        for (size_t i = 0; goes_to_end(edit, k) && i < want->count; i++)
            size += want->owner[0] + 2 * want->records[i].rdata.wire.len + words;
    }
    if (size == 0)
        return TLSAGEN_OK;
    struct edit_splice *splice = edit_splice_more(edit, 0, file->size);
    if (splice == NULL)
        return no_memory(err);
    (void)tlsagen_buf_reserve(&splice->text, size);
    return tlsagen_buf_check(&splice->text, err);
}

/* RRsets that stand nowhere yet go to the end of the zone file, where nothing inherits. */
static enum tlsagen_status write_at_end(struct plan *plan, struct tlsagen_err *err)
{
    struct edit *edit = plan->edit;
    const struct walk_file *file = walk_file(plan->walk, 0);
    enum tlsagen_status status = reserve_end(edit, file, err);
    bool open = !file->final_newline;
    bool *open_end = file->final_newline ? NULL : &open;
    if (open_end != NULL && plan->tail != EDIT_NONE)
        open_end = &plan->edit->places[plan->tail].open_end;
    for (size_t k = 0; k < edit->wants->count && status == TLSAGEN_OK; k++) {
        if (goes_to_end(edit, k))
            status = write_rrset(plan, k, 0, file->size, open_end, err);
    }
    return status;
}

/*
 * A file that had no final line end has none after its last record went: the line end before that
 * record goes too.
 */
static enum tlsagen_status trim_tail(struct plan *plan, struct tlsagen_err *err)
{
    struct edit *edit = plan->edit;
    for (size_t i = 0; i < edit->place_count; i++) {
        const struct edit_place *place = &edit->places[i];
        if (!place->no_final_newline || !place->removed || place->open_end)
            continue;
        /* The records right above may go as well. */
        uint64_t begin = place->begin;
        for (size_t k = i; k-- > 0 && edit->places[k].removed &&
                           edit->places[k].file == place->file && edit->places[k].end == begin;)
            begin = edit->places[k].begin;
        char eol[3];
        if (begin == 0)
            continue;
        enum tlsagen_status status = line_end(plan, place->file, begin, eol, err);
        if (status == TLSAGEN_OK)
            status = insert(plan, place->file, begin - strlen(eol), strlen(eol), "", err);
        if (status != TLSAGEN_OK)
            return status;
    }
    return TLSAGEN_OK;
}

enum tlsagen_status edit_plan(struct edit *edit, const struct walk *walk, struct tlsagen_err *err)
{
    uint32_t unused;
    struct plan plan = {.edit = edit,
                        .walk = walk,
                        .ttl_matters = !walk_default_ttl(walk, &unused),
                        .tail = EDIT_NONE};
    enum tlsagen_status status = TLSAGEN_OK;
    find_places(edit);
    for (size_t i = 0; i < edit->place_count && status == TLSAGEN_OK; i++)
        status = plan_place(&plan, i, err);
    if (status == TLSAGEN_OK)
        status = write_at_end(&plan, err);
    if (status == TLSAGEN_OK)
        status = trim_tail(&plan, err);
    return status;
}
