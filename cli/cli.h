/* Shared by the files of the program; nothing here belongs to the library. */
#ifndef CLI_H
#define CLI_H

#include <getopt.h>
#include <stdbool.h>
#include <stdio.h>

#include <tlsagen.h>

/* The same for every command. */
enum exit_code {
    EXIT_DONE = 0,     /* done, or nothing to do */
    EXIT_FAILED = 1,   /* failed */
    EXIT_USAGE = 2,    /* wrong usage */
    EXIT_NEGATIVE = 3, /* a definite negative: does not match, unsafe, finding */
    EXIT_NOT_NOW = 4,  /* try again: time-out, no answer, not yet due */
};

/*
 * One command. run gets the words from the command's name on and returns an exit code. A command
 * without run in `tlsagen` lives in `tlsagen-full` only.
 */
struct command {
    const char *name;
    const char *summary; /* one line for --help */
    int (*run)(int argc, char **argv);
};

int cmd_create(int argc, char **argv);
/* In tlsagen-full only: */
int cmd_apply(int argc, char **argv);
int cmd_config(int argc, char **argv);
int cmd_export(int argc, char **argv);
int cmd_import(int argc, char **argv);
int cmd_plan(int argc, char **argv);
int cmd_publish(int argc, char **argv);
int cmd_update(int argc, char **argv);
int cmd_status(int argc, char **argv);
int cmd_reload(int argc, char **argv);
int cmd_rollover(int argc, char **argv);
int cmd_verify(int argc, char **argv);
int cmd_zone(int argc, char **argv);

/* Ends with a NULL name. Defined once per program, in table_*.c. */
extern const struct command commands[];

/* True in `tlsagen-full`, where nothing more can be reached by starting another program. */
extern const bool is_full_program;

/*
 * Replaces this process by tlsagen-full, given the same words. Returns EXIT_FAILED, after a
 * message, only when that program cannot be started.
 */
int run_full_program(char **argv);

/* report.c: all that reaches stderr and the judgement on stdout. */

/* `tlsagen: error` on stderr, one line. */
void report_error(const char *format, ...) TLSAGEN_PRINTF(1, 2);
/* `tlsagen: warning: …` on stderr, one line. */
void report_warning(const char *format, ...) TLSAGEN_PRINTF(1, 2);
/* `tlsagen: note: …` on stderr, one line. */
void report_note(const char *format, ...) TLSAGEN_PRINTF(1, 2);
/* What report_error told last in this thread, without "tlsagen: "; "" before. */
const char *report_last(void);
/* A usage error with a pointer to --help; returns EXIT_USAGE. */
int report_usage(const char *command, const char *format, ...) TLSAGEN_PRINTF(2, 3);
/*
 * The next option as getopt_long gives it, which says nothing itself; letters begin with a colon.
 * False behind the last one.
 */
bool next_option(int argc, char **argv, const char *letters, const struct option *options,
                 int *option);
/* The same; *index, if not NULL, is that of a long option. */
bool next_option_at(int argc, char **argv, const char *letters, const struct option *options,
                    int *option, int *index);
/* An option '?' or ':' of next_option, or one that does not fit here, as a usage error. */
int report_bad_option(const char *command, int option, char **argv);
/* A word that is none of the command's subcommands, as a usage error. */
int report_bad_subcommand(const char *command, const char *word);
/* What messages call an input: "standard input" for "-", else its path. */
const char *input_label(const char *path);
/* The exit code that belongs to an error of the library. */
int exit_code_of(enum tlsagen_status status);
/* Reports err and returns its exit code. */
int report_err(const struct tlsagen_err *err);
/*
 * Writes all of the result to stdout, with a check: a closed pipe or a full disk is a failure that
 * is reported. Returns EXIT_DONE or EXIT_FAILED.
 */
int report_result(const char *bytes, size_t len);

#endif
