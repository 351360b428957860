import { Decimal, type DecimalString, decimal } from '../../machines/domain/decimal.ts';
import type { InstrumentId } from '../../machines/domain/instrument.ts';
import type { Position } from '../../machines/domain/position.ts';
import type { DeskClient } from '../../machines/order/desk.client.ts';
import { Refusal } from '../http/runtime.port.ts';
import type { ManualOrders } from './manual-orders.ts';

export interface PositionCloserOptions {
  readonly orders: Pick<ManualOrders, 'close'>;
  readonly desk: Pick<DeskClient, 'inFlight' | 'cancel'>;
  readonly portfolio: { position(id: InstrumentId): Pick<Position, 'quantity'> | null };
  readonly onAlarm: (message: string) => void;
}

export interface Closing {
  readonly instrumentId: InstrumentId;
  /** Who wants it, for the alarm: `Policy "flatten" of session "a"`. */
  readonly who: string;
  /** For the order's record. */
  readonly reason: string;
  /** Signed; no more than this is closed. Left out: all that is held. */
  readonly most?: DecimalString | undefined;
}

/** Closes what is held of an instrument at the market, for a policy or a limit. */
export class PositionCloser {
  readonly #options: PositionCloserOptions;

  constructor(options: PositionCloserOptions) {
    this.#options = options;
  }

  /** Orders of ours on their way are cancelled first. Answers whether it is done; else it is to be asked again. */
  async close({ instrumentId: id, who, reason, most }: Closing): Promise<boolean> {
    const { desk, orders, portfolio, onAlarm } = this.#options;
    const working = desk.inFlight({ instrumentId: id });
    for (const ref of working) await desk.cancel(ref);
    if (working.length > 0) return false;
    const held = decimal(portfolio.position(id)?.quantity ?? '0');
    const isOther = most !== undefined && decimal(most).isNegative() !== held.isNegative();
    if (held.isZero() || isOther) return true;
    const quantity = Decimal.min(held.abs(), decimal(most ?? held).abs()).toFixed();
    const draft = {
      ...{ instrumentId: id, side: held.isPositive() ? ('SELL' as const) : ('BUY' as const), quantity },
      ...{ orderType: 'MKT' as const, timeInForce: 'DAY' as const },
    };
    const what = `${draft.side} ${quantity} of ${id} at the market`;
    try {
      const { outcome, message } = await orders.close(draft, reason);
      const isSent = outcome === 'accepted' || outcome === 'unknown';
      onAlarm(`${who}: ${what}: ${outcome}${message ? `, ${message}` : ''}`);
      return isSent;
    } catch (error) {
      if (!(error instanceof Refusal)) throw error;
      onAlarm(`${who}: ${what} was refused, and is tried again: ${error.message}`);
      return false;
    }
  }
}
