"""Requests to configured addresses: what is refused, by its form or by where it leads, and what comes back."""

import ipaddress
import socket
import time

import pytest

from security import outbound
from security.destinations import AddressRefused, Destination, is_public, parse, parse_allowed
from security.outbound import NoAnswer, NotReached, NotTrusted, post
from tests.endpoints import Authority, endpoint

REFUSED = """
    http://logs.example.com/                      ftp://logs.example.com/            file:///etc/passwd
    gopher://logs.example.com/                    //logs.example.com/                logs.example.com
    https:///intake                               https://                           https:logs.example.com
    https://ada@logs.example.com/                 https://ada:secret@logs.example.com/ https://@logs.example.com/
    https://logs.example.com@10.0.0.1/            https://logs.example.com/#part     https://10.0.0.1#@logs.example.com/
    https://logs.example.com\\@10.0.0.1/          https://logs.example.com:22/       https://logs.example.com:80/
    https://logs.example.com:0/                   https://logs.example.com:65536/    https://logs.example.com:443:22/
    https://logs.example.com:-443/                https://logs.example.com:٤٤٣/      https://localhost/
    https://intranet/                             https://logs.example.com./         https://.logs.example.com/
    https://logs..example.com/                    https://logs_1.example.com/        https://-logs.example.com/
    https://%6c%6f%67s.example.com/               https://ⓛogs.example.com/          https://lоgs.example.com/
    https://127。0。0。1/                          https://①②⑦.0.0.1/                 https://logs.example.com％2f/
    https://127.0.0.1/                            https://127.1/                     https://2130706433/
    https://0x7f000001/                           https://0x7f.0.0.1/                https://0177.0.0.1/
    https://017700000001/                         https://127.0.0.01/                https://logs.example.0x7f/
    https://0/                                    https://0.0.0.0/                   https://256.0.0.1/
    https://10.1.2.3/                             https://172.16.0.1/                https://192.168.1.1/
    https://100.64.0.1/                           https://169.254.169.254/           https://198.18.0.1/
    https://224.0.0.1/                            https://255.255.255.255/           https://192.0.2.7/
    https://[::1]/                                https://[::]/                      https://[fd00::1]/
    https://[fe80::1]/                            https://[fe80::1%25eth0]/          https://[fec0::1]/
    https://[ff02::1]/                            https://[::ffff:127.0.0.1]/        https://[::ffff:169.254.169.254]/
    https://[::127.0.0.1]/                        https://[64:ff9b::10.0.0.1]/       https://[64:ff9b:1::10.0.0.1]/
    https://[2002:7f00:1::]/                      https://[2002:a9fe:a9fe::]/        https://[2001:0:7f00:1::]/
    https://[2001:db8::1]/                        https://[100::1]/                  https://[::1]logs.example.com/
    https://[::1                                  https://::1/                       https://[v1.a]/
    https://[127.0.0.1]/
""".split()

INNER = """
    0.0.0.0 10.255.255.255 100.64.0.1 100.127.255.255 127.0.0.1 127.255.255.254 169.254.0.1 169.254.169.254
    172.16.0.1 172.31.255.255 192.0.0.8 192.168.0.1 198.19.255.255 203.0.113.1 224.0.0.1 239.255.255.255
    240.0.0.1 255.255.255.255 :: ::1 ::ffff:10.0.0.1 ::ffff:8.8.8.8 ::10.0.0.1 64:ff9b::7f00:1 64:ff9b::a9fe:a9fe
    64:ff9b:1::1 100::1 2001::1 2001:0:4136:e378:8000:63bf:3fff:fdd2 2001:10::1 2001:20::1 2001:db8::1
    2002:a00:1::1 2002:808:808::1 3fff::1 5f00::1 fc00::1 fd00::8 fd00:ec2::254 fe80::1 fec0::1 ff02::1
""".split()

OUTER = "8.8.8.8 100.63.255.255 100.128.0.1 172.15.0.1 172.32.0.1 192.167.0.1 2606:4700::1111 64:ff9b::808:808".split()


@pytest.fixture
def names(monkeypatch):
    """What the names of this test resolve to, an answer for each time it is asked."""
    answers, asked, real = {}, [], socket.getaddrinfo

    def resolve(host, port, *args, **options):
        if host not in answers:
            return real(host, port, *args, **options)
        asked.append(host)
        found = answers[host].pop(0)
        if isinstance(found, Exception):
            raise found
        return [(socket.AF_INET6 if ":" in one else socket.AF_INET, 1, 6, "", (one, port)) for one in found]

    monkeypatch.setattr(socket, "getaddrinfo", resolve)
    answers["asked"] = asked
    return answers


@pytest.fixture
def never_connected(monkeypatch):
    def connect(self, address):
        raise AssertionError(f"A connection to {address} was tried.")

    monkeypatch.setattr(socket.socket, "connect", connect)


@pytest.fixture
def authority(tmp_path, monkeypatch):
    """An authority this test's client trusts."""
    made = Authority(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(made.file))
    return made


def allow(settings, *words):
    settings.OUTBOUND_ALLOWED = parse_allowed(words)


@pytest.mark.parametrize("url", [*REFUSED, "", " https://logs.example.com/", "https://logs.example.com/a b"])
def test_an_odd_or_inner_address_is_refused_without_asking_anybody(url, names, never_connected):
    with pytest.raises(AddressRefused) as refusal:
        post(url, b"", {})
    assert str(refusal.value).endswith(".")
    assert "secret" not in str(refusal.value)


@pytest.mark.parametrize("sign", ["\t", "\n", "\r\n", "\0", "\x7f", "\u202e", "\u200b"])
def test_signs_that_nobody_sees_are_refused(sign, never_connected):
    for url in (f"https://logs.example.com/{sign}", f"https://logs.{sign}example.com/", f"{sign}https://a.example/"):
        with pytest.raises(AddressRefused):
            post(url, b"", {})


def test_an_address_of_more_than_500_characters_is_refused():
    with pytest.raises(AddressRefused, match="too long"):
        parse("https://logs.example.com/" + "a" * 500)


@pytest.mark.parametrize(
    ("url", "found"),
    [
        ("https://logs.example.com", Destination("https", "logs.example.com", 443, "/")),
        ("HTTPS://Logs.Example.COM:443/In?a=b", Destination("https", "logs.example.com", 443, "/In?a=b")),
        ("https://xn--bcher-kva.example:8443/", Destination("https", "xn--bcher-kva.example", 8443, "/")),
        ("https://[2606:4700:0::1111]/", Destination("https", "2606:4700::1111", 443, "/")),
        ("https://8.8.8.8/", Destination("https", "8.8.8.8", 443, "/")),
    ],
)
def test_an_address_is_written_in_one_way(url, found):
    assert parse(url) == found
    assert parse(str(found)) == found


def test_the_authority_names_an_unusual_port_only():
    places = ("a.example:443", "a.example:8443", "[2606:4700::1]:8443")
    written = ["https://a.example", "https://a.example:8443", "https://[2606:4700::1]:8443"]
    assert [parse(f"https://{place}/x").origin for place in places] == written


@pytest.mark.parametrize("address", INNER)
def test_an_inner_special_or_disguised_address_is_not_public(address):
    assert not is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", OUTER)
def test_an_address_on_the_internet_is_public(address):
    assert is_public(ipaddress.ip_address(address))


@pytest.mark.parametrize("address", INNER)
def test_a_name_is_refused_when_one_of_its_addresses_is_inner(address, names, never_connected):
    names["logs.example.com"] = [["8.8.8.8", address]]
    with pytest.raises(AddressRefused, match="not on the public internet"):
        post("https://logs.example.com/", b"", {})


@pytest.mark.parametrize("answer", [[], socket.gaierror(8, "no"), UnicodeError("label")])
def test_a_name_without_an_address_is_not_reached(answer, names, never_connected):
    names["logs.example.com"] = [answer]
    with pytest.raises(NotReached, match=r"The name logs\.example\.com has no address"):
        post("https://logs.example.com/", b"", {})


def test_a_resolver_that_does_not_answer_is_not_waited_for(monkeypatch):
    monkeypatch.setattr(outbound, "CONNECT_SECONDS", 0.05)
    monkeypatch.setattr(socket, "getaddrinfo", lambda *args, **options: time.sleep(0.5) or [])
    started = time.monotonic()
    with pytest.raises(NotReached):
        post("https://logs.example.com/", b"", {})
    assert time.monotonic() - started < 0.4


def test_a_name_is_resolved_once_and_the_connection_goes_there(authority, names, settings):
    """Were it resolved again for connecting, it would be another address: rebinding."""
    with endpoint(authority.server("logs.example.com"), "logs.example.com") as server:
        allow(settings, f"127.0.0.1:{server.port}")
        names["logs.example.com"] = [["127.0.0.1"], ["169.254.169.254"]]
        answer = post(server.url, b"line\n", {"Content-Type": "application/x-ndjson"})
        [received] = server.requests

    assert (answer.status, answer.is_success, names["asked"]) == (204, True, ["logs.example.com"])
    assert (received.path, received.body) == ("/intake", b"line\n")
    assert received.headers["Host"] == f"logs.example.com:{server.port}"
    assert received.headers["Content-Type"] == "application/x-ndjson"


def test_the_second_address_is_tried_when_the_first_takes_no_connection(authority, names, settings):
    with endpoint(authority.server("logs.example.com"), "logs.example.com") as server:
        allow(settings, f"127.0.0.0/8:{server.port}", f"[::1]:{server.port}")
        names["logs.example.com"] = [["::1", "127.0.0.1"]]
        assert post(server.url, b"", {}).is_success


def test_an_allowed_address_is_allowed_on_its_port_alone(settings):
    allow(settings, "127.0.0.1:9443", "10.4.0.0/16", "logs.internal:9444")
    for url in ("https://127.0.0.1:9443/", "http://127.0.0.1:9443/", "https://10.4.3.2/", "https://10.4.3.2:8443/"):
        parse(url)
    for url in ("https://127.0.0.1/", "https://10.4.3.2:9443/", "https://10.5.0.1/", "http://10.4.3.2:443/"):
        with pytest.raises(AddressRefused):
            parse(url)


@pytest.mark.parametrize(("address", "is_let"), [("10.0.0.7", True), ("169.254.169.254", False), ("::", False)])
def test_an_allowed_name_may_be_inside_and_never_the_metadata_service(address, is_let, names, settings, monkeypatch):
    def connect(self, place):
        raise ConnectionRefusedError

    monkeypatch.setattr(socket.socket, "connect", connect)
    allow(settings, "siem")
    names["siem"] = [[address]]
    with pytest.raises(NotReached if is_let else AddressRefused):
        post("https://siem/", b"", {})


def test_a_name_is_asked_in_the_clear_only_on_this_machine(names, settings, never_connected):
    allow(settings, "logs.internal:80")
    names["logs.internal"] = [["10.0.0.7"]]
    with pytest.raises(AddressRefused):
        post("http://logs.internal/", b"", {})


def test_a_redirect_is_an_answer_and_nobody_goes_there(settings):
    with endpoint() as inner, endpoint() as server:
        allow(settings, f"127.0.0.1:{server.port}")
        for place in ("http://169.254.169.254/latest/meta-data/", inner.url):
            server.headers["Location"] = place
            server.answers.append((302, b""))
            answer = post(server.url, b"", {})
            assert (answer.status, answer.is_success) == (302, False)
        assert inner.requests == []


def test_a_proxy_of_the_environment_is_not_used(settings, monkeypatch):
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    with endpoint() as server:
        allow(settings, f"127.0.0.1:{server.port}")
        assert post(server.url, b"", {}).is_success


def test_a_certificate_for_another_name_is_refused_before_anything_is_sent(authority, names, settings):
    with endpoint(authority.server("other.example.com"), "logs.example.com") as server:
        allow(settings, f"127.0.0.1:{server.port}")
        names["logs.example.com"] = [["127.0.0.1"]]
        with pytest.raises(NotTrusted, match="no certificate that is trusted for this name"):
            post(server.url, b"private", {})
        assert server.requests == []


def test_a_certificate_of_an_unknown_authority_is_refused(tmp_path, names, settings):
    with endpoint(Authority(tmp_path).server("127.0.0.1")) as server:
        allow(settings, f"127.0.0.1:{server.port}")
        with pytest.raises(NotTrusted):
            post(server.url, b"private", {})
        assert server.requests == []


def test_a_server_that_speaks_no_tls_is_not_reached(settings):
    with endpoint() as server:
        allow(settings, f"127.0.0.1:{server.port}")
        with pytest.raises(NotReached, match="No secure connection"):
            post(server.url.replace("http:", "https:"), b"", {})


def test_a_huge_answer_is_cut_off(settings):
    with endpoint() as server:
        allow(settings, f"127.0.0.1:{server.port}")
        server.usual = (200, b"x" * 5_000_000)
        answer = post(server.url, b"", {})
    assert (len(answer.body), "x" in repr(answer)) == (65_536, False)


def drip(piece):
    """Send a little again and again, and never an end."""

    def answer(handler, received):
        while True:
            handler.wfile.write(piece)
            time.sleep(0.01)

    return answer


@pytest.mark.parametrize("piece", [b"H", b"HTTP/1.1 100 Continue\r\n\r\n"], ids=["status", "interim"])
def test_an_answer_that_drips_ends_with_the_time_there_is(piece, settings, monkeypatch):
    monkeypatch.setattr(outbound, "TOTAL_SECONDS", 0.3)
    started = time.monotonic()
    with endpoint() as server:
        allow(settings, f"127.0.0.1:{server.port}")
        server.answers.append(drip(piece))
        with pytest.raises(NoAnswer, match="did not answer within"):
            post(server.url, b"", {})
    assert time.monotonic() - started < 2


def test_a_server_that_never_reads_ends_with_the_time_there_is(settings, monkeypatch):
    monkeypatch.setattr(outbound, "TOTAL_SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        port = silent.getsockname()[1]
        allow(settings, f"127.0.0.1:{port}")
        with pytest.raises(NoAnswer):
            post(f"http://127.0.0.1:{port}/", b"x" * 50_000_000, {})


@pytest.mark.parametrize("told", [b"SSH-2.0-OpenSSH_9.2\r\n", b""], ids=["ssh", "nothing"])
def test_what_another_service_says_is_not_repeated(told, settings):
    def say(handler, received):
        handler.wfile.write(told)

    with endpoint() as server:
        allow(settings, f"127.0.0.1:{server.port}")
        server.answers.append(say)
        with pytest.raises(NoAnswer) as refusal:
            post(server.url, b"", {})
    assert str(refusal.value) == f"http://127.0.0.1:{server.port} did not answer as a web server does."


@pytest.mark.parametrize("failure", [ConnectionRefusedError, TimeoutError, OSError])
def test_a_closed_port_and_a_silent_one_are_told_alike(failure, monkeypatch):
    def connect(self, place):
        raise failure("Port 443 of 8.8.8.8")

    monkeypatch.setattr(socket.socket, "connect", connect)
    with pytest.raises(NotReached) as refusal:
        post("https://8.8.8.8/", b"", {})
    assert str(refusal.value) == "https://8.8.8.8 could not be reached."
