"""The ceremonies of passkeys."""

from django_otp_webauthn.helpers import WebAuthnHelper


class Ceremony(WebAuthnHelper):
    """The package's ceremonies, with what we demand of every passkey."""
