import { ulid } from 'ulid';
import { decimal } from '../../machines/domain/decimal.ts';
import type { InstrumentId } from '../../machines/domain/instrument.ts';
import { type OrderIntent, orderRef } from '../../machines/domain/order.ts';
import { isValidPrice, roundPrice } from '../../machines/domain/price-bands.ts';
import { isFresh } from '../../machines/domain/quote.ts';
import type { MarketDataHub } from '../../machines/feed/hub.types.ts';
import type { DeskClient } from '../../machines/order/desk.client.ts';
import type { PortfolioClient } from '../../machines/portfolio/portfolio.client.ts';
import { riskRefusal } from '../../machines/risk/risk.status.ts';
import type { OrderDraft, OrderResult } from '../contract/portfolio.schema.ts';
import { Refusal } from '../http/runtime.port.ts';
import type { Store } from '../store/store.ts';
import type { LiveStatus } from './live-status.ts';

export interface ManualOrdersOptions {
  readonly store: Store;
  readonly hub: MarketDataHub;
  readonly desk: DeskClient;
  readonly portfolio: PortfolioClient;
  readonly status: LiveStatus;
  /** No order leaves on a quote older than this, wall time. */
  readonly maxQuoteAgeMs: number;
}

/**
 * Orders that a person places in the dashboard, or has placed by a session's policy: by the same desk and the same risk
 * state as those of sessions.
 */
export class ManualOrders {
  readonly #options: ManualOrdersOptions;

  constructor(options: ManualOrdersOptions) {
    this.#options = options;
  }

  /** Checks and places. @throws Refusal that says what was found and what was expected */
  place(draft: OrderDraft): Promise<OrderResult> {
    return this.#place(draft, { reason: 'Placed by hand in the dashboard.', mustClose: false });
  }

  /** The same for an order that may only make a position smaller, by what is known after the last fill. */
  close(draft: OrderDraft, reason: string): Promise<OrderResult> {
    return this.#place(draft, { reason, mustClose: true });
  }

  async #place(
    draft: OrderDraft,
    { reason, mustClose }: { readonly reason: string; readonly mustClose: boolean },
  ): Promise<OrderResult> {
    const { hub, desk, status } = this.#options;
    const instrument = hub.instrument(draft.instrumentId);
    if (instrument === null) {
      const known = hub
        .instruments()
        .map((each) => each.id)
        .join(', ');
      const message = `instrument: found "${draft.instrumentId}", expected a watched one: ${known}`;
      throw new Refusal(422, 'unknown-instrument', message, [{ path: 'instrumentId', message }]);
    }
    if (draft.orderType === 'LMT' && draft.limitPrice === null) {
      const message = 'limit price: found none, expected one with a limit order';
      throw new Refusal(422, 'limit-price-missing', message, [{ path: 'limitPrice', message }]);
    }
    if (draft.orderType === 'LMT' && draft.limitPrice !== null) {
      const price = decimal(draft.limitPrice);
      if (!isValidPrice(price, instrument.priceBands)) {
        const near = (['down', 'up'] as const).map((mode) => roundPrice(price, instrument.priceBands, mode));
        const message = `limit price: found ${draft.limitPrice}, expected a price of ${draft.instrumentId}, such as ${near.map((each) => each.toFixed()).join(' or ')}`;
        throw new Refusal(422, 'limit-price-off-grid', message, [{ path: 'limitPrice', message }]);
      }
    }
    this.#requireFreshQuote(draft.instrumentId);
    const purpose = this.#closesOnly(draft) ? 'exit' : 'entry';
    if (mustClose && purpose !== 'exit') {
      throw new Refusal(
        409,
        'not-closing',
        `position: found none of ${draft.instrumentId} that is known after the last fill and that ${draft.side} ${draft.quantity} makes smaller, expected one, and no order of ours on its way`,
      );
    }
    if (riskRefusal(status.risk, purpose) !== null) {
      const expected = status.risk.state === 'halted' ? '"active"' : '"active", or an order that only closes';
      throw new Refusal(
        409,
        'risk-not-active',
        `risk: found "${status.risk.state}" (${status.risk.cause}), expected ${expected}`,
      );
    }
    const intent: OrderIntent = {
      ref: orderRef({ sessionId: null }, ulid()),
      source: 'manual',
      sessionId: null,
      instrumentId: draft.instrumentId,
      side: draft.side,
      quantity: draft.quantity,
      orderType: draft.orderType,
      limitPrice: draft.orderType === 'LMT' ? draft.limitPrice : null,
      timeInForce: draft.timeInForce,
      purpose,
      reason,
      barTime: null,
      createdAt: Date.now(),
    };
    const result = await desk.submit({ intent, lease: null, decision: null });
    const committed = result.outcome !== 'notSent' || result.committed;
    return {
      ref: committed ? intent.ref : null,
      outcome: result.outcome,
      message: 'message' in result ? result.message : null,
    };
  }

  /** Makes a known position smaller, with no other order of ours on its way in the instrument. */
  #closesOnly({ instrumentId: id, side, quantity }: OrderDraft): boolean {
    const { portfolio, desk, status } = this.#options;
    const { synced, asOf } = portfolio.snapshot();
    const position = portfolio.position(id);
    if (!synced || position === null || desk.inFlight({ instrumentId: id }).length > 0) return false;
    if (Math.max(position.at, asOf ?? 0) < status.lastFillAt(id)) return false;
    const held = decimal(position.quantity);
    return (side === 'SELL' ? held : held.negated()).gte(quantity);
  }

  /** A person must not trade on a price that is not there either. @throws Refusal */
  #requireFreshQuote(id: InstrumentId): void {
    const quote = this.#options.hub.quote(id);
    const { maxQuoteAgeMs } = this.#options;
    if (quote !== null && isFresh(quote, Date.now(), maxQuoteAgeMs)) return;
    const found =
      quote === null
        ? 'no price'
        : `a ${quote.quality} price ${Math.round((Date.now() - quote.receivedAt) / 1000)} s old`;
    throw new Refusal(
      409,
      'price-not-fresh',
      `price: found ${found} of ${id}, expected a live one of the last ${maxQuoteAgeMs / 1000} s`,
    );
  }

  async cancel(ref: string): Promise<OrderResult> {
    const { store, desk } = this.#options;
    if ((await store.orders.get(ref)) === null) {
      throw new Refusal(
        404,
        'unknown-order',
        `order: found no "${ref}", expected the ref of one of our orders`,
      );
    }
    const result = await desk.cancel(ref);
    return { ref, outcome: result.outcome, message: 'message' in result ? result.message : null };
  }
}
