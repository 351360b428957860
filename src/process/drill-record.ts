import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

/** How the last drill of the kill switch went. */
export const drillRecordSchema = z.object({
  /** When it began, epoch ms. */
  at: z.number(),
  tookMs: z.number(),
  /** What was done, in order; the last one is what failed when it did not work. */
  steps: z.array(z.object({ name: z.string(), ms: z.number() })),
  /** Null: everything worked. */
  failure: z.string().nullable(),
  /** When everything last worked, epoch ms; null: never. */
  workedAt: z.number().nullable(),
});
export type DrillRecord = z.infer<typeof drillRecordSchema>;

const NAME = 'drill.json';

/** Replaces it as a whole. @throws when the folder cannot be written */
export function writeDrillRecord(dir: string, record: DrillRecord): void {
  const path = join(dir, NAME);
  writeFileSync(`${path}.new`, JSON.stringify(record));
  renameSync(`${path}.new`, path);
}

/** Null when there is none that can be read. */
export function readDrillRecord(dir: string): DrillRecord | null {
  try {
    return drillRecordSchema.parse(JSON.parse(readFileSync(join(dir, NAME), 'utf8')));
  } catch {
    return null;
  }
}
