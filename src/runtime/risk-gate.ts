import { Decimal, type DecimalString, decimal, decimalString } from '../../machines/domain/decimal.ts';
import type { Execution } from '../../machines/domain/execution.ts';
import type { Instrument, InstrumentId } from '../../machines/domain/instrument.ts';
import { type InFlightOrder, type Order, type OrderRef, sourceOfRef } from '../../machines/domain/order.ts';
import { isFresh, type Quote } from '../../machines/domain/quote.ts';
import type { MarketDataHub } from '../../machines/feed/hub.types.ts';
import type { Leaving } from '../../machines/order/desk.exposure.ts';
import { baseCurrency, figureIn } from '../../machines/portfolio/currency.logic.ts';
import type { PortfolioView } from '../../machines/portfolio/portfolio.events.ts';
import type { HeldPosition } from '../../machines/risk/exposure.logic.ts';
import { breachWords } from '../../machines/risk/limit.words.ts';
import type { ScopedLimits } from '../../machines/risk/limits.ts';
import {
  type MarketConditions,
  type OrderUnderTest,
  pretrade,
  type RiskBook,
} from '../../machines/risk/pretrade.logic.ts';
import { positionToldAt } from './position-keeper.ts';

type Sent = RiskBook['sent'][number];

export interface RiskGateOptions {
  readonly limits: readonly ScopedLimits[];
  readonly hub: Pick<MarketDataHub, 'instrument' | 'quote' | 'openSpan' | 'marketTime'>;
  readonly portfolio: { snapshot(): PortfolioView };
  /** Contracts known from earlier, of instruments that nobody watches now. */
  readonly known: readonly Instrument[];
  /** Orders of the last day, of this process and those before it. */
  readonly sent: readonly (Omit<Sent, 'account'> & { readonly ref: OrderRef })[];
  readonly maxQuoteAgeMs: number;
  readonly now: () => number;
  readonly onWarning: (message: string) => void;
}

const DAY_MS = 86_400_000;
/** The same level of the same limit is warned of at most this often. */
const WARN_MS = 60_000;

/** Asked of every order, whoever wants it: whether limits let it through. */
export class RiskGate {
  readonly #options: RiskGateOptions;
  readonly #known: ReadonlyMap<InstrumentId, Instrument>;
  readonly #sent: Map<OrderRef, Omit<Sent, 'account'>>;
  #fills: readonly { readonly at: number; readonly fill: InFlightOrder }[] = [];
  #sentList: { readonly account: string; readonly list: Sent[] } | null = null;
  readonly #warnedAt = new Map<string, number>();

  constructor(options: RiskGateOptions) {
    this.#options = options;
    this.#known = new Map(options.known.map((instrument) => [instrument.id, instrument]));
    this.#sent = new Map(options.sent.map(({ ref, ...sent }) => [ref, sent]));
  }

  /** The broker has told of a fill, for the first time or again. */
  noteExecution({ execId, account, instrumentId, orderRef, side, quantity }: Execution): void {
    if (this.#fills.some(({ fill }) => fill.ref === execId)) return;
    const { sessionId } = sourceOfRef(orderRef);
    const fill = { ref: execId, account, instrumentId, sessionId, side, remaining: quantity };
    this.#fills = [...this.#fills, { at: this.#options.now(), fill }];
  }

  /** An order is on its way or beyond: it counts as sent, once. */
  noteOrder({ ref, state, instrumentId, sessionId, parentRef }: Order): void {
    if (parentRef !== null || state === 'intended' || state === 'absent' || this.#sent.has(ref)) return;
    const at = this.#options.now();
    for (const [old, each] of this.#sent) {
      if (each.at > at - DAY_MS) break;
      this.#sent.delete(old);
      this.#sentList = null;
    }
    this.#sent.set(ref, { at, instrumentId, sessionId });
    this.#sentList?.list.push({ at, instrumentId, sessionId, account: this.#sentList.account });
  }

  /**
   * Why the limits do not let an order through, in one sentence with the figures compared; null when they do. What closes
   * a position is held to the price collar only: nothing may keep one from getting out.
   */
  refusal(
    order: Omit<OrderUnderTest, 'account'> & { readonly purpose: 'entry' | 'exit' },
    leaving: Leaving,
  ): string | null {
    const { limits } = this.#options;
    if (limits.length === 0) return null;
    const isExit = order.purpose === 'exit';
    const asked = isExit ? limits.map(collarOnly) : limits;
    const { refusals, warnings } = pretrade(
      { ...order, account: leaving.account },
      this.#book(order, leaving),
      asked,
    );
    for (const warning of warnings)
      this.#warn(breachWords(warning), `${warning.limit} ${JSON.stringify(warning.scope)}`);
    const [first] = refusals;
    return first === undefined ? null : breachWords(first);
  }

  #warn(words: string, key: string): void {
    const { now, onWarning } = this.#options;
    if (now() - (this.#warnedAt.get(key) ?? Number.NEGATIVE_INFINITY) < WARN_MS) return;
    this.#warnedAt.set(key, now());
    onWarning(words);
  }

  /** Fills that the position may not have in it yet: the broker told it before they came. */
  #unsettled(): readonly InFlightOrder[] {
    const snapshot = this.#options.portfolio.snapshot();
    this.#fills = this.#fills.filter(({ at, fill }) => positionToldAt(snapshot, fill.instrumentId) <= at);
    return this.#fills.map(({ fill }) => fill);
  }

  #book(order: Pick<OrderUnderTest, 'instrumentId' | 'sessionId'>, { account, inFlight }: Leaving): RiskBook {
    const { portfolio, hub, maxQuoteAgeMs, now } = this.#options;
    const { positions, values } = portfolio.snapshot();
    const base = baseCurrency(values, account);
    const unsettled = this.#unsettled();
    const held: HeldPosition[] = positions.map(({ account: of, instrumentId, quantity }) => ({
      ...{ account: of, instrumentId, quantity, sessionId: null },
    }));
    // What is held in an instrument is one position, whichever session trades it.
    const own = held
      .filter((each) => order.sessionId !== null && each.instrumentId === order.instrumentId)
      .map((each) => ({ ...each, sessionId: order.sessionId }));
    const ids = new Set([
      order.instrumentId,
      ...held.map((each) => each.instrumentId),
      ...inFlight.map((each) => each.instrumentId),
      ...unsettled.map((each) => each.instrumentId),
    ]);
    const quote = hub.quote(order.instrumentId);
    const isTold = quote !== null && isFresh(quote, now(), maxQuoteAgeMs);
    return {
      held: [...held, ...own],
      inFlight,
      unsettled,
      // What was let through and has not left yet counts, too.
      sent: [
        ...this.#sentFrom(account),
        ...inFlight.filter(({ ref }) => !this.#sent.has(ref)).map((each) => ({ ...each, at: now() })),
      ],
      unitWorth: Object.fromEntries(
        [...ids].flatMap((id) => {
          const worth = this.#unitWorth(id, account, base);
          return worth === null ? [] : [[id, worth]];
        }),
      ),
      lastPrice: isTold && quote.last !== null ? decimalString(String(quote.last)) : null,
      market: this.#market(order.instrumentId, quote),
      netLiquidation: base === null ? null : figureIn(values, account, 'NetLiquidation', base),
      now: now(),
    };
  }

  #market(id: InstrumentId, quote: Quote | null): MarketConditions {
    const { hub, now } = this.#options;
    const [span, at] = [hub.openSpan(id), hub.marketTime(id)];
    return {
      ...{ bid: quote?.bid ?? null, ask: quote?.ask ?? null },
      ...{ bidSize: quote?.bidSize ?? null, askSize: quote?.askSize ?? null },
      quoteAgeMs: quote === null ? null : now() - quote.receivedAt,
      sinceOpenMs: span === null || at === null ? null : at - span.from,
      untilCloseMs: span === null || at === null ? null : span.to - at,
    };
  }

  /** Those that were sent, as limits look at them. */
  #sentFrom(account: string): readonly Sent[] {
    if (this.#sentList?.account !== account) {
      const list = [...this.#sent.values()].map((each) => ({ ...each, account }));
      this.#sentList = { account, list };
    }
    return this.#sentList.list;
  }

  /** Price, multiplier and exchange rate; null when one of them is not known. */
  #unitWorth(id: InstrumentId, account: string, base: string | null): DecimalString | null {
    const { hub, portfolio } = this.#options;
    const { positionValues, values } = portfolio.snapshot();
    const instrument = hub.instrument(id) ?? this.#known.get(id) ?? null;
    const price =
      hub.quote(id)?.last ?? positionValues.find((each) => each.instrumentId === id)?.marketPrice ?? null;
    if (instrument === null || price === null || base === null) return null;
    const rate =
      instrument.currency === base
        ? '1'
        : (values.find(
            (each) =>
              each.account === account &&
              each.key === 'ExchangeRate' &&
              each.currency === instrument.currency,
          )?.value ?? null);
    if (rate === null || !decimal(rate).gt(0)) return null;
    return decimalString(new Decimal(String(price)).mul(instrument.multiplier).mul(rate).abs());
  }
}

const collarOnly = ({ scope, limits }: ScopedLimits): ScopedLimits => ({
  scope,
  limits: limits.priceCollar === undefined ? {} : { priceCollar: limits.priceCollar },
});
