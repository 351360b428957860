import { readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { dataDirError, errorCode, StoreError } from '../store-error.ts';
import { isAlive, startMark } from './process-facts.ts';

const Owner = z.object({ pid: z.number().int(), started: z.string().nullable() });

function living(file: string): z.infer<typeof Owner> | null {
  try {
    const owner = Owner.parse(JSON.parse(readFileSync(file, 'utf8')));
    return isAlive(owner.pid) && startMark(owner.pid) === owner.started ? owner : null;
  } catch {
    return null;
  }
}

/**
 * Claims a data folder for this process, so that a second runtime does not adopt, and later stop, the server of
 * the first. A claim whose process is dead is taken over. Answers the release.
 * @throws StoreError `DATA_DIR_IN_USE`, `DATA_DIR_UNWRITABLE`, `DATA_DIR_FULL`
 */
export function claimDataDir(dataDir: string): () => void {
  const file = join(dataDir, 'owner.json');
  const claim = JSON.stringify({ pid: process.pid, started: startMark(process.pid) });
  for (let attempt = 0; attempt < 3; attempt += 1) {
    try {
      writeFileSync(file, claim, { flag: 'wx', mode: 0o600 });
      return () => rmSync(file, { force: true });
    } catch (error) {
      if (errorCode(error) !== 'EEXIST') throw dataDirError(dataDir, error);
    }
    const owner = living(file);
    if (owner !== null) {
      throw new StoreError(
        'DATA_DIR_IN_USE',
        `data folder "${dataDir}": in use by process ${owner.pid}; stop that one, or choose another folder with --data`,
      );
    }
    rmSync(file, { force: true });
  }
  throw new StoreError(
    'DATA_DIR_IN_USE',
    `data folder "${dataDir}": "owner.json" keeps coming back; is another process starting?`,
  );
}
