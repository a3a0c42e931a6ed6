#!/bin/sh
# certbot: a deploy hook. Either in /etc/letsencrypt/renewal-hooks/deploy/, for all services, or
#
#   certbot certonly ... --deploy-hook '/usr/local/share/tlsagen/acme/certbot.sh mx1'
#
# with `source = { "/etc/letsencrypt/live/mx1.example.org" }` in tlsagen.conf(5). What the server
# reads is `live`, not certbot's folder; a new key stays out of it until that is safe.
#
# 4: something is due and cannot be done yet, which the next run from the timer sees to.
tlsagen rollover run "$@" || [ $? -eq 4 ]
