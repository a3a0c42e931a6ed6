/* file.h - small files written as a whole, so that a crash leaves the old one or the new one. */
#ifndef BASE_FILE_H
#define BASE_FILE_H

#include <sys/types.h>

#include <tlsagen/base.h>

/* What a new file is to have, whatever the umask. */
struct file_owner {
    uid_t uid;
    gid_t gid;
    mode_t mode; /* permission bits */
};

/* FOLDER/NAME, for free(3); NULL when memory runs out. */
char *file_join(const char *folder, const char *name);
/* A folder; one that is there already is fine. The umask counts. TLSAGEN_E_SYSTEM. */
enum tlsagen_status file_make_folder(const char *path, mode_t mode, struct tlsagen_err *err);
/* What was made, renamed and removed in a folder reaches the disk. TLSAGEN_E_SYSTEM. */
enum tlsagen_status file_sync_folder(const char *path, struct tlsagen_err *err);
/*
 * Makes a file that is not there yet, with its bytes on the disk (its name is not: that takes
 * file_sync_folder). owner NULL: whoever we are, mode 0644 less the umask. On failure,
 * TLSAGEN_E_SYSTEM, there is none.
 */
enum tlsagen_status file_create(const char *path, const void *bytes, size_t len,
                                const struct file_owner *owner, struct tlsagen_err *err);
/*
 * Makes or replaces a file by way of `path suffix`, which is removed first if it is there: a fixed
 * suffix for callers that hold a lock, one with the process's number for others. On failure,
 * TLSAGEN_E_SYSTEM, the former file stands.
 */
enum tlsagen_status file_replace(const char *path, const char *suffix, const void *bytes,
                                 size_t len, const struct file_owner *owner,
                                 struct tlsagen_err *err);
/*
 * Waits up to wait_ms for an exclusive lock (flock(2)) on a file, made with mode 0600 when it is
 * not there and never removed. The lock ends when *fd is closed. TLSAGEN_E_TIMEOUT,
 * TLSAGEN_E_SYSTEM.
 */
enum tlsagen_status file_lock(const char *path, uint32_t wait_ms, int *fd, struct tlsagen_err *err);

#endif
