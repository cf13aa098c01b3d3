/** Allows so many at once, and so many a second from then on. The function it gives takes one and says whether it was there. */
export const rateLimit = (
  burst: number,
  perSecond: number,
  now: () => number = () => performance.now(),
): (() => boolean) => {
  let left = burst;
  let last = now();
  return () => {
    const time = now();
    left = Math.min(burst, left + ((time - last) / 1000) * perSecond);
    last = time;
    if (left < 1) return false;
    left -= 1;
    return true;
  };
};
