import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { type Actor, createActor } from 'xstate';
import type { ConnectionEmitted, ConnectionInput } from '../../../machines/connection/connection.events.ts';
import {
  type ConnectionMachine,
  connectionStatus,
  createConnectionMachine,
} from '../../../machines/connection/connection.machine.ts';
import { readiness, restartRefusal } from '../../../machines/connection/connection.plans.ts';
import type { SocketEvent } from '../../../machines/connection/connection.ports.ts';
import { BrokerError } from '../../../machines/domain/broker-error.ts';
import type { BrokerTruth } from '../../../machines/order/order.ports.ts';
import { createQueueClock, type QueueClock, settle } from '../../support/clock.ts';

const truth: BrokerTruth = { open: [], completed: [], executions: [], commissions: [], at: 0 };

/** A broker that answers what it is told to; counts its sockets. */
class FakeSocket {
  opened = 0;
  closed = 0;
  loads = 0;
  tell: (event: SocketEvent) => void = () => {};
  currentTime = async (): Promise<number> => 1_000;
  loadTruth = async (): Promise<BrokerTruth> => truth;
  throwsOnOpen = false;
}

let clock: QueueClock;
let socket: FakeSocket;
let news: ConnectionEmitted[];
let actor: Actor<ConnectionMachine>;

const start = (input: Partial<ConnectionInput> = {}): void => {
  const machine = createConnectionMachine({
    open: (_, listener) => {
      if (socket.throwsOnOpen) throw new Error('no sockets left');
      socket.opened += 1;
      socket.tell = listener;
      return {
        close: () => {
          socket.closed += 1;
        },
      };
    },
    currentTime: () => socket.currentTime(),
    loadTruth: () => {
      socket.loads += 1;
      return socket.loadTruth();
    },
    loadPositions: async () => [],
    now: () => clock.now(),
    random: () => 0.5,
  });
  actor = createActor(machine, {
    clock,
    input: { endpoint: { host: '127.0.0.1', port: 4002, clientId: 1 }, ...input },
  });
  actor.on('*', (event) => news.push(event));
  actor.start();
};
const status = () => connectionStatus(actor.getSnapshot());
const saidSince = (from: number): string[] =>
  news.slice(from).flatMap((event) => (event.type === 'connection.changed' ? [] : [event.type]));
const introduce = (): void => {
  socket.tell({ type: 'socket.accepted' });
  socket.tell({ type: 'socket.opened', serverVersion: 193 });
  socket.tell({ type: 'socket.nextValidId', orderId: 7 });
  socket.tell({ type: 'socket.accounts', accounts: ['DU1'] });
};
const notice = (code: number, message = 'words'): void =>
  socket.tell({ type: 'socket.notice', code, message });
const becomeReady = async (): Promise<void> => {
  actor.send({ type: 'connection.connect' });
  introduce();
  await settle();
  expect(status().phase, 'phase after the handshake').toBe('ready');
};

beforeEach(() => {
  clock = createQueueClock(1_767_600_000_000);
  socket = new FakeSocket();
  news = [];
});
afterEach(() => {
  actor.stop();
  expect(socket.closed, 'sockets closed').toBe(socket.opened);
  expect(clock.pending, 'timers left').toBe(0);
});

describe('earning ready', () => {
  it('waits to be told to connect', () => {
    start();
    expect(status().phase).toBe('disconnected');
    expect(socket.opened).toBe(0);
  });

  it('connects by itself when asked to in its input', () => {
    start({ autoConnect: true });
    expect(status().phase).toBe('connecting');
  });

  it('is ready when version, next id, accounts, orders and positions are told, and not before', async () => {
    let answer: (truth: BrokerTruth) => void = () => {};
    socket.loadTruth = () => new Promise((resolve) => (answer = resolve));
    start();
    actor.send({ type: 'connection.connect' });
    socket.tell({ type: 'socket.accepted' });
    socket.tell({ type: 'socket.nextValidId', orderId: 7 });
    socket.tell({ type: 'socket.accounts', accounts: ['DU1'] });
    expect(status().phase, 'without the version').toBe('handshaking');
    socket.tell({ type: 'socket.opened', serverVersion: 193 });
    expect(status().phase).toBe('loading');
    await settle();
    expect(saidSince(0)).toEqual([]);
    answer(truth);
    await settle();
    expect(status().phase).toBe('ready');
    expect(news).toContainEqual({
      type: 'connection.ready',
      facts: { nextValidId: 7, accounts: ['DU1'], truth, positions: [] },
    });
  });

  it('is ready when it says so, to whoever looks at it then', async () => {
    start();
    let phase = '';
    actor.on('connection.ready', () => {
      phase = status().phase;
    });
    await becomeReady();
    expect(phase).toBe('ready');
  });

  it.each([
    ['connecting', 5_000, 'no answer from 127.0.0.1:4002 within 5 s', () => {}],
    [
      'handshaking',
      10_000,
      '127.0.0.1:4002 accepted the connection, but did not tell its version, the next order id, the accounts within 10 s',
      () => socket.tell({ type: 'socket.accepted' }),
    ],
    [
      'loading',
      20_000,
      'the gateway did not tell orders, executions and positions within 20 s',
      () => {
        socket.loadTruth = () => new Promise(() => {});
        introduce();
      },
    ],
  ] as const)('gives up %s after %i ms and says why', async (phase, deadlineMs, cause, arrange) => {
    start();
    actor.send({ type: 'connection.connect' });
    arrange();
    expect(status().phase).toBe(phase);
    await clock.advanceSettled(deadlineMs - 1);
    expect(status().phase).toBe(phase);
    await clock.advanceSettled(1);
    expect(status()).toMatchObject({ phase: 'backingOff', cause, retryAt: clock.now() + 250 });
    expect(socket.closed).toBe(1);
  });

  it('backs off when loading fails', async () => {
    socket.loadTruth = () =>
      Promise.reject(new BrokerError('timeout', 'the executions: no answer within 10 s'));
    start();
    actor.send({ type: 'connection.connect' });
    introduce();
    await settle();
    expect(status()).toMatchObject({
      phase: 'backingOff',
      cause: 'orders and positions could not be loaded: the executions: no answer within 10 s',
    });
  });

  it('backs off when no socket can be opened at all', async () => {
    socket.throwsOnOpen = true;
    start();
    actor.send({ type: 'connection.connect' });
    expect(status()).toMatchObject({
      phase: 'backingOff',
      cause: 'the connection could not be opened: no sockets left',
    });
    socket.throwsOnOpen = false;
    await clock.advanceSettled(250);
    expect(status().phase).toBe('connecting');
  });

  it('waits longer after each failure and counts the attempts', async () => {
    start();
    actor.send({ type: 'connection.connect' });
    const waits: number[] = [];
    for (let attempt = 0; attempt < 9; attempt += 1) {
      socket.tell({ type: 'socket.closed', cause: 'refused' });
      const wait = (status().retryAt ?? 0) - clock.now();
      waits.push(wait);
      expect(status().attempts).toBe(attempt + 1);
      await clock.advanceSettled(wait);
    }
    expect(waits).toEqual([250, 500, 1_000, 2_000, 4_000, 8_000, 15_000, 15_000, 15_000]);
  });

  it('does not hammer a gateway that dies right after each ready', async () => {
    start();
    await becomeReady();
    socket.tell({ type: 'socket.closed', cause: 'gone' });
    await clock.advanceSettled(250);
    introduce();
    await settle();
    expect(status().phase).toBe('ready');
    socket.tell({ type: 'socket.closed', cause: 'gone' });
    expect((status().retryAt ?? 0) - clock.now()).toBe(500);
  });

  it('starts from the shortest wait again once a heartbeat was answered', async () => {
    start();
    actor.send({ type: 'connection.connect' });
    socket.tell({ type: 'socket.closed', cause: 'refused' });
    await clock.advanceSettled(250);
    introduce();
    await clock.advanceSettled(2_000);
    expect(status().phase).toBe('ready');
    socket.tell({ type: 'socket.closed', cause: 'gone' });
    expect((status().retryAt ?? 0) - clock.now()).toBe(250);
  });

  it('ignores what an old socket still says', async () => {
    start();
    actor.send({ type: 'connection.connect' });
    const old = socket.tell;
    socket.tell({ type: 'socket.closed', cause: 'gone' });
    await clock.advanceSettled(250);
    expect(status().phase).toBe('connecting');
    old({ type: 'socket.closed', cause: 'gone again' });
    expect(status().phase).toBe('connecting');
  });
});

describe('a socket that ends', () => {
  it('takes ready back with the cause, and says so once', async () => {
    start();
    await becomeReady();
    const from = news.length;
    socket.tell({ type: 'socket.closed', cause: 'the gateway closed the socket' });
    expect(news.slice(from)).toContainEqual({
      type: 'connection.lost',
      cause: 'the gateway closed the socket',
    });
    await clock.advanceSettled(250);
    socket.tell({ type: 'socket.closed', cause: 'refused' });
    expect(saidSince(from)).toEqual(['connection.lost']);
  });

  it('names no cause any more once it is ready again', async () => {
    start();
    await becomeReady();
    socket.tell({ type: 'socket.closed', cause: 'the gateway closed the socket' });
    expect(status().cause).toBe('the gateway closed the socket');
    await clock.advanceSettled(250);
    await becomeReady();
    expect(status()).toMatchObject({ phase: 'ready', cause: null });
  });

  it('is closed for good on request, and opened again on request', async () => {
    start();
    await becomeReady();
    actor.send({ type: 'connection.disconnect' });
    expect(status()).toMatchObject({ phase: 'stopped', cause: 'disconnected on request', retryAt: null });
    await clock.advanceSettled(60_000);
    expect(socket.opened).toBe(1);
    await becomeReady();
    expect(socket.opened).toBe(2);
  });

  it('is tried again at once when a person asks', () => {
    start();
    actor.send({ type: 'connection.connect' });
    socket.tell({ type: 'socket.closed', cause: 'refused' });
    actor.send({ type: 'connection.connect' });
    expect(status().phase).toBe('connecting');
  });
});

describe('a client id in use', () => {
  it('is a state of its own, keeps the id, and tries again', async () => {
    start();
    actor.send({ type: 'connection.connect' });
    socket.tell({ type: 'socket.accepted' });
    notice(326);
    expect(status()).toMatchObject({
      phase: 'clientIdHeld',
      clientId: 1,
      cause: 'client id 1 is in use by another client',
    });
    expect(socket.closed).toBe(1);
    await clock.advanceSettled(250);
    expect(status()).toMatchObject({ phase: 'connecting', clientId: 1 });
  });
});

describe('the heartbeat', () => {
  it('tells the round trip and the market time', async () => {
    start();
    await becomeReady();
    await clock.advanceSettled(2_000);
    expect(status()).toMatchObject({ roundTripMs: 0, marketTime: 1_000, marketTimeAt: clock.now() });
  });

  it('survives one missed answer', async () => {
    start();
    await becomeReady();
    socket.currentTime = () => new Promise(() => {});
    await clock.advanceSettled(5_000);
    socket.currentTime = async () => 2_000;
    await clock.advanceSettled(2_000);
    socket.currentTime = () => new Promise(() => {});
    await clock.advanceSettled(5_000);
    expect(status().phase).toBe('ready');
    expect(socket.opened).toBe(1);
  });

  it('rebuilds a socket that is silent twice in a row', async () => {
    start();
    await becomeReady();
    socket.currentTime = () => new Promise(() => {});
    await clock.advanceSettled(9_999);
    expect(status().phase).toBe('ready');
    await clock.advanceSettled(1);
    expect(status()).toMatchObject({
      phase: 'backingOff',
      cause: 'the gateway did not answer 2 heartbeats in a row, 3 s each',
    });
    expect(socket.closed).toBe(1);
    await clock.advanceSettled(250);
    expect(socket.opened).toBe(2);
  });
});

describe("the gateway's link to IBKR", () => {
  it.each([1100, 2110])('takes ready back on %i without touching the socket', async (code) => {
    start();
    await becomeReady();
    const from = news.length;
    notice(code);
    expect(status()).toMatchObject({
      phase: 'loading',
      link: 'down',
      cause: `the gateway has lost its connection to IBKR (${code})`,
    });
    expect(saidSince(from)).toEqual(['connection.lost']);
    expect(socket.closed).toBe(0);
  });

  it.each([1101, 1102])('loads everything again on %i before it is ready', async (code) => {
    start();
    await becomeReady();
    notice(1100);
    const from = news.length;
    notice(code);
    expect(status()).toMatchObject({ phase: 'loading', link: 'up' });
    await settle();
    expect(status().phase).toBe('ready');
    expect(saidSince(from)).toEqual(['connection.ready']);
    expect(socket.loads).toBe(2);
    expect(socket.opened).toBe(1);
  });

  it('starts loading over when the link flaps meanwhile', async () => {
    start();
    await becomeReady();
    const answers: ((truth: BrokerTruth) => void)[] = [];
    socket.loadTruth = () => new Promise((resolve) => answers.push(resolve));
    notice(1100);
    notice(1102);
    notice(1100);
    notice(1102);
    answers[0]?.(truth);
    await settle();
    expect(status().phase, 'the answer from before the flap').toBe('loading');
    answers[1]?.(truth);
    await settle();
    expect(status().phase).toBe('ready');
  });

  it('waits in loading, when the link is already down during the handshake', async () => {
    start();
    actor.send({ type: 'connection.connect' });
    socket.tell({ type: 'socket.accepted' });
    socket.tell({ type: 'socket.opened', serverVersion: 193 });
    notice(2110);
    socket.tell({ type: 'socket.nextValidId', orderId: 7 });
    socket.tell({ type: 'socket.accounts', accounts: ['DU1'] });
    await settle();
    expect(status()).toMatchObject({ phase: 'loading', link: 'down' });
    expect(socket.loads).toBe(0);
  });

  it('rebuilds the socket when the link stays away for long', async () => {
    start();
    await becomeReady();
    notice(1100);
    await clock.advanceSettled(300_000);
    expect(status()).toMatchObject({ phase: 'backingOff', link: 'down' });
    await clock.advanceSettled(250);
    socket.tell({ type: 'socket.accepted' });
    expect(status().link, 'of a new socket').toBe('up');
  });
});

describe('data farms', () => {
  it('come and go without touching the socket or ready', async () => {
    start();
    await becomeReady();
    const from = news.length;
    notice(2103, 'Market data farm connection is broken:usfarm');
    notice(2104, 'Market data farm connection is OK:usfarm');
    notice(2105, 'HMDS data farm connection is broken:ushmds');
    expect(status()).toMatchObject({
      phase: 'ready',
      farms: [
        { name: 'usfarm', kind: 'market', state: 'ok' },
        { name: 'ushmds', kind: 'historical', state: 'broken' },
      ],
    });
    expect(saidSince(from)).toEqual([]);
    expect(socket.closed).toBe(0);
  });

  it('of each kind are a region of their own, broken while any of them is', async () => {
    start();
    await becomeReady();
    const farms = () => actor.getSnapshot().value.farms;
    notice(2103, 'Market data farm connection is broken:usfarm');
    notice(2103, 'Market data farm connection is broken:eufarm');
    expect(farms()).toEqual({ market: 'broken', historical: 'working', secdef: 'working' });
    notice(2104, 'Market data farm connection is OK:usfarm');
    notice(2105, 'HMDS data farm connection is broken:ushmds');
    expect(farms()).toEqual({ market: 'broken', historical: 'broken', secdef: 'working' });
    notice(2119, 'Market data farm is connecting:eufarm');
    notice(2106, 'HMDS data farm connection is OK:ushmds');
    expect(farms()).toEqual({ market: 'working', historical: 'working', secdef: 'working' });
  });

  it('that were broken are forgotten with their socket', async () => {
    start();
    await becomeReady();
    notice(2157, 'Sec-def data farm connection is broken:secdefnj');
    expect(actor.getSnapshot().value.farms).toMatchObject({ secdef: 'broken' });
    actor.send({ type: 'connection.disconnect' });
    actor.send({ type: 'connection.connect' });
    expect(actor.getSnapshot().value.farms).toMatchObject({ secdef: 'working' });
  });

  it.each([399, 2109, 4711])('code %i means nothing to the connection', async (code) => {
    start();
    await becomeReady();
    const before = status();
    notice(code);
    expect(status()).toEqual(before);
  });
});

describe('a wrong kind of account', () => {
  it.each([
    ['paper', ['DU1', 'U7654321'], 'account U7654321, expected paper accounts, which begin with D'],
    ['live', ['DU1'], 'account DU1, expected a live account, which does not begin with D'],
  ] as const)(
    'where %s was declared is a state of its own: nothing is loaded',
    async (accountKind, accounts, words) => {
      start({ accountKind });
      actor.send({ type: 'connection.connect' });
      socket.tell({ type: 'socket.accepted' });
      socket.tell({ type: 'socket.opened', serverVersion: 193 });
      socket.tell({ type: 'socket.nextValidId', orderId: 7 });
      socket.tell({ type: 'socket.accounts', accounts: [...accounts] });
      await settle();
      expect(status()).toMatchObject({
        phase: 'wrongAccount',
        cause: `the gateway is logged in to ${words}`,
      });
      expect([socket.loads, socket.closed]).toEqual([0, 1]);
      await clock.advanceSettled(250);
      expect(status().phase).toBe('connecting');
    },
  );
});

describe('the account that is traded', () => {
  const introduce = async (accounts: string[]): Promise<void> => {
    start({ account: 'U2' });
    actor.send({ type: 'connection.connect' });
    socket.tell({ type: 'socket.accepted' });
    socket.tell({ type: 'socket.opened', serverVersion: 193 });
    socket.tell({ type: 'socket.nextValidId', orderId: 7 });
    socket.tell({ type: 'socket.accounts', accounts });
    await settle();
  };

  it('comes first of those behind the gateway', async () => {
    await introduce(['U1', 'U2', 'U3']);
    expect(status()).toMatchObject({ phase: 'ready', accounts: ['U2', 'U1', 'U3'] });
  });

  it('that is not behind the gateway is waited for with nothing loaded', async () => {
    await introduce(['U1', 'U3']);
    expect(status()).toMatchObject({
      ...{ phase: 'wrongAccount' },
      cause: 'the gateway is logged in to account U1, U3, expected account U2',
    });
    expect([socket.loads, socket.closed]).toEqual([0, 1]);
  });
});

describe('several endpoints', () => {
  const others = [{ host: '127.0.0.1', port: 7497, clientId: 1 }];
  const fail = async (): Promise<void> => {
    socket.tell({ type: 'socket.closed', cause: 'refused' });
    await clock.advanceSettled(250);
  };

  it('are tried in order of preference, and from the first again after the last', async () => {
    start({ others, timing: { backoff: { minMs: 250, maxMs: 250, factor: 1, jitterFraction: 0 } } });
    actor.send({ type: 'connection.connect' });
    const ports: number[] = [status().port];
    for (let at = 0; at < 3; at += 1) {
      await fail();
      ports.push(status().port);
    }
    expect(ports).toEqual([4002, 7497, 4002, 7497]);
  });

  it('begin with the first again when one that had answered is lost', async () => {
    start({ others });
    actor.send({ type: 'connection.connect' });
    await fail();
    introduce();
    await settle();
    expect(status()).toMatchObject({ phase: 'ready', port: 7497 });
    await fail();
    expect(status().port).toBe(4002);
  });
});

describe('a planned restart', () => {
  const restart = { time: '23:45', timeZone: 'UTC', quietBeforeMs: 60_000, quietAfterMs: 120_000 };

  it('has a quiet time around it, every day', async () => {
    start({ restart });
    await becomeReady();
    const { at, quietFrom, quietUntil } = status().restart ?? { at: 0, quietFrom: 0, quietUntil: 0 };
    expect(new Date(at).toISOString().slice(11, 16)).toBe('23:45');
    expect([at - quietFrom, quietUntil - at]).toEqual([60_000, 120_000]);
    await clock.advanceSettled(quietFrom - clock.now() - 1);
    expect(readiness(status())).toEqual({ ready: true, cause: null });
    await clock.advanceSettled(1);
    expect(readiness(status())).toEqual({
      ready: false,
      cause: 'the gateway restarts at 23:45 UTC, and no order leaves from 23:44 to 23:47',
    });
    expect(restartRefusal(status())).toMatchObject({ reason: 'notReady' });
    await clock.advanceSettled(180_000);
    expect(status().restart).toMatchObject({ at: at + 86_400_000, isQuiet: false });
    expect(restartRefusal(status())).toBeNull();
  });

  it('is quiet at once for who starts in the middle of it', async () => {
    clock = createQueueClock(Date.UTC(2026, 0, 5, 23, 46));
    start({ restart });
    await clock.advanceSettled(0);
    expect(status().restart?.isQuiet).toBe(true);
  });
});

describe('the weekly login', () => {
  const login = { weekday: 7, time: '01:00', timeZone: 'UTC', warnBeforeMs: 3_600_000 };
  const lose = (): void => socket.tell({ type: 'socket.closed', cause: 'logged out' });
  const pass = async (to: number): Promise<void> => {
    await clock.advanceSettled(to - clock.now());
  };

  it('is warned of, awaited by name once the gateway is gone, and over when it is back', async () => {
    start({ login, timing: { heartbeatMs: 86_400_000 } });
    await becomeReady();
    const dueAt = status().login?.dueAt ?? 0;
    expect(status().login?.state).toBe('later');
    await pass(dueAt - 3_600_000);
    expect(status().login).toEqual({ state: 'soon', dueAt });
    await pass(dueAt + 60_000);
    expect(status().login?.state, 'the gateway is still there').toBe('soon');
    lose();
    expect(status()).toMatchObject({ phase: 'backingOff', login: { state: 'awaited', dueAt } });
    actor.send({ type: 'connection.connect' });
    introduce();
    await settle();
    expect(status()).toMatchObject({
      phase: 'ready',
      login: { state: 'later', dueAt: dueAt + 7 * 86_400_000 },
    });
  });

  it('passes by when the gateway stays logged in', async () => {
    start({ login, timing: { heartbeatMs: 86_400_000 } });
    await becomeReady();
    const dueAt = status().login?.dueAt ?? 0;
    await pass(dueAt + 3_600_001);
    expect(status().login).toMatchObject({ state: 'later', dueAt: dueAt + 7 * 86_400_000 });
  });
});
