/** Calls again and again until it is ended; answers how. What keepers look at the world by; tests call by hand. */
export type Repeat = (look: () => void) => () => void;

/** By a timer that keeps no process alive. */
export const every =
  (ms: number): Repeat =>
  (look) => {
    const timer = setInterval(look, ms).unref();
    return () => clearInterval(timer);
  };
