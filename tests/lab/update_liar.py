#!/usr/bin/env python3
"""update_liar.py PORT SECRET [PROTOCOL]: a primary on 127.0.0.1 and ::1 that holds every zone, all of
them empty. What it says to an update stands in the zone's first label; it signs with the key "k.",
hmac-sha256, whose base64 is SECRET. PROTOCOL is tcp or udp; both without it.
  rN      RCODE N, not signed
  sN      RCODE N, signed
  tN      NOTAUTH and the TSIG error N, signed unless it is BADSIG or BADKEY; of BADTIME the server's
          clock is two hours ahead
  slow    BADTIME of a clock that is an hour behind
  forged  success, signed with another secret
  stale   success, signed an hour ago
  id      an answer to somebody else
  kind    an answer to a question
  short   half a header
  none    nothing
"""
import base64
import hashlib
import hmac
import socket
import struct
import sys
import threading
import time

NAME, ALGORITHM = b'\1k\0', b'\x0bhmac-sha256\0'
OPCODE_UPDATE, NOTAUTH, BADTIME = 5, 9, 18
secret = base64.b64decode(sys.argv[2])


def signed(asked, answer, key, error=0, age=0, other=b''):
    """The answer with a TSIG; the question's ends with a MAC of 32 bytes, its id, and no error."""
    mac_asked = asked[-38:-6]
    when = struct.pack('!HI', 0, int(time.time()) - age)
    rest = struct.pack('!HH', error, len(other)) + other
    mac = b''
    if key is not None:
        covered = struct.pack('!H', len(mac_asked)) + mac_asked + answer + NAME + struct.pack('!HI', 255, 0)
        mac = hmac.new(key, covered + ALGORITHM + when + struct.pack('!H', 300) + rest, hashlib.sha256).digest()
    rdata = ALGORITHM + when + struct.pack('!HH', 300, len(mac)) + mac + asked[:2] + rest
    return answer[:10] + b'\0\1' + answer[12:] + NAME + struct.pack('!HHIH', 250, 255, 0, len(rdata)) + rdata


def respond(asked):
    label = asked[13:13 + asked[12]].decode()
    kind, digits = label[0], label[1:]
    if asked[2] >> 3 & 15 != OPCODE_UPDATE:
        return asked[:2] + b'\x84\0\0\1\0\0\0\0\0\0' + asked[12:asked.index(b'\0', 12) + 5]
    number = int(digits) if digits.isdigit() else 0
    answer = asked[:2] + struct.pack('!HHHHH', 0xa800 | (number if kind in 'rs' and number else 0), 0, 0, 0, 0)
    refused = answer[:2] + struct.pack('!H', 0xa800 | NOTAUTH) + answer[4:]
    if kind == 't':
        other = struct.pack('!HI', 0, int(time.time()) + 7200) if number == BADTIME else b''
        return signed(asked, refused, None if number in (16, 17) else secret, number, 0, other)
    if label == 'slow':
        return signed(asked, refused, secret, BADTIME, 0, struct.pack('!HI', 0, int(time.time()) - 3600))
    if kind == 'r':
        return answer
    if label == 'short':
        return answer[:6]
    if label == 'none':
        return None
    if label == 'id':
        answer = bytes([answer[0] ^ 1]) + answer[1:]
    if label == 'kind':
        answer = answer[:2] + b'\x84' + answer[3:]
    return signed(asked, answer, b'another' if label == 'forged' else secret, 0, 3600 if label == 'stale' else 0)


def udp(listener):
    while True:
        asked, peer = listener.recvfrom(65535)
        answer = respond(asked)
        if answer is not None:
            listener.sendto(answer, peer)


def tcp(conn):
    with conn:
        stream = conn.makefile('rb')
        size = stream.read(2)
        answer = respond(stream.read(struct.unpack('!H', size)[0])) if len(size) == 2 else None
        if answer is None:
            time.sleep(60)
        else:
            conn.sendall(struct.pack('!H', len(answer)) + answer)


def accept(listener):
    while True:
        threading.Thread(target=tcp, args=(listener.accept()[0],), daemon=True).start()


def main():
    port, protocol = int(sys.argv[1]), sys.argv[3] if len(sys.argv) > 3 else 'both'
    for family, address in ((socket.AF_INET, '127.0.0.1'), (socket.AF_INET6, '::1')):
        if protocol != 'tcp':
            listener = socket.socket(family, socket.SOCK_DGRAM)
            listener.bind((address, port))
            threading.Thread(target=udp, args=(listener,), daemon=True).start()
        if protocol != 'udp':
            listener = socket.create_server((address, port), family=family)
            threading.Thread(target=accept, args=(listener,), daemon=True).start()
    print('ready', flush=True)
    time.sleep(600)


main()
