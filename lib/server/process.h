/* process.h - a program run to its end, with its output and within a time. */
#ifndef SERVER_PROCESS_H
#define SERVER_PROCESS_H

#include <tlsagen/base.h>

#define PROCESS_OUTPUT_MAX 65536U /* bytes kept; what comes after is read and dropped */

struct process_result {
    int status;                /* its exit status, or 128 and the signal that ended it */
    int signal;                /* that signal; 0: it exited */
    struct tlsagen_buf output; /* stdout and stderr as they came, from tlsagen_buf_init on */
};

/*
 * Runs argv[0], searched in the PATH, with standard input empty and in a process group of its own;
 * no shell is started. After timeout_ms the group is killed: TLSAGEN_E_TIMEOUT, and output has what
 * came until then. TLSAGEN_E_NOTFOUND when there is no such program, TLSAGEN_E_SYSTEM when it
 * cannot be run. It has ended in every case.
 */
enum tlsagen_status process_run(char *const *argv, uint32_t timeout_ms,
                                struct process_result *result, struct tlsagen_err *err);

#endif
