// What happens to copies, upstreams and the daemon during a soak. Each fault opens a window before it does anything, and closes it when the
// daemon says that the copy is whole again; those without a window must cost no request at all.
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '../demo/until.mjs';

/** How long the daemon may take to see a change. */
const patience = { within: 20_000 };

/**
 * `stage` has `random` and `windows`; `serviceOf(copy)`, what the daemon says of its service; `isStale(copy)`, whether it says that it does not
 * understand the copy any more; `statusOf(copy)`, with what its address answers; `reload(withSecondRoot)`, which has the daemon read its
 * configuration again.
 */
const window = async (stage, { name }, what, work) => {
  const end = stage.windows.begin(name, what, performance.now());
  await work();
  // What fails leaves it open: then that failure is what counts.
  end(performance.now());
};

const restart = async (stage, copy) => {
  await sleep(stage.random() * 1500);
  await copy.start();
};

const isSeen = (stage, copy) => {
  const service = stage.serviceOf(copy);
  return service?.state === 'up' && service.upstream.endsWith(`:${copy.port()}`);
};

/** Waits until the daemon says that a service is up at the port where it is now. */
export const seen = (stage, copy) => until(`${copy.name} is seen again`, () => isSeen(stage, copy), patience);

/** Its address says so, and so does the state, which comes by another connection. */
const gone = (stage, copy) =>
  until(
    `${copy.name} is gone`,
    async () => stage.serviceOf(copy) === undefined && (await stage.statusOf(copy)) === 404,
    patience,
  );

export const faults = [
  {
    name: 'upstream killed and started again',
    weight: 6,
    run: (stage, copy) =>
      window(stage, copy, 'upstream', async () => {
        await copy.kill();
        await restart(stage, copy);
      }),
  },
  {
    name: 'upstream held still for a moment',
    weight: 2,
    run: async (stage, copy) => {
      copy.signal('SIGSTOP');
      await sleep(stage.random() * 400);
      copy.signal('SIGCONT');
    },
  },
  {
    name: 'copy removed and made again',
    weight: 2,
    run: (stage, copy) =>
      window(stage, copy, 'copy', async () => {
        await copy.kill();
        copy.remove();
        await gone(stage, copy);
        copy.make();
        await copy.start();
        await seen(stage, copy);
      }),
  },
  {
    name: 'sidings.json edited',
    weight: 3,
    run: async (stage, copy) => copy.edit(stage.random() < 0.5),
  },
  {
    name: 'sidings.json broken and mended',
    weight: 1,
    // What runs there is where it was.
    run: async (stage, copy) => {
      copy.break();
      await until(`${copy.name} is seen broken`, () => stage.isStale(copy), patience);
      await sleep(stage.random() * 1000);
      copy.mend();
      await until(`${copy.name} is seen mended`, () => !stage.isStale(copy), patience);
    },
  },
  {
    name: 'service moved to another port',
    weight: 2,
    // The new one runs before the file says so, and the old one ends when nothing is under way there any more.
    run: async (stage, copy) => {
      const endOld = copy.ending();
      const write = copy.move();
      await copy.start();
      write();
      await seen(stage, copy);
      await sleep(500);
      await endOld();
    },
  },
  {
    name: 'daemon told to read its configuration',
    weight: 2,
    run: async (stage) => stage.reload(),
  },
];

/** Only where there is a container. */
export const containerFault = {
  name: 'container ended and started again',
  run: (stage, container) =>
    window(stage, container, 'upstream', async () => {
      await container.kill();
      await until(`the end of ${container.name} is seen`, () => !isSeen(stage, container), patience);
      await sleep(stage.random() * 1000);
      await container.start();
      await seen(stage, container);
    }),
};

/** Only where a second root comes and goes with the configuration. */
export const rootFault = {
  name: 'root taken out of the configuration and back',
  run: (stage, copy) =>
    window(stage, copy, 'copy', async () => {
      stage.reload(false);
      await gone(stage, copy);
      stage.reload(true);
      await seen(stage, copy);
    }),
};
