"""The Python packages that not every environment has, and that a run needs."""

from __future__ import annotations

from ethlogs.kafka.client_config import codec_of
from ethlogs.kafka.codecs import PACKAGES
from ethlogs.settings import KafkaSettings, KerberosSettings
from ethlogs.settings.metrics import Address


def needed_packages(
    kafka: KafkaSettings, kerberos: KerberosSettings | None, metrics_listen: Address | None = None
) -> dict[str, str]:
    """Return each package's import name, with what it is needed for."""
    needed = {}
    codec = codec_of(kafka)
    if codec is not None and codec in PACKAGES:
        needed[PACKAGES[codec]] = f"compression by {codec}"
    if kerberos is not None:
        needed["gssapi"] = "a driver with a Kerberos ticket"
    if metrics_listen is not None:
        needed["prometheus_client"] = "--metrics-listen"
    return needed
