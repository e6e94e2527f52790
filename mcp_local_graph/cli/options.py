"""The settings as options of every command that needs them: by flag, by environment, by file, by default."""

from __future__ import annotations

import functools
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

from mcp_local_graph import clouds, config
from mcp_local_graph.config import Settings, SignIn, TokenStore

if TYPE_CHECKING:
    from collections.abc import Callable

_logger = logging.getLogger(__name__)
# Whether others could enter the state directory, in a command's context.
_SHARED = "mcp_local_graph.shared"
_ORIGINS = {
    ParameterSource.COMMANDLINE: "flag",
    ParameterSource.ENVIRONMENT: "environment",
    ParameterSource.DEFAULT_MAP: "file",
    ParameterSource.DEFAULT: "default",
}


def default_state_dir() -> Path:
    """The directory that this system means for it."""
    import platformdirs  # noqa: PLC0415 - not needed where the setting names one

    return platformdirs.user_state_path("mcp-local-graph", appauthor=False)


def _load_file(ctx: click.Context, _param: click.Parameter, value: Path | None) -> Path:
    """The state directory comes first: the settings file is in it."""
    state_dir = config.expanded(value or default_state_dir())
    ctx.meta[_SHARED] = config.own(state_dir)
    ctx.default_map = config.read_file(state_dir)
    return state_dir


def _option(flag: str, help_: str, **attributes: Any) -> click.Option:  # noqa: ANN401 - click's
    name = flag.removeprefix("--").replace("-", "_").upper()
    attributes.setdefault("show_default", "default" in attributes)
    environment = f"{config.ENVIRONMENT_PREFIX}_{name}"
    return click.Option([flag], envvar=environment, show_envvar=True, help=help_, **attributes)


SETTINGS = (
    _option(
        "--state-dir",
        "Where the token cache, the settings and other state live.",
        type=click.Path(file_okay=False, path_type=Path),
        is_eager=True,
        callback=_load_file,
        show_default="as this system has it",
    ),
    _option("--client-id", "The application id of your app registration; none is shipped."),
    _option("--tenant", "Your tenant's id or domain, `organizations` or `consumers`.", default="organizations"),
    _option("--account", "Use this signed-in account only, by user name."),
    _option("--cloud", "The Microsoft cloud.", type=click.Choice([*clouds.CLOUDS, "custom"]), default="global"),
    _option("--login-url", "Where one signs in; with --cloud custom only."),
    _option("--graph-url", "Where Graph answers; with --cloud custom only."),
    _option("--ca-file", "A certificate authority to trust besides the system's, as a PEM file."),
    _option(
        "--sign-in", "How to ask for a sign-in.", type=click.Choice([mode.value for mode in SignIn]), default="auto"
    ),
    _option(
        "--token-store",
        "Where tokens stay: sealed where this machine can (auto), or as you say.",
        type=click.Choice([store.value for store in TokenStore]),
        default="auto",
    ),
    _option(
        "--credential",
        "Take tokens from here instead of signing in; `environment` reads AZURE_CLIENT_ID and its like.",
        type=click.Choice([kind.value for kind in config.Credential]),
    ),
    _option("--toolsets", "Offer the tools of these sets only: names with commas between, as `tools` lists them."),
    _option("--tools", "Offer these tools, besides those of --toolsets."),
    _option("--exclude", "Leave out these tools or toolsets."),
    _option("--scopes", "Ask for no other permissions than these; a tool that needs others is not offered."),
    _option("--structured", "Send results as JSON too, with schemas: for programs, at twice the size.", is_flag=True),
    _option(
        "--log-level",
        "What to log on stderr.",
        type=click.Choice(["debug", "info", "warning", "error"]),
        default="warning",
    ),
)
NAMES = tuple(str(option.name) for option in SETTINGS)


class Command(click.Command):
    """A command that takes the settings. Its help tells its own options first: there are few, and many settings."""

    def __init__(self, name: str, *, params: list[click.Parameter], **attributes: Any) -> None:  # noqa: ANN401 - click's
        super().__init__(name, params=[*params, *SETTINGS], **attributes)

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Two sections. Called by click."""
        own = [each for each in self.get_params(ctx) if isinstance(each, click.Option) and each not in SETTINGS]
        for title, parameters in (("Options", own), ("Settings", SETTINGS)):
            records = [record for each in parameters if (record := each.get_help_record(ctx))]
            with formatter.section(title):
                formatter.write_dl(records)


def with_settings(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the settings as its first argument; configures logging on the way."""

    @functools.wraps(command)
    def call(*args: Any, **values: Any) -> Any:  # noqa: ANN401 - click's
        context = click.get_current_context()
        raw = {name: values.pop(name) for name in NAMES}
        settings = config.settings(raw, {name: _origin(context, name) for name in NAMES})
        _configure_logging(settings)
        if context.meta[_SHARED]:
            _logger.warning("Others could enter the state directory; it is for this account alone now")
        return command(settings, *args, **values)

    return call


def _origin(context: click.Context, name: str) -> str:
    source = context.get_parameter_source(name)
    return _ORIGINS.get(source, "default") if source else "default"


def _configure_logging(settings: Settings) -> None:
    from mcp_local_graph.safety import logs  # noqa: PLC0415 - after the settings are known to be right

    logs.configure(settings.log_level)
