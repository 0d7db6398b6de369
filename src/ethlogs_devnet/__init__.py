"""A real geth, a real Kafka and a real Hadoop on this machine, for demos, tests and benchmarks.

with Devnet(folder, blocks=30) as devnet:
    devnet.geth.commit_block(SMALL_PLAN)
    subprocess.run(["ethlogs", ...], env={**os.environ, **devnet.environment()})
"""

from ethlogs_devnet.devnet import Devnet
from ethlogs_devnet.errors import DevnetError, MissingToolError, NodeRpcError, NodeUnreachableError
from ethlogs_devnet.genesis import ChainSpec
from ethlogs_devnet.geth import GethNode
from ethlogs_devnet.hadoop import HadoopCluster
from ethlogs_devnet.kafka import KafkaBroker
from ethlogs_devnet.kafka_cluster import KafkaCluster
from ethlogs_devnet.kafka_rights import Right
from ethlogs_devnet.kafka_secure import SecureKafka
from ethlogs_devnet.kafka_secure_settings import Way
from ethlogs_devnet.kdc import Kdc
from ethlogs_devnet.live_head import LiveHead
from ethlogs_devnet.plans import (
    DEFAULT_PLAN,
    EMPTY_PLAN,
    SMALL_PLAN,
    BlockPlan,
    Kind,
    Step,
    logs_in,
    plan_of_large_log,
    plan_of_logs,
)

__all__ = [
    "DEFAULT_PLAN",
    "EMPTY_PLAN",
    "SMALL_PLAN",
    "BlockPlan",
    "ChainSpec",
    "Devnet",
    "DevnetError",
    "GethNode",
    "HadoopCluster",
    "KafkaBroker",
    "KafkaCluster",
    "Kdc",
    "Kind",
    "LiveHead",
    "MissingToolError",
    "NodeRpcError",
    "NodeUnreachableError",
    "Right",
    "SecureKafka",
    "Step",
    "Way",
    "logs_in",
    "plan_of_large_log",
    "plan_of_logs",
]
