import { describe, expect, test } from 'vitest';
import { areTrailers, isWellFormed } from '../../../../../src/proxy/fast/http2/field-rules.ts';

const line = [':method', 'GET', ':scheme', 'https', ':authority', 'a.localhost', ':path', '/'];

const sound: readonly (readonly [what: string, name: string, value: string])[] = [
  ['with every character that a name may have', "a0!#$%&'*+-.^_`|~", 'b'],
  ['without a value', 'a', ''],
  ['with spaces and tabs inside a value', 'a', 'b \t c'],
  ['with a colon in a value', 'a', ':b:'],
  ['with the upper half of Latin-1 in a value', 'a', '\x80\xff'],
  ['with a value of one character', 'a', '!'],
];

/** RFC 9113 §8.2.1, and what HTTP itself does not allow in fields (RFC 9110 §5.1, §5.5). */
const unsound: readonly (readonly [what: string, name: string, value: string])[] = [
  ['with a capital letter in a name', 'Accept', '*/*'],
  ['with a capital letter at the end of a name', 'accepT', '*/*'],
  ['without a name', '', 'b'],
  ['with a space in a name', 'a b', 'c'],
  ['with a space behind a name', 'a ', 'b'],
  ['with a colon in a name', 'a:b', 'c'],
  ['with a control character in a name', 'a\x01', 'b'],
  ['with a line end in a name', 'a\r\nb', 'c'],
  ['with DEL in a name', 'a\x7f', 'b'],
  ['with the upper half of Latin-1 in a name', 'a\xe4', 'b'],
  ['with NUL in a value', 'a', 'b\0c'],
  ['with CR in a value', 'a', 'b\rc'],
  ['with LF in a value', 'a', 'b\nc'],
  ['with LF at the end of a value', 'a', 'b\n'],
  ['with a request in a value', 'a', 'b\r\n\r\nGET / HTTP/1.1'],
  ['with another control character in a value', 'a', 'b\x1bc'],
  ['with DEL in a value', 'a', '\x7f'],
  ['with a space before a value', 'a', ' b'],
  ['with a space behind a value', 'a', 'b '],
  ['with a tab before a value', 'a', '\tb'],
  ['with a tab behind a value', 'a', 'b\t'],
  ['with nothing but a space as a value', 'a', ' '],
];

describe('the fields of a request', () => {
  test.each(sound)('%s are well-formed', (_what, name, value) => {
    expect(isWellFormed([...line, name, value, 'z', 'y'])).toBe(true);
  });

  test.each(unsound)('%s are not', (_what, name, value) => {
    expect(isWellFormed([...line, name, value])).toBe(false);
    expect(isWellFormed([...line, name, value, 'z', 'y'])).toBe(false);
  });

  test('are well-formed where there are none, and where there is nothing but the request line', () => {
    expect(isWellFormed([])).toBe(true);
    expect(isWellFormed(line)).toBe(true);
  });

  test.each([':path', ':method', ':unknown', ':'])('have no %s behind the others (RFC 9113 §8.3)', (name) => {
    expect(isWellFormed([...line, 'a', 'b', name, '/'])).toBe(false);
  });

  test.each([' /', '/ ', '/\r\nHost: b', '/\0', '/\x7f'])('have no path %j', (path) => {
    expect(isWellFormed([':method', 'GET', ':path', path])).toBe(false);
  });
});

describe('trailers', () => {
  test.each(sound)('%s are such', (_what, name, value) => {
    expect(areTrailers([name, value, 'z', 'y'])).toBe(true);
  });

  test.each(unsound)('%s are not', (_what, name, value) => {
    expect(areTrailers(['z', 'y', name, value])).toBe(false);
  });

  test('are such where there are none', () => {
    expect(areTrailers([])).toBe(true);
  });

  test.each([':path', ':status', ':method', ':unknown', ':'])('hold nothing of the request line: %s', (name) => {
    expect(areTrailers([name, '/'])).toBe(false);
  });

  test.each(['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'upgrade', 'te'])(
    'hold nothing of the connection: %s',
    (name) => {
      expect(areTrailers(['a', 'b', name, 'trailers'])).toBe(false);
    },
  );
});
