import { failureMessage } from '../../machines/domain/failure.ts';
import type { RiskStatus } from '../../machines/risk/risk.status.ts';
import { type KillFile, readKillFile } from '../process/kill-file.ts';
import { every, type Repeat } from './repeat.ts';

export interface KillWatchOptions {
  /** Null: no folder is watched. */
  readonly dir: string | null;
  /** Does what a file demands. When it throws it is called again. */
  readonly obey: (file: KillFile) => void;
  readonly onFault: (message: string) => void;
  /** Calls again and again until it is ended. @default every quarter of a second */
  readonly every?: Repeat;
}

const LOOK_MS = 250;

/** Looks for kill files, and has each one obeyed once; as long as one is there nobody may do less. */
export class KillWatch {
  readonly #options: KillWatchOptions;
  #obeyed = '';

  constructor(options: KillWatchOptions) {
    this.#options = options;
  }

  current(): KillFile | null {
    const { dir } = this.#options;
    return dir === null ? null : readKillFile(dir);
  }

  /** Looks at once and from then on; answers how to end it. */
  start(): () => void {
    const repeat = this.#options.every ?? every(LOOK_MS);
    this.look();
    return repeat(() => this.look());
  }

  look(): void {
    try {
      const file = this.current();
      const key = file === null ? '' : `${file.path} ${file.writtenAt}`;
      if (file !== null && key !== this.#obeyed) this.#options.obey(file);
      this.#obeyed = key;
    } catch (error) {
      this.#options.onFault(`The kill file is not obeyed yet, and is tried again: ${failureMessage(error)}`);
    }
  }
}

/** What holds from the first moment of a start on, with a file that was there before it. */
export function heldByFile(risk: RiskStatus, file: KillFile | null, now: number): RiskStatus {
  if (file === null || risk.state === 'halted') return risk;
  const state = file.command === 'reduce' ? 'reducing' : 'halted';
  return state === risk.state ? risk : { state, since: now, cause: file.cause, author: 'person' };
}
