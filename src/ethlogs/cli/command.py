"""click commands derived from option groups: flags, variables, keys of ethlogs.toml, grouped help."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Concatenate, ParamSpec, TypeVar

import click
from click.core import ParameterSource

from ethlogs.cli.config_file import load_config
from ethlogs.cli.failure import Manner
from ethlogs.cli.origin import origin
from ethlogs.cli.say import say
from ethlogs.errors import SettingsError
from ethlogs.private_files import has_secret
from ethlogs.settings.catalogue import CONFIG_VARIABLE
from ethlogs.settings.kinds import KeyValue, Kind, Switch
from ethlogs.settings.option import HEADINGS, Declaration, Heading, build, declarations, parameter
from ethlogs.settings.reading import merge_pairs
from ethlogs.temporary import remove_abandoned

T = TypeVar("T")
P = ParamSpec("P")
_OTHER = "Other options"


class KindType(click.ParamType):  # type: ignore[type-arg]  # generic in its stubs only
    """A kind of value as click takes it."""

    def __init__(self, kind: Kind[Any]) -> None:
        self.kind = kind
        self.name = kind.metavar

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """Parse text, and a number of ethlogs.toml in the same way."""
        if isinstance(value, tuple):
            return value
        try:
            return self.kind.parse(str(value))
        except ValueError as exc:
            self.fail(str(exc), param, ctx)

    def split_envvar_value(self, rv: str) -> Sequence[str]:
        """Split a variable into the values of a repeatable option."""
        return self.kind.split(rv)


class SettingOption(click.Option):
    """A click option that knows its declaration."""

    def __init__(self, declared: Declaration) -> None:
        self.declared = declared
        option = declared.option
        flag, kind = option.flag, dict[str, Any](type=KindType(option.kind), metavar=option.kind.metavar)
        if isinstance(option.kind, Switch):
            # click knows switches: a flag without a value, and one that says no.
            flag, kind = "/".join(filter(None, [flag, option.kind.negative])), {"is_flag": True}
        super().__init__(
            [parameter(declared.path), *filter(None, [option.short]), flag],
            multiple=option.repeatable,
            default=option.default,
            show_default=option.shows_default,
            envvar=option.variable if option.is_setting else None,
            show_envvar=option.is_setting,
            help=option.help,
            **kind,
        )

    @property
    def heading(self) -> Heading:
        """The heading below which ``--help`` shows it."""
        return self.declared.heading

    def consume_value(self, ctx: click.Context, opts: Mapping[str, Any]) -> tuple[Any, ParameterSource]:
        """Take the value of the strongest place; of ``KEY=VALUE`` settings, each key's strongest one.

        Without that, one key on the command line would drop the file's whole table, and with it perhaps
        the security.protocol that the connection was meant to have.
        """
        value, source = super().consume_value(ctx, opts)
        self._warn_of_secret(opts.get(self.name or ""))
        if isinstance(self.declared.option.kind, KeyValue):
            places = (
                ctx.lookup_default(self.name or ""),
                self.value_from_envvar(ctx),
                opts.get(self.name or ""),
            )
            value = merge_pairs(places) or value
        return value, source

    def _warn_of_secret(self, given: Any) -> None:
        """Warn of a secret that the user's own command line shows. A launch warns of those in --conf."""
        option = self.declared.option
        texts = given if isinstance(given, list | tuple) else [given]
        is_checked = option.is_setting and option.flag != "--conf"
        if is_checked and any(isinstance(text, str) and has_secret({"": text}) for text in texts):
            say(
                f"warning: {option.flag} has a secret, and everybody on this machine can read a command line;"
                f" set {option.variable}, or write it into a file that others cannot read"
            )


class SettingsCommand(click.Command):
    """A command whose options are derived from a dataclass of option groups."""

    def format_options(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the options below their headings."""
        rows: dict[str, list[tuple[str, str]]] = {heading: [] for heading in (*HEADINGS, _OTHER)}
        for option in self.get_params(ctx):
            row = option.get_help_record(ctx)
            if row is not None:
                rows[option.heading if isinstance(option, SettingOption) else _OTHER].append(row)
        for heading, records in rows.items():
            if records:
                with formatter.section(heading):
                    formatter.write_dl(records)

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; a wrong setting is named with the place that it came from."""
        if isinstance(ctx.obj, Manner):
            ctx.obj.as_json = any(
                ctx.params[option.name] for option in self.params if "--json" in option.opts
            )
        remove_abandoned()
        try:
            return super().invoke(ctx)
        except SettingsError as exc:
            raise exc.at(origin(exc.flag, ctx)) from exc


def command(
    options: type[T], *arguments: click.Argument
) -> Callable[[Callable[Concatenate[T, P], int | None]], SettingsCommand]:
    """Make a command of a function, which gets the object of its options and its arguments by name."""

    def decorate(function: Callable[Concatenate[T, P], int | None]) -> SettingsCommand:
        names = [argument.name or "" for argument in arguments]
        call: Callable[..., int | None] = function

        def callback(**values: Any) -> int | None:
            return call(build(options, values), **{name: values[name] for name in names})

        return SettingsCommand(
            function.__name__,
            callback=callback,
            help=function.__doc__,
            params=[*arguments, *_click_options(options), _config_option()],
        )

    return decorate


def _click_options(options: type[Any]) -> Iterator[click.Option]:
    for declared in declarations(options):
        yield SettingOption(declared)


def _config_option() -> click.Option:
    return click.Option(
        ["--config"],
        envvar=CONFIG_VARIABLE,
        show_envvar=True,
        type=click.Path(dir_okay=False),
        metavar="FILE",
        is_eager=True,
        expose_value=False,
        callback=load_config,
        help="Settings file. [default: ethlogs.toml here, then in the user's configuration folder]",
    )
