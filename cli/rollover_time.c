/* rollover_time.c - times and durations, as a person and a program read them. */
#include "rollover.h"

#include "publish_world.h"

/* At most `most` units, the largest first; a unit that is nothing is left out, and counts. */
static const char *write_units(int64_t seconds, size_t most, char text[ROLLOVER_TIME])
{
    static const struct {
        int64_t seconds;
        char unit;
    } units[] = {{86400, 'd'}, {3600, 'h'}, {60, 'm'}, {1, 's'}};
    size_t used = 0, passed = 0;
    (void)snprintf(text, ROLLOVER_TIME, "0s");
    for (size_t i = 0; i < sizeof(units) / sizeof(units[0]) && passed < most; i++) {
        const int64_t count = seconds / units[i].seconds;
        if (count > 0 || passed > 0)
            passed++;
        if (count <= 0)
            continue;
        seconds %= units[i].seconds;
        const int len =
            snprintf(text + used, ROLLOVER_TIME - used, "%lld%c", (long long)count, units[i].unit);
        used += len > 0 && (size_t)len < ROLLOVER_TIME - used ? (size_t)len : 0;
    }
    return text;
}

const char *rollover_duration(int64_t seconds, char text[ROLLOVER_TIME])
{
    return write_units(seconds, 4, text);
}

const char *rollover_about(int64_t seconds, char text[ROLLOVER_TIME])
{
    return write_units(seconds, 2, text);
}

const char *rollover_moment(int64_t when, char text[ROLLOVER_TIME])
{
    if (when == 0)
        (void)snprintf(text, ROLLOVER_TIME, "-");
    else
        world_time(when, text);
    return text;
}

json_t *rollover_moment_json(int64_t when)
{
    char text[ROLLOVER_TIME];
    return when == 0 ? json_null() : json_string(rollover_moment(when, text));
}
