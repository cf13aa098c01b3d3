import type { Diagnosis } from '../model/diagnosis.ts';
import { httpStatus, type Problem } from '../model/problem.ts';
import { printable } from '../model/text.ts';
import { pseudonym } from './headers.ts';
import { type RawHeaders, valuesOf } from './request-head.ts';

/** What is shown beside a problem, where there is something. */
export interface Details {
  /** Canonical addresses of the services that are known. */
  readonly known?: readonly string[];
  readonly diagnosis?: Diagnosis;
  /** The port that was expected to answer. */
  readonly port?: number;
}

export interface Page {
  readonly status: number;
  readonly headers: readonly string[];
  readonly body: string;
}

/** After which it is worth another try to reach what is starting. */
const retryAfterSeconds = 1;

/** Whether the client would rather read HTML: a browser that opens a page says so, programs rarely do. */
export const wantsHtml = (headers: RawHeaders): boolean =>
  valuesOf(headers, 'accept').some((value) =>
    /(^|,)\s*text\/html\s*(;(?!\s*q=0(\.0*)?\s*(,|$))[^,]*)?(,|$)/i.test(value),
  );

/** The answer for a problem: a page for browsers, `application/problem+json` (RFC 9457) for everybody else. */
export const problemPage = (problem: Problem, html: boolean, details: Details = {}): Page => {
  const status = httpStatus(problem.code);
  const body = html ? htmlBody(problem, status, details) : jsonBody(problem, status, details);
  const headers = [
    'Content-Type',
    html ? 'text/html; charset=utf-8' : 'application/problem+json',
    'Content-Length',
    String(Buffer.byteLength(body)),
    'Cache-Control',
    'no-store',
    'X-Content-Type-Options',
    'nosniff',
    'Content-Security-Policy',
    "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'",
    'Server',
    pseudonym,
  ];
  if (status === 503) headers.push('Retry-After', String(retryAfterSeconds));
  return { status, headers, body };
};

const jsonBody = (problem: Problem, status: number, { known, diagnosis, port }: Details): string =>
  `${JSON.stringify({
    type: 'about:blank',
    title: problem.message,
    status,
    code: problem.code,
    hint: problem.hint,
    ...(known !== undefined && { known }),
    ...(port !== undefined && { port }),
    ...(diagnosis !== undefined && { diagnosis }),
  })}\n`;

const entities: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

/** Text from anywhere, as text in HTML. */
const asText = (text: string): string => printable(text).replace(/[&<>"']/g, (char) => entities[char] as string);

const style = `:root{color-scheme:light dark;font:1rem/1.5 system-ui,sans-serif}
body{max-width:44rem;margin:3rem auto;padding:0 1rem}
h1{font-size:1.25rem}code,pre{font:.9em/1.4 ui-monospace,monospace}
pre{overflow:auto;padding:.75rem;background:color-mix(in srgb,currentcolor 8%,transparent)}
footer{opacity:.6;margin-top:2rem}`;

const section = (title: string, content: string): string => `<h2>${title}</h2>\n${content}\n`;
const list = (items: readonly string[]): string => `<ul>${items.map((item) => `<li>${item}</li>`).join('')}</ul>`;

const htmlBody = (problem: Problem, status: number, { known, diagnosis }: Details): string => {
  const parts = [`<h1>${asText(problem.message)}</h1>\n<p>${asText(problem.hint)}</p>\n`];
  if (known !== undefined && known.length > 0) {
    const links = known.map((address) => `<a href="${asText(address)}">${asText(address)}</a>`);
    parts.push(section('Known addresses', list(links)));
  }
  if (diagnosis !== undefined) parts.push(diagnosisHtml(diagnosis));
  return `<!doctype html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${status} ${asText(problem.message)}</title>
<style>${style}</style></head>
<body>
${parts.join('')}<footer>${status} <code>${asText(problem.code)}</code> · Sidings</footer>
</body>
</html>
`;
};

const diagnosisHtml = ({ listening, container, logTail, startCommand }: Diagnosis): string => {
  const ports = listening.map(
    ({ port, pid, command }) => `<code>${port}</code>: process ${pid}, <code>${asText(command)}</code>`,
  );
  return [
    section('Start it', `<pre>${asText(startCommand)}</pre>`),
    section('This copy listens on', ports.length > 0 ? list(ports) : '<p>No port at all.</p>'),
    container === undefined ? '' : section('Container', `<p>${asText(container)}</p>`),
    logTail.length === 0 ? '' : section('Last lines of its log', `<pre>${logTail.map(asText).join('\n')}</pre>`),
  ].join('');
};
