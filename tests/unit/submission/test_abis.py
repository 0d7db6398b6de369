"""ABIs as a user gives them, and as they travel."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from ethlogs.decoding.builtin import BUILTIN
from ethlogs.errors import SettingsError
from ethlogs.settings import Abi
from ethlogs.submission.abis import check_abis

USDC = "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48"
PAUSE = [{"type": "event", "name": "Pause", "inputs": [{"name": "by", "type": "address", "indexed": True}]}]


def test_an_abi_is_a_name_a_file_or_a_signature_and_may_be_of_one_contract(tmp_path: Path) -> None:
    path = tmp_path / "usdc.json"
    path.write_text(json.dumps(PAUSE))
    assert check_abis(["erc20", f"{USDC}={path}", "Sync(uint112,uint112)", f"{USDC.lower()}=erc721"]) == (
        Abi("erc20", None, BUILTIN["erc20"]),
        Abi("usdc.json", USDC.lower(), ("Pause(address indexed by)",)),
        Abi("signature", None, ("Sync(uint112 arg0,uint112 arg1)",)),
        Abi("erc721", USDC.lower(), BUILTIN["erc721"]),
    )


@pytest.mark.parametrize(
    ("value", "message"),
    [
        ("erc777", "--abi 'erc777' is not a file, a signature like .*, or one of erc20, erc721"),
        ("Sync(uint7)", "--abi: 'uint7' is not a type of an ABI"),
        ("0x12=erc20", "--abi: '0x12' is not an address"),
    ],
)
def test_what_is_no_abi_is_refused(value: str, message: str) -> None:
    with pytest.raises(SettingsError, match=message) as caught:
        check_abis([value])
    assert caught.value.flag == "--abi"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        ("", "it is not JSON"),
        ("{", "it is not JSON"),
        ("[]", "it has no event"),
        ('"text"', "it is not an ABI"),
        ('[{"type":"event"}]', "None is not a name"),
        ('[{"type":"event","name":"X","inputs":[],"anonymous":true}]', "only anonymous ones"),
    ],
)
def test_a_file_that_is_no_abi_is_named_with_the_reason(tmp_path: Path, content: str, reason: str) -> None:
    (tmp_path / "a.json").write_text(content)
    with pytest.raises(SettingsError, match=rf"--abi .*a\.json cannot be used: .*{reason}"):
        check_abis([str(tmp_path / "a.json")])
