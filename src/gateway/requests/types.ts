import type { ClientSession } from '../client-session.ts';
import type { Instrument } from '../market/instrument.ts';
import type { ContractQuery } from '../messages/contract.ts';
import type { FieldReader } from '../wire/fields.ts';

/** Reads one request, whose message id is already read, and answers it on the session. */
export type RequestHandler = (session: ClientSession, reader: FieldReader) => void;
export type RequestHandlers = Record<number, RequestHandler>;

/** The one instrument that a request names; otherwise the client gets error 200 and this answers undefined. */
export function resolve(session: ClientSession, id: number, contract: ContractQuery): Instrument | undefined {
  const found = session.broker.market.find(contract);
  if (found.length === 1) return found[0];
  const text =
    found.length === 0
      ? 'No security definition has been found for the request'
      : `The contract description specified for ${contract.symbol} is ambiguous.`;
  session.error(id, 200, text);
  return undefined;
}

/** IBKR's wording for a request that can be read but makes no sense. */
export function invalid(session: ClientSession, id: number, cause: string): void {
  session.error(id, 321, `Error validating request.-'bN' : cause - ${cause}`);
}
