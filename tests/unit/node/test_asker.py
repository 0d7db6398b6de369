"""Asking a node once: nothing is tried again, on whichever thread it is asked."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest

from ethlogs.errors import NodeUnavailableError
from tests.unit.local_node import Reply, local_node
from tests.unit.node.test_json_blocks import without
from tests.unit.node.test_raw_blocks import HEIGHT, answering, source_of


def test_an_early_block_whose_receipts_come_one_by_one_asks_for_each_once() -> None:
    """They are asked for on threads of their own, and the node goes away meanwhile."""
    answers = without("eth_getBlockReceipts")
    away = Reply(status=503)
    with local_node(answering(answers)) as served, source_of(served) as (source, node, notices):
        served.respond = answering(answers | {"eth_getTransactionReceipt": away})
        with pytest.raises(NodeUnavailableError, match="503"):
            source.fetch_early(HEIGHT)
        asked: Counter[Any] = Counter(
            request["params"][0]
            for request in served.requests
            if request["method"] == "eth_getTransactionReceipt"
        )
    assert set(asked.values()) == {1}
    assert (node.retries, notices) == (0, [])
