import { expect, test } from 'vitest';
import { problem } from '../../../src/model/problem.ts';
import { problemPage, wantsHtml } from '../../../src/proxy/problem-page.ts';

const refused = problem('upstream-refused', { service: 'api', name: '<b>', port: 8003, directory: '/code/x' });
const diagnosis = {
  listening: [{ port: 8001, pid: 7, command: 'node <script>' }],
  container: 'exited (1) & gone',
  logTail: ['Error: \u001b[31mred', '"quoted"'],
  startCommand: "cd '/code/x' && npm start",
};

test.each([
  ['text/html,application/xhtml+xml,*/*;q=0.8', true],
  ['application/json, text/html;q=0.5', true],
  ['text/html;q=0', false],
  ['text/html; q=0.000, */*', false],
  ['*/*', false],
  ['text/htmlx', false],
  ['application/json', false],
])('Accept: %s wants a page: %s', (accept, expected) => {
  expect(wantsHtml(['Accept', accept])).toBe(expected);
});

test('no Accept wants no page', () => {
  expect(wantsHtml([])).toBe(false);
});

test('programs get problem+json with the code, the hint and what is known', () => {
  const page = problemPage(refused, false, { diagnosis, port: 8003, known: ['http://a.localhost'] });
  expect(page.status).toBe(502);
  expect(page.headers).toEqual(expect.arrayContaining(['application/problem+json', 'no-store', 'nosniff']));
  expect(page.headers).not.toContain('Retry-After');
  expect(page.headers).toContain(String(Buffer.byteLength(page.body)));
  expect(JSON.parse(page.body)).toEqual({
    type: 'about:blank',
    title: refused.message,
    status: 502,
    code: 'upstream-refused',
    hint: refused.hint,
    known: ['http://a.localhost'],
    port: 8003,
    diagnosis,
  });
});

test('what is starting is worth another try after a second', () => {
  const { status, headers } = problemPage(problem('upstream-starting', { service: 'api', name: 'project-3' }), false);
  expect(status).toBe(503);
  expect(headers[headers.indexOf('Retry-After') + 1]).toBe('1');
});

test('browsers get a page in which all data is text', () => {
  const { headers, body } = problemPage(refused, true, { diagnosis, known: ['http://a.localhost/"><script>'] });
  expect(headers).toContain('text/html; charset=utf-8');
  // Nothing runs in it, and it is framed by nobody.
  const policy = headers[headers.indexOf('Content-Security-Policy') + 1];
  expect(policy).toBe("default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'");
  for (const raw of ['<b>', '<script', '\u001b', '"><']) expect(body.slice(body.indexOf('<body>'))).not.toContain(raw);
  for (const text of [
    'node &lt;script&gt;',
    'exited (1) &amp; gone',
    '&quot;quoted&quot;',
    'cd &#39;/code/x&#39;',
    '8001',
  ])
    expect(body).toContain(text);
});

test('a page says when there is nothing to show', () => {
  const nothing = { listening: [], container: undefined, logTail: [], startCommand: 'npm start' };
  const { body } = problemPage(refused, true, { diagnosis: nothing, known: [] });
  expect(body).toContain('No port at all.');
  for (const absent of ['Known addresses', 'Container', 'Last lines']) expect(body).not.toContain(absent);
  expect(problemPage(problem('host-misdirected'), true).body).not.toContain('<h2>');
});
