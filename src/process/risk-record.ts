import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';

/** What the runtime last said of risk, in its data folder: for a command that its web server does not answer. */
export const riskRecordSchema = z.object({
  pid: z.number().int(),
  state: z.enum(['active', 'reducing', 'halted']),
  since: z.number(),
  cause: z.string(),
  /** How far closing everything has come; `idle` when nobody wants it. */
  flatten: z.string(),
});
export type RiskRecord = z.infer<typeof riskRecordSchema>;

const NAME = 'risk.json';

/** Replaces it as a whole. @throws when the folder cannot be written */
export function writeRiskRecord(dir: string, record: RiskRecord): void {
  const path = join(dir, NAME);
  writeFileSync(`${path}.new`, JSON.stringify(record));
  renameSync(`${path}.new`, path);
}

/** Null when there is none that can be read. */
export function readRiskRecord(dir: string): RiskRecord | null {
  try {
    return riskRecordSchema.parse(JSON.parse(readFileSync(join(dir, NAME), 'utf8')));
  } catch {
    return null;
  }
}
