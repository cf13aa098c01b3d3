import fc from 'fast-check';
import { expect, test } from 'vitest';
import { HpackDecoder, HpackError } from '../../../../../../src/proxy/fast/http2/hpack/decoder.ts';
import { createDecoder } from '../../../../../hostile/http2/hpack.ts';
import { bounded } from '../../../../../support/fuzz.ts';
import { integer, literal } from '../../../../../support/hpack.ts';

type Field = readonly [name: string, value: string];

const bytes = (hex: string): Buffer => Buffer.from(hex.replaceAll(' ', ''), 'hex');
const create = () => new HpackDecoder(Number.MAX_SAFE_INTEGER);
const decode = (hex: string) => create().decode(bytes(hex));
/** How a literal field is written: 0x40 to keep it in the dynamic table, 0 not to, 0x10 never to. */
const field = (kind: number, name: string, value: string): Buffer =>
  Buffer.concat([Buffer.from([kind]), literal(name), literal(value)]);
const kept = 0x40;

const request = ':method: GET, :scheme: http, :path: /, :authority: www.example.com';
const date = 'date: Mon, 21 Oct 2013 20:13:21 GMT';
const place = 'location: https://www.example.com';
/** What three requests and three answers are, one after the other over one connection. */
const requests = [
  request,
  `${request}, cache-control: no-cache`,
  ':method: GET, :scheme: https, :path: /index.html, :authority: www.example.com, custom-key: custom-value',
];
const answers = [
  `:status: 302, cache-control: private, ${date}, ${place}`,
  `:status: 307, cache-control: private, ${date}, ${place}`,
  `:status: 200, cache-control: private, ${date.replace(':21 ', ':22 ')}, ${place}, content-encoding: gzip, ` +
    'set-cookie: foo=ASDJKHQKBZXOQWEOPIUAXQWEOIU; max-age=3600; version=1',
];

/** The examples of RFC 7541, appendix C: blocks of one connection, and what they say. */
const examples: Readonly<Record<string, readonly (readonly [block: string, says: string])[]>> = {
  'C.2.1': [['400a 6375 7374 6f6d 2d6b 6579 0d63 7573 746f 6d2d 6865 6164 6572', 'custom-key: custom-header']],
  'C.2.2': [['040c 2f73 616d 706c 652f 7061 7468', ':path: /sample/path']],
  'C.2.3': [['1008 7061 7373 776f 7264 0673 6563 7265 74', 'password: secret']],
  'C.2.4': [['82', ':method: GET']],
  'C.3': [
    ['8286 8441 0f77 7777 2e65 7861 6d70 6c65 2e63 6f6d', requests[0] as string],
    ['8286 84be 5808 6e6f 2d63 6163 6865', requests[1] as string],
    ['8287 85bf 400a 6375 7374 6f6d 2d6b 6579 0c63 7573 746f 6d2d 7661 6c75 65', requests[2] as string],
  ],
  'C.4': [
    ['8286 8441 8cf1 e3c2 e5f2 3a6b a0ab 90f4 ff', requests[0] as string],
    ['8286 84be 5886 a8eb 1064 9cbf', requests[1] as string],
    ['8287 85bf 4088 25a8 49e9 5ba9 7d7f 8925 a849 e95b b8e8 b4bf', requests[2] as string],
  ],
  // Both with a table of 256 bytes, which the first block says here.
  'C.5': [
    [
      '3fe1 01 4803 3330 3258 0770 7269 7661 7465 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 ' +
        '3120 474d 546e 1768 7474 7073 3a2f 2f77 7777 2e65 7861 6d70 6c65 2e63 6f6d',
      answers[0] as string,
    ],
    ['4803 3330 37c1 c0bf', answers[1] as string],
    [
      '88c1 611d 4d6f 6e2c 2032 3120 4f63 7420 3230 3133 2032 303a 3133 3a32 3220 474d 54c0 5a04 677a 6970 7738 666f ' +
        '6f3d 4153 444a 4b48 514b 425a 584f 5157 454f 5049 5541 5851 5745 4f49 553b 206d 6178 2d61 6765 3d33 3630 ' +
        '303b 2076 6572 7369 6f6e 3d31',
      answers[2] as string,
    ],
  ],
  'C.6': [
    [
      '3fe1 01 4882 6402 5885 aec3 771a 4b61 96d0 7abe 9410 54d4 44a8 2005 9504 0b81 66e0 82a6 2d1b ff6e 919d 29ad ' +
        '1718 63c7 8f0b 97c8 e9ae 82ae 43d3',
      answers[0] as string,
    ],
    ['4883 640e ffc1 c0bf', answers[1] as string],
    [
      '88c1 6196 d07a be94 1054 d444 a820 0595 040b 8166 e084 a62d 1bff c05a 839b d9ab 77ad 94e7 821d d7f2 e6c7 b335 ' +
        'dfdf cd5b 3960 d5af 2708 7f36 72c1 ab27 0fb5 291f 9587 3160 65c0 03ed 4ee5 b106 3d50 07',
      answers[2] as string,
    ],
  ],
};

const said = (fields: readonly string[] | undefined): string =>
  (fields ?? []).reduce((text, part, index) => text + (index % 2 === 1 ? ': ' : index === 0 ? '' : ', ') + part, '');

for (const [name, blocks] of Object.entries(examples))
  test(`example ${name} of the RFC`, () => {
    const decoder = create();
    for (const [block, says] of blocks) expect(said(decoder.decode(bytes(block)))).toBe(says);
  });

test('the static table is that of others, and nothing is behind it', () => {
  for (let index = 1; index <= 61; index += 1) {
    const block = Buffer.from([0x80 + index]);
    expect(create().decode(block)).toEqual(createDecoder()(block).flat());
  }
  expect(decode('81 bd')).toEqual([':authority', '', 'www-authenticate', '']);
});

const wrong: Readonly<Record<string, string>> = {
  'the index 0': '80',
  'an index where no field is': 'be',
  'an index far away': 'ff ff ff ff 7f',
  'the name of a field that is not there': '7e 00',
  'the name of a field that is not there, not to be kept': '0f 2f 00',
  'an integer that needs more bytes than any': 'ff 80 80 80 80 00',
  'an integer without end': 'ff ff ff ff ff ff ff ff ff ff ff ff ff ff ff ff',
  'an integer that is cut': 'ff',
  'an integer that is cut later': 'ff 80 80',
  'a name that is missing': '40',
  'a name that is cut': '40 03 61 62',
  'a value that is missing': '00 01 61',
  'a value that is cut': '00 01 61 02 62',
  'a value behind an index that is missing': '5f',
  'a length beyond all blocks': '00 01 61 7f ff ff ff 7f 62',
  'a length that is cut': '00 01 61 7f',
  'a name with the end of Huffman codes': '40 84 ff ff ff ff 01 61',
  'a value that is filled with zeros': '00 01 61 81 00',
  'a value that is filled with more than a byte': '00 01 61 82 07 ff',
  'a table that is larger than we allow': '3f e2 1f',
  'a table that is much larger': '3f ff ff ff 7f',
  'an update behind a field': '82 20',
  'an update between fields': '82 3f e1 1f 82',
  'three updates': '20 20 3f e1 1f 82',
  'an update that is cut': '3f',
};
for (const [name, block] of Object.entries(wrong))
  test(`is no block: ${name}`, () => {
    expect(() => decode(block)).toThrow(HpackError);
    // Nor behind what is one.
    expect(() => decode(`00 01 61 01 62 ${block}`)).toThrow(HpackError);
  });

test('what is nearly wrong is read', () => {
  expect(decode('')).toEqual([]);
  expect(decode('20')).toEqual([]);
  expect(decode('3f e1 1f 82')).toEqual([':method', 'GET']);
  expect(decode('20 3f e1 1f 82')).toEqual([':method', 'GET']);
  // Integers may have bytes that add nothing.
  expect(decode('1f 80 80 80 00 00')).toEqual(['accept-charset', '']);
  expect(decode('00 00 00')).toEqual(['', '']);
  expect(decode('00 80 80')).toEqual(['', '']);
  // Characters are octets.
  expect(decode('00 02 c3 a4 02 00 ff')).toEqual(['\xc3\xa4', '\x00\xff']);
});

test('a name is a text, whatever objects have by that name', () => {
  const decoder = create();
  for (const name of ['__proto__', 'constructor', 'hasOwnProperty']) {
    expect(decoder.decode(field(kept, name, 'a'))).toEqual([name, 'a']);
    expect(decoder.decode(bytes('be'))).toEqual([name, 'a']);
  }
});

test('only what is to be kept is kept', () => {
  for (const kind of [0x00, 0x10]) {
    const decoder = create();
    expect(decoder.decode(field(kind, 'a', 'b'))).toEqual(['a', 'b']);
    expect(() => decoder.decode(bytes('be'))).toThrow(HpackError);
  }
});

/** How many fields the dynamic table has: those that an index leads to. */
const count = (blocks: readonly Buffer[]): number => {
  for (let index = 62; ; index += 1) {
    const decoder = create();
    for (const block of blocks) decoder.decode(block);
    try {
      decoder.decode(integer(index, 7, 0x80));
    } catch (error) {
      expect(error).toBeInstanceOf(HpackError);
      return index - 62;
    }
  }
};
const update = (size: number): Buffer => integer(size, 5, 0x20);

test('the oldest fields go, exactly when there is no room', () => {
  // Each of 128 bytes: 32 fill the table.
  const one = (index: number): Buffer => field(kept, 'name', `${index}`.padEnd(92));
  const many = (size: number): Buffer[] => Array.from({ length: size }, (_, index) => one(index));
  expect(count(many(31))).toBe(31);
  expect(count(many(32))).toBe(32);
  expect(count(many(33))).toBe(32);
  expect(count(many(300))).toBe(32);
  // One byte more than its place.
  expect(count([...many(32), field(kept, 'name', '2'.padEnd(93))])).toBe(31);
  expect(count([...many(32), field(kept, '', '')])).toBe(32);
  expect(count([...many(32), update(4095)])).toBe(31);
  expect(count([...many(32), update(4096)])).toBe(32);
  expect(count([...many(32), update(128)])).toBe(1);
  expect(count([...many(32), update(127)])).toBe(0);
  // What has gone does not come back, but there is room again.
  expect(count([...many(32), Buffer.concat([update(0), update(4096)])])).toBe(0);
  expect(count([update(0), update(4096), ...many(40)])).toBe(32);
  expect(count([update(128), ...many(40)])).toBe(1);
  expect(count([update(127), ...many(40)])).toBe(0);
});

test('as many fields as the table may have are all found', () => {
  expect(count(Array.from({ length: 128 }, () => field(kept, '', '')))).toBe(128);
  expect(count(Array.from({ length: 500 }, () => field(kept, '', '')))).toBe(128);
});

test('a field that is larger than the table empties it', () => {
  expect(count([field(kept, 'a', 'b'), field(kept, 'name', 'v'.repeat(4060))])).toBe(1);
  expect(count([field(kept, 'a', 'b'), field(kept, 'name', 'v'.repeat(4061))])).toBe(0);
  const decoder = create();
  decoder.decode(field(kept, 'a', 'b'));
  expect(decoder.decode(field(kept, 'name', 'v'.repeat(5000)))).toEqual(['name', 'v'.repeat(5000)]);
  decoder.decode(field(kept, 'c', 'd'));
  expect(decoder.decode(bytes('be'))).toEqual(['c', 'd']);
});

test('a field may take its name from one that goes because of it', () => {
  const decoder = create();
  decoder.decode(field(kept, 'name', 'v'.repeat(4000)));
  const block = Buffer.concat([bytes('7e'), literal('w'.repeat(4000))]);
  expect(decoder.decode(block)).toEqual(['name', 'w'.repeat(4000)]);
  expect(decoder.decode(bytes('be'))).toEqual(['name', 'w'.repeat(4000)]);
});

test('a list that is too large is not kept, and the blocks behind it are right', () => {
  const decoder = new HpackDecoder(2 * 32 + 6);
  const fits = Buffer.concat([field(0, 'a', 'bc'), field(kept, 'd', 'ef')]);
  expect(decoder.decode(fits)).toEqual(['a', 'bc', 'd', 'ef']);
  expect(decoder.decode(Buffer.concat([fits, field(kept, 'g', 'h')]))).toBe(undefined);
  expect(decoder.decode(bytes('be bf'))).toEqual(['g', 'h', 'd', 'ef']);
  expect(decoder.decode(field(0, 'a', 'b'.repeat(38)))).toBe(undefined);
  expect(decoder.decode(field(0, 'a', 'b'.repeat(37)))).toEqual(['a', 'b'.repeat(37)]);
  // Also what is wrong behind the limit.
  expect(() => decoder.decode(Buffer.concat([fits, fits, bytes('80')]))).toThrow(HpackError);
});

test('few bytes that stand for many are not kept', () => {
  const decoder = new HpackDecoder(65_536);
  const bomb = Buffer.concat([field(kept, 'a', 'b'.repeat(4000)), Buffer.alloc(60_000, 0xbe)]);
  expect(decoder.decode(bomb)).toBe(undefined);
  expect(decoder.decode(bytes('be'))).toEqual(['a', 'b'.repeat(4000)]);
});

/** What an encoder may do: any of the ways to write a field, by any index that fits, and any size of the table. */
interface Step {
  readonly kind: number;
  readonly pick: number;
  readonly isNamed: boolean;
  readonly isCoded: boolean;
  readonly name: string;
  readonly value: string;
}
interface Plan {
  readonly sizes: readonly number[];
  readonly steps: readonly Step[];
}

const octets = (maxLength: number) =>
  fc.string({ unit: fc.nat(255).map((code) => String.fromCharCode(code)), maxLength });
const plans: fc.Arbitrary<readonly Plan[]> = fc.array(
  fc.record({
    sizes: fc.array(fc.oneof(fc.integer({ min: 0, max: 4096 }), fc.constantFrom(0, 31, 32, 100, 4096)), {
      maxLength: 2,
    }),
    steps: fc.array(
      fc.record({
        kind: fc.constantFrom(0x80, 0x80, kept, kept, 0x00, 0x10),
        pick: fc.nat(),
        isNamed: fc.boolean(),
        isCoded: fc.boolean(),
        name: octets(40),
        value: fc.oneof(
          octets(30),
          octets(10).map((text) => text.repeat(300)),
        ),
      }),
      { maxLength: 12 },
    ),
  }),
  { maxLength: 12 },
);

const staticTable: readonly Field[] = Array.from({ length: 61 }, (_, index) => {
  const [name = '', value = ''] = createDecoder()(Buffer.from([0x81 + index])).flat();
  return [name, value];
});

/** Carries plans out, in the plainest way: gives blocks and what they say. */
const carryOut = (allPlans: readonly Plan[]) => {
  let dynamic: readonly Field[] = [];
  let limit = 4096;
  const bytesOf = (fields: readonly Field[]): number =>
    fields.reduce((sum, [name, value]) => sum + name.length + value.length + 32, 0);
  const evict = (): void => {
    while (bytesOf(dynamic) > limit) dynamic = dynamic.slice(0, -1);
  };
  return allPlans.map(({ sizes, steps }) => {
    const parts = sizes.map((size) => {
      limit = size;
      evict();
      return update(size);
    });
    const says: Field[] = [];
    for (const { kind, pick, isNamed, isCoded, name: ownName, value: ownValue } of steps) {
      const table = [...staticTable, ...dynamic];
      // The dynamic table more often than its size has it.
      const index = pick % 2 === 0 && dynamic.length > 0 ? 62 + (pick % dynamic.length) : 1 + (pick % table.length);
      const [name, value] = table[index - 1] as Field;
      if (kind === 0x80) {
        parts.push(integer(index, 7, kind));
        says.push([name, value]);
        continue;
      }
      parts.push(integer(isNamed ? index : 0, kind === kept ? 6 : 4, kind));
      if (!isNamed) parts.push(literal(ownName, isCoded));
      parts.push(literal(ownValue, isCoded));
      const said: Field = [isNamed ? name : ownName, ownValue];
      says.push(said);
      if (kind === kept) dynamic = [said, ...dynamic];
      evict();
    }
    return { block: Buffer.concat(parts), says: says.flat() };
  });
};

test('whatever an encoder may do is read', () => {
  fc.assert(
    fc.property(plans, (allPlans) => {
      const decoder = create();
      for (const { block, says } of carryOut(allPlans)) expect(decoder.decode(block)).toEqual(says);
    }),
    bounded(200),
  );
});

test('blocks too large in between change nothing for the others', () => {
  fc.assert(
    fc.property(plans, fc.nat(500), (allPlans, limit) => {
      const decoder = new HpackDecoder(limit);
      for (const { block, says } of carryOut(allPlans)) {
        const size = says.reduce((sum, text) => sum + text.length + 16, 0);
        expect(decoder.decode(block)).toEqual(size > limit ? undefined : says);
      }
    }),
    bounded(200),
  );
});

const harms = fc.array(fc.record({ at: fc.nat(), byte: fc.nat(255), isCut: fc.boolean() }), { maxLength: 3 });

test('whatever is sent is read as others read it, or is an error', () => {
  const harmed = fc.tuple(plans, harms).map(([allPlans, changes]) =>
    carryOut(allPlans).map(({ block }) =>
      changes.reduce((whole, { at, byte, isCut }) => {
        if (whole.length === 0) return whole;
        whole[at % whole.length] = byte;
        return isCut ? whole.subarray(0, at % whole.length) : whole;
      }, block),
    ),
  );
  const random = fc.array(fc.uint8Array({ maxLength: 30 }).map((array) => Buffer.from(array)));
  const isRight = (blocks: readonly Buffer[]): void => {
    const ours = create();
    const theirs = createDecoder();
    for (const block of blocks) {
      let fields: readonly string[] | undefined;
      try {
        fields = ours.decode(block);
      } catch (error) {
        expect(error).toBeInstanceOf(HpackError);
        return;
      }
      expect(fields).toEqual(theirs(block).flat());
    }
  };
  fc.assert(fc.property(harmed, isRight), bounded(200));
  fc.assert(fc.property(random, isRight), bounded(2000));
});
