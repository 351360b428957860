import { failureMessage } from '../../machines/domain/failure.ts';

export interface StatePort {
  get(key: string): Promise<unknown>;
  set(key: string, value: unknown): Promise<void>;
}

const RETRY_MS = 1_000;

/**
 * Stores each value under a key, one at a time and the newest last, and tries again until it is stored: what the database
 * missed would be forgotten by the next start.
 */
export function createStateKeeper<T>(
  state: StatePort,
  key: string,
  onFailure: (cause: string) => void,
): (value: T) => void {
  let wanted: { readonly value: T } | null = null;
  let isWriting = false;
  const write = async (): Promise<void> => {
    isWriting = true;
    while (wanted !== null) {
      const current: { readonly value: T } = wanted;
      try {
        await state.set(key, current.value);
        if (wanted === current) wanted = null;
      } catch (error) {
        onFailure(failureMessage(error));
        await new Promise((done) => setTimeout(done, RETRY_MS).unref());
      }
    }
    isWriting = false;
  };
  return (value) => {
    wanted = { value };
    if (!isWriting) void write();
  };
}
