"""Each module has its test where its name says, or an entry that says which test covers it."""

from __future__ import annotations

from pathlib import Path

import ethlogs

ROOT = Path(__file__).parents[2]
SOURCE = Path(ethlogs.__file__).parent
UNIT = ROOT / "tests" / "unit"

COVERED_BY = {
    # runs from Python, with a fake driver, and on a real cluster
    "job_requests.py": "unit/notebook/test_run.py",
    "notebook/here.py": "unit/notebook/test_run.py",
    "notebook/look.py": "unit/notebook/test_run.py",
    "notebook/on_yarn.py": "integration/yarn/test_notebook.py",
    "notebook/starting.py": "unit/notebook/test_run.py",
    "submission/ending.py": "integration/yarn/test_attempts.py",
    "submission/local_keeper.py": "unit/notebook/test_run.py",
    # a backfill as a whole, on real services and on Spark
    "backfill/run.py": "integration/test_backfill.py",
    "settings/backfill.py": "unit/cli/test_backfill.py",
    # the command line, called as a whole with fakes of what it starts
    "__main__.py": "unit/cli/test_process.py",
    "cli/application.py": "integration/yarn/test_attempts.py",
    "cli/blocks.py": "unit/test_api.py",
    "cli/command.py": "unit/cli/test_config_file.py",
    "cli/origin.py": "unit/cli/test_wrong_settings.py",
    "cli/exporter.py": "integration/test_exporter.py",
    "cli/pack.py": "integration/test_pack.py",
    "cli/running.py": "unit/cli/test_launching.py",
    "cli/say.py": "unit/cli/test_produce.py",
    "cli/smoketest.py": "unit/cli/test_launching.py",
    "cli/tail.py": "integration/yarn/test_runs.py",
    "cli/verify.py": "integration/test_verify.py",
    "settings/command.py": "unit/settings/test_catalogue.py",
    "settings/output.py": "unit/settings/test_catalogue.py",
    "settings/run.py": "unit/settings/test_codec.py",
    "decoding/compiled.py": "unit/decoding/test_decoder.py",
    "decoding/dynamic.py": "unit/decoding/test_decoder.py",
    "settings/selection.py": "unit/submission/test_selection.py",
    "settings/stream.py": "unit/settings/test_codec.py",
    "settings/submission.py": "unit/spark/test_yarn.py",
    # real nodes, brokers, clusters and realms
    "doctor/job.py": "integration/test_doctor.py",
    "kafka/brokers.py": "unit/doctor/test_kafka.py",
    "hadoop/client.py": "integration/yarn/test_runs.py",
    "kafka/java_store.py": "integration/test_secured_kafka.py",
    "kafka/stores.py": "integration/test_secured_kafka.py",
    "kerberos/keeper.py": "integration/test_kerberos.py",
    "kerberos/service_tickets.py": "integration/test_kerberos.py",
    "kerberos/spnego.py": "integration/test_secured_yarn.py",
    "kerberos/users_ticket.py": "integration/test_secured_yarn.py",
    "kerberos/worker_ticket.py": "integration/test_kerberos.py",
    "launch/ethlogs_driver.py": "integration/test_produce_command.py",
    "smoketest.py": "integration/test_produce_command.py",
    "submission/console.py": "unit/cli/test_launching.py",
    "submission/hdfs_keytab.py": "integration/test_secured_yarn.py",
    "submission/launch.py": "unit/cli/test_launching.py",
    "submission/launch_local.py": "unit/cli/test_launching.py",
    "submission/shipping.py": "unit/submission/test_yarn.py",
    "verify/chain.py": "integration/test_verify.py",
    "verify/compare.py": "unit/verify/test_walk.py",
    "verify/ledger_scan.py": "unit/verify/test_ledger_checks.py",
    "verify/run.py": "integration/test_verify.py",
    "verify/topic_scan.py": "integration/test_verify_reader.py",
    "run/context.py": "unit/driver/test_main.py",
    "follow/batch.py": "unit/follow/test_pipeline.py",
    "kafka/reading.py": "integration/test_range.py",
    "settings/job.py": "unit/driver/test_jobs.py",
    # one test for several modules that are one thing
    "environment/archive.py": "unit/environment/test_spec.py",
    "environment/check.py": "unit/environment/test_spec.py",
    "environment/pack.py": "unit/environment/test_local_files.py",
    "environment/pip.py": "unit/environment/test_local_files.py",
    "environment/condarc_files.py": "unit/environment/test_condarc.py",
    "kafka/no_contact.py": "integration/test_no_contact.py",
    "node/block_fetcher.py": "unit/node/test_raw_blocks.py",
    "node/channel.py": "unit/node/test_web_socket_transport.py",
    "node/tcp.py": "unit/node/test_web_socket_transport.py",
    "node/web_socket_channel.py": "unit/node/test_web_socket_transport.py",
    "node/fetched_block.py": "unit/node/test_raw_blocks.py",
    "notify.py": "unit/run/test_journal.py",
    "proof/block.py": "unit/proof/test_prove.py",
    "proof/header_hash.py": "unit/proof/test_header.py",
    "proof/header_layouts.py": "unit/proof/test_recorded_blocks.py",
    "proof/receipt_layouts.py": "unit/proof/test_recorded_blocks.py",
    "proof/receipts.py": "unit/proof/test_trie.py",
    "proof/seals.py": "unit/proof/test_recorded_blocks.py",
}


def modules() -> set[Path]:
    """All modules, relative to the package; an ``__init__`` holds nothing to test."""
    found = {path.relative_to(SOURCE) for path in SOURCE.rglob("*.py")}
    return {path for path in found if path.name != "__init__.py"}


def own_test(module: Path) -> Path:
    """Where a module's own test is."""
    return UNIT / module.parent / f"test_{module.stem}.py"


def test_each_module_has_its_test_or_says_which_one_covers_it() -> None:
    untested = {str(module) for module in modules() if not own_test(module).is_file()}
    assert untested - COVERED_BY.keys() == set(), "write tests/unit/<package>/test_<module>.py"
    assert COVERED_BY.keys() - untested == set(), "these are gone, or have their own test now"


def test_each_covering_test_is_there() -> None:
    assert {path for path in COVERED_BY.values() if not (ROOT / "tests" / path).is_file()} == set()
