/*
 * look.h - for `config check`: what the configuration names outside of itself, looked at in the
 * file system. What may still come is told as a warning, what can never work as a fault.
 */
#ifndef CONFIG_LOOK_H
#define CONFIG_LOOK_H

#include "build.h"

/* Where an option of a service or zone may have been given, the nearest first; NULL is passed by.
 */
#define LOOK_LAYERS 3

/* They do nothing unless the tree has somebody to be warned. */
void look_main(struct build *b);
void look_zone(struct build *b, const struct zone_node *node);
void look_service(struct build *b, const struct section *const layers[LOOK_LAYERS],
                  const struct tlsagen_config_service *service);

#endif
