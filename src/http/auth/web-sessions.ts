import type { WebSessionPort } from '../runtime.port.ts';
import { hashOf, newSecret } from './secrets.ts';

export const COOKIE = 'tw_session';
/** A browser stays logged in for so long. */
export const SESSION_TTL_MS = 30 * 24 * 60 * 60_000;
/** A session that was found is not looked up again for so long. */
const TRUST_MS = 30_000;
/** While the store does not answer, a session seen before counts for so long: trouble is when a person must look. */
const TRUST_WITHOUT_STORE_MS = 60 * 60_000;
const MAX_KNOWN = 1000;

/** The store did not answer, and nothing is known of this browser. */
export class SessionsUnavailable extends Error {}

/** Logged-in browsers over their store, with a short memory so that not every request asks the database. */
export class WebSessions {
  readonly #port: WebSessionPort;
  readonly #now: () => number;
  /** When a hash was last found in the store. */
  readonly #seen = new Map<string, number>();

  constructor(port: WebSessionPort, now: () => number = Date.now) {
    this.#port = port;
    this.#now = now;
  }

  /** Starts a session and answers its secret, of which only the hash is kept. */
  async create(): Promise<string> {
    const secret = newSecret();
    await this.#port.create(hashOf(secret), SESSION_TTL_MS);
    return secret;
  }

  /** @throws SessionsUnavailable when the store fails and the session was not seen within the last hour. */
  async isKnown(hash: string): Promise<boolean> {
    const seenAt = this.#seen.get(hash);
    const age = seenAt === undefined ? Number.POSITIVE_INFINITY : this.#now() - seenAt;
    if (age < TRUST_MS) return true;
    let exists: boolean;
    try {
      exists = await this.#port.exists(hash);
    } catch (cause) {
      if (age < TRUST_WITHOUT_STORE_MS) return true;
      throw new SessionsUnavailable('The store that knows who is logged in does not answer.', { cause });
    }
    this.#seen.delete(hash);
    if (exists) this.#remember(hash);
    return exists;
  }

  async remove(hash: string): Promise<void> {
    this.#seen.delete(hash);
    await this.#port.remove(hash);
  }

  #remember(hash: string): void {
    if (this.#seen.size >= MAX_KNOWN) {
      const oldest = this.#seen.keys().next().value;
      if (oldest !== undefined) this.#seen.delete(oldest);
    }
    this.#seen.set(hash, this.#now());
  }
}
