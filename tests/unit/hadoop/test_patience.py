"""Hadoop's clients give up sooner than by their defaults; the configuration is a fake of Java's."""

from __future__ import annotations

from types import SimpleNamespace

from ethlogs.hadoop.patience import IMPATIENT, impatient


class FakeConfiguration:
    """Hadoop's Configuration, as far as it is used."""

    def __init__(self, other: FakeConfiguration | None = None) -> None:
        self.values: dict[str, str] = dict(other.values) if other is not None else {}

    def set(self, name: str, value: str) -> None:
        self.values[name] = value


def test_the_limits_are_set_on_a_copy() -> None:
    hadoop = SimpleNamespace(hadoop=SimpleNamespace(conf=SimpleNamespace(Configuration=FakeConfiguration)))
    jvm = SimpleNamespace(org=SimpleNamespace(apache=hadoop))
    own = FakeConfiguration()
    own.set("fs.defaultFS", "hdfs://cluster")
    copy = impatient(jvm, own)
    assert copy.values == {"fs.defaultFS": "hdfs://cluster", **IMPATIENT}
    assert own.values == {"fs.defaultFS": "hdfs://cluster"}
