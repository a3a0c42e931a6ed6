/*
 * walk_quick.c - entries that cannot matter, passed by without taking them apart.
 *
 * A zone of a gigabyte is nearly all addresses of hosts that nobody asked for. Such a record is
 * recognised by its ordinary form: an owner without escapes and quotes, or none, then at most one
 * TTL and one class, then a common type. What stands behind the type does not matter here. Anything
 * else, and anything that could be wrong, goes to walk_slow, which knows all rules.
 *
 * A file has few forms of TTL, class and type with the blanks between them, so those met are kept
 * and compared as a whole: walk->forms.
 */
#include "walk_pass.h"

WALK_INLINE struct walk_masks look(const char *text, bool sse2)
{
    return sse2 ? walk_masks_sse2(text) : walk_masks_portable(text);
}

/* Digits alone; BIND's units are for walk_slow. */
static bool read_ttl(struct walk_form *form, const char *word, size_t len)
{
    uint32_t value = 0;
    if (form->ttl_keep == 0 || len > 9)
        return false;
    for (size_t i = 0; i < len; i++) {
        unsigned digit = (unsigned char)word[i] - (unsigned)'0';
        if (digit > 9)
            return false;
        value = value * 10 + digit;
    }
    form->ttl = value;
    form->ttl_keep = 0;
    return true;
}

static bool is_in(const char *word, size_t len)
{
    return len == 2 && (word[0] | 0x20) == 'i' && (word[1] | 0x20) == 'n';
}

/*
 * [TTL] [class] type, in either order of the first two, from the first of them on. Returns the
 * offset behind the type; 0 for other words, and for a type that is to be shown.
 */
static size_t read_words(const struct walk *walk, struct walk_form *form, const char *text,
                         size_t len)
{
    bool has_class = false;
    for (size_t at = 0; at < len;) {
        const char *word = text + at;
        size_t word_len = 0;
        while (at < len && !walk_is_blank(text[at]))
            at++, word_len++;
        if ((unsigned char)*word - (unsigned)'0' <= 9) {
            if (!read_ttl(form, word, word_len))
                return 0;
        } else if (is_in(word, word_len) && !has_class) {
            has_class = true;
        } else {
            const struct walk_packed *packed = walk_find_packed(walk, word, word_len);
            if (packed == NULL || packed->wanted)
                return 0;
            form->is_cname = packed->type == TYPE_CNAME;
            form->is_mail = packed->type == TYPE_MX && walk->options->mail;
            return at;
        }
        while (at < len && walk_is_blank(text[at]))
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

WALK_INLINE uint32_t four(const char *bytes)
{
    uint32_t word;
    memcpy(&word, bytes, sizeof(word));
    return word;
}

/* Where the form of these words is kept, if it is: few forms share a place. */
WALK_INLINE unsigned form_slot(const char *words)
{
    /* Behind a class comes the type; behind a TTL the class, and then the type. */
    uint32_t is_ttl = ((unsigned char)words[0] >> 6 & 1U) - 1U;
    uint32_t behind = (four(words + 4) + (unsigned char)words[8]) & is_ttl;
    return ((four(words) * 0x9e3779b1U) ^ (behind * 0x85ebca77U)) >> 26;
}

WALK_INLINE bool is_form(const struct walk_form *form, const char *words)
{
    uint64_t differ = (eight(words) ^ form->first[0]) & form->mask[0];
    differ |= (eight(words + 8) ^ form->first[1]) & form->mask[1];
    if (form->len < sizeof(form->first))
        return differ == 0;
    return differ == 0 && memcmp(words, form->text, form->len + 1U) == 0;
}

/* As know_words, for words that are not of a form that is kept. */
static const struct walk_form *read_new_words(struct walk *walk, const char *text, size_t len)
{
    struct walk_form form = {.ttl_keep = UINT32_MAX};
    size_t at = 0;
    while (at < len && walk_is_blank(text[at]))
        at++;
    size_t end = at < len ? read_words(walk, &form, text + at, len - at) : 0;
    if (end == 0)
        return NULL;
    /* The blank that ends the type is one of the entry. */
    bool fits = end < sizeof(form.text) && at + end < len;
    struct walk_form *kept = fits ? &walk->forms[form_slot(text + at)] : &walk->odd_form;
    if (fits) {
        size_t first = end + 1 < sizeof(form.first) ? end + 1 : sizeof(form.first);
        form.len = (uint8_t)end;
        memcpy(form.text, text + at, end + 1);
        memcpy(form.first, form.text, first);
        memset(form.mask, 0xff, first);
    }
    *kept = form;
    return kept;
}

/* The words from offset `at` on, before which blanks may stand; NULL for others. */
WALK_INLINE const struct walk_form *know_words(struct walk *walk, const char *bytes, size_t at,
                                               size_t end)
{
    const struct walk_form *kept = &walk->forms[form_slot(bytes + at)];
    if (is_form(kept, bytes + at) && at + kept->len < end)
        return kept;
    return at < end ? read_new_words(walk, bytes + at, end - at) : NULL;
}

bool walk_is_cname_at(struct walk *walk, const char *bytes, size_t at, size_t end)
{
    while (at < end && walk_is_blank(bytes[at]))
        at++;
    const struct walk_form *form = know_words(walk, bytes, at, end);
    return form != NULL && form->is_cname;
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

/* The owner's length; 0 when it could be wrong, or is written in a form of its own. */
static size_t read_owner(const struct walk *walk, const struct walk_open *file, const char *text,
                         size_t len, struct walk_masks masks)
{
    size_t owner;
    if (masks.blank == 0) {
        owner = walk_measure_owner(text, len);
    } else {
        owner = (size_t)__builtin_ctzll(masks.blank);
        uint64_t dots = masks.dot & ((UINT64_C(1) << owner) - 1);
        if ((dots & (dots << 1)) != 0)
            return 0;
    }
    if (owner == 0)
        return 0;
    bool inside =
        text[owner - 1] == '.' ? ends_with_apex(walk, text, owner) : owner <= file->relative_max;
    return inside ? owner : 0;
}

/* Labels of ordinary bytes, of which none is too long; a final dot may stand there. */
static bool is_plain_name(const char *text, size_t len)
{
    size_t label = 0;
    for (size_t i = 0; i < len; i++) {
        if (walk_is_blank(text[i]) || text[i] == '@' || (text[i] == '.' && label == 0))
            return false;
        label = text[i] == '.' ? 0 : label + 1;
        if (label > NAME_LABEL_MAX)
            return false;
    }
    return len > 0;
}

enum walk_kinship walk_compare_owners(const struct walk_owner *before, const char *owner,
                                      size_t len)
{
    if (len == 0)
        return WALK_SAME;
    if (!before->known)
        return WALK_OTHER;
    if (before->text_len == 0)
        return WALK_UNCLEAR;
    if (before->text_len == len && memcmp(before->text, owner, len) == 0)
        return WALK_SAME;
    /* "a" and "A.example.org." may be one; another first label is another owner. */
    size_t label = walk_first_label(owner, len);
    bool ends =
        before->text_len == label || (before->text_len > label && before->text[label] == '.');
    return ends && same_text(before->text, owner, label) ? WALK_UNCLEAR : WALK_OTHER;
}

/* CNAME and other data in a row; see check_run, which complains about it. */
static bool note_cname(struct walk_open *file, bool is_cname, const char *owner, size_t owner_len)
{
    struct walk_run *run = &file->run;
    enum walk_kinship kinship = walk_compare_owners(&file->owner, owner, owner_len);
    if (kinship == WALK_UNCLEAR || (kinship == WALK_SAME && (run->cname || run->other)))
        return false;
    run->cname = is_cname;
    run->other = !is_cname;
    return true;
}

/*
 * Whether a plain name that the masks hold begins at `at`, and the line's end is behind it; *end,
 * where the entry ends, becomes where the name ends.
 */
WALK_INLINE bool ends_line(const char *bytes, size_t at, size_t *end, bool sse2)
{
    struct walk_masks masks = look(bytes + at, sse2);
    size_t len = (unsigned)__builtin_ctzll(masks.blank | UINT64_C(1) << WALK_MASK);
    uint64_t dots = masks.dot & ((UINT64_C(1) << len) - 1);
    /* No label is too long, as the masks hold them all. */
    bool plain = len > 0 && at + len + 1 == *end && bytes[at + len] == '\n' &&
                 (dots & (dots << 1 | 1)) == 0 && memchr(bytes + at, '@', len) == NULL;
    if (plain)
        *end = at + len;
    return plain;
}

/*
 * A name that ends the entry but for blanks and a comment, from `at` on but for blanks; false when
 * that takes a closer look.
 */
static bool find_target(const struct walk *walk, const struct walk_open *file,
                        const struct walk_place *place, size_t at, const char **target, size_t *len)
{
    const char *bytes = file->bytes;
    size_t end = place->end;
    bool plain = false;
    if (place->special < end) {
        end = place->special;
        if (bytes[end] != ';')
            return false;
    }
    while (at < end && walk_is_blank(bytes[at]))
        at++;
    if (end == place->end)
        plain = walk->options->portable || !scan_has_sse2() ? ends_line(bytes, at, &end, false)
                                                            : ends_line(bytes, at, &end, true);
    while (!plain && end > at && walk_is_blank(bytes[end - 1]))
        end--;
    *target = bytes + at;
    *len = end - at;
    size_t most = *len > 0 && bytes[end - 1] == '.' ? NAME_WIRE_MAX - 1U : file->relative_max;
    return end > at && *len <= most && (plain || is_plain_name(*target, *len));
}

/* The owner of a CNAME joins the others; false when it may be among them already. */
static bool note_owner(struct bloom *cnames, const struct walk_open *file, const char *owner,
                       size_t len)
{
    if (len == 0)
        return false;
    const struct bloom_key key = bloom_key_of_text(owner, len, file->origin_key);
    return !bloom_add(cnames, &key);
}

/* Where a CNAME, or a record behind one, goes by; `at` is behind the type. */
static bool pass_cname(const struct walk *walk, struct walk_open *file,
                       const struct walk_place *place, bool is_cname, size_t owner_len, size_t at)
{
    const char *target = NULL;
    size_t len = 0;
    struct bloom *cnames = walk->options->cnames;
    const char *owner = file->bytes + place->at;
    if (is_cname && !find_target(walk, file, place, at, &target, &len))
        return false;
    if (!note_cname(file, is_cname, owner, owner_len))
        return false;
    if (is_cname && cnames != NULL && !note_owner(cnames, file, owner, owner_len))
        return false;
    if (is_cname) {
        memcpy(file->run.text, target, len);
        file->run.text_len = (uint8_t)len;
    }
    return true;
}

/* An MX that goes by: its host lies outside the zone, or was shown already. */
static bool pass_mail(const struct walk *walk, const struct walk_open *file,
                      const struct walk_place *place, size_t at)
{
    const char *bytes = file->bytes, *host;
    size_t len, digits = 0;
    while (at < place->end && walk_is_blank(bytes[at]))
        at++;
    while (at + digits < place->end && (unsigned char)bytes[at + digits] - (unsigned)'0' <= 9)
        digits++;
    at += digits;
    if (digits == 0 || digits > 4 || at >= place->end || !walk_is_blank(bytes[at]) ||
        walk->apex_text_len == 0 || !find_target(walk, file, place, at, &host, &len))
        return false;
    if (len == file->mail_len && memcmp(host, file->mail, len) == 0)
        return true;
    return host[len - 1] == '.' && !ends_with_apex(walk, host, len);
}

/*
 * short_names: names without dots that the masks hold lie in the zone; beside: options->beside is
 * to be asked.
 */
WALK_INLINE bool pass(struct walk *walk, struct walk_open *file, struct walk_front *front,
                      const struct walk_place *place, bool short_names, bool beside, bool sse2)
{
    const char *text = file->bytes + place->at;
    struct walk_masks masks = look(text, sse2);
    size_t owner = 0, label = 0;
    if ((masks.blank & 1) != 0 || place->special == place->at) {
        if (walk_is_void(file->bytes, place))
            return true;
        if (place->special == place->at || !walk_may_inherit(file, front->owner_len))
            return false;
    } else {
        /* In the owner; the blank behind it is none. */
        uint64_t dots = masks.dot & (masks.blank ^ (masks.blank - 1));
        owner = (unsigned)__builtin_ctzll(masks.blank | UINT64_C(1) << 63);
        label = owner;
        if (masks.blank == 0 || dots != 0 || !short_names) {
            owner = read_owner(walk, file, text, place->end - place->at, masks);
            label = walk_first_label(text, owner);
        }
        if (owner == 0 || place->special < place->at + owner)
            return false;
        if (walk->closer[(unsigned char)text[0]] && !walk_is_ordinary(walk, text, label))
            return false;
    }
    uint64_t blank = owner < WALK_MASK ? masks.blank >> owner : 0;
    size_t words = place->at + owner + (unsigned)__builtin_ctzll(~blank);
    const struct walk_form *form = know_words(walk, file->bytes, words, place->end);
    if (form == NULL)
        return false;
    if (beside && owner > 0 && !form->is_cname &&
        bloom_has_start(walk->options->beside, text, label) &&
        walk_is_beside(walk, file, text, owner, label))
        return false;
    if (form->is_cname || file->run.cname) {
        walk_write_owner(file, front->owner, front->owner_len);
        if (!pass_cname(walk, file, place, form->is_cname, owner, words + form->len))
            return false;
    } else if (form->is_mail && !pass_mail(walk, file, place, words + form->len)) {
        return false;
    } else {
        file->run.other = true;
    }
    /* Without a branch: which records have a TTL is hard to foresee. */
    front->ttl = (front->ttl & form->ttl_keep) | form->ttl;
    front->ttl_keep &= form->ttl_keep;
    if (__builtin_expect(owner > 0, 1)) {
        front->owner = text;
        front->owner_len = owner;
    }
    return true;
}

WALK_INLINE void pass_all(struct walk *walk, struct walk_open *file, bool beside, bool sse2)
{
    const struct scan_entry *entry = file->entries + file->next_entry;
    const struct scan_entry *end = file->entries + file->entry_count;
    struct walk_front front = {.ttl = walk->ttl_last, .ttl_keep = UINT32_MAX};
    bool short_names = file->relative_max >= WALK_MASK;
    uint64_t lines = 0;
    struct walk_place place = {.at = file->at};
    for (; entry < end; entry++) {
        place.end = entry->end;
        place.special = entry->special;
        if (!pass(walk, file, &front, &place, short_names, beside, sse2))
            break;
        lines += entry->lines;
        place.at = place.end;
    }
    walk->ttl_last = front.ttl;
    walk->ttl_last_known |= front.ttl_keep == 0;
    walk_passed(walk, file, &front, entry, place.at, lines);
}

void walk_quick(struct walk *walk, struct walk_open *file)
{
    if (walk->all || file->follow || file->void_entry || walk->files[file->index].lines == 0)
        return;
    bool beside = walk->options->beside != NULL;
    if (walk->options->by_owner && walk->has_soa)
        walk_by_owner(walk, file);
    else if (walk->options->portable || !scan_has_sse2())
        pass_all(walk, file, beside, false);
    else if (beside)
        pass_all(walk, file, true, true);
    else
        pass_all(walk, file, false, true);
}
