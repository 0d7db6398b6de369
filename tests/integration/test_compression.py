"""Topics that the broker compresses again can be read back: by the next run, and by the one that retracts."""

from __future__ import annotations

import pytest

from ethlogs_devnet import GethNode
from tests.harness.running import another_run, build_settings, run
from tests.harness.streams import Stream, assert_exactly_once, create_topic

pytestmark = pytest.mark.services


@pytest.mark.parametrize("codec", ["gzip", "snappy", "lz4", "zstd", "uncompressed"])
def test_a_stream_goes_on_whatever_its_topics_are_compressed_with(
    odd_geth: GethNode, stream: Stream, codec: str
) -> None:
    """The chain's blocks have none, many and very large event logs."""
    create_topic(stream.bootstrap, stream.topic, 3, compression_type=codec, max_message_bytes="16777216")
    create_topic(stream.bootstrap, stream.ledger, 2, cleanup_policy="compact", compression_type=codec)
    settings = build_settings(stream, odd_geth.url, start="1", blocks=3)
    run(settings).assert_done()
    run(another_run(settings, blocks=2)).assert_done()
    assert_exactly_once(stream, odd_geth.url, 1, 5)
