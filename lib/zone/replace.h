/*
 * replace.h - one file becomes another, or stays as it is; there is nothing in between.
 *
 * The file is never written in place. A new one is built in the same folder without a name
 * (O_TMPFILE, so that nothing is left of it whatever happens; where that is not possible, under
 * the hidden name `.NAME.tlsagen-new`, which the next run removes), gets the old one's owner, mode,
 * ACL and other attributes, is flushed to the disk, and takes the old one's name by rename(2).
 * Runs on one file wait for each other: the file itself is locked (flock(2)).
 *
 *     replace_open, replace_clean, [replace_copy], look at the old bytes, replace_build,
 *     [replace_flush], look at the new ones, [replace_name], [replace_backup],
 *     replace_seal, replace_commit, replace_free
 *
 * Giving up at any point is replace_free.
 */
#ifndef ZONE_REPLACE_H
#define ZONE_REPLACE_H

#include <tlsagen/base.h>

struct replace;

/* Replace len bytes at `at` of the old file by text. */
struct splice {
    uint64_t at;
    uint64_t len;
    const char *text;
    size_t text_len;
};

/*
 * Asked before every system call, so that tests can make each of them fail: 0 goes on, a positive
 * errno is its failure, REPLACE_SHORT makes a write or copy move half of the bytes.
 */
struct replace_hook {
    int (*before)(void *arg, const char *call);
    void *arg;
};
#define REPLACE_SHORT (-1)

/*
 * Opens and locks the file that path leads to, symbolic links followed. Regular files only
 * (TLSAGEN_E_KIND); TLSAGEN_E_TIMEOUT when another run keeps the lock for more than a minute.
 * hook is borrowed and may be NULL.
 */
enum tlsagen_status replace_open(const char *path, const struct replace_hook *hook,
                                 struct replace **replace, struct tlsagen_err *err);
void replace_free(struct replace *replace);
/*
 * Removes what a killed run left beside the file; *left tells whether a new file was there that had
 * its hidden name already.
 */
enum tlsagen_status replace_clean(struct replace *replace, bool *left, struct tlsagen_err *err);

/* The old file: for reading with pread(2) or read(2) from its start, its real path, its size. */
int replace_old_fd(const struct replace *replace);
const char *replace_path(const struct replace *replace);
uint64_t replace_size(const struct replace *replace);
/* Names that the old file has; more than one are hard links, which the new file parts. */
uint64_t replace_links(const struct replace *replace);

/*
 * Begins to copy the old file in a second thread, so that it can be looked at meanwhile: for large
 * files that will nearly surely change. No error here: replace_build tells.
 */
void replace_copy(struct replace *replace);
/*
 * Builds the new file: the old one with the splices, which are sorted by place and do not overlap.
 * Whatever was copied before is used: splices that keep the length, and text at the end, cost
 * nothing; from the first one that changes the length on, the rest is copied again.
 */
enum tlsagen_status replace_build(struct replace *replace, const struct splice *splices,
                                  size_t count, struct tlsagen_err *err);
/*
 * Whether a new file could take the old one's place, with nothing written; an error is the one that
 * replace_build, replace_seal or replace_commit would end with. *denied: it is about the rights of
 * this user, and others may have them.
 */
enum tlsagen_status replace_try(const struct replace *replace, bool *denied,
                                struct tlsagen_err *err);
/* Begins to flush the new file to the disk in a second thread; replace_seal waits for it. */
void replace_flush(struct replace *replace);
/* The new file, for reading with pread(2). Valid from replace_build on. */
int replace_new_fd(const struct replace *replace);
uint64_t replace_new_size(const struct replace *replace);
/* Gives the new file its hidden name, for a program that wants to see it; *path is borrowed. */
enum tlsagen_status replace_name(struct replace *replace, const char **path,
                                 struct tlsagen_err *err);
/* A new file that has its hidden name keeps it for the next run to see, whatever comes. */
void replace_leave(struct replace *replace);
/* The old file stays, under its name with the suffix; one that has this name goes. */
enum tlsagen_status replace_backup(struct replace *replace, const char *suffix,
                                   struct tlsagen_err *err);
/*
 * Owner, mode, ACL and extended attributes of the old file, an mtime later than its, and all of it
 * on the disk. TLSAGEN_E_MISMATCH when somebody changed the old file since it was opened.
 */
enum tlsagen_status replace_seal(struct replace *replace, struct tlsagen_err *err);
/* The new file takes the old one's name. After a failure to flush the folder the new file stands.
 */
enum tlsagen_status replace_commit(struct replace *replace, struct tlsagen_err *err);
/* It has, even if the folder could not be flushed. */
bool replace_is_committed(const struct replace *replace);

#endif
