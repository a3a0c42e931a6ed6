"""make_fleet.py FOLDER CERTIFICATES SERVICES ZONES RECORDS [OPTION...]: a fleet to measure with.

Writes FOLDER/tlsagen.conf, FOLDER/zN.example.zone, and links to the certificates that make_certs.c
made in CERTIFICATES; each OPTION is a line for all zones. The zones have RECORDS records of hosts in
all, and no TLSA record. FOLDER/list names all that a run has to read once it has
been applied: certificates, zones, and what was published in them.
"""
import os
import sys

folder, certificates = sys.argv[1:3]
services, zones, records = map(int, sys.argv[3:6])
options = ''.join(f' {option}\n' for option in sys.argv[6:])
per = services // zones
hosts = records // zones

os.makedirs(f'{folder}/certs')
paths = []
for i in range(services):
    path = f'{folder}/certs/s{i}.pem'
    os.symlink(f'{certificates}/files/{i % 100:02}/host{i:05}.example.pem', path)
    paths.append(path)

with open(f'{folder}/tlsagen.conf', 'w', encoding='ascii') as conf:
    conf.write(f'state-dir = "{folder}/state"\n'
               f'defaults {{\n ports = 443\n source = "{folder}/certs/%n.pem"\n}}\n')
    for z in range(zones):
        name = f'z{z}.example'
        path = f'{folder}/{name}.zone'
        conf.write(f'zone {name} {{\n file = "{path}"\n{options}}}\n')
        for i in range(z * per, (z + 1) * per):
            conf.write(f'service s{i} {{\n host = host{i}.{name}\n}}\n')
        with open(path, 'w', encoding='ascii') as zone:
            zone.write(f'$ORIGIN {name}.\n$TTL 3600\n'
                       '@ IN SOA ns1 hostmaster 1 7200 3600 1209600 3600\n\tIN NS ns1\n'
                       'ns1 IN A 192.0.2.1\n')
            for i in range(hosts):
                zone.write(f'host{z * per + i}\tIN\tA\t10.{i >> 16 & 255}.{i >> 8 & 255}.{i & 255}\n')
        paths.append(path)
        paths.append(f'{folder}/state/fleet/{name}.applied')

with open(f'{folder}/list', 'w', encoding='ascii') as listed:
    listed.writelines(f'{path}\n' for path in paths)
