"""Which services a devnet has, as a command line asks for it."""

from __future__ import annotations

from dataclasses import dataclass

from ethlogs_devnet.kerberos.settings import DAY_SECONDS


@dataclass(frozen=True)
class DevnetOptions:
    """The chain's length and live head, and what there is besides geth and Kafka; see Devnet."""

    blocks: int = 30
    block_seconds: float = 0.0
    yarn: bool = False
    livy: bool = False
    kerberos: bool = False
    ticket_seconds: int = DAY_SECONDS
