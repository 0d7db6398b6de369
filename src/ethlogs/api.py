"""The small Python API: a block's transactions and event logs, for notebooks and scripts.

>>> import ethlogs
>>> from web3 import Web3
>>> w3 = Web3(Web3.HTTPProvider("http://localhost:8545"))          # doctest: +SKIP
>>> ethlogs.getTransactionsInBlock(w3, "latest")                    # doctest: +SKIP
>>> ethlogs.produceAllEventLogs(w3, "latest", producer, "my_topic") # doctest: +SKIP
"""

from __future__ import annotations

import contextlib
import json
import time
import warnings
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, cast

from hexbytes import HexBytes
from kafka import KafkaProducer

from ethlogs.cancellation import StopSwitch
from ethlogs.errors import KafkaUnavailableError, SettingsError, TopicError
from ethlogs.kafka.errors import mapped_errors, run_with_limit
from ethlogs.kafka.internals import has_metadata_since
from ethlogs.node import BlockLookup, BlockSource, Node
from ethlogs.node.block_name import method_of, not_found, to_block_name
from ethlogs.node.contact_errors import mapped_contact_errors
from ethlogs.node.lookup import read_transactions
from ethlogs.node.rpc import RawAnswer, parse_answer
from ethlogs.notify import Notify
from ethlogs.proof import prove_by_receipts
from ethlogs.settings import NodeSettings, ProofSettings, SelectionSettings
from ethlogs.stream.block import BlockEncoder

if TYPE_CHECKING:
    # Loading web3 takes longer than fetching and proving a block.
    from web3 import Web3

_FLUSH_SECONDS = 60.0
_TOPIC_SECONDS = 5.0
"""Brokers that create topics by themselves do so when they are asked for one, within a second or two."""
_WEB3 = "of web3"


def _ignore(_notice: str) -> None:
    """Whoever calls from Python without a place for notices gets the errors alone."""


class HexJsonEncoder(json.JSONEncoder):
    """Encodes what web3 returns: bytes as 0x-prefixed hex, mappings as objects.

    >>> json.dumps({"hash": HexBytes("0x0102")}, cls=HexJsonEncoder)
    '{"hash": "0x0102"}'
    """

    def default(self, o: Any) -> Any:
        """Encode what the standard encoder does not know."""
        if isinstance(o, bytes | bytearray):
            return HexBytes(o).to_0x_hex()
        if isinstance(o, Mapping):
            return dict(o)
        return super().default(o)


def fetch_event_logs(
    settings: NodeSettings,
    block: str,
    proof: ProofSettings = ProofSettings(),  # noqa: B008 - frozen
    notify: Notify = _ignore,
    selection: SelectionSettings = SelectionSettings(),  # noqa: B008 - frozen
) -> list[bytes]:
    """A block's event logs, proven, selected and encoded as on Kafka.

    Parameters
    ----------
    block : a height as hex, a block hash, or a tag like ``latest``.
    notify : is given what a user should know, for example that a header's hash was not checked.

    Raises
    ------
    BlockNotFoundError, UnprovenError, NodeUnavailableError, NodeRefusedError
    """
    stop = StopSwitch()
    with _connected(settings, stop, notify) as node:
        source = BlockSource(node, proof, settings.patience_seconds, stop, notify)
        lookup = BlockLookup(node, settings.patience_seconds, stop, notify)
        proven = lookup.fetch(source, block).block
        encoder = BlockEncoder(node.identity.chain_id, selection)
        return [record.value for record in encoder.encode(proven).records]


def fetch_transactions(settings: NodeSettings, block: str, notify: Notify = _ignore) -> list[dict[str, Any]]:
    """A block's transactions, as the node gives them.

    Raises
    ------
    BlockNotFoundError, NodeUnavailableError, NodeRefusedError
    """
    stop = StopSwitch()
    with _connected(settings, stop, notify) as node:
        lookup = BlockLookup(node, settings.patience_seconds, stop, notify)
        return lookup.fetch_transactions(block)


def getTransactionsInBlock(w3: Web3, block: int | str | bytes = "latest") -> list[dict[str, Any]]:  # noqa: N802
    """A block's transactions, with JSON-RPC's names and hex values.

    Parameters
    ----------
    w3 : a connected web3 instance; its provider is used without its formatters, which cost more than
        the request.
    block : a height, a block hash, or a tag.

    Raises
    ------
    SettingsError
        When ``block`` does not name one.
    BlockNotFoundError, NodeUnavailableError, NodeRefusedError
    """
    name = _block_name(block)
    return read_transactions(_ask(w3, method_of(name), name, True), name, _WEB3)


def produceAllEventLogs(  # noqa: N802
    w3: Web3,
    block: int | str | bytes,
    producer: KafkaProducer,
    topic: str,
    *,
    unchecked_headers: bool = False,
) -> int:
    """Prove a block's event logs and produce them with a producer of your own; returns how many.

    The records are those of the event-log topic. There is no transaction and no ledger: for exactly
    once, use ``ethlogs produce``. Returns after every record was acknowledged.

    Parameters
    ----------
    unchecked_headers : accept a header with a field that this version does not know, whose hash cannot be
        checked. A UserWarning says so each time.

    Raises
    ------
    SettingsError
        When ``block`` does not name one.
    BlockNotFoundError, UnprovenError, NodeUnavailableError, NodeRefusedError
        When the block cannot be had or proven; nothing is produced then.
    TopicError
        When the topic does not exist; nothing is produced then.
    KafkaUnavailableError, DeliveryError, NotAuthorizedError
        When a record was not acknowledged.
    """
    name = _block_name(block)
    header = _ask(w3, method_of(name), name, False)
    if not isinstance(header, dict):
        raise not_found(name, _WEB3)
    receipts = _ask(w3, "eth_getBlockReceipts", header.get("hash"))
    chain_id = int(_ask(w3, "eth_chainId"), 16)
    proven = prove_by_receipts(header, receipts, unchecked_headers=unchecked_headers)
    for remark in proven.remarks:
        warnings.warn(f"block {proven.number}: {remark}", stacklevel=2)
    records = BlockEncoder(chain_id, SelectionSettings()).encode(proven).records
    _require_topic(producer, topic)
    with mapped_errors(f"producing to {topic}"):
        futures = [producer.send(topic, key=key, value=value) for key, value in records]
        producer.flush(timeout=_FLUSH_SECONDS)
        for future in futures:
            future.get(timeout=0)
    return len(records)


def _require_topic(producer: KafkaProducer, topic: str) -> None:
    """Fail within seconds for a missing topic: kafka-python's send waits a minute for each record."""
    begun = time.monotonic()
    try:
        with mapped_errors(f"looking for the topic {topic}"):
            run_with_limit(
                lambda: producer.partitions_for(topic), _TOPIC_SECONDS, f"looking for the topic {topic}"
            )
    except KafkaUnavailableError as exc:
        if not has_metadata_since(producer, begun):
            raise
        raise TopicError(
            f"the topic {topic} does not exist",
            hint=f"create it: kafka-topics --create --topic {topic} --bootstrap-server HOST:PORT",
        ) from exc


@contextlib.contextmanager
def _connected(settings: NodeSettings, stop: StopSwitch, notify: Notify) -> Iterator[Node]:
    with contextlib.closing(Node(settings, stop, notify)) as node:
        node.connect()
        yield node


def _ask(w3: Web3, method: str, *params: Any) -> Any:
    # Not with the texts of requests and web3: these repeat the URL, with the token that may be in it.
    with mapped_contact_errors(_WEB3):
        response = w3.provider.make_request(cast(Any, method), params)
    # web3 numbers its requests itself, and its provider has seen to whose answer this is
    answer = {key: value for key, value in response.items() if key != "id"}
    raw = RawAnswer(json.dumps(answer, cls=HexJsonEncoder).encode())
    return parse_answer(raw, method, _WEB3).result


def _block_name(block: int | str | bytes) -> str:
    # The one tag that means a block which no stream may have.
    if block == "pending":
        return "pending"
    try:
        return to_block_name(block)
    except ValueError as exc:
        raise SettingsError(
            str(exc), hint="give a height, a block hash as 0x and 64 hex digits, or a tag like latest"
        ) from None
