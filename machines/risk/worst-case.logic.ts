/**
 * What sessions can reach at worst, from how they are declared and from the limits: computed before anything starts.
 * A session holds at most one entry at a time, enters only when flat, and orders at most once for each closed bar.
 */
import { type Timeframe, timeframeMs } from '../domain/bar.ts';
import { type Decimal, type DecimalString, decimal, decimalString } from '../domain/decimal.ts';
import type { SessionDefinition } from '../domain/session.ts';
import { type LimitName, type LimitScope, limitNames, type ScopedLimits } from './limits.ts';
import { type LossLimits, lossNames } from './loss.logic.ts';

/** What is reckoned with of a session; `instrumentId` as in `risk.yaml`. */
export type PlannedSession = Pick<SessionDefinition, 'id' | 'sizing' | 'timeframe' | 'allowShort'> & {
  readonly instrumentId: string;
};

export interface PlanFacts {
  readonly sessions: readonly PlannedSession[];
  readonly limits: readonly ScopedLimits[];
  readonly losses: LossLimits;
  /** Whose limits count beside those of the whole; null: not known before the broker tells. */
  readonly account: string | null;
  /** In the base currency; null: not known, and what depends on it is not either. */
  readonly netLiquidation: DecimalString | null;
}

/**
 * What bounds a figure: `sizing`, how the session is declared; `sessions`, that of all of them; `holding`, that what is
 * held cannot lose more than all it is worth; or a limit.
 */
export const boundReasons = ['sizing', 'sessions', 'holding', ...limitNames, ...lossNames] as const;
export type BoundedBy = (typeof boundReasons)[number];

/** A figure that is not passed, and what sees to it; `most` null: nothing that is known bounds it. */
export interface Bound {
  readonly most: DecimalString | null;
  readonly by: BoundedBy | null;
}

export interface Reaches {
  /** Worth of positions when the last entry is filled, in the base currency; prices then go where they go. */
  readonly exposure: Bound;
  /** Lost until no entry leaves any more, in the base currency; a gap in prices can pass it. */
  readonly loss: Bound;
  readonly ordersPerMinute: Bound;
  readonly ordersPerDay: Bound;
}

/**
 * - `refused`: what is declared is beyond a hard level.
 * - `warned`: it is beyond a soft one.
 * - `held`: it could come to pass a hard level, by what the market does, and the limit will hold it then.
 */
export const findingKinds = ['refused', 'warned', 'held'] as const;
export type FindingKind = (typeof findingKinds)[number];

export interface PlanFinding {
  readonly kind: FindingKind;
  /** Whose; null: of all together. */
  readonly session: string | null;
  readonly limit: LimitName;
  readonly scope: LimitScope;
  readonly found: DecimalString;
  readonly allowed: DecimalString;
}

export interface WorstCase {
  readonly netLiquidation: DecimalString | null;
  readonly sessions: readonly (Reaches & { readonly id: string; readonly instrumentId: string })[];
  readonly whole: Reaches;
  /** The worst first. */
  readonly findings: readonly PlanFinding[];
}

const MINUTE = 60_000;
const DAY = 86_400_000;

/** Closes of bars that any window of so many milliseconds can hold. */
const closesWithin = (timeframe: Timeframe, windowMs: number): number =>
  Math.floor(windowMs / timeframeMs[timeframe]) + 1;

type Amount = Decimal | null;
const share = (percent: number | DecimalString, of: Amount): Amount => of?.mul(percent).div(100) ?? null;

/** The worth of an entry; certain when it is known whatever the market does. */
function entryOf({ sizing }: PlannedSession, netLiquidation: Amount): { worth: Amount; certain: boolean } {
  if (sizing.kind === 'percent') return { worth: share(sizing.percent, netLiquidation), certain: true };
  // Sized by the distance of its stop: at most all that there is.
  if (sizing.kind === 'risk') return { worth: netLiquidation, certain: false };
  return { worth: null, certain: false };
}

interface Candidate {
  readonly value: Amount;
  readonly by: BoundedBy;
}
/** The lowest of the figures that are known; the first of several that are equal. */
function lowest(candidates: readonly Candidate[]): Bound {
  let bound: { value: Decimal; by: BoundedBy } | null = null;
  for (const { value, by } of candidates) {
    if (value !== null && (bound === null || value.lt(bound.value))) bound = { value, by };
  }
  return bound === null ? { most: null, by: null } : { most: decimalString(bound.value), by: bound.by };
}

/** Limits that hold positions in one instrument, or in all of them, as worth in the base currency. */
function exposureBounds(
  scoped: readonly ScopedLimits[],
  netLiquidation: Amount,
  single: boolean,
): Candidate[] {
  const found: Candidate[] = [];
  for (const { limits } of scoped) {
    const hard = (limit: LimitName): Amount => {
      const level = limits[limit]?.hard ?? null;
      return level === null ? null : decimal(level);
    };
    const leverage = hard('leverage');
    found.push(
      { value: hard('grossExposure'), by: 'grossExposure' },
      { value: leverage === null ? null : (netLiquidation?.mul(leverage) ?? null), by: 'leverage' },
    );
    if (!single) continue;
    const concentration = hard('concentration');
    found.push(
      { value: hard('orderNotional'), by: 'orderNotional' },
      {
        value: concentration === null ? null : (netLiquidation?.mul(concentration).div(100) ?? null),
        by: 'concentration',
      },
    );
  }
  return found;
}

const rateBound = (
  limit: 'ordersPerMinute' | 'ordersPerDay',
  declared: number,
  by: BoundedBy,
  scoped: readonly ScopedLimits[],
): Bound =>
  lowest([
    ...scoped.flatMap(({ limits }) => {
      const hard = limits[limit]?.hard ?? null;
      return hard === null ? [] : [{ value: decimal(hard), by: limit }];
    }),
    { value: decimal(declared), by },
  ]);

/** The loss at which the account is held back, when a limit says so. */
const haltingLosses = ({ levels }: LossLimits, netLiquidation: Amount): Candidate[] => {
  const daily = levels.dailyLoss?.hard ?? null;
  const drawdown = levels.drawdown?.hard ?? null;
  return [
    { value: daily === null ? null : decimal(daily), by: 'dailyLoss' },
    { value: drawdown === null ? null : share(drawdown, netLiquidation), by: 'drawdown' },
  ];
};

/** A figure against one limit; null when it passes no level. */
function against(
  figure: { readonly limit: LimitName; readonly found: Amount; readonly certain: boolean },
  { scope, limits }: ScopedLimits,
  session: string | null,
): PlanFinding | null {
  const level = limits[figure.limit];
  const { found } = figure;
  if (level === undefined || found === null) return null;
  const finding = (kind: FindingKind, allowed: DecimalString): PlanFinding => ({
    ...{ kind, session, limit: figure.limit, scope, allowed },
    found: decimalString(found),
  });
  if (level.hard !== null && found.gt(level.hard)) {
    return finding(figure.certain ? 'refused' : 'held', level.hard);
  }
  return level.soft !== null && found.gt(level.soft) && figure.certain ? finding('warned', level.soft) : null;
}

/** A worth as the limits on positions measure it. */
const measured = (worth: Amount, netLiquidation: Amount, certain: boolean) => {
  const ratio =
    worth === null || netLiquidation === null || !netLiquidation.gt(0) ? null : worth.div(netLiquidation);
  return [
    { limit: 'grossExposure', found: worth, certain },
    { limit: 'leverage', found: ratio, certain },
  ] as const;
};

const isOf = ({ scope }: ScopedLimits, { account }: PlanFacts, session: PlannedSession | null): boolean =>
  scope.kind === 'whole' ||
  (scope.kind === 'account' && scope.id === account) ||
  (scope.kind === 'session' && scope.id === session?.id) ||
  (scope.kind === 'instrument' && scope.id === session?.instrumentId);

function planSession(session: PlannedSession, facts: PlanFacts, netLiquidation: Amount) {
  const scoped = facts.limits.filter((each) => isOf(each, facts, session));
  const { worth, certain } = entryOf(session, netLiquidation);
  const exposure = lowest([{ value: worth, by: 'sizing' }, ...exposureBounds(scoped, netLiquidation, true)]);
  const units = session.sizing.kind === 'fixed' ? decimal(session.sizing.quantity) : null;
  const perMinute = closesWithin(session.timeframe, MINUTE);
  const perDay = closesWithin(session.timeframe, DAY);
  const positions = measured(worth, netLiquidation, certain);
  const ratio = positions[1].found;
  const figures = [
    { limit: 'orderQuantity', found: units, certain: true },
    { limit: 'position', found: units, certain: true },
    { limit: 'orderNotional', found: worth, certain },
    ...positions,
    { limit: 'netExposure', found: worth, certain },
    { limit: 'concentration', found: ratio?.mul(100) ?? null, certain },
    { limit: 'ordersPerMinute', found: decimal(perMinute), certain: false },
    { limit: 'ordersPerDay', found: decimal(perDay), certain: false },
  ] as const;
  return {
    worth: certain ? worth : null,
    reaches: {
      id: session.id,
      instrumentId: session.instrumentId,
      exposure,
      // What is bought cannot lose more than it is worth; what is sold short can.
      loss: lowest([
        ...haltingLosses(facts.losses, netLiquidation),
        ...(session.allowShort || exposure.most === null
          ? []
          : [{ value: decimal(exposure.most), by: 'holding' as const }]),
      ]),
      ordersPerMinute: rateBound('ordersPerMinute', perMinute, 'sizing', scoped),
      ordersPerDay: rateBound('ordersPerDay', perDay, 'sizing', scoped),
    },
    findings: scoped.flatMap((each) => figures.flatMap((figure) => against(figure, each, session.id) ?? [])),
  };
}

const total = (bounds: readonly Bound[]): Amount =>
  bounds.reduce<Amount>(
    (sum, { most }) => (sum === null || most === null ? null : sum.plus(most)),
    decimal(0),
  );

const severity: Readonly<Record<FindingKind, number>> = { refused: 0, warned: 1, held: 2 };

/** The largest exposure, loss until halt, and order rate of each session and of all together, and what of it breaks limits. */
export function worstCase(facts: PlanFacts): WorstCase {
  const netLiquidation = facts.netLiquidation === null ? null : decimal(facts.netLiquidation);
  const planned = facts.sessions.map((session) => planSession(session, facts, netLiquidation));
  const each = planned.map(({ reaches }) => reaches);
  const scoped = facts.limits.filter((limits) => isOf(limits, facts, null));
  const exposure = lowest([
    ...exposureBounds(scoped, netLiquidation, false),
    { value: total(each.map((one) => one.exposure)), by: 'sessions' },
  ]);
  const declared = planned.reduce((sum, { worth }) => sum.plus(worth ?? 0), decimal(0));
  const figures = measured(declared, netLiquidation, true);
  const shorts = facts.sessions.some(({ allowShort }) => allowShort);
  const rate = (limit: 'ordersPerMinute' | 'ordersPerDay'): Bound => {
    const sum = total(each.map((one) => one[limit]));
    return rateBound(limit, sum?.toNumber() ?? 0, 'sessions', scoped);
  };
  const ownFindings = scoped.flatMap((limits) =>
    figures.flatMap((figure) => against(figure, limits, null) ?? []),
  );
  return {
    netLiquidation: facts.netLiquidation,
    sessions: each,
    whole: {
      exposure,
      loss: lowest([
        ...haltingLosses(facts.losses, netLiquidation),
        ...(shorts || exposure.most === null
          ? []
          : [{ value: decimal(exposure.most), by: 'holding' as const }]),
      ]),
      ordersPerMinute: rate('ordersPerMinute'),
      ordersPerDay: rate('ordersPerDay'),
    },
    findings: [...planned.flatMap(({ findings }) => findings), ...ownFindings].toSorted(
      (a, b) => severity[a.kind] - severity[b.kind],
    ),
  };
}
