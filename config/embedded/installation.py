"""One folder with everything of one installation: data, ports, generated secrets, locks and logs."""

import base64
import hashlib
import json
import os
import secrets
import socket
import tempfile
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path

HOST = "127.0.0.1"
DATABASE = "refillwise"
OWNER_ROLE = "refillwise_owner"
APPLICATION_ROLE = "refillwise_app"
SUPERUSER = "postgres"
_STATE = "state.json"
_PORTS = range(20_000, 32_000)


class FolderUnusableError(RuntimeError):
    """The folder cannot be written; the text says which and what to set."""


@dataclass(frozen=True, kw_only=True)
class Installation:
    """Where the servers of one folder answer, and with which secrets; only its owner can read the file."""

    var: Path
    postgres_port: int
    valkey_port: int
    secret_key: str = field(repr=False)
    superuser_password: str = field(repr=False)
    owner_password: str = field(repr=False)
    application_password: str = field(repr=False)
    broker_password: str = field(repr=False)

    @classmethod
    def load_or_create(cls, var: Path) -> "Installation":
        """Reads the folder's state, or makes one with new secrets and free ports. Starts nothing.

        Two processes that come first at once end with the same state: only one of the files gets its name.
        """
        path = var / _STATE
        try:
            return cls._load(var)
        except FileNotFoundError:
            pass
        postgres_port, valkey_port = free_ports(2)
        fresh = cls(
            var=var,
            postgres_port=postgres_port,
            valkey_port=valkey_port,
            secret_key=secrets.token_urlsafe(48),
            superuser_password=secrets.token_urlsafe(24),
            owner_password=secrets.token_urlsafe(24),
            application_password=secrets.token_urlsafe(24),
            broker_password=secrets.token_urlsafe(24),
        )
        try:
            var.mkdir(parents=True, exist_ok=True)
            temporary = fresh._write_beside(path)
            try:
                os.link(temporary, path)
            except FileExistsError:
                return cls._load(var)
            finally:
                temporary.unlink()
        except OSError as error:
            raise FolderUnusableError(
                f"{var} cannot be written ({error.strerror}). Set REFILLWISE_VAR to a folder of yours, "
                "or DATABASE_URL and REDIS_URL to servers of yours."
            ) from error
        return fresh

    @classmethod
    def _load(cls, var: Path) -> "Installation":
        return cls(var=var, **json.loads((var / _STATE).read_text()))

    def with_ports(self, *, postgres_port: int, valkey_port: int) -> "Installation":
        """The same installation on other ports, remembered for the next start."""
        moved = replace(self, postgres_port=postgres_port, valkey_port=valkey_port)
        moved._write_beside(self.var / _STATE).replace(self.var / _STATE)
        return moved

    def _write_beside(self, path: Path) -> Path:
        state = asdict(self)
        del state["var"]
        handle, name = tempfile.mkstemp(dir=path.parent, prefix=path.name)  # 0600 from the start
        with os.fdopen(handle, "w") as file:
            json.dump(state, file, indent=1)
            file.flush()
            os.fsync(file.fileno())
        return Path(name)

    @property
    def second_factor_key(self) -> str:
        """A Fernet key that follows from the folder's secret: a first try has nothing else to keep it in."""
        digest = hashlib.sha256(b"second factors" + self.secret_key.encode()).digest()
        return base64.urlsafe_b64encode(digest).decode()

    @property
    def broker_url(self) -> str:
        return f"redis://:{self.broker_password}@{HOST}:{self.valkey_port}/0"

    @property
    def cache_url(self) -> str:
        return f"redis://:{self.broker_password}@{HOST}:{self.valkey_port}/1"

    def database_url(self, role: str = APPLICATION_ROLE) -> str:
        return f"postgres://{role}:{self.password_of(role)}@{HOST}:{self.postgres_port}/{DATABASE}"

    def password_of(self, role: str) -> str:
        return {
            SUPERUSER: self.superuser_password,
            OWNER_ROLE: self.owner_password,
            APPLICATION_ROLE: self.application_password,
        }[role]


def free_ports(count: int) -> list[int]:
    """Ports that nobody uses now, all different, and from below those that systems give to outgoing connections."""
    ports: set[int] = set()
    while len(ports) < count:
        port = _PORTS.start + secrets.randbelow(len(_PORTS))
        if is_free(port):
            ports.add(port)
    return list(ports)


def is_free(port: int) -> bool:
    """Whether a server could listen on the port."""
    try:
        socket.create_server((HOST, port)).close()
    except OSError:
        return False
    return True
