"""Configuration: `LMS_*` variables and nothing else. Unknown ones are refused by name."""

import os
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path
from urllib.parse import urlsplit


class ConfigError(ValueError):
    """A variable is unknown, malformed or unsafe; the text says which and what would do."""


VARIABLES: dict[str, str] = {
    "LMS_DATA_DIR": "folder for the database, uploads and the secret key (default: data)",
    "LMS_DATABASE_URL": "sqlite:///… or postgresql://… (default: belay.db in the data folder)",
    "LMS_SECRET_KEY": "at least 32 characters (default: a 0600 file in the data folder)",
    "LMS_BASE_URL": "the address people type, https://… (default: http://127.0.0.1:8000)",
    "LMS_MAIL_URL": "smtp://user:password@host:port, smtps://… or folder:///path",
    "LMS_MAIL_FROM": "sender of mail (default: belay@ the base address's host)",
    "LMS_TRUSTED_PROXIES": "number of reverse proxies in front (default: 0)",
    "LMS_ALLOW_HTTP": "1 allows a plain http base address that is not loopback",
    "LMS_WORKERS": "web worker processes (default: number of cores)",
    "LMS_UPLOAD_MB": "largest upload in megabytes (default: 64)",
    "LMS_LOG": "text or json (default: text)",
}


@dataclass(frozen=True)
class Config:
    """What a process needs to know before it starts. Made by `from_environment` or by tests."""

    data_dir: Path
    database_url: str
    secret_key: str
    base_url: str = "http://127.0.0.1:8000"
    mail_url: str | None = None
    mail_from: str = "belay@localhost"
    trusted_proxies: int = 0
    workers: int = 2
    upload_bytes: int = 64 * 1024 * 1024
    log_format: str = "text"
    demo: bool = False
    """A demo company: lists its accounts on the sign-in page and takes `.test` addresses.

    No variable sets this; only the `demo` command does.
    """

    @property
    def secure_cookies(self) -> bool:
        """Whether the base address is https, so cookies are `__Host-` and Secure."""
        return self.base_url.startswith("https://")

    @property
    def files_dir(self) -> Path:
        """Folder of uploads, outside of `static/`."""
        return self.data_dir / "files"

    @classmethod
    def from_environment(cls, environ: Mapping[str, str] | None = None) -> "Config":
        """Read `LMS_*` from the environment; raise ConfigError on anything unclear."""
        environ = os.environ if environ is None else environ
        unknown = sorted(k for k in environ if k.startswith("LMS_") and k not in VARIABLES)
        if unknown:
            raise ConfigError(
                f"unknown variable {', '.join(unknown)}; known are {', '.join(VARIABLES)}"
            )
        data_dir = Path(environ.get("LMS_DATA_DIR", "data")).resolve()
        base_url = _base_url(environ)
        return cls(
            data_dir=data_dir,
            database_url=_database_url(environ, data_dir),
            secret_key=environ.get("LMS_SECRET_KEY", "") and _checked_key(environ),
            base_url=base_url,
            mail_url=_mail_url(environ),
            mail_from=environ.get("LMS_MAIL_FROM", f"belay@{urlsplit(base_url).hostname}"),
            trusted_proxies=_whole(environ, "LMS_TRUSTED_PROXIES", 0, 0, 10),
            workers=_whole(environ, "LMS_WORKERS", os.cpu_count() or 1, 1, 256),
            upload_bytes=_whole(environ, "LMS_UPLOAD_MB", 64, 1, 4096) * 1024 * 1024,
            log_format=_one_of(environ, "LMS_LOG", ("text", "json")),
        ).with_secret_key()

    @classmethod
    def nowhere(cls) -> "Config":
        """Return a configuration for what reads no data: help texts, the list of addresses."""
        return cls(Path(), "sqlite://", secrets.token_urlsafe(32))

    def with_secret_key(self) -> "Config":
        """Return the same with a secret key, read from or written to its 0600 file if unset."""
        if self.secret_key:
            return self
        from dataclasses import replace

        return replace(self, secret_key=_key_from_file(self.data_dir / "secret-key"))


def _checked_key(environ: Mapping[str, str]) -> str:
    key = environ["LMS_SECRET_KEY"]
    if len(key) < 32:
        raise ConfigError("LMS_SECRET_KEY needs at least 32 characters")
    return key


def _key_from_file(path: Path) -> str:
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        # Two processes may start at once: whoever links first wins, both read the same key.
        temporary = path.with_name(f"{path.name}.{os.getpid()}")
        descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(secrets.token_urlsafe(48))
            file.flush()
            os.fsync(file.fileno())
        try:
            os.link(temporary, path)
        except FileExistsError:
            pass
        finally:
            temporary.unlink()
    return path.read_text(encoding="ascii").strip()


def _base_url(environ: Mapping[str, str]) -> str:
    url = environ.get("LMS_BASE_URL", "http://127.0.0.1:8000").rstrip("/")
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigError("LMS_BASE_URL must begin with https:// or http:// and name a host")
    if parts.path or parts.query or parts.fragment:
        raise ConfigError("LMS_BASE_URL must not have a path: Belay lives at the root of a host")
    plain = parts.scheme == "http" and not is_loopback(parts.hostname)
    if plain and environ.get("LMS_ALLOW_HTTP") != "1":
        raise ConfigError(
            "LMS_BASE_URL is plain http: use https, or set LMS_ALLOW_HTTP=1 if you must"
        )
    return url


def is_loopback(host: str) -> bool:
    """Whether a host name or address means this machine."""
    if host == "localhost":
        return True
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return False


def _database_url(environ: Mapping[str, str], data_dir: Path) -> str:
    url = environ.get("LMS_DATABASE_URL", "")
    if not url:
        return f"sqlite:///{data_dir / 'belay.db'}"
    for prefix in ("postgresql://", "postgres://"):
        if url.startswith(prefix):
            return "postgresql+psycopg://" + url.removeprefix(prefix)
    if url.startswith(("sqlite:///", "postgresql+psycopg://")):
        return url
    raise ConfigError("LMS_DATABASE_URL must begin with sqlite:/// or postgresql://")


def _mail_url(environ: Mapping[str, str]) -> str | None:
    url = environ.get("LMS_MAIL_URL")
    if url and not url.startswith(("smtp://", "smtps://", "folder:///")):
        raise ConfigError("LMS_MAIL_URL must begin with smtp://, smtps:// or folder:///")
    return url or None


def _whole(environ: Mapping[str, str], name: str, default: int, low: int, high: int) -> int:
    text = environ.get(name, str(default))
    try:
        number = int(text)
    except ValueError:
        raise ConfigError(f"{name} must be a whole number, not {text!r}") from None
    if not low <= number <= high:
        raise ConfigError(f"{name} must be {low} to {high}, not {number}")
    return number


def _one_of(environ: Mapping[str, str], name: str, choices: tuple[str, ...]) -> str:
    value = environ.get(name, choices[0])
    if value not in choices:
        raise ConfigError(f"{name} must be {' or '.join(choices)}, not {value!r}")
    return value
