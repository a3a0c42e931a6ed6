/* zone_check_with.c - the command that --check-with names, run without a shell. */
#include "zone.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

/* Splits text, in place, at blanks; a vector that ends with path and NULL. NULL: no memory. */
static char **make_words(char *text, char *path)
{
    char **words = calloc(strlen(text) / 2 + 3, sizeof(*words));
    size_t count = 0;
    if (words == NULL)
        return NULL;
    for (char *rest = text, *word; (word = strtok_r(rest, " \t", &rest)) != NULL;)
        words[count++] = word;
    words[count] = path;
    return words;
}

/* In the child: the command's output is no result of ours. */
static void exec_words(char **words)
{
    (void)signal(SIGPIPE, SIG_DFL);
    (void)signal(SIGXFSZ, SIG_DFL);
    if (dup2(STDERR_FILENO, STDOUT_FILENO) >= 0)
        (void)execvp(words[0], words);
    report_error("cannot run %s: %s", words[0], strerror(errno));
    _exit(127);
}

static enum tlsagen_status wait_for(pid_t pid, const char *command, struct tlsagen_err *err)
{
    int result = 0;
    while (waitpid(pid, &result, 0) < 0) {
        if (errno != EINTR)
            return tlsagen_err_system(err, errno, "cannot wait for %s", command);
    }
    if (WIFEXITED(result) && WEXITSTATUS(result) == 0)
        return TLSAGEN_OK;
    if (WIFSIGNALED(result))
        return tlsagen_err_set(err, TLSAGEN_E_KIND,
                               "%s was ended by signal %d; the zone file is unchanged", command,
                               WTERMSIG(result));
    return tlsagen_err_set(err, TLSAGEN_E_KIND,
                           "%s refuses the new file with status %d; the zone file is unchanged",
                           command, WEXITSTATUS(result));
}

enum tlsagen_status zone_check_with(void *arg, const char *path, struct tlsagen_err *err)
{
    enum tlsagen_status status;
    char *text = strdup(arg);
    char *last = strdup(path);
    char **words = text != NULL && last != NULL ? make_words(text, last) : NULL;
    if (words == NULL) {
        status = tlsagen_err_set(err, TLSAGEN_E_MEMORY, "out of memory");
    } else {
        pid_t pid = fork();
        if (pid == 0)
            exec_words(words);
        status = pid < 0 ? tlsagen_err_system(err, errno, "cannot start %s", words[0])
                         : wait_for(pid, words[0], err);
    }
    free(words);
    free(last);
    free(text);
    return status;
}
