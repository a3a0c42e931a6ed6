/*
 * walk_quick.c - entries that cannot matter, passed by without taking them apart.
 *
 * A zone of a gigabyte is nearly all addresses of hosts that nobody asked for. Such a record is
 * recognised by its ordinary form: an owner without escapes and quotes, or none, then at most one
 * TTL and one class, then a common type. What stands behind the type does not matter here. Anything
 * else, and anything that could be wrong, goes to walk_slow, which knows all rules.
 *
 * A file has few forms of TTL, class and type with the blanks between them, so those met are kept
 * and compared as a whole: walk->heads.
 */
#include <string.h>

#include "walk_masks.h"
#include "walk_state.h"

/* What one entry's head says. */
struct head {
    size_t owner_len; /* 0: inherited */
    uint64_t dots;    /* in the owner; none are known of one that is longer than the masks */
    uint32_t ttl;
    bool has_ttl;
    bool has_class;
    bool is_cname;
};

WALK_INLINE struct walk_masks look(const char *text, bool sse2)
{
    return sse2 ? walk_masks_sse2(text) : walk_masks_portable(text);
}

/* Digits alone; BIND's units are for walk_slow. */
static bool read_ttl(struct head *head, const char *word, size_t len)
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

static bool is_in(const char *word, size_t len)
{
    return len == 2 && (word[0] | 0x20) == 'i' && (word[1] | 0x20) == 'n';
}

WALK_INLINE bool is_blank(char c)
{
    return (unsigned char)c <= ' ';
}

/*
 * [TTL] [class] type, in either order of the first two, from the first of them on. Returns the
 * offset behind the type; 0 for other words, and for a type that is to be shown.
 */
static size_t read_words(const struct walk *walk, struct head *head, const char *text, size_t len)
{
    for (size_t at = 0; at < len;) {
        const char *word = text + at;
        size_t word_len = 0;
        while (at < len && !is_blank(text[at]))
            at++, word_len++;
        if ((unsigned char)*word - (unsigned)'0' <= 9) {
            if (!read_ttl(head, word, word_len))
                return 0;
        } else if (is_in(word, word_len) && !head->has_class) {
            head->has_class = true;
        } else {
            const struct walk_packed *packed = walk_find_packed(walk, word, word_len);
            head->is_cname = packed != NULL && packed->type == TYPE_CNAME;
            return packed != NULL && !packed->wanted ? at : 0;
        }
        while (at < len && is_blank(text[at]))
            at++;
    }
    return 0;
}

WALK_INLINE uint64_t eight(const char *bytes)
{
    uint64_t word;
    memcpy(&word, bytes, sizeof(word));
    return word;
}

/* Where the form of these words is kept, if it is: few forms share a place. */
WALK_INLINE unsigned head_slot(const char *words)
{
    uint32_t first, second;
    memcpy(&first, words, sizeof(first));
    memcpy(&second, words + sizeof(first), sizeof(second));
    /* Behind a class comes the type; behind a TTL the class, and then the type. */
    uint32_t is_ttl = ((unsigned char)words[0] & 0xf0U) == '0';
    second = (second + (unsigned char)words[8]) & (0U - is_ttl);
    return ((first * 0x9e3779b1U) ^ (second * 0x85ebca77U)) >> 26;
}

WALK_INLINE bool is_head(const struct walk_head *head, const char *words)
{
    uint64_t differ = (eight(words) ^ head->text[0]) & head->mask[0];
    differ |= (eight(words + 8) ^ head->text[1]) & head->mask[1];
    differ |= (eight(words + 16) ^ head->text[2]) & head->mask[2];
    return differ == 0;
}

/* Remembers words up to the blank behind `len` bytes. */
static void keep_head(struct walk_head *kept, const struct head *head, const char *words,
                      size_t len)
{
    if (len >= sizeof(kept->text))
        return;
    *kept = (struct walk_head){.len = (uint8_t)len,
                               .ttl = head->ttl,
                               .has_ttl = head->has_ttl,
                               .is_cname = head->is_cname};
    memcpy(kept->text, words, len + 1);
    memset(kept->mask, 0xff, len + 1);
}

/* As know_words, for words that are not among those kept. */
static bool read_new_words(struct walk *walk, struct head *head, const char *text, size_t len,
                           size_t at)
{
    while (at < len && is_blank(text[at]))
        at++;
    size_t end = at < len ? read_words(walk, head, text + at, len - at) : 0;
    /* The blank that ends the type is one of the entry. */
    if (end > 0 && at + end < len)
        keep_head(&walk->heads[head_slot(text + at)], head, text + at, end);
    return end > 0;
}

/* The words from offset `at` on, before which blanks may stand. */
WALK_INLINE bool know_words(struct walk *walk, struct head *head, const char *text, size_t len,
                            size_t at)
{
    const struct walk_head *kept = &walk->heads[head_slot(text + at)];
    if (!is_head(kept, text + at) || kept->len == 0 || at + kept->len >= len)
        return read_new_words(walk, head, text, len, at);
    head->ttl = kept->ttl;
    head->has_ttl = kept->has_ttl;
    head->is_cname = kept->is_cname;
    return true;
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

WALK_INLINE bool is_ordinary_first(char c)
{
    /* "$", "." and "@". */
    unsigned bit = (unsigned)(unsigned char)c - (unsigned)'$';
    return bit > 28 || (UINT32_C(0x10000401) >> bit & 1) == 0;
}

/* Where the owner ends; false when it could be wrong, or is written in a form of its own. */
WALK_INLINE bool read_owner(struct head *head, const char *text, size_t len,
                            struct walk_masks masks)
{
    if (!is_ordinary_first(text[0]))
        return false;
    if (masks.blank == 0) {
        head->owner_len = measure_long_owner(text, len);
        return head->owner_len != 0;
    }
    head->owner_len = (size_t)__builtin_ctzll(masks.blank);
    head->dots = masks.dot & (masks.blank ^ (masks.blank - 1));
    return (head->dots & (head->dots << 1)) == 0;
}

WALK_INLINE size_t first_label(const struct head *head, const char *owner)
{
    if (head->dots != 0)
        return (size_t)__builtin_ctzll(head->dots);
    if (head->owner_len < WALK_MASK)
        return head->owner_len;
    const char *dot = memchr(owner, '.', head->owner_len);
    return dot == NULL ? head->owner_len : (size_t)(dot - owner);
}

WALK_INLINE bool owner_is_ordinary(const struct walk *walk, const struct walk_open *file,
                                   const struct head *head, const char *text)
{
    if (walk->quick != NULL && bloom_has_label(walk->quick, text, first_label(head, text)))
        return false;
    if (text[head->owner_len - 1] == '.')
        return ends_with_apex(walk, text, head->owner_len);
    return head->owner_len <= file->relative_max;
}

/* How an owner stands to the one before it. */
enum kinship { SAME, OTHER, UNCLEAR };

static enum kinship compare_owners(const struct walk_owner *before, const struct head *head,
                                   const char *owner)
{
    size_t len = head->owner_len;
    if (len == 0)
        return SAME;
    if (!before->known)
        return OTHER;
    if (before->text_len == 0)
        return UNCLEAR;
    if (before->text_len == len && memcmp(before->text, owner, len) == 0)
        return SAME;
    /* "a" and "A.example.org." may be one; another first label is another owner. */
    size_t label = first_label(head, owner);
    bool ends =
        before->text_len == label || (before->text_len > label && before->text[label] == '.');
    return ends && same_text(before->text, owner, label) ? UNCLEAR : OTHER;
}

/* CNAME and other data in a row; see check_run, which complains about it. */
WALK_INLINE bool note_run(struct walk_open *file, const struct head *head, const char *text)
{
    struct walk_run *run = &file->run;
    if (!head->is_cname && !run->cname) {
        run->other = true;
        return true;
    }
    enum kinship kinship = compare_owners(&file->owner, head, text);
    if (kinship == UNCLEAR || (kinship == SAME && (run->cname || run->other)))
        return false;
    *run = (struct walk_run){.cname = head->is_cname, .other = !head->is_cname};
    return true;
}

/* A line of blanks, or with a comment at most; special as in pass. */
static bool is_void(const char *text, size_t len, size_t special)
{
    size_t at = 0;
    while (at < len && (unsigned char)text[at] <= ' ')
        at++;
    return at == len || (at == special && text[at] == ';');
}

/* special: offset of the entry's first special byte, or more than its length. */
WALK_INLINE bool pass(struct walk *walk, struct walk_open *file, const char *text, size_t len,
                      size_t special, bool sse2)
{
    struct head head = {0};
    struct walk_masks masks = look(text, sse2);
    if (special == 0 || (masks.blank & 1) != 0) {
        if (is_void(text, len, special))
            return true;
        if (!file->owner.known || file->owner.watched || special == 0)
            return false;
    } else if (!read_owner(&head, text, len, masks) || special < head.owner_len ||
               !owner_is_ordinary(walk, file, &head, text)) {
        return false;
    }
    size_t at = head.owner_len;
    uint64_t blank = at < WALK_MASK ? masks.blank >> at : 0;
    at += (size_t)__builtin_ctzll(~blank);
    if (!know_words(walk, &head, text, len, at) || !note_run(file, &head, text))
        return false;
    /* Without a branch: which records have a TTL is hard to foresee. */
    walk->ttl_last ^= (walk->ttl_last ^ head.ttl) & (0U - head.has_ttl);
    walk->ttl_last_known |= head.has_ttl;
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
    const struct scan_entry *entry = file->entries + file->next_entry;
    const struct scan_entry *end = file->entries + file->entry_count;
    const char *bytes = file->bytes;
    uint64_t lines = 0;
    size_t at = file->at;
    for (; entry < end; entry++) {
        /* The special byte is far behind the entry when there is none. */
        if (!pass(walk, file, bytes + at, entry->end - at, entry->special - at, sse2))
            break;
        lines += entry->lines;
        at = entry->end;
    }
    file->next_entry = (size_t)(entry - file->entries);
    file->at = at;
    file->line += lines;
    walk->files[file->index].lines += lines;
}

void walk_quick(struct walk *walk, struct walk_open *file)
{
    if (walk->all || file->follow || file->void_entry || walk->files[file->index].lines == 0)
        return;
    if (scan_has_sse2() && !walk->options->portable)
        pass_all(walk, file, true);
    else
        pass_all(walk, file, false);
}
