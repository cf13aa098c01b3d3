import { describe, expect, test } from 'vitest';
import { deliveryFault, faultOf, growthOf, openWindows, percentile } from '../../../scripts/soak/judge.mjs';

/** What `npm run soak` counts as lost. */

const upstream = { gone: 'upstream', from: 0, to: 1 };
const copy = { gone: 'copy', from: 0, to: 1 };

describe('a request', () => {
  test.each(['whole', 'left'])('that is %s is in order, with a fault and without', (fate) => {
    expect(faultOf({ fate, code: undefined }, [])).toBe(undefined);
    expect(faultOf({ fate, code: undefined }, [upstream])).toBe(undefined);
  });

  test.each([
    { fate: 'cut', code: undefined },
    { fate: 'answered', code: 'upstream-refused' },
  ])('%o needs a fault that explains it', (outcome) => {
    expect(faultOf(outcome, [])).toMatch(/outside a fault$/);
    expect(faultOf(outcome, [upstream])).toBe(undefined);
    expect(faultOf(outcome, [copy])).toBe(undefined);
  });

  test('gets the page of an unknown name only while its copy is gone', () => {
    const outcome = { fate: 'answered', code: 'hostname-unknown' };
    expect(faultOf(outcome, [])).toBe('hostname-unknown outside a fault');
    expect(faultOf(outcome, [upstream])).toBe('hostname-unknown in a fault');
    expect(faultOf(outcome, [upstream, copy])).toBe(undefined);
  });

  test.each(['foreign-owner', 'upstream-timeout', 'internal', undefined])('is never excused with %s', (code) => {
    expect(faultOf({ fate: 'answered', code }, [upstream, copy])).toMatch(/in a fault$/);
  });

  test.each(['wrong', 'silent'])('that is %s is lost, whatever happens', (fate) => {
    expect(faultOf({ fate, code: undefined }, [])).toBe(fate);
    expect(faultOf({ fate, code: undefined }, [upstream, copy])).toBe(fate);
  });
});

describe('a window', () => {
  test('excuses what was under way in it, and neither what was over nor what began behind it', () => {
    const windows = openWindows();
    const end = windows.begin('project-3', 'upstream', 10);
    expect(windows.during('project-3', 5, 9)).toEqual([]);
    expect(windows.during('project-3', 5, 10)).toHaveLength(1);
    expect(windows.during('project-3', 1000, 2000)).toHaveLength(1);
    end(20);
    expect(windows.during('project-3', 12, 15)).toHaveLength(1);
    expect(windows.during('project-3', 19, 40)).toHaveLength(1);
    expect(windows.during('project-3', 20, 40)).toEqual([]);
  });

  test('is of one copy', () => {
    const windows = openWindows();
    windows.begin('project-3', 'copy', 10);
    expect(windows.during('project-4', 11, 12)).toEqual([]);
  });
});

describe('what arrived', () => {
  const sent = { count: 1, fate: 'whole', isRetried: false, isExcused: false };

  test('arrived once, or was not answered', () => {
    expect(deliveryFault(sent)).toBe(undefined);
    expect(deliveryFault({ ...sent, count: 0, fate: 'answered' })).toBe(undefined);
    expect(deliveryFault({ ...sent, count: 0 })).toBe('answered, and never delivered');
  });

  test('may arrive twice only where it may be sent again and a fault was there', () => {
    expect(deliveryFault({ ...sent, count: 2, isRetried: true, isExcused: true })).toBe(undefined);
    expect(deliveryFault({ ...sent, count: 2, isRetried: true })).toBe('delivered 2 times');
    expect(deliveryFault({ ...sent, count: 2, isExcused: true })).toBe('delivered 2 times');
    expect(deliveryFault({ ...sent, count: 3, isRetried: true, isExcused: true })).toBe('delivered 3 times');
  });
});

describe('growth', () => {
  const tolerance = { share: 0.1, plus: 5 };
  const samplesOf = (value: (at: number) => number) => Array.from({ length: 400 }, (_, at) => value(at / 4));

  test('a warm start is none', () => {
    const samples = samplesOf((at) => Math.min(100, 50 + at * 2));
    expect(growthOf(samples, tolerance)).toEqual({ before: 100, after: 100, hasGrown: false });
  });

  test('a slow leak is, a step as well, and a single peak is not', () => {
    expect(
      growthOf(
        samplesOf((at) => 100 + at / 2),
        tolerance,
      )?.hasGrown,
    ).toBe(true);
    expect(
      growthOf(
        samplesOf((at) => (at < 60 ? 100 : 120)),
        tolerance,
      )?.hasGrown,
    ).toBe(true);
    expect(
      growthOf(
        samplesOf((at) => (at === 90 ? 900 : 100)),
        tolerance,
      )?.hasGrown,
    ).toBe(false);
  });

  test('the tolerance is its edge', () => {
    expect(
      growthOf(
        samplesOf((at) => (at < 60 ? 100 : 115)),
        tolerance,
      )?.hasGrown,
    ).toBe(false);
    expect(
      growthOf(
        samplesOf((at) => (at < 60 ? 100 : 116)),
        tolerance,
      )?.hasGrown,
    ).toBe(true);
  });

  test('of a short run nothing is said', () => {
    expect(growthOf(samplesOf((at) => at).slice(0, 239), tolerance)).toBe(undefined);
  });
});

test('percentiles', () => {
  const numbers = Array.from({ length: 100 }, (_, index) => 100 - index);
  expect([0, 0.5, 0.99, 1].map((share) => percentile(numbers, share))).toEqual([1, 51, 100, 100]);
});
