"""What the documentation lists is all that there is."""

from __future__ import annotations

import json
import re
import shlex
from pathlib import Path
from typing import Any

import msgspec
import pytest

from ethlogs.decoding.builtin import BUILTIN
from ethlogs.decoding.decoder import Decoder
from ethlogs.decoding.record import describe_decoding
from ethlogs.errors import ExitStatus
from ethlogs.event_log import ALWAYS, FIELDS, Record, encode_retraction
from ethlogs.ledger import CLAIM_KEY, BlockRecord, Claim, parse_ledger_record
from ethlogs.metrics.families import Seen, build_families
from ethlogs.metrics.run_collector import RunCollector
from ethlogs.proof import EXCLUDED
from ethlogs.run.journal import Journal
from ethlogs.selection import describe_selection
from ethlogs.settings import Abi, SelectionSettings
from ethlogs.verify import Kind
from tests.unit.cli.calls import COMMANDS, parsed
from tests.unit.samples import BLOCK

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("*/README.md")])
CONTENT = SelectionSettings(
    ("0xa0b86991c6218b36c1d19d4a2e9eb0ce3606eb48",),
    ("0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef",),
    (Abi("erc20", None, BUILTIN["erc20"]),),
)
"""The stream of the page's examples."""


def first_cells(page: str) -> list[str]:
    """What stands between backquotes at the beginning of each row of the page's tables."""
    return re.findall(r"^\| `([^`]+)`", (ROOT / page).read_text(), re.MULTILINE)


@pytest.mark.parametrize("page", ["docs/verify.md", "docs/when-something-differs.md"])
def test_every_difference_that_verify_can_find_is_described(page: str) -> None:
    listed = [name for name in first_cells(page) if not name.startswith("-")]
    assert listed == [kind.value for kind in Kind]


def test_every_exit_status_is_described() -> None:
    cells = re.findall(r"^\| ([\d, ]+) \|", (ROOT / "docs/exit-statuses.md").read_text(), re.MULTILINE)
    assert {int(number) for cell in cells for number in cell.split(", ")} == set(ExitStatus)


def commands_of(page: Path) -> list[str]:
    """The commands of ethlogs in the blocks of a page, without what a shell does with them."""
    text = re.sub(r"\\\n\s*", "", page.read_text())
    fenced = "\n".join(re.findall(r"^```(?:console|sh)?\n(.*?)^```", text, re.MULTILINE | re.DOTALL))
    blocks = [*re.findall(r"^ {4}.*$", text, re.MULTILINE), *re.findall(r"^\$ .*$", fenced, re.MULTILINE)]
    found = [re.search(r"(?:^ {4}|^\$ |bin/|&& |-- )ethlogs +([^-].*)", line) for line in blocks]
    return [re.split(r" *(?:\||>|&&|#|…)", one[1])[0] for one in found if one]


COMMANDS_OF_DOCS = [
    pytest.param(text, id=f"{page.name}: {text}") for page in PAGES for text in commands_of(page)
]


@pytest.mark.parametrize("text", COMMANDS_OF_DOCS)
def test_every_command_of_the_documents_is_one_that_ethlogs_takes(text: str) -> None:
    plain = re.sub(r"\$\(.*?\)|\b(A|B|FIRST|TIP\+1)(?= |$)", "7", text)
    name, *arguments = shlex.split(plain.replace("/etc/ethlogs/", f"{ROOT}/examples/"))
    with parsed(COMMANDS[name], arguments):
        pass


def test_the_documents_have_commands_to_check() -> None:
    assert len(COMMANDS_OF_DOCS) > 40


def anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as its readers' programs make them."""
    headings = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w -]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pytest.mark.parametrize("page", [pytest.param(page, id=str(page.relative_to(ROOT))) for page in PAGES])
def test_every_link_leads_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text()):
        name, _, anchor = link.partition("#")
        if "://" in link:
            continue
        target = page.parent / name if name else page
        assert target.exists(), link
        assert not anchor or anchor in anchors(target), link


def test_the_index_lists_every_page() -> None:
    index = (ROOT / "docs/index.md").read_text()
    pages = {path.name for path in (ROOT / "docs").glob("*.*")} - {"index.md"}
    assert {name for name in pages if f"({name})" not in index} == set()


def section(page: str, heading: str) -> str:
    """The text below a heading, up to the next one."""
    return (ROOT / page).read_text().split(f"## {heading}\n")[1].split("\n## ")[0]


def samples(text: str) -> list[dict[str, Any]]:
    """The JSON objects among the indented blocks of a page."""
    blocks = re.findall(r"(?:^    .*\n)+", text, re.MULTILINE)
    return [json.loads(block) for block in blocks if block.lstrip().startswith("{")]


def test_the_table_of_an_event_logs_fields_is_that_of_the_encoder() -> None:
    rows = [
        line for line in section("docs/data-on-kafka.md", "The event-log topic").splitlines() if "| `" in line
    ]
    assert rows == [f"| `{field.name}` | {field.kind} | {field.source} |" for field in FIELDS]


def test_the_sample_of_an_event_log_has_its_fields_in_their_order() -> None:
    sample, _ = samples(section("docs/data-on-kafka.md", "The event-log topic"))
    assert list(sample) == [field.name for field in ALWAYS]
    assert [type(sample[field.name]) for field in ALWAYS] == [field.type for field in ALWAYS]


def test_the_sample_of_a_retraction_is_what_the_product_writes() -> None:
    plain, retraction = (
        json.dumps(sample, separators=(",", ":"), ensure_ascii=False).encode()
        for sample in samples(section("docs/data-on-kafka.md", "The event-log topic"))
    )
    assert encode_retraction(Record(b"", plain)).value == retraction


def test_the_sample_of_a_decoded_event_log_is_what_the_product_writes() -> None:
    (sample,) = samples(section("docs/data-on-kafka.md", "Decoded event logs"))
    assert list(sample) == [field.name for field in FIELDS]
    decoder = Decoder([Abi("erc20", None, BUILTIN["erc20"])])
    decoded = decoder.decode(sample["address"].lower(), sample["topics"], sample["data"])
    assert decoded is not None
    assert json.dumps(sample["decoded"]) == json.dumps(json.loads(bytes(decoded)))


def test_the_sample_of_a_claim_is_what_the_product_writes() -> None:
    (sample,) = samples(section("docs/data-on-kafka.md", "Claims"))
    value = json.dumps(sample).encode()
    claim = parse_ledger_record(CLAIM_KEY, value, "the page")
    assert isinstance(claim, Claim)
    assert json.dumps(sample) == json.dumps(json.loads(claim.encode()))
    assert claim.selection == describe_selection(CONTENT)
    assert claim.decoding == describe_decoding(CONTENT)


def test_the_samples_of_ledger_records_are_what_the_product_writes() -> None:
    found = samples(section("docs/data-on-kafka.md", "The ledger"))
    excluded = msgspec.structs.replace(
        BLOCK,
        block_number=101,
        block_hash="0xb2",
        parent_hash="0xb1",
        block_timestamp=1_760_000_024,
        transactions=None,
        logs=None,
        produced=0,
        proof=EXCLUDED,
        offsets={},
        ranges=((100, 101),),
        stream_blocks=2,
    )
    assert [json.dumps(sample) for sample in found] == [
        json.dumps(json.loads(record.encode())) for record in (BLOCK, excluded)
    ]


def test_every_field_of_a_block_record_and_of_a_claim_is_described_in_its_order() -> None:
    page = section("docs/data-on-kafka.md", "The ledger") + section("docs/data-on-kafka.md", "Claims")
    cells = re.findall(r"^\| (`.*?) \|", page, re.MULTILINE)
    listed = [name for cell in cells for name in re.findall(r"`([^`]+)`", cell)]
    block, claim = (
        [field.encode_name for field in msgspec.structs.fields(kind)] for kind in (BlockRecord, Claim)
    )
    assert listed == [*block, *(name for name in claim if name != "format")]


def test_every_metric_of_the_exporter_is_described_by_its_own_help() -> None:
    rows = [line for line in section("docs/monitoring.md", "Metrics").splitlines() if line.startswith("| `")]
    assert rows == [
        f"| `{family.name}{'_total' * (family.type == 'counter')}` | {family.type} | {family.documentation} |"
        for family in build_families(Seen("0.1.0"))
    ]


def test_every_metric_of_a_driver_is_described_by_its_own_help() -> None:
    text = section("docs/monitoring.md", "A driver's own metrics")
    rows = [line for line in text.splitlines() if line.startswith("| `")]
    families = RunCollector(Journal("a-run", 1, lambda _snapshot: None), "logs").collect()
    assert rows == [
        f"| `{family.name}{'_total' * (family.type == 'counter')}` | {family.type} | {family.documentation} |"
        for family in families
    ]


def test_every_module_that_a_recipe_names_is_there() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text()
    named = set(re.findall(r"`([\w/]+(?:\.py|/))`", text))
    assert len(named) > 15
    places = (ROOT, ROOT / "src" / "ethlogs")
    assert {name for name in named if not any((place / name).exists() for place in places)} == set()
