#define _GNU_SOURCE /* sched_getaffinity */
#include "walk_ahead.h"

#include <errno.h>
#include <stdlib.h>

#include <pthread.h>
#include <sched.h>
#include <signal.h>

#define PIECES 3U                /* that the thread may be ahead */
#define BEGIN_AT (1024U * 1024U) /* bytes of a file before that do not need it */

struct piece {
    char *bytes;                /* see walk_new_bytes */
    struct scan_entry *entries; /* WALK_AHEAD_BATCH of them */
    size_t front;               /* where the entry begins that the piece before has left */
    size_t fresh;               /* where the bytes begin that were read for it */
    size_t len;
    size_t scanned;
    size_t entry_count;
    struct scan scan; /* behind it */
    bool end;         /* of the file */
    bool last;        /* the thread has ended */
    int error;        /* of read(2) */
};

struct walk_ahead {
    pthread_t thread;
    pthread_mutex_t mutex; /* guards the three below */
    pthread_cond_t change;
    size_t made;  /* pieces that were finished */
    size_t taken; /* pieces that the walk has exchanged; it alone writes this */
    bool stop;
    const struct walk_source *source;
    size_t index; /* of the file */
    int fd;
    struct piece pieces[PIECES];
    /* The entry that the next piece begins with, until the thread has copied it. */
    const char *carry;
    size_t carry_len;
    size_t carry_at;      /* its offset where it lies, which the scanner's offsets count from */
    size_t carry_scanned; /* bytes of it that are scanned */
    struct scan scan;
};

/* --- the thread --- */

/* Reads until the piece is full or the file ends. */
static void fill(const struct walk_ahead *ahead, struct piece *piece)
{
    const struct walk_source *source = ahead->source;
    const size_t full = piece->fresh + WALK_READ;
    while (piece->len < full && !piece->end && piece->error == 0) {
        long got = source->read(source->arg, ahead->index, ahead->fd, piece->bytes + piece->len,
                                full - piece->len);
        if (got > 0) {
            piece->len += (size_t)got;
            walk_pad(piece->bytes, piece->len);
        } else if (got == 0) {
            piece->end = true;
        } else if (errno != EINTR) {
            piece->error = errno;
        }
    }
}

/* The entry that was left goes to where what is read behind it begins a page. */
static void put_carry(struct walk_ahead *ahead, struct piece *piece)
{
    size_t front = (0 - ((uintptr_t)piece->bytes + ahead->carry_len)) % WALK_PAGE;
    memcpy(piece->bytes + front, ahead->carry, ahead->carry_len);
    scan_rebase(&ahead->scan, (uint32_t)(ahead->carry_at - front));
    piece->front = front;
    piece->fresh = piece->len = front + ahead->carry_len;
    piece->scanned = front + ahead->carry_scanned;
    piece->entry_count = 0;
    piece->end = piece->last = false;
    piece->error = 0;
}

static void make_piece(struct walk_ahead *ahead, struct piece *piece)
{
    put_carry(ahead, piece);
    fill(ahead, piece);
    if (piece->end || piece->len - piece->scanned >= SCAN_BLOCK)
        piece->scanned =
            scan_run(&ahead->scan, piece->bytes, piece->scanned, piece->len, piece->end,
                     piece->entries, WALK_AHEAD_BATCH, &piece->entry_count);
    piece->scan = ahead->scan;
    size_t at = piece->entry_count > 0 ? piece->entries[piece->entry_count - 1].end : piece->front;
    ahead->carry = piece->bytes + at;
    ahead->carry_at = at;
    ahead->carry_len = piece->len - at;
    ahead->carry_scanned = piece->scanned - at;
    piece->last = piece->end || piece->error != 0 || ahead->scan.fault != SCAN_FINE ||
                  piece->len - piece->scanned >= SCAN_BLOCK || ahead->carry_len > WALK_CARRY ||
                  at < WALK_PAGE;
}

/* Waits for a free piece; NULL when the walk has ended. */
static struct piece *wait_for_room(struct walk_ahead *ahead)
{
    struct piece *piece = NULL;
    (void)pthread_mutex_lock(&ahead->mutex);
    while (!ahead->stop && ahead->made - ahead->taken == PIECES)
        (void)pthread_cond_wait(&ahead->change, &ahead->mutex);
    if (!ahead->stop)
        piece = &ahead->pieces[ahead->made % PIECES];
    (void)pthread_mutex_unlock(&ahead->mutex);
    return piece;
}

static void *read_ahead(void *arg)
{
    struct walk_ahead *ahead = arg;
    struct piece *piece;
    bool last = false;
    while (!last && (piece = wait_for_room(ahead)) != NULL) {
        make_piece(ahead, piece);
        last = piece->last;
        (void)pthread_mutex_lock(&ahead->mutex);
        ahead->made++;
        (void)pthread_cond_signal(&ahead->change);
        (void)pthread_mutex_unlock(&ahead->mutex);
    }
    return NULL;
}

/* --- the walk --- */

static bool has_processors(void)
{
    cpu_set_t set;
    return sched_getaffinity(0, sizeof(set), &set) == 0 && CPU_COUNT(&set) > 1;
}

static void ahead_free(struct walk_ahead *ahead)
{
    for (size_t i = 0; i < PIECES; i++) {
        free(ahead->pieces[i].bytes);
        free(ahead->pieces[i].entries);
    }
    (void)pthread_cond_destroy(&ahead->change);
    (void)pthread_mutex_destroy(&ahead->mutex);
    free(ahead);
}

static struct walk_ahead *ahead_new(const struct walk *walk, const struct walk_open *file)
{
    struct walk_ahead *ahead = calloc(1, sizeof(*ahead));
    if (ahead == NULL)
        return NULL;
    (void)pthread_mutex_init(&ahead->mutex, NULL);
    (void)pthread_cond_init(&ahead->change, NULL);
    ahead->source = walk->source;
    ahead->index = file->index;
    ahead->fd = file->fd;
    ahead->scan = file->scan;
    ahead->carry = file->bytes + file->at;
    ahead->carry_at = file->at;
    ahead->carry_len = file->len - file->at;
    ahead->carry_scanned = file->scanned - file->at;
    bool made = true;
    for (size_t i = 0; i < PIECES; i++) {
        struct piece *piece = &ahead->pieces[i];
        piece->bytes = walk_new_bytes(WALK_READ + WALK_CARRY);
        piece->entries = calloc(WALK_AHEAD_BATCH, sizeof(piece->entries[0]));
        made = made && piece->bytes != NULL && piece->entries != NULL;
    }
    if (made)
        return ahead;
    ahead_free(ahead);
    return NULL;
}

/* Signals are for the thread that walks. */
static bool start(struct walk_ahead *ahead)
{
    sigset_t all, before;
    (void)sigfillset(&all);
    if (pthread_sigmask(SIG_SETMASK, &all, &before) != 0)
        return false;
    bool started = pthread_create(&ahead->thread, NULL, read_ahead, ahead) == 0;
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    return started;
}

/* Entries of this file go into an array of the size that the pieces have. */
static bool widen_entries(struct walk_open *file)
{
    struct scan_entry *wide = calloc(WALK_AHEAD_BATCH, sizeof(wide[0]));
    if (wide == NULL)
        return false;
    free(file->entries);
    file->entries = wide;
    return true;
}

void walk_ahead_begin(struct walk *walk, struct walk_open *file)
{
    const struct walk_options *options = walk->options;
    const struct walk_file *record = &walk->files[file->index];
    if (file->index != 0 || file->ahead_tried || record->size < BEGIN_AT || file->end)
        return;
    file->ahead_tried = true;
    if (options->alone || options->bytes != NULL || options->marks != NULL || !has_processors())
        return;
    if (file->cap != WALK_READ + WALK_CARRY || file->at < WALK_PAGE || file->void_entry ||
        file->len - file->at > WALK_CARRY || !widen_entries(file))
        return;
    struct walk_ahead *ahead = ahead_new(walk, file);
    if (ahead != NULL && start(ahead))
        file->ahead = ahead;
    else if (ahead != NULL)
        ahead_free(ahead);
}

static void exchange(struct walk_open *file, struct piece *piece)
{
    char *bytes = file->bytes;
    struct scan_entry *entries = file->entries;
    file->bytes = piece->bytes;
    file->entries = piece->entries;
    piece->bytes = bytes;
    piece->entries = entries;
    file->base += (uint64_t)file->at - piece->front;
    file->at = piece->front;
    file->len = piece->len;
    file->scanned = piece->scanned;
    file->scan = piece->scan;
    file->entry_count = piece->entry_count;
    file->next_entry = 0;
    file->end = piece->end;
    file->read_error = piece->error;
}

size_t walk_ahead_take(struct walk_open *file)
{
    struct walk_ahead *ahead = file->ahead;
    (void)pthread_mutex_lock(&ahead->mutex);
    while (ahead->made == ahead->taken)
        (void)pthread_cond_wait(&ahead->change, &ahead->mutex);
    (void)pthread_mutex_unlock(&ahead->mutex);
    struct piece *piece = &ahead->pieces[ahead->taken % PIECES];
    const bool last = piece->last;
    const size_t fresh = piece->fresh;
    exchange(file, piece);
    (void)pthread_mutex_lock(&ahead->mutex);
    ahead->taken++;
    (void)pthread_cond_signal(&ahead->change);
    (void)pthread_mutex_unlock(&ahead->mutex);
    if (last) {
        file->ahead = NULL;
        walk_ahead_end(ahead);
    }
    return fresh;
}

void walk_ahead_end(struct walk_ahead *ahead)
{
    if (ahead == NULL)
        return;
    (void)pthread_mutex_lock(&ahead->mutex);
    ahead->stop = true;
    (void)pthread_cond_signal(&ahead->change);
    (void)pthread_mutex_unlock(&ahead->mutex);
    (void)pthread_join(ahead->thread, NULL);
    ahead_free(ahead);
}
