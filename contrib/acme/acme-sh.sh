#!/bin/sh
# acme.sh: the command after it installed a certificate into a folder that is `source` in
# tlsagen.conf(5), and that nobody else reads.
#
#   acme.sh --install-cert -d mx1.example.org \
#       --key-file /var/lib/acme/mx1/privkey.pem --fullchain-file /var/lib/acme/mx1/fullchain.pem \
#       --reloadcmd '/usr/local/share/tlsagen/acme/acme-sh.sh mx1'
#
# It keeps the key at renewals (`reuse-key = true`) unless --always-force-new-domain-key was given.
#
# 4: something is due and cannot be done yet, which the next run from the timer sees to.
tlsagen rollover run "$@" || [ $? -eq 4 ]
