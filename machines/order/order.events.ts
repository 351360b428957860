import type { DecimalString } from '../domain/decimal.ts';
import type { Order, OrderAmendment, OrderIntent, OrderSizing } from '../domain/order.ts';
import type { BracketPlace } from './order.ports.ts';
import type { OrderStatusSource } from './order.status.ts';

/** Every wait of an order, in milliseconds of the actor's clock. */
export interface OrderTiming {
  /** From handing an order to the socket until the broker's first word. */
  readonly ackMs: number;
  /** From sending a cancel until the broker's word on it; then the broker is asked. */
  readonly cancelMs: number;
  /** From asking about a cancel until the order counts as unknown. */
  readonly cancelAskMs: number;
  /** How long executions may lag behind the broker's word "Filled". */
  readonly fillsMs: number;
  /** An order is absent when two answers of the broker, at least this far apart, do not know it. */
  readonly absentAfterMs: number;
}

export const orderTiming: OrderTiming = {
  ackMs: 5_000,
  cancelMs: 5_000,
  cancelAskMs: 10_000,
  fillsMs: 10_000,
  absentAfterMs: 10_000,
};

export interface OrderInput {
  readonly order: Order;
  /** The committed intent of an order that is to be sent now; null for one that may have been sent before. */
  readonly intent: OrderIntent | null;
  readonly place: BracketPlace;
  readonly timing: OrderTiming;
}

export interface OrderContext extends OrderInput {
  /** When the order last became doubtful; answers to questions asked before do not count. */
  readonly doubtfulSince: number;
  /** When the broker first answered that it does not know the order; null when it last did. */
  readonly missingSince: number | null;
  /** IBKR's code of the last refusal of the order or of its cancel. */
  readonly code: number | null;
  /** The change that is on its way, or of which nobody knows whether it arrived; null when the terms are known. */
  readonly amendment: OrderAmendment | null;
  /** A refusal may speak of a change of it, however late it comes. */
  readonly mayBeAmended: boolean;
}

/** The broker says where the order stands; in a push or in an answer. */
export interface OrderTold {
  readonly type: 'order.told';
  readonly status: string;
  readonly via: OrderStatusSource;
  readonly permId: number;
  readonly orderId: number | null;
  readonly clientId: number | null;
  readonly account: string | null;
  readonly message: string | null;
  /** What it is for, when the broker said it; of a trailing order the stop moves and is not told. */
  readonly sizing: OrderSizing | null;
}

/** The broker was asked and neither open nor completed orders know the order. */
export interface OrderMissing {
  readonly type: 'order.missing';
  /** When it was asked, and when it answered; wall clock. */
  readonly askedAt: number;
  readonly at: number;
  /** Executions of the order are known all the same. */
  readonly executed: boolean;
}

/** An error with the order's id. */
export interface OrderErrored {
  readonly type: 'order.errored';
  readonly code: number;
  readonly message: string;
}

/** What the store sums up over all executions of the order. */
export interface OrderFilledTo {
  readonly type: 'order.filledTo';
  readonly filled: DecimalString;
  readonly averagePrice: DecimalString | null;
}

export type OrderEvent =
  | OrderTold
  | OrderMissing
  | OrderErrored
  | OrderFilledTo
  | { readonly type: 'order.learned'; readonly permId: number }
  | { readonly type: 'order.cancel' }
  | OrderAmend
  | { readonly type: 'order.linkLost'; readonly cause: string }
  | { readonly type: 'place.done' }
  | { readonly type: 'place.refused'; readonly message: string }
  | { readonly type: 'place.failed'; readonly message: string }
  | { readonly type: 'cancel.done' }
  | { readonly type: 'cancel.refused'; readonly message: string }
  | { readonly type: 'amend.refused'; readonly message: string };

/** The committed change of an order that works is to be sent. */
export interface OrderAmend {
  readonly type: 'order.amend';
  readonly amendment: OrderAmendment;
  /** Of the entry that it is attached to, while that one works. */
  readonly parentOrderId: number | null;
}

/** What an order tells the desk. */
export type OrderReport =
  | { readonly type: 'order.moved'; readonly order: Order; readonly code: number | null }
  /** The order wants the broker to be asked. */
  | { readonly type: 'order.doubted'; readonly ref: string }
  | { readonly type: 'order.alarmed'; readonly ref: string; readonly message: string }
  /** The cancel had no effect, or (code null) nobody reacted to it. */
  | {
      readonly type: 'order.cancelRefused';
      readonly ref: string;
      readonly code: number | null;
      readonly message: string;
    }
  | { readonly type: 'order.cancelNotSent'; readonly ref: string; readonly message: string }
  /** What came of a change. */
  | {
      readonly type: 'order.amended';
      readonly ref: string;
      readonly outcome: 'accepted' | 'rejected' | 'unknown' | 'notSent';
      readonly code: number | null;
      readonly message: string;
    };
