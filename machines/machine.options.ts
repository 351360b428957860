/**
 * What every machine is made with (`options: machineOptions`).
 * XState by itself sets no bound: a chart whose `always` or raised events go round in a circle would hold the process,
 * and every other actor with it, for good. With a bound that actor fails, and its supervisor hears of it. A turn of a
 * chart takes a handful of steps; work for many children is done by sends, which do not count.
 */
export const machineOptions = { maxIterations: 1_000 } as const;
