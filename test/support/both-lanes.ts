import { expect } from 'vitest';
import { copy, service, startProxy, type TestProxy } from './proxy.ts';
import { type Arrived, type Script, startRecorder } from './recorder.ts';

/** Lets the loop of the process go round so many times. */
export const turn = async (times: number): Promise<void> => {
  for (let count = 0; count < times; count += 1) await new Promise((resolve) => setImmediate(resolve));
};

/** Asks a proxy, and gives what a client gets when for so many turns of the loop nothing more has come. */
export type AskProxy<Asked, Got> = (proxy: TestProxy, asked: Asked, turns: number) => Promise<Got>;

/** A proxy with each lane in front of one upstream that keeps what arrives. */
export const openBothLanes = async <Asked, Got>(ask: AskProxy<Asked, Got>) => {
  const upstream = await startRecorder();
  const copies = [copy('project-3', [service('api', upstream.port)])];
  const proxies = [await startProxy({ copies, lanes: 'fast' }), await startProxy({ copies, lanes: 'full' })];

  const askBoth = async (asked: Asked, scripts: readonly Script[], turns: number) => {
    const results: { arrived: readonly Arrived[]; got: Got }[] = [];
    for (const proxy of proxies) {
      Object.assign(upstream.state, { arrived: new Map(), scripts });
      const got = await ask(proxy, asked, turns);
      // Several may be on their way at a time.
      const arrived = [...upstream.state.arrived.values()].sort((one, two) => (text(one) < text(two) ? -1 : 1));
      results.push({ arrived, got });
    }
    return results;
  };

  /** Both lanes do the same. What is late may look as if it never came: so a difference is looked at twice. */
  const compare = async (asked: Asked, scripts: readonly Script[]): Promise<void> => {
    const [fast, full] = await askBoth(asked, scripts, 200);
    if (JSON.stringify(fast) === JSON.stringify(full)) return;
    const [again, expected] = await askBoth(asked, scripts, 5000);
    expect(again, JSON.stringify([asked, scripts]).replace(/x{99,}/g, 'x…')).toEqual(expected);
  };
  return { compare };
};

const text = (arrived: Arrived): string => JSON.stringify(arrived);
