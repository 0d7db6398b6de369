"""Puts the pages of the project's root that docs/ links to into the web site, below project/."""

from __future__ import annotations

import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[1]
LINK = re.compile(r"\]\(([^)#\s]+)")


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add each file of the project outside of docs/ that a page links to."""
    for page in list(files.documentation_pages()):
        for link in LINK.findall(page.content_string):
            place = outside(Path(config.docs_dir, page.src_uri).parent, link)
            if place is not None and files.get_file_from_path(f"project/{place}") is None:
                text = (ROOT / place).read_text()
                files.append(File.generated(config, f"project/{place}", content=text))
    return files


def on_page_markdown(markdown: str, page: Page, config: MkDocsConfig, files: Files) -> str:
    """Turn links between docs/ and the root of the project into links within the site."""
    source = page.file.src_uri
    if source.startswith("project/"):
        # the pages of the root link to docs/, and to what the site does not have
        return re.sub(r"\]\(docs/", "](../", unlinked(markdown, files))
    folder = Path(config.docs_dir, source).parent
    up = "../" * source.count("/")

    def within(link: re.Match[str]) -> str:
        place = outside(folder, link[1])
        return link[0] if place is None else f"]({up}project/{place}"

    return LINK.sub(within, markdown)


def outside(folder: Path, link: str) -> str | None:
    """Return the place of a linked file from the root of the project, where it is not in docs/."""
    if "://" in link:
        return None
    target = (folder / link).resolve()
    inside = target.is_relative_to(ROOT / "docs") or not target.is_file()
    return None if inside else str(target.relative_to(ROOT))


def unlinked(markdown: str, files: Files) -> str:
    """Return the text with plain words in place of links to files that the site does not have."""

    def keep(link: re.Match[str]) -> str:
        name = link[2].partition("#")[0]
        known = files.get_file_from_path(f"project/{name}") or files.get_file_from_path(
            name.removeprefix("docs/")
        )
        return link[0] if "://" in name or known else link[1]

    return re.sub(r"\[([^\]]+)\]\(([^)\s]+)\)", keep, markdown)
