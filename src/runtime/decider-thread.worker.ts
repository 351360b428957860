import { parentPort, workerData } from 'node:worker_threads';
import { z } from 'zod';
import { failureMessage } from '../../machines/domain/failure.ts';
import { createDecider, type Decider } from '../../machines/session/decide.ts';
import { strategyKinds } from '../../machines/strategies/registry.ts';
import type { StrategyKind } from '../../machines/strategies/strategy.kind.ts';
import {
  type Answer,
  type Question,
  questionSchema,
  type ThreadSetup,
  threadSetupSchema,
} from './decider-thread.messages.ts';

// The thread of one session's strategy. Whatever is thrown here ends it, and its session learns why.

/** So often a long warm-up says that it is alive. */
const ALIVE_EVERY_MS = 250;

/** The shape of a module with more kinds: `export const strategyKinds = { key: kind }`. */
const kindsModuleSchema = z.object({
  strategyKinds: z.record(
    z.string(),
    z.custom<StrategyKind>(
      (value) =>
        z
          .object({
            parameters: z.instanceof(z.ZodType),
            warmup: z.instanceof(Function),
            start: z.instanceof(Function),
          })
          .safeParse(value).success,
      'expected a kind of strategy: { kind, title, description, parameters, warmup, start }',
    ),
  ),
});

async function kindOf({ kind, kindsModule }: ThreadSetup): Promise<StrategyKind> {
  const more = kindsModule === null ? {} : kindsModuleSchema.parse(await import(kindsModule)).strategyKinds;
  const kinds = { ...strategyKinds, ...more };
  const found = Object.hasOwn(kinds, kind) ? kinds[kind] : undefined;
  if (found !== undefined) return found;
  throw new Error(`kind: found "${kind}", expected one of ${Object.keys(kinds).join(', ')}`);
}

if (parentPort === null) throw new Error('expected to run as a worker thread');
const port = parentPort;
const tell = (answer: Answer): void => port.postMessage(answer);

function answerTo(decider: Decider, question: Question): Answer {
  if (question.type === 'decide') {
    return { type: 'decided', decision: decider.decide(question.bar, question.facts) };
  }
  let toldAt = performance.now();
  for (const bar of question.bars) {
    decider.warm([bar]);
    if (performance.now() - toldAt < ALIVE_EVERY_MS) continue;
    tell({ type: 'alive' });
    toldAt = performance.now();
  }
  return { type: 'warmed' };
}

const setup = threadSetupSchema.parse(workerData);
const kind = await kindOf(setup);
const decider = createDecider({
  definition: setup.definition,
  kind,
  parameters: kind.parameters.parse(setup.parameters ?? {}),
});
port.on('message', (raw: unknown) => {
  try {
    tell(answerTo(decider, questionSchema.parse(raw)));
  } catch (error) {
    tell({ type: 'failed', message: failureMessage(error) });
  }
});
tell({ type: 'ready' });
