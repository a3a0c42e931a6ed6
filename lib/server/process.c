#define _GNU_SOURCE /* pipe2 */
#include "process.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

/* Between looks at a program that has closed its output, or left it to others. */
#define SLICE_MS 20

extern char **environ;

/* A program that runs. */
struct running {
    pid_t pid;
    int output;       /* -1 once it is closed */
    int64_t deadline; /* in milliseconds of now_ms */
    bool ended;
    int wait_status;
};

static int64_t now_ms(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000 + now.tv_nsec / 1000000;
}

/* No program gets them but as its 0 to 2, which they are above: another thread may start one. */
static bool make_pipe(int ends[2])
{
    if (pipe2(ends, O_CLOEXEC) != 0)
        return false;
    for (int i = 0; i < 2; i++) {
        int moved = fcntl(ends[i], F_DUPFD_CLOEXEC, STDERR_FILENO + 1);
        int error = errno;
        (void)close(ends[i]);
        ends[i] = moved;
        if (moved < 0) {
            (void)close(ends[1 - i]);
            errno = error;
            return false;
        }
    }
    return true;
}

/* Standard input is empty; each of these has errno for its result, or 0. */
static int set_files(posix_spawn_file_actions_t *files, int output)
{
    int error = posix_spawn_file_actions_addopen(files, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
    if (error == 0)
        error = posix_spawn_file_actions_adddup2(files, output, STDOUT_FILENO);
    if (error == 0)
        error = posix_spawn_file_actions_adddup2(files, output, STDERR_FILENO);
    return error;
}

/* A group of its own, and signals as a program expects them. */
static int set_attributes(posix_spawnattr_t *attributes)
{
    sigset_t none, ignored;
    (void)sigemptyset(&none);
    (void)sigemptyset(&ignored);
    (void)sigaddset(&ignored, SIGPIPE);
    (void)sigaddset(&ignored, SIGXFSZ);
    int error = posix_spawnattr_setflags(
        attributes, POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
    if (error == 0)
        error = posix_spawnattr_setsigmask(attributes, &none);
    if (error == 0)
        error = posix_spawnattr_setsigdefault(attributes, &ignored);
    return error;
}

/* A script without #! at a path is the shell's, as for execvp(3). */
static int spawn_script(char *const *argv, const posix_spawn_file_actions_t *files,
                        const posix_spawnattr_t *attributes, pid_t *pid)
{
    static char shell[] = "/bin/sh";
    size_t count = 0;
    while (argv[count] != NULL)
        count++;
    char **words = calloc(count + 2, sizeof(*words));
    if (words == NULL)
        return ENOMEM;
    words[0] = shell;
    memcpy(words + 1, argv, count * sizeof(*words));
    const int error = posix_spawn(pid, shell, files, attributes, words, environ);
    free(words);
    return error;
}

/* Not by fork(2), which has every page of ours written to copied, in all threads. */
static int spawn(char *const *argv, int output, pid_t *pid)
{
    posix_spawn_file_actions_t files;
    posix_spawnattr_t attributes;
    int error = posix_spawn_file_actions_init(&files);
    if (error != 0)
        return error;
    error = posix_spawnattr_init(&attributes);
    if (error == 0) {
        error = set_files(&files, output);
        if (error == 0)
            error = set_attributes(&attributes);
        if (error == 0)
            error = posix_spawnp(pid, argv[0], &files, &attributes, argv, environ);
        if (error == ENOEXEC && strchr(argv[0], '/') != NULL)
            error = spawn_script(argv, &files, &attributes, pid);
        (void)posix_spawnattr_destroy(&attributes);
    }
    (void)posix_spawn_file_actions_destroy(&files);
    return error;
}

static enum tlsagen_status start(char *const *argv, struct running *running,
                                 struct tlsagen_err *err)
{
    int output[2];
    if (!make_pipe(output))
        return tlsagen_err_system(err, errno, "cannot make a pipe for %s", argv[0]);
    const int error = spawn(argv, output[1], &running->pid);
    (void)close(output[1]);
    running->output = output[0];
    if (error == 0) {
        (void)fcntl(running->output, F_SETFL, O_NONBLOCK);
        return TLSAGEN_OK;
    }
    (void)close(output[0]);
    if (error == ENOENT)
        return tlsagen_err_set(err, TLSAGEN_E_NOTFOUND,
                               "there is no program %s; install it, or give its path", argv[0]);
    return tlsagen_err_system(err, error, "cannot run %s", argv[0]);
}

/* What can be read now; closes the pipe at its end. */
static void drain(struct running *running, struct tlsagen_buf *output)
{
    char bytes[4096];
    while (running->output >= 0) {
        ssize_t got = read(running->output, bytes, sizeof(bytes));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0 && errno == EAGAIN)
            return;
        if (got <= 0) {
            (void)close(running->output);
            running->output = -1;
            return;
        }
        size_t room = PROCESS_OUTPUT_MAX - output->len;
        tlsagen_buf_add(output, bytes, (size_t)got < room ? (size_t)got : room);
        if (now_ms() >= running->deadline)
            return;
    }
}

static void look_for_end(struct running *running, int options)
{
    pid_t pid;
    do {
        pid = waitpid(running->pid, &running->wait_status, options);
    } while (pid < 0 && errno == EINTR);
    if (pid == running->pid)
        running->ended = true;
    if (pid < 0) {
        /* Somebody else has waited for it: nobody knows how it ended. */
        running->ended = true;
        running->wait_status = 127 << 8;
    }
}

/* Until it ends or its time is over. What it left running may keep the output open: not ours. */
static void attend(struct running *running, struct tlsagen_buf *output)
{
    while (!running->ended && now_ms() < running->deadline) {
        int64_t left = running->deadline - now_ms();
        struct pollfd poll_fd = {.fd = running->output, .events = POLLIN};
        int slice = left < SLICE_MS ? (int)left : SLICE_MS;
        if (running->output < 0)
            slice = 1;
        (void)poll(&poll_fd, running->output >= 0 ? 1 : 0, slice < 0 ? 0 : slice);
        drain(running, output);
        look_for_end(running, WNOHANG);
    }
    if (running->ended)
        drain(running, output);
}

static enum tlsagen_status judge(char *const *argv, struct running *running, bool in_time,
                                 uint32_t timeout_ms, struct process_result *result,
                                 struct tlsagen_err *err)
{
    if (!in_time)
        return tlsagen_err_set(err, TLSAGEN_E_TIMEOUT,
                               "%s did not end within %u s and was killed; see whether the server "
                               "answers",
                               argv[0], (timeout_ms + 999) / 1000);
    result->signal = WIFSIGNALED(running->wait_status) ? WTERMSIG(running->wait_status) : 0;
    result->status = result->signal != 0 ? 128 + result->signal : WEXITSTATUS(running->wait_status);
    return tlsagen_buf_check(&result->output, err);
}

enum tlsagen_status process_run(char *const *argv, uint32_t timeout_ms,
                                struct process_result *result, struct tlsagen_err *err)
{
    struct running running = {.deadline = now_ms() + timeout_ms};
    result->status = result->signal = 0;
    enum tlsagen_status status = start(argv, &running, err);
    if (status != TLSAGEN_OK)
        return status;
    attend(&running, &result->output);
    bool in_time = running.ended;
    if (!in_time) {
        (void)kill(-running.pid, SIGKILL);
        (void)kill(running.pid, SIGKILL);
        look_for_end(&running, 0);
    }
    status = judge(argv, &running, in_time, timeout_ms, result, err);
    if (running.output >= 0)
        (void)close(running.output);
    return status;
}
