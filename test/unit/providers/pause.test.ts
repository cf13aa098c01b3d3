import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createBell, pause } from '../../../src/providers/pause.ts';

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

const settled = (promise: Promise<unknown>) => {
  let isSettled = false;
  promise.then(
    () => {
      isSettled = true;
    },
    () => {},
  );
  return async () => {
    await vi.advanceTimersByTimeAsync(0);
    return isSettled;
  };
};

test('a pause ends with its time', async () => {
  const isOver = settled(pause(100, new AbortController().signal));
  await vi.advanceTimersByTimeAsync(99);
  expect(await isOver()).toBe(false);
  await vi.advanceTimersByTimeAsync(1);
  expect(await isOver()).toBe(true);
});

test('a pause ends with the signal, also one that was given before', async () => {
  const end = new AbortController();
  const isOver = settled(pause(100, end.signal));
  expect(await isOver()).toBe(false);
  end.abort();
  expect(await isOver()).toBe(true);
  expect(await settled(pause(100, end.signal))()).toBe(true);
  expect(vi.getTimerCount()).toBe(0);
});

test('a pause ends early, by success or failure, and leaves no timer', async () => {
  const { signal } = new AbortController();
  expect(await settled(pause(100, signal, Promise.resolve()))()).toBe(true);
  expect(await settled(pause(100, signal, Promise.reject(new Error('no'))))()).toBe(true);
  expect(await settled(pause(100, signal, new Promise(() => {})))()).toBe(false);
  expect(vi.getTimerCount()).toBe(1);
});

test('a bell wakes who waits, and stays rung until it is reset', async () => {
  const bell = createBell();
  bell.ring();
  expect(bell.hasRung()).toBe(true);
  expect(await settled(bell.rung())()).toBe(true);
  bell.reset();
  expect(bell.hasRung()).toBe(false);
  const isRung = settled(bell.rung());
  expect(await isRung()).toBe(false);
  bell.ring();
  expect(await isRung()).toBe(true);
});
