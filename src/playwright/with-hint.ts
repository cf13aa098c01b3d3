import { type Problem, SidingsError } from '../model/problem.ts';

/** The problem as an error of a configuration. Playwright prints all that an error holds, of which only the text helps here. */
export const withHint = (found: Problem): SidingsError => {
  const message = `${found.message}\n  hint: ${found.hint}`;
  const error = new SidingsError({ ...found, message });
  Object.defineProperty(error, 'problem', { enumerable: false });
  error.stack = `sidings: ${message}`;
  return error;
};
