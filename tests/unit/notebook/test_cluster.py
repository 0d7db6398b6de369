"""A notebook's access to the cluster. tests/integration/yarn opens it for real."""

from __future__ import annotations

import pytest

from ethlogs.errors import SettingsError
from ethlogs.notebook.cluster import ClusterAccess
from ethlogs.settings import KerberosOptions


def test_a_machine_without_a_cluster_is_not_sent_to_an_option_of_the_command_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for variable in ("HADOOP_CONF_DIR", "YARN_CONF_DIR"):
        monkeypatch.delenv(variable, raising=False)
    access = ClusterAccess(KerberosOptions(), None, None, None)
    with pytest.raises(SettingsError, match="neither HADOOP_CONF_DIR nor") as caught, access.opened():
        pass
    assert "--master" not in (caught.value.hint or "")
    assert "The run is on YARN" in (caught.value.hint or "")
