import { readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Arming } from '../../machines/risk/arming.logic.ts';

const armingSchema: z.ZodType<Arming> = z.object({
  account: z.string().min(1),
  by: z.string().min(1),
  at: z.number(),
  until: z.number(),
});

const NAME = 'arming.json';

/**
 * The file in the data folder by which live trading is armed (mode 0600): whoever owns the folder owns the runtime, its
 * keys and its database, and is its administrator.
 */
export function writeArming(dir: string, arming: Arming): string {
  const path = join(dir, NAME);
  writeFileSync(`${path}.new`, `${JSON.stringify(arming)}\n`, { mode: 0o600, flush: true });
  renameSync(`${path}.new`, path);
  return path;
}

/** What arms live trading; null when nothing does: there is no file, or none that can be read. */
export function readArming(dir: string): Arming | null {
  try {
    return armingSchema.parse(JSON.parse(readFileSync(join(dir, NAME), 'utf8')));
  } catch {
    return null;
  }
}

/** Live trading is not armed any more. */
export function removeArming(dir: string): void {
  rmSync(join(dir, NAME), { force: true });
}
