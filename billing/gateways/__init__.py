"""Payment providers behind one small interface. Only the worker talks to them."""

from billing.gateways import sandbox
from billing.gateways.gateway import Gateway

GATEWAYS: dict[str, Gateway] = {sandbox.NAME: sandbox.SandboxGateway()}
