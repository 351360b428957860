/**
 * Why the broker could not be asked, or did not answer as hoped.
 * - `unavailable`: no ready connection; nothing was sent.
 * - `timeout`: sent, no answer within the deadline.
 * - `refused`: the broker answered with an error; `brokerCode` is IBKR's.
 * - `lost`: the connection went away between question and answer.
 */
export class BrokerError extends Error {
  readonly code: 'unavailable' | 'timeout' | 'refused' | 'lost';
  readonly brokerCode: number | null;

  constructor(code: BrokerError['code'], message: string, brokerCode: number | null = null) {
    super(message);
    this.name = 'BrokerError';
    this.code = code;
    this.brokerCode = brokerCode;
  }
}
