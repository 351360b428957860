/**
 * The simulated gateway behind a relay that looks at every message as it passes, in one process with one clock:
 * how long after the tick that an order rests on did the order arrive? Prints `{"port":N}`; for each line on its
 * standard input, the latencies since the last one as a JSON array of ms.
 */
import { readFileSync } from 'node:fs';
import { connect, createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { parse } from 'yaml';
import { gatewayConfigSchema } from '../../src/gateway/config.ts';
import { startGateway } from '../../src/gateway/start.ts';
import { messages } from './messages.ts';

const barsPerSecond = Number(process.argv[2]);
const root = fileURLToPath(new URL('../..', import.meta.url));
const shipped = gatewayConfigSchema.parse(parse(readFileSync(`${root}config/gateway.yaml`, 'utf8')));
const gateway = await startGateway({
  port: 0,
  config: {
    ...shipped,
    instruments: shipped.instruments.filter(({ symbol }) => symbol === 'SP500'),
    dataFolders: [`${root}node_modules/vega-datasets/data`],
  },
  speed: 23_400 * barsPerSecond,
  log: { info: () => undefined, warn: () => undefined, error: () => undefined },
});

const HISTORY_UPDATE = '90';
const TICK_STRING = '46';
const LAST_TIMESTAMP = '45';
const PLACE_ORDER = '3';
const DAY_SECONDS = 86_400;

let latencies: number[] = [];

function relay(client: Socket): void {
  const upstream = connect(gateway.port, '127.0.0.1').setNoDelay(true);
  client.setNoDelay(true);
  const newest = new Map<string, number>();
  /** When the bar before the present one was told to have closed, and its end in market time. */
  let closed: { at: number; end: number; isProven: boolean } | null = null;
  let lastTrade = 0;
  const fromGateway = messages(0, ([kind, reqId = '', third = '', fourth = '']) => {
    const now = performance.now();
    if (kind === HISTORY_UPDATE) {
      const time = /^\d{8}$/.test(fourth)
        ? Date.UTC(Number(fourth.slice(0, 4)), Number(fourth.slice(4, 6)) - 1, Number(fourth.slice(6))) /
          1_000
        : Number(fourth);
      const before = newest.get(reqId);
      newest.set(reqId, time);
      if (before === undefined || time <= before) return;
      const end = before + DAY_SECONDS;
      closed = { at: now, end, isProven: lastTrade >= end };
    } else if (kind === TICK_STRING && third === LAST_TIMESTAMP) {
      lastTrade = Number(fourth);
      // A decision waits for a trade after the bar: the later of the two is the tick that it rests on.
      if (closed !== null && !closed.isProven && lastTrade >= closed.end)
        closed = { ...closed, at: now, isProven: true };
    }
  });
  // The greeting: "API\0", a length, and "v100..193".
  const fromClient = messages(17, ([kind]) => {
    if (kind !== PLACE_ORDER || closed === null) return;
    latencies.push(performance.now() - closed.at);
    closed = null;
  });
  client.on('data', (chunk: Buffer) => {
    fromClient(chunk);
    upstream.write(chunk);
  });
  upstream.on('data', (chunk: Buffer) => {
    client.write(chunk);
    fromGateway(chunk);
  });
  for (const [one, other] of [
    [client, upstream],
    [upstream, client],
  ] as const) {
    one.on('error', () => undefined);
    one.on('close', () => other.destroy());
  }
}

const server = createServer(relay);
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('expected a TCP address');
  process.stdout.write(`${JSON.stringify({ port: address.port })}\n`);
});
createInterface(process.stdin).on('line', () => {
  process.stdout.write(`${JSON.stringify(latencies)}\n`);
  latencies = [];
});
