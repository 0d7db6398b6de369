"""Every fault, in the order of docs/faults.md."""

from __future__ import annotations

from tests.harness.faults import of_kafka, of_the_chain, of_the_driver, of_the_node
from tests.harness.faults.fault import Fault

FAULTS: tuple[Fault, ...] = (
    *of_the_driver.FAULTS,
    *of_kafka.FAULTS,
    *of_the_node.FAULTS,
    *of_the_chain.FAULTS,
)
LONG = (
    ("disk full", "the broker's, and that of the run's folder"),
    ("three brokers", "the transaction's coordinator killed, replication factor 3, min.insync.replicas 2"),
    ("clock moved", "the driver's, an hour forward and back while it runs"),
)
LEFT_OUT = (
    (
        "loss of power",
        "acks=all is what a broker's page cache has; that the disk has it is the replicas' business, and a"
        " machine cannot be switched off here",
    ),
    (
        "a network that loses or delays packets by themselves",
        "the rows with cut, late and lost answers are what TCP makes of it",
    ),
    (
        "a topic deleted and created again, or repartitioned",
        "the run ends for good, with status 3: tests/integration/test_changed_topics.py",
    ),
    (
        "a container of YARN killed",
        "tests/integration/yarn has it; the attempt that YARN starts is played here without YARN",
    ),
)
