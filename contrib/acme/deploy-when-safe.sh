#!/bin/sh
# deploy-when-safe.sh SERVICE CERTIFICATE COMMAND...
#
# For ACME clients and scripts that deploy by themselves, of services without `live` in
# tlsagen.conf(5): runs COMMAND when the certificate may be deployed. Exits with 4 when that will be
# later (try again, from a timer), with 3 when it never will, else as COMMAND does.
#
#   deploy-when-safe.sh mx1 /etc/letsencrypt/live/mx1.example.org/fullchain.pem \
#       install-certificate /etc/letsencrypt/live/mx1.example.org
if [ $# -lt 3 ]; then
    echo "usage: deploy-when-safe.sh SERVICE CERTIFICATE COMMAND..." >&2
    exit 2
fi
service=$1 certificate=$2
shift 2
# Records of a key that is new are published first; what else comes of this run is told by the gate.
tlsagen rollover run -q "$service" || case $? in 3 | 4) ;; *) exit 1 ;; esac
tlsagen rollover gate "$service" "$certificate" || exit
exec "$@"
