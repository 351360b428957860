import type { DecimalString } from '../../machines/domain/decimal.ts';
import type { Instrument, InstrumentId } from '../../machines/domain/instrument.ts';
import type { Quote } from '../../machines/domain/quote.ts';
import { baseCurrency, currencyRows } from '../../machines/portfolio/currency.logic.ts';
import { holdingOf } from '../../machines/portfolio/holding.logic.ts';
import {
  accountRow,
  instrumentRow,
  type PnlRow,
  type SessionHolding,
  sessionRow,
} from '../../machines/portfolio/pnl.logic.ts';
import type { PortfolioView } from '../../machines/portfolio/portfolio.events.ts';
import type { ExecutionsRepository, SessionFill } from '../store/executions/executions.repository.ts';

interface PnlBookOptions {
  readonly store: Pick<ExecutionsRepository, 'sessionFills'>;
  readonly portfolio: { snapshot(): PortfolioView };
  readonly hub: { instrument(id: InstrumentId): Instrument | null; quote(id: InstrumentId): Quote | null };
  /** Contracts known from earlier, of instruments that nobody watches now. */
  readonly known: Iterable<Instrument>;
}

/** The fills of a session in one instrument and account; what they leave is computed once. */
interface Group extends Pick<SessionFill, 'sessionId' | 'account' | 'instrumentId'> {
  readonly execIds: ReadonlySet<string>;
  held(multiplier: DecimalString): NonNullable<SessionHolding['held']>;
}

function grouped(fills: readonly SessionFill[]): readonly Group[] {
  const groups = Map.groupBy(fills, ({ account, instrumentId }) => `${account} ${instrumentId}`);
  return [...groups.values()].flatMap((of) => {
    const [first] = of;
    if (first === undefined) return [];
    const { sessionId, account, instrumentId } = first;
    let known: SessionHolding['held'] = null;
    return {
      ...{ sessionId, account, instrumentId, execIds: new Set(of.map(({ execId }) => execId)) },
      held(multiplier: DecimalString) {
        if (known?.multiplier !== multiplier) known = { multiplier, holding: holdingOf(of, multiplier) };
        return known;
      },
    };
  });
}

/** The key of a row, by which the dashboard knows it. */
export const pnlKey = ({
  scope,
  account,
  id,
  instrumentId,
}: Pick<PnlRow, 'scope' | 'account' | 'id' | 'instrumentId'>): string =>
  [scope, account, id, scope === 'session' ? instrumentId : null].filter((part) => part !== null).join('/');

/**
 * Profit and loss of everything, as of now. The fills of sessions are read from the database when somebody first looks,
 * and those of one session again after it has traded.
 */
export class PnlBook {
  readonly #options: PnlBookOptions;
  readonly #known: ReadonlyMap<InstrumentId, Instrument>;
  /** By session; null until somebody has looked. */
  #groups: Map<string, readonly Group[]> | null = null;
  readonly #stale = new Set<string>();

  constructor(options: PnlBookOptions) {
    this.#options = options;
    this.#known = new Map([...options.known].map((instrument) => [instrument.id, instrument]));
  }

  /** A session has traded: its fills are read again at the next look. */
  note(sessionId: string): void {
    this.#stale.add(sessionId);
  }

  /** The same by its execution; one whose fills were not read yet has its commission when they are. */
  noteCommission(execId: string): void {
    const group = this.#all().find(({ execIds }) => execIds.has(execId));
    if (group !== undefined) this.note(group.sessionId);
  }

  /** Keys of the rows whose price this instrument is. */
  keysOf(id: InstrumentId): readonly string[] {
    return this.#all()
      .filter(({ instrumentId }) => instrumentId === id)
      .map(({ sessionId, account }) => `session/${account}/${sessionId}/${id}`);
  }

  /** All rows. @throws StoreError when fills had to be read and could not be */
  async rows(): Promise<readonly PnlRow[]> {
    await this.#refresh();
    const { values, pnl, positionValues } = this.#options.portfolio.snapshot();
    const accounts = [...new Set([...values, ...pnl].map(({ account }) => account))];
    return [
      ...this.#all().map((group) => this.#row(group)),
      ...positionValues.map((value) =>
        instrumentRow(value, this.#instrument(value.instrumentId)?.currency ?? null),
      ),
      ...pnl.map((reading) => accountRow(reading, baseCurrency(values, reading.account))),
      ...accounts.flatMap((account) => currencyRows(values, account)),
    ];
  }

  async #refresh(): Promise<void> {
    const { store } = this.#options;
    if (this.#groups === null) {
      this.#stale.clear();
      const bySession = Map.groupBy(await store.sessionFills(), ({ sessionId }) => sessionId);
      this.#groups = new Map([...bySession].map(([id, fills]) => [id, grouped(fills)]));
    }
    for (const sessionId of [...this.#stale]) {
      this.#stale.delete(sessionId);
      try {
        this.#groups.set(sessionId, grouped(await store.sessionFills(sessionId)));
      } catch (error) {
        this.#stale.add(sessionId);
        throw error;
      }
    }
  }

  #all(): readonly Group[] {
    return [...(this.#groups?.values() ?? [])].flat();
  }

  #instrument(id: InstrumentId): Instrument | null {
    return this.#options.hub.instrument(id) ?? this.#known.get(id) ?? null;
  }

  #row(group: Group): PnlRow {
    const { sessionId, account, instrumentId } = group;
    const instrument = this.#instrument(instrumentId);
    return sessionRow({
      ...{ sessionId, account, instrumentId, price: this.#price(account, instrumentId) },
      currency: instrument?.currency ?? null,
      held: instrument === null ? null : group.held(instrument.multiplier),
    });
  }

  /** The last trade as the feed has it, or as IBKR values the position: whichever was told later. */
  #price(account: string, id: InstrumentId): { value: number; at: number } | null {
    const quote = this.#options.hub.quote(id);
    const valued = this.#options.portfolio
      .snapshot()
      .positionValues.find((each) => each.account === account && each.instrumentId === id);
    const told = [
      quote?.last == null ? null : { value: quote.last, at: quote.receivedAt },
      valued?.marketPrice == null ? null : { value: Number(valued.marketPrice), at: valued.at },
    ].filter((price) => price !== null);
    return told.toSorted((a, b) => b.at - a.at)[0] ?? null;
  }
}
