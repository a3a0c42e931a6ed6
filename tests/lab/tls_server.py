"""TLS servers on loopback that read their certificates as a daemon does: at the start, and when they
get SIGHUP.

    tls_server.py [ADDRESS:]PORT=FILE[,FILE]... ...

Each FILE has a key and its chain. A FILE that cannot be read leaves the former ones in place.
"""
import signal
import socket
import ssl
import sys
import threading

contexts = {}


def load():
    for name, files in places.items():
        try:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            for file in files:
                context.load_cert_chain(file)
            contexts[name] = context
        except (OSError, ssl.SSLError) as error:
            print(f'{name}: {error}', file=sys.stderr, flush=True)


def serve(name):
    address, port = name.rsplit(':', 1)
    listener = socket.create_server((address, int(port)), backlog=64)
    while True:
        peer, _ = listener.accept()
        threading.Thread(target=answer, args=(name, peer), daemon=True).start()


def answer(name, peer):
    try:
        peer.settimeout(10)
        with contexts[name].wrap_socket(peer, server_side=True) as tls:
            tls.recv(1)
    except (KeyError, OSError):
        peer.close()


places = {}
for word in sys.argv[1:]:
    at, _, files = word.partition('=')
    places[at if ':' in at else f'127.0.0.1:{at}'] = files.split(',')
# Blocked in all threads and waited for, as a handler and pause() can miss one that comes in between.
signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGHUP})
load()
for place in places:
    threading.Thread(target=serve, args=(place,), daemon=True).start()
while True:
    signal.sigwait({signal.SIGHUP})
    load()
