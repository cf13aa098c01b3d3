import { type ErrorCode, type ErrorEntry, errors } from './errors.ts';
import { printable } from './text.ts';

/** A finding with code, message and hint. A warning informs; an error keeps something from working. */
export interface Problem {
  readonly code: ErrorCode;
  readonly severity: 'error' | 'warning';
  readonly message: string;
  readonly hint: string;
}

/** The names between braces in a template: `Names<'{a} of {b}'>` is `'a' | 'b'`. */
type Names<Template extends string> = Template extends `${string}{${infer Name}}${infer Rest}`
  ? (Name extends `${string}${' ' | '"' | '{'}${string}` ? never : Name) | Names<Rest>
  : never;

type Entry<Code extends ErrorCode> = (typeof errors)[Code];

/** What the message and the hint of a code need to be filled in. */
export type Params<Code extends ErrorCode> = {
  readonly [Name in Names<Entry<Code>['message']> | Names<Entry<Code>['hint']>]: string | number;
};

type Args<Code extends ErrorCode> = keyof Params<Code> extends never
  ? [params?: Record<string, never>]
  : [params: Params<Code>];

/** Longest text that a parameter may be, in characters; the longest path. */
const longest = 4096;

// Parameters come from folder names, headers and other programs: they are text, so nothing in them may act on a terminal or have no end.
const fill = (template: string, params: Readonly<Record<string, string | number>>): string =>
  template.replace(/\{(\w+)\}/g, (whole, name: string) => {
    const value = params[name];
    if (value === undefined) return whole;
    const text = String(value);
    return printable(text.length > longest ? `${text.slice(0, longest)}…` : text);
  });

/** The finding for a code, with its message and hint filled in. */
export const problem = <Code extends ErrorCode>(code: Code, ...[params = {}]: Args<Code>): Problem => ({
  code,
  severity: 'error',
  message: fill(errors[code].message, params),
  hint: fill(errors[code].hint, params),
});

/** The same finding as something to know about, not something that stops. */
export const warning = <Code extends ErrorCode>(code: Code, ...args: Args<Code>): Problem => ({
  ...problem(code, ...args),
  severity: 'warning',
});

/** A problem that ends what was asked for. Thrown; commands turn it into their exit code, the proxy into a page. */
export class SidingsError extends Error {
  override readonly name = 'SidingsError';
  readonly problem: Problem;

  constructor(cause: Problem, options?: ErrorOptions) {
    super(cause.message, options);
    this.problem = cause;
  }

  get code(): ErrorCode {
    return this.problem.code;
  }

  get hint(): string {
    return this.problem.hint;
  }

  /** The exit code of a command that ends with this error. */
  get exitCode(): number {
    return errors[this.problem.code].exit;
  }
}

/** `throw fail('slot-taken', {...})`: the error for a code. */
export const fail = <Code extends ErrorCode>(code: Code, ...args: Args<Code>): SidingsError =>
  new SidingsError(problem(code, ...args));

/** The HTTP status of a code; 500 for codes that no request is meant to end with. */
export const httpStatus = (code: ErrorCode): number => (errors[code] as ErrorEntry).status ?? 500;
