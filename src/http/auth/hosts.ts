import { isIP } from 'node:net';

const WILDCARDS: readonly string[] = ['0.0.0.0', '::'];

/** The name part of a Host header, lower case, without port and brackets; null when it is not one. */
export function hostName(header: string | undefined): string | null {
  if (header === undefined || /[\s/\\@?#]/.test(header)) return null;
  try {
    return new URL(`http://${header}`).hostname.replace(/^\[|\]$/g, '').toLowerCase();
  } catch {
    return null;
  }
}

const isLoopback = (name: string): boolean =>
  name === 'localhost' || name === '::1' || (isIP(name) === 4 && name.startsWith('127.'));

/**
 * Tells whether a request names this server: a loopback name or the configured host. Other names are refused, as a
 * stranger's page could point its own name at this machine (DNS rebinding). A server that listens on every address
 * also answers to addresses in numbers, which nobody can rebind.
 */
export function isOurHost(header: string | undefined, configured: readonly string[]): boolean {
  const name = hostName(header);
  if (name === null) return false;
  if (isLoopback(name)) return true;
  if (configured.some((host) => host.toLowerCase() === name)) return true;
  return isIP(name) !== 0 && configured.some((host) => WILDCARDS.includes(host));
}

/**
 * Tells whether a request comes from a page of this server, or from no page at all. Browsers send `Origin` with
 * everything that changes state and with every WebSocket; where it is missing, `Sec-Fetch-Site` decides.
 */
export function isSameOrigin(headers: {
  readonly host?: string | undefined;
  readonly origin?: string | undefined;
  readonly 'sec-fetch-site'?: string | string[] | undefined;
}): boolean {
  if (headers.origin === undefined) {
    const site = headers['sec-fetch-site'];
    return site === undefined || site === 'same-origin' || site === 'none';
  }
  try {
    return new URL(headers.origin).host === new URL(`http://${headers.host ?? ''}`).host;
  } catch {
    return false;
  }
}
