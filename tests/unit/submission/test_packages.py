"""What a run needs of its environment, by what it is asked for."""

from __future__ import annotations

import pytest

from ethlogs.settings import KafkaSettings, KerberosSettings
from ethlogs.settings.metrics import Address
from ethlogs.submission.packages import needed_packages

UNCOMPRESSED = KafkaSettings("k:1", (("compression.type", "none"),))


def test_a_run_needs_the_packages_of_what_it_is_asked_for_alone() -> None:
    assert needed_packages(UNCOMPRESSED, None) == {}
    assert needed_packages(UNCOMPRESSED, KerberosSettings("ethlogs@A", "a.keytab")).keys() == {"gssapi"}
    assert needed_packages(UNCOMPRESSED, None, Address("127.0.0.1", 9735)).keys() == {"prometheus_client"}


@pytest.mark.parametrize(
    ("client", "package"),
    [
        ((), "lz4"),
        ((("compression.type", "zstd"),), "zstandard"),
        ((("compression_type", "snappy"),), "snappy"),
        ((("compression.type", "gzip"),), None),
    ],
)
def test_a_run_needs_the_package_of_its_codec(
    client: tuple[tuple[str, str], ...], package: str | None
) -> None:
    needed = needed_packages(KafkaSettings("k:1", client), None)
    assert list(needed) == ([package] if package else [])
