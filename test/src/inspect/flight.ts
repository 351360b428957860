import type { AnyMachineSnapshot, AnyStateMachine } from 'xstate';
import type { JournalEntry, Json, MachineVersion } from '../../../machines/domain/journal.ts';
import { encode } from '../../../src/inspect/codec.ts';
import type { TurnObserver } from '../../../src/inspect/probe.state.ts';
import { probeSystem } from '../../../src/inspect/probe.ts';
import { logicAt, type RebuildRequest, rebuild } from '../../../src/inspect/rebuild.ts';
import { Recorder, type RecorderOptions } from '../../../src/inspect/recorder.ts';
import type { ActorRecord, Turn } from '../../../src/inspect/turn.ts';
import { type EncodedEntry, type JournalSink, tooSlow } from '../../../src/inspect/writer.ts';

/** A database in memory, which can be away. */
export class MemorySink implements JournalSink {
  readonly entries: JournalEntry[] = [];
  readonly batches: number[] = [];
  readonly versions: MachineVersion[] = [];
  /** Rejects with it while it is set. */
  failure: string | null = null;
  attempts = 0;
  /** Of larger batches it says that they take too long. */
  mostInTime = Number.POSITIVE_INFINITY;
  /** Holds every write until it resolves. */
  gate: Promise<void> = Promise.resolve();

  async append(entries: readonly EncodedEntry[]): Promise<void> {
    this.attempts += 1;
    await this.gate;
    if (this.failure !== null) throw new Error(this.failure);
    if (entries.length > this.mostInTime) throw Object.assign(new Error('too slow'), { code: tooSlow });
    this.batches.push(entries.length);
    for (const { data, ...entry } of entries) this.entries.push({ ...entry, data: JSON.parse(data) as Json });
  }

  async version(version: MachineVersion): Promise<number> {
    return this.versions.push(version);
  }

  kinds(): string[] {
    return this.entries.map(({ kind }) => kind);
  }
}

/** What a machine really was after a turn. */
export interface Moment {
  readonly actor: string;
  readonly seq: number;
  readonly status: string;
  readonly value: Json;
  readonly context: Json;
  readonly children: readonly string[];
}

/** A recorder under a probe, with a memory of what really was. */
export function createFlight(options: Partial<RecorderOptions> = {}) {
  const sink = new MemorySink();
  const faults: string[] = [];
  const moments: Moment[] = [];
  const onFault = (message: string): void => {
    faults.push(message);
  };
  const recorder = new Recorder({ sink, firstSeq: 1, program: 'test', onFault, ...options });
  let root: AnyStateMachine | null = null;

  const remember = ({ record, seq }: Turn): void => {
    if (record.kind !== 'machine') return;
    const snapshot = record.ref._snapshot as AnyMachineSnapshot;
    if (snapshot.status === 'error') return;
    moments.push({
      actor: record.path,
      seq,
      status: snapshot.status,
      value: encode(snapshot.value),
      // A copy: what is changed afterwards must show.
      context: JSON.parse(JSON.stringify(encode(snapshot.context))),
      children: Object.keys(snapshot.children).filter((id) => snapshot.children[id] !== undefined),
    });
  };
  const observer: TurnObserver = {
    begin(turn) {
      if (turn.record.parent === null) root ??= turn.record.ref.logic as AnyStateMachine;
      recorder.begin(turn);
    },
    end(turn) {
      recorder.end(turn);
      if (turn.kind !== null) remember(turn);
    },
    rest: () => recorder.rest(),
    crashed: (record: ActorRecord, error, turn) => recorder.crashed(record, error, turn),
    ended: (record, status) => recorder.ended(record, status),
    deadLetter: (letter) => recorder.deadLetter(letter),
  };
  const probe = probeSystem({ observer, onFault });

  /** Sources of the spawns on the way down, as the journal tells them. */
  const namesOf = (path: string): string[] => {
    const ids = path.split('/').slice(1);
    return ids.map((_, i) => {
      const actor = ['root', ...ids.slice(0, i + 1)].join('/');
      const spawn = sink.entries.find((entry) => entry.kind === 'spawn' && entry.actor === actor);
      return String(Reflect.get(Object(spawn?.data), 'src'));
    });
  };
  const machineAt = (path: string): AnyStateMachine | null =>
    root === null ? null : logicAt(root, namesOf(path));

  return {
    ...{ sink, faults, moments, recorder, probe, inspect: probe.inspect },
    /** Entries of an actor, as `kind event`. */
    told: (actor: string): string[] =>
      sink.entries
        .filter((entry) => entry.actor === actor)
        .map(({ kind, data }) =>
          `${kind} ${Reflect.get(Object(Reflect.get(Object(data), 'event')), 'type') ?? ''}`.trim(),
        ),
    rebuildAt: (actor: string, until: number, more: Partial<RebuildRequest> = {}) =>
      rebuild({
        actor,
        until,
        entries: sink.entries,
        machine: machineAt(actor),
        program: 'test',
        versionOf: (id) => sink.versions[id - 1] ?? null,
        ...more,
      }),
  };
}

/** A small generator of numbers in [0, 1), the same for the same seed. */
export function seeded(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}
