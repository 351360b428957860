import { seededRandom } from '../market/random.ts';
import { instantOf, parseTimeOfDay } from '../market/zone.ts';
import type { Field } from '../wire/fields.ts';
import { type FaultLine, faultNamed } from './catalogue.ts';
import type { Trigger } from './line.ts';
import { Conditions, type FaultWorld, type FaultyClient, type Occasion } from './ports.ts';

/** One strike, as the log and the control port tell it. */
export interface StrikeRecord {
  readonly number: number;
  readonly line: number;
  readonly fault: string;
  /** Market time, ISO 8601; wall time since the start, ms. */
  readonly marketTime: string;
  readonly wallMs: number;
  readonly clients: readonly number[];
  readonly seed: number;
}

interface Scheduled {
  readonly id: number;
  readonly line: FaultLine;
  readonly random: () => number;
  /** Wall and market time from which it counts. */
  readonly addedAt: number;
  nextAt: number | undefined;
  seen: number;
  struck: number;
}

interface Active {
  readonly id: number;
  readonly fault: string;
  readonly endsAt: number | undefined;
  readonly end: () => void;
}

const NOBODY: Occasion = { client: undefined, order: undefined, execution: undefined };

/**
 * Strikes the faults of a file or of the control port at their moments. Time is the wall time that the broker was told
 * to let pass, and every draw comes from the seed and the line's number, so the same run is struck the same way.
 */
export class FaultEngine {
  readonly conditions = new Conditions();
  readonly log: StrikeRecord[] = [];
  readonly seed: number;
  readonly #scheduled: Scheduled[] = [];
  readonly #active: Active[] = [];
  readonly #late: { at: number; send: () => void }[] = [];
  #world: FaultWorld | undefined;
  #wallMs = 0;
  #nextId = 1;
  #isStriking = false;
  #waitsForMessages = false;

  constructor(seed: number) {
    this.seed = seed;
  }

  /** Wall time that has passed, ms. */
  get wallMs(): number {
    return this.#wallMs;
  }

  /** Whether any line waits for messages to clients, so that each is worth a look. */
  get isWaitingForMessages(): boolean {
    return this.#waitsForMessages;
  }

  /** Brings the world that faults strike. To be called once, before anything passes. */
  enter(world: Omit<FaultWorld, 'conditions' | 'random'>): void {
    this.#world = { ...world, conditions: this.conditions, random: seededRandom(this.seed, 'faults') };
  }

  /** Adds a line; answers its number. Without a moment it strikes at once. */
  add(line: FaultLine): number {
    const id = this.#nextId;
    this.#nextId += 1;
    const { after, at, every, on } = line;
    const isNow = after === undefined && at === undefined && every === undefined && on === undefined;
    this.#scheduled.push({
      ...{ id, line, random: seededRandom(this.seed, id, line.fault), addedAt: this.#wallMs },
      nextAt: on !== undefined || at !== undefined ? undefined : this.#wallMs + (after ?? every ?? 0),
      ...{ seen: 0, struck: 0 },
    });
    if (on === 'message') this.#waitsForMessages = true;
    if (isNow) this.#strikeDue();
    return id;
  }

  /** Ends what a line has in effect and takes it off the schedule. Answers whether it was there. */
  remove(id: number): boolean {
    const at = this.#scheduled.findIndex((each) => each.id === id);
    const active = this.#active.filter((each) => each.id === id);
    if (at >= 0) this.#scheduled.splice(at, 1);
    for (const each of active) this.#end(each);
    return at >= 0 || active.length > 0;
  }

  /** What is in effect or still to come. */
  list(): { id: number; fault: string; active: boolean; struck: number }[] {
    const active = new Set(this.#active.map(({ id }) => id));
    const known = this.#scheduled.map(({ id, line, struck }) => ({
      ...{ id, fault: line.fault, active: active.has(id), struck },
    }));
    return known.filter((each) => each.active || !this.#isSpent(each.id));
  }

  /** Lets wall time pass. */
  pass(wallMs: number): void {
    this.#wallMs += wallMs;
    for (const each of [...this.#active])
      if (each.endsAt !== undefined && each.endsAt <= this.#wallMs) this.#end(each);
    this.#strikeDue();
    for (const client of this.#world?.clients() ?? []) client.outlet.pass(wallMs);
    while (this.#late[0] !== undefined && this.#late[0].at <= this.#wallMs) this.#late.shift()?.send();
  }

  /** Something has happened that faults may wait for. */
  happened(trigger: Trigger, occasion: Partial<Occasion>): void {
    if (this.#scheduled.length === 0 || this.#isStriking) return;
    for (const each of [...this.#scheduled]) {
      const { line } = each;
      if (line.on !== trigger) continue;
      if (line.client !== undefined && occasion.client?.clientId !== line.client) continue;
      if (each.addedAt + (line.after ?? 0) > this.#wallMs) continue;
      each.seen += 1;
      if (each.seen < line.nth || each.struck >= (line.times ?? 1)) continue;
      if (each.random() < line.probability) this.#strike(each, { ...NOBODY, ...occasion });
    }
  }

  /** The messages that a client hears instead of one: none, itself, itself twice, or itself behind the next. */
  messages(
    client: FaultyClient,
    fields: readonly Field[],
    sendLater: (fields: readonly Field[]) => void,
  ): readonly (readonly Field[])[] {
    const rules = this.conditions.messageRules;
    const rule = rules.find(
      (each) => each.message === fields[0] && (each.client === undefined || each.client === client.clientId),
    );
    if (rule === undefined) return [fields];
    rule.left -= 1;
    if (rule.left === 0) rules.splice(rules.indexOf(rule), 1);
    if (rule.fate === 'lose') return [];
    if (rule.fate === 'duplicate') return [fields, fields];
    const at = this.#wallMs + (rule.fate === 'delay' ? rule.delayMs : 0);
    this.#late.push({ at, send: () => sendLater(fields) });
    this.#late.sort((a, b) => a.at - b.at);
    return [];
  }

  #isSpent(id: number): boolean {
    const each = this.#scheduled.find((scheduled) => scheduled.id === id);
    return each === undefined || each.struck >= this.#mostStrikes(each.line);
  }

  #mostStrikes(line: FaultLine): number {
    return line.times ?? (line.every === undefined ? 1 : Number.POSITIVE_INFINITY);
  }

  #strikeDue(): void {
    for (const each of [...this.#scheduled]) {
      if (each.struck >= this.#mostStrikes(each.line) || each.line.on !== undefined) continue;
      if (each.line.at !== undefined) {
        const isDue = this.#marketNow() >= this.#marketMoment(each.line.at);
        if (isDue) this.#strike(each, NOBODY);
        continue;
      }
      while (each.nextAt !== undefined && each.nextAt <= this.#wallMs) {
        const { every, probability } = each.line;
        each.nextAt = every === undefined ? undefined : each.nextAt + every;
        if (each.random() < probability) this.#strike(each, NOBODY);
        if (each.struck >= this.#mostStrikes(each.line)) break;
      }
    }
  }

  #strike(scheduled: Scheduled, occasion: Occasion): void {
    const world = this.#world;
    if (world === undefined) return;
    const { id, line } = scheduled;
    scheduled.struck += 1;
    const targets =
      occasion.client !== undefined
        ? [occasion.client]
        : world.clients().filter(({ clientId }) => line.client === undefined || clientId === line.client);
    const fault = faultNamed(line.fault);
    this.#note(scheduled, targets);
    // What a fault does may look like what faults wait for: it must not set itself off.
    this.#isStriking = true;
    try {
      const end = fault.strike(world, line.parameters, { ...occasion, targets, clientId: line.client });
      if (end === undefined) return;
      const endsAt = line.for === undefined ? undefined : this.#wallMs + line.for;
      this.#active.push({ id, fault: line.fault, endsAt, end });
    } finally {
      this.#isStriking = false;
    }
  }

  #end(active: Active): void {
    this.#active.splice(this.#active.indexOf(active), 1);
    active.end();
    this.#world?.broker.log.warn(`fault ${active.fault} (line ${active.id}) is over`);
  }

  #note({ id, line }: Scheduled, targets: readonly FaultyClient[]): void {
    const record: StrikeRecord = {
      ...{ number: this.log.length + 1, line: id, fault: line.fault, seed: this.seed },
      ...{ marketTime: new Date(this.#marketNow()).toISOString(), wallMs: Math.round(this.#wallMs) },
      clients: targets.map(({ clientId }) => clientId),
    };
    this.log.push(record);
    const whom = record.clients.length === 0 ? 'nobody in particular' : `client ${record.clients.join(', ')}`;
    this.#world?.broker.log.warn(
      `fault ${line.fault} (line ${id}, seed ${this.seed}) strikes ${whom} at ${record.marketTime}, ${record.wallMs} ms`,
    );
  }

  #marketNow(): number {
    return this.#world?.broker.market.now ?? 0;
  }

  #marketMoment(text: string): number {
    const zone = this.#world?.broker.market.instruments[0]?.config.timeZone ?? 'UTC';
    return instantOf(zone, text.slice(0, 10), parseTimeOfDay(text.slice(11)) ?? 0);
  }
}
