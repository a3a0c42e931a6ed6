/*
 * walk_quick.c - entries that cannot matter, passed by without taking them apart.
 *
 * A zone of a gigabyte is nearly all addresses of hosts that nobody asked for. Such a record is
 * recognised by its ordinary form: an owner without escapes and quotes, or none, then at most one
 * TTL and one class, then a common type. What stands behind the type does not matter here. Anything
 * else, and anything that could be wrong, goes to walk_slow, which knows all rules.
 */
#include <string.h>

#include "walk_masks.h"
#include "walk_state.h"

/* One entry, and what its head says as far as it is known. */
struct head {
    const char *text;
    size_t len;
    struct walk_masks masks; /* of the bytes from `at` on, as many as `known` */
    size_t at;
    size_t known;
    size_t owner_len; /* 0: inherited */
    size_t label_len; /* of the owner's first label */
    uint32_t ttl;
    bool has_ttl;
    bool has_class;
    bool is_cname;
};

/* Lets the masks begin at a byte behind theirs, of which they may know nothing. */
WALK_INLINE void advance(struct head *head, size_t by)
{
    head->masks.blank >>= by;
    head->masks.dot >>= by;
    head->at += by;
    head->known -= by;
}

/* What lies behind the entry counts as blank, so that its end ends a word. */
WALK_INLINE void cut_at_end(struct head *head)
{
    size_t left = head->len - head->at;
    if (left < 64)
        head->masks.blank |= UINT64_MAX << left;
}

WALK_INLINE void look(struct head *head, bool sse2)
{
    const char *text = head->text + head->at;
    head->masks = sse2 ? walk_masks_sse2(text) : walk_masks_portable(text);
    head->known = WALK_MASK_HALF;
    cut_at_end(head);
}

/* As many bytes as the masks can hold. */
WALK_INLINE void look_far(struct head *head, bool sse2)
{
    const char *text = head->text + head->at + WALK_MASK_HALF;
    look(head, sse2);
    struct walk_masks more = sse2 ? walk_masks_sse2(text) : walk_masks_portable(text);
    head->masks.blank |= more.blank << WALK_MASK_HALF;
    head->masks.dot |= more.dot << WALK_MASK_HALF;
    head->known = WALK_MASK_FULL;
}

/* Digits alone; BIND's units are for walk_slow. */
WALK_INLINE bool read_ttl(struct head *head, const char *word, size_t len)
{
    uint32_t value = 0;
    if (head->has_ttl || len > 9)
        return false;
    for (size_t i = 0; i < len; i++) {
        unsigned digit = (unsigned char)word[i] - (unsigned)'0';
        if (digit > 9)
            return false;
        value = value * 10 + digit;
    }
    head->ttl = value;
    head->has_ttl = true;
    return true;
}

WALK_INLINE bool is_in(const char *word, size_t len)
{
    return len == 2 && (word[0] | 0x20) == 'i' && (word[1] | 0x20) == 'n';
}

WALK_INLINE bool read_type(const struct walk *walk, struct head *head, const char *word, size_t len)
{
    const struct walk_packed *packed = walk_find_packed(walk, word, len);
    head->is_cname = packed != NULL && packed->type == TYPE_CNAME;
    return packed != NULL && !packed->wanted;
}

/*
 * The word that begins at the first byte that is not blank, as far as the masks tell. False when
 * they do not tell its end, or there is none before the entry's end.
 */
WALK_INLINE bool next_word(struct head *head, size_t *len)
{
    uint64_t text = ~head->masks.blank;
    size_t start = text == 0 ? head->known : (size_t)__builtin_ctzll(text);
    if (start >= head->known)
        return false;
    advance(head, start);
    *len = head->masks.blank == 0 ? head->known : (size_t)__builtin_ctzll(head->masks.blank);
    return *len < head->known;
}

/* [TTL] [class] type, in either order of the first two. */
WALK_INLINE bool read_words(const struct walk *walk, struct head *head, bool sse2)
{
    bool looked = false;
    for (;;) {
        size_t len;
        if (!next_word(head, &len)) {
            if (looked || head->at >= head->len)
                return false;
            look_far(head, sse2);
            looked = true;
            continue;
        }
        const char *word = head->text + head->at;
        if ((unsigned char)*word - (unsigned)'0' <= 9) {
            if (!read_ttl(head, word, len))
                return false;
        } else if (is_in(word, len) && !head->has_class) {
            head->has_class = true;
        } else {
            return read_type(walk, head, word, len);
        }
        advance(head, len);
    }
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

static bool same_text(const char *a, const char *b, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (lower(a[i]) != lower(b[i]))
            return false;
    }
    return true;
}

/* An absolute owner whose text ends with the zone's name. */
static bool ends_with_apex(const struct walk *walk, const char *owner, size_t len)
{
    size_t apex = walk->apex_text_len;
    if (apex == 0 || len < apex || (len > apex && apex > 1 && owner[len - apex - 1] != '.'))
        return false;
    const char *end = owner + len - apex;
    return memcmp(end, walk->apex_text, apex) == 0 || same_text(end, walk->apex_text, apex);
}

/* An owner that the masks do not hold; 0 when a label of it could be too long. */
static size_t measure_long_owner(const char *text, size_t len)
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

static size_t first_label(const char *owner, size_t len)
{
    const char *dot = memchr(owner, '.', len);
    return dot == NULL ? len : (size_t)(dot - owner);
}

/* Where the owner ends; false when it could be wrong, or is written in a form of its own. */
WALK_INLINE bool read_owner(struct head *head, size_t special, bool sse2)
{
    char first = head->text[0];
    if (first == '$' || first == '@' || first == '.')
        return false;
    uint64_t dots = head->masks.dot;
    /* Blanks of which the masks know, not those behind the entry. */
    uint64_t blank = head->masks.blank & (((UINT64_C(1) << (WALK_MASK_HALF - 1)) << 1) - 1);
    if (blank != 0) {
        head->owner_len = (size_t)__builtin_ctzll(blank);
        dots &= (UINT64_C(1) << head->owner_len) - 1;
        head->label_len = dots == 0 ? head->owner_len : (size_t)__builtin_ctzll(dots);
        if ((dots & (dots << 1)) != 0)
            return false;
        advance(head, head->owner_len);
    } else {
        head->owner_len = measure_long_owner(head->text, head->len);
        if (head->owner_len == 0)
            return false;
        head->label_len = first_label(head->text, head->owner_len);
        head->at = head->owner_len;
        look(head, sse2);
    }
    return special >= head->owner_len;
}

WALK_INLINE bool owner_is_ordinary(const struct walk *walk, const struct walk_open *file,
                                   const struct head *head)
{
    if (walk->options->watch != NULL) {
        unsigned bit = walk_watch_bit(head->text, head->label_len);
        if ((walk->watch_first[bit / 64] >> (bit % 64) & 1) != 0)
            return false;
    }
    if (head->text[head->owner_len - 1] == '.')
        return ends_with_apex(walk, head->text, head->owner_len);
    return head->owner_len <= file->relative_max;
}

/* How an owner stands to the one before it. */
enum kinship { SAME, OTHER, UNCLEAR };

static enum kinship compare_owners(const struct walk_owner *before, const char *owner, size_t len,
                                   size_t label)
{
    if (len == 0)
        return SAME;
    if (!before->known)
        return OTHER;
    if (before->text_len == 0)
        return UNCLEAR;
    if (before->text_len == len && memcmp(before->text, owner, len) == 0)
        return SAME;
    /* "a" and "A.example.org." may be one; another first label is another owner. */
    bool ends =
        before->text_len == label || (before->text_len > label && before->text[label] == '.');
    return ends && same_text(before->text, owner, label) ? UNCLEAR : OTHER;
}

/* CNAME and other data in a row; see check_run, which complains about it. */
WALK_INLINE bool note_run(struct walk_open *file, const struct head *head)
{
    struct walk_run *run = &file->run;
    if (!head->is_cname && !run->cname) {
        run->other = true;
        return true;
    }
    enum kinship kinship =
        compare_owners(&file->owner, head->text, head->owner_len, head->label_len);
    if (kinship == UNCLEAR || (kinship == SAME && (run->cname || run->other)))
        return false;
    *run = (struct walk_run){.cname = head->is_cname, .other = !head->is_cname};
    return true;
}

/* A line of blanks, or with a comment at most. */
WALK_INLINE bool is_void(const struct head *head, size_t special)
{
    uint64_t text = ~head->masks.blank;
    if (text == 0)
        return head->len <= head->known;
    size_t at = (size_t)__builtin_ctzll(text);
    return at == special && head->text[at] == ';';
}

/* special: offset of the entry's first special byte, or more than its length. */
WALK_INLINE bool pass(struct walk *walk, struct walk_open *file, const char *text, size_t len,
                      size_t special, bool sse2)
{
    struct head head = {.text = text, .len = len};
    look(&head, sse2);
    if (special == 0 || (head.masks.blank & 1) != 0) {
        if (is_void(&head, special))
            return true;
        if (!file->owner.known || file->owner.watched || special == 0)
            return false;
    } else if (!read_owner(&head, special, sse2) || !owner_is_ordinary(walk, file, &head)) {
        return false;
    }
    if (!read_words(walk, &head, sse2) || !note_run(file, &head))
        return false;
    if (head.has_ttl) {
        walk->ttl_last = head.ttl;
        walk->ttl_last_known = true;
    }
    if (head.owner_len > 0) {
        file->owner.text = text;
        file->owner.text_len = (uint8_t)head.owner_len;
        file->owner.known = true;
        file->owner.watched = false;
    }
    return true;
}

WALK_INLINE void pass_all(struct walk *walk, struct walk_open *file, bool sse2)
{
    uint64_t lines = 0;
    size_t at = file->at;
    for (; file->next_entry < file->entry_count; file->next_entry++) {
        const struct scan_entry *entry = &file->entries[file->next_entry];
        size_t special = entry->special == SCAN_NO_SPECIAL ? SIZE_MAX : entry->special - at;
        if (!pass(walk, file, file->bytes + at, entry->end - at, special, sse2))
            break;
        lines += entry->lines;
        at = entry->end;
    }
    file->at = at;
    file->line += lines;
    walk->files[file->index].lines += lines;
}

void walk_quick(struct walk *walk, struct walk_open *file)
{
    if (walk->options->all || file->follow || file->void_entry ||
        walk->files[file->index].lines == 0)
        return;
    if (scan_has_sse2() && !walk->options->portable)
        pass_all(walk, file, true);
    else
        pass_all(walk, file, false);
}
