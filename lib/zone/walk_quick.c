/*
 * walk_quick.c - entries that cannot matter, passed by without taking them apart.
 *
 * A zone of a gigabyte is nearly all addresses of hosts that nobody asked for. Such a record is
 * recognised by its ordinary form: an owner of letters, digits, hyphens, underscores and dots, or
 * none, then at most one TTL and one class, then a known type. Anything else, and anything that
 * could be wrong, goes to walk_slow, which knows all rules.
 */
#include <string.h>

#include "walk_state.h"

enum { HOST_BYTE = 1, DOT = 2 };

static const uint8_t byte_class[256] = {
    ['-'] = HOST_BYTE, ['_'] = HOST_BYTE, ['*'] = HOST_BYTE, ['.'] = DOT,       ['0'] = HOST_BYTE,
    ['1'] = HOST_BYTE, ['2'] = HOST_BYTE, ['3'] = HOST_BYTE, ['4'] = HOST_BYTE, ['5'] = HOST_BYTE,
    ['6'] = HOST_BYTE, ['7'] = HOST_BYTE, ['8'] = HOST_BYTE, ['9'] = HOST_BYTE, ['A'] = HOST_BYTE,
    ['B'] = HOST_BYTE, ['C'] = HOST_BYTE, ['D'] = HOST_BYTE, ['E'] = HOST_BYTE, ['F'] = HOST_BYTE,
    ['G'] = HOST_BYTE, ['H'] = HOST_BYTE, ['I'] = HOST_BYTE, ['J'] = HOST_BYTE, ['K'] = HOST_BYTE,
    ['L'] = HOST_BYTE, ['M'] = HOST_BYTE, ['N'] = HOST_BYTE, ['O'] = HOST_BYTE, ['P'] = HOST_BYTE,
    ['Q'] = HOST_BYTE, ['R'] = HOST_BYTE, ['S'] = HOST_BYTE, ['T'] = HOST_BYTE, ['U'] = HOST_BYTE,
    ['V'] = HOST_BYTE, ['W'] = HOST_BYTE, ['X'] = HOST_BYTE, ['Y'] = HOST_BYTE, ['Z'] = HOST_BYTE,
    ['a'] = HOST_BYTE, ['b'] = HOST_BYTE, ['c'] = HOST_BYTE, ['d'] = HOST_BYTE, ['e'] = HOST_BYTE,
    ['f'] = HOST_BYTE, ['g'] = HOST_BYTE, ['h'] = HOST_BYTE, ['i'] = HOST_BYTE, ['j'] = HOST_BYTE,
    ['k'] = HOST_BYTE, ['l'] = HOST_BYTE, ['m'] = HOST_BYTE, ['n'] = HOST_BYTE, ['o'] = HOST_BYTE,
    ['p'] = HOST_BYTE, ['q'] = HOST_BYTE, ['r'] = HOST_BYTE, ['s'] = HOST_BYTE, ['t'] = HOST_BYTE,
    ['u'] = HOST_BYTE, ['v'] = HOST_BYTE, ['w'] = HOST_BYTE, ['x'] = HOST_BYTE, ['y'] = HOST_BYTE,
    ['z'] = HOST_BYTE,
};

static bool is_blank(char c)
{
    return c == ' ' || c == '\t';
}

/* What an entry's head says, as far as it is known. */
struct head {
    const char *p; /* behind what was read */
    const char *end;
    const char *owner; /* NULL: inherited */
    size_t owner_len;
    uint32_t ttl;
    bool has_ttl;
    bool has_class;
    uint16_t type;
};

/* An owner of at most 63 ordinary bytes, so that no label can be too long. */
static bool read_owner(struct head *head, size_t *first_label)
{
    const char *p = head->p;
    const char *stop = head->end - p > NAME_LABEL_MAX + 1 ? p + NAME_LABEL_MAX + 1 : head->end;
    uint8_t before = DOT;
    *first_label = 0;
    while (p < stop && !is_blank(*p)) {
        uint8_t class = byte_class[(uint8_t)*p];
        if (class == 0 || (class == DOT && before == DOT))
            return false;
        if (class == DOT && *first_label == 0)
            *first_label = (size_t)(p - head->p);
        before = class;
        p++;
    }
    head->owner = head->p;
    head->owner_len = (size_t)(p - head->p);
    if (*first_label == 0)
        *first_label = head->owner_len;
    head->p = p;
    return p < stop && head->owner_len > 0;
}

/* Digits alone; BIND's units are for walk_slow. */
static bool read_ttl(struct head *head, const char *word, size_t len)
{
    uint32_t value = 0;
    if (head->has_ttl || len > 9)
        return false;
    for (size_t i = 0; i < len; i++) {
        if (word[i] < '0' || word[i] > '9')
            return false;
        value = value * 10 + (uint32_t)(word[i] - '0');
    }
    head->ttl = value;
    head->has_ttl = true;
    return true;
}

static uint64_t pack(const char *word, size_t len)
{
    uint64_t packed = 0;
    for (size_t i = 0; i < len; i++)
        packed = packed << 8 | ((uint8_t)word[i] & 0xdfU);
    return packed;
}

static bool read_type(const struct walk *walk, struct head *head, const char *word, size_t len)
{
    if (len > 8)
        return false;
    uint64_t packed = pack(word, len);
    for (unsigned i = (unsigned)(packed * 0x9e3779b1U >> 7) % PACKED_TYPES;;
         i = (i + 1) % PACKED_TYPES) {
        if (walk->packed[i].name == packed) {
            head->type = walk->packed[i].type;
            return true;
        }
        if (walk->packed[i].name == 0)
            return false;
    }
}

/* [TTL] [class] type, in either order of the first two, and something behind it. */
static bool read_words(const struct walk *walk, struct head *head)
{
    for (;;) {
        while (head->p < head->end && is_blank(*head->p))
            head->p++;
        const char *word = head->p;
        while (head->p < head->end && !is_blank(*head->p))
            head->p++;
        size_t len = (size_t)(head->p - word);
        if (len == 0 || head->p == head->end)
            return false;
        if (*word >= '0' && *word <= '9') {
            if (!read_ttl(head, word, len))
                return false;
        } else if (len == 2 && (word[0] | 0x20) == 'i' && (word[1] | 0x20) == 'n' &&
                   !head->has_class) {
            head->has_class = true;
        } else {
            return read_type(walk, head, word, len);
        }
    }
}

static char lower(char c)
{
    return c >= 'A' && c <= 'Z' ? (char)(c + 32) : c;
}

/* An absolute owner whose text ends with the zone's name, of which the text has no escapes. */
static bool ends_with_apex(const struct walk *walk, const char *owner, size_t len)
{
    const struct name *apex = &walk->apex;
    size_t at = len; /* behind what is compared yet, from the end */
    /* Labels from the right: the wire form is walked from the left, so the suffix is placed. */
    size_t text_len = apex->len == 1 ? 1 : apex->len - 1U;
    if (apex->len == 0 || text_len > len)
        return false;
    at = len - text_len;
    if (at > 0 && apex->len > 1 && owner[at - 1] != '.')
        return false;
    if (apex->len == 1)
        return true;
    for (size_t i = 0; i + 1 < apex->len;) {
        size_t label = apex->wire[i];
        for (size_t k = 0; k < label; k++, at++) {
            if (lower(owner[at]) != lower((char)apex->wire[i + 1 + k]))
                return false;
        }
        if (owner[at++] != '.')
            return false;
        i += label + 1;
    }
    return true;
}

static bool owner_is_ordinary(const struct walk *walk, const struct walk_open *file,
                              const struct head *head, size_t first_label)
{
    unsigned bit = walk_watch_bit(head->owner, first_label);
    if ((walk->watch_first[bit / 64] >> (bit % 64) & 1) != 0)
        return false;
    if (head->owner[head->owner_len - 1] == '.')
        return ends_with_apex(walk, head->owner, head->owner_len);
    return file->origin_inside && head->owner_len + 1 + file->origin.len <= NAME_WIRE_MAX;
}

static bool same_owner(const struct walk_open *file, const struct head *head)
{
    return head->owner == NULL || (file->owner.text_len == head->owner_len &&
                                   memcmp(file->owner.text, head->owner, head->owner_len) == 0);
}

bool walk_quick(struct walk *walk, struct walk_open *file, const char *text, size_t len)
{
    struct head head = {.p = text, .end = text + len};
    while (head.end > text && (head.end[-1] == '\n' || head.end[-1] == '\r'))
        head.end--;
    if (head.end == text)
        return true;
    size_t first_label = 0;
    if (is_blank(*text)) {
        while (head.p < head.end && is_blank(*head.p))
            head.p++;
        if (head.p == head.end)
            return true;
        if (!file->owner.known || file->owner.watched)
            return false;
    } else if (!read_owner(&head, &first_label) ||
               !owner_is_ordinary(walk, file, &head, first_label)) {
        return false;
    }
    if (!read_words(walk, &head) || walk_is_wanted(walk, head.type))
        return false;
    bool cname = head.type == TYPE_CNAME;
    struct walk_run run = same_owner(file, &head) ? file->run : (struct walk_run){false, false};
    if (run.cname || (cname && run.other))
        return false;
    run.cname = run.cname || cname;
    run.other = run.other || !cname;
    file->run = run;
    if (head.has_ttl) {
        walk->ttl_last = head.ttl;
        walk->ttl_last_known = true;
    }
    if (head.owner != NULL) {
        memcpy(file->owner.text, head.owner, head.owner_len);
        file->owner.text_len = (uint8_t)head.owner_len;
        file->owner.known = true;
        file->owner.watched = false;
    }
    return true;
}
