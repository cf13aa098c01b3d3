import { httpStatus, type Problem } from '../model/problem.ts';

export interface ProblemAnswer {
  readonly status: number;
  readonly type: 'application/problem+json';
  readonly body: string;
}

/** A problem as an answer: the members of RFC 9457 and our own, so that a command can show it as if it were its own. */
export const problemAnswer = (cause: Problem): ProblemAnswer => {
  const status = httpStatus(cause.code);
  const body = `${JSON.stringify({ type: 'about:blank', title: cause.message, status, ...cause })}\n`;
  return { status, type: 'application/problem+json', body };
};
