import type { ActorView } from '../../../src/contract/system.schema.ts';

/** A line of the tree as it is drawn. */
export interface TreeRow {
  readonly path: string;
  /** What stands in the first column: the last part of the path, or all of it in a flat list. */
  readonly name: string;
  /** 0 for the root. */
  readonly depth: number;
  /** Null for a place that only holds others. */
  readonly actor: ActorView | null;
  /** Actors below it, at any depth, and how many of them have failed. */
  readonly below: number;
  readonly failedBelow: number;
  /** What lies right below it is drawn. */
  readonly open: boolean;
}

interface Node {
  readonly path: string;
  actor: ActorView | null;
  readonly children: Node[];
  below: number;
  failedBelow: number;
  /** It or something below it is what was looked for. */
  found: boolean;
}

/** Groups of more children than this begin folded. */
export const FOLDED_ABOVE = 40;

/** Tells whether an actor is what is looked for: by path, state or last error; an empty text finds all. */
export function isFound(actor: ActorView, text: string): boolean {
  const wanted = text.trim().toLowerCase();
  if (wanted === '') return true;
  return [actor.path, actor.state, actor.lastError ?? ''].some((part) => part.toLowerCase().includes(wanted));
}

/** The tree from its roots. Runs over thousands of actors twice a second: each is touched a few times and no more. */
function nodesOf(actors: readonly ActorView[], text: string): Node[] {
  const nodes = new Map<string, Node>();
  const roots: Node[] = [];
  const place = (path: string): Node => {
    const known = nodes.get(path);
    if (known !== undefined) return known;
    const made = { path, actor: null, children: [], below: 0, failedBelow: 0, found: false };
    nodes.set(path, made);
    const cut = path.lastIndexOf('/');
    (cut === -1 ? roots : place(path.slice(0, cut)).children).push(made);
    return made;
  };
  for (const actor of actors) {
    const node = place(actor.path);
    node.actor = actor;
    node.found = isFound(actor, text);
  }
  const addUp = (node: Node): void => {
    for (const child of node.children) {
      addUp(child);
      node.below += child.below + (child.actor === null ? 0 : 1);
      node.failedBelow += child.failedBelow + (child.actor?.status === 'error' ? 1 : 0);
      node.found ||= child.found;
    }
  };
  for (const root of roots) addUp(root);
  return roots;
}

/**
 * The tree as lines from the top down, siblings in the order given (that of their start). `folds` says what a person
 * has folded (true) or unfolded (false) by path. While something is looked for, everything that leads to it is open.
 */
export function treeRows(
  actors: readonly ActorView[],
  folds: ReadonlyMap<string, boolean>,
  text = '',
): TreeRow[] {
  const looking = text.trim() !== '';
  const rows: TreeRow[] = [];
  const draw = (node: Node, depth: number): void => {
    if (!node.found) return;
    const { path, actor, below, failedBelow, children } = node;
    const name = path.slice(path.lastIndexOf('/') + 1);
    const folded = folds.get(path) ?? children.length > FOLDED_ABOVE;
    const open = children.length > 0 && (looking ? children.some((child) => child.found) : !folded);
    rows.push({ path, name, depth, actor, below, failedBelow, open });
    if (open) for (const child of children) draw(child, depth + 1);
  };
  for (const root of nodesOf(actors, text)) draw(root, 0);
  return rows;
}

/** The actors side by side, for sorting over the whole tree. */
export const flatRows = (actors: readonly ActorView[], text = ''): TreeRow[] =>
  actors
    .filter((actor) => isFound(actor, text))
    .map((actor) => ({
      ...{ path: actor.path, name: actor.path, depth: 0, actor },
      ...{ below: 0, failedBelow: 0, open: false },
    }));

/** Path of the actor that a report names: it may name it by its path, or by its id, that of a child below `above`. */
export function actorNamed(
  name: string,
  paths: ReadonlySet<string> | ReadonlyMap<string, unknown>,
  above: string | null = null,
): string | null {
  if (paths.has(name)) return name;
  if (above !== null && paths.has(`${above}/${name}`)) return `${above}/${name}`;
  const ending = `/${name}`;
  for (const path of paths.keys()) if (path.endsWith(ending)) return path;
  return null;
}
