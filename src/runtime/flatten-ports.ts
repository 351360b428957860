import { ulid } from 'ulid';
import { type Instrument, type InstrumentId, instrumentKeyOf } from '../../machines/domain/instrument.ts';
import { flattenRef, isFlattenRef } from '../../machines/domain/order.ts';
import { isFresh } from '../../machines/domain/quote.ts';
import type { MarketDataHub } from '../../machines/feed/hub.types.ts';
import type { FlattenPorts } from '../../machines/flatten/flatten.ports.ts';
import type { DeskClient } from '../../machines/order/desk.client.ts';
import type { PortfolioClient } from '../../machines/portfolio/portfolio.client.ts';
import { positionToldAt } from './position-keeper.ts';

export interface FlattenPortsOptions {
  readonly hub: Pick<MarketDataHub, 'watch' | 'use' | 'instrument' | 'quote' | 'isOpen'>;
  readonly desk: Pick<DeskClient, 'isOpen' | 'inFlight' | 'submit' | 'cancel' | 'reconcile'>;
  readonly portfolio: Pick<PortfolioClient, 'refresh' | 'snapshot'>;
  /** Contracts known from earlier, of instruments that nobody watches now. */
  readonly known: readonly Instrument[];
  /** The account that orders go to; null: the broker has not said. */
  readonly account: () => string | null;
  readonly lastFillAt: (id: InstrumentId) => number;
  readonly maxQuoteAgeMs: number;
  readonly now: () => number;
}

/** Gives flattening what it needs of the world: the hub, the desk and the portfolio. */
export function createFlattenPorts(options: FlattenPortsOptions): FlattenPorts {
  const { hub, desk, portfolio, account, now } = options;
  const watched = new Set<InstrumentId>();

  /** What is held may be something that nobody watches: its prices are needed now, and from here on. */
  const watch = (id: InstrumentId): void => {
    if (!watched.has(id)) {
      const key = options.known.find((instrument) => instrument.id === id) ?? instrumentKeyOf(id);
      if (key !== null) hub.watch(key, []);
      watched.add(id);
    }
    hub.use(id);
  };

  /** Null unless the broker told it after the last fill. */
  const held = (id: InstrumentId): string | null => {
    const snapshot = portfolio.snapshot();
    if (!snapshot.synced || positionToldAt(snapshot, id) < options.lastFillAt(id)) return null;
    const own = snapshot.positions.find(
      (position) => position.instrumentId === id && position.account === account(),
    );
    // A broker that listed all positions and not this one says: none.
    return own?.quantity ?? '0';
  };

  return {
    now,
    newRef: () => flattenRef(ulid()),
    look: (id) => {
      watch(id);
      const quote = hub.quote(id);
      const isTold = quote !== null && isFresh(quote, now(), options.maxQuoteAgeMs);
      const instrument = hub.instrument(id);
      return {
        held: held(id),
        inFlight: desk.isOpen() ? desk.inFlight({ instrumentId: id }) : null,
        instrument:
          instrument === null
            ? null
            : { priceBands: instrument.priceBands, multiplier: instrument.multiplier },
        isOpen: hub.isOpen(id) === true,
        freshQuote: isTold ? { bid: quote.bid, ask: quote.ask, last: quote.last } : null,
      };
    },
    inFlight: (which) =>
      desk.isOpen() ? desk.inFlight({}).filter((ref) => which === 'all' || isFlattenRef(ref)) : null,
    submit: (intent) => desk.submit({ intent, lease: null, decision: null }),
    cancel: (ref) => desk.cancel(ref),
    survey: async () => {
      // Executions first: a position that is older than one of them is not taken for what is held.
      await desk.reconcile();
      const positions = await portfolio.refresh();
      return positions
        .filter(({ quantity }) => Number(quantity) !== 0)
        .map((position) => ({
          instrumentId: position.instrumentId,
          quantity: position.quantity,
          isOurs: position.account === account(),
        }));
    },
  };
}
