/*
 * state.h - what is remembered of a service between two runs: STATE_DIR/rollover/SERVICE.state, a
 * text of one line for each thing, replaced as a whole.
 *
 *     tlsagen-rollover 1
 *     service mx1
 *     host 1f0e… mail.example.org           the machine (machine-id(5), hashed) and its name
 *     clock 5b0f… 1795430000123             boot, and milliseconds from boot to 1970 by the clock
 *     record 3 1 1 e50a… current current+ current.1 written ours
 *     current.id 8a41…                      fields of struct model_facts; those that are 0 are left
 *     switched 1795430000                   out
 *     at _dane.example.org.                 where records stand whose owner is an alias
 *     leaf 8a41… 77c0…                      a side's id, and the fingerprint of a certificate of it
 *     step 1795430000 published …           the latest steps, for a human
 *     end
 *
 * A record line is followed by the sets that the record is in: SIDE (its wants), SIDE+ (could),
 * SIDE.N (matches of chain N), written, past.N, ours, intent. Nothing is told by numbers of bits.
 */
#ifndef ROLLOVER_STATE_H
#define ROLLOVER_STATE_H

#include "model.h"
#include "table.h"

#define STATE_VERSION 1
#define STATE_SERVICE 241 /* bytes of a service's name, NUL included */
#define STATE_HOST 33     /* hex digits of a machine's id, NUL included */
#define STATE_BOOT 40     /* as /proc/sys/kernel/random/boot_id, NUL included */
#define STATE_STEPS 16    /* remembered */
#define STATE_TEXT 200    /* bytes of a step's text, NUL included */
#define STATE_LEAVES 32
#define STATE_NAMES 32  /* that owners are aliases of */
#define STATE_NAME 1025 /* bytes of a name, NUL included */

/* The state folder and the machine, found once for all services. */
struct state_home {
    char *dir;  /* STATE_DIR/rollover, owned */
    int dir_fd; /* of that; -1: it is not there yet */
    char host[STATE_HOST];
    char host_name[65];
};

/* To tell a step of the clock: the difference of two clocks that only a step changes. */
struct state_clock {
    char boot[STATE_BOOT]; /* "": not known */
    int64_t offset_ms;     /* clock of the day less the clock that runs since boot */
};

struct state_step {
    int64_t at; /* seconds since 1970 */
    char text[STATE_TEXT];
};

struct state_leaf {
    uint8_t side[MODEL_ID];
    uint8_t leaf[MODEL_ID];
};

struct state {
    struct model_facts facts;
    struct table table;       /* the records of facts */
    struct state_clock clock; /* when it was written */
    struct state_step steps[STATE_STEPS];
    size_t step_count;
    struct state_leaf leaves[STATE_LEAVES];
    size_t leaf_count;
    char *names[STATE_NAMES]; /* owned */
    size_t name_count;
};

/*
 * Reads who and where we are. The folder need not be there: every state is empty then.
 * TLSAGEN_E_SYSTEM, TLSAGEN_E_KIND for something else than a folder, TLSAGEN_E_MEMORY.
 */
enum tlsagen_status state_home_open(const char *state_dir, struct state_home *home,
                                    struct tlsagen_err *err);
void state_home_close(struct state_home *home);
/* Makes the folders that are missing, with mode 0755; only keys in them are secret.
 * TLSAGEN_E_SYSTEM. */
enum tlsagen_status state_home_make(struct state_home *home, struct tlsagen_err *err);
/*
 * DIR/SERVICE SUFFIX, to be freed by free(3). TLSAGEN_E_ARGUMENT for a service name that is empty,
 * begins with a dot, has other bytes than letters, digits, "-_.@", or STATE_SERVICE bytes and more.
 */
enum tlsagen_status state_path(const struct state_home *home, const char *service,
                               const char *suffix, char **path, struct tlsagen_err *err);

void state_init(struct state *state);
void state_clear(struct state *state);
/*
 * Reads the state of a service into an empty state; a file that is not there is an empty state, and
 * *found (which may be NULL) tells. TLSAGEN_E_SYNTAX when it is damaged or truncated,
 * TLSAGEN_E_KIND when it is no regular file or written by a newer version, TLSAGEN_E_MISMATCH when
 * it is another host's or service's, TLSAGEN_E_SYSTEM, TLSAGEN_E_LIMIT. The messages have file and
 * line. After a failure the state is empty.
 */
enum tlsagen_status state_read(const struct state_home *home, const char *service,
                               struct state *state, bool *found, struct tlsagen_err *err);
/*
 * Writes it, and is not back before it is on the disk; clock is set to the present one.
 * Records that are in no set of the facts, and leaves of sides that are not in them, stay in memory
 * and are not written. On failure, TLSAGEN_E_SYSTEM or TLSAGEN_E_MEMORY, the former file stands.
 */
enum tlsagen_status state_write(struct state_home *home, const char *service, struct state *state,
                                struct tlsagen_err *err);
/* The text of the file alone, from and to memory; label names it in messages. */
enum tlsagen_status state_parse(const struct state_home *home, const char *service,
                                const char *text, size_t len, const char *label,
                                struct state *state, struct tlsagen_err *err);
void state_format(const struct state_home *home, const char *service, const struct state *state,
                  struct tlsagen_buf *buf);
/* Removes it, as of a service that is configured no more. TLSAGEN_E_SYSTEM; none is fine. */
enum tlsagen_status state_remove(struct state_home *home, const char *service,
                                 struct tlsagen_err *err);

/*
 * Drops records that are in no set of the facts, and leaves of sides that are not in them: makes
 * room in the table, and voids all other sets (see table_compact).
 */
void state_compact(struct state *state);
/* Adds a step, the oldest goes; control bytes become '?'. */
void state_add_step(struct state *state, int64_t at, const char *format, ...) TLSAGEN_PRINTF(3, 4);
/* Remembers that the side has this certificate; the oldest goes when there are too many. */
void state_add_leaf(struct state *state, const uint8_t side[MODEL_ID],
                    const uint8_t leaf[MODEL_ID]);
/* Remembers that records stand there; false when STATE_NAMES others do, or memory is out. */
bool state_add_name(struct state *state, const char *name, bool *known);
bool state_has_leaf(const struct state *state, const uint8_t side[MODEL_ID],
                    const uint8_t leaf[MODEL_ID]);

void state_clock_read(struct state_clock *clock);
/* Seconds that the clock was set forward (back: negative) in between; 0 where nobody can tell. */
int64_t state_clock_step(const struct state_clock *then, const struct state_clock *now);

/*
 * Waits up to wait_ms until no other process has the lock of the service; service NULL: that of
 * the whole folder. TLSAGEN_E_TIMEOUT when another one keeps it. *lock goes to state_unlock; the
 * end of the process unlocks, too, and children do not inherit it. Makes the folder.
 */
enum tlsagen_status state_lock(struct state_home *home, const char *service, uint32_t wait_ms,
                               int *lock, struct tlsagen_err *err);
void state_unlock(int lock);

#endif
