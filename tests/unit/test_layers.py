"""Modules import downward only, and at their top."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

import ethlogs
import ethlogs_devnet

PRODUCT = Path(ethlogs.__file__).parent
DEVNET = Path(ethlogs_devnet.__file__).parent

# Lowest first. Parts of one layer know nothing of each other.
LAYERS = (
    ("errors", "one_line"),
    (
        *("settings", "backoff", "cancellation", "notify", "proof", "heights", "root_cause", "counted"),
        *("repeated", "processes", "private_files", "host_names", "krb5_conf"),
    ),
    ("decoding", "temporary"),
    ("selection",),
    ("event_log", "ledger"),
    ("run",),
    ("node", "kafka", "spark", "hadoop", "livy", "environment", "kerberos"),
    ("stream",),
    ("follow", "fold", "smoketest", "submission", "api"),
    ("doctor", "backfill"),
    ("verify", "metrics", "status", "__init__"),
    ("job_requests",),
    ("notebook",),
    ("driver", "cli"),
    ("launch", "__main__"),
)
LEVEL = {part: level for level, parts in enumerate(LAYERS) for part in parts}

# Slow to load and not needed by every command, or optional.
INSIDE_FUNCTIONS = {
    ("__init__.py", "ethlogs.api"),
    ("__init__.py", "ethlogs.notebook"),
    ("__main__.py", "ethlogs.cli.main.main"),
    ("cli/running.py", "ethlogs.doctor.first_look.look_first"),
    ("cli/version.py", "ethlogs.spark.submit.find_spark_submit"),
    ("submission/identity.py", "ethlogs.kerberos.keeper.kept_ticket"),
    ("driver/services.py", "ethlogs.kerberos.keeper.kept_ticket"),
    ("node/transport.py", "ethlogs.node.web_socket_transport.WebSocketTransport"),
    ("backfill/task.py", "ethlogs.kerberos.worker_ticket.hold_ticket"),
    ("decoding/decoder.py", "ethlogs.decoding.dynamic.decode_values"),
    ("driver/services.py", "ethlogs.metrics.driver_metrics.serve_run_metrics"),
    ("spark/context.py", "pyspark.SparkContext"),
    ("kafka/principal.py", "cryptography.x509"),
    ("kafka/principal.py", "gssapi"),
    ("kafka/principal.py", "gssapi.raw.misc.GSSError"),
    ("kafka/stores.py", "ethlogs.kafka.java_store.open_java_store"),
    ("kerberos/spnego.py", "gssapi"),
    ("kerberos/spnego.py", "gssapi.raw.misc.GSSError"),
    ("kerberos/users_ticket.py", "gssapi"),
    ("kerberos/users_ticket.py", "gssapi.raw.misc.GSSError"),
    ("environment/archive.py", "conda_pack"),
    ("environment/install.py", "rattler"),
    ("submission/proxy_user.py", "cryptography.x509"),
    ("proof/keccak.py", "eth_hash.auto.keccak"),
    ("proof/keccak.py", "eth_hash.backends.pysha3"),
}
# For the type checker alone.
FOR_TYPES = {
    ("__init__.py", "ethlogs.api.HexJsonEncoder"),
    ("__init__.py", "ethlogs.api.getTransactionsInBlock"),
    ("__init__.py", "ethlogs.api.produceAllEventLogs"),
    *(("__init__.py", f"ethlogs.notebook.{name}") for name in ("Run", "attach", "runs", "submit")),
    ("api.py", "web3.Web3"),
    ("kafka/stores.py", "ethlogs.kafka.java_store.JavaStore"),
}

Imports = set[tuple[str, str]]


def is_type_checking(node: ast.AST) -> bool:
    return isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING"


def imports_of(tree: ast.AST, where: str = "top") -> Iterator[tuple[str, str]]:
    """Each import as where it is (top, function or types) and its full name."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import):
            yield from ((where, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, "imports are absolute"
            yield from ((where, f"{node.module}.{alias.name}") for alias in node.names)
        elif is_type_checking(node):
            yield from imports_of(node, "types")
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield from imports_of(node, "function")
        else:
            yield from imports_of(node, where)


@cache
def imports_in(folder: Path, wanted: str) -> Imports:
    """The imports at one kind of place, as file and full name."""
    return {
        (str(path.relative_to(folder)), name)
        for path in sorted(folder.rglob("*.py"))
        for where, name in imports_of(ast.parse(path.read_text()))
        if where == wanted
    }


def module_file(name: str) -> str:
    """The file, relative to the package, that an import of ``name`` needs."""
    parts = name.split(".")[1:]
    while parts:
        path = Path(*parts)
        if (PRODUCT / path).with_suffix(".py").is_file():
            return f"{path}.py"
        if (PRODUCT / path / "__init__.py").is_file():
            return f"{path}/__init__.py"
        parts.pop()
    return "__init__.py"


def part_of(file: str) -> str:
    return Path(file).parts[0].removesuffix(".py")


OWN = sorted(
    (file, module_file(name)) for file, name in imports_in(PRODUCT, "top") if name.startswith("ethlogs.")
)


def test_every_module_has_a_layer() -> None:
    parts = {part_of(str(path.relative_to(PRODUCT))) for path in PRODUCT.rglob("*.py")}
    assert parts == LEVEL.keys()


@pytest.mark.parametrize(("importer", "imported"), OWN)
def test_a_module_imports_from_below_or_from_its_own_package(importer: str, imported: str) -> None:
    above, below = part_of(importer), part_of(imported)
    assert above == below or LEVEL[below] < LEVEL[above]


def test_no_two_modules_need_each_other() -> None:
    graph: dict[str, set[str]] = {}
    for importer, imported in OWN:
        if Path(importer).parent != Path(imported).parent or Path(imported).name != "__init__.py":
            graph.setdefault(importer, set()).add(imported)
    assert len(list(TopologicalSorter(graph).static_order())) >= len(graph)


def test_imports_are_at_the_top_of_a_module() -> None:
    assert imports_in(PRODUCT, "function") == INSIDE_FUNCTIONS


def test_imports_for_the_type_checker_are_few() -> None:
    assert imports_in(PRODUCT, "types") == FOR_TYPES


@pytest.mark.parametrize(("folder", "foreign"), [(PRODUCT, "ethlogs_devnet"), (DEVNET, "ethlogs")])
def test_the_product_and_its_devnet_do_not_know_each_other(folder: Path, foreign: str) -> None:
    names = {name for where in ("top", "function", "types") for _, name in imports_in(folder, where)}
    assert names
    assert not {name for name in names if name.split(".")[0] == foreign}
