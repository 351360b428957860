import type { SupervisorReport } from '../../machines/supervisor/supervisor.events.ts';
import type {
  DeadLetterView,
  JournalStatusView,
  StallView,
  SupervisionView,
} from '../contract/supervision.schema.ts';
import type { RecoverySummary } from './recovery-times.ts';
import type { Measure } from './safe-halt.ts';

const MAX_REPORTS = 50;
const MAX_RECENT = 50;

/** Keeps the newest first. */
function remember<T>(list: T[], item: T, atMost: number): void {
  list.unshift(item);
  list.length = Math.min(list.length, atMost);
}

export interface SupervisionSources {
  readonly now: () => number;
  readonly journal: () => JournalStatusView;
  readonly recoveries: () => readonly RecoverySummary[];
  readonly measures: () => readonly Measure[];
  readonly worstStallMs: () => number;
  readonly onChange: () => void;
}

/** What supervision did and what befell it, as the dashboard shows it; it outlives the tree. */
export class SupervisionBook {
  readonly #options: SupervisionSources;
  readonly #reports: SupervisorReport[] = [];
  readonly #letters: DeadLetterView[] = [];
  readonly #strays: { at: number; message: string }[] = [];
  readonly #stalls: StallView[] = [];
  #letterCount = 0;
  #strayCount = 0;
  #state: Pick<SupervisionView, 'state' | 'since' | 'cause'>;

  constructor(options: SupervisionSources) {
    this.#options = options;
    this.#state = { state: 'running', since: options.now(), cause: null };
  }

  get isHalted(): boolean {
    return this.#state.state === 'halted';
  }

  report(report: SupervisorReport): void {
    remember(this.#reports, report, MAX_REPORTS);
    this.#options.onChange();
  }

  deadLetter(letter: DeadLetterView): void {
    this.#letterCount += 1;
    remember(this.#letters, letter, MAX_RECENT);
    this.#options.onChange();
  }

  stray(message: string): void {
    this.#strayCount += 1;
    remember(this.#strays, { at: this.#options.now(), message }, MAX_RECENT);
    this.#options.onChange();
  }

  stall(stall: StallView): void {
    remember(this.#stalls, stall, MAX_RECENT);
    this.#options.onChange();
  }

  halted(cause: string): void {
    this.#state = { state: 'halted', since: this.#options.now(), cause };
    this.#options.onChange();
  }

  view(): SupervisionView {
    const { journal, recoveries, measures, worstStallMs } = this.#options;
    return {
      ...this.#state,
      measures: measures().map((measure) => ({ ...measure })),
      reports: [...this.#reports],
      recoveries: recoveries().map((summary) => ({ ...summary })),
      deadLetters: { count: this.#letterCount, recent: [...this.#letters] },
      strayFaults: { count: this.#strayCount, recent: [...this.#strays] },
      eventLoop: { worstMs: worstStallMs(), recent: [...this.#stalls] },
      journal: journal(),
    };
  }
}
