import { spawnSync } from 'node:child_process';

interface ProcessRow {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
}

function list(): ProcessRow[] {
  const { stdout } = spawnSync('ps', ['-axww', '-o', 'pid=,ppid=,stat=,command='], {
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  });
  return stdout.split('\n').flatMap((line) => {
    const [, pid, parent, state, command] = /^\s*(\d+)\s+(\d+)\s+(\S+)\s+(.*)$/.exec(line) ?? [];
    // One that has ended and was not collected is no process any more.
    if (pid === undefined || command === undefined || state?.startsWith('Z')) return [];
    return [{ pid: Number(pid), parent: Number(parent), command }];
  });
}

/** Living processes that name a folder on their command line, and those below them. */
export function processesOf(folder: string): number[] {
  const rows = list();
  const found = new Set(rows.filter(({ command }) => command.includes(folder)).map(({ pid }) => pid));
  for (let before = -1; before !== found.size; ) {
    before = found.size;
    for (const { pid, parent } of rows) if (found.has(parent)) found.add(pid);
  }
  return [...found];
}

/** A process and everything below it. */
export function processTree(root: number): number[] {
  const rows = list();
  const found = new Set([root]);
  for (let before = -1; before !== found.size; ) {
    before = found.size;
    for (const { pid, parent } of rows) if (found.has(parent)) found.add(pid);
  }
  return [...found].filter((pid) => rows.some((row) => row.pid === pid));
}

/** Signals a process that may have ended already. */
export function signalTo(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(pid, signal);
  } catch {
    // it ended in between
  }
}

/** Tells which of these processes live, frozen ones included and uncollected ones not. */
export function living(pids: readonly number[]): number[] {
  const rows = list();
  return pids.filter((pid) => rows.some((row) => row.pid === pid));
}
