"""API keys of members, and programs that use them."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from accounts.models import ApiKey, Membership
from accounts.permissions import Permission
from accounts.queries.api_keys import api_permissions
from security.tokens import token_hash
from tests.visitors import Browser

TOKEN = "inv_" + "k" * 43


class Program(Browser):
    """Sends its key with each request, and nothing else."""

    def __init__(self, token: str) -> None:
        super().__init__(headers={"Authorization": f"Bearer {token}"})


def key(maker: Membership, *permissions: Permission, token: str = TOKEN, **fields: Any) -> ApiKey:
    """A live key of this member, for all that the API has unless said otherwise."""
    now = timezone.now()
    values: dict[str, Any] = {"created_at": now, "expires_at": now + timedelta(days=30)} | fields
    return ApiKey.objects.create(
        company=maker.company,
        membership=maker,
        name=values.pop("name", "Nightly export"),
        hint=token[:12],
        key_hash=token_hash(token),
        permissions=sorted(permissions or api_permissions()),
        **values,
    )


def program(maker: Membership, *permissions: Permission, token: str = TOKEN, **fields: Any) -> Program:
    """A program with a live key of this member."""
    key(maker, *permissions, token=token, **fields)
    return Program(token)
