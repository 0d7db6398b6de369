"""The way of a first notebook: a receipt for each transaction, a record for each event log.

python benchmarks/notebook.py NODE_URL BOOTSTRAP TOPIC BLOCKS
"""

from __future__ import annotations

import json
import sys
from typing import Any

from hexbytes import HexBytes
from kafka import KafkaProducer
from web3 import Web3


def main(node_url: str, bootstrap: str, topic: str, blocks: int) -> None:
    """Produce the event logs of blocks 1 to ``blocks``."""
    web3 = Web3(Web3.HTTPProvider(node_url))
    producer = KafkaProducer(bootstrap_servers=bootstrap)
    for height in range(1, blocks + 1):
        transactions: Any = web3.eth.get_block(height)["transactions"]
        for transaction in transactions:
            for log in web3.eth.get_transaction_receipt(transaction)["logs"]:
                producer.send(topic, json.dumps(dict(log), default=_to_json).encode())
    producer.flush()
    producer.close()


def _to_json(value: object) -> object:
    if isinstance(value, bytes):
        return HexBytes(value).to_0x_hex()
    raise TypeError(type(value).__name__)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4]))
