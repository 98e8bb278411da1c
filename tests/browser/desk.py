"""Windows of a browser, and what is done in them again and again."""

from typing import Any
from urllib.parse import urlsplit

from django.utils import timezone
from playwright.sync_api import Browser, Page

from accounts.models import TotpDevice
from tests import make

WAIT = 15_000
TELL = """
document.addEventListener("securitypolicyviolation", (event) =>
  console.error(`policy violated: ${event.violatedDirective} by ${event.blockedURI} ${event.sample}`));
"""


class Desk:
    """Opens windows; `complaints` is what went wrong in any of them: errors, refused code, missing files."""

    def __init__(self, browser: Browser, url: str) -> None:
        self.browser, self.url = browser, url
        self.complaints: list[str] = []
        self.contexts: list[Any] = []
        self.now = timezone.now()

    def window(self, **options: Any) -> Page:
        """A new window that shares nothing with the others."""
        context = self.browser.new_context(base_url=self.url, reduced_motion="reduce", **options)
        context.set_default_timeout(WAIT)
        context.add_init_script(TELL)
        self.contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: message.type == "error" and self.complain(page, message.text))
        page.on("pageerror", lambda error: self.complain(page, str(error)))
        page.on(
            "response",
            lambda response: response.status >= 400 and self.complain(page, f"{response.status} {response.url}"),
        )
        return page

    def complain(self, page: Page, what: str) -> None:
        self.complaints.append(f"{page.url}: {what}")

    def leave(self) -> None:
        for context in self.contexts:
            context.close()


def give_password(page: Page, email: str) -> None:
    page.goto("/")
    page.get_by_label("E-mail address").fill(email)
    page.get_by_label("Password", exact=True).fill(make.PASSWORD)
    page.get_by_role("button", name="Continue").click()


def sign_in(page: Page, email: str, device: TotpDevice) -> None:
    give_password(page, email)
    page.get_by_label("Code").fill(make.code(device))
    page.get_by_role("button", name="Sign in").click()
    page.wait_for_url(lambda url: urlsplit(url).path == "/")


class Passkeys:
    """A device that keeps passkeys, plugged into a window: its person is there, and shows their finger at once.

    They also choose at once from what autofill offers, which is of use to one test and in the way of others.
    """

    def __init__(self, page: Page, *, autofill: bool = False) -> None:
        if not autofill:
            page.add_init_script("PublicKeyCredential.isConditionalMediationAvailable = async () => false")
        self.session = page.context.new_cdp_session(page)
        self.session.send("WebAuthn.enable")
        self.plug_in()

    def plug_in(self) -> None:
        """A device with nothing on it; those before stay plugged in."""
        options = {
            "protocol": "ctap2",
            "transport": "internal",
            "hasResidentKey": True,
            "hasUserVerification": True,
            "isUserVerified": True,
            "automaticPresenceSimulation": True,
        }
        self.id = self.session.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"]

    def unplug(self) -> None:
        self.session.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": self.id})

    def show_finger(self, is_shown: bool) -> None:
        """Whether the device recognises its person."""
        self.session.send("WebAuthn.setUserVerified", {"authenticatorId": self.id, "isUserVerified": is_shown})

    def kept(self) -> list[dict[str, Any]]:
        """The passkeys on it, with their secrets."""
        credentials: list[dict[str, Any]] = self.session.send("WebAuthn.getCredentials", {"authenticatorId": self.id})[
            "credentials"
        ]
        return credentials
