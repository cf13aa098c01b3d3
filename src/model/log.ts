type Write = (fields: object, message: string) => void;

/** The log as the parts see it: pino's order of arguments, fields first. */
export interface Log {
  readonly debug: Write;
  readonly info: Write;
  readonly warn: Write;
  readonly error: Write;
}
