"""keccak-256 is Ethereum's, which pads differently from SHA3-256."""

from __future__ import annotations

import hashlib

import pytest

from ethlogs.proof.keccak import keccak256


@pytest.mark.parametrize(
    ("data", "digest"),
    [
        (b"", "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"),
        (b"abc", "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45"),
    ],
)
def test_the_hash_is_that_of_the_published_vectors(data: bytes, digest: str) -> None:
    assert keccak256(data).hex() == digest
    assert hashlib.sha3_256(data).hexdigest() != digest
