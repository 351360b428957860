import type { Timeframe } from './bar.ts';
import type { DecimalString } from './decimal.ts';
import type { InstrumentKey } from './instrument.ts';
import type { OrderType } from './order.ts';

/** How large an entry is. */
export type Sizing =
  | { readonly kind: 'fixed'; readonly quantity: DecimalString }
  /** A percentage (0 to 100) of the account's net liquidation. */
  | { readonly kind: 'percent'; readonly percent: number }
  /** A percentage (0 to 100) of net liquidation lost if the strategy's stop is hit; needs a strategy that gives stops. */
  | { readonly kind: 'risk'; readonly percent: number };

/** Where a session's strategy decides: among the actors, or in a thread of its own, which heavy computing needs. */
export const deciderThreads = ['main', 'worker'] as const;
export type DeciderThread = (typeof deciderThreads)[number];

/**
 * What becomes of a session when the broker and the books differ in its instrument:
 * - `adopt`: it trades on with what the broker holds, and a person is told.
 * - `ignore`: it trades on, and nobody is told; `reconcile` shows it.
 * - `halt`: it is paused until a person resumes it.
 * - `flatten`: it is paused, and what is held of the instrument is closed at the market.
 */
export const differencePolicies = ['adopt', 'ignore', 'halt', 'flatten'] as const;
export type DifferencePolicy = (typeof differencePolicies)[number];

/** The types of order by which sessions enter and leave. */
export type SessionOrderType = Extract<OrderType, 'MKT' | 'LMT'>;

/** A trading session as declared. */
export interface SessionDefinition {
  /** Unique, lower case letters, digits and dashes, at most 40 characters. */
  readonly id: string;
  readonly name: string;
  readonly instrument: InstrumentKey;
  readonly timeframe: Timeframe;
  /** Name of a stored strategy. */
  readonly strategy: string;
  readonly sizing: Sizing;
  readonly orderType: SessionOrderType;
  /** How far a limit order goes beyond the opposite quote, in basis points of price; for `LMT` only. */
  readonly limitOffsetBps: number;
  readonly allowShort: boolean;
  /** Closed bars that the rolling buffer holds; at least 200. */
  readonly bufferSize: number;
  /** Where the strategy decides. @default 'main' */
  readonly thread: DeciderThread;
  /** @default 'adopt' */
  readonly onDifference: DifferencePolicy;
  /** Starts with the runtime. */
  readonly active: boolean;
  readonly origin: 'config' | 'dashboard';
}

/** The five states of the session machine, by the names of its chart. */
export const sessionStates = ['idle', 'collecting', 'signaling', 'ordering', 'syncing'] as const;
export type SessionState = (typeof sessionStates)[number];
