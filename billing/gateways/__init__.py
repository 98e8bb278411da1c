"""Payment providers behind one small interface. Only the worker talks to them."""

from django.conf import settings

from billing.gateways import sandbox
from billing.gateways.gateway import Gateway

GATEWAYS: dict[str, Gateway] = {sandbox.NAME: sandbox.SandboxGateway()}


def available() -> list[str]:
    """The gateways a customer may pay with. The sandbox moves no money, so it is one only in a demo."""
    return [name for name in GATEWAYS if name != sandbox.NAME or settings.DEMO]
