import type { Decision, GuardName } from '../domain/decision.ts';

/**
 * What became of an order that was handed to the desk.
 * The desk's `SubmitResult` fits; of `notSent` only the reason's name and the words are read.
 */
export interface PlacedOrder {
  /** Null exactly when neither intent nor decision were committed. */
  readonly ref: string | null;
  readonly result:
    | { readonly outcome: 'accepted' | 'unknown' | 'rejected'; readonly message?: string }
    | { readonly outcome: 'notSent'; readonly reason: string; readonly message?: string };
}

const guards: Readonly<Record<string, GuardName>> = {
  leaseLost: 'leaseLost',
  notReady: 'brokerNotReady',
  brokerNotReady: 'brokerNotReady',
  storeDown: 'storeDown',
  duplicate: 'orderInFlight',
  positionNotSynced: 'positionNotSynced',
  dataStale: 'dataStale',
  riskHalted: 'riskHalted',
  riskLimit: 'riskLimit',
  riskReducing: 'riskReducing',
};

/** The guard that stands for a desk's reason not to send; unknown reasons read as the desk not being ready. */
export const guardOfReason = (reason: string): GuardName => guards[reason] ?? 'brokerNotReady';

/** Turns a decision for an order into the refusal that is recorded in its place. The proposal is kept. */
export function refusedBy(decision: Decision, guard: GuardName, reason: string): Decision {
  return { ...decision, outcome: 'refused', guard, reason, orderRef: null };
}

/** The refusal of an order that was not committed. */
export function refusedByDesk(decision: Decision, placed: PlacedOrder): Decision {
  const { result } = placed;
  if (result.outcome === 'notSent') {
    return refusedBy(decision, guardOfReason(result.reason), result.message ?? `Not sent: ${result.reason}.`);
  }
  const guard = result.outcome === 'rejected' ? 'orderRejected' : 'brokerNotReady';
  return refusedBy(decision, guard, result.message ?? `The order desk answered ${result.outcome}.`);
}
