import { writeSync } from 'node:fs';
import { parentPort, workerData } from 'node:worker_threads';
import { cell, parseNameNews, parseWatchSetup, shareMemory } from './watchdog.shared.ts';

// The watching thread: looks at the beat of the main thread and writes to standard error by itself when it stops,
// because what the main thread would have to pass on is not passed on then.

const { memory, hangMs, repeatMs } = parseWatchSetup(workerData);
const { cells, name } = shareMemory(memory);
const lookMs = Math.max(10, Math.min(500, hangMs / 4));
const names = new Map<number, string>();

function whoIsAtWork(): string {
  const actor = Atomics.load(cells, cell.actor);
  if (actor === 0) return 'something that is no actor';
  const known = names.get(actor);
  if (known !== undefined) return `actor ${known}`;
  if (cells[cell.namedActor] !== actor) return `actor number ${actor}`;
  // A copy: a text decoder does not read shared memory.
  return `actor ${new TextDecoder().decode(name.slice(0, cells[cell.nameLength]))}`;
}

function say(sentence: string): void {
  try {
    writeSync(2, `tradewarden watchdog: ${sentence}\n`);
  } catch {
    // Standard error is closed or full: there is nobody left to tell.
  }
}

const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;

let beat = Atomics.load(cells, cell.beat);
let beatAt = performance.now();
let lookedAt = beatAt;
let toldAt: number | null = null;

function look(): void {
  const at = performance.now();
  // This thread stood still too: the machine slept, or the whole process was stopped. That is nobody's hang.
  const slept = at - lookedAt > lookMs + hangMs / 2;
  lookedAt = at;
  const present = Atomics.load(cells, cell.beat);
  if (present !== beat) {
    if (toldAt !== null) say(`the event loop is back after ${seconds(at - beatAt)}`);
    beat = present;
    beatAt = at;
    toldAt = null;
  } else if (slept && toldAt === null) {
    beatAt = at;
  } else if (at - beatAt >= hangMs && (toldAt === null || at - toldAt >= repeatMs)) {
    say(`the event loop has been held up for ${seconds(at - beatAt)} by ${whoIsAtWork()}; nothing is ended`);
    toldAt = at;
  }
}

parentPort?.on('message', (raw: unknown) => {
  for (const [number, path] of parseNameNews(raw)) {
    if (path === null) names.delete(number);
    else names.set(number, path);
  }
});
setInterval(look, lookMs);
