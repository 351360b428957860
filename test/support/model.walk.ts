/**
 * Walks a chart as its definition stands: from the initial configuration through every transition, each guard taken
 * both ways. Nothing is executed. Which transitions an event selects, and what they leave and enter, follows XState 5.
 * @see https://www.w3.org/TR/scxml/#AlgorithmforSCXMLInterpretation
 */
import type { AnyStateMachine, AnyStateNode, AnyTransitionDefinition } from 'xstate';

type Node = AnyStateNode;
type Transition = AnyTransitionDefinition;
interface Move {
  readonly source: Node;
  /** Empty: only actions. */
  readonly targets: readonly Node[];
  readonly reenter: boolean;
}

/** A combination of states in which the machine rests and waits for events. */
export interface Configuration {
  readonly active: ReadonlySet<Node>;
  /** The paths of its innermost states. */
  readonly name: string;
}

export interface Walk {
  /** Every state that can be entered; passing through counts. */
  readonly entered: ReadonlySet<Node>;
  /** Every state that can be left for another. */
  readonly left: ReadonlySet<Node>;
  /** Every transition that can be selected. */
  readonly taken: ReadonlySet<Transition>;
  /** Without those in which the machine has finished. */
  readonly resting: readonly Configuration[];
}

/** More than this is a chart that nobody can check, and probably a mistake. */
const maxConfigurations = 20_000;

export const childrenOf = (node: Node): Node[] => Object.values(node.states);
export const allNodes = (node: Node): Node[] => [node, ...childrenOf(node).flatMap(allNodes)];
/** The path below the machine, e.g. `socket.open.ready`; empty for the machine itself. */
export const pathOf = (node: Node): string => node.path.join('.');

const ancestorsOf = (node: Node): Node[] =>
  node.parent === undefined ? [] : [node.parent, ...ancestorsOf(node.parent)];
const isBelow = (node: Node, ancestor: Node): boolean => ancestorsOf(node).includes(ancestor);
const isLeaf = (node: Node): boolean => node.type === 'atomic' || node.type === 'final';
const inOrder = (nodes: Iterable<Node>): Node[] => [...nodes].sort((a, b) => a.order - b.order);
export const leavesOf = (active: Iterable<Node>): Node[] => inOrder(active).filter(isLeaf);

/** Every way to take one of each list. */
const product = <T>(lists: readonly (readonly T[])[]): T[][] =>
  lists.reduce<T[][]>((ways, list) => ways.flatMap((way) => list.map((one) => [...way, one])), [[]]);

const matches = (type: string, descriptor: string): boolean =>
  descriptor === '*' ||
  descriptor === type ||
  (descriptor.endsWith('.*') && `${type}.`.startsWith(descriptor.slice(0, -1)));

/** What a state itself has for an event, in the order in which it is tried. */
export function candidatesOf(node: Node, type: string): Transition[] {
  const wild = [...node.transitions.keys()].filter((key) => key !== type && matches(type, key));
  wild.sort((a, b) => b.length - a.length);
  return [type, ...wild].flatMap((key) => node.transitions.get(key) ?? []);
}

/** What may be taken: each guard may refuse; what follows a transition without a guard is never reached. */
function choices(candidates: readonly Transition[]): (Transition | null)[] {
  const certain = candidates.findIndex(({ guard }) => guard === undefined);
  return certain < 0 ? [...candidates, null] : candidates.slice(0, certain + 1);
}

const selected = (choice: Transition | null): Transition[] => (choice === null ? [] : [choice]);

/** Every set of transitions that an event may select: inner states first, all regions at once. */
function selections(node: Node, active: ReadonlySet<Node>, type: string): Transition[][] {
  const inside = childrenOf(node).filter((child) => active.has(child));
  return product(inside.map((child) => selections(child, active, type))).flatMap((regions) => {
    const below = regions.flat();
    return below.length > 0 ? [below] : choices(candidatesOf(node, type)).map(selected);
  });
}

/** The same for `always`. */
function eventless(active: ReadonlySet<Node>): Transition[][] {
  const chains = leavesOf(active).map((leaf) =>
    [leaf, ...ancestorsOf(leaf)].flatMap((node) => node.always ?? []),
  );
  return product(chains.map(choices)).map((way) => [...new Set(way.flatMap(selected))]);
}

function nodeNamed(parent: Node, name: string): Node {
  const node = name.startsWith('#')
    ? parent.machine.getStateNodeById(name.slice(1))
    : name.split('.').reduce<Node | undefined>((at, key) => at?.states[key], parent);
  if (node === undefined)
    throw new Error(`model: found the target "${name}" below "${parent.id}", expected a state`);
  return node;
}

/** What a transition to a history state may lead to: its default, and all that its parent was found in. */
function recalled(history: Node, found: Iterable<Configuration>): Node[][] {
  const { parent } = history;
  if (parent === undefined) return [];
  const named: string[] = [history.config.target ?? []].flat();
  const first = named.length === 0 ? parent.initial.target : named.map((name) => nodeNamed(parent, name));
  const remembered = [...found].flatMap(({ active }) => {
    const below = [...active].filter((node) => isBelow(node, parent));
    const kept = below.filter((node) => (history.history === 'deep' ? isLeaf(node) : node.parent === parent));
    return kept.length === 0 ? [] : [kept];
  });
  return [[...(first ?? [])], ...remembered];
}

function domainOf({ source, targets, reenter }: Move): Node | null {
  if (!reenter && targets.every((target) => target === source || isBelow(target, source))) return source;
  const shared = ancestorsOf(source).find((node) => targets.every((target) => isBelow(target, node)));
  return shared ?? null;
}

function exitsOf(move: Move, active: ReadonlySet<Node>): Node[] {
  if (move.targets.length === 0) return [];
  const domain = domainOf(move);
  return domain === null ? [...active] : [...active].filter((node) => isBelow(node, domain));
}

/** Of moves that leave the same state the innermost is taken, else the first. */
function withoutConflicts(moves: readonly Move[], active: ReadonlySet<Node>): Move[] {
  return moves.reduce<Move[]>((kept, move) => {
    const mine = new Set(exitsOf(move, active));
    const rivals = kept.filter((other) => exitsOf(other, active).some((node) => mine.has(node)));
    if (rivals.some((other) => !isBelow(move.source, other.source))) return kept;
    return [...kept.filter((other) => !rivals.includes(other)), move];
  }, []);
}

/** Adds what is entered by default below states that have become active. */
function complete(active: Set<Node>): ReadonlySet<Node> {
  for (const node of active) {
    const inside = childrenOf(node).filter(({ type }) => type !== 'history');
    if (node.type === 'parallel') for (const region of inside) active.add(region);
    if (node.type !== 'compound' || inside.some((child) => active.has(child))) continue;
    for (const target of node.initial.target ?? []) enter(active, target);
  }
  return active;
}

function enter(active: Set<Node>, target: Node): void {
  for (const node of [...ancestorsOf(target).reverse(), target]) active.add(node);
}

function step(active: ReadonlySet<Node>, moves: readonly Move[]): ReadonlySet<Node> {
  const next = new Set(active);
  const kept = withoutConflicts(moves, active);
  for (const node of kept.flatMap((move) => exitsOf(move, active))) next.delete(node);
  for (const target of kept.flatMap(({ targets }) => targets)) enter(next, target);
  return complete(next);
}

const isFinal = (node: Node, active: ReadonlySet<Node>): boolean => {
  const inside = childrenOf(node).filter((child) => active.has(child));
  if (node.type === 'parallel') return inside.every((child) => isFinal(child, active));
  return node.type === 'compound' ? inside.some(({ type }) => type === 'final') : node.type === 'final';
};

/** What XState itself may send in these states: timers, the ends of invoked actors and of states. */
const ownEvents = (active: ReadonlySet<Node>): string[] =>
  [...active].flatMap((node) => [
    ...[...node.transitions.keys()].filter((key) =>
      /^xstate\.(after|snapshot|done\.actor|error)\./.test(key),
    ),
    ...node.invoke.flatMap(({ id }) => [`xstate.done.actor.${id}`, `xstate.error.actor.${id}`]),
    ...(!isLeaf(node) && isFinal(node, active) ? [`xstate.done.state.${node.id}`] : []),
  ]);

/**
 * Finds every configuration that a machine can come to.
 * @param events all types that it can receive.
 */
export function walk(machine: AnyStateMachine, events: readonly string[]): Walk {
  const found = new Map<string, Configuration>();
  const resting = new Map<string, Configuration>();
  const entered = new Set<Node>();
  const left = new Set<Node>();
  const taken = new Set<Transition>();

  const movesOf = (transition: Transition): Move[] => {
    const { source, reenter, target = [] } = transition;
    const ways = target.map((node: Node) => {
      if (node.type !== 'history') return [[node]];
      entered.add(node);
      return recalled(node, [...found.values()]);
    });
    return product<Node[]>(ways).map((way) => ({ source, reenter, targets: way.flat() }));
  };

  const visit = (start: ReadonlySet<Node>, seen: Set<string>): void => {
    const queue = [start];
    for (const active of queue) {
      const name = leavesOf(active).map(pathOf).join(' & ');
      if (seen.has(name)) continue;
      if (seen.size === maxConfigurations)
        throw new Error(`model: machine "${machine.id}" has over ${maxConfigurations} configurations`);
      seen.add(name);
      found.set(name, { active, name });
      for (const node of active) entered.add(node);
      if (isFinal(machine.root, active)) continue;

      const always = eventless(active);
      const rests = always.some((selection) => selection.length === 0);
      if (rests) resting.set(name, { active, name });
      const types = rests ? [...events, ...ownEvents(active)] : [];
      const ways = [...always, ...types.flatMap((type) => selections(machine.root, active, type))];
      for (const transition of ways.flat()) taken.add(transition);
      for (const moves of ways.flatMap((selection) => product(selection.map(movesOf)))) {
        const next = step(active, moves);
        for (const node of active) if (!next.has(node)) left.add(node);
        queue.push(next);
      }
    }
  };

  // Again until nothing new is found: what history states remember grows on the way.
  const start = complete(new Set([machine.root]));
  for (let before = -1; before !== found.size; ) {
    before = found.size;
    visit(start, new Set());
  }
  return { entered, left, taken, resting: [...resting.values()] };
}
