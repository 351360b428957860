import { spawn } from 'node:child_process';
import { type DailyTime, nextDaily } from '../../machines/domain/wall-time.ts';
import type { Config } from '../config/load.ts';
import { type DrillRecord, readDrillRecord } from '../process/drill-record.ts';

export interface DrillKeeperOptions {
  /** When it is done every day; null: only when somebody asks for it. */
  readonly plan: DailyTime | null;
  /** The data folder, where the record is. */
  readonly dir: string;
  /** Does it to the end, in a process of its own; the record is there then. Rejects when it could not be begun. */
  readonly run: () => Promise<void>;
  readonly now: () => number;
  readonly onAlarm: (message: string) => void;
  /** Calls once after so many milliseconds; answers how to take that back. @default a timer */
  readonly after?: (ms: number, then: () => void) => () => void;
}

/** Longer waits than this are taken in parts: a machine that slept wakes up late. */
const LONGEST_WAIT_MS = 600_000;

/** Tries the kill switch every day, and knows when it last worked. */
export class DrillKeeper {
  readonly #options: DrillKeeperOptions;
  #stop: () => void = () => undefined;

  constructor(options: DrillKeeperOptions) {
    this.#options = options;
  }

  /** How the last one went, whoever asked for it; null before the first. */
  last(): DrillRecord | null {
    return readDrillRecord(this.#options.dir);
  }

  /** When the next one is due, epoch ms; null: none is planned. */
  due(): number | null {
    const { plan, now } = this.#options;
    return plan === null ? null : nextDaily(plan, now());
  }

  /** Plans from now on; answers how to end it. One that is under way is left alone. */
  start(): () => void {
    const due = this.due();
    if (due !== null) this.#wait(due);
    return () => this.#stop();
  }

  #wait(due: number): void {
    const { now, after = timer } = this.#options;
    const left = due - now();
    this.#stop = after(Math.min(Math.max(left, 0), LONGEST_WAIT_MS), () => {
      if (now() < due) return this.#wait(due);
      void this.#drill();
      this.#wait(this.due() ?? due);
    });
  }

  async #drill(): Promise<void> {
    const { run, now, onAlarm } = this.#options;
    const began = now();
    try {
      await run();
    } catch (error) {
      onAlarm(
        `The drill of the kill switch could not be begun: ${error instanceof Error ? error.message : error}`,
      );
      return;
    }
    const last = this.last();
    if (last === null || last.at < began) onAlarm('The drill of the kill switch ended without a record.');
    else if (last.failure !== null) onAlarm(`The drill of the kill switch failed: ${last.failure}`);
  }
}

function timer(ms: number, then: () => void): () => void {
  const handle = setTimeout(then, ms).unref();
  return () => clearTimeout(handle);
}

/** Runs `drill` of the command line in a process of its own; resolves when that has ended, however it went. */
export function runDrill(entry: string, configDir: string, dataDir: string): Promise<void> {
  return new Promise((done, fail) => {
    const args = [entry, 'drill', '--config', configDir, '--data', dataDir];
    // It leaves its record; what it says beside that is for people at a terminal.
    const child = spawn(process.execPath, args, { stdio: 'ignore' });
    child.once('error', fail);
    child.once('close', () => done());
  });
}

interface DrillKeeperParts {
  readonly config: Pick<Config, 'dir' | 'drill'>;
  /** The data folder. */
  readonly killDir?: string | null;
  /** The command line's entry file; left out: nothing is tried by itself. */
  readonly entry?: string | undefined;
}

/** The keeper of a runtime; null where there is no folder that its record could be in. */
export function createDrillKeeper(
  { config, killDir, entry }: DrillKeeperParts,
  onAlarm: (message: string) => void,
): DrillKeeper | null {
  if (killDir == null) return null;
  const plan = entry === undefined ? null : config.drill;
  const run = async (): Promise<void> => {
    if (entry !== undefined) await runDrill(entry, config.dir, killDir);
  };
  return new DrillKeeper({ plan, dir: killDir, run, now: Date.now, onAlarm });
}
