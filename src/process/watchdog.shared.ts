// What the main thread and its watching thread share: memory, because messages stand still with the event loop.

/** Bytes kept for the name of an actor that the watching thread has not been told yet; longer ones are cut. */
const NAME_BYTES = 512;

/** Places in the shared cells. */
export const cell = {
  /** Grows with every beat of the event loop. */
  beat: 0,
  /** Number of the actor at work; 0: none. */
  actor: 1,
  /** Number and length of the name beside the cells. */
  namedActor: 2,
  nameLength: 3,
} as const;
const CELLS = 4;

export interface Shared {
  readonly memory: SharedArrayBuffer;
  readonly cells: Int32Array;
  readonly name: Uint8Array;
}

export function shareMemory(
  memory = new SharedArrayBuffer(CELLS * Int32Array.BYTES_PER_ELEMENT + NAME_BYTES),
): Shared {
  return {
    memory,
    cells: new Int32Array(memory, 0, CELLS),
    name: new Uint8Array(memory, CELLS * Int32Array.BYTES_PER_ELEMENT),
  };
}

/** What the thread is started with. */
export interface WatchSetup {
  readonly memory: SharedArrayBuffer;
  readonly hangMs: number;
  /** So often a hang that goes on is told again. */
  readonly repeatMs: number;
}

/** @throws Error when it is something else */
export function parseWatchSetup(raw: unknown): WatchSetup {
  if (typeof raw === 'object' && raw !== null && 'memory' in raw && 'hangMs' in raw && 'repeatMs' in raw) {
    const { memory, hangMs, repeatMs } = raw;
    if (memory instanceof SharedArrayBuffer && typeof hangMs === 'number' && typeof repeatMs === 'number') {
      return { memory, hangMs, repeatMs };
    }
  }
  throw new Error('watchdog: found a bad setup, expected memory, hangMs and repeatMs');
}

/** Names of numbers; null forgets one. */
export type NameNews = readonly (readonly [number: number, path: string | null])[];

/** @throws Error when it is something else */
export function parseNameNews(raw: unknown): NameNews {
  if (!Array.isArray(raw)) throw new Error('watchdog: found no list of names, expected one');
  return raw.map((item: unknown): NameNews[number] => {
    const [number, path] = Array.isArray(item) ? (item as unknown[]) : [];
    if (typeof number === 'number' && (typeof path === 'string' || path === null)) return [number, path];
    throw new Error('watchdog: found a bad name, expected [number, path]');
  });
}
