#include "job.h"

#include <string.h>

void job_init(struct job *job)
{
    *job = (struct job){.state = JOB_FREE};
}

static void empty(struct tlsagen_buf *buf)
{
    if (buf->cap > JOB_KEEP_MAX)
        tlsagen_buf_clear(buf);
    else
        tlsagen_buf_reset(buf);
}

void job_reset(struct job *job)
{
    empty(&job->piece.text);
    empty(&job->out);
    empty(&job->messages);
    job->requests = job->failed = job->newlines = job->blocks = 0;
    job->stopped = false;
    job->status = TLSAGEN_OK;
}

void job_clear(struct job *job)
{
    /* A bundle may hold private keys. */
    tlsagen_buf_cleanse(&job->piece.text);
    tlsagen_buf_clear(&job->out);
    tlsagen_buf_clear(&job->messages);
}

static bool told_since(const struct job *job, size_t mark, const char *text)
{
    struct job_message message;
    while (job_message_next(job, &mark, &message)) {
        if (strcmp(message.text, text) == 0)
            return true;
    }
    return false;
}

/* Each message stands in the buffer as its struct and its text with the NUL. */
void job_message_add(struct job *job, const struct job_message *message, size_t mark)
{
    if (told_since(job, mark, message->text))
        return;
    size_t size = strlen(message->text) + 1;
    if (!tlsagen_buf_reserve(&job->messages, sizeof(*message) + size))
        return;
    tlsagen_buf_add(&job->messages, message, sizeof(*message));
    tlsagen_buf_add(&job->messages, message->text, size);
}

bool job_message_next(const struct job *job, size_t *at, struct job_message *message)
{
    if (*at >= job->messages.len)
        return false;
    const char *p = job->messages.data + *at;
    memcpy(message, p, sizeof(*message));
    message->text = p + sizeof(*message);
    *at += sizeof(*message) + strlen(message->text) + 1;
    return true;
}
