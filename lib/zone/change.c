#include <tlsagen/zone.h>

void tlsagen_zone_change_init(struct tlsagen_zone_change *change)
{
    *change = (struct tlsagen_zone_change){0};
}

void tlsagen_zone_change_clear(struct tlsagen_zone_change *change)
{
    tlsagen_buf_clear(&change->added);
    tlsagen_buf_clear(&change->removed);
    tlsagen_buf_clear(&change->diff);
    tlsagen_zone_change_init(change);
}
