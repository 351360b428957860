// Loaded into a process of the system with `--import`: lets a test bring about, from outside, what a defect does that
// belongs to no actor. At each SIGUSR2 more failures stray than supervision puts up with.

const FAILURES = 6;

process.on('SIGUSR2', () => {
  for (let n = 1; n <= FAILURES; n += 1) {
    setTimeout(() => {
      throw new Error(`a defect outside every actor, ${n} of ${FAILURES}`);
    }, n);
  }
});
