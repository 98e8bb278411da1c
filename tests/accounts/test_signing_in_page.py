"""docs/signing-in.md tells administrators what the code does."""

import re

from accounts.actions import (
    factor_resets,
    factors,
    lost_factors,
    mailed_links,
    passkeys,
    passwords,
    recovery_codes,
    sessions,
    tries,
)
from accounts.models.company import MOST_GRACE_DAYS
from invoiced.env import BASE_DIR
from security.checks import routes
from security.passwords import LEAST_LENGTH

PAGE = (BASE_DIR / "docs" / "signing-in.md").read_text(encoding="utf-8")
TEXT = " ".join(PAGE.split())


def minutes(period):
    return int(period.total_seconds()) // 60


def test_every_act_that_asks_for_a_fresh_factor_is_listed_and_no_other():
    section = PAGE.partition("## Acts that ask again")[2].partition("\n## ")[0]
    listed = re.findall(r"^\| `(/[^`]+)` \|", section, flags=re.MULTILINE)

    assert sorted(listed) == sorted(f"/{route}" for route, view in routes() if getattr(view, "fresh_factor", False))


def test_the_numbers_are_those_of_the_code():
    resets = passwords.RESETS_OF_ONE_ADDRESS
    for sentence in (
        f"at least {LEAST_LENGTH} characters",
        f"up to {factors.MOST_APPS} authenticator apps and {passkeys.MOST_PASSKEYS} passkeys",
        f"{recovery_codes.CODES} **recovery codes**",
        f"Days of grace: 0 to {MOST_GRACE_DAYS}",
        f"At most {sessions.MOST} a person",
        f"removed {minutes(factor_resets.DELAY) // 60} hours later",
        f"lapses after {factor_resets.DECIDED_WITHIN.days} days",
        f"good for {mailed_links.NOT_ME_LASTS.days} days",
        f"one account from one place | {limit(tries.ACCOUNT_AND_SOURCE)}",
        f"one account from anywhere | {limit(tries.ACCOUNT)}",
        f"any accounts from one place | {limit(tries.SOURCE)}",
        f"a browser it was used in before | {limit(tries.KNOWN_DEVICE)}",
        f"the right password | {tries.CODES_A_DAY.tries} in a day",
        f"in one session | {limit(tries.CONFIRMATION)}; {tries.CONFIRMATIONS.tries} in all sessions",
        f"letters to one address | {resets.tries} in {minutes(resets.period)} minutes",
        f"from one place | {lost_factors.REQUESTS.tries} times in an hour",
    ):
        assert sentence in TEXT


def limit(of):
    return f"{of.tries} times in {minutes(of.period)} minutes"
