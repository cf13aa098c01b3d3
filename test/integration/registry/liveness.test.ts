import { once } from 'node:events';
import { connect } from 'node:net';
import { expect, onTestFinished, test, vi } from 'vitest';
import { createLiveness } from '../../../src/registry/liveness.ts';
import { upstreamKey } from '../../../src/registry/reach.ts';
import { portOf } from '../../support/proxy.ts';
import { startUpstream } from '../../support/upstream.ts';

const nobody: ReadonlySet<string> = new Set();
const isLinux = process.platform === 'linux';

const start = async (read?: () => Promise<never>) => {
  const { server } = await startUpstream((_request, response) => response.end());
  const upstream = { host: 'localhost', port: portOf(server) };
  const log = { debug: () => {}, info: () => {}, warn: vi.fn(), error: () => {} };
  const liveness = createLiveness({ log, ...(read !== undefined && { read }) });
  return { liveness, log, key: upstreamKey(upstream), upstreams: new Map([[upstreamKey(upstream), upstream]]) };
};

const failing = (code: string) => () => Promise.reject(Object.assign(new Error(code), { code }));

test.runIf(isLinux)('the same map comes back while nothing changes', async () => {
  const { liveness, key, upstreams } = await start();
  const seen = await liveness.look(upstreams, nobody);
  expect(seen.get(key)).toMatchObject({
    address: '127.0.0.1',
    owners: [{ pid: process.pid, directory: process.cwd() }],
  });
  expect(await liveness.look(upstreams, nobody)).toBe(seen);
  expect(await liveness.look(new Map(upstreams), nobody)).toBe(seen);
  // A suspect's owner is looked for anew.
  const anew = await liveness.look(upstreams, new Set([key]));
  expect(anew).not.toBe(seen);
  expect(anew).toEqual(seen);
  expect((await liveness.look(new Map(), nobody)).size).toBe(0);
});

test.runIf(isLinux)(
  'another look is due when there was none, when sockets came, and after a time in any case',
  async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    onTestFinished(() => {
      vi.useRealTimers();
    });
    const { liveness, upstreams } = await start();
    expect(liveness.isDue(false)).toBe(true);
    await liveness.look(upstreams, nobody);
    await startUpstream((_request, response) => response.end());
    vi.advanceTimersByTime(1);
    await vi.waitFor(() => expect(liveness.isDue(false)).toBe(true));
    await liveness.look(upstreams, nobody);
    vi.advanceTimersByTime(800);
    expect(liveness.isDue(true)).toBe(true);
    vi.advanceTimersByTime(14_200);
    expect(liveness.isDue(false)).toBe(true);
  },
);

test.runIf(isLinux)('another look is due when as many sockets listen anew as connections end', async () => {
  const { liveness, key, upstreams } = await start();
  const [{ port = 0 } = {}] = [...upstreams.values()];
  const socket = connect({ host: '127.0.0.1', port });
  await once(socket, 'connect');
  await liveness.look(upstreams, nobody);
  socket.resetAndDestroy();
  await once(socket, 'close');
  for (let count = 0; count < 2; count += 1) await startUpstream((_request, response) => response.end());
  expect(liveness.isDue(false)).toBe(true);
  expect((await liveness.look(upstreams, nobody)).get(key)).toBeDefined();
});

test.runIf(isLinux)('without the tables ports are probed, and owners are not known', async () => {
  const { liveness, log, key, upstreams } = await start(failing('EACCES'));
  expect(liveness.seesOwners('localhost')).toBe(true);
  expect((await liveness.look(upstreams, nobody)).get(key)).toEqual({ address: '127.0.0.1', owners: [] });
  expect(liveness.seesOwners('localhost')).toBe(false);
  await liveness.look(upstreams, nobody);
  expect(log.warn).toHaveBeenCalledOnce();
});

test.runIf(isLinux)('a failure that passes is not the end of the tables', async () => {
  const { liveness, log, upstreams } = await start(failing('EMFILE'));
  await liveness.look(upstreams, nobody);
  expect(liveness.seesOwners('localhost')).toBe(true);
  expect(log.warn).toHaveBeenCalledOnce();
});
