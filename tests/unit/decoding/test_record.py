"""What the claim says of a stream's ABIs."""

from __future__ import annotations

from ethlogs.decoding.record import LISTED, describe_decoding
from ethlogs.settings import Abi, SelectionSettings

ONE, TWO = Abi("one", None, ("A()",)), Abi("two", "0x" + "11" * 20, ("B()",))


def test_without_abis_the_claim_has_none() -> None:
    assert describe_decoding(SelectionSettings(("0x" + "11" * 20,))) is None


def test_each_abi_is_there_with_its_contract_and_events() -> None:
    record = describe_decoding(SelectionSettings(abis=(ONE, TWO)))
    assert record is not None
    assert record.abis is not None
    assert [(abi.name, abi.address, abi.events) for abi in record.abis] == [
        ("one", None, ("A()",)),
        ("two", "0x" + "11" * 20, ("B()",)),
    ]


def test_the_order_counts() -> None:
    records = [describe_decoding(SelectionSettings(abis=abis)) for abis in ((ONE, TWO), (TWO, ONE))]
    assert records[0] != records[1]


def test_a_long_list_leaves_its_digest() -> None:
    many = Abi("many", None, tuple(f"E{number}()" for number in range(LISTED + 1)))
    record = describe_decoding(SelectionSettings(abis=(many,)))
    assert record is not None
    assert (record.abis, len(record.digest)) == (None, 64)
