"""A codec that this Python does not have is named before anything is written or read."""

from __future__ import annotations

import importlib.util

import pytest

from ethlogs.cancellation import StopSwitch
from ethlogs.errors import SettingsError
from ethlogs.kafka.codecs import PACKAGES, require_codec
from ethlogs.kafka.writer import TransactionalWriter
from ethlogs.settings import KafkaSettings


@pytest.fixture
def without_packages(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every codec's package is installed where the tests run."""
    find = importlib.util.find_spec
    missing = PACKAGES.values()
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name in missing else find(name))


@pytest.mark.parametrize("codec", [*PACKAGES, "gzip", "producer", "uncompressed", None])
def test_a_codec_that_is_installed_passes(codec: str | None) -> None:
    require_codec(codec, "batches are compressed")


@pytest.mark.parametrize("codec", PACKAGES)
@pytest.mark.usefixtures("without_packages")
def test_a_missing_package_is_named_with_what_installs_it(codec: str) -> None:
    said = f"by {codec}, and this Python has no package {PACKAGES[codec]}"
    with pytest.raises(SettingsError, match=said) as caught:
        require_codec(codec, "batches are compressed")
    assert f"pip install 'kafka-python[{codec}]'" in str(caught.value.hint)


@pytest.mark.usefixtures("without_packages")
def test_a_producer_without_its_codec_is_refused_before_it_connects() -> None:
    with pytest.raises(SettingsError, match="batches are compressed by lz4"):
        TransactionalWriter(KafkaSettings("127.0.0.1:9"), "ethlogs:logs:follower", StopSwitch())
