import type { ClientSession } from '../client-session.ts';
import { Request, requestIdOf } from '../wire/ids.ts';

interface Refusal {
  readonly code: number;
  readonly text: string;
}

const invalid = (cause: string): Refusal => ({
  code: 321,
  text: `Error validating request.-'bX' : cause - ${cause}`,
});
/** There is no option contract here, so TWS's answer for an unknown one holds for each of them. */
const noOption: Refusal = { code: 200, text: 'No security definition has been found for the request' };
const noAdvisor = invalid('FA data operations ignored for non FA customers.');
const noVerification = invalid('Verification of API programs is not enabled.');
const noNewsFeed: Refusal = { code: 10276, text: 'News feed is not allowed.' };
const noCalculation: Refusal = { code: 300, text: "Can't find EId with tickerId" };

/**
 * What this account cannot do, in the words that TWS has for it: the account is no advisor's, has no option
 * contracts and is not subscribed to Wall Street Horizon.
 * @see https://interactivebrokers.github.io/tws-api/message_codes.html
 */
const refusals: Readonly<Record<number, Refusal>> = {
  [Request.fa]: noAdvisor,
  [Request.replaceFa]: noAdvisor,
  [Request.exerciseOptions]: noOption,
  [Request.calculateImpliedVolatility]: noOption,
  [Request.calculateOptionPrice]: noOption,
  [Request.cancelCalculateImpliedVolatility]: noCalculation,
  [Request.cancelCalculateOptionPrice]: noCalculation,
  [Request.verifyRequest]: noVerification,
  [Request.verifyMessage]: noVerification,
  [Request.verifyAndAuthRequest]: noVerification,
  [Request.verifyAndAuthMessage]: noVerification,
  [Request.wshMetaData]: noNewsFeed,
  [Request.wshEventData]: noNewsFeed,
  [Request.cancelWshMetaData]: { code: 10280, text: 'Failed to cancel WSH metadata: it was not requested.' },
  [Request.cancelWshEventData]: {
    code: 10284,
    text: 'Failed to cancel WSH event data: it was not requested.',
  },
  [Request.currentTimeInMillis]: invalid(
    'The current time in milliseconds needs server version 197 or newer.',
  ),
};

/** Answers a request for which there is no handler: in TWS's words where it has some, never by silence. */
export function refuse(session: ClientSession, messageId: number, fields: readonly string[]): void {
  const name = String(fields[0] ?? '').slice(0, 20);
  const { code, text } =
    refusals[messageId] ?? invalid(`Message id ${name} is not supported by the simulated gateway`);
  session.broker.log.warn(`${session.name}: request ${name} is refused: ${text}`);
  session.error(requestIdOf(fields, session.version), code, text);
}
