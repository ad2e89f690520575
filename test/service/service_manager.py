"""A service manager in small: it listens on a notification socket as systemd does, starts a command, and prints a line
of JSON for each thing that happens. usage: service_manager.py SOCKET passed|path COMMAND...

`passed` hands the connected socket over as OpenFile= does; `path` only names it in the environment.
"""

import json
import os
import select
import signal
import socket
import struct
import sys

CREDENTIALS = struct.Struct("3i")


def say(**what):
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


def start(path, passed, command):
    """In the child: never returns."""
    environment = dict(os.environ, NOTIFY_SOCKET=path)
    if passed:
        sender = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        sender.connect(path)
        os.dup2(sender.fileno(), 3)
        environment.update(LISTEN_PID=str(os.getpid()), LISTEN_FDS="1", LISTEN_FDNAMES="notify")
    os.execvpe(command[0], command, environment)


def main():
    path, mode, *command = sys.argv[1:]
    receiver = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    receiver.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
    receiver.bind(path)
    pid = os.fork()
    if pid == 0:
        start(path, mode == "passed", command)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: os.kill(pid, signal.SIGKILL))
    say(pid=pid)
    while True:
        ready, _, _ = select.select([receiver], [], [], 0.05)
        if ready:
            data, ancillary, _, _ = receiver.recvmsg(4096, 256)
            for level, kind, content in ancillary:
                if level != socket.SOL_SOCKET:
                    continue
                if kind == socket.SCM_CREDENTIALS:
                    sender = CREDENTIALS.unpack(content[: CREDENTIALS.size])[0]
                else:
                    # systemd-notify waits until the descriptor that it sent is closed.
                    for (number,) in struct.iter_unpack("i", content):
                        os.close(number)
            say(message=data.decode(), sender=sender)
            continue
        ended, status = os.waitpid(pid, os.WNOHANG)
        if ended:
            say(exit=os.waitstatus_to_exitcode(status))
            return


main()
