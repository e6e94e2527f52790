"""The command group. A command's module is imported when it is chosen, so that `serve` pays for nothing else."""

from __future__ import annotations

import importlib
import sys

import click

from mcp_local_graph import __version__
from mcp_local_graph.cli import output
from mcp_local_graph.errors import LocalGraphError

_COMMANDS = {
    "serve": "Serve MCP on stdin and stdout; what a host starts.",
    "login": "Sign in to Microsoft 365.",
    "logout": "Forget the sign-in on this machine.",
    "use": "Choose the account that calls are made as.",
    "consent": "Write the message by which an administrator approves permissions.",
    "status": "Show who is signed in, the settings, and where each came from.",
    "tools": "List the tools that the settings offer, and the permissions each needs.",
    "demo": "Show it all on a demo tenant, without an account or a network.",
}
# As in sysexits and the shell: 130 is what a program ended by Ctrl-C returns.
_INTERRUPTED = 130


class _Commands(click.Group):
    """Commands by name; each is a module of this package with a `command`."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002 - click's signature
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = importlib.import_module(f"mcp_local_graph.cli.{cmd_name}").command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, which knows a misspelt option but no misspelt command."""
        if args[0] not in _COMMANDS:
            from difflib import get_close_matches  # noqa: PLC0415 - no start should pay for it

            if near := get_close_matches(args[0], _COMMANDS, 1):
                ctx.fail(f"No such command '{args[0]}'. Did you mean '{near[0]}'?")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002 - click's signature
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="mcp-local-graph", message="%(prog)s %(version)s")
def group() -> None:
    """Microsoft 365 for MCP clients, signed in as you, on this machine.

    Started by a host, without a command, it serves MCP on stdin and stdout.

    Exit codes: 0 ok, 1 failed, 2 wrong usage or settings, 4 a sign-in is needed.
    """


def main(arguments: list[str] | None = None) -> None:
    """Run the command line and end the process with its exit code."""
    given = sys.argv[1:] if arguments is None else arguments
    sys.exit(_run(_completed(given)))


def _completed(arguments: list[str]) -> list[str]:
    """Without a command: help for a person, `serve` for a host, which has no terminal on stdin."""
    if not arguments and sys.stdin is not None and sys.stdin.isatty():
        return ["--help"]
    if not arguments or (arguments[0].startswith("-") and arguments[0] not in {"-h", "--help", "--version"}):
        return ["serve", *arguments]
    return arguments


def _run(arguments: list[str]) -> int:
    try:
        code: object = group.main(arguments, prog_name="mcp-local-graph", standalone_mode=False)
    except LocalGraphError as error:
        output.complain(f"Error: {error.text()}")
        return error.exit_code
    except click.ClickException as error:
        error.show()
        return error.exit_code
    except click.Abort:
        output.complain("Interrupted.")
        return _INTERRUPTED
    return code if isinstance(code, int) else 0
