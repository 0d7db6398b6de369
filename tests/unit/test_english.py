"""Docstrings, messages and documents use plain words, and none begins in the middle of a sentence."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import ethlogs

ROOT = Path(__file__).parents[2]
SOURCE = Path(ethlogs.__file__).parent

WORN_OUT = re.compile(
    r"\b(mends?|mended|(is|are) told|tells|go(es|ing)? on(?! path)|a matter of|of its own|stands? for|anew"
    r"|go(es|ing)? along|(not|was|is|are) let in)\b"
    r"|(?<!there )\b(is|are|was|were) no (?!longer|more)\w",
    re.IGNORECASE,
)
"""Words that mean too many things, and "is no" for "is not a"; each place has a plainer one."""

LEANING = re.compile(r"(Of|Else|Whose|Whom|The same|As|Also|On|By|It|They|This|That|So|From)\b")
"""A text that begins like this leans on something that the reader does not see."""

QUESTION = re.compile(r"(What|Which|Who|Why|How|Where|When|Whether)\b")
"""A function has a verb first, a module and a class a noun; only a value may be named like this."""

WRITTEN = [
    path
    for pattern in ("*.md", "docs/**/*.md", "src/**/*.py", "devnet/src/**/*.py", "tests/**/*.py", "*s/*.py")
    for path in sorted(ROOT.glob(pattern))
    if path != Path(__file__)
]


def docstrings() -> Iterator[tuple[str, ast.AST, str]]:
    """Yield the place, the node and the text of each docstring of a public name."""
    for path in sorted(SOURCE.rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text())):
            if not isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
                continue
            name = getattr(node, "name", "")
            text = ast.get_docstring(node)
            if text and not name.startswith("_"):
                yield f"{path.relative_to(SOURCE)}: {name}", node, text


def is_property(node: ast.AST) -> bool:
    """Return whether a function is read like a value."""
    return any("property" in ast.unparse(one) for one in getattr(node, "decorator_list", []))


def test_no_text_uses_a_worn_out_word() -> None:
    texts = {path: " ".join(path.read_text().split()) for path in WRITTEN}
    assert {
        str(path.relative_to(ROOT)): [text[max(0, one.start() - 40) : one.end() + 20] for one in found]
        for path, text in texts.items()
        if (found := list(WORN_OUT.finditer(text)))
    } == {}


def test_each_public_docstring_begins_with_a_verb_or_names_its_thing() -> None:
    leaning = [(place, text.splitlines()[0]) for place, _, text in docstrings() if LEANING.match(text)]
    assert leaning == []
    asking = [
        (place, text.splitlines()[0])
        for place, node, text in docstrings()
        if not is_property(node) and QUESTION.match(text)
    ]
    assert asking == []
