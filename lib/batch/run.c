/* run.c - one run of a batch: reads, starts threads, gives the answers out in order. */
#include <stdlib.h>

#include <unistd.h>

#include "ring.h"

#define JOBS_MAX 256U
/*
 * For lines, on any machine: opening files that are not in memory waits for the disk, which serves
 * several at once. 16 threads read a cold tree three times as fast as one, 8 nearly as fast.
 */
#define LINE_JOBS_MIN 16U
/* Jobs in the ring for each thread, so that none waits while the reader answers one itself. */
#define JOBS_EACH 3U

struct run {
    const struct tlsagen_batch_options *options;
    struct reader reader;
    struct ring ring;
    struct worker worker; /* of the calling thread */
    pthread_t *threads;
    size_t started;
    size_t threads_max; /* beside the calling thread */
    uint64_t tail;      /* bytes behind the last request */
    /* Only the thread that gives out touches these. */
    struct tlsagen_batch_result *result;
    uint64_t lines;  /* ended before the job to be given out */
    uint64_t blocks; /* before it */
};

static void report(const struct run *run, const struct job_message *message)
{
    struct tlsagen_err line;
    unsigned long long number = (unsigned long long)(run->lines + message->line + 1);
    if (run->options->report == NULL)
        return;
    if (run->options->kind == TLSAGEN_BATCH_BUNDLE)
        (void)tlsagen_err_set(
            &line, TLSAGEN_E_SYNTAX, "%s:%llu: certificate %llu: %s", run->reader.path, number,
            (unsigned long long)(run->blocks + message->ordinal + 1), message->text);
    else
        (void)tlsagen_err_set(&line, TLSAGEN_E_SYNTAX, "%s:%llu: %s", run->reader.path, number,
                              message->text);
    run->options->report(run->options->arg, message->is_warning, line.message);
}

/* A ring_give_fn; arg is the struct run. */
static enum tlsagen_status give(void *arg, struct job *job, bool *stop, struct tlsagen_err *err)
{
    struct run *run = arg;
    const struct tlsagen_batch_options *options = run->options;
    struct tlsagen_batch_result *result = run->result;
    struct job_message message;
    for (size_t at = 0; job_message_next(job, &at, &message);)
        report(run, &message);
    if (job->out.len > 0) {
        enum tlsagen_status status = options->write(options->arg, job->out.data, job->out.len, err);
        if (status != TLSAGEN_OK)
            return status;
    }
    if (job->status != TLSAGEN_OK) {
        *err = job->err;
        return job->status;
    }
    run->lines += job->newlines;
    run->blocks += job->blocks;
    result->requests += job->requests;
    result->failed += job->failed;
    result->bytes += job->piece.bytes;
    result->stopped = job->stopped;
    *stop = job->stopped;
    if (options->progress != NULL)
        options->progress(options->arg, result);
    return TLSAGEN_OK;
}

static void *thread_main(void *arg)
{
    struct run *run = arg;
    struct worker worker;
    struct tlsagen_err err;
    struct job *job;
    if (worker_init(&worker, run->options, &err) != TLSAGEN_OK)
        ring_stop(&run->ring, err.code, &err);
    while ((job = ring_take(&run->ring, true)) != NULL) {
        worker_answer(&worker, job);
        ring_done(&run->ring, job);
    }
    worker_clear(&worker);
    return NULL;
}

/* A thread that cannot be started is done without: the calling thread works too. */
static void start_thread(struct run *run)
{
    if (run->started >= run->threads_max)
        return;
    if (pthread_create(&run->threads[run->started], NULL, thread_main, run) == 0)
        run->started++;
    else
        run->threads_max = run->started;
}

/* Answers one job in the calling thread; false when none is waiting. */
static bool help(struct run *run)
{
    struct job *job = ring_take(&run->ring, false);
    if (job == NULL)
        return false;
    worker_answer(&run->worker, job);
    ring_done(&run->ring, job);
    return true;
}

/* Fills one job; *end when the input has none left. */
static enum tlsagen_status feed(struct run *run, struct job *job, bool *end,
                                struct tlsagen_err *err)
{
    enum tlsagen_status status = reader_next(&run->reader, &job->piece, end, err);
    if (*end)
        run->tail = job->piece.bytes;
    if (status != TLSAGEN_OK || *end)
        return status;
    /* A single piece of a file is answered here; while a pipe is waited for, somebody else does. */
    size_t enough = run->reader.regular ? 2 : 1;
    if (ring_put(&run->ring) >= enough)
        start_thread(run);
    if (run->threads_max == 0)
        (void)help(run);
    return TLSAGEN_OK;
}

static enum tlsagen_status feed_all(struct run *run, struct tlsagen_err *err)
{
    enum tlsagen_status status = TLSAGEN_OK;
    bool end = false;
    while (status == TLSAGEN_OK && !end && !ring_stopped(&run->ring)) {
        struct job *job = ring_free_job(&run->ring);
        if (job != NULL)
            status = feed(run, job, &end, err);
        else if (!help(run))
            ring_wait(&run->ring);
    }
    return status;
}

static void finish(struct run *run)
{
    ring_close(&run->ring);
    while (help(run)) {
    }
    for (size_t i = 0; i < run->started; i++)
        (void)pthread_join(run->threads[i], NULL);
}

static unsigned jobs_of(const struct tlsagen_batch_options *options)
{
    if (options->jobs > 0)
        return options->jobs < JOBS_MAX ? options->jobs : JOBS_MAX;
    long processors = sysconf(_SC_NPROCESSORS_ONLN);
    unsigned jobs = processors < 1                ? 1
                    : processors < (long)JOBS_MAX ? (unsigned)processors
                                                  : JOBS_MAX;
    bool waits = options->kind == TLSAGEN_BATCH_LINES;
    return waits && jobs < LINE_JOBS_MIN ? LINE_JOBS_MIN : jobs;
}

static enum tlsagen_status run_all(struct run *run, struct tlsagen_err *err)
{
    unsigned jobs = jobs_of(run->options);
    run->threads_max = jobs - 1;
    run->threads = calloc(jobs, sizeof(run->threads[0]));
    if (run->threads == NULL)
        return tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory");
    enum tlsagen_status status = worker_init(&run->worker, run->options, err);
    if (status == TLSAGEN_OK)
        status = ring_init(&run->ring, jobs == 1 ? 1 : (size_t)jobs * JOBS_EACH, give, run, err);
    if (status == TLSAGEN_OK) {
        status = feed_all(run, err);
        /* What was read before a failure is answered all the same. */
        finish(run);
        run->result->bytes += run->tail;
        if (run->ring.status != TLSAGEN_OK) {
            status = run->ring.status;
            *err = run->ring.err;
        }
        ring_free(&run->ring);
    }
    worker_clear(&run->worker);
    free(run->threads);
    return status;
}

enum tlsagen_status tlsagen_batch_run(const char *path, const struct tlsagen_batch_options *options,
                                      struct tlsagen_batch_result *result, struct tlsagen_err *err)
{
    struct run run = {.options = options, .result = result};
    struct tlsagen_err own;
    if (err == NULL)
        err = &own;
    *result = (struct tlsagen_batch_result){0};
    enum tlsagen_status status = reader_open(&run.reader, path, options->kind, err);
    result->total = run.reader.total;
    if (status == TLSAGEN_OK)
        status = run_all(&run, err);
    reader_close(&run.reader);
    return status;
}
