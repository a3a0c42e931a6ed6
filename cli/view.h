/* view.h - what the files of `status` and `export` share: how things stand with all services. */
#ifndef CLI_VIEW_H
#define CLI_VIEW_H

#include <jansson.h>

#include "cli.h"
#include "rollover.h"

/* Which of the two commands an option is for. */
enum view_command { VIEW_STATUS = 1 << 0, VIEW_EXPORT = 1 << 1 };

enum view_sort { VIEW_BY_URGENCY, VIEW_BY_NAME, VIEW_BY_EXPIRY, VIEW_BY_NEXT, VIEW_BY_CHECK };

enum view_format { VIEW_JSON, VIEW_PROMETHEUS, VIEW_HTML };

/* What is the matter with a service; of --only. */
enum view_mark {
    VIEW_DUE = 1 << 0,     /* the next run has something to do now */
    VIEW_FAILING = 1 << 1, /* somebody has to look */
    VIEW_ROLLING = 1 << 2, /* a rollover is under way */
};

/* The command line, understood. Pointers are borrowed from argv. */
struct view_args {
    enum view_command command;
    const char *config;
    const char **zones;
    size_t zone_count;
    unsigned only; /* of enum view_mark; 0: all */
    enum view_sort sort;
    bool live;
    unsigned jobs;
    uint32_t timeout; /* seconds, of one service */
    bool json;
    bool has_format;
    enum view_format format;
    const char *output; /* NULL: standard output */
    char **operands;
    size_t operand_count;
};

/* One service, and what is known of it. */
struct view_row {
    const struct tlsagen_config_service *service;
    bool
        readable; /* else problem tells why not, and only the certificate and the check are there */
    enum tlsagen_status fault; /* of the state file */
    struct tlsagen_rollover_status status;
    bool applied; /* the status' records are those that `apply` published */
    struct rollover_line line;
    struct tlsagen_rollover_certificate certificate; /* not_after 0: none that can be read */
    bool checked;
    struct tlsagen_check check; /* the last one; reason is borrowed from the view's checks */
    unsigned marks;             /* of enum view_mark */
    char problem[256];          /* why it is failing; "" when it is not */
};

struct view {
    const struct view_args *args;
    struct tlsagen_config *config;
    struct tlsagen_rollover *rollover;
    struct tlsagen_checks *checks;
    int64_t now;
    struct view_row *rows; /* in the order of the configuration */
    size_t count;
    struct view_row **shown; /* those that were asked for, sorted */
    size_t shown_count;
};

/*
 * view_args.c: reads the command line. EXIT_DONE, or the exit code after a message; *help is set
 * when the help text is wanted. args goes to view_args_clear in every case.
 */
int view_args_parse(struct view_args *args, enum view_command command, int argc, char **argv,
                    bool *help);
void view_args_clear(struct view_args *args);

/*
 * view.c: reads the configuration, and opens the state. EXIT_DONE, or the exit code after a
 * message. view goes to view_close in every case.
 */
int view_open(struct view *view, const struct view_args *args);
void view_close(struct view *view);
/* Reads what is known of each service; no network. Returns the worst code of those unreadable. */
int view_look(struct view *view);
/* view_applied.c: fills the records of services that no rollover has looked at yet. */
int view_read_applied(struct view *view);
/* What is next for one of them. */
const char *view_applied_what(const struct view_row *row);
/* Judges all, and chooses and sorts what is shown. */
void view_choose(struct view *view);
/* From when on a certificate that ends is worth a colour: seconds before its end. */
#define VIEW_SOON (14 * 86400)

/* view_judge.c: what is the matter with a service; fills marks and problem. */
void view_judge(struct view_row *row, int64_t now);
/* Compares two rows for the sort; ties go by name. */
int view_compare(const struct view_row *a, const struct view_row *b, enum view_sort sort);

/*
 * view_live.c: verifies each service over the network, and remembers it. EXIT_DONE, or the exit
 * code after a message; *verdict is the code that the verdicts come to.
 */
int view_check(struct view *view, int *verdict);

/* view_words.c: what several formats say alike. */
/* "mail.example.org:25,587"; host without its final dot. */
void view_add_place(struct tlsagen_buf *text, const struct tlsagen_config_service *service);
/* "3 1 1 0a0a0a0a +1", digits of the first record and how many more; "-" for none. */
void view_add_record(struct tlsagen_buf *text, const struct view_row *row, size_t digits);
/* "EC P-256 +next"; "-" when it is not known. */
void view_add_key(struct tlsagen_buf *text, const struct view_row *row);
/* The stage, or "error". */
const char *view_stage(const struct view_row *row);
/* What comes next, or what is wrong. */
const char *view_what(const struct view_row *row);
/* Whole days until when, rounded down. */
int64_t view_days(int64_t when, int64_t now);

/* view_table.c, view_json.c, view_prometheus.c, view_html.c: append to text. */
void view_table(const struct view *view, struct tlsagen_buf *text);
void view_json(const struct view *view, struct tlsagen_buf *text);
void view_prometheus(const struct view *view, struct tlsagen_buf *text);
void view_html(const struct view *view, struct tlsagen_buf *text);

/* view_html_line.c: the section of a service that is under way. */
void view_html_line(struct tlsagen_buf *text, const struct view *view, const struct view_row *row);
/* view_html_text.c: text of HTML: nothing in it is taken for markup; control bytes and bad UTF-8
 * are replaced. */
void view_html_text(struct tlsagen_buf *text, const char *words);
/* And a <time>; a dash for 0. */
void view_html_time(struct tlsagen_buf *text, int64_t when);

/* view_write.c: standard output, or a file that is replaced at once. The exit code. */
int view_write(const char *path, const struct tlsagen_buf *text);

#endif
