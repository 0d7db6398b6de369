"""Proof that a node's answer is what the block's header commits to: pure code, no network.

    header = parse_header(raw_header)                 # its fields give its hash
    block = prove_by_receipts(header, raw_receipts)   # every byte of every event log

Input is decoded JSON-RPC, taken as untrusted: whatever is wrong with it raises UnprovenError.
"""

from ethlogs.proof.block import UNCHECKED, ProvenBlock, ProvenLog
from ethlogs.proof.header import Header, parse_header
from ethlogs.proof.keccak import keccak256
from ethlogs.proof.prove import prove_by_receipts

__all__ = [
    "UNCHECKED",
    "Header",
    "ProvenBlock",
    "ProvenLog",
    "keccak256",
    "parse_header",
    "prove_by_receipts",
]
