import { type FlattenStatus, isFlattening, notFlattening } from '../../machines/flatten/flatten.status.ts';
import type { RiskStatus } from '../../machines/risk/risk.status.ts';
import { flattenViewSchema } from '../contract/flatten.schema.ts';
import { createStateKeeper, type StatePort } from './state-keeper.ts';

const KEY = 'flatten';

/**
 * What was to be closed in the last run, and how far that came: it goes on with the next start.
 * @throws ZodError when what is stored cannot be read; forgetting it would be wrong.
 */
export async function readFlatten(state: StatePort): Promise<FlattenStatus> {
  const value = await state.get(KEY);
  return value === null || value === undefined ? notFlattening : flattenViewSchema.parse(value);
}

/** Stores each status, the newest last, until it is stored. */
export const createFlattenKeeper = (
  state: StatePort,
  onFailure: (cause: string) => void,
): ((status: FlattenStatus) => void) => createStateKeeper(state, KEY, onFailure);

/** Whoever wanted everything closed wanted it halted: a crash may have come between the two. */
export function haltedForFlatten(risk: RiskStatus, flatten: FlattenStatus, now: number): RiskStatus {
  if (!isFlattening(flatten) || risk.state === 'halted') return risk;
  const cause = `Everything is closed: ${flatten.request?.cause ?? ''}`;
  return { state: 'halted', since: now, cause, author: flatten.request?.author ?? 'supervisor' };
}
