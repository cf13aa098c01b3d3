// What a soak counts as lost and what as grown. Nothing here looks at a clock or at the machine: the tests show that it can fail.

/** What an address may answer with while its upstream is gone. */
const withoutUpstream = ['upstream-refused', 'upstream-broken', 'upstream-starting'];
/** While its copy is: it is then a name that nobody has. */
const withoutCopy = ['hostname-unknown', ...withoutUpstream];

const allowed = { upstream: withoutUpstream, copy: withoutCopy };

/** The times at which something was wrong with a copy on purpose, by what was gone: its `upstream`, or the `copy` itself. */
export const openWindows = () => {
  const byCopy = new Map();
  return {
    /** Call it before the fault. Gives what ends the window: call that when the copy is known to be whole again. */
    begin: (copy, gone, from) => {
      const window = { gone, from, to: Number.POSITIVE_INFINITY };
      byCopy.set(copy, [...(byCopy.get(copy) ?? []), window]);
      return (to) => {
        window.to = to;
      };
    },
    /** Those during which a request of the copy was under way. */
    during: (copy, started, ended) => (byCopy.get(copy) ?? []).filter(({ from, to }) => started < to && ended >= from),
  };
};

/**
 * Why a request is lost; undefined where what became of it is in order. `fate`: `whole` (the right answer, all of it), `left` (the client
 * went away on purpose), `answered` (a page of Sidings with a `code`), `cut` (no answer or half of one, and the client can tell), `silent`
 * (no end within the time that anything takes), or `wrong` (whatever else, such as another copy's answer, or half of one that looks whole).
 * Only a page or a cut is excused, and only while the fault lasts that explains it.
 */
export const faultOf = ({ fate, code }, windows) => {
  if (fate === 'whole' || fate === 'left') return undefined;
  if (fate === 'cut' && windows.length > 0) return undefined;
  if (fate === 'answered' && windows.some(({ gone }) => allowed[gone].includes(code))) return undefined;
  if (fate === 'cut' || fate === 'answered') return `${code ?? 'cut'} ${windows.length > 0 ? 'in' : 'outside'} a fault`;
  return fate;
};

/**
 * Why what an upstream got of one request is wrong; undefined where it is in order. `isRetried`: it may be sent a second time, when its
 * connection was closed under it.
 */
export const deliveryFault = ({ count, fate, isRetried, isExcused }) => {
  if (count > (isRetried && isExcused ? 2 : 1)) return `delivered ${count} times`;
  if (count === 0 && fate === 'whole') return 'answered, and never delivered';
  return undefined;
};

const median = (numbers) => numbers.toSorted((one, two) => one - two)[Math.floor(numbers.length / 2)];

/** Fewer samples, one each second, say nothing about growth. */
const fewestSamples = 240;

/**
 * Compares the second quarter of a run with the last one, since the first fills what is kept on purpose. Gives both medians and
 * whether it has grown by more than the tolerance, a share and a number on top; undefined where the run was too short to tell.
 */
export const growthOf = (samples, { share, plus }) => {
  if (samples.length < fewestSamples) return undefined;
  const quarter = Math.floor(samples.length / 4);
  const before = median(samples.slice(quarter, 2 * quarter));
  const after = median(samples.slice(-quarter));
  return { before, after, hasGrown: after > before * (1 + share) + plus };
};

/** The value below which such a share of the numbers lies. */
export const percentile = (numbers, share) =>
  numbers.toSorted((one, two) => one - two)[Math.min(numbers.length - 1, Math.floor(numbers.length * share))];
