"""The browsers and systems people really use, as they name themselves."""

import time

import pytest

from security.user_agents import describe

MOZILLA = "Mozilla/5.0"
WEBKIT = "AppleWebKit/537.36 (KHTML, like Gecko)"
APPLE = "AppleWebKit/605.1.15 (KHTML, like Gecko)"
WINDOWS = f"{MOZILLA} (Windows NT 10.0; Win64; x64)"
MAC = f"{MOZILLA} (Macintosh; Intel Mac OS X 10_15_7)"
LINUX = f"{MOZILLA} (X11; Linux x86_64)"
ANDROID = f"{MOZILLA} (Linux; Android 10; K)"
IPHONE = f"{MOZILLA} (iPhone; CPU iPhone OS 17_5 like Mac OS X)"
IPAD = f"{MOZILLA} (iPad; CPU OS 17_5 like Mac OS X)"

SAID = [
    (f"{WINDOWS} {WEBKIT} Chrome/126.0.0.0 Safari/537.36", "Chrome", "Windows"),
    (f"{WINDOWS} {WEBKIT} Chrome/126.0.0.0 Safari/537.36 Edg/126.0.0.0", "Edge", "Windows"),
    (f"{WINDOWS} {WEBKIT} Chrome/64.0.3282.140 Safari/537.36 Edge/18.17763", "Edge", "Windows"),
    (f"{WINDOWS} {WEBKIT} Chrome/125.0.0.0 Safari/537.36 OPR/111.0.0.0", "Opera", "Windows"),
    (f"{MOZILLA} (Windows NT 10.0; Win64; x64; rv:127.0) Gecko/20100101 Firefox/127.0", "Firefox", "Windows"),
    (f"{MAC} {APPLE} Version/17.5 Safari/605.1.15", "Safari", "macOS"),
    (f"{MAC} {WEBKIT} Chrome/126.0.0.0 Safari/537.36", "Chrome", "macOS"),
    (f"{MOZILLA} (Macintosh; Intel Mac OS X 10.15; rv:127.0) Gecko/20100101 Firefox/127.0", "Firefox", "macOS"),
    (f"{LINUX} {WEBKIT} Chrome/126.0.0.0 Safari/537.36", "Chrome", "Linux"),
    (f"{LINUX} {WEBKIT} HeadlessChrome/126.0.0.0 Safari/537.36", "Chrome", "Linux"),
    (f"{MOZILLA} (X11; Ubuntu; Linux x86_64; rv:127.0) Gecko/20100101 Firefox/127.0", "Firefox", "Linux"),
    (f"{MOZILLA} (X11; CrOS x86_64 14541.0.0) {WEBKIT} Chrome/126.0.0.0 Safari/537.36", "Chrome", "ChromeOS"),
    (f"{ANDROID} {WEBKIT} Chrome/126.0.0.0 Mobile Safari/537.36", "Chrome", "Android"),
    (f"{ANDROID} {WEBKIT} Chrome/126.0.0.0 Mobile Safari/537.36 EdgA/126.0.0.0", "Edge", "Android"),
    (f"{ANDROID} {WEBKIT} SamsungBrowser/25.0 Chrome/121.0.0.0 Mobile Safari/537.36", "Samsung Internet", "Android"),
    (f"{MOZILLA} (Android 14; Mobile; rv:127.0) Gecko/127.0 Firefox/127.0", "Firefox", "Android"),
    (f"{IPHONE} {APPLE} Version/17.5 Mobile/15E148 Safari/604.1", "Safari", "iOS"),
    (f"{IPHONE} {APPLE} CriOS/126.0.6478.54 Mobile/15E148 Safari/604.1", "Chrome", "iOS"),
    (f"{IPHONE} {APPLE} FxiOS/127.0 Mobile/15E148 Safari/605.1.15", "Firefox", "iOS"),
    (f"{IPHONE} {APPLE} Version/17.0 EdgiOS/126.0.2592.56 Mobile/15E148 Safari/604.1", "Edge", "iOS"),
    (f"{IPHONE} {APPLE} Version/17.5 Mobile/15E148 Safari/604.1 OPT/4.7.0", "Opera", "iOS"),
    (f"{IPAD} {APPLE} Version/17.5 Mobile/15E148 Safari/604.1", "Safari", "iPadOS"),
    ("curl/8.7.1", "", ""),
    ("python-requests/2.32.3", "", ""),
    ("", "", ""),
]


@pytest.mark.parametrize(("said", "browser", "system"), SAID)
def test_a_browser_and_a_system_are_recognised(said, browser, system):
    assert describe(said) == (browser, system)


@pytest.mark.parametrize("said", ["\x00\x1b[31m\r\n", "\u202eChrome", "Ünïcode 🦊", "Edg OPR Firefox"])
def test_what_says_nothing_is_unknown_and_never_shown_as_it_came(said):
    assert describe(said) == ("", "")


def test_a_megabyte_costs_what_a_line_costs():
    started = time.perf_counter()
    assert describe("x" * 1_000_000 + "Firefox/127.0") == ("", "")
    assert describe("Firefox/127.0 " + "(" * 1_000_000) == ("Firefox", "")
    assert time.perf_counter() - started < 0.1
