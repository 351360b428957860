import { z } from 'zod';
import { failureMessage } from '../../machines/domain/failure.ts';
import type { RiskStatus } from '../../machines/risk/risk.status.ts';

interface StatePort {
  get(key: string): Promise<unknown>;
  set(key: string, value: unknown): Promise<void>;
}

const KEY = 'risk';
const stored = z.object({
  state: z.enum(['active', 'reducing', 'halted']),
  since: z.number(),
  cause: z.string(),
  author: z.enum(['person', 'limit', 'supervisor', 'start']),
});

/**
 * The risk state of the last run: a halt outlives the process.
 * @throws ZodError when what is stored cannot be read; guessing "active" would be wrong.
 */
export async function readRisk(state: StatePort, now: number): Promise<RiskStatus> {
  const value = await state.get(KEY);
  if (value === null || value === undefined)
    return { state: 'active', since: now, cause: 'First start.', author: 'start' };
  return stored.parse(value);
}

const RETRY_MS = 1_000;

/**
 * Stores each risk state, one at a time and the newest last, and tries again until it is stored: a halt that the
 * database missed would be forgotten by the next start.
 */
export function createRiskKeeper(
  state: StatePort,
  onFailure: (cause: string) => void,
): (risk: RiskStatus) => void {
  let wanted: RiskStatus | null = null;
  let isWriting = false;
  const write = async (): Promise<void> => {
    isWriting = true;
    while (wanted !== null) {
      const risk = wanted;
      try {
        await state.set(KEY, risk);
        if (wanted === risk) wanted = null;
      } catch (error) {
        onFailure(failureMessage(error));
        await new Promise((done) => setTimeout(done, RETRY_MS).unref());
      }
    }
    isWriting = false;
  };
  return (risk) => {
    wanted = risk;
    if (!isWriting) void write();
  };
}
