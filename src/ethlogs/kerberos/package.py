"""The Python package gssapi, which not every installation has."""

from __future__ import annotations

from importlib.util import find_spec

from ethlogs.errors import SettingsError


def require_gssapi() -> None:
    """Refuse to continue without the package.

    Raises
    ------
    SettingsError
        With the line that installs it.
    """
    if find_spec("gssapi") is None:
        raise SettingsError(
            "Kafka is reached with a Kerberos ticket (sasl.mechanism=GSSAPI), and the Python package gssapi"
            " is not installed here",
            hint="pip install 'ethlogs[kerberos]' (it needs gcc and libkrb5-dev), or conda install"
            " -c conda-forge python-gssapi",
        )
