import { cell, type NameNews, type Shared } from './watchdog.shared.ts';

/** Shorter holds are nobody's fault, and are not kept. */
const NOTED_MS = 2;

/** An actor and how long it held the event loop since the last beat, without the turns of others inside its own. */
export interface Hold {
  readonly path: string;
  readonly ms: number;
}

/**
 * Who is at work on the event loop. Whoever runs actors brackets each turn:
 *
 *     const turn = turns.begin(number);
 *     try { ...the actor's transition... } finally { turns.end(turn); }
 *
 * A turn is synchronous, and turns nest. A call costs one reading of the clock (0.1 to 0.2 µs), unless the caller
 * has read `performance.now()` anyway and hands it on as `at`.
 */
export interface Turns {
  /** The number of an actor's path; the same one as long as it is not forgotten. Ask once, when the actor starts. */
  numberOf(path: string): number;
  /** For paths that do not come again, such as those of orders; their numbers are not used again. */
  forget(path: string): void;
  /** @returns what its `end` needs */
  begin(actor: number, at?: number): number;
  end(turn: number, at?: number): void;
  /** For whoever measures turns itself: tell those longer than a few ms only. */
  noteTurn(path: string, ms: number): void;
}

/** The side of the watchdog. */
export interface WatchedTurns extends Turns {
  /** Longest hold since the last `clear`; null when none was worth noting. */
  longest(): Hold | null;
  /** Begins anew; to be called when no turn can be under way. */
  clear(): void;
  /** Names of numbers since the last call. */
  news(): NameNews;
}

/**
 * @param clock monotonic, ms
 * @param shared where a watching thread finds who is at work when the event loop does not come back
 */
export function createTurns(clock: () => number, shared: Shared): WatchedTurns {
  const { cells, name } = shared;
  const encoder = new TextEncoder();
  const numbers = new Map<string, number>();
  const paths = new Map<number, string>();
  const holds = new Map<string, number>();
  let changed: (readonly [number, string | null])[] = [];
  let last = 0;
  /** Numbers above it have not been told to the watching thread. */
  let told = 0;
  /** The turns under way, the innermost last: whose they are, and what each held without those inside it. */
  const actors: number[] = [];
  const selfMs: number[] = [];
  let depth = 0;
  /** When the innermost one last took over. */
  let since = 0;

  const noteTurn = (path: string, ms: number): void => {
    holds.set(path, (holds.get(path) ?? 0) + ms);
  };
  const charge = (at: number): void => {
    if (depth > 0) selfMs[depth - 1] = (selfMs[depth - 1] ?? 0) + at - since;
    since = at;
  };
  const show = (actor: number): void => {
    // Its name travels with the next beat, which may never come.
    if (actor > told && cells[cell.namedActor] !== actor) {
      // A copy: a text encoder does not write into shared memory.
      const bytes = encoder.encode(paths.get(actor) ?? '').subarray(0, name.length);
      name.set(bytes);
      cells[cell.nameLength] = bytes.length;
      cells[cell.namedActor] = actor;
    }
    cells[cell.actor] = actor;
  };

  return {
    numberOf(path) {
      const known = numbers.get(path);
      if (known !== undefined) return known;
      last += 1;
      numbers.set(path, last);
      paths.set(last, path);
      changed.push([last, path]);
      return last;
    },
    forget(path) {
      const number = numbers.get(path);
      if (number === undefined) return;
      numbers.delete(path);
      paths.delete(number);
      changed.push([number, null]);
    },
    begin(actor, at = clock()) {
      charge(at);
      actors[depth] = actor;
      selfMs[depth] = 0;
      show(actor);
      depth += 1;
      return depth - 1;
    },
    end(turn, at = clock()) {
      // Those above it whose end was never told have ended too.
      while (depth > turn) {
        charge(at);
        depth -= 1;
        const [actor = 0, ms = 0] = [actors[depth], selfMs[depth]];
        if (ms >= NOTED_MS) noteTurn(paths.get(actor) ?? `actor number ${actor}`, ms);
      }
      show(depth > 0 ? (actors[depth - 1] ?? 0) : 0);
    },
    noteTurn,
    longest() {
      let found: Hold | null = null;
      for (const [path, ms] of holds) if (found === null || ms > found.ms) found = { path, ms };
      return found;
    },
    clear() {
      if (holds.size > 0) holds.clear();
      depth = 0;
      show(0);
    },
    news() {
      if (changed.length === 0) return changed;
      const news = changed;
      changed = [];
      told = last;
      return news;
    },
  };
}
