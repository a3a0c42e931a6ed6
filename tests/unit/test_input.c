/* Reading inputs whole: files, pipes, standard input, and what is none of them. */
#include "unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include <tlsagen/input.h>

/* A folder of its own for each run. */
static char folder[] = "/tmp/tlsagen-input-XXXXXX";
static char path[64];

static int set_up(void **state)
{
    (void)state;
    return mkdtemp(folder) == NULL || chdir(folder) != 0;
}

static int tear_down(void **state)
{
    (void)state;
    return rmdir(folder);
}

static const char *named(const char *name)
{
    (void)snprintf(path, sizeof(path), "%s/%s", folder, name);
    return path;
}

static void write_file(const char *name, const void *bytes, size_t len)
{
    int fd = open(named(name), O_WRONLY | O_CREAT | O_TRUNC, 0600);
    assert_true(fd >= 0);
    assert_int_equal(write(fd, bytes, len), (ssize_t)len);
    assert_int_equal(close(fd), 0);
}

static void make_sparse(const char *name, off_t size)
{
    write_file(name, "", 0);
    assert_int_equal(truncate(named(name), size), 0);
}

/* Reads behind what the buffer holds already. */
static void assert_read(const char *from, const void *wanted, size_t len)
{
    struct tlsagen_buf buf;
    struct tlsagen_err err = {.message = ""};
    tlsagen_buf_init(&buf);
    tlsagen_buf_str(&buf, "before");
    if (tlsagen_input_read(from, &buf, &err) != TLSAGEN_OK)
        fail_msg("%s: %s", from, err.message);
    assert_int_equal(buf.len, 6 + len);
    assert_memory_equal(buf.data, "before", 6);
    if (len > 0)
        assert_memory_equal(buf.data + 6, wanted, len);
    assert_int_equal(buf.data[buf.len], '\0');
    tlsagen_buf_clear(&buf);
}

static void assert_not_read(const char *from, enum tlsagen_status wanted, int sys_errno,
                            const char *message)
{
    struct tlsagen_buf buf;
    struct tlsagen_err err = {.message = ""};
    tlsagen_buf_init(&buf);
    assert_int_equal(tlsagen_input_read(from, &buf, &err), wanted);
    assert_int_equal(err.code, wanted);
    assert_int_equal(err.sys_errno, sys_errno);
    if (strstr(err.message, message) == NULL)
        fail_msg("\"%s\" does not tell \"%s\"", err.message, message);
    tlsagen_buf_clear(&buf);
}

static void files_are_read_whole(void **state)
{
    (void)state;
    write_file("small", "a\0b\n", 4);
    assert_read(named("small"), "a\0b\n", 4);
    assert_read("small", "a\0b\n", 4);
    write_file("small", "", 0);
    assert_read(named("small"), "", 0);
    assert_int_equal(unlink("small"), 0);
    assert_read("/dev/null", "", 0);
}

static void files_of_unknown_size_are_read_whole(void **state)
{
    (void)state;
    struct tlsagen_buf buf;
    tlsagen_buf_init(&buf);
    assert_int_equal(tlsagen_input_read("/proc/self/maps", &buf, NULL), TLSAGEN_OK);
    assert_true(buf.len > 1000);
    assert_int_equal(buf.data[buf.len - 1], '\n');
    tlsagen_buf_clear(&buf);
}

static void sizes_around_the_limit(void **state)
{
    (void)state;
    struct tlsagen_buf buf;
    tlsagen_buf_init(&buf);
    make_sparse("sparse", TLSAGEN_INPUT_MAX);
    assert_int_equal(tlsagen_input_read("sparse", &buf, NULL), TLSAGEN_OK);
    assert_int_equal(buf.len, TLSAGEN_INPUT_MAX);
    tlsagen_buf_clear(&buf);
    make_sparse("sparse", (off_t)TLSAGEN_INPUT_MAX + 1);
    assert_not_read("sparse", TLSAGEN_E_LIMIT, 0,
                    "sparse: has 16777217 bytes, more than the 16777216");
    make_sparse("sparse", (off_t)1 << 42);
    assert_not_read("sparse", TLSAGEN_E_LIMIT, 0, "has 4398046511104 bytes");
    assert_int_equal(unlink("sparse"), 0);
    assert_not_read("/dev/zero", TLSAGEN_E_LIMIT, 0, "/dev/zero: has more than the 16777216 bytes");
}

static void what_is_not_there_is_not_read(void **state)
{
    (void)state;
    assert_not_read("missing", TLSAGEN_E_SYSTEM, ENOENT, "cannot open missing: No such file");
    assert_not_read("", TLSAGEN_E_SYSTEM, ENOENT, "cannot open a file without a name: No such");
    assert_not_read("/dev/null/x", TLSAGEN_E_SYSTEM, ENOTDIR, "cannot open /dev/null/x: ");
    assert_int_equal(symlink("loop", named("loop")), 0);
    assert_not_read("loop", TLSAGEN_E_SYSTEM, ELOOP, "cannot open loop: ");
    assert_int_equal(unlink("loop"), 0);
    assert_not_read("esc\x1b[31m", TLSAGEN_E_SYSTEM, ENOENT, "cannot open esc?[31m: ");
}

static void what_is_no_file_is_not_read(void **state)
{
    (void)state;
    assert_not_read(folder, TLSAGEN_E_KIND, 0, ": is a directory; give a file");
    assert_not_read(".", TLSAGEN_E_KIND, 0, ".: is a directory");
    struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "socket"};
    int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, sizeof(address)), 0);
    assert_not_read("socket", TLSAGEN_E_KIND, 0, "socket: is a socket; give a file");
    assert_int_equal(close(fd), 0);
    assert_int_equal(unlink("socket"), 0);
    /* Opens, and then every read at its beginning fails. */
    assert_not_read("/proc/self/mem", TLSAGEN_E_SYSTEM, EIO, "cannot read /proc/self/mem: ");
}

static void nap(long milliseconds)
{
    const struct timespec time = {milliseconds / 1000, milliseconds % 1000 * 1000000};
    (void)nanosleep(&time, NULL);
}

/* A process that writes the pieces to a file, with a pause before each. */
static pid_t write_slowly(int fd, const char *file, const char *const *pieces, size_t count)
{
    pid_t pid = fork();
    assert_true(pid >= 0);
    if (pid != 0)
        return pid;
    nap(50);
    if (fd < 0)
        fd = open(file, O_WRONLY);
    for (size_t i = 0; i < count; i++) {
        nap(50);
        if (write(fd, pieces[i], strlen(pieces[i])) < 0)
            _exit(1);
    }
    nap(50);
    _exit(fd < 0);
}

static void assert_ended(pid_t pid)
{
    int status = -1;
    assert_int_equal(waitpid(pid, &status, 0), pid);
    assert_int_equal(status, 0);
}

static void a_fifo_is_read_to_its_end(void **state)
{
    (void)state;
    static const char *const pieces[] = {"one ", "two ", "three"};
    assert_int_equal(mkfifo(named("fifo"), 0600), 0);
    pid_t pid = write_slowly(-1, "fifo", pieces, 3);
    assert_read("fifo", "one two three", 13);
    assert_ended(pid);
    pid = write_slowly(-1, "fifo", pieces, 0);
    assert_read("fifo", "", 0);
    assert_ended(pid);
    assert_int_equal(unlink("fifo"), 0);
}

static double seconds(void)
{
    struct timespec now;
    (void)clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + (double)now.tv_nsec / 1e9;
}

static void a_fifo_without_writer_is_given_up(void **state)
{
    (void)state;
    assert_int_equal(mkfifo(named("fifo"), 0600), 0);
    double start = seconds();
    assert_not_read("fifo", TLSAGEN_E_TIMEOUT, 0,
                    "fifo: nothing was written to this pipe within 10");
    double took = seconds() - start;
    assert_true(took > 9.5 && took < 60);
    assert_int_equal(unlink("fifo"), 0);
}

/* Puts fd in the place of standard input; the former one, for restore_stdin. */
static int replace_stdin(int fd)
{
    int saved = dup(STDIN_FILENO);
    assert_true(saved >= 0);
    assert_int_equal(dup2(fd, STDIN_FILENO), STDIN_FILENO);
    return saved;
}

static void restore_stdin(int saved)
{
    assert_int_equal(dup2(saved, STDIN_FILENO), STDIN_FILENO);
    assert_int_equal(close(saved), 0);
}

/* "-" is a pipe here; one that somebody left not to block is waited for as well. */
static void read_standard_input(bool nonblocking)
{
    static const char *const pieces[] = {"first, ", "second"};
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    if (nonblocking)
        assert_true(fcntl(ends[0], F_SETFL, O_NONBLOCK) >= 0);
    pid_t pid = write_slowly(ends[1], "-", pieces, 2);
    assert_int_equal(close(ends[1]), 0);
    int saved = replace_stdin(ends[0]);
    assert_read("-", "first, second", 13);
    restore_stdin(saved);
    assert_int_equal(close(ends[0]), 0);
    assert_ended(pid);
}

static void a_dash_is_standard_input(void **state)
{
    (void)state;
    read_standard_input(false);
    read_standard_input(true);
    write_file("-", "not this", 8);
    write_file("there", "a file", 6);
    int fd = open("there", O_RDONLY);
    assert_true(fd >= 0);
    int saved = replace_stdin(fd);
    assert_read("-", "a file", 6);
    assert_read("-", "", 0); /* which is still open */
    restore_stdin(saved);
    assert_int_equal(close(fd), 0);
    assert_read("./-", "not this", 8);
    assert_int_equal(unlink("-"), 0);
    assert_int_equal(unlink("there"), 0);
}

static void faults_of_standard_input(void **state)
{
    (void)state;
    int fd = open(".", O_RDONLY | O_DIRECTORY);
    assert_true(fd >= 0);
    int saved = replace_stdin(fd);
    assert_not_read("-", TLSAGEN_E_KIND, 0, "standard input: is a directory");
    assert_int_equal(close(STDIN_FILENO), 0);
    assert_not_read("-", TLSAGEN_E_SYSTEM, EBADF, "cannot look at standard input: ");
    restore_stdin(saved);
    assert_int_equal(close(fd), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(files_are_read_whole),
        cmocka_unit_test(files_of_unknown_size_are_read_whole),
        cmocka_unit_test(sizes_around_the_limit),
        cmocka_unit_test(what_is_not_there_is_not_read),
        cmocka_unit_test(what_is_no_file_is_not_read),
        cmocka_unit_test(a_fifo_is_read_to_its_end),
        cmocka_unit_test(a_fifo_without_writer_is_given_up),
        cmocka_unit_test(a_dash_is_standard_input),
        cmocka_unit_test(faults_of_standard_input),
    };
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
