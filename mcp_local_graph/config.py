"""Settings: what they are, what they may be, and where each came from (flag, environment, file, default)."""

from __future__ import annotations

import errno
import json
import os
import re
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from mcp_local_graph import clouds, private
from mcp_local_graph.errors import SettingsError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from mcp_local_graph.clouds import Cloud

ENVIRONMENT_PREFIX = "MCP_LOCAL_GRAPH"
SETTINGS_FILE = "settings.toml"
# What may stand in the settings file; everything else in it is a mistake that is named. First the lists of names, or
# one text with commas between; `structured` is true or false, all others are text.
_LISTS = frozenset({"toolsets", "tools", "exclude", "scopes"})
FILE_KEYS = _LISTS | {"client_id", "tenant", "account", "cloud", "login_url", "graph_url", "ca_file", "sign_in"}
FILE_KEYS |= {"token_store", "credential", "log_level", "structured"}


class SignIn(StrEnum):
    """The way a person signs in."""

    AUTO = "auto"
    BROKER = "broker"
    BROWSER = "browser"
    DEVICE = "device"
    NEVER = "never"


class Credential(StrEnum):
    """Where tokens come from, other than by our own sign-in."""

    AZURE_CLI = "azure-cli"
    MANAGED_IDENTITY = "managed-identity"
    WORKLOAD_IDENTITY = "workload-identity"
    ENVIRONMENT = "environment"


class TokenStore(StrEnum):
    """Where tokens stay between two starts."""

    AUTO = "auto"
    MEMORY = "memory"
    PLAINTEXT = "plaintext"


class Settings(NamedTuple):
    """All settings, checked. `origins` says for each name: flag, environment, file or default.

    `toolsets`, `tools` and `exclude` choose what is offered; `scopes`, where there are any, are the only permissions
    that are ever asked for; `structured` adds the results as JSON.
    """

    client_id: str | None
    tenant: str
    cloud: Cloud
    ca_file: Path | None
    sign_in: SignIn
    token_store: TokenStore
    state_dir: Path
    log_level: str
    origins: Mapping[str, str]
    account: str | None = None
    credential: Credential | None = None
    toolsets: frozenset[str] = frozenset()
    tools: frozenset[str] = frozenset()
    exclude: frozenset[str] = frozenset()
    scopes: frozenset[str] = frozenset()
    structured: bool = False


def read_file(state_dir: Path) -> dict[str, Any]:
    """The settings file of a state directory as a dict, lists as the flags have them; empty where there is none.

    Raises:
        SettingsError: the file cannot be read, is no TOML, has a key that is none, or a value of another type.
    """
    path = state_dir / SETTINGS_FILE
    try:
        values = _read_toml(path.read_text(encoding="utf-8-sig"))  # Notepad puts a mark in front
    except FileNotFoundError:
        return {}
    except (OSError, ValueError) as error:
        why = error.strerror if isinstance(error, OSError) else error  # a line and a column
        raise SettingsError(f"The settings file {path} cannot be read: {why}.", "Mend it, or delete it.") from error
    if unknown := sorted(set(values) - FILE_KEYS):
        raise SettingsError(
            f"The settings file {path} has keys that are none: {', '.join(unknown)}.",
            f"It may have: {', '.join(sorted(FILE_KEYS))}.",
        )
    return {key: _value(path, key, value) for key, value in values.items()}


def _value(path: Path, key: str, value: object) -> str | bool:
    if key in _LISTS and isinstance(value, list) and all(isinstance(each, str) for each in value):
        return ",".join(value)
    if isinstance(value, bool if key == "structured" else str):
        return value
    example = '["one", "two"]' if key in _LISTS else "true" if key == "structured" else '"..."'
    raise SettingsError(
        f"The settings file {path} has {key} as something else than it can be.", f"Write {key} = {example}."
    )


def _read_toml(text: str) -> dict[str, Any]:
    import tomllib  # noqa: PLC0415 - a start without a settings file need not pay for it

    return tomllib.loads(text)


def own(state_dir: Path, *, make: bool = False) -> bool:
    """Make sure that nobody else gets into the state directory, where it is there; True where others could until now.

    Whoever can write there decides where tokens go.

    Raises:
        SettingsError: it is somebody else's, or, with `make`, it cannot be made or written in.
    """
    try:
        shared = private.directory(state_dir, make=make)
        if make and not os.access(state_dir, os.W_OK | os.X_OK):
            raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(state_dir))
    except private.NotOurs as error:
        raise SettingsError(
            f"The state directory {state_dir} {error.strerror}.",
            "Name one with --state-dir that is yours alone: a new one is made so.",
        ) from error
    except OSError as error:
        raise SettingsError(
            f"The state directory {state_dir} cannot be used ({error.strerror}).", "Name another with --state-dir."
        ) from error
    return shared


def write_file(state_dir: Path, values: Mapping[str, str]) -> Path:
    """Put values into the settings file, keep its others, and return its path.

    Nobody but the person may write it, for it says where tokens go; and it is there whole, or as it was.

    Raises:
        SettingsError: it cannot be read or written.
    """
    path = state_dir / SETTINGS_FILE
    merged = {**read_file(state_dir), **values}
    whole = path.with_suffix(".new")
    try:
        private.directory(state_dir)
        whole.unlink(missing_ok=True)
        with open(whole, "xb", opener=_only_ours) as file:
            file.write("".join(f"{key} = {_toml(merged[key])}\n" for key in sorted(merged)).encode())
        whole.replace(path)
    except (OSError, UnicodeEncodeError) as error:
        raise SettingsError(
            f"The settings file {path} cannot be written.", "Give the settings by flag or environment each time."
        ) from error
    return path


def _only_ours(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _toml(value: object) -> str:
    """A text, number or yes/no. A JSON string is a TOML basic string, but for DEL and for pairs of surrogates."""
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")


def settings(values: Mapping[str, Any], origins: Mapping[str, str]) -> Settings:
    """Check raw values (as the command line, the environment and the file give them) and join them.

    Raises:
        SettingsError: a value cannot be; the text names the flag.
    """
    # Absolute: it may be kept for a host that starts us elsewhere.
    ca_file = expanded(Path(values["ca_file"])).absolute() if values.get("ca_file") else None
    if ca_file is not None and not ca_file.is_file():
        raise SettingsError(f"--ca-file names {ca_file}, and there is no such file.", "Name a PEM file.")
    return Settings(
        client_id=_client_id(values.get("client_id")),
        tenant=_tenant(values["tenant"]),
        cloud=_cloud(values["cloud"], values.get("login_url"), values.get("graph_url")),
        ca_file=ca_file,
        sign_in=SignIn(values["sign_in"]),
        token_store=TokenStore(values["token_store"]),
        state_dir=expanded(Path(values["state_dir"])),
        log_level=values["log_level"],
        account=values.get("account") or None,
        credential=Credential(values["credential"]) if values.get("credential") else None,
        toolsets=_words(values.get("toolsets")),
        tools=_words(values.get("tools")),
        exclude=_words(values.get("exclude")),
        scopes=_words(values.get("scopes")),
        structured=bool(values.get("structured")),
        origins=dict(origins),
    )


def expanded(path: Path) -> Path:
    """The path with `~` read as the home directory.

    Raises:
        SettingsError: there is no such home.
    """
    try:
        return path.expanduser()
    except RuntimeError as error:
        raise SettingsError(f"{path} begins with a home directory that is unknown here.", "Write it out.") from error


def _words(value: str | None) -> frozenset[str]:
    """Names with commas or spaces between."""
    return frozenset((value or "").replace(",", " ").split())


_GUID = re.compile(r"[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}", re.IGNORECASE)
_DOMAIN = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?\.[a-z0-9-]+", re.IGNORECASE)


def _client_id(value: str | None) -> str | None:
    if not value:
        return None
    if not _GUID.fullmatch(value):
        raise SettingsError(
            "--client-id is not an application id.",
            "Copy the `Application (client) ID` of your app registration: 32 hexadecimal digits in five groups.",
        )
    return value.lower()


def _tenant(value: str) -> str:
    if value == "common":
        raise SettingsError(
            "--tenant common does not hold a sign-in: personal accounts lose it within the hour there.",
            "Say `organizations` for work and school accounts, `consumers` for personal ones, or your tenant's id.",
        )
    if value in {"organizations", "consumers"} or _GUID.fullmatch(value) or _DOMAIN.fullmatch(value):
        return value.lower()
    raise SettingsError(
        "--tenant is neither a tenant id nor a domain.",
        "Say your tenant's id or domain, `organizations` or `consumers`.",
    )


def _cloud(name: str, login_url: str | None, graph_url: str | None) -> Cloud:
    if name == "custom":
        return clouds.custom(login_url, graph_url)
    if login_url or graph_url:
        raise SettingsError(
            "--login-url and --graph-url are for the cloud `custom` only.",
            "Add --cloud custom, or take them out: of the flags, the environment, and the settings file.",
        )
    return clouds.CLOUDS[name]
