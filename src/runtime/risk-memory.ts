import { z } from 'zod';
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

export const saveRisk = (state: StatePort, risk: RiskStatus): Promise<void> => state.set(KEY, risk);
