import type { RiskPlanView } from '../../../src/contract/risk.schema.ts';

type Reaches = RiskPlanView['whole'];
export type Bound = Reaches['exposure'];

/** A line of the worst case; `id` null: all sessions together. */
export interface ReachRow extends Reaches {
  readonly id: string | null;
}

/** The sessions, and below them all of them together. */
export const reachRows = ({ sessions, whole }: RiskPlanView): readonly ReachRow[] => [
  ...sessions,
  { ...whole, id: null },
];

/** What is done when the hard level is reached. */
export type LimitAction = 'warn' | 'refuse' | 'halt' | 'reduce' | 'reduceSession' | 'wait' | 'close';

/** A line of the limits. */
export interface LimitRow {
  readonly key: string;
  readonly limit:
    | RiskPlanView['limits'][number]['limit']
    | RiskPlanView['losses']['levels'][number]['limit']
    | RiskPlanView['trades'][number]['limit'];
  readonly scope: RiskPlanView['limits'][number]['scope'] | { readonly kind: 'sessions' };
  readonly soft: string | null;
  readonly hard: string | null;
  readonly action: LimitAction;
}

const tradeActions = { losingStreak: 'reduceSession', cooldown: 'wait', holding: 'close' } as const;
const actionOf = (hard: string | null, action: LimitAction): LimitAction => (hard === null ? 'warn' : action);

/** Limits on losses first, those on trades, then those on orders in the order of the file. */
export const limitRows = ({ limits, losses, trades }: RiskPlanView): readonly LimitRow[] => [
  ...losses.levels.map((level) => ({
    ...level,
    ...{ key: level.limit, scope: { kind: 'whole' } as const },
    action: actionOf(level.hard, losses.action),
  })),
  ...trades.map((level) => ({
    ...level,
    ...{ key: level.limit, scope: { kind: 'sessions' } as const },
    action: actionOf(level.hard, tradeActions[level.limit]),
  })),
  ...limits.map((level) => ({
    ...level,
    key: `${level.scope.kind}:${'id' in level.scope ? level.scope.id : ''}:${level.limit}`,
    action: actionOf(level.hard, 'refuse'),
  })),
];
