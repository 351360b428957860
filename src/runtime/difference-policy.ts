import { z } from 'zod';
import { instrumentId } from '../../machines/domain/instrument.ts';
import type { DifferencePolicy, SessionDefinition } from '../../machines/domain/session.ts';
import type { Difference } from '../../machines/reconciliation/reconcile.logic.ts';
import type { PositionCloser } from './position-closer.ts';
import type { Desired } from './session-book.ts';

export interface DifferencePolicyOptions {
  readonly sessions: {
    all(): readonly { readonly definition: SessionDefinition; readonly desired: Desired }[];
    pause(id: string): Promise<void>;
  };
  readonly closer: Pick<PositionCloser, 'close'>;
  readonly state: { get(key: string): Promise<unknown>; set(key: string, value: unknown): Promise<void> };
  readonly onAlarm: (message: string) => void;
}

const KEY = 'reconciliation.treated';
const treatedSchema = z.array(z.string());
const keyOf = ({ kind, explanation }: Difference): string => `${kind} ${explanation}`;

type Session = { readonly definition: SessionDefinition; readonly desired: Desired };
const wants = (sessions: readonly Session[], policy: DifferencePolicy): readonly Session[] =>
  sessions.filter(({ definition }) => definition.onDifference === policy);

/**
 * Does with differences what the sessions in their instruments want done. Each difference is acted on once, also over
 * restarts: a person who resumes a session with the difference still there has decided. What could not be closed is
 * tried again at the next look.
 */
export class DifferencePolicies {
  readonly #options: DifferencePolicyOptions;
  #work: Promise<void> = Promise.resolve();

  constructor(options: DifferencePolicyOptions) {
    this.#options = options;
  }

  /** Takes all differences of one look; one look is done with before the next. Never rejects. */
  treat(differences: readonly Difference[]): Promise<void> {
    this.#work = this.#work
      .then(() => this.#treat(differences))
      .catch((error: unknown) =>
        this.#options.onAlarm(
          `The policy for differences could not be applied: ${error instanceof Error ? error.message : String(error)}`,
        ),
      );
    return this.#work;
  }

  async #treat(differences: readonly Difference[]): Promise<void> {
    const { state } = this.#options;
    const before = treatedSchema.parse((await state.get(KEY)) ?? []);
    const present = new Set(differences.map(keyOf));
    const treated = new Set(before.filter((key) => present.has(key)));
    for (const difference of differences) {
      const isTreated = treated.has(keyOf(difference));
      if (await this.#treatOne(difference, isTreated)) treated.add(keyOf(difference));
    }
    if (JSON.stringify([...treated]) !== JSON.stringify(before)) await state.set(KEY, [...treated]);
  }

  /** Answers whether nothing more is to be done about it. */
  async #treatOne(difference: Difference, isTreated: boolean): Promise<boolean> {
    const { onAlarm } = this.#options;
    const sessions = this.#options.sessions
      .all()
      .filter(({ definition }) => instrumentId(definition.instrument) === difference.instrumentId);
    const ending = [...wants(sessions, 'halt'), ...wants(sessions, 'flatten')];
    const isIgnored = sessions.length > 0 && wants(sessions, 'ignore').length === sessions.length;
    const stops = ending.length > 0 && !isTreated;
    // Trades by hand are shown by the history; they are news only to who wants to stop at them.
    if (!isIgnored && (difference.kind !== 'manualTrade' || stops)) {
      onAlarm(`The broker and the books differ. ${difference.kind}: ${difference.explanation}`);
    }
    if (!stops) return true;
    for (const { definition, desired } of ending) {
      if (desired !== 'running') continue;
      await this.#options.sessions.pause(definition.id);
      onAlarm(
        `Session "${definition.id}" is paused by its policy "${definition.onDifference}": ${difference.explanation}`,
      );
    }
    const [closing] = wants(ending, 'flatten');
    return closing === undefined || (await this.#close(difference, closing.definition.id));
  }

  /** Answers whether it is done. */
  #close({ instrumentId, explanation }: Difference, sessionId: string): Promise<boolean> {
    const who = `Policy "flatten" of session "${sessionId}"`;
    const reason = `Closed by the policy "flatten" of session "${sessionId}": ${explanation}`;
    return this.#options.closer.close({ instrumentId, who, reason });
  }
}
