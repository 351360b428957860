import { setImmediate as nextTurn } from 'node:timers/promises';
import type { AnyMachineSnapshot, AnyStateMachine, EventObject } from 'xstate';
import type { JournalEntry, Json, MachineVersion } from '../../machines/domain/journal.ts';
import { decode, encode, isWhole } from './codec.ts';
import { DrawMismatch, withPlayback } from './draws.ts';
import { FoldWorld } from './fold-world.ts';
import { machineHash } from './machine-version.ts';

export interface RebuildRequest {
  /** Path of the actor. */
  readonly actor: string;
  /**
   * Entries of the actor, and the `detail` and `gap` entries of `process`, ascending by `seq`, from a spawn or
   * checkpoint of the actor on, and the newest `gap` before that, which may reach beyond it; entries of others are
   * passed over.
   */
  readonly entries: Iterable<JournalEntry> | AsyncIterable<JournalEntry>;
  /** The moment: entries after it are not read. */
  readonly until: number;
  /** Today's logic of the actor; null when there is none. See {@link logicAt}. */
  readonly machine: AnyStateMachine | null;
  /** Version of the program that folds. */
  readonly program: string;
  /** The stored version of a machine by its id. */
  readonly versionOf: (id: number) => Pick<MachineVersion, 'machineHash'> | null;
  /** Folds also when the machine has changed since; what comes out may not be what was. @default false */
  readonly anyVersion?: boolean;
}

/** A machine's state, rebuilt from the journal. */
export interface Rebuilt {
  readonly ok: true;
  /** The newest entry that is part of it. */
  readonly seq: number;
  readonly at: number;
  readonly status: 'active' | 'done' | 'error' | 'stopped';
  readonly value: Json;
  readonly context: Json;
  /** Ids of its children. */
  readonly children: readonly string[];
  /** Entries folded to come to it. */
  readonly folded: number;
}

export interface NotRebuilt {
  readonly ok: false;
  /** One sentence. */
  readonly reason: string;
}

/** Folding came to something that was not recorded so. */
class FoldFault extends Error {}

/** Longest that folding holds the event loop up at a time, ms. */
const sliceMs = 4;

/** What is folded: where to begin, and what followed. */
interface Course {
  base: JournalEntry | null;
  steps: JournalEntry[];
  /** Why nothing later than the base can be told; null when it can. */
  broken: string | null;
  /** Up to this `seq` entries were lost. */
  lostTo: number;
  /** What was recorded after the base. */
  detail: string;
}

const field = (data: Json, name: string): Json | undefined =>
  typeof data === 'object' && data !== null && !Array.isArray(data)
    ? (data as { readonly [key: string]: Json })[name]
    : undefined;

const isReduced = (entry: JournalEntry): boolean =>
  field(field(entry.data, 'event') ?? null, '$') === 'reduced' || field(entry.data, 'reduced') === true;

/** Takes one entry in. */
function follow(course: Course, entry: JournalEntry, actor: string): void {
  if (entry.kind === 'gap') {
    course.lostTo = Math.max(course.lostTo, Number(field(entry.data, 'to') ?? entry.seq));
    course.broken = `entries from ${entry.seq} on were lost while the journal could not be written`;
  } else if (entry.kind === 'detail') {
    if (field(entry.data, 'detail') !== 'full') {
      course.broken = `from entry ${entry.seq} on less was recorded: ${String(field(entry.data, 'cause') ?? '')}`;
    }
  } else if (entry.actor !== actor) return;
  else if (entry.kind === 'spawn' || entry.kind === 'checkpoint') {
    course.base = entry;
    course.steps = [];
    course.broken = isReduced(entry) ? `its start, entry ${entry.seq}, was recorded without its input` : null;
    if (entry.seq <= course.lostTo) course.broken = `entries up to ${course.lostTo} were lost`;
    course.detail = String(field(entry.data, 'detail') ?? 'full');
  } else if (entry.kind === 'step' || entry.kind === 'crash' || entry.kind === 'stop') {
    course.steps.push(entry);
    if (isReduced(entry) && entry.kind === 'step') {
      course.broken ??= `entry ${entry.seq} was recorded without what its event carried`;
    }
  }
}

const drawsOf = (entry: JournalEntry): readonly unknown[] => {
  const draws = field(entry.data, 'draws');
  return Array.isArray(draws) ? draws.map((value: Json) => decode(value)) : [];
};

const text = (value: unknown): string => JSON.stringify(encode(value));

function expectValue(entry: JournalEntry, found: AnyMachineSnapshot, recorded: Json | undefined): void {
  if (recorded === undefined || text(found.value) === JSON.stringify(recorded)) return;
  throw new FoldFault(
    `at entry ${entry.seq} folding came to the state ${text(found.value)}, recorded was ${JSON.stringify(recorded)}`,
  );
}

function whole(entry: JournalEntry, value: Json): Json {
  if (!isWhole(value)) throw new FoldFault(`entry ${entry.seq} was too large to be recorded whole`);
  return value;
}

/** The state of the base. */
function begin(machine: AnyStateMachine, world: FoldWorld, base: JournalEntry): AnyMachineSnapshot {
  if (base.kind === 'spawn') {
    const input = decode(whole(base, field(base.data, 'input') ?? { $: 'undefined' }), world.stranger);
    const snapshot = withPlayback(drawsOf(base), () =>
      machine.getInitialSnapshot(world.scope as never, input as never),
    );
    // XState makes a failure of the initial state part of it.
    if (snapshot.error instanceof DrawMismatch) throw snapshot.error;
    expectValue(base, snapshot, field(base.data, 'state'));
    return snapshot;
  }
  const saved = whole(base, field(base.data, 'snapshot') ?? null);
  const children: Record<string, unknown> = {};
  for (const [id, child] of Object.entries(field(saved, 'children') ?? {})) {
    children[id] = world.child(id, String(field(child as Json, 'src')));
  }
  const revive = (id: string): unknown => children[id] ?? world.stranger(id);
  const decoded = decode(saved, revive) as object;
  const restored = machine.restoreSnapshot({ ...decoded, children: {} } as never, world.scope as never);
  return Object.assign(restored, { children }) as unknown as AnyMachineSnapshot;
}

function step(
  machine: AnyStateMachine,
  world: FoldWorld,
  before: AnyMachineSnapshot,
  entry: JournalEntry,
): AnyMachineSnapshot {
  const revive = (id: string): unknown => before.children[id] ?? world.stranger(id);
  const event = decode(whole(entry, field(entry.data, 'event') ?? null), revive) as EventObject;
  world.hold(before);
  const after = withPlayback(drawsOf(entry), () =>
    machine.transition(before as never, event as never, world.scope as never),
  ) as AnyMachineSnapshot;
  expectValue(entry, after, field(entry.data, 'to') ?? field(entry.data, 'from'));
  return after;
}

const reasonOf = (error: unknown, entry: JournalEntry): string => {
  const message = error instanceof Error ? error.message : String(error);
  return error instanceof FoldFault ? message : `folding entry ${entry.seq} failed: ${message}`;
};

/**
 * Rebuilds what a machine was at a recorded moment, from the journal alone: it begins at the newest spawn or checkpoint
 * before it and folds the pure transition over the events that followed, reading clock and chance as they were read.
 * Nothing is sent, run or started by it. It gives way to the event loop.
 */
export async function rebuild(request: RebuildRequest): Promise<Rebuilt | NotRebuilt> {
  const { actor, machine, until } = request;
  const refuse = (reason: string): NotRebuilt => ({ ok: false, reason: `${actor} at ${until}: ${reason}` });
  const course: Course = { base: null, steps: [], broken: null, lostTo: -1, detail: 'full' };
  for await (const entry of request.entries) {
    if (entry.seq > until) break;
    follow(course, entry, actor);
  }
  const { base, steps } = course;
  if (base === null) return refuse('found neither its start nor a checkpoint');
  if (course.broken !== null) return refuse(course.broken);
  if (course.detail !== 'full' && until > base.seq) {
    return refuse(`after entry ${base.seq} only ${course.detail} were recorded`);
  }
  if (machine === null) return refuse('today’s program has no machine of this name');
  const stored = base.version === null ? null : request.versionOf(base.version);
  if (request.anyVersion !== true && stored?.machineHash !== machineHash(machine, request.program)) {
    return refuse('its machine was changed since it recorded this');
  }

  const world = new FoldWorld(actor);
  let last = base;
  let status: Rebuilt['status'] | null = null;
  try {
    let snapshot = begin(machine, world, base);
    let pauseAt = performance.now() + sliceMs;
    for (const entry of steps) {
      if (performance.now() >= pauseAt) {
        await nextTurn();
        pauseAt = performance.now() + sliceMs;
      }
      last = entry;
      if (entry.kind === 'step') snapshot = step(machine, world, snapshot, entry);
      else if (entry.kind === 'crash') status = 'error';
      else status = field(entry.data, 'status') === 'done' ? 'done' : 'stopped';
    }
    const { value, context, children } = snapshot;
    return {
      ok: true,
      seq: last.seq,
      at: last.at,
      status: status ?? snapshot.status,
      value: encode(value),
      context: encode(context),
      children: Object.keys(children).filter((id) => children[id] !== undefined),
      folded: steps.length + 1,
    };
  } catch (error) {
    return refuse(reasonOf(error, last));
  }
}

/**
 * The machine under a path of names, as parents name their children: `['broker', 'orderDesk']` below the root.
 * @param names the `src` of each spawn on the way down, without the root's own.
 * @returns null when a name leads to no machine.
 */
export function logicAt(root: AnyStateMachine, names: readonly string[]): AnyStateMachine | null {
  let machine: AnyStateMachine = root;
  for (const name of names) {
    const next: unknown = machine.implementations.actors[name];
    if (typeof next !== 'object' || next === null || !('implementations' in next)) return null;
    machine = next as AnyStateMachine;
  }
  return machine;
}
