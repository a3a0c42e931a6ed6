/* job.h - a piece of the input, the answers to it, and the thread's tools that make them. */
#ifndef BATCH_JOB_H
#define BATCH_JOB_H

#include "reader.h"

/* Bytes that a buffer may keep for the next piece or file; few need more. */
#define JOB_KEEP_MAX 262144U

enum job_state { JOB_FREE, JOB_READY, JOB_TAKEN, JOB_DONE };

struct job {
    enum job_state state;
    struct piece piece;
    struct tlsagen_buf out;      /* text of records */
    struct tlsagen_buf messages; /* see job_message_next */
    uint64_t requests;
    uint64_t failed;
    uint64_t newlines;          /* in the piece */
    uint64_t blocks;            /* in the piece */
    bool stopped;               /* at a failure: what follows was not answered */
    enum tlsagen_status status; /* not OK: the run cannot go on */
    struct tlsagen_err err;
};

/* A failure or warning; line and ordinal count from 0 within the piece. */
struct job_message {
    uint64_t line;
    uint64_t ordinal; /* of the block */
    bool is_warning;
    const char *text;
};

void job_init(struct job *job);
/* Empties it for the next piece; memory beyond the ordinary size is given back. */
void job_reset(struct job *job);
void job_clear(struct job *job);
/* Adds a message unless the same one has been added since the byte mark of job->messages. */
void job_message_add(struct job *job, const struct job_message *message, size_t mark);
/* The message at byte *at, which moves to the next one; false at the end. */
bool job_message_next(const struct job *job, size_t *at, struct job_message *message);

/* What one thread works with. */
struct worker {
    const struct tlsagen_batch_options *options;
    struct tlsagen_ctx *ctx;
    struct tlsagen_material *material;
    struct tlsagen_rrset set;
    struct tlsagen_buf input;
    /* The request in hand. */
    struct job *job;
    uint64_t line;
    uint64_t ordinal;
    size_t out_mark; /* of job->out and job->messages before it */
    size_t message_mark;
    uint64_t warnings;
};

/* worker_clear in every case. */
enum tlsagen_status worker_init(struct worker *worker, const struct tlsagen_batch_options *options,
                                struct tlsagen_err *err);
void worker_clear(struct worker *worker);
/* Answers the requests of job->piece and fills the rest of the job but its state. */
void worker_answer(struct worker *worker, struct job *job);

#endif
