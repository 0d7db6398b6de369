"""The patience of Hadoop's clients: they report an absent service sooner than after their 15 minutes."""

from __future__ import annotations

from typing import Any

IMPATIENT = {
    "ipc.client.connect.max.retries": "3",
    "ipc.client.connect.max.retries.on.timeouts": "1",
    "ipc.client.connect.timeout": "10000",
    "ipc.client.connect.retry.interval": "500",
    "ipc.client.rpc-timeout.ms": "60000",
    "dfs.client.retry.policy.enabled": "false",
    "dfs.client.failover.max.attempts": "4",
    "dfs.client.block.write.locateFollowingBlock.retries": "3",
    "yarn.resourcemanager.connect.max-wait.ms": "10000",
    "yarn.resourcemanager.connect.retry-interval.ms": "1000",
    "yarn.client.failover-max-attempts": "4",
}


def impatient(jvm: Any, configuration: Any) -> Any:
    """Return a copy of a configuration with these limits: that of the driver's Spark stays as it is."""
    copy = jvm.org.apache.hadoop.conf.Configuration(configuration)
    for name, value in IMPATIENT.items():
        copy.set(name, value)
    return copy
