import type { ConnectionNews } from '../connection/connection.ports.ts';
import type { Decision } from '../domain/decision.ts';
import type { CommissionReport, Execution } from '../domain/execution.ts';
import type {
  CommandOutcome,
  Order,
  OrderAmendment,
  OrderIntent,
  OrderRef,
  OrderState,
} from '../domain/order.ts';
import type { AmendmentReport } from './amendment.machine.ts';
import { type OrderReport, type OrderTiming, orderTiming } from './order.events.ts';
import type { BrokerOrderNews, BrokerTruth } from './order.ports.ts';
import type { RecorderReport } from './recorder.machine.ts';
import type { Lease, SubmissionReport } from './submission.machine.ts';

/** `waiting`: no ready connection; `recovering`: settling the past; `open`: orders may be submitted. */
export type DeskState = 'waiting' | 'recovering' | 'open';

/** Nothing was handed to the socket, and nothing will be. */
export interface NotSent {
  readonly outcome: 'notSent';
  readonly reason:
    | 'leaseLost'
    | 'notReady'
    | 'duplicate'
    | 'storeDown'
    | 'riskHalted'
    | 'riskReducing'
    | 'riskLimit';
  readonly message: string;
  /** Whether this intent and its decision are stored; the order is then `absent`. */
  readonly committed: boolean;
}
export type SubmitResult = CommandOutcome | NotSent;

/** `accepted`: cancelled; `rejected`: the order filled or the broker refused the cancel; `unknown`: nobody knows yet. */
export type CancelResult =
  | CommandOutcome
  | {
      readonly outcome: 'notSent';
      readonly reason: 'notReady' | 'notInFlight' | 'notWorking' | 'storeDown' | 'riskLimit';
      readonly message: string;
    };

/** `accepted`: the broker shows the new terms; `rejected`: it refused them, or the order was over; the order is what it was. */
export type AmendResult = CancelResult;

export interface Submission {
  readonly intent: OrderIntent;
  /** The protecting orders of a bracket, sent with their entry as one; most orders have none. */
  readonly children?: readonly OrderIntent[] | undefined;
  /** The fencing lease of the session; null for manual orders. */
  readonly lease: Lease | null;
  /** Committed with the intent; null for manual orders. */
  readonly decision: Decision | null;
}

export interface DeskTiming extends OrderTiming {
  /** Rest between two questions to the broker while open. */
  readonly pollMs: number;
  /** After this a question counts as failed, whatever the adapter's own deadline. */
  readonly askMs: number;
  readonly commitMs: number;
  /** Rest before what the broker's pace held back is tried again. */
  readonly paceMs: number;
  /** Rest before the stored orders are asked for again. */
  readonly storeRetryMs: number;
}

export const deskTiming: DeskTiming = {
  ...orderTiming,
  pollMs: 2_000,
  askMs: 30_000,
  commitMs: 10_000,
  paceMs: 20,
  storeRetryMs: 1_000,
};

export interface DeskInput {
  /** Orders go to this account; the first managed one when left out. */
  readonly account?: string | undefined;
  /** Our client id: tells our order ids from those of other clients. Null trusts every id. */
  readonly clientId?: number | null | undefined;
  /** What is left out has its default, see `deskTiming`. */
  readonly timing?: Partial<DeskTiming> | undefined;
}

export interface SubmitCommand extends Submission {
  readonly type: 'desk.submit';
  readonly requestId: string;
}
export interface CancelCommand {
  readonly type: 'desk.cancel';
  readonly requestId: string;
  readonly ref: OrderRef;
}

export interface AmendCommand {
  readonly type: 'desk.amend';
  readonly requestId: string;
  readonly amendment: OrderAmendment;
}

export type DeskEvent =
  | ConnectionNews
  | BrokerOrderNews
  | SubmitCommand
  | CancelCommand
  | AmendCommand
  | AmendmentReport
  /** Asks the broker now; answered when what it said is stored. */
  | { readonly type: 'desk.reconcile'; readonly requestId: string }
  /** Internal: what waits may go, as far as the broker's pace lets it. */
  | { readonly type: 'desk.release' }
  /** Internal: the same, because the pause of the pace is over. */
  | { readonly type: 'desk.paced' }
  /** Internal: the broker is to be asked. */
  | { readonly type: 'desk.ask' }
  /** Internal: it has answered and all was taken in, or it has not answered. */
  | { readonly type: 'truth.heard' }
  | { readonly type: 'truth.missed' }
  | OrderReport
  | SubmissionReport
  | RecorderReport;

export type ReadyNews = Extract<ConnectionNews, { type: 'connection.ready' }>;
export type WrittenReport = Extract<RecorderReport, { type: 'recorder.written' }>;
export type ProgressReport = Extract<RecorderReport, { type: 'recorder.progress' }>;
export type OrderMove = Extract<OrderReport, { type: 'order.moved' }>;
export type AmendEnd = Extract<OrderReport, { type: 'order.amended' }>;
export type CancelRefusal = Extract<OrderReport, { type: 'order.cancelRefused' | 'order.cancelNotSent' }>;

/** What is in flight, as much as others need to know. */
export interface InFlight {
  readonly ref: OrderRef;
  readonly sessionId: string | null;
  readonly instrumentId: string;
}

export type DeskEmitted =
  | { readonly type: 'order.changed'; readonly order: Order }
  | { readonly type: 'execution.recorded'; readonly execution: Execution }
  | { readonly type: 'commission.recorded'; readonly report: CommissionReport }
  | {
      readonly type: 'desk.answer';
      readonly requestId: string;
      readonly result: SubmitResult | CancelResult;
    }
  | { readonly type: 'desk.alarm'; readonly message: string }
  | { readonly type: 'desk.changed'; readonly state: DeskState; readonly inFlight: readonly InFlight[] };

/** A submission between its acceptance by the desk and its commit. */
export interface Committing {
  readonly requestId: string;
  readonly intent: OrderIntent;
  readonly children: readonly OrderIntent[];
  /** Of the intent; its children have the ids after it. */
  readonly orderId: number;
  readonly account: string;
  /** Number of the connection under which it was accepted. */
  readonly connection: number;
}

/** A change between its acceptance by the desk and its outcome. */
export interface Amending {
  readonly requestId: string;
  readonly amendment: OrderAmendment;
  readonly stage: 'held' | 'committing' | 'sent';
  /** Number of the connection under which it was accepted. */
  readonly connection: number;
}

export interface DeskContext {
  readonly account: string | null;
  readonly clientId: number | null;
  readonly timing: DeskTiming;
  /** The facts of the last `connection.ready`, and how many there were. */
  readonly connection: number;
  readonly accounts: readonly string[];
  readonly nextValidId: number;
  readonly firstTruth: BrokerTruth | null;
  /** The next order id, and up to where ids may be handed out (stored before they are). */
  readonly nextOrderId: number;
  readonly reservedUntil: number;
  readonly reserving: boolean;
  /** Submissions that wait for the first order's acknowledgement, or for order ids. */
  readonly held: readonly SubmitCommand[];
  readonly committing: Readonly<Record<OrderRef, Committing>>;
  /** The first order of a connection travels alone. */
  readonly pilot: { readonly ref: OrderRef | null; readonly landed: boolean };
  /** Orders that are not final, each with an order actor. */
  readonly orders: Readonly<Record<OrderRef, Order>>;
  /** How often the actor of an order has failed. */
  readonly crashes: Readonly<Record<OrderRef, number>>;
  /** Orders that became final in this life; the last thousand. */
  readonly settled: Readonly<Record<OrderRef, OrderState>>;
  /** Who waits for the outcome of a submission, and of cancels. */
  readonly answers: Readonly<Record<OrderRef, string>>;
  readonly cancels: Readonly<Record<OrderRef, readonly string[]>>;
  /** Cancels that are to leave; they go before orders. */
  readonly cancelsHeld: readonly OrderRef[];
  /** Changes under way; an order has one at a time. */
  readonly amends: Readonly<Record<OrderRef, Amending>>;
  /** A further release is due by itself. */
  readonly isPacing: boolean;
  /** Executions and commissions that are stored or on their way there, by execId. */
  readonly executions: Readonly<Record<string, 'queued' | 'recorded'>>;
  readonly commissions: Readonly<Record<string, 'queued' | 'recorded'>>;
  /** What was last seen of orders that are not in flight here, by permId. */
  readonly others: Readonly<Record<string, string>>;
  /** Number of the last command to the recorder, and the writes that trading waits for. */
  readonly recorderCommand: number;
  readonly pendingOurs: number;
  readonly askAgain: boolean;
  readonly askedAt: number;
  /** Who waits for an answer of the broker, and who for its being stored. */
  readonly asking: readonly string[];
  readonly storing: readonly string[];
}
