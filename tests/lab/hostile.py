#!/usr/bin/env python3
"""hostile.py PORT BEHAVIOUR: a server that behaves badly, one way each.

BEHAVIOUR is WORDS:ENDING. WORDS are what is said before, each followed by waiting for a line from
the client: "220 hi,250 STARTTLS,220 go", or nothing. ENDING is what comes then:
  stall       nothing, for ever
  close       the end of the connection
  reset       its reset
  flood       a megabyte without a line end
  lines       a megabyte of lines
  slow        a byte a second
  binary      NUL and 0xff
  alert       a TLS alert (internal_error)
  inject      "250 evil" in the segment of the last word
  full        nothing, as connections are never accepted and the queue is full; says "full"
  late        "250 evil" half a second after it
"""
import socket
import struct
import sys
import threading
import time


def finish(conn, ending):
    if ending == 'flood':
        conn.sendall(b'220 ' + b'x' * 1000000)
    elif ending == 'lines':
        conn.sendall(b'220-xxxxxxxxxxxxxxxx\r\n' * 50000)
    elif ending == 'slow':
        for _ in range(60):
            conn.sendall(b'2')
            time.sleep(1)
    elif ending == 'binary':
        conn.sendall(b'\0\xff\0\n')
    elif ending == 'alert':
        conn.recv(4096)
        conn.sendall(b'\x15\x03\x03\x00\x02\x02\x50')
    elif ending == 'late':
        time.sleep(0.5)
        conn.sendall(b'250 evil\r\n')
    elif ending == 'reset':
        conn.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
    elif ending == 'close':
        # Closing with bytes unread would be a reset: say the end, and read on to the client's.
        conn.shutdown(socket.SHUT_WR)
        while conn.recv(4096):
            pass
    if ending not in ('close', 'reset'):
        time.sleep(60)
    conn.close()


def serve(conn, words, ending):
    try:
        for i, word in enumerate(words):
            last = i == len(words) - 1
            conn.sendall(word.encode() + b'\r\n' + (b'250 evil\r\n' if last and ending == 'inject' else b''))
            if not last and not conn.recv(4096):
                return
        finish(conn, ending)
    except OSError:
        pass


def fill_queue(port):
    with socket.socket() as listener:
        listener.bind(('127.0.0.1', port))
        listener.listen(0)
        fillers = [socket.socket() for _ in range(8)]
        for filler in fillers:
            filler.setblocking(False)
            filler.connect_ex(('127.0.0.1', port))
        time.sleep(0.2)
        print('full', flush=True)
        time.sleep(60)


def main():
    words, ending = sys.argv[2].rsplit(':', 1)
    words = [word for word in words.split(',') if word]
    if ending == 'full':
        fill_queue(int(sys.argv[1]))
    with socket.create_server(('127.0.0.1', int(sys.argv[1]))) as listener:
        while True:
            conn, _ = listener.accept()
            threading.Thread(target=serve, args=(conn, words, ending), daemon=True).start()


main()
