/** Reads messages of HTTP/1.1 strictly (RFC 9112): what has more than one reading is wrong. Text is Latin-1: a character is a byte. */

/** Names in lower case. */
export type Field = readonly [name: string, value: string];

interface Message {
  readonly version: string;
  readonly fields: readonly Field[];
  readonly body: string;
  readonly trailers: readonly Field[];
}
export interface Request extends Message {
  readonly method: string;
  readonly target: string;
}
export interface Answer extends Message {
  readonly status: number;
}

/** `whole` with its size, `incomplete` with what is there of the body (undefined: not even the head), or why it is none. */
export type Read<Kind> =
  | { readonly kind: 'whole'; readonly message: Kind; readonly size: number }
  | { readonly kind: 'incomplete'; readonly begun: Kind | undefined }
  | { readonly kind: 'wrong'; readonly reason: string };

const wrong = (reason: string) => ({ kind: 'wrong', reason }) as const;
const nothingYet = { kind: 'incomplete', begun: undefined } as const;

export const valuesOf = (fields: readonly Field[], name: string): readonly string[] =>
  fields.filter(([known]) => known === name).map(([, value]) => value);

/** Reads a request from the beginning of a text. */
export const readRequest = (text: string): Read<Request> => {
  const head = readHead(text);
  if (head === undefined) return nothingYet;
  if ('reason' in head) return wrong(head.reason);
  const line = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+) ([!-~\x80-\xff]+) HTTP\/(1\.[01])$/.exec(head.line);
  if (line === null) return wrong('the request line');
  const [, method = '', target = '', version = ''] = line;
  const { fields } = head;
  if (valuesOf(fields, 'host').length !== 1) return wrong('not exactly one Host');
  const framing = framingOf(fields, version);
  if ('reason' in framing) return wrong(framing.reason);
  const body = readBody(text, head.size, framing.kind === 'none' ? { kind: 'length', length: 0 } : framing, false);
  return withBody({ method, target, version, fields }, body);
};

/** Reads an answer to a request of a method. `hasEnded`: the connection has ended, in good order. */
export const readAnswer = (text: string, method: string, hasEnded: boolean): Read<Answer> => {
  const head = readHead(text);
  if (head === undefined) return nothingYet;
  if ('reason' in head) return wrong(head.reason);
  const line = /^HTTP\/(1\.[01]) ([1-9][0-9]{2})(?: [\t -~\x80-\xff]*)?$/.exec(head.line);
  if (line === null) return wrong('the status line');
  const [, version = '', code] = line;
  const status = Number(code);
  const { fields } = head;
  const framing = framingOf(fields, version);
  if ('reason' in framing) return wrong(framing.reason);
  const bodiless = method === 'HEAD' || status < 200 || status === 204 || status === 304;
  const body = readBody(text, head.size, bodiless ? { kind: 'length', length: 0 } : framing, hasEnded);
  return withBody({ status, version, fields }, body);
};

const withBody = <Head>(head: Head, body: ReadBody): Read<Head & Pick<Message, 'body' | 'trailers'>> => {
  if (body.kind === 'wrong') return body;
  const message = { ...head, body: body.data, trailers: body.trailers };
  return body.kind === 'whole' ? { kind: 'whole', message, size: body.size } : { kind: 'incomplete', begun: message };
};

type Head = { readonly line: string; readonly fields: readonly Field[]; readonly size: number };
type Wrong = { readonly reason: string };

const readHead = (text: string): Head | Wrong | undefined => {
  const end = text.indexOf('\r\n\r\n');
  const lines = (end === -1 ? text : text.slice(0, end)).split('\r\n');
  if (lines.some((line, index) => /[\n\0]|\r(?!$)/.test(line) || (line.endsWith('\r') && index < lines.length - 1)))
    return { reason: 'CR, LF or NUL in a head' };
  if (end === -1) return text.startsWith('\r\n') ? { reason: 'an empty line before a head' } : undefined;
  const [line = '', ...rest] = lines;
  const fields = readFields(rest);
  return 'reason' in fields ? fields : { line, fields: fields.fields, size: end + 4 };
};

const readFields = (lines: readonly string[]): { readonly fields: readonly Field[] } | Wrong => {
  const fields: Field[] = [];
  for (const line of lines) {
    // Control characters other than CR, LF and NUL may be kept (RFC 9110 §5.5).
    const field = /^([!#$%&'*+.^_`|~0-9A-Za-z-]+):[\t ]*(|[^\r\n\0\t ]|[^\r\n\0\t ][^\r\n\0]*[^\r\n\0\t ])[\t ]*$/.exec(
      line,
    );
    if (field === null) return { reason: `the line ${JSON.stringify(line.slice(0, 80))}` };
    const [, name = '', value = ''] = field;
    fields.push([name.toLowerCase(), value]);
  }
  return { fields };
};

type Framing =
  | { readonly kind: 'none' }
  | { readonly kind: 'length'; readonly length: number }
  | { readonly kind: 'chunked' };

const framingOf = (fields: readonly Field[], version: string): Framing | Wrong => {
  const lengths = valuesOf(fields, 'content-length');
  const encodings = valuesOf(fields, 'transfer-encoding');
  if (lengths.length + encodings.length > 1) return { reason: 'two lengths' };
  const [length] = lengths;
  if (length !== undefined)
    return /^[0-9]+$/.test(length) ? { kind: 'length', length: Number(length) } : { reason: 'the length' };
  const [encoding] = encodings;
  if (encoding === undefined) return { kind: 'none' };
  if (encoding.toLowerCase() !== 'chunked' || version !== '1.1') return { reason: 'the transfer encoding' };
  return { kind: 'chunked' };
};

type ReadBody =
  | {
      readonly kind: 'whole' | 'incomplete';
      readonly data: string;
      readonly trailers: readonly Field[];
      readonly size: number;
    }
  | ReturnType<typeof wrong>;

const readBody = (text: string, from: number, framing: Framing, hasEnded: boolean): ReadBody => {
  switch (framing.kind) {
    case 'none':
      return { kind: hasEnded ? 'whole' : 'incomplete', data: text.slice(from), trailers: [], size: text.length };
    case 'length': {
      const size = from + framing.length;
      const kind = text.length >= size ? 'whole' : 'incomplete';
      return { kind, data: text.slice(from, size), trailers: [], size };
    }
    case 'chunked':
      return readChunks(text, from);
  }
};

const extension =
  /^(?:;[!#$%&'*+.^_`|~0-9A-Za-z-]+(?:=(?:[!#$%&'*+.^_`|~0-9A-Za-z-]+|"(?:[^"\\\r\n\0]|\\[^\r\n\0])*"))?)*$/;

const readChunks = (text: string, from: number): ReadBody => {
  let data = '';
  let at = from;
  for (;;) {
    const lineEnd = text.indexOf('\n', at);
    if (lineEnd === -1) return { kind: 'incomplete', data, trailers: [], size: text.length };
    const line = text.slice(at, lineEnd);
    const size = /^([0-9A-Fa-f]{1,13})(.*)\r$/s.exec(line);
    if (size === null || !extension.test(size[2] as string)) return wrong('a chunk size');
    const length = Number.parseInt(size[1] as string, 16);
    at = lineEnd + 1;
    if (length === 0) break;
    data += text.slice(at, at + length);
    at += length;
    if (text.length < at + 2) {
      if (text.length === at + 1 && text[at] !== '\r') return wrong('the end of a chunk');
      return { kind: 'incomplete', data, trailers: [], size: text.length };
    }
    if (text.slice(at, at + 2) !== '\r\n') return wrong('the end of a chunk');
    at += 2;
  }
  if (text.startsWith('\r\n', at)) return { kind: 'whole', data, trailers: [], size: at + 2 };
  const end = text.indexOf('\r\n\r\n', at);
  if (end === -1) return { kind: 'incomplete', data, trailers: [], size: text.length };
  const fields = readFields(text.slice(at, end).split('\r\n'));
  return 'reason' in fields ? wrong(fields.reason) : { kind: 'whole', data, trailers: fields.fields, size: end + 4 };
};
