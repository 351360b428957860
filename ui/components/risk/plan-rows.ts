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

/** A line of the limits; `loss` tells limits on losses from limits on orders. */
export interface LimitRow {
  readonly key: string;
  readonly limit: RiskPlanView['limits'][number]['limit'] | RiskPlanView['losses']['levels'][number]['limit'];
  readonly scope: RiskPlanView['limits'][number]['scope'];
  readonly soft: string | null;
  readonly hard: string | null;
  readonly loss: boolean;
}

/** Limits on losses first, then those on orders in the order of the file. */
export const limitRows = ({ limits, losses }: RiskPlanView): readonly LimitRow[] => [
  ...losses.levels.map((level) => ({
    ...level,
    key: level.limit,
    scope: { kind: 'whole' } as const,
    loss: true,
  })),
  ...limits.map((level) => ({
    ...level,
    key: `${level.scope.kind}:${'id' in level.scope ? level.scope.id : ''}:${level.limit}`,
    loss: false,
  })),
];
