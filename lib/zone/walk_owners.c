/*
 * walk_owners.c - entries passed by for their owners alone, in a walk through what is known to have
 * no fault (options->by_owner). What type and TTL a record has is not looked at: at an owner that
 * nobody watches it does not matter.
 */
#include "walk_pass.h"

/* An entry that begins with a blank: nothing, or a record that has the owner before. */
static bool pass_blank(const struct walk_open *file, const struct walk_front *front,
                       const struct walk_place *place)
{
    return (!front->alias && walk_may_inherit(file, front->owner_len)) ||
           walk_is_void(file->bytes, place);
}

/*
 * A CNAME's own owner is among those where something may stand beside one, and is passed by; what
 * inherits it is not.
 */
static bool pass_beside(struct walk *walk, const struct walk_open *file, struct walk_front *front,
                        const struct walk_place *place, size_t owner, size_t label)
{
    const char *text = file->bytes + place->at;
    if (!walk_is_beside(walk, file, text, owner, label))
        return true;
    front->alias = walk_is_cname_at(walk, file->bytes, place->at + owner, place->end);
    return front->alias;
}

WALK_INLINE bool pass_owner(struct walk *walk, const struct walk_open *file,
                            struct walk_front *front, const struct walk_place *place, bool beside,
                            bool sse2)
{
    const char *text = file->bytes + place->at;
    if ((unsigned char)text[0] <= ' ')
        return pass_blank(file, front, place);
    struct walk_masks masks = sse2 ? walk_short_masks_sse2(text) : walk_short_masks_portable(text);
    size_t owner = (unsigned)__builtin_ctzll(masks.blank | UINT64_C(1) << 63);
    size_t label = (unsigned)__builtin_ctzll(masks.blank | masks.dot | UINT64_C(1) << 63);
    if (masks.blank == 0) {
        owner = walk_measure_owner(text, place->end - place->at);
        label = walk_first_label(text, owner);
    }
    /* Quotes, escapes and parentheses in an owner are for walk_slow. */
    if (owner == 0 || place->special < place->at + owner)
        return place->special == place->at && text[0] == ';';
    if (walk->closer[(unsigned char)text[0]] && !walk_is_ordinary(walk, text, label))
        return false;
    front->alias = false;
    if (beside && bloom_has_start(walk->options->beside, text, label) &&
        !pass_beside(walk, file, front, place, owner, label))
        return false;
    front->owner = text;
    front->owner_len = owner;
    return true;
}

WALK_INLINE void pass_all(struct walk *walk, struct walk_open *file, bool beside, bool sse2)
{
    const struct scan_entry *entry = file->entries + file->next_entry;
    const struct scan_entry *end = file->entries + file->entry_count;
    struct walk_front front = {.owner = NULL};
    struct walk_place place = {.at = file->at};
    uint64_t lines = 0;
    for (; entry < end; entry++) {
        place.end = entry->end;
        place.special = entry->special;
        if (!pass_owner(walk, file, &front, &place, beside, sse2))
            break;
        lines += entry->lines;
        place.at = place.end;
    }
    walk_passed(walk, file, &front, entry, place.at, lines);
    file->owner.watched |= front.alias;
}

void walk_by_owner(struct walk *walk, struct walk_open *file)
{
    bool beside = walk->options->beside != NULL;
    /* What inherits the owner of a CNAME stands beside it. */
    file->owner.watched |= file->run.cname;
    file->run.cname = file->run.other = false;
    if (walk->options->portable || !scan_has_sse2())
        pass_all(walk, file, beside, false);
    else if (beside)
        pass_all(walk, file, true, true);
    else
        pass_all(walk, file, false, true);
}
