"""The summary of a verification, as JSON and in sentences: its extent and its differences."""

from __future__ import annotations

from typing import Any

import msgspec

from ethlogs.counted import counted
from ethlogs.errors import DeadlineError, EthlogsError, ExitStatus, InterruptedRunError
from ethlogs.proof import UNCHECKED


class Verification(msgspec.Struct, rename="camel"):
    """The extent and the result of a verification; in ``--json`` the names are in camel case."""

    topic: str
    ledger_topic: str
    offline: bool
    first_block: int | None = None
    last_block: int | None = None
    blocks: int = 0
    logs: int = 0
    expired_blocks: int = 0
    expired_first: int | None = None
    expired_last: int | None = None
    gaps: list[tuple[int, int]] = msgspec.field(default_factory=list)
    proofs: dict[str, int] = msgspec.field(default_factory=dict)
    """How many blocks were proven in which way; with ``offline``, by what the ledger says."""
    differences: dict[str, int] = msgspec.field(default_factory=dict)
    seconds: float = 0.0
    exit_status: int = int(ExitStatus.DONE)

    @property
    def unchecked_blocks(self) -> int:
        """How many blocks have a header whose hash was not checked."""
        return sum(blocks for proof, blocks in self.proofs.items() if proof.endswith(UNCHECKED))

    @property
    def verdict(self) -> str:
        """One word for scripts."""
        if self.differences:
            return "different"
        if self.offline:
            return "consistent"
        return "unchecked" if self.unchecked_blocks else "proven"

    def to_dict(self) -> dict[str, Any]:
        """The summary as a JSON object."""
        rate = round(self.logs / self.seconds, 1) if self.seconds else 0.0
        return {"verdict": self.verdict, **msgspec.to_builtins(self), "logsPerSecond": rate}


def with_standing(exc: EthlogsError, summary: Verification) -> EthlogsError:
    """The error of a verification that was ended early, with how far it came."""
    found = sum(summary.differences.values())
    standing = (
        f"{summary.blocks} of the blocks {summary.first_block} to {summary.last_block} were compared,"
        f" {found or 'no'} difference{'' if found == 1 else 's'} found"
    )
    if summary.first_block is None:
        standing = "no block was compared yet"
    hint = "nothing was written; --from continues at a later block"
    if isinstance(exc, InterruptedRunError):
        return InterruptedRunError(f"{exc}; {standing}", signal_number=exc.exit_status - 128, hint=hint)
    return DeadlineError(f"{exc}; {standing}", hint=hint)


def format_verification(summary: Verification) -> list[str]:
    """The verdict for a person, one sentence each."""
    sentences = [
        f"--allow-gap left out blocks {first} to {last}: they were not produced"
        for first, last in summary.gaps
    ]
    if summary.first_block is None:
        return [*sentences, "the ledger has no block of the range: nothing was compared"]
    blocks = f"{summary.blocks:,} blocks, {summary.logs:,} event logs, {summary.seconds:.1f} seconds"
    heights = f"blocks {summary.first_block} to {summary.last_block}"
    if summary.differences:
        counts = ", ".join(f"{count} {kind}" for kind, count in sorted(summary.differences.items()))
        total = sum(summary.differences.values())
        sentences.append(f"{heights} differ: {counted(total, 'difference')} ({counts}) in {blocks}")
    elif summary.offline:
        sentences.append(f"{heights} agree with their ledger, the chain was not asked: {blocks}")
    elif summary.unchecked_blocks:
        sentences.append(f"{heights} agree with the node, but not all of them are proven: {blocks}")
    else:
        sentences.append(f"{heights} are proven by {' and '.join(sorted(summary.proofs))}: {blocks}")
    if summary.unchecked_blocks:
        sentences.append(
            f"the header's hash was not checked for {summary.unchecked_blocks:,} of {summary.blocks:,} blocks"
            " (--unchecked-headers): they are what the node says"
        )
    return sentences
