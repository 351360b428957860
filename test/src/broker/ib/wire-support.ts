import { connect, createServer, type Server, type Socket } from 'node:net';
import { type Actor, createActor, waitFor } from 'xstate';
import type {
  ConnectionEmitted,
  ConnectionTiming,
} from '../../../../machines/connection/connection.events.ts';
import {
  type ConnectionMachine,
  connectionStatus,
  createConnectionMachine,
} from '../../../../machines/connection/connection.machine.ts';
import type { ReadyFacts } from '../../../../machines/connection/connection.ports.ts';
import type { ConnectionStatus } from '../../../../machines/connection/connection.status.ts';
import type { Instrument } from '../../../../machines/domain/instrument.ts';
import { noPrices, type OrderIntent } from '../../../../machines/domain/order.ts';
import { createIbBroker, type IbBroker } from '../../../../src/broker/ib/ib-broker.ts';
import type { Log } from '../../../../src/broker/ib/log.ts';
import { gatewayConfigSchema } from '../../../../src/gateway/config.ts';
import { type RunningGateway, startGateway } from '../../../../src/gateway/start.ts';

/** Synthetic markets, played fast in one session's hours: a share by minutes, one by days, and a future. */
export const market = gatewayConfigSchema.parse({
  marketStart: '2026-01-05',
  account: { rates: { EUR: 1.1 } },
  speed: 60,
  instruments: [
    { symbol: 'ORCL', source: { synthetic: { timeframe: '1m', days: 30, historyDays: 10 } } },
    { symbol: 'DAILY', source: { synthetic: { timeframe: '1d' } } },
    {
      symbol: 'ESTX50',
      secType: 'FUT',
      exchange: 'EUREX',
      currency: 'EUR',
      expiry: '2026-03-20',
      multiplier: 10,
      minTick: 1,
      source: { synthetic: { timeframe: '1m', days: 30, historyDays: 10, startPrice: 5000 } },
    },
  ],
});

export const startMarket = (options: { port?: number; stateFile?: string } = {}): Promise<RunningGateway> =>
  startGateway({
    port: 0,
    ...options,
    config: market,
    log: { debug: () => {}, info: () => {}, warn: () => {}, error: () => {} } as never,
  });

/** Remembers what it is told from `warn` on. */
export function createMemoryLog(): { log: Log; complaints: string[] } {
  const complaints: string[] = [];
  const remember = (fields: object, message: string): void => {
    complaints.push(`${message} ${JSON.stringify(fields)}`);
  };
  return { log: { debug: () => {}, info: () => {}, warn: remember, error: remember }, complaints };
}

/** A broker with its connection actor, on real time with short deadlines. */
export interface Client {
  readonly broker: IbBroker;
  readonly actor: Actor<ConnectionMachine>;
  readonly news: ConnectionEmitted[];
  readonly complaints: string[];
  status(): ConnectionStatus;
  /** Waits for a status; what it did not become is in the failure. */
  until(predicate: (status: ConnectionStatus) => boolean): Promise<ConnectionStatus>;
  ready(): Promise<ReadyFacts>;
}

export function startClient(
  port: number,
  {
    clientId = 1,
    timing = {},
    instruments = [],
  }: { clientId?: number; timing?: Partial<ConnectionTiming>; instruments?: Instrument[] } = {},
): Client {
  const { log, complaints } = createMemoryLog();
  const broker = createIbBroker({ log, now: Date.now, instruments });
  const actor = createActor(
    createConnectionMachine({ ...broker.socket, now: Date.now, random: Math.random }),
    {
      input: {
        endpoint: { host: '127.0.0.1', port, clientId },
        autoConnect: true,
        timing: {
          connectMs: 2_000,
          handshakeMs: 2_000,
          loadMs: 5_000,
          heartbeatMs: 100,
          heartbeatDeadlineMs: 2_000,
          backoff: { minMs: 50, maxMs: 200, factor: 2, jitterFraction: 0.2 },
          ...timing,
        },
      },
    },
  );
  const news: ConnectionEmitted[] = [];
  actor.on('*', (event) => news.push(event));
  actor.start();
  const status = (): ConnectionStatus => connectionStatus(actor.getSnapshot());
  const until: Client['until'] = async (predicate) => {
    try {
      const snapshot = await waitFor(actor, (state) => predicate(connectionStatus(state)), {
        timeout: 10_000,
      });
      return connectionStatus(snapshot);
    } catch (cause) {
      throw new Error(`the connection stayed at ${JSON.stringify(status())}`, { cause });
    }
  };
  return {
    broker,
    actor,
    news,
    complaints,
    status,
    until,
    async ready() {
      await until(({ phase }) => phase === 'ready');
      const facts = news.findLast((event) => event.type === 'connection.ready')?.facts;
      if (facts === undefined) throw new Error('ready was not announced');
      return facts;
    },
  };
}

/** Answers as soon as it does not throw; fails with its last word. */
export async function eventually<T>(read: () => T, timeoutMs = 10_000): Promise<T> {
  const end = performance.now() + timeoutMs;
  for (;;) {
    try {
      return read();
    } catch (error) {
      if (performance.now() > end) throw error;
      await new Promise((resolve) => setTimeout(resolve, 10));
    }
  }
}

/** A TCP server that does with each socket what it is told. */
export async function startTcp(
  onSocket: (socket: Socket) => void,
): Promise<{ port: number; stop(): Promise<void> }> {
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    onSocket(socket);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return {
    port: address.port,
    stop: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy();
        server.close(() => resolve());
      }),
  };
}

/** Stands between client and gateway; frozen, it swallows every byte and keeps the sockets open. */
export async function startProxy(
  port: number,
): Promise<{ port: number; freeze(): void; thaw(): void; stop(): Promise<void> }> {
  let isFrozen = false;
  const server = await startTcp((socket) => {
    const upstream = connect(port, '127.0.0.1');
    const pass = (to: Socket) => (data: Buffer) => {
      if (!isFrozen) to.write(data);
    };
    socket.on('data', pass(upstream)).on('close', () => upstream.destroy());
    upstream
      .on('data', pass(socket))
      .on('error', () => socket.destroy())
      .on('close', () => {
        if (!isFrozen) socket.destroy();
      });
  });
  return {
    ...server,
    freeze: () => {
      isFrozen = true;
    },
    thaw: () => {
      isFrozen = false;
    },
  };
}

/** A message as it travels: length, then fields that each end in NUL. */
export function frame(...fields: readonly (string | number)[]): Buffer {
  const body = Buffer.from(fields.map((field) => `${field}\0`).join(''));
  const length = Buffer.alloc(4);
  length.writeUInt32BE(body.length);
  return Buffer.concat([length, body]);
}

/** The least that a gateway says until ready, except for what is asked of it later. */
export const greeting = Buffer.concat([
  frame(193, '20260105 09:30:00 EST'),
  frame(15, 1, 'DU1'),
  frame(9, 1, 1),
]);

export const marketOrder = (ref: string, change: Partial<OrderIntent> = {}): OrderIntent => ({
  ref,
  source: 'manual',
  sessionId: null,
  instrumentId: 'ORCL.STK.SMART.USD',
  side: 'BUY',
  quantity: '10',
  orderType: 'MKT',
  ...noPrices,
  parentRef: null,
  timeInForce: 'DAY',
  purpose: 'entry',
  reason: 'a test',
  barTime: null,
  createdAt: 0,
  ...change,
});
