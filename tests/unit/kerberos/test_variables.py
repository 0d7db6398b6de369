"""Variables of the Kerberos libraries are set for a while, and then as they were."""

from __future__ import annotations

import os

import pytest

from ethlogs.kerberos.variables import set_variables


def test_variables_are_as_before_afterwards_also_after_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KRB5CCNAME", "FILE:/mine")
    monkeypatch.delenv("KRB5_CONFIG", raising=False)
    with (
        pytest.raises(ValueError, match="inside"),
        set_variables({"KRB5CCNAME": "FILE:/ours", "KRB5_CONFIG": "/etc/ours"}),
    ):
        assert (os.environ["KRB5CCNAME"], os.environ["KRB5_CONFIG"]) == ("FILE:/ours", "/etc/ours")
        raise ValueError("inside")
    assert os.environ["KRB5CCNAME"] == "FILE:/mine"
    assert "KRB5_CONFIG" not in os.environ
