"""The identity of a stream: one chain, its two topics as they were when it began, and its content."""

from __future__ import annotations

from dataclasses import dataclass, replace

from ethlogs.decoding.record import DecodingRecord, describe_decoding
from ethlogs.errors import SettingsError, TopicError
from ethlogs.kafka.topics import Topic
from ethlogs.ledger import Claim, StreamIdentity
from ethlogs.selection import SelectionRecord, describe_selection
from ethlogs.settings import Abi, SelectionSettings


@dataclass(frozen=True)
class StreamTopics:
    """The stream's topics, as they were when the run began."""

    event_logs: Topic
    ledger: Topic

    def identity(self, chain_id: int, genesis_hash: str) -> StreamIdentity:
        """Return what the stream is bound to."""
        if not self.event_logs.topic_id or not self.ledger.topic_id:
            raise TopicError(
                "the brokers do not give topic ids (KIP-516), by which a topic that was deleted and created"
                " again is known",
                hint="whatever version they report: Kafka gives them from 2.8 on, where"
                " inter.broker.protocol.version is 2.8 or later too; Redpanda from 25.1 on",
            )
        return StreamIdentity(
            chain_id=chain_id,
            genesis_hash=genesis_hash,
            topic=self.event_logs.name,
            topic_id=self.event_logs.topic_id,
            ledger_topic_id=self.ledger.topic_id,
            partitions=self.event_logs.partitions,
            ledger_partitions=self.ledger.partitions,
        )


def check_identity(claim: Claim | None, now: StreamIdentity) -> None:
    """Refuse a stream that is bound to something else.

    Raises
    ------
    SettingsError
        When the chain or one of the topics is another.
    """
    if claim is None:
        return
    differences = claim.identity.differences(now)
    if differences:
        raise SettingsError(
            "this stream is bound to something else: " + "; ".join(differences),
            hint="point --node-url, --bootstrap-server and --topic at what the stream was begun with, or"
            " begin a new stream with another --topic. To start over under this name, stop its runs, delete"
            f" the topics {now.topic} and {now.topic}.ledger, and run ethlogs produce --create-topics",
        )


def check_content(claim: Claim | None, now: SelectionSettings) -> None:
    """Refuse another selection, or other ABIs, than the stream was created with.

    Raises
    ------
    SettingsError
        When they differ.
    """
    if claim is None:
        return
    selection, decoding = describe_selection(now), describe_decoding(now)
    if claim.selection != selection:
        raise SettingsError(
            f"this stream selects {_describe_selection(claim.selection)}; this command selects"
            f" {_describe_selection(selection)}",
            hint="give --address and --event as when the stream was created; another selection is another"
            " --topic",
            flag="--address" if now.addresses else "--event" if now.events else None,
        )
    if claim.decoding != decoding:
        raise SettingsError(
            f"this stream is decoded by {_describe_decoding(claim.decoding)}; this command decodes by"
            f" {_describe_decoding(decoding)}",
            hint="give --abi as when the stream was created, in the same order, with files of the same name"
            " and content; other ABIs are another --topic",
            flag="--abi" if now.abis else None,
        )


def content_of(claim: Claim, now: SelectionSettings) -> SelectionSettings:
    """Return what the stream has: by the claim, where the user does not say it.

    Raises
    ------
    SettingsError
        When the user says something else, or the claim does not list it.
    """
    content = now
    if not now.addresses and not now.events and claim.selection is not None:
        if claim.selection.addresses is None or claim.selection.events is None:
            raise _not_listed("--address and --event")
        content = replace(content, addresses=claim.selection.addresses, events=claim.selection.events)
    if not now.abis and claim.decoding is not None:
        if claim.decoding.abis is None:
            raise _not_listed("--abi")
        abis = tuple(Abi(abi.name, abi.address, abi.events) for abi in claim.decoding.abis)
        content = replace(content, abis=abis)
    check_content(claim, content)
    return content


def _not_listed(flags: str) -> SettingsError:
    return SettingsError(
        f"the stream's claim has too many entries to list them; without {flags} its content is not known",
        hint=f"give {flags} as when the stream was created",
    )


def _describe_selection(selection: SelectionRecord | None) -> str:
    if selection is None:
        return "every event log"
    if selection.addresses is None or selection.events is None:
        return f"what has the digest {selection.digest[:16]}"
    return f"{_list(selection.addresses, 'contract')} and {_list(selection.events, 'event')}"


def _list(words: tuple[str, ...], kind: str) -> str:
    if not words:
        return f"every {kind}"
    more = f" and {len(words) - 3} more" if len(words) > 3 else ""
    return f"the {kind}{'s' if len(words) > 1 else ''} {', '.join(words[:3])}{more}"


def _describe_decoding(decoding: DecodingRecord | None) -> str:
    if decoding is None:
        return "no ABI"
    digest = f"digest {decoding.digest[:16]}"
    if decoding.abis is None:
        return f"what has the {digest}"
    names = [f"{abi.address}={abi.name}" if abi.address else abi.name for abi in decoding.abis]
    return f"{', '.join(names)} ({digest})"
