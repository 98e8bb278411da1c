"""The image and the compose file keep to what running in containers safely asks for."""

import re

import yaml

from invoiced.env import BASE_DIR
from tests.house.code import APPS

DOCKERFILE = (BASE_DIR / "Dockerfile").read_text()
COMPOSE = yaml.safe_load((BASE_DIR / "compose.yaml").read_text())
PINNED = re.compile(r"[a-z]+:\d+\.\d+(\.\d+)?-[a-z-]+")


def test_every_service_is_confined():
    for name, service in COMPOSE["services"].items():
        assert service["read_only"] is True, name
        assert service["cap_drop"] == ["ALL"], name
        assert service["security_opt"] == ["no-new-privileges:true"], name
        assert "privileged" not in service, name


def test_only_the_web_is_reached_and_only_from_this_machine():
    assert {name: service["ports"] for name, service in COMPOSE["services"].items() if "ports" in service} == {
        "web": ["127.0.0.1:8000:8000"]
    }


def test_secrets_come_as_files():
    for name, service in COMPOSE["services"].items():
        given = [key for key in service["environment"] if re.search(r"SECRET|KEY|PASSWORD|EMAIL_URL", key)]
        assert given, name
        for key in given:
            assert key.endswith("_FILE"), f"{name} {key}"
            assert service["environment"][key].removeprefix("/run/secrets/") in service["secrets"]
    assert {secret for service in COMPOSE["services"].values() for secret in service["secrets"]} == set(
        COMPOSE["secrets"]
    )


def test_web_and_worker_have_database_roles_of_their_own_and_no_other_s_password():
    owner, roles = "database_password", {"migrate": "", "web": "_web", "worker": "_worker"}
    for name, suffix in roles.items():
        service = COMPOSE["services"][name]
        own = f"{suffix[1:]}_{owner}" if suffix else owner
        assert service["environment"]["DATABASE_URL"].startswith(f"postgresql://invoiced{suffix}@database"), name
        assert service["environment"]["DATABASE_PASSWORD_FILE"] == f"/run/secrets/{own}"
        if suffix:
            assert [secret for secret in service["secrets"] if owner in secret] == [own]
    assert "database_grants --apply --web invoiced_web --worker invoiced_worker" in str(
        COMPOSE["services"]["migrate"]["command"]
    )


def test_the_product_is_given_only_settings_it_has():
    settings = (BASE_DIR / "docs" / "settings.md").read_text()
    for name in ("migrate", "web", "worker"):
        for key in COMPOSE["services"][name]["environment"]:
            assert f"`{key.removesuffix('_FILE')}`" in settings, key


def test_images_are_pinned():
    bases = re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE)
    assert len(set(bases)) == 1
    assert all(PINNED.fullmatch(image) for image in [*bases, COMPOSE["services"]["database"]["image"]])


def test_the_image_runs_as_nobody_in_particular_and_says_how_it_is():
    last = DOCKERFILE.split("FROM ")[-1]
    assert re.search(r"^USER \d{5}$", last, re.MULTILINE)
    assert "HEALTHCHECK" in last
    assert "--require-hashes" in DOCKERFILE


def test_the_image_holds_every_app_and_no_more():
    kept = {line[1:] for line in (BASE_DIR / ".dockerignore").read_text().splitlines() if line.startswith("!")}
    assert kept == {*APPS, "manage.py", "requirements.txt", "static", "templates"}
