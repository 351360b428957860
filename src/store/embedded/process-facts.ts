import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { platform } from 'node:os';

function procFile(pid: number, name: string): string | null {
  try {
    return readFileSync(`/proc/${pid}/${name}`, 'utf8');
  } catch {
    return null;
  }
}

function ps(pid: number, column: string): string | null {
  const out = spawnSync('ps', ['-ww', '-o', `${column}=`, '-p', String(pid)], { encoding: 'utf8' });
  return out.status === 0 ? out.stdout.trim() : null;
}

/** The fields of /proc/PID/stat after the program's name, which may itself hold spaces and brackets. */
function stat(pid: number): string[] | null {
  const text = procFile(pid, 'stat');
  return text === null ? null : text.slice(text.lastIndexOf(')') + 2).split(' ');
}

/** Tells whether a process lives; one that has ended and was not collected by its parent does not. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
  } catch (error) {
    // EPERM: it lives and belongs to someone else.
    if (!(error instanceof Error && 'code' in error && error.code === 'EPERM')) return false;
  }
  return platform() === 'linux' ? stat(pid)?.[0] !== 'Z' : !(ps(pid, 'stat') ?? 'Z').startsWith('Z');
}

/** The processes that a process started and that still are below it. */
export function childrenOf(pid: number): number[] {
  const { stdout } = spawnSync('ps', ['-axo', 'pid=,ppid='], { encoding: 'utf8' });
  return (stdout ?? '')
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number))
    .flatMap(([child, parent]) => (parent === pid && child !== undefined ? [child] : []));
}

/** When a process started, in the system's own words; tells a process from a later one with the same pid. */
export function startMark(pid: number): string | null {
  return platform() === 'linux' ? (stat(pid)?.[19] ?? null) : ps(pid, 'lstart');
}

/** A process's command line with single spaces between the arguments. */
export function commandLine(pid: number): string | null {
  return platform() === 'linux'
    ? (procFile(pid, 'cmdline')?.replaceAll('\0', ' ') ?? null)
    : ps(pid, 'command');
}
