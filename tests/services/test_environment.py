"""A wrong variable stops the program by its name; secrets come from files."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.core.exceptions import ImproperlyConfigured

from config import checks
from config import environment as config_environment
from config.environment import KNOWN, OTHERS, SECRETS, Environment
from tests.servers import SOURCE, environment

HIDDEN = "kept-from-everybody"


def secret(folder: Path, text: str, *, mode: int = 0o600) -> str:
    file = folder / "secret"
    file.write_text(text)
    file.chmod(mode)
    return str(file)


def test_a_secret_comes_from_its_file(tmp_path: Path) -> None:
    env = Environment({"SECRET_KEY_FILE": secret(tmp_path, f" {HIDDEN}\n")})
    assert env.str("SECRET_KEY", default="") == HIDDEN


@pytest.mark.parametrize("name", sorted(SECRETS))
def test_every_secret_may_come_from_a_file(tmp_path: Path, name: str) -> None:
    assert Environment({f"{name}_FILE": secret(tmp_path, HIDDEN)}).str(name) == HIDDEN


def test_settings_of_a_mail_provider_may_come_from_files(tmp_path: Path) -> None:
    given = {"ANYMAIL_POSTMARK_SERVER_TOKEN_FILE": secret(tmp_path, HIDDEN), "ANYMAIL_SEND_DEFAULTS": "x"}
    found = Environment(given).beginning_with("ANYMAIL_")
    assert found == {"POSTMARK_SERVER_TOKEN": HIDDEN, "SEND_DEFAULTS": "x"}


def test_a_dollar_sign_names_no_other_variable() -> None:
    assert (
        Environment({"SECRET_KEY": "$HOME-is-no-variable", "HOME": "/"}).str("SECRET_KEY")
        == "$HOME-is-no-variable"
    )


@pytest.mark.parametrize(
    ("text", "said"),
    [("", "is empty"), ("\n \n", "is empty"), ("one\ntwo", "more than one line"), ("\udcff", "is not text")],
)
def test_a_file_that_holds_no_secret_is_refused(tmp_path: Path, text: str, said: str) -> None:
    file = tmp_path / "secret"
    file.write_bytes(text.encode(errors="surrogateescape"))
    with pytest.raises(ImproperlyConfigured, match=rf"^SECRET_KEY_FILE: .*{said}"):
        Environment({"SECRET_KEY_FILE": str(file)}).str("SECRET_KEY")


def test_a_file_that_cannot_be_read_is_refused(tmp_path: Path) -> None:
    for file in (tmp_path / "nowhere", tmp_path):
        with pytest.raises(ImproperlyConfigured, match=r"^SECRET_KEY_FILE: .* cannot be read \("):
            Environment({"SECRET_KEY_FILE": str(file)}).str("SECRET_KEY")


def test_a_secret_given_twice_is_refused(tmp_path: Path) -> None:
    both = {"SECRET_KEY": HIDDEN, "SECRET_KEY_FILE": secret(tmp_path, "other")}
    with pytest.raises(
        ImproperlyConfigured, match=r"^SECRET_KEY and SECRET_KEY_FILE are both set"
    ) as refused:
        Environment(both).str("SECRET_KEY")
    assert HIDDEN not in str(refused.value)


@pytest.mark.parametrize("text", ["treu", "maybe", "2", "nein"])
def test_a_word_that_is_neither_yes_nor_no_is_refused(text: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"^MFA_REQUIRED is not true or false\.$"):
        Environment({"MFA_REQUIRED": text}).bool("MFA_REQUIRED", default=True)


@pytest.mark.parametrize("text", ["5m", "1h", "-1", "nan", "inf", "1,5", "ten"])
def test_a_number_with_anything_around_it_is_refused(text: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"^SWEEP_TICK_SECONDS is not a number\.$"):
        Environment({"SWEEP_TICK_SECONDS": text}).float("SWEEP_TICK_SECONDS", default=600.0)


def test_an_empty_variable_counts_as_not_set() -> None:
    env = Environment({"MFA_REQUIRED": "", "HTTPS": " ", "SMS_PROVIDER": "", "ALLOWED_HOSTS": ""})
    assert env.bool("MFA_REQUIRED", default=True)
    assert env.bool("HTTPS", default=True)
    assert env.str("SMS_PROVIDER", default="in_app") == "in_app"
    assert env.list("ALLOWED_HOSTS", default=["here"]) == ["here"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (f"mysql://a:{HIDDEN}@host/name", "must begin with one of: postgres://, postgresql://"),
        (f"a:{HIDDEN}@host/name", "must begin with one of"),
        (f"postgres://a:{HIDDEN}@host:port/name", "is not an address that can be read"),
        (f"postgres://a:{HIDDEN}@host", "names no database"),
        ("postgres://host/name", "names no role"),
    ],
)
def test_an_address_that_is_no_database_is_refused_without_showing_it(text: str, said: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=f"^DATABASE_URL {said}") as refused:
        Environment({"DATABASE_URL": text}).database("DATABASE_URL")
    assert HIDDEN not in str(refused.value)


@pytest.mark.parametrize("text", ["http://broker:6379", "redis:/broker", "redis://", "broker:6379"])
def test_an_address_that_is_no_broker_is_refused(text: str) -> None:
    with pytest.raises(ImproperlyConfigured, match=r"^REDIS_URL "):
        Environment({"REDIS_URL": text}).address("REDIS_URL", "redis", "rediss")


def test_a_mail_server_of_an_unknown_kind_is_refused() -> None:
    with pytest.raises(ImproperlyConfigured, match=r"^EMAIL_URL must begin with one of") as refused:
        Environment({"EMAIL_URL": f"smtp+starttls://a:{HIDDEN}@host"}).mail("EMAIL_URL")
    assert HIDDEN not in str(refused.value)


def test_what_is_set_in_vain_is_told() -> None:
    given = {"DATABSE_URL": "x", "MFA_REQUIRE": "no", "PORT_FILE": "x", "REFILLWISE_DEBUG": "1", "PATH": "/", "HOME": "/",
             "HOSTNAME": "x", "HTTPS_PROXY": "x", "SECRET_KEY_FILE": "x", "AUDIT_ANCHOR_FILE": "x"}  # fmt: skip
    assert Environment(given).unknown() == {
        "DATABSE_URL": "DATABASE_URL",
        "MFA_REQUIRE": "MFA_REQUIRED",
        "PORT_FILE": "PORT",
        "REFILLWISE_DEBUG": "",
    }


def test_the_deployment_check_tells_of_open_files_and_of_names_in_vain(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {"SECRET_KEY_FILE": secret(tmp_path, HIDDEN, mode=0o640)}
    monkeypatch.setattr(checks, "env", Environment(given))
    assert checks.environment_is_clear() == []
    given["SECRET_KEY_FILE"] = secret(tmp_path, HIDDEN, mode=0o644)
    given["DATABSE_URL"] = "x"
    found = checks.environment_is_clear()
    assert [each.id for each in found] == ["refillwise.W005", "refillwise.W006"]
    assert found[1].hint == "Is DATABASE_URL meant?"


def names_read() -> set[str]:
    """Every variable that the settings ask for."""
    found = set()
    for file in sorted((SOURCE / "config").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if not (isinstance(node, ast.Call) and node.args and isinstance(node.args[0], ast.Constant)):
                continue
            called = ast.unparse(node.func)
            if called in ("os.environ.get", "_database") or called.startswith("env."):
                found.add(str(node.args[0].value))
    return found


def test_every_variable_that_is_read_is_known_and_the_other_way_round() -> None:
    elsewhere = {"REFILLWISE_VAR", "BROWSER_PROGRAM"}  # config.embedded.folders, the tests' browser
    assert names_read() - {"PATH", "/"} | elsewhere == KNOWN
    assert not SECRETS & OTHERS


def rows_of_the_reference() -> dict[str, str]:
    """What the page of settings says holds without each variable."""
    page = (SOURCE / "docs/reference/settings.md").read_text()
    table = page[page.index("| Variable |") : page.index("\n\n", page.index("| Variable |"))]
    rows = [row.strip("|").split("|") for row in table.splitlines()[2:]]
    return {name: row[-1] for row in rows for name in re.findall(r"`(\w+)`", row[0])}


def test_the_reference_names_every_variable_and_no_other() -> None:
    assert rows_of_the_reference().keys() == KNOWN


def defaults() -> dict[str, str]:
    """What the settings take where a variable is not set, if it is a number, a yes or no, or a word."""
    found = {}
    for file in sorted((SOURCE / "config").rglob("*.py")):
        for node in ast.walk(ast.parse(file.read_text())):
            if not (isinstance(node, ast.Call) and ast.unparse(node.func).startswith("env.") and node.args):
                continue
            for default in (word.value for word in node.keywords if word.arg == "default"):
                value = _constant(default)
                if value not in ("", None):
                    found[str(ast.literal_eval(node.args[0]))] = _written(value)
    return found


def _constant(default: ast.expr) -> object:
    match default:
        case ast.BinOp(
            left=ast.Constant(value=int(one)), op=ast.Mult(), right=ast.Constant(value=int(other))
        ):
            return one * other
        case ast.Constant(value=value):
            return value
    return None


def _written(value: object) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    return f"{value:g}" if isinstance(value, float) else str(value)


def test_the_reference_tells_what_holds_without_a_variable() -> None:
    rows, known = rows_of_the_reference(), defaults()
    assert len(known) > 15
    wrong = {
        name: (said, rows[name])
        for name, said in known.items()
        if not re.search(rf"(?<![\w.]){re.escape(said)}(?![\w.])", rows[name])
    }
    assert wrong == {}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"DATABASE_URL": "mysql://a:b@c/d"}, "DATABASE_URL must begin with"),
        ({"SECRET_KEY": ""}, "SECRET_KEY"),
        ({"SECRET_KEY_FILE": "/nowhere/at/all"}, "SECRET_KEY and SECRET_KEY_FILE are both set"),
        ({"HTTPS": "perhaps"}, "HTTPS is not true or false."),
        ({"LOG_LEVEL": "loud"}, "LOG_LEVEL is none of"),
    ],
)
def test_a_process_with_a_wrong_variable_does_not_start_and_names_it(
    given: dict[str, str], said: str
) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "import config.wsgi"],
        cwd=SOURCE,
        env=environment(broker_url="redis://127.0.0.1:1/0") | given,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode != 0
    assert said in done.stderr.splitlines()[-1]


def test_options_of_the_address_reach_the_connection() -> None:
    """`?sslmode=verify-full` that is silently left out would be a connection that anybody may read."""
    given = {
        "DATABASE_URL": "postgres://a:b@c/d?sslmode=verify-full&server_side_binding=0",
        "SECRET_KEY": "x",
    }
    code = "from config.settings import DATABASES as d; print(d['default']['OPTIONS'], d['default']['CONN_MAX_AGE'])"
    kept = {name: os.environ[name] for name in ("PATH",) if name in os.environ}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=SOURCE, env=kept | given, capture_output=True, text=True, check=True
    )
    assert "'sslmode': 'verify-full'" in done.stdout
    assert "'server_side_binding': True" in done.stdout
    assert done.stdout.strip().endswith(" 3600")


def test_a_child_of_a_demo_gets_no_secret_twice(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    from config.embedded.installation import Installation
    from config.supervisor.supervisor import child_environment

    monkeypatch.setenv("SECRET_KEY_FILE", str(tmp_path / "secret"))
    made = child_environment(Installation.load_or_create(tmp_path / "var"))
    assert "SECRET_KEY_FILE" not in made
    assert config_environment.Environment(made).str("SECRET_KEY")
