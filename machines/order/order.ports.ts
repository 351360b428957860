import type { DecimalString } from '../domain/decimal.ts';
import type { Decision } from '../domain/decision.ts';
import type { CommissionReport, Execution } from '../domain/execution.ts';
import type { InstrumentId } from '../domain/instrument.ts';
import type {
  Order,
  OrderAmendment,
  OrderIntent,
  OrderPrices,
  OrderRef,
  OrderSizing,
  OrderState,
} from '../domain/order.ts';

/** An order as the broker shows it; ours or anyone's. */
export interface BrokerOrder extends OrderPrices {
  /** Empty refs are null. */
  readonly ref: OrderRef | null;
  readonly permId: number;
  readonly orderId: number;
  readonly clientId: number;
  readonly account: string;
  readonly instrumentId: InstrumentId;
  readonly symbol: string;
  readonly side: 'BUY' | 'SELL';
  readonly quantity: DecimalString;
  /** IBKR's order type, kept as text: other clients use types that we do not. */
  readonly orderType: string;
  /** IBKR's status, e.g. `PreSubmitted`, `Submitted`, `PendingCancel`, `Cancelled`, `Filled`, `Inactive`. */
  readonly status: string;
  readonly filled: DecimalString;
  readonly message: string | null;
}

/** The broker's answer to "what do you know of orders?", asked after every (re)connect and whenever in doubt. */
export interface BrokerTruth {
  readonly open: readonly BrokerOrder[];
  readonly completed: readonly BrokerOrder[];
  readonly executions: readonly Execution[];
  readonly commissions: readonly CommissionReport[];
  /** Epoch ms, wall clock. */
  readonly at: number;
}

/** Live news about orders; pushed whether or not anyone trusts the connection at that moment. */
export type BrokerOrderNews =
  | { readonly type: 'broker.openOrder'; readonly order: BrokerOrder }
  | {
      readonly type: 'broker.orderStatus';
      readonly orderId: number;
      readonly clientId: number;
      readonly permId: number;
      readonly status: string;
      readonly filled: DecimalString;
      readonly remaining: DecimalString;
    }
  | { readonly type: 'broker.execution'; readonly execution: Execution }
  | { readonly type: 'broker.commission'; readonly report: CommissionReport }
  /** An error that IBKR sent with one of our order ids as request id. */
  | {
      readonly type: 'broker.orderError';
      readonly orderId: number;
      readonly code: number;
      readonly message: string;
    };

/** What the broker must know of an order; an intent has it, and so has a stored order. */
export type OrderWords = Pick<
  OrderIntent,
  'ref' | 'instrumentId' | 'side' | 'quantity' | 'orderType' | 'timeInForce' | keyof OrderPrices
>;

/** Where an order stands in its bracket. */
export interface BracketPlace {
  /** The order id of the entry that it is attached to; null for an entry, and for an order by itself. */
  readonly parentOrderId: number | null;
  /** False for all but the last order of a bracket: the broker works none of them before it has them all. */
  readonly transmit: boolean;
}

/** What is handed to the socket. */
export interface OrderPlacement extends BracketPlace {
  readonly orderId: number;
  readonly intent: OrderWords;
  readonly account: string;
}

/** The execution side of the broker. */
export interface ExecutionPort {
  /** Hands the order to the socket at once or throws; never queues. @throws BrokerError `unavailable` */
  place(placement: OrderPlacement): void;
  /** Hands new terms of an order that works to the socket, in the same way. @throws BrokerError `unavailable` */
  modify(placement: OrderPlacement): void;
  /** @throws BrokerError `unavailable` */
  cancel(orderId: number): void;
  /** How many messages may leave now without breaking the broker's limit. */
  headroom(): number;
  /** Asks open orders (all clients), completed orders and executions. @throws BrokerError */
  ask(): Promise<BrokerTruth>;
  /** Live news for as long as subscribed, over all connections. */
  subscribe(listener: (news: BrokerOrderNews) => void): () => void;
}

export interface OrderPatch {
  readonly state?: OrderState;
  /** Added to the known ones. */
  readonly permId?: number;
  readonly orderId?: number;
  readonly clientId?: number;
  readonly account?: string;
  readonly message?: string | null;
  /** As the broker has them now. */
  readonly sizing?: OrderSizing;
}

/** What the order desk needs of the database. Every call has been committed when it resolves. */
export interface OrderStorePort {
  commitIntent(
    intent: OrderIntent,
    options: {
      /** The fencing lease that must be held at that moment; null for manual orders. */
      readonly lease: { readonly name: string; readonly epoch: number } | null;
      /** Committed in the same transaction. */
      readonly decision: Decision | null;
      /** The protecting orders of a bracket; committed in the same transaction. */
      readonly children: readonly OrderIntent[];
    },
  ): Promise<'committed' | 'leaseLost' | 'duplicate'>;
  /** `notWorking`: there is no such order of ours, or it is over. */
  commitAmendment(amendment: OrderAmendment): Promise<'committed' | 'notWorking'>;
  /** That a cancel was wanted; a cancel leaves also while this cannot be written. */
  recordCancel(ref: OrderRef, at: number): Promise<void>;
  update(ref: OrderRef, patch: OrderPatch): Promise<void>;
  get(ref: OrderRef): Promise<Order | null>;
  /** Our orders that are not final. */
  unsettled(): Promise<readonly Order[]>;
  /** Orders placed elsewhere, keyed by permId. */
  saveForeign(order: BrokerOrder, state: OrderState): Promise<void>;
  /** False when it was already stored. */
  recordExecution(execution: Execution): Promise<boolean>;
  recordCommission(report: CommissionReport): Promise<boolean>;
  /** The highest order id ever handed out; null before the first. */
  orderIdHighWater(): Promise<number | null>;
  saveOrderIdHighWater(orderId: number): Promise<void>;
}
