/** `reducing` lets exits through and nothing else; `halted` lets nothing through. */
export type RiskState = 'active' | 'reducing' | 'halted';

/** Who changed the risk state, and why. */
export interface RiskStatus {
  readonly state: RiskState;
  readonly since: number;
  readonly cause: string;
  readonly author: 'person' | 'limit' | 'supervisor' | 'start';
}
