"""Requests to addresses that people configure, so that none of them reaches what only we can reach.

A name is resolved once; every address it has must be one we may ask, and the connection goes to one of those and to no
other. Redirects are not followed, proxies of the environment not used, certificates always checked.
"""

import http.client
import io
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue

from security.destinations import AddressRefused, Destination, IPAddress, OutboundError, literal, parse, refuse_address

__all__ = ["AddressRefused", "Answer", "NoAnswer", "NotReached", "NotTrusted", "OutboundError", "post"]

CONNECT_SECONDS = 5
TOTAL_SECONDS = 15
LONGEST_ANSWER = 64 * 1024


class NotReached(OutboundError):
    """Nobody could be spoken to there."""


class NotTrusted(OutboundError):
    """Somebody else could be there: the certificate does not show that it is who it should be."""


class NoAnswer(OutboundError):
    """It was reached, and did not answer as a web server does, or not in time."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What was answered. The body, cut off at 64 kB, is for programs: it is shown to nobody and logged nowhere."""

    status: int
    body: bytes = field(repr=False)

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300


def post(url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
    """Send a POST and wait for its answer, 15 seconds in all. Raises OutboundError."""
    destination, deadline = parse(url), time.monotonic() + TOTAL_SECONDS
    addresses = _resolved(destination)
    for address in addresses:
        refuse_address(destination, address)
    with _connected(destination, addresses) as plain, _secured(plain, destination, deadline) as connected:
        return _asked(_Timed(connected, deadline), destination, body, headers)


class _Timed:
    """A connected socket as http.client uses one. Every step ends by the deadline, however slow the other side is."""

    def __init__(self, connected: socket.socket, deadline: float) -> None:
        self.connected, self.deadline = connected, deadline

    def sendall(self, data: bytes) -> None:
        view = memoryview(data)
        while view:
            self.connected.settimeout(_left(self.deadline))
            view = view[self.connected.send(view) :]

    def makefile(self, mode: str) -> io.BufferedReader:
        return io.BufferedReader(_Incoming(self))

    def close(self) -> None:
        """Whoever connected it closes it, once the answer has been read."""


class _Incoming(io.RawIOBase):
    def __init__(self, timed: _Timed) -> None:
        self.timed = timed

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        self.timed.connected.settimeout(_left(self.timed.deadline))
        return self.timed.connected.recv_into(buffer)


def _left(deadline: float) -> float:
    left = deadline - time.monotonic()
    if left <= 0:
        raise TimeoutError
    return left


def _resolved(destination: Destination) -> list[IPAddress]:
    """Every address of the host. The system's resolver knows no time limit, so another thread waits for it."""
    if address := literal(destination.host):
        return [address]
    answers: SimpleQueue[list[IPAddress]] = SimpleQueue()

    def look_up() -> None:
        try:
            found = socket.getaddrinfo(destination.host, destination.port, type=socket.SOCK_STREAM)
            answers.put(list(dict.fromkeys(ipaddress.ip_address(place[0]) for *_, place in found)))
        except (OSError, ValueError):
            answers.put([])

    threading.Thread(target=look_up, name="look up", daemon=True).start()
    try:
        addresses = answers.get(timeout=CONNECT_SECONDS)
    except Empty:
        addresses = []
    if not addresses:
        raise NotReached(f"The name {destination.host} has no address that could be found.")
    return addresses


def _connected(destination: Destination, addresses: list[IPAddress]) -> socket.socket:
    """A connection to the first of these addresses that takes one, five seconds in all."""
    deadline = time.monotonic() + CONNECT_SECONDS
    for address in addresses:
        made = socket.socket(socket.AF_INET if address.version == 4 else socket.AF_INET6, socket.SOCK_STREAM)
        try:
            made.settimeout(_left(deadline))
            made.connect((str(address), destination.port))
        except OSError:
            made.close()
        else:
            return made
    raise NotReached(f"{destination.origin} could not be reached.")


def _secured(plain: socket.socket, destination: Destination, deadline: float) -> socket.socket:
    if destination.scheme == "http":
        return plain
    try:
        plain.settimeout(_left(deadline))
        return ssl.create_default_context().wrap_socket(plain, server_hostname=destination.host)
    except ssl.SSLCertVerificationError:
        raise NotTrusted(f"{destination.origin} has no certificate that is trusted for this name.") from None
    except OSError:
        raise NotReached(f"No secure connection to {destination.origin} could be made.") from None


def _asked(timed: _Timed, destination: Destination, body: bytes, headers: Mapping[str, str]) -> Answer:
    connection = http.client.HTTPConnection(destination.host, destination.port)
    # It is handed the connection that was checked, and may not make another one.
    connection.auto_open = 0
    connection.sock = timed
    fixed = {"Host": destination.authority, "User-Agent": "Invoiced", "Connection": "close"}
    try:
        connection.request("POST", destination.path, body, {**headers, **fixed})
        response = connection.getresponse()
        return Answer(response.status, response.read(LONGEST_ANSWER))
    except TimeoutError:
        raise NoAnswer(f"{destination.origin} did not answer within {TOTAL_SECONDS} seconds.") from None
    except (OSError, ValueError, http.client.HTTPException):
        raise NoAnswer(f"{destination.origin} did not answer as a web server does.") from None
