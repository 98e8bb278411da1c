"""Passkeys are kept as django-otp-webauthn keeps them: public keys only, nothing in them is secret."""

from django_otp_webauthn.models import WebAuthnCredential as Passkey

__all__ = ["Passkey"]
