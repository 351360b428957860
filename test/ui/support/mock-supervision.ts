import type {
  JournalEntryView,
  RebuiltStateView,
  SupervisionView,
} from '../../../src/contract/supervision.schema.ts';
import type { ActorView } from '../../../src/contract/system.schema.ts';

const calm: Omit<ActorView, 'path'> = {
  state: 'running',
  status: 'active',
  restarts: 0,
  lastError: null,
  mailbox: { depth: 0, peak: 1 },
  handled: 0,
  restart: 'permanent',
  supervisor: null,
};
const supervising = (strategy: 'oneForOne' | 'restForOne', used: number, intensity: number) => ({
  supervisor: { strategy, restartsUsed: used, intensity, periodMs: 60_000 },
});

/** The tree of a trading day: one session is down, the broker's connection was restarted. */
export function actors(): ActorView[] {
  const at = (path: string, change: Partial<ActorView> = {}): ActorView => ({ ...calm, path, ...change });
  return [
    at('root', { restart: null, handled: 14, ...supervising('restForOne', 0, 3) }),
    at('root/store', { state: 'up', handled: 1204 }),
    at('root/risk', { state: 'active', handled: 3 }),
    at('root/broker', { handled: 31, ...supervising('restForOne', 1, 3) }),
    at('root/broker/connection', {
      state: 'link.up + socket.open.ready.resting',
      restarts: 1,
      handled: 8421,
      mailbox: { depth: 0, peak: 44 },
      lastError: 'read ECONNRESET',
    }),
    at('root/broker/orderDesk', { state: 'open', handled: 977, mailbox: { depth: 2, peak: 18 } }),
    at('root/broker/orderDesk/order:tw.s.ko-enhanced.01JDKO000000000000000000A1', {
      state: 'working',
      restart: null,
      handled: 4,
    }),
    at('root/broker/portfolio', { state: 'synced', handled: 2210 }),
    at('root/broker/marketData', { state: 'live', handled: 88_214, mailbox: { depth: 1, peak: 212 } }),
    at('root/sessions', { handled: 61, ...supervising('oneForOne', 4, 1000) }),
    at('root/sessions/session:spx-sma', { state: 'collecting', handled: 3481 }),
    at('root/sessions/session:ko-enhanced', { state: 'ordering', handled: 1820 }),
    at('root/sessions/session:orcl-rsi', { state: 'syncing', handled: 1406, restarts: 1 }),
    at('root/sessions/session:pep-sma', { state: 'collecting', handled: 1377 }),
    at('root/sessions/session:nvda-rsi-1d', {
      state: '',
      status: 'error',
      restarts: 3,
      handled: 12,
      lastError: 'History could not be loaded: no answer in 20 s',
    }),
    at('root/sessions/session:sap-sma', { state: 'idle', status: 'stopped', handled: 2 }),
  ];
}

/** As many session actors below the tree of the day. */
export const manyActors = (count: number): ActorView[] => [
  ...actors(),
  ...Array.from({ length: count }, (_, index) => ({
    ...calm,
    path: `root/sessions/session:load-${String(index).padStart(5, '0')}`,
    state: 'collecting',
    handled: index,
    ...(index % 997 === 0 ? { status: 'error' as const, lastError: 'the strategy threw' } : {}),
  })),
];

export function supervision(now: number): SupervisionView {
  const minutes = (count: number) => now - count * 60_000;
  return {
    state: 'running',
    since: now - 3_600_000,
    cause: null,
    measures: [],
    reports: [
      ['sessions', 'childRestarted', 'started again after 1600 ms', 'session:nvda-rsi-1d', 4],
      [
        'sessions',
        'childTerminated',
        'History could not be loaded: no answer in 20 s',
        'session:nvda-rsi-1d',
        4,
      ],
      ['broker', 'childRestarted', 'started again after 0 ms', 'connection', 22],
      ['broker', 'childTerminated', 'read ECONNRESET', 'connection', 22],
      [
        'sessions',
        'specRefused',
        'spec of session:spx-sma: found the id in use, expected a new one',
        null,
        41,
      ],
      ['sessions', 'childStopped', 'asked to', 'session:sap-sma', 52],
    ].map(([supervisor, context, reason, offender, ago]) => ({
      supervisor: String(supervisor),
      context: String(context),
      reason: String(reason),
      offender: offender === null ? null : String(offender),
      at: minutes(Number(ago)),
    })),
    recoveries: [
      {
        what: 'session',
        count: 4,
        meanMs: 412.5,
        medianMs: 180,
        worstMs: 1250,
        recent: [
          ['nvda-rsi-1d', 'History could not be loaded: no answer in 20 s', 1250, 4],
          ['nvda-rsi-1d', 'History could not be loaded: no answer in 20 s', 160, 9],
          ['orcl-rsi', 'the strategy threw: period must be above 1', 200, 31],
          ['nvda-rsi-1d', 'History could not be loaded: no answer in 20 s', 40, 33],
        ].map(([id, cause, ms, ago]) => ({
          what: 'session' as const,
          id: String(id),
          cause: String(cause),
          ms: Number(ms),
          at: minutes(Number(ago)),
        })),
      },
      {
        what: 'broker',
        count: 1,
        meanMs: 4812,
        medianMs: 4812,
        worstMs: 4812,
        recent: [{ what: 'broker', id: '127.0.0.1:4002', cause: 'socket closed', ms: 4812, at: minutes(22) }],
      },
    ],
    deadLetters: {
      count: 37,
      recent: [
        {
          ...{ at: minutes(4), to: 'root/sessions/session:nvda-rsi-1d', from: 'root/broker/marketData' },
          ...{ eventType: 'bar.closed', reason: 'lostInCrash' as const },
        },
        {
          ...{ at: minutes(4), to: 'root/sessions/session:nvda-rsi-1d', from: 'root/broker/portfolio' },
          ...{ eventType: 'session.sync', reason: 'stopped' as const },
        },
        {
          ...{ at: minutes(22), to: 'root/broker/connection', from: null },
          ...{ eventType: 'connection.reload', reason: 'mailboxFull' as const },
        },
        { at: minutes(52), to: 'session:gone', from: null, eventType: 'session.stop', reason: 'unknown' },
      ],
    },
    strayFaults: { count: 1, recent: [{ at: minutes(17), message: 'unhandled rejection: fetch failed' }] },
    eventLoop: {
      worstMs: 184.2,
      recent: [
        { at: minutes(2), ms: 31, culprit: null },
        { at: minutes(31), ms: 184.2, culprit: 'root/sessions/session:ko-enhanced' },
      ],
    },
    journal: {
      detail: 'full',
      wanted: 'full',
      cause: null,
      since: now - 3_600_000,
      buffered: 212,
      capacity: 20_000,
      written: 1_284_113,
      lost: 0,
      bytes: 412_300_000,
      oldestAt: now - 9 * 86_400_000,
    },
  };
}

/** The root gave up while two orders worked, and the journal falls behind. */
export function halted(now: number): SupervisionView {
  const well = supervision(now);
  return {
    ...well,
    state: 'halted',
    since: now - 95_000,
    cause: 'root gave up: broker ended 4 times within 60 s, 3 are allowed (read ECONNRESET)',
    measures: [
      {
        at: now - 94_800,
        message: 'Order tw.s.ko-enhanced.01JDKO000000000000000000A1: the broker was asked to cancel it.',
      },
      {
        at: now - 94_100,
        message:
          'Order tw.m..01JDMANUAL00000000000000A1: left at the broker, as configured for orders by hand.',
      },
    ],
    reports: [
      {
        ...{ supervisor: 'root', context: 'shutdown', offender: 'broker', at: now - 95_000 },
        reason: 'broker ended 4 times within 60 s, 3 are allowed',
      },
      ...well.reports,
    ],
    journal: {
      ...well.journal,
      detail: 'facts',
      cause: 'the buffer is full: the database does not keep up',
      since: now - 60_000,
      buffered: 19_412,
      lost: 2208,
    },
  };
}

/** The first moments: nothing has happened. */
export function quiet(now: number): SupervisionView {
  const well = supervision(now);
  const none = { count: 0, meanMs: null, medianMs: null, worstMs: null, recent: [] };
  return {
    ...well,
    since: now - 2000,
    reports: [],
    recoveries: [
      { what: 'session', ...none },
      { what: 'broker', ...none },
    ],
    deadLetters: { count: 0, recent: [] },
    strayFaults: { count: 0, recent: [] },
    eventLoop: { worstMs: 3.4, recent: [] },
    journal: { ...well.journal, buffered: 0, written: 42, bytes: null, oldestAt: null, since: now - 2000 },
  };
}

/** The journal of one actor, newest first: a crash and what led to it. */
export function journal(now: number, actor: string): JournalEntryView[] {
  const error = { name: 'Error', message: 'History could not be loaded: no answer in 20 s' };
  const told: [JournalEntryView['kind'], number | null, number | null, unknown][] = [
    ['spawn', 9006, 3, { src: 'session', logic: 'machine', generation: 4, state: 'idle' }],
    ['restart', 9005, null, { attempt: 3, reason: 'after 1600 ms' }],
    [
      'report',
      9003,
      null,
      {
        supervisor: 'sessions',
        context: 'childTerminated',
        offender: 'session:nvda-rsi-1d',
        reason: error.message,
      },
    ],
    ['deadLetter', 9003, null, { eventType: 'bar.closed', reason: 'lostInCrash', to: actor }],
    [
      'crash',
      9002,
      3,
      {
        error,
        event: { type: 'history.failed', error },
        lastGood: { value: 'collecting', context: { bars: 0 } },
      },
    ],
    [
      'step',
      9001,
      3,
      { event: { type: 'session.start' }, from: 'idle', to: 'collecting', actions: ['askHistory'] },
    ],
    ['step', null, 3, { event: { type: 'session.rename', name: 'NVIDIA RSI' }, from: 'idle' }],
    ['decision', 8999, 3, { guard: 'warmingUp', reason: '12 of 250 bars', outcome: 'refused' }],
    ['ticks', null, null, { instrumentId: 'NVDA.STK.SMART.USD', count: 1204 }],
    ['recovery', null, null, { what: 'session', id: 'nvda-rsi-1d', ms: 1250, cause: error.message }],
  ];
  return told.map(([kind, cause, version, data], index) => ({
    ...{ seq: 9007 - index, at: now - 240_000 - index * 137.25, actor },
    ...{ kind, cause, version, data },
  }));
}

/** What led to everything: an entry of another actor. */
export const causeEntry = (now: number, seq: number): JournalEntryView => ({
  ...{ seq, at: now - 241_500, actor: 'root/sessions', kind: 'step', cause: null, version: 1 },
  data: {
    event: { type: 'supervisor.restartDue', ids: ['session:nvda-rsi-1d'] },
    from: 'running',
    to: 'running',
  },
});

export const rebuilt = (actor: string, seq: number, at: number): RebuiltStateView => ({
  ...{ actor, seq, at, status: 'active', value: 'collecting', folded: 12 },
  context: { definition: { id: 'nvda-rsi-1d' }, bars: [], since: at },
});
