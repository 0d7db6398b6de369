"""A selection as a user gives it, and as it travels."""

from __future__ import annotations

from pathlib import Path

import pytest

from ethlogs.errors import SettingsError
from ethlogs.settings import SelectionOptions, SelectionSettings
from ethlogs.submission.selection import check_selection

TRANSFER = "0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef"
USDC = "0xA0b86991c6218b36c1d19D4a2e9Eb0cE3606eB48"


def test_addresses_and_events_get_one_form_each_once_in_one_order() -> None:
    options = SelectionOptions(
        ("0x" + "bb" * 20, USDC, USDC.lower(), "0x" + "BB" * 20),
        (
            "Transfer(address indexed from,address indexed to,uint256 value)",
            TRANSFER.upper().replace("X", "x"),
        ),
    )
    assert check_selection(options) == SelectionSettings((USDC.lower(), "0x" + "bb" * 20), (TRANSFER,))


def test_the_content_of_a_file_travels_and_not_its_path(tmp_path: Path) -> None:
    contracts, events = tmp_path / "contracts", tmp_path / "events"
    contracts.write_text(f"# stablecoins\n{USDC}  # USDC\n\n0x{'bb' * 20}\n")
    events.write_text("Transfer(address,address,uint256)\n")
    settings = check_selection(SelectionOptions((f"@{contracts}",), (f"@{events}",)))
    assert settings == SelectionSettings((USDC.lower(), "0x" + "bb" * 20), (TRANSFER,))


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (SelectionOptions(("0x12",)), "--address: '0x12' is not an address"),
        (SelectionOptions((USDC.replace("A0b", "a0b"),)), "does not have the checksum of EIP-55"),
        (SelectionOptions(("@/nowhere",)), "--address /nowhere cannot be read: No such file"),
        (SelectionOptions(("@",)), "--address @: the file's name is missing"),
        (SelectionOptions((), ("0x1234",)), "--event: '0x1234' is not a topic0"),
        (SelectionOptions((), ("Transfer",)), "--event: 'Transfer' is not a signature like"),
    ],
)
def test_what_is_wrong_is_named_with_its_flag(options: SelectionOptions, message: str) -> None:
    with pytest.raises(SettingsError) as caught:
        check_selection(options)
    assert message in str(caught.value)
    assert caught.value.flag == message.split()[0].rstrip(":") or "checksum" in message


def test_a_wrong_line_of_a_file_is_named_with_its_number(tmp_path: Path) -> None:
    (tmp_path / "list").write_text(f"{USDC}\nUSDC\n")
    with pytest.raises(SettingsError, match=r"--address: line 2 of .*list: 'USDC' is not an address"):
        check_selection(SelectionOptions((f"@{tmp_path / 'list'}",)))


def test_a_file_without_entries_does_not_select_everything(tmp_path: Path) -> None:
    (tmp_path / "list").write_text("# none yet\n")
    with pytest.raises(SettingsError, match="the file has no entry"):
        check_selection(SelectionOptions((f"@{tmp_path / 'list'}",)))


def test_a_byte_order_mark_does_not_hide_the_first_entry(tmp_path: Path) -> None:
    (tmp_path / "list").write_bytes(b"\xef\xbb\xbf" + USDC.encode() + b"\r\n")
    assert check_selection(SelectionOptions((f"@{tmp_path / 'list'}",))).addresses == (USDC.lower(),)


@pytest.mark.parametrize("content", ["[" * 100_000, '{"abi":' * 100_000])
def test_an_abi_that_is_nested_without_end_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "abi.json").write_text(content)
    with pytest.raises(SettingsError, match=r"--abi .*abi\.json cannot be used"):
        check_selection(SelectionOptions(abis=(str(tmp_path / "abi.json"),)))


def test_a_signature_may_be_longer_than_the_name_of_a_file() -> None:
    signature = f"Order({','.join(f'uint256 a_parameter_with_a_long_name_{n}' for n in range(20))})"
    (abi,) = check_selection(SelectionOptions(abis=(signature,))).abis
    assert (abi.name, abi.events) == ("signature", (signature,))
    with pytest.raises(SettingsError, match="is not a file, a signature"):
        check_selection(SelectionOptions(abis=("x" * 5000,)))
