#!/bin/sh
# dehydrated: HOOK=/usr/local/share/tlsagen/acme/dehydrated.sh in its configuration, with
# `source = { "/var/lib/dehydrated/certs/mx1.example.org" }` in tlsagen.conf(5). A hook of your own
# has the lines of deploy_cert in its place instead. dehydrated makes a new key at each renewal
# (PRIVATE_KEY_RENEW="yes"); PRIVATE_KEY_ROLLOVER is not needed, as keys are published here.
case ${1-} in
deploy_cert)
    # For all services: where nothing is due, nobody is asked. 4: not yet; the timer sees to it.
    tlsagen rollover run || [ $? -eq 4 ]
    ;;
esac
