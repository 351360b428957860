import { readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

/**
 * Files in the data folder that hold trading for as long as they are there, whatever else does not answer: `touch HALT`
 * is a kill switch for a shell, a cron job or a person who can only copy files. What a file says is the cause.
 */
export const killFileNames = { reduce: 'REDUCE', halt: 'HALT', flatten: 'FLATTEN' } as const;
export type KillCommand = keyof typeof killFileNames;

export interface KillFile {
  readonly command: KillCommand;
  readonly path: string;
  readonly cause: string;
  /** Epoch ms. */
  readonly writtenAt: number;
}

/** The mildest first. */
const commands = Object.keys(killFileNames) as KillCommand[];
const MOST_CAUSE = 300;

/** How much a command holds back; resuming, nothing. */
export const strictness = (command: KillCommand | 'resume'): number =>
  command === 'resume' ? -1 : commands.indexOf(command);

const pathOf = (dir: string, command: KillCommand): string => join(resolve(dir), killFileNames[command]);

function read(dir: string, command: KillCommand): KillFile | null {
  const path = pathOf(dir, command);
  const found = statSync(path, { throwIfNoEntry: false });
  if (found === undefined) return null;
  // One that is there and cannot be read counts: it is its being there that holds.
  let words = '';
  try {
    words = readFileSync(path, 'utf8').trim().slice(0, MOST_CAUSE);
  } catch {
    words = 'it cannot be read';
  }
  const cause = `file ${killFileNames[command]}${words === '' ? '' : `: ${words}`}`;
  return { command, path, cause, writtenAt: found.mtimeMs };
}

/** The strictest one that is there; null: none. */
export function readKillFile(dir: string): KillFile | null {
  return commands.reduce<KillFile | null>((found, command) => read(dir, command) ?? found, null);
}

/** Answers the path. @throws when the folder cannot be written */
export function writeKillFile(dir: string, command: KillCommand, cause: string): string {
  const path = pathOf(dir, command);
  writeFileSync(path, `${cause}\n`, { flush: true });
  return path;
}

/** Takes those away that hold back more than a command would; answers their paths. */
export function removeKillFiles(dir: string, command: KillCommand | 'resume'): readonly string[] {
  return commands
    .filter((each) => strictness(each) > strictness(command))
    .flatMap((each) => {
      const path = pathOf(dir, each);
      if (statSync(path, { throwIfNoEntry: false }) === undefined) return [];
      rmSync(path);
      return [path];
    });
}
