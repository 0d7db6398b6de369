// Produces the event logs of blocks 1 to LAST to a Kafka topic, then ends.
//
//     node processor.js NODE_URL BOOTSTRAP TOPIC LAST
"use strict";

const { EvmBatchProcessor } = require("@subsquid/evm-processor");
const { Kafka, logLevel } = require("kafkajs");

const RECORDS_AT_ONCE = 1000;
const [nodeUrl, bootstrap, topic, lastBlock] = process.argv.slice(2);
const last = Number(lastBlock);

// The processor wants a database that knows its position; a new stream has none, and nothing is resumed.
const noDatabase = {
  supportsHotBlocks: false,
  connect: async () => ({ height: -1, hash: "0x" }),
  transact: async (_range, work) => work({}),
};

function toRecord(header, log) {
  const value = {
    address: log.address,
    topics: log.topics,
    data: log.data,
    blockNumber: header.height,
    blockHash: header.hash,
    blockTimestamp: header.timestamp,
    transactionHash: log.transactionHash,
    transactionIndex: log.transactionIndex,
    logIndex: log.logIndex,
  };
  return { key: log.address, value: JSON.stringify(value) };
}

async function main() {
  const producer = new Kafka({ brokers: [bootstrap], logLevel: logLevel.ERROR }).producer();
  await producer.connect();
  const processor = new EvmBatchProcessor()
    .setRpcEndpoint({ url: nodeUrl, capacity: 10, maxBatchCallSize: 100 })
    .setFinalityConfirmation(0)
    .setBlockRange({ from: 1, to: last })
    .setFields({ log: { transactionHash: true } })
    .addLog({});
  processor.run(noDatabase, async ({ blocks }) => {
    const records = blocks.flatMap((block) => block.logs.map((log) => toRecord(block.header, log)));
    for (let first = 0; first < records.length; first += RECORDS_AT_ONCE) {
      await producer.send({ topic, messages: records.slice(first, first + RECORDS_AT_ONCE) });
    }
    if (blocks.some((block) => block.header.height >= last)) {
      await producer.disconnect();
      process.exit(0);
    }
  });
}

main();
