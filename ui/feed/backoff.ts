/**
 * Wait before attempt `attempt` (from 1): 250 ms doubling to 5 s, with up to 30 % taken off at random so that many
 * browsers do not come back in step. `random` is in [0, 1).
 */
export function backoffMs(attempt: number, random: number): number {
  const full = Math.min(5000, 250 * 2 ** Math.min(10, Math.max(0, attempt - 1)));
  return Math.round(full * (1 - 0.3 * random));
}
