import type { Socket } from 'node:net';

/**
 * The way out to one client. `open` writes at once; `stalled` keeps everything until it opens again; `silent` neither
 * answers nor listens, and what was said meanwhile is lost; `trickle` lets so many bytes a second through.
 */
export class Outlet {
  readonly #socket: Socket;
  #mode: 'open' | 'stalled' | 'silent' | 'trickle' = 'open';
  #bytesPerSecond = 0;
  #kept: Buffer[] = [];

  constructor(socket: Socket) {
    this.#socket = socket;
  }

  /** What waits for the outlet to open. */
  get keptBytes(): number {
    return this.#kept.reduce((sum, { length }) => sum + length, 0);
  }

  get isSilent(): boolean {
    return this.#mode === 'silent';
  }

  write(bytes: Buffer): void {
    if (this.#socket.destroyed || this.#mode === 'silent') return;
    if (this.#mode === 'open') this.#socket.write(bytes);
    else this.#kept.push(bytes);
  }

  stall(): void {
    this.#mode = 'stalled';
  }

  silence(): void {
    this.#mode = 'silent';
    this.#kept = [];
  }

  trickle(bytesPerSecond: number): void {
    this.#mode = 'trickle';
    this.#bytesPerSecond = bytesPerSecond;
  }

  /** Everything that was kept leaves at once. */
  open(): void {
    this.#mode = 'open';
    const kept = this.#kept;
    this.#kept = [];
    if (!this.#socket.destroyed && kept.length > 0) this.#socket.write(Buffer.concat(kept));
  }

  /** Set by the session: brings what it has gathered in this turn to the outlet. */
  flush: () => void = () => undefined;

  /** Wall time has passed: a trickle lets its share through. */
  pass(wallMs: number): void {
    if (this.#mode !== 'trickle' || this.#kept.length === 0 || this.#socket.destroyed) return;
    const all = Buffer.concat(this.#kept);
    const share = Math.max(1, Math.round((this.#bytesPerSecond * wallMs) / 1000));
    this.#socket.write(all.subarray(0, share));
    this.#kept = share < all.length ? [all.subarray(share)] : [];
  }

  /** Bytes that no client should ever see. */
  spoil(bytes: Buffer): void {
    if (!this.#socket.destroyed) this.#socket.write(bytes);
  }
}
