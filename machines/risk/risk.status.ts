/** `reducing` lets exits through and nothing else; `halted` lets nothing through. */
export type RiskState = 'active' | 'reducing' | 'halted';

/** Who changed the risk state, and why. */
export interface RiskStatus {
  readonly state: RiskState;
  readonly since: number;
  readonly cause: string;
  readonly author: 'person' | 'limit' | 'supervisor' | 'start';
}

/** Why risk does not let an order through; null when it does. */
export function riskRefusal(
  risk: RiskStatus,
  purpose: 'entry' | 'exit',
): { readonly reason: 'riskHalted' | 'riskReducing'; readonly message: string } | null {
  if (risk.state === 'halted') return { reason: 'riskHalted', message: `Trading is halted: ${risk.cause}` };
  if (risk.state === 'active' || purpose === 'exit') return null;
  return { reason: 'riskReducing', message: `Risk lets only exits through: ${risk.cause}` };
}
