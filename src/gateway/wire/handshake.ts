import { SERVER_VERSION_MAX, SERVER_VERSION_MIN } from './versions.ts';

export type Negotiation =
  | { ok: true; version: number }
  /** `announce` is the version to answer with so that the client can still read the error that follows. */
  | { ok: false; announce: number; reason: string };

/**
 * Chooses the protocol version from a client's hello, `v100..193` or `v157`, perhaps followed by a blank and
 * connect options: the newest that both speak. Below the floor, or above the ceiling, the refusal says why. `ceiling` is the newest version that this gateway is told to speak.
 */
export function negotiate(hello: string, ceiling = SERVER_VERSION_MAX): Negotiation {
  const match = /^v(\d+)(?:\.\.(\d+))?(?:\s.*)?$/.exec(hello);
  if (match === null)
    return {
      ok: false,
      announce: SERVER_VERSION_MIN,
      reason: `Handshake "${hello.slice(0, 40)}" not understood, expected for example "v100..193"`,
    };
  const min = Number(match[1]);
  const max = Number(match[2] ?? match[1]);
  if (max < SERVER_VERSION_MIN)
    return {
      ok: false,
      announce: max,
      reason: `Unsupported version: the client offers up to ${max}, this gateway needs ${SERVER_VERSION_MIN} or newer`,
    };
  if (min > ceiling)
    return {
      ok: false,
      announce: ceiling,
      reason: `Unsupported version: the client wants ${min} or newer, this gateway speaks up to ${ceiling}`,
    };
  return { ok: true, version: Math.min(max, ceiling) };
}
