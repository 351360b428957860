import { z } from 'zod';
import type { HeldBack, RiskStatus } from '../../machines/risk/risk.status.ts';
import { createStateKeeper, type StatePort } from './state-keeper.ts';

const KEY = 'risk';
const PARTS_KEY = 'risk.parts';
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

/** Stores each risk state, the newest last, until it is stored. */
export const createRiskKeeper = (
  state: StatePort,
  onFailure: (cause: string) => void,
): ((risk: RiskStatus) => void) => createStateKeeper(state, KEY, onFailure);

const storedParts = z.array(
  z.object({
    scope: z.object({ kind: z.enum(['account', 'session']), id: z.string() }),
    status: stored,
  }),
);

/** Accounts and sessions that the last run held back. @throws ZodError when what is stored cannot be read */
export async function readParts(state: StatePort): Promise<readonly HeldBack[]> {
  return storedParts.parse((await state.get(PARTS_KEY)) ?? []);
}

/** Stores all parts that are held back, the newest word last, until it is stored. */
export const createPartsKeeper = (
  state: StatePort,
  onFailure: (cause: string) => void,
): ((parts: readonly HeldBack[]) => void) => createStateKeeper(state, PARTS_KEY, onFailure);
