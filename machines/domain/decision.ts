import type { DecimalString } from './decimal.ts';
import type { InstrumentId } from './instrument.ts';
import type { OrderSide, TimeInForce } from './order.ts';
import type { SessionOrderType } from './session.ts';

/** What a strategy wants to hold after a bar; `hold` leaves things as they are. */
export type Signal = 'long' | 'short' | 'flat' | 'hold';

/** Why a closed bar led to no order: a closed list, each shown to people with the figures compared. */
export const guardNames = [
  'warmingUp',
  'noSignal',
  'alreadyInPosition',
  'alreadyFlat',
  'shortNotAllowed',
  'orderInFlight',
  'sizeBelowMinimum',
  'cashInsufficient',
  'brokerNotReady',
  'positionNotSynced',
  'dataNotLive',
  'dataStale',
  'outsideTradingHours',
  'riskReducing',
  'riskHalted',
  'riskLimit',
  'leaseLost',
  'storeDown',
  'barSuperseded',
  'barLate',
  'sessionPaused',
  'orderRejected',
] as const;
export type GuardName = (typeof guardNames)[number];

/** What an order would be, before it has an identity. */
export interface OrderProposal {
  readonly side: OrderSide;
  readonly quantity: DecimalString;
  readonly orderType: SessionOrderType;
  readonly limitPrice: DecimalString | null;
  readonly timeInForce: TimeInForce;
  readonly purpose: 'entry' | 'exit';
}

/** The one record that every closed bar of a running session leaves. */
export interface Decision {
  readonly sessionId: string;
  readonly instrumentId: InstrumentId;
  /** Start of the decided bar, epoch ms. */
  readonly barTime: number;
  /** Wall clock, epoch ms. */
  readonly at: number;
  readonly close: number;
  readonly signal: Signal;
  readonly outcome: 'order' | 'refused';
  /** The guard that refused; null with outcome `order`. */
  readonly guard: GuardName | null;
  /** One sentence for people, in English; the dashboard translates by guard name. */
  readonly reason: string;
  /** The figures compared: indicators, thresholds, ages, sizes. */
  readonly values: Readonly<Record<string, number | string | boolean | null>>;
  readonly order: OrderProposal | null;
  /** The ref of the order that followed; null until one did. */
  readonly orderRef: string | null;
}
