"""Events from text: signatures as people write them, and the JSON that compilers write.

No package that is kept reads such signatures: those of ABIs for Python begin from JSON.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Any

from ethlogs.decoding.event import TUPLE, Event, Parameter

_MAX_INDEXED = 3
_EVENT = re.compile(r"(?:event\s+)?([A-Za-z_$][\w$]*)\s*\((.*)\)", re.ASCII | re.DOTALL)
_NAME = re.compile(r"[A-Za-z_$][\w$]*", re.ASCII)
_ARRAY = r"((?:\[(?:[1-9]\d{0,8})?\])*)"
"""The brackets of arrays: another spelling of a size would give another topic0."""
_TYPE = re.compile(rf"([a-z]+)(\d{{0,3}}){_ARRAY}", re.ASCII)
_SUFFIX = re.compile(rf"{_ARRAY}(.*)", re.ASCII | re.DOTALL)
_MAX_DEPTH = 32
"""So many arrays and tuples may lie in each other: eth_abi reads each of them by a call within a call."""
_WORDS_OF_SOLIDITY = ("indexed", "memory", "calldata", "storage", "anonymous")


def parse_event(text: str) -> Event:
    """Parse a signature like ``Transfer(address indexed from,address indexed to,uint256 value)``.

    Names, and ``event`` before it, may be left out.

    Raises
    ------
    ValueError
        When it is none.
    """
    declaration = text.strip().removesuffix(";").rstrip()
    if re.search(r"\)\s*anonymous$", declaration):
        raise ValueError(f"{text!r} is an anonymous event: no topic of its event logs names it")
    match = _EVENT.fullmatch(declaration)
    if match is None:
        raise ValueError(f"{text!r} is not a signature like Transfer(address,address,uint256)")
    parameters = tuple(
        _parse_parameter(part, position) for position, part in enumerate(_split(match[2].strip()))
    )
    return _checked(Event(match[1], parameters))


def parse_abi(content: object) -> list[Event]:
    """The events of an ABI as compilers write it: a list, or an object with that list as ``abi``.

    Anonymous events are left out: no topic says which event they are.

    Raises
    ------
    ValueError
        When it is not an ABI, or has no event.
    """
    entries = content.get("abi") if isinstance(content, dict) else content
    if not isinstance(entries, list) or not all(isinstance(entry, dict) for entry in entries):
        raise ValueError("it is not an ABI: neither a list nor an object with a list as abi")
    events = [
        _checked(Event(_name(entry), tuple(_parse_inputs(entry.get("inputs")))))
        for entry in entries
        if entry.get("type") == "event" and not entry.get("anonymous")
    ]
    if not events:
        raise ValueError("it has no event, or only anonymous ones, which cannot be decoded")
    return events


def _checked(event: Event) -> Event:
    if event.topics - 1 > _MAX_INDEXED:
        raise ValueError(f"{event.signature} has more than {_MAX_INDEXED} indexed parameters")
    _check_names(event.parameters, event.signature)
    if any(_depth(item) > _MAX_DEPTH for item in event.parameters):
        raise _too_deep()
    return event


def _depth(parameter: Parameter) -> int:
    """How many arrays and tuples of a parameter lie in each other."""
    inside = 1 + max(map(_depth, parameter.components)) if parameter.components else 0
    return parameter.suffix.count("[") + inside


def _too_deep() -> ValueError:
    return ValueError(f"more than {_MAX_DEPTH} arrays and tuples lie in each other")


def _check_names(parameters: Iterable[Parameter], where: str) -> None:
    names = [item.name for item in parameters]
    if len(set(names)) != len(names):
        raise ValueError(f"{where} has two parameters of one name")
    for item in parameters:
        _check_names(item.components, item.type)


def _split(text: str) -> list[str]:
    """Split at the commas that are in no inner parentheses."""
    parts, depth = [""], 0
    for character in text:
        depth += (character == "(") - (character == ")")
        if depth < 0:
            raise ValueError(f"a parenthesis is closed that is not open: {text!r}")
        if character == "," and depth == 0:
            parts.append("")
        else:
            parts[-1] += character
    if depth:
        raise ValueError(f"a parenthesis is not closed: {text!r}")
    return [] if parts == [""] else parts


def _parse_parameter(text: str, position: int, *, depth: int = 0) -> Parameter:
    text, in_event = text.strip(), depth == 0
    components: tuple[Parameter, ...] = ()
    if text.removeprefix(TUPLE).lstrip().startswith("("):
        inside, _, rest = text.partition("(")[2].rpartition(")")
        components = tuple(
            _parse_parameter(part, place, depth=_deeper(depth)) for place, part in enumerate(_split(inside))
        )
        if not components:
            raise ValueError(f"{text!r} is a tuple of nothing")
        base, (suffix, rest) = TUPLE, _split_suffix(rest)
    else:
        kind = (text.split(maxsplit=1) or [""])[0]
        rest = text.removeprefix(kind)
        base, suffix = _parse_type(kind)
    words = rest.split()
    indexed = in_event and words[:1] == ["indexed"]
    names = words[1:] if indexed else words
    if len(names) > 1 or not all(_NAME.fullmatch(name) for name in names):
        raise ValueError(f"{text!r} is not a parameter: a type, indexed where it is, and a name")
    if names and names[0] in _WORDS_OF_SOLIDITY:
        raise ValueError(f"{names[0]!r} is not a name of a parameter: {text!r}")
    return Parameter(base, suffix, names[0] if names else f"arg{position}", indexed, components)


def _deeper(depth: int) -> int:
    if depth == _MAX_DEPTH:
        raise _too_deep()
    return depth + 1


def _split_suffix(text: str) -> tuple[str, str]:
    match = _SUFFIX.fullmatch(text)
    assert match is not None  # noqa: S101 - it matches any text
    return match[1], match[2]


def _parse_type(text: str) -> tuple[str, str]:
    """An elementary type in its full form, and the brackets behind it."""
    match = _TYPE.fullmatch(text)
    if match is None or not _is_elementary(match[1], match[2]):
        raise ValueError(f"{text!r} is not a type of an ABI")
    word, size = match[1], match[2]
    if word == "byte":
        word, size = "bytes", "1"
    return word + (size or ("256" if word in ("uint", "int") else "")), match[3]


def _is_elementary(word: str, size: str) -> bool:
    if size.startswith("0"):
        return False
    if word in ("uint", "int"):
        return not size or (int(size) % 8 == 0 and int(size) <= 256)
    if word == "bytes":
        return not size or int(size) <= 32
    return word in ("address", "bool", "string", "byte", "function") and not size


def _parse_inputs(inputs: Any, *, depth: int = 0) -> Iterator[Parameter]:
    if not isinstance(inputs, list) or not all(isinstance(item, dict) for item in inputs):
        raise ValueError("an event or a tuple of it has no list of parameters")
    for position, item in enumerate(inputs):
        kind = item.get("type")
        if not isinstance(kind, str):
            raise ValueError(f"a parameter without a type: {item!r}")
        components: tuple[Parameter, ...] = ()
        if kind.startswith(TUPLE):
            base, (suffix, rest) = TUPLE, _split_suffix(kind.removeprefix(TUPLE))
            if rest:
                raise ValueError(f"{kind!r} is not a type of an ABI")
            components = tuple(_parse_inputs(item.get("components"), depth=_deeper(depth)))
            if not components:
                raise ValueError("a tuple of nothing")
        else:
            base, suffix = _parse_type(kind)
        name = _name(item) if item.get("name") else f"arg{position}"
        yield Parameter(base, suffix, name, depth == 0 and item.get("indexed") is True, components)


def _name(entry: dict[str, Any]) -> str:
    name = entry.get("name")
    if not isinstance(name, str) or _NAME.fullmatch(name) is None:
        raise ValueError(f"{name!r} is not a name of an event or a parameter")
    return name
