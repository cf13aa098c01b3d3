import { printable } from '../../../model/text.ts';
import type { RequestDetail } from '../answers.ts';

/** Fields that curl makes itself, or that are about one connection. */
const ownFields = new Set([
  'host',
  'content-length',
  'connection',
  'transfer-encoding',
  'accept-encoding',
  'keep-alive',
  'upgrade',
  'te',
]);

/** A word for a POSIX shell, which takes it as it is. What could act on the terminal that it is pasted into is made visible first. */
const quoted = (text: string): string => {
  const safe = printable(text);
  return /^[\w@%+=:,./-]+$/.test(safe) ? safe : `'${safe.replaceAll("'", "'\\''")}'`;
};

/** The command that sends a request again. Its body was not kept, and secrets in its head are masked. */
export const curlOf = (
  { method, host, path, requestHeaders }: Pick<RequestDetail, 'method' | 'host' | 'path' | 'requestHeaders'>,
  scheme: string,
): string => {
  const fields = requestHeaders.filter(([name]) => !ownFields.has(name.toLowerCase()) && !name.startsWith(':'));
  const compressed = requestHeaders.some(([name]) => name.toLowerCase() === 'accept-encoding');
  const lines = [
    `curl ${quoted(`${scheme}://${host}${path}`)}`,
    ...(method === 'GET' ? [] : [method === 'HEAD' ? '--head' : `--request ${quoted(method)}`]),
    ...(compressed ? ['--compressed'] : []),
    // An empty value takes a semicolon, or the field is left out (curl(1), --header).
    ...fields.map(([name, value]) => `--header ${quoted(value === '' ? `${name};` : `${name}: ${value}`)}`),
  ];
  return lines.join(' \\\n  ');
};
