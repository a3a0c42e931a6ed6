/* walk_pass.h - what the two ways share by which entries that cannot matter are passed by. */
#ifndef ZONE_WALK_PASS_H
#define ZONE_WALK_PASS_H

#include <string.h>

#include "walk_masks.h"
#include "walk_state.h"

/* What the entries passed by leave to those behind them; written back after the last one. */
struct walk_front {
    const char *owner;
    size_t owner_len;  /* 0: no entry with an owner was passed by yet */
    bool alias;        /* it has a CNAME, and what inherits it stands beside that */
    uint32_t ttl;      /* the last one */
    uint32_t ttl_keep; /* all bits as long as that is still the one from before */
};

/* One entry, by offsets in the file's bytes. */
struct walk_place {
    size_t at;
    size_t end;
    size_t special; /* its first special byte; far behind the end when there is none */
};

static inline bool walk_is_blank(char c)
{
    return (unsigned char)c <= ' ';
}

/* The length of an owner that the masks do not hold; 0 when a label of it could be too long. */
static inline size_t walk_measure_owner(const char *text, size_t len)
{
    size_t label = 0;
    size_t stop = len < NAME_WIRE_MAX ? len : NAME_WIRE_MAX;
    size_t i = 0;
    for (; i < stop && (unsigned char)text[i] > ' '; i++) {
        label = text[i] == '.' ? 0 : label + 1;
        if (label > NAME_LABEL_MAX || (label == 0 && i > 0 && text[i - 1] == '.'))
            return 0;
    }
    return i < stop ? i : 0;
}

/* An owner whose first byte is one to look closer at. */
static inline bool walk_is_ordinary(const struct walk *walk, const char *owner, size_t label)
{
    if (owner[0] == '$' || owner[0] == '.' || owner[0] == '@')
        return false;
    return walk->quick.labels == NULL || !bloom_has_label(&walk->quick, owner, label);
}

static inline size_t walk_first_label(const char *owner, size_t len)
{
    const char *dot = memchr(owner, '.', len);
    return dot == NULL ? len : (size_t)(dot - owner);
}

WALK_INLINE void walk_write_owner(struct walk_open *file, const char *owner, size_t len)
{
    if (len == 0)
        return;
    file->owner.text = owner;
    file->owner.text_len = (uint8_t)len;
    file->owner.known = true;
    file->owner.watched = false;
}

/* Whether a CNAME may stand beside a record that is none. */
static inline bool walk_is_beside(const struct walk *walk, const struct walk_open *file,
                                  const char *owner, size_t len, size_t label)
{
    const struct bloom *beside = walk->options->beside;
    if (!bloom_has_label(beside, owner, label))
        return false;
    const struct bloom_key key = bloom_key_of_text(owner, len, file->origin_key);
    return bloom_has(beside, &key);
}

/* A line of blanks, or with a comment at most. */
static inline bool walk_is_void(const char *bytes, const struct walk_place *place)
{
    size_t at = place->at;
    while (at < place->end && walk_is_blank(bytes[at]))
        at++;
    return at == place->end || (at == place->special && bytes[at] == ';');
}

/* Whether a record that inherits its owner may be passed by. */
static inline bool walk_may_inherit(const struct walk_open *file, size_t owner_len)
{
    return owner_len > 0 || (file->owner.known && !file->owner.watched);
}

/* Entries up to one, which begins at an offset, were passed by. */
WALK_INLINE void walk_passed(struct walk *walk, struct walk_open *file,
                             const struct walk_front *front, const struct scan_entry *next,
                             size_t at, uint64_t lines)
{
    walk_write_owner(file, front->owner, front->owner_len);
    file->next_entry = (size_t)(next - file->entries);
    file->at = at;
    file->line += lines;
    walk->files[file->index].lines += lines;
}

#endif
