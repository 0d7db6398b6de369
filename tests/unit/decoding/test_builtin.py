"""The built-in ABIs never change: records of streams that exist name them."""

from __future__ import annotations

from hashlib import sha256

from ethlogs.decoding.builtin import BUILTIN
from ethlogs.decoding.signature import parse_event

FROZEN = {
    "erc20": "699407f84466cc1881a6857ddf841d82737970f4a7b04bf08d9c5b6a3774934f",
    "erc721": "e193bd48c99bfe41b23e1d2fa3d56db62592564af59c6ae30b2446736ab3f41a",
    "erc1155": "be237aa281ac0e62097869860935421af5c74b112133577cde89c5196cd3dc34",
    "uniswap-v2": "65ec33b7a3325f3dd5f01553f4f67d2a5c8e97e4056397b722a77565af00b013",
    "uniswap-v3": "81820179d7e0e5790c6b945220414ff16dd69a5062e14c3671a71d601d1e9480",
}


def test_the_built_in_abis_are_what_they_always_were() -> None:
    assert {
        name: sha256("\n".join(events).encode()).hexdigest() for name, events in BUILTIN.items()
    } == FROZEN


def test_each_event_is_there_in_its_full_form() -> None:
    for events in BUILTIN.values():
        assert [parse_event(text).text for text in events] == list(events)
