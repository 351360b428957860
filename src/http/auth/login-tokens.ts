import { hashOf, newSecret, sameSecret } from './secrets.ts';

/** A link that nobody used is good for so long. */
const DEFAULT_TTL_MS = 60 * 60_000;

export interface LoginLink {
  readonly token: string;
  /** Path below the server's address: `/login?token=...`. */
  readonly path: string;
  /** Epoch milliseconds. */
  readonly expiresAt: number;
}

/** One-time login tokens of this run. They live in memory only: a restart makes old links worthless. */
export class LoginTokens {
  readonly #now: () => number;
  /** Expiry by hash. */
  readonly #pending = new Map<string, number>();

  constructor(now: () => number = Date.now) {
    this.#now = now;
  }

  /** Makes a token for one login within `ttlMs`, by default an hour. */
  mint(ttlMs = DEFAULT_TTL_MS): LoginLink {
    this.#forgetExpired();
    const token = newSecret();
    const expiresAt = this.#now() + ttlMs;
    this.#pending.set(hashOf(token), expiresAt);
    return { token, path: `/login?token=${token}`, expiresAt };
  }

  /** Tells whether `consume` would succeed. */
  isGood(token: string): boolean {
    return this.#find(token) !== null;
  }

  /** Uses a token up; false when it is unknown, used or expired. */
  consume(token: string): boolean {
    const hash = this.#find(token);
    return hash !== null && this.#pending.delete(hash);
  }

  #find(token: string): string | null {
    this.#forgetExpired();
    const asked = hashOf(token);
    let found: string | null = null;
    for (const hash of this.#pending.keys()) if (sameSecret(hash, asked)) found = hash;
    return found;
  }

  #forgetExpired(): void {
    const now = this.#now();
    for (const [hash, expiresAt] of this.#pending) if (expiresAt <= now) this.#pending.delete(hash);
  }
}
