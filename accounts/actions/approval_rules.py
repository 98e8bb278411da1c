"""Changing what waits for a second person."""

from datetime import datetime
from decimal import Decimal

from django.db import transaction

from accounts import events
from accounts.actions import approvals, granting, notices
from accounts.approvals import Amount, Kind, Rules, find, relaxes, switched_kinds, waits
from accounts.errors import ApprovalOutdated, ApprovalRefused
from accounts.limits import written
from accounts.locks import company as lock_company
from accounts.models import Approval, Company, Membership
from accounts.permissions import Permission
from accounts.queries.approvals import deciders
from accounts.queries.memberships import administrators
from audit import log
from audit.actors import Actor

MEANWHILE = "These rules were changed since this was asked for."
TOO_FEW = (
    "“{kind}” cannot wait for a second person yet: two people need the right to agree to it{above}, and {who}. "
    "Give somebody that right first."
)


@transaction.atomic
def change(*, membership: Membership, rules: Rules, by: Actor, at: datetime) -> Company | Approval:
    """What waits from now on. Where anything waits already, relaxing it waits too: then nothing changes yet."""
    granting.granter(membership, Permission.SECURITY_EDIT)
    company = lock_company(membership.company_id)
    before: Rules = company.approvals
    if rules == before:
        return company
    _refuse_unless_decidable(company, rules)
    if waits(company, RELAXING) and relaxes(before, rules):
        return approvals.ask(
            kind=RELAXING,
            membership=membership,
            target=company,
            payload={"rules": rules, "before": before, "changes": told_changes(before, rules)},
            by=by,
            at=at,
        )
    _set(company, rules, by, at)
    return company


@transaction.atomic
def drop_all(*, company: Company, by: Actor, at: datetime) -> Company:
    """Nothing waits any more, for a company in which nobody is left who could agree. For operators."""
    company = lock_company(company.pk)
    if company.approvals:
        _set(company, {}, by, at)
    return company


def told_changes(before: Rules, after: Rules) -> dict[str, list[str]]:
    """{act: [before, after]} in words, for those that differ."""
    told = {kind.title: [told_rule(kind, before), told_rule(kind, after)] for kind in switched_kinds()}
    return {title: pair for title, pair in told.items() if pair[0] != pair[1]}


def told_rule(kind: Kind, rules: Rules) -> str:
    """What the rules say about one kind."""
    if kind.code not in rules:
        return "Needs nobody else"
    limits = rules[kind.code]
    return f"Waits above {written(limits)}" if limits else "Waits"


def _relax(*, approval: Approval, requester: Membership, approver: Membership, by: Actor, at: datetime) -> None:
    granting.granter(requester, Permission.SECURITY_EDIT)
    company = lock_company(approval.company_id)
    if company.approvals != approval.payload["before"]:
        raise ApprovalOutdated(MEANWHILE)
    _set(company, approval.payload["rules"], by, at)


RELAXING = Kind(
    "approval_rules",
    "let less wait for a second person",
    Permission.SECURITY_EDIT,
    perform=_relax,
    is_implied=True,
)


def _set(company: Company, rules: Rules, by: Actor, at: datetime) -> None:
    changes = told_changes(company.approvals, rules)
    company.approvals = rules
    company.save(update_fields=["approvals"])
    log.record(events.APPROVAL_RULES_CHANGED, target=company, by=by, at=at, changes=changes)
    facts = {"rules": "; ".join(f"{title}: {after}" for title, (_, after) in changes.items()) + "."}
    for administrator in administrators(company).select_related("user", "company"):
        notices.tell_member("approval_rules_changed", membership=administrator, by=by, at=at, facts=facts)


def _refuse_unless_decidable(company: Company, rules: Rules) -> None:
    """Each kind that waits needs two who could agree, or one of them would have nobody to ask."""
    changed = sorted(code for code in rules if rules[code] != company.approvals.get(code))
    for code in changed:
        for currency, units in sorted(rules[code].items()):
            _refuse_too_few(company, find(code), Amount(currency, Decimal(units + 1)), f" above {units:,} {currency}")
        _refuse_too_few(company, find(code))
    if rules.keys() - company.approvals.keys():
        _refuse_too_few(company, RELAXING)


def _refuse_too_few(company: Company, kind: Kind, amount: Amount | None = None, above: str = "") -> None:
    able = deciders(company, kind, amount=amount)
    if len(able) < 2:
        who = f"only {able[0]} has it" if able else "nobody has it"
        raise ApprovalRefused(TOO_FEW.format(kind=kind.title, above=above, who=who))
