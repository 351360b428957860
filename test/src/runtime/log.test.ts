import { spawnSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';

/** Lines go to standard error of a process, so each case is one. */
function lineOf(json: boolean, mode: string): string {
  const program = `import { createLog } from './src/runtime/log.ts'; createLog('info', ${json}, ${JSON.stringify(mode)}).info('ready');`;
  return spawnSync(process.execPath, ['--input-type=module', '-e', program], { encoding: 'utf8' }).stderr;
}

describe('a line of the log', () => {
  it.each(['simulated', 'paper', 'live'])(
    'says that it is of %s trading, for people and for machines',
    (mode) => {
      expect(lineOf(false, mode)).toMatch(new RegExp(`INFO: ${mode === 'live' ? 'LIVE' : mode} ready\\n$`));
      expect(JSON.parse(lineOf(true, mode))).toMatchObject({ mode, msg: 'ready' });
    },
  );
});
