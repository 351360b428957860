/** `reducing` lets exits through and nothing else; `halted` lets nothing through. */
export type RiskState = 'active' | 'reducing' | 'halted';

/** Who changed the risk state, and why. */
export interface RiskStatus {
  readonly state: RiskState;
  readonly since: number;
  readonly cause: string;
  readonly author: 'person' | 'limit' | 'supervisor' | 'start';
}

/** A part of the whole that can be held back by itself. */
export interface RiskScope {
  readonly kind: 'account' | 'session';
  readonly id: string;
}

/** A part that is held back, reducing or halted; one that is active is not listed. */
export interface HeldBack {
  readonly scope: RiskScope;
  readonly status: RiskStatus;
}

export const isSameScope = (a: RiskScope, b: RiskScope): boolean => a.kind === b.kind && a.id === b.id;

const rank: Readonly<Record<RiskState, number>> = { active: 0, reducing: 1, halted: 2 };

/** What holds for an order: the strictest of the whole, its account and its session; the whole first among equals. */
export function strictest(
  whole: RiskStatus,
  parts: readonly HeldBack[],
  of: { readonly account: string | null; readonly sessionId: string | null },
): RiskStatus {
  return parts
    .filter(({ scope }) => scope.id === (scope.kind === 'account' ? of.account : of.sessionId))
    .reduce((found, { status }) => (rank[status.state] > rank[found.state] ? status : found), whole);
}

/** Why risk does not let an order through; null when it does. */
export function riskRefusal(
  risk: Pick<RiskStatus, 'state' | 'cause'>,
  purpose: 'entry' | 'exit',
): { readonly reason: 'riskHalted' | 'riskReducing'; readonly message: string } | null {
  if (risk.state === 'halted') return { reason: 'riskHalted', message: `Trading is halted: ${risk.cause}` };
  if (risk.state === 'active' || purpose === 'exit') return null;
  return { reason: 'riskReducing', message: `Risk lets only exits through: ${risk.cause}` };
}
