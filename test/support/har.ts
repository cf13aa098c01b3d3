import { Ajv } from 'ajv';
import { expect } from 'vitest';

const text = { type: 'string' };
const number = { type: 'number' };
const time = { type: 'number', minimum: 0 };
const size = { type: 'integer', minimum: -1 };
const list = (items: object) => ({ type: 'array', items });

/** An object of the format: these members are there, those may be, and whatever is its own begins with `_` (HAR 1.2). */
const object = (required: Record<string, object>, optional: Record<string, object> = {}) => ({
  type: 'object',
  required: Object.keys(required),
  properties: { ...required, ...optional },
  patternProperties: { '^_': {} },
  additionalProperties: false,
});

const named = object({ name: text, value: text }, { comment: text });
const cookie = object(
  { name: text, value: text },
  { path: text, domain: text, expires: text, httpOnly: { type: 'boolean' }, secure: { type: 'boolean' } },
);

const entry = object({
  startedDateTime: { type: 'string', pattern: '^\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z$' },
  time,
  request: object({
    method: text,
    url: text,
    httpVersion: text,
    cookies: list(cookie),
    headers: list(named),
    queryString: list(named),
    headersSize: size,
    bodySize: size,
  }),
  response: object({
    status: { type: 'integer', minimum: 0 },
    statusText: text,
    httpVersion: text,
    cookies: list(cookie),
    headers: list(named),
    content: object({ size, mimeType: text }, { text, encoding: text }),
    redirectURL: text,
    headersSize: size,
    bodySize: size,
  }),
  cache: object({}),
  timings: object({ send: time, wait: time, receive: time }, { blocked: number, dns: number, connect: number }),
});

const log = object({ version: { const: '1.2' }, creator: object({ name: text, version: text }), entries: list(entry) });
const check = new Ajv({ allErrors: true, strict: false, validateSchema: false }).compile(object({ log }));

export interface Har {
  readonly log: { readonly entries: readonly HarEntry[] };
}

export interface HarEntry {
  readonly startedDateTime: string;
  readonly time: number;
  readonly request: { readonly method: string; readonly url: string; readonly [member: string]: unknown };
  readonly response: { readonly status: number; readonly [member: string]: unknown };
  readonly timings: { readonly send: number; readonly wait: number; readonly receive: number };
}

/** The archive, once it is known to be one: of the format as written down at http://www.softwareishard.com/blog/har-12-spec/. */
export const expectHar = (document: unknown): Har => {
  // As it is sent: what is undefined is not there.
  const har = JSON.parse(JSON.stringify(document)) as Har;
  check(har);
  expect(check.errors ?? []).toEqual([]);
  for (const { time: whole, timings } of har.log.entries)
    expect(timings.send + timings.wait + timings.receive).toBeCloseTo(whole, 5);
  return har;
};
