/* walk_setup.c - what is prepared before a walk, and the files that are open in it. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "walk_ahead.h"

#define INCLUDED_READ 65536U /* many may be open at once */

static enum tlsagen_status system_open(void *arg, size_t index, const char *path, int *fd,
                                       struct tlsagen_err *err)
{
    (void)arg;
    (void)index;
    /* Without O_NONBLOCK the open of a FIFO would wait for a writer for ever. */
    *fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (*fd < 0)
        return tlsagen_err_system(err, errno, "cannot open %s",
                                  *path == '\0' ? "a file without a name" : path);
    struct stat st;
    enum tlsagen_status status = TLSAGEN_OK;
    if (fstat(*fd, &st) != 0)
        status = tlsagen_err_system(err, errno, "cannot look at %s", path);
    else if (!S_ISREG(st.st_mode))
        status = tlsagen_err_set(err, TLSAGEN_E_KIND, "%s: is %s; give a zone file", path,
                                 S_ISDIR(st.st_mode)    ? "a directory"
                                 : S_ISFIFO(st.st_mode) ? "a FIFO"
                                                        : "no regular file");
    if (status != TLSAGEN_OK)
        (void)close(*fd);
    else
        (void)posix_fadvise(*fd, 0, 0, POSIX_FADV_SEQUENTIAL);
    return status;
}

static long system_read(void *arg, size_t index, int fd, char *bytes, size_t len)
{
    (void)arg;
    (void)index;
    return read(fd, bytes, len);
}

static void system_close(void *arg, size_t index, int fd)
{
    (void)arg;
    (void)index;
    (void)close(fd);
}

const struct walk_source walk_system_source = {NULL, system_open, system_read, system_close};

/* Types that make up nearly all of a zone; others are found by type_parse, more slowly. */
static const char *const common_types[] = {
    "A",     "AAAA", "TXT",  "PTR",   "SRV",   "MX",   "NS",     "CNAME", "CAA",
    "SSHFP", "DS",   "TLSA", "SPF",   "NAPTR", "SVCB", "HTTPS",  "LOC",   "HINFO",
    "URI",   "RP",   "SOA",  "DNAME", "RRSIG", "NSEC", "DNSKEY",
};

static void pack_types(struct walk *walk)
{
    for (size_t i = 0; i < sizeof(common_types) / sizeof(common_types[0]); i++) {
        char name[8] = "";
        size_t len = strlen(common_types[i]);
        uint16_t type = 0;
        memcpy(name, common_types[i], len < sizeof(name) ? len : sizeof(name));
        if (!type_parse(common_types[i], len, &type))
            continue;
        uint64_t packed = pack_letters(name, len);
        unsigned at = walk_packed_slot(packed);
        while (walk->packed[at].name != 0)
            at = (at + 1) % PACKED_TYPES;
        walk->packed[at] = (struct walk_packed){packed, type, walk_is_wanted(walk, type)};
    }
}

static void want(struct walk *walk, uint16_t type)
{
    walk->wanted[type / 64] |= UINT64_C(1) << (type % 64);
}

static enum tlsagen_status prepare_watch(struct walk *walk, struct tlsagen_err *err)
{
    const struct name_set *watch = walk->options->watch;
    walk->closer['$'] = walk->closer['.'] = walk->closer['@'] = true;
    if (watch == NULL || watch->count == 0)
        return TLSAGEN_OK;
    enum tlsagen_status status = bloom_init_labels(&walk->quick, watch->count, err);
    if (status != TLSAGEN_OK)
        return status;
    for (size_t i = 0; i < watch->count; i++) {
        struct name name;
        name_set_get(watch, i, &name);
        bloom_add_label(&walk->quick, &name);
        /* The root has no first label: its records are all written as "." or "@". */
        if (name.len <= 1)
            continue;
        walk->closer[name.wire[1]] = true;
        walk->closer[name.wire[1] & 0xdfU] = true; /* in large letters */
    }
    return TLSAGEN_OK;
}

bool walk_is_watched(const struct walk *walk, const struct walk_record *record)
{
    const struct walk_options *options = walk->options;
    if (options->watch != NULL && name_set_find(options->watch, &record->owner) != NAME_SET_NONE)
        return true;
    if (options->beside == NULL || record->type == TYPE_CNAME)
        return false;
    const struct bloom_key key = bloom_key_of(&record->owner);
    return bloom_has(options->beside, &key);
}

enum tlsagen_status walk_setup(struct walk *walk, struct tlsagen_err *err)
{
    static const uint16_t always[] = {TYPE_SOA,   TYPE_RRSIG,  TYPE_NSEC,
                                      TYPE_NSEC3, TYPE_ZONEMD, TYPE_DNSKEY};
    for (size_t i = 0; i < sizeof(always) / sizeof(always[0]); i++)
        want(walk, always[i]);
    for (size_t i = 0; i < walk->options->type_count; i++)
        want(walk, walk->options->types[i]);
    pack_types(walk);
    /* No text begins like those that are not there yet. */
    for (size_t i = 0; i < FORMS; i++)
        walk->forms[i].mask[0] = UINT64_MAX;
    walk->all = walk->options->all;
    if (walk->options->origin != NULL)
        walk_set_apex(walk, walk->options->origin);
    return prepare_watch(walk, err);
}

/* A label whose bytes are written as they are, in small letters. */
static bool add_plain_label(char *text, const uint8_t *label, size_t len)
{
    for (size_t i = 0; i < len; i++) {
        if (label[i] <= ' ' || strchr(".\"();\\", label[i]) != NULL)
            return false;
        text[i] = (char)label[i];
    }
    text[len] = '.';
    return true;
}

void walk_set_apex(struct walk *walk, const struct name *apex)
{
    struct name lower;
    walk->apex = *apex;
    name_lower(apex, &lower);
    walk->apex_text_len = 0;
    for (size_t i = 0; i + 1 < lower.len; i += lower.wire[i] + 1U) {
        if (!add_plain_label(walk->apex_text + i, &lower.wire[i + 1], lower.wire[i]))
            return;
    }
    if (lower.len == 1)
        walk->apex_text[0] = '.';
    walk->apex_text_len = lower.len == 1 ? 1 : lower.len - 1U;
}

void walk_origin_changed(const struct walk *walk, struct walk_open *file)
{
    bool inside = file->origin.len != 0;
    if (walk->apex.len == 0)
        inside = inside && walk->options->origin_optional;
    else
        inside = inside && name_is_within(&file->origin, &walk->apex);
    file->origin_key = bloom_key_of(&file->origin).name;
    file->mail_len = 0;
    file->relative_max =
        inside && file->origin.len < NAME_WIRE_MAX ? NAME_WIRE_MAX - 1U - file->origin.len : 0;
}

static struct walk_file *add_file(struct walk *walk, const char *path, size_t parent)
{
    if (walk->file_count == walk->file_cap) {
        size_t cap = walk->file_cap == 0 ? 4 : walk->file_cap * 2;
        struct walk_file *moved =
            cap > SIZE_MAX / sizeof(*moved) ? NULL : realloc(walk->files, cap * sizeof(*moved));
        if (moved == NULL)
            return NULL;
        walk->files = moved;
        walk->file_cap = cap;
    }
    char *copy = strdup(path);
    if (copy == NULL)
        return NULL;
    struct walk_file *file = &walk->files[walk->file_count++];
    *file = (struct walk_file){.path = copy, .parent = parent, .final_newline = true};
    return file;
}

char *walk_new_bytes(size_t cap)
{
    char *bytes = aligned_alloc(WALK_PAGE, cap + WALK_PAGE);
    if (bytes != NULL)
        memset(bytes, 0, WALK_PAD);
    return bytes;
}

static struct walk_open *open_new(size_t read)
{
    struct walk_open *made = calloc(1, sizeof(*made));
    if (made == NULL)
        return NULL;
    made->cap = read + WALK_CARRY;
    made->bytes = walk_new_bytes(made->cap);
    made->entries = calloc(WALK_BATCH, sizeof(made->entries[0]));
    if (made->bytes == NULL || made->entries == NULL) {
        free(made->bytes);
        free(made->entries);
        free(made);
        return NULL;
    }
    return made;
}

static void open_free(struct walk_open *open)
{
    free(open->bytes);
    free(open->entries);
    free(open);
}

/* A blank owner at the beginning of an included file is that in force where it is included. */
static void inherit_owner(struct walk_open *from, struct walk_open *made)
{
    if (!from->owner.known)
        return;
    walk_settle(from);
    made->owner.name = *walk_owner_name(from);
    made->owner.known = true;
    made->owner.watched = from->owner.watched;
    made->run = from->run;
}

enum tlsagen_status walk_open_file(struct walk *walk, const char *path, size_t parent,
                                   const struct name *origin, struct tlsagen_err *err)
{
    size_t index = walk->file_count;
    struct walk_open *made = open_new(index == 0 ? WALK_READ : INCLUDED_READ);
    if (made == NULL || add_file(walk, path, parent) == NULL) {
        if (made != NULL)
            open_free(made);
        return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory");
    }
    enum tlsagen_status status = walk->source->open(walk->source->arg, index, path, &made->fd, err);
    if (status != TLSAGEN_OK) {
        open_free(made);
        return status;
    }
    made->index = index;
    made->line = 1;
    made->scan.portable = walk->options->portable;
    if (origin != NULL)
        made->origin = *origin;
    if (walk->depth > 0) {
        inherit_owner(walk->open[walk->depth - 1], made);
        walk_marks_busy(walk, true);
    }
    walk_origin_changed(walk, made);
    walk->open[walk->depth++] = made;
    return TLSAGEN_OK;
}

void walk_close_file(struct walk *walk)
{
    struct walk_open *open = walk->open[--walk->depth];
    walk_ahead_end(open->ahead);
    walk->source->close(walk->source->arg, open->index, open->fd);
    open_free(open);
}
