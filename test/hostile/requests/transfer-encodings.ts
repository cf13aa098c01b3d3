import { chunked, type Family, passed, passedLast, post, refused, smuggled, table } from '../vector.ts';

const end = '3\r\nabc\r\n0\r\n\r\n';
const body = passed({ method: 'POST', body: 'abc' });
const last = passedLast({ method: 'POST', body: 'abc' });
const encoded = (value: string): string => post([`Transfer-Encoding:${value}`], `${end}${smuggled}`);
/** The length and not the encoding counts, if it is not understood. */
const beside = (line: string): string => post([line, 'Content-Length: 3'], `abc${smuggled}`);
const then = { request: { target: '/smuggled' } };

export const transferEncodings: Family = {
  name: 'transfer encodings',
  vectors: [
    ...table(
      'RFC 9112 §6.1, §6.3: chunked is not the last one, or not understood',
      {
        'chunked in a list': encoded(' gzip, chunked'),
        'chunked in a list without a space': encoded(' gzip,chunked'),
        'chunked that is not last': encoded(' chunked, gzip'),
        'chunked before identity': encoded(' chunked, identity'),
        'chunked behind identity': encoded(' identity, chunked'),
        'identity alone': encoded(' identity'),
        'an unknown encoding': encoded(' xchunked'),
        'an unknown encoding that begins like it': encoded(' chunkedx'),
        'an encoding that is cut': encoded(' chunk'),
        'chunked with a parameter': encoded(' chunked;q=1'),
        'chunked with an empty parameter': encoded(' chunked;'),
        'chunked in quotes': encoded(' "chunked"'),
        'chunked in single quotes': encoded(" 'chunked'"),
        'chunked in brackets': encoded(' [chunked]'),
        'chunked with a space inside': encoded(' chun ked'),
        'chunked twice in a list': encoded(' chunked, chunked'),
        'chunked and something behind a space': encoded(' chunked foo'),
        'an encoding of nothing': encoded(''),
        'an encoding of spaces': encoded('  \t '),
        'a comma as encoding': encoded(' ,'),
        'chunked behind a colon': encoded(': chunked'),
        'chunked with an 8-bit letter': encoded(' chunke\xe4'),
        'chunked with a long s': encoded(' chun\xe2\x84\xaaed'),
      },
      [refused],
    ),
    ...table(
      'RFC 9112 §6.1: not applied twice; RFC 9110 §5.3',
      {
        'two times chunked': post(['Transfer-Encoding: chunked', 'Transfer-Encoding: chunked'], end),
        'chunked and identity': post(['Transfer-Encoding: chunked', 'Transfer-Encoding: identity'], end),
        'identity and chunked': post(['Transfer-Encoding: identity', 'Transfer-Encoding: chunked'], end),
        'an unknown one and chunked': post(['Transfer-Encoding: x', 'Transfer-Encoding: chunked'], end),
      },
      [refused],
    ),
    ...table(
      'RFC 9110 §5.6.1: empty elements of a list',
      {
        'chunked behind a comma': encoded(' , chunked'),
        'chunked before a comma': encoded(' chunked,'),
        'chunked and nothing': encoded(' chunked\r\nTransfer-Encoding:'),
      },
      [refused, last, [{ request: { method: 'POST', body: 'abc' } }, then]],
      { promised: [refused] },
    ),
    ...table(
      'RFC 9110 §5.5: CR, LF, NUL and other control characters',
      {
        'chunked behind a vertical tab': encoded(' \x0bchunked'),
        'chunked before a form feed': encoded(' chunked\x0c'),
        'chunked behind an 8-bit space': encoded(' \xa0chunked'),
        'chunked before NUL': encoded(' chunked\0'),
        'chunked behind NUL': encoded(' \0chunked'),
        'chunked behind backspace': encoded(' x\bchunked'),
        'chunked before DEL': encoded(' chunked\x7f'),
        'a byte order mark before chunked': encoded(' \xef\xbb\xbfchunked'),
      },
      [refused],
    ),
    ...table(
      'RFC 9112 §5.2: folded lines',
      {
        'chunked on a folded line': encoded('\r\n chunked'),
        'chunked on a line folded by a tab': encoded('\r\n\tchunked'),
        'an empty folded line behind chunked': encoded(' chunked\r\n '),
      },
      [refused, last, [{ request: { method: 'POST', body: 'abc' } }, then]],
      { promised: [refused] },
    ),
    ...table(
      'RFC 9112 §5.2: something folded behind chunked belongs to it',
      {
        'identity folded behind chunked': encoded(' chunked,\r\n identity'),
        'x folded behind chunked': encoded(' chunked\r\n x'),
      },
      [refused],
    ),
    ...table(
      'RFC 9112 §2.2: a bare CR is no line end; CVE-2022-35256',
      { 'chunked behind a bare CR': encoded('\rchunked'), 'chunked before a bare CR': encoded(' chunked\rx') },
      [refused],
    ),
    ...table(
      'RFC 9112 §2.2: a bare LF may end a line',
      { 'an encoding behind a bare LF': beside('X: a\nTransfer-Encoding: chunked') },
      [refused, passedLast({ method: 'POST' })],
      { promised: [refused], mayBegin: true },
    ),
    ...table(
      'RFC 9112 §2.2: a bare CR is invalid, or a space',
      { 'an encoding behind a bare CR': beside('X: a\rTransfer-Encoding: chunked') },
      [refused, [{ request: { method: 'POST', body: 'abc', has: { x: ['a Transfer-Encoding: chunked'] } } }, then]],
      { promised: [refused] },
    ),
    ...table(
      'RFC 9112 §5.2: a folded line',
      { 'an encoding on a folded line': beside('X: a\r\n Transfer-Encoding: chunked') },
      [refused, [{ request: { method: 'POST', body: 'abc', lacks: ['transfer-encoding'] } }, then]],
      { promised: [refused] },
    ),
    ...table(
      'RFC 9112 §5.1: no space between name and colon; CVE-2019-16276, CVE-2019-16869',
      {
        'a space before the colon of an encoding': beside('Transfer-Encoding : chunked'),
        'a tab before the colon of an encoding': beside('Transfer-Encoding\t: chunked'),
        'a space before the colon of a length': post(['Content-Length : 3'], `abc${smuggled}`),
        'a space before the colon of a second length': beside('Content-Length : 0'),
      },
      [refused],
    ),
    ...table(
      'RFC 9110 §5.1: names are tokens',
      {
        'an encoding whose name has a space': beside('Transfer Encoding: chunked'),
        'an encoding whose name begins with NUL': beside('\0Transfer-Encoding: chunked'),
        'an encoding whose name ends in NUL': beside('Transfer-Encoding\0: chunked'),
        'an encoding whose name ends in a control character': beside('Transfer-Encoding\x01: chunked'),
        'an encoding whose name begins with a vertical tab': beside('\x0bTransfer-Encoding: chunked'),
        'an encoding whose name ends in an 8-bit space': beside('Transfer-Encoding\xa0: chunked'),
        'an encoding whose name has an 8-bit letter': beside('Transfer-Encod\xc4\xb1ng: chunked'),
        'an encoding whose name is in quotes': beside('"Transfer-Encoding": chunked'),
        'an encoding whose name has a slash': beside('Transfer/Encoding: chunked'),
        'an encoding behind a colon': beside(':Transfer-Encoding: chunked'),
      },
      // What is no field may also be left out (it is not strict of the proxy, but the upstream sees one thing).
      [refused, [{ request: { method: 'POST', body: 'abc', lacks: ['transfer-encoding'] } }, then]],
      { promised: [refused] },
    ),
    ...table(
      'RFC 9110 §5.1: other names; CGI (RFC 3875 §4.1.18) and WSGI take _ for -',
      {
        'an encoding whose name has an underscore': beside('Transfer_Encoding: chunked'),
        'an encoding whose name has a dot': beside('Transfer.Encoding: chunked'),
        'an encoding in disguise and capitals': beside('TRANSFER_ENCODING: chunked'),
        'a length whose name has an underscore': beside('Content_Length: 0'),
        'a length whose name has a dot': beside('Content.Length: 0'),
      },
      [refused, [{ request: { method: 'POST', body: 'abc' } }, then]],
      { promised: [refused] },
    ),
    ...table(
      'RFC 9112 §6.1: HTTP/1.0 knows no transfer encodings',
      {
        'chunks in HTTP/1.0': encoded(' chunked').replace('HTTP/1.1', 'HTTP/1.0'),
        'chunks in HTTP/1.0 that wants to go on': chunked(`${end}${smuggled}`, 'Connection: keep-alive').replace(
          'HTTP/1.1',
          'HTTP/1.0',
        ),
      },
      [refused, last, passedLast({ method: 'POST' })],
      { promised: [refused] },
    ),
    ...table(
      'RFC 9112 §7: names of encodings in any case, spaces around them',
      {
        'chunked in capitals': chunked(end).replace('chunked', 'CHUNKED'),
        'chunked in mixed case': chunked(end).replace('chunked', 'cHuNkEd'),
        'spaces around chunked': chunked(end).replace('chunked', '  chunked  '),
        'no space before chunked': chunked(end).replace(' chunked', 'chunked'),
        'a name of an encoding in capitals': chunked(end).replace('Transfer-Encoding', 'TRANSFER-ENCODING'),
      },
      [body],
    ),
    ...table(
      'RFC 9112 §7: the same, and some take no tabs there, which harms nobody',
      { 'tabs around chunked': chunked(end).replace('chunked', '\t chunked \t') },
      [body, refused],
    ),
  ],
};
