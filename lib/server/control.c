/* control.c - the command lines of control programs. */
#include <tlsagen/server.h>

#include <stdio.h>
#include <string.h>

#include "process.h"
#include "reply.h"

#define WORDS_MAX 64U
#define TIMEOUT_MS 30000U
#define ZONE_SIZE 1024U

/* An argument vector in the making. */
struct words {
    const char *at[WORDS_MAX];
    size_t count;
    bool full;
    char host[ZONE_SIZE]; /* nsd-control's `host@port` */
};

static void add(struct words *words, const char *word)
{
    if (words->count + 1 >= WORDS_MAX) {
        words->full = true;
        return;
    }
    words->at[words->count++] = word;
    words->at[words->count] = NULL;
}

static void add_option(struct words *words, const char *option, const char *value)
{
    if (value == NULL)
        return;
    add(words, option);
    add(words, value);
}

const char *tlsagen_server_program(const struct tlsagen_server *server)
{
    static const char *const names[] = {
        [TLSAGEN_SERVER_RNDC] = "rndc",
        [TLSAGEN_SERVER_NSD] = "nsd-control",
        [TLSAGEN_SERVER_KNOT] = "knotc",
        [TLSAGEN_SERVER_PDNS] = "pdns_control",
    };
    if (server->kind == TLSAGEN_SERVER_EXEC)
        return server->exec[0];
    return server->program != NULL ? server->program : names[server->kind];
}

static void add_rndc(struct words *words, const struct tlsagen_server *server, const char *verb,
                     const char *zone)
{
    add_option(words, "-c", server->config);
    add_option(words, "-k", server->key_file);
    add_option(words, "-s", server->host);
    add_option(words, "-p", server->port);
    add(words, verb);
    add(words, zone);
    if (server->view == NULL && server->rclass == NULL)
        return;
    add(words, server->rclass != NULL ? server->rclass : "IN");
    if (server->view != NULL)
        add(words, server->view);
}

static void add_nsd(struct words *words, const struct tlsagen_server *server)
{
    add_option(words, "-c", server->config);
    if (server->host == NULL)
        return;
    (void)snprintf(words->host, sizeof(words->host), "%s%s%s", server->host,
                   server->port != NULL ? "@" : "", server->port != NULL ? server->port : "");
    add_option(words, "-s", words->host);
}

static void add_exec(struct words *words, const struct tlsagen_server *server, const char *zone)
{
    for (char *const *word = server->exec; *word != NULL; word++)
        add(words, strcmp(*word, "{}") == 0 ? zone : *word);
}

static void make_command(struct words *words, const struct tlsagen_server *server,
                         enum tlsagen_server_act act, const char *zone)
{
    static const char *const verbs[] = {
        [TLSAGEN_SERVER_RELOAD] = "reload",
        [TLSAGEN_SERVER_FREEZE] = "freeze",
        [TLSAGEN_SERVER_THAW] = "thaw",
    };
    if (server->kind != TLSAGEN_SERVER_EXEC)
        add(words, tlsagen_server_program(server));
    switch (server->kind) {
    case TLSAGEN_SERVER_RNDC:
        add_rndc(words, server, verbs[act], zone);
        return;
    case TLSAGEN_SERVER_NSD:
        add_nsd(words, server);
        add(words, "reload");
        add(words, zone);
        return;
    case TLSAGEN_SERVER_KNOT:
        add_option(words, "-c", server->config);
        add_option(words, "-s", server->host);
        /* Waits until it is done, so that a broken file is told. */
        add(words, "-b");
        add(words, "zone-reload");
        add(words, zone);
        return;
    case TLSAGEN_SERVER_PDNS:
        if (server->config != NULL)
            (void)snprintf(words->host, sizeof(words->host), "--config-dir=%s", server->config);
        if (server->config != NULL)
            add(words, words->host);
        add(words, "bind-reload-now");
        add(words, zone);
        return;
    case TLSAGEN_SERVER_EXEC:
        add_exec(words, server, zone);
        return;
    }
}

/* The zone without its final dot, which not all programs take; "." stays. */
static enum tlsagen_status copy_zone(const char *zone, char copy[ZONE_SIZE],
                                     struct tlsagen_err *err)
{
    size_t len = strlen(zone);
    if (len > 1 && zone[len - 1] == '.')
        len--;
    if (len == 0 || len >= ZONE_SIZE || zone[0] == '-')
        return tlsagen_err_set(err, TLSAGEN_E_ARGUMENT, "\"%.64s\" is no name of a zone", zone);
    for (size_t i = 0; i < len; i++) {
        if ((unsigned char)zone[i] <= ' ' || (unsigned char)zone[i] >= 0x7f)
            return tlsagen_err_set(err, TLSAGEN_E_ARGUMENT,
                                   "\"%.64s\" is no name of a zone; names have no blanks", zone);
    }
    memcpy(copy, zone, len);
    copy[len] = '\0';
    return TLSAGEN_OK;
}

static enum tlsagen_status check_words(const struct words *words, struct tlsagen_err *err)
{
    if (!words->full)
        return TLSAGEN_OK;
    return tlsagen_err_set(err, TLSAGEN_E_LIMIT, "a command of more than %u words", WORDS_MAX - 1);
}

/* A program gets the words as they are, and nothing changes them on the way. */
static enum tlsagen_status run(const struct tlsagen_server *server, struct words *words,
                               struct process_result *result, struct tlsagen_err *err)
{
    union {
        const char **words;
        char *const *argv;
    } vector = {.words = words->at};
    enum tlsagen_status status = check_words(words, err);
    tlsagen_buf_init(&result->output);
    if (status != TLSAGEN_OK)
        return status;
    return process_run(vector.argv, server->timeout_ms == 0 ? TIMEOUT_MS : server->timeout_ms,
                       result, err);
}

static enum tlsagen_status check_act(const struct tlsagen_server *server,
                                     enum tlsagen_server_act act, struct tlsagen_err *err)
{
    if (act == TLSAGEN_SERVER_RELOAD || server->kind == TLSAGEN_SERVER_RNDC)
        return TLSAGEN_OK;
    return tlsagen_err_set(err, TLSAGEN_E_KIND, "%s does not freeze and thaw zones; rndc does",
                           tlsagen_server_program(server));
}

enum tlsagen_status tlsagen_server_tell(const struct tlsagen_server *server,
                                        enum tlsagen_server_act act, const char *zone,
                                        struct tlsagen_server_answer *answer,
                                        struct tlsagen_err *err)
{
    char name[ZONE_SIZE];
    struct words words = {.count = 0};
    struct process_result result;
    *answer = (struct tlsagen_server_answer){.reply = TLSAGEN_REPLY_FAILED};
    enum tlsagen_status status = check_act(server, act, err);
    if (status == TLSAGEN_OK)
        status = copy_zone(zone, name, err);
    if (status != TLSAGEN_OK)
        return status;
    make_command(&words, server, act, name);
    status = run(server, &words, &result, err);
    if (status == TLSAGEN_OK) {
        answer->exit_status = result.status;
        reply_judge(server->kind, result.output.len > 0 ? result.output.data : "",
                    result.output.len, answer);
    }
    tlsagen_buf_clear(&result.output);
    return status;
}

enum tlsagen_status tlsagen_server_reload(const struct tlsagen_server *server, const char *zone,
                                          struct tlsagen_server_answer *answer,
                                          struct tlsagen_err *err)
{
    return tlsagen_server_tell(server, TLSAGEN_SERVER_RELOAD, zone, answer, err);
}

enum tlsagen_status tlsagen_server_state(const struct tlsagen_server *server, const char *zone,
                                         struct tlsagen_server_answer *answer,
                                         struct tlsagen_server_zone *state, struct tlsagen_err *err)
{
    char name[ZONE_SIZE];
    struct words words = {.count = 0};
    struct process_result result;
    *answer = (struct tlsagen_server_answer){.reply = TLSAGEN_REPLY_FAILED};
    *state = (struct tlsagen_server_zone){.has_serial = false};
    if (server->kind != TLSAGEN_SERVER_RNDC)
        return tlsagen_err_set(err, TLSAGEN_E_KIND, "%s tells no serial; ask the server by DNS",
                               tlsagen_server_program(server));
    enum tlsagen_status status = copy_zone(zone, name, err);
    if (status != TLSAGEN_OK)
        return status;
    add(&words, tlsagen_server_program(server));
    add_rndc(&words, server, "zonestatus", name);
    status = run(server, &words, &result, err);
    if (status == TLSAGEN_OK) {
        const char *output = result.output.len > 0 ? result.output.data : "";
        answer->exit_status = result.status;
        reply_judge(TLSAGEN_SERVER_RNDC, output, result.output.len, answer);
        if (result.status == 0) {
            answer->reply = TLSAGEN_REPLY_ACCEPTED;
            reply_read_state(output, result.output.len, state);
        }
    }
    tlsagen_buf_clear(&result.output);
    return status;
}

enum tlsagen_status tlsagen_server_command_for(const struct tlsagen_server *server,
                                               enum tlsagen_server_act act, const char *zone,
                                               struct tlsagen_buf *text, struct tlsagen_err *err)
{
    char name[ZONE_SIZE];
    struct words words = {.count = 0};
    enum tlsagen_status status = check_act(server, act, err);
    if (status == TLSAGEN_OK)
        status = copy_zone(zone, name, err);
    if (status != TLSAGEN_OK)
        return status;
    make_command(&words, server, act, name);
    for (size_t i = 0; i < words.count; i++) {
        if (i > 0)
            tlsagen_buf_char(text, ' ');
        tlsagen_buf_str(text, words.at[i]);
    }
    status = check_words(&words, err);
    return status == TLSAGEN_OK ? tlsagen_buf_check(text, err) : status;
}

enum tlsagen_status tlsagen_server_command(const struct tlsagen_server *server, const char *zone,
                                           struct tlsagen_buf *text, struct tlsagen_err *err)
{
    return tlsagen_server_command_for(server, TLSAGEN_SERVER_RELOAD, zone, text, err);
}
