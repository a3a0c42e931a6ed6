/*
 * applied.c - what was published last: STATE_DIR/fleet/ZONE.applied, a text of one line for each
 * record, replaced as a whole.
 *
 *     tlsagen-fleet 1
 *     zone example.org.
 *     pending                               an edit was begun: its load may be missing
 *     _25._tcp.mx.example.org. 3 1 1 e50a…
 *     _25._tcp.mx.example.org. pinned 2 1 1 77ab…
 *     end
 *
 * It tells records of ours from those of others, and which key was published before a new one came.
 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/file.h"
#include "work.h"

static const char first_line[] = "tlsagen-fleet 1";
static const char pinned_word[] = "pinned ";

/* STATE_DIR/fleet[/ZONE.applied]; bytes that names of files cannot have stand as %xx. */
static void make_path(const struct work *work, bool folder, struct tlsagen_buf *path)
{
    tlsagen_buf_init(path);
    tlsagen_buf_printf(path, "%s/fleet", work->fleet->config->state_dir);
    if (folder)
        return;
    tlsagen_buf_char(path, '/');
    const char *name = work->config->name;
    for (size_t i = 0; name[i] != '\0'; i++) {
        const unsigned char c = (unsigned char)name[i];
        if (c == '/' || c == '%' || c <= ' ' || c > '~' || (c == '.' && i == 0))
            tlsagen_buf_printf(path, "%%%02x", (unsigned)c);
        else if (c != '.' || name[i + 1] != '\0')
            tlsagen_buf_char(path, (char)c);
    }
    tlsagen_buf_str(path, ".applied");
}

static enum tlsagen_status read_all(int fd, const char *path, struct tlsagen_buf *text,
                                    struct tlsagen_err *err)
{
    struct stat st;
    if (fstat(fd, &st) != 0)
        return tlsagen_err_system(err, errno, "cannot look at %s", path);
    if (!S_ISREG(st.st_mode))
        return tlsagen_err_set(err, TLSAGEN_E_KIND, "%s is no regular file", path);
    if (!tlsagen_buf_reserve(text, (size_t)st.st_size + 1))
        return tlsagen_buf_check(text, err);
    for (;;) {
        char bytes[65536];
        const ssize_t got = read(fd, bytes, sizeof(bytes));
        if (got < 0 && errno != EINTR)
            return tlsagen_err_system(err, errno, "cannot read %s", path);
        if (got == 0)
            return tlsagen_buf_check(text, err);
        if (got > 0)
            tlsagen_buf_add(text, bytes, (size_t)got);
    }
}

static enum tlsagen_status read_file(const char *path, struct tlsagen_buf *text,
                                     struct tlsagen_err *err)
{
    const int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW);
    if (fd < 0)
        return errno == ENOENT ? TLSAGEN_OK
                               : tlsagen_err_system(err, errno, "cannot open %s", path);
    enum tlsagen_status status = read_all(fd, path, text, err);
    (void)close(fd);
    return status;
}

/* --- parsing --- */

struct line {
    const char *text;
    size_t len;
};

/* The next line, without its end; false at the end, and for a last line that has none. */
static bool next_line(const char **p, const char *end, struct line *line)
{
    const char *lf = *p < end ? memchr(*p, '\n', (size_t)(end - *p)) : NULL;
    if (lf == NULL)
        return false;
    *line = (struct line){*p, (size_t)(lf - *p)};
    *p = lf + 1;
    return true;
}

static bool is_text(const struct line *line, const char *text)
{
    return line->len == strlen(text) && memcmp(line->text, text, line->len) == 0;
}

static enum tlsagen_status take_owner(struct work *work, const char *name, size_t len,
                                      const struct tlsagen_record *record, bool pinned,
                                      struct tlsagen_err *err)
{
    struct work_owner *owner = owners_find(work, name, len);
    if (owner == NULL)
        owner = owners_add(work, name, len);
    if (owner == NULL)
        return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory");
    if (owner->service == NULL)
        return owners_other(owner, record, err);
    return tlsagen_rrset_add(pinned ? &owner->service->pinned : &owner->service->applied,
                             record->fields, record->data, record->len, err);
}

/* *good is false for what this program does not write. */
static enum tlsagen_status take_record(struct work *work, const struct line *line, uint8_t *data,
                                       bool *good, struct tlsagen_err *err)
{
    const char *end = line->text + line->len;
    const char *blank = memchr(line->text, ' ', line->len);
    struct tlsagen_record record;
    if (blank == NULL || blank == line->text) {
        *good = false;
        return TLSAGEN_OK;
    }
    const char *rest = blank + 1;
    const size_t word = sizeof(pinned_word) - 1;
    const bool pinned = (size_t)(end - rest) > word && memcmp(rest, pinned_word, word) == 0;
    rest += pinned ? word : 0;
    *good = record_read(rest, (size_t)(end - rest), &record, data);
    return *good ? take_owner(work, line->text, (size_t)(blank - line->text), &record, pinned, err)
                 : TLSAGEN_OK;
}

static enum tlsagen_status take_lines(struct work *work, const char *path, uint8_t *data,
                                      struct tlsagen_err *err)
{
    const char *p = work->applied.data, *end = p + work->applied.len;
    struct line line = {.len = 0};
    bool good = next_line(&p, end, &line) && is_text(&line, first_line) &&
                next_line(&p, end, &line) && line.len > 5 && memcmp(line.text, "zone ", 5) == 0;
    unsigned number = 2;
    enum tlsagen_status status = TLSAGEN_OK;
    for (; good && status == TLSAGEN_OK; number++) {
        good = next_line(&p, end, &line);
        if (good && is_text(&line, "end") && p == end)
            return TLSAGEN_OK;
        if (good && number == 2 && is_text(&line, "pending"))
            work->pending = true;
        else if (good)
            status = take_record(work, &line, data, &good, err);
    }
    if (status != TLSAGEN_OK)
        return status;
    return tlsagen_err_set(err, TLSAGEN_E_SYNTAX,
                           "%s:%u: damaged, or of another version; if the zone has the records "
                           "that it should have, remove this file",
                           path, number);
}

static size_t count_lines(const struct tlsagen_buf *text)
{
    size_t count = 0;
    for (size_t i = 0; i < text->len; i++)
        count += text->data[i] == '\n';
    return count;
}

/* Data of the longest record is shorter than the text. */
static enum tlsagen_status parse(struct work *work, const char *path, struct tlsagen_err *err)
{
    uint8_t *data = malloc(work->applied.len / 2 + 1);
    if (data == NULL || !tlsagen_buf_reserve(&work->names, work->applied.len + 1)) {
        free(data);
        return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory");
    }
    enum tlsagen_status status = take_lines(work, path, data, err);
    free(data);
    return status;
}

enum tlsagen_status applied_read(struct work *work, struct tlsagen_err *err)
{
    struct tlsagen_buf path;
    make_path(work, false, &path);
    enum tlsagen_status status = tlsagen_buf_check(&path, err);
    if (status == TLSAGEN_OK)
        status = read_file(path.data, &work->applied, err);
    if (status == TLSAGEN_OK)
        status = owners_make(work, count_lines(&work->applied), err);
    if (status == TLSAGEN_OK && work->applied.len > 0)
        status = parse(work, path.data, err);
    tlsagen_buf_clear(&path);
    return status;
}

/* --- writing --- */

static void add_line(struct tlsagen_buf *text, const char *owner, bool pinned,
                     const struct tlsagen_record *record)
{
    tlsagen_buf_str(text, owner);
    tlsagen_buf_char(text, ' ');
    tlsagen_buf_str(text, pinned ? pinned_word : "");
    table_add_record(text, record);
    tlsagen_buf_char(text, '\n');
}

static void add_set(struct tlsagen_buf *text, const char *owner, bool pinned,
                    const struct tlsagen_rrset *set)
{
    for (size_t i = 0; set != NULL && i < set->count; i++)
        add_line(text, owner, pinned, &set->records[i]);
}

/* The desired records, and unless done, those of before that are not among them. */
static void add_desired(struct tlsagen_buf *text, const struct work_owner *owner, bool done)
{
    const struct work_service *service = owner->service;
    const struct tlsagen_rrset *const before[] = {&service->applied, &service->pinned};
    size_t ignored;
    for (size_t i = 0; i < service->desired.count; i++) {
        const struct tlsagen_record *record = &service->desired.records[i];
        add_line(text, owner->name, set_find(service->config->pinned, record, &ignored), record);
    }
    for (size_t k = 0; k < 2 && !done; k++) {
        for (size_t i = 0; i < before[k]->count; i++) {
            if (!set_find(&service->desired, &before[k]->records[i], &ignored))
                add_line(text, owner->name, k == 1, &before[k]->records[i]);
        }
    }
}

/* What the file is to remember of an owner. */
static void add_owner(struct tlsagen_buf *text, const struct work_owner *owner,
                      enum applied_phase phase)
{
    const struct work_service *service = owner->service;
    if (service == NULL) {
        if (owner->there)
            add_set(text, owner->name, false, owner->others);
    } else if (!service->selected || service->faulty || phase == APPLIED_BACK) {
        add_set(text, owner->name, false, &service->applied);
        add_set(text, owner->name, true, &service->pinned);
    } else {
        add_desired(text, owner, phase == APPLIED_DONE && !service->refused);
    }
}

/* About what the text takes: one that grows is copied each time that it doubles. */
static size_t text_size(const struct work *work)
{
    const size_t words = 40; /* fields, "pinned", blanks */
    size_t size = 0;
    for (size_t i = 0; i < work->owner_count; i++) {
        const struct work_owner *owner = &work->owners[i];
        const size_t count = owner->service == NULL ? 0 : owner->service->desired.count;
        for (size_t k = 0; k < count; k++)
            size += strlen(owner->name) + 2 * owner->service->desired.records[k].len + words;
    }
    return size;
}

static enum tlsagen_status make_text(const struct work *work, enum applied_phase phase,
                                     struct tlsagen_buf *text, struct tlsagen_err *err)
{
    (void)tlsagen_buf_reserve(text, text_size(work));
    tlsagen_buf_printf(text, "%s\nzone %s\n%s", first_line, work->config->name,
                       phase == APPLIED_INTENT ? "pending\n" : "");
    for (size_t i = 0; i < work->owner_count; i++)
        add_owner(text, &work->owners[i], phase);
    tlsagen_buf_str(text, "end\n");
    return tlsagen_buf_check(text, err);
}

static enum tlsagen_status replace(const struct work *work, const struct tlsagen_buf *text,
                                   struct tlsagen_err *err)
{
    struct tlsagen_buf folder, path;
    make_path(work, true, &folder);
    make_path(work, false, &path);
    enum tlsagen_status status = tlsagen_buf_check(&folder, err);
    if (status == TLSAGEN_OK)
        status = tlsagen_buf_check(&path, err);
    if (status == TLSAGEN_OK)
        status = file_make_folder(work->fleet->config->state_dir, 0755, err);
    if (status == TLSAGEN_OK)
        status = file_make_folder(folder.data, 0755, err);
    if (status == TLSAGEN_OK)
        status = file_replace(path.data, ".new", text->data, text->len, NULL, err);
    tlsagen_buf_clear(&folder);
    tlsagen_buf_clear(&path);
    return status;
}

enum tlsagen_status applied_write(struct work *work, enum applied_phase phase,
                                  struct tlsagen_err *err)
{
    struct tlsagen_buf text;
    tlsagen_buf_init(&text);
    enum tlsagen_status status = make_text(work, phase, &text, err);
    const bool same = status == TLSAGEN_OK && text.len == work->applied.len &&
                      memcmp(text.data, work->applied.data, text.len) == 0;
    if (status == TLSAGEN_OK && !same)
        status = replace(work, &text, err);
    if (status != TLSAGEN_OK || same) {
        tlsagen_buf_clear(&text);
        return status;
    }
    tlsagen_buf_clear(&work->applied);
    work->applied = text;
    return TLSAGEN_OK;
}
