import { z } from 'zod';
import { frame } from '../../wire/framing.ts';
import { type Fault, fault } from '../fault.ts';
import type { FaultyClient } from '../ports.ts';

/** Opens the outlets of the clients that a strike closed and that are still there. */
const reopen = (clients: readonly FaultyClient[]) => (): void => {
  for (const client of clients) client.outlet.open();
};

/** Faults of the socket between client and gateway. */
export const connectionFaults: readonly Fault[] = [
  fault({
    name: 'drop-connection',
    summary: 'The connection breaks off; nothing pending is sent.',
    source: 'A crash of TWS, a network reset; nautilus #3733',
    parameters: {},
    example: '{ fault: drop-connection, on: fill, nth: 2 }',
    lasts: false,
    strike: (_, __, { targets }) => {
      for (const client of targets) client.drop();
      return undefined;
    },
  }),
  fault({
    name: 'refuse-connection',
    summary: 'Whoever connects is turned away; who is connected stays.',
    source: 'TWS not started, or starting',
    parameters: {},
    example: '{ fault: refuse-connection, after: 10s, for: 30s }',
    lasts: true,
    strike: ({ conditions }) => {
      const release = conditions.refused.hold();
      return () => {
        release();
      };
    },
  }),
  fault({
    name: 'no-handshake',
    summary: 'Connections are accepted and then nothing is ever said.',
    source: 'A zombie gateway: port open, API dead; ib-gateway-docker #336',
    parameters: {},
    example: '{ fault: no-handshake, for: 1m }',
    lasts: true,
    strike: ({ conditions }) => {
      const release = conditions.mute.hold();
      return () => {
        release();
      };
    },
  }),
  fault({
    name: 'half-open',
    summary: 'The socket stays open, nothing is answered and nothing read; what is said meanwhile is lost.',
    source: 'A cable pulled out, a NAT that forgot the connection',
    parameters: {},
    example: '{ fault: half-open, client: 1, after: 20s, for: 2m }',
    lasts: true,
    strike: (_, __, { targets }) => {
      for (const client of targets) client.outlet.silence();
      return reopen(targets);
    },
  }),
  fault({
    name: 'stall',
    summary: 'Answers are held back and then come all at once.',
    source: 'A gateway in a long garbage collection, a laptop asleep',
    parameters: {},
    example: '{ fault: stall, every: 5m, for: 4s }',
    lasts: true,
    strike: (_, __, { targets }) => {
      for (const client of targets) client.outlet.stall();
      return reopen(targets);
    },
  }),
  fault({
    name: 'trickle',
    summary: 'Answers come slowly, so many bytes a second.',
    source: 'A bad mobile connection',
    parameters: { bytesPerSecond: z.int().positive().default(200) },
    example: '{ fault: trickle, bytesPerSecond: 50, for: 30s }',
    lasts: true,
    strike: (_, { bytesPerSecond }, { targets }) => {
      for (const client of targets) client.outlet.trickle(bytesPerSecond);
      return reopen(targets);
    },
  }),
  fault({
    name: 'garbage',
    summary: 'Bytes that are no message: random ones, a message cut short, or a length that is not true.',
    source: 'A proxy in between, a broken server',
    parameters: { kind: z.enum(['random', 'truncated', 'wrong-length']).default('random') },
    example: '{ fault: garbage, kind: truncated, on: message, nth: 100 }',
    lasts: false,
    strike: ({ random }, { kind }, { targets }) => {
      const noise = Buffer.from(Array.from({ length: 64 }, () => Math.floor(random() * 256)));
      const whole = frame(['3', '1', 'Filled', '100']);
      const bytes = {
        random: noise,
        truncated: frame(['3', '1']),
        'wrong-length': Buffer.concat([Buffer.from([0, 0, 0, 5]), whole.subarray(4)]),
      }[kind];
      for (const client of targets) client.outlet.spoil(bytes);
      return undefined;
    },
  }),
  fault({
    name: 'restart',
    summary: 'The nightly restart: 1100, then every client is dropped and nobody gets in for a while.',
    source: "TWS's daily restart; Lean IB #242, nautilus #4247",
    parameters: {},
    example: '{ fault: restart, at: "2024-01-08 23:45", for: 1m }',
    lasts: true,
    strike: ({ conditions, clients }) => {
      for (const client of clients()) {
        client.error(-1, 1100, 'Connectivity between IBKR and Trader Workstation has been lost.');
        client.outlet.flush();
        client.drop();
      }
      const release = conditions.refused.hold();
      return () => {
        release();
      };
    },
  }),
  fault({
    name: 'client-id-held',
    summary: 'A client id counts as in use (326) although nobody has it.',
    source: 'A connection that TWS has not noticed to be dead; nautilus #3796',
    parameters: {},
    example: '{ fault: client-id-held, client: 1, for: 1m }',
    lasts: true,
    strike: ({ conditions, clients }, _, { clientId }) => {
      const ids = clientId === undefined ? clients().map((client) => client.clientId) : [clientId];
      for (const id of ids) conditions.heldIds.add(id);
      return () => {
        for (const id of ids) conditions.heldIds.delete(id);
      };
    },
  }),
  fault({
    name: 'next-id-rollback',
    summary: 'The next valid id that a client is told goes back, so ids are used twice.',
    source: 'After a restart of TWS; Lean IB #242',
    parameters: { by: z.int().positive().default(5) },
    example: '{ fault: next-id-rollback, by: 3, for: 10m }',
    lasts: true,
    strike: ({ conditions }, { by }) => {
      conditions.idRollback = by;
      return () => {
        conditions.idRollback = 0;
      };
    },
  }),
  fault({
    name: 'pacing',
    summary:
      'Real budgets: over 50 messages a second is error 100 and the end of the connection; history too often is 162.',
    source: 'https://interactivebrokers.github.io/tws-api/historical_limitations.html',
    parameters: { messagesPerSecond: z.int().positive().default(50) },
    example: '{ fault: pacing }',
    lasts: true,
    strike: ({ conditions }, { messagesPerSecond }) => {
      conditions.isPaced = true;
      conditions.messagesPerSecond = messagesPerSecond;
      return () => {
        conditions.isPaced = false;
      };
    },
  }),
  fault({
    name: 'clock-skew',
    summary: "The gateway's clock is wrong by so many seconds, as currentTime tells it.",
    source: 'A machine without a time server',
    parameters: { seconds: z.number().default(90) },
    example: '{ fault: clock-skew, seconds: -300 }',
    lasts: true,
    strike: ({ conditions }, { seconds }) => {
      conditions.clockSkewMs = seconds * 1000;
      return () => {
        conditions.clockSkewMs = 0;
      };
    },
  }),
];
