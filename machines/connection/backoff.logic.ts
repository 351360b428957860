/** How long to wait before trying again; grows exponentially, capped, with jitter. */
export interface BackoffPolicy {
  readonly minMs: number;
  readonly maxMs: number;
  /** Growth per attempt, at least 1. */
  readonly factor: number;
  /** 0.2 spreads each delay over 80% to 120% of its value, so that many clients do not return in step. */
  readonly jitterFraction: number;
}

/**
 * The delay before an attempt in whole milliseconds, never negative and never beyond `maxMs`.
 * @param request `attempt` counts from 0: the first retry waits about `minMs`.
 * @param random answers a number in [0, 1), e.g. `Math.random`.
 */
export function backoffDelayMs(
  request: BackoffPolicy & { readonly attempt: number },
  random: () => number,
): number {
  const { attempt, minMs, maxMs, factor, jitterFraction } = request;
  // Grows past any double for a large attempt: Infinity is capped like the rest.
  const base = Math.min(maxMs, minMs * factor ** Math.max(0, attempt));
  const jittered = base * (1 + jitterFraction * (2 * random() - 1));
  return Math.round(Math.min(maxMs, Math.max(0, jittered)));
}
