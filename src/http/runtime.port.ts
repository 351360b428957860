import type { JournalKind } from '../../machines/domain/journal.ts';
import type { RiskScope } from '../../machines/risk/risk.status.ts';
import type { JournalPage } from '../contract/journal.schema.ts';
import type {
  OrderChange,
  OrderDraft,
  OrderResult,
  PositionView,
  TradeView,
} from '../contract/portfolio.schema.ts';
import type { ReconciliationView } from '../contract/reconciliation.schema.ts';
import type { RiskPlanView } from '../contract/risk.schema.ts';
import type { BarView, DecisionView, SessionDraft, SessionView } from '../contract/session.schema.ts';
import type { StrategyDraft, StrategyKindView, StrategyView } from '../contract/strategy.schema.ts';
import type { RebuiltStateView, SupervisionView } from '../contract/supervision.schema.ts';
import type { SystemView } from '../contract/system.schema.ts';

/** A refusal that a person can act on: becomes a problem document with this status. */
export class Refusal extends Error {
  readonly status: 400 | 404 | 409 | 422 | 503;
  readonly code: string;
  readonly errors: readonly { path: string; message: string }[];

  constructor(status: Refusal['status'], code: string, message: string, errors: Refusal['errors'] = []) {
    super(message);
    this.name = 'Refusal';
    this.status = status;
    this.code = code;
    this.errors = errors;
  }
}

/** A change of a topic's list: whole items, and the keys of those that are gone. */
export interface TopicChange {
  readonly topic: string;
  readonly items: readonly unknown[];
  readonly removed: readonly string[];
}

/** Which entries of the journal; what is absent does not restrict. */
export interface JournalQuery {
  /** Path from the root. */
  readonly actor?: string;
  /** Also the actors below `actor`. */
  readonly below: boolean;
  readonly kinds?: readonly JournalKind[];
  /** Epoch ms; `from` is within, `to` is not. */
  readonly from?: number;
  readonly to?: number;
  /** Neither is within. */
  readonly afterSeq?: number;
  readonly beforeSeq?: number;
  /** Contained in the entry's data. */
  readonly text?: string;
  readonly limit: number;
  readonly order: 'newest' | 'oldest';
}

/** Reads the journal. */
export interface JournalReader {
  /**
   * A page in the order asked for; `next` is the `seq` of its last entry, null when nothing follows it.
   * @throws Refusal 503 `journal-busy` for a text while another one is looked for, or when `signal` aborts.
   */
  list(query: JournalQuery, signal?: AbortSignal): Promise<JournalPage>;
  /**
   * The state of a machine after the newest entry of it that is not later than `seq`.
   * @throws Refusal 404 when the journal knows no such actor by then, 422 when what was recorded is not enough.
   */
  rebuild(path: string, seq: number): Promise<RebuiltStateView>;
}

/** What the web server observes and commands. The runtime implements it; the server knows nothing else of trading. */
export interface RuntimePort {
  /** The current list of a topic, shaped by `topicItems`. @throws Refusal 404 for an unknown topic. */
  snapshot(topic: string): Promise<readonly unknown[]>;
  /** Changes of watched topics, already grouped; never more often per topic than about 10 times a second. */
  subscribe(listener: (change: TopicChange) => void): () => void;
  /** Says which topics someone watches, so that others cost nothing; only these need be told of. */
  setWatchedTopics(topics: ReadonlySet<string>): void;

  system(): SystemView;
  supervision(): SupervisionView;
  readonly journal: JournalReader;
  sessions(): readonly SessionView[];
  session(id: string): SessionView;
  createSession(draft: SessionDraft): Promise<SessionView>;
  commandSession(id: string, command: 'start' | 'pause' | 'resume' | 'stop'): Promise<SessionView>;
  removeSession(id: string): Promise<void>;
  decisions(sessionId: string, query: { limit: number; before?: number }): Promise<readonly DecisionView[]>;

  trades(query: {
    limit: number;
    before?: number;
    source?: 'ibkr' | 'autotrader' | 'manual';
  }): Promise<readonly TradeView[]>;
  placeOrder(draft: OrderDraft): Promise<OrderResult>;
  changeOrder(ref: string, change: OrderChange): Promise<OrderResult>;
  cancelOrder(ref: string): Promise<OrderResult>;
  refreshPositions(): Promise<readonly PositionView[]>;
  /** Asks the broker and compares. @throws Refusal 503 when it cannot be asked. */
  reconcile(options: { accept: boolean }): Promise<ReconciliationView>;

  bars(query: {
    instrumentId: string;
    timeframe: string;
    limit: number;
    before?: number;
  }): Promise<readonly BarView[]>;
  strategies(): Promise<readonly StrategyView[]>;
  strategyKinds(): readonly StrategyKindView[];
  saveStrategy(draft: StrategyDraft): Promise<StrategyView>;

  /** The worst case of the sessions that are wanted, and the limits. */
  riskPlan(): RiskPlanView;
  setRisk(command: RiskCommand, cause: string, scope?: RiskScope): SystemView;
}

export type RiskCommand = 'halt' | 'reduce' | 'resume' | 'flatten';

/** Sessions of logged-in browsers; only hashes are kept. */
export interface WebSessionPort {
  create(tokenHash: string, ttlMs: number): Promise<void>;
  exists(tokenHash: string): Promise<boolean>;
  remove(tokenHash: string): Promise<void>;
}
