import type { RiskPlanView } from '../../../src/contract/risk.schema.ts';
import type { SessionView } from '../../../src/contract/session.schema.ts';
import type { SupervisionView } from '../../../src/contract/supervision.schema.ts';
import type { ActorView, SystemView } from '../../../src/contract/system.schema.ts';
import {
  type JournalReader,
  Refusal,
  type RuntimePort,
  type TopicChange,
  type WebSessionPort,
} from '../../../src/http/runtime.port.ts';

export const system: SystemView = {
  version: '0.0.0',
  startedAt: 1,
  mode: 'simulated',
  arming: null,
  connection: {
    phase: 'ready',
    since: 1,
    cause: null,
    host: '127.0.0.1',
    port: 4002,
    clientId: 1,
    serverVersion: 193,
    accounts: ['DU1'],
    link: 'up',
    farms: [],
    attempts: 0,
    retryAt: null,
    roundTripMs: 1,
    marketTime: null,
    marketTimeAt: null,
    restart: null,
    login: null,
  },
  load: {
    messages: { lastSecond: 3, most: 48 },
    ordersWaiting: 0,
    requestsWaiting: 0,
    histories: { underWay: 1, most: 20, waiting: 0 },
    subscriptions: 9,
    lines: { taken: 4, most: 100, waiting: 0 },
  },
  store: { state: 'up', cause: null, since: 1 },
  risk: { state: 'active', since: 1, cause: 'start', author: 'start' },
  riskParts: [],
  flatten: { phase: 'idle', since: 1, request: null, closing: [], reports: [] },
  orderDesk: 'open',
  marketTime: null,
  alarms: [],
};

export const riskPlan: RiskPlanView = {
  netLiquidation: '1000000',
  sessions: [],
  whole: {
    exposure: { most: '100000', by: 'sessions' },
    loss: { most: '50000', by: 'dailyLoss' },
    ordersPerMinute: { most: '1', by: 'sessions' },
    ordersPerDay: { most: null, by: null },
  },
  findings: [],
  limits: [{ scope: { kind: 'whole' }, limit: 'orderNotional', soft: null, hard: '400000' }],
  trades: [],
  drill: { due: null, last: null },
  losses: { levels: [], confirm: 3, action: 'halt' },
};

export const supervision: SupervisionView = {
  state: 'running',
  since: 1,
  cause: null,
  measures: [],
  reports: [
    { supervisor: 'root/broker', context: 'childTerminated', reason: 'boom', offender: 'orderDesk', at: 2 },
  ],
  recoveries: [{ what: 'session', count: 0, meanMs: null, medianMs: null, worstMs: null, recent: [] }],
  deadLetters: { count: 0, recent: [] },
  strayFaults: { count: 0, recent: [] },
  eventLoop: { worstMs: 3.5, recent: [] },
  journal: {
    detail: 'full',
    wanted: 'full',
    cause: null,
    since: 1,
    buffered: 0,
    capacity: 10,
    written: 5,
    lost: 0,
    bytes: null,
    oldestAt: null,
  },
};

export const session = (id: string): SessionView => ({
  id,
  name: id,
  instrumentId: 'ORCL.STK.SMART.USD',
  instrument: { symbol: 'ORCL', secType: 'STK', exchange: 'SMART', currency: 'USD' },
  timeframe: '1d',
  strategy: 'rsi-14',
  sizing: { kind: 'percent', percent: 10 },
  orderType: 'MKT',
  allowShort: false,
  onDifference: 'adopt',
  thread: 'main',
  origin: 'dashboard',
  desired: 'running',
  state: 'collecting',
  since: 1,
  waitingFor: null,
  error: null,
  restarts: 0,
  bufferedBars: 0,
  bufferSize: 250,
  lastBar: null,
  lastDecision: null,
  positionQuantity: null,
  ordersInFlight: 0,
});

export const actor = (path: string, state = 'up'): ActorView => ({
  path,
  state,
  status: 'active',
  restarts: 0,
  lastError: null,
  mailbox: { depth: 0, peak: 0 },
  handled: 0,
  restart: 'permanent',
  supervisor: null,
});

/** A runtime that holds lists by topic, tells changes when the test says so, and remembers what it was asked. */
export class FakeRuntime implements RuntimePort {
  readonly lists = new Map<string, readonly unknown[]>();
  readonly calls: unknown[][] = [];
  readonly listeners = new Set<(change: TopicChange) => void>();
  watched: ReadonlySet<string> = new Set();
  view: SystemView = system;
  /** Waited for before a snapshot is answered. */
  gate: Promise<void> = Promise.resolve();
  fault: Error | null = null;

  tell(topic: string, items: readonly unknown[], removed: readonly string[] = []): void {
    for (const listener of this.listeners) listener({ topic, items, removed });
  }

  async snapshot(topic: string): Promise<readonly unknown[]> {
    this.calls.push(['snapshot', topic]);
    await this.gate;
    if (this.fault !== null) throw this.fault;
    if (topic === 'decisions:nobody')
      throw new Refusal(404, 'unknownSession', 'There is no session "nobody".');
    return this.lists.get(topic) ?? [];
  }
  subscribe(listener: (change: TopicChange) => void): () => void {
    this.listeners.add(listener);
    return () => this.listeners.delete(listener);
  }
  setWatchedTopics(topics: ReadonlySet<string>): void {
    this.watched = topics;
  }
  system(): SystemView {
    if (this.fault !== null) throw this.fault;
    return this.view;
  }
  supervision() {
    return supervision;
  }
  readonly journal: { -readonly [key in keyof JournalReader]: JournalReader[key] } = {
    list: async (query) => {
      this.calls.push(['journal', query]);
      const data = { event: { type: 'order.filled' } };
      const entry = { seq: 7, at: 1.5, actor: query.actor ?? 'root', cause: null, version: 1, data };
      return { items: [{ ...entry, kind: 'step' as const }], next: 7 };
    },
    rebuild: async (path, seq) => {
      this.calls.push(['rebuild', path, seq]);
      if (path === 'root/nobody') {
        throw new Refusal(404, 'unknownActor', `actor: found no "${path}" by entry ${seq}, expected a path.`);
      }
      const state = { status: 'active' as const, value: 'open', context: { orders: 2 } };
      return { actor: path, seq, at: 1.5, ...state, folded: 3 };
    },
  };
  sessions() {
    return [session('a')];
  }
  session(id: string) {
    if (id !== 'a') throw new Refusal(404, 'unknownSession', `There is no session "${id}".`);
    return session(id);
  }
  async createSession(draft: { id: string }) {
    this.calls.push(['createSession', draft]);
    if (draft.id === 'a') {
      throw new Refusal(409, 'duplicate', 'There is a session "a".', [{ path: 'id', message: 'is taken' }]);
    }
    return session(draft.id);
  }
  async commandSession(id: string, command: string) {
    this.calls.push(['commandSession', id, command]);
    return session(id);
  }
  async removeSession(id: string) {
    this.calls.push(['removeSession', id]);
  }
  async decisions(...args: unknown[]) {
    this.calls.push(['decisions', ...args]);
    return [];
  }
  async trades(...args: unknown[]) {
    this.calls.push(['trades', ...args]);
    return [];
  }
  async placeOrder(draft: unknown) {
    this.calls.push(['placeOrder', draft]);
    return { ref: 'r1', outcome: 'accepted' as const, message: null };
  }
  async changeOrder(ref: string, change: unknown) {
    this.calls.push(['changeOrder', ref, change]);
    return { ref, outcome: 'rejected' as const, message: 'not at this price' };
  }
  async cancelOrder(ref: string) {
    this.calls.push(['cancelOrder', ref]);
    return { ref, outcome: 'unknown' as const, message: 'no answer' };
  }
  async refreshPositions() {
    this.calls.push(['refreshPositions']);
    return [];
  }
  async reconcile(options: { accept: boolean }) {
    this.calls.push(['reconcile', options]);
    return { at: 2, acceptedAt: 1, instruments: 0, differences: [], accepted: options.accept };
  }
  async bars(...args: unknown[]) {
    this.calls.push(['bars', ...args]);
    return [];
  }
  async strategies() {
    return [];
  }
  strategyKinds() {
    return [];
  }
  async saveStrategy(draft: { name: string; kind: string }) {
    return { ...draft, parameters: {}, notes: null, origin: 'dashboard' as const };
  }
  riskPlan() {
    return riskPlan;
  }
  setRisk(command: string, cause: string, scope?: object) {
    this.calls.push(['setRisk', command, cause, scope]);
    return this.view;
  }
}

/** Sessions of browsers in memory, as the store keeps them. */
export class FakeWebSessions implements WebSessionPort {
  readonly hashes = new Set<string>();
  isDown = false;

  async create(hash: string): Promise<void> {
    this.#check();
    this.hashes.add(hash);
  }
  async exists(hash: string): Promise<boolean> {
    this.#check();
    return this.hashes.has(hash);
  }
  async remove(hash: string): Promise<void> {
    this.#check();
    this.hashes.delete(hash);
  }
  #check(): void {
    if (this.isDown) throw new Error('connection refused');
  }
}
