/* rollover_simulate.c - `tlsagen rollover simulate`: a rollover played against every cache. */
#include "rollover.h"

#include "zone.h"

static const char help_text[] =
    "Usage: tlsagen rollover simulate [OPTIONS] SERVICE\n\n"
    "Plays how the service, as it is configured, gets a certificate with a new key, against\n"
    "clients with whatever caches may hold at every moment: shows that none fails, or when one\n"
    "would, which exits with 3. Asks nobody and changes nothing.\n\n"
    "Options:\n"
    "  -C, --config FILE        the configuration; " TLSAGEN_CONFIG_FILE "\n"
    "      --ttl TIME           of the records; that of the configuration unless given\n"
    "      --servers N          name servers, 1 to 6; 3 unless given\n"
    "      --server-lag TIME    until all but the first have a change; 5m unless given\n"
    "      --endpoints N        addresses of the service, 1 to 4; 2 unless given\n"
    "      --endpoint-lag TIME  until all but the first show what is deployed; 10s unless given\n"
    "      --first              nothing is published at the beginning\n"
    "      --emergency          deploy at once: shows when clients fail\n"
    "      --json               report in JSON\n"
    "  -q, --quiet              no report: the exit code tells\n"
    "  -h, --help               show this text\n";

struct story {
    const struct rollover_args *args;
    struct tlsagen_buf text;
    json_t *moments; /* for --json */
};

static void take_moment(void *arg, int64_t after, const char *words)
{
    struct story *story = arg;
    const struct rollover_look look = {.width = 0};
    char passed[ROLLOVER_TIME];
    if (story->moments != NULL) {
        if (json_array_append_new(story->moments,
                                  json_pack("{s:I, s:o}", "after", (json_int_t)after, "text",
                                            zone_json_text(words))) != 0)
            story->text.failed = true;
        return;
    }
    tlsagen_buf_printf(&story->text, "  +%-12s  ", rollover_duration(after, passed));
    rollover_look_cut(&story->text, &look, 0, words);
    tlsagen_buf_char(&story->text, '\n');
}

static void add_head(struct story *story, const struct tlsagen_config_service *service,
                     const struct tlsagen_rollover_scene *scene)
{
    char ttl[ROLLOVER_TIME], server_lag[ROLLOVER_TIME], endpoint_lag[ROLLOVER_TIME];
    char every[ROLLOVER_TIME];
    tlsagen_buf_printf(&story->text,
                       "%s: TTL %s, %u name server%s (lag %s), %u endpoint%s (lag %s), a run every "
                       "%s\n",
                       service->name, rollover_duration(scene->ttl, ttl), scene->servers,
                       scene->servers == 1 ? "" : "s",
                       rollover_duration(scene->server_lag, server_lag), scene->endpoints,
                       scene->endpoints == 1 ? "" : "s",
                       rollover_duration(scene->endpoint_lag, endpoint_lag),
                       rollover_duration(scene->every, every));
}

static void add_verdict(struct story *story, const struct tlsagen_rollover_outcome *outcome)
{
    const struct rollover_look look = {.width = 0};
    char passed[ROLLOVER_TIME];
    if (outcome->failed) {
        tlsagen_buf_printf(
            &story->text, "not safe, after %s: ", rollover_duration(outcome->failed_after, passed));
        rollover_look_cut(&story->text, &look, 0, outcome->failure);
        tlsagen_buf_char(&story->text, '\n');
        return;
    }
    if (outcome->complete)
        tlsagen_buf_printf(&story->text, "complete after %s; ",
                           rollover_duration(outcome->took, passed));
    else
        tlsagen_buf_str(&story->text, "does not come to an end; ");
    tlsagen_buf_printf(&story->text,
                       "no client fails, in %llu pairs of what a cache may hold and what an "
                       "endpoint shows\n",
                       (unsigned long long)outcome->pairs);
}

static int print_json(struct story *story, const struct tlsagen_config_service *service,
                      const struct tlsagen_rollover_outcome *outcome)
{
    json_t *took = outcome->complete ? json_integer(outcome->took) : json_null();
    json_t *after = outcome->failed ? json_integer(outcome->failed_after) : json_null();
    json_t *failure = outcome->failed ? zone_json_text(outcome->failure) : json_null();
    return rollover_json_print(json_pack(
        "{s:s, s:O, s:b, s:o, s:b, s:o, s:o, s:I}", "service", service->name, "moments",
        story->moments, "complete", outcome->complete, "seconds", took, "failed", outcome->failed,
        "failed_after", after, "failure", failure, "pairs", (json_int_t)outcome->pairs));
}

static int play(struct story *story, const struct rollover_room *room)
{
    const struct rollover_args *args = story->args;
    const struct tlsagen_config_service *service = room->services[0];
    struct tlsagen_rollover_scene scene = args->scene;
    struct tlsagen_rollover_outcome outcome;
    struct tlsagen_err err;
    scene.ttl = args->has_ttl ? scene.ttl : service->ttl;
    scene.emergency = args->emergency;
    add_head(story, service, &scene);
    if (tlsagen_rollover_simulate(room->rollover, service, &scene, take_moment, story, &outcome,
                                  &err) != TLSAGEN_OK)
        return report_err(&err);
    add_verdict(story, &outcome);
    if (tlsagen_buf_check(&story->text, &err) != TLSAGEN_OK)
        return report_err(&err);
    int code = EXIT_DONE;
    if (args->json)
        code = print_json(story, service, &outcome);
    else if (!args->quiet)
        code = report_result(story->text.data, story->text.len);
    if (code != EXIT_DONE)
        return code;
    return outcome.failed || !outcome.complete ? EXIT_NEGATIVE : EXIT_DONE;
}

static int run(const struct rollover_args *args, const struct rollover_room *room)
{
    struct story story = {.args = args, .moments = args->json ? json_array() : NULL};
    if (args->json && story.moments == NULL) {
        report_error("out of memory");
        return EXIT_FAILED;
    }
    tlsagen_buf_init(&story.text);
    const int code = play(&story, room);
    tlsagen_buf_clear(&story.text);
    json_decref(story.moments);
    return code;
}

const struct rollover_command rollover_simulate = {
    .name = "simulate",
    .summary = "play a rollover against every cache: does a client fail?",
    .help = help_text,
    .options = ROLLOVER_SCENE | ROLLOVER_EMERGENCY | ROLLOVER_JSON | ROLLOVER_QUIET,
    .services_min = 1,
    .services_max = 1,
    .operands = "SERVICE",
    .run = run,
};
