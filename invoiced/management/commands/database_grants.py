from pathlib import Path
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import connection, transaction

from invoiced import database_roles


class Command(BaseCommand):
    help = "Show what the database roles of web and worker may do on PostgreSQL, as SQL; with --apply, give it to them."

    def add_arguments(self, parser: CommandParser) -> None:
        for name in ("web", "worker"):
            parser.add_argument(f"--{name}", required=True, metavar="ROLE", help=f"the role the {name} connects as")
            parser.add_argument(
                f"--{name}-password-file",
                type=Path,
                metavar="PATH",
                help="a file with its password: the role is made if it is missing, and gets this password",
            )
        parser.add_argument("--apply", action="store_true", help="run the SQL, as the owner of the tables")

    def handle(self, *, web: str, worker: str, apply: bool, **options: Any) -> None:
        if connection.vendor != "postgresql":
            raise CommandError("Only PostgreSQL has roles. On SQLite whoever can write the file can write all of it.")
        if web == worker:
            raise CommandError("Give the web and the worker a role each: the web must not do what the worker may.")
        if not apply:
            for statement in database_roles.statements(connection, web, worker):
                self.stdout.write(f"{statement};")
            return
        with transaction.atomic():
            for role, path in ((web, options["web_password_file"]), (worker, options["worker_password_file"])):
                if path is not None:
                    _let_in(role, path)
            _refuse_unfit([web, worker])
            with connection.cursor() as cursor:
                for statement in list(database_roles.statements(connection, web, worker)):
                    cursor.execute(statement)
        self.stdout.write(f"The web is {web}, the worker is {worker}: each may do its own part and no more.")


def _let_in(role: str, path: Path) -> None:
    """Make the role if it is missing, and give it the password; only its hash is sent."""
    try:
        password = path.read_text(encoding="utf-8").removesuffix("\n")
    except OSError as error:
        raise CommandError(f"{path} cannot be read ({error.strerror}).") from None
    if not password:
        raise CommandError(f"{path} is empty. Write a password into it.")
    name = connection.ops.quote_name(role)
    with connection.cursor() as cursor:
        if database_roles.missing(connection, [role]):
            cursor.execute(f"CREATE ROLE {name}")
        hashed = cursor.connection.pgconn.encrypt_password(password.encode(), role.encode(), b"scram-sha-256")
        cursor.execute(f"ALTER ROLE {name} LOGIN PASSWORD %s", [hashed.decode()])


def _refuse_unfit(roles: list[str]) -> None:
    if missing := database_roles.missing(connection, roles):
        raise CommandError(f"There is no role {' and no role '.join(missing)}. Make it, or give its password file.")
    if strong := database_roles.too_strong(connection, roles):
        raise CommandError(
            f"{' and '.join(strong)} could get round any grant: it is a superuser, makes roles, owns a table, or may "
            "act as the one who does. Choose another role."
        )
