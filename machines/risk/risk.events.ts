import type { RiskStatus } from './risk.status.ts';

/** Why, in one sentence, and who. */
interface Order {
  readonly cause: string;
  readonly author: RiskStatus['author'];
}

export type RiskEvent =
  /** Nothing goes through any more. */
  | ({ readonly type: 'risk.halt' } & Order)
  /** Only exits go through. */
  | ({ readonly type: 'risk.reduce' } & Order)
  /** Everything goes through again. After a halt only when a person says so. */
  | ({ readonly type: 'risk.resume' } & Order)
  /** Sent by a supervisor that ends. */
  | { readonly type: 'shutdown' };

export type RiskEmitted = { readonly type: 'risk.changed'; readonly status: RiskStatus };

export interface RiskInput {
  /** The stored one: a halt outlives the process. */
  readonly status: RiskStatus;
}
