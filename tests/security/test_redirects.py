import pytest

from security.redirects import is_local, next_url


@pytest.mark.parametrize("address", ["/", "/invoices/?status=draft", "/i#x"])
def test_paths_of_ours_are_followed(address):
    assert is_local(address)


@pytest.mark.parametrize(
    "address",
    [
        "",
        "invoices/",
        "https://evil.example/",
        "//evil.example/",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "javascript:alert(1)",
        "/\t/evil.example",
        " /evil",
        "https:evil.example",
    ],
)
def test_everything_else_is_not(address, rf):
    assert not is_local(address)
    assert next_url(rf.get("/sign-in/", {"next": address}), "/home/") == "/home/"
