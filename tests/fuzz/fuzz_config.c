/*
 * Configuration files. Input: a byte, 0 for text, else JSON; then the file.
 *
 * What is read without a fault is whole: each service has a zone that it lies in, ports, owners,
 * records and sources. Otherwise at least one fault was told, on one line.
 */
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "config/build.h"
#include "config/json.h"
#include "config/split.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void expect(bool holds, const char *what)
{
    if (holds)
        return;
    (void)fprintf(stderr, "broken: %s\n", what);
    abort();
}

static void take(void *arg, const struct tlsagen_config_place *place, const char *text)
{
    size_t *count = arg;
    (*count)++;
    expect(place->file != NULL, "a fault has a file");
    expect(*text != '\0', "a fault says something");
    for (; *text != '\0'; text++)
        expect((unsigned char)*text >= 0x20 && *text != 0x7f, "a fault is one line");
}

static bool include(void *arg, const struct source *source, unsigned line, const char *pattern)
{
    (void)arg;
    (void)source;
    (void)line;
    expect(pattern != NULL, "an include has a file");
    return true;
}

static void check(const struct tlsagen_config *config)
{
    for (size_t i = 0; i < config->zone_count; i++) {
        const struct tlsagen_config_zone *zone = config->zones[i];
        expect((zone->file == NULL) != (zone->update == NULL), "a zone is changed in one way");
        expect(tlsagen_config_zone(config, zone->name) == zone, "a zone is found");
    }
    for (size_t i = 0; i < config->service_count; i++) {
        const struct tlsagen_config_service *service = config->services[i];
        expect(tlsagen_config_service(config, service->name) == service, "a service is found");
        expect(service->zone != NULL && service->host != NULL, "a service lies in a zone");
        expect(service->port_count > 0 && service->owners != NULL, "a service has owners");
        expect(service->field_count > 0 && service->source.count > 0, "a service has records");
        expect(service->source.items[service->source.count] == NULL, "a list has an end");
        expect((service->key_mode & 07U) == 0, "a key is nobody else's");
        for (size_t k = 0; k < service->port_count; k++)
            expect(tlsagen_config_zone_of(config, service->owners[k]) != NULL, "owners have zones");
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct source source = {.name = "c", .folder = "/f"};
    struct values *values = values_new();
    size_t told = 0;
    struct tree tree;
    if (size == 0 || values == NULL || !tree_init(&tree, take, &told)) {
        values_free(values);
        return 0;
    }
    char *text = malloc(size);
    expect(text != NULL, "there is memory");
    memcpy(text, data + 1, size - 1);
    text[size - 1] = '\0';
    bool done = data[0] == 0 ? split_read(&tree, values, &source, text, size - 1, include, NULL)
                             : json_read(&tree, &source, text, size - 1, include, NULL);
    const struct full *full = done ? build_all(&tree, "c") : NULL;
    expect(full != NULL, "memory suffices");
    expect(told == tree.faults.count, "faults are counted");
    arena_clear(&tree.parsed); /* which nothing lies in */
    if (told == 0)
        check(&full->config);
    free(text);
    arena_clear(&tree.arena);
    values_free(values);
    return 0;
}
