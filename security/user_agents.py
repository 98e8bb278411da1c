"""What a browser says it is, in the two words a person recognises their own computer by."""

READ = 1_000
"""Characters looked at: no browser says more, and what says a megabyte costs no more than one that does not."""

# The first mark found decides: nearly every browser also claims to be Chrome, and Chrome to be Safari.
BROWSERS = (
    ("Edg/", "Edge"),
    ("EdgA/", "Edge"),
    ("EdgiOS/", "Edge"),
    ("Edge/", "Edge"),
    ("OPR/", "Opera"),
    ("OPT/", "Opera"),
    ("OPiOS/", "Opera"),
    ("Opera", "Opera"),
    ("SamsungBrowser/", "Samsung Internet"),
    ("FxiOS/", "Firefox"),
    ("Firefox/", "Firefox"),
    ("CriOS/", "Chrome"),
    ("Chrome/", "Chrome"),
    ("Chromium/", "Chrome"),
    ("Safari/", "Safari"),
)
SYSTEMS = (
    ("iPhone", "iOS"),
    ("iPod", "iOS"),
    ("iPad", "iPadOS"),
    ("Android", "Android"),
    ("CrOS", "ChromeOS"),
    ("Windows", "Windows"),
    ("Macintosh", "macOS"),
    ("Linux", "Linux"),
)


def describe(user_agent: str) -> tuple[str, str]:
    """The browser and the system, each empty if unknown. An iPad that asks for desktop pages says it is a Mac."""
    said = user_agent[:READ]
    return _first(BROWSERS, said), _first(SYSTEMS, said)


def named(browser: str, system: str) -> str:
    """How a page names them: "Firefox on Windows"."""
    return " on ".join(part for part in (browser, system) if part) or "Unknown browser"


def _first(table: tuple[tuple[str, str], ...], said: str) -> str:
    return next((name for mark, name in table if mark in said), "")
