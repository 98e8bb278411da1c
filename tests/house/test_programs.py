import pytest

from tests import programs


def test_a_missing_program_skips_at_the_desk(monkeypatch):
    monkeypatch.delenv("CI", raising=False)

    with pytest.raises(pytest.skip.Exception, match="no-such-program is not installed"):
        programs.needed("no-such-program")


def test_a_missing_program_fails_in_ci(monkeypatch):
    monkeypatch.setenv("CI", "true")

    with pytest.raises(pytest.fail.Exception, match="no-such-program is not installed"):
        programs.needed("no-such-program")


def test_the_first_that_is_installed_is_taken():
    assert programs.needed("no-such-program", "sh").endswith("/sh")
