/** What the broker holds against what is known here to have been traded: every difference with a kind and a sentence. */
import { type Decimal, type DecimalString, decimal, decimalString } from '../domain/decimal.ts';
import type { InstrumentId } from '../domain/instrument.ts';
import type { OrderRef, OrderSource, OrderState } from '../domain/order.ts';

/**
 * - `manualTrade`: traded at the broker outside Tradewarden; seen, and counted.
 * - `missedFill`: an order of ours is not settled, and the position says that it has filled.
 * - `orphanOrder`: an order of ours of which the broker has not said where it stands.
 * - `corporateAction`: the position has become a multiple, or a part, with no trade: a split, most likely.
 * - `unknown`: none of these.
 */
export const differenceKinds = [
  'manualTrade',
  'missedFill',
  'orphanOrder',
  'corporateAction',
  'unknown',
] as const;
export type DifferenceKind = (typeof differenceKinds)[number];

export interface Difference {
  readonly kind: DifferenceKind;
  readonly instrumentId: InstrumentId;
  readonly ref: OrderRef | null;
  /** Signed: what the broker holds, and what it should hold by what is known here; null where it is about an order. */
  readonly found: DecimalString | null;
  readonly expected: DecimalString | null;
  /** What it is, in a sentence. */
  readonly explanation: string;
}

export interface Books {
  /** Signed quantities that no trade known here explains, as accepted before: held when Tradewarden came. */
  readonly opening: Readonly<Record<InstrumentId, DecimalString>>;
  /** All effective executions known here, signed sums by who asked for them. */
  readonly traded: readonly {
    readonly instrumentId: InstrumentId;
    readonly source: OrderSource;
    readonly net: DecimalString;
    /** Unsigned, of those that came since the last acceptance. */
    readonly recentVolume: DecimalString;
  }[];
  /** What the broker lists; instruments that it does not list are flat. */
  readonly held: readonly { readonly instrumentId: InstrumentId; readonly quantity: DecimalString }[];
  /** Our orders that are not final. */
  readonly unsettled: readonly {
    readonly ref: OrderRef;
    readonly instrumentId: InstrumentId;
    readonly state: OrderState;
  }[];
}

/** Ratios of the splits and reverse splits that are met. */
const SPLITS = [2, 3, 4, 5, 6, 7, 8, 10, 15, 20, 25, 30, 40, 50, 100];
const isSplit = (found: Decimal, expected: Decimal): boolean =>
  !expected.isZero() &&
  SPLITS.some((ratio) => found.eq(expected.mul(ratio)) || found.mul(ratio).eq(expected));

const sum = (values: readonly DecimalString[]): Decimal =>
  values.reduce((total, value) => total.plus(value), decimal(0));

/** What should be held by all that is known here. */
export function expectedPosition({ opening, traded }: Books, id: InstrumentId): Decimal {
  return sum(traded.filter(({ instrumentId }) => instrumentId === id).map(({ net }) => net)).plus(
    opening[id] ?? '0',
  );
}

const heldPosition = ({ held }: Books, id: InstrumentId): Decimal =>
  sum(held.filter(({ instrumentId }) => instrumentId === id).map(({ quantity }) => quantity));

/** Every instrument that either side knows of: one that has vanished at the broker counts. */
export const instrumentsOf = ({ opening, traded, held }: Books): readonly InstrumentId[] =>
  [
    ...new Set([
      ...Object.keys(opening),
      ...traded.map(({ instrumentId }) => instrumentId),
      ...held.map(({ instrumentId }) => instrumentId),
    ]),
  ].sort();

function positionDifference(books: Books, id: InstrumentId): Difference | null {
  const [found, expected] = [heldPosition(books, id), expectedPosition(books, id)];
  const figures = { instrumentId: id, found: decimalString(found), expected: decimalString(expected) };
  const both = `the broker holds ${figures.found}, by the trades known here it would be ${figures.expected}`;
  if (found.eq(expected)) {
    const foreign = books.traded.find((each) => each.instrumentId === id && each.source === 'ibkr');
    if (foreign === undefined || decimal(foreign.recentVolume).isZero()) return null;
    const explanation = `${foreign.recentVolume} of ${id} were traded outside Tradewarden; both sides agree on ${figures.found}`;
    return { kind: 'manualTrade', ref: null, ...figures, explanation };
  }
  const open = books.unsettled.find(({ instrumentId }) => instrumentId === id);
  if (open !== undefined) {
    const explanation = `${id}: ${both}; order ${open.ref} is ${open.state}, and its fills may not have been told yet`;
    return { kind: 'missedFill', ref: open.ref, ...figures, explanation };
  }
  if (isSplit(found, expected)) {
    const explanation = `${id}: ${both}, with no trade in between: a split or reverse split, most likely`;
    return { kind: 'corporateAction', ref: null, ...figures, explanation };
  }
  const explanation = `${id}: ${both}; IBKR lists the trades of the present day only, so one of a day on which Tradewarden did not run is not known here`;
  return { kind: 'unknown', ref: null, ...figures, explanation };
}

/** Compares both sides over the union of instruments, and names our orders that the broker has not settled. */
export function reconcile(books: Books): Difference[] {
  const positions = instrumentsOf(books).flatMap((id) => positionDifference(books, id) ?? []);
  const orphans = books.unsettled
    .filter(({ state }) => state === 'unknown')
    .map(
      ({ ref, instrumentId }): Difference => ({
        ...{ kind: 'orphanOrder', instrumentId, ref, found: null, expected: null },
        explanation: `order ${ref} of ${instrumentId} was perhaps sent, and the broker has not said where it stands; it is asked about, never sent again`,
      }),
    );
  return [...positions, ...orphans];
}

/** The opening position with which both sides agree: what is accepted when a difference is. */
export function acceptedOpening(books: Books): Readonly<Record<InstrumentId, DecimalString>> {
  const traded = { ...books, opening: {} };
  return Object.fromEntries(
    instrumentsOf(books).map((id) => [
      id,
      decimalString(heldPosition(books, id).minus(expectedPosition(traded, id))),
    ]),
  );
}
