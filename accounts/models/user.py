"""A person who signs in. One person, one account, in any number of companies."""

import unicodedata
from datetime import datetime

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.db import models
from django.db.models.functions import Lower
from django.utils.crypto import salted_hmac

from security.ids import uuid7


def normalise_email(email: str) -> str:
    """The one spelling under which an address is stored and looked up."""
    return unicodedata.normalize("NFKC", email).strip().lower()


class UserManager(BaseUserManager["User"]):
    def create_user(self, email: str, password: str | None = None, *, name: str, at: datetime) -> "User":
        user = self.model(email=normalise_email(email), name=name, created_at=at)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def get_by_natural_key(self, email: str | None) -> "User":
        return self.get(email=normalise_email(email or ""))


class User(AbstractBaseUser):
    """A person, known by the e-mail address they sign in with."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    email = models.EmailField(max_length=254, unique=True)
    name = models.CharField(max_length=120)
    is_active = models.BooleanField(default=True)
    created_at = models.DateTimeField(editable=False)
    session_epoch = models.PositiveIntegerField(default=0)
    locked_at = models.DateTimeField(null=True, editable=False)
    needs_fresh_start = models.BooleanField(default=False, editable=False)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS = ["name"]

    objects = UserManager()

    class Meta:
        constraints = [
            models.UniqueConstraint(Lower("email"), name="user_email_unique_in_any_case"),
        ]

    def __str__(self) -> str:
        return self.name or self.email

    @property
    def is_locked(self) -> bool:
        """Nothing signs in: a new password is to be chosen by mail, or nobody has said yet whose the factors are."""
        return self.locked_at is not None or self.needs_fresh_start

    def _get_session_auth_hash(self, secret: str | None = None) -> str:
        """Ends every session when the password changes or the epoch is raised."""
        return salted_hmac(
            "accounts.User.session",
            f"{self.password}:{self.session_epoch}",
            secret=secret,
            algorithm="sha256",
        ).hexdigest()
