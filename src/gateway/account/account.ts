import { Decimal } from 'decimal.js';
import type { GatewayConfig } from '../config.ts';
import type { Instrument } from '../market/instrument.ts';
import type { Market } from '../market/market.ts';
import { localDate } from '../market/zone.ts';
import { type BrokerOrder, isBuy, remainingOf, ZERO } from '../matching/order.ts';
import type { BrokerState } from '../state.ts';
import { bookFill, type Ledger, type LedgerContract } from './ledger.ts';
import { beginDay, type Marked, marginFractions, type Valuation, valuate } from './valuation.ts';

/** The account at present prices: what it is worth, and what it can still carry. */
export class Account {
  readonly #market: Market;
  readonly #state: BrokerState;
  readonly #config: GatewayConfig;

  constructor(options: { market: Market; state: BrokerState; config: GatewayConfig }) {
    this.#market = options.market;
    this.#state = options.state;
    this.#config = options.config;
    this.#ledger();
  }

  valuation(): Valuation {
    return valuate(this.#ledger(), this.#config.account, (conId) => this.#marked(conId));
  }

  /** The ledger after a fill, not yet stored. `signed` is positive for a buy. */
  booked(instrument: Instrument, signed: Decimal, price: Decimal, commission: Decimal) {
    return bookFill(this.#ledger(), ledgerContract(instrument, this.#config), signed, price, commission);
  }

  /** Starts the figures of the day anew when the market date has changed. */
  beginDayIfNew(): void {
    const day = this.#marketDay();
    const ledger = this.#ledger();
    if (ledger.day === day) return;
    this.#state.saveLedger(beginDay(ledger, day, this.#config.account, (conId) => this.#marked(conId)));
  }

  /** Why the account cannot carry an order; undefined when it can. Reducing a position is always possible. */
  cannotAfford(order: BrokerOrder, instrument: Instrument): string | undefined {
    const { price, rate, multiplier, secType } = this.#marked(instrument.conId) ?? {};
    if (rate === undefined || multiplier === undefined || secType === undefined)
      return 'No trading permissions.';
    const at = order.ticket.lmtPrice ?? price;
    if (at === undefined) return undefined;
    const now = this.valuation();
    const held = now.holdings.find((each) => each.conId === instrument.conId)?.holding.quantity ?? ZERO;
    const after = held.plus(isBuy(order) ? remainingOf(order) : remainingOf(order).neg());
    const growth = after.abs().minus(held.abs());
    if (growth.lte(0)) return undefined;
    const margin = marginFractions(this.#config.account, secType).initial;
    const needed = growth.times(at).times(multiplier).times(rate).times(margin);
    if (needed.lte(now.availableFunds)) return undefined;
    const { currency } = this.#config.account;
    return `YOUR ORDER IS NOT ACCEPTED. IN ORDER TO OBTAIN THE DESIRED POSITION YOUR AVAILABLE FUNDS [${now.availableFunds.toFixed(2)} ${currency}] MUST EXCEED THE INITIAL MARGIN [${needed.toFixed(2)} ${currency}]`;
  }

  #marked(conId: number): Marked | undefined {
    const feed = this.#market.feed(conId);
    if (feed === undefined) return undefined;
    const { last } = feed.quote;
    const price = last === undefined ? undefined : new Decimal(last);
    return { ...ledgerContract(feed.instrument, this.#config), price };
  }

  #marketDay(): string {
    return localDate(this.#market.instruments[0]?.config.timeZone ?? 'UTC', this.#market.now);
  }

  #ledger(): Ledger {
    const known = this.#state.ledger;
    if (known !== undefined) return known;
    const cash = new Decimal(this.#config.account.cash);
    const ledger: Ledger = { cash, holdings: {}, day: this.#marketDay(), netLiquidationAtDayStart: cash };
    this.#state.saveLedger(ledger);
    return ledger;
  }
}

/** What the ledger must know of an instrument; the configuration has a rate for every currency in use. */
function ledgerContract(instrument: Instrument, config: GatewayConfig): LedgerContract {
  const { currency, secType } = instrument.config;
  const rate = currency === config.account.currency ? 1 : (config.account.rates[currency] ?? 1);
  return { conId: instrument.conId, secType, multiplier: instrument.multiplier, rate: new Decimal(rate) };
}
