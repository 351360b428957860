import type { TransitionInternals } from './xstate-internals.ts';

/** JSON of names, which are few. */
const quotes = new Map<string, string>();
const mostQuotes = 10_000;

export function quoted(name: string): string {
  let text = quotes.get(name);
  if (text === undefined) {
    text = JSON.stringify(name);
    if (quotes.size >= mostQuotes) quotes.clear();
    quotes.set(name, text);
  }
  return text;
}

/** Adds a name to names in JSON, as they stand between the brackets of an array. */
export const withName = (names: string, name: string): string =>
  names === '' ? quoted(name) : `${names},${quoted(name)}`;

const targetKey = Symbol('tradewarden.target');
type Named = TransitionInternals & { [targetKey]?: string };

/** Where a transition leads, in JSON; where it has no target it stays where it is. */
function targetOf(transition: Named): string {
  const known = transition[targetKey];
  if (known !== undefined) return known;
  const name = quoted(transition.target?.map(({ id }) => id).join(', ') ?? transition.source.id);
  // Kept with the chart's own transition: looking it up elsewhere takes longer than the rest of the entry.
  Object.defineProperty(transition, targetKey, { value: name });
  return name;
}

/** Adds the targets of one microstep to those before. */
export function withTargets(targets: string, transitions: readonly TransitionInternals[]): string {
  let names = targets;
  for (const transition of transitions) {
    names = names === '' ? targetOf(transition) : `${names},${targetOf(transition)}`;
  }
  return names;
}
