"""A missing right is named in Kafka's words, with the line that grants it."""

from __future__ import annotations

import pytest

from ethlogs.errors import NotAuthorizedError
from ethlogs.kafka.rights import READER, WRITER, missing_right, missing_transaction_right, require_rights
from ethlogs.settings import KafkaSettings


@pytest.mark.parametrize("operations", [WRITER, WRITER | {"DELETE"}, {"ALL"}, set()])
def test_a_topic_with_the_rights_needed_or_that_does_not_say_passes(operations: set[str]) -> None:
    require_rights("logs", frozenset(operations), WRITER)


def test_each_missing_right_is_named_as_kafka_acls_spells_it() -> None:
    with pytest.raises(NotAuthorizedError, match="DESCRIBE_CONFIGS and no WRITE on the topic logs") as caught:
        require_rights("logs", READER, WRITER)
    assert "--operation DescribeConfigs --operation Write --topic logs" in str(caught.value.hint)


def test_the_right_to_transactions_is_granted_for_all_ids_of_the_stream() -> None:
    error = missing_transaction_right("ethlogs:logs:slot-7")
    assert "the transactional id ethlogs:logs:slot-7" in str(error)
    assert "--transactional-id ethlogs:logs: --resource-pattern-type prefixed" in str(error.hint)


def test_the_line_names_the_principal_and_the_brokers_where_they_are_known() -> None:
    client = (
        ("security.protocol", "SASL_SSL"),
        ("sasl.mechanism", "PLAIN"),
        ("sasl.plain.username", "ada lovelace"),
    )
    error = missing_right("logs", ["READ"])
    assert error.of_client(KafkaSettings("k:9093", client)).hint == (
        "kafka-acls --bootstrap-server k:9093 --command-config ADMIN.properties --add"
        " --allow-principal 'User:ada lovelace' --operation Read --topic logs"
    )
    assert "--allow-principal User:NAME " in str(error.hint)
