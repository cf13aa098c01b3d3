import fc from 'fast-check';
import { expect, test } from 'vitest';
import { fairRing } from '../../../src/feedback/fair-ring.ts';

test('the newest are kept, the newest first', () => {
  const ring = fairRing<number>(3, 1000);
  for (let item = 1; item <= 5; item += 1) ring.add('a', item, 1);
  expect([...ring.items()]).toEqual([5, 4, 3]);
});

test('who asks most loses its own, and nobody else loses any', () => {
  const ring = fairRing<string>(10, 1000);
  for (let count = 0; count < 4; count += 1) ring.add('quiet', `quiet ${count}`, 1);
  for (let count = 0; count < 100; count += 1) ring.add('noisy', `noisy ${count}`, 1);
  const kept = [...ring.items()];
  expect(kept).toHaveLength(10);
  expect(kept.slice(0, 6)).toEqual([99, 98, 97, 96, 95, 94].map((count) => `noisy ${count}`));
  expect(kept.slice(6)).toEqual(['quiet 3', 'quiet 2', 'quiet 1', 'quiet 0']);
});

test('who comes later gets an equal share', () => {
  const ring = fairRing<string>(10, 1000);
  for (const owner of ['a', 'b']) for (let count = 0; count < 50; count += 1) ring.add(owner, owner, 1);
  expect([...ring.items()].sort().join('')).toBe('aaaaabbbbb');
});

test('bytes are bounded as well: the heavy one makes room', () => {
  const ring = fairRing<string>(100, 100);
  ring.add('light', 'light', 10);
  for (let count = 0; count < 5; count += 1) ring.add('heavy', `heavy ${count}`, 40);
  expect([...ring.items()]).toEqual(['heavy 4', 'heavy 3', 'light']);
});

test('what is larger than all the room is not kept, and what room for nothing keeps is nothing', () => {
  const ring = fairRing<string>(10, 100);
  ring.add('a', 'huge', 101);
  expect([...ring.items()]).toEqual([]);
  ring.add('a', 'small', 100);
  expect([...ring.items()]).toEqual(['small']);
  const none = fairRing<string>(0, 0);
  none.add('a', 'x', 1);
  expect([...none.items()]).toEqual([]);
});

test('whatever comes, it holds what a plain list of the rules holds', () => {
  const arrival = fc.record({ owner: fc.constantFrom('a', 'b', 'c'), bytes: fc.integer({ min: 1, max: 60 }) });
  fc.assert(
    fc.property(fc.array(arrival, { maxLength: 60 }), (arrivals) => {
      const [maxCount, maxBytes] = [7, 120];
      const ring = fairRing<number>(maxCount, maxBytes);
      let plain: { owner: string; bytes: number; item: number }[] = [];
      let owners: string[] = [];
      /** Of several with as much, it is the turn of the one who has had something for longest. */
      const dropBy = (weigh: (bytes: number) => number): void => {
        const weightOf = (name: string) =>
          plain.reduce((sum, { owner, bytes }) => sum + (owner === name ? weigh(bytes) : 0), 0);
        const most = Math.max(...owners.map(weightOf));
        const loser = owners.find((name) => weightOf(name) === most);
        const oldest = plain.find(({ owner }) => owner === loser);
        plain = plain.filter((one) => one !== oldest);
        owners = owners.filter((name) => plain.some(({ owner }) => owner === name));
      };
      arrivals.forEach(({ owner, bytes }, item) => {
        plain.push({ owner, bytes, item });
        if (!owners.includes(owner)) owners.push(owner);
        ring.add(owner, item, bytes);
        while (plain.length > maxCount) dropBy(() => 1);
        while (plain.reduce((sum, one) => sum + one.bytes, 0) > maxBytes) dropBy((size) => size);
        expect([...ring.items()]).toEqual(plain.map((one) => one.item).reverse());
      });
    }),
  );
});
