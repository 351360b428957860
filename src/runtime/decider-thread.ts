import { extname } from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Bar } from '../../machines/domain/bar.ts';
import type { Decision } from '../../machines/domain/decision.ts';
import { failureMessage } from '../../machines/domain/failure.ts';
import type { SessionDefinition } from '../../machines/domain/session.ts';
import type { DecisionFacts } from '../../machines/session/decide.ts';
import type { SessionDecider } from '../../machines/session/session.ports.ts';
import { type Answer, answerSchema, type Question, type ThreadSetup } from './decider-thread.messages.ts';

export interface DeciderThreadOptions {
  readonly definition: SessionDefinition;
  /** Key of the strategy's kind. */
  readonly kind: string;
  /** As stored: plain data, parsed in the thread. */
  readonly parameters: unknown;
  /** A module that exports more kinds as `strategyKinds`; undefined: the shipped ones only. */
  readonly kindsModule?: URL;
  /** Longest wait for a decision, and for one bar of a warm-up. @default 10_000 */
  readonly decideTimeoutMs?: number;
  /** Longest wait for the start, which takes longer when many start together. @default 60_000 */
  readonly startTimeoutMs?: number;
  /** Of the thread's JavaScript heap; what is outside of it, such as typed arrays, is not counted. @default 256 */
  readonly memoryLimitMb?: number;
}

/** A decider in a thread of its own. Ask one thing at a time. */
export interface DeciderThread extends SessionDecider {
  warm(bars: readonly Bar[]): Promise<void>;
  decide(bar: Bar, facts: DecisionFacts): Promise<Decision>;
  onBroken(listener: (error: Error) => void): void;
  close(): void;
  /** Resolves when the thread is gone. */
  readonly ended: Promise<void>;
}

/** The question under way; `expects` is the type of its answer. */
interface Pending {
  readonly expects: Answer['type'];
  readonly done: (answer: Answer) => void;
  readonly fail: (error: Error) => void;
}

const workerUrl = new URL(`./decider-thread.worker${extname(import.meta.url)}`, import.meta.url);

const codeOf = (error: unknown): unknown =>
  error instanceof Error && 'code' in error ? error.code : undefined;

/**
 * Starts a thread in which one session's strategy decides, by the same `createDecider` as on the main thread.
 *
 * A thread that throws, exits, outgrows its memory or does not answer in time is ended, and what was asked of it
 * rejects with a sentence that names session, strategy and cause; when nothing was, the listener of `onBroken` is
 * told. It never starts again by itself: that is for the supervisor of its session.
 *
 * A thread costs about 30 MB of memory and 0.4 s of one core to start (measured on Node 26.10, Linux x64, one
 * strategy `enhanced` with 250 bars): it is meant for the few sessions whose strategy computes for long.
 * @throws Error when the strategy does not load
 */
export async function startDeciderThread(options: DeciderThreadOptions): Promise<DeciderThread> {
  const { definition, decideTimeoutMs = 10_000, startTimeoutMs = 60_000, memoryLimitMb = 256 } = options;
  const setup: ThreadSetup = {
    definition,
    kind: options.kind,
    parameters: options.parameters,
    kindsModule: options.kindsModule?.href ?? null,
  };
  const worker = new Worker(workerUrl, {
    name: `session:${definition.id}`,
    workerData: setup,
    resourceLimits: { maxOldGenerationSizeMb: memoryLimitMb },
    // A strategy has no business with what the environment holds.
    env: {},
  });
  // It is closed with its session; until then the process lives by its sockets, not by this.
  worker.unref();

  let pending: Pending | null = null;
  let fault: Error | null = null;
  let tellBroken: ((error: Error) => void) | null = null;
  let timer: NodeJS.Timeout | undefined;
  let lastLook: NodeJS.Immediate | undefined;

  const stopTimer = (): void => {
    clearTimeout(timer);
    clearImmediate(lastLook);
  };
  const end = (cause: string): void => {
    if (fault !== null) return;
    fault = new Error(`session "${definition.id}", strategy "${definition.strategy}": ${cause}`);
    stopTimer();
    void worker.terminate();
    if (pending === null) tellBroken?.(fault);
    else pending.fail(fault);
    pending = null;
  };
  const startTimer = (): void => {
    stopTimer();
    const limitMs = pending?.expects === 'ready' ? startTimeoutMs : decideTimeoutMs;
    timer = setTimeout(() => {
      // An answer may have come in while this thread itself was held up: it is read before the immediate.
      lastLook = setImmediate(() =>
        end(`its thread was ended: found no answer within ${limitMs} ms, expected one`),
      );
    }, limitMs);
  };
  const ask = (expects: Answer['type'], question: Question | null): Promise<Answer> =>
    new Promise((done, fail) => {
      if (pending !== null) end(`its thread was ended: it was asked before it had answered`);
      if (fault !== null) return fail(fault);
      pending = { expects, done, fail };
      startTimer();
      if (question !== null) worker.postMessage(question);
    });
  const take = (answer: Answer): void => {
    if (answer.type === 'failed') end(`it threw: ${answer.message}`);
    else if (answer.type === 'alive' && pending !== null) startTimer();
    else if (pending === null || answer.type !== pending.expects) {
      const expected = pending?.expects ?? 'none';
      end(`its thread was ended: found the answer "${answer.type}", expected "${expected}"`);
    } else {
      const { done } = pending;
      pending = null;
      stopTimer();
      done(answer);
    }
  };

  const ended = new Promise<void>((done) => {
    worker.once('exit', (code) => {
      end(`its thread was gone: it exited with code ${code}`);
      done();
    });
  });
  worker.on('message', (raw: unknown) => {
    if (fault !== null) return;
    const parsed = answerSchema.safeParse(raw);
    const issue = parsed.error?.issues[0];
    if (parsed.success) take(parsed.data);
    else end(`its thread was ended: found a bad answer at "${issue?.path.join('.')}": ${issue?.message}`);
  });
  worker.on('messageerror', (error) => end(`its thread was ended: ${failureMessage(error)}`));
  worker.on('error', (error) =>
    end(
      codeOf(error) === 'ERR_WORKER_OUT_OF_MEMORY'
        ? `its thread was ended: it needed more than ${memoryLimitMb} MB of memory`
        : `it threw: ${failureMessage(error)}`,
    ),
  );

  await ask('ready', null);
  return {
    async warm(bars) {
      await ask('warmed', { type: 'warm', bars: [...bars] });
    },
    async decide(bar, facts) {
      const answer = await ask('decided', { type: 'decide', bar, facts });
      if (answer.type !== 'decided') throw new Error(`found "${answer.type}", expected "decided"`);
      const { decision } = answer;
      if (decision.sessionId === definition.id && decision.barTime === bar.time) return decision;
      const found = `${decision.sessionId} at ${decision.barTime}`;
      end(`its thread was ended: found a decision of ${found}, expected ${definition.id} at ${bar.time}`);
      throw fault ?? new Error(found);
    },
    onBroken(listener) {
      tellBroken = listener;
      if (fault !== null) listener(fault);
    },
    close() {
      tellBroken = null;
      end('its thread was closed');
    },
    ended,
  };
}
