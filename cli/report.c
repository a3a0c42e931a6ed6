#include "cli.h"

#include <errno.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <string.h>
#include <unistd.h>

#include <poll.h>

TLSAGEN_PRINTF(2, 0)
static void print_line(const char *kind, const char *format, va_list args)
{
    char line[TLSAGEN_ERR_SIZE + 256];
    int used = snprintf(line, sizeof(line), "tlsagen: %s", kind);
    if (used < 0)
        return;
    (void)vsnprintf(line + used, sizeof(line) - (size_t)used - 1, format, args);
    for (unsigned char *p = (unsigned char *)line; *p != '\0'; p++) {
        if (*p < 0x20 || *p == 0x7f)
            *p = '?';
    }
    size_t len = strlen(line);
    line[len] = '\n';
    /* One write, so that lines of programs that run side by side do not mix. */
    (void)fwrite(line, 1, len + 1, stderr);
}

static _Thread_local char last_error[TLSAGEN_ERR_SIZE];

const char *report_last(void)
{
    return last_error;
}

void report_error(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    (void)vsnprintf(last_error, sizeof(last_error), format, args);
    va_end(args);
    va_start(args, format);
    print_line("", format, args);
    va_end(args);
}

void report_warning(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    print_line("warning: ", format, args);
    va_end(args);
}

void report_note(const char *format, ...)
{
    va_list args;
    va_start(args, format);
    print_line("note: ", format, args);
    va_end(args);
}

int report_usage(const char *command, const char *format, ...)
{
    char message[TLSAGEN_ERR_SIZE];
    va_list args;
    va_start(args, format);
    (void)vsnprintf(message, sizeof(message), format, args);
    va_end(args);
    if (command != NULL)
        report_error("%s; see 'tlsagen %s --help'", message, command);
    else
        report_error("%s; see 'tlsagen --help'", message);
    return EXIT_USAGE;
}

/* What the last next_option looked at, for report_bad_option. */
static const struct option *last_options;
static int last_optind;

bool next_option_at(int argc, char **argv, const char *letters, const struct option *options,
                    int *option, int *index)
{
    opterr = optopt = 0;
    last_options = options;
    last_optind = optind;
    *option = getopt_long(argc, argv, letters, options, index);
    return *option != -1;
}

bool next_option(int argc, char **argv, const char *letters, const struct option *options,
                 int *option)
{
    return next_option_at(argc, argv, letters, options, option, NULL);
}

/* The next of the options, from *o on, that begins with these bytes. */
static const char *next_of_prefix(const struct option **o, const char *name, size_t len)
{
    while ((*o)->name != NULL) {
        const char *full = (*o)++->name;
        if (strncmp(full, name, len) == 0)
            return full;
    }
    return NULL;
}

static int report_bad_long(const char *command, int option, const char *name)
{
    const int len = (int)strcspn(name, "=");
    const struct option *o = last_options;
    if (option == '?' && optopt != 0)
        return report_usage(command, "option --%.*s takes no value", len < 64 ? len : 64, name);
    const char *first = option == '?' ? next_of_prefix(&o, name, (size_t)len) : NULL;
    const char *second = first != NULL ? next_of_prefix(&o, name, (size_t)len) : NULL;
    if (second != NULL)
        return report_usage(command, "option --%.*s may mean --%s or --%s; write it out", len, name,
                            first, second);
    return report_usage(command, "unknown option --%.*s", len < 64 ? len : 64, name);
}

int report_bad_option(const char *command, int option, char **argv)
{
    const char *word = argv[optind - 1];
    if (option == ':')
        return report_usage(command, "option %.64s needs a value", word);
    /* Within a word of several letters the one before it is the last that was done. */
    if (optind != last_optind && strncmp(word, "--", 2) == 0)
        return report_bad_long(command, option, word + 2);
    return report_usage(command, "unknown option -%c", option == '?' ? optopt : option);
}

int report_bad_subcommand(const char *command, const char *word)
{
    if (word[0] == '-')
        return report_usage(command,
                            "%.64s stands where the subcommand of %s belongs; options follow it",
                            word, command);
    return report_usage(command, "unknown subcommand \"%.64s\" of %s", word, command);
}

const char *input_label(const char *path)
{
    return strcmp(path, "-") == 0 ? "standard input" : path;
}

int exit_code_of(enum tlsagen_status status)
{
    switch (status) {
    case TLSAGEN_OK:
        return EXIT_DONE;
    case TLSAGEN_E_ARGUMENT:
        return EXIT_USAGE;
    case TLSAGEN_E_MISMATCH:
        return EXIT_NEGATIVE;
    case TLSAGEN_E_TIMEOUT:
        return EXIT_NOT_NOW;
    default:
        return EXIT_FAILED;
    }
}

int report_err(const struct tlsagen_err *err)
{
    report_error("%s", err->message);
    return exit_code_of(err->code);
}

/* A pipe that somebody else left not to block is full: waits for its reader. */
static bool await_room(void)
{
    struct pollfd poll_fd = {.fd = STDOUT_FILENO, .events = POLLOUT};
    return poll(&poll_fd, 1, -1) > 0 || errno == EINTR;
}

int report_result(const char *bytes, size_t len)
{
    while (len > 0) {
        ssize_t done = write(STDOUT_FILENO, bytes, len);
        if (done < 0 && (errno == EINTR || (errno == EAGAIN && await_room())))
            continue;
        if (done < 0) {
            static atomic_flag told = ATOMIC_FLAG_INIT;
            if (!atomic_flag_test_and_set(&told))
                report_error("cannot write the result to standard output: %s", strerror(errno));
            return EXIT_FAILED;
        }
        bytes += done;
        len -= (size_t)done;
    }
    return EXIT_DONE;
}
