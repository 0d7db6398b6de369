"""Proof that a node's answer is what the block's header commits to: pure code, no network.

    header = parse_header(raw_header)                     # its fields give its hash
    block = prove_by_receipts(header, receipts)           # every byte of every event log

    block = prove_by_block(parse_block(raw), receipts)    # from bytes: transaction hashes too

Input is a node's decoded JSON, taken as untrusted: whatever is wrong with it raises UnprovenError.
"""

from ethlogs.proof.block import EXCLUDED, UNCHECKED, ProvenBlock, ProvenLog
from ethlogs.proof.header import Header, parse_header
from ethlogs.proof.keccak import keccak256
from ethlogs.proof.prove import exclude_block, prove_by_receipts
from ethlogs.proof.prove_raw import parse_block, prove_by_block
from ethlogs.proof.raw_block import RawBlock

__all__ = [
    "EXCLUDED",
    "UNCHECKED",
    "Header",
    "ProvenBlock",
    "ProvenLog",
    "RawBlock",
    "exclude_block",
    "keccak256",
    "parse_block",
    "parse_header",
    "prove_by_block",
    "prove_by_receipts",
]
