/**
 * Failures that reach nobody: a throw in a timer or a socket's handler, a promise that nobody awaits. Node would end
 * the process; here each is handed to whoever can act on it.
 */
export interface StrayFaults {
  /** Gives the process its own ways back. */
  release(): void;
}

/** Hears every stray fault from now on; what the listener throws ends the process, as it would without it. */
export function catchStrayFaults(listener: (error: unknown) => void): StrayFaults {
  process.on('uncaughtException', listener);
  process.on('unhandledRejection', listener);
  return {
    release: () => {
      process.off('uncaughtException', listener);
      process.off('unhandledRejection', listener);
    },
  };
}
