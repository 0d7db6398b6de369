"""Secrets in URLs of channels and package indexes."""

from __future__ import annotations

import pytest

from ethlogs.environment.redact import redact


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://conda.example/t/tk-1-a/ours", "https://conda.example/t/…/ours"),
        ("https://ada:hunter2@pypi.example/simple", "https://…@pypi.example/simple"),
        ("https://ada:hunt@er@2@pypi.example/simple", "https://…@pypi.example/simple"),
        ("https://ada:hunter/2@pypi.example/simple", "https://…@pypi.example/simple"),
        ("git+https://a.example:8443/x.git@v1", "git+https://a.example:8443/x.git@v1"),
        ("https://a.example/b https://u:p@c.example/d@1", "https://a.example/b https://…@c.example/d@1"),
        ("fetch of https://token@a.example/b failed", "fetch of https://…@a.example/b failed"),
        ("https://a.example/x.whl?token=abc&b=1", "https://a.example/x.whl?token=…&b=1"),
        ("x @ https://a.example/p@1.0/x.whl", "x @ https://a.example/p@1.0/x.whl"),
        ("https://conda.anaconda.org/conda-forge", "https://conda.anaconda.org/conda-forge"),
    ],
)
def test_a_secret_is_replaced_and_the_rest_stays(text: str, shown: str) -> None:
    assert redact(text) == shown
