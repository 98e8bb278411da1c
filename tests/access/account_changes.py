"""What people send with each form about an account, and the entries that leaves."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

from django.utils import timezone

from accounts import passkeys
from accounts.actions import recovery_codes
from accounts.models import Company, EmailChange, MailedLink, Membership, Passkey, Session, TotpDevice, User
from accounts.models.session import Proof
from accounts.sessions import begin_set_up
from tests import books, make, queue
from tests.access.changes import ADA, Change, Scene, says
from tests.access.world import Purpose, mailed
from tests.authenticators import Device

OWNER, HALF, STELLA = "member Owner", "member Half", "member Stella"
NOBODY = "visitor Somebody not signed in"
ADDRESS, HALFS_ADDRESS = "ada@harbour.example", "half@harbour.example"
NEW = "nine slow barges under fog"
WRONG_CODE = "000000"
RULES = {"second_factor": "advised", "grace_days": 7, "idle_minutes": 15, "session_hours": 12}


def app_of(address: str) -> TotpDevice:
    return TotpDevice.objects.get(user__email=address)


def code_of(address: str) -> Callable[[Scene], dict[str, str]]:
    return lambda scene: {"code": make.code(app_of(address))}


def typed(password: str) -> Callable[[Scene], None]:
    """The first step of signing in was taken, as somebody who has a second factor."""

    def given(scene: Scene) -> None:
        scene.browser.post("/sign-in/", {"email": HALFS_ADDRESS, "password": password})

    return given


def recovery_code(scene: Scene) -> dict[str, str]:
    user = User.objects.get(email=HALFS_ADDRESS)
    return {"code": recovery_codes.renew(user=user, at=timezone.now())[0]}


def passkey(page: str, **lies: Any) -> Callable[[Scene], dict[str, str]]:
    """The owner's passkey answers the offer on a page; who does not see it answers one got elsewhere."""

    def sends(scene: Scene) -> dict[str, str]:
        context = scene.browser.get(page).context or {}
        offer = context.get("passkey") or passkeys.request_options("elsewhere")
        return {"passkey": scene.owned.device.use(offer.options, **lies), "passkey_state": offer.state}

    return sends


def passkey_demanded(scene: Scene) -> None:
    """The owner, who signed in with a code, is an administrator now, and of those a passkey is demanded."""
    Membership.objects.filter(user=scene.user).update(role="administrator", restriction="none")
    Company.objects.filter(pk=scene.company.pk).update(passkey_for_administrators=True)
    Session.objects.filter(user=scene.user).update(proofs={Proof.APP: timezone.now().isoformat()})


def new_passkey(**lies: Any) -> Callable[[Scene], dict[str, str]]:
    """A new passkey answers the offer on the page that adds one; who does not see it answers one got elsewhere."""

    def sends(scene: Scene) -> dict[str, str]:
        context = scene.browser.get("/settings/security/passkeys/add/").context or {}
        offer = context.get("passkey") or passkeys.creation_options(scene.user)
        return {"name": "Phone", "passkey": Device().make(offer.options, **lies), "passkey_state": offer.state}

    return sends


def second_company(scene: Scene) -> None:
    Membership.objects.create(company=scene.rival.company, user=scene.user, role="read_only", created_at=books.AT)


def app_to_confirm(scene: Scene) -> None:
    scene.app = TotpDevice.objects.create(user=scene.user, name="Phone", confirmed=False)
    session = scene.browser.session
    begin_set_up(SimpleNamespace(session=session), scene.app, timezone.now())
    session.save()


def code_of_new_app(scene: Scene) -> dict[str, str]:
    return {"code": make.code(scene.app)}


def confirmed(with_code: str = "", interrupted: str = "POST", **carried: Any) -> Callable[[Scene], dict[str, Any]]:
    """The answer to the question who is there, with what the interrupted form carried."""

    def sends(scene: Scene) -> dict[str, Any]:
        code = with_code or make.code(app_of("stella@harbour.example"))
        return carried | {"confirm-interrupted": interrupted, "confirm-code": code}

    return sends


def new_address_agreed(scene: Scene) -> None:
    EmailChange.objects.filter(pk=scene.owned.email_change.pk).update(new_agreed_at=timezone.now())


def new_address_taken(scene: Scene) -> None:
    new_address_agreed(scene)
    make.user(scene.owned.email_change.new_email)


def link_to_new_address(scene: Scene) -> None:
    token = mailed(scene.owned.person, Purpose.NEW_EMAIL, about=scene.owned.email_change)
    scene.owned.tokens = scene.owned.tokens | {"accounts:email_agree": token}


def taken_over(scene: Scene) -> None:
    """Somebody added a factor of their own and made the address theirs, of which the letter tells."""
    at, user, change = timezone.now(), scene.owned.person, scene.owned.email_change
    MailedLink.objects.filter(user=user, purpose=Purpose.NOT_ME).update(subject_id=change.pk)
    Passkey.objects.filter(user=user).update(created_at=at)
    EmailChange.objects.filter(user=user).update(old_agreed_at=at, new_agreed_at=at, ended_at=at)
    User.objects.filter(pk=user.pk).update(email=change.new_email)


def with_later_factors_only(scene: Scene) -> None:
    """All factors were added since the letter, by the person or by somebody else."""
    for factors in (TotpDevice, Passkey):
        factors.objects.filter(user=scene.owned.person).update(created_at=timezone.now())


OF_ACCOUNTS = [
    Change(
        "accounts:sign_in",
        "anonymous",
        [f"user.signed_in {ADA}", f"device.added {ADA}"],
        says(email=ADDRESS, password=make.PASSWORD),
    ),
    Change("accounts:sign_in", "anonymous", [f"user.sign_in_failed {NOBODY}"], says(email=ADDRESS, password="guessed")),
    Change(
        "accounts:sign_in",
        "anonymous",
        [f"user.sign_in_failed {NOBODY}"],
        says(email="nobody@harbour.example", password="guessed"),
    ),
    Change(
        "accounts:sign_in",
        "anonymous",
        [f"user.password_accepted {NOBODY}"],
        says(email=HALFS_ADDRESS, password=make.PASSWORD),
    ),
    Change(
        "accounts:sign_in",
        "anonymous",
        [f"user.signed_in {OWNER}", f"factor_reset.cancelled {OWNER}", f"device.added {OWNER}"],
        passkey("/sign-in/"),
    ),
    Change(
        "accounts:sign_in",
        "anonymous",
        [f"passkey.refused {NOBODY}"],
        passkey("/sign-in/", origin="https://elsewhere.example"),
    ),
    Change(
        "accounts:sign_in_code",
        "anonymous",
        [f"user.signed_in {HALF}", f"device.added {HALF}"],
        code_of(HALFS_ADDRESS),
        typed(make.PASSWORD),
    ),
    Change(
        "accounts:sign_in_code",
        "anonymous",
        [f"recovery_code.used {HALF}", f"user.signed_in {HALF}", f"device.added {HALF}"],
        recovery_code,
        typed(make.PASSWORD),
    ),
    Change(
        "accounts:sign_in_code",
        "anonymous",
        [f"factor.failed {NOBODY}"],
        says(code=WRONG_CODE),
        typed(make.PASSWORD),
    ),
    Change(
        "accounts:sign_in_code",
        "anonymous",
        [f"user.sign_in_failed {NOBODY}"],
        code_of(HALFS_ADDRESS),
        typed("guessed"),
    ),
    Change(
        "accounts:sign_in_code",
        "anonymous",
        [f"factor.failed {NOBODY}"],
        passkey("/sign-in/code/"),
        typed(make.PASSWORD),
    ),
    Change(
        "accounts:lost_factor",
        "anonymous",
        [f"factor_reset.asked {NOBODY}"],
        given=typed(make.PASSWORD),
        afterwards=queue.work,
    ),
    Change("accounts:lost_factor", "anonymous", [], given=typed("guessed"), afterwards=queue.work),
    Change("accounts:forgot_password", "anonymous", [f"password_reset.asked {NOBODY}"], says(email=ADDRESS)),
    Change(
        "accounts:forgot_password",
        "anonymous",
        [f"password_reset.asked {NOBODY}"],
        says(email="nobody@harbour.example"),
    ),
    Change(
        "accounts:reset_password",
        "anonymous",
        [f"user.password_reset {NOBODY}", f"factor_reset.cancelled {NOBODY}"],
        says(new=NEW),
    ),
    Change("accounts:reset_password", "anonymous", [], says(new="password")),
    Change("accounts:not_me", "anonymous", [f"account.locked {NOBODY}"]),
    Change(
        "accounts:not_me",
        "anonymous",
        [f"account.locked {NOBODY}", f"user.email_restored {NOBODY}", f"factor.removed {NOBODY}"],
        given=taken_over,
    ),
    Change(
        "accounts:not_me",
        "anonymous",
        [f"account.locked {NOBODY}", f"factor_reset.asked {NOBODY}"],
        given=with_later_factors_only,
    ),
    Change("accounts:unlock", "anonymous", [f"wait.lifted {NOBODY}"]),
    Change("accounts:email_agree", "anonymous", [f"email_change.agreed {NOBODY}"]),
    Change("accounts:email_agree", "anonymous", [f"email_change.agreed {NOBODY}"], given=link_to_new_address),
    Change(
        "accounts:email_agree",
        "anonymous",
        [f"email_change.agreed {NOBODY}", f"user.email_changed {NOBODY}"],
        given=new_address_agreed,
    ),
    Change("accounts:email_agree", "anonymous", [f"email_change.stopped {NOBODY}"], given=new_address_taken),
    Change("accounts:email_agree", "anonymous", [f"email_change.stopped {NOBODY}"], says(stop="1")),
    Change("accounts:factor_reset_cancel", "anonymous", [f"factor_reset.cancelled {NOBODY}"]),
    Change("accounts:sign_out", "administrator", [f"user.signed_out {ADA}"]),
    Change("accounts:sign_out", "anonymous", []),
    Change(
        "accounts:switch_company",
        "administrator",
        [f"company.entered {ADA}"],
        lambda scene: {"company": scene.rival.company.pk},
        second_company,
    ),
    Change("accounts:factor_reset_approve", "administrator", [f"factor_reset.approved {ADA}"]),
    Change("accounts:factor_reset_refuse", "administrator", [f"factor_reset.refused {ADA}"]),
    Change("accounts:sign_in_policy", "administrator", [f"policy.changed {ADA}"], says(**RULES | {"grace_days": 3})),
    Change("accounts:sign_in_policy", "administrator", [], says(**RULES)),
    Change("accounts:sign_in_policy", "administrator", [], says(**RULES | {"second_factor": "required"})),
    Change(
        "accounts:security_set_up",
        "owner",
        [f"step_up.passed {OWNER}"],
        passkey("/settings/security/set-up/"),
        passkey_demanded,
    ),
    Change("accounts:session_end", "owner", [f"session.ended {OWNER}"]),
    Change("accounts:sessions_end_others", "owner", [f"sessions.others_ended {OWNER}"]),
    Change(
        "accounts:email_change",
        "administrator",
        [f"email_change.started {ADA}"],
        says(new_email="new@harbour.example"),
    ),
    Change(
        "accounts:email_change",
        "stale",
        [f"step_up.passed {STELLA}", f"email_change.started {STELLA}"],
        confirmed(new_email="new@harbour.example"),
    ),
    Change("accounts:email_change", "stale", [f"step_up.passed {STELLA}"], confirmed(interrupted="GET")),
    Change(
        "accounts:email_change", "stale", [f"factor.failed {STELLA}"], confirmed(WRONG_CODE, new_email="a@b.example")
    ),
    Change("accounts:email_change_cancel", "owner", [f"email_change.stopped {OWNER}"]),
    Change(
        "accounts:security_change_password",
        "administrator",
        [f"user.password_changed {ADA}"],
        says(current=make.PASSWORD, new=NEW),
    ),
    Change(
        "accounts:security_change_password",
        "administrator",
        [f"password.refused {ADA}"],
        says(current="guessed", new=NEW),
    ),
    Change("accounts:security_authenticator_start", "administrator", [f"factor.started {ADA}"], says(name="Phone")),
    Change(
        "accounts:security_authenticator_confirm",
        "administrator",
        [f"factor.enrolled {ADA}"],
        code_of_new_app,
        app_to_confirm,
    ),
    Change(
        "accounts:security_authenticator_confirm",
        "administrator",
        [f"factor.failed {ADA}"],
        says(code=WRONG_CODE),
        app_to_confirm,
    ),
    Change("accounts:security_authenticator_rename", "owner", [f"factor.renamed {OWNER}"], says(name="Tablet")),
    Change(
        "accounts:security_authenticator_remove",
        "owner",
        [f"sessions.others_ended {OWNER}", f"factor.removed {OWNER}"],
    ),
    Change("accounts:passkey_add", "administrator", [f"factor.enrolled {ADA}"], new_passkey()),
    Change("accounts:passkey_add", "administrator", [f"passkey.not_added {ADA}"], new_passkey(rp_id="elsewhere")),
    Change("accounts:passkey_rename", "owner", [f"factor.renamed {OWNER}"], says(name="Tablet")),
    Change("accounts:passkey_remove", "owner", [f"sessions.others_ended {OWNER}", f"factor.removed {OWNER}"]),
    Change("accounts:security_replace_recovery_codes", "owner", [f"recovery_codes.replaced {OWNER}"]),
]
