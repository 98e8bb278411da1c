"""Servers of others, on this machine: they answer as they are told and keep what they were sent."""

import datetime
import ipaddress
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID

LONG_AGO, FAR_AHEAD = (datetime.datetime(year, 1, 1, tzinfo=datetime.UTC) for year in (2020, 2120))


@dataclass
class Received:
    """A request as it came in."""

    path: str
    headers: dict[str, str]
    body: bytes


@dataclass
class Endpoint:
    """A server that answers 204 until it is told otherwise: a status and a body, or something to do."""

    url: str
    port: int
    requests: list[Received] = field(default_factory=list)
    answers: list[tuple[int, bytes] | Callable[[Any, Received], None]] = field(default_factory=list)
    usual: tuple[int, bytes] = (204, b"")
    headers: dict[str, str] = field(default_factory=dict)


@contextmanager
def endpoint(tls: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> Iterator[Endpoint]:
    """Listen on a free port of the loopback for as long as the test needs it."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            received = Received(self.path, dict(self.headers), body)
            made.requests.append(received)
            answer = made.answers.pop(0) if made.answers else made.usual
            if callable(answer):
                return answer(self, received)
            status, content = answer
            self.send_response(status)
            for name, value in made.headers.items():
                self.send_header(name, value)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *args: Any) -> None:
            """Tests say themselves what came in."""

    class Server(ThreadingHTTPServer):
        def handle_error(self, *args: Any) -> None:
            """Whoever asked may have gone away: that is what some tests are about."""

    server = Server(("127.0.0.1", 0), Handler)
    if tls:
        server.socket = tls.wrap_socket(server.socket, server_side=True)
    port = server.server_address[1]
    made = Endpoint(f"{'https' if tls else 'http'}://{host}:{port}/intake", port)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


class Authority:
    """A certificate authority that exists for one test."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.key = folder, ec.generate_private_key(ec.SECP256R1())
        self.name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Throw-away authority")])
        constraints = x509.BasicConstraints(ca=True, path_length=None)
        self.file = folder / "authority.pem"
        certificate = self._builder(self.name, self.key).add_extension(constraints, critical=True)
        self.file.write_bytes(certificate.sign(self.key, SHA256()).public_bytes(Encoding.PEM))

    def server(self, host: str) -> ssl.SSLContext:
        """What a server of that name, or at that IP address, needs to speak TLS."""
        key = ec.generate_private_key(ec.SECP256R1())
        try:
            name: x509.GeneralName = x509.IPAddress(ipaddress.ip_address(host))
        except ValueError:
            name = x509.DNSName(host)
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Server")])
        builder = self._builder(subject, key).add_extension(x509.SubjectAlternativeName([name]), critical=False)
        certificate = builder.sign(self.key, SHA256())
        file = self.folder / "server.pem"
        secret = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        file.write_bytes(certificate.public_bytes(Encoding.PEM) + secret)
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(file)
        return context

    def _builder(self, subject: x509.Name, key: ec.EllipticCurvePrivateKey) -> x509.CertificateBuilder:
        builder = x509.CertificateBuilder().subject_name(subject).issuer_name(self.name)
        builder = builder.public_key(key.public_key()).serial_number(x509.random_serial_number())
        return builder.not_valid_before(LONG_AGO).not_valid_after(FAR_AHEAD)
