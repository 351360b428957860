import { decimal } from '../../machines/domain/decimal.ts';
import type { Instrument, InstrumentId } from '../../machines/domain/instrument.ts';
import type { Order } from '../../machines/domain/order.ts';
import { isFresh, type Quote } from '../../machines/domain/quote.ts';
import type { MarketDataHub } from '../../machines/feed/hub.types.ts';
import type { DeskClient } from '../../machines/order/desk.client.ts';
import type { PortfolioClient } from '../../machines/portfolio/portfolio.client.ts';
import { type RiskStatus, riskRefusal } from '../../machines/risk/risk.status.ts';
import type { OrderChange, OrderDraft, OrderResult } from '../contract/portfolio.schema.ts';
import { Refusal } from '../http/runtime.port.ts';
import type { Store } from '../store/store.ts';
import type { LiveStatus } from './live-status.ts';
import { type Draft, draftIntents, requireBracket, requireTerms, wholeDraft } from './order-draft.ts';

export interface ManualOrdersOptions {
  /** What risk is for an order: the strictest of all that holds it. */
  readonly riskOf: (account: string | null, sessionId: string | null) => RiskStatus;
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
  place(draft: Draft): Promise<OrderResult> {
    return this.#place(wholeDraft(draft), { reason: 'Placed by hand in the dashboard.', mustClose: false });
  }

  /** The same for an order that may only make a position smaller, by what is known after the last fill. */
  close(draft: Draft, reason: string): Promise<OrderResult> {
    return this.#place(wholeDraft(draft), { reason, mustClose: true });
  }

  async #place(
    draft: OrderDraft,
    { reason, mustClose }: { readonly reason: string; readonly mustClose: boolean },
  ): Promise<OrderResult> {
    const { desk } = this.#options;
    const instrument = this.#instrument(draft.instrumentId);
    requireTerms(draft, instrument);
    // One that has no market data line gets it now: a refusal for want of a price is not the last word.
    this.#options.hub.use(draft.instrumentId);
    const quote = this.#requireFreshQuote(draft.instrumentId);
    requireBracket(draft, instrument, quote);
    const purpose = this.#closesOnly(draft) ? 'exit' : 'entry';
    if (mustClose && purpose !== 'exit') {
      throw new Refusal(
        409,
        'not-closing',
        `position: found none of ${draft.instrumentId} that is known after the last fill and that ${draft.side} ${draft.quantity} makes smaller, expected one, and no order of ours on its way`,
      );
    }
    this.#requireRisk(purpose);
    const { intent, children } = draftIntents(draft, { purpose, reason, now: Date.now() });
    const result = await desk.submit({ intent, children, lease: null, decision: null });
    const committed = result.outcome !== 'notSent' || result.committed;
    return {
      ref: committed ? intent.ref : null,
      outcome: result.outcome,
      message: 'message' in result ? result.message : null,
    };
  }

  /** @throws Refusal unless it is one whose prices are watched */
  #instrument(id: InstrumentId): Instrument {
    const { hub } = this.#options;
    const instrument = hub.instrument(id);
    if (instrument !== null) return instrument;
    const known = hub
      .instruments()
      .map((each) => each.id)
      .join(', ');
    const message = `instrument: found "${id}", expected a watched one: ${known}`;
    throw new Refusal(422, 'unknown-instrument', message, [{ path: 'instrumentId', message }]);
  }

  /** @throws Refusal unless the risk state lets it through */
  #requireRisk(purpose: 'entry' | 'exit'): void {
    const { status, riskOf } = this.#options;
    const risk = riskOf(status.connection.accounts[0] ?? null, null);
    if (riskRefusal(risk, purpose) === null) return;
    const expected = risk.state === 'halted' ? '"active"' : '"active", or an order that only closes';
    throw new Refusal(
      409,
      'risk-not-active',
      `risk: found "${risk.state}" (${risk.cause}), expected ${expected}`,
    );
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
  #requireFreshQuote(id: InstrumentId): Quote {
    const quote = this.#options.hub.quote(id);
    const { maxQuoteAgeMs } = this.#options;
    if (quote !== null && isFresh(quote, Date.now(), maxQuoteAgeMs)) return quote;
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

  /** Gives new terms to an order of ours that works; what is left out stays. @throws Refusal */
  async change(ref: string, change: OrderChange): Promise<OrderResult> {
    const { desk } = this.#options;
    const order = await this.#stored(ref);
    const given = Object.fromEntries(Object.entries(change).filter(([, value]) => value !== undefined));
    const terms = { ...order, ...given };
    requireTerms(terms, this.#instrument(order.instrumentId));
    this.#requireFreshQuote(order.instrumentId);
    this.#requireRisk(order.purpose);
    const { quantity, limitPrice, stopPrice, trailAmount, trailPercent, limitOffset } = terms;
    const result = await desk.amend({
      ...{ ref, quantity, limitPrice, stopPrice, trailAmount, trailPercent, limitOffset },
      reason: 'Changed by hand in the dashboard.',
      createdAt: Date.now(),
    });
    return { ref, outcome: result.outcome, message: 'message' in result ? result.message : null };
  }

  /** @throws Refusal */
  async #stored(ref: string): Promise<Order> {
    const order = await this.#options.store.orders.get(ref);
    if (order !== null) return order;
    throw new Refusal(
      404,
      'unknown-order',
      `order: found no "${ref}", expected the ref of one of our orders`,
    );
  }

  async cancel(ref: string): Promise<OrderResult> {
    const { desk } = this.#options;
    await this.#stored(ref);
    const result = await desk.cancel(ref);
    return { ref, outcome: result.outcome, message: 'message' in result ? result.message : null };
  }
}
