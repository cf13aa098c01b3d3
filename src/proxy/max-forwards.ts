import { type Problem, problem } from '../model/problem.ts';
import type { Page } from './problem-page.ts';
import { type RequestHead, valuesOf } from './request-head.ts';

/**
 * Counts a request for OPTIONS down on its way (RFC 9110 §7.6.2). Gives the head to forward, `last` where it is to go no further, or the
 * problem where one program could read another number than the next.
 */
export const countForward = (head: RequestHead): RequestHead | 'last' | Problem => {
  const values = valuesOf(head.headers, name);
  const [value = ''] = values;
  if (values.length === 0) return head;
  if (values.length > 1 || !/^[0-9]{1,15}$/.test(value))
    return problem('request-invalid', { reason: 'Max-Forwards is not a plain number' });
  const left = Number(value);
  if (left === 0) return 'last';
  const headers = head.headers.map((text, index) =>
    index % 2 === 1 && head.headers[index - 1]?.toLowerCase() === name ? String(left - 1) : text,
  );
  return { ...head, headers };
};

const name = 'max-forwards';

/** What the proxy answers for itself: what it passes on. */
export const optionsPage = (requestId: string): Page => ({
  status: 204,
  headers: ['Allow', 'GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS', 'X-Request-Id', requestId],
  body: '',
});
