/**
 * What kind of failure a port ended in: `broker` and `store` pass and are waited for, `unexpected` is for the supervisor.
 * A data fault or a programming error is always `unexpected`.
 */
export type FailureKind = 'broker' | 'store' | 'unexpected';

/**
 * Sorts a port's rejection by the class's name, because the model cannot import the adapters' classes:
 * `BrokerError` (every code: asking again is safe for questions) and `StoreError` are expected.
 */
export function failureKind(error: unknown): FailureKind {
  if (!(error instanceof Error)) return 'unexpected';
  if (error.name === 'BrokerError') return 'broker';
  return error.name === 'StoreError' ? 'store' : 'unexpected';
}

/** A failure in one sentence, without a stack. */
export const failureMessage = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);
