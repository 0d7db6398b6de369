"""Proof that a node's answer is what the block's header commits to: pure code, no network.

    header = parse_header(raw_header)                 # its fields give its hash
    block = prove_by_receipts(header, raw_receipts)   # every byte of every event log
    block = prove_by_bloom(header, raw_logs)          # smaller answers, a weaker proof

Input is decoded JSON-RPC, taken as untrusted: whatever is wrong with it raises UnprovenError.
"""

from ethlogs.proof.block import ProvenBlock, ProvenLog
from ethlogs.proof.header import Header, check_header_hash, header_hash, parse_header
from ethlogs.proof.keccak import keccak256
from ethlogs.proof.prove import prove_by_bloom, prove_by_receipts

__all__ = [
    "Header",
    "ProvenBlock",
    "ProvenLog",
    "check_header_hash",
    "header_hash",
    "keccak256",
    "parse_header",
    "prove_by_bloom",
    "prove_by_receipts",
]
