"""What one set of rights gives and another does not, in words."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

from accounts.limits import written
from accounts.permissions import Permission
from accounts.roles import Rights


@dataclass(frozen=True, slots=True)
class Gives:
    """What rights give of one permission: nothing, all, or acts up to the amounts in `limit`."""

    held: bool
    limit: str = ""

    def __str__(self) -> str:
        if not self.held:
            return "No"
        return f"Up to {self.limit}" if self.limit else "Yes"


def gives(rights: Rights, permission: Permission) -> Gives:
    """What these rights give of a permission."""
    limit = rights.limits.get(permission)
    held = permission in rights.permissions and limit != {}
    return Gives(held, written(limit) if held and limit else "")


def groups() -> list[tuple[str, list[Permission]]]:
    """The permissions as people group them, in the order of the registry."""
    order = list(dict.fromkeys(one.group for one in Permission))
    ordered = sorted(Permission, key=lambda one: order.index(one.group))
    return [(group, list(members)) for group, members in groupby(ordered, key=lambda one: one.group)]


def told(before: Rights, after: Rights, renamed: str = "") -> str:
    """What a change of rights means for who holds them, in sentences; "" where it means nothing."""
    return " ".join(_sentences(before, after, renamed))


def _sentences(before: Rights, after: Rights, renamed: str) -> Iterator[str]:
    changed = [(one, gives(before, one), gives(after, one)) for one in Permission]
    if renamed:
        yield f"It was called {renamed}."
    if gained := [_in_words(one, new) for one, old, new in changed if new.held and not old.held]:
        yield f"You may now also: {'; '.join(gained)}."
    if lost := [one.sentence for one, old, new in changed if old.held and not new.held]:
        yield f"You may no longer: {'; '.join(lost)}."
    for one, old, new in changed:
        if old.held and new.held and old != new:
            yield f"You may {one.sentence}: {_limit(new)}; before, {_limit(old)}."


def _in_words(permission: Permission, gives: Gives) -> str:
    return f"{permission.sentence}, {_limit(gives)}" if gives.limit else permission.sentence


def _limit(gives: Gives) -> str:
    return f"up to {gives.limit} at a time" if gives.limit else "any amount"
