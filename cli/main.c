#include "cli.h"

#include <errno.h>
#include <malloc.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <fcntl.h>

static int print_help(void)
{
    struct tlsagen_buf text;
    tlsagen_buf_init(&text);
    tlsagen_buf_str(&text, "Usage: tlsagen COMMAND [OPTIONS] ...\n\n"
                           "Makes DANE TLSA records and keeps zone files.\n\nCommands:\n");
    for (const struct command *c = commands; c->name != NULL; c++)
        tlsagen_buf_printf(&text, "  %-10s %s\n", c->name, c->summary);
    tlsagen_buf_str(&text, "\nOptions:\n"
                           "  -h, --help     show this text\n"
                           "  -V, --version  show the version\n\n"
                           "'tlsagen COMMAND --help' and 'man tlsagen-COMMAND' tell more.\n");
    int code = report_result(text.data, text.len);
    tlsagen_buf_clear(&text);
    return code;
}

static int print_version(void)
{
    char line[64];
    int len = snprintf(line, sizeof(line), "tlsagen %s\n", tlsagen_version());
    return len < 0 ? EXIT_FAILED : report_result(line, (size_t)len);
}

static bool is_executable(const char *path)
{
    return access(path, X_OK) == 0;
}

int run_full_program(char **argv)
{
    /* Beside this program, as in a build folder, else where it was installed. */
    char path[4096];
    ssize_t len = readlink("/proc/self/exe", path, sizeof(path) - sizeof("tlsagen-full"));
    if (len > 0) {
        path[len] = '\0';
        char *slash = strrchr(path, '/');
        if (slash != NULL)
            memcpy(slash + 1, "tlsagen-full", sizeof("tlsagen-full"));
    }
    if (len <= 0 || !is_executable(path))
        (void)snprintf(path, sizeof(path), "%s/tlsagen-full", TLSAGEN_LIBEXECDIR);
    (void)execv(path, argv);
    report_error("cannot start %s, which holds this part of tlsagen: %s; install tlsagen whole",
                 path, strerror(errno));
    return EXIT_FAILED;
}

/* A closed descriptor 0, 1 or 2 would be taken by the next file opened, and overwritten. */
static void keep_standard_descriptors(void)
{
    for (int fd = 0; fd <= 2; fd++) {
        if (fcntl(fd, F_GETFD) >= 0 || errno != EBADF)
            continue;
        /* Of the wrong direction on purpose: using it fails, as using a closed one would. */
        if (open("/dev/null", fd == 0 ? O_WRONLY : O_RDONLY) != fd)
            _exit(EXIT_FAILED);
    }
}

/*
 * Large blocks come from the system and go back to it when they are freed, and heaps grow in steps
 * that are not too small: glibc learns otherwise from the first large block that it sees freed. A
 * first run of 100,000 services takes a fifth less of memory.
 */
static void keep_memory_small(void)
{
#ifdef M_MMAP_THRESHOLD
    (void)mallopt(M_MMAP_THRESHOLD, 256 * 1024);
    (void)mallopt(M_TOP_PAD, 1024 * 1024);
#endif
}

/* What the caller left ignored is not ignored here, and what would end a run halfway is an error.
 */
static void set_signals(void)
{
    (void)signal(SIGPIPE, SIG_IGN); /* a closed pipe is an error of write, and reported */
    (void)signal(SIGXFSZ, SIG_IGN); /* and so is a file that may not grow (ulimit -f) */
    (void)signal(SIGCHLD, SIG_DFL); /* ignored, a command's status would be lost */
}

static const struct command *find_command(const char *name)
{
    for (const struct command *c = commands; c->name != NULL; c++) {
        if (strcmp(c->name, name) == 0)
            return c;
    }
    return NULL;
}

/* The value of ldns-dane's options with a value may follow as the next word. */
static bool takes_next_word(const char *word)
{
    if (word[0] != '-' || word[1] == '-')
        return false;
    const char *option = word + 1 + strspn(word + 1, "bnu");
    return *option != '\0' && strchr("cko", *option) != NULL && option[1] == '\0';
}

/*
 * `ldns-dane -c FILE create …` has options before the command, and its users' scripts do: moves the
 * command to the front. What stands there then: a command or, without one, the first word that is
 * no option; NULL when there are options only.
 */
static const char *put_command_first(int argc, char **argv)
{
    char *first = argv[1][0] == '-' ? NULL : argv[1];
    for (int i = 2; i < argc && argv[1][0] == '-'; i++) {
        if (argv[i][0] == '-' || takes_next_word(argv[i - 1]))
            continue;
        if (find_command(argv[i]) != NULL) {
            char *command = argv[i];
            memmove(&argv[2], &argv[1], (size_t)(i - 1) * sizeof(argv[0]));
            return argv[1] = command;
        }
        first = first == NULL ? argv[i] : first;
    }
    return first;
}

int main(int argc, char **argv)
{
    keep_standard_descriptors();
    keep_memory_small();
    set_signals();

    if (argc < 2)
        return report_usage(NULL, "no command given");
    const char *word = argv[1];
    if (strcmp(word, "-h") == 0 || strcmp(word, "--help") == 0 || strcmp(word, "help") == 0)
        return print_help();
    if (strcmp(word, "-V") == 0 || strcmp(word, "--version") == 0)
        return print_version();

    word = put_command_first(argc, argv);
    if (word == NULL)
        return report_usage(NULL, "no command given");
    const struct command *command = find_command(word);
    if (command == NULL)
        return report_usage(NULL, "unknown command \"%s\"", word);
    if (command->run == NULL)
        return run_full_program(argv);
    return command->run(argc - 1, argv + 1);
}
