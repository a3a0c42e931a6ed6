/* The STARTTLS dialogues: the first byte chooses the protocol, the rest is what the server says. */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <tlsagen/base.h>
#include <tlsagen/service.h>

#include "probe/dialogue.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct outcome {
    enum dialogue_step step;
    size_t taken; /* bytes fed when the outcome was there */
    struct tlsagen_buf out;
    struct tlsagen_err err;
};

static void play(struct outcome *o, enum tlsagen_starttls protocol, const uint8_t *data,
                 size_t size, size_t piece)
{
    struct dialogue d;
    tlsagen_buf_init(&o->out);
    memset(&o->err, 0, sizeof(o->err));
    dialogue_init(&d, protocol, "[192.0.2.1]", "example.org");
    o->step = dialogue_start(&d, &o->out);
    for (o->taken = 0; o->taken < size && o->step == DIALOGUE_MORE;) {
        size_t n = piece < size - o->taken ? piece : size - o->taken;
        o->step = dialogue_feed(&d, data + o->taken, n, &o->out, &o->err);
        o->taken += n;
    }
    if ((o->step == DIALOGUE_FAILED) != (o->err.message[0] != '\0') || strchr(o->err.message, '\n'))
        abort();
}

/* Cut into bytes or not, the outcome is one; only injected text shows in the whole alone. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0 || size > 100000)
        return 0;
    enum tlsagen_starttls protocol =
        (enum tlsagen_starttls)(1 + data[0] % (TLSAGEN_STARTTLS_COUNT - 1));
    struct outcome whole;
    struct outcome bytes;
    play(&whole, protocol, data + 1, size - 1, size);
    play(&bytes, protocol, data + 1, size - 1, 1);
    bool injected = whole.step == DIALOGUE_FAILED && whole.err.code == TLSAGEN_E_MISMATCH;
    if (injected != (bytes.step == DIALOGUE_TLS && bytes.taken < size - 1))
        abort();
    if (!injected && (whole.step != bytes.step || whole.err.code != bytes.err.code))
        abort();
    if (whole.out.len != bytes.out.len ||
        (whole.out.len > 0 && memcmp(whole.out.data, bytes.out.data, whole.out.len) != 0))
        abort();
    tlsagen_buf_clear(&whole.out);
    tlsagen_buf_clear(&bytes.out);
    return 0;
}
