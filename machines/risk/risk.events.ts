import type { HeldBack, RiskScope, RiskStatus } from './risk.status.ts';

/** Why, in one sentence, who, and for which part; left out: for the whole. */
interface Order {
  readonly cause: string;
  readonly author: RiskStatus['author'];
  readonly scope?: RiskScope | undefined;
}

export type RiskCommand =
  /** Nothing goes through any more. */
  | ({ readonly type: 'risk.halt' } & Order)
  /** Only exits go through. */
  | ({ readonly type: 'risk.reduce' } & Order)
  /** Everything goes through again. After a halt only when a person says so. */
  | ({ readonly type: 'risk.resume' } & Order);

export type RiskEvent =
  | RiskCommand
  /** Sent by a supervisor that ends. */
  | { readonly type: 'shutdown' };

export type RiskEmitted =
  | { readonly type: 'risk.changed'; readonly status: RiskStatus }
  /** A part was held back, or is not any more. */
  | { readonly type: 'risk.partChanged'; readonly parts: readonly HeldBack[]; readonly changed: HeldBack };

export interface RiskInput {
  /** The stored one: a halt outlives the process. */
  readonly status: RiskStatus;
  readonly parts: readonly HeldBack[];
}
