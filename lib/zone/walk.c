#include "walk.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "walk_ahead.h"

void walk_stop(struct walk *walk)
{
    walk->stopped = true;
}

size_t walk_file_count(const struct walk *walk)
{
    return walk->file_count;
}

const struct walk_file *walk_file(const struct walk *walk, size_t index)
{
    return &walk->files[index];
}

const struct name *walk_apex(const struct walk *walk)
{
    return walk->apex.len == 0 ? NULL : &walk->apex;
}

bool walk_default_ttl(const struct walk *walk, uint32_t *ttl)
{
    *ttl = walk->ttl_default;
    return walk->ttl_default_known;
}

bool walk_has_soa(const struct walk *walk)
{
    return walk->has_soa;
}

enum tlsagen_status walk_err(const struct walk *walk, const struct walk_fault *fault,
                             struct tlsagen_err *err)
{
    return tlsagen_err_set(err, fault->status, "%s:%llu:%llu: %s", walk->files[fault->file].path,
                           (unsigned long long)fault->line, (unsigned long long)fault->column,
                           fault->text);
}

struct walk_fault walk_fault_at(const struct walk_record *record, size_t token,
                                enum tlsagen_status status, const char *text)
{
    struct walk_fault fault = {.file = record->file, .status = status, .text = text};
    uint64_t lines;
    size_t at = token < record->token_count ? record->tokens[token].at : 0;
    lex_place(record->text, at, &lines, &fault.column);
    fault.line = record->line + lines;
    return fault;
}

enum tlsagen_status walk_complain_at(struct walk *walk, const struct walk_open *file, uint64_t line,
                                     uint64_t column, struct tlsagen_err *err,
                                     enum tlsagen_status status, const char *text)
{
    struct walk_fault fault = {file->index, line, column, status, text};
    walk_marks_busy(walk, false);
    if (walk->options->fault == NULL)
        return walk_err(walk, &fault, err);
    return walk->options->fault(walk->options->arg, walk, &fault, err);
}

enum tlsagen_status walk_complain(struct walk *walk, const struct walk_entry *entry, size_t at,
                                  struct tlsagen_err *err, enum tlsagen_status status,
                                  const char *format, ...)
{
    char text[TLSAGEN_ERR_SIZE];
    va_list args;
    va_start(args, format);
    if (vsnprintf(text, sizeof(text), format, args) < 0)
        text[0] = '\0';
    va_end(args);
    uint64_t lines, column;
    lex_place(entry->text, at, &lines, &column);
    return walk_complain_at(walk, entry->file, entry->file->line + lines, column, err, status,
                            text);
}

/* Files that are no text at all, told by their first bytes. */
static const char *not_text(const char *bytes, size_t len)
{
    if (len >= 3 && memcmp(bytes, "\xef\xbb\xbf", 3) == 0)
        return "begins with a byte order mark, which name servers refuse; save the file without it";
    if (len >= 4 && memcmp(bytes, "\0\0\0", 3) == 0 && bytes[3] <= 3)
        return "is a zone in raw format; edit its text, see named-compilezone -F text";
    if (len >= 2 && memcmp(bytes, "\x1f\x8b", 2) == 0)
        return "is compressed; give the zone file itself";
    return NULL;
}

static enum tlsagen_status took_bytes(struct walk *walk, struct walk_open *file, size_t from,
                                      size_t len, struct tlsagen_err *err)
{
    struct walk_file *record = &walk->files[file->index];
    /* Nothing of the first bytes has gone yet: the scanner waits for a whole block. */
    bool first = record->size < 4;
    record->size += len;
    enum tlsagen_status status = TLSAGEN_OK;
    if (walk->options->bytes != NULL && len > 0)
        status =
            walk->options->bytes(walk->options->arg, file->index, file->bytes + from, len, err);
    const char *fault = first ? not_text(file->bytes, file->len) : NULL;
    if (status == TLSAGEN_OK && fault != NULL) {
        status = walk_complain_at(walk, file, 1, 1, err, TLSAGEN_E_KIND, fault);
        /* Nothing in it would make sense. */
        walk->stopped = true;
    }
    return status;
}

/* A comment may be longer than any buffer: what is known to be one is dropped. */
static bool drop_comment(struct walk_open *file)
{
    size_t at = file->at;
    while (!file->void_entry && at < file->len &&
           (file->bytes[at] == ' ' || file->bytes[at] == '\t'))
        at++;
    bool comment = file->scan.comment && file->scan.depth == 0 &&
                   (file->void_entry || (at < file->len && file->bytes[at] == ';'));
    if (!comment)
        return false;
    file->void_entry = true;
    file->at = file->scanned;
    return true;
}

/* The bytes of the owner in force are about to move. */
static void keep_owner(struct walk_open *file)
{
    struct walk_owner *owner = &file->owner;
    if (owner->text_len == 0 || owner->text == owner->kept)
        return;
    memcpy(owner->kept, owner->text, owner->text_len);
    owner->text = owner->kept;
}

/*
 * Moves the entry in hand to the front, so that what is read next begins a page: elsewhere the
 * kernel may take four times as long to copy it.
 */
static void move_to_front(struct walk_open *file)
{
    size_t left = file->len - file->at;
    size_t front = (0 - ((uintptr_t)file->bytes + left)) % WALK_PAGE;
    if (file->at <= front)
        return;
    size_t gone = file->at - front;
    keep_owner(file);
    memmove(file->bytes + front, file->bytes + file->at, left);
    scan_rebase(&file->scan, (uint32_t)gone);
    file->base += gone;
    file->len -= gone;
    file->scanned -= gone;
    file->at = front;
}

/* Makes room for more behind the entry in hand. */
static enum tlsagen_status make_room(struct walk *walk, struct walk_open *file, size_t wanted,
                                     struct tlsagen_err *err)
{
    move_to_front(file);
    if (file->cap - file->len >= wanted)
        return TLSAGEN_OK;
    if (drop_comment(file))
        return make_room(walk, file, wanted, err);
    if (file->len - file->at > WALK_ENTRY_MAX) {
        walk->stopped = true;
        return walk_complain_at(walk, file, file->line, 1, err, TLSAGEN_E_LIMIT,
                                "an entry of more than 4 MB; is this a zone file?");
    }
    keep_owner(file);
    char *moved = realloc(file->bytes, file->cap * 2 + WALK_PAD);
    if (moved == NULL)
        return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory");
    file->bytes = moved;
    file->cap *= 2;
    return TLSAGEN_OK;
}

static enum tlsagen_status cannot_read(const struct walk *walk, const struct walk_open *file,
                                       int error, struct tlsagen_err *err)
{
    return tlsagen_err_system(err, error, "cannot read %s", walk->files[file->index].path);
}

static enum tlsagen_status read_more(struct walk *walk, struct walk_open *file,
                                     struct tlsagen_err *err)
{
    /* All but the part that carries the entry which a read cuts in two. */
    size_t wanted = file->cap < WALK_READ ? 65536U : WALK_READ;
    enum tlsagen_status status = make_room(walk, file, wanted, err);
    if (status != TLSAGEN_OK || walk->stopped)
        return status;
    const struct walk_source *source = walk->source;
    long got;
    do {
        got = source->read(source->arg, file->index, file->fd, file->bytes + file->len, wanted);
    } while (got < 0 && errno == EINTR);
    if (got < 0)
        return cannot_read(walk, file, errno, err);
    if (got == 0) {
        file->end = true;
        walk->files[file->index].complete = true;
        return TLSAGEN_OK;
    }
    size_t from = file->len;
    file->len += (size_t)got;
    walk_pad(file->bytes, file->len);
    walk->files[file->index].final_newline = file->bytes[file->len - 1] == '\n';
    return took_bytes(walk, file, from, (size_t)got, err);
}

/* The next piece that was read ahead, and the entries in it. */
static enum tlsagen_status take_ahead(struct walk *walk, struct walk_open *file,
                                      struct tlsagen_err *err)
{
    struct walk_file *record = &walk->files[file->index];
    keep_owner(file);
    size_t fresh = walk_ahead_take(file);
    record->complete = file->end;
    if (fresh == file->len)
        return TLSAGEN_OK;
    record->final_newline = file->bytes[file->len - 1] == '\n';
    return took_bytes(walk, file, fresh, file->len - fresh, err);
}

/* Goes on behind the line of a faulty byte, whose rest is taken for a comment. */
static void pass_fault(struct walk *walk, struct walk_open *file)
{
    size_t fault = file->scan.fault_at;
    /* Each of these may lie in the next one: to look for all would take a square of time. */
    if (file->scan.fault == SCAN_OPEN_AT_END && ++file->never_closed == NEVER_CLOSED_MAX) {
        walk->stopped = true;
        return;
    }
    uint64_t lines, column;
    lex_place(file->bytes + file->at, fault - file->at, &lines, &column);
    file->line += lines;
    walk->files[file->index].lines += lines;
    file->at = file->scanned = fault < file->len ? fault + 1 : fault;
    file->void_entry = true;
    file->run.cname = file->run.other = false;
    /* Parentheses around it go on. */
    bool inside = file->scan.fault == SCAN_CONTROL || file->scan.fault == SCAN_QUOTE_AT_LINE;
    file->scan = (struct scan){.comment = true,
                               .depth = inside ? file->scan.depth : 0,
                               .opened = (uint32_t)file->at,
                               .portable = file->scan.portable};
}

static enum tlsagen_status scan_complain(struct walk *walk, struct walk_open *file,
                                         struct tlsagen_err *err)
{
    static const char *const texts[] = {
        [SCAN_CONTROL] = "a control byte; only comments may hold one, so remove it or write \\DDD",
        [SCAN_CLOSE] = "\")\" without a \"(\" before it",
        [SCAN_OPEN_AT_END] = "\"(\" is never closed",
        [SCAN_QUOTE_AT_LINE] = "the quote that begins here does not end on its line",
    };
    struct walk_entry entry = {.file = file, .text = file->bytes + file->at};
    enum tlsagen_status status = walk_complain(walk, &entry, file->scan.fault_at - file->at, err,
                                               TLSAGEN_E_SYNTAX, "%s", texts[file->scan.fault]);
    if (status == TLSAGEN_OK)
        pass_fault(walk, file);
    return status;
}

/* Scans up to limit; at_mark: an entry has to end there, else the mark is one no more. */
static void scan_more(struct walk *walk, struct walk_open *file, size_t limit, bool at_mark)
{
    struct scan before = file->scan;
    size_t from = file->scanned;
    file->scanned = scan_run(&file->scan, file->bytes, from, limit, at_mark || file->end,
                             file->entries, WALK_BATCH, &file->entry_count);
    if (!at_mark || (file->scanned < limit && file->scan.fault == SCAN_FINE))
        return;
    size_t count = file->entry_count;
    if (file->scan.fault == SCAN_FINE && count > 0 &&
        (file->entries[count - 1].flags & SCAN_NO_NEWLINE) == 0)
        return;
    file->scan = before;
    file->scanned = from;
    file->entry_count = 0;
    walk_marks_miss(walk);
}

/* More entries: scans what is read, reads when that gives none. *done at the end of the file. */
static enum tlsagen_status next_entries(struct walk *walk, struct walk_open *file, bool *done,
                                        struct tlsagen_err *err)
{
    file->next_entry = file->entry_count = 0;
    *done = false;
    walk_marks_begin(walk, file);
    while (file->entry_count == 0) {
        if (file->scan.fault != SCAN_FINE) {
            enum tlsagen_status status = scan_complain(walk, file, err);
            if (status != TLSAGEN_OK || walk->stopped)
                return status;
        }
        size_t limit;
        bool at_mark = walk_marks_limit(walk, file, &limit);
        if (file->end && file->scanned == file->len) {
            *done = true;
            return TLSAGEN_OK;
        }
        if (!at_mark && !file->end && file->len - file->scanned < SCAN_BLOCK) {
            if (file->read_error != 0)
                return cannot_read(walk, file, file->read_error, err);
            walk_ahead_begin(walk, file);
            bool ahead = file->ahead != NULL;
            enum tlsagen_status status =
                ahead ? take_ahead(walk, file, err) : read_more(walk, file, err);
            if (status != TLSAGEN_OK || walk->stopped)
                return status;
            if (ahead)
                continue;
            at_mark = walk_marks_limit(walk, file, &limit);
        }
        scan_more(walk, file, limit, at_mark);
    }
    return TLSAGEN_OK;
}

static void note_line_end(struct walk *walk, struct walk_open *file, const struct scan_entry *found)
{
    struct walk_file *record = &walk->files[file->index];
    if (record->lines == 0 && found->end >= 2 && (found->flags & SCAN_NO_NEWLINE) == 0)
        record->crlf = file->bytes[found->end - 2] == '\r' && file->bytes[found->end - 1] == '\n';
    record->lines += found->lines;
}

static enum tlsagen_status take_entry(struct walk *walk, struct walk_open *file,
                                      struct tlsagen_err *err)
{
    const struct scan_entry *found = &file->entries[file->next_entry];
    const char *text = file->bytes + file->at;
    size_t len = found->end - file->at;
    enum tlsagen_status status = TLSAGEN_OK;
    if (file->void_entry)
        file->void_entry = false;
    else {
        struct walk_entry entry = {file, text, len, found->flags};
        status = walk_slow(walk, &entry, err);
    }
    note_line_end(walk, file, found);
    file->line += found->lines;
    file->at = found->end;
    file->next_entry++;
    return status;
}

/* Entries of the file on top, until it ends or another is put on it. */
static enum tlsagen_status walk_top(struct walk *walk, struct tlsagen_err *err)
{
    struct walk_open *file = walk->open[walk->depth - 1];
    size_t depth = walk->depth;
    enum tlsagen_status status = TLSAGEN_OK;
    while (status == TLSAGEN_OK && !walk->stopped && walk->depth == depth) {
        bool done = false;
        if (file->next_entry == file->entry_count)
            status = next_entries(walk, file, &done, err);
        if (status != TLSAGEN_OK || walk->stopped)
            return status;
        if (done) {
            walk_close_file(walk);
            return TLSAGEN_OK;
        }
        walk_quick(walk, file);
        if (file->next_entry < file->entry_count)
            status = take_entry(walk, file, err);
    }
    return status;
}

static enum tlsagen_status no_soa(struct walk *walk, struct tlsagen_err *err)
{
    struct walk_fault fault = {.file = 0,
                               .line = walk->files[0].lines + 1,
                               .column = 1,
                               .status = TLSAGEN_E_SYNTAX,
                               .text = "no SOA record in the whole file; is this a zone file?"};
    if (walk->options->fault == NULL)
        return walk_err(walk, &fault, err);
    return walk->options->fault(walk->options->arg, walk, &fault, err);
}

static enum tlsagen_status walk_all(struct walk *walk, struct tlsagen_err *err)
{
    const struct walk_options *options = walk->options;
    enum tlsagen_status status = walk_setup(walk, err);
    if (status == TLSAGEN_OK)
        status = walk_open_file(walk, options->path, 0, options->origin, err);
    while (status == TLSAGEN_OK && !walk->stopped && walk->depth > 0)
        status = walk_top(walk, err);
    if (status == TLSAGEN_OK && !walk->stopped && !walk->has_soa && !options->fragment)
        status = no_soa(walk, err);
    if (status == TLSAGEN_OK && options->end != NULL)
        status = options->end(options->arg, walk, err);
    while (walk->depth > 0)
        walk_close_file(walk);
    return status;
}

enum tlsagen_status walk_run(const struct walk_options *options, struct walk **walk,
                             struct tlsagen_err *err)
{
    struct walk *made = calloc(1, sizeof(*made));
    *walk = made;
    if (made == NULL)
        return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory");
    made->options = options;
    made->source = options->source == NULL ? &walk_system_source : options->source;
    tlsagen_buf_init(&made->soa_rdata);
    enum tlsagen_status status = walk_all(made, err);
    made->options = NULL;
    return status;
}

void walk_free(struct walk *walk)
{
    if (walk == NULL)
        return;
    for (size_t i = 0; i < walk->file_count; i++)
        free(walk->files[i].path);
    free(walk->files);
    bloom_clear(&walk->quick);
    lex_tokens_clear(&walk->tokens);
    tlsagen_buf_clear(&walk->soa_rdata);
    free(walk);
}
