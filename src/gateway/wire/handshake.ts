import { Reply } from './ids.ts';
import { SERVER_VERSION_MAX, SERVER_VERSION_MIN } from './versions.ts';

export type Negotiation =
  | { ok: true; version: number }
  /** `announce` is the version to answer with so that the client can still read the error that follows. */
  | { ok: false; announce: number; reason: string };

/**
 * Chooses the protocol version from a client's hello, `v100..193` or `v157`, perhaps followed by a blank and
 * connect options (`+PACEAPI`, of no meaning here): the newest that both speak. Below the floor, or above the
 * ceiling, the refusal says why. `ceiling` is the newest version that this gateway is told to speak.
 */
export function negotiate(hello: string, ceiling = SERVER_VERSION_MAX): Negotiation {
  const match = /^v(\d{1,9})(?:\.\.(\d{1,9}))?(?:\s[^\0]*)?\0?$/.exec(hello);
  const min = Number(match?.[1]);
  const max = Number(match?.[2] ?? match?.[1]);
  if (match === null || min > max)
    return {
      ok: false,
      announce: SERVER_VERSION_MIN,
      reason: `Handshake "${hello.slice(0, 40)}" not understood, expected for example "v100..193"`,
    };
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

/** The newest server version of the time before length prefixes; such a client knows the layouts up to it. */
const LEGACY_SERVER_VERSION = 76;

/**
 * What a client that sent a bare version is told, in the unframed form that it reads: version, time, then an ERR_MSG
 * with code 506, whose layout is the same in every version.
 */
export function legacyRefusal(clientVersion: number, time: string): Buffer {
  const reason = `Unsupported version: the client speaks ${clientVersion} without length prefixes, this gateway needs an API client of server version ${SERVER_VERSION_MIN} or newer`;
  const fields = [LEGACY_SERVER_VERSION, time, Reply.error, 2, -1, 506, reason];
  return Buffer.from(fields.map((field) => `${field}\0`).join(''), 'latin1');
}
