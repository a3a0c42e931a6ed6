#include "walk_marks.h"

#include <stdlib.h>

#include "walk_state.h"

#define NOWHERE UINT64_MAX

/* What stands between the mark before, or the beginning, and this one. */
struct part {
    bool busy;     /* the first walk showed or found something, or opened a file */
    bool includes; /* it opened a file */
    bool touched;  /* by an edit, its two ends included */
    bool compared; /* set by the walk through the new file */
};

/* A place where an entry begins, and the state there. */
struct mark {
    uint64_t at;     /* in the first file */
    uint64_t new_at; /* in the edited file; NOWHERE when an edit touches it */
    uint64_t lines;  /* line ends before it */
    size_t file_count;
    bool has_soa;
    bool has_apex;
    bool ttl_default_known;
    bool ttl_last_known;
    bool default_is_minimum;
    bool minimum_known;
    bool owner_known;
    bool owner_watched;
    bool follow;
    struct walk_run run;
    uint32_t ttl_default;
    uint32_t ttl_last;
    uint32_t minimum;
    struct name origin;
    struct name owner;
};

struct walk_marks {
    struct mark *at;
    struct part *parts; /* one more than marks: behind the last one, too */
    size_t count;
    size_t cap;
    uint64_t space;
    struct name apex; /* once known, it stays */
    enum walk_marks_use use;
    void (*seek)(void *arg, uint64_t at);
    void *arg;
    size_t next; /* the mark that comes next */
    uint64_t skipped;
};

struct walk_marks *walk_marks_new(uint64_t space)
{
    struct walk_marks *marks = calloc(1, sizeof(*marks));
    struct part *parts = calloc(WALK_MARKS_MAX + 1, sizeof(*parts));
    if (marks == NULL || parts == NULL) {
        free(marks);
        free(parts);
        return NULL;
    }
    marks->space = space;
    marks->parts = parts;
    return marks;
}

void walk_marks_free(struct walk_marks *marks)
{
    if (marks == NULL)
        return;
    free(marks->at);
    free(marks->parts);
    free(marks);
}

/* Keeps every second mark. What two parts were, the one they become is. */
static void thin_out(struct walk_marks *marks)
{
    size_t count = marks->count / 2;
    for (size_t i = 0; i < count; i++) {
        const struct part *one = &marks->parts[2 * i], *two = &marks->parts[2 * i + 1];
        marks->at[i] = marks->at[2 * i + 1];
        marks->parts[i] = (struct part){.busy = one->busy || two->busy,
                                        .includes = one->includes || two->includes};
    }
    marks->parts[count] = marks->parts[marks->count];
    for (size_t i = count + 1; i <= marks->count; i++)
        marks->parts[i] = (struct part){0};
    marks->count = count;
    marks->space *= 2;
}

static bool make_room(struct walk_marks *marks)
{
    if (marks->count < marks->cap)
        return true;
    size_t cap = marks->cap == 0 ? 16 : 2 * marks->cap;
    struct mark *moved = realloc(marks->at, cap * sizeof(*moved));
    if (moved == NULL)
        return false;
    marks->at = moved;
    marks->cap = cap;
    return true;
}

static struct mark mark_of(const struct walk *walk, struct walk_open *file)
{
    struct mark mark = {
        .at = file->base + file->at,
        .new_at = file->base + file->at,
        .lines = walk->files[file->index].lines,
        .file_count = walk->file_count,
        .has_soa = walk->has_soa,
        .has_apex = walk->apex.len != 0,
        .ttl_default_known = walk->ttl_default_known,
        .ttl_last_known = walk->ttl_last_known,
        .default_is_minimum = walk->default_is_minimum,
        .minimum_known = walk->minimum_known,
        .owner_known = file->owner.known,
        .owner_watched = file->owner.watched,
        .follow = file->follow,
        .run = file->run,
        .ttl_default = walk->ttl_default,
        .ttl_last = walk->ttl_last,
        .minimum = walk->minimum,
        .origin = file->origin,
    };
    mark.owner = *walk_owner_name(file);
    return mark;
}

/*
 * Where the next mark is due: near to each other at the file's beginning, as what is edited most,
 * the SOA, stands there.
 */
static uint64_t next_due(const struct walk_marks *marks)
{
    uint64_t last = marks->count == 0 ? 0 : marks->at[marks->count - 1].at;
    uint64_t near = last < WALK_MARKS_FIRST ? WALK_MARKS_FIRST : last;
    return last + (near < marks->space ? near : marks->space);
}

/* A mark in the first walk, if one is due. Without memory there are fewer, and more is read. */
static void note(struct walk_marks *marks, const struct walk *walk, struct walk_open *file)
{
    if (file->void_entry || file->base + file->at < next_due(marks))
        return;
    if (marks->count == WALK_MARKS_MAX)
        thin_out(marks);
    if (!make_room(marks))
        return;
    marks->at[marks->count++] = mark_of(walk, file);
    marks->parts[marks->count] = (struct part){0};
    if (walk->apex.len != 0)
        marks->apex = walk->apex;
}

void walk_marks_busy(struct walk *walk, bool includes)
{
    struct walk_marks *marks = walk->options->marks;
    if (marks == NULL || marks->use != WALK_MARKS_NOTE)
        return;
    marks->parts[marks->count].busy = true;
    marks->parts[marks->count].includes |= includes;
}

/* The first mark at an offset or behind it. */
static size_t first_mark(const struct walk_marks *marks, uint64_t at)
{
    size_t low = 0, high = marks->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (marks->at[middle].at < at)
            low = middle + 1;
        else
            high = middle;
    }
    return low;
}

void walk_marks_splice(struct walk_marks *marks, uint64_t at, uint64_t len, uint64_t text_len)
{
    size_t i = first_mark(marks, at);
    marks->parts[i].touched = true;
    for (; i < marks->count && marks->at[i].at <= at + len; i++) {
        marks->at[i].new_at = NOWHERE;
        marks->parts[i + 1].touched = true;
    }
    /* The edits before have moved it already; what is added wraps where it is less than before. */
    for (; i < marks->count; i++)
        marks->at[i].new_at += text_len - len;
}

void walk_marks_splice_included(struct walk_marks *marks)
{
    for (size_t i = 0; i <= marks->count; i++)
        marks->parts[i].touched |= marks->parts[i].includes;
}

void walk_marks_follow(struct walk_marks *marks, enum walk_marks_use use,
                       void (*seek)(void *arg, uint64_t at), void *arg)
{
    marks->use = use;
    marks->seek = seek;
    marks->arg = arg;
    marks->next = 0;
    marks->skipped = 0;
    if (use == WALK_MARKS_NEW)
        marks->parts[0].compared = marks->parts[0].touched;
}

bool walk_marks_comparing(const struct walk_marks *marks)
{
    return marks->use != WALK_MARKS_NOTE && marks->parts[marks->next].compared;
}

uint64_t walk_marks_skipped(const struct walk_marks *marks)
{
    return marks->skipped;
}

static uint64_t place_of(const struct walk_marks *marks, size_t mark)
{
    if (mark == marks->count)
        return NOWHERE;
    return marks->use == WALK_MARKS_NEW ? marks->at[mark].new_at : marks->at[mark].at;
}

static bool same_name(const struct name *a, const struct name *b)
{
    return a->len == b->len && (a->len == 0 || name_equal(a, b));
}

/* Whether the walk, with all entries found looked at, is in the state of the mark. */
static bool is_at(const struct walk_marks *marks, const struct walk *walk, struct walk_open *file,
                  const struct mark *mark)
{
    const struct scan *scan = &file->scan;
    if (file->void_entry || scan->depth > 0 || scan->quote || scan->comment || scan->escape ||
        scan->cr)
        return false;
    struct mark now = mark_of(walk, file);
    bool same = now.file_count == mark->file_count && now.has_soa == mark->has_soa &&
                now.has_apex == mark->has_apex && now.minimum_known == mark->minimum_known &&
                now.minimum == mark->minimum && now.owner_known == mark->owner_known &&
                now.owner_watched == mark->owner_watched && now.follow == mark->follow &&
                now.run.cname == mark->run.cname && now.run.other == mark->run.other;
    bool same_ttl = now.ttl_default_known == mark->ttl_default_known &&
                    now.ttl_default == mark->ttl_default &&
                    now.default_is_minimum == mark->default_is_minimum;
    /* Once there is a default, nothing inherits a TTL any more. */
    if (!mark->ttl_default_known)
        same_ttl = same_ttl && now.ttl_last_known == mark->ttl_last_known &&
                   now.ttl_last == mark->ttl_last;
    return same && same_ttl && same_name(&now.origin, &mark->origin) &&
           same_name(&now.owner, &mark->owner) &&
           (!mark->has_apex || same_name(&walk->apex, &marks->apex));
}

/* The walk goes on at a mark, from another in whose state it is. */
static void go_to(struct walk_marks *marks, struct walk *walk, struct walk_open *file, size_t from,
                  size_t to)
{
    const struct mark *mark = &marks->at[to];
    uint64_t lines = mark->lines - marks->at[from].lines;
    uint64_t bytes = mark->at - marks->at[from].at;
    struct walk_file *record = &walk->files[file->index];
    record->lines += lines;
    record->size = file->base + file->at + bytes;
    file->line += lines;
    file->base = record->size;
    file->at = file->len = file->scanned = 0;
    file->end = false;
    file->scan = (struct scan){.portable = walk->options->portable};
    walk->has_soa = mark->has_soa;
    if (mark->has_apex && walk->apex.len == 0)
        walk_set_apex(walk, &marks->apex);
    walk->ttl_default_known = mark->ttl_default_known;
    walk->ttl_last_known = mark->ttl_last_known;
    walk->default_is_minimum = mark->default_is_minimum;
    walk->minimum_known = mark->minimum_known;
    walk->ttl_default = mark->ttl_default;
    walk->ttl_last = mark->ttl_last;
    walk->minimum = mark->minimum;
    file->owner.name = mark->owner;
    file->owner.text_len = 0;
    file->owner.known = mark->owner_known;
    file->owner.watched = mark->owner_watched;
    file->follow = mark->follow;
    file->run = mark->run;
    file->origin = mark->origin;
    walk_origin_changed(walk, file);
    marks->skipped += bytes;
    marks->seek(marks->arg, file->base);
}

/* Whether a walk in the old state may leave a part out. */
static bool is_quiet(const struct walk_marks *marks, const struct part *part)
{
    if (part->busy)
        return false;
    return marks->use == WALK_MARKS_NEW ? !part->touched : !part->compared;
}

/* All entries up to the next mark have been looked at. */
static void arrive(struct walk_marks *marks, struct walk *walk, struct walk_open *file)
{
    size_t at = marks->next, to = at;
    bool same = is_at(marks, walk, file, &marks->at[at]);
    /* The part behind the last mark is read in any case: the file's end is to be seen. */
    while (same && to + 1 < marks->count && is_quiet(marks, &marks->parts[to + 1]))
        to++;
    if (to > at)
        go_to(marks, walk, file, at, to);
    marks->next = to + 1;
    if (marks->use == WALK_MARKS_NEW)
        marks->parts[marks->next].compared = marks->parts[marks->next].touched || !same;
    walk->all = walk->options->all || marks->parts[marks->next].compared;
}

/* A mark where no entry begins any more; the bytes behind it are compared. */
static void pass_by(struct walk_marks *marks, struct walk *walk)
{
    marks->next++;
    if (marks->use == WALK_MARKS_NEW)
        marks->parts[marks->next].compared = true;
    walk->all = walk->options->all || marks->parts[marks->next].compared;
}

/* So far that the next mark can be made soon after it is due. */
static size_t limit_of_note(const struct walk_marks *marks, const struct walk_open *file)
{
    uint64_t due = next_due(marks);
    uint64_t block = file->base + file->scanned + SCAN_BLOCK;
    uint64_t limit = (due > block ? due : block) - file->base;
    return limit < file->len ? (size_t)limit : file->len;
}

bool walk_marks_limit(struct walk *walk, struct walk_open *file, size_t *limit)
{
    struct walk_marks *marks = walk->options->marks;
    *limit = file->len;
    if (marks == NULL || file->index != 0)
        return false;
    if (marks->use == WALK_MARKS_NOTE) {
        *limit = limit_of_note(marks, file);
        return false;
    }
    for (;;) {
        if (marks->next < marks->count && place_of(marks, marks->next) == NOWHERE) {
            pass_by(marks, walk);
            continue;
        }
        uint64_t place = place_of(marks, marks->next);
        if (place == NOWHERE || place > file->base + file->len) {
            *limit = file->len;
            return false;
        }
        *limit = (size_t)(place - file->base);
        if (file->scanned < *limit)
            return true;
        if (file->at == *limit && file->scanned == *limit)
            arrive(marks, walk, file);
        else
            pass_by(marks, walk);
    }
}

void walk_marks_miss(struct walk *walk)
{
    pass_by(walk->options->marks, walk);
}

void walk_marks_begin(struct walk *walk, struct walk_open *file)
{
    struct walk_marks *marks = walk->options->marks;
    if (marks == NULL || file->index != 0)
        return;
    if (marks->use == WALK_MARKS_NOTE)
        note(marks, walk, file);
    else if (file->base + file->at == 0)
        walk->all = walk->options->all || walk_marks_comparing(marks);
}
