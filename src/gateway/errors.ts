/** Why the gateway could not start, or refused its input; `code` is for programs, the message is one line for people. */
export type GatewayErrorCode = 'PORT_IN_USE' | 'PORT_REFUSED' | 'BAD_CONFIG' | 'BAD_DATA' | 'BAD_STATE';

export class GatewayError extends Error {
  readonly code: GatewayErrorCode;

  constructor(code: GatewayErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.name = 'GatewayError';
    this.code = code;
  }
}

/** One-line logging as the gateway needs it; pino and console both fit. */
export interface GatewayLog {
  info(message: string): void;
  warn(message: string): void;
  error(message: string): void;
}
