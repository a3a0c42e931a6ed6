#include "ring.h"

#include <stdlib.h>

static bool make_conditions(struct ring *ring)
{
    if (pthread_cond_init(&ring->changed_ready, NULL) != 0)
        return false;
    if (pthread_cond_init(&ring->changed_free, NULL) == 0)
        return true;
    (void)pthread_cond_destroy(&ring->changed_ready);
    return false;
}

enum tlsagen_status ring_init(struct ring *ring, size_t count, ring_give_fn *give, void *arg,
                              struct tlsagen_err *err)
{
    *ring = (struct ring){.count = count, .give = give, .arg = arg};
    ring->jobs = calloc(count, sizeof(ring->jobs[0]));
    if (ring->jobs == NULL)
        return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory");
    int failed = pthread_mutex_init(&ring->lock, NULL);
    if (failed == 0 && !make_conditions(ring)) {
        (void)pthread_mutex_destroy(&ring->lock);
        failed = 1;
    }
    if (failed != 0) {
        free(ring->jobs);
        return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "no memory for locks");
    }
    for (size_t i = 0; i < count; i++)
        job_init(&ring->jobs[i]);
    return TLSAGEN_OK;
}

void ring_free(struct ring *ring)
{
    for (size_t i = 0; i < ring->count; i++)
        job_clear(&ring->jobs[i]);
    free(ring->jobs);
    (void)pthread_cond_destroy(&ring->changed_free);
    (void)pthread_cond_destroy(&ring->changed_ready);
    (void)pthread_mutex_destroy(&ring->lock);
}

static void lock(struct ring *ring)
{
    (void)pthread_mutex_lock(&ring->lock);
}

static void unlock(struct ring *ring)
{
    (void)pthread_mutex_unlock(&ring->lock);
}

struct job *ring_free_job(struct ring *ring)
{
    lock(ring);
    struct job *job =
        ring->put - ring->gone < ring->count ? &ring->jobs[ring->put % ring->count] : NULL;
    unlock(ring);
    return job;
}

size_t ring_put(struct ring *ring)
{
    lock(ring);
    ring->jobs[ring->put % ring->count].state = JOB_READY;
    ring->put++;
    size_t ready = (size_t)(ring->put - ring->taken);
    size_t waiting = ready > ring->idle ? ready - ring->idle : 0;
    if (ring->idle > 0)
        (void)pthread_cond_signal(&ring->changed_ready);
    unlock(ring);
    return waiting;
}

void ring_close(struct ring *ring)
{
    lock(ring);
    ring->closed = true;
    (void)pthread_cond_broadcast(&ring->changed_ready);
    unlock(ring);
}

static void stop_locked(struct ring *ring, enum tlsagen_status status,
                        const struct tlsagen_err *err)
{
    if (!ring->stopped && status != TLSAGEN_OK) {
        ring->status = status;
        ring->err = *err;
    }
    ring->stopped = true;
    (void)pthread_cond_broadcast(&ring->changed_ready);
    (void)pthread_cond_broadcast(&ring->changed_free);
}

void ring_stop(struct ring *ring, enum tlsagen_status status, const struct tlsagen_err *err)
{
    lock(ring);
    stop_locked(ring, status, err);
    unlock(ring);
}

bool ring_stopped(struct ring *ring)
{
    lock(ring);
    bool stopped = ring->stopped;
    unlock(ring);
    return stopped;
}

struct job *ring_take(struct ring *ring, bool wait)
{
    struct job *job = NULL;
    lock(ring);
    while (wait && !ring->stopped && !ring->closed && ring->taken == ring->put) {
        ring->idle++;
        (void)pthread_cond_wait(&ring->changed_ready, &ring->lock);
        ring->idle--;
    }
    if (!ring->stopped && ring->taken < ring->put) {
        job = &ring->jobs[ring->taken % ring->count];
        job->state = JOB_TAKEN;
        ring->taken++;
    }
    unlock(ring);
    return job;
}

/* Gives out the answered jobs at the head, in order; the lock is held but while giving. */
static void give_out(struct ring *ring)
{
    ring->giving = true;
    while (!ring->stopped && ring->gone < ring->taken) {
        struct job *job = &ring->jobs[ring->gone % ring->count];
        struct tlsagen_err err;
        bool stop = false;
        if (job->state != JOB_DONE)
            break;
        unlock(ring);
        enum tlsagen_status status = ring->give(ring->arg, job, &stop, &err);
        job_reset(job);
        lock(ring);
        job->state = JOB_FREE;
        ring->gone++;
        if (status != TLSAGEN_OK || stop)
            stop_locked(ring, status, &err);
        (void)pthread_cond_signal(&ring->changed_free);
    }
    ring->giving = false;
}

void ring_done(struct ring *ring, struct job *job)
{
    lock(ring);
    job->state = JOB_DONE;
    if (!ring->giving)
        give_out(ring);
    unlock(ring);
}

void ring_wait(struct ring *ring)
{
    lock(ring);
    while (!ring->stopped && ring->taken == ring->put && ring->gone < ring->put &&
           (ring->closed || ring->put - ring->gone == ring->count))
        (void)pthread_cond_wait(&ring->changed_free, &ring->lock);
    unlock(ring);
}
