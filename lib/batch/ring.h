/*
 * ring.h - jobs that stand between the thread that reads and those that answer.
 *
 * Jobs are numbered in the order of the input. put counts those that were filled, taken those that
 * a thread has begun with, gone those whose answers were given out: gone <= taken <= put <= gone +
 * count. Job i lives in jobs[i % count].
 */
#ifndef BATCH_RING_H
#define BATCH_RING_H

#include <pthread.h>

#include "job.h"

/* Gives the answers of one job out; called by one thread at a time, in order, lock not held. */
typedef enum tlsagen_status ring_give_fn(void *arg, struct job *job, bool *stop,
                                         struct tlsagen_err *err);

struct ring {
    struct job *jobs;
    size_t count;
    ring_give_fn *give;
    void *arg;
    pthread_mutex_t lock;         /* over all that follows and the states of the jobs */
    pthread_cond_t changed_ready; /* a job was put, or no more will be */
    pthread_cond_t changed_free;  /* a job has gone, or all is over */
    uint64_t put, taken, gone;
    size_t idle;                /* threads that wait for a job */
    bool closed;                /* no more will be put */
    bool stopped;               /* nothing more is answered or given out */
    bool giving;                /* a thread is giving answers out */
    enum tlsagen_status status; /* the first failure */
    struct tlsagen_err err;
};

/* ring_free only after success. */
enum tlsagen_status ring_init(struct ring *ring, size_t count, ring_give_fn *give, void *arg,
                              struct tlsagen_err *err);
void ring_free(struct ring *ring);

/* The free job to be filled next; NULL when the ring is full. For the thread that reads. */
struct job *ring_free_job(struct ring *ring);
/* Hands over the job that ring_free_job gave; how many now wait beyond those being begun with. */
size_t ring_put(struct ring *ring);
void ring_close(struct ring *ring);
/* Ends all work; the status and message of the first call stay. */
void ring_stop(struct ring *ring, enum tlsagen_status status, const struct tlsagen_err *err);
bool ring_stopped(struct ring *ring);

/*
 * The next job to answer, or NULL: when nothing more will come, and unless wait is set when
 * nothing is there now.
 */
struct job *ring_take(struct ring *ring, bool wait);
/* Hands a job back, answered; gives out what can be given out. */
void ring_done(struct ring *ring, struct job *job);
/* Until a job can be filled or taken, or all that was put has gone, or the ring is stopped. */
void ring_wait(struct ring *ring);

#endif
