"""A passkey device made of software: it answers what a page asks for, as a browser would send it.

Each argument of `make` and `use` after the first is a way to lie.
"""

import hashlib
import json
import secrets
import struct
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from django.conf import settings
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url, encode_cbor

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40
NO_MAKER = bytes(16)


@dataclass
class Device:
    """Holds one passkey. `count` is how often it was used; devices that synchronise always say 0."""

    key: ec.EllipticCurvePrivateKey = field(default_factory=lambda: ec.generate_private_key(ec.SECP256R1()))
    id: bytes = field(default_factory=lambda: secrets.token_bytes(32))
    handle: bytes = b""
    count: int = 0

    def make(
        self,
        options: str,
        *,
        flags: int = PRESENT | VERIFIED,
        rp_id: str = "",
        algorithm: int = -7,
        fmt: str = "none",
        statement: dict[str, Any] | None = None,
        discoverable: bool | None = True,
        **told: Any,
    ) -> str:
        """The answer to the options for a new passkey. A `packed` one vouches for itself, unasked."""
        asked = json.loads(options)
        self.handle = base64url_to_bytes(asked["user"]["id"])
        key = self.key.public_key().public_numbers()
        cose = {1: 2, 3: algorithm, -1: 1, -2: key.x.to_bytes(32), -3: key.y.to_bytes(32)}
        attested = NO_MAKER + struct.pack(">H", len(self.id)) + self.id + encode_cbor(cose)
        data = _heading(rp_id or asked["rp"]["id"], flags | ATTESTED, self.count) + attested
        client_data = _client_data("webauthn.create", asked, told)
        if fmt == "packed" and statement is None:
            statement = {"alg": algorithm, "sig": _sign(self.key, data, client_data)}
        return self._answer(
            {
                "clientDataJSON": bytes_to_base64url(client_data),
                "attestationObject": bytes_to_base64url(
                    encode_cbor({"fmt": fmt, "attStmt": statement or {}, "authData": data})
                ),
                "transports": ["internal"],
            },
            {"credProps": {} if discoverable is None else {"rk": discoverable}},
        )

    def use(
        self,
        options: str,
        *,
        flags: int = PRESENT | VERIFIED,
        rp_id: str = "",
        handle: bytes | None = None,
        key: ec.EllipticCurvePrivateKey | None = None,
        **told: Any,
    ) -> str:
        """The answer to the options for a passkey that exists."""
        asked = json.loads(options)
        client_data = _client_data("webauthn.get", asked, told)
        data = _heading(rp_id or asked["rpId"], flags, self.count)
        response = {
            "clientDataJSON": bytes_to_base64url(client_data),
            "authenticatorData": bytes_to_base64url(data),
            "signature": bytes_to_base64url(_sign(key or self.key, data, client_data)),
            "userHandle": bytes_to_base64url(self.handle if handle is None else handle) or None,
        }
        return self._answer(response, {})

    def _answer(self, response: dict[str, Any], extensions: dict[str, Any]) -> str:
        id = bytes_to_base64url(self.id)
        answer = {"id": id, "rawId": id, "type": "public-key", "response": response}
        return json.dumps(answer | {"clientExtensionResults": extensions})


def _client_data(type: str, asked: dict[str, Any], told: dict[str, Any]) -> bytes:
    honest = {"type": type, "challenge": asked["challenge"], "origin": settings.SITE_URL, "crossOrigin": False}
    return json.dumps(honest | told).encode()


def _heading(rp_id: str, flags: int, count: int) -> bytes:
    return hashlib.sha256(rp_id.encode()).digest() + struct.pack(">BI", flags, count)


def _sign(key: ec.EllipticCurvePrivateKey, data: bytes, client_data: bytes) -> bytes:
    return key.sign(data + hashlib.sha256(client_data).digest(), ec.ECDSA(SHA256()))
