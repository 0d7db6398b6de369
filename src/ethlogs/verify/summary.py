"""How far a verification came and what it found, as JSON and in sentences."""

from __future__ import annotations

from dataclasses import asdict, dataclass, field
from typing import Any

from ethlogs.errors import DeadlineError, EthlogsError, ExitStatus, InterruptedRunError
from ethlogs.proof import UNCHECKED


@dataclass
class Verification:
    """How far it came, and what it found; names as in ``--json``."""

    topic: str
    ledgerTopic: str  # noqa: N815 - the names of the public JSON
    offline: bool
    firstBlock: int | None = None  # noqa: N815
    lastBlock: int | None = None  # noqa: N815
    blocks: int = 0
    logs: int = 0
    expiredBlocks: int = 0  # noqa: N815
    expiredFirst: int | None = None  # noqa: N815
    expiredLast: int | None = None  # noqa: N815
    gaps: list[tuple[int, int]] = field(default_factory=list)
    proofs: dict[str, int] = field(default_factory=dict)
    """How many blocks were proven in which way; with ``offline``, by what the ledger says."""
    differences: dict[str, int] = field(default_factory=dict)
    seconds: float = 0.0
    exitStatus: int = ExitStatus.DONE  # noqa: N815

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
        return {"verdict": self.verdict, **asdict(self), "logsPerSecond": rate}


def with_standing(exc: EthlogsError, summary: Verification) -> EthlogsError:
    """The error of a verification that was ended early, with how far it came."""
    found = sum(summary.differences.values())
    standing = (
        f"{summary.blocks} of the blocks {summary.firstBlock} to {summary.lastBlock} were compared,"
        f" {found or 'no'} difference{'' if found == 1 else 's'} found"
    )
    if summary.firstBlock is None:
        standing = "no block was compared yet"
    hint = "nothing was written; --from goes on at a later block"
    if isinstance(exc, InterruptedRunError):
        return InterruptedRunError(f"{exc}; {standing}", signal_number=exc.exit_status - 128, hint=hint)
    return DeadlineError(f"{exc}; {standing}", hint=hint)


def format_verification(summary: Verification) -> list[str]:
    """The verdict for a person, one sentence each."""
    sentences = [
        f"--allow-gap left out blocks {first} to {last}: they were not produced"
        for first, last in summary.gaps
    ]
    if summary.firstBlock is None:
        return [*sentences, "the ledger has no block of the range: nothing was compared"]
    blocks = f"{summary.blocks:,} blocks, {summary.logs:,} event logs, {summary.seconds:.1f} seconds"
    heights = f"blocks {summary.firstBlock} to {summary.lastBlock}"
    if summary.differences:
        counts = ", ".join(f"{count} {kind}" for kind, count in sorted(summary.differences.items()))
        total = sum(summary.differences.values())
        sentences.append(
            f"{heights} differ: {total} difference{'' if total == 1 else 's'} ({counts}) in {blocks}"
        )
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
