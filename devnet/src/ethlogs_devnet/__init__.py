"""A real geth, a real Kafka and a real Hadoop on this machine, for demos, tests and benchmarks.

with Devnet(folder, blocks=30) as devnet:
    devnet.geth.commit_block(SMALL_PLAN)
    subprocess.run(["ethlogs", ...], env={**os.environ, **devnet.environment()})
"""

from ethlogs_devnet.anvil.node import AnvilNode
from ethlogs_devnet.devnet import Devnet
from ethlogs_devnet.errors import DevnetError, MissingToolError, NodeRpcError, NodeUnreachableError
from ethlogs_devnet.geth.finality import Finality
from ethlogs_devnet.geth.genesis import ChainSpec
from ethlogs_devnet.geth.live_head import LiveHead
from ethlogs_devnet.geth.node import GethNode
from ethlogs_devnet.geth.plans import (
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
from ethlogs_devnet.hadoop.cluster import HadoopCluster
from ethlogs_devnet.kafka.broker import KafkaBroker
from ethlogs_devnet.kafka.cluster import KafkaCluster
from ethlogs_devnet.kafka.rights import Right
from ethlogs_devnet.kafka.secure import SecureKafka
from ethlogs_devnet.kafka.secure_cluster import SecureKafkaCluster
from ethlogs_devnet.kafka.secure_settings import Way
from ethlogs_devnet.kerberos.kdc import Kdc
from ethlogs_devnet.livy.server import LivyServer

__all__ = [
    "DEFAULT_PLAN",
    "EMPTY_PLAN",
    "SMALL_PLAN",
    "AnvilNode",
    "BlockPlan",
    "ChainSpec",
    "Devnet",
    "DevnetError",
    "Finality",
    "GethNode",
    "HadoopCluster",
    "KafkaBroker",
    "KafkaCluster",
    "Kdc",
    "Kind",
    "LiveHead",
    "LivyServer",
    "MissingToolError",
    "NodeRpcError",
    "NodeUnreachableError",
    "Right",
    "SecureKafka",
    "SecureKafkaCluster",
    "Step",
    "Way",
    "logs_in",
    "plan_of_large_log",
    "plan_of_logs",
]
